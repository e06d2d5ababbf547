"""Gaussian error linear unit, exact and in the approximation that many models were trained with.

    "none":  y = z · Φ(z) = z/2 · (1 + erf(z/√2))
    "tanh":  y = z/2 · (1 + tanh(√(2/π) · (z + 0.044715 z³)))

Not of the lecture: the difference of the two is what is most often taken for rounding. Hendrycks & Gimpel, *Gaussian error
linear units* (2016), §2.
"""

from __future__ import annotations

import math

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import REQUIRED, Operation, one_of

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


OPERATIONS = (Operation(gelu, "x·Φ(x)", {"x": "…"}, {"y": "…"}, "gelu", {"approximate": (REQUIRED, one_of(*FORMS))}),)
