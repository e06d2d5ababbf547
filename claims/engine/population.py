"""Statistical experiments as claims: arms run in the worker, effects and gates judged in the parent.

A design is a module with functions ``f(lib, *, seeds, dtype) -> {name: array}`` that run the arms, and a gates module with
``GATES`` (stated before anything runs) and ``effects(measured, chosen, seed=…)``. The first seeds are 0, 1, …; the fresh
ones 3000, 3001, … were never used while designing, and every gate must be met on both.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np

from ...reference import bounds
from ...reference.networks import numpy as reference_library
from . import statistics
from .claim import Case
from .comparison import Comparison, fails, gate, within
from .outcome import Outcome, ask
from .statistics import Effect, Gate

START = {"first": 0, "fresh": 3000}
"""The designs were made on the first seeds, and settled with a look at some from 1000 on; from 3000 on none was seen before."""
COPIES = 4
"""Nudged runs of the reference behind a trajectory's bound."""
MOVED = 10_000
"""How far ``--seed N`` moves the seeds: N times this."""

Compare = Callable[[Effect], Effect]
Arms = Callable[[dict[str, dict[str, Any]]], dict[str, dict[str, Any]]]
"""What is done to {experiment: arrays} before effects are computed: nothing, or one arm's numbers put in another's place."""


def as_measured(effect: Effect) -> Effect:
    return effect


def exchanged(effect: Effect) -> Effect:
    """A wrong: the names of the two arms exchanged."""
    return statistics.exchanged(effect, seed=0)


def as_they_ran(measured: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return measured


def in_place_of(
    measured: dict[str, dict[str, Any]], experiment: str, *, arm: str, replaced: str
) -> dict[str, dict[str, Any]]:
    """A wrong: what was measured, with "<measure>.<replaced>" holding the numbers of "<measure>.<arm>"."""
    if experiment not in measured:
        return measured
    arrays = dict(measured[experiment])
    for name in measured[experiment]:
        measure, _, of = name.rpartition(".")
        if of == arm and f"{measure}.{replaced}" in arrays:
            arrays[f"{measure}.{replaced}"] = arrays[name]
    return {**measured, experiment: arrays}


def seeds(case: Case, count: int, which: str) -> list[int]:
    """The first or the fresh seeds, moved by the run's seed."""
    return [MOVED * case.seed + START[which] + i for i in range(count)]


def measure(
    case: Case, design: ModuleType, experiments: Sequence[str]
) -> Generator[Any, Any, tuple[dict[str, Outcome], dict[str, dict[str, dict[str, Any]]]]]:
    """Run the experiments in the worker, each on its first and on its fresh seeds.

    Returns the outcomes on the first seeds by experiment, and what was measured, {"first"|"fresh": {experiment: arrays}}.
    """
    calls, keys = [], [(which, name) for name in experiments for which in START]
    for which, name in keys:
        calls.append(ask(getattr(design, name), seeds=seeds(case, design.SEEDS[name], which), dtype=str(case.dtype)))
    outcomes = dict(zip(keys, (yield calls), strict=True))
    measured: dict[str, dict[str, dict[str, Any]]] = {which: {} for which in START}
    for (which, name), outcome in outcomes.items():
        measured[which][name] = outcome.value
    return {name: outcomes["first", name] for name in experiments}, measured


def judge(
    case: Case,
    gates: ModuleType,
    measured: Mapping[str, dict[str, dict[str, Any]]],
    *,
    compare: Compare,
    arms: Arms = as_they_ran,
) -> Generator[Any, Any, dict[str, Effect]]:
    """Yield a comparison for each gate on the first seeds and on the fresh ones; return the effects on the first."""
    digest = statistics.gates_digest(gates.GATES)[:16]
    effects = {which: gates.effects(arms(parts), seed=case.seed) for which, parts in measured.items()}
    for which, found in effects.items():
        for stated in gates.GATES:
            if stated.effect not in found:  # its experiment is not for this case
                continue
            effect = replace(compare(found[stated.effect]), name=stated.effect)
            met, sentence = statistics.judge(stated, effect)
            source = f"gate stated before the run (gates' SHA-256 {digest}…); basis: {stated.basis}"
            yield _gate(stated, effect, met, sentence, which, source=source)
    return effects["first"]


def literally(case: Case, design: ModuleType, gates: ModuleType, stated: Gate) -> Generator[Any, Any, None]:
    """In a limit: the sentence as worded, put as a gate on one effect, must fail on the first seeds and on the fresh ones.

    Beside it the design's own gates on the same effect must be met: they say what is found in its place.
    """
    experiment = stated.effect.partition(":")[0].replace(" ", "_")
    _, measured = yield from measure(case, design, (experiment,))
    beside = [g for g in gates.GATES if g.effect == stated.effect]
    if not beside:
        raise ValueError(f"effect={stated.effect!r}: no gate of the design says what is found instead")
    for which, parts in measured.items():
        effect = gates.effects(parts, seed=case.seed)[stated.effect]
        for each in (stated, *beside):
            met, sentence = statistics.judge(each, effect)
            predicted = each is not stated
            source = f"gate stated before the run; basis: {each.basis}" if predicted else "the sentence as worded"
            judged = _gate(each, effect, met, sentence, which, source=source)
            # Where a seed gave no finite number the sentence did not fail: nothing was measured.
            judged = replace(judged, made=judged.made and not effect.missing)
            yield judged if predicted else fails(judged)


def _gate(stated: Gate, effect: Effect, met: bool, sentence: str, which: str, *, source: str) -> Comparison:
    return gate(
        met, label=f"{stated.name}, {which} seeds", source=source,
        got=f"{effect.estimate:.4g} [{effect.low:.4g}, {effect.high:.4g}]",
        wanted=f"interval {stated.side} " + " and ".join(f"{b:g}" for b in stated.bounds),
        note=f"{sentence}; {effect.positive} of {effect.seeds} seeds above no effect, sign p {effect.sign_p:.2g}, "
        f"Wilcoxon p {effect.wilcoxon_p:.2g}",
    )  # fmt: skip


def trajectories(
    case: Case, design: ModuleType, experiment: str, outcomes: Mapping[str, Outcome], *, count: int = 5
) -> Generator[Any, Any, None]:
    """The losses step by step against the NumPy reference's, from the same weights and batches, within the measured bound."""
    first = tuple(seeds(case, count, "first"))
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


_one_at_a_time = threading.Lock()


def _reference(design: ModuleType, first: tuple[int, ...], dtype: str) -> dict[str, np.ndarray]:
    with _one_at_a_time:  # two libraries ask for the same at the same time: the second waits for the first's
        return _computed_reference(design, first, dtype)


@functools.lru_cache(maxsize=8)
def _computed_reference(design: ModuleType, first: tuple[int, ...], dtype: str) -> dict[str, np.ndarray]:
    return design.reference(reference_library, seeds=list(first), dtype=dtype)
