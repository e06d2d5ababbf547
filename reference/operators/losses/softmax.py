"""Softmax: positive numbers that sum to one.

    y[i] = exp(z[i] - m) / sum over j of exp(z[j] - m),  m = max z along the axis

The maximum is subtracted so that no exponential overflows; it cancels in the quotient. A row with +inf or NaN gives NaN.
Goodfellow, Bengio, Courville, *Deep Learning* (2016), §4.1 and §6.2.2.3.
"""

from __future__ import annotations

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import REQUIRED, axis_of_x, with_gradient


@computed_wide
def softmax(x: Float[Array, "*axes"], *, axis: int) -> Float[Array, "*axes"]:
    """x [...] -> y [...] in the dtype of x, summing to one along ``axis``. BadInput if x has no such axis."""
    axis = checked(x, axis)
    # A row of +inf or NaN has no distribution; it becomes NaN without a warning.
    with np.errstate(invalid="ignore"):
        grown = np.exp(x - x.max(axis=axis, keepdims=True))
        return grown / grown.sum(axis=axis, keepdims=True)


@computed_wide
def softmax_gradient(x: Float[Array, "*axes"], upstream: Float[Array, "*axes"], *, axis: int) -> Float[Array, "*axes"]:
    """y·(upstream - sum over j of upstream[j]·y[j]): the product of upstream with the Jacobian diag(y) - y y'."""
    axis = checked(x, axis)
    validation.upstream(upstream, x)
    y = softmax(x, axis=axis)
    return y * (upstream - (upstream * y).sum(axis=axis, keepdims=True))


def checked(x: np.ndarray, axis: int) -> int:
    """The axis, where x has it. BadInput otherwise."""
    validation.array("x", x, axes=None, least_rank=1)
    if isinstance(axis, bool) or not isinstance(axis, (int, np.integer)) or not -x.ndim <= axis < x.ndim:
        validation.refuse("axis", axis, f"an axis of x, {-x.ndim} to {x.ndim - 1}", "use axis=-1 for the last one")
    return int(axis)


OPERATIONS = with_gradient(
    softmax,
    softmax_gradient,
    says="exp(x)/Σ exp(x) along an axis",
    arrays={"x": "…"},
    parameters={"axis": (REQUIRED, axis_of_x)},
    y="…",
    rules=("softmax", "softmax_gradient"),
    in_steps=True,
)
