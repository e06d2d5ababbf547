"""Functions of real numbers, in 50 decimal digits, rounded once to float64."""

import decimal

import numpy as np

from ..remembered import once
from .decimals import NOTHING, decimally, rows


def shrunk(z: decimal.Decimal) -> decimal.Decimal:
    """exp(-|z|), in (0, 1]. Beyond 10,000 it is below every float64, and need not be known."""
    return (-abs(z)).exp() if abs(z) < 10_000 else decimal.Decimal(0)


def _logistic(z):
    small = shrunk(z)
    return 1 / (1 + small) if z >= 0 else small / (1 + small)


def _tanh(z):
    if abs(z) < decimal.Decimal("1e-5"):
        # The quotient below would cancel. The next term, 17/315·z**6, is below 1e-31 of the whole.
        square = z * z
        return z * (1 + square * (-decimal.Decimal(1) / 3 + square * decimal.Decimal(2) / 15))
    small = shrunk(2 * z)
    return ((1 - small) / (1 + small)).copy_sign(z)


@once
def exp(x) -> np.ndarray:
    """exp z. Beyond ±10,000: 0 and infinity, as in every format here."""
    return decimally(
        lambda z: z.exp() if abs(z) < 10_000 else decimal.Decimal("inf") if z > 0 else decimal.Decimal(0), x
    )


@once
def logistic(x) -> np.ndarray:
    """1 / (1 + exp(-z))."""
    return decimally(_logistic, x)


@once
def logistic_gradient(x, upstream) -> np.ndarray:
    """upstream · exp(-|z|) / (1 + exp(-|z|))**2."""
    return decimally(lambda z, u: u * shrunk(z) / (1 + shrunk(z)) ** 2, x, upstream)


@once
def tanh(x) -> np.ndarray:
    """(1 - exp(-2|z|)) / (1 + exp(-2|z|)), with the sign of z."""
    return decimally(_tanh, x)


@once
def tanh_gradient(x, upstream) -> np.ndarray:
    """upstream · 4·exp(-2|z|) / (1 + exp(-2|z|))**2."""
    return decimally(lambda z, u: 4 * u * shrunk(2 * z) / (1 + shrunk(2 * z)) ** 2, x, upstream)


@once
def softmax(x, *, axis) -> np.ndarray:
    """exp z[i] / sum of exp z[j]."""
    return rows(_softmax, axis, x)


@once
def softmax_gradient(x, upstream, *, axis) -> np.ndarray:
    """y[i]·(upstream[i] - sum of upstream[j]·y[j])."""

    def row(z, u):
        y = _softmax(z)
        mean = sum((a * b for a, b in zip(u, y, strict=True)), NOTHING)
        return [a * (b - mean) for a, b in zip(y, u, strict=True)]

    return rows(row, axis, x, upstream)


def _softmax(z):
    largest = max(z)
    grown = [shrunk(largest - one) for one in z]
    total = sum(grown, NOTHING)
    return [one / total for one in grown]
