"""The design of “easier to optimize”: what its arms share, what is exact about them, and the lies its gates must notice."""

import functools
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from lectureclaims.claims.language import population, statistics, training
from lectureclaims.claims.lecture.conv_layer.easier import claim
from lectureclaims.claims.lecture.conv_layer.easier import design as easier_design
from lectureclaims.claims.lecture.conv_layer.easier import gates as easier_gates
from lectureclaims.claims.lecture.shared import common
from lectureclaims.reference.libraries.numpy import training as reference
from lectureclaims.reference.networks.notation import parameter_names
from lectureclaims.reference.samples.data import digits

SEEDS = (0, 1, 2)


@functools.cache
def run(steps=3, last=2):
    with mock.patch.multiple(easier_design, STEPS=steps, LAST=last):
        return easier_design.placed(reference, seeds=SEEDS, dtype="float64")


def test_every_arm_has_its_measures_and_trajectory():
    found = run()
    assert {name.partition(".")[0] for name in found} == {"loss", "final", "accuracy"}
    for arm, rates in easier_design.RATES.items():
        losses = np.stack([found[f"loss.{arm}@{rate:g}"] for rate in rates])
        assert losses.shape == (len(rates), 3, len(SEEDS)) and np.isfinite(losses).all()
        np.testing.assert_array_equal(found[f"final.{arm}"], losses[:, -2:].mean(1).min(0))
        assert ((found[f"accuracy.{arm}"] >= 0) & (found[f"accuracy.{arm}"] <= 1)).all()
    assert all(c.first in found and (c.second is None or c.second in found) for c in easier_gates.EFFECTS)


def test_the_networks_are_as_large_as_is_said():
    def size(arm):
        network, start = easier_design._setting(arm, seeds=(0,), dtype="float64")[:2]
        assert set(start) == {*parameter_names(network)}
        return sum(array.size for array in start.values())

    assert {arm: size(arm) for arm in easier_design.NETWORKS} == {
        "convolution": 1418,
        "dense": 1405,
        "dense_large": 19_850,
        "unshared": 144 * 800 + 800 + 200 * 144 + 144 + 170,
    }


def test_unshared_begins_as_the_same_function():
    """Whole numbers, so to the bit; with biases too, which the network itself begins without."""
    draw = np.random.default_rng(3)
    start = easier_design._setting("convolution", seeds=SEEDS, dtype="float64")[1]
    start = {name: draw.integers(-4, 5, array.shape).astype(float) for name, array in start.items()}
    x, targets = draw.integers(0, 17, (3, 7, 1, 12, 12)).astype(float), np.zeros((3, 7), int)
    wanted = training.evaluate(reference, easier_design.CONVOLUTIONAL, start, x, targets)[2]["logits"]
    copies = easier_design.unshared(start)
    found = training.evaluate(reference, easier_design.UNSHARED, copies, x.reshape(3, 7, 144), targets)[2]["logits"]
    np.testing.assert_array_equal(found, wanted)
    copies["b0"][:, 0] += 1  # one place's own bias
    apart = training.evaluate(reference, easier_design.UNSHARED, copies, x.reshape(3, 7, 144), targets)[2]["logits"]
    assert (apart != wanted).any()


@pytest.mark.parametrize("lib", ["numpy", "torch"])
def test_trajectories_meet_the_references_and_the_permuted_one_the_unpermuted(load, lib):
    with mock.patch.multiple(
        easier_design,
        STEPS=12,
        LAST=2,
        RATES={arm: r[:1] for arm, r in easier_design.RATES.items()} | {"dense": (0.3,)},
    ):
        found = easier_design.placed(load(lib), seeds=SEEDS, dtype="float64")
        wanted = easier_design.reference(reference, seeds=SEEDS, dtype="float64")
    for arm in ("convolution@0.1", "dense@0.3", "dense_permuted@0.3", "unshared@start"):
        off = abs(found[f"loss.{arm}"] - wanted[f"loss.{arm}"])
        assert (off <= wanted[f"allowed.{arm}"]).all(), arm
    permuted = abs(found["loss.convolution_permuted@0.03"] - found["loss.convolution@0.1"])
    assert permuted.min() > 1e-3, "a convolution is not blind to the order of the pixels"


def test_columns_left_in_place_are_noticed():
    images, labels = common.placed_digits("float64")[0]
    network, start, _, _, order = easier_design._setting("dense", seeds=SEEDS, dtype="float64")
    rows = images.reshape(-1, 144)
    wanted, allowed = training.reference_losses(
        reference, network, start, training.batches(rows, labels, order[:3]), rate=0.3
    )
    moved = rows[:, easier_design.pixel_order()]
    losses = training.train(reference, network, start, training.batches(moved, labels, order[:3]), rate=0.3)[1]
    assert (abs(losses - wanted) > allowed).all()


def levels(images):
    """Whole numbers 0 … 16 of standardised digits."""
    return np.searchsorted(np.unique(images), images)


def test_placed_digits_are_whole_and_stay_where_they_are():
    (images, labels), (held_out, held_out_labels) = common.placed_digits("float64")
    assert abs(images.mean()) < 1e-12 and abs(images.std() - 1) < 1e-12
    found, plain = (levels(np.concatenate(parts)) for parts in ((images, held_out), [x for x, _ in digits()]))
    np.testing.assert_array_equal(
        np.concatenate((labels, held_out_labels)), np.concatenate([own for _, own in digits()])
    )
    windows = np.lib.stride_tricks.sliding_window_view(found[:, 0], (8, 8), (1, 2))
    there = (windows == plain[:, 0, None, None]).all((3, 4))
    assert there.any((1, 2)).all() and (found.sum((1, 2, 3)) == plain.sum((1, 2, 3))).all(), (
        "nothing is cut, the ground is black"
    )
    shares = there.mean(0)
    assert shares.shape == (5, 5) and shares.min() > 0.02, "every place comes up"
    again = common.placed_digits.__wrapped__("float64")
    assert again[0][0].tobytes() == images.tobytes()


def measured(*, better=0.4):
    """Made-up seeds in which every gate is met; `better` is the convolution's advantage at equal parameters."""
    noise = np.random.default_rng(5).standard_normal((12, 10)) / 50
    finals = {
        "convolution": 1.5,
        "dense": 1.5 + better,
        "dense_large": 0.6,
        "unshared": 0.9,
        "convolution_permuted": 2.2,
        "dense_permuted": 1.9,
    }
    found = {}
    for row, (arm, final) in zip(noise, finals.items(), strict=False):
        found[f"final.{arm}"] = final + row
        found[f"accuracy.{arm}"] = np.clip(1 - (final + row) / 2.3, 0, 1)
    return {"placed": found}


def verdicts(parts, compare=population.as_measured):
    effects = population._effects(easier_gates, parts, seed=0)
    return {
        one.name: statistics.judge(one, replace(compare(effects[one.effect]), name=one.effect)).met
        for one in easier_gates.GATES
    }


def test_the_gates_are_met_where_the_effects_are_and_no_lie_passes():
    assert all(verdicts(measured()).values())
    assert not all(verdicts(measured(better=0.0)).values()), "an arm that is the same as the control"
    assert not all(verdicts(measured(), population.exchanged).values()), "arms exchanged"
    permuted = verdicts(claim.PERMUTED.says["arms"](measured()))
    assert not permuted["easier at equal parameters: loss"]
    assert not verdicts(claim.DENSE_TWICE.says["arms"](measured()))["not easier than the same function unshared: loss"]
