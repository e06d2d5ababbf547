"""The lecture, and what puts it to the test: ``lectureclaims.claims.verify(...)`` returns the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .verification import verify

__all__ = ["verify"]


def __getattr__(name: str) -> object:
    # Looked up on demand: importing the package must not import NumPy, for the pytest plug-in costs nothing unless asked for.
    if name == "verify":
        from .verification import verify

        return verify
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
