"""Which known mistakes would explain an output: each is tried, with its own exact result and bound; where none does, two at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from math import log
from typing import Any

import numpy as np

from ...reference import bounds, libraries, mistakes
from ...reference.judging import assessment
from ...reference.judging.assessment import Contract, Judged
from ...reference.mistakes import Reading
from ...reference.operators import catalogue
from ...reference.operators.catalogue import Operation
from ...reference.validation import BadInput
from .calls import is_finite, result_shapes
from .finding import Explanation

Results = Mapping[str, np.ndarray]

NEARER = 8.0
"""A mistake explains what rounding allows, too, only if the results lie so many times nearer to it: three binary digits. Of several
mistakes those are named that come as near as the nearest but for such a factor."""

LEAST = 2.0
"""What lies outside is explained by what lies at least so many times nearer; else by its rounding it is as far from one as from the other."""

_ROWS = {name: 0 for name in ("x", "y", "logits", "labels", "p", "upstream", "dx", "dlogits", "dp")}
_FEATURES = {"w": 0, "b": 0, "y": 1}
_FEATURES_GRADIENT = {"w": 0, "upstream": 1, "dw": 0, "db": 0}
_INPUTS_GRADIENT = {"x": 1, "w": 1, "dx": 1, "dw": 1}
_CHANNELS = {name: 1 for name in ("x", "y", "upstream", "dx")} | {
    name: 0 for name in ("gamma", "beta", "mean", "variance", "dgamma", "dbeta", "alpha", "dalpha")
}


@dataclass(frozen=True)
class Question:
    """What is to be explained: a call, what a library returned for it, what the exact results are, and where the worst element lies.

    ``group``: the contracts that are taken for kept, strictest first. ``allowed``: whether rounding in the worst case allows the results.
    """

    operation: Operation
    arguments: Mapping[str, Any]
    results: Results
    exact: Mapping[str, np.ndarray]
    group: Sequence[Contract]
    worst: str
    at: tuple[int, ...]
    allowed: bool

    @property
    def dtype(self) -> np.dtype[Any]:
        return next(iter(self.results.values())).dtype

    @property
    def single(self) -> bool:
        """Whether there is one number alone, as a mean of losses: of many mistakes one comes somewhat nearer to it by chance."""
        return sum(y.size for y in self.results.values()) == 1

    def departure(self, values: Mapping[str, np.ndarray]) -> float:
        return departure(self.results, values, self.exact)

    def convinces(self, nearer: float) -> bool:
        """Whether results that rounding allows would come so near to a mistake by chance less often than once in 1/CHANCE calls.

        Of as many independent errors as there are different numbers, each would have to lie within 1/nearer of what the mistake makes, or
        as near as the format tells. Where a function has saturated, at 0 or ±1, everything comes to the same.
        """
        numbers = (np.unique(np.abs(y.astype(np.float64))) for y in self.results.values())
        different = sum(np.count_nonzero((each != 0) & (each != 1)) for each in numbers)
        told = min(nearer, 1 / bounds.unit_roundoff(self.dtype))
        return bool(nearer >= NEARER and different * log(told) >= -log(bounds.CHANCE))


def departure(results: Results, values: Mapping[str, np.ndarray], exact: Mapping[str, np.ndarray]) -> float:
    """The root mean square of the errors against these values, each result's in units of its largest exact number."""
    squares = [
        np.square(_apart_of(y, values[name]) / (np.abs(exact[name]).max() or 1.0)).ravel()
        for name, y in results.items()
    ]
    return float(np.sqrt(np.concatenate(squares).mean()))


def explain(asked: Question) -> tuple[Explanation, ...]:
    """Every known mistake within whose own bound all results lie, the nearest first; where there is none and rounding does not allow them, pairs."""
    base = asked.departure(asked.exact)
    found = []
    with np.errstate(all="ignore"):
        for mistake in mistakes.known(asked.operation.name):
            made = mistakes.readings(mistake, asked.operation.name, asked.arguments)
            fits = [fit for reading in made if (fit := explains(asked, reading, base)) is not None]
            if fits:
                nearest = max(fit.nearer for fit in fits)
                best = min((fit for fit in fits if 2 * fit.nearer >= nearest), key=lambda fit: fit.ratio)
                found.append(
                    Explanation(mistake.name, mistake.says, mistake.remedy, best.detail, best.ratio, best.nearer)
                )
        if not found and not asked.allowed and not asked.single:
            from .pairs import in_part, pairs  # which import this module

            found = list(pairs(asked, base)) or list(in_part(asked))
    if not found:
        return ()
    found.sort(key=lambda one: -one.nearer)
    return tuple(one for one in found if one.nearer * NEARER >= found[0].nearer)


