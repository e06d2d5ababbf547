"""Lp pooling: the p-norm of each window, channel by channel.

    y[n, c, p, q] = (sum over i < wy, j < wx of  |x[n, c, p·sy + i·dy - top, q·sx + j·dx - left]|**power)**(1/power)

with x taken as 0 outside the image. Of power 1 it is the sum of sizes, of 2 the Euclidean length; no mean is taken. Where all of a window
are 0 the gradient is 0: a choice, as the norm has no derivative there. Sermanet, Chintala & LeCun, *Convolutional neural networks applied to
house numbers digit classification* (2012), §2.2; ONNX' LpPool. ``ceil_mode``: see ``windows``.
"""

from __future__ import annotations

import numpy as np

from ... import validation
from ..axes import Array, Float, Pair, Sides, Triple
from ..narrow import computed_wide
from ..operation import REQUIRED, count, with_gradient
from .windows import apart, check, check_gradient, parameters


@computed_wide
def lp_pooling1d(
    x: Float[Array, "N C W"],
    *,
    power: int,
    window: int,
    stride: int,
    padding: Pair,
    dilation: int = 1,
    ceil_mode: bool = False,
) -> Float[Array, "N C Wout"]:
    """x [N, C, W] -> y [N, C, Wout] in the dtype of x; power a whole number from 1."""
    geometry = {"window": window, "stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    return _forward(x, 1, power, **geometry)


@computed_wide
def lp_pooling2d(
    x: Float[Array, "N C H W"],
    *,
    power: int,
    window: Pair,
    stride: Pair,
    padding: Sides,
    dilation: Pair = (1, 1),
    ceil_mode: bool = False,
) -> Float[Array, "N C Hout Wout"]:
    """x [N, C, H, W] -> y [N, C, Hout, Wout] in the dtype of x; power a whole number from 1."""
    geometry = {"window": window, "stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    return _forward(x, 2, power, **geometry)


@computed_wide
def lp_pooling3d(
    x: Float[Array, "N C D H W"],
    *,
    power: int,
    window: Triple,
    stride: Triple,
    padding: Sides,
    dilation: Triple = (1, 1, 1),
    ceil_mode: bool = False,
) -> Float[Array, "N C Dout Hout Wout"]:
    """x [N, C, D, H, W] -> y [N, C, Dout, Hout, Wout] in the dtype of x; power a whole number from 1."""
    geometry = {"window": window, "stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    return _forward(x, 3, power, **geometry)


@computed_wide
def lp_pooling1d_gradient(
    x: Float[Array, "N C W"],
    upstream: Float[Array, "N C Wout"],
    *,
    power: int,
    window: int,
    stride: int,
    padding: Pair,
    dilation: int = 1,
    ceil_mode: bool = False,
) -> Float[Array, "N C W"]:
    """dx [N, C, W] for an upstream gradient [N, C, Wout]: sum of upstream·sign(x)·(|x|/y)**(power - 1)."""
    geometry = {"window": window, "stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    return _gradient(x, upstream, 1, power, **geometry)


@computed_wide
def lp_pooling2d_gradient(
    x: Float[Array, "N C H W"],
    upstream: Float[Array, "N C Hout Wout"],
    *,
    power: int,
    window: Pair,
    stride: Pair,
    padding: Sides,
    dilation: Pair = (1, 1),
    ceil_mode: bool = False,
) -> Float[Array, "N C H W"]:
    """dx [N, C, H, W] for an upstream gradient [N, C, Hout, Wout]: sum of upstream·sign(x)·(|x|/y)**(power - 1)."""
    geometry = {"window": window, "stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    return _gradient(x, upstream, 2, power, **geometry)


@computed_wide
def lp_pooling3d_gradient(
    x: Float[Array, "N C D H W"],
    upstream: Float[Array, "N C Dout Hout Wout"],
    *,
    power: int,
    window: Triple,
    stride: Triple,
    padding: Sides,
    dilation: Triple = (1, 1, 1),
    ceil_mode: bool = False,
) -> Float[Array, "N C D H W"]:
    """dx [N, C, D, H, W] for an upstream gradient [N, C, Dout, Hout, Wout]: sum of upstream·sign(x)·(|x|/y)**(power - 1)."""
    geometry = {"window": window, "stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    return _gradient(x, upstream, 3, power, **geometry)


def _forward(x, rank, power, **geometry):
    power = validation.count("power", power)
    shape, found = check(x, rank, **geometry)
    found.meet_the_data()
    padded, total = found.padded(np.abs(x), 0), np.zeros(shape, x.dtype)
    with np.errstate(over="ignore", under="ignore"):
        for tap in np.ndindex(*found.window):
            total += padded[found.seen(tap)] ** power
    return total if power == 1 else np.sqrt(total) if power == 2 else total ** x.dtype.type(1 / power)


def _gradient(x, upstream, rank, power, **geometry):
    found = check_gradient(x, upstream, rank, **geometry)
    y = _forward(x, rank, power, **geometry)
    dx, padded = found.padded(np.zeros_like(x), 0), found.padded(x, 0)
    for tap in np.ndindex(*found.window):
        seen = padded[found.seen(tap)]
        share = np.where(y > 0, np.abs(seen) / np.where(y > 0, y, 1), 0) ** (power - 1)
        dx[found.seen(tap)] += upstream * np.sign(seen) * share
    return found.inner(dx)


OPERATIONS = tuple(
    operation
    for rank, function, gradient in (
        (1, lp_pooling1d, lp_pooling1d_gradient),
        (2, lp_pooling2d, lp_pooling2d_gradient),
        (3, lp_pooling3d, lp_pooling3d_gradient),
    )
    for operation in with_gradient(
        function,
        gradient,
        says="the p-norm of each window",
        arrays={"x": "NC" + "DHW"[3 - rank :]},
        parameters={"power": (REQUIRED, count)} | parameters(rank),
        y="NC" + "DHW"[3 - rank :],
        rules=("powers", "powers_gradient"),
        aliases=(f"lp_pool{rank}d",),
        apart=apart,
    )
)
