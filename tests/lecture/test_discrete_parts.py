"""What the claims about the discrete sums rest on: the bound for convolutions by FFT, the sums as they stand, the libraries' own modes."""

import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.fft
from lectureclaims.claims.lecture.convolution import discrete, same_size, windows
from lectureclaims.claims.lecture.convolution import sums as lecture_sums
from lectureclaims.reference import bounds, libraries, oracle, validation
from lectureclaims.reference.bounds import fft
from scipy import signal

PLAIN1 = {"stride": 1, "padding": (0, 0), "dilation": 1, "groups": 1}
DTYPES = (np.float32, np.float64)


def power_of_two(size):
    return max(2, 1 << (size - 1).bit_length())


def families(rng, n, dtype):
    """Numbers on which transforms round each time differently: of one sign, of one size, far apart, one alone."""
    yield "normal", rng.standard_normal(n).astype(dtype)
    yield "positive", rng.uniform(0.5, 2, n).astype(dtype)
    yield "offset", (100 + rng.standard_normal(n)).astype(dtype)
    yield "wide", (rng.standard_normal(n) * 2.0 ** rng.integers(-20, 21, n)).astype(dtype)
    yield "alternating", ((-1.0) ** np.arange(n)).astype(dtype)
    yield "impulse", (np.arange(n) == n // 2).astype(dtype)


def exact(x, w):
    over = lecture_sums.every_overlap(x, w)
    return lecture_sums.lecture_sum(x, w, index=lecture_sums.minus, over=over)[0]


# --- the bound -------------------------------------------------------------------------------------------------------------


def test_each_doubling_of_the_length_costs_at_most_what_the_costliest_radix_does():
    assert all(fft.stage(p) <= fft.PER_BIT * math.log2(p) for p in fft.PRIMES)
    assert fft.PER_BIT == 27


@pytest.mark.parametrize("dtype", DTYPES)
def test_convolution_by_fft_keeps_its_bound_at_every_length_without_large_primes(dtype):
    """Transforms of 2, 3, 4, …, 121 points, each with the length that it is told."""
    rng = np.random.default_rng(24)
    for length in (2, 3, 4, 5, 6, 7, 8, 9, 11, 14, 15, 16, 22, 25, 27, 32, 33, 49, 55, 64, 77, 81, 121):
        n = (length + 1) // 2
        for name, x in families(rng, n, dtype):
            w = rng.standard_normal(length + 1 - n).astype(dtype)
            product = scipy.fft.rfft(x, length) * scipy.fft.rfft(w, length)
            got = scipy.fft.irfft(product, length)
            bound = bounds.fft_convolution(x, w, dtype, lengths=(length,))
            assert got.dtype == dtype
            assert np.max(bound.ratio(got, exact(x, w))) <= 1, (length, name)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["numpy", "scipy"])
def test_the_libraries_own_ffts_keep_it(name, dtype):
    library, rng = libraries.load(name), np.random.default_rng(7)
    functions = [(f, rank) for f, rank in library.own_fulls() if lecture_sums.by_fft(f)]
    assert functions
    for function, rank in functions:
        for x_shape, w_shape in (((9,), (3,)), ((40,), (3,)), ((7, 5), (2, 3)), ((12, 4), (3, 3))):
            if len(x_shape) != rank:
                continue
            for family, x in families(rng, math.prod(x_shape), dtype):
                x, w = x.reshape(x_shape), rng.standard_normal(w_shape).astype(dtype)
                lengths = [power_of_two(n + k - 1) for n, k in zip(x_shape, w_shape, strict=True)]
                blocks = 2**rank if "oa" in function else 1
                bound = bounds.fft_convolution(x, w, dtype, lengths=lengths, blocks=blocks)
                got = library.own_full(x, w, function=function)
                assert np.max(bound.ratio(got, exact(x, w))) <= 1, (function, family)


def test_no_length_that_scipy_chooses_is_longer_than_the_next_power_of_two():
    assert all(scipy.fft.next_fast_len(n, real=True) <= power_of_two(n) for n in range(1, 500))


def test_inputs_rounded_to_eleven_bits_lie_outside():
    rng = np.random.default_rng(3)
    x, w = rng.standard_normal(29).astype(np.float32), rng.standard_normal(4).astype(np.float32)
    got = signal.fftconvolve(x.astype(np.float16).astype(np.float32), w)
    bound = bounds.fft_convolution(x, w, np.float32, lengths=(32,))
    assert np.max(bound.ratio(got, exact(x, w))) > 1


