"""Convolution in the mathematical sense: cross-correlation with the kernel reversed along each of its spatial axes.

    y[n, o, p, q] = b[o] + sum over c, i, j of
                    x[n, c, p·sy + (ky - 1 - i)·dy - top, q·sx + (kx - 1 - j)·dx - left] · w[o, c, i, j]

Channels are not turned: each output channel is the sum over input channels of two-dimensional convolutions.
Goodfellow, Bengio, Courville, *Deep Learning* (2016), §9.1, equations 9.4 and 9.5.
"""

from __future__ import annotations

from ... import validation
from ..axes import Array, Float, Pair, Sides, Triple
from ..operation import Operation
from .cross_correlation import (
    ARRAYS1,
    ARRAYS2,
    ARRAYS3,
    PARAMETERS1,
    PARAMETERS2,
    PARAMETERS3,
    cross_correlation1d,
    cross_correlation2d,
    cross_correlation3d,
    output_shape,
    output_size,
    parameter_count,
)

__all__ = ["convolution1d", "convolution2d", "convolution3d", "output_shape", "output_size", "parameter_count"]


def convolution1d(
    x: Float[Array, "N Cin W"],
    w: Float[Array, "O I k"],
    b: Float[Array, " O"] | None,
    *,
    stride: int,
    padding: Pair,
    dilation: int,
    groups: int,
) -> Float[Array, "N O Wout"]:
    """x [N, Cin, W], w [Cout, Cin/groups, k], b [Cout] or None -> y [N, Cout, Wout], all in the dtype of x.

    stride, dilation: elements; padding: (before, after) zeros. BadInput on any argument that does not fit.
    """
    validation.array("w", w, axes="Cout Cin/groups k")
    turned = w[:, :, ::-1]
    return cross_correlation1d(x, turned, b, stride=stride, padding=padding, dilation=dilation, groups=groups)


def convolution2d(
    x: Float[Array, "N Cin H W"],
    w: Float[Array, "O I ky kx"],
    b: Float[Array, " O"] | None,
    *,
    stride: Pair,
    padding: Sides,
    dilation: Pair,
    groups: int,
) -> Float[Array, "N O Hout Wout"]:
    """x [N, Cin, H, W], w [Cout, Cin/groups, ky, kx], b [Cout] or None -> y [N, Cout, Hout, Wout], in the dtype of x.

    stride (sy, sx), dilation (dy, dx): elements; padding: ((top, bottom), (left, right)) zeros. BadInput on any
    argument that does not fit.
    """
    validation.array("w", w, axes="Cout Cin/groups ky kx")
    turned = w[:, :, ::-1, ::-1]
    return cross_correlation2d(x, turned, b, stride=stride, padding=padding, dilation=dilation, groups=groups)


def convolution3d(
    x: Float[Array, "N Cin D H W"],
    w: Float[Array, "O I kz ky kx"],
    b: Float[Array, " O"] | None,
    *,
    stride: Triple,
    padding: Sides,
    dilation: Triple,
    groups: int,
) -> Float[Array, "N O Dout Hout Wout"]:
    """x [N, Cin, D, H, W], w [Cout, Cin/groups, kz, ky, kx], b [Cout] or None -> y [N, Cout, Dout, Hout, Wout], in the dtype of x.

    stride, dilation, padding: by axis, (z, y, x). BadInput on any argument that does not fit.
    """
    validation.array("w", w, axes="Cout Cin/groups kz ky kx")
    turned = w[:, :, ::-1, ::-1, ::-1]
    return cross_correlation3d(x, turned, b, stride=stride, padding=padding, dilation=dilation, groups=groups)


SAYS = "convolution in the strict sense: the kernel is flipped"
OPERATIONS = (
    Operation(convolution1d, SAYS, ARRAYS1, {"y": "NCW"}, "sums", PARAMETERS1),
    Operation(convolution2d, SAYS, ARRAYS2, {"y": "NCHW"}, "sums", PARAMETERS2),
    Operation(convolution3d, SAYS, ARRAYS3, {"y": "NCDHW"}, "sums", PARAMETERS3),
)
