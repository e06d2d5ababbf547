"""Softsign.

    y = z/(1 + |z|);  dy/dz = 1/(1 + |z|)²

Glorot & Bengio, *Understanding the difficulty of training deep feedforward neural networks* (2010), §2.
"""

from __future__ import annotations

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import with_gradient


@computed_wide
def softsign(x: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """x [...] -> y [...] in the dtype of x. NaN stays NaN."""
    validation.array("x", x, axes=None)
    return x / (1 + np.abs(x))


@computed_wide
def softsign_gradient(x: Float[Array, "*axes"], upstream: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """upstream/(1 + |x|)², divided twice, so that the square does not overflow."""
    validation.array("x", x, axes=None)
    validation.upstream(upstream, x)
    away = 1 + np.abs(x)
    return upstream / away / away


OPERATIONS = with_gradient(
    softsign, softsign_gradient, says="x/(1 + |x|)", arrays={"x": "…"}, y="…", rules=("activation", "softsign_gradient")
)
