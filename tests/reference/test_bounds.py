"""Bounds: no one else can make one, honest arithmetic keeps them, wrong arithmetic does not."""

import copy
import dataclasses

import numpy as np
import pytest
from lectureclaims.reference import bounds, oracle
from lectureclaims.reference.operators.activations import logistic, tanh
from lectureclaims.reference.operators.convolutions import cross_correlation, fully_connected
from lectureclaims.reference.operators.losses import softmax
from lectureclaims.reference.operators.norms import batch_norm
from lectureclaims.reference.validation import BadInput

PLAIN = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
DTYPES = (np.float32, np.float64)


def ratio(got, wanted, bound):
    error = np.abs(np.asarray(got, np.float64) - wanted)
    # Beyond the largest float a ratio is infinite, which says enough.
    with np.errstate(over="ignore"):
        return float((error / bound.allowed).max())


def layer(dtype, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2, 4, 7, 6)).astype(dtype)
    w = rng.normal(size=(3, 4, 3, 3)).astype(dtype)
    b = rng.normal(size=3).astype(dtype)
    S, n = oracle.sizes(oracle.cross_correlation2d, x, w, b, **PLAIN)
    bound = bounds.sums_of_products(S, n, dtype, flushed=None)
    return x, w, b, oracle.cross_correlation2d(x, w, b, **PLAIN), bound


def test_a_bound_cannot_be_made_elsewhere():
    with pytest.raises(TypeError, match="derivation"):
        bounds.Bound(np.zeros(3), "because", "derived")
    bound = bounds.exact((3,), reason="a selection")
    with pytest.raises(TypeError, match="derivation"):
        dataclasses.replace(bound, allowed=np.ones(3))
    with pytest.raises(dataclasses.FrozenInstanceError):
        bound.allowed = np.ones(3)  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(ValueError, match="read-only"):
        bound.allowed[0] = 1.0
    with pytest.raises(TypeError, match="truth value"):
        bool(bound)
    assert copy.deepcopy(bound).derivation == bound.derivation


def test_no_bound_from_numbers_that_are_none():
    with pytest.raises(BadInput, match="too large"):
        bounds.sums_of_products(np.array([np.nan]), np.array([3.0]), np.float32, flushed=None)
    with pytest.raises(BadInput, match="n=.*wider dtype"):
        bounds.sums_of_products(np.ones(1), np.array([2.0**12]), np.float16, flushed=None)
    with pytest.raises(BadInput, match="reason"):
        bounds.exact((2,), reason="")
    with pytest.raises(BadInput, match="operation='erf'"):
        bounds.elementwise("erf", np.float32, np.ones(2))


def test_constants():
    assert bounds.unit_roundoff(np.float32) == 2.0**-24 and bounds.unit_roundoff(np.float64) == 2.0**-53
    assert bounds.smallest_subnormal(np.float32) == 2.0**-149 and bounds.smallest_normal(np.float32) == 2.0**-126
    assert bounds.gamma(4, 2.0**-4) == 0.25 / 0.75
    assert bounds.exactly_representable(np.array([2.0**24]), np.float32)
    assert not bounds.exactly_representable(np.array([1.0, 2.0**24 + 1]), np.float32)


def test_ulp_distance():
    one = np.float32(1)
    a = np.array([one, 0.0, -0.0, 2.0**-149, np.inf, one], np.float32)
    b = np.array([np.nextafter(one, np.float32(2)), -0.0, 0.0, -(2.0**-149), np.inf, np.nan], np.float32)
    np.testing.assert_array_equal(bounds.ulp_distance(a, b), [1, 0, 0, 2, 0, np.inf])
    np.testing.assert_array_equal(bounds.ulp(np.array([1.0, 0.999, 0.0]), np.float64), [2.0**-52, 2.0**-53, 2.0**-1074])
    with pytest.raises(BadInput):
        bounds.ulp_distance(a, b.astype(np.float64))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", range(4))
