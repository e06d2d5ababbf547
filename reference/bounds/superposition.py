"""Several results taken together: combined by known numbers, or summed up."""

import numpy as np

from .bound import ORACLE, Bound, composed
from .formats import Format, Numbers, gamma, unit_roundoff


def superposed(whole: Bound, parts: Bound, coefficients: Numbers, values: Numbers, *, axis: int = 0) -> Bound:
    """How far a linear f's own f(Σ c_j x_j) may be from Σ c_j f(x_j), each f(x_j) being off by its own bound too.

    ``whole`` bounds the f(Σ c_j x_j), M of them along ``axis``; ``parts`` the f(x_j), n along that axis, whose ``values`` the library
    gave; ``coefficients`` [M, n] are such that Σ c_j x_j was formed without rounding. The exact results are equal, so the two sides
    differ by whole + Σ|c_j|·parts, and by γ(n)·Σ|c_j||f(x_j)| in float64, in which the sum on the right is formed.
    """
    c = np.abs(np.asarray(coefficients, np.float64))

    def added(sizes):
        return np.moveaxis(np.tensordot(c, sizes, (1, axis)), 0, axis)

    rounded = gamma(c.shape[1], unit_roundoff(np.float64)) * added(np.abs(np.asarray(values, np.float64)))
    text = f"e + Σ|c|·e(parts) + γₙ·Σ|c||f| in float64, n = {c.shape[1]}; e of the whole: {whole.derivation}"
    return composed(whole.allowed + added(parts.allowed) + rounded, text, whole, parts)


def summed(bound: Bound, total: Numbers, dtype: Format, *, axis: int) -> Bound:
    """How far Σy − total may be from 0 where the exact y add up to ``total`` and each is off by e: Σe, rounded twice.

    The sum is formed exactly and rounded to float64, the difference to ``dtype``.
    """
    u = unit_roundoff(dtype)
    allowed = (bound.allowed.sum(axis=axis) + ORACLE * np.abs(np.asarray(total, np.float64))) * (1 + u)
    n = bound.allowed.shape[axis]
    return composed(allowed, f"(Σe over {n} results + 2⁻⁵³·|total|)(1 + u), e of each: {bound.derivation}", bound)
