"""Statistical experiments as claims: arms run in the worker, effects and gates judged in the parent.

A design is a module with functions ``f(lib, *, seeds, dtype) -> {name: array}`` that run the arms, [S] or [..., S] with the
seeds last, and SEEDS, how many seeds each is designed for. Its gates are the module "gates" in the same folder, with EFFECTS and
GATES, stated before anything runs. The first seeds are 0, 1, …; the fresh ones 5000, 5001, … were never used while designing, and
every gate must be met on both.

What is stated cannot be moved unseen: its digest is in the evidence before an arm runs, is compared with that of the gates
that judge, and stands in the file ``versions.toml`` beside the design, whose list of digests is the design's history.
"""

from __future__ import annotations

import dataclasses
import importlib
import sys
import tomllib
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from ...reference import bounds
from ...reference.libraries import FRAMEWORKS, REFERENCE
from . import prose, statistics
from .claim import Case, Claim, Figure, Stated
from .comparison import Comparison, fails, gate, within
from .outcome import Call, Outcome
from .statistics import Effect, Gate

START = {"first": 0, "fresh": 5000}
"""The designs were made on the first seeds, and settled with a look at others: some from 1000 on, 3000 on, and those that ``--seed`` 1, 2, 3 and 7
moved the first and those to. From 5000 on none was seen before."""
QUICK_SEEDS = statistics.FEWEST_SEEDS
"""Of each experiment in a quick run."""
FOLLOWED = 5
"""Seeds whose trajectories are compared with the reference's; in a quick run one."""
COPIES = 4
"""Nudged runs of the reference behind a trajectory's bound."""
MOVED = 10_000
"""How far ``--seed N`` moves the seeds: N times this."""

Measured = dict[str, dict[str, Any]]
"""{experiment: {name: array}}."""
Compare = Callable[[Effect], Effect]
Arms = Callable[[Measured], Measured]
"""What is done to {experiment: arrays} before effects are computed: nothing, or one arm's numbers put in another's place."""


def as_measured(effect: Effect) -> Effect:
    return effect


def exchanged(effect: Effect) -> Effect:
    """A wrong: the names of the two arms exchanged."""
    return statistics.exchanged(effect, seed=0)


def as_they_ran(measured: Measured) -> Measured:
    return measured


def in_place_of(measured: Measured, experiment: str, *, arm: str, replaced: str) -> Measured:
    """A wrong: what was measured, with "<measure>.<replaced>" holding the numbers of "<measure>.<arm>"."""
    if experiment not in measured:
        return measured
    arrays = dict(measured[experiment])
    for name in measured[experiment]:
        measure, _, of = name.partition(".")
        if of == arm and f"{measure}.{replaced}" in arrays:
            arrays[f"{measure}.{replaced}"] = arrays[name]
    return {**measured, experiment: arrays}


class Study(NamedTuple):
    """outcomes on the first seeds by experiment; what was measured, and the effects, both by "first" and "fresh" seeds."""

    outcomes: Mapping[str, Outcome]
    measured: Mapping[str, Measured]
    effects: Mapping[str, dict[str, Effect]]


def seeds(case: Case, count: int, group: str) -> list[int]:
    """The first or the fresh seeds, moved by the run's seed; in a quick run no more than QUICK_SEEDS of them."""
    return [MOVED * case.seed + START[group] + i for i in range(min(count, QUICK_SEEDS) if case.quick else count)]


def stated_before(case: Case, design: ModuleType) -> Stated:
    """What is fixed before an arm runs. Raises ValueError where this digest is not the last of the design's history."""
    gates, name, digest = gates_of(design), _name(design), digest_of(design)
    file = Path(gates.__file__ or "").with_name("versions.toml")
    alone = gates is design and not file.is_file()
    versions = [digest] if alone else tomllib.loads(file.read_text(encoding="utf-8")).get(name, [])
    if not versions or versions[-1] != digest:
        raise ValueError(
            f"design {name!r}: its gates, effects, seeds and settings have SHA-256 {digest[:16]}…, which is not its last version in "
            "versions.toml; undo the change, or add the new digest there as a new version"
        )
    counts = {key: len(seeds(case, count, "first")) for key, count in design.SEEDS.items()}
    listed = [dataclasses.asdict(one) for one in gates.GATES]
    return Stated(
        name,
        {
            "version": len(versions),
            "digest": digest,
            "seeds": counts,
            "quick": case.quick,
            "from": {group: seeds(case, 1, group)[0] for group in START},
            "gates": listed,
        },
    )


