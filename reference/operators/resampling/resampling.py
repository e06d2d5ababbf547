"""What all resampling of images has in common: it is linear, acts along each axis alone, and samples on a grid.

    y[n, c] = A · x[n, c] · B'          A [Hout, H], B [Wout, W]; each row sums to one; likewise along one axis or three

    c(i) = (i + 1/2)·s - 1/2                  grid "half_pixel" (PyTorch, TensorFlow 2)
    c(i) = (i + 1/2)·s - 1/2 + (in - out·s)/2 grid "half_pixel_symmetric": both margins are alike (ONNX)
    c(i) = (i + 1/2)·s - 1/2                  grid "pytorch_half_pixel"; 0 where out = 1 (ONNX)
    c(i) = i·(in - 1)/(out - 1)               grid "align_corners"; 0 where out = 1
    c(i) = i·s                                grid "asymmetric" (TensorFlow 1; PyTorch's "nearest")
    c(i) = (i + 1/2)·s                        grid "tf_half_pixel_for_nn" (ONNX)

s = in/out, or 1/scale where a scale is given and not ``recomputed``. A kernel K weighs element j by K(j - c); ``antialias`` stretches it
by s where s > 1, K((j - c)/s), and divides by the sum of the weights. What lies outside the image counts as the pixel at its border,
or is left out and the others divided by their sum (``exclude_outside``; None: where antialiased, as PyTorch, TensorFlow and Pillow do). ONNX,
*Resize*. Coordinates are fractions of whole numbers until the weight is rounded.

Weights of zero are multiplied too: a NaN or an infinity spoils the rows and columns of outputs that it lies in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ... import validation
from ..operation import per_axis

GRIDS = (
    "half_pixel",
    "half_pixel_symmetric",
    "pytorch_half_pixel",
    "align_corners",
    "asymmetric",
    "tf_half_pixel_for_nn",
)
AXES = {1: "N C W", 2: "N C H W", 3: "N C D H W"}
OUTPUT_AXES = {1: "N C Wout", 2: "N C Hout Wout", 3: "N C Dout Hout Wout"}
Kernel = Callable[[Fraction], Fraction]


def output_shape(x_shape: Sequence[int], *, size: Any) -> tuple[int, ...]:
    """[N, C, *size] from x [N, C, H, W], or with one spatial axis or three."""
    rank = len(x_shape) - 2
    if rank not in AXES:
        validation.refuse("x.shape", tuple(x_shape), "4 axes [N, C, H, W], or 3 or 5", "reshape x to those axes")
    return (*x_shape[:2], *validation.counts("size", size, rank=rank))


def check(x: np.ndarray, size: Any) -> tuple[int, ...]:
    """The arguments at the door; the output's shape [N, C, *size]."""
    shape = output_shape(getattr(x, "shape", (0,) * 4), size=size)
    validation.array("x", x, axes=AXES[len(shape) - 2])
    return shape


def check_gradient(x: np.ndarray, upstream: np.ndarray, size: Any) -> None:
    """The same, and upstream [N, C, *size]."""
    shape = check(x, size)
    axes = OUTPUT_AXES[x.ndim - 2]
    meaning = f"the shape of the output [{', '.join(axes.split())}]"
    validation.upstream(upstream, x, shape, meaning, axes=axes)


def forward(x: np.ndarray, matrices: Sequence[np.ndarray]) -> np.ndarray:
    """A·x·B', the weights [out, in] rounded to the dtype of x."""
    y = x
    for axis, A in enumerate(matrices, 2):
        y = np.moveaxis(np.moveaxis(y, axis, -1) @ A.astype(x.dtype).T, -1, axis)
    return np.ascontiguousarray(y)


def backward(upstream: np.ndarray, matrices: Sequence[np.ndarray]) -> np.ndarray:
    """A'·upstream·B: the adjoint of :func:`forward`."""
    return forward(upstream, [A.T for A in matrices])


def along_axes(x: np.ndarray, size: Any, scale: Any) -> list[tuple[int, int, float | None]]:
    """(elements, outputs, scale) of each spatial axis."""
    shape = check(x, size)
    scale = scales_of(x.ndim - 2)("scale", scale, None, None)
    scales = scale if isinstance(scale, tuple) else (scale,) * (x.ndim - 2)
    _near(x.shape, shape[2:], scales)
    return list(zip(x.shape[2:], shape[2:], scales, strict=True))


