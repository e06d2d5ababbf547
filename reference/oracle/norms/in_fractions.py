"""Normalisation of rows [C, n] with room for every number: exact in fractions, but for the root, which has 50 decimal digits.

Means and variances are rational, and only in fractions is the variance of equal numbers 0 whatever their size.
"""

import decimal
from fractions import Fraction

import numpy as np

from ..remembered import Array

MANY = decimal.Context(prec=50, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN, traps=[])


def _moments(row) -> tuple[Fraction, Fraction]:
    mean = sum(row, Fraction(0)) / len(row)
    return mean, sum(((z - mean) ** 2 for z in row), Fraction(0)) / len(row)


def _root(square: Fraction) -> Fraction:
    if square < 0:
        raise ArithmeticError("the variance and epsilon add to less than 0")
    with decimal.localcontext(MANY):
        root = (decimal.Decimal(square.numerator) / square.denominator).sqrt()
    if not root:
        raise ZeroDivisionError("the variance and epsilon are both 0")
    return Fraction(root)


def _exact(numbers) -> list[Fraction]:
    return [Fraction(number) for number in numbers.tolist()]


def _floats(numbers) -> Array:
    """Rounded once: Python's division of integers is; infinite beyond the largest."""
    table = [[_float(one) for one in row] if isinstance(row, list) else _float(row) for row in numbers]
    return np.array(table, np.float64)


def _float(number: Fraction) -> float:
    try:
        return number.numerator / number.denominator
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def training(rows: Array, gamma: Array, beta: Array, *, epsilon: float) -> tuple[Array, Array]:
    """(y [C, n], biased variance [C])."""
    y, variances = [], []
    for row, g, b in zip(map(_exact, rows), _exact(gamma), _exact(beta), strict=True):
        mean, variance = _moments(row)
        scale = g / _root(variance + Fraction(epsilon))
        y.append([scale * (z - mean) + b for z in row])
        variances.append(variance)
    return _floats(y), _floats(variances)


def inference(rows: Array, gamma: Array, beta: Array, mean: Array, variance: Array, *, epsilon: float) -> Array:
    """y [C, n]."""
    y = []
    for row, g, b, m, v in zip(map(_exact, rows), *map(_exact, (gamma, beta, mean, variance)), strict=True):
        scale = g / _root(v + Fraction(epsilon))
        y.append([scale * (z - m) + b for z in row])
    return _floats(y)


def running(rows: Array, mean: Array, variance: Array, *, momentum: float, correction: int) -> tuple[Array, Array]:
    """(mean [C], variance [C])."""
    new, means, variances = Fraction(momentum), [], []
    for row, old_mean, old_variance in zip(map(_exact, rows), _exact(mean), _exact(variance), strict=True):
        batch_mean, batch_variance = _moments(row)
        means.append((1 - new) * old_mean + new * batch_mean)
        variances.append((1 - new) * old_variance + new * batch_variance * len(row) / (len(row) - int(correction)))
    return _floats(means), _floats(variances)


def gradient(rows: Array, gamma: Array, upstream: Array, *, epsilon: float) -> tuple[Array, Array]:
    """(dx [C, n], dgamma [C])."""
    dx, dgamma = [], []
    for row, up, g in zip(map(_exact, rows), map(_exact, upstream), _exact(gamma), strict=True):
        mean, variance = _moments(row)
        scale, n = _root(variance + Fraction(epsilon)), len(row)
        z = [(one - mean) / scale for one in row]
        along, total = sum((a * b for a, b in zip(up, z, strict=True)), Fraction(0)), sum(up, Fraction(0))
        dx.append([g / scale * (u - total / n - one * along / n) for u, one in zip(up, z, strict=True)])
        dgamma.append(along)
    return _floats(dx), _floats(dgamma)


def inference_gradient(
    rows: Array, gamma: Array, mean: Array, variance: Array, upstream: Array, *, epsilon: float
) -> tuple[Array, Array]:
    """(dx [C, n], dgamma [C])."""
    dx, dgamma = [], []
    channels = zip(map(_exact, rows), *map(_exact, (gamma, mean, variance)), map(_exact, upstream), strict=True)
    for row, g, m, v, up in channels:
        root = _root(v + Fraction(epsilon))
        dx.append([g * u / root for u in up])
        dgamma.append(sum((u * (z - m) for u, z in zip(up, row, strict=True)), Fraction(0)) / root)
    return _floats(dx), _floats(dgamma)


def row_norm(rows: Array, gamma: Array, beta: Array, *, epsilon: float, centred: bool) -> Array:
    """y [R, n], gamma and beta of the same shape."""
    y = []
    for row, g, b in zip(map(_exact, rows), map(_exact, gamma), map(_exact, beta), strict=True):
        away, root = _normal(row, epsilon, centred)
        y.append([factor * z / root + more for z, factor, more in zip(away, g, b, strict=True)])
    return _floats(y)


def row_norm_gradient(
    rows: Array, gamma: Array, upstream: Array, *, epsilon: float, centred: bool
) -> tuple[Array, list[list[Fraction]]]:
    """(dx [R, n], upstream·z [R, n]), gamma of the same shape."""
    dx, products = [], []
    for row, g, up in zip(map(_exact, rows), map(_exact, gamma), map(_exact, upstream), strict=True):
        away, root = _normal(row, epsilon, centred)
        z, h, n = [one / root for one in away], [a * b for a, b in zip(g, up, strict=True)], len(row)
        along, total = sum((a * b for a, b in zip(h, z, strict=True)), Fraction(0)), sum(h, Fraction(0)) * centred
        dx.append([(a - total / n - one * along / n) / root for a, one in zip(h, z, strict=True)])
        products.append([a * b for a, b in zip(up, z, strict=True)])
    return _floats(dx), products


def _normal(row, epsilon, centred) -> tuple[list[Fraction], Fraction]:
    """(x - mean, or x where it is not centred; the root of its mean square and epsilon)."""
    mean, variance = _moments(row) if centred else (Fraction(0), sum((z * z for z in row), Fraction(0)) / len(row))
    return [z - mean for z in row], _root(variance + Fraction(epsilon))


def totals(products: list[list[Fraction]], shape: tuple[int, ...], axes: tuple[int, ...]) -> Array:
    """Fractions laid in a shape, added up along some of its axes."""
    table = np.array(products, object).reshape(shape).sum(axis=axes)
    return np.array([_float(one) for one in np.ravel(table)], np.float64).reshape(np.shape(table))
