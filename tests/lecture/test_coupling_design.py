"""Updates of all layers at once: the interaction by its definition, and the lies that its gates must notice."""

import numpy as np
import pytest
from lectureclaims.claims.language import statistics, training
from lectureclaims.claims.lecture.batch_norm.coupling import claim as decoupling
from lectureclaims.claims.lecture.batch_norm.coupling import design as coupling_design
from lectureclaims.claims.lecture.batch_norm.coupling import gates as coupling_gates
from lectureclaims.claims.lecture.shared import common
from lectureclaims.claims.lecture.shared.gradients import slightly_off
from lectureclaims.reference.libraries.numpy import training as reference
from lectureclaims.reference.networks.notation import fully_connected
from two_sides import arms_of

SEEDS = (0, 1, 2)
SIX = tuple(range(statistics.FEWEST_SEEDS))


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(coupling_design, "STEPS", 6)
    monkeypatch.setattr(coupling_design, "LOOKED_AT", (3, 5))
    monkeypatch.setattr(coupling_design, "DEEP_BATCHES", 1)


def judged(measured):
    """{gate: met} of the gates on `in_training`."""
    effects = {
        c.name: statistics.paired(
            c.name, measured["in_training"][c.first], measured["in_training"][c.second], kind=c.kind, seed=0
        )
        for c in coupling_gates.EFFECTS
        if c.experiment == "in_training"
    }
    return {g.name: statistics.judge(g, effects[g.effect]).met for g in coupling_gates.GATES if g.effect in effects}


def at_the_start(arm="without", depth=4):
    network, start, examples = coupling_design._setting(
        arm, depth=depth, rule="he", steps=1, seeds=SEEDS, dtype="float64"
    )
    x, targets = next(examples)
    return network, start, x, targets, *training.evaluate(reference, network, start, x, targets)[:2]


class Product:
    """A library whose loss is the product of two weights, so that each is the other's gradient."""

    @staticmethod
    def value_and_gradient(network, parameters, x, targets, **settings):
        w0, w1 = parameters["w0"], parameters["w1"]
        return (w0 * w1)[:, 0, 0], {"w0": w1, "w1": w0}, {}


def test_the_interaction_by_hand(monkeypatch):
    """L = w0 w1 at (4, 4) and (8, 4), each w to lose a quarter of its size: 3 · 3 - 16 = -7 against -4 - 4, of a promised 8; and
    6 · 3 - 32 = -14 against -8 - 8, of a promised 16."""
    monkeypatch.setattr(coupling_design, "RHO", 0.25)
    network = (fully_connected("w0", None), fully_connected("w1", None))
    start = {"w0": np.array([4.0, 8.0]).reshape(2, 1, 1), "w1": np.array([4.0, 4.0]).reshape(2, 1, 1)}
    x, targets = np.zeros((2, 1, 1)), np.zeros((2, 1), np.int64)
    loss, gradients, _ = Product.value_and_gradient(network, start, x, targets)
    assert coupling_design.interaction(Product, network, start, x, targets, loss, gradients).tolist() == [1 / 8, 2 / 16]


def test_one_layer_has_nobody_to_meddle_with():
    network = common.multilayer(0, "relu", after="nothing")
    start = common.multilayer_start(network, width=8, seeds=SEEDS, rule="he", dtype="float64")
    x = np.random.default_rng(0).normal(size=(len(SEEDS), 5, 64))
    targets = np.zeros((len(SEEDS), 5), np.int64)
    loss, gradients, _ = training.evaluate(reference, network, start, x, targets)
    assert (coupling_design.interaction(reference, network, start, x, targets, loss, gradients) == 0).all()


def test_a_scale_that_the_function_does_not_notice_does_not_alter_it():
    """The first weights doubled and the second halved, without biases to notice it: not a bit of the interaction moves."""
    network, start, x, targets, loss, gradients = at_the_start()
    other = start | {"w0": 2 * start["w0"], "w1": start["w1"] / 2}
    there = training.evaluate(reference, network, other, x, targets)[:2]
    same = coupling_design.interaction(reference, network, start, x, targets, loss, gradients)
    assert same.tobytes() == coupling_design.interaction(reference, network, other, x, targets, *there).tobytes()


def test_every_measure_has_a_number_for_each_seed():
    for name in ("in_training", "deep_start"):
        measured = getattr(coupling_design, name)(reference, seeds=SEEDS, dtype="float64")
        for key, array in measured.items():
            assert (
                array.shape == ((6,) if key.startswith("loss") else ()) + (len(SEEDS),) and np.isfinite(array).all()
            ), key
        asked = [c for c in coupling_gates.EFFECTS if c.experiment == name]
        assert asked and all({c.first, c.second} <= set(measured) for c in asked)


def test_what_the_gates_must_notice(monkeypatch):
    monkeypatch.setattr(coupling_design, "STEPS", 21)
    monkeypatch.setattr(coupling_design, "LOOKED_AT", (20,))
    measured = {"in_training": coupling_design.in_training(reference, seeds=SIX, dtype="float64")}
    told, lied = (
        judged(measured),
        judged(arms_of(decoupling.decouples)["the null arm in place of batch norm"](measured)),
    )
    effect = "the layers' updates meddle less with batch norm"
    assert told[effect] and told["null arm: scale and shift alone"] and not lied[effect]


def test_gradients_off_by_a_hundred_millionth_leave_the_trajectory(load):
    torch = load("torch")
    wanted = coupling_design.reference(reference, seeds=SEEDS, dtype="float64")
    right = coupling_design.in_training(torch, seeds=SEEDS, dtype="float64")
    wrong = slightly_off(torch, experiment=coupling_design.in_training, seeds=SEEDS, dtype="float64")
    for arm in coupling_design.ARMS:
        loss, allowed = wanted[f"loss.{arm}"], wanted[f"allowed.{arm}"]
        assert (abs(right[f"loss.{arm}"] - loss) <= allowed).all()
        assert (abs(wrong[f"loss.{arm}"] - loss) > allowed).any()