def sampled(
    elements: int, outputs: int, scale: float | None, *, grid: str, recomputed: bool
) -> tuple[Fraction, list[Fraction]]:
    """(s, the source coordinate of each output)."""
    validation.choice("grid", grid, GRIDS)
    step = Fraction(elements, outputs) if scale is None or recomputed else 1 / Fraction(scale)
    half = Fraction(1, 2)
    if grid == "align_corners":
        return step, [Fraction(i * (elements - 1), max(outputs - 1, 1)) for i in range(outputs)]
    if grid in ("asymmetric", "tf_half_pixel_for_nn"):
        start = half * step if grid == "tf_half_pixel_for_nn" else 0 * step
    else:
        start = half * step - half
    if grid == "half_pixel_symmetric":
        start += (elements - outputs * step) / 2
    if grid == "pytorch_half_pixel" and outputs == 1:
        start = Fraction(0)
    return step, [start + i * step for i in range(outputs)]


def weighed(
    elements: int,
    sampling: tuple[Fraction, list[Fraction]],
    kernel: Kernel,
    reach: int,
    *,
    antialias: bool,
    exclude_outside: bool | None,
) -> np.ndarray:
    """A [out, in], in float64, of a kernel that is 0 from ``reach`` on."""
    validation.choice("antialias", antialias, (False, True))
    validation.choice("exclude_outside", exclude_outside, (None, False, True))
    step, coordinates = sampling
    stretch = max(step, Fraction(1)) if antialias else Fraction(1)
    leaves_out = antialias if exclude_outside is None else exclude_outside
    A = np.zeros((len(coordinates), elements))
    for i, c in enumerate(coordinates):
        seen = range(math.ceil(c - reach * stretch), math.floor(c + reach * stretch) + 1)
        weights = [(j, kernel(abs(j - c) / stretch)) for j in seen]
        inside = [(j, weight) for j, weight in weights if 0 <= j < elements]
        if leaves_out and sum(weight for _, weight in inside):
            weights = inside
        total = sum(weight for _, weight in weights)
        for j, weight in weights:
            A[i, min(max(j, 0), elements - 1)] += float(weight / total)
    return A


def scales_of(rank: int) -> Any:
    def parse(name: str, value: Any, arrays: Any, parsed: Any) -> Any:
        """None, a positive number for every axis, or one for each: output pixels per pixel"""
        if value is None:
            return None
        values = value if isinstance(value, list | tuple) else (value,) * rank
        if len(values) != rank:
            validation.refuse(name, value, f"a positive number, or one for each of {rank} axes", "give one number")
        numbers = tuple(validation.finite(name, one) for one in values)
        if min(numbers) <= 0:
            validation.refuse(name, value, "positive numbers", "use 0.5 for half the size")
        return numbers if rank > 1 else numbers[0]

    return parse


def size_of(rank: int) -> Any:
    def parse(name: str, value: Any, arrays: Any, parsed: Any) -> Any:
        """a whole number from 1 for every axis, or one for each; left out where a scale says it: floor(in·scale)"""
        scale = parsed.get("scale")
        if value is None and scale is None:
            validation.refuse(name, value, "the size of the result, or a scale", f"give {name} or scale")
        if value is None:
            elements = arrays["x"].shape[2:]
            scales = scale if isinstance(scale, tuple) else (scale,) * rank
            value = tuple(math.floor(n * s) for n, s in zip(elements, scales, strict=False))
            value = value if rank > 1 else value[0]
        return per_axis(rank)(name, value, arrays, parsed)

    return parse


def _near(x_shape: Sequence[int], size: Sequence[int], scales: Sequence[float | None]) -> None:
    """BadInput for a size that is none of its scale."""
    for elements, outputs, scale in zip(x_shape[2:], size, scales, strict=True):
        if scale is not None and not math.floor(elements * scale) <= outputs <= math.ceil(elements * scale):
            way_out = "leave the size out: the scale says it"
            validation.refuse("size", tuple(size), f"in·scale, {elements * scale:.6g} of {elements}, rounded", way_out)


def apart(arguments: Any, rank: int) -> list[dict[str, int]]:
    """No image and no channel depends on another."""
    return [dict.fromkeys(("x", "y", "upstream", "dx"), axis) for axis in (0, 1)]
