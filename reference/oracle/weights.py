"""Sums with weights that the operation itself brings: average pooling and resampling, each with its gradient.

All of them are separable, y = A·x·Bᵀ/d on every plane, with whole numbers A [P, H], B [Q, W] and d, and likewise along one axis or
three; the gradient is Aᵀ·upstream·B/d. Those of a cubic are of both signs. The value, S, the number of products and the sizes of flushed numbers are all read off these
matrices.
"""

import math
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from .. import exact, validation
from .remembered import Array, once


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


def _from_fractions(outputs, elements, triples):
    """From (output, element, fraction) triples: all brought to one denominator."""
    common = math.lcm(*(weight.denominator for _, _, weight in triples))
    return _weights(outputs, elements, common, [(i, j, int(weight * common)) for i, j, weight in triples])


def _coordinates(size, out, grid, scale, recomputed):
    """(the step from one output to the next, source coordinates), by ONNX's formulas, each from its own output's number."""
    step = Fraction(size, out) if recomputed or scale is None else 1 / Fraction(scale)
    half = Fraction(1, 2)
    formulas = {
        "half_pixel": lambda i: (i + half) * step - half,
        "half_pixel_symmetric": lambda i: Fraction(size, 2) * (1 - out * step / size) + (i + half) * step - half,
        "pytorch_half_pixel": lambda i: (i + half) * step - half if out > 1 else Fraction(0),
        "align_corners": lambda i: Fraction(i * (size - 1), out - 1) if out > 1 else Fraction(0),
        "asymmetric": lambda i: i * step,
        "tf_half_pixel_for_nn": lambda i: (i + half) * step,
    }
    return step, [formulas[grid](i) for i in range(out)]


def _nearest(size, out, grid, scale=None, recomputed=False, rounding=None):
    usual = "floor" if grid in ("asymmetric", "tf_half_pixel_for_nn") else "round_prefer_ceil"
    triples = []
    for i, c in enumerate(_coordinates(size, out, grid, scale, recomputed)[1]):
        below, beyond = divmod(c, 1)
        up = {
            "floor": False,
            "ceil": beyond > 0,
            "round_prefer_floor": 2 * beyond > 1,
            "round_prefer_ceil": 2 * beyond >= 1,
        }
        triples.append((i, min(max(below + up[rounding or usual], 0), size - 1), 1))
    return _weights(out, size, 1, triples)


def _by_kernel(kernel, reach):
    def along(size, out, grid, scale=None, recomputed=False, antialias=False, exclude_outside=None, **shape):
        """Each element's share: the kernel at its distance, in units of a stretched pixel where it is smoothed; all of them one together."""
        step, coordinates = _coordinates(size, out, grid, scale, recomputed)
        unit = max(step, 1) if antialias else 1
        inside_alone = antialias if exclude_outside is None else exclude_outside
        triples = []
        for i, c in enumerate(coordinates):
            far = reach * unit
            places = [
                (j, kernel(abs(c - j) / unit, **shape)) for j in range(math.floor(c - far), math.ceil(c + far) + 1)
            ]
            kept = [(j, k) for j, k in places if 0 <= j < size] if inside_alone else places
            # A coordinate so far outside that no weight is left: its border pixel.
            kept = kept if sum(k for _, k in kept) else places
            total = sum(k for _, k in kept)
            triples += [(i, 0 if j < 0 else size - 1 if j >= size else j, Fraction(k) / total) for j, k in kept if k]
        return _from_fractions(out, size, triples)

    return along


def _triangle(t):
    return 1 - t if t < 1 else 0


def _cubic(t, coefficient):
    """Keys' two polynomials, by powers."""
    a = Fraction(coefficient)
    if t <= 1:
        return (a + 2) * t**3 - (a + 3) * t**2 + 1
    return a * t**3 - 5 * a * t**2 + 8 * a * t - 4 * a if t < 2 else 0


