"""Networks as data: every layer's gradient, in every library, and what is refused.

A library is held against the NumPy version, which is held against differences of its own loss. How far apart two right
implementations may be is measured where it is used: ``allowance`` below.
"""

import functools
import os

import numpy as np
import pytest
from lectureclaims.claims.language import training
from lectureclaims.reference import libraries
from lectureclaims.reference.libraries.numpy import training as reference
from lectureclaims.reference.networks.notation import (
    add_parameter,
    affine,
    batch_norm,
    convolution,
    frozen,
    fully_connected,
    make_layer,
    parameter_names,
)

SEEDS, BATCH = 3, 8
DTYPES = ("float64", "float32")


@functools.cache
def library(name):
    for variable, value in libraries.ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    if not libraries.installed(name):
        pytest.skip(f"{name} is not installed")
    return libraries.load(name)


def dense(*between):
    return (fully_connected("w0", "b0"), *between, fully_connected("w1", "b1"))


NETWORKS = {
    "relu": dense(make_layer("relu")),
    "logistic": dense(make_layer("logistic")),
    "tanh": dense(make_layer("tanh")),
    "affine": dense(affine("g", "c"), make_layer("tanh")),
    "batch_norm": dense(batch_norm("g", "c", epsilon=1e-3), make_layer("relu")),
    "frozen_batch_norm": frozen(dense(batch_norm("g", "c", epsilon=1e-3), make_layer("relu"))),
    "add": dense(add_parameter("a"), make_layer("tanh")),
    "absolute": dense(make_layer("absolute_value")),
    "without_bias": (fully_connected("w0", None), make_layer("tanh"), fully_connected("w1", None)),
    "shared_weights": (
        fully_connected("w0", "b0"),
        fully_connected("w1", "b1"),
        make_layer("tanh"),
        fully_connected("w1", "b1"),
    ),
    "convolution": (
        convolution("k0", "b0", padding=1),
        batch_norm("g", "c", epsilon=1e-3),
        make_layer("relu"),
        make_layer("max_pooling", window=2),
        convolution("k1", None, padding=0),
        affine("h", "d"),
        make_layer("flatten"),
        fully_connected("w", "b"),
    ),
    "average_pooling": (
        fully_connected("w2", "b2"),
        make_layer("unflatten", channels=2, height=6, width=4),
        make_layer("absolute_value"),
        make_layer("average_pooling", window=2),
        make_layer("flatten"),
        fully_connected("w3", "b"),
    ),
    "logistic_cross_entropy": (fully_connected("w0", "b0"), make_layer("tanh"), fully_connected("u", "d0")),
    "logistic_squared_error": (fully_connected("w0", "b0"), make_layer("tanh"), fully_connected("v", "d0")),
}
LOSSES = {"u": "logistic_cross_entropy", "v": "logistic_squared_error"}
"""Last weight, of one output → the network's loss; of all others it is the cross-entropy after the softmax."""
WIDTH = 5
SHAPES = {
    "w0": (WIDTH, 7),
    "b0": (WIDTH,),
    "w1": (WIDTH, WIDTH),
    "b1": (WIDTH,),
    "g": (WIDTH,),
    "c": (WIDTH,),
    "a": (BATCH, WIDTH),
    "k0": (WIDTH, 2, 3, 3),
    "k1": (4, WIDTH, 2, 2),
    "h": (4,),
    "d": (4,),
    "w": (6, 8),
    "b": (6,),
    "w2": (48, 7),
    "b2": (48,),
    "w3": (6, 12),
    "u": (1, WIDTH),
    "v": (1, WIDTH),
    "d0": (1,),
}


def example(name, dtype="float64", seeds=SEEDS):
    """(network, arguments of value_and_gradient) with random numbers; the images are 4 wide and 6 high."""
    random = np.random.default_rng(len(name))
    network = NETWORKS[name]
    parameters = {p: random.normal(size=(seeds, *SHAPES[p])).astype(dtype) for p in parameter_names(network)}
    x = random.normal(size=(seeds, BATCH, *((2, 6, 4) if name == "convolution" else (7,)))).astype(dtype)
    statistics = {}
    if name == "frozen_batch_norm":
        pair = random.normal(size=(seeds, WIDTH)), random.uniform(0.5, 2, (seeds, WIDTH))
        statistics = {"g": tuple(part.astype(dtype) for part in pair)}
    classes = 2 if name in LOSSES.values() else WIDTH
    return network, parameters, x, random.integers(0, classes, (seeds, BATCH)), statistics


