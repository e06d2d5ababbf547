"""A result of another shape than what was meant gives: which settings would give it, and what of the part that both have is right."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...reference.operators.catalogue import Operation
from ...reference.validation import BadInput
from .calls import result_shapes

SETTINGS = ("stride", "padding", "dilation", "window", "size", "ceil_mode", "output_padding")
"""Parameters that decide on a shape."""


def spatial(y: np.ndarray, shape: Sequence[int]) -> bool:
    """Whether only the spatial axes, those from the third on, have other sizes, and no size is that of another axis."""
    return y.ndim == len(shape) > 2 and y.shape[:2] == tuple(shape[:2]) and sorted(y.shape) != sorted(shape)


def filled(y: np.ndarray, exact: np.ndarray) -> tuple[np.ndarray, tuple[slice, ...]]:
    """The exact result, rounded, with what was given of it in its place; and where that is."""
    common = tuple(slice(min(sizes)) for sizes in zip(y.shape, exact.shape, strict=True))
    with np.errstate(over="ignore"):
        whole = exact.astype(y.dtype)
    whole[common] = y[common]
    return whole, common


def settings(
    operation: Operation, arguments: Mapping[str, Any], result: str, shape: tuple[int, ...]
) -> Iterator[tuple[dict[str, Any], str]]:
    """Other settings that would give a result of this shape, those that change fewest first, and in words."""
    known = {name: _values(name, arguments) for name in SETTINGS if name in operation.parameters}
    found = []
    for values in itertools.product(*known.values()):
        other = dict(zip(known, values, strict=True))
        changed = {name: value for name, value in other.items() if value != arguments[name]}
        if changed:
            found.append(changed)
    for changed in sorted(found, key=len):
        try:
            shapes = result_shapes(operation, {**arguments, **changed})
        except BadInput:
            continue
        if shapes[result] == shape:
            yield changed, ", ".join(f"{name}={value!r}" for name, value in changed.items())


def _values(name: str, arguments: Mapping[str, Any]) -> list[Any]:
    given = arguments[name]
    if isinstance(given, bool):
        return [given, not given]
    rank = arguments["x"].ndim - 2

    def each(number: int) -> Any:
        return (number,) * rank if isinstance(given, tuple) else number

    if name == "padding":
        return list(dict.fromkeys(_paddings(given, arguments, rank)))
    values = [given]
    if isinstance(given, tuple):
        values.append(given[::-1])
    if name == "stride":
        values += [each(1), each(2), arguments.get("window", given)]
    elif name == "dilation":
        values.append(each(1))
    return list(dict.fromkeys(values))


def _paddings(given: Any, arguments: Mapping[str, Any], rank: int) -> Iterator[Any]:
    """As given; none; half a kernel on each side; a zero more after, as where sizes are rounded up; one less, as where they are cut; exchanged."""
    yield given
    sides = given if rank > 1 else (given,)
    taps = arguments["w"].shape[2:] if arguments.get("w") is not None else arguments.get("window", (1,) * rank)
    strides = arguments.get("stride", 1)
    strides = strides if isinstance(strides, tuple) else (strides,) * rank
    for other in (
        tuple((0, 0) for _ in sides),
        tuple(((k - 1) // 2, k // 2) for k in taps),
        tuple((before, after + s - 1) for (before, after), s in zip(sides, strides, strict=True)),
        tuple((before, max(after - 1, 0)) for before, after in sides),
        tuple(sides[::-1]),
    ):
        yield other if rank > 1 else other[0]
