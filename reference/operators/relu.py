"""Rectified linear unit.

    y = max(0, z);  dy/dz = 1 for z > 0, 0 for z <= 0

The derivative at 0 is a choice (there is none). Goodfellow, Bengio, Courville, *Deep Learning* (2016), §6.3.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import validation
from .operation import with_gradient

if TYPE_CHECKING:
    from jaxtyping import Float


def relu(x: Float[np.ndarray, "*axes"]) -> Float[np.ndarray, "*axes"]:
    """x [...] -> y [...] in the dtype of x. NaN stays NaN; BadInput unless x is a floating-point array."""
    validation.array("x", x, axes=None)
    return np.maximum(x, x.dtype.type(0))


def relu_gradient(x: Float[np.ndarray, "*axes"], upstream: Float[np.ndarray, "*axes"]) -> Float[np.ndarray, "*axes"]:
    """upstream where x > 0, else 0 (also at 0 and at NaN)."""
    validation.array("x", x, axes=None)
    validation.upstream(upstream, x)
    return np.where(x > 0, upstream, x.dtype.type(0))


OPERATIONS = with_gradient(
    relu, relu_gradient, says="max(0, x)", arrays={"x": "…"}, y="…", gradients={"dx": "…"}, rules=("chosen", "chosen")
)
