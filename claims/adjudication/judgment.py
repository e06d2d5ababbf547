"""Each output against the exact result, under the strictest contract of arithmetic that it keeps."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...reference import bounds, oracle
from ...reference.judging import assessment
from ...reference.judging.assessment import Contract, Judged
from ...reference.judging.statistics import BIAS, SPREAD, WEIGHT, Statistic
from ...reference.judging.tiers import Tiers, kept, largest_ratio
from ...reference.validation import BadInput, refuse
from . import algorithms
from .calls import is_finite
from .case import Case
from .explanation import NEARER, Question, departure, explain
from .finding import Adjudication, Difference, Explanation, Finding, Standing
from .patterns import pattern
from .shapes import filled, settings

MAP = 48
"""Rows and columns at most of the picture of error ÷ bound."""
BEYOND = "beyond what any order of one sum allows"
ALLOWED, ALLOWED_ELSE = "allowed by the worst case", "allowed by the worst case of a looser contract alone"
MOST_SETTINGS = 12
"""So many settings that give a result's shape are tried."""
BLUNT = 0.1
"""A bound that allows more than so much of the largest exact number lets results with one right digit pass."""


@dataclass(frozen=True)
class Opinion:
    """What is held of a library."""

    tiers: Tiers
    standing: Standing
    reason: str = ""
    explanations: tuple[Explanation, ...] = ()


def _caused(case: Case, library: str, opinion: Opinion) -> Opinion:
    """With the algorithm that gives the results, where they are not those of a sum in a wide format and no mistake was found: then nobody can
    tell whether it is meant, but for sums in a narrow format where the case says that they were in another."""
    results, arguments = case.outputs[library], case.arguments(library)
    if opinion.standing == "within rounding" or opinion.explanations or list(results) != ["y"]:
        return opinion
    y, exact = results["y"], _exact(case, arguments)["y"]
    if y.shape != exact.shape:
        return opinion
    if found := algorithms.narrow(case.operation, arguments, y, exact):
        if case.accumulation and opinion.standing == "outside":
            return replace(opinion, explanations=(found,))
        return replace(opinion, standing="cannot tell", reason=opinion.reason or BEYOND, explanations=(found,))
    if opinion.standing != "cannot tell" and (found := algorithms.transform(case.operation, arguments, y, exact)):
        return replace(opinion, standing="cannot tell", reason=opinion.reason or BEYOND, explanations=(found,))
    return opinion


def judge(case: Case) -> Adjudication:
    """Every finding of a case. BadInput where no contract gives a bound at all."""
    asked, case = case, _filled(case)
    opinions = {library: _caused(case, library, _opinion(case, library)) for library in case.outputs}
    for library, results in asked.outputs.items():
        if any(y.shape != case.outputs[library][name].shape for name, y in results.items()):
            opinions[library] = _misshapen(asked, case, library, opinions[library])
    findings = [
        _finding(case, library, name, y, opinions[library].tiers, _common(asked.outputs[library][name], y))
        for library, results in case.outputs.items()
        for name, y in results.items()
    ]
    shapes = {name: array.shape for name, array in case.arrays.items() if array is not None}
    return Adjudication(
        case.operation.name,
        dict(case.parameters),
        shapes,
        tuple(findings),
        {library: opinion.standing for library, opinion in opinions.items()},
        {library: opinion.reason for library, opinion in opinions.items() if opinion.reason},
        {library: opinion.explanations for library, opinion in opinions.items()},
        tuple(_differences(case, opinions)),
    )


# ------------------------------------------------------------------------------------------------------- what is held of one


