"""Leaky rectified linear unit, with a slope that is given.

    y = max(0, z) + alpha · min(0, z);  dy/dz = 1 for z > 0, alpha for z <= 0

The derivative at 0 is a choice (there is none). Maas, Hannun & Ng, *Rectifier nonlinearities improve neural network acoustic
models* (2013); Goodfellow, Bengio, Courville, *Deep Learning* (2016), §6.3.1.
"""

from __future__ import annotations

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import REQUIRED, finite, with_gradient


@computed_wide
def leaky_relu(x: Float[Array, "*axes"], *, alpha: float) -> Float[Array, "*axes"]:
    """x [...] -> y [...] in the dtype of x; alpha a finite number. NaN stays NaN."""
    validation.array("x", x, axes=None)
    zero, slope = x.dtype.type(0), x.dtype.type(validation.finite("alpha", alpha))
    return np.maximum(x, zero) + slope * np.minimum(x, zero)


@computed_wide
def leaky_relu_gradient(
    x: Float[Array, "*axes"], upstream: Float[Array, "*axes"], *, alpha: float
) -> Float[Array, "*axes"]:
    """upstream where x > 0, else alpha · upstream (also at 0 and at NaN)."""
    validation.array("x", x, axes=None)
    validation.upstream(upstream, x)
    return np.where(x > 0, upstream, x.dtype.type(validation.finite("alpha", alpha)) * upstream)


OPERATIONS = with_gradient(
    leaky_relu,
    leaky_relu_gradient,
    says="max(0, x) + alpha·min(0, x)",
    arrays={"x": "…"},
    parameters={"alpha": (REQUIRED, finite)},
    y="…",
    rules=("sloped", "sloped"),
)
