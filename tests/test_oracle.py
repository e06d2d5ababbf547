"""The oracle is right to the last bit: against Fraction, worked by hand, and against a second decimal precision."""

import decimal
import fractions
import itertools
import math
import threading
import time

import numpy as np
import pytest
from lectureclaims.reference import exact, oracle, remembered
from lectureclaims.reference.validation import BadInput

PLAIN1 = {"stride": 1, "padding": (0, 0), "dilation": 1, "groups": 1}
PLAIN2 = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}


def fraction_convolution(x, w, b, *, stride, padding, dilation, groups, flipped):
    """The defining sum, index by index, in rational numbers; padding by asking whether the element exists."""
    (top, bottom), (left, right) = padding
    (N, _, H, W), (O, share, ky, kx) = x.shape, w.shape
    hout = len([p for p in range(H + top + bottom) if p * stride[0] + dilation[0] * (ky - 1) < H + top + bottom])
    wout = len([q for q in range(W + left + right) if q * stride[1] + dilation[1] * (kx - 1) < W + left + right])
    out = np.zeros((N, O, hout, wout))
    for n, o, p, q in np.ndindex(*out.shape):
        total = fractions.Fraction(0) if b is None else fractions.Fraction(float(b[o]))
        for c, i, j in np.ndindex(share, ky, kx):
            di, dj = (ky - 1 - i, kx - 1 - j) if flipped else (i, j)
            y, z = p * stride[0] + di * dilation[0] - top, q * stride[1] + dj * dilation[1] - left
            if 0 <= y < H and 0 <= z < W:
                channel = o // (O // groups) * share + c
                total += fractions.Fraction(float(x[n, channel, y, z])) * fractions.Fraction(float(w[o, c, i, j]))
        out[n, o, p, q] = total.numerator / total.denominator
    return out


def data(kind, rng, shape):
    if kind == "whole":
        return rng.integers(-9, 10, shape).astype(np.float64)
    if kind == "real":
        return rng.normal(size=shape)
    if kind == "cancelling":
        return rng.normal(size=shape) * np.exp(rng.uniform(-40, 40, shape))
    # Products below 2**-1022 and above 2**900: the error-free splitting refuses, Fraction takes over.
    return rng.normal(size=shape) * 2.0 ** rng.integers(-600, 450, shape)


