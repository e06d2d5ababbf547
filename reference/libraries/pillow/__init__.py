"""Pillow: reads pictures."""

from ..library import Library

LIBRARY = Library("PIL", ("pillow",), seconds=0.5, computes=False)
