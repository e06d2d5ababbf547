"""Two losses and two output biases: what the first gradient must be, and the lies that the gates must notice."""

import types

import numpy as np
import pytest
from lectureclaims.claims.language import population, statistics, training
from lectureclaims.claims.lecture.activations.confident import design as confident_design
from lectureclaims.claims.lecture.activations.confident import gates as confident_gates
from lectureclaims.claims.lecture.activations.confident.claim import last_layer
from lectureclaims.reference.libraries.numpy import training as reference

SEEDS = tuple(range(statistics.FEWEST_SEEDS))


@pytest.fixture(scope="module")
def measured():
    """The design as it is, on its six first seeds."""
    return {"decides": confident_design.decides(reference, seeds=SEEDS, dtype="float64")}


def unmet(measured, compare=population.as_measured):
    effects = population._effects(confident_gates, measured, seed=0)
    judged = {n: statistics.Effect(**{**vars(compare(effect)), "name": n}) for n, effect in effects.items()}
    return {g.name for g in confident_gates.GATES if not statistics.judge(g, judged[g.effect]).met}


def test_every_measure_has_a_number_for_each_seed(measured):
    found = measured["decides"]
    for arm, (_, _, rates) in confident_design.ARMS.items():
        assert found[f"accuracy.{arm}"].shape == found[f"first_gradient.{arm}"].shape == (len(SEEDS),)
        assert (f"loss.{arm}" in found) == (len(rates) == 1)
    for contrast in confident_gates.EFFECTS:
        assert {contrast.first, contrast.second or contrast.first} <= set(found)


def test_the_network_starts_out_certain_of_one_answer_that_is_wrong_of_half():
    start, order = confident_design._setting(15.0, seeds=SEEDS, dtype="float64")
    images, labels = confident_design.odd_or_even("float64")[0]
    x, targets = images[order[0]], labels[order[0]]
    logits = training.evaluate(reference, confident_design.NETWORK, start, x, targets, loss="logistic_cross_entropy")[
        2
    ]["logits"]
    assert (logits > 8).all() and 0.3 < targets.mean() < 0.7


def test_the_arms_share_weights_and_batches():
    certain, undecided = (confident_design._setting(bias, seeds=SEEDS, dtype="float64") for bias in (15.0, 0.0))
    assert (certain[1] == undecided[1]).all()
    assert all((certain[0][name] == undecided[0][name]).all() for name in ("w0", "b0", "w1"))
    assert (certain[0]["b1"] - undecided[0]["b1"] == 15).all()


def test_the_gates_are_met_and_every_lie_leaves_one_unmet(measured):
    assert unmet(measured) == set()
    assert unmet(measured, population.exchanged)
    lies = [wrong.says["arms"] for wrong in last_layer.wrongs if "arms" in wrong.says]
    assert len(lies) == 3
    for lie in lies:
        assert unmet(lie(measured))


@pytest.mark.parametrize("loss", tuple(confident_design.LOSSES.values()))
def test_one_loss_under_both_names_is_noticed(monkeypatch, loss):
    def value_and_gradient(*arguments, **settings):
        return reference.value_and_gradient(*arguments, **{**settings, "loss": loss})

    monkeypatch.setattr(confident_design, "STEPS", 30)
    library = types.SimpleNamespace(value_and_gradient=value_and_gradient)
    assert {"the cross-entropy gets out of confident mistakes", "its gradient is there from the first step"} <= unmet(
        {"decides": confident_design.decides(library, seeds=SEEDS, dtype="float64")}
    )


def test_the_trajectories_of_torch_stay_within_the_reference(load, monkeypatch):
    monkeypatch.setattr(confident_design, "STEPS", 10)
    wanted = confident_design.reference(reference, seeds=SEEDS, dtype="float64")
    got = confident_design.decides(load("torch"), seeds=SEEDS, dtype="float64")
    arms = [name.removeprefix("loss.") for name in wanted if name.startswith("loss.")]
    assert len(arms) == 4
    for arm in arms:
        assert (np.abs(got[f"loss.{arm}"] - wanted[f"loss.{arm}"]) <= wanted[f"allowed.{arm}"]).all()
