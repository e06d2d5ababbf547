"""Softplus, whose derivative is the logistic function.

    y = log(1 + exp(β·z))/β, and z itself where β·z > threshold;  dy/dz = σ(β·z), and 1 there

β and the threshold are PyTorch's (1 and 20); elsewhere β is 1, and there is no threshold: an infinite one. Dugas et al., *Incorporating
second-order functional knowledge for better option pricing* (2001).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import REQUIRED, with_gradient
from .logistic import logistic


def _positive(name: str, value: Any, arrays: Any, parsed: Any) -> float:
    """a finite number above 0"""
    value = validation.finite(name, value)
    if value <= 0:
        validation.refuse(name, value, "a number above 0", f"use {name}=1")
    return value


def _bar(name: str, value: Any, arrays: Any, parsed: Any) -> float:
    """a number; infinite for none"""
    if isinstance(value, str) and value.lower() in ("inf", "infinity", "none"):
        return float("inf")
    return float("inf") if value == float("inf") else validation.finite(name, value)


@computed_wide
def softplus(x: Float[Array, "*axes"], *, beta: float, threshold: float) -> Float[Array, "*axes"]:
    """x [...] -> y [...] in the dtype of x; beta > 0. NaN stays NaN."""
    validation.array("x", x, axes=None)
    threshold = _bar("threshold", threshold, None, None)
    steep = x.dtype.type(_positive("beta", beta, None, None)) * x
    # exp of a number that is never positive cannot overflow.
    y = (np.maximum(steep, 0) + np.log1p(np.exp(-np.abs(steep)))) / x.dtype.type(beta)
    return np.where(steep > threshold, x, y)


@computed_wide
def softplus_gradient(
    x: Float[Array, "*axes"], upstream: Float[Array, "*axes"], *, beta: float, threshold: float
) -> Float[Array, "*axes"]:
    """upstream·σ(beta·x), and upstream itself where beta·x is above the threshold."""
    validation.array("x", x, axes=None)
    validation.upstream(upstream, x)
    threshold = _bar("threshold", threshold, None, None)
    steep = x.dtype.type(_positive("beta", beta, None, None)) * x
    return np.where(steep > threshold, upstream, upstream * logistic(steep))


OPERATIONS = with_gradient(
    softplus,
    softplus_gradient,
    says="log(1 + exp(beta·x))/beta",
    arrays={"x": "…"},
    parameters={"beta": (1.0, _positive), "threshold": (REQUIRED, _bar)},
    y="…",
    rules=("activation", "activation_gradient"),
)
