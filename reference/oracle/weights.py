"""Sums with weights that the operation itself brings: average pooling and resampling, each with its gradient.

All of them are separable, y = A·x·Bᵀ/d on every plane, with whole numbers A [P, H], B [Q, W] and d, and likewise along one axis or
three; the gradient is Aᵀ·upstream·B/d. The value, S, the number of products and the sizes of flushed numbers are all read off these
matrices.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from .. import exact, validation
from .remembered import Array, Pair, once


class Weights(NamedTuple):
    """[outputs, elements] along one axis, whole numbers of Python's (dtype object), and what they are divided by."""

    whole: np.ndarray
    divisor: int


def _weights(outputs, elements, divisor, triples):
    """From (output, element, whole number) triples; those of one place are added."""
    matrix = np.full((outputs, elements), 0, object)
    for output, element, number in triples:
        matrix[output, element] += number
    return Weights(matrix, divisor)


def _averaging(size, window, stride, dilation, sides, *, ceil_mode, counted):
    """Each window's sum (``counted`` "no"), or its mean over its places in the padded data ("padded") or in the data ("data")."""
    before, after = sides
    windows = exact.positions(size, window, stride, before, after, dilation, False, ceil_mode)
    if counted == "no":
        counts = [1] * len(windows)
    elif counted == "padded":
        whole = exact.positions(before + size + after, window, stride, 0, 0, dilation, False, ceil_mode)
        counts = [len(seen) for seen in whole[: len(windows)]]
    else:
        counts = [len(seen) for seen in windows]
    if not all(windows):
        validation.refuse("padding", sides, "windows that meet the data", "use less padding than the window is wide")
    # One divisor for all, which a gradient needs, as it adds up what windows of different sizes give.
    common = math.lcm(*counts)
    triples = [(p, i, common // counts[p]) for p, seen in enumerate(windows) for _, i in seen]
    return _weights(len(windows), size, common, triples)


def _nearest(size, out, grid):
    half = int(grid == "half_pixel")
    return _weights(out, size, 1, [(i, (2 * i + half) * size // (2 * out), 1) for i in range(out)])


def _bilinear(size, out, grid):
    """Coordinates in units of 1/d of a pixel: each is whole, and so are its distances from its two neighbours."""
    if grid == "half_pixel":
        d, coordinates = 2 * out, [(2 * i + 1) * size - out for i in range(out)]
    elif grid == "align_corners":
        d, coordinates = max(out - 1, 1), [i * (size - 1) if out > 1 else 0 for i in range(out)]
    else:
        d, coordinates = out, [i * size for i in range(out)]
    triples = []
    for i, coordinate in enumerate(coordinates):
        below, beyond = divmod(min(max(coordinate, 0), (size - 1) * d), d)
        triples += [(i, below, d - beyond), (i, min(below + 1, size - 1), beyond)]
    return _weights(out, size, d, triples)


def _area(size, out):
    """Overlaps of output i, [i·size, (i + 1)·size], with element j, [j·out, (j + 1)·out], in units of 1/out of a pixel."""
    triples = [
        (i, j, min((i + 1) * size, (j + 1) * out) - max(i * size, j * out))
        for i in range(out)
        for j in range(i * size // out, -(-(i + 1) * size // out))
    ]
    return _weights(out, size, size, triples)


def _pooled(shape, window, stride, padding, count_padding, dilation=None, ceil_mode=False, divisor=None):
    rank = len(shape) - 2
    dilation = (1,) * rank if dilation is None else dilation
    if rank == 1:
        window, stride, dilation, padding = (window,), (stride,), _tuple(dilation), (padding,)
    counted = "no" if divisor is not None else "padded" if count_padding else "data"
    along = zip(shape[2:], window, stride, dilation, padding, strict=True)
    first, *others = [_averaging(*axis, ceil_mode=ceil_mode, counted=counted) for axis in along]
    return [Weights(first.whole, first.divisor * (divisor or 1)), *others]


def _tuple(value):
    return value if isinstance(value, tuple) else (value,)


def _resampled(along):
    return lambda shape, size, **grid: [along(*axis, **grid) for axis in zip(shape[2:], size, strict=True)]


OF = {
    "average_pooling1d": _pooled,
    "average_pooling2d": _pooled,
    "average_pooling3d": _pooled,
    "nearest_resampling2d": _resampled(_nearest),
    "bilinear_resampling2d": _resampled(_bilinear),
    "area_resampling2d": _resampled(_area),
}
"""Operation → the function from x's shape and the parameters to its weights along each axis."""


def _linear_map(name, *arrays, **parameters):
    """(the array that is summed, the weights along its axes) of an operation or its gradient."""
    weights = OF[name.removesuffix("_gradient")](arrays[0].shape, **parameters)
    if name.endswith("_gradient"):
        weights = [Weights(each.whole.T, each.divisor) for each in weights]
    return arrays[-1], weights


def _apply(numbers, weights):
    """Along one axis as along the second of two; along three, the first two as one of their pairs."""
    shape = (*numbers.shape[:2], *(len(each.whole) for each in weights))
    if len(weights) == 1:
        numbers, weights = numbers[:, :, None], [Weights(np.array([[1]], object), 1), *weights]
    elif len(weights) == 3:
        (first, second), numbers = weights[:2], numbers.reshape(*numbers.shape[:2], -1, numbers.shape[-1])
        weights = [Weights(np.kron(first.whole, second.whole), first.divisor * second.divisor), weights[2]]
    rows, columns = weights
    return exact.weighted(numbers, rows.whole, columns.whole, rows.divisor * columns.divisor).reshape(shape)


def _present(weights):
    return [Weights((each.whole != 0).astype(int).astype(object), 1) for each in weights]


def _evaluated(name):
    """The exact operation of this name, and its gradient."""

    def forward(x, **parameters):
        return _apply(*_linear_map(name, x, **parameters))

    def gradient(x, upstream, **parameters):
        return _apply(*_linear_map(f"{name}_gradient", x, upstream, **parameters))

    forward.__name__, gradient.__name__ = name, f"{name}_gradient"
    return once(forward), once(gradient)


average_pooling1d, average_pooling1d_gradient = _evaluated("average_pooling1d")
average_pooling2d, average_pooling2d_gradient = _evaluated("average_pooling2d")
average_pooling3d, average_pooling3d_gradient = _evaluated("average_pooling3d")
"""The mean of each window: over its places in the padded data, or (``count_padding=False``) in the data, or the sum over ``divisor``;
each element's share of every window that it lies in."""


@once
def nearest_resampling2d(x: Array, *, size: Pair, grid: str) -> Array:
    """x at floor((i + 1/2)·in/out) ("half_pixel") or floor(i·in/out) ("asymmetric") along both axes."""
    return _apply(*_linear_map("nearest_resampling2d", x, size=size, grid=grid))


@once
def nearest_resampling2d_gradient(x: Array, upstream: Array, *, size: Pair, grid: str) -> Array:
    """The sum of what comes from all the outputs that show an element."""
    return _apply(*_linear_map("nearest_resampling2d_gradient", x, upstream, size=size, grid=grid))


@once
def bilinear_resampling2d(x: Array, *, size: Pair, grid: str) -> Array:
    """The two neighbours along each axis, weighted 1 - f and f, f how far the source coordinate c lies beyond the first.

    c = (i + 1/2)·in/out - 1/2 ("half_pixel"), i·(in - 1)/(out - 1) ("align_corners", 0 where out = 1) or i·in/out
    ("asymmetric"), clamped to [0, in - 1].
    """
    return _apply(*_linear_map("bilinear_resampling2d", x, size=size, grid=grid))


@once
def bilinear_resampling2d_gradient(x: Array, upstream: Array, *, size: Pair, grid: str) -> Array:
    """The same weights, from outputs back to elements."""
    return _apply(*_linear_map("bilinear_resampling2d_gradient", x, upstream, size=size, grid=grid))


@once
def area_resampling2d(x: Array, *, size: Pair) -> Array:
    """The mean over [i·in/out, (i + 1)·in/out] along each axis, elements counted by how much of them lies inside."""
    return _apply(*_linear_map("area_resampling2d", x, size=size))


@once
def area_resampling2d_gradient(x: Array, upstream: Array, *, size: Pair) -> Array:
    """The same weights, from outputs back to elements."""
    return _apply(*_linear_map("area_resampling2d_gradient", x, upstream, size=size))


def sizes_of_weighted(name: str, *arrays: Any, **parameters: Any) -> tuple[Array, Array]:
    """(sum |weight||x|, how many products are summed): see :func:`sizes`."""
    numbers, weights = _linear_map(name, *arrays, **parameters)
    absolute = _apply(np.abs(np.asarray(numbers, np.float64)), weights)
    count = _apply(np.ones((1, 1, *numbers.shape[2:])), _present(weights))
    return absolute, np.broadcast_to(count, absolute.shape)


def flush_sizes_of_weighted(name: str, *arrays: Any, **parameters: Any) -> Array:
    """sum (|x| + |weight|) over the products: see :func:`flush_sizes`."""
    numbers, weights = _linear_map(name, *arrays, **parameters)
    by_x = _apply(np.abs(np.asarray(numbers, np.float64)), _present(weights))
    return by_x + _apply(np.ones((1, 1, *numbers.shape[2:])), weights)
