"""Arithmetic in 50 decimal digits, whose exponential, logarithm and square root are correctly rounded, on NumPy arrays."""

import decimal
import math
from collections.abc import Callable, Iterable

import numpy as np

from .. import validation

NOTHING = decimal.Decimal(0)
MANY = decimal.Context(prec=50, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN, traps=[])


def each(function: Callable[..., float], *arrays: np.ndarray) -> np.ndarray:
    flat = [a.ravel().tolist() for a in arrays]
    return np.array([function(*numbers) for numbers in zip(*flat, strict=True)], np.float64).reshape(arrays[0].shape)


def decimally(function: Callable[..., decimal.Decimal], *arrays: np.ndarray) -> np.ndarray:
    """A function of decimals, element by element, rounded to float64. NaN in, NaN out."""
    dec = decimal.Decimal
    with decimal.localcontext(MANY):
        return each(
            lambda *numbers: math.nan if any(map(math.isnan, numbers)) else float(function(*map(dec, numbers))), *arrays
        )


def rows(function, axis, *arrays):
    """A function of rows of decimals, along one axis."""
    need_finite(arrays)
    moved = [np.moveaxis(a, axis, -1) for a in arrays]
    flat = [decimals(a.reshape(-1, a.shape[-1])) for a in moved]
    with decimal.localcontext(MANY):
        out = [[float(number) for number in function(*rows)] for rows in zip(*flat, strict=True)]
    return np.ascontiguousarray(np.moveaxis(np.array(out).reshape(moved[0].shape), -1, axis))


def decimals(table: np.ndarray) -> list[list[decimal.Decimal]]:
    return [[decimal.Decimal(number) for number in row] for row in table.tolist()]


def need_finite(arrays: Iterable[np.ndarray]):
    for numbers in arrays:
        if not np.isfinite(numbers).all():
            validation.refuse("data", "inf or NaN", "finite numbers", "test them on their own")
