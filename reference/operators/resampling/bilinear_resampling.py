"""Linear interpolation along each axis: the two neighbours of a source coordinate c, weighted 1 - f and f.

    y[n, c] = A · x[n, c] · B',   A[i, floor c] = 1 - f,  A[i, floor c + 1] = f = c - floor c

on the grids of ``resampling``, along one axis, two (bilinear) or three (trilinear). As a kernel: K(t) = 1 - |t|. Nothing is smoothed before
downsampling unless ``antialias`` says so. Gonzalez & Woods, *Digital Image Processing* (4th ed. 2018), §2.4.
"""

from __future__ import annotations

from fractions import Fraction

from ..axes import Array, Float, Pair, Triple
from ..narrow import computed_wide
from ..operation import REQUIRED, one_of, with_gradient
from .resampling import (
    GRIDS,
    along_axes,
    apart,
    backward,
    check_gradient,
    forward,
    output_shape,
    sampled,
    scales_of,
    size_of,
    weighed,
)

__all__ = ["GRIDS", "bilinear_resampling2d", "linear_resampling1d", "output_shape", "trilinear_resampling3d"]


@computed_wide
def linear_resampling1d(
    x: Float[Array, "N C W"],
    *,
    size: int,
    grid: str,
    scale: float | None = None,
    recomputed: bool = False,
    antialias: bool = False,
    exclude_outside: bool | None = None,
) -> Float[Array, "N C Wout"]:
    """x [N, C, W] -> y [N, C, size] in the dtype of x. size: elements."""
    return _forward(
        x, size, grid=grid, scale=scale, recomputed=recomputed, antialias=antialias, exclude_outside=exclude_outside
    )


@computed_wide
def bilinear_resampling2d(
    x: Float[Array, "N C H W"],
    *,
    size: Pair,
    grid: str,
    scale: tuple[float, float] | None = None,
    recomputed: bool = False,
    antialias: bool = False,
    exclude_outside: bool | None = None,
) -> Float[Array, "N C Hout Wout"]:
    """x [N, C, H, W] -> y [N, C, *size] in the dtype of x. size (height, width): elements."""
    return _forward(
        x, size, grid=grid, scale=scale, recomputed=recomputed, antialias=antialias, exclude_outside=exclude_outside
    )


@computed_wide
def trilinear_resampling3d(
    x: Float[Array, "N C D H W"],
    *,
    size: Triple,
    grid: str,
    scale: tuple[float, float, float] | None = None,
    recomputed: bool = False,
    antialias: bool = False,
    exclude_outside: bool | None = None,
) -> Float[Array, "N C Dout Hout Wout"]:
    """x [N, C, D, H, W] -> y [N, C, *size] in the dtype of x. size (depth, height, width): elements."""
    return _forward(
        x, size, grid=grid, scale=scale, recomputed=recomputed, antialias=antialias, exclude_outside=exclude_outside
    )


@computed_wide
def linear_resampling1d_gradient(
    x: Float[Array, "N C W"],
    upstream: Float[Array, "N C Wout"],
    *,
    size: int,
    grid: str,
    scale: float | None = None,
    recomputed: bool = False,
    antialias: bool = False,
    exclude_outside: bool | None = None,
) -> Float[Array, "N C W"]:
    """dx [N, C, W] for an upstream gradient [N, C, size]."""
    return _gradient(
        x,
        upstream,
        size,
        grid=grid,
        scale=scale,
        recomputed=recomputed,
        antialias=antialias,
        exclude_outside=exclude_outside,
    )


@computed_wide
def bilinear_resampling2d_gradient(
    x: Float[Array, "N C H W"],
    upstream: Float[Array, "N C Hout Wout"],
    *,
    size: Pair,
    grid: str,
    scale: tuple[float, float] | None = None,
    recomputed: bool = False,
    antialias: bool = False,
    exclude_outside: bool | None = None,
) -> Float[Array, "N C H W"]:
    """dx [N, C, H, W] for an upstream gradient [N, C, *size]."""
    return _gradient(
        x,
        upstream,
        size,
        grid=grid,
        scale=scale,
        recomputed=recomputed,
        antialias=antialias,
        exclude_outside=exclude_outside,
    )


@computed_wide
def trilinear_resampling3d_gradient(
    x: Float[Array, "N C D H W"],
    upstream: Float[Array, "N C Dout Hout Wout"],
    *,
    size: Triple,
    grid: str,
    scale: tuple[float, float, float] | None = None,
    recomputed: bool = False,
    antialias: bool = False,
    exclude_outside: bool | None = None,
) -> Float[Array, "N C D H W"]:
    """dx [N, C, D, H, W] for an upstream gradient [N, C, *size]."""
    return _gradient(
        x,
        upstream,
        size,
        grid=grid,
        scale=scale,
        recomputed=recomputed,
        antialias=antialias,
        exclude_outside=exclude_outside,
    )


def _forward(x, size, grid, scale, recomputed, **kernel):
    return forward(x, _weights(x, size, grid, scale, recomputed, **kernel))


def _gradient(x, upstream, size, grid, scale, recomputed, **kernel):
    check_gradient(x, upstream, size)
    return backward(upstream, _weights(x, size, grid, scale, recomputed, **kernel))


def _weights(x, size, grid, scale, recomputed, **kernel):
    along = along_axes(x, size, scale)
    return [weighed(axis[0], sampled(*axis, grid=grid, recomputed=recomputed), _hat, 1, **kernel) for axis in along]


def _hat(distance: Fraction) -> Fraction:
    return max(1 - distance, Fraction(0))


OPERATIONS = tuple(
    operation
    for rank, says, function, gradient in (
        (1, "linear interpolation between the two nearest elements", linear_resampling1d, linear_resampling1d_gradient),
        (
            2,
            "linear interpolation between the four nearest pixels",
            bilinear_resampling2d,
            bilinear_resampling2d_gradient,
        ),
        (
            3,
            "linear interpolation between the eight nearest voxels",
            trilinear_resampling3d,
            trilinear_resampling3d_gradient,
        ),
    )
    for operation in with_gradient(
        function,
        gradient,
        says=says,
        arrays={"x": "NC" + "DHW"[3 - rank :]},
        parameters={
            "scale": (None, scales_of(rank)),
            "recomputed": (False, one_of(False, True)),
            "size": (None, size_of(rank)),
            "grid": (REQUIRED, one_of(*GRIDS)),
            "antialias": (False, one_of(False, True)),
            "exclude_outside": (None, one_of(None, False, True)),
        },
        y="NC" + "DHW"[3 - rank :],
        rules=("resampled", "resampled"),
        aliases=(("linear1d",), ("bilinear",), ("trilinear",))[rank - 1],
        apart=apart,
    )
)