def test_the_bound_grows_with_length_axes_and_blocks_and_says_so():
    def allowed(x_shape, w_shape, **settings):
        return float(bounds.fft_convolution(np.ones(x_shape), np.ones(w_shape), np.float32, **settings).allowed)

    assert allowed((5,), (3,), lengths=(8,)) < allowed((5,), (3,), lengths=(16,))
    assert allowed((5,), (3,), lengths=(8,)) < allowed((5,), (3,), lengths=(8,), blocks=2)
    text = bounds.fft_convolution(np.ones(5), np.ones(3), np.float32, lengths=(8,)).derivation
    assert "L = 8" in text and "Percival" in text


@pytest.mark.parametrize("lengths", [(6,), (8, 8), ()])
def test_a_length_at_which_sums_wrap_around_is_refused(lengths):
    with pytest.raises(validation.BadInput, match="wrap around"):
        bounds.fft_convolution(np.ones(5), np.ones(3), np.float32, lengths=lengths)


# --- the sums ----------------------------------------------------------------------------------------------------------------


def test_the_sums_by_hand():
    x, w = np.array([1.0, 2, 3]), np.array([4.0, 5])
    S, size, count = lecture_sums.lecture_sum(x, -w, index=lecture_sums.minus, over=lecture_sums.every_overlap(x, w))
    assert S.tolist() == [-4, -13, -22, -15]
    assert size.tolist() == [4, 13, 22, 15]
    assert count.tolist() == [1, 2, 2, 1]
    S = lecture_sums.lecture_sum(w, x, index=lecture_sums.plus, over=lecture_sums.windows_inside(x, w))[0]
    assert S.tolist() == [14, 23]


def test_the_sums_are_rounded_once():
    x, w = np.array([0.1, 1e16, -1e16]), np.array([0.3, 0.3, 0.3])
    S = exact(x, w)
    assert S[2] == float(sum(Fraction(a) * Fraction(b) for a, b in zip(x, w, strict=True)))
    assert S[2] != np.convolve(x, w)[2]


def test_the_sums_are_the_oracles():
    rng = np.random.default_rng(5)
    x, w = rng.standard_normal(7), rng.standard_normal(3)
    full = oracle.convolution1d(x[None, None], w[None, None], None, **PLAIN1 | {"padding": (2, 2)})
    assert np.array_equal(exact(x, w), full[0, 0])


def test_windows_are_listed_one_by_one():
    x = np.array([[1.0, 2, 3], [4, 5, 6]])
    listed = windows.enumerated(x, lecture_sums.Sizes(2, 3, 2, 2), windows.inside)
    assert listed.tolist() == [[[[1, 2], [4, 5]], [[2, 3], [5, 6]]]]
    assert windows.enumerated(x, lecture_sums.Sizes(2, 3, 2, 2), windows.padded_too)[0, 0].tolist() == [[0, 0], [0, 1]]


def test_zeros_are_as_many_as_keep_the_size():
    for k in range(1, 8):
        for d in (1, 2, 3):
            for side in ("start", "end"):
                before, after = same_size.zeros(k, d, side)
                assert before + after == d * (k - 1)
                assert (after - before) * (1 if side == "end" else -1) in (0, 1)


def test_a_convolution_wrapped_around_is_the_circular_one():
    x, w = np.array([[[1.0, 2, 3]]]), np.array([[[4.0, 5]]])
    y = discrete.wrapped_around(libraries.load("numpy"), x, w, None, **PLAIN1 | {"padding": (1, 1)})
    assert y.tolist() == [[[19, 13, 22, 19]]]


# --- the libraries' own modes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["numpy", "scipy"])
def test_own_modes_are_callable_by_what_they_are_listed_as(name):
    library = libraries.load(name)
    for function, rank in library.own_fulls():
        x, w = np.ones((5,) * rank), np.ones((3,) * rank)
        assert library.own_full(x, w, function=function).shape == (7,) * rank
    for function, rank in library.own_sames():
        x, w = np.ones((5,) * rank), np.ones((3,) * rank)
        assert library.own_same(x, w, function=function, stride=1).shape == (5,) * rank
        with pytest.raises(libraries.Unsupported):
            library.own_same(x, w, function=function, stride=2)


def test_sides_are_told_and_not_guessed():
    x, w = np.arange(1.0, 8) ** 2, np.array([1.0, 2])
    for before in (0, 1):
        y = np.correlate(np.pad(x, (before, 1 - before)), w, "valid")
        assert same_size.sides(y, x, w, "np.correlate") == (before, 1 - before)
    assert same_size.sides(np.zeros(7), x, w, "np.correlate") is None
    assert same_size.sides(np.ones(7), np.ones(7), np.ones(1), "np.correlate") == (0, 0)
