"""Softmax and cross-entropy, row by row, in double-double, rounded once to float64.

The gradients of softmax and of its logarithm are differences of sums: they keep 2**-94 of the size of its terms, y·(|upstream| + the sum of |upstream|·y),
and the smallest subnormal number. All others keep their relative accuracy, as their terms have one sign.
"""

import numpy as np

from ..exact import double_double as dd
from .finite import need_finite
from .remembered import Array, once

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


def _total(m: dd.Number, k) -> tuple[dd.Number, np.ndarray]:
    """(s, top): the sum of m·2**k along each row is s·2**top, both [rows, 1]; top the largest k of an m that is not 0."""
    top = np.where(m[0] == 0, -np.inf, k).max(axis=1, keepdims=True)
    top = np.where(np.isinf(top), 0, top)
    s = dd.total(dd.scaled(m, k - top))
    return (s[0][:, None], s[1][:, None]), top


def _probabilities(z) -> tuple[dd.Number, np.ndarray]:
    """(m, k): softmax z = m·2**k."""
    m, k = _grown(z)
    s, top = _total(m, k)
    return dd.divide(m, s), k - top


def _softmax(z):
    return dd.value(*_probabilities(z))


def _softmax_gradient(z, upstream):
    m, k = _probabilities(z)
    # By a power of two for each row, so that nothing overflows on the way.
    _, exponent = np.frexp(np.abs(upstream).max(axis=1, keepdims=True))
    u = dd.number(np.ldexp(upstream, -exponent))
    (hi, lo), top = _total(dd.multiply(u, m), k)
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
    rest, top = _total(_but(m, np.arange(z.shape[1]) == z.argmax(axis=1)[:, None]), k)
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


def _cross_entropy(z, labels):
    """(max z - z[label]) + log(1 + the sum of exp(z[k] - max z) over all k but the first largest): neither is negative."""
    m, k = _grown(z)
    (hi, lo), top = _total(_but(m, np.arange(z.shape[1]) == z.argmax(axis=1)[:, None]), k)
    rest, top = (hi[:, 0], lo[:, 0]), top[:, 0]
    log = dd.log1p(dd.scaled(rest, top))
    behind = z.max(axis=1), -np.take_along_axis(z, labels[:, None], axis=1)[:, 0]
    both = dd.scaled(dd.add(dd.two_sum(behind[0] / 2, behind[1] / 2), (log[0] / 2, log[1] / 2)), np.int64(1))
    # The logarithm of 1 and so little is that little itself, which may be too small for a number of two parts.
    return np.where((behind[0] + behind[1] == 0) & (top < -150), dd.value(rest, top), dd.value(both))


def _cross_entropy_gradient(z, labels, upstream):
    m, k = _probabilities(z)
    own = np.arange(z.shape[1]) == labels[:, None]
    others, top = _total(_but(m, own), k)
    m, k = dd.where(own, dd.negative(others), m), np.where(own, top, k)
    fraction, exponent = np.frexp(upstream[:, None])
    return dd.value(dd.multiply(m, dd.number(fraction)), k + exponent)


def _label(labels):
    return np.asarray(labels).astype(np.int64)


@once
def cross_entropy(logits: Array, labels: Array) -> Array:
    """log of the sum of exp(z[k] - z[label]), one a row."""
    need_finite((logits,))
    with np.errstate(under="ignore", over="ignore"):
        return dd.by_rows(_cross_entropy, logits, _label(labels))


@once
def cross_entropy_gradient(logits: Array, labels: Array, upstream: Array) -> Array:
    """upstream·(softmax z - onehot); at the label minus the sum of the other classes' probabilities."""
    need_finite((logits, upstream))
    with np.errstate(under="ignore"):
        return dd.by_rows(_cross_entropy_gradient, logits, _label(labels), upstream)


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
