"""Curves, in double-double and rounded once to float64; an exponential is carried as m·2**k, so that nothing underflows on the way.

The gradient of SiLU is a sum of two terms: it keeps 2**-94 of their size.
"""

import numpy as np

from ...exact import double_double as dd
from ..functions import FAR, _finite, _shrunk, _times
from ..remembered import Array, once

TINY = 1e-100
"""Of a smaller argument the square is nothing beside it, but could underflow on the way."""
SELU_SCALE = dd.constant("1.0507009873554804934193349852946")
SELU_ALPHA = dd.constant("1.6732632423543772848170429916717")


# --- x/(1 + |x|) -------------------------------------------------------------------------------------------------------


@once
def softsign(x: Array) -> Array:
    """z/(1 + |z|)."""

    def y(z):
        near = np.clip(z, -1e60, 1e60)  # beyond, it is 1 in every format
        return dd.value(dd.divide(dd.number(near), dd.two_sum(1.0, np.abs(near))))

    return _finite(y, x)


@once
def softsign_gradient(x: Array, upstream: Array) -> Array:
    """upstream/(1 + |z|)**2."""

    def slope(z, g):
        away = dd.two_sum(1.0, np.abs(z))
        _, exponent = np.frexp(away[0])
        small = dd.scaled(away, -exponent)
        return _times(dd.divide(dd.ONE, dd.multiply(small, small)), -2 * exponent, g)

    return _finite(slope, x, upstream)


# --- x·σ(x) ------------------------------------------------------------------------------------------------------------


@once
def silu(x: Array) -> Array:
    """z/(1 + exp(-z)), and z·exp z/(1 + exp z) where z < 0."""

    def y(z):
        m, k, below = _shrunk(z)
        share = dd.divide(dd.where(z >= 0, dd.ONE, m), below)
        return _times(share, np.where(z >= 0, 0, k), z)

    return np.where(x == np.inf, x, _finite(y, x))


@once
def silu_gradient(x: Array, upstream: Array) -> Array:
    """upstream·σ(z)·(1 + z·σ(-z))."""

    def slope(z, g):
        m, k, below = _shrunk(z)
        near = np.clip(z, -1e30, 1e30)  # z·exp z is 0 long before
        other = dd.divide(dd.where(z >= 0, dd.scaled(m, k), dd.ONE), below)
        whole = dd.add(dd.ONE, dd.multiply(dd.number(near), other))
        share = dd.divide(dd.where(z >= 0, dd.ONE, m), below)
        return _times(dd.multiply(share, whole), np.where(z >= 0, 0, k), g)

    return _finite(slope, x, upstream)


# --- log(1 + exp(βx))/β ------------------------------------------------------------------------------------------------


def _steep(z, beta) -> tuple[dd.Number, dd.Number, np.ndarray]:
    """(β·z, m, k): exp(-|β·z|) = m·2**k."""
    t = dd.two_product(beta, np.clip(z, -1e140, 1e140))
    size = dd.where(t[0] < 0, t, dd.negative(t))
    return t, *dd.exp_parts(dd.where(size[0] < -FAR, (-FAR, 0.0), size))


@once
def softplus(x: Array, *, beta: float, threshold: float) -> Array:
    """max(0, z) + log(1 + exp(-|βz|))/β; z itself where βz is above the threshold."""

    def y(z):
        t, m, k = _steep(z, beta)
        by = dd.number(np.full(z.shape, beta))
        tail = dd.divide(dd.log1p(dd.scaled(m, k)), by)
        whole = dd.add(dd.number(np.maximum(z, 0.0)), tail)
        # The logarithm of 1 and so little is that little itself, which may be too small for a number of two parts.
        far = (t[0] < 0) & (k < -150)
        return np.where(t[0] > threshold, z, np.where(far, dd.value(dd.divide(m, by), k), dd.value(whole)))

    return np.where(x == np.inf, x, _finite(y, x))


@once
def softplus_gradient(x: Array, upstream: Array, *, beta: float, threshold: float) -> Array:
    """upstream·σ(βz); upstream itself where βz is above the threshold."""

    def slope(z, g):
        t, m, k = _steep(z, beta)
        above = t[0] >= 0
        share = dd.divide(dd.where(above, dd.ONE, m), dd.add(dd.ONE, dd.scaled(m, k)))
        return np.where(t[0] > threshold, g, _times(share, np.where(above, 0, k), g))

    return _finite(slope, x, upstream)


# --- α·(exp(x/γ) − 1) where x < 0 --------------------------------------------------------------------------------------


def _falling(x, alpha: dd.Number, divisor: float, scale: dd.Number):
    """scale·z, and alpha·(exp(z/divisor) - 1) where z < 0."""

    def y(z):
        near = np.clip(z, -300.0 * abs(divisor), 0.0)
        argument = dd.divide(dd.number(near), dd.number(np.full(z.shape, divisor)))
        below = dd.multiply(dd.expm1(argument), alpha)
        tiny = dd.divide(dd.multiply(dd.number(z), alpha), dd.number(np.full(z.shape, divisor)))
        below = dd.where(np.abs(z) < TINY, tiny, below)
        return np.where(z > 0, dd.value(dd.multiply(dd.number(np.clip(z, -1e300, 1e300)), scale)), dd.value(below))

    return np.where(x == np.inf, x, _finite(y, x))


def _falling_gradient(x, upstream, alpha: dd.Number, divisor: float, scale: dd.Number):
    """scale·upstream, and alpha·exp(z/divisor)·upstream where z <= 0."""

    def slope(z, g):
        near = np.clip(z, -FAR * abs(divisor), 0.0)
        argument = dd.divide(dd.number(near), dd.number(np.full(z.shape, divisor)))
        m, k = dd.exp_parts(argument)
        one = dd.where(z > 0, scale, dd.multiply(m, alpha))
        return _times(one, np.where(z > 0, 0, k), g)

    return _finite(slope, x, upstream)


@once
def elu(x: Array, *, alpha: float) -> Array:
    """z, and alpha·(exp z - 1) where z < 0."""
    return _falling(x, (float(alpha), 0.0), 1.0, dd.ONE)


@once
def elu_gradient(x: Array, upstream: Array, *, alpha: float) -> Array:
    """upstream, and alpha·exp z·upstream where z <= 0."""
    return _falling_gradient(x, upstream, (float(alpha), 0.0), 1.0, dd.ONE)


@once
def celu(x: Array, *, alpha: float) -> Array:
    """z, and alpha·(exp(z/alpha) - 1) where z < 0."""
    return _falling(x, (float(alpha), 0.0), float(alpha), dd.ONE)


@once
def celu_gradient(x: Array, upstream: Array, *, alpha: float) -> Array:
    """upstream, and exp(z/alpha)·upstream where z <= 0."""
    return _falling_gradient(x, upstream, dd.ONE, float(alpha), dd.ONE)


@once
def selu(x: Array) -> Array:
    """1.0507…·z, and 1.0507…·1.6733…·(exp z - 1) where z < 0."""
    return _falling(x, dd.multiply(SELU_SCALE, SELU_ALPHA), 1.0, SELU_SCALE)


@once
def selu_gradient(x: Array, upstream: Array) -> Array:
    """1.0507…·upstream, and 1.0507…·1.6733…·exp z·upstream where z <= 0."""
    return _falling_gradient(x, upstream, dd.multiply(SELU_SCALE, SELU_ALPHA), 1.0, SELU_SCALE)
