"""Sums of products of two arrays, and the gradients: few of them one by one, many of them by exact matrix products."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from .. import exact, validation
from .remembered import Array, Pair, Sides, once

Triple = tuple[int, int, int]
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


def _tables(x, w, stride, padding, dilation, flipped, mode="zeros"):
    """Which element each tap of each window meets, along each axis; beyond the borders the one that the mode shows there."""
    tables = []
    for size, kernel, step, (before, after), spread in zip(
        x.shape[2:], w.shape[2:], stride, padding, dilation, strict=True
    ):
        if mode == "zeros":
            windows = exact.positions(size, kernel, step, before, after, spread, flipped)
        else:
            shown = continued(size, before, after, mode)
            whole = exact.positions(len(shown), kernel, step, 0, 0, spread, flipped)
            windows = [[(tap, shown[place]) for tap, place in seen] for seen in whole]
        tables.append(exact.table(windows, kernel))
    return tables


def continued(size: int, before: int, after: int, mode: str) -> list[int]:
    """For each place of a padded axis the element that is shown there: steps are taken from the border, turning where the mode turns."""
    shown = list(range(size))
    for outwards in range(1, before + 1):
        shown.insert(
            0, {"replicate": 0, "reflect": outwards, "symmetric": outwards - 1, "circular": size - outwards}[mode]
        )
    for outwards in range(1, after + 1):
        last = size - 1
        shown.append(
            {"replicate": last, "reflect": last - outwards, "symmetric": last - outwards + 1, "circular": outwards - 1}[
                mode
            ]
        )
    if min(shown) < 0 or max(shown) >= size:
        validation.refuse("padding", (before, after), f"no more than {mode!r} has room for", "pad less")
    return shown


def _one_plane(x, w, tables):
    """Three axes as two: the first two taken together, in the image, in the kernel and in the tables."""
    if len(tables) == 2:
        return x, w, tables
    (first, second, third), rows = tables, x.shape[3]
    both = first[:, None, :, None] * rows + second[None, :, None, :]
    both = np.where((first[:, None, :, None] < 0) | (second[None, :, None, :] < 0), -1, both)
    both = both.reshape(len(first) * len(second), -1)
    flat = (a.reshape(*a.shape[:2], -1, a.shape[4]) for a in (x, w))
    return *flat, (both, third)


def correlated(x: Array, w: Array, b: Array | None, tables: Sequence[Array], groups: int, way: Ways = EXACTLY) -> Array:
    """The sums over what the tables say that each tap of each window meets."""
    shape = (len(x), len(w), *map(len, tables))
    x, w, (rows, columns) = _one_plane(x, w, tables)
    return way[0](x, w, b, rows, columns, groups).reshape(shape)


def correlated_kernel(
    x: Array, upstream: Array, w_shape: tuple[int, ...], tables: Sequence[Array], groups: int, way: Ways = EXACTLY
) -> Array:
    above = upstream.reshape(*upstream.shape[:2], -1, upstream.shape[-1])
    x, _, (rows, columns) = _one_plane(x, np.empty((1, 1, *w_shape[2:])), tables)
    return way[1](x, above, rows, columns, groups).reshape(w_shape)


def _adjoint(tables, sizes):
    """For each element and tap the windows in which they meet: several tables' columns side by side where an element is shown in
    several places, and for each axis how many. An element of zero padding's image meets each tap in one window at most."""
    found = []
    for table, size in zip(tables, sizes, strict=True):
        met = [[np.flatnonzero(table[:, tap] == element) for tap in range(table.shape[1])] for element in range(size)]
        most = max(1, max(len(windows) for row in met for windows in row))
        windows = np.full((size, most, table.shape[1]), -1)
        for element, row in enumerate(met):
            for tap, places in enumerate(row):
                windows[element, : len(places), tap] = places
        found.append((windows.reshape(size, -1), most))
    return [windows for windows, _ in found], [most for _, most in found]


