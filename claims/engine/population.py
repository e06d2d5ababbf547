"""Statistical experiments as claims: arms run in the worker, effects and gates judged in the parent.

A design is a module with functions ``f(lib, *, seeds, dtype) -> {name: array}`` that run the arms, and a gates module with
``GATES`` (stated before anything runs) and ``effects(measured, chosen, seed=…)``. The first seeds are 0, 1, …; the fresh
ones 1000, 1001, … were never used while designing, and every gate must be met on both.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np

from ...reference import bounds
from ...reference.networks import numpy as reference_library
from . import statistics
from .claim import Case
from .comparison import gate, within
from .outcome import ask
from .statistics import Effect, Gate

FRESH = 1000
COPIES = 4
"""Nudged runs of the reference behind a trajectory's bound."""
MOVED = 10_000
"""How far ``--seed N`` moves the seeds: N times this."""

Compare = Callable[[Effect], Effect]


def as_measured(effect: Effect) -> Effect:
    return effect


def exchanged(effect: Effect) -> Effect:
    """A wrong: the names of the two arms exchanged."""
    return statistics.exchanged(effect, seed=0)


def no_effect(effect: Effect) -> Effect:
    """A wrong: each arm compared with itself (the null arm of every design)."""
    values = np.ones(effect.seeds)
    return statistics.paired(effect.name, values, values, kind=effect.kind, seed=0)


def seeds(case: Case, count: int) -> list[int]:
    """The first seeds and as many fresh ones, moved by the run's seed."""
    start = MOVED * case.seed
    return [start + i for i in range(count)] + [start + FRESH + i for i in range(count)]


def measure(
    case: Case, design: ModuleType, counts: Mapping[str, int]
) -> Generator[Any, Any, tuple[dict[str, Any], dict[str, Any]]]:
    """Run the experiments of ``counts`` (name → first seeds); the outcomes and what was measured on the first and the fresh seeds."""
    outcomes = yield [
        ask(getattr(design, name), seeds=seeds(case, count), dtype=str(case.dtype)) for name, count in counts.items()
    ]
    measured = dict(zip(counts, outcomes, strict=True))
    return measured, {name: outcome.value for name, outcome in measured.items()}


def judge(
    case: Case, gates: Sequence[Gate], effects: Callable[..., dict[str, Effect]], measured: Mapping[str, Any],
    counts: Mapping[str, int], *, compare: Compare,
) -> Generator[Any, Any, dict[str, dict[str, Effect]]]:  # fmt: skip
    """Yield a gate comparison for each gate on the first and on the fresh seeds; return the effects of both."""
    digest = statistics.gates_digest(gates)[:16]
    found = {}
    for which in ("first", "fresh"):
        parts = {name: _chosen(measured[name], which, count) for name, count in counts.items()}
        found[which] = effects(parts, seed=case.seed)
        for stated in gates:
            effect = compare(found[which][stated.effect])
            met, sentence = statistics.judge(stated, _named(effect, stated.effect))
            yield gate(
                met, label=f"{stated.name}, {which} seeds", source=f"gate stated before the run (gates' SHA-256 {digest}…); basis: {stated.basis}",
                got=f"{effect.estimate:.4g} [{effect.low:.4g}, {effect.high:.4g}]", wanted=_wanted(stated),
                note=f"{sentence}; {effect.positive} of {effect.seeds} seeds above no effect, sign p {effect.sign_p:.2g}, "
                f"Wilcoxon p {effect.wilcoxon_p:.2g}",
            )  # fmt: skip
    return found


def trajectories(
    case: Case, design: ModuleType, experiment: str, outcomes: Mapping[str, Any], *, count: int = 5
) -> Generator[Any, Any, None]:
    """The losses step by step against the NumPy reference's, from the same weights and batches, within the measured bound."""
    first = tuple(seeds(case, count)[:count])
    wanted = _reference(design, first, str(case.dtype))
    for arm in sorted(name.removeprefix("loss.") for name in wanted if name.startswith("loss.")):
        allowed = bounds.trajectory(wanted[f"allowed.{arm}"], copies=COPIES)
        got = outcomes[experiment].then(lambda value, arm=arm: np.ascontiguousarray(value[f"loss.{arm}"][:, :count]))
        yield within(
            got,
            wanted[f"loss.{arm}"],
            allowed,
            label=f"losses step by step, {arm}",
            source="the NumPy reference's trajectory",
        )


@functools.lru_cache(maxsize=8)
def _reference(design: ModuleType, first: tuple[int, ...], dtype: str) -> dict[str, np.ndarray]:
    return design.reference(reference_library, seeds=list(first), dtype=dtype)


def _chosen(value: Mapping[str, np.ndarray], which: str, count: int) -> dict[str, np.ndarray]:
    """The columns of one half of the seeds; the seeds are the last axis of every array that has one."""
    half = slice(0, count) if which == "first" else slice(count, 2 * count)
    return {k: v[..., half] if np.ndim(v) and np.shape(v)[-1] == 2 * count else v for k, v in value.items()}


def _named(effect: Effect, name: str) -> Effect:
    return effect if effect.name == name else replace(effect, name=name)


def _wanted(stated: Gate) -> str:
    return f"interval {stated.side} " + " and ".join(f"{b:g}" for b in stated.bounds)
