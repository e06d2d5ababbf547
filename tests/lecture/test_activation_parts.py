"""Bounds of gradient descent and of identities, the mutants of activations, and what libraries do by themselves at a kink."""

from __future__ import annotations

import importlib.util
import types

import numpy as np
import pytest
from lectureclaims.claims.lecture.activations import learned_slopes, mutants
from lectureclaims.claims.lecture.activations.saturation import cutoffs
from lectureclaims.claims.lecture.shared import floats
from lectureclaims.reference import bounds, libraries, oracle, validation

FORMATS = ("float32", "float64")


# --- gradient descent on a parabola ------------------------------------------------------------------------------------


def descended(z, alpha, goal, rate, steps):
    """α ← α − η Σ (αz − α*z) z, every operation rounded to z's dtype, the sum in order."""
    for _ in range(steps):
        gradient = z.dtype.type(0)
        for each in (alpha * z - goal * z) * z:
            gradient += each
        alpha = alpha - rate * gradient
    return float(alpha)


def parabola(dtype, seed, share):
    rng = np.random.default_rng(seed)
    z = rng.standard_normal(40).astype(dtype)
    squares = float((z.astype(np.float64) ** 2).sum())
    rate = np.dtype(dtype).type(2.0 ** np.floor(np.log2(share / squares)))
    goal, start = rng.uniform(-2, 2, 2).astype(dtype)
    return z, squares * float(rate), rate, goal, start


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("share", [1.0, 0.5, 0.1])
def test_a_descent_stays_within_its_bound_and_a_wrong_one_does_not(dtype, share):
    for seed in range(10):
        z, part, rate, goal, start = parabola(dtype, seed, share)
        error = float(start) - float(goal)
        bound = bounds.contraction(error, float(goal), part, z.size, 6, dtype)
        wanted = float(goal) + (1 - part) ** 6 * error
        got = descended(z, start, goal, rate, 6)
        assert bound.kind == "derived" and abs(got - wanted) <= bound.allowed
        assert abs(descended(z, start, goal, rate, 1) - wanted) > bound.allowed


def test_a_step_too_long_or_an_error_too_small_has_no_bound():
    with pytest.raises(validation.BadInput, match="take a shorter step"):
        bounds.contraction(1.0, 0.0, 1.5, 10, 3, "float32")
    with pytest.raises(validation.BadInput, match="start farther away"):
        bounds.contraction(1e-9, 1.0, 0.5, 10, 3, "float32")


# --- identities ----------------------------------------------------------------------------------------------------------

Z = np.concatenate([np.linspace(-30, 30, 301), [-1e-6, 1e-6]])


def off(bound, by):
    """What an implementation could give that errs by that share of its bound."""
    return by * bound.allowed


@pytest.mark.parametrize("dtype", FORMATS)
def test_a_combination_allows_what_its_terms_allow_and_little_more(dtype):
    z = Z.astype(dtype)
    exact = oracle.logistic(z), oracle.logistic(-z)
    first, second = (bounds.elementwise("logistic", dtype, y) for y in exact)
    both = bounds.combination(dtype, (1, exact[0], first), (1, exact[1], second))
    sums = exact[0] + off(first, 1.0) + exact[1] + off(second, 1.0)
    assert np.all(np.abs(sums - 1) <= both.allowed)
    assert np.all(both.allowed <= first.allowed + second.allowed + 5 * bounds.unit_roundoff(dtype))
    assert both.kind == "empirical" and "γ(2)" in both.derivation


def test_a_combination_of_exact_terms_is_derived():
    nothing = bounds.exact((3,), reason="whole numbers")
    assert bounds.combination("float32", (1, np.ones(3), nothing), (-2, np.ones(3), nothing)).kind == "derived"


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("function", ["logistic", "tanh"])
def test_a_slope_from_a_value_that_errs_within_its_bound(dtype, function):
    z = Z.astype(dtype)
    y, ones = getattr(oracle, function)(z), np.ones_like(z)
    slope = getattr(oracle, f"{function}_gradient")(z, ones)
    value = bounds.elementwise(function, dtype, y)
    gradient = bounds.elementwise_gradient(function, dtype, y, ones)
    bound = bounds.slope_from_value(function, dtype, y, value, gradient)
    for sign in (1, -1):
        seen = y + off(value, sign)
        formed = seen * (1 - seen) if function == "logistic" else 1 - seen * seen
        assert np.all(np.abs(formed - (slope + off(gradient, -sign))) <= bound.allowed)
    wrong = y * (1 + y) if function == "logistic" else 1 - y
    assert np.any(np.abs(wrong - slope) > bound.allowed)


def test_the_tail_of_the_logistic():
    z = np.array([-700.0, -50.0, -1.0, 0.0, 1.0, 50.0])
    step, y = (z > 0).astype(float), oracle.logistic(z)
    tail = bounds.logistic_tail(z)
    assert np.all(np.abs(step - y) <= tail.allowed)
    assert np.all(oracle.logistic_gradient(z, np.ones_like(z)) <= tail.allowed)
    assert not np.all(np.abs(step - y) <= bounds.logistic_tail(2 * z).allowed)


