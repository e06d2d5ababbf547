"""Bilinear interpolation: along each axis the two neighbours of a source coordinate c, weighted 1 - f and f.

    y[n, c] = A · x[n, c] · B',   A[i, floor c] = 1 - f,  A[i, floor c + 1] = f = c - floor c

    c(i) = (i + 1/2)·in/out - 1/2      grid "half_pixel", clamped to 0 and in - 1
    c(i) = i·(in - 1)/(out - 1)        grid "align_corners"; 0 where out = 1
    c(i) = i·in/out                    grid "asymmetric", clamped to in - 1

Nothing is smoothed before downsampling. Coordinates are fractions of whole numbers until the weight is rounded. Gonzalez &
Woods, *Digital Image Processing* (4th ed. 2018), §2.4.
"""

from __future__ import annotations

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import REQUIRED, one_of, pair, with_gradient
from .resampling import backward, check, check_gradient, forward, output_shape

__all__ = ["bilinear_resampling2d", "bilinear_resampling2d_gradient", "output_shape"]

GRIDS = ("half_pixel", "align_corners", "asymmetric")


@computed_wide
def bilinear_resampling2d(
    x: Float[Array, "N C H W"], *, size: tuple[int, int], grid: str
) -> Float[Array, "N C Hout Wout"]:
    """x [N, C, H, W] -> y [N, C, *size] in the dtype of x. size (height, width): elements."""
    return forward(x, *_weights(x, size, grid))


@computed_wide
def bilinear_resampling2d_gradient(
    x: Float[Array, "N C H W"], upstream: Float[Array, "N C Hout Wout"], *, size: tuple[int, int], grid: str
) -> Float[Array, "N C H W"]:
    """dx [N, C, H, W] for an upstream gradient [N, C, *size]."""
    check_gradient(x, upstream, size)
    return backward(upstream, *_weights(x, size, grid))


def _weights(x, size, grid):
    check(x, size)
    validation.choice("grid", grid, GRIDS)
    return [_along_axis(elements, outputs, grid) for elements, outputs in zip(x.shape[2:], size, strict=True)]


def _along_axis(elements, outputs, grid):
    """A [out, in], in float64."""
    i = np.arange(outputs)
    # c = numerator / denominator, exactly.
    if grid == "half_pixel":
        numerator, denominator = (2 * i + 1) * elements - outputs, 2 * outputs
    elif grid == "align_corners":
        numerator, denominator = i * (elements - 1), max(outputs - 1, 1)
    else:
        numerator, denominator = i * elements, outputs
    low, rest = np.divmod(np.clip(numerator, 0, (elements - 1) * denominator), denominator)
    A = np.zeros((outputs, elements))
    A[i, low] = (denominator - rest) / denominator
    # At the last pixel nothing is left for a neighbour.
    A[i, np.minimum(low + 1, elements - 1)] += rest / denominator
    return A


OPERATIONS = with_gradient(
    bilinear_resampling2d,
    bilinear_resampling2d_gradient,
    says="linear interpolation between the four nearest pixels",
    arrays={"x": "NCHW"},
    parameters={"size": (REQUIRED, pair), "grid": (REQUIRED, one_of(*GRIDS))},
    y="NCHW",
    rules=("resampled", "resampled"),
    aliases=("bilinear",),
)
