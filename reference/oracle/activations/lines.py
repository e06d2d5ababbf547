"""Straight lines that are cut off: what is multiplied and added is exact in double-double, and rounded once to float64."""

import numpy as np

from ...exact import double_double as dd
from ..remembered import Array, once


def _between(x, low, high, y, below, above):
    return np.where(np.isnan(x), np.nan, np.where(x <= low, below, np.where(x >= high, above, y)))


@once
def hard_tanh(x: Array, *, low: float, high: float) -> Array:
    """z, but at least low and at most high."""
    return np.clip(x, low, high)


@once
def hard_tanh_gradient(x: Array, upstream: Array, *, low: float, high: float) -> Array:
    """upstream where low < z < high, else 0."""
    return np.where((x > low) & (x < high), upstream, 0.0)


def relu6(x: Array) -> Array:
    """min(max(0, z), 6)."""
    return hard_tanh(x, low=0.0, high=6.0)


def relu6_gradient(x: Array, upstream: Array) -> Array:
    """upstream where 0 < z < 6, else 0."""
    return hard_tanh_gradient(x, upstream, low=0.0, high=6.0)


def line(x: Array, slope: float, offset: float) -> Array:
    """slope·z + offset, rounded once."""
    near = np.clip(np.nan_to_num(x, nan=0.0), -1e140, 1e140)  # farther out both ends are long passed
    return dd.value(dd.add(dd.two_product(slope, near), dd.number(np.full(near.shape, offset))))


@once
def hard_sigmoid(x: Array, *, slope: float, offset: float) -> Array:
    """slope·z + offset, but at least 0 and at most 1."""
    return np.where(np.isnan(x), np.nan, np.clip(line(x, slope, offset), 0.0, 1.0))


@once
def hard_sigmoid_gradient(x: Array, upstream: Array, *, slope: float, offset: float) -> Array:
    """upstream·slope where 0 < slope·z + offset < 1, else 0."""
    y = line(x, slope, offset)
    return np.where((y > 0) & (y < 1), upstream * slope, 0.0)


@once
def hard_swish(x: Array) -> Array:
    """z·min(max(0, z + 3), 6)/6."""
    near = np.clip(np.nan_to_num(x, nan=0.0), -4.0, 4.0)
    y = dd.value(dd.divide(dd.multiply(dd.number(near), dd.two_sum(near, 3.0)), (6.0, 0.0)))
    return _between(x, -3.0, 3.0, y, 0.0, x)


@once
def hard_swish_gradient(x: Array, upstream: Array) -> Array:
    """upstream·(2z + 3)/6 where −3 < z < 3; 0 below, upstream above."""
    near = np.clip(np.nan_to_num(x, nan=0.0), -4.0, 4.0)
    slope = dd.divide(dd.two_sum(2 * near, 3.0), (6.0, 0.0))
    fraction, exponent = np.frexp(upstream)
    y = dd.value(dd.multiply(slope, dd.number(fraction)), exponent)
    return _between(x, -3.0, 3.0, y, 0.0, upstream)
