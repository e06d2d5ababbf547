"""The number formats: unit roundoff, the ends of the range, and how many numbers lie between two."""

import numpy as np

from .. import validation


def significand_bits(dtype) -> int:
    """t, the bits of the significand with the leading one: 11, 24, 53 for float16, float32, float64."""
    return np.finfo(dtype).nmant + 1


def unit_roundoff(dtype) -> float:
    """u = 2**-t: the largest relative error of one rounding to nearest (Higham 2002, theorem 2.2)."""
    return 2.0 ** -significand_bits(dtype)


def gamma(n, u: float):
    """n·u/(1 - n·u), elementwise in n (Higham 2002, lemma 3.1). BadInput where n·u reaches 1 and nothing is known."""
    product = np.asarray(n, np.float64) * u
    if np.any(product >= 1):
        validation.refuse("n", np.max(n), f"fewer than {1 / u:.0f} roundings", "sum in a wider dtype")
    return product / (1 - product)


def smallest_subnormal(dtype) -> float:
    """λ: twice the largest error of a product that underflows gradually."""
    return float(np.finfo(dtype).smallest_subnormal)


def smallest_normal(dtype) -> float:
    """λ_min: the largest error of a number that is flushed to zero."""
    return float(np.finfo(dtype).smallest_normal)


def exactly_representable(S, dtype) -> bool:
    """For whole numbers: S <= 2**t for every output, so that every partial sum, in any order, is exact in the dtype.

    Then every correct direct algorithm returns the same bits, and the tolerance is zero. S needs only be an upper bound.
    """
    return bool(np.all(np.asarray(S) <= 2.0 ** significand_bits(dtype)))


def ulp_distance(a, b) -> np.ndarray:
    """How many numbers of the dtype lie from a to b, elementwise, as float64; +0 and -0 are one; NaN is infinitely far."""
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype != b.dtype or a.dtype.kind != "f":
        validation.refuse("b.dtype", b.dtype, f"{a.dtype}, the dtype of a, a floating-point one", "convert one of them")
    distance = np.array([abs(p - q) for p, q in zip(_ranks(a), _ranks(b), strict=True)], np.float64)
    return np.where(np.isnan(a) | np.isnan(b), np.inf, distance.reshape(a.shape))


def _ranks(numbers) -> list[int]:
    """The place of each number among all of its dtype, counted from zero: the bits, mirrored for negative ones."""
    bits = np.ascontiguousarray(numbers).view(f"i{numbers.dtype.itemsize}").ravel().tolist()
    lowest = -(2 ** (8 * numbers.dtype.itemsize - 1))
    return [bit if bit >= 0 else lowest - bit for bit in bits]


def ulp(values, dtype) -> np.ndarray:
    """The distance of neighbouring numbers of the dtype at each float64 value: 2**(exponent - t), never below λ."""
    _, exponent = np.frexp(np.abs(values))
    spacing = np.ldexp(1.0, exponent - significand_bits(dtype))
    return np.where(np.asarray(values) == 0, smallest_subnormal(dtype), np.maximum(spacing, smallest_subnormal(dtype)))
