"""RMS normalisation: each sample divided by the root mean square of its last axes, from a start axis on; no mean is taken off.

    y = gamma · x / sqrt(sum x**2 / n + epsilon), gamma element by element

Zhang & Sennrich, *Root Mean Square Layer Normalization* (2019), equation 4.
"""

from __future__ import annotations

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import Operation
from . import rows
from .layer_norm import SETTINGS, checked, of_features, samples_apart


@computed_wide
def rms_norm(
    x: Float[Array, "*shape"], gamma: Float[Array, "*features"] | None, *, start: int, epsilon: float
) -> Float[Array, "*shape"]:
    """x divided over its axes from ``start`` on, y of its shape and dtype; gamma of the shape x.shape[start:], or None.

    It may have any shape that broadcasts to that of x. epsilon: in units of x squared, finite and >= 0. BadInput if
    shapes, dtypes, start or epsilon do not fit.
    """
    many, epsilon = checked(x, start, epsilon, gamma=gamma)
    return rows.normalise(x, gamma, None, epsilon, rows=many, centred=False)


@computed_wide
def rms_norm_gradient(
    x: Float[Array, "*shape"],
    gamma: Float[Array, "*features"] | None,
    upstream: Float[Array, "*shape"],
    *,
    start: int,
    epsilon: float,
) -> tuple[Float[Array, "*shape"], Float[Array, "*features"]]:
    """(dx, dgamma), the mean square's own dependence on x included; dgamma of the shape of gamma, or x.shape[start:].

    With z = x/sqrt(mean x**2 + epsilon) and h = gamma·upstream: dgamma = sum upstream·z,
    dx = (h - z·mean(h z))/sqrt(mean x**2 + epsilon).
    """
    many, epsilon = checked(x, start, epsilon, gamma=gamma)
    validation.upstream(upstream, x)
    parts = rows.differentiate(x, gamma, upstream, epsilon, rows=many, centred=False)
    return of_features(x, gamma, start, parts)[:2]


OPERATIONS = (
    Operation(
        rms_norm,
        "RMS norm: each sample divided by the root mean square of its last axes",
        {"x": "…", "gamma": "?…"},
        {"y": "…"},
        "mean_square",
        SETTINGS,
        aliases=("rms_normalization",),
        in_steps=True,
        apart=samples_apart,
    ),
    Operation(
        rms_norm_gradient,
        "gradient of: RMS norm",
        {"x": "…", "gamma": "?…", "upstream": "…"},
        {"dx": "…", "dgamma": "…"},
        "norm_gradient",
        SETTINGS,
        in_steps=True,
        apart=samples_apart,
    ),
)
