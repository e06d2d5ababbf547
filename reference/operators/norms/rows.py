"""What layer, group, instance and RMS norm share: x is cut into rows, and each row is normalised by its own statistics.

z = (x - mean)/sqrt(mean (x - mean)**2 + epsilon), or z = x/sqrt(mean x**2 + epsilon) where it is not centred
y = gamma·z + beta
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ... import validation
from ..axes import Array

Parts = tuple[Array, Array, Array]


def normalise(
    x: Array, gamma: Array | None, beta: Array | None, epsilon: Any, *, rows: int, centred: bool = True
) -> Array:
    """y of x's shape, of which so many rows lie one behind the other in memory; gamma and beta broadcast to x."""
    z, _ = _normal(x, epsilon, rows, centred)
    y = z.reshape(x.shape)
    y = y if gamma is None else y * gamma
    return y if beta is None else y + beta


def differentiate(
    x: Array, gamma: Array | None, upstream: Array, epsilon: Any, *, rows: int, centred: bool = True
) -> Parts:
    """(dx, upstream·z, upstream), the last two to be summed over where gamma is the same.

    With h = gamma·upstream: dx = (h - mean h - z·mean(h z))/sqrt(variance + epsilon), without mean h where it is not centred.
    """
    z, scale = _normal(x, epsilon, rows, centred)
    h = (upstream if gamma is None else upstream * gamma).reshape(rows, -1)
    inner = h - z * _mean(h * z)
    dx = scale * (inner - _mean(h) if centred else inner)
    return dx.reshape(x.shape), upstream * z.reshape(x.shape), upstream


def _normal(x, epsilon, rows, centred):
    """(z, 1/sqrt(variance + epsilon)) [R, n], [R, 1]."""
    away = x.reshape(rows, -1)
    away = away - _mean(away) if centred else away
    scale = 1 / np.sqrt(_mean(away**2) + epsilon)
    return away * scale, scale


def _mean(a):
    return a.sum(axis=1, keepdims=True, dtype=a.dtype) / a.dtype.type(a.shape[1])


def summed(a: Array, shape: tuple[int, ...]) -> Array:
    """a added up to a shape that broadcasts to its own."""
    lead = a.ndim - len(shape)
    again = tuple(lead + axis for axis, n in enumerate(shape) if n == 1)
    return a.sum(axis=(*range(lead), *again), keepdims=True, dtype=a.dtype).reshape(shape)


def check(x: Array, epsilon: Any, **parts: Array | None) -> Any:
    """epsilon in the dtype of x; BadInput where what is given is of another dtype."""
    given = {name: part for name, part in parts.items() if part is not None}
    for name, part in given.items():
        validation.array(name, part, axes=None)
    validation.same_dtype("x", x, **given)
    return x.dtype.type(validation.non_negative("epsilon", validation.finite("epsilon", epsilon)))


def channelwise(x: Array, **parts: Array | None) -> list[Array | None]:
    """[C] laid along axis 1 of x [N, C, ...]."""
    for name, part in parts.items():
        if part is not None:
            validation.shape(name, part, (x.shape[1],), "one number a channel [C]")
    return [None if part is None else part.reshape(-1, *[1] * (x.ndim - 2)) for part in parts.values()]


def of_channels(x: Array, parts: Parts) -> Parts:
    """(dx, dgamma [C], dbeta [C])."""
    dx, *others = parts
    dgamma, dbeta = (summed(a, (x.shape[1], *[1] * (x.ndim - 2))).reshape(-1) for a in others)
    return dx, dgamma, dbeta


def images_apart(arguments: Mapping[str, Any], rank: int) -> Sequence[Mapping[str, int]]:
    """Images do not depend on each other."""
    return [dict.fromkeys(("x", "y", "upstream", "dx"), 0)]
