"""Transposed convolution, which libraries also call deconvolution: the adjoint of cross-correlation, as a layer of its own.

    full[n, o, p·sy + i·dy, q·sx + j·dx] gathers  x[n, c, p, q] · w[c, o, i, j]  over c, i, j;
    y[n, o] = b[o] + full[n, o] from row top and column left on

with c running over the input channels of the group that o belongs to. Padding is what is cut off the full sum, rows before and after
(after may be negative: so much is added), and ``output_padding`` adds so many more rows and columns at the end; beyond the full
sum they hold the bias alone. A size of the output is

    (size - 1)·stride - before - after + dilation·(kernel - 1) + output_padding + 1

The kernel is [Cin, Cout/groups, …], as PyTorch and ONNX have it. Dumoulin & Visin, *A guide to convolution arithmetic for deep
learning* (2016), §4; Zeiler, Krishnan, Taylor & Fergus, *Deconvolutional networks* (2010).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ... import validation
from ..axes import Array, Float, Pair, Sides, Triple
from ..narrow import computed_wide
from ..operation import count, cropping_of, none_or_more, per_axis, with_gradient
from .cross_correlation import SPACE, TAPS
from .taps import by_group, gathered, scattered


def output_size(size: int, kernel: int, *, stride: int, padding: Pair, output_padding: int, dilation: int) -> int:
    """Along one axis, in elements: (size - 1)·stride - before - after + dilation·(kernel - 1) + output_padding + 1."""
    return (size - 1) * stride - sum(padding) + dilation * (kernel - 1) + output_padding + 1


def output_shape(
    x_shape: Sequence[int],
    w_shape: Sequence[int],
    *,
    stride: Any,
    padding: Any,
    output_padding: Any,
    dilation: Any,
    groups: int,
) -> tuple[int, ...]:
    """[N, Cout, …] from x [N, Cin, …] and w [Cin, Cout/groups, …]; BadInput if there is none."""
    rank = len(x_shape) - 2
    stride, dilation = (
        validation.counts(name, value, rank=rank) for name, value in (("stride", stride), ("dilation", dilation))
    )
    sides, more = _sides(padding, rank), _more(output_padding, rank)
    groups, channels = validation.count("groups", groups), x_shape[1]
    if w_shape[0] != channels:
        expected = f"Cin={channels} on axis 0, as x has"
        validation.refuse("w.shape", tuple(w_shape), expected, "give w [Cin, Cout/groups, kernel]")
    if channels % groups:
        validation.refuse("groups", groups, f"a divisor of Cin={channels}", f"use {math.gcd(channels, groups)}")
    axes = zip(x_shape[2:], w_shape[2:], stride, sides, more, dilation, strict=True)
    sizes = [
        output_size(size, kernel, stride=s, padding=side, output_padding=m, dilation=d)
        for size, kernel, s, side, m, d in axes
    ]
    if min(sizes) < 1:
        validation.refuse("padding", padding, "padding that leaves something of the full sum", "use less padding")
    return (x_shape[0], w_shape[1] * groups, *sizes)


def parameter_count(channels_in: int, channels_out: int, kernel: tuple[int, ...], *, groups: int, bias: bool) -> int:
    """Learned numbers in the layer: Cin · Cout/groups · product of the kernel's sizes, and Cout more with a bias."""
    taps = math.prod(validation.count("kernel", size) for size in kernel)
    return channels_in * (channels_out // groups) * taps + (channels_out if bias else 0)


@computed_wide
def transposed_convolution1d(
    x: Float[Array, "N Cin W"],
    w: Float[Array, "Cin O k"],
    b: Float[Array, " Cout"] | None,
    *,
    stride: int,
    padding: Pair,
    output_padding: int,
    dilation: int,
    groups: int,
) -> Float[Array, "N Cout Wout"]:
    """x [N, Cin, W], w [Cin, Cout/groups, k], b [Cout] or None -> y [N, Cout, Wout], all in the dtype of x."""
    return _forward(x, w, b, stride, padding, output_padding, dilation, groups, rank=1)


@computed_wide
def transposed_convolution2d(
    x: Float[Array, "N Cin H W"],
    w: Float[Array, "Cin O ky kx"],
    b: Float[Array, " Cout"] | None,
    *,
    stride: Pair,
    padding: Sides,
    output_padding: Pair,
    dilation: Pair,
    groups: int,
) -> Float[Array, "N Cout Hout Wout"]:
    """x [N, Cin, H, W], w [Cin, Cout/groups, ky, kx], b [Cout] or None -> y [N, Cout, Hout, Wout], all in the dtype of x."""
    return _forward(x, w, b, stride, padding, output_padding, dilation, groups, rank=2)


@computed_wide
def transposed_convolution3d(
    x: Float[Array, "N Cin D H W"],
    w: Float[Array, "Cin O kz ky kx"],
    b: Float[Array, " Cout"] | None,
    *,
    stride: Triple,
    padding: Sides,
    output_padding: Triple,
    dilation: Triple,
    groups: int,
) -> Float[Array, "N Cout Dout Hout Wout"]:
    """x [N, Cin, D, H, W], w [Cin, Cout/groups, kz, ky, kx], b [Cout] or None -> y [N, Cout, Dout, Hout, Wout]."""
    return _forward(x, w, b, stride, padding, output_padding, dilation, groups, rank=3)


@computed_wide
def transposed_convolution1d_gradient(
    x: Float[Array, "N Cin W"],
    w: Float[Array, "Cin O k"],
    upstream: Float[Array, "N Cout Wout"],
    *,
    stride: int,
    padding: Pair,
    output_padding: int,
    dilation: int,
    groups: int,
) -> tuple[Float[Array, "N Cin W"], Float[Array, "Cin O k"], Float[Array, " Cout"]]:
    """(dx, dw, db) for an upstream gradient of the output's shape; dx is the cross-correlation of upstream with w."""
    return _gradient(x, w, upstream, stride, padding, output_padding, dilation, groups, rank=1)


@computed_wide
def transposed_convolution2d_gradient(
    x: Float[Array, "N Cin H W"],
    w: Float[Array, "Cin O ky kx"],
    upstream: Float[Array, "N Cout Hout Wout"],
    *,
    stride: Pair,
    padding: Sides,
    output_padding: Pair,
    dilation: Pair,
    groups: int,
) -> tuple[Float[Array, "N Cin H W"], Float[Array, "Cin O ky kx"], Float[Array, " Cout"]]:
    """(dx, dw, db) for an upstream gradient of the output's shape; dx is the cross-correlation of upstream with w."""
    return _gradient(x, w, upstream, stride, padding, output_padding, dilation, groups, rank=2)


@computed_wide
def transposed_convolution3d_gradient(
    x: Float[Array, "N Cin D H W"],
    w: Float[Array, "Cin O kz ky kx"],
    upstream: Float[Array, "N Cout Dout Hout Wout"],
    *,
    stride: Triple,
    padding: Sides,
    output_padding: Triple,
    dilation: Triple,
    groups: int,
) -> tuple[Float[Array, "N Cin D H W"], Float[Array, "Cin O kz ky kx"], Float[Array, " Cout"]]:
    """(dx, dw, db) for an upstream gradient of the output's shape; dx is the cross-correlation of upstream with w."""
    return _gradient(x, w, upstream, stride, padding, output_padding, dilation, groups, rank=3)


def _forward(x, w, b, stride, padding, output_padding, dilation, groups, rank):
    shape, stride, sides, dilation, room = _check(x, w, b, stride, padding, output_padding, dilation, groups, rank)
    above = x.reshape(len(x), groups, x.shape[1] // groups, -1)
    columns = by_group(w, groups).swapaxes(1, 2) @ above
    full = scattered(columns, (*shape[:2], *room), w.shape[2:], x.shape[2:], stride, dilation)
    y = np.ascontiguousarray(_cropped(full, [before for before, _ in sides], shape[2:]))
    return y if b is None else y + b.reshape(-1, *[1] * rank)


def _gradient(x, w, upstream, stride, padding, output_padding, dilation, groups, rank):
    shape, stride, sides, dilation, room = _check(x, w, None, stride, padding, output_padding, dilation, groups, rank)
    axes = "N Cout " + " ".join(f"{axis}out" for axis in SPACE[rank].split())
    validation.upstream(upstream, x, shape, "the shape of the output", axes=axes)
    full = _cropped(upstream, [-before for before, _ in sides], room)
    columns = gathered(full, w.shape[2:], x.shape[2:], stride, dilation, groups)
    dx = (by_group(w, groups) @ columns).reshape(x.shape)
    above = x.reshape(len(x), groups, x.shape[1] // groups, -1)
    dw = (above @ columns.swapaxes(2, 3)).sum(axis=0, dtype=x.dtype).reshape(w.shape)
    return dx, dw, upstream.sum(axis=(0, *range(2, rank + 2)), dtype=x.dtype)


def _cropped(a, starts, sizes):
    """So many elements from ``starts`` on along each spatial axis, 0 where there are none."""
    y = np.zeros((*a.shape[:2], *sizes), a.dtype)
    there = [(max(s, 0), min(s + n, have)) for s, n, have in zip(starts, sizes, a.shape[2:], strict=True)]
    if all(first < end for first, end in there):
        here = [slice(first - s, end - s) for (first, end), s in zip(there, starts, strict=True)]
        y[:, :, *here] = a[:, :, *(slice(*each) for each in there)]
    return y


def _check(x, w, b, stride, padding, output_padding, dilation, groups, rank):
    """The arguments at the door; the output's shape, the per-axis tuples, and the sizes of the full sum."""
    validation.array("x", x, axes=f"N Cin {SPACE[rank]}")
    validation.array("w", w, axes=f"Cin Cout/groups {TAPS[rank]}")
    given = {"stride": stride, "padding": padding, "output_padding": output_padding, "dilation": dilation}
    shape = output_shape(x.shape, w.shape, **given, groups=groups)
    if b is not None:
        validation.array("b", b, axes="Cout")
        validation.shape("b", b, (shape[1],), "one number an output channel [Cout]")
    validation.same_dtype("x", x, w=w, b=b)
    steps, spreads = validation.counts("stride", stride, rank=rank), validation.counts("dilation", dilation, rank=rank)
    axes = zip(x.shape[2:], w.shape[2:], steps, spreads, strict=True)
    room = [(size - 1) * s + d * (k - 1) + 1 for size, k, s, d in axes]
    return shape, steps, _sides(padding, rank), spreads, room


def _sides(padding, rank):
    """(before, after) for each axis, before not negative."""
    sides = (padding,) if rank == 1 else padding
    pairs = isinstance(sides, list | tuple) and all(isinstance(side, list | tuple) and len(side) == 2 for side in sides)
    if not pairs or len(sides) != rank:
        validation.padding("padding", padding, rank=rank)  # which says what is expected
    checked = [(before, max(after, 0) if isinstance(after, int) else after) for before, after in sides]
    validation.padding("padding", checked[0] if rank == 1 else checked, rank=rank)
    return tuple(map(tuple, sides))


def _more(output_padding, rank):
    if rank > 1 and (not isinstance(output_padding, list | tuple) or len(output_padding) != rank):
        validation.counts("output_padding", output_padding, rank=rank)  # which says what is expected
    values = (output_padding,) if rank == 1 else output_padding
    return tuple(none_or_more("output_padding", value, None, None) for value in values)


def _apart(arguments: Mapping[str, Any], rank: int) -> list[dict[str, int]]:
    if "upstream" in arguments:
        return [
            {"w": 1, "upstream": 1, "dw": 1, "db": 0},
            {"x": 1, "w": 0, "dx": 1, "dw": 0},
            {"x": 0, "upstream": 0, "dx": 0},
        ]
    return [{"x": 0, "y": 0}, {"w": 1, "b": 0, "y": 1}]


OPERATIONS = tuple(
    operation
    for rank, function, gradient in (
        (1, transposed_convolution1d, transposed_convolution1d_gradient),
        (2, transposed_convolution2d, transposed_convolution2d_gradient),
        (3, transposed_convolution3d, transposed_convolution3d_gradient),
    )
    for operation in with_gradient(
        function,
        gradient,
        says="the adjoint of cross-correlation, also called deconvolution",
        arrays={"x": "NC" + "DHW"[3 - rank :], "w": "IO" + "DHW"[3 - rank :], "b": "?O"},
        parameters={
            "stride": (1, per_axis(rank)),
            "dilation": (1, per_axis(rank)),
            "groups": (1, count),
            "padding": (0, cropping_of(rank)),
            "output_padding": (0, per_axis(rank, none_or_more)),
        },
        y="NC" + "DHW"[3 - rank :],
        rules=("sums", "sums"),
        aliases=(f"conv_transpose{rank}d", *(("deconvolution",) if rank == 2 else ())),
        apart=_apart,
    )
)