def _opinion(case: Case, library: str) -> Opinion:
    """Strictest contract first. What does not keep it, or by far not as well as rounding mostly does, is tried against the known
    mistakes under the same contract before a looser one is granted."""
    results, arguments = case.outputs[library], case.arguments(library)
    exact, contracts = _exact(case, arguments), _contracts(case, library)
    allowed: Tiers | None = None
    nearest: Tiers | None = None
    refusal: BadInput | None = None
    for group in assessment.grouped(contracts):
        narrow = _accumulates_narrow(case, group[0], results)
        try:
            tiers = kept(case.operation, arguments, results, group)
        except BadInput as error:  # more terms than a narrow format can sum
            refusal = error
            if narrow and nearest is not None and allowed is None and _finite(results):
                return Opinion(nearest, "cannot tell", _unbounded(group[0], case))
            continue
        allowing, likely = tiers.beyond(results) <= 1, tiers.unlikely(results) <= 1
        nearest = tiers if nearest is None or tiers.beyond(results) < nearest.beyond(results) else nearest
        if narrow:
            if allowing and allowed is None:
                return Opinion(tiers, "cannot tell", _unsaid(group[0], case))
            continue
        if allowing and likely and not _worse(case, library, exact):
            return _within(tiers, results)
        found = _explained(case, library, exact, group, tiers, contracts)
        if found:
            return found
        if allowing and likely:
            return _within(tiers, results)
        allowed = allowed or (tiers if allowing else None)
    if allowed is not None:
        reason = f"{ALLOWED}, but {_unlikely(allowed, results)}"
        return Opinion(allowed, "unlike rounding", reason)
    if nearest is None:
        raise refusal or BadInput(f"operation={case.operation.name}: no contract gives a bound")
    if nearest.beyond(results) <= 1:
        return Opinion(nearest, "cannot tell", "for some elements no finite bound is known")
    return Opinion(nearest, "outside")


def _filled(case: Case) -> Case:
    """The case with results of another shape put in their place in the exact ones, so that the part that both have can be judged."""
    outputs = {}
    for library, results in case.outputs.items():
        exact = _exact(case, case.arguments(library))
        outputs[library] = {
            name: y if y.shape == exact[name].shape else filled(y, exact[name])[0] for name, y in results.items()
        }
    return replace(case, outputs=outputs)


def _misshapen(asked: Case, case: Case, library: str, opinion: Opinion) -> Opinion:
    """Of a result of another shape: what of it is right, which settings give that shape, and which of them give these numbers."""
    results, arguments = asked.outputs[library], asked.arguments(library)
    name, y = next((name, y) for name, y in results.items() if y.shape != case.outputs[library][name].shape)
    whole = case.outputs[library][name]
    one = opinion.tiers.worst[name]
    common = filled(y, one.value)[1]
    wrong, size = int((one.bound.ratio(whole, one.value)[common] > 1).sum()), whole[common].size
    reason = f"outside: {name} has the shape {list(y.shape)} where {list(whole.shape)} was meant; of the part that both have "
    reason += f"every element is within, of {size:,}" if not wrong else f"{wrong:,} of {size:,} elements are outside"
    found, shaped = [], []
    for changed, text in itertools.islice(settings(case.operation, arguments, name, y.shape), MOST_SETTINGS):
        shaped.append(text)
        other = replace(asked, parameters={**asked.parameters, **changed}, outputs={library: results})
        if (there := _opinion(other, library)).standing == "within rounding":
            remedy, ratio = "give the same settings on both sides", there.tiers.beyond(results)
            found.append(Explanation("other settings", "other settings were used", remedy, text, ratio, np.nan))
            break
    if not found:
        reason += f"; a result of that shape comes of {shaped[0]}" if shaped else "; no other setting gives that shape"
    return replace(opinion, standing="outside", reason=reason, explanations=tuple(found))


def _contracts(case: Case, library: str) -> list[Contract]:
    biased = case.arguments(library).get("b") is not None
    return assessment.contracts(
        case.operation, case.dtype(library), arithmetic=case.accumulation, biased=biased, lenient=True
    )


def _exact(case: Case, arguments: Mapping[str, Any]) -> dict[str, np.ndarray]:
    if not is_finite(case.operation, arguments):
        way_out = "leave out what divides by 0 or takes the logarithm of 0"
        refuse("inputs", sorted(case.arrays), "numbers for which the exact result is finite, too", way_out)
    arrays = [arguments.get(name) for name in case.operation.arrays]
    values = getattr(oracle, case.operation.name)(*arrays, **case.parameters)
    return dict(zip(case.operation.results, values if isinstance(values, tuple) else (values,), strict=True))


def _accumulates_narrow(case: Case, contract: Contract, results: Mapping[str, np.ndarray]) -> bool:
    """Sums in the narrow format itself, of which nobody said that they were made so."""
    return case.accumulation is None and contract.accumulates(case.operation, next(iter(results.values())).dtype.name)


def _finite(results: Mapping[str, np.ndarray]) -> bool:
    return all(np.isfinite(y).all() for y in results.values())


