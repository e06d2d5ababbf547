"""Logistic function, the classical sigmoid.

    y = 1 / (1 + exp(-z));  dy/dz = y·(1 - y)

Goodfellow, Bengio, Courville, *Deep Learning* (2016), §3.10, equations 3.30 and 3.33.
"""

from __future__ import annotations

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import with_gradient


@computed_wide
def logistic(x: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """x [...] -> y [...] in the dtype of x. NaN stays NaN; BadInput unless x is a floating-point array."""
    validation.array("x", x, axes=None)
    # Two-sided, with exp of a number that is never positive: neither side can overflow.
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))


@computed_wide
def logistic_gradient(x: Float[Array, "*axes"], upstream: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """upstream · y·(1 - y), written exp(-|z|) / (1 + exp(-|z|))**2, so that 1 - y cannot cancel for large z."""
    validation.array("x", x, axes=None)
    validation.upstream(upstream, x)
    small = np.exp(-np.abs(x))
    return upstream * (small / (1 + small) ** 2)


OPERATIONS = with_gradient(
    logistic,
    logistic_gradient,
    says="1/(1 + exp(−x))",
    arrays={"x": "…"},
    y="…",
    rules=("sigmoid", "elementwise_gradient"),
    aliases=("sigmoid",),
    in_steps=True,
)
