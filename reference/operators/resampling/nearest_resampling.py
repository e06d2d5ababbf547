"""Resampling by the nearest pixel: every output takes the value of one input.

    y[n, c, p, q] = x[n, c, r(c(p)), r(c(q))]      on the grids of ``resampling``, clamped to the image

r rounds the coordinate: "floor", "ceil", "round_prefer_floor" (halves down), "round_prefer_ceil" (halves up). Left out (None) it is as PyTorch
and TensorFlow have it: "floor" on the grids "asymmetric" and "tf_half_pixel_for_nn", "round_prefer_ceil" on the others. So "half_pixel" is
TensorFlow 2's and PyTorch's "nearest-exact", floor((i + 1/2)·in/out), and "asymmetric" TensorFlow 1's and PyTorch's "nearest",
floor(i·in/out); ONNX prefers the floor. Indices are computed in whole numbers: a product in floating point must not decide which pixel is
meant. Gonzalez & Woods, *Digital Image Processing* (4th ed. 2018), §2.4.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from ... import validation
from ..axes import Array, Float, Pair, Triple
from ..narrow import computed_wide
from ..operation import REQUIRED, one_of, with_gradient
from .resampling import GRIDS, along_axes, apart, check_gradient, output_shape, sampled, scales_of, size_of

__all__ = ["nearest_resampling1d", "nearest_resampling2d", "nearest_resampling3d", "output_shape"]

HALF = Fraction(1, 2)
ROUNDINGS = {
    "floor": math.floor,
    "ceil": math.ceil,
    "round_prefer_floor": lambda c: math.ceil(c - HALF),
    "round_prefer_ceil": lambda c: math.floor(c + HALF),
}


def nearest_resampling1d(
    x: Float[Array, "N C W"],
    *,
    size: int,
    grid: str,
    scale: float | None = None,
    recomputed: bool = False,
    rounding: str | None = None,
) -> Float[Array, "N C Wout"]:
    """x [N, C, W] -> y [N, C, size] in the dtype of x. size: elements."""
    return _forward(x, size, grid=grid, scale=scale, recomputed=recomputed, rounding=rounding)


def nearest_resampling2d(
    x: Float[Array, "N C H W"],
    *,
    size: Pair,
    grid: str,
    scale: tuple[float, float] | None = None,
    recomputed: bool = False,
    rounding: str | None = None,
) -> Float[Array, "N C Hout Wout"]:
    """x [N, C, H, W] -> y [N, C, *size] in the dtype of x. size (height, width): elements."""
    return _forward(x, size, grid=grid, scale=scale, recomputed=recomputed, rounding=rounding)


def nearest_resampling3d(
    x: Float[Array, "N C D H W"],
    *,
    size: Triple,
    grid: str,
    scale: tuple[float, float, float] | None = None,
    recomputed: bool = False,
    rounding: str | None = None,
) -> Float[Array, "N C Dout Hout Wout"]:
    """x [N, C, D, H, W] -> y [N, C, *size] in the dtype of x. size (depth, height, width): elements."""
    return _forward(x, size, grid=grid, scale=scale, recomputed=recomputed, rounding=rounding)


@computed_wide
def nearest_resampling1d_gradient(
    x: Float[Array, "N C W"],
    upstream: Float[Array, "N C Wout"],
    *,
    size: int,
    grid: str,
    scale: float | None = None,
    recomputed: bool = False,
    rounding: str | None = None,
) -> Float[Array, "N C W"]:
    """dx [N, C, W] for an upstream gradient [N, C, size]."""
    return _gradient(x, upstream, size, grid=grid, scale=scale, recomputed=recomputed, rounding=rounding)


@computed_wide
def nearest_resampling2d_gradient(
    x: Float[Array, "N C H W"],
    upstream: Float[Array, "N C Hout Wout"],
    *,
    size: Pair,
    grid: str,
    scale: tuple[float, float] | None = None,
    recomputed: bool = False,
    rounding: str | None = None,
) -> Float[Array, "N C H W"]:
    """dx [N, C, H, W] for an upstream gradient [N, C, *size]."""
    return _gradient(x, upstream, size, grid=grid, scale=scale, recomputed=recomputed, rounding=rounding)


@computed_wide
def nearest_resampling3d_gradient(
    x: Float[Array, "N C D H W"],
    upstream: Float[Array, "N C Dout Hout Wout"],
    *,
    size: Triple,
    grid: str,
    scale: tuple[float, float, float] | None = None,
    recomputed: bool = False,
    rounding: str | None = None,
) -> Float[Array, "N C D H W"]:
    """dx [N, C, D, H, W] for an upstream gradient [N, C, *size]."""
    return _gradient(x, upstream, size, grid=grid, scale=scale, recomputed=recomputed, rounding=rounding)


def _forward(x, size, **sampling):
    return x[np.s_[:, :, *np.ix_(*_sources(x, size, **sampling))]]


def _gradient(x, upstream, size, **sampling):
    """Each is added to the pixel whose value was taken."""
    check_gradient(x, upstream, size)
    dx = np.zeros_like(x)
    places = np.s_[:, :, *np.ix_(*_sources(x, size, **sampling))]
    np.add.at(dx, places, upstream)  # pyright: ignore[reportArgumentType]
    return dx


def _sources(x, size, grid, scale, recomputed, rounding):
    """For each axis, which element each output takes."""
    validation.choice("rounding", rounding, (None, *ROUNDINGS))
    whole = validation.choice("grid", grid, GRIDS) in ("asymmetric", "tf_half_pixel_for_nn")
    nearest = ROUNDINGS[rounding or ("floor" if whole else "round_prefer_ceil")]
    found = []
    for axis in along_axes(x, size, scale):
        _, coordinates = sampled(*axis, grid=grid, recomputed=recomputed)
        found.append(np.clip([nearest(c) for c in coordinates], 0, axis[0] - 1))
    return found


OPERATIONS = tuple(
    operation
    for rank, function, gradient in (
        (1, nearest_resampling1d, nearest_resampling1d_gradient),
        (2, nearest_resampling2d, nearest_resampling2d_gradient),
        (3, nearest_resampling3d, nearest_resampling3d_gradient),
    )
    for operation in with_gradient(
        function,
        gradient,
        says="the nearest pixel",
        arrays={"x": "NC" + "DHW"[3 - rank :]},
        parameters={
            "scale": (None, scales_of(rank)),
            "recomputed": (False, one_of(False, True)),
            "size": (None, size_of(rank)),
            "grid": (REQUIRED, one_of(*GRIDS)),
            "rounding": (None, one_of(None, *ROUNDINGS)),
        },
        y="NC" + "DHW"[3 - rank :],
        rules=("nearest", "sums"),
        aliases=("nearest",) if rank == 2 else (),
        apart=apart,
    )
)
