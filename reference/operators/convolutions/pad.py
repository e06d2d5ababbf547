"""An image continued beyond its borders, along each of its spatial axes.

    y[n, c, p, q] = x[n, c, s(p - top), s(q - left)]

    mode        s(i) beyond 0 … n - 1                                example, n = 4, two before and two after
    zeros       none: the value is 0                                 0 0 | a b c d | 0 0
    replicate   the nearest element                                  a a | a b c d | d d
    reflect     mirrored about the outermost element, less than n    c b | a b c d | c b
    symmetric   mirrored about the edge, at most n                   b a | a b c d | d c
    circular    continued periodically, at most n                    c d | a b c d | a b

As PyTorch's padding modes and NumPy's "edge", "reflect", "symmetric" and "wrap". Dumoulin & Visin, *A guide to convolution
arithmetic for deep learning* (2016), §2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ... import validation
from ..axes import Array, Float, Sides
from ..narrow import computed_wide
from ..operation import REQUIRED, one_of, sides_of_x, with_gradient

MODES = ("zeros", "replicate", "reflect", "symmetric", "circular")
_ROOM = {"zeros": None, "replicate": None, "reflect": -1, "symmetric": 0, "circular": 0}
"""How much wider than the image the padding may be; None: as wide as you like."""


def source(size: int, before: int, after: int, mode: str) -> np.ndarray:
    """For each element of a padded axis the element of x that it shows, or -1 for a zero. BadInput where the padding is too wide."""
    validation.choice("padding_mode", mode, MODES)
    room = _ROOM[mode]
    if room is not None and max(before, after) > size + room:
        validation.refuse(
            "padding", (before, after), f"at most {size + room} a side for {mode!r}", "pad less, or in steps"
        )
    i = np.arange(-before, size + after)
    if mode == "zeros":
        return np.where((i >= 0) & (i < size), i, -1)
    if mode == "replicate":
        return np.clip(i, 0, size - 1)
    if mode == "circular":
        return i % size
    mirrored = np.where(i < 0, -i, i) if mode == "reflect" else np.where(i < 0, -1 - i, i)
    last = 2 * size - 2 if mode == "reflect" else 2 * size - 1
    return np.where(mirrored >= size, last - mirrored, mirrored)


def padded(x: np.ndarray, sides: Sides, mode: str) -> np.ndarray:
    """x [N, C, *sizes] with each of its spatial axes continued."""
    if mode == "zeros":  # np.pad's own arithmetic takes longer than a small convolution
        shape = [before + size + after for size, (before, after) in zip(x.shape[2:], sides, strict=True)]
        y = np.zeros((*x.shape[:2], *shape), x.dtype)
        y[:, :, *(slice(before, before + size) for size, (before, _) in zip(x.shape[2:], sides, strict=True))] = x
        return y
    for axis, (size, (before, after)) in enumerate(zip(x.shape[2:], sides, strict=True), start=2):
        x = np.take(x, source(size, before, after, mode), axis=axis)
    return x


def folded(dy: np.ndarray, sizes: tuple[int, ...], sides: Sides, mode: str) -> np.ndarray:
    """The adjoint: what comes to each element of x from all places that show it."""
    for axis, (size, (before, after)) in enumerate(zip(sizes, sides, strict=True), start=2):
        from_here = source(size, before, after, mode)
        moved = np.moveaxis(dy, axis, 0)
        total = np.zeros((size, *moved.shape[1:]), dy.dtype)
        np.add.at(total, from_here[from_here >= 0], moved[from_here >= 0])
        dy = np.moveaxis(total, 0, axis)
    return np.ascontiguousarray(dy)


def pad(x: Float[Array, "N C *space"], *, padding: Sides, padding_mode: str) -> Float[Array, "N C *padded"]:
    """x [N, C, ...] -> y [N, C, ...] in the dtype of x. padding: (before, after) for each spatial axis, in elements."""
    return np.ascontiguousarray(padded(x, _check(x, padding), validation.choice("padding_mode", padding_mode, MODES)))


@computed_wide
def pad_gradient(
    x: Float[Array, "N C *space"], upstream: Float[Array, "N C *padded"], *, padding: Sides, padding_mode: str
) -> Float[Array, "N C *space"]:
    """dx [N, C, ...] for an upstream gradient of the padded shape: each is added to the element that was shown."""
    sides = _check(x, padding)
    shape = (*x.shape[:2], *(size + sum(side) for size, side in zip(x.shape[2:], sides, strict=True)))
    validation.upstream(upstream, x, shape, "the shape of the padded x")
    return folded(upstream, x.shape[2:], sides, validation.choice("padding_mode", padding_mode, MODES))


def _check(x, padding):
    validation.array("x", x, axes=None, least_rank=3)
    rank = x.ndim - 2
    if rank > 3:
        validation.refuse("x.shape", x.shape, "3 to 5 axes [N, C, …]", "reshape x to those axes")
    alone = rank == 1 and isinstance(padding, list | tuple) and len(padding) == 1
    return validation.padding("padding", padding[0] if alone else padding, rank=rank)


def _apart(arguments: Mapping[str, Any], rank: int) -> list[dict[str, int]]:
    return [dict.fromkeys(("x", "y", "upstream", "dx"), axis) for axis in (0, 1)]


OPERATIONS = with_gradient(
    pad,
    pad_gradient,
    says="the image continued beyond its borders",
    arrays={"x": "NC…"},
    parameters={"padding": (REQUIRED, sides_of_x), "padding_mode": (REQUIRED, one_of(*MODES))},
    y="NC…",
    rules=("chosen", "routed"),
    apart=_apart,
)
