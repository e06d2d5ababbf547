"""What the claims about networks as a whole are made of: bounds of superpositions and sums, resampling in a stack, mistaken gradients."""

import math

import numpy as np
import pytest
from lectureclaims.claims.lecture.network import layers, nonlinearity, predictions
from lectureclaims.claims.lecture.network import mutants as mutants_network
from lectureclaims.claims.lecture.network.learning import first_steps
from lectureclaims.reference import bounds, libraries, oracle
from lectureclaims.reference.judging import composition
from lectureclaims.reference.libraries.numpy.training import value_and_gradient
from lectureclaims.reference.networks.notation import make_layer, settings_of

LIBRARY = libraries.load("numpy")
RESAMPLED = (
    make_layer("average_pooling2d", window=(2, 2), stride=(2, 2), padding=((0, 0), (0, 0)), count_padding=True),
    make_layer("area_resampling2d", size=(3, 3)),
    make_layer("bilinear_resampling2d", size=(9, 13), grid="half_pixel"),
    make_layer("nearest_resampling2d", size=(9, 13), grid="half_pixel"),
)


def images(dtype, *shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("resampled", RESAMPLED, ids=lambda layer: layer["kind"])
def test_resampling_in_a_stack_carries_what_came_before(dtype, resampled):
    name, settings = resampled["kind"], settings_of(resampled)
    x, w = images(dtype, 2, 2, 6, 6), images(dtype, 3, 2, 3, 3, seed=1)
    plain = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
    steps = [make_layer("cross_correlation2d", w=w, b=None, **plain), resampled]
    value, bound = composition.compose(steps, x, dtype)
    got = getattr(LIBRARY, name)(LIBRARY.cross_correlation2d(x, w, None, **plain), **settings)
    assert bound.ratio(got, value).max() <= 1
    assert bound.kind == "derived"
    assert bound.allowed.max() < 2.0**10 * bounds.unit_roundoff(dtype) * np.abs(value).max()
    # What the convolution may have been off by is in it: an error of that size at its output stays inside.
    _, first = composition.compose(steps[:1], x, dtype)
    moved = oracle.cross_correlation2d(x, w, None, **plain) + first.allowed
    assert bound.ratio(getattr(LIBRARY, name)(moved, **settings), value).max() <= 1


@pytest.mark.parametrize("axis", [0, 1])
def test_a_superposition_may_err_by_the_bounds_of_both_sides(axis):
    rng = np.random.default_rng(0)
    whole, parts = (bounds.sums_of_products(np.full(s, 8.0), 8, np.float32, flushed=None) for s in ((3, 3), (3, 3)))
    C, values = np.array([[2.0, -1, 0], [1, 1, 1], [0, 0, 4]]), rng.normal(size=(3, 3))
    got = bounds.superposed(whole, parts, C, values, axis=axis)
    each = 8 * 8 * bounds.unit_roundoff(np.float32)
    weights = 1 + np.abs(C).sum(axis=1)
    along = got.allowed if axis == 0 else got.allowed.T
    assert (along >= each * weights[:, None]).all()
    assert (along <= 1.001 * each * weights[:, None]).all()
    assert got.kind == "derived"


def test_a_superposition_is_empirical_where_a_side_is():
    x = images(np.float32, 2, 4)
    measured = bounds.softmax(oracle.softmax(x, axis=1), x, np.float32, axis=1)
    plain = bounds.sums_of_products(np.ones((1, 4)), 2, np.float32, flushed=None)
    assert bounds.superposed(plain, measured, np.ones((1, 2)), x).kind == "empirical"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_sum_to_one_within_the_sum_of_their_errors(dtype):
    x = 40 * images(dtype, 20, 10)
    own = bounds.softmax(oracle.softmax(x, axis=1), x, dtype, axis=1)
    bound = bounds.summed(own, 1.0, dtype, axis=1)

    def rest(p):
        return np.array([math.fsum(row) - 1 for row in p]).astype(dtype)

    p = LIBRARY.softmax(x, axis=1)
    assert bound.ratio(rest(p), np.zeros(20)).max() <= 1
    assert (bound.ratio(rest(p * dtype(1 + 2.0**-14)), np.zeros(20)) > 1).all()


def test_the_first_of_equals_is_the_largest():
    rows = np.array([[1.0, 3, 3], [2, 2, 1], [-1, -2, 0], [5, 5, 5]])
    assert predictions.first_largest(rows).tolist() == [1, 0, 2, 0] == np.argmax(rows, axis=1).tolist()
    assert predictions.alone(rows).tolist() == [False, False, True, False]


def test_the_nearest_mean_recognises_most_digits():
    x, labels = layers.held_out(200, np.dtype(np.float64))
    w, b = predictions.nearest_mean(np.dtype(np.float64))
    assert (predictions.first_largest(x.reshape(len(x), -1) @ w.T + b) == labels).mean() > 0.8


def test_pairs_come_by_size_and_each_once():
    pairs = nonlinearity.small_pairs(2)
    assert len(set(pairs)) == len(pairs) == 81
    sizes = [sum(map(abs, p.x + p.y)) for p in pairs]
    assert sizes == sorted(sizes)


def descended(change):
    return mutants_network.descends(LIBRARY, change=change, seeds=[0, 1], dtype="float64")


def test_mistaken_gradients_are_what_they_are_called():
    honest = first_steps.descends(LIBRARY, seeds=[0, 1], dtype="float64")
    up, still, other = (
        descended(change) for change in (mutants_network.ascent, mutants_network.frozen, mutants_network.batch_before)
    )
    assert (honest["after.small"] < honest["before.small"]).all() and not honest["moved.frozen"].any()
    assert (up["after.small"] > up["before.small"]).all()
    assert (still["after.small"] == still["before.small"]).all()
    # The first two losses do not know yet: the first step is the batch's own.
    assert (other["loss.descent"][:2] == honest["loss.descent"][:2]).all()
    assert (other["loss.descent"][2:] != honest["loss.descent"][2:]).all()


def test_from_zero_weights_the_last_bias_alone_moves():
    assert LIBRARY.value_and_gradient is value_and_gradient
    found = first_steps.first_gradients(LIBRARY, scale=0.0, seeds=[0], dtype="float64")
    assert [name for name, g in sorted(found.items()) if g.any()] == ["b1"]
