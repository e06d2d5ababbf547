"""Each output against the exact result, under the strictest contract of arithmetic that it keeps."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import numpy as np

from ...reference import bounds
from ...reference.judging import assessment
from ...reference.judging.assessment import Contract, Judged
from ...reference.validation import BadInput, refuse
from .calls import is_finite
from .case import Case
from .explanation import explain
from .finding import Adjudication, Difference, Explanation, Finding

MAP = 48
"""Rows and columns at most of the picture of error ÷ bound."""


def judge(case: Case) -> Adjudication:
    """Every finding of a case. BadInput where no contract gives a bound at all."""
    findings: list[Finding] = []
    explanations: dict[str, tuple[Explanation, ...]] = {}
    judged: dict[str, Mapping[str, Judged]] = {}
    for library, results in case.outputs.items():
        contract, judged[library], explanations[library] = _library(case, library)
        for name, y in results.items():
            unequal = _unequal(case, library, name, y)
            findings.append(
                _finding(library, name, y, judged[library][name], contract, case.given[library, name], unequal)
            )
    shapes = {name: array.shape for name, array in case.arrays.items() if array is not None}
    differences = tuple(_differences(case, judged))
    return Adjudication(case.operation.name, dict(case.parameters), shapes, tuple(findings), explanations, differences)


def _library(case: Case, library: str) -> tuple[Contract, dict[str, Judged], tuple[Explanation, ...]]:
    """The contract that all results of a library keep, what is judged by it, and where they keep none the explanations.

    Narrow formats are summed in float32 by most and in themselves by some, whose bounds are so wide that many a mistake lies
    within. So a known mistake with float32 sums is believed before narrow sums are.
    """
    results, arguments = case.outputs[library], case.arguments(library)
    dtype = case.dtype(library)
    biased = arguments.get("b") is not None
    contracts = assessment.contracts(case.operation, dtype, arithmetic=case.accumulation, biased=biased)
    if not is_finite(case.operation, arguments):
        way_out = "leave out what divides by 0 or takes the logarithm of 0"
        refuse("inputs", sorted(case.arrays), "numbers for which the exact result is finite, too", way_out)
    found: tuple[Contract, dict[str, Judged]] | None = None
    refusal: BadInput | None = None
    for arithmetic in dict.fromkeys(contract.arithmetic for contract in contracts):
        try:
            found = assessment.kept(case.operation, arguments, results, arithmetic=arithmetic)
        except BadInput as error:  # more terms than a narrow format can sum
            refusal = error
            continue
        ratios = {name: found[1][name].bound.ratio(y, found[1][name].value) for name, y in results.items()}
        worst = max(ratios, key=lambda name: float(ratios[name].max()))
        if ratios[worst].max() <= 1:
            return *found, ()
        at = np.unravel_index(int(ratios[worst].argmax()), ratios[worst].shape)
        explained = tuple(explain(case.operation, arguments, results, arithmetic, worst, tuple(map(int, at))))
        if explained:
            return *found, explained
    if found is None:
        raise refusal or BadInput(f"operation={case.operation.name}: no contract gives a bound")
    return *found, ()


def _finding(
    library: str, name: str, y: np.ndarray, one: Judged, contract: Contract, given: tuple[int, ...], unequal: int | None
) -> Finding:
    allowed = np.broadcast_to(one.bound.allowed, one.value.shape)
    ratio = one.bound.ratio(y, one.value)
    at = tuple(int(i) for i in np.unravel_index(int(ratio.argmax()), ratio.shape))
    where = tuple(at[given.index(axis)] for axis in range(len(at)))
    got, wanted = y[at], float(one.value[at])
    expected = None if one.expected is None else float(np.broadcast_to(one.expected, ratio.shape)[at])
    with np.errstate(all="ignore"):
        error, nearest = abs(float(got) - wanted), np.asarray(wanted).astype(y.dtype)
        blunt = float(allowed.max() / np.abs(one.value).max())
    return Finding(
        library,
        name,
        float(ratio[at]),
        y.dtype.name,
        contract.sentence(y.dtype.name),
        one.bound.kind,
        one.bound.derivation,
        ratio.size,
        int((ratio > 1).sum()),
        int((~np.isfinite(allowed)).sum()),
        where,
        float(got),
        wanted,
        error,
        float(allowed[at]),
        expected,
        None if np.isnan(got) else float(bounds.ulp_distance(got, nearest)),
        unequal,
        blunt,
        _map(ratio),
    )


def _unequal(case: Case, library: str, name: str, y: np.ndarray) -> int | None:
    """In exact mode, how many elements differ from what every direct sum gives; None where some sum may round."""
    if case.operation.name not in assessment.DIRECT:
        return None
    try:
        exact = assessment.exact_values(case.operation, case.arguments(library), y.dtype)
    except BadInput:
        return None
    wanted = exact[list(case.operation.results).index(name)]
    return int(np.count_nonzero(~(y == wanted)))


def _map(ratio: np.ndarray) -> tuple[tuple[float, ...], ...]:
    """The largest ratio over all but the last two axes, in at most MAP × MAP boxes."""
    plane = ratio.reshape(1, -1) if ratio.ndim < 2 else ratio.reshape(-1, *ratio.shape[-2:]).max(axis=0)
    for axis in (0, 1):
        if plane.shape[axis] > MAP:
            edges = np.linspace(0, plane.shape[axis], MAP + 1).astype(int)[:-1]
            plane = np.maximum.reduceat(plane, edges, axis=axis)
    return tuple(tuple(float(r) for r in row) for row in plane)


def _differences(case: Case, judged: Mapping[str, Mapping[str, Judged]]) -> Iterator[Difference]:
    for first, second in itertools.combinations(case.outputs, 2):
        for name in [name for name in case.outputs[first] if name in case.outputs[second]]:
            a, b = (case.outputs[library][name].astype(np.float64) for library in (first, second))
            with np.errstate(all="ignore"):
                apart = np.where(a == b, 0.0, np.abs(a - b))
            apart = np.where(np.isnan(apart), np.inf, apart)
            at = np.unravel_index(int(apart.argmax()), apart.shape)
            both = bounds.two_libraries(judged[first][name].bound, judged[second][name].bound)
            yield Difference(
                first, second, name, float(apart[at]), float(np.broadcast_to(both.allowed, apart.shape)[at])
            )
