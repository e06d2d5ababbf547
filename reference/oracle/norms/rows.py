"""Layer, group, instance and RMS norm: rows that are normalised each by its own statistics; the arithmetic is batch norm's.

In double-double, or where that has no room for some number all in fractions. y keeps 2**-94 of |gamma·(x - mean)|/sqrt(variance +
epsilon) + |beta|, dx of (|h| + mean|h| + |z|·mean|h z|)/sqrt(variance + epsilon) with h = gamma·upstream, dgamma of
sum |upstream·z|. dbeta is rounded once.
"""

import functools
import math

import numpy as np

from ... import exact
from ...exact import double_double as dd
from ..finite import need_finite
from ..remembered import Array, once
from . import in_fractions as exactly
from .batch_norm import has_room, moments, normalised, root, slopes


def _square(rows) -> tuple[dd.Number, dd.Number]:
    """(x, mean x²)."""
    x = dd.number(rows)
    total, n = dd.total(dd.multiply(x, x)), float(rows.shape[1])
    return x, dd.divide(total, (n, 0.0))


def _away(rows, centred):
    return moments(rows)[1:] if centred else _square(rows)


def _rows(rows, gamma, beta, *, epsilon, centred):
    away, variance = _away(rows, centred)
    return normalised(away, variance, gamma, beta, epsilon)


def _gradient(rows, gamma, upstream, *, epsilon, centred):
    away, variance = _away(rows, centred)
    up, below = dd.number(upstream), root(variance, epsilon)
    z = dd.divide(away, below)
    inner = slopes(dd.multiply(up, dd.number(gamma)), z, centred=centred)
    return dd.value(dd.divide(inner, below)), *dd.multiply(up, z)


def _laid(part, shape, rows, fill):
    """gamma or beta, one number for each of x's, as rows."""
    return np.broadcast_to(np.float64(fill) if part is None else part, shape).reshape(rows, -1)


def _normalise(x, gamma, beta, *, rows, epsilon, centred=True) -> Array:
    given = x.reshape(rows, -1), _laid(gamma, x.shape, rows, 1), _laid(beta, x.shape, rows, 0)
    need_finite(given)
    settings = {"epsilon": float(epsilon), "centred": centred}
    if not all(map(has_room, (*given, np.asarray(epsilon)))):
        return exactly.row_norm(*given, **settings).reshape(x.shape)
    with np.errstate(divide="ignore", invalid="ignore", under="ignore"):
        return dd.by_rows(functools.partial(_rows, **settings), *given).reshape(x.shape)


def _differentiate(x, gamma, upstream, shape, *, rows, epsilon, centred=True) -> tuple[Array, Array, Array]:
    """(dx, dgamma, dbeta), of which the last two have ``shape``, which broadcasts to that of x."""
    given = x.reshape(rows, -1), _laid(gamma, x.shape, rows, 1), upstream.reshape(rows, -1)
    need_finite(given)
    settings = {"epsilon": float(epsilon), "centred": centred}
    axes = tuple(axis for axis in range(x.ndim) if axis < x.ndim - len(shape) or shape[axis - x.ndim + len(shape)] == 1)
    if not all(map(has_room, (*given, np.asarray(epsilon)))):
        dx, products = exactly.row_norm_gradient(*given, **settings)
        dgamma = exactly.totals(products, x.shape, axes)
    else:
        with np.errstate(divide="ignore", invalid="ignore", under="ignore"):
            dx, *products = dd.by_rows(functools.partial(_gradient, **settings), *given)
            high, low = (_gathered(part.reshape(x.shape), axes) for part in products)
            dgamma = dd.value(dd.total((high, low)))
    return dx.reshape(x.shape), dgamma.reshape(shape), exact.totals(_gathered(upstream, axes)).reshape(shape)


def _gathered(a, axes) -> Array:
    """Some axes as one, the last."""
    kept = [axis for axis in range(a.ndim) if axis not in axes]
    return np.ascontiguousarray(a.transpose(*kept, *axes)).reshape(*[a.shape[axis] for axis in kept], -1)


def _channelwise(x, part):
    return None if part is None else part.reshape(-1, *[1] * (x.ndim - 2))


@once
def layer_norm(x: Array, gamma: Array | None, beta: Array | None, *, start: int, epsilon: float) -> Array:
    """gamma·(x - mean)/sqrt(variance + epsilon) + beta, over the axes of x from ``start`` on."""
    return _normalise(x, gamma, beta, rows=math.prod(x.shape[:start]), epsilon=epsilon)


@once
def layer_norm_gradient(
    x: Array, gamma: Array | None, upstream: Array, *, start: int, epsilon: float
) -> tuple[Array, Array, Array]:
    """(dx, dgamma, dbeta), from dy[j]/dx[i] = gamma[j]·(i==j - 1/n - z[i]·z[j]/n)/sqrt(variance + epsilon) of each row."""
    shape = x.shape[start:] if gamma is None else gamma.shape
    return _differentiate(x, gamma, upstream, shape, rows=math.prod(x.shape[:start]), epsilon=epsilon)


@once
def rms_norm(x: Array, gamma: Array | None, *, start: int, epsilon: float) -> Array:
    """gamma·x/sqrt(mean x² + epsilon), over the axes of x from ``start`` on."""
    return _normalise(x, gamma, None, rows=math.prod(x.shape[:start]), epsilon=epsilon, centred=False)


@once
def rms_norm_gradient(
    x: Array, gamma: Array | None, upstream: Array, *, start: int, epsilon: float
) -> tuple[Array, Array]:
    """(dx, dgamma), from dy[j]/dx[i] = gamma[j]·(i==j - z[i]·z[j]/n)/sqrt(mean x² + epsilon) of each row."""
    shape = x.shape[start:] if gamma is None else gamma.shape
    rows = math.prod(x.shape[:start])
    return _differentiate(x, gamma, upstream, shape, rows=rows, epsilon=epsilon, centred=False)[:2]


@once
def group_norm(x: Array, gamma: Array | None, beta: Array | None, *, groups: int, epsilon: float) -> Array:
    """gamma·(x - mean)/sqrt(variance + epsilon) + beta, over C/groups channels that follow each other and all positions."""
    laid = _channelwise(x, gamma), _channelwise(x, beta)
    return _normalise(x, *laid, rows=len(x) * groups, epsilon=epsilon)


@once
def group_norm_gradient(
    x: Array, gamma: Array | None, upstream: Array, *, groups: int, epsilon: float
) -> tuple[Array, Array, Array]:
    """(dx, dgamma, dbeta), of each group as of a row of layer norm."""
    laid, shape = _channelwise(x, gamma), (x.shape[1], *[1] * (x.ndim - 2))
    dx, dgamma, dbeta = _differentiate(x, laid, upstream, shape, rows=len(x) * groups, epsilon=epsilon)
    return dx, dgamma.reshape(-1), dbeta.reshape(-1)


@once
def instance_norm(x: Array, gamma: Array | None, beta: Array | None, *, epsilon: float) -> Array:
    """gamma·(x - mean)/sqrt(variance + epsilon) + beta, over the positions of each channel."""
    return group_norm(x, gamma, beta, groups=x.shape[1], epsilon=epsilon)


@once
def instance_norm_gradient(
    x: Array, gamma: Array | None, upstream: Array, *, epsilon: float
) -> tuple[Array, Array, Array]:
    """(dx, dgamma, dbeta), of each channel of an image as of a row of layer norm."""
    return group_norm_gradient(x, gamma, upstream, groups=x.shape[1], epsilon=epsilon)
