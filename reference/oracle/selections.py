"""Operations that choose among the numbers they are given, or multiply one of them by a slope: one rounding at most."""

import math

import numpy as np

from .. import exact, validation
from .remembered import Array, once


def _evaluated(rank, adaptive=False):
    """Max pooling along so many axes, and its gradient."""

    def largest(x, **geometry):
        return (_largest_adaptively if adaptive else _largest)(x, **geometry)

    def forward(x, **geometry):
        return x.ravel()[largest(x, **geometry)]

    def gradient(x, upstream, **geometry):
        chosen = largest(x, **geometry).ravel()
        low, high = exact.extent(upstream)
        bits = exact.room(int(np.bincount(chosen, minlength=1).max()))
        parts = {
            e: np.bincount(chosen, s.ravel(), x.size).astype(np.int64)
            for e, s in exact.slices(upstream, low, high, bits)
        }
        return exact.rounded(parts).reshape(x.shape)

    forward.__name__ = f"{'adaptive_' * adaptive}max_pooling{rank}d"
    gradient.__name__ = f"{forward.__name__}_gradient"
    return once(forward), once(gradient)


max_pooling1d, max_pooling1d_gradient = _evaluated(1)
max_pooling2d, max_pooling2d_gradient = _evaluated(2)
max_pooling3d, max_pooling3d_gradient = _evaluated(3)
adaptive_max_pooling1d, adaptive_max_pooling1d_gradient = _evaluated(1, adaptive=True)
adaptive_max_pooling2d, adaptive_max_pooling2d_gradient = _evaluated(2, adaptive=True)
adaptive_max_pooling3d, adaptive_max_pooling3d_gradient = _evaluated(3, adaptive=True)
"""The largest number in each window, by comparing its elements one after another; padding has none. Each upstream number added where
its window's first largest element, in reading order, lies."""


def _largest(x, *, window, stride, padding, dilation=None, ceil_mode=False):
    """For each output the flat index of the first largest element of its window."""
    rank = x.ndim - 2
    if rank == 1:
        window, stride, padding, dilation = (window,), (stride,), (padding,), dilation and (dilation,)
    along = zip(x.shape[2:], window, stride, padding, dilation or (1,) * rank, strict=True)
    tables = [
        exact.table(exact.positions(size, reach, step, before, after, spread, False, ceil_mode), reach)
        for size, reach, step, (before, after), spread in along
    ]
    best = _first_largest(x, tables)
    if (best < 0).any():
        validation.refuse("padding", padding, "windows that meet the data", "use less padding than the window is wide")
    return best


def _largest_adaptively(x, *, size):
    """The same of the windows [floor(p·in/out), ceil((p + 1)·in/out))."""
    tables = []
    for n, many in zip(x.shape[2:], size if isinstance(size, tuple) else (size,), strict=True):
        windows = [range(p * n // many, -(-(p + 1) * n // many)) for p in range(many)]
        seen = [list(enumerate(window)) for window in windows]
        tables.append(exact.table(seen, max(map(len, windows))))
    return _first_largest(x, tables)


def _first_largest(x, tables):
    """By tables of the elements that each place of each window sees, along each axis, -1 for none; -1 where a window sees none."""
    if np.isnan(x).any():
        validation.refuse("x", "NaN", "numbers that can be compared", "test NaN on its own")
    planes = np.arange(x.shape[0] * x.shape[1]).reshape(*x.shape[:2], *[1] * len(tables)) * math.prod(x.shape[2:])
    best = np.full((*x.shape[:2], *map(len, tables)), -1)
    numbers = x.ravel()
    for tap in np.ndindex(*(table.shape[1] for table in tables)):
        elements = np.ix_(*(table[:, i] for table, i in zip(tables, tap, strict=True)))
        inside, place = True, 0
        for element, size in zip(elements, x.shape[2:], strict=True):
            inside, place = inside & (element >= 0), place * size + element
        here = planes + np.where(inside, place, 0)
        best = np.where(inside & ((best < 0) | (numbers[here] > numbers[best])), here, best)
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


def _places(shape, start, end):
    """For each element of x, where it lies in y: the index of each axis, those from start to end as one."""
    indices = np.indices(shape)
    one = np.zeros(shape, int)
    for axis in range(start, end + 1):
        one = one * shape[axis] + indices[axis]
    return *indices[:start], one, *indices[end + 1 :]


@once
def flatten(x: Array, *, start: int, end: int) -> Array:
    """y[..., i, ...] = x[..., i_start, ..., i_end, ...]."""
    places = _places(x.shape, start, end)
    y = np.empty([int(place.max()) + 1 for place in places])
    y[places] = x
    return y


@once
def flatten_gradient(x: Array, upstream: Array, *, start: int, end: int) -> Array:
    """dx[..., i_start, ..., i_end, ...] = upstream[..., i, ...]."""
    return upstream[_places(x.shape, start, end)]
