"""Average pooling: the mean of each window, channel by channel.

    y[n, c, p, q] = 1/m · sum over i < wy, j < wx of  x[n, c, p·sy + i·dy - top, q·sx + j·dx - left]

with x taken as 0 outside the image. m is how many places of the window lie inside the padded image where padding counts (PyTorch's
default), otherwise how many lie inside the image (TensorFlow, ONNX), or a number given (``divisor``, PyTorch's divisor_override).
Linear downsampling: Goodfellow, Bengio, Courville, *Deep Learning* (2016), §9.3; Dumoulin & Visin, *A guide to convolution
arithmetic for deep learning* (2016), §3. ``ceil_mode``: see ``windows``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import validation
from ..axes import Array, Float, Pair, Sides, Triple
from ..narrow import computed_wide
from ..operation import REQUIRED, count_or_none, one_of, with_gradient
from .windows import apart, check, check_gradient, parameters, windows

__all__ = ["average_pooling1d", "average_pooling2d", "average_pooling3d", "output_shape"]


def output_shape(x_shape: Sequence[int], **geometry: Any) -> tuple[int, ...]:
    """[N, C, Hout, Wout] from x [N, C, H, W]; BadInput if the window does not fit, or could lie in the padding alone."""
    return (*x_shape[:2], *windows(x_shape, **geometry).outputs)


@computed_wide
def average_pooling1d(
    x: Float[Array, "N C W"],
    *,
    window: int,
    stride: int,
    padding: Pair,
    count_padding: bool,
    dilation: int = 1,
    ceil_mode: bool = False,
    divisor: int | None = None,
) -> Float[Array, "N C Wout"]:
    """x [N, C, W] -> y [N, C, Wout] in the dtype of x. window, stride, dilation, padding (before, after): elements."""
    geometry = {"window": window, "stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    return _forward(x, 1, count_padding, divisor, **geometry)


@computed_wide
def average_pooling2d(
    x: Float[Array, "N C H W"],
    *,
    window: Pair,
    stride: Pair,
    padding: Sides,
    count_padding: bool,
    dilation: Pair = (1, 1),
    ceil_mode: bool = False,
    divisor: int | None = None,
) -> Float[Array, "N C Hout Wout"]:
    """x [N, C, H, W] -> y [N, C, Hout, Wout] in the dtype of x.

    window (wy, wx), stride (sy, sx), dilation (dy, dx), padding ((top, bottom), (left, right)): elements.
    """
    geometry = {"window": window, "stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    return _forward(x, 2, count_padding, divisor, **geometry)


@computed_wide
def average_pooling3d(
    x: Float[Array, "N C D H W"],
    *,
    window: Triple,
    stride: Triple,
    padding: Sides,
    count_padding: bool,
    dilation: Triple = (1, 1, 1),
    ceil_mode: bool = False,
    divisor: int | None = None,
) -> Float[Array, "N C Dout Hout Wout"]:
    """x [N, C, D, H, W] -> y [N, C, Dout, Hout, Wout] in the dtype of x; all by axis, (z, y, x)."""
    geometry = {"window": window, "stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    return _forward(x, 3, count_padding, divisor, **geometry)


@computed_wide
def average_pooling1d_gradient(
    x: Float[Array, "N C W"],
    upstream: Float[Array, "N C Wout"],
    *,
    window: int,
    stride: int,
    padding: Pair,
    count_padding: bool,
    dilation: int = 1,
    ceil_mode: bool = False,
    divisor: int | None = None,
) -> Float[Array, "N C W"]:
    """dx [N, C, W] for an upstream gradient [N, C, Wout]: each is spread evenly over its window."""
    geometry = {"window": window, "stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    return _gradient(x, upstream, 1, count_padding, divisor, **geometry)


@computed_wide
def average_pooling2d_gradient(
    x: Float[Array, "N C H W"],
    upstream: Float[Array, "N C Hout Wout"],
    *,
    window: Pair,
    stride: Pair,
    padding: Sides,
    count_padding: bool,
    dilation: Pair = (1, 1),
    ceil_mode: bool = False,
    divisor: int | None = None,
) -> Float[Array, "N C H W"]:
    """dx [N, C, H, W] for an upstream gradient [N, C, Hout, Wout]: each is spread evenly over its window."""
    geometry = {"window": window, "stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    return _gradient(x, upstream, 2, count_padding, divisor, **geometry)


@computed_wide
def average_pooling3d_gradient(
    x: Float[Array, "N C D H W"],
    upstream: Float[Array, "N C Dout Hout Wout"],
    *,
    window: Triple,
    stride: Triple,
    padding: Sides,
    count_padding: bool,
    dilation: Triple = (1, 1, 1),
    ceil_mode: bool = False,
    divisor: int | None = None,
) -> Float[Array, "N C D H W"]:
    """dx [N, C, D, H, W] for an upstream gradient [N, C, Dout, Hout, Wout]: each is spread evenly over its window."""
    geometry = {"window": window, "stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    return _gradient(x, upstream, 3, count_padding, divisor, **geometry)


def _forward(x, rank, count_padding, divisor, **geometry):
    shape, found = check(x, rank, **geometry)
    padded, total = found.padded(x, 0), np.zeros(shape, x.dtype)
    for tap in np.ndindex(*found.window):
        total += padded[found.seen(tap)]
    return total / _divisor(x, found, count_padding, divisor)


def _gradient(x, upstream, rank, count_padding, divisor, **geometry):
    found = check_gradient(x, upstream, rank, **geometry)
    dx, share = found.padded(np.zeros_like(x), 0), upstream / _divisor(x, found, count_padding, divisor)
    for tap in np.ndindex(*found.window):
        dx[found.seen(tap)] += share
    return found.inner(dx)


def _divisor(x, found, count_padding, divisor):
    """By what each sum is divided."""
    if not isinstance(count_padding, bool):
        validation.refuse("count_padding", count_padding, "True or False", "use False, as TensorFlow and ONNX do")
    found.meet_the_data()
    if divisor is not None:
        return x.dtype.type(validation.count("divisor", divisor))
    return found.counts(padding=count_padding).astype(x.dtype)


OPERATIONS = tuple(
    operation
    for rank, function, gradient in (
        (1, average_pooling1d, average_pooling1d_gradient),
        (2, average_pooling2d, average_pooling2d_gradient),
        (3, average_pooling3d, average_pooling3d_gradient),
    )
    for operation in with_gradient(
        function,
        gradient,
        says="the mean of each window",
        arrays={"x": "NC" + "DHW"[3 - rank :]},
        parameters=parameters(rank)
        | {"count_padding": (REQUIRED, one_of(True, False)), "divisor": (None, count_or_none)},
        y="NC" + "DHW"[3 - rank :],
        rules=("averages", "averages"),
        aliases=(f"avg_pool{rank}d",),
        apart=apart,
    )
)
