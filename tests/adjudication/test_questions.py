"""Forty questions of real people: each situation built anew, the right answer, and the headline that is given today.

``make pages`` writes docs/questions.md from what is answered.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from lectureclaims.claims import adjudicate
from lectureclaims.reference import libraries
from lectureclaims.reference.networks import layers
from lectureclaims.reference.operators.resampling import bilinear_resampling, nearest_resampling
from lectureclaims.reference.validation import BadInput
from lectureclaims.reports.wording import adjudication as said

BFLOAT16 = ml_dtypes.bfloat16
CONV = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
IN, OUT, UNLIKE, UNTOLD = "within rounding", "outside", "unlike rounding", "cannot tell"


def numbers(seed, *shape, dtype=np.float32):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def convolved(x, w, b=None, **settings):
    return libraries.load("numpy").cross_correlation2d(x, w, b, **CONV | settings)


@dataclass(frozen=True)
class Question:
    """``answers``: library → (standing, the mistake that is named first, or ""), as it ought to be; ``before``: what was answered at 4d605c5."""

    title: str
    before: str
    ask: Callable[[], Any]
    answers: dict[str, tuple[str, str]]


QUESTIONS: dict[str, Question] = {}


def question(number, title, before, **answers):
    def register(ask):
        QUESTIONS[number] = Question(title, before, functools.cache(ask), answers)
        return ask

    return register


# --- convolutions --------------------------------------------------------------------------------------------------------


@question(
    "R01",
    "a strided layer carried over with 'same', and images turned on their side",
    "partly: no cause",
    right=(IN, ""),
    carried=(OUT, "padding on other sides, and image height and width exchanged"),
)
def _():
    x, w = numbers(1, 2, 3, 10, 10), numbers(2, 4, 3, 3, 3)
    outputs = {
        "right": convolved(x, w, stride=(2, 2), padding=((1, 1), (1, 1))),
        "carried": convolved(x.swapaxes(2, 3), w, stride=(2, 2), padding=((0, 1), (0, 1))),
    }
    return adjudicate("conv2d", inputs={"x": x, "w": w}, outputs=outputs, parameters={"stride": 2, "padding": 1})


@question(
    "R02",
    "a transposed convolution with stride 2 and 'same', one pixel off",
    "unsupported",
    right=(IN, ""),
    shifted=(OUT, "cut off on other sides"),
)
def _():
    x, w = numbers(3, 2, 4, 5, 5), numbers(4, 4, 3, 3, 3)
    transposed = libraries.load("numpy").transposed_convolution2d
    settings = {"stride": (2, 2), "dilation": (1, 1), "groups": 1, "output_padding": (1, 1)}
    outputs = {
        "right": transposed(x, w, None, **settings | {"padding": ((0, 1), (0, 1)), "output_padding": (0, 0)}),
        "shifted": transposed(x, w, None, **settings | {"padding": ((1, 1), (1, 1))}),
    }
    return adjudicate(
        "conv_transpose2d", inputs={"x": x, "w": w}, outputs=outputs, parameters={"stride": 2, "padding": "same"}
    )


@question(
    "R19", "an own strided convolution that returns too few rows", "partly: refused for its shape", mine=(OUT, "")
)
def _():
    x, w = np.arange(81.0).reshape(1, 1, 9, 9) % 7, np.arange(9.0).reshape(1, 1, 3, 3) % 4
    whole = libraries.load("numpy").convolution2d(x, w, None, **CONV | {"stride": (2, 2), "padding": ((1, 1), (1, 1))})
    return adjudicate(
        "convolution2d",
        inputs={"x": x, "w": w},
        outputs={"mine": whole[:, :, ::2, ::2]},
        parameters={"stride": 2, "padding": 1},
    )


@question(
    "R20",
    "an own filter with zeros at the border against one that reflects",
    "partly: remedy the wrong way round",
    reflecting=(IN, ""),
    mine=(OUT, "other border"),
)
def _():
    x, w = np.arange(36, dtype=np.float32).reshape(1, 1, 6, 6) % 11, np.ones((1, 1, 3, 3), np.float32)
    around = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="reflect")
    outputs = {"reflecting": convolved(around, w), "mine": convolved(x, w, padding=((1, 1), (1, 1)))}
    parameters = {"padding": 1, "padding_mode": "reflect"}
    return adjudicate("conv2d", inputs={"x": x, "w": w}, outputs=outputs, parameters=parameters)


@question(
    "R24",
    "a 1 × 1 kernel with stride 2 gives one number, and the wrong one",
    "answered well",
    gpu=(OUT, "image reshaped to NHWC"),
    cpu=(IN, ""),
)
def _():
    x = np.array([[[[2.0, 3.0], [5.0, 7.0]], [[11.0, 13.0], [17.0, 19.0]]]], np.float16)
    w = np.array([[[[1.0]], [[2.0]]]], np.float16)
    outputs = {"gpu": np.array([[[[8.0]]]], np.float16), "cpu": np.array([[[[24.0]]]], np.float16)}
    return adjudicate("conv2d", inputs={"x": x, "w": w}, outputs=outputs, parameters={"stride": 2})


@question(
    "R25",
    "strides (1, 2) stepped the other way round in a result of the right size",
    "partly: no cause",
    cpu=(IN, ""),
    mps=(OUT, "strides exchanged"),
)
def _():
    x, w = numbers(5, 1, 2, 3, 9), numbers(6, 2, 2, 3, 3)
    right = convolved(x, w, stride=(1, 2))
    outputs = {"cpu": right, "mps": convolved(x, w, stride=(2, 1))[:, :, :1, : right.shape[3]]}
    return adjudicate("conv2d", inputs={"x": x, "w": w}, outputs=outputs, parameters={"stride": (1, 2)})


@question(
    "R26",
    "grouped convolutions of which only the first image is right",
    "partly: not where",
    cpu=(IN, ""),
    mps=(OUT, ""),
)
def _():
    x, w = numbers(7, 3, 4, 8, 5), numbers(8, 8, 1, 8, 1)
    right = convolved(x, w, groups=4)
    wrong, channels = right.copy(), x.reshape(12, 8, 5)
    for n in (1, 2):
        wrong[n] = convolved(channels[n : n + 4][None], w, groups=4)[0]
    return adjudicate("conv2d", inputs={"x": x, "w": w}, outputs={"cpu": right, "mps": wrong}, parameters={"groups": 4})


@question(
    "R31",
    "a convolution on a GPU in TF32, ties away from zero",
    "wrong: known to nearest even alone",
    cpu=(IN, ""),
    gpu=(OUT, "inputs rounded to TF32"),
)
def _():
    x, w = numbers(9, 2, 16, 9, 9), numbers(10, 8, 16, 3, 3)
    x.flat[0] = 1 + 2.0**-11
    short = [((a.view(np.uint32) + np.uint32(0x1000)) & np.uint32(0xFFFFE000)).view(np.float32) for a in (x, w)]
    return adjudicate(
        "conv2d", inputs={"x": x, "w": w}, outputs={"cpu": convolved(x, w), "gpu": convolved(*short)}, parameters={}
    )


@question(
    "R40",
    "a depthwise kernel with two outputs a channel, carried over in the wrong order",
    "answered well",
    right=(IN, ""),
    carried=(OUT, "groups interleaved"),
)
def _():
    x, kernel = numbers(11, 1, 3, 6, 6), numbers(12, 3, 2, 3, 3)
    w, turned = kernel.reshape(6, 1, 3, 3), kernel.swapaxes(0, 1).reshape(6, 1, 3, 3)
    outputs = {"right": convolved(x, w, groups=3), "carried": convolved(x, turned, groups=3)}
    return adjudicate("conv2d", inputs={"x": x, "w": w}, outputs=outputs, parameters={"groups": 3})


@question(
    "R48",
    "an own convolution by unfolding and a matrix product, apart at 1e-3",
    "answered well",
    layer=(IN, ""),
    unfolded=(IN, ""),
)
def _():
    x, w = numbers(13, 1, 3, 32, 32), numbers(14, 8, 3, 7, 7) / 10
    columns = np.lib.stride_tricks.sliding_window_view(x, (7, 7), (2, 3))[:, :, ::2, ::2].transpose(0, 2, 3, 1, 4, 5)
    y = (columns.reshape(-1, 147) @ w.reshape(8, -1).T).reshape(1, 13, 13, 8).transpose(0, 3, 1, 2)
    outputs = {"layer": convolved(x, w, stride=(2, 2)), "unfolded": y}
    return adjudicate("conv2d", inputs={"x": x, "w": w}, outputs=outputs, parameters={"stride": 2})


@question("R49", "weight gradients of two runs that are not equal", "answered well", one=(IN, ""), other=(IN, ""))
def _():
    x, w, upstream = numbers(15, 6, 2, 9, 9), numbers(16, 3, 2, 3, 3), numbers(17, 6, 3, 7, 7)
    gradient = functools.partial(libraries.load("numpy").cross_correlation2d_gradient, **CONV)
    each = [gradient(x[n : n + 1], w, upstream[n : n + 1])[1] for n in range(6)]
    outputs = {"one": {"dw": sum(each)}, "other": {"dw": sum(each[n] for n in (4, 1, 5, 0, 3, 2))}}
    return adjudicate("conv2d_gradient", inputs={"x": x, "w": w, "upstream": upstream}, outputs=outputs, parameters={})


@question(
    "R51",
    "a half-precision convolution by Winograd's algorithm",
    "partly: a false comparison",
    direct=(IN, ""),
    winograd=(UNTOLD, "narrow steps"),
)
def _():
    x, w = numbers(18, 1, 16, 8, 8, dtype=np.float16), (numbers(19, 4, 16, 3, 3) / 10).astype(np.float16)
    direct = convolved(x.astype(np.float32), w.astype(np.float32), padding=((1, 1), (1, 1))).astype(np.float16)
    parameters = {"padding": 1}
    return adjudicate(
        "conv2d",
        inputs={"x": x, "w": w},
        outputs={"direct": direct, "winograd": _winograd(x, w)},
        parameters=parameters,
    )


def _winograd(x, w):
    """F(2 × 2, 3 × 3), its transformed arrays kept in float16."""
    before = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]], np.float32)
    kernel = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]], np.float32)
    after = np.array([[1, 1, 1, 0], [0, 1, -1, -1]], np.float32)
    x = np.pad(x.astype(np.float32), ((0, 0), (0, 0), (1, 1), (1, 1)))
    u = np.einsum("ai,ocij,bj->ocab", kernel, w.astype(np.float32), kernel).astype(np.float16).astype(np.float32)
    y = np.zeros((1, len(w), 8, 8), np.float32)
    for i in range(0, 8, 2):
        for j in range(0, 8, 2):
            part = np.einsum("ai,ncij,bj->ncab", before, x[:, :, i : i + 4, j : j + 4], before).astype(np.float16)
            products = np.einsum("ncab,ocab->noab", part.astype(np.float32), u)
            y[:, :, i : i + 2, j : j + 2] = np.einsum("pa,noab,qb->nopq", after, products, after)
    return y.astype(np.float16)


@question(
    "R52",
    "ones under a 7 × 7 window of ones, SAME, stride 2: whose zeros lie where",
    "answered well",
    tensorflow=(IN, ""),
    mine=(OUT, "padding on other sides"),
)
def _():
    x, w = np.ones((1, 1, 20, 20), np.float32), np.ones((1, 1, 7, 7), np.float32)
    outputs = {
        "tensorflow": convolved(x, w, stride=(2, 2), padding=((2, 3), (2, 3))),
        "mine": convolved(x, w, stride=(2, 2), padding=((3, 3), (3, 3))),
    }
    return adjudicate("conv2d", inputs={"x": x, "w": w}, outputs=outputs, parameters={"stride": 2, "padding": "same"})


# --- dense layers ----------------------------------------------------------------------------------------------------------


@question(
    "R27",
    "a convolution over time and space in bfloat16, whose sums are kept in bfloat16 in eight parts",
    "wrong: not rounding",
    wide=(IN, ""),
    parts=(UNTOLD, "narrow steps"),
)
def _():
    x, w = numbers(20, 6, 3, 2, 8, 8, dtype=BFLOAT16), numbers(21, 5, 3, 2, 8, 8, dtype=BFLOAT16)
    a, b = x.reshape(6, -1).astype(np.float32), w.reshape(5, -1).astype(np.float32)
    parts = np.zeros((6, 5), BFLOAT16)
    for i in range(0, 384, 48):
        part = (a[:, i : i + 48] @ b[:, i : i + 48].T).astype(BFLOAT16)
        parts = (parts.astype(np.float32) + part.astype(np.float32)).astype(BFLOAT16)
    outputs = {"wide": (a @ b.T).astype(BFLOAT16).reshape(6, 5, 1, 1, 1), "parts": parts.reshape(6, 5, 1, 1, 1)}
    return adjudicate("conv3d", inputs={"x": x, "w": w}, outputs=outputs, parameters={"stride": (2, 8, 8)})


@question(
    "R29",
    "a dense layer in bfloat16 against its product and its bias one after the other",
    "answered well, with a false comparison",
    layer=(IN, ""),
    by_hand=(IN, ""),
)
def _():
    x, w, b = (numbers(n, *shape, dtype=BFLOAT16) for n, shape in ((22, (3, 50)), (23, (40, 50)), (24, (40,))))
    product = x.astype(np.float32) @ w.astype(np.float32).T
    outputs = {"layer": (product + b.astype(np.float32)).astype(BFLOAT16), "by_hand": product.astype(BFLOAT16) + b}
    return adjudicate("linear", inputs={"x": x, "w": w, "b": b}, outputs=outputs)


@question(
    "R30",
    "a fused product of ten terms in bfloat16, 30 steps from the separate one",
    "wrong: rounding, and the worse called better",
    separate=(IN, ""),
    fused=(UNTOLD, "narrow steps"),
)
def _():
    x, w = (4 * numbers(25, 1, 10)).astype(BFLOAT16), (4 * numbers(26, 3, 10)).astype(BFLOAT16)
    total = np.zeros((1, 3), BFLOAT16)
    for i in range(10):
        total = total + x[:, i : i + 1] * w[:, i]
    separate = (x.astype(np.float32) @ w.astype(np.float32).T).astype(BFLOAT16)
    return adjudicate("linear", inputs={"x": x, "w": w}, outputs={"separate": separate, "fused": total})


@question(
    "R37",
    "a dense layer after an image of 4 × 5 that was flattened column by column",
    "partly: squares alone",
    right=(IN, ""),
    columns=(OUT, "flattened in another order"),
)
def _():
    image, w = numbers(27, 2, 4, 5, 3), numbers(28, 6, 60)
    columns = np.stack([one.flatten(order="F") for one in image])
    outputs = {"right": image.reshape(2, -1) @ w.T, "columns": columns @ w.T}
    return adjudicate("linear", inputs={"x": image, "w": w}, outputs=outputs)


@question(
    "R47", "the same row alone and in a batch, not equal in float64", "answered well", alone=(IN, ""), in_batch=(IN, "")
)
def _():
    x, w = np.ones((1, 90)), numbers(29, 40, 90, dtype=np.float64)
    outputs = {"alone": x @ w.T, "in_batch": sum(x[:, i : i + 30] @ w[:, i : i + 30].T for i in (60, 0, 30))}
    return adjudicate("linear", inputs={"x": x, "w": w}, outputs=outputs)


# --- norms -----------------------------------------------------------------------------------------------------------------


def _normalised(x, epsilon=1e-5, over=0):
    axes = (0, 2, 3)
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, ddof=over, keepdims=True)
    return ((x - mean) / np.sqrt(variance + np.float32(epsilon))).astype(x.dtype)


def _training(x, **outputs):
    gamma, beta = np.ones(x.shape[1], x.dtype), np.zeros(x.shape[1], x.dtype)
    inputs = {"x": x, "gamma": gamma, "beta": beta}
    return adjudicate("batch_norm_training", inputs=inputs, outputs=outputs, parameters={"eps": 1e-5})


@question(
    "R11",
    "an own batch norm whose variance is that of a framework's var()",
    "wrong: rounding",
    layer=(IN, ""),
    mine=(UNLIKE, "unbiased variance"),
)
def _():
    x = 2.2 + numbers(30, 16, 3, 9, 9)
    return _training(x, layer=_normalised(x), mine=_normalised(x, over=1))


@question(
    "R12",
    "ε of Keras for that of PyTorch, in training",
    "wrong: rounding",
    torch=(IN, ""),
    keras=(UNLIKE, "other epsilon"),
)
def _():
    x = 0.3 + 0.7 * numbers(31, 8, 2, 40, 40)
    return _training(x, torch=_normalised(x), keras=_normalised(x, epsilon=1e-3))


@question(
    "R13",
    "a batch norm folded into scale and shift against the layer left in training",
    "answered well",
    layer=(OUT, "training mode"),
    folded=(IN, ""),
)
def _():
    x, ones, zeros = numbers(32, 2, 3, 8, 8), np.ones(3, np.float32), np.zeros(3, np.float32)
    inputs = {"x": x, "weight": ones, "bias": zeros, "running_mean": zeros, "running_var": ones}
    outputs = {"layer": _normalised(x), "folded": x / np.sqrt(np.float32(1) + np.float32(1e-5))}
    return adjudicate("batch_norm", inputs=inputs, outputs=outputs, parameters={"framework": "torch"})


@question(
    "R14",
    "momentum 1 and one batch: inference is not training",
    "answered well",
    eval=(IN, ""),
    train=(OUT, "training mode"),
)
def _():
    x = np.array([[[[1, 2], [4, 8]]], [[[10, 30], [20, 50]]]], np.float32)
    mean, variance = x.mean(keepdims=True).reshape(1), x.var(ddof=1, keepdims=True).reshape(1)
    inputs = {
        "x": x,
        "gamma": np.ones(1, np.float32),
        "beta": np.zeros(1, np.float32),
        "mean": mean,
        "variance": variance,
    }
    outputs = {
        "eval": ((x.astype(np.float64) - mean) / np.sqrt(variance.astype(np.float64) + 1e-12)).astype(np.float32),
        "train": _normalised(x, epsilon=1e-12),
    }
    return adjudicate("batch_norm", inputs=inputs, outputs=outputs, parameters={"eps": 1e-12})


@question(
    "R15",
    "the kept variance of four numbers: divided by 4, or by 3",
    "answered well",
    keras=(IN, ""),
    torch=(OUT, "other divisor"),
)
def _():
    x, zero = np.array([[2], [3], [5], [9]], np.float32), np.zeros(1, np.float32)
    outputs = {
        name: {"mean": x.mean(keepdims=True)[0], "variance": x.var(ddof=over, keepdims=True)[0]}
        for name, over in (("keras", 0), ("torch", 1))
    }
    parameters = {"momentum": 1.0, "correction": 0}
    return adjudicate(
        "batch_norm_running", inputs={"x": x, "mean": zero, "variance": zero}, outputs=outputs, parameters=parameters
    )


@question(
    "R17",
    "weights of a batch norm handed over with mean and variance exchanged",
    "partly: no cause",
    right=(IN, ""),
    carried=(OUT, "mean and variance exchanged"),
)
def _():
    rng, x = np.random.default_rng(33), numbers(34, 2, 3, 4, 4)
    mean, variance = (rng.uniform(0.5, 2, 3).astype(np.float32) for _ in range(2))
    ones, zeros = np.ones(3, np.float32), np.zeros(3, np.float32)

    def by_hand(mean, variance):
        return ((x - mean[:, None, None]) / np.sqrt(variance[:, None, None] + np.float32(1e-5))).astype(np.float32)

    inputs = {"x": x, "gamma": ones, "beta": zeros, "mean": mean, "variance": variance}
    outputs = {"right": by_hand(mean, variance), "carried": by_hand(variance, mean)}
    return adjudicate("batch_norm", inputs=inputs, outputs=outputs, parameters={"eps": 1e-5})


# --- pooling and resampling ------------------------------------------------------------------------------------------------


@question(
    "R06",
    "the mean of windows that hang over the edge (ceil_mode, padding counted)",
    "unsupported",
    torch=(IN, ""),
    onnxruntime=(OUT, "divided by the whole window"),
)
def _():
    x = np.arange(1, 17, dtype=np.float32).reshape(1, 1, 4, 4) * 3 % 17
    around = np.pad(x, ((0, 0), (0, 0), (1, 2), (1, 2)))
    starts, whole = (0, 2, 4), np.zeros((1, 1, 3, 3), np.float32)
    inside = np.zeros_like(whole)
    for i, y in enumerate(starts):
        for j, z in enumerate(starts):
            total = around[0, 0, y : y + 3, z : z + 3].sum()
            whole[0, 0, i, j], inside[0, 0, i, j] = (
                total / np.float32(9),
                total / np.float32((6 - y if y > 3 else 3) * (6 - z if z > 3 else 3)),
            )
    parameters = {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": True}
    return adjudicate(
        "avg_pool2d", inputs={"x": x}, outputs={"torch": inside, "onnxruntime": whole}, parameters=parameters
    )


@question(
    "R36",
    "the gradient of a largest number that is there three times",
    "partly: no cause",
    first=(IN, ""),
    shared=(OUT, "gradient at equal numbers"),
    each=(OUT, "gradient at equal numbers"),
)
def _():
    x = np.array([[[[1, 5], [5, 5]]]], np.float32)
    ties = (x == x.max()).astype(np.float32)
    first = np.array([[[[0, 1], [0, 0]]]], np.float32)
    inputs = {"x": x, "upstream": np.ones((1, 1, 1, 1), np.float32)}
    return adjudicate(
        "max_pool2d_gradient",
        inputs=inputs,
        outputs={"first": first, "shared": ties / ties.sum(), "each": ties},
        parameters={"window": 2, "stride": 2},
    )


def _resampled(kind, operation, grids, size, meant, x):
    outputs = {name: operation(x, size=size, grid=grid) for name, grid in grids.items()}
    return adjudicate(kind, inputs={"x": x}, outputs=outputs, parameters={"size": size, "grid": meant})


@question(
    "R05",
    "linear resizing whose corners do, or do not, lie on each other",
    "answered well",
    corners=(IN, ""),
    asymmetric=(OUT, "other sampling grid"),
)
def _():
    grids = {"corners": "align_corners", "asymmetric": "asymmetric"}
    return _resampled(
        "bilinear", bilinear_resampling.bilinear_resampling2d, grids, (7, 9), "align_corners", numbers(35, 1, 2, 4, 5)
    )


@question(
    "R09",
    "the nearest pixel, 26 of them made 64: ONNX Runtime against PyTorch's 'nearest'",
    "answered well",
    onnxruntime=(IN, ""),
    torch=(OUT, "other sampling grid"),
)
def _():
    grids = {"onnxruntime": "half_pixel", "torch": "asymmetric"}
    x = np.arange(26, dtype=np.float32).reshape(1, 1, 1, 26)
    return _resampled("nearest", nearest_resampling.nearest_resampling2d, grids, (1, 64), "half_pixel", x)


@question(
    "R38",
    "linear resizing twice as large in TensorFlow 1 against PyTorch",
    "answered well",
    torch=(IN, ""),
    tensorflow=(OUT, "other sampling grid"),
)
def _():
    grids = {"torch": "half_pixel", "tensorflow": "asymmetric"}
    return _resampled(
        "bilinear", bilinear_resampling.bilinear_resampling2d, grids, (12, 12), "half_pixel", numbers(36, 1, 3, 6, 6)
    )


# --- functions and losses ----------------------------------------------------------------------------------------------------


@question(
    "R34",
    "a gradient of the logistic function that is NaN far below zero",
    "partly: no cause",
    mine=(OUT, "exponential overflows in logistic_gradient"),
)
def _():
    x = np.array([-120, -95, -20, 0, 2, 30], np.float32)
    with np.errstate(all="ignore"):
        e = np.exp(-x)
        mine = e / (e + 1) ** 2
    return adjudicate("sigmoid_gradient", inputs={"x": x, "upstream": np.ones_like(x)}, outputs={"mine": mine})


@question(
    "R35",
    "the logistic function in notes, with the exponent's sign turned, and without its reciprocal",
    "partly: no cause",
    slide=(OUT, "sign of the exponent"),
    notes=(OUT, ""),
)
def _():
    x = np.linspace(-3, 3, 8, dtype=np.float32)
    return adjudicate("sigmoid", inputs={"x": x}, outputs={"slide": 1 / (1 + np.exp(x)), "notes": 1 + np.exp(-x)})


@question(
    "R22",
    "a mean of weighted losses that is not the mean of the losses",
    "unsupported",
    weighted=(IN, ""),
    plain=(OUT, "mean over the rows"),
)
def _():
    logits, labels = numbers(37, 4, 3), np.array([2, 0, 1, 1])
    weights = np.array([2, 4, 6], np.float32)
    own = (np.log(np.exp(logits).sum(1)) - logits[np.arange(4), labels]) * weights[labels]
    outputs = {"weighted": own.sum() / weights[labels].sum(), "plain": own.mean()}
    inputs = {"logits": logits, "labels": labels, "weight": weights}
    return adjudicate(
        "cross_entropy", inputs=inputs, outputs=outputs, parameters={"reduction": "mean", "framework": "torch"}
    )


@question(
    "R50",
    "the gradient of a saturated probability is 0 where −1 is meant",
    "unusable: a crash",
    clipped=(OUT, "probabilities clipped"),
    plain=(IN, ""),
)
def _():
    p, labels = np.array([[0, 1], [1e-8, 1], [0.3, 0.7]], np.float32), np.array([1, 1, 1])
    plain, rows = np.zeros_like(p), np.arange(3)
    plain[rows, labels] = -1 / p[rows, labels]
    clipped = np.where(p >= np.float32(1 - 1e-7), 0, plain)
    inputs = {"p": p, "labels": labels, "upstream": np.ones(3, np.float32)}
    return adjudicate(
        "cross_entropy_of_probabilities_gradient", inputs=inputs, outputs={"clipped": clipped, "plain": plain}
    )


# --- sizes and counts: what `lecture-claims layers` says ---------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """The last layer's size, the parameters in all and those not learned, which are the answer here."""

    size: tuple[int, ...]
    parameters: int
    not_learned: int