def test_any_order_of_summation_is_inside(dtype, seed):
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=(1, 500)).astype(dtype), rng.normal(size=(1, 500)).astype(dtype)
    wanted = oracle.fully_connected(x, w, None)
    S, n = oracle.sizes(oracle.fully_connected, x, w, None)
    bound = bounds.sums_of_products(S, n, dtype, flushed=None)
    for order in (np.arange(500), np.argsort(x[0] * w[0]), np.argsort(-np.abs(x[0] * w[0])), rng.permutation(500)):
        total = dtype(0)
        for i in order:
            total = dtype(total + dtype(x[0, i] * w[0, i]))
        assert ratio(total, wanted, bound) <= 1
    assert ratio(fully_connected.fully_connected(x, w, None), wanted, bound) <= 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_wrong_layers_are_outside(dtype):
    x, w, b, wanted, bound = layer(dtype)

    def run(x, w, b, **change):
        return cross_correlation.cross_correlation2d(x, w, b, **(PLAIN | change))

    assert ratio(run(x, w, b), wanted, bound) <= 1
    u = bounds.unit_roundoff(dtype)
    wrongs = {
        "kernel turned": run(x, w[:, :, ::-1, ::-1], b),
        "one axis turned": run(x, w[:, :, ::-1], b),
        "bias forgotten": run(x, w, None),
        "last channel dropped": run(x[:, :-1], w[:, :-1], b),
        "one weight off by 1,000 u": run(x, w * np.where(np.arange(3) == 1, 1 + 1000 * u, 1).astype(dtype), b),
        "padding off by one": run(x, w, b, padding=((0, 2), (1, 1))),
        "narrower sums": run(*(part.astype(np.float16) for part in (x, w, b))),
        "float32 for float64" if dtype == np.float64 else "bfloat16 result": (
            run(*(part.astype(np.float32) for part in (x, w, b)))
            if dtype == np.float64
            else (wanted.astype(np.float32).view(np.uint32) & 0xFFFF0000).view(np.float32)
        ),
    }
    for name, got in wrongs.items():
        assert ratio(got, wanted, bound) > 1, name


@pytest.mark.parametrize("dtype", DTYPES)
def test_flushed_subnormals_need_their_own_allowance(dtype):
    tiny = np.finfo(dtype).smallest_normal
    x, w = np.full((1, 3), tiny / 2, dtype), np.full((1, 3), 1.0, dtype)
    wanted = oracle.fully_connected(x, w, None)
    S, n = oracle.sizes(oracle.fully_connected, x, w, None)
    kept = bounds.sums_of_products(S, n, dtype, flushed=None)
    lost = bounds.sums_of_products(S, n, dtype, flushed=oracle.flush_sizes(oracle.fully_connected, x, w, None))
    assert ratio(np.zeros((1, 1)), wanted, kept) > 1
    assert ratio(np.zeros((1, 1)), wanted, lost) <= 1
    assert "flushed" in lost.derivation and "flushed" not in kept.derivation


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_narrow_results_of_wide_sums(name):
    dtype = np.dtype(name)
    x, w, b, _, _ = layer(dtype)
    wanted = oracle.cross_correlation2d(x, w, b, **PLAIN)
    S, n = oracle.sizes(oracle.cross_correlation2d, x, w, b, **PLAIN)
    wide = bounds.sums_of_products(S, n, np.float32, flushed=None)
    once = bounds.rounded_narrow(wide, wanted, dtype)
    sums = cross_correlation.cross_correlation2d(x.astype(np.float32), w.astype(np.float32), None, **PLAIN)
    bias = b.astype(np.float32)[:, None, None]
    assert 0.9 < ratio((sums + bias).astype(dtype), wanted, once) <= 1
    # The bias added apart, in the narrow format: rounded twice, another contract.
    apart = (sums.astype(dtype) + b[:, None, None]).astype(dtype)
    assert ratio(apart, wanted, once) > 1
    assert ratio(apart, wanted, bounds.rounded_narrow(wide, wanted, dtype, apart=np.abs(wanted - bias))) <= 1
    # Sums made in the narrow format itself are a third, and fall outside of both.
    total = np.zeros_like(sums, dtype)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    for c, i, j in np.ndindex(4, 3, 3):
        total = (total + padded[:, None, c, i : i + 7, j : j + 6] * w[None, :, c, i, j, None, None]).astype(dtype)
    narrow = (total + b[:, None, None]).astype(dtype)
    assert ratio(narrow, wanted, bounds.rounded_narrow(wide, wanted, dtype, apart=np.abs(wanted - bias))) > 1
    assert ratio(narrow, wanted, bounds.sums_of_products(S, n, dtype, flushed=None)) <= 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", [logistic.logistic, tanh.tanh])
