"""What no known mistake explains alone: two at once, as in most conversions by hand; or one in part, and what remains."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from ...reference import mistakes
from ...reference.mistakes import Mistake, Reading
from .explanation import NEARER, Question, explains, outside, promises
from .finding import Explanation

PRECISION = ("inputs rounded", "result rounded")
"""How the names of those mistakes begin that go with any other, and are not looked for beside one."""
MOST_PRODUCTS = 2e9
"""So many products at most are formed in search of two mistakes: some seconds; and a tenth of it exactly, in search of one in part."""
MOST_READINGS = 24
"""Of one mistake so many forms are tried on a part of the elements."""


def pairs(asked: Question, base: float) -> Iterator[Explanation]:
    """Two mistakes at once: the second is made with what the first one left. The worst elements are tried first, in plain float64."""
    name = asked.operation.name
    structural = [one for one in mistakes.known(name) if not one.name.startswith(PRECISION)]
    firsts = [(one, reading) for one in structural for reading in mistakes.readings(one, name, asked.arguments)]
    left = MOST_PRODUCTS / _products(asked)
    seen: set[tuple[str, str]] = set()
    for first, reading in firsts:
        if reading.operation != name or reading.stored or reading.lost:
            continue
        for second in structural:
            if second is first or (second.name, first.name) in seen:
                continue
            for both in mistakes.readings(second, name, reading.arguments):
                if both.lost or both.stored or (reading.then and both.then):
                    continue
                left -= 1
                if left < 0:
                    return
                joined = Reading(both.operation, both.arguments, then=dict(reading.then) | dict(both.then))
                if not promises(asked, joined):
                    continue
                fit = explains(asked, joined, base)
                if fit is not None and fit.nearer >= NEARER:
                    seen.add((first.name, second.name))
                    details = [text for text in (reading.detail, both.detail) if text]
                    yield Explanation(
                        f"{first.name}, and {second.name}",
                        f"{first.says}, and {second.says}",
                        f"{first.remedy}; and {second.remedy}",
                        "; ".join(details),
                        fit.ratio,
                        fit.nearer,
                    )
                    break


def in_part(asked: Question) -> Iterator[Explanation]:
    """The mistake that leaves fewest elements outside, if they are fewer than half of those that were: and what remains."""
    name = asked.operation.name
    before = outside(asked, Reading(name, dict(asked.arguments))) or 0
    total = sum(y.size for y in asked.results.values())
    best: tuple[int, Mistake, Reading] | None = None
    tried = itertools.count(1)
    for mistake in mistakes.known(name):
        for reading in itertools.islice(mistakes.readings(mistake, name, asked.arguments), MOST_READINGS):
            if next(tried) * _products(asked) * 10 > MOST_PRODUCTS:
                break
            left = outside(asked, reading)
            if left is not None and 2 * left < before and (best is None or left < best[0]):
                best = left, mistake, reading
    if best is not None:
        left, mistake, reading = best
        says = (
            f"of the {before:,} elements outside {before - left:,} lie within its bound, {left:,} of {total:,} do not"
        )
        yield Explanation(mistake.name, mistake.says, mistake.remedy, reading.detail, np.inf, 1.0, says)


def _products(asked: Question) -> float:
    """About as many as one computation forms."""
    w = asked.arguments.get("w")
    return float(sum(y.size for y in asked.results.values()) * (64 if w is None else w[0].size))
