"""Numbers of about 106 bits as unevaluated sums hi + lo of two float64 arrays: arithmetic, exp and log, all vectorised.

A number is a pair (hi, lo) with |lo| at most half an ulp of hi. Each operation here errs by at most 2**-100 of its result, exp, expm1,
log and log1p by at most 2**-94, as long as no part leaves the range of float64. Dekker, *A floating-point technique for extending
the available precision* (1971); Hida, Li & Bailey, *Quad-double arithmetic* (2001); Joldes, Muller & Popescu, *Tight and rigorous
error bounds for basic building blocks of double-word arithmetic* (2017).
"""

import decimal
import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

Number = tuple[Any, Any]
"""(hi, lo), arrays or plain numbers."""

Parts = tuple[Number, Any]
"""(m, k) for m·2**k, so that no product leaves the range; m from 1/2 to 1 in size once it is :func:`normal`."""

BLOCK = 2**13
"""How many elements are computed with at a time: what fits a processor's cache is several times as fast."""

SAFE = 2.0**300
"""Numbers between 1/SAFE and SAFE in size, and their squares and products, stay in range."""


def number(x: Any) -> Number:
    x = np.asarray(x, np.float64)
    return x, np.zeros_like(x)


def two_sum(a: Any, b: Any) -> Number:
    """a + b exactly (Knuth; no condition on sizes)."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def _fast_two_sum(a, b) -> Number:
    """a + b exactly where |a| >= |b| or a = 0 (Dekker)."""
    s = a + b
    return s, b - (s - a)


def two_product(a: Any, b: Any) -> Number:
    """a·b exactly: Veltkamp's splitting into halves of 26 bits, Dekker's product; sizes from 2**-480 to 2**500 are safe."""
    p = a * b
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    return p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low


def _halves(a):
    scaled = a * 134217729.0  # 2**27 + 1
    high = scaled - (scaled - a)
    return high, a - high


def add(x: Number, y: Number) -> Number:
    """Joldes et al. 2017, algorithm 6 (AccurateDWPlusDW)."""
    s, e = two_sum(x[0], y[0])
    t, f = two_sum(x[1], y[1])
    s, e = _fast_two_sum(s, e + t)
    return _fast_two_sum(s, e + f)


def negative(x: Number) -> Number:
    return -x[0], -x[1]


def subtract(x: Number, y: Number) -> Number:
    return add(x, negative(y))


def multiply(x: Number, y: Number) -> Number:
    """Joldes et al. 2017, algorithm 12 (DWTimesDW3), without a fused multiply-add."""
    p, e = two_product(x[0], y[0])
    return _fast_two_sum(p, e + (x[0] * y[1] + x[1] * y[0] + x[1] * y[1]))


def divide(x: Number, y: Number) -> Number:
    """Two quotients and a correction, each from the remainder of the last (Hida et al. 2001, §3.5)."""
    first = x[0] / y[0]
    rest = subtract(x, multiply(y, number(first)))
    second = rest[0] / y[0]
    rest = subtract(rest, multiply(y, number(second)))
    return add(_fast_two_sum(first, second), number(rest[0] / y[0]))


def root(x: Number) -> Number:
    """√x from float64's by two steps of Newton's; of 0 it is 0."""
    found = number(np.sqrt(x[0]))
    for _ in range(2):
        rest = subtract(x, multiply(found, found))[0]
        found = add(found, number(np.divide(rest, 2 * found[0], out=np.zeros_like(rest), where=found[0] > 0)))
    return found


def scaled(x: Number, power: Any) -> Number:
    """x·2**power, ``power`` whole numbers in any dtype; a part that underflows to 0 is of no account next to what is not."""
    power = np.maximum(power, -3000).astype(int)
    return np.ldexp(x[0], power), np.ldexp(x[1], power)


def normal(x: Number, power: Any = 0) -> Parts:
    """x·2**power with a first part from 1/2 to 1 in size; of 0 the power is 0."""
    _, exponent = np.frexp(x[0])
    return scaled(x, -exponent), np.where(x[0] == 0, 0, exponent + power)


def product(x: Parts, y: Parts) -> Parts:
    return multiply(x[0], y[0]), x[1] + y[1]


def plus(x: Parts, y: Parts) -> Parts:
    """x + y: it errs by 2**-100 of the larger of the two."""
    top = np.maximum(np.where(x[0][0] == 0, -np.inf, x[1]), np.where(y[0][0] == 0, -np.inf, y[1]))
    top = np.where(np.isinf(top), 0, top)
    return add(scaled(x[0], x[1] - top), scaled(y[0], y[1] - top)), top


def sum_of_parts(x: Parts) -> Parts:
    """(s, top): the sum of m·2**k along the last axis, which stays, is s·2**top; top the largest k of an m that is not 0."""
    m, k = x
    top = np.where(m[0] == 0, -np.inf, k).max(axis=-1, keepdims=True)
    top = np.where(np.isinf(top), 0, top)
    s = total(scaled(m, k - top))
    return (s[0][..., None], s[1][..., None]), top


def where(condition: Any, x: Number, y: Number) -> Number:
    return np.where(condition, x[0], y[0]), np.where(condition, x[1], y[1])


def total(x: Number) -> Number:
    """The sum along the last axis, in pairs, pairs of pairs, and so on: it errs by 2**-100 of the sum of all sizes."""
    hi, lo = x
    while hi.shape[-1] > 1:
        if hi.shape[-1] % 2:
            hi, lo = (np.concatenate([part, np.zeros_like(part[..., :1])], axis=-1) for part in (hi, lo))
        hi, lo = add((hi[..., ::2], lo[..., ::2]), (hi[..., 1::2], lo[..., 1::2]))
    return hi[..., 0], lo[..., 0]


def value(x: Number, power: Any = 0) -> np.ndarray:
    """x·2**power rounded once to float64, infinite beyond its largest; among subnormal numbers too, where fewer bits are left."""
    power = np.maximum(power, -3000).astype(int)
    nearest = x[0] + x[1]
    with np.errstate(over="ignore", under="ignore"):
        y = np.ldexp(nearest, power)
        small = (np.abs(y) < 2.0**-1022) & (nearest != 0)
        return np.where(small, _subnormal(*scaled(where(small, x, (0.0, 0.0)), power + 1074)), y) if small.any() else y


def _subnormal(hi, lo):
    """(hi + lo)·2**-1074 rounded once, where that is below 2**-1022."""
    whole = np.rint(hi)
    # What rint took for a tie is none where lo leans to one side.
    whole = whole + ((hi - whole == 0.5) & (lo > 0)) - ((hi - whole == -0.5) & (lo < 0))
    return np.ldexp(whole, -1074)


def by_rows(function: Callable[..., Any], *arrays: np.ndarray) -> Any:
    """A function of rows, a few of them at a time; its result, or its tuple of results, for all of them."""
    step = max(1, BLOCK // max(1, math.prod(arrays[0].shape[1:])))
    found = [function(*(a[i : i + step] for a in arrays)) for i in range(0, max(1, len(arrays[0])), step)]
    return (
        np.concatenate(found)
        if isinstance(found[0], np.ndarray)
        else tuple(map(np.concatenate, zip(*found, strict=True)))
    )


def by_elements(function: Callable[..., np.ndarray], *arrays: np.ndarray) -> np.ndarray:
    """An elementwise function of arrays of one shape."""
    return by_rows(function, *(a.ravel() for a in arrays)).reshape(arrays[0].shape)


# ---------------------------------------------------------------------------------------------------- exp and logarithm


@functools.cache
def constant(digits: str, divisor: int = 1) -> tuple[float, float]:
    """A decimal expansion, divided by a whole number, as a pair."""
    with decimal.localcontext(decimal.Context(prec=60)):
        exact = decimal.Decimal(digits) / divisor
        high = float(exact)
        return high, float(exact - decimal.Decimal(high))


ONE = (1.0, 0.0)
LN2 = "0.693147180559945309417232121458176568075500134360255254120680"
HALVINGS, TERMS = 8, 9


def exp_parts(x: Number) -> tuple[Number, np.ndarray]:
    """(m, k): exp x = m·2**k, m between 0.7 and 1.42, k whole; |x| up to 2**20 (relative error 2**-95 up to 2**11)."""
    k = np.rint(x[0] / constant(LN2)[0])
    return add(ONE, _small_expm1(_reduced(x, k))), k


def expm1(x: Number) -> Number:
    """exp x - 1, accurate relative to itself near 0 too; x up to 600."""
    k = np.rint(x[0] / constant(LN2)[0])
    p = _small_expm1(_reduced(x, k))
    return where(k == 0, p, subtract(scaled(add(ONE, p), k), ONE))


def _reduced(x: Number, k) -> Number:
    """x - k·ln 2, of which a first part of few bits is multiplied by k exactly (Cody & Waite 1980)."""
    high, low = constant(LN2)
    first = float(np.float32(high))  # 24 bits: exact times any |k| < 2**29
    return subtract(add(x, number(-k * first)), multiply(number(k), two_sum(high - first, low)))


def _small_expm1(r: Number) -> Number:
    """Taylor's series of r/2**8, then eight times p → 2p + p²: |r| <= 0.36 leaves a remainder below 2**-105."""
    r = scaled(r, np.int64(-HALVINGS))
    p = number(np.zeros_like(r[0]))
    for n in range(TERMS, 0, -1):  # p = r·(1/n! + p)
        p = multiply(r, add(constant("1", math.factorial(n)), p))
    for _ in range(HALVINGS):
        p = add((2 * p[0], 2 * p[1]), multiply(p, p))
    return p


