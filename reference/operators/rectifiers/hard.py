"""The sigmoid and the swish made of straight lines, for processors without an exponential.

    hard sigmoid:  y = min(max(0, slope·z + offset), 1)
    hard swish:    y = z · min(max(0, z + 3), 6)/6

Slope and offset are 1/6 and 1/2 in PyTorch and Keras 3; 0.2 and 0.5 in older Keras and by ONNX's default. Howard et al., *Searching for
MobileNetV3* (2019), §5.2.
"""

from __future__ import annotations

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import REQUIRED, finite, with_gradient


@computed_wide
def hard_sigmoid(x: Float[Array, "*axes"], *, slope: float, offset: float) -> Float[Array, "*axes"]:
    """x [...] -> y [...] in the dtype of x; slope and offset finite numbers. NaN stays NaN."""
    validation.array("x", x, axes=None)
    kind = x.dtype.type
    with np.errstate(over="ignore"):  # beyond the ends all is one
        line = kind(validation.finite("slope", slope)) * x + kind(validation.finite("offset", offset))
    return np.clip(line, kind(0), kind(1))


@computed_wide
def hard_sigmoid_gradient(
    x: Float[Array, "*axes"], upstream: Float[Array, "*axes"], *, slope: float, offset: float
) -> Float[Array, "*axes"]:
    """upstream·slope where the line lies between 0 and 1, else 0."""
    validation.array("x", x, axes=None)
    validation.upstream(upstream, x)
    y = hard_sigmoid(x, slope=slope, offset=offset)
    return np.where((y > 0) & (y < 1), upstream * x.dtype.type(slope), x.dtype.type(0))


@computed_wide
def hard_swish(x: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """x [...] -> y [...] in the dtype of x. NaN stays NaN."""
    validation.array("x", x, axes=None)
    kind = x.dtype.type
    return x * (np.clip(x + kind(3), kind(0), kind(6)) / kind(6))


@computed_wide
def hard_swish_gradient(x: Float[Array, "*axes"], upstream: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """upstream·(2x + 3)/6 between −3 and 3, 0 below, upstream above."""
    validation.array("x", x, axes=None)
    validation.upstream(upstream, x)
    kind = x.dtype.type
    near = np.clip(x, kind(-3), kind(3))
    slope = np.where(x <= -3, kind(0), np.where(x >= 3, kind(1), near / kind(3) + kind(0.5)))
    return upstream * slope


OPERATIONS = (
    *with_gradient(
        hard_sigmoid,
        hard_sigmoid_gradient,
        says="min(max(0, slope·x + offset), 1)",
        arrays={"x": "…"},
        parameters={"slope": (REQUIRED, finite), "offset": (0.5, finite)},
        y="…",
        rules=("activation", "activation_gradient"),
        aliases=("hardsigmoid",),
    ),
    *with_gradient(
        hard_swish,
        hard_swish_gradient,
        says="x·min(max(0, x + 3), 6)/6",
        arrays={"x": "…"},
        y="…",
        rules=("activation", "activation_gradient"),
        aliases=("hardswish", "hard_silu"),
    ),
)