def test_functions(dtype, function):
    z = np.linspace(-20, 20, 401).astype(dtype)
    wanted = getattr(oracle, function.__name__)(z)
    bound = bounds.elementwise(function.__name__, dtype, wanted)
    assert bound.kind == "empirical" and bound.derivation.startswith("empirical: ") and "ulp" in bound.derivation
    assert ratio(function(z), wanted, bound) <= 1
    assert ratio(function(z) * (1 + 64 * bounds.unit_roundoff(dtype)), wanted, bound) > 1
    hard = np.clip(z / 6 + 0.5, 0, 1)
    assert ratio(hard, wanted, bound) > 1
    up = np.cos(z).astype(dtype)
    slope = getattr(oracle, f"{function.__name__}_gradient")(z, up)
    bound = bounds.elementwise_gradient(function.__name__, dtype, wanted, up)
    y = function(z)
    naive = up * y * (1 - y) if function is logistic.logistic else up * (1 - y * y)
    assert ratio(naive, slope, bound) <= 1
    assert ratio(up * y * (1 + y), slope, bound) > 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_softmax(dtype):
    rng = np.random.default_rng(7)
    z = (10 * rng.normal(size=(6, 9))).astype(dtype)
    wanted = oracle.softmax(z, axis=1)
    bound = bounds.softmax(wanted, z, dtype, axis=1)
    assert ratio(softmax.softmax(z, axis=1), wanted, bound) <= 1
    assert ratio(softmax.softmax(z, axis=0), wanted, bound) > 1
    grown = np.exp(z - z.max(axis=1, keepdims=True))
    assert ratio(grown / (grown.sum(axis=1, keepdims=True) + dtype(1e-3)), wanted, bound) > 1
    up = rng.normal(size=z.shape).astype(dtype)
    slope = oracle.softmax_gradient(z, up, axis=1)
    bound = bounds.softmax_gradient(wanted, z, up, dtype, axis=1)
    assert ratio(softmax.softmax_gradient(z, up, axis=1), slope, bound) <= 1
    assert ratio(wanted * up, slope, bound) > 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_batch_norm(dtype):
    rng = np.random.default_rng(8)
    x = (rng.normal(size=(8, 3, 4)) + 2).astype(dtype)
    g, b, up = (rng.normal(size=s).astype(dtype) for s in (3, 3, x.shape))
    wanted = oracle.batch_norm_training(x, g, b, epsilon=1e-3)
    limit = bounds.batch_norm_training(x, g, b, dtype, epsilon=1e-3)
    honest = batch_norm.batch_norm_training(x, g, b, epsilon=1e-3)
    assert max(map(ratio, honest, wanted, limit)) <= 1
    swapped = batch_norm.batch_norm_training(x, b, g, epsilon=1e-3)[0]
    mean, variance = honest[1].reshape(1, 3, 1), honest[2].reshape(1, 3, 1)
    unbiased = honest[2] * dtype(32 / 31)
    outside = (x - mean) / (np.sqrt(variance) + dtype(1e-3)) * g.reshape(1, 3, 1) + b.reshape(1, 3, 1)
    assert ratio(swapped, wanted[0], limit[0]) > 1
    assert ratio(unbiased, wanted[2], limit[2]) > 1
    assert ratio(outside, wanted[0], limit[0]) > 1
    bound = bounds.batch_norm_inference(x, g, b, honest[1], honest[2], dtype, epsilon=1e-3)
    given = oracle.batch_norm_inference(x, g, b, honest[1], honest[2], epsilon=1e-3)
    assert ratio(batch_norm.batch_norm_inference(x, g, b, honest[1], honest[2], epsilon=1e-3), given, bound) <= 1
    assert ratio(batch_norm.batch_norm_inference(x, g, b, honest[1], honest[2], epsilon=2e-3), given, bound) > 1
    slopes = oracle.batch_norm_gradient(x, g, up, epsilon=1e-3)
    limit = bounds.batch_norm_gradient(x, g, up, dtype, epsilon=1e-3)
    assert max(map(ratio, batch_norm.batch_norm_gradient(x, g, up, epsilon=1e-3), slopes, limit)) <= 1
    # As if the statistics did not depend on x: the mistake of a batch norm that is differentiated in inference mode.
    frozen = up * g.reshape(1, 3, 1) / np.sqrt(variance + dtype(1e-3))
    assert ratio(frozen, slopes[0], limit[0]) > 1
    fixed = x, g, honest[1], honest[2], up
    constant = oracle.batch_norm_inference_gradient(*fixed, epsilon=1e-3)
    limit = bounds.batch_norm_inference_gradient(*fixed, dtype, epsilon=1e-3)
    assert max(map(ratio, batch_norm.batch_norm_inference_gradient(*fixed, epsilon=1e-3), constant, limit)) <= 1
    assert ratio(frozen, constant[0], limit[0]) <= 1
    other = batch_norm.batch_norm_inference_gradient(*fixed, epsilon=2e-3)
    assert min(map(ratio, other[:2], constant[:2], limit[:2])) > 1
    assert ratio(other[2] + up[0, :, 0], constant[2], limit[2]) > 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_pass_variances_are_a_contract_of_their_own(dtype):
    rng = np.random.default_rng(9)
    x = ((10 if dtype == np.float32 else 1000) + rng.normal(size=(16, 3, 4))).astype(dtype)
    ones = np.ones(3, dtype)
    wanted = oracle.batch_norm_training(x, ones, ones, epsilon=1e-5)
    two, one = (
        bounds.batch_norm_training(x, ones, ones, dtype, epsilon=1e-5, formed=how) for how in ("two passes", "one pass")
    )
    mean = x.mean(axis=(0, 2), dtype=dtype)
    variance = (x * x).mean(axis=(0, 2), dtype=dtype) - mean * mean
    assert ratio(variance, wanted[2], one[2]) <= 1 < ratio(variance, wanted[2], two[2])
    assert "one pass" in one[2].derivation and "two passes" in two[2].derivation
    # Neither allows another divisor.
    assert ratio(wanted[2] * 64 / 63, wanted[2], one[2]) > 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n, offset", [(8, 1e3), (16, 3e3), (64, 1e3), (200, 30)])
