"""Absolute value rectification.

    y = |z|;  dy/dz = sign z, 0 at 0

The derivative at 0 is a choice (there is none). Jarrett et al., *What is the best multi-stage architecture for object
recognition?* (2009), §2; Goodfellow, Bengio, Courville, *Deep Learning* (2016), §6.3.1.
"""

from __future__ import annotations

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..operation import with_gradient


def absolute_value(x: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """x [...] -> y [...] in the dtype of x. NaN stays NaN; BadInput unless x is a floating-point array."""
    validation.array("x", x, axes=None)
    return np.abs(x)


def absolute_value_gradient(x: Float[Array, "*axes"], upstream: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
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
    rules=("chosen", "chosen"),
    aliases=("abs",),
)
