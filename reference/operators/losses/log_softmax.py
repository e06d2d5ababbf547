"""Logarithm of softmax.

    y[k] = (z[k] − max z) − log Σ_j exp(z[j] − max z);  dz[k] = g[k] − exp(y[k])·Σ_j g[j]

It keeps what the logarithm of a probability loses: that of one that is 0 in the format. Goodfellow, Bengio, Courville, *Deep Learning*
(2016), §6.2.2.3.
"""

from __future__ import annotations

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import REQUIRED, axis_of_x, with_gradient
from .softmax import checked, softmax


@computed_wide
def log_softmax(x: Float[Array, "*axes"], *, axis: int) -> Float[Array, "*axes"]:
    """x [...] -> y [...] in the dtype of x, the logarithms of numbers that sum to one along ``axis``."""
    axis = checked(x, axis)
    with np.errstate(invalid="ignore"):
        behind = x - x.max(axis=axis, keepdims=True)
        return behind - np.log(np.exp(behind).sum(axis=axis, keepdims=True))


@computed_wide
def log_softmax_gradient(
    x: Float[Array, "*axes"], upstream: Float[Array, "*axes"], *, axis: int
) -> Float[Array, "*axes"]:
    """upstream − softmax(x)·(the sum of upstream along ``axis``)."""
    axis = checked(x, axis)
    validation.upstream(upstream, x)
    return upstream - softmax(x, axis=axis) * upstream.sum(axis=axis, keepdims=True)


OPERATIONS = with_gradient(
    log_softmax,
    log_softmax_gradient,
    says="log(exp(x)/Σ exp(x)) along an axis",
    arrays={"x": "…"},
    parameters={"axis": (REQUIRED, axis_of_x)},
    y="…",
    rules=("log_softmax", "log_softmax_gradient"),
    aliases=("logsoftmax",),
    in_steps=True,
)
