"""Small still pictures that need no data of a run: drawn from the reference, beside the claims that name them."""

from __future__ import annotations

from collections.abc import Iterable

from ..figures import Picture
from ..responding import RESPONDING
from . import boxes, lines, places, stacks

DRAWINGS = {**lines.DRAWINGS, **boxes.DRAWINGS, **places.DRAWINGS, **stacks.DRAWINGS}
"""{name: a function that draws it}."""


def pictures(names: Iterable[str]) -> list[Picture]:
    """Those of these names that are still ones; a name that nobody knows is said to be one."""
    still = [name for name in names if name not in RESPONDING]
    return [DRAWINGS[name]() if name in DRAWINGS else _unknown(name) for name in still]


def _unknown(name: str) -> Picture:
    there = ", ".join([*DRAWINGS, *RESPONDING])
    return Picture(name, f"There is no picture called “{name}”; there is: {there}.", "")
