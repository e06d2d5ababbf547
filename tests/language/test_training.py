"""The training loop and the designs: seeds, trajectories, and the lies they must notice."""

import functools
import os

import numpy as np
import pytest
from lectureclaims.claims.language import training
from lectureclaims.claims.lecture.activations.saturation import design as saturation_design
from lectureclaims.claims.lecture.batch_norm.smoothing import claim as batch_norm
from lectureclaims.claims.lecture.batch_norm.smoothing import design as smoothing_design
from lectureclaims.claims.lecture.shared import common
from lectureclaims.reference import libraries
from lectureclaims.reference.libraries.numpy import training as reference

DTYPES = ("float64", "float32")


@functools.cache
def library(name):
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(variable, "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if not libraries.installed(name):
        pytest.skip(f"{name} is not installed")
    return libraries.load(name)


def test_arms_share_weights_and_batches():
    """The null arm, batch norm and the plain network start from the same weights; only He's and Glorot's scales differ."""
    starts = {}
    for after in ("nothing", "batch_norm", "affine"):
        network = common.multilayer(3, "relu", after=after)
        starts[after] = common.multilayer_start(network, width=8, seeds=(4, 9), rule="he", dtype="float64")
    for name, array in starts["nothing"].items():
        assert all((start[name] == array).all() for start in starts.values())


def test_a_seed_means_the_same_numbers_in_any_company():
    network = common.multilayer(2, "relu", after="nothing")
    start = functools.partial(common.multilayer_start, network, width=8, rule="he", dtype="float64")
    alone, together = start(seeds=(5,)), start(seeds=(3, 5))
    assert all(alone[name].tobytes() == together[name][1:].tobytes() for name in alone)
    order = functools.partial(training.batch_order, 1297, size=64, steps=30)
    assert order(seeds=(5,)).tobytes() == order(seeds=(3, 5))[:, 1:].copy().tobytes()
    assert (order(seeds=(3, 5))[:, 0] != order(seeds=(3, 5))[:, 1]).any()
    weights = start(seeds=(3, 5))
    assert all((weights[name][0] != weights[name][1]).all() for name in ("w0", "w1", "w2")), (
        "no two seeds share weights"
    )
    epoch = order(seeds=(5,))[:20].ravel()
    assert len(set(epoch)) == len(epoch), "within one walk through the images none comes twice"


@pytest.mark.parametrize("lib", ["numpy", "torch", "tensorflow"])
def test_the_same_seeds_give_the_same_bytes(lib):
    once, again = (smoothing_design.deep_start(library(lib), seeds=(0, 1), dtype="float64") for _ in range(2))
    assert {k: v.tobytes() for k, v in once.items()} == {k: v.tobytes() for k, v in again.items()}
    other = smoothing_design.deep_start(library(lib), seeds=(2, 1), dtype="float64")
    assert other["beta.with"][0] != once["beta.with"][0] and other["beta.with"][1] == once["beta.with"][1]


def short_run(lib, *, network=None, rate=0.1, shift=0, after="batch_norm"):
    """20 steps of 4 x 32 ReLU on three seeds. Returns losses and, from the reference, what may differ."""
    images, labels = common.flat_digits("float64")[0]
    network = network or common.multilayer(4, "relu", after=after)
    start = common.multilayer_start(network, width=32, seeds=range(3), rule="he", dtype="float64")
    order = np.roll(training.batch_order(len(labels), size=64, steps=20, seeds=range(3)), shift, 0)
    return training.train(lib, network, start, training.batches(images, labels, order), rate=rate)[1]


@functools.cache
def short_reference(after):
    images, labels = common.flat_digits("float64")[0]
    network = common.multilayer(4, "relu", after=after)
    start = common.multilayer_start(network, width=32, seeds=range(3), rule="he", dtype="float64")
    order = training.batch_order(len(labels), size=64, steps=20, seeds=range(3))
    return training.reference_losses(reference, network, start, training.batches(images, labels, order), rate=0.1)


@pytest.mark.parametrize("after", ["nothing", "batch_norm"])
@pytest.mark.parametrize("lib", ["torch", "tensorflow"])
def test_trajectories_agree_step_by_step(lib, after):
    losses, allowed = short_reference(after)
    assert (abs(short_run(library(lib), after=after) - losses) <= allowed).all()
    assert losses[-1].max() < 0.7 * losses[0].min(), "it should have learned something"


@pytest.mark.parametrize(
    "lie",
    [
        {"shift": 1},
        {"rate": float(np.float32(0.1))},
        {
            "network": tuple(
                {**layer, "epsilon": 1.001e-5} if layer["kind"] == "batch_norm" else layer
                for layer in common.multilayer(4, "relu", after="batch_norm")
            )
        },
    ],
    ids=["batches one late", "rate rounded to float32", "epsilon off by a thousandth"],
)
def test_a_trajectory_that_is_not_the_same_is_noticed(lie):
    losses, allowed = short_reference("batch_norm")
    assert (abs(short_run(reference, **lie) - losses) > allowed).any()


@pytest.mark.parametrize("wrong", ["ascent", "nothing"])
def test_descent_goes_down(wrong):
    losses = short_run(reference)
    rate = {"ascent": -0.1, "nothing": 0.0}[wrong]
    assert losses[-1].max() < losses[0].min()
    assert short_run(reference, rate=rate)[-1].min() > losses[-1].max()


def test_no_held_out_image_is_trained_on():
    """The 1797 digits are all different, and each is on one side of the split."""
    (images, _), (held_out, _) = common.flat_digits("float64")
    assert (
        len({image.tobytes() for part in (images, held_out) for image in part}) == len(images) + len(held_out) == 1797
    )


def test_shuffled_labels_teach_nothing_about_held_out_images():
    (images, labels), held_out = common.flat_digits("float64")
    network = common.multilayer(1, "relu", after="nothing")
    seeds = range(4)
    start = common.multilayer_start(network, width=32, seeds=seeds, rule="he", dtype="float64")
    order = training.batch_order(len(labels), size=64, steps=60, seeds=seeds)
    found = {}
    for name, given in (("true", labels), ("shuffled", training.shuffled_labels(labels, seeds=seeds))):
        last, _ = training.train(reference, network, start, training.batches(images, given, order), rate=0.5)
        found[name] = training.accuracy(reference, network, last, images, *held_out)
    assert found["true"].min() > 0.9 and found["shuffled"].max() < 0.3


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("lib", ["numpy", "torch", "tensorflow"])
def test_theorem_4_1s_identity(lib, dtype):
    """Within the derived bound both sides are the same; either wrong right side is outside in most channels."""
    found = smoothing_design.identity(library(lib), seeds=range(3), dtype=dtype)
    assert all(array.dtype == dtype for array in found.values())
    a = batch_norm.in_float64(found)
    left, allowed = batch_norm.left(a), batch_norm.allowed(a, np.dtype(dtype)).allowed
    assert (left > 0).mean() > 0.9
    assert (abs(left - batch_norm.theorem(a)) <= allowed).all()
    for wrong in (batch_norm.last_term_forgotten, batch_norm.epsilon_forgotten):
        assert (abs(left - wrong(a)) > allowed).mean() > 0.5


def test_every_experiment_says_what_it_returns():
    """Every number is a seed's; a design that lost its seeds on the way would have too few."""
    for module, name in (
        (smoothing_design, "deep_start"),
        (saturation_design, "at_the_start"),
        (saturation_design, "biased"),
    ):
        found = getattr(module, name)(reference, seeds=(0, 1, 2), dtype="float64")
        assert found and all(array.shape[-1] == 3 for array in found.values()), name
