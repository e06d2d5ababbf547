"""Cross-correlation, the sum that deep-learning libraries call convolution: the kernel is not flipped.

    y[n, o, p, q] = b[o] + sum over c, i, j of  x[n, c, p·sy + i·dy - top, q·sx + j·dx - left] · w[o, c, i, j]

with x taken as 0 outside the image, and c running over the input channels of the group that o belongs to.
Goodfellow, Bengio, Courville, *Deep Learning* (2016), §9.1, equation 9.6; strides, dilation, groups: §9.5 and
Dumoulin & Visin, *A guide to convolution arithmetic for deep learning* (2016). Beyond its borders the image may be continued in
another way than by zeros (``padding_mode``: see ``pad``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import validation
from ..axes import Array, Float, Pair, Sides, Triple
from ..narrow import computed_wide
from ..operation import count, one_of, padding_of, per_axis, with_gradient
from .pad import MODES, folded, padded
from .taps import by_group, gathered, scattered, some_images


def output_size(size: int, kernel: int, *, stride: int, padding: Pair, dilation: int) -> int:
    """Number of window positions along one axis: floor((size + before + after - dilation·(kernel - 1) - 1) / stride) + 1.

    All in elements. Raises BadInput where no window fits (Dumoulin & Visin 2016, relationship 15).
    """
    stride = validation.count("stride", stride)
    dilation = validation.count("dilation", dilation)
    (sides,) = validation.padding("padding", padding, rank=1)
    return _positions(size, kernel, stride, sides, dilation)


def _positions(size: int, kernel: int, stride: int, sides: Pair, dilation: int) -> int:
    kernel = validation.count("kernel", kernel)
    reach, room = dilation * (kernel - 1) + 1, validation.count("size", size) + sum(sides)
    validation.fits("kernel", kernel, reach, room)
    return (room - reach) // stride + 1


def output_shape(
    x_shape: Sequence[int], w_shape: Sequence[int], *, stride: Any, padding: Any, dilation: Any, groups: int
) -> tuple[int, ...]:
    """Shape of the output [N, Cout, Wout], [N, Cout, Hout, Wout] or so, from those of x and w; BadInput if there is none."""
    return _settings(x_shape, w_shape, stride, padding, dilation, groups)[0]


def _settings(
    x_shape: Sequence[int], w_shape: Sequence[int], stride: Any, padding: Any, dilation: Any, groups: int
) -> tuple[tuple[int, ...], tuple[int, ...], Any, tuple[int, ...]]:
    """The output's shape; stride, padding and dilation, an entry for each spatial axis."""
    rank = len(x_shape) - 2
    if rank not in (1, 2, 3):
        validation.refuse(
            "x_shape", x_shape, "[N, Cin, W], [N, Cin, H, W] or [N, Cin, D, H, W]", "add the missing axes"
        )
    if len(w_shape) != rank + 2:
        validation.refuse("w_shape", w_shape, f"{rank + 2} axes, as x has", "reshape w to [Cout, Cin/groups, kernel]")
    stride = validation.counts("stride", stride, rank=rank)
    dilation = validation.counts("dilation", dilation, rank=rank)
    sides = validation.padding("padding", padding, rank=rank)
    groups = validation.count("groups", groups)
    channels_in, channels_out = x_shape[1], w_shape[0]
    if channels_in % groups or channels_out % groups:
        expected = f"a divisor of both channel counts (Cin={channels_in}, Cout={channels_out})"
        validation.refuse("groups", groups, expected, f"use {math.gcd(channels_in, channels_out)} or a divisor of it")
    if w_shape[1] * groups != channels_in:
        expected = f"Cin/groups={channels_in // groups} on axis 1 (Cin={channels_in}, groups={groups})"
        validation.refuse("w.shape", tuple(w_shape), expected, "give w [Cout, Cin/groups, kernel]")
    spatial = map(_positions, x_shape[2:], w_shape[2:], stride, sides, dilation)
    return (x_shape[0], channels_out, *spatial), stride, sides, dilation


