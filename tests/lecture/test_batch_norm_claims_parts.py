"""What the claims about batch norm stand on: bounds of moments, the libraries' own layers, mutants, and small functions of the sections."""

import inspect

import ml_dtypes
import numpy as np
import pytest
from lectureclaims.claims.lecture.batch_norm import layers, moments, own_layers
from lectureclaims.claims.lecture.batch_norm import mutants as mutants_batch_norm
from lectureclaims.claims.lecture.batch_norm.coupling import claim as decoupling
from lectureclaims.claims.lecture.batch_norm.perturbation import claim as downstream
from lectureclaims.claims.lecture.batch_norm.shift import claim as covariate_shift
from lectureclaims.reference import bounds, libraries, oracle, validation
from lectureclaims.reference.libraries.numpy import operations as reference

DTYPES = (np.float32, np.float64)


def _measured(allowed):
    """A bound of the sizes given."""
    return bounds.trajectory(allowed, copies=1)


# --- bounds of moments -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_moments_of_numbers_that_err_within_their_bound_stay_within_theirs(seed):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(5, 3, 2, 2)) * rng.choice([1e-3, 1, 1e3], (1, 3, 1, 1)) + rng.normal(size=(1, 3, 1, 1))
    allowed = rng.uniform(0, 1e-4, y.shape) * np.abs(y).max()
    limits = bounds.channel_moments(_measured(allowed), y, np.float64)
    for errors in (
        rng.uniform(-1, 1, y.shape),
        rng.choice([-1, 1], y.shape),
        np.sign(y - y.mean((0, 2, 3), keepdims=True)),
    ):
        for order, bound in enumerate(limits, 1):
            moved, exact = (moments.channel_moment(z, order=order) for z in (y + errors * allowed, y))
            assert np.all(bound.ratio(moved, exact) <= 1)


def test_the_bounds_of_moments_are_near_what_the_worst_errors_do():
    """Half of the numbers up, half down, away from the mean: the variance moves by all that the bound allows; all up, the mean does."""
    y = np.array([[-1.0], [1.0], [-1.0], [1.0]])
    mean, variance, _ = bounds.channel_moments(_measured(np.full(y.shape, 1e-3)), y, np.float64)
    assert mean.ratio(moments.channel_moment(y + 1e-3, order=1), 0.0) > 0.99
    assert variance.ratio(moments.channel_moment(y * (1 + 1e-3), order=2), 1.0) > 0.99
    skewed = np.array([[0.0], [0.0], [0.0], [4.0]])
    third = bounds.channel_moments(_measured(np.full(y.shape, 1e-3)), skewed, np.float64)[2]
    worst = skewed + 1e-3 * np.array([[-1], [-1], [-1], [1]])
    assert third.ratio(moments.channel_moment(worst, order=3), moments.channel_moment(skewed, order=3)) > 0.4


def test_nothing_is_left_to_moments_of_exact_numbers_but_the_rounding():
    y = np.arange(6.0).reshape(3, 2)
    for bound, size in zip(
        bounds.channel_moments(bounds.exact(y.shape, reason="given"), y, np.float32), (3, 3, 6), strict=True
    ):
        assert np.all(bound.allowed <= size * 2.0**-23)
        assert np.all(bound.allowed > 0)


def test_a_weighted_sum_errs_by_its_weights():
    y, w = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, -1.0], [2.0, 0.0]])
    bound = bounds.weighted_sum(_measured(np.full((2, 2), 1e-6)), w, y, np.float64, axis=1)
    assert np.all(bound.ratio((w * (y + np.array([[1e-6, -1e-6], [1e-6, 5.0]]))).sum(1), (w * y).sum(1)) <= 1)
    assert np.all(bound.ratio((w * y).sum(1) + 3e-6, (w * y).sum(1)) > 1)


@pytest.mark.parametrize("seed", range(4))
def test_the_gradients_of_a_layer_behind_gradients_that_err(seed):
    rng = np.random.default_rng(seed)
    x, w, g = rng.normal(size=(6, 3)), rng.normal(size=(2, 3)), rng.normal(size=(6, 2))
    allowed = rng.uniform(0, 1e-6, g.shape)
    exact, limits = (
        oracle.fully_connected_gradient(x, w, g)[1:],
        bounds.weights_gradient(_measured(allowed), x, g, np.float64),
    )
    for errors in (rng.uniform(-1, 1, g.shape), np.sign(x[:, :1])):
        moved = reference.fully_connected_gradient(x, w, g + errors * allowed)[1:]
        assert all(np.all(bound.ratio(a, b) <= 1) for bound, a, b in zip(limits, moved, exact, strict=True))
    assert limits[0].ratio(moved[0], exact[0])[:, 0].min() > 0.99, "errors of the worst signs reach it"


