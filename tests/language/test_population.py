"""Statistical designs as claims, and the lies they must notice: one arm twice, shared seeds, leaked labels, gates that move."""

import dataclasses
import functools
import itertools
import sys
import types

import numpy as np
import pytest
from lectureclaims.claims.language import population
from lectureclaims.claims.language.claim import Case, Figure, Stated, claim
from lectureclaims.claims.language.comparison import Comparison
from lectureclaims.claims.language.outcome import Outcome
from lectureclaims.claims.language.statistics import Contrast, Gate
from lectureclaims.claims.lecture.network.learning import design as learning_design
from lectureclaims.claims.record.verdicts import Facts, cell_verdict
from lectureclaims.reference.libraries.numpy import training as reference
from rows import BAD, GOOD

EFFECT = Contrast("runs: loss, without / with", "ratio", "runs", "last.without", "last.with")
NOTHING = Contrast("runs: loss, null / without", "ratio", "runs", "last.null", "last.without")
GATES = (
    Gate("smaller with", EFFECT.name, "above", (1.5,), "made up"),
    Gate("the null arm does nothing", NOTHING.name, "within", (0.8, 1.25), "made up", "control"),
)


def runs(lib, *, seeds, dtype):
    """Three arms whose last loss scatters from seed to seed: three times as large without, and with the null arm."""
    noise = np.stack([np.random.default_rng(seed).normal(size=3) for seed in seeds], 1)
    factor = np.array([1.0, 3.0, 3.0])[:, None]
    return dict(zip(("last.with", "last.without", "last.null"), factor * np.exp(0.05 * noise), strict=True))


@pytest.fixture
def design_of(tmp_path, monkeypatch):
    """Makes a design with its gates, and beside them the file of its versions."""
    return functools.partial(_design_of, tmp_path, monkeypatch)


def _design_of(tmp_path, monkeypatch, *, experiment=runs, gates=GATES, effects=(EFFECT, NOTHING), versions=None):
    design = types.ModuleType("made_up.design")
    design.__package__ = "made_up"
    design.SEEDS, design.runs = {"runs": 20}, experiment
    stated = types.ModuleType("made_up.gates")
    stated.GATES, stated.EFFECTS, stated.__file__ = gates, effects, str(tmp_path / "gates.py")
    monkeypatch.setitem(sys.modules, "made_up", types.ModuleType("made_up"))
    monkeypatch.setitem(sys.modules, stated.__name__, stated)
    digests = [population.digest_of(design)] if versions is None else versions
    (tmp_path / "versions.toml").write_text(f"made_up = {digests}\n")
    return design


def a_case(*, seed=0, quick=False, dtype="float64"):
    return Case("a.claim", "over seeds", {}, dtype=dtype, backend="numpy", seed=seed, quick=quick)


def steps_of(experiment, *, lib=reference, between=lambda: None):
    """Everything that an experiment yields, each call made at once; ``between`` happens while they are made."""
    answer, found = None, []
    try:
        while True:
            step = experiment.send(answer)
            answer = None
            if isinstance(step, list):
                answer = [Outcome("value", c.operation(lib, **c.arguments), call=c) for c in step]
                between()
            else:
                found.append(step)
    except StopIteration:
        return found


def studied(design, *, experiments=("runs",), case=None, between=lambda: None, **how):
    return steps_of(population.study(case or a_case(), design, experiments, **how), between=between)


def verdict_of(found):
    """The verdict of a cell in which this was found and a wrong was caught."""
    found = [step.row for step in found if isinstance(step, Comparison)]
    return cell_verdict(Facts([*found, GOOD], {"a wrong": [BAD]}))


# --- what is stated before anything runs ---------------------------------------------------------------------------------


def test_what_is_stated_comes_before_the_first_call_and_every_gate_is_judged_on_both_groups_of_seeds(design_of):
    found = studied(design_of())
    assert isinstance(found[0], Stated)
    assert found[0].data["version"] == 1 and len(found[0].data["digest"]) == 64
    assert [c.row.label for c in found if isinstance(c, Comparison)] == [
        f"{gate.name}, {which} seeds" for which, gate in itertools.product(("first", "fresh"), GATES)
    ]
    assert verdict_of(found)[0] == "supported"


def test_the_effects_are_drawn_with_their_gates(design_of):
    figure = next(step for step in studied(design_of()) if isinstance(step, Figure))
    effect, control = figure.data["rows"]
    assert effect["low"] < effect["estimate"] < effect["high"] and effect["gate"] == [1.5, None]
    assert effect["fresh"]["estimate"] != effect["estimate"] and control["role"] == "control"
    assert control["gate"] == [0.8, 1.25]


