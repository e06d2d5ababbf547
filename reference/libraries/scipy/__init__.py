"""SciPy: convolutions of planes, and functions."""

from ..library import Library

LIBRARY = Library("scipy", ("scipy",), seconds=0.2)
