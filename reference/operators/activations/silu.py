"""Sigmoid-weighted linear unit, also called swish.

    y = z·σ(z);  dy/dz = σ(z)·(1 + z·σ(−z)), σ the logistic function

Elfwing, Uchibe & Doya, *Sigmoid-weighted linear units* (2017), equations 3 and 4; Ramachandran, Zoph & Le, *Searching for activation
functions* (2017).
"""

from __future__ import annotations

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import with_gradient
from .logistic import logistic


@computed_wide
def silu(x: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """x [...] -> y [...] in the dtype of x. NaN stays NaN."""
    return x * logistic(x)


@computed_wide
def silu_gradient(x: Float[Array, "*axes"], upstream: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """upstream·σ(x)·(1 + x·σ(−x))."""
    validation.array("x", x, axes=None)
    validation.upstream(upstream, x)
    return upstream * (logistic(x) * (1 + x * logistic(np.negative(x))))


OPERATIONS = with_gradient(
    silu,
    silu_gradient,
    says="x·σ(x)",
    arrays={"x": "…"},
    y="…",
    rules=("activation", "activation_gradient"),
    aliases=("swish",),
)