def gates_of(design: ModuleType) -> ModuleType:
    """The module of the design's gates and effects: it lies beside the design, or is the design."""
    if hasattr(design, "GATES"):
        return design
    return importlib.import_module(".gates", design.__package__)


def _name(design: ModuleType) -> str:
    """The design's name: that of the folder in which it lies beside its claim and its gates, or its own where it is not called "design"."""
    *_, folder, own = ("", *design.__name__.split("."))
    if gates_of(design) is design:
        return Path(design.__file__ or own).stem
    return folder if own == "design" else own


def digest_of(design: ModuleType) -> str:
    """Of gates and effects, and of every constant of the design: numbers of seeds, learning rates, widths, steps, …"""
    constants = {name: _stated(value) for name, value in vars(design).items() if name.isupper() and _plain(value)}
    gates = gates_of(design)
    rules = {"fresh": START["fresh"], "level": statistics.LEVEL, "resamples": statistics.RESAMPLES}
    return statistics.gates_digest(gates.GATES, gates.EFFECTS, {"constants": constants, "rules": rules})


def _stated(value: Any) -> Any:
    """The same with the settings of a network's layers in their order, without their names."""
    if isinstance(value, dict):
        parts = {key: _stated(part) for key, part in value.items()}
        return [*parts.values()] if "kind" in value else parts
    return [_stated(part) for part in value] if isinstance(value, list | tuple) else value


def _plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _plain(part) for key, part in value.items())
    if isinstance(value, list | tuple):
        return all(_plain(part) for part in value)
    return value is None or isinstance(value, bool | int | float | str)


def _arms(case: Case, design: ModuleType, experiment: str, chosen: Sequence[int], *, on: str = "") -> Call:
    """The call that runs an experiment's arms on some seeds."""
    arguments = {"seeds": [*chosen], "dtype": str(case.dtype)}
    return Call(getattr(design, experiment), arguments, apart=True, on=on)


def _reference(case: Case, design: ModuleType, count: int) -> Call:
    """The call that gives the NumPy reference's trajectories on the first so many seeds, and how far others may be from them."""
    return _arms(case, design, "reference", seeds(case, _followed(case, count), "first"), on=REFERENCE)


def _followed(case: Case, count: int) -> int:
    return count if not case.quick else 1


def _groups(case: Case) -> tuple[str, ...]:
    """The groups of seeds on which every gate must be met; in a quick run the first alone."""
    return tuple(START)[:1] if case.quick else tuple(START)


def measure(
    case: Case,
    design: ModuleType,
    experiments: Sequence[str],
    *,
    groups: Sequence[str] | None = None,
    beside: Sequence[Call] = (),
) -> Generator[Any, Any, tuple[dict[str, Outcome], dict[str, Measured]]]:
    """Run the experiments in the worker, each on its first and on its fresh seeds, or on these groups; beside: calls that are asked for
    later, made at the same time.

    Returns the outcomes on the first seeds by experiment, and what was measured, {"first"|"fresh": {experiment: arrays}}.
    """
    groups = _groups(case) if groups is None else groups
    keys = [(group, name) for name in experiments for group in groups]
    calls = [_arms(case, design, name, seeds(case, design.SEEDS[name], group)) for group, name in keys]
    answers = yield [*calls, *beside]
    outcomes = dict(zip(keys, answers[: len(keys)], strict=True))
    measured: dict[str, Measured] = {group: {} for group in groups}
    for (group, name), outcome in outcomes.items():
        measured[group][name] = outcome.value
    return {name: outcomes["first", name] for name in experiments}, measured


