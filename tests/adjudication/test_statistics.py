"""The second tier over many elements of means and resampling, whose weights are the operation's own."""

import numpy as np
import pytest
from lectureclaims.claims import adjudicate
from lectureclaims.reference import libraries, oracle
from lectureclaims.reference.judging import own_weights
from lectureclaims.reference.judging.assessment import Contract
from lectureclaims.reference.judging.statistics import BIAS, SPREAD, WEIGHT, statistics
from lectureclaims.reference.operators import catalogue

F32 = np.float32
GLOBAL = {"size": [1, 1]}


def numbers(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape).astype(F32)


def mean(x):
    return x.mean(axis=(2, 3), keepdims=True)


@pytest.mark.parametrize("size", [28, 56])
def test_a_mean_that_leaves_its_weights_is_seen_where_the_worst_case_allows_it(size):
    x = numbers(1, 4, 32, size, size)
    off = (mean(x) + 1e-4 / size**2 * x[:, :, 3:4].sum(axis=3, keepdims=True)).astype(F32)
    found = adjudicate(
        "adaptive_avg_pool2d", inputs={"x": x}, outputs={"right": mean(x), "off": off}, parameters=GLOBAL
    )
    assert found.standing("right") == "within rounding" and found.standing("off") == "unlike rounding"
    assert found.findings[1].within and "that of element 3 in output 0, along H" in found.verdict("off")


def test_a_reciprocal_that_is_rounded_once_is_no_mistake():
    """All results are off by the same factor then: a bias and a large share of each weight's input, but a steady one."""
    x = 1 + np.random.default_rng(2).random((64, 256, 3, 3)).astype(F32)
    y = (x.astype(np.float64).sum(axis=(2, 3), keepdims=True) * float(F32(1 / 9))).astype(F32)
    found = adjudicate("adaptive_avg_pool2d", inputs={"x": x}, outputs={"lib": y}, parameters=GLOBAL)
    assert found.standing("lib") == "within rounding"


@pytest.mark.parametrize("kind", ["ones", "few", "ramp", "alternating"])
@pytest.mark.parametrize(
    "name, parameters",
    [
        ("adaptive_average_pooling2d", {"size": (1, 1)}),
        ("adaptive_average_pooling2d", {"size": (5, 3)}),
        (
            "average_pooling2d",
            {"window": (3, 3), "stride": (1, 1), "padding": ((1, 1), (1, 1)), "count_padding": False},
        ),
        ("area_resampling2d", {"size": (4, 6)}),
    ],
)
def test_numbers_with_a_structure_do_not_look_like_a_mistake(name, parameters, kind):
    shape, rng = (4, 3, 12, 12), np.random.default_rng(3)
    count = np.arange(np.prod(shape)).reshape(shape)
    x = {
        "ones": np.full(shape, 0.1),
        "few": rng.choice([0.1, 0.3, 0.7], shape),
        "ramp": count / count.max() * 2 - 1,
        "alternating": np.where(count % 2, 1.1, -1.1),
    }[kind].astype(F32)
    for library in ("numpy", "torch"):
        y = getattr(libraries.load(library), name)(x, **parameters)
        assert adjudicate(name, inputs={"x": x}, outputs={"lib": y}, parameters=parameters).exit_code == 0


def test_the_mean_of_a_batch_has_statistics():
    x = numbers(4, 8, 64, 9, 9)
    arguments = {"x": x, "gamma": x[0, :, 0, 0], "beta": x[0, :, 0, 0], "epsilon": 1e-5}
    operation, contract = catalogue.find("batch_norm_training"), Contract("float32")
    exact = x.astype(np.float64).mean(axis=(0, 2, 3))

    def excess(y):
        found = statistics(operation, arguments, "mean", y, exact, contract)
        return {one.name: one.excess for one in found}

    assert max(excess(exact.astype(F32)).values()) < 1
    assert excess((exact + 1e-7).astype(F32))[BIAS] > 1
    assert (
        statistics(operation, arguments, "mean", exact.astype(F32), exact, Contract("float32", variance="updated"))
        == ()
    )


def test_the_gradient_of_a_mean_has_a_mean_square_and_no_bias():
    x, upstream = numbers(5, 2, 3, 6, 6), numbers(6, 2, 3, 2, 2)
    operation, settings = catalogue.find("adaptive_average_pooling2d_gradient"), {"size": (2, 2)}
    (exact,) = (oracle.adaptive_average_pooling2d_gradient(x, upstream, **settings),)
    arguments = {"x": x, "upstream": upstream, **settings}
    found = statistics(operation, arguments, "dx", exact.astype(F32), exact, Contract("float32"))
    assert {one.name for one in found} == {SPREAD}
    wrong = (exact * (1 + 1e-6)).astype(F32)
    assert max(one.excess for one in statistics(operation, arguments, "dx", wrong, exact, Contract("float32"))) > 1


def test_weights_are_scored_by_what_they_are_multiplied_by():
    """Literally: Σ e·x/s² of each weight of a mean of two windows, and its information, on whole numbers."""
    x, e = (
        np.random.default_rng(seed).integers(-9, 10, shape).astype(float)
        for seed, shape in ((7, (2, 3, 6)), (8, (2, 3, 2)))
    )
    operation = catalogue.find("adaptive_average_pooling1d")
    exact = oracle.adaptive_average_pooling1d(x, size=2)
    made = own_weights.weighed(operation, {"x": x, "size": 2}, "y", exact, Contract("float64"))
    assert made is not None and made.shared == 1
    ((axis, score, information, _),) = own_weights.scores(made, e, np.full(e.shape, 4.0))
    assert axis == 0
    for output, element in np.ndindex(2, 6):
        inside = element // 3 == output
        wanted = sum(4 * e[n, c, output] * x[n, c, element] for n, c in np.ndindex(2, 3)) * inside
        assert score[output, element] == wanted
        squares = sum(4 * x[n, c, element] ** 2 for n, c in np.ndindex(2, 3)) * inside
        assert information[output, element] == squares


def test_operations_without_weights_of_their_own_have_none():
    x = numbers(9, 4, 5)
    assert own_weights.weighed(catalogue.find("tanh"), {"x": x}, "y", x, Contract("float32")) is None
    assert WEIGHT not in {
        one.name for one in statistics(catalogue.find("tanh"), {"x": x}, "y", x, x, Contract("float32"))
    }
