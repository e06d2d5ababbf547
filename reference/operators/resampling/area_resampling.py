"""Resampling by area: the mean of x over the area that each output pixel covers.

    y[n, c] = A · x[n, c] · B',   A[i, j] = |[i·s, (i + 1)·s] ∩ [j, j + 1]| / s,   s = in/out

Pixels count by their overlap, which may be a part of one. Where out divides in, it is average pooling of windows that do not
overlap. As TensorFlow's ResizeArea; adaptive average pooling (PyTorch's "area") takes whole pixels instead.
"""

from __future__ import annotations

import numpy as np

from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import REQUIRED, pair, with_gradient
from .resampling import backward, check, check_gradient, forward, output_shape

__all__ = ["area_resampling2d", "area_resampling2d_gradient", "output_shape"]


@computed_wide
def area_resampling2d(x: Float[Array, "N C H W"], *, size: tuple[int, int]) -> Float[Array, "N C Hout Wout"]:
    """x [N, C, H, W] -> y [N, C, *size] in the dtype of x. size (height, width): elements."""
    return forward(x, *_weights(x, size))


@computed_wide
def area_resampling2d_gradient(
    x: Float[Array, "N C H W"], upstream: Float[Array, "N C Hout Wout"], *, size: tuple[int, int]
) -> Float[Array, "N C H W"]:
    """dx [N, C, H, W] for an upstream gradient [N, C, *size]."""
    check_gradient(x, upstream, size)
    return backward(upstream, *_weights(x, size))


def _weights(x, size):
    check(x, size)
    return [_along_axis(elements, outputs) for elements, outputs in zip(x.shape[2:], size, strict=True)]


def _along_axis(elements, outputs):
    """A [out, in], in float64. In units of 1/out an element is out wide, and an output's area in."""
    i, j = np.arange(outputs)[:, None], np.arange(elements)
    overlap = np.minimum((i + 1) * elements, (j + 1) * outputs) - np.maximum(i * elements, j * outputs)
    return np.maximum(overlap, 0) / elements


OPERATIONS = with_gradient(
    area_resampling2d,
    area_resampling2d_gradient,
    says="the mean over the area of each output pixel",
    arrays={"x": "NCHW"},
    parameters={"size": (REQUIRED, pair)},
    y="NCHW",
    rules=("resampled", "resampled"),
    aliases=("area",),
)