def test_a_formula_in_float64_is_allowed_its_own_roundings():
    zero = bounds.exact((2,), reason="given")
    bound = bounds.by_formula(zero, np.array([1.0, -4.0]), roundings=2)
    assert np.all(bound.ratio(np.array([1.0, -4.0]) * (1 + 2.0**-52), np.array([1.0, -4.0])) <= 1)
    assert np.all(bound.ratio(np.array([1.0, -4.0]) * (1 + 2.0**-50), np.array([1.0, -4.0])) > 1)


@pytest.mark.parametrize(
    "make",
    [
        lambda part: bounds.channel_moments(part, np.ones((2, 1)), np.float32)[0],
        lambda part: bounds.weighted_sum(part, np.ones((2, 1)), np.ones((2, 1)), np.float32, axis=0),
        lambda part: bounds.by_formula(part, np.ones((2, 1)), roundings=1),
    ],
)
def test_what_is_made_of_a_measured_bound_is_empirical_and_says_of_what(make):
    derived, empirical = make(bounds.exact((2, 1), reason="they are given")), make(_measured(np.ones((2, 1))))
    assert (derived.kind, empirical.kind) == ("derived", "empirical")
    assert "they are given" in derived.derivation


# --- moments, exactly ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_moments_are_taken_exactly(dtype):
    """A mean of 2²⁰ and a spread of 1, where sums of squares in the dtype lose the variance."""
    y = (2.0**20 + np.array([-1, 1, -1, 1]))[:, None].astype(dtype)
    assert [moments.channel_moment(y, order=n)[0] for n in (1, 2, 3)] == [2.0**20, 1, 0]
    assert moments.channel_moment(y, order=1).dtype == dtype


def test_the_third_moment_has_a_sign():
    y = np.array([[-1.0, 1.0], [-1.0, 1.0], [2.0, -2.0]])
    assert moments.channel_moment(y, order=3).tolist() == [2.0, -2.0]


# --- the libraries' own layers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("library", own_layers.LAYERS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_an_own_layer_answers_in_its_dtype_and_remembers_what_it_saw(library, dtype):
    if not libraries.installed(library):
        pytest.skip(f"{library} is not installed")
    lib, defaults = libraries.load(library), own_layers.OWN[library]
    x = np.array([[1.0, 0.0], [3.0, 4.0]], dtype)
    for mode in ("training", "as it comes", "inference"):
        y, mean, variance = lib.own_batch_norm(x, mode=mode, settings={"momentum": 0.5})
        assert y.shape == x.shape and {y.dtype, mean.dtype, variance.dtype} == {np.dtype(dtype)}
        trained = mode == "training" or (mode == "as it comes" and defaults.mode == "training")
        assert mean.tolist() == ([1.0, 1.0] if trained else [0.0, 0.0])
        n = 2 / (2 - defaults.correction)
        assert variance.tolist() == ([0.5 + 0.5 * n, 0.5 + 2.0 * n] if trained else [1.0, 1.0])


def test_own_layers_have_one_signature():
    signatures = {
        str(inspect.signature(libraries.load(b).own_batch_norm)) for b in own_layers.LAYERS if libraries.installed(b)
    }
    assert len(signatures) <= 1


def test_defaults_are_exchanged_one_at_a_time():
    changed = own_layers.with_others("torch", default="epsilon")
    assert changed.epsilon == own_layers.OWN["tensorflow"].epsilon
    assert changed.momentum == own_layers.OWN["torch"].momentum
    assert own_layers.OWN["torch"].weight_of_new(0.25) == 1 - own_layers.OWN["tensorflow"].weight_of_new(0.25)


# --- mutants -------------------------------------------------------------------------------------------------------------


def given(dtype=np.float64):
    rng = np.random.default_rng(7)
    return rng.normal(size=(4, 3, 2, 2)).astype(dtype), *(rng.normal(size=3).astype(dtype) for _ in "gb")


@pytest.mark.parametrize("dtype", [*DTYPES, ml_dtypes.bfloat16])
def test_mutants_of_batch_norm_have_its_shapes_and_dtypes_and_other_values(dtype):
    x, gamma, beta = given(dtype)
    right = reference.batch_norm_training(x, gamma, beta, epsilon=0.25)
    for mutant in ("without_batch_norm", "remembered_statistics", "epsilon_outside_the_root"):
        y, mean, variance = getattr(mutants_batch_norm, mutant)(reference, x, gamma, beta, epsilon=0.25)
        assert (y.shape, y.dtype, mean.dtype, variance.shape) == (x.shape, x.dtype, x.dtype, (3,))
        assert not np.array_equal(y, right[0])