def counted(size, *made):
    rows = layers.table([dict(one) for one in made], size)
    return Counted(tuple(rows[-1].output), sum(r.parameters for r in rows), sum(r.not_learned for r in rows))


def kind(name, **settings):
    return {"kind": name, **settings}


SIZES = {
    "R07": (
        "a mean of 4 × 4 windows, stride 4, padding 2, size rounded up: 3 × 3, where the formula says 4",
        "unsupported",
        lambda: counted((1, 9, 9), kind("average_pooling", window=4, stride=4, padding=2, ceil_mode=True)),
        Counted((1, 3, 3), 0, 0),
    ),
    "R41": (
        "why a batch norm after 512 numbers has 2,048 parameters",
        "partly: half of them",
        lambda: counted(
            (40,),
            kind("fully_connected", features_out=64),
            kind("batch_norm"),
            kind("dropout"),
            kind("fully_connected", features_out=8),
        ),
        Counted((8,), 40 * 64 + 64 + 128 + 64 * 8 + 8, 128),
    ),
    "R42": (
        "a 3 × 3 convolution of colour images with 32 channels has 896 parameters, not 288",
        "answered well",
        lambda: counted((3, 32, 32), kind("convolution", channels_out=32, kernel=3)),
        Counted((32, 30, 30), 896, 0),
    ),
    "R43": (
        "a dense layer straight after a convolution",
        "unsupported",
        lambda: counted(
            (3, 12, 12),
            kind("convolution", channels_out=16, kernel=3),
            kind("fully_connected", features_out=5, on="channels"),
        ),
        Counted((5, 10, 10), 448 + 16 * 5 + 5, 0),
    ),
    "R44": (
        "two formulas of notes for the size of a dilated convolution",
        "partly: for programmers",
        lambda: counted((1, 6, 6), kind("convolution", channels_out=1, kernel=3, dilation=2, bias=False)),
        Counted((1, 2, 2), 9, 0),
    ),
    "R45": (
        "is the size rounded down or up: 5 numbers, kernel 3, stride 2",
        "answered well",
        lambda: counted((1, 5, 5), kind("convolution", channels_out=1, kernel=3, stride=2, bias=False)),
        Counted((1, 2, 2), 9, 0),
    ),
    "R46": (
        "kernel 1 × 7 and padding (0, 3) on 8 × 8: width 8, not 2",
        "answered well",
        lambda: counted((1, 8, 8), kind("convolution", channels_out=1, kernel=[1, 7], padding=[0, 3], bias=False)),
        Counted((1, 8, 8), 7, 0),
    ),
}
"""Number → what was asked, what was answered before, what is answered, what ought to be."""


