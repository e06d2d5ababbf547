"""A call of an operation: the shapes of its results, and whether its exact result is a finite number at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...reference import libraries, oracle
from ...reference.operators.catalogue import Operation


def result_shapes(operation: Operation, arguments: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Result → shape, from the reference itself. BadInput, in one line, for arguments that do not fit each other."""
    arrays = [arguments.get(name) for name in operation.arrays]
    wide = [a if a is None or a.dtype.kind in "iu" else a.astype(np.float64) for a in arrays]
    with np.errstate(all="ignore"):
        results = getattr(libraries.load(libraries.REFERENCE), operation.name)(
            *wide, **_parameters(operation, arguments)
        )
    return {name: y.shape for name, y in zip(operation.results, _tuple(results), strict=True)}


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
