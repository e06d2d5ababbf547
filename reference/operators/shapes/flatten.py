"""Flatten: some axes that follow each other as one, in the order in which the numbers lie, the last axis fastest (C order).

    y[..., i, ...] = x[..., i_start, ..., i_end, ...],  i = (i_start·n + ...)·n_end + i_end

ONNX' Flatten makes one axis of those before its axis, too: on [N, ...] with axis 1 it is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..operation import axis_of_x, with_gradient


def flatten(x: Float[Array, "*axes"], *, start: int, end: int) -> Float[Array, "*fewer"]:
    """x -> y in the dtype of x, its axes from ``start`` to ``end`` as one. BadInput where these are no such axes."""
    validation.array("x", x, axes=None, least_rank=1)
    return x.reshape(_shape(x, start, end))


def flatten_gradient(
    x: Float[Array, "*axes"], upstream: Float[Array, "*fewer"], *, start: int, end: int
) -> Float[Array, "*axes"]:
    """dx of the shape of x: the upstream gradient laid back."""
    validation.array("x", x, axes=None, least_rank=1)
    shape = _shape(x, start, end)
    validation.upstream(upstream, x, shape, "the shape of x with these axes as one")
    return upstream.reshape(x.shape)


def _shape(x, start, end):
    whole = all(isinstance(axis, int) and not isinstance(axis, bool) for axis in (start, end))
    if not whole or not 0 <= start <= end < x.ndim:
        wanted = f"axes of x in their order, 0 <= start <= end <= {x.ndim - 1}"
        validation.refuse("start, end", (start, end), wanted, "use start=1 and end=-1 for all but the batch")
    return *x.shape[:start], int(np.prod(x.shape[start : end + 1])), *x.shape[end + 1 :]


def _end_of_x(name: str, value: Any, arrays: Mapping[str, np.ndarray], parsed: Mapping[str, Any]) -> int:
    """an axis of x not before start, counted from 0, or from −1 backwards"""
    end = axis_of_x(name, value, arrays, parsed)
    if end < parsed["start"]:
        validation.refuse(name, value, f"an axis of x from start={parsed['start']} on", "use end=-1 for the last")
    return end


def _apart(arguments: Mapping[str, Any], rank: int) -> Sequence[Mapping[str, int]]:
    """What stays an axis is of no account."""
    return [dict.fromkeys(("x", "y", "upstream", "dx"), axis) for axis in range(arguments["start"])]


OPERATIONS = with_gradient(
    flatten,
    flatten_gradient,
    says="some axes as one, the last fastest",
    arrays={"x": "…"},
    y="…",
    rules=("chosen", "chosen"),
    parameters={"start": (1, axis_of_x), "end": (-1, _end_of_x)},
    apart=_apart,
)
