"""Max pooling: the largest value in each window, channel by channel.

    y[n, c, p, q] = max over i < wy, j < wx of  x[n, c, p·sy + i - top, q·sx + j - left]

over the elements that lie inside the image: padding never wins. NaN in a window gives NaN. The gradient goes to the largest
element, at a tie to the first in reading order: a choice, as the maximum has no derivative there. Goodfellow, Bengio,
Courville, *Deep Learning* (2016), §9.3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..convolutions.cross_correlation import Pair, Sides, output_size
from ..narrow import computed_wide
from ..operation import REQUIRED, padding_of, pair, with_gradient


def output_shape(
    x_shape: Sequence[int], *, window: tuple[int, ...], stride: tuple[int, ...], padding: Sides
) -> tuple[int, ...]:
    """[N, C, Hout, Wout] from x [N, C, H, W]; BadInput if the window does not fit, or could lie in the padding alone."""
    window, stride = validation.counts("window", window, rank=2), validation.counts("stride", stride, rank=2)
    sides = validation.padding("padding", padding, rank=2)
    if len(x_shape) != 4:
        validation.refuse("x.shape", tuple(x_shape), "4 axes [N, C, H, W]", "reshape x to those axes")
    for size, reach, (before, after) in zip(x_shape[2:], window, sides, strict=True):
        if max(before, after) >= reach:
            validation.refuse(
                "padding", padding, f"less than the window {window}", "a window in the padding alone has no elements"
            )
        validation.fits("window", reach, reach, size + before + after)
    spatial = [
        output_size(size, reach, stride=step, padding=side, dilation=1)
        for size, reach, step, side in zip(x_shape[2:], window, stride, sides, strict=True)
    ]
    return (*x_shape[:2], *spatial)


def seen(tap: tuple[int, ...], shape: tuple[int, ...], stride: Pair) -> tuple[slice, ...]:
    """What one place of the window sees, over all windows: an index into the padded image."""
    rows, columns = (slice(i, i + s * (n - 1) + 1, s) for i, n, s in zip(tap, shape[2:], stride, strict=True))
    return np.s_[:, :, rows, columns]


def max_pooling2d(
    x: Float[Array, "N C H W"], *, window: Pair, stride: Pair, padding: Sides
) -> Float[Array, "N C Hout Wout"]:
    """x [N, C, H, W] -> y [N, C, Hout, Wout] in the dtype of x.

    window (wy, wx), stride (sy, sx), padding ((top, bottom), (left, right)): elements.
    """
    shape = _check(x, window, stride, padding)
    padded = _padded(x, padding)
    rows = [padded[:, :, i : i + stride[0] * (shape[2] - 1) + 1 : stride[0]] for i in range(window[0])]
    tall = np.maximum.reduce(rows)
    columns = [tall[..., j : j + stride[1] * (shape[3] - 1) + 1 : stride[1]] for j in range(window[1])]
    return np.ascontiguousarray(np.maximum.reduce(columns))


@computed_wide
def max_pooling2d_gradient(
    x: Float[Array, "N C H W"], upstream: Float[Array, "N C Hout Wout"], *, window: Pair, stride: Pair, padding: Sides
) -> Float[Array, "N C H W"]:
    """dx [N, C, H, W] for an upstream gradient [N, C, Hout, Wout]: each goes to the first largest of its window."""
    shape = _check(x, window, stride, padding)
    validation.upstream(upstream, x, shape, "the shape of the output [N, C, Hout, Wout]", axes="N C Hout Wout")
    y = max_pooling2d(x, window=window, stride=stride, padding=padding)
    padded, inside = _padded(x, padding), np.pad(np.ones(x.shape, bool), ((0, 0), (0, 0), *padding))
    dx = np.zeros_like(padded)
    waiting = np.ones(shape, bool)
    for tap in np.ndindex(*window):
        place = seen(tap, shape, stride)
        # A NaN equals nothing, but it is the maximum of its window by the rule above; −inf is in the image, or padding.
        found = waiting & inside[place] & ((padded[place] == y) | np.isnan(padded[place]))
        dx[place] += np.where(found, upstream, 0)
        waiting &= ~found
    (top, _), (left, _) = padding
    return np.ascontiguousarray(dx[:, :, top : top + x.shape[2], left : left + x.shape[3]])


def _padded(x, padding):
    return np.pad(x, ((0, 0), (0, 0), *padding), constant_values=-np.inf)


def _check(x, window, stride, padding):
    validation.array("x", x, axes="N C H W")
    return output_shape(x.shape, window=window, stride=stride, padding=padding)


PARAMETERS = {"window": (REQUIRED, pair), "stride": (REQUIRED, pair), "padding": (0, padding_of(2, "window"))}
OPERATIONS = with_gradient(
    max_pooling2d,
    max_pooling2d_gradient,
    says="the largest number of each window",
    arrays={"x": "NCHW"},
    parameters=PARAMETERS,
    y="NCHW",
    rules=("chosen", "routed"),
    aliases=("max_pool2d",),
)
