"""Narrower formats where nobody asked for them: a reduced-precision mode, a result on its way through another format."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .. import bounds
from ..operators import catalogue
from .convolutions import CONV, FULLY
from .mistake import Arguments, Mistake, Reading, Readings

PRODUCTS = (*CONV, *FULLY)


def _inputs(format: str) -> Readings:
    """Every real array rounded before it is used."""

    def read(operation: str, given: Arguments) -> Iterator[Reading]:
        rounded = {
            name: round_to(given[name], format)
            for name in catalogue.OPERATIONS[operation].arrays
            if given.get(name) is not None
        }
        if all(np.isfinite(array).all() for array in rounded.values()):
            yield Reading(operation, given | rounded)

    return read


def _result(format: str) -> Readings:
    """The right results, if the format is narrower than the one they are stored in."""

    def read(operation: str, given: Arguments) -> Iterator[Reading]:
        dtype = next(given[name].dtype for name in catalogue.OPERATIONS[operation].arrays if name != "labels")
        if bounds.significand_bits(format) < bounds.significand_bits(dtype):
            yield Reading(operation, given, stored=format)

    return read


def round_to(a: np.ndarray, format: str) -> np.ndarray:
    """float64 numbers, rounded to nearest in "tf32" (11 bits, the range of float32) or in a NumPy dtype; a NaN stays one."""
    wide = np.asarray(a, np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        if format != "tf32":
            return wide.astype(np.dtype(format)).astype(np.float64)
        fraction, exponent = np.frexp(wide)
        return np.ldexp(np.round(fraction * 2.0**11) * 2.0**-11, exponent)


MISTAKES = [
    Mistake(
        "inputs rounded to TF32",
        "the inputs were rounded to TF32 (11 bits) before they were multiplied",
        "turn TF32 off: a reduced-precision mode",
        PRODUCTS,
        _inputs("tf32"),
        "https://github.com/pytorch/pytorch/issues/153698",
    ),
    *[
        Mistake(f"inputs rounded to {format}", f"the inputs were rounded to {how}", remedy, PRODUCTS, _inputs(format))
        for format, how, remedy in (
            ("bfloat16", "bfloat16 (8 bits) before they were multiplied", "turn off the reduced-precision mode"),
            ("float16", "float16 (11 bits) before they were used", "turn off the reduced-precision mode"),
            ("float32", "float32 before they were used", "keep float64 all the way"),
        )
    ],
    *[
        Mistake(
            f"result rounded to {format}",
            f"the result was rounded to {format} on its way",
            "keep the wider format all the way",
            tuple(catalogue.OPERATIONS),
            _result(format),
        )
        for format in ("float32", "bfloat16", "float16")
    ],
]
