"""Softmax and cross-entropy, row by row, in double-double, rounded once to float64.

The gradients of softmax and of its logarithm are differences of sums: they keep 2**-94 of the size of its terms, y·(|upstream| + the sum of |upstream|·y),
and the smallest subnormal number. All others keep their relative accuracy, as their terms have one sign.
"""

from typing import Any

import numpy as np

from ...exact import double_double as dd
from ..finite import need_finite
from ..remembered import Array, once
from . import shares

FAR = -10_000.0
"""exp(FAR) is 0 beside 1 and in every format here."""


def _by_rows(function, axis, *arrays):
    """A function of [rows, classes], along one axis of arrays of one shape."""
    need_finite(arrays)
    moved = [np.moveaxis(a, axis, -1) for a in arrays]
    with np.errstate(under="ignore"):
        y = dd.by_rows(function, *(a.reshape(-1, a.shape[-1]) for a in moved))
    return np.ascontiguousarray(np.moveaxis(y.reshape(moved[0].shape), -1, axis))


def _grown(z) -> tuple[dd.Number, np.ndarray]:
    """(m, k): exp(z - max z) = m·2**k. The difference is exact, and no more than FAR below 0."""
    # By halves, as numbers near the largest may differ by more than there is.
    half = dd.two_sum(z / 2, -z.max(axis=1, keepdims=True) / 2)
    return dd.exp_parts(dd.scaled(dd.where(half[0] < FAR / 2, (FAR / 2, 0.0), half), np.int64(1)))


def _probabilities(z) -> tuple[dd.Number, np.ndarray]:
    """(m, k): softmax z = m·2**k."""
    m, k = _grown(z)
    s, top = dd.sum_of_parts((m, k))
    return dd.divide(m, s), k - top


def _softmax(z):
    return dd.value(*_probabilities(z))


def _softmax_gradient(z, upstream):
    m, k = _probabilities(z)
    # By a power of two for each row, so that nothing overflows on the way.
    _, exponent = np.frexp(np.abs(upstream).max(axis=1, keepdims=True))
    u = dd.number(np.ldexp(upstream, -exponent))
    (hi, lo), top = dd.sum_of_parts((dd.multiply(u, m), k))
    return dd.value(dd.multiply(m, dd.subtract(u, dd.scaled((hi, lo), top))), k + exponent)


@once
def softmax(x: Array, *, axis: int) -> Array:
    """exp z[i] / sum of exp z[j]."""
    return _by_rows(_softmax, axis, x)


@once
def softmax_gradient(x: Array, upstream: Array, *, axis: int) -> Array:
    """y[i]·(upstream[i] - sum of upstream[j]·y[j])."""
    return _by_rows(_softmax_gradient, axis, x, upstream)


def _log_softmax(z):
    """(z - max z) - log(1 + the sum of exp(z[k] - max z) over all k but the first largest): neither is positive."""
    m, k = _grown(z)
    rest, top = dd.sum_of_parts((_but(m, np.arange(z.shape[1]) == z.argmax(axis=1)[:, None]), k))
    log = dd.log1p(dd.scaled(rest, top))
    half = dd.two_sum(z / 2, -z.max(axis=1, keepdims=True) / 2)
    both = dd.scaled(dd.subtract(half, (log[0] / 2, log[1] / 2)), np.int64(1))
    return np.where((half[0] == 0) & (top < -150), -dd.value(rest, top), dd.value(both))


def _log_softmax_gradient(z, upstream):
    m, k = _probabilities(z)
    # By a power of two for each row, so that nothing overflows on the way.
    _, exponent = np.frexp(np.abs(upstream).max(axis=1, keepdims=True))
    u = dd.number(np.ldexp(upstream, -exponent))
    hi, lo = dd.total(u)
    return dd.value(dd.subtract(u, dd.scaled(dd.multiply(m, (hi[:, None], lo[:, None])), k)), exponent)


@once
def log_softmax(x: Array, *, axis: int) -> Array:
    """z[i] - log of the sum of exp z[j]."""
    return _by_rows(_log_softmax, axis, x)


@once
def log_softmax_gradient(x: Array, upstream: Array, *, axis: int) -> Array:
    """upstream[i] - y[i]·(the sum of upstream[j]), y = softmax x."""
    return _by_rows(_log_softmax_gradient, axis, x, upstream)


def _but(m: dd.Number, left_out) -> dd.Number:
    return dd.where(left_out, (0.0, 0.0), m)


