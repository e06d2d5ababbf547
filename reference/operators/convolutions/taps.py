"""What a kernel's taps see of an image, along any number of axes: gathered into columns, and their adjoint, scattered back."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

Axis = tuple[int, ...]

BLOCK = 2**18
"""How many elements are gathered at a time: what fits a processor's cache need not come from memory again."""


def reach(tap: Axis, sizes: Axis, stride: Axis, dilation: Axis) -> tuple[slice, ...]:
    """What one tap of the kernel sees: the slice of the padded input over all window positions."""
    return tuple(
        slice(i * d, i * d + s * (n - 1) + 1, s) for i, n, s, d in zip(tap, sizes, stride, dilation, strict=True)
    )


def by_group(w: np.ndarray, groups: int) -> np.ndarray:
    return w.reshape(groups, w.shape[0] // groups, -1)


def some_images(padded: np.ndarray, kernel: Axis) -> Iterator[slice]:
    """The images, so many at a time that their columns, of stride 1, are about :data:`BLOCK` elements."""
    step = max(1, BLOCK // max(1, math.prod(padded.shape[1:]) * math.prod(kernel)))
    return (slice(start, start + step) for start in range(0, len(padded), step))


def gathered(padded: np.ndarray, kernel: Axis, sizes: Axis, stride: Axis, dilation: Axis, groups: int) -> np.ndarray:
    """Every window as a column: [N, groups, (Cin/groups · taps), (positions)], filled tap by tap."""
    columns = np.empty((*padded.shape[:2], *kernel, *sizes), padded.dtype)
    for tap in np.ndindex(*kernel):
        columns[:, :, *tap] = padded[:, :, *reach(tap, sizes, stride, dilation)]
    return columns.reshape(padded.shape[0], groups, -1, math.prod(sizes))


def scattered(
    columns: np.ndarray, shape: Sequence[int], kernel: Axis, sizes: Axis, stride: Axis, dilation: Axis
) -> np.ndarray:
    """The sum of all columns where they were gathered from: an array of the shape [N, C, *room]."""
    spread = columns.reshape(*shape[:2], *kernel, *sizes)
    padded = np.zeros(shape, columns.dtype)
    for tap in np.ndindex(*kernel):
        padded[:, :, *reach(tap, sizes, stride, dilation)] += spread[:, :, *tap]
    return padded