def log1p(t: Number) -> Number:
    """log(1 + t), t > -1, accurate relative to itself near 0 too."""
    near = np.abs(t[0]) < 2.0**-6
    return where(near, _series(where(near, t, (0.0, 0.0))), _newton(where(near, (2.0, 0.0), add(ONE, t))))


def log(x: Number) -> Number:
    """log x, x > 0."""
    fraction, exponent = np.frexp(x[0])
    # To between 0.71 and 1.42, so that numbers near 1 stay as they are and come to the series.
    exponent = np.where(fraction < math.sqrt(0.5), exponent - 1, exponent)
    mantissa = log1p(subtract(scaled(x, -exponent), ONE))
    return add(multiply(number(exponent), constant(LN2)), mantissa)


def _series(t: Number) -> Number:
    """log(1 + t) = 2 artanh s, s = t/(2 + t): |s| < 2**-7 leaves a remainder below 2**-110 of it."""
    s = divide(t, add((2.0, 0.0), t))
    square = multiply(s, s)
    p = number(np.zeros_like(t[0]))
    for n in range(15, 0, -2):
        p = add(multiply(p, square), constant("2", n))
    return multiply(p, s)


def _newton(x: Number) -> Number:
    """y + 2(x e^-y - 1)/(x e^-y + 1) from float64's y: Halley's step, which leaves the cube of its error."""
    y = number(np.log(x[0]))
    m, k = exp_parts(negative(y))
    grown = multiply(x, scaled(m, k))
    step = divide(subtract(grown, ONE), add(grown, ONE))
    return add(y, (2 * step[0], 2 * step[1]))
