"""Sums in a narrow format, step by step: each product rounded, each partial sum, or the sum of each part of the terms.

What a processor's matrix units and libraries do with float16 and bfloat16: products rounded and then summed in float32; one running sum in
the narrow format; a sum split into parts (split k, blocks of a kernel), each summed in float32 and rounded at its end, and added in the narrow format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from .made import Made, Rounding, Terms

PARTS = (2, 3, 4, 6, 8, 12, 16, 32, 64)
BLOCKS = (512, 256, 128, 64, 32, 16, 8, 4)
"""In how many parts a sum is split, or how many terms each part has."""


LONGEST = 2**13
"""Longer sums are not added one by one here: it takes seconds, and a narrow sum of so many numbers of one sign stands still."""

Way = Callable[[Terms], Made]


def narrow_sums(format: Any, *, terms: int, taps: int, biased: bool) -> Iterator[Way]:
    """The likeliest first. ``terms``: n; ``taps``: as in :class:`.made.Terms`."""
    for apart in (False, True) if biased else (False,):
        yield partial(_products, format=format, apart=apart)
    for last in (False, True) if 1 < taps < terms else (False,):
        for before in (False, True) if biased else (False,):
            order = {"format": format, "last": last, "before": before}
            if terms <= LONGEST:
                yield partial(_running, **order, rounds=True)
                yield partial(_running, **order, rounds=False)
            for length in _lengths(terms):
                yield partial(_parts, **order, length=length)


def _lengths(n: int) -> list[int]:
    split = [length for k in PARTS for length in (n // k, -(-n // k))]
    return [length for length in dict.fromkeys([*split, *BLOCKS]) if 1 < length < n]


def _products(given: Terms, *, format: Any, apart: bool) -> Made:
    rounding = Rounding(format, len(given.products))
    products = given.products.astype(rounding.format).astype(np.float32)
    off, y = Terms(products, None, given.taps).deviation(), products.sum(axis=1, dtype=np.float64)
    if apart:
        y, off = rounding(y.astype(np.float32), off), 0.0
    y = rounding((y if given.bias is None else y + given.bias).astype(np.float32), off)
    says = f"each product was rounded to {rounding.format.name}, and the products summed in float32"
    return rounding.made(says, "the sum rounded before the bias is added" if apart else "", y, 1 + apart)


def _running(given: Terms, *, format: Any, last: bool, before: bool, rounds: bool) -> Made:
    rounding, given = Rounding(format, len(given.products)), given.channels_last() if last else given
    products = given.products.astype(rounding.format).astype(np.float32) if rounds else given.products
    total = given.bias if before and given.bias is not None else np.zeros(len(products), np.float32)
    for k in range(products.shape[1]):
        total = rounding(total + products[:, k])
    says = f"one product after the other was added in {rounding.format.name}"
    detail = _detail("each product rounded to it first" if rounds else "", last, before)
    return rounding.made(says, detail, _with_bias(total, given, before, rounding), products.shape[1])


def _parts(given: Terms, *, format: Any, last: bool, before: bool, length: int) -> Made:
    rounding, given = Rounding(format, len(given.products)), given.channels_last() if last else given
    starts = range(0, given.products.shape[1], length)
    total = given.bias if before and given.bias is not None else np.zeros(len(given.products), np.float32)
    for start in starts:
        part = Terms(given.products[:, start : start + length], None, 1)
        own = rounding(part.products.sum(axis=1, dtype=np.float64).astype(np.float32), part.deviation())
        total = rounding(total + own)
    name = rounding.format.name
    says = f"the sum was split into {len(starts)} parts, each summed in float32, rounded to {name} at its end and added in it"
    detail = _detail(f"{length} terms each", last, before)
    return rounding.made(says, detail, _with_bias(total, given, before, rounding), 2 * len(starts))


def _with_bias(total: np.ndarray, given: Terms, before: bool, rounding: Rounding) -> np.ndarray:
    return total if before or given.bias is None else rounding(total + given.bias)


def _detail(text: str, last: bool, before: bool) -> str:
    return ", ".join(filter(None, (text, "channels last" if last else "", "the bias first" if before else "")))