def behind(z: Array) -> dd.Parts:
    """-log softmax: (max z - z) + log(1 + the sum of exp(z[k] - max z) over all k but the first largest): neither is negative."""
    m, k = _grown(z)
    rest, top = dd.sum_of_parts((_but(m, np.arange(z.shape[1]) == z.argmax(axis=1)[:, None]), k))
    log = dd.log1p(dd.scaled(rest, top))
    half = dd.two_sum(z.max(axis=1, keepdims=True) / 2, -z / 2)
    both = dd.add(half, (log[0] / 2, log[1] / 2))
    # The logarithm of 1 and so little is that little itself, which may be too small for a number of two parts.
    tiny = (half[0] == 0) & (top < -150)
    return dd.normal(dd.where(tiny, rest, both), np.where(tiny, top, 1))


def slope(z: Array, c: dd.Parts) -> dd.Parts:
    """C·p - c = p·(C - c) - c·(1 - p), p = softmax z, C the sum of a row's c."""
    most = np.arange(z.shape[1]) == z.argmax(axis=1)[:, None]
    p, k = _probabilities(z)
    rest, top = dd.sum_of_parts((_but(p, most), k))
    others = dd.normal(dd.where(most, rest, dd.subtract(dd.ONE, dd.scaled(p, k))), np.where(most, top, 0))
    whole, at = dd.sum_of_parts(c)
    left = dd.normal(dd.subtract(whole, dd.scaled(c[0], c[1] - at)), at)
    gained, lost = dd.product((p, k), left), dd.product(c, others)
    return dd.plus(gained, (dd.negative(lost[0]), lost[1]))


def _label(labels):
    return np.asarray(labels).astype(np.int64)


@once
def cross_entropy(logits: Array, labels: Array, weights: Array | None = None, **settings: Any) -> Array:
    """The sum over k of c[k]·log of the sum of exp(z[j] - z[k]), one a row, or reduced; c as in :mod:`.shares`."""
    need_finite((logits,))
    with np.errstate(under="ignore", over="ignore", invalid="ignore"):
        return shares.losses(behind, logits, shares.of_labels(logits.shape, _label(labels), weights, **settings))


@once
def cross_entropy_gradient(
    logits: Array, labels: Array, upstream: Array, weights: Array | None = None, **settings: Any
) -> Array:
    """upstream·(C·softmax z - c), C the sum of a row's c."""
    need_finite((logits, upstream))
    with np.errstate(under="ignore", over="ignore", invalid="ignore"):
        c = shares.of_labels(logits.shape, _label(labels), weights, **settings)
        return shares.slopes(slope, logits, upstream, c)


@once
def soft_cross_entropy(logits: Array, targets: Array, weights: Array | None = None, **settings: Any) -> Array:
    """The sum over k of c[k]·log of the sum of exp(z[j] - z[k]), c of the targets."""
    need_finite((logits, targets))
    with np.errstate(under="ignore", over="ignore", invalid="ignore"):
        return shares.losses(behind, logits, shares.of_targets(targets, weights, **settings))


@once
def soft_cross_entropy_gradient(
    logits: Array, targets: Array, upstream: Array, weights: Array | None = None, **settings: Any
) -> Array:
    """upstream·(C·softmax z - c), C the sum of a row's c."""
    need_finite((logits, targets, upstream))
    with np.errstate(under="ignore", over="ignore", invalid="ignore"):
        return shares.slopes(slope, logits, upstream, shares.of_targets(targets, weights, **settings))


@once
def nll_loss(x: Array, labels: Array, weights: Array | None = None, **settings: Any) -> Array:
    """-w[label]·x[label], one a row, or reduced."""
    need_finite((x,))
    with np.errstate(under="ignore", over="ignore", invalid="ignore"):
        own = shares.of_labels(x.shape, _label(labels), weights, **settings)
        return shares.losses(lambda rows: dd.normal(dd.number(-rows)), x, own)


@once
def nll_loss_gradient(x: Array, labels: Array, upstream: Array, weights: Array | None = None, **settings: Any) -> Array:
    """-upstream·w at the label."""
    need_finite((x, upstream))
    with np.errstate(under="ignore", over="ignore", invalid="ignore"):
        own = shares.of_labels(x.shape, _label(labels), weights, **settings)
        return shares.slopes(lambda _, c: (dd.negative(c[0]), c[1]), x, upstream, own)


@once
def cross_entropy_of_probabilities(p: Array, labels: Array) -> Array:
    """-log p[label]; infinite where that is 0, NaN where it is negative."""
    own = np.take_along_axis(p, _label(labels)[:, None], axis=1)[:, 0]
    need_finite((own,))
    y = dd.by_elements(lambda each: -dd.value(dd.log(dd.number(each))), np.where(own > 0, own, 1.0))
    return np.where(own > 0, y, np.where(own == 0, np.inf, np.nan))


@once
def cross_entropy_of_probabilities_gradient(p: Array, labels: Array, upstream: Array) -> Array:
    """-upstream/p at the label, one division, and 0 elsewhere."""
    need_finite((p, upstream))
    slope, at = np.zeros(p.shape), (np.arange(len(p)), _label(labels))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        slope[at] = -upstream / p[at]
    return slope
