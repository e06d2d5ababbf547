"""Gaussian error linear unit, exact and in the approximation that many models were trained with.

    "none":  y = z · Φ(z) = z/2 · (1 + erf(z/√2))
    "tanh":  y = z/2 · (1 + tanh a), a = √(2/π) · (z + 0.044715 z³)

Not of the lecture: the difference of the two is what is most often taken for rounding. Hendrycks & Gimpel, *Gaussian error
linear units* (2016), §2.
"""

from __future__ import annotations

import math

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import REQUIRED, one_of, with_gradient

FORMS = ("none", "tanh")


@computed_wide
def gelu(x: Float[Array, "*axes"], *, approximate: str) -> Float[Array, "*axes"]:
    """x [...] -> y [...] in the dtype of x; ``approximate`` "none" or "tanh"."""
    validation.array("x", x, axes=None)
    kind = x.dtype.type
    if validation.choice("approximate", approximate, FORMS) == "none":
        from scipy import special  # longer to import than all operators together

        # erfc for negative z, of which 1 + erf would leave no digits.
        return x * special.erfc(-x / kind(math.sqrt(2))) / 2
    with np.errstate(over="ignore"):  # tanh of infinity is 1
        inner = kind(math.sqrt(2 / math.pi)) * (x + kind(0.044715) * x**3)
    return x / 2 * (1 + np.tanh(inner))


@computed_wide
def gelu_gradient(
    x: Float[Array, "*axes"], upstream: Float[Array, "*axes"], *, approximate: str
) -> Float[Array, "*axes"]:
    """upstream · (Φ(z) + z·φ(z)), or upstream · ((1 + t)/2 + z/2·(1 - t²)·a') with t = tanh a, for "tanh"."""
    validation.array("x", x, axes=None)
    validation.upstream(upstream, x)
    kind = x.dtype.type
    if validation.choice("approximate", approximate, FORMS) == "none":
        from scipy import special  # longer to import than all operators together

        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            density = np.exp(-x * x / 2) / kind(math.sqrt(2 * math.pi))
            slope = special.erfc(-x / kind(math.sqrt(2))) / 2 + np.where(density == 0, density, x * density)
        return upstream * slope
    near = np.clip(x, kind(-100), kind(100))  # beyond, tanh is ±1 in every format
    t = np.tanh(kind(math.sqrt(2 / math.pi)) * (near + kind(0.044715) * near**3))
    steep = kind(math.sqrt(2 / math.pi)) * (1 + kind(3 * 0.044715) * near**2)
    return upstream * ((1 + t) / 2 + near / 2 * (1 - t * t) * steep)


OPERATIONS = with_gradient(
    gelu,
    gelu_gradient,
    says="x·Φ(x)",
    arrays={"x": "…"},
    y="…",
    rules=("gelu", "activation_gradient"),
    parameters={"approximate": (REQUIRED, one_of(*FORMS))},
)
