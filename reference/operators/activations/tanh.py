"""Hyperbolic tangent.

    y = (exp(z) - exp(-z)) / (exp(z) + exp(-z));  dy/dz = 1 - y**2

Goodfellow, Bengio, Courville, *Deep Learning* (2016), §6.3.2.
"""

from __future__ import annotations

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import with_gradient


@computed_wide
def tanh(x: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """x [...] -> y [...] in the dtype of x. NaN stays NaN; BadInput unless x is a floating-point array."""
    validation.array("x", x, axes=None)
    return np.tanh(x)


@computed_wide
def tanh_gradient(x: Float[Array, "*axes"], upstream: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """upstream · (1 - y**2), factored as (1 - |y|)·(1 + |y|): one rounding less where y is near 1."""
    validation.array("x", x, axes=None)
    validation.upstream(upstream, x)
    size = np.abs(np.tanh(x))
    return upstream * ((1 - size) * (1 + size))


OPERATIONS = with_gradient(
    tanh,
    tanh_gradient,
    says="the hyperbolic tangent",
    arrays={"x": "…"},
    y="…",
    rules=("elementwise", "elementwise_gradient"),
    in_steps=True,
)
