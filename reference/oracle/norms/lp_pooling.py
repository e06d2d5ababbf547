"""Lp pooling in double-double: window by window, each number ÷ a power of two near the largest of its window.

The root of a power above 2 is exp(log S/p): y is good to 2**-90. The gradient adds terms that may cancel: it keeps 2**-90 of their sizes, as
long as no upstream number is 2**-900 of the largest.
"""

import math

import numpy as np

from ... import exact
from ...exact import double_double as dd
from ..finite import need_finite
from ..remembered import once


def _places(x, *, window, stride, padding, dilation=None, ceil_mode=False):
    """For each place of a window: which element each window sees there, by its flat index, and whether it sees one."""
    rank = x.ndim - 2
    if rank == 1:
        window, stride, padding, dilation = (window,), (stride,), (padding,), dilation and (dilation,)
    along = zip(x.shape[2:], window, stride, padding, dilation or (1,) * rank, strict=True)
    tables = [
        exact.table(exact.positions(size, reach, step, before, after, spread, False, ceil_mode), reach)
        for size, reach, step, (before, after), spread in along
    ]
    planes = np.arange(x.shape[0] * x.shape[1]).reshape(*x.shape[:2], *[1] * rank) * math.prod(x.shape[2:])
    for tap in np.ndindex(*(table.shape[1] for table in tables)):
        inside, place = True, 0
        for element, size in zip(
            np.ix_(*(t[:, i] for t, i in zip(tables, tap, strict=True))), x.shape[2:], strict=True
        ):
            inside, place = inside & (element >= 0), place * size + element
        here = planes + np.where(inside, place, 0)
        yield here, np.broadcast_to(inside, here.shape)


def _power(r: dd.Number, power: int) -> dd.Number:
    found = dd.number(np.ones_like(r[0]))
    for _ in range(power):
        found = dd.multiply(found, r)
    return found


def _norms(x, power, geometry):
    """(places, sizes ÷ 2**k of each, k of each window, the norm ÷ 2**k; 1 where the window has zeros alone, and where that is so)."""
    places, numbers = list(_places(x, **geometry)), np.abs(x).ravel()
    seen = [np.where(inside, numbers[here], 0.0) for here, inside in places]
    top = np.max(seen, axis=0)
    k = np.frexp(top)[1]
    sizes, total = [np.ldexp(one, -k) for one in seen], dd.number(np.zeros_like(top))
    for one in sizes:
        total = dd.add(total, _power(dd.number(one), power))
    total = dd.where(top == 0, dd.ONE, total)
    if power == 2:
        total = dd.root(total)
    elif power > 2:
        m, e = dd.exp_parts(dd.divide(dd.log(total), (float(power), 0.0)))
        total = dd.scaled(m, e)
    return places, sizes, k, total, top == 0


def _forward(x, *, power, **geometry):
    need_finite((x,))
    with np.errstate(under="ignore", invalid="ignore", divide="ignore"):
        _, _, k, y, nothing = _norms(x, power, geometry)
        return np.where(nothing, 0.0, dd.value(y, k))


def _gradient(x, upstream, *, power, **geometry):
    need_finite((x, upstream))
    with np.errstate(under="ignore", invalid="ignore", divide="ignore"):
        places, sizes, _, y, nothing = _norms(x, power, geometry)
        scale = int(np.frexp(np.abs(upstream).max())[1])
        g, signs = np.where(nothing, 0.0, np.ldexp(upstream, -scale)), np.sign(x).ravel()
        high, low = np.zeros(x.size), np.zeros(x.size)
        for (here, inside), one in zip(places, sizes, strict=True):
            share = _power(dd.divide(dd.number(one), y), power - 1)
            term = dd.multiply(dd.number(g * signs[here]), share)
            at = here[inside]
            high[at], low[at] = dd.add((high[at], low[at]), (term[0][inside], term[1][inside]))
        return dd.value((high, low), np.full(x.size, scale)).reshape(x.shape)


def _evaluated(rank):
    def forward(x, **settings):
        return _forward(x, **settings)

    def gradient(x, upstream, **settings):
        return _gradient(x, upstream, **settings)

    forward.__name__, gradient.__name__ = f"lp_pooling{rank}d", f"lp_pooling{rank}d_gradient"
    return once(forward), once(gradient)


lp_pooling1d, lp_pooling1d_gradient = _evaluated(1)
lp_pooling2d, lp_pooling2d_gradient = _evaluated(2)
lp_pooling3d, lp_pooling3d_gradient = _evaluated(3)
"""(sum |x|**p)**(1/p) over each window; the sum of upstream·sign(x)·(|x|/y)**(p - 1) over all windows that an element lies in."""
