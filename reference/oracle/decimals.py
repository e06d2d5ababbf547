"""Arithmetic in 50 decimal digits, with room for every number, whose square root is correctly rounded."""

import decimal
from collections.abc import Iterable

import numpy as np

from .. import validation

NOTHING = decimal.Decimal(0)
MANY = decimal.Context(prec=50, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN, traps=[])


def decimals(table: np.ndarray) -> list[list[decimal.Decimal]]:
    return [[decimal.Decimal(number) for number in row] for row in table.tolist()]


def floats(numbers: list) -> np.ndarray:
    """Decimals, or rows of them, each rounded to float64."""
    return np.array([floats(each) if isinstance(each, list) else float(each) for each in numbers], np.float64)


def need_finite(arrays: Iterable[np.ndarray]):
    for numbers in arrays:
        if not np.isfinite(numbers).all():
            validation.refuse("data", "inf or NaN", "finite numbers", "test them on their own")
