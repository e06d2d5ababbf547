"""For and against internal covariate shift: what is measured, that the gates speak for both sides, and the lies that they must notice."""

from functools import partial

import numpy as np
import pytest
import two_sides
from lectureclaims.claims.language import population, training
from lectureclaims.claims.lecture.batch_norm import mutants
from lectureclaims.claims.lecture.batch_norm.dispute import claim as disputed
from lectureclaims.claims.lecture.batch_norm.dispute import design as dispute_design
from lectureclaims.claims.lecture.batch_norm.dispute import gates as dispute_gates
from lectureclaims.claims.lecture.shared import common
from lectureclaims.claims.lecture.shared.gradients import differentiating
from lectureclaims.reference.libraries.numpy import training as reference
from two_sides import unmet, verdict

SEEDS = (0, 1, 2)
AS_FOUND = {
    "shallow": {
        "last.with@0.3": 0.2,
        "last.without@0.3": 0.64,
        "last.with@0.05": 0.98,
        "last.without@0.05": 0.72,
        "cosine.with@0.3": 0.8,
        "cosine.without@0.3": 0.25,
        "cosine.with@0.05": 0.98,
        "cosine.without@0.05": 0.78,
        "distance.with@0.3": 0.26,
        "distance.without@0.3": 1.04,
        "distance.with@0.05": 0.1,
        "distance.without@0.05": 0.7,
    },
    "linear": {
        "last.with": 1.65,
        "last.without": 2.18,
        "cosine.with": 0.82,
        "cosine.without": 0.99,
        "distance.with": 0.6,
        "distance.without": 0.07,
    },
    "noise": {
        "last.with@0": 0.38,
        "last.with@1": 0.51,
        "last.with@2": 0.77,
        "last.with@4": 1.3,
        "last.without@0": 1.4,
        "last.without@2": 1.96,
        "inside_mean.with@0": 0.015,
        "inside_deviation.with@0": 0.025,
        "inside_joint.with@0": 0.1,
        "joint.with@0": 0.1,
        "joint.without@0": 0.3,
        "mean.with@0": 0.002,
        "mean.with@2": 0.6,
        "mean.without@0": 0.28,
        "deviation.with@0": 0.002,
        "deviation.with@2": 0.17,
        "deviation.without@0": 0.1,
        "cosine.with@0": 0.52,
        "cosine.with@2": 0.26,
        "cosine.without@0": 0.57,
    },
}
"""Experiment -> measure.arm -> about what was found on the first seeds."""


made_up = partial(two_sides.made_up, AS_FOUND)
judged = partial(two_sides.judged, dispute_gates)


@pytest.fixture
def short(monkeypatch):
    """Three steps, and a linear network of five layers."""
    for name in ("SHALLOW", "LINEAR", "DEEP"):
        monkeypatch.setitem(getattr(dispute_design, name), "steps", 3)
    monkeypatch.setitem(dispute_design.LINEAR, "depth", 4)
    monkeypatch.setattr(dispute_design, "LINEAR_LAYERS", (3, 5))
    for name in ("SHALLOW", "LINEAR", "DEEP"):
        monkeypatch.setattr(dispute_design, f"{name}_LOOKED_AT", (0, 2))


def test_every_measure_has_a_number_for_each_seed(short):
    for name in ("shallow", "linear", "noise"):
        measured = getattr(dispute_design, name)(reference, seeds=SEEDS, dtype="float64")
        for key, array in measured.items():
            assert array.shape[-1] == len(SEEDS) and np.isfinite(array).all(), key
            assert array.ndim == (1 if key.startswith("last") else 2), key
        for contrast in dispute_gates.EFFECTS:
            if contrast.experiment == name:
                assert {contrast.first, contrast.second or contrast.first} <= set(measured)
    wanted = dispute_design.reference(reference, seeds=SEEDS, dtype="float64")
    for key in (key for key in wanted if key.startswith("loss.")):
        assert np.array_equal(measured[key], wanted[key])


