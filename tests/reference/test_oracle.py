"""The oracle's sums and choices are right to the last bit, worked by hand and against Fraction; each is computed once."""

import fractions
import threading
import time

import numpy as np
import pytest
from lectureclaims.reference import oracle
from lectureclaims.reference.oracle import remembered
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
    # Products below 2**-1022 and above 2**900: among subnormal numbers and near the largest.
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


def test_pooling_literally():
    x = np.array([[[[1.0, 5.0, 5.0], [-2.0, 3.0, 4.0]]]])
    shape = {"window": (2, 2), "stride": (1, 1), "padding": ((0, 0), (0, 0))}
    np.testing.assert_array_equal(oracle.max_pooling2d(x, **shape), [[[[5.0, 5.0]]]])
    up = np.array([[[[1.0, 10.0]]]])
    np.testing.assert_array_equal(oracle.max_pooling2d_gradient(x, up, **shape), [[[[0, 11.0, 0], [0, 0, 0]]]])


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


def test_memory_is_bounded_by_elements():
    """Which results leave is cachetools' business; how large one is, is ours."""
    kept = remembered._results
    assert kept.maxsize == remembered.KEPT_ELEMENTS and kept.currsize <= kept.maxsize
    assert [kept.getsizeof(r) for r in (np.zeros((3, 4)), np.zeros(()), (np.zeros(3), np.zeros(4)))] == [12, 1, 7]


def test_pooling_leaves_the_padding_out():
    """Negative numbers, which zeros would beat; minus infinity, which the padding's own would not lose to; ties and NaN."""
    x = np.array([[[[-3.0, -np.inf, -1.0, -1.0]]]])
    shape = {"window": (1, 3), "stride": (1, 2), "padding": ((0, 0), (1, 0))}
    np.testing.assert_array_equal(oracle.max_pooling2d(x, **shape), [[[[-3.0, -1.0]]]])
    up = np.array([[[[1.0, 10.0]]]])
    np.testing.assert_array_equal(oracle.max_pooling2d_gradient(x, up, **shape), [[[[1.0, 0, 10.0, 0]]]])
    alone = {"window": (1, 1), "stride": (1, 1), "padding": ((0, 0), (0, 0))}
    np.testing.assert_array_equal(oracle.max_pooling2d(x, **alone), x)
    with pytest.raises(BadInput, match="NaN"):
        oracle.max_pooling2d(np.full(x.shape, np.nan), **alone)


def test_gradients_that_meet_are_added_exactly():
    x, up = np.array([[[[0.0, 9.0, 0.0]]]]), np.array([[[[1e16, 1.0, -1e16]]]])
    shape = {"window": (1, 3), "stride": (1, 1), "padding": ((0, 0), (1, 1))}
    np.testing.assert_array_equal(oracle.max_pooling2d_gradient(x, up, **shape), [[[[0, 1.0, 0]]]])


def test_slopes():
    x, up = np.array([[-2.0, 0.0, 3.0], [np.nan, -np.inf, 5e-324]]), np.array([[5.0, 7.0, 11.0], [1.0, 1.0, 1.0]])
    np.testing.assert_array_equal(oracle.absolute_value(x), [[2, 0, 3], [np.nan, np.inf, 5e-324]])
    np.testing.assert_array_equal(oracle.absolute_value_gradient(x, up), [[-5, 0, 11], [np.nan, -1, 1]])
    np.testing.assert_array_equal(oracle.leaky_relu(x, alpha=0.1), [[-0.2, 0, 3], [np.nan, -np.inf, 5e-324]])
    np.testing.assert_array_equal(oracle.leaky_relu_gradient(x, up, alpha=0.5)[0], [2.5, 3.5, 11])
    np.testing.assert_array_equal(oracle.relu_gradient(x, up)[0], [0, 0, 11])
    alpha = np.array([0.1, 2.0, -1.0])
    np.testing.assert_array_equal(oracle.prelu(x[:1], alpha), [[-0.2, 0, 3]])
    dx, dalpha = oracle.prelu_gradient(x[:1], alpha, up[:1])
    np.testing.assert_array_equal(dx, [[0.5, 14, 11]])
    np.testing.assert_array_equal(dalpha, [-10, 0, 0])


def test_narrow_formats_and_labels_are_taken_as_they_are():
    x = np.array([[1.5, -2.0, 0.25]])
    w = np.array([[2.0, 1.0, 4.0]])
    for dtype in ("float16", "bfloat16", "float32"):
        assert oracle.fully_connected(x.astype(dtype), w.astype(dtype), None).tolist() == [[2.0]]
        assert oracle.sizes(oracle.fully_connected, x.astype(dtype), w.astype(dtype), None)[0].tolist() == [[6.0]]
        for labels in (np.array([1]), np.array([1], np.int32)):
            got = oracle.cross_entropy(x.astype(dtype), labels)
            np.testing.assert_array_equal(got, oracle.cross_entropy(x, np.array([1])))


def test_not_a_number_has_no_sum():
    with pytest.raises(BadInput, match="finite"):
        oracle.fully_connected(np.array([[np.nan]]), np.ones((1, 1)), None)
