"""A small network, operation after operation: its exact result, and the rounding error that is carried through it.

A *step* is a layer whose kind is an operation, or "flatten", and whose settings are the operation's arguments but for x. Each step errs by its own bound, at the sizes that its
inputs may have after the error of the steps before, and moves by what the exact operation makes of that error (running
error analysis: Higham 2002, §3.3; Wilkinson 1986).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import bounds, oracle, validation
from ..bounds import Bound
from ..networks.notation import Network, settings_of
from .contracts import Contract
from .rules import RULES, Question

SUMS = ("cross_correlation1d", "cross_correlation2d", "convolution1d", "convolution2d", "fully_connected")
RESAMPLED = ("average_pooling2d", "area_resampling2d", "bilinear_resampling2d", "nearest_resampling2d")
CHOICES = ("relu", "absolute_value", "max_pooling2d")
KNOWN = (*SUMS, *RESAMPLED, *CHOICES, "batch_norm_inference", "logistic", "tanh", "softmax", "flatten")


def compose(steps: Network, x: np.ndarray, dtype: Any) -> tuple[np.ndarray, Bound]:
    """(value, bound) of ``steps`` applied to x one after another, each computed and stored in ``dtype``: float32 or float64.

    "flatten" has no arguments: [N, C, H, W] → [N, C·H·W]. Raises BadInput for an operation that is not of :data:`KNOWN`, or a
    format of fewer than 24 bits, whose errors no sum of first-order terms describes.
    """
    if bounds.significand_bits(dtype) < 24:
        validation.refuse("dtype", np.dtype(dtype).name, "float32 or float64", "judge the operations one by one")
    value = np.asarray(x, np.float64)
    bound = bounds.exact(value.shape, reason="the inputs are given")
    for step in steps:
        name, arguments = step["kind"], settings_of(step)
        if name not in KNOWN:
            validation.refuse("step", name, f"one of {', '.join(KNOWN)}", "judge it by itself")
        value, bound = _step(name, arguments, value, bound, dtype)
    return value, bound


def _step(name: str, arguments: dict[str, Any], x: np.ndarray, before: Bound, dtype: Any) -> tuple[np.ndarray, Bound]:
    # The oracle's own value is rounded at each step: as much as that is the next one's input off, too.
    off = before.allowed + bounds.unit_roundoff(np.float64) * np.abs(x)
    if name == "flatten":
        flat = x.reshape(len(x), -1)
        return flat, bounds.carried(
            bounds.exact(flat.shape, reason="no number changes"), before, off.reshape(flat.shape), how="e"
        )
    if name in SUMS:
        w, b = arguments.pop("w"), arguments.pop("b")
        operation = getattr(oracle, name)
        value, largest = operation(x, w, b, **arguments), np.abs(x) + off
        S, n = oracle.sizes(operation, largest, w, b, **arguments)
        lost = oracle.flush_sizes(operation, largest, w, b, **arguments)
        own = bounds.sums_of_products(S, n, dtype, flushed=lost)
        return value, bounds.carried(own, before, operation(off, np.abs(w), None, **arguments), how="Σ|w|e carried on")
    if name in RESAMPLED:
        operation = getattr(oracle, name)
        value, contract = operation(x, **arguments), Contract(np.dtype(dtype).name, flushes=True)
        (own,), _ = RULES[name](Question(name, (value,), [np.abs(x) + off], arguments, contract, None))
        # The weights are not negative: with them the error is carried on. A selected number near λ_min may be flushed.
        moved = operation(off, **arguments) + bounds.smallest_normal(dtype)
        return value, bounds.carried(own, before, moved, how="Σw·e carried on")
    if name in CHOICES:
        operation = getattr(oracle, name)
        value = operation(x, **arguments)
        own = bounds.selection(value, dtype, flushed=True)
        # The largest of several numbers moves by no more than the one that moves most.
        moved = oracle.max_pooling2d(off, **arguments) if name == "max_pooling2d" else off
        return value, bounds.carried(own, before, moved + bounds.smallest_normal(dtype), how="max e carried on")
    if name == "batch_norm_inference":
        gamma, beta, mean, variance = (arguments[name] for name in ("gamma", "beta", "mean", "variance"))
        epsilon = arguments["epsilon"]
        value = oracle.batch_norm_inference(x, gamma, beta, mean, variance, epsilon=epsilon)
        own = bounds.batch_norm_inference(np.abs(x) + off, gamma, beta, mean, variance, dtype, epsilon=epsilon)
        steep = np.abs(gamma.astype(np.float64)) / np.sqrt(variance.astype(np.float64) + epsilon)
        return value, bounds.carried(own, before, _along(x, steep) * off, how="|γ|/√(σ² + ε)·e carried on")
    if name == "softmax":
        value = oracle.softmax(x, **arguments)
        # Each exponential moves by a factor exp(±e), and so does their sum; the rounding of d = x − max x is of moved numbers.
        grown = np.expm1(np.minimum(2 * off.max(axis=arguments["axis"], keepdims=True), 700.0)) * (1 + 2.0**-20)
        own = bounds.softmax(value, x, dtype, **arguments)
        return value, bounds.carried(own, before, (value + own.allowed) * grown, how="y·(exp(2 max e) − 1) carried on")
    value = getattr(oracle, name)(x)
    # The slope is largest where the input may come nearest to 0.
    nearest = np.maximum(np.abs(x) - off, 0.0)
    moved = getattr(oracle, f"{name}_gradient")(nearest, np.ones_like(x)) * off
    own = bounds.elementwise(name, dtype, np.abs(value) + moved)
    return value, bounds.carried(own, before, moved, how="σ′(|x| − e)·e carried on")


def _along(x: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    return numbers.reshape(1, -1, *[1] * (x.ndim - 2))