def given(found, library):
    """(standing, the mistakes that are named)."""
    return found.standing(library), [e.mistake for e in found.explanations[library]]


def answers(number):
    """Whether the answer is the right one; BadInput where there is none."""
    if number in SIZES:
        return SIZES[number][2]() == SIZES[number][3]
    asked = QUESTIONS[number]
    found = {name: given(asked.ask(), name) for name in asked.answers}
    return all(
        standing == found[name][0] and (cause in found[name][1] if cause else not found[name][1])
        for name, (standing, cause) in asked.answers.items()
    )


@pytest.mark.parametrize("number", sorted({**QUESTIONS, **SIZES}))
def test_a_question_gets_its_right_answer(number):
    assert answers(number), headline(number)


# --- the page ----------------------------------------------------------------------------------------------------------------

PAGE = Path(__file__).parents[2] / "docs" / "questions.md"
HEAD = """# Questions of real people

Forty public reports in which somebody asked whether two libraries, or their own code, differ by rounding or by a mistake; the situation built
anew with numbers of ours. What was answered at commit 4d605c5, and the headline today. Tests (`tests/adjudication/test_questions.py`) hold each
to the right answer; a question in italics does not get it yet.

Written by `make pages`; do not edit.

| | asked | at 4d605c5 | today |
| --- | --- | --- | --- |
"""


def headline(number):
    try:
        if number in SIZES:
            row = SIZES[number][2]()
            size = " × ".join(map(str, row.size))
            return f"{size}; {row.parameters:,} parameters, {row.not_learned:,} kept and not learned"
        found = QUESTIONS[number].ask()
        outside = [name for name in found.libraries if found.standing(name) == OUT and name not in found.reasons]
        wheres = {f.library: f.pattern for f in found.findings}
        each = [f"{name}: {found.verdict(name)}{wheres[name] and '; '}{wheres[name]}." for name in outside]
        return " ".join([said.summary(found), *each])
    except BadInput as refused:
        return f"{refused}"


def page():
    lines, numbers = [], sorted({**QUESTIONS, **SIZES})
    for number in numbers:
        title, before = SIZES[number][:2] if number in SIZES else (QUESTIONS[number].title, QUESTIONS[number].before)
        lines.append(f"| {number} | {title} | {before} | {headline(number)} |")
    right = sum(map(answers, numbers))
    return f"{HEAD}" + "\n".join(lines) + f"\n\n{right} of {len(lines)} are answered rightly.\n"


def test_the_page_is_what_is_answered():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make pages` to write it again"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
