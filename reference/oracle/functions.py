"""Functions of one real number, rounded once to float64: in double-double.

An exponential is carried as m·2**k, so that nothing underflows on the way. Only GELU needs mpmath, which takes longer to
import than all oracles together: for the constants of its expansions, and for what lies too near to the middle of two numbers
(Ziv, *Fast evaluation of elementary mathematical functions with correctly rounded last bit*, ACM TOMS 17, 1991).
"""

import numpy as np

from ..exact import double_double as dd
from ..exact import normal
from .remembered import Array, once

FAR = 10_000.0
"""exp(±FAR) is beyond every format here, whatever it is multiplied with."""


def _shrunk(z) -> tuple[dd.Number, np.ndarray, dd.Number]:
    """(m, k, 1 + m·2**k): exp(-|z|) = m·2**k."""
    m, k = dd.exp_parts(dd.number(-np.minimum(np.abs(z), FAR)))
    return m, k, dd.add(dd.ONE, dd.scaled(m, k))


def _times(x: dd.Number, power, upstream):
    """upstream·x·2**power; upstream goes by its significand, so that nothing overflows on the way."""
    fraction, exponent = np.frexp(upstream)
    return dd.value(dd.multiply(x, dd.number(fraction)), power + exponent)


def _finite(function, x, *more):
    """By blocks; NaN stays NaN, and z beyond ±1e300 counts as that."""
    with np.errstate(under="ignore"):
        y = dd.by_elements(function, np.clip(np.nan_to_num(x, nan=0.0), -1e300, 1e300), *more)
    return np.where(np.isnan(x), np.nan, y)


def _exp(z):
    return dd.value(*dd.exp_parts(dd.number(np.clip(z, -FAR, FAR))))


def _logistic(z):
    m, k, below = _shrunk(z)
    above = dd.where(z >= 0, dd.ONE, m)
    return dd.value(dd.divide(above, below), np.where(z >= 0, 0, k))


def _logistic_gradient(z, upstream):
    m, k, below = _shrunk(z)
    return _times(dd.divide(m, dd.multiply(below, below)), k, upstream)


def _tanh(z):
    # 1 - exp(-2|z|) keeps its digits near 0 as -expm1; beyond 300 it is 1.
    away = dd.expm1(dd.number(-2 * np.minimum(np.abs(z), 300.0)))
    y = np.copysign(dd.value(dd.divide(dd.negative(away), dd.add((2.0, 0.0), away))), z)
    # Next to such a z its cube is nothing, but could underflow on the way.
    return np.where(np.abs(z) < 1e-100, z, y)


def _tanh_gradient(z, upstream):
    m, k, below = _shrunk(2 * np.minimum(np.abs(z), FAR))
    return _times(dd.divide(m, dd.multiply(below, below)), k + 2, upstream)


@once
def exp(x: Array) -> Array:
    """exp z. Beyond ±10,000: 0 and infinity, as in every format here."""
    return _finite(_exp, x)


@once
def logistic(x: Array) -> Array:
    """1 / (1 + exp(-z)), and exp z / (1 + exp z) where z < 0."""
    return _finite(_logistic, x)


@once
def logistic_gradient(x: Array, upstream: Array) -> Array:
    """upstream · exp(-|z|) / (1 + exp(-|z|))**2."""
    return _finite(_logistic_gradient, x, upstream)


@once
def tanh(x: Array) -> Array:
    """(1 - exp(-2|z|)) / (1 + exp(-2|z|)), with the sign of z."""
    return _finite(_tanh, x)


@once
def tanh_gradient(x: Array, upstream: Array) -> Array:
    """upstream · 4·exp(-2|z|) / (1 + exp(-2|z|))**2."""
    return _finite(_tanh_gradient, x, upstream)


@once
def gelu(x: Array, *, approximate: str) -> Array:
    """z·Φ(z) ("none"); z/(1 + exp(-2a)), a = √(2/π)·(z + 0.044715 z³), which is z/2·(1 + tanh a) ("tanh")."""
    return np.where(x == np.inf, x, _finite(_gelu_tanh if approximate == "tanh" else _gelu, x))


