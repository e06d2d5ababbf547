"""Sizes of many products, summed once and upwards, beside the exact ones; and exact mode, which asks for the exact ones where that decides."""

import numpy as np
import pytest
from lectureclaims.reference import oracle
from lectureclaims.reference.judging import assessment
from lectureclaims.reference.operators import catalogue
from lectureclaims.reference.oracle.linear import EXACTLY, UPWARDS, few
from lectureclaims.reference.validation import BadInput

RNG = np.random.default_rng(11)
LINE = {"stride": 2, "padding": (1, 2), "dilation": 2, "groups": 2}
PLANE = {"stride": (1, 2), "padding": ((0, 1), (2, 1)), "dilation": (2, 1), "groups": 2}
CALLS = {
    "cross_correlation1d": ((3, 8, 19), (6, 4, 3), 6, LINE),
    "convolution1d": ((3, 8, 19), (6, 4, 3), 6, LINE),
    "cross_correlation2d": ((2, 8, 7, 9), (6, 4, 3, 2), 6, PLANE),
    "convolution2d": ((2, 8, 7, 9), (6, 4, 3, 2), 6, PLANE),
    "fully_connected": ((7, 30), (9, 30), 9, {}),
}


def wide(*shape):
    """Of many magnitudes, so that float64 rounds."""
    return RNG.standard_normal(shape) * 2.0 ** RNG.integers(-20, 20, shape)


def arrays_of(name):
    x, w, outputs, settings = CALLS[name.removesuffix("_gradient")]
    x, w, b = wide(*x), wide(*w), wide(outputs)
    assert not few(x.shape, w.shape)
    if not name.endswith("_gradient"):
        return (x, w, b), settings
    return (x, w, wide(*getattr(oracle, name.removesuffix("_gradient"))(x, w, None, **settings).shape)), settings


def parts(results):
    return results if isinstance(results, tuple) else (results,)


NAMES = [*CALLS, *(f"{name}_gradient" for name in CALLS if f"{name}_gradient" in catalogue.OPERATIONS)]


@pytest.mark.parametrize("name", NAMES)
def test_sizes_are_no_smaller_than_the_exact_ones_and_hardly_larger(name):
    arrays, settings = arrays_of(name)
    operation = getattr(oracle, name)
    S, n = oracle.sizes(operation, *arrays, **settings)
    exact = operation(*map(np.abs, arrays), **settings, way=EXACTLY)
    counts = operation(*(np.ones(a.shape) for a in arrays), **settings)
    for got, wanted in zip(parts(S), parts(exact), strict=True):
        assert (got >= wanted).all() and (got <= wanted * (1 + 2.0**-38)).all() and got.shape == wanted.shape
    for got, wanted in zip(parts(n), parts(counts), strict=True):
        np.testing.assert_array_equal(got, wanted, strict=True)


@pytest.mark.parametrize("name", NAMES)
def test_what_flushing_loses_is_no_smaller_either(name):
    arrays, settings = arrays_of(name)
    operation = getattr(oracle, name)
    lost = oracle.flush_sizes(operation, *arrays, **settings)

    def alone(kept):
        given = [np.abs(a) if i == kept else np.ones(a.shape) for i, a in enumerate(arrays)]
        return operation(*(given if name.endswith("_gradient") else (*given[:2], None)), **settings)

    if name.endswith("_gradient"):
        by_x, by_w, by_up = alone(0), alone(1), alone(2)
        wanted = by_w[0] + by_up[0], by_x[1] + by_up[1], by_up[2]
    else:
        wanted = (alone(0) + alone(1),)
    for got, exact in zip(parts(lost), wanted, strict=True):
        assert (got >= exact * (1 - 2.0**-52)).all() and (got <= exact * (1 + 2.0**-34)).all()
        assert got.shape == exact.shape


def test_upwards_is_another_result_than_exactly():
    """Or the tests above would compare a thing with itself."""
    (x, w, _), settings = arrays_of("cross_correlation2d")
    x, w = np.abs(x), np.abs(w)
    exact = oracle.cross_correlation2d(x, w, None, **settings)
    assert not np.array_equal(oracle.cross_correlation2d(x, w, None, **settings, way=UPWARDS), exact)


@pytest.mark.parametrize("more, exactly", [(0, True), (1, False)])
def test_exact_mode_knows_the_last_number_for_which_it_holds(more, exactly):
    """2**24 as a sum of two thousand products: with one more a partial sum could round, and a sum upwards could not tell."""
    w = np.full((1, 2048), 2.0**13, np.float32)
    w[0, :2] += 1 + more, -1  # no multiples of a larger power of two
    arrays = {"x": np.ones((2, 2048), np.float32), "w": w, "b": None}
    if exactly:
        (y,) = assessment.exact_values(catalogue.find("linear"), arrays, np.float32)
        assert (y == 2.0**24).all()
    else:
        with pytest.raises(BadInput, match="S of y=16777217"):
            assessment.exact_values(catalogue.find("linear"), arrays, np.float32)
