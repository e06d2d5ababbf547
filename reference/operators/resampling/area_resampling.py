"""Resampling by area: the mean of x over the area that each output pixel covers.

    y[n, c] = A · x[n, c] · B',   A[i, j] = |[i·s, (i + 1)·s] ∩ [j, j + 1]| / s,   s = in/out

Pixels count by their overlap, which may be a part of one. Where out divides in, it is average pooling of windows that do not
overlap. As TensorFlow's ResizeArea; adaptive average pooling (PyTorch's "area") takes whole pixels instead. Along one axis, two or three.
"""

from __future__ import annotations

import numpy as np

from ..axes import Array, Float, Pair, Triple
from ..narrow import computed_wide
from ..operation import REQUIRED, per_axis, with_gradient
from .resampling import along_axes, apart, backward, check_gradient, forward, output_shape

__all__ = ["area_resampling1d", "area_resampling2d", "area_resampling3d", "output_shape"]


@computed_wide
def area_resampling1d(x: Float[Array, "N C W"], *, size: int) -> Float[Array, "N C Wout"]:
    """x [N, C, W] -> y [N, C, size] in the dtype of x. size: elements."""
    return _forward(x, size)


@computed_wide
def area_resampling2d(x: Float[Array, "N C H W"], *, size: Pair) -> Float[Array, "N C Hout Wout"]:
    """x [N, C, H, W] -> y [N, C, *size] in the dtype of x. size (height, width): elements."""
    return _forward(x, size)


@computed_wide
def area_resampling3d(x: Float[Array, "N C D H W"], *, size: Triple) -> Float[Array, "N C Dout Hout Wout"]:
    """x [N, C, D, H, W] -> y [N, C, *size] in the dtype of x. size (depth, height, width): elements."""
    return _forward(x, size)


@computed_wide
def area_resampling1d_gradient(
    x: Float[Array, "N C W"], upstream: Float[Array, "N C Wout"], *, size: int
) -> Float[Array, "N C W"]:
    """dx [N, C, W] for an upstream gradient [N, C, size]."""
    return _gradient(x, upstream, size)


@computed_wide
def area_resampling2d_gradient(
    x: Float[Array, "N C H W"], upstream: Float[Array, "N C Hout Wout"], *, size: Pair
) -> Float[Array, "N C H W"]:
    """dx [N, C, H, W] for an upstream gradient [N, C, *size]."""
    return _gradient(x, upstream, size)


@computed_wide
def area_resampling3d_gradient(
    x: Float[Array, "N C D H W"], upstream: Float[Array, "N C Dout Hout Wout"], *, size: Triple
) -> Float[Array, "N C D H W"]:
    """dx [N, C, D, H, W] for an upstream gradient [N, C, *size]."""
    return _gradient(x, upstream, size)


def _forward(x, size):
    return forward(x, _weights(x, size))


def _gradient(x, upstream, size):
    check_gradient(x, upstream, size)
    return backward(upstream, _weights(x, size))


def _weights(x, size):
    return [_along_axis(elements, outputs) for elements, outputs, _ in along_axes(x, size, None)]


def _along_axis(elements, outputs):
    """A [out, in], in float64. In units of 1/out an element is out wide, and an output's area in."""
    i, j = np.arange(outputs)[:, None], np.arange(elements)
    overlap = np.minimum((i + 1) * elements, (j + 1) * outputs) - np.maximum(i * elements, j * outputs)
    return np.maximum(overlap, 0) / elements


OPERATIONS = tuple(
    operation
    for rank, function, gradient in (
        (1, area_resampling1d, area_resampling1d_gradient),
        (2, area_resampling2d, area_resampling2d_gradient),
        (3, area_resampling3d, area_resampling3d_gradient),
    )
    for operation in with_gradient(
        function,
        gradient,
        says="the mean over the area of each output pixel",
        arrays={"x": "NC" + "DHW"[3 - rank :]},
        parameters={"size": (REQUIRED, per_axis(rank))},
        y="NC" + "DHW"[3 - rank :],
        rules=("resampled", "resampled"),
        aliases=("area",) if rank == 2 else (),
        apart=apart,
    )
)