def test_the_linear_network_is_linear(short):
    networks = []

    def value_and_gradient(network, *arguments, **settings):
        networks.append(network)
        return reference.value_and_gradient(network, *arguments, **settings)

    dispute_design.linear(differentiating(reference, value_and_gradient), seeds=SEEDS, dtype="float64")
    assert {layer["kind"] for network in networks for layer in network} == {"fully_connected", "batch_norm"}
    assert {sum(layer["kind"] == "fully_connected" for layer in network) for network in networks} == {5}


# --- the gradients' agreement ------------------------------------------------------------------------------------------


def one_step(rate):
    """(network, parameters, x, targets, gradients, what ``Agreement`` makes of a step of this rate at layers 2 and 3)."""
    network = common.multilayer(2, "relu", after="batch_norm")
    parameters, examples = dispute_design._setting(
        network, dispute_design.SHALLOW | {"depth": 2}, seeds=SEEDS, dtype="float64"
    )
    x, targets = next(iter(examples))
    value, gradients, extra = training.evaluate(reference, network, parameters, x, targets)
    watch = dispute_design.Agreement(reference, network, rate, (0,), (2, 3))
    watch(0, parameters, x, targets, value, gradients, extra)
    return network, parameters, x, targets, gradients, watch.measured()


def test_a_step_of_rate_0_leaves_the_gradients_alone():
    measured = one_step(0.0)[-1]
    assert (measured["distance"] == 0).all()
    assert (measured["cosine"].astype(np.float32) == 1).all()


def test_the_layers_below_move_and_no_others():
    network, parameters, x, targets, gradients, measured = one_step(0.3)
    after = training.descend(parameters, gradients, 0.3)
    for place, below in enumerate((("w0", "b0", "g0", "c0"), ("w0", "b0", "g0", "c0", "w1", "b1", "g1", "c1"))):
        there = parameters | {name: after[name] for name in below}
        G, G_then = (
            {"w": part[f"w{place + 1}"]}
            for part in (gradients, training.evaluate(reference, network, there, x, targets)[1])
        )
        cosine = training.inner(G, G_then) / (training.norm(G) * training.norm(G_then))
        assert np.array_equal(measured["cosine"][place], cosine)
        assert np.array_equal(measured["distance"][place], training.norm({"w": G["w"] - G_then["w"]}))
    assert (measured["cosine"] < 0.9999).all()


# --- the noise ---------------------------------------------------------------------------------------------------------


def test_the_noise_is_what_it_says():
    given = dispute_design.noise_of((0, 2, 4), seeds=SEEDS, dtype="float64")
    scales, shifts = (np.stack([given(t)[f"{name}3"] for t in range(50)]) for name in "sm")
    none, some, more = np.split(scales, 3, axis=1)
    assert (none == 1).all() and 1 < some.min() < 1.01 and 1.49 < some.max() < 1.5 and 1.99 < more.max() < 2
    assert np.array_equal(np.argsort(more, None), np.argsort(some, None))  # one noise, stretched
    none, some, more = np.split(shifts, 3, axis=1)
    assert (none == 0).all() and -1 < some.min() < -0.99 and 0.99 < some.max() < 1
    assert np.array_equal(more, 2 * some)
    assert (given(7)["s3"] == given(7)["s3"]).all() and (given(7)["m3"] != given(8)["m3"])[3:].all()
    assert len(np.unique(some)) == some.size  # no two steps, seeds or units share a number


def test_no_noise_is_the_network_without_it_to_the_last_bit(short):
    measured = dispute_design.noise(reference, seeds=SEEDS, dtype="float64")
    for arm, after in dispute_design.ARMS.items():
        network = common.multilayer(dispute_design.DEEP["depth"], "relu", after=after)
        start, examples = dispute_design._setting(network, dispute_design.DEEP, seeds=SEEDS, dtype="float64")
        plain = training.train(reference, network, start, examples, rate=dispute_design.DEEP_RATE)[1]
        assert np.array_equal(measured[f"loss.{arm}@0"], plain)
        assert (measured[f"loss.{arm}@2"] != plain).all()


