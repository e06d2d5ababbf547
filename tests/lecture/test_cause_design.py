"""Saturated or merely flat: what is measured, that the gates speak for both sides, and the lies that they must notice."""

from functools import partial

import numpy as np
import pytest
import two_sides
from lectureclaims.claims.language import population
from lectureclaims.claims.lecture.activations.cause import design as cause_design
from lectureclaims.claims.lecture.activations.cause import gates as cause_gates
from lectureclaims.claims.lecture.activations.cause.claim import due_to_saturation
from lectureclaims.claims.lecture.activations.saturation import design as saturation_design
from lectureclaims.reference.libraries.numpy import training as reference
from two_sides import unmet, verdict

SEEDS = (0, 1, 2)
AS_FOUND = {
    "six_layers": {
        "accuracy.relu": 0.95,
        "accuracy.logistic": 0.09,
        "accuracy.logistic_stretched": 0.96,
        "saturated.relu": 0.6,
        "saturated.logistic": 0.0005,
        "saturated.logistic_stretched": 0.002,
        "factor.relu": 1.0,
        "factor.logistic": 0.24,
        "factor.logistic_stretched": 1.0,
    },
    "three_layers": {
        "accuracy.3": 0.7,
        "accuracy.10": 0.12,
        "accuracy.3_saturated": 0.09,
        "top.3": 0.0005,
        "top.10": 0.98,
        "top.3_saturated": 1.0,
        "last.3": 0.35,
        "last.10": 0.9,
        "last.3_saturated": 1.0,
    },
}
"""Experiment -> measure.arm -> about what was found on the first seeds."""


made_up = partial(two_sides.made_up, AS_FOUND)
judged = partial(two_sides.judged, cause_gates)


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(saturation_design, "STEPS", 3)
    for name, value in {"EARLY": 1, "LAST": 2, "LOOKED_AT": (0, 1, 2)}.items():
        monkeypatch.setattr(cause_design, name, value)


def test_every_measure_has_a_number_for_each_seed(short):
    for name in ("six_layers", "three_layers"):
        measured = getattr(cause_design, name)(reference, seeds=SEEDS, dtype="float64")
        for key, array in measured.items():
            assert array.shape == ((3, 3) if key.startswith("loss") else (3,)), key
        for contrast in cause_gates.EFFECTS:
            if contrast.experiment == name:
                assert {contrast.first, contrast.second or contrast.first} <= set(measured)


def test_what_counts_as_saturated():
    """4 s (1 - s) below 1/20: beyond |z| of 4.36; of tanh beyond 2.18; of ReLU every z below 0."""
    outputs = {"logistic": lambda z: 1 / (1 + np.exp(-z)), "tanh": np.tanh, "relu": lambda z: np.maximum(z, 0)}
    z = {"logistic": (-4.4, -4.3, 0, 4.3, 4.4), "tanh": (-2.2, -2.1, 0, 2.1, 2.2), "relu": (-1, -0.1, 0.1, 1, 9)}
    for activation, at in z.items():
        row = outputs[activation](np.array(at)).reshape(1, 1, -1)
        assert saturation_design.saturated_units(activation, row) == [2 / 5]


def test_a_bias_of_minus_six_saturates_the_top_layer_and_no_other(short):
    start = {arm: cause_design._three(arm, seeds=SEEDS, dtype="float64")[1] for arm in cause_design.THREE}
    differ = [name for name in start["3"] if (start["3"][name] != start["3_saturated"][name]).any()]
    assert differ == [f"b{cause_design.DEPTH - 1}"]
    assert all((start["3"][name] == start["10"][name]).all() for name in start["3"])
    measured = cause_design.three_layers(reference, seeds=SEEDS, dtype="float64")
    assert (measured["top.3_saturated"] > 0.9).all() and (measured["top.3"] < 0.1).all()


def test_the_first_layer_counts_are_those_of_the_design_of_saturation(short):
    """The same networks, weights and batches: so the same factor at the start."""
    measured = cause_design.six_layers(reference, seeds=SEEDS, dtype="float64")
    before = saturation_design.at_the_start(reference, seeds=SEEDS, dtype="float64")
    for arm in ("relu", "logistic"):
        assert (measured[f"factor.{arm}"] == before[f"factor.{arm}"]).all()


def test_the_trajectories_of_torch_stay_within_the_reference(load, short):
    wanted = cause_design.reference(reference, seeds=SEEDS, dtype="float64")
    got = cause_design.three_layers(load("torch"), seeds=SEEDS, dtype="float64")
    for arm in cause_design.THREE:
        assert (abs(got[f"loss.{arm}"] - wanted[f"loss.{arm}"]) <= wanted[f"allowed.{arm}"]).all()


def test_both_sides_have_gates_that_can_fail_and_the_verdict_is_computed_from_them():
    found = judged(made_up())
    assert verdict(found) == "disputed"
    assert unmet(found) == {
        "six layers that do not learn are saturated",
        "more than stretched ones, which learn",
        "stretched ones, saturated no less, do not learn either",
    }
    # A world in which it is saturation: six layers are saturated, and so the stretched ones do not learn either.
    guilty = {
        "accuracy.logistic_stretched": 0.1,
        "saturated.logistic": 0.9,
        "saturated.logistic_stretched": 0.8,
        "factor.logistic": 0.01,
        "saturated.relu": 0.5,
        "last.3": 0.02,
    }
    assert verdict(judged(made_up(**guilty))) == "supported"
    # A world in which saturation does no harm.
    harmless = {"accuracy.10": 0.71, "accuracy.3_saturated": 0.69, "top.10": 0.1}
    assert verdict(judged(made_up(**harmless))) == "not supported"


def test_that_a_large_rate_saturates_is_a_control_and_speaks_for_nothing():
    found = judged(made_up(**{"top.10": 0.1}))
    speaking = {g.name for g, _ in found if g.speaks}
    assert "at a large rate the top layer of three is soon saturated" in unmet(found) - speaking


def test_how_well_three_layers_do_is_gated_and_not_only_how_they_differ():
    """All of them worse by as much, or better: the differences stay, and the controls tell."""
    arms = ("accuracy.3", "accuracy.10", "accuracy.3_saturated")
    worse = judged(made_up(**{arm: AS_FOUND["three_layers"][arm] - 0.35 for arm in arms}))
    assert "three layers learn at the smaller rate" in unmet(worse)
    better = judged(made_up(**{arm: AS_FOUND["three_layers"][arm] + 0.25 for arm in arms}))
    assert {"three layers at the large rate hardly learn", "saturated from the start they do not learn"} <= unmet(
        better
    )


def test_every_lie_leaves_a_gate_unmet_that_the_truth_meets():
    honest = unmet(judged(made_up()))
    assert unmet(judged(made_up(), population.exchanged)) - honest
    lies = [wrong.says["arms"] for wrong in due_to_saturation.wrongs if "arms" in wrong.says]
    assert len(lies) == 3
    for lie in lies:
        assert unmet(judged(lie(made_up()))) - honest
