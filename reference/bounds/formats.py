"""The number formats: unit roundoff, the ends of the range, and how many numbers lie between two."""

from contextvars import ContextVar
from typing import Any, Protocol

import ml_dtypes
import numpy as np
from numpy.typing import ArrayLike

from .. import validation

Numbers = ArrayLike
"""One number, or an array of them."""
Format = Any
"""A number format, as NumPy names it or its type."""
FORMATS = ("bfloat16", "float16", "float32", "float64")


def significand_bits(dtype: Format) -> int:
    """t, the bits of the significand with the leading one: 8, 11, 24, 53 for bfloat16, float16, float32, float64."""
    return int(ml_dtypes.finfo(dtype).nmant) + 1


def unit_roundoff(dtype: Format) -> float:
    """u = 2**-t: the largest relative error of one rounding to nearest (Higham 2002, theorem 2.2)."""
    return 2.0 ** -significand_bits(dtype)


class Growth(Protocol):
    """How rounding errors add up: as all of one sign, the worst case, unless a :mod:`.growth` says otherwise."""

    def counted(self, n: np.ndarray) -> np.ndarray: ...


GROWTH: ContextVar[Growth | None] = ContextVar("growth", default=None)


def counted(n: Numbers) -> Any:
    """For how many roundings of one sign n of them count: for n, in the worst case."""
    numbers, growth = np.asarray(n, np.float64), GROWTH.get()
    return numbers if growth is None else growth.counted(numbers)


def gamma(n: Numbers, u: float) -> Any:
    """n·u/(1 - n·u), elementwise in n (Higham 2002, lemma 3.1). BadInput where n·u reaches 1 and nothing is known.

    Inside a :mod:`.growth` it is that of :func:`counted` n, and where this reaches 1/2 the (1 + u)^n - 1 that γ(n) stands for.
    """
    product = counted(n) * u
    if GROWTH.get() is not None:
        return np.where(product < 0.5, product / (1 - np.minimum(product, 0.5)), np.expm1(np.minimum(product, 600.0)))
    if np.any(product >= 1):
        validation.refuse("n", np.max(n), f"fewer than {1 / u:.0f} roundings", "sum in a wider dtype")
    return product / (1 - product)


def smallest_subnormal(dtype: Format) -> float:
    """λ: twice the largest error of a product that underflows gradually."""
    return float(ml_dtypes.finfo(dtype).smallest_subnormal)


def smallest_normal(dtype: Format) -> float:
    """λ_min: the largest error of a number that is flushed to zero."""
    return float(ml_dtypes.finfo(dtype).smallest_normal)


def largest(dtype: Format) -> float:
    """The largest finite number."""
    return float(ml_dtypes.finfo(dtype).max)


def exactly_representable(S: Numbers, dtype: Format) -> bool:
    """For whole numbers: S <= 2**t for every output, so that every partial sum, in any order, is exact in the dtype.

    Then every correct direct algorithm returns the same bits, and the tolerance is zero. S needs only be an upper bound.
    """
    return bool(np.all(np.asarray(S) <= 2.0 ** significand_bits(dtype)))


def quantum(numbers: Numbers) -> float:
    """The largest power of two of which all the numbers are whole multiples; infinite where all are 0."""
    values = np.abs(np.asarray(numbers, np.float64).ravel())
    fraction, exponent = np.frexp(values[values > 0])
    # The significand as a whole number of 53 bits: x & -x is its lowest one.
    whole = np.ldexp(fraction, 53).astype(np.int64)
    lowest = np.log2((whole & -whole).astype(np.float64)) + exponent - 53
    return float(2.0 ** lowest.min(initial=np.inf))


def ulp_distance(a: Numbers, b: Numbers) -> np.ndarray:
    """How many numbers of the dtype lie from a to b, elementwise, as float64; +0 and -0 are one; NaN is infinitely far."""
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype != b.dtype or a.dtype.name not in FORMATS:
        validation.refuse("b.dtype", b.dtype, f"{a.dtype}, the dtype of a, a floating-point one", "convert one of them")
    first, second = _ranks(a), _ranks(b)
    # Unsigned, as two float64 numbers may lie 2**64 apart.
    distance = np.maximum(first, second).view(np.uint64) - np.minimum(first, second).view(np.uint64)
    return np.where(np.isnan(a) | np.isnan(b), np.inf, distance.astype(np.float64).reshape(a.shape))


def _ranks(numbers) -> np.ndarray:
    """The place of each number among all of its dtype, counted from zero: the bits, mirrored for negative ones."""
    bits = np.ascontiguousarray(numbers).view(f"i{numbers.dtype.itemsize}").astype(np.int64).reshape(-1)
    lowest = np.int64(-(2 ** (8 * numbers.dtype.itemsize - 1)))
    return np.where(bits >= 0, bits, lowest - bits)


def ulp(values: Numbers, dtype: Format) -> np.ndarray:
    """The distance of neighbouring numbers of the dtype at each float64 value: 2**(exponent - t), never below λ."""
    _, exponent = np.frexp(np.abs(values))
    spacing = np.ldexp(1.0, exponent - significand_bits(dtype))
    return np.where(np.asarray(values) == 0, smallest_subnormal(dtype), np.maximum(spacing, smallest_subnormal(dtype)))


def near_a_tie(numbers: Numbers, dtype: Format, off: Numbers) -> np.ndarray:
    """Where a number lies less than ``off`` from the middle between two numbers of the dtype, so that it may be rounded either way."""
    wide = np.asarray(numbers, np.float64)
    with np.errstate(over="ignore"):
        beyond = np.abs(wide - wide.astype(dtype).astype(np.float64))
    return np.abs(beyond - ulp(wide, dtype) / 2) < off


def without_digits(got: Numbers, wanted: Numbers) -> np.ndarray:
    """Where no digit of a number is right: off by half of the one wanted, or more; numbers below λ_min may be lost whole."""
    got, wanted = np.asarray(got), np.asarray(wanted, np.float64)
    off = np.abs(got.astype(np.float64) - wanted)
    return (off >= np.abs(wanted) / 2) & (np.abs(wanted) >= smallest_normal(got.dtype))
