"""What is asked of a student's file in its own process: which functions it has, and one call of one of them."""

from __future__ import annotations

import contextlib
import functools
import inspect
import linecache
import traceback
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from ...reference.libraries import Unsupported


def functions(library: ModuleType) -> list[tuple[str, list[tuple[str, str]]]]:
    """[(name, [(parameter, the kind of its default: "", "str", "tuple" or another)])] of the functions that the file itself defines."""
    found = []
    for name, one in vars(library).items():
        if inspect.isfunction(one) and one.__module__ == library.__name__ and not name.startswith("_"):
            found.append((name, [(p.name, _default(p)) for p in _parameters(one)]))
    return found


def offered(library: ModuleType, *, operations: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """{name: ""} of those operations that the file has, its own signature where it cannot be given these parameters by name."""
    found = dict[str, str]()
    for name, parameters in operations.items():
        function = getattr(library, name, None)
        if callable(function):
            found[name] = ""
            with contextlib.suppress(ValueError):  # one that is not written in Python tells no signature
                signature = inspect.signature(function)
                try:
                    signature.bind(**dict.fromkeys(parameters))
                except TypeError:
                    found[name] = f"{name}{signature}"
    return found


def _default(parameter: inspect.Parameter) -> str:
    return "" if parameter.default is parameter.empty else type(parameter.default).__name__


def _parameters(function: Any) -> list[inspect.Parameter]:
    return [
        p for p in inspect.signature(function).parameters.values() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]


def called(
    library: ModuleType,
    *,
    name: str,
    places: Sequence[str],
    settings: Mapping[str, Any],
    each: bool,
    **arrays: np.ndarray,
) -> list[np.ndarray]:
    """The function's results for these arrays, each given as the parameter of its place. What it raises is told with its own line."""
    given = {place: np.array(arrays[f"array_{i}"]) for i, place in enumerate(places)}
    try:
        function = functools.partial(getattr(library, name), **settings)
        result = _one_by_one(function, given) if each else function(**given)
    except Exception as error:
        raise Unsupported(_told(error, str(library.__file__))) from None
    several = result if isinstance(result, tuple) else (result,)
    return [_number(one, i) for i, one in enumerate(several)]


def _one_by_one(function: Any, given: Mapping[str, np.ndarray]) -> np.ndarray:
    """A function of numbers, called with each in turn."""
    numbers = zip(*(array.ravel().tolist() for array in given.values()), strict=True)
    shape = next(iter(given.values())).shape
    return np.array([function(**dict(zip(given, one, strict=True))) for one in numbers], float).reshape(shape)


def _number(one: Any, place: int) -> np.ndarray:
    which = f"result {place + 1}" if place else "the result"
    if one is None:
        raise Unsupported(f"{which} is None: does the function end in a return?")
    try:
        array = np.asarray(one)
    except Exception as error:
        raise Unsupported(f"{which} is no array of numbers: {type(one).__name__}; {error}") from None
    if array.dtype.kind not in "fiub":
        raise Unsupported(f"{which} is {type(one).__name__}, expected an array of real numbers")
    return array.astype(np.float64) if array.dtype.kind in "iub" else array


def _told(error: Exception, file: str) -> str:
    """What was raised, and the line of the student's file that did it."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    where = f" at line {lines[-1]}: {linecache.getline(file, lines[-1] or 0).strip()}" if lines else ""
    return f"{type(error).__name__}: {error}{where}"
