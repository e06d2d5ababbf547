"""Made-up measurements of a design whose gates speak for and against, and what the gates make of them."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np
from lectureclaims.claims.language import population, statistics
from lectureclaims.claims.language.claim import Claim
from lectureclaims.claims.record.verdicts import Facts, cell_verdict
from rows import BAD, GOOD, gate

Measured = dict[str, dict[str, Any]]
Judged = list[tuple[Any, bool]]
"""[(gate, whether it is met)]."""


def made_up(as_found: Mapping[str, Mapping[str, float]], **other: float) -> Measured:
    """As it was found (experiment -> measure.arm -> centre), or other, and a little different from seed to seed."""
    noise = np.random.default_rng(0).uniform(0.99, 1.01, (50, statistics.FEWEST_SEEDS))
    return {
        experiment: {
            name: other.get(name, centre) * row for (name, centre), row in zip(of.items(), noise, strict=False)
        }
        for experiment, of in as_found.items()
    }


def arms_of(claim: Claim) -> dict[str, population.Arms]:
    """What each wrong does to the measurements, by its name."""
    return {wrong.name: wrong.says["arms"] for wrong in claim.wrongs if "arms" in wrong.says}


def judged(gates: ModuleType, measured: Measured, compare: Callable[..., Any] = population.as_measured) -> Judged:
    effects = population._effects(gates, measured, seed=0)
    named = {n: dataclasses.replace(compare(effect), name=n) for n, effect in effects.items()}
    return [(g, statistics.judge(g, named[g.effect]).met) for g in gates.GATES]


def verdict(found: Judged) -> str:
    """Computed from the gates that speak, met alike on the first and on the fresh seeds."""
    speaking = [
        gate(g.name, met=met, group=group, speaks=g.speaks)
        for (g, met), group in itertools.product(found, ("first", "fresh"))
        if g.speaks
    ]
    return cell_verdict(Facts([GOOD, *speaking], {"a wrong": [BAD]})).verdict


def unmet(found: Judged) -> set[str]:
    return {g.name for g, met in found if not met}