def call(lib, network, parameters, x, targets, statistics, record=()):
    loss = LOSSES.get(network[-1]["weight"], training.LOSS)
    return lib.value_and_gradient(network, parameters, x, targets, loss=loss, statistics=statistics, record=record)


def allowance(network, parameters, x, targets, statistics):
    """How far the numbers of another right implementation may be: (for the loss, {name: for the gradient}).

    Twice what the reference itself moves, over eight tries, when every parameter and input is moved by a relative n u at random
    sign, and n u of the largest gradient: n roundings meet in one number, u is the unit roundoff.
    """
    random = np.random.default_rng(0)
    pixels = x[0, 0, 0].size if x.ndim == 5 else 1
    size = training.roundings(network, parameters, BATCH * pixels) * np.finfo(x.dtype).eps / 2
    loss, gradients, _ = call(reference, network, parameters, x, targets, statistics)
    largest = max(abs(gradient).max() for gradient in gradients.values())
    allowed = [size * abs(loss).max(), {name: size * largest for name in gradients}]
    for _ in range(8):
        nudged = {p: (a * (1 + size * random.choice((-1, 1), a.shape))).astype(a.dtype) for p, a in parameters.items()}
        moved = (x * (1 + size * random.choice((-1, 1), x.shape))).astype(x.dtype)
        other, slopes, _ = call(reference, network, nudged, moved, targets, statistics)
        allowed[0] = max(allowed[0], 2 * abs(other - loss).max())
        for name, slope in slopes.items():
            allowed[1][name] = max(allowed[1][name], 2 * abs(slope - gradients[name]).max())
    return allowed


@pytest.mark.parametrize("name", NETWORKS)
def test_the_references_gradient_is_the_slope_of_its_loss(name):
    """Central differences D(h) along a random direction for each parameter.

    The error of D(h) is about a third of D(2h) - D(h) (its leading term grows as h^2), and n u L/h from rounding.
    """
    network, parameters, x, targets, statistics = example(name)
    random = np.random.default_rng(1)
    loss, gradients, _ = call(reference, network, parameters, x, targets, statistics)
    rounding = training.roundings(network, parameters, BATCH * 24) * np.finfo(np.float64).eps / 2
    for p, gradient in gradients.items():
        direction = random.normal(size=gradient.shape)

        def slope(h, p=p, direction=direction):
            ends = [parameters | {p: parameters[p] + sign * h * direction} for sign in (1, -1)]
            up, down = (call(reference, network, end, x, targets, statistics)[0] for end in ends)
            return (up - down) / (2 * h)

        h = 1e-5
        allowed = abs(slope(2 * h) - slope(h)) + rounding * loss / h
        got = (gradient * direction).reshape(SEEDS, -1).sum(1)
        assert (abs(got - slope(h)) <= allowed).all(), p
        assert (abs(1.001 * got - slope(h)) > allowed).any() or abs(got).max() < allowed.max(), "too coarse to tell"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("lib", ["torch", "tensorflow"])
def test_the_libraries_agree_with_the_reference(lib, name, dtype):
    network, *arguments = example(name, dtype)
    record = tuple(range(len(network)))
    loss, gradients, extra = call(library(lib), network, *arguments, record)
    wanted, slopes, further = call(reference, network, *arguments, record)
    for_loss, for_gradients = allowance(network, *arguments)
    assert loss.dtype == dtype and loss.shape == (SEEDS,)
    assert abs(loss - wanted).max() <= for_loss
    assert set(gradients) == set(slopes) == set(arguments[0])
    for p, gradient in gradients.items():
        assert gradient.dtype == dtype and gradient.shape == slopes[p].shape
        assert abs(gradient - slopes[p]).max() <= for_gradients[p], p
    assert set(extra["recorded"]) == set(record) and set(extra["statistics"]) == set(further["statistics"])
    size = training.roundings(network, arguments[0], BATCH * 24) * np.finfo(dtype).eps
    pairs = [(extra["recorded"][i], further["recorded"][i]) for i in record] + [(extra["logits"], further["logits"])]
    pairs += [
        pair
        for scale in further["statistics"]
        for pair in zip(extra["statistics"][scale], further["statistics"][scale], strict=True)
    ]
    for got, right in pairs:
        assert got.shape == right.shape and abs(got - right).max() <= size * max(1, abs(right).max())


