"""The NumPy reference: its values and gradients against the oracle, its gradients against central differences."""

import numpy as np
import pytest
from lectureclaims.reference import bounds, oracle
from lectureclaims.reference.operators import (
    batch_norm,
    convolution,
    cross_correlation,
    fully_connected,
    logistic,
    max_pooling,
    relu,
    softmax,
    tanh,
)

FLOATS = (np.float16, np.float32, np.float64)
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
            np.testing.assert_array_equal(got, getattr(oracle, f"{name}{rank}d")(*arrays, **parameters))
            shape = module.output_shape(arrays[0].shape, arrays[1].shape, **parameters)
            assert got.shape == shape
    for rank, arrays, parameters in ((2, (x, w), two), (1, (x[:, :, 0], w[:, :, 0]), one)):
        shape = cross_correlation.output_shape(arrays[0].shape, arrays[1].shape, **parameters)
        up = wholes(rng, shape, dtype)
        got = getattr(cross_correlation, f"cross_correlation{rank}d_gradient")(*arrays, up, **parameters)
        wanted = getattr(oracle, f"cross_correlation{rank}d_gradient")(*arrays, up, **parameters)
        for part, exact in zip(got, wanted, strict=True):
            assert part.dtype == dtype
            np.testing.assert_array_equal(part, exact)


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
def test_max_pooling(window, stride):
    rng = np.random.default_rng(2)
    # Ties and negative borders on purpose.
    x = wholes(rng, (2, 3, 5, 6), np.float32) - 4
    parameters = {"window": window, "stride": stride}
    y = max_pooling.max_pooling2d(x, **parameters)
    assert y.shape == max_pooling.output_shape(x.shape, **parameters)
    np.testing.assert_array_equal(y, oracle.max_pooling2d(x, **parameters))
    up = wholes(rng, y.shape, np.float32)
    got = max_pooling.max_pooling2d_gradient(x, up, **parameters)
    np.testing.assert_array_equal(got, oracle.max_pooling2d_gradient(x, up, **parameters))


def test_max_pooling_keeps_not_a_number():
    x = np.array([[[[1.0, np.nan], [2.0, 3.0]]]])
    assert np.isnan(max_pooling.max_pooling2d(x, window=(2, 2), stride=(1, 1))).all()
    dx = max_pooling.max_pooling2d_gradient(x, np.ones((1, 1, 1, 1)), window=(2, 2), stride=(1, 1))
    np.testing.assert_array_equal(dx, [[[[0, 1], [0, 0]]]])


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


@pytest.mark.parametrize("module", [logistic, tanh, relu])
def test_activation_gradients_are_derivatives(module):
    rng = np.random.default_rng(5)
    # Away from 0, where ReLU has no derivative.
    x = rng.uniform(0.5, 3, 12) * rng.choice([-1, 1], 12)
    up, name = rng.normal(size=12), module.__name__.rpartition(".")[2]
    gradient = getattr(module, f"{name}_gradient")(x, up)
    assert_is_the_derivative(gradient, getattr(module, name), (x,), 0, up)


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


@pytest.mark.parametrize("dtype", FLOATS)
def test_everything_stays_in_its_dtype(dtype):
    x = np.linspace(-1, 1, 24).astype(dtype).reshape(4, 2, 3)
    c = np.ones(2, dtype)
    results = [
        logistic.logistic(x),
        logistic.logistic_gradient(x, x),
        tanh.tanh(x),
        tanh.tanh_gradient(x, x),
        relu.relu(x),
        relu.relu_gradient(x, x),
        softmax.softmax(x, axis=1),
        softmax.softmax_gradient(x, x, axis=1),
        *batch_norm.batch_norm_training(x, c, c, epsilon=1e-3),
        batch_norm.batch_norm_inference(x, c, c, c, c, epsilon=1e-3),
        *batch_norm.batch_norm_running(x, c, c, momentum=0.1, correction=1),
        *batch_norm.batch_norm_gradient(x, c, x, epsilon=1e-3),
    ]
    assert {result.dtype for result in results} == {np.dtype(dtype)}


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


def test_the_reference_is_judged_by_the_oracle_on_reals_too():
    rng = np.random.default_rng(8)
    x, w, b = (rng.normal(size=shape) for shape in ((2, 4, 6, 6), (3, 2, 3, 3), (3,)))
    geometry = GEOMETRIES["strided"]
    w = rng.normal(size=(3, 4, 3, 3))
    S, n = oracle.sizes(oracle.cross_correlation2d, x, w, b, **geometry)
    bound = bounds.sums_of_products(S, n, np.float64, flushed=None)
    got = cross_correlation.cross_correlation2d(x, w, b, **geometry)
    assert (np.abs(got - oracle.cross_correlation2d(x, w, b, **geometry)) <= bound.allowed).all()
