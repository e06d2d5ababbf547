"""Narrower formats where nobody asked for them: a reduced-precision mode, a result on its way through another format."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .. import bounds
from ..operators import catalogue
from .convolutions import CONV, FULLY
from .mistake import Arguments, Mistake, Reading, Readings

PRODUCTS = (*CONV, *FULLY)
BITS = {"tf32": 11, "bfloat16": 8}
"""Formats with the range of float32, of which numbers are made by leaving out bits."""
ROUNDINGS = ("", "ties away from 0", "cut off")
"""To nearest with ties to even (""), as processors do; and as graphics processors do, by cvt.rna or by reading fewer bits."""


def _inputs(format: str) -> Readings:
    """Every real array rounded before it is used: to nearest, ties to even or away from 0, or cut off; or one of the arrays alone."""

    def read(operation: str, given: Arguments) -> Iterator[Reading]:
        names = [name for name in catalogue.OPERATIONS[operation].arrays if given.get(name) is not None]
        for how in ROUNDINGS if format in BITS else ("",):
            for several in (names, *([name] for name in names)):
                rounded = {name: round_to(given[name], format, how) for name in several}
                if all(np.isfinite(array).all() for array in rounded.values()):
                    alone = "" if len(several) > 1 else f"{several[0]} alone"
                    yield Reading(operation, given | rounded, ", ".join(filter(None, (how, alone))))

    return read


def _result(format: str) -> Readings:
    """The right results, if the format is narrower than the one they are stored in."""

    def read(operation: str, given: Arguments) -> Iterator[Reading]:
        if bounds.significand_bits(format) < bounds.significand_bits(_dtype(operation, given)):
            yield Reading(operation, given, stored=format)

    return read


def round_to(a: np.ndarray, format: str, how: str = "") -> np.ndarray:
    """float64 numbers, rounded to nearest in "tf32" (11 bits, the range of float32) or in a NumPy dtype; a NaN stays one.

    ``how``: one of :data:`ROUNDINGS`, for the formats of :data:`BITS`.
    """
    wide = np.asarray(a, np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        if format != "tf32" and not how:
            return wide.astype(np.dtype(format)).astype(np.float64)
        room = 2.0 ** BITS[format]
        fraction, exponent = np.frexp(wide)
        whole = {"": np.round, "ties away from 0": _ties_away, "cut off": np.trunc}[how](fraction * room)
        return np.ldexp(whole / room, exponent)


def _ties_away(numbers: np.ndarray) -> np.ndarray:
    return np.trunc(numbers + np.copysign(0.5, numbers))


def _dtype(operation: str, given: Arguments) -> np.dtype:
    return next(given[name].dtype for name in catalogue.OPERATIONS[operation].arrays if name != "labels")


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
