"""Sums of products by the thousand million: matrix products of slices, in which float64 rounds nothing.

Both factors are cut into slices of whole numbers, so short that every partial sum of their products stays below 2**53: the
matrix product of two slices is then exact, whatever the order in which a library adds. Ozaki, Ogita, Oishi & Rump, *Error-free
transformations of matrix multiplication by using fast routines of matrix multiplication*, Numer. Algorithms 59 (2012).

A layer becomes a matrix product by gathering: ``rows`` [P, ky] and ``columns`` [Q, kx] say which element of x each tap of each
window meets, or -1 for none.
"""

from collections.abc import Iterator

import numpy as np

from .integers import Parts, add, extent, quotients, room, rounded, slices, whole

BLOCK = 2**20
"""How many gathered elements are held at a time, 8 bytes each, and as many again for each slice."""


def table(windows: list[list[tuple[int, int]]], kernel: int) -> np.ndarray:
    """The windows of :func:`literal.positions` as an array [window, tap] of elements, -1 outside the data."""
    elements = np.full((len(windows), kernel), -1)
    for window, seen in zip(elements, windows, strict=True):
        for tap, element in seen:
            window[tap] = element
    return elements


def transposed(elements: np.ndarray, size: int) -> np.ndarray:
    """[element, tap] → the window in which this tap meets this element, or -1: there is one at most."""
    windows = np.full((size, elements.shape[1]), -1)
    window, tap = np.nonzero(elements >= 0)
    windows[elements[window, tap], tap] = window
    return windows