@dataclass(frozen=True)
class Fit:
    ratio: float
    nearer: float
    detail: str


def explains(asked: Question, reading: Reading, base: float) -> Fit | None:
    made = _cropped(asked, reading)
    if made is None or (asked.allowed and not (reading.stored or reading.lost or promises(asked, made))):
        return None
    reading = made
    part = part_of(reading, asked.results, asked.worst, asked.at)
    if part is not None and _judged(asked, *part) is None:
        return None
    judged = _judged(asked, reading, asked.results)
    if judged is None:
        return None
    ratio, values = judged
    left = asked.departure(values)
    nearer = base / left if left else np.inf
    least = NEARER if asked.single else LEAST
    convincing = asked.convinces(nearer) if asked.allowed else nearer >= least
    return Fit(ratio, float(nearer), reading.detail) if convincing else None


# ---------------------------------------------------------------------------------------------------------------- pieces


def _worst_image(asked: Question) -> tuple[slice, ...]:
    """The image of the worst element alone, where results of images do not depend on each other."""
    whole = part_of(Reading(asked.operation.name, dict(asked.arguments)), asked.results, asked.worst, asked.at)
    alone = whole is not None and asked.results[asked.worst].ndim and "w" in asked.arguments
    forward = not asked.operation.name.endswith("_gradient")
    return (slice(asked.at[0], asked.at[0] + 1),) if alone and forward else ()


def promises(asked: Question, reading: Reading) -> bool:
    """Whether what a mistake comes to, in float64 with its own rounding, lies nearer by far, on the worst image if images do not depend on each other."""
    part = _worst_image(asked)
    operation = catalogue.OPERATIONS[reading.operation]
    arguments = dict(reading.arguments)
    if part and not reading.then:
        arguments["x"] = arguments["x"][part]
    arrays = [arguments.get(name) for name in operation.arrays]
    wide = [a if a is None or a.dtype.kind in "iu" else np.asarray(a, np.float64) for a in arrays]
    try:
        made = getattr(libraries.load(libraries.REFERENCE), operation.name)(*wide, **operation.settings(arguments))
    except BadInput:
        return False
    values = dict(zip(operation.results, made if isinstance(made, tuple) else (made,), strict=True))
    for name, y in asked.results.items():
        if name not in values:
            return False
        got, exact = (y[part], asked.exact[name][part]) if part and not reading.then else (y, asked.exact[name])
        value = reading.made(name, values[name])
        if value.shape != got.shape:
            return False
        there, here = ({name: got}, {name: exact})
        if NEARER * departure(there, {name: value}, here) > departure(there, here, here):
            return False
    return True


def _apart_of(y: np.ndarray, value: np.ndarray) -> np.ndarray:
    wide = y.astype(np.float64)
    with np.errstate(invalid="ignore"):
        apart = np.where((wide == value) | (np.isnan(wide) & np.isnan(value)), 0.0, np.abs(wide - value))
    beyond = np.isinf(wide) & (np.abs(value) > bounds.largest(y.dtype)) & (np.sign(wide) == np.sign(value))
    return np.where(beyond, 0.0, np.where(np.isnan(apart), np.inf, apart))


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


def _cropped(asked: Question, reading: Reading) -> Reading | None:
    """The mistake, if it can be made with these arguments and gives results of these shapes, or larger ones, of which the beginning is taken.

    A kernel that steps otherwise than it should still fills an image of the right size.
    """
    if _fits(asked, reading):
        return reading
    (name, y), *others = asked.results.items()
    if others or reading.operation != asked.operation.name or reading.then or y.ndim < 3:
        return None
    try:
        shape = result_shapes(asked.operation, reading.arguments)[name]
    except BadInput:
        return None
    if len(shape) != y.ndim or any(there < here for there, here in zip(shape, y.shape, strict=True)):
        return None
    cut = tuple(map(slice, y.shape))
    detail = ", ".join(filter(None, (reading.detail, "cut to the size that was meant")))
    return replace(reading, then={name: lambda values: values[cut]}, detail=detail)