def test_variances_that_are_updated_number_by_number_are_another(dtype, n, offset):
    offset = offset if dtype == np.float32 else offset * 1e6
    x = (offset + np.random.default_rng(10).normal(size=(n, 1))).astype(dtype)
    mean = squares = dtype(0)
    for k, number in enumerate(x[:, 0], 1):  # Welford 1962
        away = dtype(number - mean)
        mean = dtype(mean + dtype(away / dtype(k)))
        squares = dtype(squares + dtype(away * dtype(number - mean)))
    variance, ones = np.array([squares / dtype(n)]), np.ones(1, dtype)
    wanted = oracle.batch_norm_training(x, ones, ones, epsilon=1e-5)
    two, updated = (
        bounds.batch_norm_training(x, ones, ones, dtype, epsilon=1e-5, formed=how) for how in ("two passes", "updated")
    )
    assert ratio(variance, wanted[2], updated[2]) <= 1
    assert n > 8 or ratio(variance, wanted[2], two[2]) > 1
    assert ratio(np.array([mean]), wanted[1], updated[1]) <= 1


def test_an_estimate_is_no_bound():
    estimate = bounds.expected_rounding(np.ones(2), np.full(2, 16.0), np.float32)
    assert isinstance(estimate, np.ndarray) and estimate.tolist() == [2.0**-22] * 2


def test_a_ratio_of_what_is_no_number():
    bound = bounds.sums_of_products(np.ones(4), np.ones(4), np.float32, flushed=None)
    got = np.array([np.nan, np.inf, 1.0, -np.inf])
    np.testing.assert_array_equal(bound.ratio(got, np.array([1.0, 1.0, 1.0, -np.inf])), [np.inf, np.inf, 0, 0])


def test_a_bound_has_no_subclass_and_no_empty_reason():
    with pytest.raises(TypeError, match="no subclasses"):
        type("Lenient", (bounds.Bound,), {})


def test_quantum():
    assert bounds.quantum([2, 6, 0.5, 0]) == 0.5
    assert bounds.quantum([0.0]) == np.inf
    assert bounds.quantum(np.array([3 * 2.0**-20], "bfloat16")) == 2.0**-20


def test_two_libraries():
    first = bounds.exact((2,), reason="a selection")
    second = bounds.elementwise("tanh", np.float32, np.array([0.5, 1.0]))
    both = bounds.two_libraries(first, second)
    assert both.kind == "empirical" and first.derivation in both.derivation and second.derivation in both.derivation
    assert (both.allowed >= second.allowed).all()