def study(
    case: Case,
    design: ModuleType,
    experiments: Sequence[str],
    *,
    compare: Compare = as_measured,
    arms: Arms = as_they_ran,
    followed: str = "",
) -> Generator[Any, Any, Study]:
    """State the gates, run the experiments, and yield a comparison for each gate, on the first seeds and on the fresh ones.

    What a wrong does to the measurements is done to the fresh ones too. In float64 the effects are drawn, as they were measured.
    followed: the experiment whose ``trajectories`` are compared with the reference's, where the case is to be followed.
    """
    gates, before = gates_of(design), stated_before(case, design)
    followed = followed if case.follow else ""
    yield before
    beside = [_reference(case, design, FOLLOWED)] if followed else []
    outcomes, measured = yield from measure(case, design, experiments, beside=beside)
    for name in experiments:
        _seeds_are_seeds(name, [parts[name] for parts in measured.values()])
    effects = {group: _effects(gates, arms(parts), seed=case.seed) for group, parts in measured.items()}
    version, digest = before.data["version"], before.data["digest"]
    # Of a claim that is its own design the gates are all that is compared, and say what was asked of the library.
    asked = {e.name: outcomes[e.experiment].call for e in gates.EFFECTS if gates is design and e.experiment in outcomes}
    source = f"gate stated before the run (version {version} of the gates, SHA-256 {digest[:16]}…); basis: "
    for group, by_name in effects.items():
        for one in _asked(gates, experiments):
            effect = replace(compare(by_name[one.effect]), name=one.effect)
            yield _gate(one, effect, group, source=source + one.basis, call=asked.get(one.effect))
    if digest_of(design) != digest:
        raise ValueError(f"design {before.name!r}: its gates are not those that were stated before the run")
    if case.dtype == np.float64 and not case.quick:
        yield forest(design, effects, experiments)
    if followed:
        yield from trajectories(case, design, followed, outcomes)
    return Study(outcomes, measured, effects)


def _asked(gates: ModuleType, experiments: Sequence[str]) -> list[Gate]:
    """The gates on effects of these experiments."""
    of = {effect.name: effect.experiment for effect in gates.EFFECTS}
    return [one for one in gates.GATES if of[one.effect] in experiments]


def _effects(gates: ModuleType, measured: Measured, *, seed: int) -> dict[str, Effect]:
    """The effects whose experiments ran; a measure of several numbers for a seed, [..., S], counts with their mean."""

    def one_a_seed(array: Any) -> np.ndarray:
        return np.asarray(array).mean(tuple(range(np.ndim(array) - 1)))

    return {
        c.name: statistics.paired(
            c.name,
            one_a_seed(measured[c.experiment][c.first]),
            None if c.second is None else one_a_seed(measured[c.experiment][c.second]),
            kind=c.kind,
            seed=seed,
        )
        for c in gates.EFFECTS
        if c.experiment in measured
    }


def _seeds_are_seeds(experiment: str, runs: Sequence[Mapping[str, Any]]) -> None:
    """Each seed must have given numbers of its own: in everything that an experiment measured no two may be alike.

    Raises ValueError where they are, among the first seeds, among the fresh ones, or between the two.
    """
    count = [next(np.shape(a)[-1] for a in run.values()) for run in runs]
    columns = [
        np.concatenate([np.reshape(run[n], (-1, size)) for n in sorted(run) if np.shape(run[n])[-1] == size]).T
        for run, size in zip(runs, count, strict=True)
    ]
    runs_apart = {column.tobytes() for part in columns for column in part}
    if len(runs_apart) < sum(count):
        raise ValueError(
            f"{experiment}: {sum(count)} seeds gave {len(runs_apart)} different runs; expected one for each: are seeds shared?"
        )


def forest(design: ModuleType, effects: Mapping[str, dict[str, Effect]], experiments: Sequence[str]) -> Figure:
    """The interval of every gate's effect on the first and on the fresh seeds, and where the gate wants it."""
    rows = []
    for one in _asked(gates_of(design), experiments):
        first, fresh = (effects[group][one.effect] for group in START)
        interval = {"estimate": first.estimate, "low": first.low, "high": first.high}
        again = {"estimate": fresh.estimate, "low": fresh.low, "high": fresh.high}
        low, high = (None if np.isinf(end) else end for end in statistics.region(one))
        rows.append(
            {
                "name": one.name,
                "role": one.role,
                "speaks": one.speaks,
                "effect": one.effect,
                "kind": first.kind if first.arms == 2 else "value",
                **interval,
                "fresh": again,
                "gate": [low, high],
                "seeds": first.seeds,
                "positive": first.positive,
            }
        )
    return Figure(f"forest:{_name(design)}", {"rows": rows})


