"""Lp pooling: by hand, in many digits, its gradient as a derivative, and honest results within its bound."""

import decimal
from decimal import Decimal

import ml_dtypes  # noqa: F401 - NumPy knows the name bfloat16 once it is imported
import numpy as np
import pytest
from lectureclaims.reference import libraries, oracle
from lectureclaims.reference.judging import assessment
from lectureclaims.reference.operators import catalogue
from lectureclaims.reference.operators.pooling import lp_pooling
from test_operators import assert_is_the_derivative

DIGITS = decimal.Context(prec=60, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)
PLANE = {"window": (2, 2), "stride": (1, 2), "padding": ((0, 1), (0, 0))}
ROW = {"window": 3, "stride": 3, "padding": (0, 0)}


@pytest.mark.parametrize("library", [oracle, lp_pooling])
def test_by_hand(library):
    x = np.array([[[3.0, -4, 0, -5, 3, 4, 0, 0, 0]]])
    for power, wanted in ((1, [7, 12, 0]), (2, [5, 50**0.5, 0])):
        np.testing.assert_array_equal(library.lp_pooling1d(x, power=power, **ROW)[0, 0], wanted)
    small = np.array([[[3.0, 4.0, 0.0]]]) * 2.0**-40
    assert library.lp_pooling1d(small, power=2, **ROW) == 5 * 2.0**-40
    dx = library.lp_pooling1d_gradient(x, np.array([[[10.0, 1, 1]]]), power=2, **ROW)
    np.testing.assert_array_equal(dx[0, 0, [0, 1, 2, 6, 7, 8]], [6, -8, 0, 0, 0, 0])


def test_exactly_far_out():
    far = np.array([[[3e300, -4e300, 0.0]]])
    assert oracle.lp_pooling1d(far, power=2, **ROW) == 5e300
    assert oracle.lp_pooling1d(far * 1e-620, power=3, **ROW)[0, 0, 0] == 0
    cubes = np.array([[[3.0, 4, 5]]])
    assert oracle.lp_pooling1d(cubes, power=3, **ROW) == 6
    assert oracle.lp_pooling1d_gradient(cubes, np.full((1, 1, 1), 36.0), power=3, **ROW).tolist() == [[[9, 16, 25]]]


@pytest.mark.parametrize("power", [1, 2, 3, 5])
def test_in_many_digits(power):
    rng = np.random.default_rng(power)
    x, up = rng.normal(size=(2, 2, 3, 4)), rng.normal(size=(2, 2, 3, 2))
    y, dx = np.empty_like(up), np.full(x.shape, Decimal(0), object)
    with decimal.localcontext(DIGITS):
        for n, c, p, q in np.ndindex(*up.shape):
            seen = [(n, c, p + i, 2 * q + j) for i in range(2) for j in range(2) if p + i < 3]
            whole = sum(abs(Decimal(x[at])) ** power for at in seen) ** (Decimal(1) / power)
            y[n, c, p, q] = float(whole)
            for at in seen:
                share = (abs(Decimal(x[at])) / whole) ** (power - 1)
                dx[at] += Decimal(up[n, c, p, q]) * int(np.sign(x[at])) * share
    np.testing.assert_array_equal(oracle.lp_pooling2d(x, power=power, **PLANE), y)
    np.testing.assert_array_equal(oracle.lp_pooling2d_gradient(x, up, power=power, **PLANE), dx.astype(float))


@pytest.mark.parametrize("power", [1, 2, 3])
def test_the_gradient_is_the_derivative(power):
    rng = np.random.default_rng(6)
    x, up = rng.uniform(0.5, 2, (1, 2, 3, 4)) * rng.choice([-1, 1], (1, 2, 3, 4)), rng.normal(size=(1, 2, 3, 2))
    gradient = lp_pooling.lp_pooling2d_gradient(x, up, power=power, **PLANE)
    assert_is_the_derivative(gradient, lambda x: lp_pooling.lp_pooling2d(x, power=power, **PLANE), (x,), 0, up)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
@pytest.mark.parametrize("power", [1, 2, 3, 4])
def test_honest_results_are_within(load, power, dtype):
    rng = np.random.default_rng(7)
    settings = {"power": power, "window": (2, 3), "stride": (1, 2), "padding": ((0, 0), (0, 0))}
    for numbers in (rng.normal(size=(2, 3, 7, 9)), np.exp(rng.normal(size=(2, 3, 7, 9))) / 4, rng.random((2, 3, 7, 9))):
        x, up = numbers.astype(dtype), rng.normal(size=(2, 3, 6, 4)).astype(dtype)
        for name in ("numpy", "torch"):
            for operation, arrays in (("lp_pooling2d", (x,)), ("lp_pooling2d_gradient", (x, up))):
                try:
                    y = getattr(load(name), operation)(*arrays, **settings)
                except libraries.Unsupported:
                    continue
                entry = catalogue.OPERATIONS[operation]
                (result,) = entry.results
                given = dict(zip(entry.arrays, arrays, strict=True)) | settings
                _, judged = assessment.kept(entry, given, {result: y})
                assert judged[result].bound.ratio(y, judged[result].value).max() <= 1
                other = getattr(load("numpy"), operation)(*arrays, **settings | {"power": power + 1})
                assert judged[result].bound.ratio(other, judged[result].value).max() > 1
