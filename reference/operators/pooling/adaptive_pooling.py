"""Adaptive pooling: as many windows as are asked for, of as many elements as it takes; with one window along each axis it is global pooling.

    y[n, c, p] = mean, or max, over i from floor(p·in/out) to ceil((p + 1)·in/out) - 1 of x[n, c, i], likewise along two axes or three

Where out does not divide in, windows share elements and may differ in size (PyTorch's rule, and Keras'). The gradient of a maximum goes to the
first of the largest elements, in reading order. Global pooling: Lin, Chen, Yan, *Network in network*, ICLR 2014, §3.2.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from ... import validation
from ..axes import Array, Float, Pair, Triple
from ..narrow import computed_wide
from ..operation import REQUIRED, per_axis, with_gradient
from .windows import AXES, OUTPUT_AXES, apart


@computed_wide
def adaptive_average_pooling1d(x: Float[Array, "N C W"], *, size: int) -> Float[Array, "N C Wout"]:
    """x [N, C, W] -> y [N, C, size] in the dtype of x. size: elements."""
    return _average_forward(x, size)


@computed_wide
def adaptive_average_pooling1d_gradient(
    x: Float[Array, "N C W"], upstream: Float[Array, "N C Wout"], *, size: int
) -> Float[Array, "N C W"]:
    """dx [N, C, W] for an upstream gradient [N, C, size]."""
    return _average_gradient(x, upstream, size)


@computed_wide
def adaptive_average_pooling2d(x: Float[Array, "N C H W"], *, size: Pair) -> Float[Array, "N C Hout Wout"]:
    """x [N, C, H, W] -> y [N, C, *size] in the dtype of x. size (height, width): elements."""
    return _average_forward(x, size)


@computed_wide
def adaptive_average_pooling2d_gradient(
    x: Float[Array, "N C H W"], upstream: Float[Array, "N C Hout Wout"], *, size: Pair
) -> Float[Array, "N C H W"]:
    """dx [N, C, H, W] for an upstream gradient [N, C, *size]."""
    return _average_gradient(x, upstream, size)


@computed_wide
def adaptive_average_pooling3d(x: Float[Array, "N C D H W"], *, size: Triple) -> Float[Array, "N C Dout Hout Wout"]:
    """x [N, C, D, H, W] -> y [N, C, *size] in the dtype of x. size (depth, height, width): elements."""
    return _average_forward(x, size)


@computed_wide
def adaptive_average_pooling3d_gradient(
    x: Float[Array, "N C D H W"], upstream: Float[Array, "N C Dout Hout Wout"], *, size: Triple
) -> Float[Array, "N C D H W"]:
    """dx [N, C, D, H, W] for an upstream gradient [N, C, *size]."""
    return _average_gradient(x, upstream, size)


def adaptive_max_pooling1d(x: Float[Array, "N C W"], *, size: int) -> Float[Array, "N C Wout"]:
    """x [N, C, W] -> y [N, C, size] in the dtype of x. size: elements."""
    return _max_forward(x, size)


@computed_wide
def adaptive_max_pooling1d_gradient(
    x: Float[Array, "N C W"], upstream: Float[Array, "N C Wout"], *, size: int
) -> Float[Array, "N C W"]:
    """dx [N, C, W] for an upstream gradient [N, C, size]."""
    return _max_gradient(x, upstream, size)


def adaptive_max_pooling2d(x: Float[Array, "N C H W"], *, size: Pair) -> Float[Array, "N C Hout Wout"]:
    """x [N, C, H, W] -> y [N, C, *size] in the dtype of x. size (height, width): elements."""
    return _max_forward(x, size)


@computed_wide
def adaptive_max_pooling2d_gradient(
    x: Float[Array, "N C H W"], upstream: Float[Array, "N C Hout Wout"], *, size: Pair
) -> Float[Array, "N C H W"]:
    """dx [N, C, H, W] for an upstream gradient [N, C, *size]."""
    return _max_gradient(x, upstream, size)


def adaptive_max_pooling3d(x: Float[Array, "N C D H W"], *, size: Triple) -> Float[Array, "N C Dout Hout Wout"]:
    """x [N, C, D, H, W] -> y [N, C, *size] in the dtype of x. size (depth, height, width): elements."""
    return _max_forward(x, size)


@computed_wide
def adaptive_max_pooling3d_gradient(
    x: Float[Array, "N C D H W"], upstream: Float[Array, "N C Dout Hout Wout"], *, size: Triple
) -> Float[Array, "N C D H W"]:
    """dx [N, C, D, H, W] for an upstream gradient [N, C, *size]."""
    return _max_gradient(x, upstream, size)


def _windows(x, size):
    """For each axis its windows (from, to); the output's shape."""
    rank = x.ndim - 2 if isinstance(x, np.ndarray) else 2
    validation.array("x", x, axes=AXES.get(rank, AXES[2]))
    sizes = validation.counts("size", size, rank=rank)
    along = [
        [(p * n // many, -(-(p + 1) * n // many)) for p in range(many)]
        for n, many in zip(x.shape[2:], sizes, strict=True)
    ]
    return along, (*x.shape[:2], *sizes)


def _each(along):
    """(place of the output, where its window lies) of every window."""
    for place in itertools.product(*(range(len(windows)) for windows in along)):
        seen = [slice(*windows[p]) for windows, p in zip(along, place, strict=True)]
        yield np.s_[:, :, *place], np.s_[:, :, *seen]


def _checked(x, upstream, size):
    along, shape = _windows(x, size)
    axes = OUTPUT_AXES[x.ndim - 2]
    validation.upstream(upstream, x, shape, f"the shape of the output [{', '.join(axes.split())}]", axes=axes)
    return along


def _average_forward(x, size):
    along, shape = _windows(x, size)
    y = np.empty(shape, x.dtype)
    for place, seen in _each(along):
        y[place] = x[seen].mean(axis=tuple(range(2, x.ndim)))
    return y


def _average_gradient(x, upstream, size):
    dx = np.zeros_like(x)
    for place, seen in _each(_checked(x, upstream, size)):
        share = upstream[place] / x.dtype.type(math.prod(dx[seen].shape[2:]))
        dx[seen] += share.reshape(*share.shape, *[1] * (x.ndim - 2))
    return dx


def _max_forward(x, size):
    along, shape = _windows(x, size)
    y = np.empty(shape, x.dtype)
    for place, seen in _each(along):
        y[place] = x[seen].max(axis=tuple(range(2, x.ndim)))
    return y


@computed_wide
def _max_gradient(x, upstream, size):
    dx = np.zeros_like(x)
    for place, seen in _each(_checked(x, upstream, size)):
        window = x[seen].reshape(*x.shape[:2], -1)
        # A NaN is the maximum of its window.
        first = np.where(np.isnan(window), np.inf, window).argmax(axis=2)
        chosen = np.arange(window.shape[2]) == first[..., None]
        dx[seen] += np.where(chosen, upstream[place][..., None], 0).reshape(dx[seen].shape)
    return dx


OPERATIONS = tuple(
    operation
    for kind, rank, function, gradient in (
        ("average", 1, adaptive_average_pooling1d, adaptive_average_pooling1d_gradient),
        ("average", 2, adaptive_average_pooling2d, adaptive_average_pooling2d_gradient),
        ("average", 3, adaptive_average_pooling3d, adaptive_average_pooling3d_gradient),
        ("max", 1, adaptive_max_pooling1d, adaptive_max_pooling1d_gradient),
        ("max", 2, adaptive_max_pooling2d, adaptive_max_pooling2d_gradient),
        ("max", 3, adaptive_max_pooling3d, adaptive_max_pooling3d_gradient),
    )
    for operation in with_gradient(
        function,
        gradient,
        says=f"the {'mean' if kind == 'average' else 'largest number'} of each of as many windows as are asked for; of one: global pooling",
        arrays={"x": "NC" + "DHW"[3 - rank :]},
        parameters={"size": (REQUIRED, per_axis(rank))},
        y="NC" + "DHW"[3 - rank :],
        rules=("means", "means") if kind == "average" else ("chosen", "routed"),
        aliases=(f"adaptive_{'avg' if kind == 'average' else 'max'}_pool{rank}d",),
        apart=apart,
    )
)
