"""What is known of a library before it is imported, and how it says that it has not what it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class Unsupported(Exception):
    """The library has no such operation: a fact to show, neither a pass nor a failure."""


@dataclass(frozen=True)
class Library:
    """The declaration of a library, in its folder's ``__init__.py``."""

    module: str
    """The name that it is imported by."""
    distributions: tuple[str, ...]
    """The packages whose versions can change its results."""
    seconds: float
    """How long importing it takes, roughly: the quickest is asked first where one is enough, the slowest is started first."""
    computes: bool = True
    """It has operations of networks; without them it only decodes pictures."""
    differentiates: bool = False
    """It differentiates by itself, so that networks are trained on it."""
    layers: bool = False
    """It has layers of its own, of which a network can be built."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that must be set before it is imported."""
