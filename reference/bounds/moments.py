"""What is computed from bounded numbers: their moments, weighted sums, a layer's gradients; and a formula's own rounding."""

import numpy as np

from .bound import ORACLE, Bound, composed
from .formats import Format, Numbers, gamma, smallest_normal, unit_roundoff
from .sums import sums_of_products


def channel_moments(bound: Bound, values: Numbers, dtype: Format) -> tuple[Bound, Bound, Bound]:
    """Bounds of (mean, variance, third central moment) of each channel of y [N, C, ...], of which each number errs by at most a.

    With c = y - mean y, and e the errors, |e| <= a: the mean moves by mean e. The variance by 2·mean(c·e) + var e, for the c
    sum to 0: at most 2·mean(|c|a) + mean a². The third moment, with d = e - mean e, |d| <= b = a + mean a, by
    mean((c + d)³ - c³): at most 3·mean(c²b) + 3·mean(|c|b²) + mean b³. See :func:`_taken` for what is added.
    """
    y = np.asarray(values, np.float64)
    others = (0, *range(2, y.ndim))
    a, c = np.broadcast_to(bound.allowed, y.shape), np.abs(y - y.mean(axis=others, keepdims=True))
    b = a + a.mean(axis=others, keepdims=True)
    first = a.mean(axis=others)
    second = (2 * c * a + a**2).mean(axis=others)
    third = (3 * c**2 * b + 3 * c * b**2 + b**3).mean(axis=others)
    return (
        _taken(bound, first, np.abs(y).mean(axis=others), dtype, "mean e"),
        _taken(bound, second, (c**2).mean(axis=others), dtype, "mean(2|c|e + e²), c = y - mean y"),
        _taken(
            bound, third, (c**3).mean(axis=others), dtype, "mean(3c²b + 3|c|b² + b³), c = |y - mean y|, b = e + mean e"
        ),
    )


def weighted_sum(bound: Bound, weights: Numbers, values: Numbers, dtype: Format, *, axis: int) -> Bound:
    """Σ|w|e along an axis, for Σ w·y of numbers y that err by at most e. See :func:`_taken` for what is added."""
    w, y = np.abs(np.asarray(weights, np.float64)), np.abs(np.asarray(values, np.float64))
    return _taken(bound, (w * bound.allowed).sum(axis=axis), (w * y).sum(axis=axis), dtype, "Σ|w|e")


def weights_gradient(bound: Bound, x: Numbers, upstream: Numbers, dtype: Format) -> tuple[Bound, Bound]:
    """Bounds of (dw, db) of a fully connected layer, x [N, I], whose upstream gradient g [N, O] errs by at most e itself.

    The sums over the batch, of |x|·(|g| + e) at most, err as any sum of N products does, and move by Σ|x|e and Σe.
    """
    x, e = np.abs(np.asarray(x, np.float64)), np.broadcast_to(bound.allowed, np.shape(upstream))
    g, n = np.abs(np.asarray(upstream, np.float64)) + e, len(x)

    def summed(factor):
        flushed = g.sum(axis=0)[:, None] + factor.sum(axis=0)
        own = sums_of_products(g.T @ factor, np.full(flushed.shape, n), dtype, flushed=flushed)
        return own.allowed + e.T @ factor, f"Σ|x|e, e: {bound.derivation}; and of its own: {own.derivation}"

    (dw, how), (db, of_ones) = summed(x), summed(np.ones((n, 1)))
    return composed(dw, how, bound), composed(db[:, 0], of_ones, bound)


def by_formula(bound: Bound, values: Numbers, *, roundings: int) -> Bound:
    """bound + γ(roundings)·|value|, u = 2⁻⁵³: what is wanted is a formula computed in float64, not an oracle's value rounded once."""
    more = gamma(roundings, ORACLE) * np.abs(np.asarray(values, np.float64))
    return composed(
        bound.allowed + more, f"{bound.derivation}; + γ({roundings})·|value| of the formula in float64", bound
    )


def _taken(bound: Bound, moved, size, dtype, how: str) -> Bound:
    """``moved``, and the roundings of the sum itself, whose terms are of the ``size`` given in all.

    Of what was computed it is taken exactly, rounded to float64 and to the dtype: (u + 2⁻⁵³)(size + moved) and λ_min; the one wanted
    comes of at most 15 roundings in float64.
    """
    allowed = moved + (unit_roundoff(dtype) + 16 * ORACLE) * (size + moved) + smallest_normal(dtype)
    return composed(allowed, f"{how}, rounded once; e: {bound.derivation}", bound)