@pytest.mark.parametrize(
    "change", [{"bounds": (1.4999,)}, {"side": "below"}, {"role": "caution"}, {"speaks": "for"}, {"basis": "seen"}]
)
def test_a_gate_that_changes_without_its_designs_version_stops_the_claim(tmp_path, design_of, change):
    moved = (dataclasses.replace(GATES[0], **change), GATES[1])
    history = [population.digest_of(design_of())]
    with pytest.raises(ValueError, match="not its last version"):
        studied(design_of(gates=moved, versions=history))
    design = design_of(gates=moved)
    again = [*history, population.digest_of(design)]
    (tmp_path / "versions.toml").write_text(f"made_up = {again}\n")
    assert studied(design)[0].data["version"] == 2


def test_another_effect_behind_the_same_gate_other_numbers_of_seeds_and_other_settings_are_another_version(
    tmp_path, design_of, monkeypatch
):
    history = [population.digest_of(design_of())]
    other = dataclasses.replace(EFFECT, second="last.null")
    with pytest.raises(ValueError, match="not its last version"):
        studied(design_of(effects=(other, NOTHING), versions=history))
    design = design_of(versions=history)
    for change in ({"SEEDS": {"runs": 10}}, {"RATE": 0.3}):
        design = design_of(versions=history)
        vars(design).update(change)
        with pytest.raises(ValueError, match="not its last version"):
            studied(design)
    monkeypatch.setitem(population.START, "fresh", 1)
    with pytest.raises(ValueError, match="not its last version"):
        studied(design_of(versions=history))


def test_gates_that_are_moved_while_the_arms_run_are_noticed(design_of):
    design = design_of()

    def move():
        population.gates_of(design).GATES = (dataclasses.replace(GATES[0], bounds=(1.01,)), GATES[1])

    with pytest.raises(ValueError, match="not those that were stated before the run"):
        studied(design, between=move)


# --- arms and seeds ------------------------------------------------------------------------------------------------------


def test_one_arm_twice_is_noticed_where_an_effect_is_claimed_and_where_none_is(design_of):
    def twice(lib, *, seeds, dtype):
        found = runs(lib, seeds=seeds, dtype=dtype)
        return found | {"last.without": found["last.with"], "last.null": found["last.with"]}

    found = studied(design_of(experiment=twice))
    told = [step for step in found if isinstance(step, Comparison)]
    assert not any(step.row.agrees for step in told)
    assert all("is it one arm twice?" in step.row.note for step in told)
    assert verdict_of(found)[0] == "inconclusive"


def test_the_controls_numbers_in_the_arms_place_meet_no_gate_of_an_effect(design_of):
    def null(measured):
        return population.in_place_of(measured, "runs", arm="null", replaced="with")

    found = studied(design_of(), arms=null)
    assert [step.row.agrees for step in found if isinstance(step, Comparison)] == [False, True] * 2
    assert verdict_of(found)[0] == "not supported"


@pytest.mark.parametrize(
    "lie",
    [
        lambda seeds: [seeds[0]] * len(seeds),
        lambda seeds: [*seeds[:-1], seeds[0]],
        lambda seeds: [seed % 1000 for seed in seeds],
    ],
    ids=["one seed for all", "one seed twice", "the fresh seeds are the first"],
)
def test_seeds_that_are_shared_by_mistake_are_noticed(design_of, lie):
    def shared(lib, *, seeds, dtype):
        return runs(lib, seeds=lie(seeds), dtype=dtype)

    with pytest.raises(ValueError, match="are seeds shared"):
        studied(design_of(experiment=shared))


def test_leaked_labels_are_noticed_by_the_control(monkeypatch):
    """The label of a training image is written into one of its pixels: with shuffled labels the network learns that pixel."""
    honest = learning_design.training.batches

    def leaking(x, labels, order):
        for chosen, targets in honest(x, labels, order):
            yield np.concatenate((chosen[..., :-10], 4.0 * np.eye(10)[targets]), -1), targets

    def first_loss(which):
        found = [
            s
            for s in steps_of(population.study(a_case(quick=True), learning_design, ("learns",)))
            if isinstance(s, Comparison)
        ]
        return {s.row.label: s.row.agrees for s in found}[which]

    shown = "of shuffled labels it falls hardly, first seeds"
    assert first_loss(shown)
    monkeypatch.setattr(learning_design.training, "batches", leaking)
    assert not first_loss(shown)


def test_every_run_moves_all_seeds(design_of):
    case, moved = a_case(), a_case(seed=2)
    assert population.seeds(case, 20, "first") == list(range(20))
    assert not {*population.seeds(case, 20, "first")} & {*population.seeds(case, 20, "fresh")}
    for which in ("first", "fresh"):
        assert population.seeds(moved, 3, which) == [20_000 + seed for seed in population.seeds(case, 3, which)]
    one, other = (studied(design_of(), case=c) for c in (case, moved))
    again = studied(design_of(), case=a_case())
    notes = [[s.row.note for s in found if isinstance(s, Comparison)] for found in (one, other, again)]
    assert notes[0] == notes[2] and not set(notes[0]) & set(notes[1])


# --- a quick run ---------------------------------------------------------------------------------------------------------