# --- what the claims draw from -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", FORMATS)
def test_every_sign_and_exponent_is_among_the_numbers(dtype):
    z, format = floats.every_kind_of_number(dtype), np.finfo(dtype)
    bits = z.view(f"u{z.itemsize}") >> np.array(format.nmant, f"u{z.itemsize}")
    assert np.unique(bits).size == 2 ** (1 + z.itemsize * 8 - 1 - format.nmant)
    for special in (0.0, -0.0, np.inf, -np.inf):
        assert np.any((z == special) & (np.signbit(z) == np.signbit(special)))
    assert np.isnan(z).any() and np.any((z != 0) & (np.abs(z) < format.tiny))
    assert floats.numbers(z.dtype).size + floats.nans(z.dtype).size == z.size


def test_words_tell_what_numbers_do_not():
    assert [floats.word(v) for v in (0.0, -0.0, float("nan"), 0.5)] == ["0", "-0", "nan", "0.5"]


def test_the_design_of_the_exact_descent():
    z = learned_slopes.sixteen(np.dtype("float64"))
    assert [float((np.minimum(each, 0) ** 2).sum()) for each in np.moveaxis(z, 1, 0)] == [16, 16, 16]


# --- mutants, and what libraries do by themselves ------------------------------------------------------------------------


def test_each_mutant_computes_what_its_name_says():
    lib = libraries.load("numpy")
    x, ones = np.array([-8.0, -1, 0, 1, 8]), np.ones(5)
    assert mutants.relu6(lib, x).tolist() == [0, 0, 0, 1, 6]
    assert mutants.masked_relu(lib, np.array([np.nan, 1, -1])).tolist() == [0, 1, 0]
    assert mutants.slope_everywhere(lib, x, ones).tolist() == [1] * 5
    assert mutants.unsigned_slope(lib, x, ones).tolist() == [1, 1, 0, 1, 1]
    assert mutants.larger_of_the_two(lib, x, alpha=2.0).tolist() == [-8, -1, 0, 2, 16]
    assert mutants.slope_on_the_other_side(lib, x, alpha=2.0).tolist() == [-8, -1, 0, 2, 16]
    assert mutants.slope_on_the_other_side_gradient(lib, x, ones, alpha=2.0).tolist() == [1, 1, 2, 2, 2]
    assert mutants.hard_sigmoid(lib, np.array([-3.0, 0, 1.5, 9])).tolist() == [0, 0.5, 0.75, 1]
    z, alpha, upstream = np.array([[[-2.0, 3.0], [-1.0, 5.0]]]), np.array([0.5, 0.25]), np.ones((1, 2, 2))
    assert mutants.through_the_positive_side(lib, z, alpha, upstream)[1].tolist() == [3, 5]
    assert mutants.shared_across_channels(lib, z, alpha, upstream)[1].tolist() == [-3, -3]


@pytest.mark.parametrize("library", ["torch", "tensorflow"])
def test_a_framework_lists_what_it_has_and_keeps_the_dtype(library):
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    lib = libraries.load(library)
    asked = {
        "own_rectifiers": lib.own_rectifier_gradient,
        "own_absolute_values": lib.own_absolute_value_gradient,
        "own_leaky_relus": lib.own_leaky_relu,
        "own_losses_of_logits": lib.own_loss_gradient,
    }
    for listed, function in asked.items():
        for name in getattr(lib, listed)():
            for dtype in FORMATS:
                y = function(np.array([-1, 2], dtype), function=name)
                assert y.shape == (2,) and y.dtype == dtype, name
    half = np.array([[0.5]])
    loss = oracle.cross_entropy_of_probabilities(half, np.zeros(1, np.int64))
    allowed = bounds.cross_entropy_of_probabilities(loss, "float64").allowed
    for name in lib.own_losses():
        assert np.all(np.abs(lib.own_loss(half[0], function=name) - loss) <= allowed), name


# --- where a sigmoid ends ----------------------------------------------------------------------------------------------


def ending(gradient):
    """A library whose four functions have these gradients, and are at their limits where the gradient is 0."""

    def function(limits):
        return lambda z: np.where(gradient(np.abs(z)) == 0, np.where(z > 0, *limits), 0.5)

    own = {"logistic": function((1.0, 0.0)), "tanh": function((1.0, -1.0))}
    own |= {f"{name}_gradient": lambda z, upstream: gradient(np.abs(z)) * upstream for name in ("logistic", "tanh")}
    return types.SimpleNamespace(**own)


def test_a_gradient_that_is_0_and_then_more_again_ends_where_it_stays_0():
    """TensorFlow's logistic in float64 is so: 0 here and there from 36.74 on, and for good from 37.43 on."""
    found = cutoffs.cutoffs(ending(lambda z: 1.0 * ((z < 10) | ((z > 12.5) & (z < 13)))), dtype="float64")
    assert found["logistic > gradient"] == found["tanh < gradient"] == 13.0
    assert found["logistic > gradient first"] == 10.0


def test_a_gap_between_two_points_that_are_looked_at_first_is_found():
    first = np.nextafter(20, 21)
    found = cutoffs.cutoffs(ending(lambda z: 1.0 * ((z < 20) | ((z > 20.5) & (z < 20.501)))), dtype="float64")
    assert abs(found["tanh > value"] - 20.501) < 800 / cutoffs.POINTS and found["tanh > value first"] <= first


@pytest.mark.parametrize("end", [3.0, 36.9028, 700.5])
def test_an_end_that_is_sharp_is_found_to_the_last_bit(end):
    found = cutoffs.cutoffs(ending(lambda z: 1.0 * (z < end)), dtype="float64")
    assert {*found.values()} == {end} and not any(name.endswith("first") for name in found)


def test_a_gradient_that_never_ends_has_no_end():
    assert all(np.isnan(end) for end in cutoffs.cutoffs(ending(np.ones_like), dtype="float64").values())