def _within(tiers: Tiers, results: Mapping[str, np.ndarray]) -> Opinion:
    """Within rounding, if the bound would not let just anything pass."""
    for name, y in results.items():
        one, blunt = tiers.worst[name], tiers.blunt(name)
        if np.isinf(one.bound.allowed).any():
            return Opinion(tiers, "cannot tell", "for some elements no finite bound is known")
        if blunt > BLUNT and not _right(one, y):
            what = "all zeros" if blunt >= 1 else "results with one right digit"
            return Opinion(tiers, "cannot tell", f"the bound allows {what}")
    return Opinion(tiers, "within rounding")


def _right(one: Judged, y: np.ndarray) -> bool:
    """Whether every number is the exact one, rounded to the format."""
    with np.errstate(all="ignore"):
        return bool((bounds.ulp_distance(y, one.value.astype(y.dtype)) <= 1).all())


def _worse(case: Case, library: str, exact: Mapping[str, np.ndarray]) -> bool:
    """Whether another output of the same format errs by far less, in the results that both have."""
    for other, results in case.outputs.items():
        own = {name: y for name, y in case.outputs[library].items() if name in results}
        if other != library and own and case.dtype(other) == case.dtype(library):
            there = {name: results[name] for name in own}
            if departure(own, exact, exact) > NEARER * departure(there, exact, exact):
                return True
    return False


def _explained(
    case: Case,
    library: str,
    exact: Mapping[str, np.ndarray],
    group: list[Contract],
    tiers: Tiers,
    contracts: list[Contract],
) -> Opinion | None:
    """The opinion that a known mistake was made, under the contracts of this group; None where none explains the results."""
    results, arguments = case.outputs[library], case.arguments(library)
    allowed = _allowed(case, library, group[0].arithmetic, contracts)
    worst = max(results, key=lambda name: largest_ratio(tiers.worst[name], results[name]))
    ratio = tiers.worst[worst].bound.ratio(results[worst], tiers.worst[worst].value)
    at = tuple(int(i) for i in np.unravel_index(int(ratio.argmax()), ratio.shape))
    kept = {name: exact[name] for name in results}
    found = explain(Question(case.operation, arguments, results, kept, group, worst, at, allowed))
    if not found:
        return None
    reason = ALLOWED if tiers.beyond(results) <= 1 else ALLOWED_ELSE
    return Opinion(tiers, "unlike rounding", reason, found) if allowed else Opinion(tiers, "outside", "", found)


def _allowed(case: Case, library: str, arithmetic: str, contracts: list[Contract]) -> bool:
    """Whether rounding allows the results in the worst case, under any contract that computes in this format."""
    results, arguments = case.outputs[library], case.arguments(library)
    for contract in (contract for contract in contracts if contract.arithmetic == arithmetic):
        try:
            judged = {
                one.name: one for one in assessment.judge(case.operation, arguments, case.dtype(library), contract)
            }
        except BadInput:
            continue
        if max(largest_ratio(judged[name], y) for name, y in results.items()) <= 1:
            return True
    return False


def _unlikely(tiers: Tiers, results: Mapping[str, np.ndarray]) -> str:
    odd = tiers.odd
    if odd is None:
        return f"{tiers.unlikely(results):.3g} times as large as rounding errors get in all likelihood"
    what = {
        SPREAD: f"its errors have a mean square {odd.excess:.3g} times as large as those of rounding in all likelihood",
        BIAS: f"its errors have a mean {odd.excess:.3g} times as far from 0 as those of rounding in all likelihood",
        WEIGHT: f"its errors follow one input, as if one weight were another ({_weight(odd)}, {odd.value:.3g} standard deviations)",
    }[odd.name]
    return what + (f", in channel {odd.where[0]}" if odd.name != WEIGHT and odd.where else "")


def _weight(one: Statistic) -> str:
    if not one.along:
        return f"w{list(one.where)}"
    output, element = one.where
    return f"that of element {element} in output {output}, along {one.along}"


def _unsaid(contract: Contract, case: Case) -> str:
    return (
        f"only with sums in {contract.arithmetic} itself could rounding lead there, and nobody said that they were made so "
        f"(accumulation: {contract.arithmetic!r} says it)"
    )


