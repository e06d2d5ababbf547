"""Average pooling: the mean of each window, channel by channel.

    y[n, c, p, q] = 1/m · sum over i < wy, j < wx of  x[n, c, p·sy + i - top, q·sx + j - left]

with x taken as 0 outside the image. m is the size of the window where padding counts (PyTorch's default), and otherwise how many
elements of it lie inside the image (TensorFlow, ONNX). Linear downsampling: Goodfellow, Bengio, Courville, *Deep Learning*
(2016), §9.3; Dumoulin & Visin, *A guide to convolution arithmetic for deep learning* (2016), §3.
"""

from __future__ import annotations

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..convolutions.cross_correlation import Pair, Sides
from ..narrow import computed_wide
from ..operation import REQUIRED, one_of, with_gradient
from .max_pooling import PARAMETERS, output_shape, seen

__all__ = ["average_pooling2d", "average_pooling2d_gradient", "output_shape"]


@computed_wide
def average_pooling2d(
    x: Float[Array, "N C H W"], *, window: Pair, stride: Pair, padding: Sides, count_padding: bool
) -> Float[Array, "N C Hout Wout"]:
    """x [N, C, H, W] -> y [N, C, Hout, Wout] in the dtype of x.

    window (wy, wx), stride (sy, sx), padding ((top, bottom), (left, right)): elements; count_padding: True or False.
    """
    shape, divisor = _check(x, window, stride, padding, count_padding)
    padded = np.pad(x, ((0, 0), (0, 0), *padding))
    total = np.zeros(shape, x.dtype)
    for tap in np.ndindex(*window):
        total += padded[seen(tap, shape, stride)]
    return total / divisor


@computed_wide
def average_pooling2d_gradient(
    x: Float[Array, "N C H W"],
    upstream: Float[Array, "N C Hout Wout"],
    *,
    window: Pair,
    stride: Pair,
    padding: Sides,
    count_padding: bool,
) -> Float[Array, "N C H W"]:
    """dx [N, C, H, W] for an upstream gradient [N, C, Hout, Wout]: each is spread evenly over its window."""
    shape, divisor = _check(x, window, stride, padding, count_padding)
    validation.upstream(upstream, x, shape, "the shape of the output [N, C, Hout, Wout]", axes="N C Hout Wout")
    (top, bottom), (left, right) = padding
    padded = np.zeros((*x.shape[:2], top + x.shape[2] + bottom, left + x.shape[3] + right), x.dtype)
    for tap in np.ndindex(*window):
        padded[seen(tap, shape, stride)] += upstream / divisor
    return np.ascontiguousarray(padded[:, :, top : top + x.shape[2], left : left + x.shape[3]])


def _check(x, window, stride, padding, count_padding):
    """The output's shape, and by what each sum is divided [Hout, Wout]."""
    validation.array("x", x, axes="N C H W")
    shape = output_shape(x.shape, window=window, stride=stride, padding=padding)
    if not isinstance(count_padding, bool):
        validation.refuse("count_padding", count_padding, "True or False", "use False, as TensorFlow and ONNX do")
    if count_padding:
        return shape, x.dtype.type(window[0] * window[1])
    # How many elements of each window lie inside, along each axis.
    inside = [
        [sum(0 <= p * s + i - before < size for i in range(k)) for p in range(outputs)]
        for size, outputs, k, s, (before, _) in zip(x.shape[2:], shape[2:], window, stride, padding, strict=True)
    ]
    return shape, np.multiply.outer(*inside).astype(x.dtype)


OPERATIONS = with_gradient(
    average_pooling2d,
    average_pooling2d_gradient,
    says="the mean of each window",
    arrays={"x": "NCHW"},
    parameters=PARAMETERS | {"count_padding": (REQUIRED, one_of(True, False))},
    y="NCHW",
    rules=("averages", "averages"),
    aliases=("avg_pool2d",),
)
