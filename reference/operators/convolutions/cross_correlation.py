"""Cross-correlation, the sum that deep-learning libraries call convolution: the kernel is not flipped.

    y[n, o, p, q] = b[o] + sum over c, i, j of  x[n, c, p·sy + i·dy - top, q·sx + j·dx - left] · w[o, c, i, j]

with x taken as 0 outside the image, and c running over the input channels of the group that o belongs to.
Goodfellow, Bengio, Courville, *Deep Learning* (2016), §9.1, equation 9.6; strides, dilation, groups: §9.5 and
Dumoulin & Visin, *A guide to convolution arithmetic for deep learning* (2016).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import count, padding_of, pair, with_gradient

Pair = tuple[int, int]
Sides = tuple[Pair, ...]


def output_size(size: int, kernel: int, *, stride: int, padding: Pair, dilation: int) -> int:
    """Number of window positions along one axis: floor((size + before + after - dilation·(kernel - 1) - 1) / stride) + 1.

    All in elements. Raises BadInput where no window fits (Dumoulin & Visin 2016, relationship 15).
    """
    size = validation.count("size", size)
    kernel = validation.count("kernel", kernel)
    stride = validation.count("stride", stride)
    dilation = validation.count("dilation", dilation)
    ((before, after),) = validation.padding("padding", padding, rank=1)
    reach = dilation * (kernel - 1) + 1
    validation.fits("kernel", kernel, reach, size + before + after)
    return (size + before + after - reach) // stride + 1


def output_shape(
    x_shape: Sequence[int], w_shape: Sequence[int], *, stride: Any, padding: Any, dilation: Any, groups: int
) -> tuple[int, ...]:
    """Shape of the output [N, Cout, Wout] or [N, Cout, Hout, Wout], from those of x and w; BadInput if there is none."""
    rank = len(x_shape) - 2
    if rank not in (1, 2):
        validation.refuse("x_shape", x_shape, "[N, Cin, W] or [N, Cin, H, W]", "add the missing axes")
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
    spatial = [
        output_size(size, kernel, stride=step, padding=side, dilation=spread)
        for size, kernel, step, side, spread in zip(x_shape[2:], w_shape[2:], stride, sides, dilation, strict=True)
    ]
    return (x_shape[0], channels_out, *spatial)


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
) -> Float[Array, "N O Wout"]:
    """x [N, Cin, W], w [Cout, Cin/groups, k], b [Cout] or None -> y [N, Cout, Wout], all in the dtype of x.

    stride, dilation: elements; padding: (before, after) zeros. BadInput on any argument that does not fit.
    """
    return _forward(x, w, b, stride, padding, dilation, groups, rank=1)


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
) -> Float[Array, "N O Hout Wout"]:
    """x [N, Cin, H, W], w [Cout, Cin/groups, ky, kx], b [Cout] or None -> y [N, Cout, Hout, Wout], in the dtype of x.

    stride (sy, sx), dilation (dy, dx): elements; padding: ((top, bottom), (left, right)) zeros. BadInput on any
    argument that does not fit.
    """
    return _forward(x, w, b, stride, padding, dilation, groups, rank=2)


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
) -> tuple[Float[Array, "N Cin W"], Float[Array, "O I k"], Float[Array, " O"]]:
    """(dx, dw, db) for an upstream gradient [N, Cout, Wout]: the adjoint of :func:`cross_correlation1d`."""
    return _gradient(x, w, upstream, stride, padding, dilation, groups, rank=1)


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
) -> tuple[Float[Array, "N Cin H W"], Float[Array, "O I ky kx"], Float[Array, " O"]]:
    """(dx, dw, db) for an upstream gradient [N, Cout, Hout, Wout]: the adjoint of :func:`cross_correlation2d`.

    dw[o, c, i, j] = sum over n, p, q of upstream[n, o, p, q] · x at that tap; dx gathers upstream · w from every
    window that the pixel lies in; db sums upstream (Goodfellow et al. 2016, §9.5, equations 9.11 and 9.13).
    """
    return _gradient(x, w, upstream, stride, padding, dilation, groups, rank=2)


def _forward(x, w, b, stride, padding, dilation, groups, rank):
    shape, stride, padding, dilation = _check(x, w, b, stride, padding, dilation, groups, rank)
    columns = _windows(x, w.shape[2:], shape[2:], stride, padding, dilation, groups)
    y = (_by_group(w, groups) @ columns).reshape(shape)
    return y if b is None else y + b.reshape(-1, *[1] * rank)


def _gradient(x, w, upstream, stride, padding, dilation, groups, rank):
    shape, stride, padding, dilation = _check(x, w, None, stride, padding, dilation, groups, rank)
    validation.upstream(
        upstream, x, shape, "the shape of the output", axes="N Cout Wout" if rank == 1 else "N Cout Hout Wout"
    )
    columns = _windows(x, w.shape[2:], shape[2:], stride, padding, dilation, groups)
    above = upstream.reshape(shape[0], groups, shape[1] // groups, -1)
    dw = (above @ columns.swapaxes(2, 3)).sum(axis=0, dtype=x.dtype).reshape(w.shape)
    spread = (_by_group(w, groups).swapaxes(1, 2) @ above).reshape(*x.shape[:2], *w.shape[2:], *shape[2:])
    padded = np.zeros((*x.shape[:2], *[n + sum(side) for n, side in zip(x.shape[2:], padding, strict=True)]), x.dtype)
    for tap in np.ndindex(*w.shape[2:]):
        padded[:, :, *_reach(tap, shape[2:], stride, dilation)] += spread[:, :, *tap]
    inside = [slice(side[0], side[0] + size) for size, side in zip(x.shape[2:], padding, strict=True)]
    db = upstream.sum(axis=(0, *range(2, rank + 2)), dtype=x.dtype)
    return np.ascontiguousarray(padded[:, :, *inside]), dw, db


def _check(x, w, b, stride, padding, dilation, groups, rank):
    """The arguments at the door; returns the output's shape and the per-axis tuples."""
    validation.array("x", x, axes="N Cin W" if rank == 1 else "N Cin H W")
    validation.array("w", w, axes="Cout Cin/groups k" if rank == 1 else "Cout Cin/groups ky kx")
    if b is not None:
        validation.array("b", b, axes="Cout")
        validation.shape("b", b, (w.shape[0],), "one number an output channel [Cout]")
    validation.same_dtype("x", x, w=w, b=b)
    shape = output_shape(x.shape, w.shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    sides: Sides = validation.padding("padding", padding, rank=rank)
    return (
        shape,
        validation.counts("stride", stride, rank=rank),
        sides,
        validation.counts("dilation", dilation, rank=rank),
    )


def _by_group(w, groups):
    return w.reshape(groups, w.shape[0] // groups, -1)


def _reach(tap, sizes, stride, dilation):
    """What one tap of the kernel sees: the slice of the padded input over all window positions."""
    return tuple(
        slice(i * d, i * d + s * (n - 1) + 1, s) for i, n, s, d in zip(tap, sizes, stride, dilation, strict=True)
    )


def _padded(x, padding):
    """np.pad with zeros, whose own arithmetic takes longer than a small convolution."""
    shape = [before + size + after for size, (before, after) in zip(x.shape[2:], padding, strict=True)]
    padded = np.zeros((*x.shape[:2], *shape), x.dtype)
    padded[:, :, *(slice(before, before + size) for size, (before, _) in zip(x.shape[2:], padding, strict=True))] = x
    return padded


def _windows(x, kernel, sizes, stride, padding, dilation, groups):
    """Every window as a column: [N, groups, (Cin/groups · taps), (positions)], filled tap by tap."""
    padded = _padded(x, padding)
    columns = np.empty((*x.shape[:2], *kernel, *sizes), x.dtype)
    for tap in np.ndindex(*kernel):
        columns[:, :, *tap] = padded[:, :, *_reach(tap, sizes, stride, dilation)]
    return columns.reshape(x.shape[0], groups, -1, math.prod(sizes))


ARRAYS1 = {"x": "NCW", "w": "OIW", "b": "?O"}
ARRAYS2 = {"x": "NCHW", "w": "OIHW", "b": "?O"}
PARAMETERS1 = {"stride": (1, count), "dilation": (1, count), "groups": (1, count), "padding": (0, padding_of(1, "w"))}
PARAMETERS2 = {"stride": (1, pair), "dilation": (1, pair), "groups": (1, count), "padding": (0, padding_of(2, "w"))}
OPERATIONS = (
    *with_gradient(
        cross_correlation1d,
        cross_correlation1d_gradient,
        says="what libraries call conv1d: the kernel is not flipped",
        arrays=ARRAYS1,
        parameters=PARAMETERS1,
        y="NCW",
        rules=("sums", "sums"),
        aliases=("conv1d",),
    ),
    *with_gradient(
        cross_correlation2d,
        cross_correlation2d_gradient,
        says="what libraries call conv2d: the kernel is not flipped",
        arrays=ARRAYS2,
        parameters=PARAMETERS2,
        y="NCHW",
        rules=("sums", "sums"),
        aliases=("conv2d",),
    ),
)