def parameter_count(channels_in: int, channels_out: int, kernel: tuple[int, ...], *, groups: int, bias: bool) -> int:
    """Learned numbers in the layer: Cout · Cin/groups · product of the kernel's sizes, and Cout more with a bias."""
    channels_in = validation.count("channels_in", channels_in)
    channels_out = validation.count("channels_out", channels_out)
    groups = validation.count("groups", groups)
    if channels_in % groups or channels_out % groups:
        expected = f"a divisor of channels_in={channels_in} and channels_out={channels_out}"
        validation.refuse("groups", groups, expected, "use groups=1")
    taps = math.prod(validation.count("kernel", size) for size in kernel)
    return channels_out * (channels_in // groups) * taps + (channels_out if bias else 0)


@computed_wide
def cross_correlation1d(
    x: Float[Array, "N Cin W"],
    w: Float[Array, "O I k"],
    b: Float[Array, " O"] | None,
    *,
    stride: int,
    padding: Pair,
    dilation: int,
    groups: int,
    padding_mode: str = "zeros",
) -> Float[Array, "N O Wout"]:
    """x [N, Cin, W], w [Cout, Cin/groups, k], b [Cout] or None -> y [N, Cout, Wout], all in the dtype of x.

    stride, dilation: elements; padding: (before, after) zeros. BadInput on any argument that does not fit.
    """
    return _forward(x, w, b, stride, padding, dilation, groups, padding_mode, rank=1)


@computed_wide
def cross_correlation2d(
    x: Float[Array, "N Cin H W"],
    w: Float[Array, "O I ky kx"],
    b: Float[Array, " O"] | None,
    *,
    stride: Pair,
    padding: Sides,
    dilation: Pair,
    groups: int,
    padding_mode: str = "zeros",
) -> Float[Array, "N O Hout Wout"]:
    """x [N, Cin, H, W], w [Cout, Cin/groups, ky, kx], b [Cout] or None -> y [N, Cout, Hout, Wout], in the dtype of x.

    stride (sy, sx), dilation (dy, dx): elements; padding: ((top, bottom), (left, right)) zeros. BadInput on any
    argument that does not fit.
    """
    return _forward(x, w, b, stride, padding, dilation, groups, padding_mode, rank=2)


@computed_wide
def cross_correlation3d(
    x: Float[Array, "N Cin D H W"],
    w: Float[Array, "O I kz ky kx"],
    b: Float[Array, " O"] | None,
    *,
    stride: Triple,
    padding: Sides,
    dilation: Triple,
    groups: int,
    padding_mode: str = "zeros",
) -> Float[Array, "N O Dout Hout Wout"]:
    """x [N, Cin, D, H, W], w [Cout, Cin/groups, kz, ky, kx], b [Cout] or None -> y [N, Cout, Dout, Hout, Wout], in the dtype of x.

    stride, dilation, padding: by axis, (z, y, x). BadInput on any argument that does not fit.
    """
    return _forward(x, w, b, stride, padding, dilation, groups, padding_mode, rank=3)


@computed_wide
def cross_correlation1d_gradient(
    x: Float[Array, "N Cin W"],
    w: Float[Array, "O I k"],
    upstream: Float[Array, "N O Wout"],
    *,
    stride: int,
    padding: Pair,
    dilation: int,
    groups: int,
    padding_mode: str = "zeros",
) -> tuple[Float[Array, "N Cin W"], Float[Array, "O I k"], Float[Array, " O"]]:
    """(dx, dw, db) for an upstream gradient [N, Cout, Wout]: the adjoint of :func:`cross_correlation1d`."""
    return _gradient(x, w, upstream, stride, padding, dilation, groups, padding_mode, rank=1)


@computed_wide
def cross_correlation2d_gradient(
    x: Float[Array, "N Cin H W"],
    w: Float[Array, "O I ky kx"],
    upstream: Float[Array, "N O Hout Wout"],
    *,
    stride: Pair,
    padding: Sides,
    dilation: Pair,
    groups: int,
    padding_mode: str = "zeros",
) -> tuple[Float[Array, "N Cin H W"], Float[Array, "O I ky kx"], Float[Array, " O"]]:
    """(dx, dw, db) for an upstream gradient [N, Cout, Hout, Wout]: the adjoint of :func:`cross_correlation2d`.

    dw[o, c, i, j] = sum over n, p, q of upstream[n, o, p, q] · x at that tap; dx gathers upstream · w from every
    window that the pixel lies in; db sums upstream (Goodfellow et al. 2016, §9.5, equations 9.11 and 9.13).
    """
    return _gradient(x, w, upstream, stride, padding, dilation, groups, padding_mode, rank=2)


@computed_wide
def cross_correlation3d_gradient(
    x: Float[Array, "N Cin D H W"],
    w: Float[Array, "O I kz ky kx"],
    upstream: Float[Array, "N O Dout Hout Wout"],
    *,
    stride: Triple,
    padding: Sides,
    dilation: Triple,
    groups: int,
    padding_mode: str = "zeros",
) -> tuple[Float[Array, "N Cin D H W"], Float[Array, "O I kz ky kx"], Float[Array, " O"]]:
    """(dx, dw, db) for an upstream gradient [N, Cout, Dout, Hout, Wout]: the adjoint of :func:`cross_correlation3d`."""
    return _gradient(x, w, upstream, stride, padding, dilation, groups, padding_mode, rank=3)


SPACE = {1: "W", 2: "H W", 3: "D H W"}
TAPS = {1: "k", 2: "ky kx", 3: "kz ky kx"}


def _forward(x, w, b, stride, padding, dilation, groups, mode, rank):
    shape, stride, padding, dilation = _check(x, w, b, stride, padding, dilation, groups, rank)
    wide, kernels = padded(x, padding, mode), by_group(w, groups)
    y = np.empty((shape[0], *kernels.shape[:2], math.prod(shape[2:])), x.dtype)
    for some in some_images(wide, w.shape[2:]):
        np.matmul(kernels, gathered(wide[some], w.shape[2:], shape[2:], stride, dilation, groups), out=y[some])
    y = y.reshape(shape)
    return y if b is None else y + b.reshape(-1, *[1] * rank)


def _gradient(x, w, upstream, stride, padding, dilation, groups, mode, rank):
    shape, stride, padding, dilation = _check(x, w, None, stride, padding, dilation, groups, rank)
    axes = "N Cout " + " ".join(f"{axis}out" for axis in SPACE[rank].split())
    validation.upstream(upstream, x, shape, "the shape of the output", axes=axes)
    wide, kernels = padded(x, padding, mode), by_group(w, groups)
    above = upstream.reshape(shape[0], groups, shape[1] // groups, -1)
    dx, dw = np.empty_like(wide), np.empty((len(x), *kernels.shape), x.dtype)
    for some in some_images(wide, w.shape[2:]):
        columns = gathered(wide[some], w.shape[2:], shape[2:], stride, dilation, groups)
        np.matmul(above[some], columns.swapaxes(2, 3), out=dw[some])
        spread = kernels.swapaxes(1, 2) @ above[some]
        dx[some] = scattered(spread, wide[some].shape, w.shape[2:], shape[2:], stride, dilation)
    if mode == "zeros":
        inside = [slice(side[0], side[0] + size) for size, side in zip(x.shape[2:], padding, strict=True)]
        dx = np.ascontiguousarray(dx[:, :, *inside])
    else:
        dx = folded(dx, x.shape[2:], padding, mode)
    dw = dw.sum(axis=0, dtype=x.dtype).reshape(w.shape)
    return dx, dw, upstream.sum(axis=(0, *range(2, rank + 2)), dtype=x.dtype)


def _check(x, w, b, stride, padding, dilation, groups, rank):
    """The arguments at the door; returns the output's shape and the per-axis tuples."""
    validation.array("x", x, axes=f"N Cin {SPACE[rank]}")
    validation.array("w", w, axes=f"Cout Cin/groups {TAPS[rank]}")
    if b is not None:
        validation.array("b", b, axes="Cout")
        validation.shape("b", b, (w.shape[0],), "one number an output channel [Cout]")
    validation.same_dtype("x", x, w=w, b=b)
    return _settings(x.shape, w.shape, stride, padding, dilation, groups)


def _parameters(rank: int) -> dict[str, Any]:
    return {
        "stride": (1, per_axis(rank)),
        "dilation": (1, per_axis(rank)),
        "groups": (1, count),
        "padding": (0, padding_of(rank, "w")),
    }


ARRAYS1 = {"x": "NCW", "w": "OIW", "b": "?O"}
ARRAYS2 = {"x": "NCHW", "w": "OIHW", "b": "?O"}
ARRAYS3 = {"x": "NCDHW", "w": "OIDHW", "b": "?O"}
PARAMETERS1, PARAMETERS2 = _parameters(1), _parameters(2)
OPERATIONS = tuple(
    operation
    for rank, function, gradient, arrays in (
        (1, cross_correlation1d, cross_correlation1d_gradient, ARRAYS1),
        (2, cross_correlation2d, cross_correlation2d_gradient, ARRAYS2),
        (3, cross_correlation3d, cross_correlation3d_gradient, ARRAYS3),
    )
    for operation in with_gradient(
        function,
        gradient,
        says=f"what libraries call conv{rank}d: the kernel is not flipped",
        arrays=arrays,
        parameters=_parameters(rank) | {"padding_mode": ("zeros", one_of(*MODES))},
        y=arrays["x"],
        rules=("sums", "sums"),
        aliases=(f"conv{rank}d",),
    )
)
