"""Straight lines that are cut off at both ends.

    ReLU6:      y = min(max(0, z), 6)
    hard tanh:  y = min(max(low, z), high)

The derivative is 1 between the ends and 0 elsewhere, the ends included. Krizhevsky, *Convolutional deep belief networks on
CIFAR-10* (2010), for the 6; Collobert, *Large scale machine learning* (2004), for hard tanh.
"""

from __future__ import annotations

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import Parse, finite, with_gradient


def _ends(low: float, high: float) -> tuple[float, float]:
    low, high = validation.finite("low", low), validation.finite("high", high)
    if low >= high:
        validation.refuse("high", high, f"more than low={low:g}", "exchange them")
    return low, high


@computed_wide
def hard_tanh(x: Float[Array, "*axes"], *, low: float, high: float) -> Float[Array, "*axes"]:
    """x [...] -> y [...] in the dtype of x; low < high. NaN stays NaN."""
    validation.array("x", x, axes=None)
    low, high = _ends(low, high)
    return np.clip(x, x.dtype.type(low), x.dtype.type(high))


@computed_wide
def hard_tanh_gradient(
    x: Float[Array, "*axes"], upstream: Float[Array, "*axes"], *, low: float, high: float
) -> Float[Array, "*axes"]:
    """upstream where low < x < high, else 0."""
    validation.array("x", x, axes=None)
    validation.upstream(upstream, x)
    low, high = _ends(low, high)
    return np.where((x > x.dtype.type(low)) & (x < x.dtype.type(high)), upstream, x.dtype.type(0))


@computed_wide
def relu6(x: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """x [...] -> y [...] in the dtype of x. NaN stays NaN."""
    return hard_tanh(x, low=0.0, high=6.0)


@computed_wide
def relu6_gradient(x: Float[Array, "*axes"], upstream: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """upstream where 0 < x < 6, else 0."""
    return hard_tanh_gradient(x, upstream, low=0.0, high=6.0)


def _above(name: str, value: float, arrays: object, parsed: dict[str, float]) -> float:
    """a finite number above low"""
    return _ends(parsed["low"], value)[1]


ABOVE: Parse = _above  # pyright: ignore[reportAssignmentType]
OPERATIONS = (
    *with_gradient(
        relu6,
        relu6_gradient,
        says="min(max(0, x), 6)",
        arrays={"x": "…"},
        y="…",
        rules=("activation", "activation_gradient"),
    ),
    *with_gradient(
        hard_tanh,
        hard_tanh_gradient,
        says="min(max(low, x), high)",
        arrays={"x": "…"},
        parameters={"low": (-1.0, finite), "high": (1.0, ABOVE)},
        y="…",
        rules=("activation", "activation_gradient"),
        aliases=("hardtanh", "clip"),
    ),
)
