"""Known mistakes: what somebody computed who meant one operation and did another.

Most have been made by somebody (``docs/mistakes.md`` says where). A mistake reads the arguments of an operation as other
arguments, or as another operation's, so that its exact result and its rounding bound are as well known as the right ones.
That serves twice: a result that lies outside its bound is explained by the mistake within whose bound it lies; and a claim
is put to the test by a library that makes the mistake (:func:`commit`), which the claim must refute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..operators import catalogue
from . import activations, convolutions, functions, images, norms, pooling, precision, resampling, rows, transposed
from .losses import binary, weighed
from .mistake import Arguments, Mistake, Reading
from .precision import round_to

__all__ = ["MISTAKES", "Mistake", "Reading", "commit", "known", "readings", "round_to"]

MISTAKES: dict[str, Mistake] = {
    mistake.name: mistake
    for part in (
        convolutions,
        transposed,
        images,
        pooling,
        resampling,
        norms,
        rows,
        functions,
        activations,
        weighed,
        binary,
        precision,
    )
    for mistake in part.MISTAKES
}


def known(operation: str) -> list[Mistake]:
    """The mistakes that can be made with an operation."""
    return [mistake for mistake in MISTAKES.values() if operation in mistake.operations]


def readings(mistake: Mistake, operation: str, arguments: Mapping[str, Any]) -> Iterator[Reading]:
    """What the mistake may come to for these arguments; nothing where it cannot be made or would change nothing."""
    given = dict(arguments)
    for reading in mistake.readings(operation, given):
        if (
            reading.then
            or reading.stored
            or reading.lost
            or reading.operation != operation
            or not _alike(reading.arguments, given)
        ):
            yield reading


def commit(lib: Any, *arrays: Any, mistake: str, operation: str, **arguments: Any) -> Any:
    """Run an operation of a library with a mistake: an operator mutant, once ``mistake`` and ``operation`` are given.

    The other arguments are those of the operation. Raises ValueError where the mistake cannot be made with them.
    """
    meant = catalogue.OPERATIONS[operation]
    arguments = dict(zip(meant.arrays, arrays, strict=False)) | arguments
    reading = next(readings(MISTAKES[mistake], operation, arguments), None)
    if reading is None:
        raise ValueError(f"mistake={mistake!r}: cannot be made with these arguments of {operation}")
    done = catalogue.OPERATIONS[reading.operation]
    dtype = next(arguments[name].dtype for name in meant.arrays if name != "labels")
    given = [_stored(reading.arguments.get(name), dtype, name) for name in done.arrays]
    results = getattr(lib, reading.operation)(*given, **done.settings(reading.arguments))
    named = dict(zip(done.results, results if isinstance(results, tuple) else (results,), strict=True))
    made = [reading.made(name, named[name]) for name in meant.results]
    for name, (where, instead) in reading.lost.items():
        place = list(meant.results).index(name)
        made[place] = np.where(where, instead, made[place])
    if reading.stored:
        made = [round_to(one, reading.stored) for one in made]
    made = [np.ascontiguousarray(one.astype(dtype)) for one in made]
    return tuple(made) if len(made) > 1 else made[0]


def _stored(array: np.ndarray | None, dtype: np.dtype[Any], name: str) -> np.ndarray | None:
    return array if array is None or name == "labels" else np.ascontiguousarray(array.astype(dtype))


def _alike(first: Arguments, second: Arguments) -> bool:
    def same(a: Any, b: Any) -> bool:
        arrays = isinstance(a, np.ndarray), isinstance(b, np.ndarray)
        return np.array_equal(a, b) if all(arrays) else not any(arrays) and a == b

    return first.keys() == second.keys() and all(same(first[name], second[name]) for name in first)
