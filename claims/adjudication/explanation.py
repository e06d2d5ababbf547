"""Which known mistake would explain an output that lies outside: each is tried, with its own exact result and bound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ...reference import bounds, mistakes
from ...reference.judging import assessment
from ...reference.mistakes import Reading
from ...reference.operators import catalogue
from ...reference.operators.catalogue import Operation
from ...reference.validation import BadInput
from .calls import is_finite, result_shapes
from .finding import Explanation

Results = Mapping[str, np.ndarray]

_ROWS = {name: 0 for name in ("x", "y", "logits", "labels", "p", "upstream", "dx", "dlogits", "dp")}
_FEATURES = {"w": 0, "b": 0, "y": 1}
_FEATURES_GRADIENT = {"w": 0, "upstream": 1, "dw": 0, "db": 0}
_INPUTS_GRADIENT = {"x": 1, "w": 1, "dx": 1, "dw": 1}
_CHANNELS = {name: 1 for name in ("x", "y", "upstream", "dx")} | {
    name: 0 for name in ("gamma", "beta", "mean", "variance", "dgamma", "dbeta", "alpha", "dalpha")
}


def _apart(reading: Reading, rank: int) -> list[Mapping[str, int]]:
    """Along what the results do not depend on each other: for each array and result, which of its axes that is.

    A result that is not named depends on all of it. ``rank``: how many axes the result in question has.
    """
    declared = catalogue.OPERATIONS[reading.operation].apart
    if declared is not None:
        return [*declared(reading.arguments, rank)]
    name, gradient = reading.operation, reading.operation.endswith("_gradient")
    if "w" in reading.arguments:
        return [_FEATURES_GRADIENT, _INPUTS_GRADIENT, _ROWS] if gradient else [_ROWS, _FEATURES]
    if "labels" in reading.arguments:
        return [_ROWS]
    if name.startswith(("batch_norm", "prelu")):
        return [_CHANNELS]
    if "2d" in name:
        return [_ROWS, _CHANNELS]
    return [
        dict.fromkeys(("x", "y", "upstream", "dx"), axis)
        for axis in range(rank)
        if axis != reading.arguments.get("axis")
    ]


def explain(
    operation: Operation,
    arguments: Mapping[str, Any],
    results: Results,
    arithmetic: str,
    worst: str,
    at: tuple[int, ...],
) -> Iterator[Explanation]:
    """Every known mistake within whose own bound all results lie, sums being made in the format ``arithmetic``.

    ``at``: the place of the worst element, in the result ``worst``. A mistake is tried there first, on the part of the call
    that this element depends on, and only if it keeps its bound there on the whole.
    """
    for mistake in mistakes.known(operation.name):
        best: Explanation | None = None
        with np.errstate(all="ignore"):
            for reading in mistakes.readings(mistake, operation.name, arguments):
                if not _fits(reading, results):
                    continue
                part = _part(reading, results, worst, at)
                if part is not None and _ratio(*part, arithmetic) > 1:
                    continue
                ratio = _ratio(reading, results, arithmetic)
                if ratio <= 1 and (best is None or ratio < best.ratio):
                    best = Explanation(mistake.name, mistake.says, mistake.remedy, reading.detail, ratio)
        if best is not None:
            yield best


def _fits(reading: Reading, results: Results) -> bool:
    """Whether the mistake can be made with these arguments and gives results of these shapes."""
    try:
        shapes = result_shapes(catalogue.OPERATIONS[reading.operation], reading.arguments)
    except BadInput:
        return False
    return all(
        name in shapes and reading.made(name, np.empty(shapes[name])).shape == y.shape for name, y in results.items()
    )


def _part(reading: Reading, results: Results, worst: str, at: tuple[int, ...]) -> tuple[Reading, Results] | None:
    """The call and its results cut down to what the worst element depends on; None where there is no such part."""
    if reading.then or reading.arguments.get("groups", 1) > 1:
        return None
    arguments, kept = dict(reading.arguments), dict(results)
    for axes in _apart(reading, len(at)):
        if worst in axes:
            place = at[axes[worst]]
            one = slice(place, place + 1)
            arguments |= {n: _cut(arguments[n], axes[n], one) for n in axes if arguments.get(n) is not None}
            kept = {n: _cut(kept[n], axes[n], one) for n in kept if n in axes}
    return Reading(reading.operation, arguments, stored=reading.stored), kept


def _cut(array: np.ndarray, axis: int, one: slice) -> np.ndarray:
    return array[(slice(None),) * axis + (one,)]


def _ratio(reading: Reading, results: Results, arithmetic: str) -> float:
    """The worst error ÷ bound of the results against a mistake, under the contract that suits it best."""
    operation = catalogue.OPERATIONS[reading.operation]
    dtype = next(iter(results.values())).dtype
    biased = reading.arguments.get("b") is not None
    best = np.inf
    if not is_finite(operation, reading.arguments):
        return best
    for contract in assessment.contracts(operation, dtype, arithmetic=arithmetic, biased=biased):
        try:
            judged = {one.name: one for one in assessment.judge(operation, reading.arguments, dtype, contract)}
        except BadInput:  # more terms than the format can sum
            continue
        best = min(best, max(_worst(reading, name, y, judged[name]) for name, y in results.items()))
        if best <= 1:
            break
    return best


def _worst(reading: Reading, name: str, y: np.ndarray, one: assessment.Judged) -> float:
    bound, value = one.bound, one.value
    if reading.stored:
        narrow = y.astype(reading.stored)
        if not np.array_equal(narrow.astype(np.float64), y.astype(np.float64), equal_nan=True):
            return np.inf
        y, bound = narrow, bounds.rounded_narrow(bound, value, reading.stored)
    allowed = reading.made(name, np.broadcast_to(bound.allowed, value.shape))
    if not np.isfinite(allowed).all():
        return np.inf
    return float(bounds.error_ratio(y, reading.made(name, value), allowed).max())