def test_epsilon_outside_the_root_is_what_it_says():
    x, gamma, beta = given()
    y = mutants_batch_norm.epsilon_outside_the_root(reference, x, gamma, beta, epsilon=0.25)[0]
    mean, deviation = (f(x, axis=(0, 2, 3), keepdims=True) for f in (np.mean, np.std))
    wanted = gamma[None, :, None, None] * (x - mean) / (deviation + 0.25) + beta[None, :, None, None]
    bound = bounds.batch_norm_training(x, gamma, beta, np.float64, epsilon=0.25)[0]
    assert np.all(bounds.by_formula(bound, wanted, roundings=64).ratio(y, wanted) <= 1)


def test_constant_statistics_leave_the_upstream_gradient_scaled():
    x, gamma, _ = given()
    dx, *others = mutants_batch_norm.statistics_as_constants(reference, x, gamma, np.ones_like(x), epsilon=0.25)
    wanted = np.broadcast_to((gamma / np.sqrt(x.var((0, 2, 3)) + 0.25))[None, :, None, None], x.shape)
    assert np.array_equal(dx, wanted)
    assert [
        np.array_equal(a, b)
        for a, b in zip(others, reference.batch_norm_gradient(x, gamma, np.ones_like(x), epsilon=0.25)[1:], strict=True)
    ] == [True] * 2


def test_mutants_of_the_step_keep_the_gradient_that_is_passed_on():
    x, w, upstream = np.eye(3), np.arange(6.0).reshape(2, 3), np.ones((3, 2))
    right = reference.fully_connected_gradient(x, w, upstream)
    frozen, reversed_ = (
        m(reference, x, w, upstream) for m in (mutants_batch_norm.weights_frozen, mutants_batch_norm.gradient_reversed)
    )
    assert np.array_equal(frozen[0], right[0]) and not frozen[1].any() and not frozen[2].any()
    assert np.array_equal(reversed_[0], right[0]) and np.array_equal(reversed_[1], -right[1])
    assert np.array_equal(
        mutants_batch_norm.with_a_bias(reference, x, w, None), reference.fully_connected(x, w, None) + 1
    )


# --- the sections' own formulas -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("a", [2.0, 0.125, -0.5, -8.0])
def test_the_factor_of_the_identity_is_batch_norm_with_another_epsilon(a):
    """BN(aZ + c) with ε is sgn(a)·BN(Z) with ε/a², exactly: two ways to the same numbers."""
    z, epsilon = np.array([[1.0], [2.0], [4.0], [-3.0]]), 0.25
    one, zero = np.ones(1), np.zeros(1)
    normalized, _, v = oracle.batch_norm_training(z, one, zero, epsilon=epsilon)
    wanted = np.sign(a) * oracle.batch_norm_training(z, one, zero, epsilon=epsilon / a**2)[0]
    nothing = bounds.exact(wanted.shape, reason="both are exact but for the formula's roundings")
    assert np.all(
        bounds.by_formula(nothing, wanted, roundings=10).ratio(normalized * decoupling.factor(a, v, epsilon), wanted)
        <= 1
    )


def test_layers_worked_out_exactly_refuse_what_could_round():
    with pytest.raises(validation.BadInput):
        wide = np.full((1, 2), 2.0**13 + 1, np.float32)
        downstream.layers_exactly(wide, [wide], [None])
    with pytest.raises(validation.BadInput):
        layers.exactly(
            "fully_connected", x=np.full((1, 2), 3.0**10, np.float32), w=np.full((1, 2), 3.0**9, np.float32), b=None
        )


def test_a_distribution_forgets_the_order_of_the_examples_and_nothing_else():
    h = np.array([[1.0, 5.0], [3.0, 4.0]])
    assert np.array_equal(moments.distribution(h), moments.distribution(h[::-1]))
    assert not np.array_equal(moments.distribution(h), moments.distribution(h[:, ::-1]))


def test_a_frozen_lower_layer_keeps_its_parameters_alone():
    before, after = ({name: np.full(1, value) for name in ("w1", "b1", "w2", "b2")} for value in (0.0, 1.0))
    kept = covariate_shift.lower_kept(before, after)
    assert {name: float(a[0]) for name, a in kept.items()} == {"w1": 0.0, "b1": 0.0, "w2": 1.0, "b2": 1.0}
    assert covariate_shift.all_moved(before, after) == after
