"""What a run may be told about time."""

from __future__ import annotations

from ...reference.refusal import Refused

TIMEOUT = 300.0
"""Seconds for one call of a library, unless told otherwise."""
SHORTEST, LONGEST = 0.001, 86_400.0
"""Of what may be told."""


def seconds(timeout: float) -> float:
    """The time limit, where it is one. Raises Refused otherwise, for NaN too."""
    if not SHORTEST <= timeout <= LONGEST:
        raise Refused(f"timeout={timeout:g}: expected seconds, {SHORTEST:g} to {LONGEST:g}; the default is {TIMEOUT:g}")
    return timeout
