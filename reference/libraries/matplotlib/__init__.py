"""matplotlib, of which only its reader of pictures is used."""

from ..library import Library

LIBRARY = Library("matplotlib", ("matplotlib",), seconds=0.5, computes=False)