def test_a_quick_run_says_so_and_uses_six_seeds(design_of):
    found = studied(design_of(), case=a_case(quick=True))
    assert found[0].data["quick"] and found[0].data["seeds"] == {"runs": 6}
    assert "over 6 seeds" in found[1].row.note and verdict_of(found)[0] == "supported"


def test_a_quick_run_judges_every_gate_on_the_first_seeds_alone_and_draws_no_effects(design_of):
    found = studied(design_of(), case=a_case(quick=True))
    assert [c.row.label for c in found if isinstance(c, Comparison)] == [f"{gate.name}, first seeds" for gate in GATES]
    assert not any(isinstance(step, Figure) for step in found)
    larger = Gate("larger with", EFFECT.name, "below", (1.0,), "as worded")
    _, *limit = steps_of(population.literally(a_case(quick=True), design_of(), larger))
    assert [(c.row.must_fail, c.row.agrees) for c in limit] == [(True, False), (False, True)]


def test_a_quick_run_follows_one_seed_of_the_reference_or_none(design_of):
    case, design = a_case(quick=True), design_of()
    case.follow = False
    assert not any(isinstance(step, Figure) for step in studied(design, case=case, followed="runs"))
    vars(design)["reference"] = runs
    full, quick = (population._reference(a_case(quick=q), design, population.FOLLOWED) for q in (False, True))
    assert (len(full.arguments["seeds"]), len(quick.arguments["seeds"])) == (population.FOLLOWED, 1)


def test_where_the_interval_is_too_wide_nothing_is_decided(design_of):
    """The same experiment with more noise: twenty seeds tell the effect, six do not, and nobody calls that a failure."""

    def noisy(lib, *, seeds, dtype):
        noise = np.stack([np.random.default_rng(seed).normal(size=2) for seed in seeds], 1)
        both = np.exp(0.5 * noise) * np.array([[1.0], [3.0]])
        return {"last.with": both[0], "last.without": both[1]}

    settings = {"experiment": noisy, "gates": GATES[:1], "effects": (EFFECT,)}
    verdicts = [verdict_of(studied(design_of(**settings), case=a_case(quick=quick)))[0] for quick in (False, True)]
    assert verdicts == ["supported", "inconclusive"]


# --- limits, and trajectories --------------------------------------------------------------------------------------------


def test_a_limit_needs_the_sentence_to_fail_and_the_designs_gates_to_hold(design_of):
    design = design_of()
    larger = Gate("larger with", EFFECT.name, "below", (1.0,), "as worded")
    before, *found = steps_of(population.literally(a_case(), design, larger))
    assert isinstance(before, Stated)
    assert [(c.row.must_fail, c.row.agrees) for c in found] == [(True, False), (False, True)] * 2
    with pytest.raises(ValueError, match="no gate of the design"):
        steps_of(population.literally(a_case(), design, dataclasses.replace(larger, effect="another")))
    undecided = dataclasses.replace(larger, side="above", bounds=(3.0,))
    literal = [
        c
        for c in steps_of(population.literally(a_case(), design, undecided))
        if isinstance(c, Comparison) and c.row.must_fail
    ]
    assert not any(c.row.made for c in literal), "an interval that is too wide exhibits nothing"


def test_the_words_of_a_limit_over_seeds_are_a_text(design_of):
    made = claim("a.claim", "A statement.", expected="supported", kind="statistical")
    larger = Gate("larger with", EFFECT.name, "below", (1.0,))
    words = """
        In its place
        this is so.
    """
    population.limit(made, design_of(), "its name", words, larger, as_worded=True)
    (limit,) = made.limits
    assert (limit.name, limit.says, limit.as_worded) == ("its name", "In its place this is so.", True)
    assert (limit.backends, limit.dtypes) == (population.FRAMEWORKS, ("float64",))
    assert sum(c.row.must_fail for c in steps_of(limit.experiment(a_case())) if isinstance(c, Comparison)) == 2


def followed(outcomes):
    """What ``trajectories`` yields, once the reference has answered."""
    steps = population.trajectories(a_case(), learning_design, "learns", outcomes)
    call = next(steps)
    assert call.on == "numpy" and call.apart
    found = [steps.send(Outcome("value", call.operation(reference, **call.arguments)))]
    return [*found, *steps]


def test_a_trajectory_is_drawn_as_its_difference_and_judged_within_the_bound():
    outcome = Outcome("value", learning_design.learns(reference, seeds=range(5), dtype="float64"))
    judged, figure = followed({"learns": outcome})
    assert judged.row.agrees and judged.row.elements == 5 * learning_design.STEPS
    (arm,) = figure.data["arms"]
    assert len(arm["difference"]) == learning_design.STEPS and (arm["difference"] <= arm["allowed"]).all()
    late = outcome.then(lambda m: m | {"loss.true": np.roll(m["loss.true"], 1, 0)})
    assert not followed({"learns": late})[0].row.agrees
