"""The design of polarity: what is exact about |z| and negatives, what its arms share, and the lies its gates must notice."""

import functools
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from lectureclaims.claims.language import population, statistics
from lectureclaims.claims.lecture.activations.polarity import claim
from lectureclaims.claims.lecture.activations.polarity import design as polarity_design
from lectureclaims.claims.lecture.activations.polarity import gates as polarity_gates
from lectureclaims.reference.libraries.numpy import training as reference

SEEDS = (0, 1, 2)
EXPERIMENTS = ("upright", "mixed", "random_filters", "polarity_as_label")


@functools.cache
def run(experiment, dtype="float64", steps=4):
    with mock.patch.multiple(polarity_design, STEPS=steps, LABELLED_STEPS=steps, BATCH=16):
        return getattr(polarity_design, experiment)(reference, seeds=SEEDS, dtype=dtype)


def test_every_contrast_is_measured():
    assert all(run(name)[key].shape == (3,) for name in EXPERIMENTS for key in run(name) if not key.startswith("loss"))
    for effect in polarity_gates.EFFECTS:
        assert effect.first in run(effect.experiment)
        assert effect.second is None or effect.second in run(effect.experiment)
    assert run("upright")["loss.absolute"].shape == (4, 3)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_what_is_exact_is_exact(dtype):
    upright, mixed, label = (run(name, dtype) for name in ("upright", "mixed", "polarity_as_label"))
    np.testing.assert_array_equal(upright["alike.absolute"], 1)
    np.testing.assert_array_equal(upright["upright.absolute"], upright["inverted.absolute"])
    np.testing.assert_array_equal(upright["loss.absolute"], mixed["loss.absolute_8"])
    np.testing.assert_array_equal(label["accuracy.absolute"], 0.5)
    assert (upright["inverted.relu"] != upright["upright.relu"]).all()
    assert (upright["inverted.absolute_uncentred"] != upright["upright.absolute_uncentred"]).any()


def test_torch_says_the_same(load):
    with mock.patch.multiple(polarity_design, STEPS=6, BATCH=16):
        found, wanted = (
            getattr(polarity_design, name)(lib, seeds=SEEDS, dtype="float64")
            for name, lib in (("upright", load("torch")), ("reference", reference))
        )
    np.testing.assert_array_equal(found["alike.absolute"], 1)
    for arm in ("absolute", "relu"):
        assert (abs(found[f"loss.{arm}"] - wanted[f"loss.{arm}"]) <= wanted[f"allowed.{arm}"]).all()
        assert (abs(found[f"loss.{arm}"] * (1 + 1e-6) - wanted[f"loss.{arm}"]) > wanted[f"allowed.{arm}"]).all()


def test_images_are_centred_each_by_itself_and_given_filters_stay():
    (images, _), (held_out, _) = polarity_design._images("float64")
    assert max(abs(x.mean((1, 2, 3))).max() for x in (images, held_out)) < 1e-14
    raw = polarity_design._images("float64", centred=False)[0][0]
    assert (raw.min(), raw.max()) == (0, 1)
    kept = []

    def watched(network, parameters, *arguments, **settings):
        kept.append(parameters["w0"])
        return reference.value_and_gradient(network, parameters, *arguments, **settings)

    with mock.patch.multiple(polarity_design, STEPS=3, BATCH=8):
        polarity_design.random_filters(mock.Mock(value_and_gradient=watched), seeds=SEEDS, dtype="float64")
    assert len(kept) == 10 and all((w0 == kept[0]).all() for w0 in kept), (
        "both arms have the same filters, at every step"
    )


def test_a_library_whose_absolute_value_is_relu_is_told():
    with mock.patch.multiple(polarity_design, LABELLED_STEPS=12, BATCH=32):
        found = claim.relu_learns_instead(reference, seeds=SEEDS, dtype="float64")
    assert (found["accuracy.absolute"] > 0.9).all()


def lies():
    """The claim's wrongs that put one arm's numbers in another's place, by name."""
    return {wrong.name: wrong.says["arms"] for wrong in claim.polarity.wrongs if "arms" in wrong.says}


def measured(*, kept=0.88, leaked=False):
    """Made-up seeds in which every gate is met. `kept`: |z|'s accuracy on negatives; `leaked`: |z| is told the polarity."""
    noise = iter(np.random.default_rng(2).standard_normal((30, 10)) / 100)
    means = {
        "upright": {
            "upright.absolute": 0.88,
            "upright.relu": 0.89,
            "upright.absolute_biased": 0.89,
            "upright.absolute_uncentred": 0.74,
            "inverted.absolute": kept,
            "inverted.relu": 0.04,
            "inverted.absolute_biased": 0.65,
            "inverted.absolute_uncentred": 0.05,
        },
        "mixed": {
            "accuracy.absolute_8": 0.88,
            "accuracy.relu_8": 0.8,
            "accuracy.absolute_2": 0.63,
            "accuracy.relu_2": 0.46,
        },
        "random_filters": {
            "upright.absolute": 0.8,
            "upright.relu": 0.84,
            "inverted.absolute": 0.8,
            "inverted.relu": 0.05,
        },
        "polarity_as_label": {"accuracy.absolute": 1.0 if leaked else 0.5, "accuracy.relu": 1.0},
    }
    return {name: {key: mean + next(noise) for key, mean in part.items()} for name, part in means.items()}


def met(parts, compare=population.as_measured):
    effects = population._effects(polarity_gates, parts, seed=0)
    return {
        one.name: statistics.judge(one, replace(compare(effects[one.effect]), name=one.effect)).met
        for one in polarity_gates.GATES
    }


def test_the_gates_are_met_where_the_effects_are_and_no_lie_passes():
    assert all(met(measured()).values())
    assert not met(measured(kept=0.04))["inverted images are recognised with |z| alone"], "an arm like the control"
    assert not met(measured(leaked=True))["|z| cannot tell the polarity"], "labels leaked"
    assert not met(lies()["ReLU’s numbers for |z|’s"](measured()))["inverted images are recognised with |z| alone"]
    assert not all(met(measured(), population.exchanged).values())


def test_a_bias_left_in_and_relus_numbers_are_not_the_same_to_the_bit():
    assert len(lies()) == 2
    for lie in lies().values():
        assert (lie({"upright": run("upright")})["upright"]["alike.absolute"] < 1).all()


def test_the_figure_holds_a_digit_and_its_negative():
    drawn = claim.picture(run("upright"))
    upright, inverted = drawn["pictures"]
    assert upright.shape == inverted.shape == (8, 8)
    np.testing.assert_array_equal(upright + inverted, 1)
    assert [len(arm["upright"]) for arm in drawn["arms"]] == [3] * 4
