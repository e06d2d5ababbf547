"""Sums that are made otherwise than in one wide sum: which way of making them is named, and which is not."""

import ml_dtypes
import numpy as np
import pytest
import scipy.signal
from lectureclaims.claims import adjudicate
from lectureclaims.reference import algorithms, libraries
from lectureclaims.reference.algorithms import winograd
from lectureclaims.reference.operators import catalogue

F16, BF16, F32 = np.float16, ml_dtypes.bfloat16, np.float32
PLAIN = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}


def numbers(seed, *shape, dtype=F32):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def rounded(a, dtype):
    return np.asarray(a, F32).astype(dtype).astype(F32)


def products(x, w, dtype):
    return rounded(x[:, None].astype(F32) * w[None].astype(F32), dtype).sum(axis=2, dtype=F32)


def running(x, w, dtype, first=lambda p, dtype: p):
    total = np.zeros((len(x), len(w)), F32)
    for k in range(x.shape[1]):
        total = rounded(total + first(x[:, None, k].astype(F32) * w[None, :, k].astype(F32), dtype), dtype)
    return total


def in_parts(x, w, dtype, length):
    total = np.zeros((len(x), len(w)), F32)
    for k in range(0, x.shape[1], length):
        part = x[:, k : k + length].astype(F32) @ w[:, k : k + length].astype(F32).T
        total = rounded(total + rounded(part, dtype), dtype)
    return total


