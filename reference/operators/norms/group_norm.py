"""Group normalisation: the channels of each image in groups of neighbours, each over its channels and all positions.

    mean = sum x / n;  variance = sum (x - mean)**2 / n over a group, n = C/groups·(positions)
    y = gamma · (x - mean) / sqrt(variance + epsilon) + beta, gamma and beta channel by channel

Wu & He, *Group Normalization* (2018), equations 1, 2 and 7.
"""

from __future__ import annotations

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import REQUIRED, Operation, count
from . import rows
from .batch_norm import EPSILON


@computed_wide
def group_norm(
    x: Float[Array, "N C *space"],
    gamma: Float[Array, " C"] | None,
    beta: Float[Array, " C"] | None,
    *,
    groups: int,
    epsilon: float,
) -> Float[Array, "N C *space"]:
    """x [N, C, ...] -> y of its shape and dtype; gamma and beta [C] or None; groups divides C.

    epsilon: in units of x squared, finite and >= 0. BadInput if shapes, dtypes, groups or epsilon do not fit.
    """
    many, epsilon = _checked(x, groups, epsilon, gamma=gamma, beta=beta)
    factor, more = rows.channelwise(x, gamma=gamma, beta=beta)
    return rows.normalise(x, factor, more, epsilon, rows=many)


@computed_wide
def group_norm_gradient(
    x: Float[Array, "N C *space"],
    gamma: Float[Array, " C"] | None,
    upstream: Float[Array, "N C *space"],
    *,
    groups: int,
    epsilon: float,
) -> tuple[Float[Array, "N C *space"], Float[Array, " C"], Float[Array, " C"]]:
    """(dx [N, C, ...], dgamma [C], dbeta [C]), the statistics' own dependence on x included.

    With z = (x - mean)/sqrt(variance + epsilon) and h = gamma·upstream: dbeta = sum upstream, dgamma = sum upstream·z,
    dx = (h - mean h - z·mean(h z))/sqrt(variance + epsilon), means over a group.
    """
    many, epsilon = _checked(x, groups, epsilon, gamma=gamma)
    validation.upstream(upstream, x)
    (laid,) = rows.channelwise(x, gamma=gamma)
    return rows.of_channels(x, rows.differentiate(x, laid, upstream, epsilon, rows=many))


def _checked(x, groups, epsilon, **parts):
    """(how many groups of all images, epsilon in the dtype of x)."""
    validation.array("x", x, axes=None, least_rank=2)
    groups = validation.count("groups", groups)
    if x.shape[1] % groups:
        validation.refuse("groups", groups, f"a divisor of the {x.shape[1]} channels", "use groups=1 for one group")
    return len(x) * groups, rows.check(x, epsilon, **parts)


SETTINGS = {"groups": (REQUIRED, count), **EPSILON}
OPERATIONS = (
    Operation(
        group_norm,
        "group norm: each image over groups of channels and all positions",
        {"x": "NC…", "gamma": "?C", "beta": "?C"},
        {"y": "NC…"},
        "norm",
        SETTINGS,
        aliases=("group_normalization",),
        in_steps=True,
        forms_variance=True,
        apart=rows.images_apart,
    ),
    Operation(
        group_norm_gradient,
        "gradient of: group norm",
        {"x": "NC…", "gamma": "?C", "upstream": "NC…"},
        {"dx": "NC…", "dgamma": "C", "dbeta": "C"},
        "norm_gradient",
        SETTINGS,
        in_steps=True,
        forms_variance=True,
        apart=rows.images_apart,
    ),
)
