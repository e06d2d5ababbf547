"""Parametric rectified linear unit: a slope for each channel, which is learned.

    y[n, c] = max(0, z) + alpha[c] · min(0, z);  dL/dalpha[c] = sum over n and all positions of  upstream · min(0, z)

The derivative by z at 0 is a choice (alpha here). He, Zhang, Ren & Sun, *Delving deep into rectifiers* (2015), §2.1.
"""

from __future__ import annotations

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import with_gradient


@computed_wide
def prelu(x: Float[Array, "N C *space"], alpha: Float[Array, " C"]) -> Float[Array, "N C *space"]:
    """x [N, C, ...], alpha [C] -> y [N, C, ...] in the dtype of x. NaN stays NaN."""
    slope, zero = _check(x, alpha), x.dtype.type(0)
    return np.maximum(x, zero) + slope * np.minimum(x, zero)


@computed_wide
def prelu_gradient(
    x: Float[Array, "N C *space"], alpha: Float[Array, " C"], upstream: Float[Array, "N C *space"]
) -> tuple[Float[Array, "N C *space"], Float[Array, " C"]]:
    """(dx [N, C, ...], dalpha [C]) for an upstream gradient of the shape of x."""
    slope = _check(x, alpha)
    validation.upstream(upstream, x)
    dx = np.where(x > 0, upstream, slope * upstream)
    return dx, (upstream * np.minimum(x, x.dtype.type(0))).sum(axis=(0, *range(2, x.ndim)), dtype=x.dtype)


def parameter_count(channels: int) -> int:
    """Learned numbers: one slope a channel."""
    return validation.count("channels", channels)


def _check(x, alpha):
    """alpha laid along axis 1 of x."""
    validation.array("x", x, axes=None, least_rank=2)
    validation.array("alpha", alpha, axes="C")
    validation.shape("alpha", alpha, (x.shape[1],), "one slope a channel [C]")
    validation.same_dtype("x", x, alpha=alpha)
    return alpha.reshape(1, -1, *[1] * (x.ndim - 2))


OPERATIONS = with_gradient(
    prelu,
    prelu_gradient,
    says="max(0, x) + alpha·min(0, x), one alpha a channel",
    arrays={"x": "NC…", "alpha": "C"},
    y="NC…",
    rules=("sloped", "sloped"),
)
