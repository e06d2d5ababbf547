"""Each exact result is computed once, whatever thread asks for it: all libraries are judged by the same one."""

import functools
import hashlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import cachetools
import numpy as np

F = TypeVar("F", bound=Callable)

Array = np.ndarray
Pair = tuple[int, int]
Sides = tuple[Pair, ...]
"""Zeros before and after, for each axis."""

KEPT_ELEMENTS = 8_000_000
"""How many elements of results are kept, those that were asked for longest ago leaving first: 8 bytes each."""


def _parts(result: Any) -> tuple[np.ndarray, ...]:
    return result if isinstance(result, tuple) else (result,)


_results = cachetools.LRUCache(KEPT_ELEMENTS, getsizeof=lambda result: sum(part.size for part in _parts(result)))
_door = threading.Condition()


def once(function: F) -> F:
    """Compute each result once, whatever thread asks; the key is the operation, the arrays' values, the parameters."""

    def key(*arrays, **parameters):
        return (function, *map(_digest, arrays), *sorted(parameters.items()))

    @cachetools.cached(_results, key, condition=_door)
    @functools.wraps(function)
    def remembering(*arrays, **parameters):
        result = function(*map(_wide, arrays), **parameters)
        # NumPy makes a scalar of what has no axes.
        result = tuple(map(np.asarray, result)) if isinstance(result, tuple) else np.asarray(result)
        for part in _parts(result):
            part.flags.writeable = False
        return result

    return remembering  # pyright: ignore[reportReturnType]


def forget() -> None:
    """For who measures how long it takes."""
    with _door:
        _results.clear()


def _wide(values):
    """float64, but for labels, which stay whole numbers."""
    if values is None or (isinstance(values, np.ndarray) and values.dtype.kind in "iu"):
        return values
    return np.asarray(values, np.float64)


def _digest(values):
    if values is None:
        return None
    shape = np.shape(values)  # of a number too, which ascontiguousarray gives an axis
    values = np.ascontiguousarray(values, np.float64)
    return shape, hashlib.sha1(values.data, usedforsecurity=False).digest()