@pytest.mark.parametrize("kind", ["whole", "real", "cancelling", "extreme"])
@pytest.mark.parametrize("flipped", [False, True])
def test_convolutions_to_the_last_bit(kind, flipped):
    rng = np.random.default_rng(1)
    operation = oracle.convolution2d if flipped else oracle.cross_correlation2d
    for sy, sx, d, top, groups in ((1, 1, 1, 0, 1), (2, 1, 1, 1, 2), (1, 2, 2, 2, 1)):
        x, w = data(kind, rng, (2, 2, 5, 4)), data(kind, rng, (2, 2 // groups, 2, 3))
        b = data(kind, rng, (2,))
        geometry = {"stride": (sy, sx), "padding": ((top, 0), (1, top)), "dilation": (d, 1), "groups": groups}
        for bias in (None, b):
            wanted = fraction_convolution(x, w, bias, **geometry, flipped=flipped)
            np.testing.assert_array_equal(operation(x, w, bias, **geometry), wanted)


def test_a_case_worked_by_hand():
    x, w = np.array([[[1.0, 2.0, 4.0]]]), np.array([[[1.0, 10.0]]])
    np.testing.assert_array_equal(oracle.cross_correlation1d(x, w, None, **PLAIN1), [[[21.0, 42.0]]])
    np.testing.assert_array_equal(oracle.convolution1d(x, w, None, **PLAIN1), [[[12.0, 24.0]]])
    dx, dw, db = oracle.cross_correlation1d_gradient(x, w, np.array([[[1.0, 100.0]]]), **PLAIN1)
    np.testing.assert_array_equal(dx, [[[1.0, 110.0, 1000.0]]])
    np.testing.assert_array_equal(dw, [[[201.0, 402.0]]])
    np.testing.assert_array_equal(db, [101.0])
    np.testing.assert_array_equal(
        oracle.fully_connected(np.array([[1.0, 2.0]]), np.array([[3.0, 5.0]]), np.array([7.0])), [[20.0]]
    )


def test_a_sum_that_floats_lose():
    x = np.array([[1e16, 1.0, -1e16, 2.0**-60]])
    assert oracle.fully_connected(x, np.ones((1, 4)), None)[0, 0] == 1.0
    x = np.array([[1 + 2.0**-30, -1.0]])
    w = np.array([[1 - 2.0**-30, 1.0]])
    assert oracle.fully_connected(x, w, None)[0, 0] == -(2.0**-60)


def test_gradients_are_the_adjoint_exactly():
    """sum(upstream · y(x)) is linear in x and in w: each gradient times its argument must give the same number."""
    rng = np.random.default_rng(2)
    geometry = {"stride": (2, 1), "padding": ((1, 0), (0, 2)), "dilation": (1, 2), "groups": 2}
    x, w = data("whole", rng, (2, 4, 5, 6)), data("whole", rng, (4, 2, 2, 3))
    y = oracle.cross_correlation2d(x, w, None, **geometry)
    up = data("whole", rng, y.shape)
    dx, dw, db = oracle.cross_correlation2d_gradient(x, w, up, **geometry)
    assert (up * y).sum() == (dx * x).sum() == (dw * w).sum()
    np.testing.assert_array_equal(db, up.sum(axis=(0, 2, 3)))


def test_no_window_gives_an_empty_axis():
    y = oracle.cross_correlation2d(np.ones((1, 1, 2, 4)), np.ones((1, 1, 3, 2)), None, **PLAIN2)
    assert y.shape == (1, 1, 0, 3)


def test_sizes_count_the_products_inside():
    x, w, b = -np.ones((1, 1, 3, 3)), 2 * np.ones((1, 1, 2, 2)), np.array([-5.0])
    padded = PLAIN2 | {"padding": ((1, 0), (0, 0))}
    S, n = oracle.sizes(oracle.cross_correlation2d, x, w, b, **padded)
    np.testing.assert_array_equal(n[0, 0], [[3, 3], [5, 5], [5, 5]])
    np.testing.assert_array_equal(S[0, 0], 5 + 2 * (n[0, 0] - 1))
    lost = oracle.flush_sizes(oracle.cross_correlation2d, x, w, b, **padded)
    np.testing.assert_array_equal(lost[0, 0], 3 * (n[0, 0] - 1))
    up = 7 * np.ones((1, 1, 3, 2))
    dx, dw, db = oracle.flush_sizes(oracle.cross_correlation2d_gradient, x, w, up, **padded)
    assert dx[0, 0, 0, 0] == 2 * (7 + 2) and dw[0, 0, 1, 0] == 6 * (1 + 7) and db[0] == 42


def test_two_products_are_error_free():
    rng = np.random.default_rng(3)
    a, b = data("cancelling", rng, 500), data("cancelling", rng, 500)
    p, e, safe = exact.two_products(a, b)
    assert safe and e.any()
    for x, y, product, error in zip(a, b, p, e, strict=True):
        F = fractions.Fraction
        assert F(float(product)) + F(float(error)) == F(float(x)) * F(float(y))
    assert not exact.two_products(np.array([1e-200]), np.array([1e-200]))[2]
    assert not exact.two_products(np.array([1e300]), np.array([1e300]))[2]
    # A normal product whose error is no longer a float64.
    assert not exact.two_products(np.array([(1 + 2.0**-52) * 2.0**-500]), np.array([(1 + 2.0**-52) * 2.0**-500]))[2]


def test_pooling_literally():
    x = np.array([[[[1.0, 5.0, 5.0], [-2.0, 3.0, 4.0]]]])
    shape = {"window": (2, 2), "stride": (1, 1)}
    np.testing.assert_array_equal(oracle.max_pooling2d(x, **shape), [[[[5.0, 5.0]]]])
    up = np.array([[[[1.0, 10.0]]]])
    np.testing.assert_array_equal(oracle.max_pooling2d_gradient(x, up, **shape), [[[[0, 11.0, 0], [0, 0, 0]]]])


FUNCTIONS = {
    "exp": lambda z: z.exp(),
    "logistic": lambda z: 1 / (1 + (-z).exp()),
    "tanh": lambda z: (z.exp() - (-z).exp()) / (z.exp() + (-z).exp()),
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions_to_the_last_bit(function):
    """Against the textbook formula in 400 digits, where no cancellation matters."""
    rng = np.random.default_rng(4)
    x = np.concatenate(
        [rng.normal(size=40), rng.uniform(-700, 700, 40), rng.normal(size=20) * 1e-5, [0, 1e-300, -1e-8]]
    )
    got = getattr(oracle, function)(x)
    with decimal.localcontext(decimal.Context(prec=400, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)):
        wanted = [
            float(FUNCTIONS[function](decimal.Decimal(z))) if z else FUNCTIONS[function](decimal.Decimal(0))
            for z in x.tolist()
        ]
    np.testing.assert_array_equal(got, np.array(wanted, np.float64))


@pytest.mark.parametrize("function", ["logistic", "tanh"])
def test_derivatives_to_the_last_bit(function):
    x, up = np.array([0.0, 1.0, -3.5, 30.0, -300.0]), np.array([1.0, -2.0, 1e-3, 7.0, 5.0])
    got = getattr(oracle, f"{function}_gradient")(x, up)
    with decimal.localcontext(decimal.Context(prec=400)):
        for z, u, value in zip(x.tolist(), up.tolist(), got, strict=True):
            y = FUNCTIONS[function](decimal.Decimal(z))
            slope = y * (1 - y) if function == "logistic" else 1 - y * y
            assert value == float(decimal.Decimal(u) * slope)


def test_functions_at_the_ends():
    ends = np.array([np.inf, -np.inf, np.nan, 1e300, -1e300])
    np.testing.assert_array_equal(oracle.exp(ends), [np.inf, 0, np.nan, np.inf, 0])
    np.testing.assert_array_equal(oracle.logistic(ends), [1, 0, np.nan, 1, 0])
    np.testing.assert_array_equal(oracle.tanh(ends), [1, -1, np.nan, 1, -1])
    np.testing.assert_array_equal(oracle.relu(ends), [np.inf, 0, np.nan, 1e300, 0])
    assert oracle.exp(np.array([-745.0]))[0] == math.exp(-745.0) == 2.0**-1074


def textbook_softmax(row):
    grown = [decimal.Decimal(z).exp() for z in row]
    return [one / sum(grown) for one in grown]


def test_softmax_and_its_gradient_to_the_last_bit():
    """Against the formula without the maximum subtracted, in 400 digits, and the Jacobian written out."""
    z = np.array([[0.0, math.log(3.0), -1000.0], [800.0, 800.0, 800.0], [1.5, -2.25, 30.0]])
    up = np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [-3.0, 2.0, 0.5]])
    y, dz = oracle.softmax(z, axis=1), oracle.softmax_gradient(z, up, axis=1)
    with decimal.localcontext(decimal.Context(prec=400)):
        for row, above, got, slope in zip(z.tolist(), up.tolist(), y, dz, strict=True):
            p = textbook_softmax(row)
            assert got.tolist() == [float(one) for one in p]
            jacobian = [[p[j] * ((i == j) - p[i]) for j in range(3)] for i in range(3)]
            wanted = [sum(decimal.Decimal(above[j]) * jacobian[i][j] for j in range(3)) for i in range(3)]
            assert slope.tolist() == [float(one) for one in wanted]
    np.testing.assert_array_equal(oracle.softmax(z.T, axis=0).T, y)


def test_batch_norm_worked_by_hand():
    x = np.array([[1.0], [3.0]])
    y, mean, variance = oracle.batch_norm_training(x, np.array([6.0]), np.array([1.0]), epsilon=3.0)
    assert mean[0] == 2.0 and variance[0] == 1.0
    np.testing.assert_array_equal(y, [[-2.0], [4.0]])
    m, v = oracle.batch_norm_running(x, np.array([10.0]), np.array([8.0]), momentum=0.25, correction=1)
    assert m[0] == 8.0 and v[0] == 6.5
    m, v = oracle.batch_norm_running(x, np.array([10.0]), np.array([8.0]), momentum=0.25, correction=0)
    assert v[0] == 6.25


def test_batch_norm_gradient_is_the_derivative():
    """Central differences of the oracle's own forward pass: 1e-4 wide, so that they err by about 1e-8."""
    rng = np.random.default_rng(5)
    x, g, up = rng.normal(size=(4, 2, 3)), rng.normal(size=2), rng.normal(size=(4, 2, 3))
    dx, dgamma, dbeta = oracle.batch_norm_gradient(x, g, up, epsilon=0.1)
    h, zero = 2.0**-13, np.zeros(2)

    def loss(x, g, b):
        return (oracle.batch_norm_training(x, g, b, epsilon=0.1)[0] * up).sum()

    for index in itertools.islice(np.ndindex(*x.shape), 6):
        step = np.zeros_like(x)
        step[index] = h
        slope = (loss(x + step, g, zero) - loss(x - step, g, zero)) / (2 * h)
        assert abs(slope - dx[index]) < 16 * h * h
    step = np.array([h, 0.0])
    assert abs((loss(x, g + step, zero) - loss(x, g - step, zero)) / (2 * h) - dgamma[0]) < h * h
    assert abs((loss(x, g, step) - loss(x, g, -step)) / (2 * h) - dbeta[0]) < h * h


def test_each_result_is_computed_once_and_read_only():
    calls = []

    @remembered.once
    def slow(x, *, factor):
        calls.append(factor)
        time.sleep(0.05)  # long enough for every other thread to ask meanwhile
        return x * factor

    x = np.arange(3.0)
    results = []
    threads = [threading.Thread(target=lambda: results.append(slow(x, factor=2))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == [2] and all(result is results[0] for result in results)
    # The same numbers in another dtype are the same question; other numbers, shapes and parameters are not.
    assert slow(x.astype(np.float32), factor=2) is results[0]
    assert slow(x[None], factor=2) is not results[0] and slow(x, factor=3) is not results[0] and len(calls) == 3
    with pytest.raises(ValueError, match="read-only"):
        results[0][0] = 1.0


def test_not_a_number_has_no_sum():
    with pytest.raises(BadInput, match="finite"):
        oracle.fully_connected(np.array([[np.nan]]), np.ones((1, 1)), None)
