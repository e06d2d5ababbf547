"""The normal distribution's Φ far out and near 0, in double-double: Φ(−x) = φ(x)·M(x), M Mills' ratio.

M is expanded about the nearest multiple x₀ of 1/16, t = x − x₀, |t| <= 1/32:

    M(x) = sum of a_n·t**n,  a_n = M⁽ⁿ⁾(x₀)/n!;  M' = x·M − 1,  M⁽ⁿ⁺¹⁾ = x·M⁽ⁿ⁾ + n·M⁽ⁿ⁻¹⁾

M⁽ⁿ⁾(x) = (−1)ⁿ·∫ uⁿ·exp(−xu − u²/2) du over u > 0, so that a_n/M is largest in size at x = 0: there a_n = 2**((n−1)/2)·Γ((n+1)/2)/n!,
a_17 < 2**-25 and a_9 < 2**-9. What is left out from n = 17 on is below 2**-109 of M; the terms from n = 9 on, below 2**-54 of M, are summed
in float64, which errs by 2**-105; the others in double-double, nine steps of 2**-100 each, of which each next is 2**-5 as large. With φ from
``exp`` (2**-95) and three products all is within 2**-94. DLMF §7.18; the recurrence follows from the first derivative.
"""

import functools
import math

import numpy as np

from . import double_double as dd

STEPS = 16
"""How many points of expansion lie between whole numbers."""
PAIRS, TERMS = 9, 17
"""How many terms are summed in double-double, and in all."""
ERROR = 2.0**-94
END = 39.0
"""Φ(−39)·39 is less than half the smallest number above 0."""
FAR = 56.0
"""So is φ(56)·56 times the largest number."""


def below(x: np.ndarray) -> tuple[dd.Number, np.ndarray]:
    """(m, k): Φ(−x) = m·2**k for 0 <= x <= 56, m within :data:`ERROR` of it."""
    near = np.rint(x * STEPS)
    points, at = np.unique(near.astype(int), return_inverse=True)
    table = np.array([_coefficients(point) for point in points.tolist()])
    high, low = table[at, 0].T, table[at, 1].T
    t = x - near / STEPS
    tail = np.zeros_like(x)
    for n in range(TERMS - 1, PAIRS - 1, -1):
        tail = high[n] + t * tail
    ratio = dd.number(tail)
    for n in range(PAIRS - 1, -1, -1):
        ratio = dd.add((high[n], low[n]), dd.multiply(ratio, dd.number(t)))
    m, k = density(x)
    return dd.multiply(m, ratio), k


def density(x: np.ndarray) -> tuple[dd.Number, np.ndarray]:
    """(m, k): φ(x) = m·2**k for 0 <= x <= 56."""
    x = np.where(x < 2.0**-200, 0.0, x)  # whose square is nothing, but could underflow on the way
    square = dd.two_product(x, x)
    m, k = dd.exp_parts((-square[0] / 2, -square[1] / 2))
    return dd.multiply(m, dd.constant(_ROOT)), k


_ROOT = "0.398942280401432677939946059934381868475858631164934657665926"
"""1/√(2π)."""


@functools.cache
def _coefficients(point: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The a_n at x₀ = point/16, as high and low parts. The recurrence loses three digits a step at most."""
    import mpmath

    with mpmath.workdps(120):
        x = mpmath.mpf(point) / STEPS
        derivative = mpmath.ncdf(-x) / mpmath.npdf(x)
        after = x * derivative - 1
        found = []
        for n in range(TERMS):
            found.append(derivative / math.factorial(n))
            derivative, after = after, x * after + (n + 1) * derivative
        high = tuple(float(a) for a in found)
        return high, tuple(float(a - mpmath.mpf(h)) for a, h in zip(found, high, strict=True))