def test_noise_that_stands_still_shifts_little(short):
    moves = dispute_design.noise(reference, seeds=SEEDS, dtype="float64")
    still = mutants.noise_that_stands_still(reference, seeds=SEEDS, dtype="float64")
    for name in ("mean.with@2", "deviation.with@2"):
        assert (still[name] < moves[name] / 5).all()
    assert np.array_equal(still["loss.with@2"][0], moves["loss.with@2"][0])  # as large a noise


# --- both sides --------------------------------------------------------------------------------------------------------


def test_what_was_found_is_disputed():
    found = judged(made_up())
    """Of what the sentence speaks of; the sentence, which says so, is supported."""
    assert not unmet(found) and verdict(found) == "disputed"
    assert disputed.disputed.disputes and disputed.disputed.expected == "supported"
    assert {g.speaks for g, _ in found} == {"", "for", "against"}


def test_each_argument_has_a_control():
    spoken_of = {g.effect.partition(":")[0] for g in dispute_gates.GATES if g.speaks}
    controlled = {g.effect.partition(":")[0] for g in dispute_gates.GATES if g.role == "control"}
    assert spoken_of == controlled == {"shallow", "linear", "noise"}


def test_without_what_speaks_against_it_is_supported_and_without_what_speaks_for_it_not():
    measured = made_up()
    measured["linear"]["cosine.with"] = measured["linear"]["cosine.without"] * 1.001
    measured["linear"]["distance.with"] = measured["linear"]["distance.without"] * 0.999
    measured["shallow"]["last.with@0.05"] = measured["shallow"]["last.without@0.05"] * 0.9
    measured["noise"]["last.with@2"] = measured["noise"]["last.without@0"] * 1.001
    assert verdict(judged(measured)) == "supported"
    measured = made_up()
    for name in ("cosine", "distance"):
        measured["shallow"][f"{name}.with@0.3"] = measured["shallow"][f"{name}.without@0.3"] * 1.001
    for name in ("mean", "deviation"):
        measured["noise"][f"inside_{name}.with@0"] = measured["noise"][f"{name}.without@0"] * 0.999
    assert verdict(judged(measured)) == "not supported"


def test_what_leaves_batch_norm_speaks_for_nothing():
    """That it shifts less is nearly by construction: what speaks is measured before it is normalised."""
    moments = [g for g in dispute_gates.GATES if g.effect in (dispute_gates.MEAN.name, dispute_gates.DEVIATION.name)]
    assert len(moments) == 2 and all(g.role == "control" and not g.speaks for g in moments)
    network = dispute_design._noisy("batch_norm")
    inside = dispute_design.shift_design.inputs_of(network, "batch_norm")
    assert {network[i]["kind"] for i in inside} == {"fully_connected"} and len(inside) == dispute_design.DEEP["depth"]
    assert {network[i]["kind"] for i in dispute_design.shift_design.inputs_of(network, "relu")} == {"affine"}


def test_the_network_without_batch_norm_shown_as_the_noisy_one_is_noticed():
    told = unmet(judged(disputed.noise_forgotten(made_up())))
    assert "but the noise costs a part of the advantage" in told  # decided: the arms of the others are one
    assert {"a larger shift, and it trains better", "noise shifts the means, more than without batch norm"} <= told


def test_one_network_twice_speaks_for_nothing():
    found = judged(disputed.one_network_twice(made_up()))
    assert not any(met for g, met in found if g.speaks) and verdict(found) == "inconclusive"


def test_exchanged_arms_are_noticed():
    found = judged(made_up(), population.exchanged)
    assert not any(met for g, met in found if g.speaks)
