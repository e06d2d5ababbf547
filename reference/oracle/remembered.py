"""Each exact result is computed once, whatever thread asks for it: all libraries are judged by the same one."""

import functools
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

F = TypeVar("F", bound=Callable)

#: How many elements of results are kept, the oldest leaving first: 8 bytes each.
KEPT_ELEMENTS = 8_000_000

_remembered: OrderedDict[Any, "_Cell"] = OrderedDict()
_door = threading.Lock()
_held = 0


class _Cell:
    """One result, and the lock under which it is computed: a second thread waits for the first, others go on."""

    __slots__ = ("lock", "result")

    def __init__(self):
        self.lock = threading.Lock()
        self.result: Any = None


def once(function: F) -> F:
    """Compute each result once, whatever thread asks; the key is the operation, the arrays' values, the parameters."""

    @functools.wraps(function)
    def remembering(*arrays, **parameters):
        global _held
        key = (function.__name__, *map(_digest, arrays), *sorted(parameters.items()))
        with _door:
            cell = _remembered.setdefault(key, _Cell())
            _remembered.move_to_end(key)
        with cell.lock:
            if cell.result is not None:
                return cell.result
            result = function(*map(_wide, arrays), **parameters)
            # NumPy makes a scalar of what has no axes.
            result = tuple(map(np.asarray, result)) if isinstance(result, tuple) else np.asarray(result)
            for part in result if isinstance(result, tuple) else (result,):
                part.flags.writeable = False
            cell.result = result
        with _door:
            # If it left while it was being computed, it is not there to be counted.
            _held += _elements(result) if _remembered.get(key) is cell else 0
            while _held > KEPT_ELEMENTS and len(_remembered) > 1:
                _held -= _elements(_remembered.popitem(last=False)[1].result)
        return result

    return remembering  # pyright: ignore[reportReturnType]


def _wide(values):
    """float64, but for labels, which stay whole numbers."""
    if values is None or (isinstance(values, np.ndarray) and values.dtype.kind in "iu"):
        return values
    return np.asarray(values, np.float64)


def _digest(values):
    if values is None:
        return None
    values = np.ascontiguousarray(values, np.float64)
    return values.shape, hashlib.blake2b(values.data, digest_size=16).digest()


def _elements(result):
    return sum(part.size for part in result) if isinstance(result, tuple) else 0 if result is None else result.size
