"""Finite float64 numbers as integers times powers of two: taken apart into slices, added, and rounded once.

A sum is held as ``Parts``: exponent e → an int64 array p, meaning the sum of all p·2**e. As integers they are added without
error; :func:`rounded` makes the one rounding that there is.
"""

import math
from collections.abc import Iterator

import numpy as np

from .. import validation
from . import double_double as dd

Parts = dict[int, np.ndarray]

CHUNK = 2**14
"""How many results are rounded at a time: a float64 and what it takes to round it fit a processor's cache."""


def extent(numbers: np.ndarray) -> tuple[int, int]:
    """(low, high): every number is a whole multiple of 2**low, and smaller than 2**high in size; (0, 0) for zeros alone.

    Raises BadInput for infinity and NaN, which have no place in a sum of products.
    """
    flat = numbers.ravel()
    found = [_extent(flat[start : start + 2**20]) for start in range(0, flat.size, 2**20)]
    found = [each for each in found if each is not None]
    return (min(low for low, _ in found), max(high for _, high in found)) if found else (0, 0)


def _extent(numbers):
    if not np.isfinite(numbers).all():
        validation.refuse("data", "inf or NaN", "finite numbers in a sum of products", "test them element by element")
    fractions, exponents = np.frexp(numbers[numbers != 0])
    if not fractions.size:
        return None
    bits = np.ldexp(fractions, 53).astype(np.int64)
    lowest = np.frexp((bits & -bits).astype(np.float64))[1] - 1
    return int((exponents - 53 + lowest).min()), int(exponents.max())


def slices(numbers: np.ndarray, low: int, high: int, bits: int) -> Iterator[tuple[int, np.ndarray]]:
    """(e, s) from the top: the numbers are the sum of all s·2**e, the s whole numbers below 2**bits in size, as float64.

    ``low`` and ``high`` as of :func:`extent`, of these numbers or of more. Each remainder is what is left of a number after
    its leading bits are taken away, and so exact. Ozaki, Ogita, Oishi & Rump, *Error-free transformations of matrix
    multiplication by using fast routines of matrix multiplication*, Numer. Algorithms 59 (2012), §2.
    """
    rest = numbers
    for e in reversed(range(low, max(high, low + 1), bits)):
        # A number far below 2**e may underflow in this scaling: its slice is 0 all the same.
        slice_ = np.trunc(np.ldexp(rest, -e))
        yield e, slice_
        rest = rest - np.ldexp(slice_, e)


def whole(numbers: np.ndarray) -> tuple[int, list[int]]:
    """(low, integers): the numbers, flat, are the integers times 2**low."""
    flat = numbers.ravel()
    if (np.abs(flat) < 2**53).all() and (flat == np.trunc(flat)).all():
        return 0, flat.astype(np.int64).tolist()
    low, _ = extent(numbers)
    fractions, exponents = np.frexp(flat)
    bits, shifts = np.ldexp(fractions, 53).astype(np.int64).tolist(), (exponents - 53 - low).tolist()
    return low, [b << s if s >= 0 else b >> -s for b, s in zip(bits, shifts, strict=True)]


def totals(numbers: np.ndarray, denominator: int = 1) -> np.ndarray:
    """The sum over the last axis / denominator, rounded once."""
    low, high = extent(numbers)
    bits = room(numbers.shape[-1])
    return rounded({e: s.sum(axis=-1).astype(np.int64) for e, s in slices(numbers, low, high, bits)}, denominator)


def room(terms: int) -> int:
    """How many bits whole numbers may have so that any partial sum of so many of them is below 2**53: exact in float64."""
    return 53 - (max(terms, 1) - 1).bit_length()


def add(parts: Parts, e: int, whole_numbers: np.ndarray) -> None:
    """parts += whole_numbers·2**e, for float64 numbers up to 2**53 in size. int64 has room for 1023 such additions."""
    whole_numbers = whole_numbers.astype(np.int64)
    parts[e] = parts[e] + whole_numbers if e in parts else whole_numbers


def rounded(parts: Parts, denominator: int = 1) -> np.ndarray:
    """(the sum of all p·2**e) / denominator, rounded once to float64; infinite where that is beyond the largest.

    Most sums are rounded from double-double numbers that are known to err by less than what could change the result (Ziv,
    *Fast evaluation of elementary mathematical functions with correctly rounded last bit*, ACM TOMS 17, 1991); the others in
    Python's integers.
    """
    low, high, any_part = min(parts), max(parts), next(iter(parts.values()))
    flat, y = {e: p.ravel() for e, p in parts.items()}, np.empty(any_part.size)
    # Within these no part of a double-double number overflows or underflows, and neither does the result.
    roomy = low >= -900 and high <= 900 and high - low <= 800 and denominator <= 2**53
    for start in range(0, y.size, CHUNK):
        chunk = {e: p[start : start + CHUNK] for e, p in flat.items()}
        done = y[start : start + CHUNK]
        doubtful = np.ones(done.shape, bool)
        if roomy:
            done[:], doubtful = _estimated(chunk, low, denominator)
        if doubtful.any():
            done[doubtful] = quotients(_integers({e: p[doubtful] for e, p in chunk.items()}), low, denominator)
    return y.reshape(any_part.shape)


def _estimated(parts: Parts, low: int, denominator: int) -> tuple[np.ndarray, np.ndarray]:
    """(the quotients, where they may be wrongly rounded)."""
    first, *_ = parts.values()
    if sum(int(np.abs(p).max(initial=0)) << (e - low) for e, p in parts.items()) <= 2**53:
        # The sum is a float64, only the quotient rounds.
        total = sum((np.ldexp(p.astype(np.float64), e - low) for e, p in parts.items()), np.zeros(first.shape))
        return np.ldexp(total / denominator, low), np.zeros(first.shape, bool)
    total, size = dd.number(np.zeros(first.shape)), np.zeros(first.shape)
    for e in sorted(parts, reverse=True):
        leading = parts[e].astype(np.float64)
        for term in (leading, (parts[e] - leading.astype(np.int64)).astype(np.float64)):
            if term.any():
                total, size = dd.add(total, dd.number(np.ldexp(term, e - low))), size + np.ldexp(np.abs(term), e - low)
    if denominator != 1:
        total, size = dd.divide(total, dd.number(np.full(size.shape, float(denominator)))), size / denominator
    # Each addition errs by 2**-104 of the sizes added so far, the division by 2**-100.
    error = size * ((len(parts) + 8) * 2.0**-100)
    down, up = total[0] + (total[1] - error), total[0] + (total[1] + error)
    return np.ldexp(down, low), down != up


def _integers(parts: Parts) -> list[int]:
    """The sums in units of 2**(the least exponent)."""
    first, *others = sorted(parts, reverse=True)
    numbers, last = parts[first].tolist(), first
    for e in others:
        shift, last = last - e, e
        numbers = [(high << shift) + low for high, low in zip(numbers, parts[e].tolist(), strict=True)]
    return numbers


def quotients(numbers: list[int], exponent: int, denominator: int = 1) -> np.ndarray:
    """integer·2**exponent / denominator, each rounded once: Python's division of integers is correctly rounded."""
    if exponent >= 0:
        numbers = [number << exponent for number in numbers]
    else:
        denominator <<= -exponent
    try:
        return np.array([number / denominator for number in numbers], np.float64)
    except OverflowError:
        return np.array([_nearest(number, denominator) for number in numbers], np.float64)


def _nearest(number, denominator):
    try:
        return number / denominator
    except OverflowError:
        return math.inf if number > 0 else -math.inf