@pytest.mark.parametrize("lib", ["numpy", "torch", "tensorflow"])
def test_seeds_never_meet(lib):
    """Garbage in one seed leaves the others' numbers as they are."""
    network, parameters, x, *rest = example("batch_norm")
    loss, gradients, _ = call(library(lib), network, parameters, x, *rest)
    spoilt = x.copy()
    spoilt[1] = np.nan
    other, slopes, _ = call(library(lib), network, parameters, spoilt, *rest)
    assert np.isnan(other[1]) and np.isnan(slopes["w0"][1]).all()
    for s in (0, 2):
        assert other[s] == loss[s] and all((slopes[p][s] == gradients[p][s]).all() for p in gradients)


def test_frozen_statistics_change_the_gradient_but_not_the_function():
    network, parameters, x, targets, _ = example("batch_norm")
    loss, gradients, extra = call(reference, network, parameters, x, targets, {})
    still = frozen(network)
    same, slopes, _ = call(reference, still, parameters, x, targets, extra["statistics"])
    assert abs(same - loss).max() <= allowance(network, parameters, x, targets, {})[0]
    assert abs(slopes["w0"] - gradients["w0"]).max() > 0.1 * abs(gradients["w0"]).max()


def test_a_layer_that_adds_zero_has_the_gradient_at_its_place():
    """dL/db is the sum over the batch of dL/dy, y the layer's output."""
    network, parameters, x, targets, statistics = example("add")
    parameters["a"] = np.zeros_like(parameters["a"])
    gradients = call(reference, network, parameters, x, targets, statistics)[1]
    allowed = allowance(network, parameters, x, targets, statistics)[1]["b0"]
    assert abs(gradients["a"].sum(1) - gradients["b0"]).max() <= allowed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"network": (make_layer("fully_connected", weight="w0"),)}, "layer="),
        ({"network": (make_layer("relu", alpha=0),)}, "layer="),
        ({"network": (make_layer("swish"),)}, "layer="),
        ({"network": ()}, "network="),
        ({"network": (make_layer("relu"),), "parameters": {}}, "network="),
        ({"parameters": {}}, "parameters="),
        ({"loss": "hinge"}, "loss="),
        ({"loss": "logistic_cross_entropy"}, "5 outputs"),
        ({"x": np.zeros((SEEDS, BATCH, 7), np.int64)}, "x.dtype="),
        ({"x": np.zeros((SEEDS, BATCH, 7), np.float32)}, "x.dtype="),
        ({"x": np.zeros((SEEDS, 0, 7))}, "x.shape="),
        ({"x": np.zeros((BATCH, 7))}, "x.shape="),
        ({"targets": np.zeros(BATCH, np.int64)}, "targets.shape="),
        ({"targets": np.zeros((SEEDS, BATCH))}, "targets.shape="),
        ({"targets": np.full((SEEDS, BATCH), WIDTH)}, "targets from"),
        ({"targets": np.full((SEEDS, BATCH), -1)}, "targets from"),
        ({"record": (9,)}, "record="),
        ({"network": frozen(NETWORKS["batch_norm"])}, "statistics="),
    ],
)
@pytest.mark.parametrize("lib", ["numpy", "torch", "tensorflow"])
def test_what_has_no_meaning_is_refused_by_all_alike(lib, change, message):
    network, parameters, x, targets, statistics = example("relu")
    given = {
        "network": network,
        "parameters": parameters,
        "x": x,
        "targets": targets,
        "loss": training.LOSS,
        "statistics": statistics,
        "record": (),
    } | change
    with pytest.raises(ValueError, match=message):
        library(lib).value_and_gradient(**given)
