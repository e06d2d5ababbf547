"""The type of all bounds, and the two ways to make one. Nothing outside this package makes one; a test sees to it."""

from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np

from .. import validation

_TOKEN = object()

ORACLE = 2.0**-53
"""The relative error of an oracle's value, which is the exact one rounded once to float64."""

_OWN = 1 + 2.0**-40
"""Covers the rounding of a bound's own computation in float64: fewer than 2**12 operations lie on the longest way."""


@dataclasses.dataclass(frozen=True, eq=False)
class Bound:
    """The largest error allowed to each element, with the reason. Made by the functions of this module only."""

    allowed: np.ndarray
    derivation: str
    kind: Literal["derived", "empirical"]
    token: dataclasses.InitVar[object] = None

    def __post_init__(self, token):
        if token is not _TOKEN:
            raise TypeError("Bound(...): expected a bound with a derivation; use a function of the module bounds")
        if not np.all(self.allowed >= 0):
            raise TypeError("Bound.allowed: expected numbers >= 0; the sizes that it is made of hold NaN or overflow")
        self.allowed.flags.writeable = False

    def __bool__(self):
        raise TypeError("a Bound has no truth value; compare an error with Bound.allowed")


def derived(allowed, derivation: str) -> Bound:
    """A bound that holds for every input, in any order of summation, if each operation is rounded."""
    return Bound(np.array(np.asarray(allowed, np.float64) * _OWN), derivation, "derived", _TOKEN)


def empirical(allowed, derivation: str) -> Bound:
    """A bound that rests on the largest error that was seen, for which no library promises anything."""
    return Bound(np.array(np.asarray(allowed, np.float64) * _OWN), derivation, "empirical", _TOKEN)


def exact(shape, *, reason: str) -> Bound:
    """Nothing is allowed, for the reason given: the operation selects, or every partial result is representable."""
    if not reason:
        validation.refuse("reason", reason, "why no rounding can happen", "say it in a sentence")
    return derived(np.zeros(shape), f"0: {reason}")


def two_libraries(first: Bound, second: Bound) -> Bound:
    """Two results that each keep their bound differ by the sum at most. Agreement within it is no evidence of either."""
    make = derived if first.kind == second.kind == "derived" else empirical
    return make(first.allowed + second.allowed, f"sum of two bounds: ({first.derivation}) + ({second.derivation})")


def spread(name: str, numbers) -> str:
    """For a derivation: the number, or the smallest and the largest of them."""
    low, high = np.min(numbers), np.max(numbers)
    return f"{name} = {low:.4g}" if low == high else f"{name} = {low:.4g} to {high:.4g}"