def exchanged(w: Array, groups: int) -> Array:
    """[O, I/groups, …] as [I, O/groups, …]: the kernel whose input and output channels are exchanged."""
    O, share, *taps = w.shape
    turned = w.reshape(groups, O // groups, share, *taps).swapaxes(1, 2)
    return turned.reshape(groups * share, O // groups, *taps)


def _forward(x, w, b, stride, padding, dilation, groups, flipped, *, mode="zeros", way=EXACTLY):
    if mode != "zeros" or x.ndim == 5 or not few(x.shape, w.shape):
        return correlated(x, w, b, _tables(x, w, stride, padding, dilation, flipped, mode), groups, way)
    terms = _terms(x, w, stride, padding, dilation, groups, flipped)
    start = None if b is None else np.broadcast_to(b[:, None, None], terms.shape)
    return exact.sums(terms.output, terms.shape, x, terms.x, w, terms.w, start)


def _gradient(x, w, upstream, stride, padding, dilation, groups, *, mode="zeros", way=EXACTLY):
    if mode == "zeros" and x.ndim == 4 and few(x.shape, w.shape):
        # The same triples, summed over the input's index and over the weight's.
        terms = _terms(x, w, stride, padding, dilation, groups, False)
        dx = exact.sums(terms.x, x.shape, upstream, terms.output, w, terms.w, None)
        dw = exact.sums(terms.w, w.shape, upstream, terms.output, x, terms.x, None)
        return dx, dw, over_positions(upstream)
    tables = _tables(x, w, stride, padding, dilation, False, mode)
    if mode == "zeros":
        windows, kernel = [exact.transposed(*each) for each in zip(tables, x.shape[2:], strict=True)], w
    else:
        windows, copies = _adjoint(tables, x.shape[2:])
        kernel = np.tile(w, (1, 1, *copies))
    dx = correlated(upstream, exchanged(kernel, groups), None, windows, groups, way)
    return dx, correlated_kernel(x, upstream, w.shape, tables, groups, way), over_positions(upstream)


def over_positions(upstream: Array) -> Array:
    """db."""
    return exact.totals(np.moveaxis(upstream, 1, 0).reshape(upstream.shape[1], -1))


@once
def cross_correlation1d(
    x: Array,
    w: Array,
    b: Array | None,
    *,
    stride: int,
    padding: Pair,
    dilation: int,
    groups: int,
    padding_mode: str = "zeros",
    way: Ways = EXACTLY,
) -> Array:
    """y[n, o, p] = b[o] + sum over c, i of x[n, c, p·s + i·d - before]·w[o, c, i]; no windows give an empty axis."""
    x, w, steps, sides, spreads = _planar(x, w, stride, padding, dilation)
    return _forward(x, w, b, steps, sides, spreads, groups, flipped=False, mode=padding_mode, way=way)[..., 0]


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
    padding_mode: str = "zeros",
    way: Ways = EXACTLY,
) -> Array:
    """y[n, o, p, q] = b[o] + sum over c, i, j of x[n, c, p·sy + i·dy - top, q·sx + j·dx - left]·w[o, c, i, j]."""
    return _forward(x, w, b, stride, padding, dilation, groups, flipped=False, mode=padding_mode, way=way)


@once
def cross_correlation3d(
    x: Array,
    w: Array,
    b: Array | None,
    *,
    stride: Triple,
    padding: Sides,
    dilation: Triple,
    groups: int,
    padding_mode: str = "zeros",
    way: Ways = EXACTLY,
) -> Array:
    """The same along three axes."""
    return _forward(x, w, b, stride, padding, dilation, groups, flipped=False, mode=padding_mode, way=way)


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
def convolution3d(
    x: Array,
    w: Array,
    b: Array | None,
    *,
    stride: Triple,
    padding: Sides,
    dilation: Triple,
    groups: int,
    way: Ways = EXACTLY,
) -> Array:
    """The same along three axes."""
    return _forward(x, w, b, stride, padding, dilation, groups, flipped=True, way=way)


@once
def cross_correlation1d_gradient(
    x: Array,
    w: Array,
    upstream: Array,
    *,
    stride: int,
    padding: Pair,
    dilation: int,
    groups: int,
    padding_mode: str = "zeros",
    way: Ways = EXACTLY,
) -> tuple[Array, Array, Array]:
    """(dx, dw, db): the derivative of sum(upstream · y) by each number, read off the products of y."""
    x, w, steps, sides, spreads = _planar(x, w, stride, padding, dilation)
    dx, dw, db = _gradient(x, w, upstream[..., None], steps, sides, spreads, groups, mode=padding_mode, way=way)
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
    padding_mode: str = "zeros",
    way: Ways = EXACTLY,
) -> tuple[Array, Array, Array]:
    """(dx, dw, db): the derivative of sum(upstream · y) by each number, read off the products of y."""
    return _gradient(x, w, upstream, stride, padding, dilation, groups, mode=padding_mode, way=way)


@once
def cross_correlation3d_gradient(
    x: Array,
    w: Array,
    upstream: Array,
    *,
    stride: Triple,
    padding: Sides,
    dilation: Triple,
    groups: int,
    padding_mode: str = "zeros",
    way: Ways = EXACTLY,
) -> tuple[Array, Array, Array]:
    """The same along three axes."""
    return _gradient(x, w, upstream, stride, padding, dilation, groups, mode=padding_mode, way=way)


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
