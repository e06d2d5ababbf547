"""The type of all bounds, and the two ways to make one. Nothing outside this package makes one; a test sees to it."""

from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np

from .. import validation
from .formats import Numbers, largest

_TOKEN = object()

ORACLE = 2.0**-53
"""The relative error of an oracle's value, which is the exact one rounded once to float64."""

MEASURED = "empirical: "

_OWN = 1 + 2.0**-40
"""Covers the rounding of a bound's own computation in float64: fewer than 2**12 operations lie on the longest way."""


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Bound:
    """The largest error allowed to each element, with the reason. Made by the functions of this module only."""

    allowed: np.ndarray
    derivation: str
    kind: Literal["derived", "empirical"]
    token: dataclasses.InitVar[object] = None

    def __post_init__(self, token):
        if token is not _TOKEN:
            raise TypeError("Bound(...): expected a bound with a derivation; use a function of the module bounds")
        if not self.derivation:
            raise TypeError("Bound.derivation: expected the reason for what is allowed; say it")
        if np.isnan(self.allowed).any():  # ∞ - ∞ or 0·∞
            expected = "numbers whose products, and the sums of their sizes, float64 can hold"
            validation.refuse("inputs", "too large to bound their rounding", expected, "scale them down")
        if np.any(self.allowed < 0):
            raise TypeError("Bound.allowed: expected numbers >= 0")
        # Memory of bytes cannot be made writeable again.
        kept = np.frombuffer(self.allowed.tobytes(), np.float64).reshape(self.allowed.shape)
        object.__setattr__(self, "allowed", kept)

    def __init_subclass__(cls):
        raise TypeError(f"{cls.__name__}: a Bound has no subclasses, which could allow what nobody derived")

    def ratio(self, got: Numbers, wanted: Numbers) -> np.ndarray:
        """:func:`error_ratio` against what this bound allows."""
        return error_ratio(got, wanted, self.allowed)

    def __bool__(self):
        raise TypeError("a Bound has no truth value; compare an error with Bound.allowed")


def error_ratio(got: Numbers, wanted: Numbers, allowed: Numbers) -> np.ndarray:
    """|got - wanted| ÷ allowed, elementwise: at most 1 within a bound, 0 where they are equal, infinite for NaN.

    Infinity of the right sign is right (0) where the number wanted, or one that is allowed, lies beyond the largest of the
    format of ``got``.
    """
    got, wanted, allowed = np.asarray(got), np.asarray(wanted, np.float64), np.asarray(allowed, np.float64)
    wide = got.astype(np.float64)
    with np.errstate(all="ignore"):
        ratio = np.abs(wide - wanted) / allowed
    right = wide == wanted
    if np.isinf(wide).any():
        right |= (np.abs(wanted) + allowed > largest(got.dtype)) & (wide == np.copysign(np.inf, wanted))
    return np.where(right, 0.0, np.where(np.isnan(ratio), np.inf, ratio))


def derived(allowed: Numbers, derivation: str) -> Bound:
    """A bound that holds for every input, in any order of summation, if each operation is rounded."""
    return Bound(np.array(np.asarray(allowed, np.float64) * _OWN), derivation, "derived", _TOKEN)


def empirical(allowed: Numbers, derivation: str) -> Bound:
    """A bound that rests on the largest error that was seen, for which no library promises anything. Its derivation says so first."""
    text = f"{MEASURED}{derivation.removeprefix(MEASURED)}"
    return Bound(np.array(np.asarray(allowed, np.float64) * _OWN), text, "empirical", _TOKEN)


def exact(shape: tuple[int, ...], *, reason: str) -> Bound:
    """Nothing is allowed, for the reason given: the operation selects, or every partial result is representable."""
    if not reason:
        validation.refuse("reason", reason, "why no rounding can happen", "say it in a sentence")
    return derived(np.zeros(shape), f"0: {reason}")


def composed(allowed: Numbers, derivation: str, *parts: Bound) -> Bound:
    """A bound made from others: derived where all of them are, and empirical as soon as one is."""
    return (derived if all(part.kind == "derived" for part in parts) else empirical)(allowed, derivation)


def two_libraries(first: Bound, second: Bound) -> Bound:
    """Two results that each keep their bound differ by the sum at most. Agreement within it is no evidence of either."""
    text = f"sum of two bounds: ({first.derivation}) + ({second.derivation})"
    return composed(first.allowed + second.allowed, text, first, second)


def spread(name: str, numbers: Numbers) -> str:
    """For a derivation: the number, or the smallest and the largest of them."""
    low, high = np.min(numbers), np.max(numbers)
    return f"{name} = {low:.4g}" if low == high else f"{name} = {low:.4g} to {high:.4g}"