WAYS = {
    "products": (products, "each product was rounded to"),
    "running": (running, "one product after the other was added in"),
    "running, products rounded": (lambda x, w, d: running(x, w, d, rounded), "each product rounded to it first"),
    "seven parts": (lambda x, w, d: in_parts(x, w, d, -(-x.shape[1] // 7)), None),
    "eight parts": (lambda x, w, d: in_parts(x, w, d, x.shape[1] // 8), "split into 8 parts"),
    "blocks": (lambda x, w, d: in_parts(x, w, d, 64), "(64 terms each)"),
}


@pytest.mark.parametrize("dtype", [F16, BF16], ids=["float16", "bfloat16"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("biased", [False, True])
def test_the_way_in_which_narrow_sums_were_made_is_named(way, dtype, biased):
    made, says = WAYS[way]
    x, w, b = (numbers(n, *shape, dtype=dtype) for n, shape in ((1, (6, 400)), (2, (8, 400)), (3, (8,))))
    y = made(x, w, dtype) + (b.astype(F32) if biased else 0)
    given = {"x": x, "w": w, "b": b} if biased else {"x": x, "w": w}
    found = adjudicate("linear", inputs=given, outputs={"lib": y.astype(dtype)})
    if found.standing("lib") == "within rounding":  # as near as a wide sum
        assert way == "products" and dtype == F16
        return
    assert found.exit_code == 3
    names = [e.mistake for e in found.explanations["lib"]]
    assert names == (["narrow steps"] if says else []) and (says or "cannot tell") in found.verdict("lib")


@pytest.mark.parametrize("dtype", [F16, BF16], ids=["float16", "bfloat16"])
def test_narrow_sums_are_outside_where_wide_ones_were_said(dtype):
    x, w = numbers(1, 6, 400, dtype=dtype), numbers(2, 8, 400, dtype=dtype)
    asked = {"inputs": {"x": x, "w": w}, "outputs": {"lib": running(x, w, dtype).astype(dtype)}}
    found = adjudicate("linear", **asked, parameters={"accumulation": "float32"})
    assert found.exit_code == 1 and found.verdict("lib").startswith("outside, as if one product after the other was")
    assert adjudicate("linear", **asked).exit_code == 3


@pytest.mark.parametrize("element", [0, 20])
def test_one_element_that_is_made_otherwise_is_enough_to_name_none(element):
    x, w = numbers(4, 6, 400, dtype=BF16), numbers(5, 8, 400, dtype=BF16)
    y = running(x, w, BF16).astype(BF16)
    y.flat[element] = y.flat[element] * BF16(1.0625)
    found = adjudicate("linear", inputs={"x": x, "w": w}, outputs={"lib": y})
    assert found.standing("lib") != "within rounding" and not found.explanations["lib"]


def test_sums_over_the_channels_last_are_told_from_those_over_the_taps_last():
    x, w = numbers(6, 2, 16, 5, 5, dtype=BF16), numbers(7, 3, 16, 3, 3, dtype=BF16)
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (2, 3)).transpose(0, 2, 3, 4, 5, 1)
    columns, kernel = windows.reshape(-1, 144), w.transpose(0, 2, 3, 1).reshape(3, -1)
    y = running(columns, kernel, BF16).reshape(2, 3, 3, 3).transpose(0, 3, 1, 2).astype(BF16)
    found = adjudicate("conv2d", inputs={"x": x, "w": w}, outputs={"lib": y}, parameters={})
    assert "channels last" in found.verdict("lib")


def test_what_few_numbers_cannot_tell_is_not_named():
    x, w = numbers(8, 1, 3, dtype=BF16), numbers(9, 1, 3, dtype=BF16)
    made = algorithms.terms(catalogue.find("linear"), {"x": x, "w": w}, np.arange(1), (1, 1))
    y = next(algorithms.narrow_sums(BF16, terms=3, taps=1, biased=False))(made).values.astype(BF16).reshape(1, 1)
    assert not adjudicate("linear", inputs={"x": x, "w": w}, outputs={"lib": y}).explanations["lib"]


def test_an_image_that_is_continued_otherwise_than_by_zeros_is_left_alone():
    x, w = numbers(19, 2, 16, 6, 6, dtype=BF16), numbers(20, 3, 16, 3, 3, dtype=BF16)
    around = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="reflect")
    columns = np.lib.stride_tricks.sliding_window_view(around, (3, 3), (2, 3)).transpose(0, 2, 3, 1, 4, 5)
    y = running(columns.reshape(-1, 144), w.reshape(3, -1), BF16).reshape(2, 6, 6, 3).transpose(0, 3, 1, 2).astype(BF16)
    settings = {"padding": 1, "padding_mode": "reflect"}
    found = adjudicate("conv2d", inputs={"x": x, "w": w}, outputs={"lib": y}, parameters=settings)
    assert found.exit_code == 3 and not found.explanations["lib"]


# --- transforms -------------------------------------------------------------------------------------------------------------


def by_winograd(x, w, m, dtype):
    before, kernel, after = (np.array(matrix, F32) for matrix in winograd.TILES[m])
    x = np.pad(x.astype(F32), ((0, 0), (0, 0), (1, 1), (1, 1)))
    u = (kernel @ w.astype(F32) @ kernel.T).astype(dtype).astype(F32)
    y = np.empty((len(x), len(w), x.shape[2] - 2, x.shape[3] - 2), F32)
    for i in range(0, y.shape[2], m):
        for j in range(0, y.shape[3], m):
            tile = (before @ x[:, :, i : i + m + 2, j : j + m + 2] @ before.T).astype(dtype).astype(F32)
            y[:, :, i : i + m, j : j + m] = after @ np.einsum("ncab,ocab->noab", tile, u) @ after.T
    return y


def by_fourier(x, w):
    w = w[:, :, ::-1, ::-1]
    return np.stack([[sum(map(by_one, image, kernel)) for kernel in w] for image in x])


def by_one(image, kernel):
    return scipy.signal.fftconvolve(image, kernel, mode="same")


def bright(seed, *shape):
    """A bright band, beside which a transform loses the digits of what is dark."""
    x = numbers(seed, *shape)
    x[:, :, :4] *= 1000
    return x


@pytest.mark.parametrize("m", [2, 4])
def test_transforms_of_winograd_in_half_precision_are_named(m):
    x, w = numbers(10, 2, 16, 12, 12, dtype=F16), (numbers(11, 4, 16, 3, 3) / 10).astype(F16)
    y = by_winograd(x, w, m, F16).astype(F16)
    found = adjudicate("conv2d", inputs={"x": x, "w": w}, outputs={"lib": y}, parameters={"padding": 1})
    assert found.exit_code == 3 and f"Winograd's F({m}×{m}, 3×3)" in found.verdict("lib")


@pytest.mark.parametrize(
    "name, made",
    [("F(4×4, 3×3)", lambda x, w: by_winograd(x, w, 4, F32)), ("a Fourier transform", by_fourier)],
    ids=["winograd", "fourier"],
)
def test_a_transform_in_single_precision_is_told_by_how_it_errs(name, made):
    x, w = bright(12, 2, 16, 12, 12), numbers(13, 8, 16, 3, 3)
    off = w.copy()
    off[3, 1, 2, 0] += 1e-3
    outputs = {"lib": made(x, w), "off": made(x, off)}
    found = adjudicate("conv2d", inputs={"x": x, "w": w}, outputs=outputs, parameters={"padding": 1})
    assert found.standing("lib") == "cannot tell" and name in found.verdict("lib")
    assert found.exit_code == 1 and name not in found.verdict("off"), (
        "one weight that is off is no algorithm's rounding"
    )


@pytest.mark.parametrize("kind", ["bias", "weight", "noise"])
def test_a_mistake_in_a_direct_sum_is_no_transform(kind):
    x, w = bright(14, 2, 16, 12, 12), numbers(15, 8, 16, 3, 3)
    y = libraries.load("numpy").cross_correlation2d(x, w, None, **PLAIN)
    off = w.copy()
    off[2, 3, 0, 0] += 1e-4
    wrong = {
        "bias": y + F32(1e-3),
        "weight": libraries.load("numpy").cross_correlation2d(x, off, None, **PLAIN),
        "noise": y * (1 + 1e-5 * numbers(16, *y.shape)),
    }[kind]
    found = adjudicate("conv2d", inputs={"x": x, "w": w}, outputs={"lib": wrong.astype(F32)}, parameters={"padding": 1})
    assert found.exit_code == 1 and not any(
        "transform" in e.says or "Winograd" in e.says for e in found.explanations["lib"]
    )


@pytest.mark.parametrize("m", winograd.TILES)
def test_transforms_give_the_convolution(m):
    """On whole numbers that the transforms' halves and quarters leave exact in float64."""
    x, w = (
        np.random.default_rng(17).integers(-4, 5, (2, 3, 8, 8)),
        24 * np.random.default_rng(18).integers(-4, 5, (4, 3, 3, 3)),
    )
    y = by_winograd(x, w, m, np.float64)
    assert (
        np.abs(
            y - libraries.load("numpy").cross_correlation2d(x.astype(np.float64), w.astype(np.float64), None, **PLAIN)
        ).max()
        < 1
    )
