"""The NumPy reference: its values and gradients against the oracle, its gradients against central differences."""

import itertools
import math
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from calls import call
from lectureclaims.reference import bounds, oracle
from lectureclaims.reference.operators import catalogue
from lectureclaims.reference.operators.activations import gelu, logistic, tanh
from lectureclaims.reference.operators.convolutions import convolution, cross_correlation, fully_connected
from lectureclaims.reference.operators.losses import cross_entropy, softmax
from lectureclaims.reference.operators.norms import batch_norm
from lectureclaims.reference.operators.pooling import average_pooling, max_pooling
from lectureclaims.reference.operators.rectifiers import absolute_value, leaky_relu, prelu, relu
from lectureclaims.reference.operators.resampling import area_resampling, bilinear_resampling, nearest_resampling

NARROW = (np.float16, ml_dtypes.bfloat16)
FLOATS = (*NARROW, np.float32, np.float64)
GEOMETRIES = {
    "plain": {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1},
    "strided": {"stride": (2, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1},
    "uneven": {"stride": (1, 2), "padding": ((0, 2), (1, 0)), "dilation": (2, 1), "groups": 2},
    "depthwise": {"stride": (1, 1), "padding": ((1, 0), (0, 0)), "dilation": (1, 2), "groups": 4},
}


def wholes(rng, shape, dtype):
    return rng.integers(-3, 4, shape).astype(dtype)


def along_rows(geometry):
    """The one-dimensional geometry of the columns' axis."""
    return {key: value if key == "groups" else value[1] for key, value in geometry.items()}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_convolutions_are_exact_on_whole_numbers(dtype, geometry):
    rng = np.random.default_rng(0)
    two = GEOMETRIES[geometry]
    one, share = along_rows(two), 4 // two["groups"]
    b = wholes(rng, 4, dtype)
    x, w = wholes(rng, (2, 4, 6, 7), dtype), wholes(rng, (4, share, 3, 2), dtype)
    for name in ("cross_correlation", "convolution"):
        module = cross_correlation if name == "cross_correlation" else convolution
        for rank, arrays, parameters in ((2, (x, w, b), two), (1, (x[:, :, 0], w[:, :, 0], b), one)):
            got = getattr(module, f"{name}{rank}d")(*arrays, **parameters)
            assert got.dtype == dtype
            exact = getattr(oracle, f"{name}{rank}d")(*arrays, **parameters)
            np.testing.assert_array_equal(got, exact.astype(dtype))
            shape = module.output_shape(arrays[0].shape, arrays[1].shape, **parameters)
            assert got.shape == shape
    for rank, arrays, parameters in ((2, (x, w), two), (1, (x[:, :, 0], w[:, :, 0]), one)):
        shape = cross_correlation.output_shape(arrays[0].shape, arrays[1].shape, **parameters)
        up = wholes(rng, shape, dtype)
        got = getattr(cross_correlation, f"cross_correlation{rank}d_gradient")(*arrays, up, **parameters)
        wanted = getattr(oracle, f"cross_correlation{rank}d_gradient")(*arrays, up, **parameters)
        for part, exact in zip(got, wanted, strict=True):
            assert part.dtype == dtype
            # Where the sum is too large for a narrow format, it is rounded once.
            np.testing.assert_array_equal(part, exact.astype(dtype))


@pytest.mark.parametrize("dtype", FLOATS)
def test_fully_connected_is_exact_on_whole_numbers(dtype):
    rng = np.random.default_rng(1)
    x, w, b, up = (wholes(rng, shape, dtype) for shape in ((3, 5), (4, 5), (4,), (3, 4)))
    for bias in (None, b):
        np.testing.assert_array_equal(fully_connected.fully_connected(x, w, bias), oracle.fully_connected(x, w, bias))
    got = fully_connected.fully_connected_gradient(x, w, up)
    for part, wanted in zip(got, oracle.fully_connected_gradient(x, w, up), strict=True):
        assert part.dtype == dtype
        np.testing.assert_array_equal(part, wanted)


@pytest.mark.parametrize("window", [(1, 1), (2, 2), (3, 1)])
@pytest.mark.parametrize("stride", [(1, 1), (2, 3)])
@pytest.mark.parametrize("padded", [False, True])
def test_max_pooling(window, stride, padded):
    rng = np.random.default_rng(2)
    # Ties and negative borders on purpose.
    x = wholes(rng, (2, 3, 5, 6), np.float32) - 4
    parameters = {"window": window, "stride": stride, "padding": ((0, 0), (0, 0))}
    y = max_pooling.max_pooling2d(x, **parameters)
    assert y.shape == max_pooling.output_shape(x.shape, **parameters)
    np.testing.assert_array_equal(y, oracle.max_pooling2d(x, **parameters))
    up = wholes(rng, y.shape, np.float32)
    got = max_pooling.max_pooling2d_gradient(x, up, **parameters)
    np.testing.assert_array_equal(got, oracle.max_pooling2d_gradient(x, up, **parameters))


def test_max_pooling_keeps_not_a_number():
    x, plain = np.array([[[[1.0, np.nan], [2.0, 3.0]]]]), {"stride": (1, 1), "padding": ((0, 0), (0, 0))}
    assert np.isnan(max_pooling.max_pooling2d(x, window=(2, 2), **plain)).all()
    dx = max_pooling.max_pooling2d_gradient(x, np.ones((1, 1, 1, 1)), window=(2, 2), **plain)
    np.testing.assert_array_equal(dx, [[[[0, 1], [0, 0]]]])


def test_max_pooling_takes_nothing_from_the_padding():
    x, up = np.full((1, 1, 1, 2), -np.inf), np.array([[[[3.0, 5.0]]]])
    parameters = {"window": (2, 2), "stride": (1, 1), "padding": ((1, 0), (1, 0))}
    np.testing.assert_array_equal(max_pooling.max_pooling2d(x, **parameters), x)
    np.testing.assert_array_equal(max_pooling.max_pooling2d_gradient(x, up, **parameters), [[[[8, 0]]]])


POOLS = [
    {"window": (3, 2), "stride": (2, 1), "padding": ((2, 1), (0, 1)), "count_padding": count} for count in (True, False)
]
RESAMPLED = (
    [
        (nearest_resampling, {"size": size, "grid": grid})
        for size, grid in itertools.product(((3, 11), (7, 2)), ("half_pixel", "asymmetric"))
    ]
    + [
        (bilinear_resampling, {"size": size, "grid": grid})
        for size, grid in itertools.product(((3, 11), (7, 2), (1, 1)), ("half_pixel", "align_corners", "asymmetric"))
    ]
    + [(area_resampling, {"size": size}) for size in ((3, 11), (7, 2), (1, 1))]
)
LINEAR = [(average_pooling, pool) for pool in POOLS] + RESAMPLED


def operators(module):
    """Of a module, the operation and its gradient."""
    name = module.__name__.rpartition(".")[2]
    name = next(n for n in (name, f"{name}2d") if n in catalogue.OPERATIONS)
    return getattr(module, name), getattr(module, f"{name}_gradient")


@pytest.mark.parametrize(("module", "parameters"), LINEAR)
def test_means_and_their_gradients_are_those_of_the_oracle(module, parameters):
    rng = np.random.default_rng(10)
    x = wholes(rng, (2, 3, 5, 6), np.float64)
    forward, gradient = operators(module)
    y = forward(x, **parameters)
    shape = {key: value for key, value in parameters.items() if key not in ("grid", "count_padding")}
    assert y.shape == module.output_shape(x.shape, **shape)
    up = wholes(rng, y.shape, np.float64)
    for got, name, arrays in ((y, forward.__name__, (x,)), (gradient(x, up, **parameters), gradient.__name__, (x, up))):
        wanted = getattr(oracle, name)(*arrays, **parameters)
        # Weights are rounded, along two axes, and at most 30 whole numbers of up to 3 are added: gamma(34) of their sizes.
        allowed = bounds.gamma(34, bounds.unit_roundoff(np.float64)) * 3 * 30
        assert got.shape == wanted.shape and np.abs(got - wanted).max() <= allowed


def test_means_by_hand():
    x = np.array([[[[0.0, 8.0, 16.0]]]])
    across = {"window": (1, 2), "stride": (1, 1), "padding": ((0, 0), (1, 1))}
    for count, wanted in ((True, [0, 4, 12, 8]), (False, [0, 4, 12, 16])):
        y = average_pooling.average_pooling2d(x, **across, count_padding=count)
        np.testing.assert_array_equal(y[0, 0, 0], wanted)
    for grid, wanted in (
        ("half_pixel", [0, 2, 6, 10, 14, 16]),
        ("asymmetric", [0, 4, 8, 12, 16, 16]),
        ("align_corners", [0, 4, 8, 12, 16]),
        ("align_corners", [0]),
        ("half_pixel", [8]),
    ):
        y = bilinear_resampling.bilinear_resampling2d(x, size=(1, len(wanted)), grid=grid)
        np.testing.assert_array_equal(y[0, 0, 0], wanted)
    # Three pixels to two: each takes one and a half.
    y = area_resampling.area_resampling2d(x * 3, size=(1, 2))
    np.testing.assert_array_equal(y[0, 0, 0], [8, 40])


@pytest.mark.parametrize("elements", [1, 2, 7, 26, 49])
def test_the_nearest_pixel_is_that_of_exact_fractions(elements):
    x = np.arange(elements, dtype=np.float64).reshape(1, 1, 1, -1)
    for outputs, (grid, start) in itertools.product(
        range(1, 60), (("half_pixel", Fraction(1, 2)), ("asymmetric", Fraction(0)))
    ):
        y = nearest_resampling.nearest_resampling2d(x, size=(1, outputs), grid=grid)
        wanted = [math.floor((i + start) * elements / outputs) for i in range(outputs)]
        np.testing.assert_array_equal(y[0, 0, 0], wanted)


def difference(function, arrays, which, upstream):
    """d sum(upstream · function) / d arrays[which], by central differences of step h in float64.

    The step is 2**-17, near the cube root of u, where the truncation h² and the rounding u/h balance.
    """
    h, slope = 2.0**-17, np.zeros_like(arrays[which])
    for index in np.ndindex(*slope.shape):
        step = np.zeros_like(slope)
        step[index] = h
        ends = [
            (upstream * function(*(a + sign * step if i == which else a for i, a in enumerate(arrays)))).sum()
            for sign in (1, -1)
        ]
        slope[index] = (ends[0] - ends[1]) / (2 * h)
    return slope


def assert_is_the_derivative(gradient, function, arrays, which, upstream):
    """Equal up to what a central difference may err by: u·(sum of the summed sizes)/h, and h² times a third derivative.

    2**-28 of the largest entry and of 1 covers both for the smooth functions here, whose derivatives are of order 1; a
    wrong factor, sign or axis changes the gradient by its own size.
    """
    numeric = difference(function, arrays, which, upstream)
    assert gradient.shape == numeric.shape
    assert np.abs(gradient - numeric).max() <= 2.0**-28 * max(1.0, np.abs(numeric).max()) * upstream.size


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_convolution_gradients_are_derivatives(geometry):
    rng = np.random.default_rng(3)
    parameters = GEOMETRIES[geometry]
    x, b = rng.normal(size=(1, 4, 4, 5)), rng.normal(size=4)
    w = rng.normal(size=(4, 4 // parameters["groups"], 2, 2))

    def function(x, w, b):
        return cross_correlation.cross_correlation2d(x, w, b, **parameters)

    up = rng.normal(size=function(x, w, b).shape)
    gradients = cross_correlation.cross_correlation2d_gradient(x, w, up, **parameters)
    for which, gradient in enumerate(gradients):
        assert_is_the_derivative(gradient, function, (x, w, b), which, up)


def test_fully_connected_gradients_are_derivatives():
    rng = np.random.default_rng(4)
    arrays = tuple(rng.normal(size=shape) for shape in ((3, 5), (4, 5), (4,)))
    up = rng.normal(size=(3, 4))
    for which, gradient in enumerate(fully_connected.fully_connected_gradient(*arrays[:2], up)):
        assert_is_the_derivative(gradient, fully_connected.fully_connected, arrays, which, up)


@pytest.mark.parametrize("module", [logistic, tanh, relu, absolute_value])
def test_activation_gradients_are_derivatives(module):
    rng = np.random.default_rng(5)
    # Away from 0, where ReLU has no derivative.
    x = rng.uniform(0.5, 3, 12) * rng.choice([-1, 1], 12)
    up, name = rng.normal(size=12), module.__name__.rpartition(".")[2]
    gradient = getattr(module, f"{name}_gradient")(x, up)
    assert_is_the_derivative(gradient, getattr(module, name), (x,), 0, up)


def test_sloped_gradients_are_derivatives():
    rng = np.random.default_rng(11)
    x = rng.uniform(0.5, 3, (2, 3, 4)) * rng.choice([-1, 1], (2, 3, 4))
    slopes, up = rng.normal(size=3), rng.normal(size=x.shape)
    for which, gradient in enumerate(prelu.prelu_gradient(x, slopes, up)):
        assert_is_the_derivative(gradient, prelu.prelu, (x, slopes), which, up)
    gradient = leaky_relu.leaky_relu_gradient(x, up, alpha=0.3)
    assert_is_the_derivative(gradient, lambda x: leaky_relu.leaky_relu(x, alpha=0.3), (x,), 0, up)


@pytest.mark.parametrize("name", ["cross_entropy", "cross_entropy_of_probabilities"])
def test_cross_entropy_gradients_are_derivatives(name):
    rng = np.random.default_rng(12)
    scores, labels, up = rng.uniform(0.5, 2, (4, 5)), rng.integers(0, 5, 4), rng.normal(size=4)
    function = getattr(cross_entropy, name)
    gradient = getattr(cross_entropy, f"{name}_gradient")(scores, labels, up)
    assert_is_the_derivative(gradient, lambda z: function(z, labels), (scores,), 0, up)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax_gradient_is_the_derivative(axis):
    rng = np.random.default_rng(6)
    x, up = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    gradient = softmax.softmax_gradient(x, up, axis=axis)
    assert_is_the_derivative(gradient, lambda x: softmax.softmax(x, axis=axis), (x,), 0, up)


@pytest.mark.parametrize("shape", [(5, 2), (3, 2, 4), (2, 2, 2, 3)])
def test_batch_norm_gradients_are_derivatives(shape):
    rng = np.random.default_rng(7)
    arrays = rng.normal(size=shape), rng.normal(size=2), rng.normal(size=2)
    up = rng.normal(size=shape)

    def function(x, gamma, beta):
        return batch_norm.batch_norm_training(x, gamma, beta, epsilon=0.1)[0]

    for which, gradient in enumerate(batch_norm.batch_norm_gradient(*arrays[:2], up, epsilon=0.1)):
        assert_is_the_derivative(gradient, function, arrays, which, up)
    given = rng.normal(size=2), rng.uniform(1, 2, 2)

    def fixed(x, gamma, beta):
        return batch_norm.batch_norm_inference(x, gamma, beta, *given, epsilon=0.1)

    for which, gradient in enumerate(batch_norm.batch_norm_inference_gradient(*arrays[:2], *given, up, epsilon=0.1)):
        assert_is_the_derivative(gradient, fixed, arrays, which, up)


@pytest.mark.parametrize("dtype", (np.float32, np.float64))
@pytest.mark.parametrize("correction", [0, 1])
def test_batch_norm_statistics(dtype, correction):
    rng = np.random.default_rng(9)
    x, old = rng.normal(size=(4, 2, 3)).astype(dtype), np.array([1.0, 2.0], dtype)
    parameters = {"momentum": 0.3, "correction": correction}
    got = batch_norm.batch_norm_running(x, old, old, **parameters)
    wanted = oracle.batch_norm_running(x, old, old, **parameters)
    limits = bounds.batch_norm_running(x, old, old, dtype, **parameters)
    for part, exact, bound in zip(got, wanted, limits, strict=True):
        assert (np.abs(part - exact) <= bound.allowed).all()


def test_logistic_never_overflows():
    x = np.array([-1000, -89, 0, 89, 1000], np.float32)
    with np.errstate(all="raise", under="ignore"):
        y = logistic.logistic(x)
    assert y[0] == 0 and y[2] == 0.5 and y[-1] == 1 and (np.diff(y) >= 0).all()
    assert np.isnan(logistic.logistic(np.array([np.nan])))[0]


def test_relu_at_the_ends():
    x = np.array([-0.0, 0.0, -1.0, np.inf, -np.inf, np.nan, 2.0**-149], np.float32)
    np.testing.assert_array_equal(relu.relu(x), np.array([0, 0, 0, np.inf, 0, np.nan, 2.0**-149], np.float32))
    np.testing.assert_array_equal(relu.relu_gradient(x, np.full(7, 3, np.float32)), [0, 0, 0, 3, 0, 0, 3])


def test_softmax_far_out():
    y = softmax.softmax(np.array([[1e4, 0.0], [-1e4, -1e4], [np.inf, 0.0]]), axis=1)
    np.testing.assert_array_equal(y[:2], [[1, 0], [0.5, 0.5]])
    assert np.isnan(y[2]).any()


def test_slopes_at_the_ends():
    x = np.array([-2.0, -0.0, 0.0, 2.0, np.inf, np.nan])
    np.testing.assert_array_equal(leaky_relu.leaky_relu(x, alpha=0.25), [-0.5, 0, 0, 2, np.inf, np.nan])
    np.testing.assert_array_equal(leaky_relu.leaky_relu(x, alpha=0), [0, 0, 0, 2, np.inf, np.nan])
    np.testing.assert_array_equal(leaky_relu.leaky_relu_gradient(x[:5], np.full(5, 8.0), alpha=0.25), [2, 2, 2, 8, 8])
    np.testing.assert_array_equal(absolute_value.absolute_value(x), [2, 0, 0, 2, np.inf, np.nan])
    np.testing.assert_array_equal(absolute_value.absolute_value_gradient(x, np.full(6, 3.0)), [-3, 0, 0, 3, 3, 0])
    dx, dslopes = prelu.prelu_gradient(x[None, :4], np.full(4, 0.25), np.full((1, 4), 8.0))
    np.testing.assert_array_equal(dx, [[2, 2, 2, 8]])
    np.testing.assert_array_equal(dslopes, [-16, 0, 0, 0])


def test_gelu_in_both_forms():
    x = np.linspace(-30, 30, 101)
    for approximate in ("none", "tanh"):
        y, exact = gelu.gelu(x, approximate=approximate), oracle.gelu(x, approximate=approximate)
        assert (np.abs(y - exact) <= bounds.gelu(x, exact, np.float64).allowed).all()
    assert (gelu.gelu(np.array([-12.0]), approximate="none") < 0).all()
    np.testing.assert_array_equal(
        gelu.gelu(np.array([-1e30, 1e30], np.float32), approximate="tanh"), np.array([0, 1e30], np.float32)
    )


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelus_gradient_is_the_derivative_and_keeps_its_bound(approximate):
    x, up = np.linspace(-6, 6, 61), np.linspace(-1, 1, 61)
    slope = gelu.gelu_gradient(x, up, approximate=approximate)
    assert_is_the_derivative(slope, lambda x: gelu.gelu(x, approximate=approximate), (x,), 0, up)
    for dtype in (np.float32, np.float64):
        x = np.array([0.0, *np.linspace(-40, 40, 201), 1e-30, 1e30, -1e30], dtype)
        up, settings = np.ones_like(x), {"approximate": approximate}
        exact = oracle.gelu_gradient(x, up, **settings)
        bound = bounds.gelu_gradient(x, up, exact, dtype, **settings)
        assert bound.ratio(gelu.gelu_gradient(x, up, **settings), exact).max() <= 1
        assert (
            bound.ratio(gelu.gelu_gradient(x, up, approximate="tanh" if approximate == "none" else "none"), exact).max()
            > 1
        )
        assert bound.kind == "empirical"
    far = oracle.gelu_gradient(np.array([-56.0, 56, -1e300, 1e300, -45]), np.full(5, 1e308), **settings)
    assert far[:4].tolist() == [0, 1e308, 0, 1e308] and (far[4] < 0) == (approximate == "none")


def test_cross_entropy_far_out():
    logits, labels = np.array([[1e4, 0.0], [1e4, 0.0], [0.0, -40.0], [3.0, 3.0]]), np.array([0, 1, 0, 0])
    small = np.exp(-40.0)
    np.testing.assert_array_equal(cross_entropy.cross_entropy(logits, labels), [0, 1e4, small, np.log1p(1.0)])
    slope = cross_entropy.cross_entropy_gradient(logits, labels, np.ones(4))
    np.testing.assert_array_equal(slope, [[0, 0], [1, -1], [-small, small], [-0.5, 0.5]])
    p = np.array([[0.5, 0.5], [0.0, 1.0]])
    np.testing.assert_array_equal(cross_entropy.cross_entropy_of_probabilities(p, labels[2:]), [-np.log(0.5), np.inf])
    slope = cross_entropy.cross_entropy_of_probabilities_gradient(p, labels[2:], np.array([3.0, 1.0]))
    np.testing.assert_array_equal(slope, [[-6, 0], [-np.inf, 0]])


@pytest.mark.parametrize("name", catalogue.OPERATIONS)
def test_narrow_formats_are_computed_in_float32_and_rounded_once(name):
    for dtype in FLOATS:
        assert {part.dtype for part in call(name, dtype)} == {np.dtype(dtype)}
    for dtype in NARROW:
        for part, wide in zip(call(name, dtype), call(name, np.float32), strict=True):
            np.testing.assert_array_equal(part, wide.astype(dtype), strict=True)


def test_beyond_the_largest_number_a_narrow_result_is_infinite():
    x = np.full((1, 4), 200, np.float16)
    np.testing.assert_array_equal(fully_connected.fully_connected(x, x, None), np.array([[np.inf]], np.float16))


def test_output_size_counts_the_windows():
    for size in range(1, 12):
        for kernel in range(1, 5):
            for stride in range(1, 4):
                for dilation in range(1, 3):
                    for padding in ((0, 0), (1, 2)):
                        room = size + sum(padding)
                        starts = [s for s in range(0, room, stride) if s + dilation * (kernel - 1) < room]
                        if starts:
                            got = cross_correlation.output_size(
                                size, kernel, stride=stride, padding=padding, dilation=dilation
                            )
                            assert got == len(starts)


def test_parameter_counts():
    # Counted on the arrays that the operators take; LeNet-5's first layer and VGG-16's as published.
    assert cross_correlation.parameter_count(1, 6, (5, 5), groups=1, bias=True) == 156
    assert cross_correlation.parameter_count(3, 64, (3, 3), groups=1, bias=True) == 1792
    assert cross_correlation.parameter_count(4, 6, (3, 2), groups=2, bias=False) == np.zeros((6, 2, 3, 2)).size
    assert fully_connected.parameter_count(5, 7, bias=True) == np.zeros((7, 5)).size + np.zeros(7).size
    assert fully_connected.parameter_count(5, 7, bias=False) == 35
    assert batch_norm.parameter_count(5) == (10, 10)
    assert prelu.parameter_count(5) == 5


def test_the_reference_is_judged_by_the_oracle_on_reals_too():
    rng = np.random.default_rng(8)
    x, w, b = (rng.normal(size=shape) for shape in ((2, 4, 6, 6), (3, 2, 3, 3), (3,)))
    geometry = GEOMETRIES["strided"]
    w = rng.normal(size=(3, 4, 3, 3))
    S, n = oracle.sizes(oracle.cross_correlation2d, x, w, b, **geometry)
    bound = bounds.sums_of_products(S, n, np.float64, flushed=None)
    got = cross_correlation.cross_correlation2d(x, w, b, **geometry)
    assert (np.abs(got - oracle.cross_correlation2d(x, w, b, **geometry)) <= bound.allowed).all()
