"""Exponential linear units: the identity above 0, and an exponential below.

    ELU:   y = α·(exp(z) − 1) below 0
    CELU:  y = α·(exp(z/α) − 1) below 0, whose derivative has no jump whatever α is
    SELU:  y = s·z above 0 and s·a·(exp(z) − 1) below, s = 1.0507…, a = 1.6733…

The derivative at 0 is that from below. Clevert, Unterthiner & Hochreiter, *Fast and accurate deep network learning by ELUs* (2016); Barron,
*Continuously differentiable ELUs* (2017); Klambauer et al., *Self-normalizing neural networks* (2017).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import finite, with_gradient

SCALE, ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717


def _below(x, factor, divisor=1.0):
    """factor·(exp(x/divisor) − 1) for what is below 0."""
    return x.dtype.type(factor) * np.expm1(np.minimum(x, 0) / x.dtype.type(divisor))


def _grown(x, factor, divisor=1.0):
    return x.dtype.type(factor) * np.exp(np.minimum(x, 0) / x.dtype.type(divisor))


def _not_zero(name: str, value: Any, arrays: Any, parsed: Any) -> float:
    """a finite number, above 0"""
    value = validation.finite(name, value)
    if value <= 0:
        validation.refuse(name, value, "a number above 0: it divides x", f"use {name}=1")
    return value


@computed_wide
def elu(x: Float[Array, "*axes"], *, alpha: float) -> Float[Array, "*axes"]:
    """x [...] -> y [...] in the dtype of x; alpha a finite number. NaN stays NaN."""
    validation.array("x", x, axes=None)
    return np.where(x > 0, x, _below(x, validation.finite("alpha", alpha)))


@computed_wide
def elu_gradient(x: Float[Array, "*axes"], upstream: Float[Array, "*axes"], *, alpha: float) -> Float[Array, "*axes"]:
    """upstream where x > 0, else alpha·exp(x)·upstream."""
    validation.array("x", x, axes=None)
    validation.upstream(upstream, x)
    return np.where(x > 0, upstream, upstream * _grown(x, validation.finite("alpha", alpha)))


@computed_wide
def celu(x: Float[Array, "*axes"], *, alpha: float) -> Float[Array, "*axes"]:
    """x [...] -> y [...] in the dtype of x; alpha above 0. NaN stays NaN."""
    validation.array("x", x, axes=None)
    alpha = _not_zero("alpha", alpha, None, None)
    return np.where(x > 0, x, _below(x, alpha, alpha))


@computed_wide
def celu_gradient(x: Float[Array, "*axes"], upstream: Float[Array, "*axes"], *, alpha: float) -> Float[Array, "*axes"]:
    """upstream where x > 0, else exp(x/alpha)·upstream."""
    validation.array("x", x, axes=None)
    validation.upstream(upstream, x)
    return np.where(x > 0, upstream, upstream * _grown(x, 1.0, _not_zero("alpha", alpha, None, None)))


@computed_wide
def selu(x: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """x [...] -> y [...] in the dtype of x. NaN stays NaN."""
    validation.array("x", x, axes=None)
    return np.where(x > 0, x.dtype.type(SCALE) * x, _below(x, SCALE * ALPHA))


@computed_wide
def selu_gradient(x: Float[Array, "*axes"], upstream: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """s·upstream where x > 0, else s·a·exp(x)·upstream."""
    validation.array("x", x, axes=None)
    validation.upstream(upstream, x)
    return upstream * np.where(x > 0, x.dtype.type(SCALE), _grown(x, SCALE * ALPHA))


RULES = ("falling", "falling_gradient")
OPERATIONS = (
    *with_gradient(
        elu,
        elu_gradient,
        says="x above 0, alpha·(exp(x) − 1) below",
        arrays={"x": "…"},
        parameters={"alpha": (1.0, finite)},
        y="…",
        rules=RULES,
    ),
    *with_gradient(
        celu,
        celu_gradient,
        says="x above 0, alpha·(exp(x/alpha) − 1) below",
        arrays={"x": "…"},
        parameters={"alpha": (1.0, _not_zero)},
        y="…",
        rules=RULES,
    ),
    *with_gradient(
        selu,
        selu_gradient,
        says="1.0507·x above 0, 1.0507·1.6733·(exp(x) − 1) below",
        arrays={"x": "…"},
        y="…",
        rules=RULES,
    ),
)
