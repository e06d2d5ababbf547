"""Max pooling: the largest value in each window, channel by channel.

    y[n, c, p, q] = max over i < wy, j < wx of  x[n, c, p·sy + i·dy - top, q·sx + j·dx - left]

over the elements that lie inside the image: padding never wins. NaN in a window gives NaN. The gradient goes to the largest
element, at a tie to the first in reading order: a choice, as the maximum has no derivative there. Goodfellow, Bengio,
Courville, *Deep Learning* (2016), §9.3. ``ceil_mode``: see ``windows``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..axes import Array, Float, Pair, Sides, Triple
from ..narrow import computed_wide
from ..operation import with_gradient
from .windows import apart, check, check_gradient, parameters, windows


def output_shape(x_shape: Sequence[int], **geometry: Any) -> tuple[int, ...]:
    """[N, C, Hout, Wout] from x [N, C, H, W]; BadInput if the window does not fit, or could lie in the padding alone."""
    return (*x_shape[:2], *windows(x_shape, **geometry).outputs)


def max_pooling1d(
    x: Float[Array, "N C W"], *, window: int, stride: int, padding: Pair, dilation: int = 1, ceil_mode: bool = False
) -> Float[Array, "N C Wout"]:
    """x [N, C, W] -> y [N, C, Wout] in the dtype of x. window, stride, dilation, padding (before, after): elements."""
    return _forward(x, 1, window=window, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode)


def max_pooling2d(
    x: Float[Array, "N C H W"],
    *,
    window: Pair,
    stride: Pair,
    padding: Sides,
    dilation: Pair = (1, 1),
    ceil_mode: bool = False,
) -> Float[Array, "N C Hout Wout"]:
    """x [N, C, H, W] -> y [N, C, Hout, Wout] in the dtype of x.

    window (wy, wx), stride (sy, sx), dilation (dy, dx), padding ((top, bottom), (left, right)): elements.
    """
    return _forward(x, 2, window=window, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode)


def max_pooling3d(
    x: Float[Array, "N C D H W"],
    *,
    window: Triple,
    stride: Triple,
    padding: Sides,
    dilation: Triple = (1, 1, 1),
    ceil_mode: bool = False,
) -> Float[Array, "N C Dout Hout Wout"]:
    """x [N, C, D, H, W] -> y [N, C, Dout, Hout, Wout] in the dtype of x; all by axis, (z, y, x)."""
    return _forward(x, 3, window=window, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode)


@computed_wide
def max_pooling1d_gradient(
    x: Float[Array, "N C W"],
    upstream: Float[Array, "N C Wout"],
    *,
    window: int,
    stride: int,
    padding: Pair,
    dilation: int = 1,
    ceil_mode: bool = False,
) -> Float[Array, "N C W"]:
    """dx [N, C, W] for an upstream gradient [N, C, Wout]: each goes to the first largest of its window."""
    geometry = {"window": window, "stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    return _gradient(x, upstream, 1, **geometry)


@computed_wide
def max_pooling2d_gradient(
    x: Float[Array, "N C H W"],
    upstream: Float[Array, "N C Hout Wout"],
    *,
    window: Pair,
    stride: Pair,
    padding: Sides,
    dilation: Pair = (1, 1),
    ceil_mode: bool = False,
) -> Float[Array, "N C H W"]:
    """dx [N, C, H, W] for an upstream gradient [N, C, Hout, Wout]: each goes to the first largest of its window."""
    geometry = {"window": window, "stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    return _gradient(x, upstream, 2, **geometry)


@computed_wide
def max_pooling3d_gradient(
    x: Float[Array, "N C D H W"],
    upstream: Float[Array, "N C Dout Hout Wout"],
    *,
    window: Triple,
    stride: Triple,
    padding: Sides,
    dilation: Triple = (1, 1, 1),
    ceil_mode: bool = False,
) -> Float[Array, "N C D H W"]:
    """dx [N, C, D, H, W] for an upstream gradient [N, C, Dout, Hout, Wout]: each goes to the first largest of its window."""
    geometry = {"window": window, "stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    return _gradient(x, upstream, 3, **geometry)


def _forward(x, rank, **geometry):
    _, found = check(x, rank, **geometry)
    found.meet_the_data()
    y = found.padded(x, -np.inf)
    # Along one axis after another: the maximum of maxima.
    for axis, (k, s, d, many) in enumerate(
        zip(found.window, found.stride, found.dilation, found.outputs, strict=True), start=2
    ):
        whole = np.s_[:,] * axis
        y = np.maximum.reduce([y[(*whole, slice(i * d, i * d + s * (many - 1) + 1, s))] for i in range(k)])
    return np.ascontiguousarray(y)


def _gradient(x, upstream, rank, **geometry):
    found = check_gradient(x, upstream, rank, **geometry)
    y = _forward(x, rank, **geometry)
    padded, inside = found.padded(x, -np.inf), found.padded(np.ones(x.shape, bool), False)
    dx = np.zeros_like(padded)
    waiting = np.ones(y.shape, bool)
    for tap in np.ndindex(*found.window):
        place = found.seen(tap)
        # A NaN equals nothing, but it is the maximum of its window by the rule above; −inf is in the image, or padding.
        here = waiting & inside[place] & ((padded[place] == y) | np.isnan(padded[place]))
        dx[place] += np.where(here, upstream, 0)
        waiting &= ~here
    return found.inner(dx)


OPERATIONS = tuple(
    operation
    for rank, function, gradient in (
        (1, max_pooling1d, max_pooling1d_gradient),
        (2, max_pooling2d, max_pooling2d_gradient),
        (3, max_pooling3d, max_pooling3d_gradient),
    )
    for operation in with_gradient(
        function,
        gradient,
        says="the largest number of each window",
        arrays={"x": "NC" + "DHW"[3 - rank :]},
        parameters=parameters(rank),
        y="NC" + "DHW"[3 - rank :],
        rules=("chosen", "routed"),
        aliases=(f"max_pool{rank}d",),
        apart=apart,
    )
)
