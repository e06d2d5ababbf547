"""Mistakes with the activations beyond the lecture's: another function of the family, another number in it, another axis, a step left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..operators import catalogue
from ..operators.activations import gelu
from .functions import CURVES, overflowing
from .mistake import Arguments, Mistake, Reading, in_float32, instead, setting


def _value_for_argument(operation: str, given: Arguments) -> Iterator[Reading]:
    """The function's own value in the place of x."""
    function = catalogue.OPERATIONS[operation.removesuffix("_gradient")]
    settings = function.settings(given)
    yield Reading(operation, given | {"x": function.function(given["x"].astype(np.float64), **settings)})


def _divided_in_float32(operation: str, given: Arguments) -> Iterator[Reading]:
    alpha = float(np.float32(given["alpha"]))
    if given["x"].dtype == np.float64 and alpha != given["alpha"]:
        below = np.where(given["x"] > 0, 1.0, given["alpha"] / alpha)
        yield Reading(operation, given | {"alpha": alpha, "upstream": given["upstream"] * below})


def _at_an_end(operation: str, given: Arguments) -> Iterator[Reading]:
    x, ends = given["x"], [given.get("low", 0.0), given.get("high", 6.0)]
    at = np.isin(x.astype(np.float64), ends)
    if at.any():
        yield Reading(operation, given | {"x": np.where(at, (ends[0] + ends[1]) / 2, x).astype(x.dtype)})


def _softmax_as_gradient(operation: str, given: Arguments) -> Iterator[Reading]:
    yield Reading("softmax_gradient", given)


def _naive_log_softmax(given: Arguments) -> np.ndarray:
    grown, axis = np.exp(given["x"]), given["axis"]
    return np.log(grown / grown.sum(axis=axis, keepdims=True))


def _naive_softplus(given: Arguments) -> np.ndarray:
    return np.log(1 + np.exp(given["beta"] * given["x"])) / given["beta"]


def _naive_silu(given: Arguments) -> np.ndarray:
    grown = np.exp(given["x"])
    return given["x"] * (grown / (1 + grown))


def _quick_gelu(operation: str, given: Arguments) -> Iterator[Reading]:
    """x·σ(kx) = silu(kx)/k, whose derivative is that of silu at kx."""
    k, own = 1.702, {name: given[name] for name in given if name != "approximate"}
    other = operation.replace("gelu", "silu")
    yield Reading(other, own | {"x": given["x"].astype(np.float64) * k}, then={"y": lambda y: y / k})


def _root_in_float32(operation: str, given: Arguments) -> Iterator[Reading]:
    """1/√2 rounded to float32, c: x·Φ(√2·c·x), which is gelu(kx)/k with k = √2·c."""
    if given["x"].dtype == np.float64 and given["approximate"] == "none":
        k = float(np.float32(0.5**0.5)) * 2**0.5
        yield Reading(operation, given | {"x": given["x"] * k}, then={"y": lambda y: y / k})


def _without_density(operation: str, given: Arguments) -> Iterator[Reading]:
    """Φ(x) = gelu(x)/x, with upstream taken so much larger or smaller that the whole derivative comes to it."""
    x = given["x"].astype(np.float64)
    share = np.where(x == 0, 0.5, gelu.gelu(x, approximate=given["approximate"]) / np.where(x == 0, 1.0, x))
    slope = gelu.gelu_gradient(x, np.ones_like(x), approximate=given["approximate"])
    if (slope != 0).all():
        yield Reading(operation, given | {"upstream": given["upstream"] * (share / slope)})


def _pair(name: str, other: str, **settings: Any) -> Mistake:
    said = {
        "relu": "ReLU",
        "silu": "SiLU",
        "gelu": "GELU",
        "elu": "ELU",
        "celu": "CELU",
        "selu": "SELU",
        "relu6": "ReLU6",
    }
    one, two = (said.get(x, x.replace("_", " ")) for x in (name, other))
    return Mistake(f"{two} for {one}", f"{two} was used", f"call {one}", (name,), instead(other, **settings))


