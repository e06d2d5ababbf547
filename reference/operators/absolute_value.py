"""Absolute value rectification.

    y = |z|;  dy/dz = sign z, 0 at 0

The derivative at 0 is a choice (there is none). Jarrett et al., *What is the best multi-stage architecture for object
recognition?* (2009), §2; Goodfellow, Bengio, Courville, *Deep Learning* (2016), §6.3.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import validation
from .operation import with_gradient

if TYPE_CHECKING:
    from jaxtyping import Float


def absolute_value(x: Float[np.ndarray, "*axes"]) -> Float[np.ndarray, "*axes"]:
    """x [...] -> y [...] in the dtype of x. NaN stays NaN; BadInput unless x is a floating-point array."""
    validation.array("x", x, axes=None)
    return np.abs(x)


def absolute_value_gradient(
    x: Float[np.ndarray, "*axes"], upstream: Float[np.ndarray, "*axes"]
) -> Float[np.ndarray, "*axes"]:
    """upstream · sign z; 0 at 0 and at NaN."""
    validation.array("x", x, axes=None)
    validation.upstream(upstream, x)
    return np.where(x > 0, upstream, np.where(x < 0, -upstream, x.dtype.type(0)))


OPERATIONS = with_gradient(
    absolute_value,
    absolute_value_gradient,
    says="|x|",
    arrays={"x": "…"},
    y="…",
    gradients={"dx": "…"},
    rules=("chosen", "chosen"),
    aliases=("abs",),
)
