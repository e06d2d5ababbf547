"""Mistakes with activations, softmax and the losses: another function, another slope, another axis, one step too often."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..operators import catalogue
from ..operators.losses import classes
from .mistake import Arguments, Mistake, Reading, Readings, changed, in_float32, instead, setting

SLOPED_GRADIENTS = ("relu_gradient", "absolute_value_gradient", "leaky_relu_gradient", "prelu_gradient")
CURVES = ("softsign", "silu", "softplus", "elu", "celu", "selu")
LINES = ("relu6", "hard_tanh", "hard_sigmoid", "hard_swish")
LOSSES = ("cross_entropy", "cross_entropy_of_probabilities")
LOSS_GRADIENTS = tuple(f"{name}_gradient" for name in LOSSES)


def _twice(operation: str, given: Arguments) -> Iterator[Reading]:
    """The function's value where its argument belongs: f(f(x)), or the derivative at f(x)."""
    x = given["x"].astype(np.float64)
    with np.errstate(over="ignore"):  # 1/(1 + ∞) is the 0 that is meant
        inner = np.tanh(x) if operation.startswith("tanh") else 1 / (1 + np.exp(-x))
    yield Reading(operation, given | {"x": inner})


def _at_zero(operation: str, given: Arguments) -> Iterator[Reading]:
    """The derivative at 0 as to the right of it, or half of that."""
    x, upstream = given["x"], given["upstream"]
    zero = x == 0
    if zero.any():
        right = np.where(zero, np.ones_like(x), x)
        yield Reading(operation, given | {"x": right}, "that of positive numbers")
        yield Reading(operation, given | {"x": right, "upstream": np.where(zero, upstream / 2, upstream)}, "half of it")


def _slopes(operation: str, given: Arguments) -> Iterator[Reading]:
    for alpha in (0.01, 0.2, 0.3, 0.1, 0.25, 0.0, -given["alpha"]):
        yield Reading(operation, given | {"alpha": alpha}, f"alpha={alpha:g}")


def _leaky(operation: str, given: Arguments) -> Iterator[Reading]:
    for alpha in (0.01, 0.2, 0.3):
        yield Reading("leaky_relu", given | {"alpha": alpha}, f"alpha={alpha:g}")


def _other_axis(operation: str, given: Arguments) -> Iterator[Reading]:
    yield from setting("axis", *range(given["x"].ndim))(operation, given)


def _softmax_first(operation: str, given: Arguments) -> Iterator[Reading]:
    name = "logits" if "logits" in given else "x"
    wide, axis = given[name].astype(np.float64), given.get("axis", 1)
    grown = np.exp(wide - wide.max(axis=axis, keepdims=True))
    yield Reading(operation, given | {name: grown / grown.sum(axis=axis, keepdims=True)})


def _clipped(operation: str, given: Arguments) -> Iterator[Reading]:
    """To [1e-7, 1 − 1e-7], both in the format of the probabilities; beyond, what is clipped has no gradient."""
    p = given["p"]
    small, one = p.dtype.type(1e-7), p.dtype.type(1)
    clipped = np.minimum(np.maximum(p, small), one - small)
    moved = (clipped != p)[np.arange(len(p)), given["labels"]]
    if "upstream" not in given:
        yield Reading(operation, given | {"p": clipped})
    elif moved.any():
        yield Reading(
            operation, given | {"p": clipped, "upstream": np.where(moved, 0, given["upstream"])}, "no gradient"
        )
        yield Reading(operation, given | {"p": clipped}, "the gradient there")


def _normalised_again(operation: str, given: Arguments) -> Iterator[Reading]:
    wide = given["p"].astype(np.float64)
    yield Reading(operation, given | {"p": wide / wide.sum(axis=1, keepdims=True)})


def _next_label(operation: str, given: Arguments) -> Iterator[Reading]:
    many = next(iter(given.values())).shape[1]
    for step in (1, -1):
        moved = (given["labels"] + step) % many
        left_out = given["labels"] == given.get("ignore_index")
        yield Reading(operation, given | {"labels": np.where(left_out, given["labels"], moved)}, f"label {step:+d}")


def _averaged(operation: str, given: Arguments) -> Iterator[Reading]:
    if given.get("reduction", "none") == "none":
        yield Reading(operation, given | {"upstream": given["upstream"].astype(np.float64) / len(given["labels"])})