MISTAKES = [
    _pair("relu6", "relu"),
    _pair("relu6", "hard_tanh", low=-1.0, high=1.0),
    _pair("hard_tanh", "tanh"),
    _pair("hard_sigmoid", "logistic"),
    _pair("hard_swish", "silu"),
    _pair("hard_swish", "relu"),
    _pair("silu", "hard_swish"),
    _pair("silu", "gelu", approximate="none"),
    _pair("silu", "logistic"),
    _pair("gelu", "silu"),
    _pair("softsign", "tanh"),
    _pair("softplus", "relu"),
    _pair("elu", "relu"),
    _pair("elu", "selu"),
    _pair("selu", "elu", alpha=1.0),
    _pair("selu", "relu"),
    _pair("celu", "relu"),
    _pair("log_softmax", "softmax", axis=-1),
    Mistake(
        "CELU for ELU",
        "x was divided by alpha in the exponential: that is CELU",
        "call ELU",
        ("elu", "elu_gradient"),
        lambda operation, given: iter([Reading(operation.replace("elu", "celu"), given)] if given["alpha"] > 0 else []),
    ),
    Mistake(
        "ELU for CELU",
        "x was not divided by alpha in the exponential: that is ELU",
        "call CELU",
        ("celu", "celu_gradient"),
        lambda operation, given: iter([Reading(operation.removeprefix("c"), given)]),
    ),
    Mistake(
        "other alpha",
        "another alpha was used for negative numbers",
        "pass alpha: the default is 1 everywhere",
        ("elu", "elu_gradient", "celu", "celu_gradient"),
        setting("alpha", 1.0, 0.1, 0.2, 0.5, 2.0),
    ),
    Mistake(
        "other ends",
        "the line was cut off elsewhere",
        "pass both ends: the defaults are −1 and 1",
        ("hard_tanh", "hard_tanh_gradient"),
        lambda operation, given: iter(
            Reading(operation, given | {"low": low, "high": high}, f"low={low:g}, high={high:g}")
            for low, high in ((-1.0, 1.0), (0.0, 1.0), (0.0, 6.0), (-2.0, 2.0))
        ),
    ),
    Mistake(
        "derivative at an end",
        "the derivative at an end was taken from within",
        "it has two there; PyTorch takes 0, TensorFlow's clip_by_value 1",
        ("relu6_gradient", "hard_tanh_gradient"),
        _at_an_end,
    ),
    Mistake(
        "other line",
        "another slope was used: 1/6 is PyTorch's and Keras 3's, 0.2 older Keras' and ONNX's default",
        "pass the slope: ONNX's attribute is alpha",
        ("hard_sigmoid", "hard_sigmoid_gradient"),
        setting("slope", 1 / 6, 0.2, 0.25),
    ),
    Mistake(
        "other steepness",
        "another beta was used",
        "pass beta: only PyTorch has one",
        ("softplus", "softplus_gradient"),
        setting("beta", 1.0, 2.0, 0.5),
    ),
    Mistake(
        "threshold",
        "x itself was returned above another threshold",
        "threshold=20 is PyTorch's; others have none",
        ("softplus",),
        setting("threshold", 20.0, float("inf")),
        probed=False,
    ),
    Mistake(
        "value for argument",
        "the function's value was taken for its argument: f(f(x)), or the derivative at f(x)",
        "give the number before the activation",
        (*CURVES, "gelu", *(f"{name}_gradient" for name in (*CURVES, "gelu", "hard_swish"))),
        _value_for_argument,
    ),
    Mistake(
        "ReLU's derivative",
        "the derivative was that of ReLU, which has no upper end",
        "relu6's is 0 from 6 on",
        ("relu6_gradient", "hard_swish_gradient"),
        instead("relu_gradient"),
    ),
    Mistake(
        "quick GELU",
        "x·σ(1.702x) was used, another approximation",
        "call gelu in the form that is meant",
        ("gelu", "gelu_gradient"),
        _quick_gelu,
        probed=False,
    ),
    Mistake(
        "constant of GELU held in float32",
        "1/√2 was rounded to float32 beside arrays in float64",
        "give the constant in float64; TensorFlow's tf.nn.gelu casts it from float32",
        ("gelu", "gelu_gradient"),
        _root_in_float32,
        probed=False,
    ),
    Mistake(
        "term of the density left out",
        "upstream·Φ(x) was taken for the derivative: x·φ(x) is missing",
        "upstream·(Φ(x) + x·φ(x))",
        ("gelu_gradient",),
        _without_density,
        probed=False,
    ),
    Mistake(
        "ReLU's derivative for GELU's",
        "the derivative was that of ReLU",
        "gelu's is Φ(x) + x·φ(x)",
        ("gelu_gradient",),
        instead("relu_gradient"),
    ),
    Mistake(
        "softmax's derivative",
        "the derivative was that of softmax itself",
        "upstream − softmax·Σ upstream",
        ("log_softmax_gradient",),
        _softmax_as_gradient,
    ),
    *[
        Mistake(
            f"exponential overflows in {name.replace('_', ' ')}",
            "an exponential overflowed on the way, or was lost to a 0",
            remedy,
            (name,),
            overflowing(formula),
            probed=False,
        )
        for name, remedy, formula in (
            ("log_softmax", "call log_softmax, not log of softmax", _naive_log_softmax),
            ("softplus", "call softplus", _naive_softplus),
            ("silu", "form σ(x) first", _naive_silu),
        )
    ],
    Mistake(
        "1/alpha from float32",
        "x was divided by an alpha held in float32, beside arrays in float64",
        "give an alpha that float32 holds; PyTorch's backward does so",
        ("celu_gradient",),
        _divided_in_float32,
        probed=False,
    ),
    in_float32("slope", "hard_sigmoid", "hard_sigmoid_gradient"),
]