def _area(size, out):
    """Overlaps of output i, [i·size, (i + 1)·size], with element j, [j·out, (j + 1)·out], in units of 1/out of a pixel."""
    triples = [
        (i, j, min((i + 1) * size, (j + 1) * out) - max(i * size, j * out))
        for i in range(out)
        for j in range(i * size // out, -(-(i + 1) * size // out))
    ]
    return _weights(out, size, size, triples)


def _adaptive(shape, size):
    """The mean of each window [floor(p·in/out), ceil((p + 1)·in/out))."""
    along = []
    for n, many in zip(shape[2:], _tuple(size), strict=True):
        windows = [range(p * n // many, math.ceil(Fraction((p + 1) * n, many))) for p in range(many)]
        shares = [(p, i, Fraction(1, len(seen))) for p, seen in enumerate(windows) for i in seen]
        along.append(_from_fractions(many, n, shares))
    return along


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
    def weights(shape, size, scale=None, **settings):
        rank = len(shape) - 2
        sizes, scales = _tuple(size), scale if isinstance(scale, tuple) else (scale,) * rank
        if along is _area:
            return [_area(n, m) for n, m in zip(shape[2:], sizes, strict=True)]
        return [along(n, m, scale=s, **settings) for n, m, s in zip(shape[2:], sizes, scales, strict=True)]

    return weights


OF = {
    **{f"adaptive_average_pooling{rank}d": _adaptive for rank in (1, 2, 3)},
    "average_pooling1d": _pooled,
    "average_pooling2d": _pooled,
    "average_pooling3d": _pooled,
    **{f"nearest_resampling{rank}d": _resampled(_nearest) for rank in (1, 2, 3)},
    "linear_resampling1d": _resampled(_by_kernel(_triangle, 1)),
    "bilinear_resampling2d": _resampled(_by_kernel(_triangle, 1)),
    "trilinear_resampling3d": _resampled(_by_kernel(_triangle, 1)),
    "bicubic_resampling2d": _resampled(_by_kernel(_cubic, 2)),
    **{f"area_resampling{rank}d": _resampled(_area) for rank in (1, 2, 3)},
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


adaptive_average_pooling1d, adaptive_average_pooling1d_gradient = _evaluated("adaptive_average_pooling1d")
adaptive_average_pooling2d, adaptive_average_pooling2d_gradient = _evaluated("adaptive_average_pooling2d")
adaptive_average_pooling3d, adaptive_average_pooling3d_gradient = _evaluated("adaptive_average_pooling3d")
average_pooling1d, average_pooling1d_gradient = _evaluated("average_pooling1d")
average_pooling2d, average_pooling2d_gradient = _evaluated("average_pooling2d")
average_pooling3d, average_pooling3d_gradient = _evaluated("average_pooling3d")
"""The mean of each window: over its places in the padded data, or (``count_padding=False``) in the data, or the sum over ``divisor``;
each element's share of every window that it lies in."""


nearest_resampling1d, nearest_resampling1d_gradient = _evaluated("nearest_resampling1d")
nearest_resampling2d, nearest_resampling2d_gradient = _evaluated("nearest_resampling2d")
nearest_resampling3d, nearest_resampling3d_gradient = _evaluated("nearest_resampling3d")
"""x at the coordinates of the grid, rounded; the sum of what comes from all the outputs that show an element."""
linear_resampling1d, linear_resampling1d_gradient = _evaluated("linear_resampling1d")
bilinear_resampling2d, bilinear_resampling2d_gradient = _evaluated("bilinear_resampling2d")
trilinear_resampling3d, trilinear_resampling3d_gradient = _evaluated("trilinear_resampling3d")
"""The neighbours along each axis, weighted by 1 − their distance from the coordinate; the same weights, from outputs back to elements."""
bicubic_resampling2d, bicubic_resampling2d_gradient = _evaluated("bicubic_resampling2d")
"""Four neighbours along both axes, weighted by Keys' cubics of their distances."""
area_resampling1d, area_resampling1d_gradient = _evaluated("area_resampling1d")
area_resampling2d, area_resampling2d_gradient = _evaluated("area_resampling2d")
area_resampling3d, area_resampling3d_gradient = _evaluated("area_resampling3d")
"""The mean over [i·in/out, (i + 1)·in/out] along each axis, elements counted by how much of them lies inside."""


def sizes_of_weighted(name: str, *arrays: Any, **parameters: Any) -> tuple[Array, Array]:
    """(sum |weight||x|, how many products are summed): see :func:`sizes`."""
    numbers, weights = _linear_map(name, *arrays, **parameters)
    absolute = _apply(
        np.abs(np.asarray(numbers, np.float64)), [Weights(abs(one.whole), one.divisor) for one in weights]
    )
    count = _apply(np.ones((1, 1, *numbers.shape[2:])), _present(weights))
    return absolute, np.broadcast_to(count, absolute.shape)


def weights_along(name: str, *arrays: Any, **parameters: Any) -> list[Array]:
    """Along each axis the weights [outputs, elements] of an average or a resampling, or of its gradient, rounded once to float64."""
    return [(one.whole / one.divisor).astype(np.float64) for one in _linear_map(name, *arrays, **parameters)[1]]


def flush_sizes_of_weighted(name: str, *arrays: Any, **parameters: Any) -> Array:
    """sum (|x| + |weight|) over the products: see :func:`flush_sizes`."""
    numbers, weights = _linear_map(name, *arrays, **parameters)
    by_x = _apply(np.abs(np.asarray(numbers, np.float64)), _present(weights))
    return by_x + _apply(np.ones((1, 1, *numbers.shape[2:])), [Weights(abs(one.whole), one.divisor) for one in weights])
