"""Two tiers, under one contract: what rounding may do in the worst case, and what it does in all likelihood, to single elements and to many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..operators.catalogue import Operation
from ..validation import BadInput
from . import assessment
from .assessment import Contract, Judged
from .statistics import SPREAD, Statistic, statistics

Results = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Tiers:
    """What is judged under one contract, by result: in the worst case, and in all likelihood."""

    contract: Contract
    worst: Mapping[str, Judged]
    likely: Mapping[str, Judged]
    statistics: Mapping[str, tuple[Statistic, ...]]

    def beyond(self, results: Mapping[str, np.ndarray]) -> float:
        return max(largest_ratio(self.worst[name], y) for name, y in results.items())

    def unlikely(self, results: Mapping[str, np.ndarray]) -> float:
        """How many times as large as it is in all likelihood is what departs most of it, an element or a statistic of many."""
        return max(
            self.odd.excess if self.odd else 0.0, *(largest_ratio(self.likely[name], y) for name, y in results.items())
        )

    @property
    def odd(self) -> Statistic | None:
        """The statistic that exceeds its limit most, in units of an error, if one does."""
        every = [one for found in self.statistics.values() for one in found if one.excess > 1]
        return max(every, key=lambda one: one.excess ** (0.5 if one.name == SPREAD else 1), default=None)

    def blunt(self, name: str) -> float:
        """The mean of the errors that are likely at most ÷ the largest exact number; 0 where nothing is allowed."""
        one = self.likely[name]
        allowed, size = float(one.bound.allowed.mean()), float(np.abs(one.value).max())
        return allowed / size if size else float(allowed > 0) * np.inf if allowed else 0.0


def kept(operation: Operation, arguments: Mapping[str, Any], results: Results, group: Sequence[Contract]) -> Tiers:
    """What is judged under the strictest contract of a group that all results keep in both tiers, else under the one that they exceed least.

    Raises BadInput where none bounds them.
    """
    dtype, best, refusal = next(iter(results.values())).dtype, None, None
    for contract in group:
        try:
            tiers = judged(operation, arguments, results, dtype, contract)
        except BadInput as error:  # more terms than a narrow format can sum
            refusal = error
            continue
        if tiers.beyond(results) <= 1 and tiers.unlikely(results) <= 1:
            return tiers
        if best is None or tiers.unlikely(results) < best.unlikely(results):
            best = tiers
    if best is None:
        raise refusal or BadInput("no contract gives a bound")
    return best


def judged(
    operation: Operation, arguments: Mapping[str, Any], results: Results, dtype: Any, contract: Contract
) -> Tiers:
    """Both tiers under one contract. Many elements together are judged where the worst case allows each."""
    worst, likely = (
        {one.name: one for one in judge(operation, arguments, dtype, contract)}
        for judge in (assessment.judge, assessment.judge_likely)
    )
    many = {}
    if max(largest_ratio(worst[name], y) for name, y in results.items()) <= 1:
        many = {
            name: statistics(operation, arguments, name, y, worst[name].value, contract) for name, y in results.items()
        }
    return Tiers(contract, worst, likely, many)


def largest_ratio(one: Judged, y: np.ndarray) -> float:
    return float(one.bound.ratio(y, one.value).max())
