"""The lecture, and what puts it to the test.

``lectureclaims.claims.verify(...)`` returns the evidence of a run; ``lectureclaims.claims.adjudicate(...)`` tells rounding from
bugs in a user's own arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .adjudication import adjudicate
    from .engine.verification import verify

__all__ = ["adjudicate", "verify"]


def __getattr__(name: str) -> object:
    # Looked up on demand: importing the package must not import NumPy, for the pytest plug-in costs nothing unless asked for.
    if name == "verify":
        from .engine.verification import verify

        return verify
    if name == "adjudicate":
        from .adjudication import adjudicate

        return adjudicate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
