"""Sums of products of two arrays, and the gradients: few of them one by one, many of them by exact matrix products."""

import math
from collections.abc import Callable

import numpy as np

from .. import exact
from .remembered import Array, Pair, Sides, once

Ways = tuple[Callable[..., Array], Callable[..., Array]]
EXACTLY: Ways = (exact.correlate, exact.correlate_kernel)
UPWARDS: Ways = (exact.correlate_upwards, exact.correlate_kernel_upwards)
"""How many products are summed: :data:`UPWARDS` is for numbers >= 0, and gives no less than the exact sums and hardly more, in a fifth of the time."""

FEW = 1000
"""Up to so many products they are enumerated; beyond, slices of matrices are faster. The results are the same bits."""


def _planar(x, w, stride, padding, dilation):
    """A row of numbers is an image of width 1: blocks of rows are what the matrix products are made of."""
    return x[..., None], w[..., None], (stride, 1), (padding, (0, 0)), (dilation, 1)


def few(x_shape: tuple[int, ...], w_shape: tuple[int, ...]) -> bool:
    """Whether the products are to be enumerated."""
    return x_shape[0] * math.prod(x_shape[2:]) * math.prod(w_shape) <= FEW


def _terms(x, w, stride, padding, dilation, groups, flipped):
    sides = tuple(map(tuple, padding))
    return exact.convolution_terms(x.shape, w.shape, tuple(stride), sides, tuple(dilation), groups, flipped)


def _tables(x, w, stride, padding, dilation, flipped):
    """Which element each tap of each window meets, along both axes."""
    return (
        exact.table(exact.positions(size, kernel, step, before, after, spread, flipped), kernel)
        for size, kernel, step, (before, after), spread in zip(
            x.shape[2:], w.shape[2:], stride, padding, dilation, strict=True
        )
    )


def _forward(x, w, b, stride, padding, dilation, groups, flipped, way):
    if not few(x.shape, w.shape):
        rows, columns = _tables(x, w, stride, padding, dilation, flipped)
        return way[0](x, w, b, rows, columns, groups)
    terms = _terms(x, w, stride, padding, dilation, groups, flipped)
    start = None if b is None else np.broadcast_to(b[:, None, None], terms.shape)
    return exact.sums(terms.output, terms.shape, x, terms.x, w, terms.w, start)


def _gradient(x, w, upstream, stride, padding, dilation, groups, way):
    if few(x.shape, w.shape):
        # The same triples, summed over the input's index and over the weight's.
        terms = _terms(x, w, stride, padding, dilation, groups, False)
        dx = exact.sums(terms.x, x.shape, upstream, terms.output, w, terms.w, None)
        dw = exact.sums(terms.w, w.shape, upstream, terms.output, x, terms.x, None)
        return dx, dw, _over_positions(upstream)
    rows, columns = _tables(x, w, stride, padding, dilation, False)
    # An element of x meets each tap in one window at most: dx is a correlation of upstream with the kernel's axes exchanged.
    O, share, ky, kx = w.shape
    kernel = w.reshape(groups, O // groups, share, ky, kx).swapaxes(1, 2).reshape(groups * share, O // groups, ky, kx)
    above, beside = exact.transposed(rows, x.shape[2]), exact.transposed(columns, x.shape[3])
    dx = way[0](upstream, kernel, None, above, beside, groups)
    return dx, way[1](x, upstream, rows, columns, groups), _over_positions(upstream)


def _over_positions(upstream):
    return exact.totals(np.moveaxis(upstream, 1, 0).reshape(upstream.shape[1], -1))


@once
def cross_correlation1d(
    x: Array, w: Array, b: Array | None, *, stride: int, padding: Pair, dilation: int, groups: int, way: Ways = EXACTLY
) -> Array:
    """y[n, o, p] = b[o] + sum over c, i of x[n, c, p·s + i·d - before]·w[o, c, i]; no windows give an empty axis."""
    x, w, steps, sides, spreads = _planar(x, w, stride, padding, dilation)
    return _forward(x, w, b, steps, sides, spreads, groups, flipped=False, way=way)[..., 0]


@once
def cross_correlation2d(
    x: Array,
    w: Array,
    b: Array | None,
    *,
    stride: Pair,
    padding: Sides,
    dilation: Pair,
    groups: int,
    way: Ways = EXACTLY,
) -> Array:
    """y[n, o, p, q] = b[o] + sum over c, i, j of x[n, c, p·sy + i·dy - top, q·sx + j·dx - left]·w[o, c, i, j]."""
    return _forward(x, w, b, stride, padding, dilation, groups, flipped=False, way=way)


@once
def convolution1d(
    x: Array, w: Array, b: Array | None, *, stride: int, padding: Pair, dilation: int, groups: int, way: Ways = EXACTLY
) -> Array:
    """y[n, o, p] = b[o] + sum over c, i of x[n, c, p·s + (k - 1 - i)·d - before]·w[o, c, i]."""
    x, w, steps, sides, spreads = _planar(x, w, stride, padding, dilation)
    return _forward(x, w, b, steps, sides, spreads, groups, flipped=True, way=way)[..., 0]


@once
def convolution2d(
    x: Array,
    w: Array,
    b: Array | None,
    *,
    stride: Pair,
    padding: Sides,
    dilation: Pair,
    groups: int,
    way: Ways = EXACTLY,
) -> Array:
    """The same in two dimensions: the kernel's index runs against the input's on both spatial axes."""
    return _forward(x, w, b, stride, padding, dilation, groups, flipped=True, way=way)


@once
def cross_correlation1d_gradient(
    x: Array, w: Array, upstream: Array, *, stride: int, padding: Pair, dilation: int, groups: int, way: Ways = EXACTLY
) -> tuple[Array, Array, Array]:
    """(dx, dw, db): the derivative of sum(upstream · y) by each number, read off the products of y."""
    x, w, steps, sides, spreads = _planar(x, w, stride, padding, dilation)
    dx, dw, db = _gradient(x, w, upstream[..., None], steps, sides, spreads, groups, way)
    return dx[..., 0], dw[..., 0], db


@once
def cross_correlation2d_gradient(
    x: Array,
    w: Array,
    upstream: Array,
    *,
    stride: Pair,
    padding: Sides,
    dilation: Pair,
    groups: int,
    way: Ways = EXACTLY,
) -> tuple[Array, Array, Array]:
    """(dx, dw, db): the derivative of sum(upstream · y) by each number, read off the products of y."""
    return _gradient(x, w, upstream, stride, padding, dilation, groups, way)


def _batch_as_column(x):
    """[N, I] as one image of width 1: a fully connected layer is a convolution with kernels of one tap, over the batch."""
    return x.T[None, :, :, None]


_TAP = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}


@once
def fully_connected(x: Array, w: Array, b: Array | None, *, way: Ways = EXACTLY) -> Array:
    """y[n, o] = b[o] + sum over i of x[n, i]·w[o, i]."""
    return _forward(_batch_as_column(x), w[:, :, None, None], b, **_TAP, flipped=False, way=way)[0, :, :, 0].T.copy()


@once
def fully_connected_gradient(x: Array, w: Array, upstream: Array, *, way: Ways = EXACTLY) -> tuple[Array, Array, Array]:
    """(dx, dw, db): the derivative of sum(upstream · y) by each number."""
    dx, dw, db = _gradient(_batch_as_column(x), w[:, :, None, None], _batch_as_column(upstream), **_TAP, way=way)
    return dx[0, :, :, 0].T.copy(), dw[:, :, 0, 0], db
