"""Layer normalisation: each sample over its last axes, from a start axis on.

    mean = sum x / n;  variance = sum (x - mean)**2 / n   (biased: divided by n)
    y = gamma · (x - mean) / sqrt(variance + epsilon) + beta, gamma and beta element by element

Ba, Kiros & Hinton, *Layer Normalization* (2016), equations 3 and 4; ONNX' LayerNormalization for the axes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import Operation
from . import rows
from .batch_norm import EPSILON


def parameter_count(features: int) -> int:
    """gamma and beta, one each for every feature of a sample."""
    return 2 * validation.count("features", features)


@computed_wide
def layer_norm(
    x: Float[Array, "*shape"],
    gamma: Float[Array, "*features"] | None,
    beta: Float[Array, "*features"] | None,
    *,
    start: int,
    epsilon: float,
) -> Float[Array, "*shape"]:
    """x normalised over its axes from ``start`` on, y of its shape and dtype; gamma and beta of the shape x.shape[start:], or None.

    They may have any shape that broadcasts to that of x. epsilon: in units of x squared, finite and >= 0. BadInput if
    shapes, dtypes, start or epsilon do not fit.
    """
    many, epsilon = checked(x, start, epsilon, gamma=gamma, beta=beta)
    return rows.normalise(x, gamma, beta, epsilon, rows=many)


@computed_wide
def layer_norm_gradient(
    x: Float[Array, "*shape"],
    gamma: Float[Array, "*features"] | None,
    upstream: Float[Array, "*shape"],
    *,
    start: int,
    epsilon: float,
) -> tuple[Float[Array, "*shape"], Float[Array, "*features"], Float[Array, "*features"]]:
    """(dx, dgamma, dbeta), the statistics' own dependence on x included; dgamma and dbeta of the shape of gamma, or x.shape[start:].

    With z = (x - mean)/sqrt(variance + epsilon) and h = gamma·upstream: dbeta = sum upstream, dgamma = sum upstream·z,
    dx = (h - mean h - z·mean(h z))/sqrt(variance + epsilon).
    """
    many, epsilon = checked(x, start, epsilon, gamma=gamma)
    validation.upstream(upstream, x)
    return of_features(x, gamma, start, rows.differentiate(x, gamma, upstream, epsilon, rows=many))


def checked(x: Array, start: int, epsilon: float, **parts: Array | None) -> tuple[int, Any]:
    """(how many rows are normalised, epsilon in the dtype of x), of what fits each other."""
    validation.array("x", x, axes=None, least_rank=1)
    epsilon = rows.check(x, epsilon, **parts)
    if isinstance(start, bool) or not isinstance(start, int) or not 0 <= start < x.ndim:
        validation.refuse("start", start, f"an axis of x, 0 to {x.ndim - 1}", f"use start={x.ndim - 1} for the last")
    for name, part in parts.items():
        if part is not None and not broadcasts(part.shape, x.shape):
            validation.shape(name, part, x.shape[start:], "the axes of x from start on")
    return math.prod(x.shape[:start]), epsilon


def broadcasts(shape: Sequence[int], whole: Sequence[int]) -> bool:
    """Whether an array of the one shape can be laid along the last axes of the other."""
    pairs = zip(reversed(shape), reversed(whole), strict=False)
    return len(shape) <= len(whole) and all(one in (1, n) for one, n in pairs)


def of_features(x: Array, gamma: Array | None, start: int, parts: rows.Parts) -> rows.Parts:
    """(dx, dgamma, dbeta)."""
    dx, *others = parts
    shape = x.shape[start:] if gamma is None else gamma.shape
    dgamma, dbeta = (rows.summed(a, shape) for a in others)
    return dx, dgamma, dbeta


def start_of_x(name: str, value: Any, arrays: Mapping[str, np.ndarray], parsed: Any) -> int:
    """the first axis of x that is normalised over, counted from 0, or from −1 backwards; or all of them as a list, the last one among them; left out, as many as gamma has"""
    rank, gamma = arrays["x"].ndim, arrays.get("gamma")
    if not rank:
        validation.refuse("x.shape", (), "at least one axis", "a single number has none to be normalised over")
    if value is None and gamma is not None and 0 < gamma.ndim <= rank:
        return rank - gamma.ndim
    axes = [_axis(name, axis, value, rank) for axis in (value if isinstance(value, list | tuple) else (value,))]
    first = min(axes, default=rank)
    if not axes or (isinstance(value, list | tuple) and sorted(axes) != [*range(first, rank)]):
        way_out = "move these axes to the end of x, gamma and beta"
        validation.refuse(name, value, f"the last axes of x, each once (it has {rank})", way_out)
    return first


def _axis(name, axis, value, rank):
    if not isinstance(axis, int) or isinstance(axis, bool) or not -rank <= axis < rank:
        wanted = f"the first axis of x that is normalised over, {-rank} to {rank - 1}"
        validation.refuse(name, value, wanted, f"use {name}=-1 for the last alone")
    return axis % rank


def samples_apart(arguments: Mapping[str, Any], rank: int) -> Sequence[Mapping[str, int]]:
    """Samples do not depend on each other, if gamma and beta are the same for all."""
    start, parts = arguments["start"], (arguments.get("gamma"), arguments.get("beta"))
    if any(part is not None and part.ndim > arguments["x"].ndim - start for part in parts):
        return []
    return [dict.fromkeys(("x", "y", "upstream", "dx"), axis) for axis in range(start)]


SETTINGS = {"start": (None, start_of_x), **EPSILON}
OPERATIONS = (
    Operation(
        layer_norm,
        "layer norm: each sample over its last axes",
        {"x": "…", "gamma": "?…", "beta": "?…"},
        {"y": "…"},
        "norm",
        SETTINGS,
        aliases=("layer_normalization",),
        in_steps=True,
        forms_variance=True,
        apart=samples_apart,
    ),
    Operation(
        layer_norm_gradient,
        "gradient of: layer norm",
        {"x": "…", "gamma": "?…", "upstream": "…"},
        {"dx": "…", "dgamma": "…", "dbeta": "…"},
        "norm_gradient",
        SETTINGS,
        in_steps=True,
        forms_variance=True,
        apart=samples_apart,
    ),
)
