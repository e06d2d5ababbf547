"""A call of an operation: the shapes of its results, and whether its exact result is a finite number at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...reference import libraries, oracle
from ...reference.operators.catalogue import Operation


def result_shapes(operation: Operation, arguments: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Result → shape, from the reference itself. BadInput, in one line, for arguments that do not fit each other."""
    arrays = {name: arguments.get(name) for name in operation.arrays}
    batch = _batch(operation, arrays)
    fewer = arrays if batch is None else _one_of_each(operation, arrays, arguments.get("groups", 1))
    wide = [a if a is None or a.dtype.kind in "iu" else a.astype(np.float64) for a in fewer.values()]
    with np.errstate(all="ignore"):
        results = getattr(libraries.load(libraries.REFERENCE), operation.name)(
            *wide, **_parameters(operation, arguments)
        )
    shapes = {name: y.shape for name, y in zip(operation.results, _tuple(results), strict=True)}
    if batch is None:
        return shapes
    whole = {f"d{name}": a.shape for name, a in arrays.items() if a is not None}
    return {
        name: whole.get(name, (batch, *s[1:]) if operation.axes(name)[0] == "N" else s) for name, s in shapes.items()
    }


def _batch(operation: Operation, arrays: Mapping[str, np.ndarray | None]) -> int | None:
    """How many images or rows there are, each of which is computed as the others; None where numbers of all of them decide what is allowed."""
    if "labels" in arrays or "reduction" in operation.parameters or any("…" in operation.axes(name) for name in arrays):
        return None
    sizes = {len(a) for name, a in arrays.items() if a is not None and a.ndim and operation.axes(name)[0] == "N"}
    return sizes.pop() if len(sizes) == 1 else None


def _one_of_each(
    operation: Operation, arrays: Mapping[str, np.ndarray | None], groups: Any
) -> dict[str, np.ndarray | None]:
    """One image or row, and one channel a group where they fit the kernel's: all others have the same results' shapes."""
    fewer = {name: a[:1] if a is not None and operation.axes(name)[0] == "N" else a for name, a in arrays.items()}
    x, w = fewer.get("x"), fewer.get("w")
    of_output = w is not None and operation.axes("w")[0] == "O"
    if x is not None and w is not None and of_output and x.ndim == w.ndim and x.shape[1] == w.shape[1] * groups:
        fewer |= {"x": x[:, :groups], "w": w[:, :1]}
    return fewer


def is_finite(operation: Operation, arguments: Mapping[str, Any]) -> bool:
    """Whether no element of the exact results is 1/0 or log 0. The oracle remembers them, so that this costs nothing."""
    arrays = [arguments.get(name) for name in operation.arrays]
    try:
        with np.errstate(all="ignore"):
            results = getattr(oracle, operation.name)(*arrays, **_parameters(operation, arguments))
    except ArithmeticError:
        return False
    return all(np.isfinite(y).all() for y in _tuple(results))


def _parameters(operation: Operation, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return operation.settings(arguments)


def _tuple(results: Any) -> tuple[Any, ...]:
    return results if isinstance(results, tuple) else (results,)