def _unbounded(contract: Contract, case: Case) -> str:
    return (
        f"beyond what sums in float32 allow, and of so many terms summed in {contract.arithmetic} itself no bound is known "
        "(accumulation: 'float32' says that they were not)"
    )


# ------------------------------------------------------------------------------------------------------- what is found


def _common(given: np.ndarray, whole: np.ndarray) -> tuple[slice, ...]:
    """The part of a result that was given: what was filled in beside it is told of nowhere."""
    return tuple(slice(min(sizes)) for sizes in zip(given.shape, whole.shape, strict=True))


def _finding(case: Case, library: str, name: str, y: np.ndarray, tiers: Tiers, common: tuple[slice, ...]) -> Finding:
    one, likely, given = tiers.worst[name], tiers.likely[name], case.given[library, name]
    allowed = np.broadcast_to(one.bound.allowed, one.value.shape)
    ratio = one.bound.ratio(y, one.value)
    at = _place(ratio)
    got, wanted = y[at], float(one.value[at])
    with np.errstate(all="ignore"):
        errors = np.abs(y.astype(np.float64) - one.value)
        nearest = np.asarray(wanted).astype(y.dtype)
        digitless = bounds.without_digits(y, one.value) & (ratio <= 1)
    outside = ratio > 1
    return Finding(
        library=library,
        result=name,
        ratio=float(ratio[at]),
        dtype=y.dtype.name,
        contract=tiers.contract.sentence(y.dtype.name),
        kind=one.bound.kind,
        derivation=one.bound.derivation,
        elements=ratio[common].size,
        outside=int(outside.sum()),
        undecided=int((~np.isfinite(allowed[common])).sum()),
        where=_as_given(at, given),
        got=float(got),
        wanted=wanted,
        error=float(errors[at]),
        allowed=float(allowed[at]),
        largest=float(errors.max()),
        likely=largest_ratio(likely, y),
        statistics=tiers.statistics.get(name, ()),
        ulp=None if np.isnan(got) else float(bounds.ulp_distance(got, nearest)),
        unequal=_unequal(case, library, name, y),
        blunt=tiers.blunt(name),
        digitless=int(digitless.sum()),
        digitless_at=_as_given(_place(digitless), given),
        smallest=_smallest(likely, tiers.statistics.get(name, ()), case),
        pattern=pattern(outside[common], case.operation.axes(name), given),
        map=_map(ratio[common]),
    )


def _place(of: np.ndarray) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(int(of.argmax()), of.shape))


def _as_given(at: tuple[int, ...], given: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(at[given.index(axis)] for axis in range(len(at)))


def _smallest(likely: Judged, found: tuple[Statistic, ...], case: Case) -> str:
    """The smallest mistake that would have been seen, in the middle of all elements, and of all weights."""
    size, limit = float(np.abs(likely.value).max()), float(np.median(likely.bound.allowed))
    if not np.isfinite(limit):
        return ""
    share = f", {limit / size:.2g} of the largest" if size and limit else ""
    weight = next((one for one in found if one.name == WEIGHT), None)
    text = f"in one element a mistake of {limit:.2g}{share}"
    if weight is None:
        return text
    if weight.along:
        return f"{text}, or one weight along an axis off by {weight.smallest:.2g}"
    largest = float(np.abs(np.asarray(case.arrays["w"], np.float64)).max())
    return f"{text}, or one weight off by {weight.smallest:.2g}" + (
        f", {weight.smallest / largest:.2g} of the largest weight" if largest else ""
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


def _differences(case: Case, opinions: Mapping[str, Opinion]) -> Iterator[Difference]:
    for first, second in itertools.combinations(case.outputs, 2):
        for name in [name for name in case.outputs[first] if name in case.outputs[second]]:
            a, b = (case.outputs[library][name].astype(np.float64) for library in (first, second))
            with np.errstate(all="ignore"):
                apart = np.where(a == b, 0.0, np.abs(a - b))
            apart = np.where(np.isnan(apart), np.inf, apart)
            at = np.unravel_index(int(apart.argmax()), apart.shape)
            both = bounds.two_libraries(*(opinions[library].tiers.worst[name].bound for library in (first, second)))
            allowed = np.broadcast_to(both.allowed, apart.shape)[at]
            yield Difference(first, second, name, float(apart[at]), float(allowed))
