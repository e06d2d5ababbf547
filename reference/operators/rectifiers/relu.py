"""Rectified linear unit.

    y = max(0, z);  dy/dz = 1 for z > 0, 0 for z <= 0

The derivative at 0 is a choice (there is none). Goodfellow, Bengio, Courville, *Deep Learning* (2016), §6.3.1.
"""

from __future__ import annotations

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..operation import with_gradient


def relu(x: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """x [...] -> y [...] in the dtype of x. NaN stays NaN; BadInput unless x is a floating-point array."""
    validation.array("x", x, axes=None)
    return np.maximum(x, x.dtype.type(0))


def relu_gradient(x: Float[Array, "*axes"], upstream: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """upstream where x > 0, else 0 (also at 0 and at NaN)."""
    validation.array("x", x, axes=None)
    validation.upstream(upstream, x)
    return np.where(x > 0, upstream, x.dtype.type(0))


OPERATIONS = with_gradient(relu, relu_gradient, says="max(0, x)", arrays={"x": "…"}, y="…", rules=("chosen", "chosen"))
