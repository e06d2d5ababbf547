"""Cubic interpolation along each axis: the four neighbours of a source coordinate, weighted by Keys' kernel.

    K(t) = (a + 2)|t|³ - (a + 3)t² + 1          |t| <= 1
    K(t) = a|t|³ - 5at² + 8a|t| - 4a            1 < |t| < 2

on the grids of ``resampling``. a (``coefficient``) is -3/4 in PyTorch's plain bicubic, OpenCV and TensorFlow 1, -1/2 in TensorFlow 2, in Pillow
and wherever PyTorch smooths (``antialias``). Keys, *Cubic convolution interpolation for digital image processing*, IEEE Trans. ASSP 29
(1981), equation 15 at a = -1/2.
"""

from __future__ import annotations

from fractions import Fraction

from ... import validation
from ..axes import Array, Float, Pair
from ..narrow import computed_wide
from ..operation import REQUIRED, finite, one_of, with_gradient
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

__all__ = ["bicubic_resampling2d", "output_shape"]


@computed_wide
def bicubic_resampling2d(
    x: Float[Array, "N C H W"],
    *,
    size: Pair,
    grid: str,
    coefficient: float,
    scale: tuple[float, float] | None = None,
    recomputed: bool = False,
    antialias: bool = False,
    exclude_outside: bool | None = None,
) -> Float[Array, "N C Hout Wout"]:
    """x [N, C, H, W] -> y [N, C, *size] in the dtype of x. size (height, width): elements."""
    return _forward(
        x,
        size,
        grid=grid,
        coefficient=coefficient,
        scale=scale,
        recomputed=recomputed,
        antialias=antialias,
        exclude_outside=exclude_outside,
    )


@computed_wide
def bicubic_resampling2d_gradient(
    x: Float[Array, "N C H W"],
    upstream: Float[Array, "N C Hout Wout"],
    *,
    size: Pair,
    grid: str,
    coefficient: float,
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
        coefficient=coefficient,
        scale=scale,
        recomputed=recomputed,
        antialias=antialias,
        exclude_outside=exclude_outside,
    )


def _forward(x, size, **settings):
    return forward(x, _weights(x, size, **settings))


def _gradient(x, upstream, size, **settings):
    check_gradient(x, upstream, size)
    return backward(upstream, _weights(x, size, **settings))


def _weights(x, size, grid, coefficient, scale, recomputed, **kernel):
    a = Fraction(validation.finite("coefficient", coefficient))
    return [
        weighed(axis[0], sampled(*axis, grid=grid, recomputed=recomputed), lambda t: _keys(t, a), 2, **kernel)
        for axis in along_axes(x, size, scale)
    ]


def _keys(t: Fraction, a: Fraction) -> Fraction:
    if t <= 1:
        return ((a + 2) * t - (a + 3)) * t * t + 1
    return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a if t < 2 else Fraction(0)


OPERATIONS = with_gradient(
    bicubic_resampling2d,
    bicubic_resampling2d_gradient,
    says="cubic interpolation between the sixteen nearest pixels",
    arrays={"x": "NCHW"},
    parameters={
        "scale": (None, scales_of(2)),
        "recomputed": (False, one_of(False, True)),
        "size": (None, size_of(2)),
        "grid": (REQUIRED, one_of(*GRIDS)),
        "antialias": (False, one_of(False, True)),
        "exclude_outside": (None, one_of(None, False, True)),
        "coefficient": (REQUIRED, finite),
    },
    y="NCHW",
    rules=("resampled", "resampled"),
    aliases=("bicubic",),
    apart=apart,
)
