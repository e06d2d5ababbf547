"""Operations that choose among the numbers they are given, or multiply one of them by a slope: one rounding at most."""

import numpy as np

from .. import exact, validation
from .remembered import Array, Pair, Sides, once


@once
def max_pooling2d(x: Array, *, window: Pair, stride: Pair, padding: Sides) -> Array:
    """The largest number in each window, by comparing its elements one after another; padding has none."""
    return x.ravel()[_largest(x, window, stride, padding)]


@once
def max_pooling2d_gradient(x: Array, upstream: Array, *, window: Pair, stride: Pair, padding: Sides) -> Array:
    """Each upstream number added where its window's first largest element, in reading order, lies."""
    chosen = _largest(x, window, stride, padding).ravel()
    low, high = exact.extent(upstream)
    bits = exact.room(int(np.bincount(chosen, minlength=1).max()))
    parts = {
        e: np.bincount(chosen, s.ravel(), x.size).astype(np.int64) for e, s in exact.slices(upstream, low, high, bits)
    }
    return exact.rounded(parts).reshape(x.shape)


def _largest(x, window, stride, padding):
    """For each output the flat index of the first largest element of its window."""
    if np.isnan(x).any():
        validation.refuse("x", "NaN", "numbers that can be compared", "test NaN on its own")
    rows, columns = (
        exact.table(exact.positions(size, reach, step, before, after, 1, False), reach)
        for size, reach, step, (before, after) in zip(x.shape[2:], window, stride, padding, strict=True)
    )
    planes = np.arange(x.shape[0] * x.shape[1]).reshape(*x.shape[:2], 1, 1) * x.shape[2] * x.shape[3]
    best = np.full((*x.shape[:2], len(rows), len(columns)), -1)
    numbers = x.ravel()
    for i, j in np.ndindex(*window):
        y, z = rows[:, i, None], columns[None, :, j]
        inside = (y >= 0) & (z >= 0)
        here = planes + np.where(inside, y * x.shape[3] + z, 0)
        better = inside & ((best < 0) | (numbers[here] > numbers[best]))
        best = np.where(better, here, best)
    if (best < 0).any():
        validation.refuse("padding", padding, "windows that meet the data", "use less padding than the window is wide")
    return best


@once
def relu(x: Array) -> Array:
    """z where z > 0, else 0; NaN stays."""
    return np.where((x > 0) | np.isnan(x), x, 0.0)


@once
def relu_gradient(x: Array, upstream: Array) -> Array:
    """upstream where z > 0, else 0."""
    return np.where(x > 0, upstream, 0.0)


@once
def absolute_value(x: Array) -> Array:
    """z without its sign."""
    return np.abs(x)


@once
def absolute_value_gradient(x: Array, upstream: Array) -> Array:
    """upstream with the sign that z has; 0 where z = 0."""
    return np.where(x == 0, 0.0, np.sign(x) * upstream)


@once
def leaky_relu(x: Array, *, alpha: float) -> Array:
    """z where z > 0, else alpha·z: one product, which float64 rounds once."""
    return np.where(x > 0, x, float(alpha) * x)


@once
def leaky_relu_gradient(x: Array, upstream: Array, *, alpha: float) -> Array:
    """upstream where z > 0, else alpha·upstream."""
    return np.where(x > 0, upstream, float(alpha) * upstream)


@once
def prelu(x: Array, alpha: Array | float) -> Array:
    """z where z > 0, else alpha·z, with one alpha a channel (axis 1)."""
    return np.where(x > 0, x, _along(x, alpha) * x)


@once
def prelu_gradient(x: Array, alpha: Array | float, upstream: Array) -> tuple[Array, Array]:
    """(dx, dalpha): upstream times 1 or alpha; dalpha = sum upstream·min(0, z) over all but the channels, rounded once."""
    dx = np.where(x > 0, upstream, _along(x, alpha) * upstream)
    by_channel = (np.moveaxis(each, 1, 0).reshape(x.shape[1], -1) for each in (upstream, np.minimum(x, 0)))
    return dx, exact.dots(*by_channel)


def _along(x, numbers):
    return numbers.reshape(1, -1, *[1] * (x.ndim - 2))