def _fits(asked: Question, reading: Reading) -> bool:
    """Whether the mistake can be made with these arguments and gives results of these shapes."""
    if reading.operation == asked.operation.name and not reading.then and _alike(reading.arguments, asked.arguments):
        return True
    results = asked.results
    try:
        shapes = result_shapes(catalogue.OPERATIONS[reading.operation], reading.arguments)
    except BadInput:
        return False
    return all(
        name in shapes and reading.made(name, np.empty(shapes[name])).shape == y.shape for name, y in results.items()
    )


def _alike(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Whether two calls have arrays of the same shapes, and the same parameters but numbers and words."""
    return all(
        value.shape == first[name].shape
        if isinstance(value, np.ndarray) and isinstance(first[name], np.ndarray)
        else type(value) is type(first[name]) and value == first[name]
        for name, value in second.items()
    )


def part_of(reading: Reading, results: Results, worst: str, at: tuple[int, ...]) -> tuple[Reading, Results] | None:
    """The call and its results cut down to what the worst element depends on; None where there is no such part."""
    if reading.then or reading.lost or reading.arguments.get("groups", 1) > 1:
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


def outside(asked: Question, reading: Reading) -> int | None:
    """How many elements lie outside a mistake's own bound, under the contract by which they are fewest; None where it cannot be made."""
    operation = catalogue.OPERATIONS[reading.operation]
    if reading.stored or reading.lost or not _fits(asked, reading) or not is_finite(operation, reading.arguments):
        return None
    counts = []
    for contract in asked.group:
        with suppress(BadInput):
            found = {one.name: one for one in assessment.judge(operation, reading.arguments, asked.dtype, contract)}
            counts.append(sum(_how_many(reading, name, y, found[name]) for name, y in asked.results.items()))
    return min(counts, default=None)


def _how_many(reading: Reading, name: str, y: np.ndarray, one: Judged) -> int:
    allowed = np.abs(reading.made(name, np.broadcast_to(one.bound.allowed, one.value.shape)))
    return int((bounds.error_ratio(y, reading.made(name, one.value), allowed) > 1).sum())


def _judged(asked: Question, reading: Reading, results: Results) -> tuple[float, dict[str, np.ndarray]] | None:
    """(worst error ÷ bound, exact values) of a mistake, under the first contract of the group by which all results lie within it.

    What rounding in the worst case allows must be likely, too, given the mistake.
    """
    operation = catalogue.OPERATIONS[reading.operation]
    if not is_finite(operation, reading.arguments):
        return None
    judges = (assessment.judge, assessment.judge_likely) if asked.allowed else (assessment.judge,)
    for contract in asked.group:
        try:
            tiers = [
                {one.name: one for one in judge(operation, reading.arguments, asked.dtype, contract)}
                for judge in judges
            ]
        except BadInput:  # more terms than the format can sum
            continue
        ratios = [max(_worst(reading, name, y, tier[name]) for name, y in results.items()) for tier in tiers]
        if max(ratios) <= 1:
            values = {name: reading.made(name, tiers[0][name].value) for name in results}
            for name, (where, instead) in reading.lost.items():
                values[name] = np.where(where, instead, values[name])
            if reading.stored:
                values = {name: mistakes.round_to(value, reading.stored) for name, value in values.items()}
            return ratios[0], values
    return None


def _worst(reading: Reading, name: str, y: np.ndarray, one: Judged) -> float:
    bound, value = one.bound, one.value
    if name in reading.lost:
        where, instead = reading.lost[name]
        if not np.array_equal(y[where], instead[where], equal_nan=True):
            return np.inf
        y = np.where(where, value, y).astype(y.dtype)
    if reading.stored:
        narrow = y.astype(reading.stored)
        if not np.array_equal(narrow.astype(np.float64), y.astype(np.float64), equal_nan=True):
            return np.inf
        y, bound = narrow, bounds.rounded_narrow(bound, value, reading.stored)
    allowed = np.abs(reading.made(name, np.broadcast_to(bound.allowed, value.shape)))
    if not np.isfinite(allowed).all():
        return np.inf
    return float(bounds.error_ratio(y, reading.made(name, value), allowed).max())
