"""Instance normalisation: each channel of each image over its positions; group norm with a group for each channel.

    mean = sum x / n;  variance = sum (x - mean)**2 / n   (biased: divided by n)
    y = gamma · (x - mean) / sqrt(variance + epsilon) + beta, gamma and beta channel by channel

Ulyanov, Vedaldi & Lempitsky, *Instance Normalization* (2016), equation 3.
"""

from __future__ import annotations

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import Operation
from . import rows
from .batch_norm import EPSILON
from .group_norm import group_norm, group_norm_gradient


@computed_wide
def instance_norm(
    x: Float[Array, "N C *space"], gamma: Float[Array, " C"] | None, beta: Float[Array, " C"] | None, *, epsilon: float
) -> Float[Array, "N C *space"]:
    """x [N, C, ...] -> y of its shape and dtype; gamma and beta [C] or None.

    epsilon: in units of x squared, finite and >= 0. BadInput if shapes, dtypes or epsilon do not fit.
    """
    return group_norm(x, gamma, beta, groups=_channels(x), epsilon=epsilon)


@computed_wide
def instance_norm_gradient(
    x: Float[Array, "N C *space"],
    gamma: Float[Array, " C"] | None,
    upstream: Float[Array, "N C *space"],
    *,
    epsilon: float,
) -> tuple[Float[Array, "N C *space"], Float[Array, " C"], Float[Array, " C"]]:
    """(dx [N, C, ...], dgamma [C], dbeta [C]), the statistics' own dependence on x included: those of group norm."""
    return group_norm_gradient(x, gamma, upstream, groups=_channels(x), epsilon=epsilon)


def _channels(x):
    validation.array("x", x, axes=None, least_rank=3)
    return x.shape[1]


def _apart(arguments, rank):
    """Nor do channels."""
    channels = dict.fromkeys(("x", "y", "upstream", "dx"), 1)
    channels |= dict.fromkeys(("gamma", "beta", "dgamma", "dbeta"), 0)
    return [*rows.images_apart(arguments, rank), channels]


OPERATIONS = (
    Operation(
        instance_norm,
        "instance norm: each channel of each image over its positions",
        {"x": "NC…", "gamma": "?C", "beta": "?C"},
        {"y": "NC…"},
        "norm",
        EPSILON,
        aliases=("instance_normalization",),
        in_steps=True,
        forms_variance=True,
        apart=_apart,
    ),
    Operation(
        instance_norm_gradient,
        "gradient of: instance norm",
        {"x": "NC…", "gamma": "?C", "upstream": "NC…"},
        {"dx": "NC…", "dgamma": "C", "dbeta": "C"},
        "norm_gradient",
        EPSILON,
        in_steps=True,
        forms_variance=True,
        apart=_apart,
    ),
)