@once
def gelu_gradient(x: Array, upstream: Array, *, approximate: str) -> Array:
    """upstream·(Φ(z) + z·φ(z)) ("none"); upstream·σ(2a)·(1 + z·σ(-2a)·2a') ("tanh"): to 2**-93 of the size of their terms."""
    return _finite(_gelu_tanh_gradient if approximate == "tanh" else _gelu_gradient, x, upstream)


def _gelu_gradient(z, upstream):
    size = np.minimum(np.abs(z), normal.FAR)
    below, k = normal.below(size)
    dense, _ = normal.density(size)
    term = dd.multiply(dd.number(np.copysign(size, z)), dense)
    above = dd.add(dd.subtract(dd.ONE, dd.scaled(below, k)), dd.scaled(term, k))
    slope = dd.where(z >= 0, above, dd.add(below, term))
    return _times(slope, np.where(z >= 0, 0, k), upstream)


def _gelu_tanh_gradient(z, upstream):
    near, twice_a = _inner(z)
    share, k, other = _shares(z, twice_a)
    square = dd.multiply(dd.constant("0.134145"), dd.two_product(near, near))
    steep = dd.multiply(_steepness(), dd.add(dd.ONE, square))
    whole = dd.add(dd.ONE, dd.multiply(dd.multiply(dd.number(near), other), steep))
    return _times(dd.multiply(share, whole), k, upstream)


def _gelu(z):
    # From 9 on Φ is so near to 1 that z is the nearest number; below -39 the product is less than half the smallest one.
    m, k = normal.below(np.minimum(np.abs(z), normal.END))
    above = z >= 0
    phi = dd.where(above, dd.subtract(dd.ONE, dd.scaled(m, k)), m)
    k = np.where(above, 0, k)
    y, *ends = (_times((phi[0], phi[1] + phi[0] * error), k, z) for error in (0.0, -2 * normal.ERROR, 2 * normal.ERROR))
    y = np.where(z >= 9, z, np.where(z < -normal.END, -0.0, y))
    doubtful = (ends[0] != ends[1]) & (z < 9) & (z >= -normal.END)
    if doubtful.any():
        y[doubtful] = [_gelu_in_digits(one) for one in z[doubtful].tolist()]
    return y


def _gelu_tanh(z):
    share, k, _ = _shares(z, _inner(z)[1])
    return _times(share, k, z)


def _inner(z):
    """(z, 2a), of z no farther out than where exp(-2|a|) is 0 in every format here."""
    near = np.clip(z, -100.0, 100.0)
    near = np.where(np.abs(near) < 1e-100, 0.0, near)  # whose cube is nothing beside it, but could underflow on the way
    cube = dd.multiply(dd.two_product(near, near), dd.number(near))
    return near, dd.multiply(_steepness(), dd.add(dd.number(near), dd.multiply(dd.constant("0.044715"), cube)))


def _shares(z, twice_a):
    """(m, k, σ(-2a)): σ(2a) = m·2**k."""
    m, k = dd.exp_parts(dd.where(z >= 0, dd.negative(twice_a), twice_a))
    below, small = dd.add(dd.ONE, dd.scaled(m, k)), dd.scaled(m, k)
    share = dd.divide(dd.where(z >= 0, dd.ONE, m), below)
    return share, np.where(z >= 0, 0, k), dd.divide(dd.where(z >= 0, small, dd.ONE), below)


def _steepness():
    """2·√(2/π)."""
    import mpmath

    with mpmath.workdps(50):
        return dd.constant(mpmath.nstr(2 * mpmath.sqrt(2 / mpmath.pi), 45))


def _gelu_in_digits(z):
    """In 60 decimal digits."""
    import mpmath
    from mpmath import libmp

    with mpmath.workdps(60):
        numerator, denominator = libmp.to_rational((z * mpmath.ncdf(z))._mpf_)
    return numerator / denominator
