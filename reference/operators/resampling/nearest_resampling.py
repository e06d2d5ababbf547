"""Resampling by the nearest pixel: every output takes the value of one input.

    y[n, c, p, q] = x[n, c, s(p), s(q)],   s(i) = floor((i + 1/2)·in/out)   grid "half_pixel"
                                           s(i) = floor(i·in/out)           grid "asymmetric"

"half_pixel" is TensorFlow 2's grid and PyTorch's "nearest-exact", "asymmetric" TensorFlow 1's and PyTorch's "nearest". Indices
are computed in whole numbers: a product in floating point must not decide which pixel is meant. Gonzalez & Woods, *Digital
Image Processing* (4th ed. 2018), §2.4.
"""

from __future__ import annotations

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import REQUIRED, one_of, pair, with_gradient
from .resampling import check, check_gradient, output_shape

__all__ = ["nearest_resampling2d", "nearest_resampling2d_gradient", "output_shape"]

GRIDS = ("half_pixel", "asymmetric")


def nearest_resampling2d(
    x: Float[Array, "N C H W"], *, size: tuple[int, int], grid: str
) -> Float[Array, "N C Hout Wout"]:
    """x [N, C, H, W] -> y [N, C, *size] in the dtype of x. size (height, width): elements."""
    rows, columns = _sources(x, size, grid)
    return x[:, :, rows[:, None], columns]


@computed_wide
def nearest_resampling2d_gradient(
    x: Float[Array, "N C H W"], upstream: Float[Array, "N C Hout Wout"], *, size: tuple[int, int], grid: str
) -> Float[Array, "N C H W"]:
    """dx [N, C, H, W] for an upstream gradient [N, C, *size]: each is added to the pixel whose value was taken."""
    check_gradient(x, upstream, size)
    rows, columns = _sources(x, size, grid)
    dx = np.zeros_like(x)
    np.add.at(dx, np.s_[:, :, rows[:, None], columns], upstream)  # pyright: ignore[reportArgumentType]
    return dx


def _sources(x, size, grid):
    """For each axis, which element each output takes."""
    check(x, size)
    validation.choice("grid", grid, GRIDS)
    return [
        (2 * np.arange(outputs) + 1) * elements // (2 * outputs)
        if grid == "half_pixel"
        else np.arange(outputs) * elements // outputs
        for elements, outputs in zip(x.shape[2:], size, strict=True)
    ]


OPERATIONS = with_gradient(
    nearest_resampling2d,
    nearest_resampling2d_gradient,
    says="the nearest pixel",
    arrays={"x": "NCHW"},
    parameters={"size": (REQUIRED, pair), "grid": (REQUIRED, one_of(*GRIDS))},
    y="NCHW",
    rules=("nearest", "sums"),
    aliases=("nearest",),
)
