"""Max pooling: the largest value in each window, channel by channel, without padding.

    y[n, c, p, q] = max over i < wy, j < wx of  x[n, c, p·sy + i, q·sx + j]

NaN in a window gives NaN. The gradient goes to the largest element, at a tie to the first in reading order: a choice,
as the maximum has no derivative there. Goodfellow, Bengio, Courville, *Deep Learning* (2016), §9.3.
"""

import numpy as np

from .. import validation
from .cross_correlation import output_size


def output_shape(x_shape, *, window, stride) -> tuple[int, ...]:
    """[N, C, Hout, Wout] from x [N, C, H, W]; BadInput if the window does not fit."""
    window, stride = validation.counts("window", window, rank=2), validation.counts("stride", stride, rank=2)
    if len(x_shape) != 4:
        validation.refuse("x.shape", tuple(x_shape), "4 axes [N, C, H, W]", "reshape x to those axes")
    for size, reach in zip(x_shape[2:], window, strict=True):
        validation.fits("window", reach, reach, size)
    spatial = [
        output_size(size, reach, stride=step, padding=(0, 0), dilation=1)
        for size, reach, step in zip(x_shape[2:], window, stride, strict=True)
    ]
    return (*x_shape[:2], *spatial)


def max_pooling2d(x, *, window, stride) -> np.ndarray:
    """x [N, C, H, W] -> y [N, C, Hout, Wout] in the dtype of x. window (wy, wx), stride (sy, sx): elements."""
    shape = _check(x, window, stride)
    rows = [x[:, :, i : i + stride[0] * (shape[2] - 1) + 1 : stride[0]] for i in range(window[0])]
    tall = np.maximum.reduce(rows)
    columns = [tall[..., j : j + stride[1] * (shape[3] - 1) + 1 : stride[1]] for j in range(window[1])]
    return np.ascontiguousarray(np.maximum.reduce(columns))


def max_pooling2d_gradient(x, upstream, *, window, stride) -> np.ndarray:
    """dx [N, C, H, W] for an upstream gradient [N, C, Hout, Wout]: each goes to the first largest of its window."""
    shape = _check(x, window, stride)
    validation.array("upstream", upstream, axes="N C Hout Wout")
    validation.same_dtype("x", x, upstream=upstream)
    validation.shape("upstream", upstream, shape, "the shape of the output [N, C, Hout, Wout]")
    y = max_pooling2d(x, window=window, stride=stride)
    dx = np.zeros_like(x)
    waiting = np.ones(shape, bool)
    for i, j in np.ndindex(*window):
        seen = np.s_[
            :, :, i : i + stride[0] * (shape[2] - 1) + 1 : stride[0], j : j + stride[1] * (shape[3] - 1) + 1 : stride[1]
        ]
        # A NaN equals nothing, but it is the maximum of its window by the rule above.
        found = waiting & ((x[seen] == y) | np.isnan(x[seen]))
        dx[seen] += np.where(found, upstream, 0)
        waiting &= ~found
    return dx


def _check(x, window, stride):
    validation.array("x", x, axes="N C H W")
    return output_shape(x.shape, window=window, stride=stride)