def overflowing(*formulas: Callable[[Arguments], np.ndarray]) -> Readings:
    """The formula as it stands, in the arrays' format: what overflows on the way, or is lost to it, stands in the result."""

    def read(operation: str, given: Arguments) -> Iterator[Reading]:
        result = next(iter(catalogue.OPERATIONS[operation].results))
        for formula in formulas:
            with np.errstate(all="ignore"):
                naive = formula(given)
            lost = ~np.isfinite(naive)
            if lost.any():
                lost |= naive == 0  # divided by an infinity
                yield Reading(operation, given, lost={result: (lost, naive)})

    return read


def _softmax_as_it_stands(given: Arguments) -> np.ndarray:
    grown = np.exp(given["x"])
    return grown / grown.sum(axis=given["axis"], keepdims=True)


def _slope_of_logistic(sign: int) -> Callable[[Arguments], np.ndarray]:
    def formula(given: Arguments) -> np.ndarray:
        grown = np.exp(sign * given["x"])
        return given["upstream"] * (grown / (1 + grown) ** 2)

    return formula


def _loss(given: Arguments, behind: np.ndarray) -> np.ndarray:
    settings: dict[str, Any] = {"reduction": "none", "ignore_index": None}
    settings |= catalogue.OPERATIONS["cross_entropy"].settings(given)
    weights = None if given.get("weights") is None else given["weights"].astype(behind.dtype)
    return classes.of_labels(behind, given["labels"], weights, **settings).losses(behind)


def _loss_as_it_stands(given: Arguments) -> np.ndarray:
    z = given["logits"]
    return _loss(given, np.log(np.exp(z).sum(axis=1, keepdims=True)) - z)


def _log_of_softmax(given: Arguments) -> np.ndarray:
    z = given["logits"]
    grown = np.exp(z - z.max(axis=1, keepdims=True))
    return _loss(given, -np.log(grown / grown.sum(axis=1, keepdims=True)))


def _tanh_as_it_stands(given: Arguments) -> np.ndarray:
    up, down = np.exp(given["x"]), np.exp(-given["x"])
    return (up - down) / (up + down)