def correlate(
    x: np.ndarray, w: np.ndarray, b: np.ndarray | None, rows: np.ndarray, columns: np.ndarray, groups: int
) -> np.ndarray:
    """y[n, o, p, q] = b[o] + sum over c, i, j of x[n, c, rows[p, i], columns[q, j]]·w[o, c, i, j], c in the group of o."""
    (batch, channels), (O, _, ky, kx), (P, Q) = x.shape[:2], w.shape, (len(rows), len(columns))
    y = np.empty((batch, O, P, Q))
    terms = channels // groups * ky * kx
    kernels, bits_w, bits_x, extent_x = _plan(w, x, terms)
    kernels = list(slices(w.reshape(groups, O // groups, terms), *kernels, bits_w))
    images = list(slices(x, *extent_x, bits_x))
    bias = [] if b is None else list(slices(b, *extent(b), 52))
    for n, p in _blocks(batch, P, channels * ky * kx * Q):
        here = y[n, :, p]
        seen = ((e, _gathered(image[n], rows[p], columns)) for e, image in images)
        parts = _multiplied(kernels, ((e, each.reshape(len(here), groups, terms, -1)) for e, each in seen))
        parts = {e: part.reshape(here.shape) for e, part in parts.items()}
        for e, slice_ in bias:
            add(parts, e, np.broadcast_to(slice_[:, None, None], here.shape))
        here[:] = rounded(parts)
    return y


def correlate_kernel(
    x: np.ndarray, upstream: np.ndarray, rows: np.ndarray, columns: np.ndarray, groups: int
) -> np.ndarray:
    """dw[o, c, i, j] = sum over n, p, q of upstream[n, o, p, q]·x[n, c, rows[p, i], columns[q, j]], c in the group of o."""
    (batch, channels), (_, O, P, Q) = x.shape[:2], upstream.shape
    shape = (O, channels // groups, rows.shape[1], columns.shape[1])
    extent_up, bits_up, bits_x, extent_x = _plan(upstream, x, batch * P * Q)
    images, gradients = list(slices(x, *extent_x, bits_x)), list(slices(upstream, *extent_up, bits_up))
    parts: Parts = {}
    for n, p in _blocks(batch, P, channels * shape[2] * shape[3] * Q):
        above = [(e, each[n, :, p].swapaxes(0, 1).reshape(groups, O // groups, -1)) for e, each in gradients]
        seen = ((e, _gathered(image[n], rows[p], columns)) for e, image in images)
        _multiplied(above, ((e, _by_kernel(each, groups)) for e, each in seen), parts)
    return rounded(parts).reshape(shape) if parts else np.zeros(shape)


def _by_kernel(seen, groups):
    """[n, C, ky, kx, P, Q] → [groups, n·P·Q, C/groups·ky·kx]."""
    batch, channels, ky, kx, P, Q = seen.shape
    seen = seen.reshape(batch, groups, channels // groups, ky, kx, P, Q)
    return seen.transpose(1, 0, 5, 6, 2, 3, 4).reshape(groups, batch * P * Q, channels // groups * ky * kx)


def correlate_upwards(
    x: np.ndarray, w: np.ndarray, b: np.ndarray | None, rows: np.ndarray, columns: np.ndarray, groups: int
) -> np.ndarray:
    """:func:`correlate` of numbers >= 0 in float64, made so much larger that it is nowhere smaller than the exact sum."""
    (batch, channels), (O, _, ky, kx), (P, Q) = x.shape[:2], w.shape, (len(rows), len(columns))
    y, terms = np.empty((batch, O, P, Q)), channels // groups * ky * kx
    kernels = w.reshape(groups, O // groups, terms)
    for n, p in _blocks(batch, P, channels * ky * kx * Q):
        here = y[n, :, p]
        seen = _gathered(x[n], rows[p], columns)
        here[:] = (kernels @ seen.reshape(len(here), groups, terms, -1)).reshape(here.shape)
    return _above(y if b is None else y + b[:, None, None], terms + 1)


def correlate_kernel_upwards(
    x: np.ndarray, upstream: np.ndarray, rows: np.ndarray, columns: np.ndarray, groups: int
) -> np.ndarray:
    """:func:`correlate_kernel` of numbers >= 0 in the same way."""
    (batch, channels), (_, O, P, Q) = x.shape[:2], upstream.shape
    shape = (O, channels // groups, rows.shape[1], columns.shape[1])
    total = np.zeros((groups, O // groups, shape[1] * shape[2] * shape[3]))
    for n, p in _blocks(batch, P, channels * shape[2] * shape[3] * Q):
        above = upstream[n, :, p].swapaxes(0, 1).reshape(groups, O // groups, -1)
        total += above @ _by_kernel(_gathered(x[n], rows[p], columns), groups)
    return _above(total.reshape(shape), batch * P * Q)


def _above(sums: np.ndarray, terms: int) -> np.ndarray:
    """Sums of so many products >= 0 in float64, in any order, err by gamma(terms) at most (Higham 2002, eq. 3.5), or where they underflow."""
    return sums * (1 + (terms + 2) * 2.0**-52) + terms * 2.0**-1074 * (sums > 0)


def dots(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """[R, K], [R, K] → [R]: the sums of a·b over the last axis, rounded once."""
    extent_a, bits_a, bits_b, extent_b = _plan(a, b, a.shape[1])
    first, second = slices(a[:, None, :], *extent_a, bits_a), slices(b[:, :, None], *extent_b, bits_b)
    return rounded(_multiplied(list(first), second))[:, 0, 0]


def weighted(x: np.ndarray, rows: np.ndarray, columns: np.ndarray, denominator: int) -> np.ndarray:
    """rows · x · columnsᵀ / denominator of each plane, rounded once: x [N, C, H, W] → [N, C, P, Q].

    rows [P, H] and columns [Q, W]: whole numbers, Python's own (dtype object), of any size.
    """
    shape = (*x.shape[:2], len(rows), len(columns))
    planes, bits = x.reshape(-1, *x.shape[2:]), room(np.abs(rows).sum(axis=1).max() * np.abs(columns).sum(axis=1).max())
    low, high = extent(x)
    if bits < 8:
        low, numbers = whole(x)
        exact = rows @ np.array(numbers, object).reshape(planes.shape) @ columns.T
        return quotients(exact.ravel().tolist(), low, denominator).reshape(shape)
    left, right = rows.astype(np.float64), columns.T.astype(np.float64)
    y = np.empty((len(planes), *shape[2:]))
    for some, _ in _blocks(len(planes), 1, max(x.shape[2], shape[2]) * max(x.shape[3], shape[3])):
        parts: Parts = {}
        for e, slice_ in slices(planes[some], low, high, bits):
            add(parts, e, left @ slice_ @ right)
        y[some] = rounded(parts, denominator)
    return y.reshape(shape)


def _plan(a, b, terms):
    """(extent of a, bits of a's slices, bits of b's, extent of b): the split of float64's room with the fewest products."""
    extent_a, extent_b = extent(a), extent(b)
    (width_a, width_b), both = (max(high - low, 1) for low, high in (extent_a, extent_b)), room(terms)
    # At a tie the even split: products of slices then share their exponents, and fewer parts are left to add.
    _, _, bits = min((-(-width_a // n) * -(-width_b // (both - n)), abs(2 * n - both), n) for n in range(1, both))
    return extent_a, bits, both - bits, extent_b


def _multiplied(first, second, parts: Parts | None = None) -> Parts:
    """``parts``, or none, and every slice of the first times every slice of the second, which is asked for once."""
    parts = {} if parts is None else parts
    for f, b in second:
        for e, a in first:
            add(parts, e + f, a @ b)
    return parts


def _gathered(x, rows, columns):
    """[n, c, ky, kx, P, Q] from x [n, c, H, W]; -1 finds the zero that is laid after the last element."""
    padded = np.pad(x, ((0, 0), (0, 0), (0, 1), (0, 1)))
    height, width = padded.shape[2:]
    places = (rows.T % height * width)[:, None, :, None] + (columns.T % width)[None, :, None, :]
    # Taken from planes that are laid out flat, the windows lie as the matrix product wants them.
    return np.take(padded.reshape(*x.shape[:2], -1), places.ravel(), axis=2).reshape(*x.shape[:2], *places.shape)


def _blocks(outer: int, inner: int, each: int) -> Iterator[tuple[slice, slice]]:
    """Pairs of slices that cover outer × inner, of about :data:`BLOCK` elements, if each pair of indices has ``each``."""
    step = min(max(1, BLOCK // max(each, 1)), max(inner, 1))
    many = max(1, BLOCK // max(each * inner, 1)) if step == inner else 1
    for n in range(0, outer, many):
        for p in range(0, inner, step):
            yield slice(n, min(n + many, outer)), slice(p, min(p + step, inner))