def literally(case: Case, design: ModuleType, stated: Gate) -> Generator[Any, Any, None]:
    """In a limit: the sentence as worded, put as a gate on one effect, must fail on the first seeds and on the fresh ones.

    Beside it the design's own gates on the same effect must be met: they say what is found in its place.
    """
    yield stated_before(case, design)
    gates = gates_of(design)
    contrast = next((effect for effect in gates.EFFECTS if effect.name == stated.effect), None)
    beside = [g for g in gates.GATES if g.effect == stated.effect]
    if contrast is None or not beside:
        raise ValueError(f"effect={stated.effect!r}: no gate of the design says what is found instead")
    _, measured = yield from measure(case, design, (contrast.experiment,))
    for group, parts in measured.items():
        effect = _effects(gates, parts, seed=case.seed)[stated.effect]
        for each in (stated, *beside):
            predicted = each is not stated
            source = f"gate stated before the run; basis: {each.basis}" if predicted else _wording(each)
            judged = _gate(each, effect, group, source=source)
            # Where a seed gave no finite number the sentence did not fail: nothing was measured. Nor did it where the interval is too wide.
            undecided = statistics.judge(each, effect).undecided
            judged = judged.but(made=not effect.missing and (predicted or not undecided))
            yield judged if predicted else fails(judged)


def over_seeds(claim: Claim, module: str) -> None:
    """Add to a claim that is its own design, in the module of this name, the case that judges its gates, and the wrong that the arms are exchanged."""
    design = sys.modules[module]

    @claim.case("over seeds", wrongs={"arms exchanged": {"compare": exchanged}})
    def _(case: Case, *, compare: Compare = as_measured) -> Generator[Any, Any, None]:
        yield from study(case, design, tuple(design.SEEDS), compare=compare)


def limit(claim: Claim, design: ModuleType, name: str, says: str, stated: Gate, *, as_worded: bool = False) -> None:
    """Add to a claim the limit that a sentence, put as the gate ``stated``, fails over seeds in either framework.

    ``says``, a text, is what is so in its place; line breaks count as blanks.
    """

    @claim.limit(name, says=prose.line(says), backends=FRAMEWORKS, dtypes=("float64",), as_worded=as_worded)
    def _(case: Case) -> Generator[Any, Any, None]:
        yield from literally(case, design, stated)


def _wording(literal: Gate) -> str:
    """Where the sentence fails by falling short of a size, what size was asked of it."""
    if {*literal.bounds} <= {0.0, 1.0}:
        return "the sentence as worded"
    return f"the sentence as worded, and by how much at least: {literal.side} {' and '.join(f'{b:.12g}' for b in literal.bounds)}"


def _gate(stated: Gate, effect: Effect, which: str, *, source: str, call: Call | None = None) -> Comparison:
    return gate(stated, effect, statistics.judge(stated, effect), which, source=source, call=call)


def trajectories(
    case: Case, design: ModuleType, experiment: str, outcomes: Mapping[str, Outcome], *, count: int = FOLLOWED
) -> Generator[Any, Any, None]:
    """The losses step by step against the NumPy reference's, from the same weights and batches, within the measured bound.

    The difference is drawn beside what is allowed, of the seed that comes nearest to its bound.
    """
    wanted = (yield _reference(case, design, count)).value
    drawn = []
    for arm in sorted(name.removeprefix("loss.") for name in wanted if name.startswith("loss.")):
        loss, allowed = wanted[f"loss.{arm}"], wanted[f"allowed.{arm}"]
        got = outcomes[experiment].then(
            lambda value, arm=arm: np.ascontiguousarray(value[f"loss.{arm}"][:, : _followed(case, count)])
        )
        yield within(
            got,
            loss,
            bounds.trajectory(allowed, copies=COPIES),
            label=f"losses step by step, {arm}",
            source="the NumPy reference's trajectory",
        )
        if got.kind == "value":
            difference = abs(got.value - loss)
            share = np.divide(difference, allowed, out=np.zeros_like(loss), where=allowed > 0)
            nearest = share.max(0).argmax()
            drawn.append({"name": arm, "difference": difference[:, nearest], "allowed": allowed[:, nearest]})
    name = _name(design)
    yield Figure(f"trajectories:{name}", {"experiment": experiment, "seeds": _followed(case, count), "arms": drawn})