MISTAKES = [
    *[
        Mistake(
            f"exponential overflows in {name}",
            "an exponential overflowed on the way, or its reciprocal was lost",
            remedy,
            (name,),
            overflowing(*formulas),
            seen,
            probed=False,
        )
        for name, remedy, formulas, seen in (
            (
                "logistic_gradient",
                "form σ(x) first: upstream·σ·(1 − σ)",
                (_slope_of_logistic(-1), _slope_of_logistic(1)),
                "https://github.com/jeshraghian/snntorch/pull/433",
            ),
            ("softmax", "take the largest number from all before the exponential", (_softmax_as_it_stands,), ""),
            (
                "cross_entropy",
                "call the loss of logits, or take the largest number from all before the exponential",
                (_loss_as_it_stands, _log_of_softmax),
                "",
            ),
            ("tanh", "call tanh", (_tanh_as_it_stands,), ""),
        )
    ],
    in_float32("alpha", "leaky_relu", "leaky_relu_gradient", "elu", "elu_gradient", "celu", "celu_gradient"),
    Mistake(
        "sign of the exponent",
        "the exponent had the other sign",
        "1/(1 + exp(−x)); exp(x), not exp(−x), in softmax",
        ("logistic", "softmax", "softmax_gradient"),
        changed("x", np.negative),
        "https://github.com/PiLab-CAU/ComputerVision-2401/issues/41",
        probed=False,
    ),
    Mistake("tanh for logistic", "tanh was used", "call the logistic function", ("logistic",), instead("tanh")),
    Mistake("logistic for tanh", "the logistic function was used", "call tanh", ("tanh",), instead("logistic")),
    Mistake(
        "activation given twice",
        "the function's value was taken for its argument: f(f(x)), or the derivative at f(x)",
        "give the number before the activation",
        ("logistic", "tanh", "logistic_gradient", "tanh_gradient"),
        _twice,
    ),
    Mistake("absolute value for ReLU", "|x| was used", "call relu", ("relu", "leaky_relu"), instead("absolute_value")),
    Mistake("ReLU for absolute value", "ReLU was used", "call abs", ("absolute_value",), instead("relu")),
    Mistake("leaky ReLU for ReLU", "a leaky ReLU was used", "call relu", ("relu",), _leaky),
    Mistake(
        "negative numbers kept",
        "the numbers were left as they are",
        "call the activation",
        ("relu", "absolute_value", "gelu"),
        instead("leaky_relu", alpha=1.0),
    ),
    Mistake(
        "derivative at zero",
        "the derivative at 0 was taken otherwise",
        "max(x, 0) has several; use the library's own relu",
        SLOPED_GRADIENTS,
        _at_zero,
        "https://github.com/pytorch/pytorch/issues/184572",
    ),
    Mistake(
        "upstream gradient forgotten",
        "the function's own derivative was returned",
        "multiply by the upstream gradient",
        ("logistic_gradient", "tanh_gradient", *SLOPED_GRADIENTS, *(f"{name}_gradient" for name in (*CURVES, *LINES))),
        changed("upstream", np.ones_like),
    ),
    Mistake(
        "other slope",
        "another slope was used for negative numbers",
        "pass the slope: the defaults are 0.01 (PyTorch), 0.2 and 0.3 (Keras)",
        ("leaky_relu", "leaky_relu_gradient"),
        _slopes,
        "https://github.com/jinyu121/DW2TF/issues/2",
    ),
    Mistake(
        "one slope for all channels",
        "the first channel's slope was used for all",
        "one slope a channel",
        ("prelu", "prelu_gradient"),
        changed("alpha", lambda a: np.full_like(a, a[0])),
        "https://github.com/keras-team/keras/issues/13543",
    ),
    Mistake(
        "slopes in reverse",
        "the slopes were given in reverse order",
        "check the order of channels",
        ("prelu", "prelu_gradient"),
        changed("alpha", lambda a: a[::-1]),
    ),
    Mistake(
        "other GELU",
        "the other form of GELU was used: the tanh approximation, or the exact one with erf",
        "approximate='tanh' or 'none' on both sides",
        ("gelu", "gelu_gradient"),
        setting("approximate", "none", "tanh"),
        "https://github.com/jax-ml/jax/issues/4428",
    ),
    Mistake("ReLU for GELU", "ReLU was used", "call gelu", ("gelu",), instead("relu")),
    Mistake(
        "other axis",
        "softmax was taken along another axis",
        "name the axis",
        ("softmax", "softmax_gradient", "log_softmax", "log_softmax_gradient"),
        _other_axis,
        "https://github.com/amdegroot/ssd.pytorch/issues/114",
    ),
    Mistake(
        "softmax twice",
        "softmax was applied once too often (or probabilities were given where logits were meant)",
        "give logits, and apply softmax once",
        (
            "softmax",
            "softmax_gradient",
            *(name + of for name in ("cross_entropy", "soft_cross_entropy") for of in ("", "_gradient")),
        ),
        _softmax_first,
        "https://github.com/keras-team/keras/issues/6143",
    ),
    Mistake(
        "logistic for softmax",
        "the logistic function was applied to each class by itself",
        "call softmax",
        ("softmax",),
        instead("logistic"),
    ),
    Mistake(
        "probabilities clipped",
        "the probabilities were clipped to [1e-7, 1 − 1e-7] before the logarithm, as Keras does",
        "give logits: from_logits=True",
        ("cross_entropy_of_probabilities", "cross_entropy_of_probabilities_gradient"),
        _clipped,
        "https://github.com/keras-team/keras/issues/17634",
    ),
    Mistake(
        "probabilities normalised again",
        "each row was divided by its sum before the logarithm, as Keras does",
        "normalise on both sides",
        ("cross_entropy_of_probabilities",),
        _normalised_again,
        "https://github.com/keras-team/keras/issues/18196",
    ),
    Mistake(
        "labels off by one",
        "each label was read as its neighbour",
        "count classes from 0 on both sides",
        (*LOSSES, *LOSS_GRADIENTS, "nll_loss", "nll_loss_gradient"),
        _next_label,
    ),
    Mistake(
        "mean over the batch",
        "the gradient was divided by the number of rows",
        "reduction='sum' on both sides",
        LOSS_GRADIENTS,
        _averaged,
    ),
]
