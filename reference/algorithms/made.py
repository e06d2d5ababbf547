"""What an algorithm makes of some elements, and of which of them a sum in another order would make something else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import bounds
from ..operators.catalogue import Operation
from ..operators.convolutions.taps import gathered

SUMS = ("fully_connected", *(f"cross_correlation{rank}d" for rank in (1, 2, 3)))
"""The operations whose terms are listed."""


@dataclass(frozen=True)
class Terms:
    """Of M elements the products of n numbers each, exact in float32: [M, n], and the bias [M], or None.

    ``taps``: how many of the n belong to one channel, in a row.
    """

    products: np.ndarray
    bias: np.ndarray | None
    taps: int

    def channels_last(self) -> Terms:
        """Tap by tap, the channels of each, as images with the channels last are summed."""
        each = self.products.reshape(len(self.products), -1, self.taps)
        return Terms(each.swapaxes(1, 2).reshape(self.products.shape), self.bias, 1)

    def deviation(self) -> np.ndarray:
        """What the sum of an element in float32 is off by in all likelihood at most (:mod:`...bounds.statistics`), in whatever order: by nothing
        where every partial sum is a number of float32."""
        wide = self.products.astype(np.float64)
        if bounds.exactly_representable(np.abs(wide).sum(axis=1) / bounds.quantum(wide), np.float32):
            return np.zeros(len(wide))
        n, y, Q = wide.shape[1], wide.sum(axis=1), np.square(wide).sum(axis=1)
        s = np.sqrt((Q + n * Q / 6 + n * np.square(y) / 3) / 3) * bounds.unit_roundoff(np.float32)
        return bounds.MARGIN * bounds.deviations(float(wide.size)) * s


@dataclass(frozen=True)
class Made:
    """``values``: of the M elements, in float32. ``doubtful``: where a rounding on the way lies so near a tie that a sum in another order
    would be rounded the other way; such a one is off by ``step`` at most."""

    says: str
    detail: str
    values: np.ndarray
    doubtful: np.ndarray
    step: np.ndarray

    def gives(self, y: np.ndarray) -> bool:
        """Whether all of y [M] is what the algorithm makes, to the last bit where nothing is doubtful."""
        reach = self.doubtful * self.step
        low, high = self.values - reach, self.values + reach
        return bool(((low <= y) & (y <= high)).all())


class Rounding:
    """Numbers of float32 rounded to a narrow format, with a tally of those that lie so near a tie that a sum in another order rounds otherwise."""

    def __init__(self, format: Any, count: int):
        self.format, self.u = np.dtype(format), bounds.unit_roundoff(format)
        self.doubtful, self.largest = np.zeros(count, bool), np.zeros(count)

    def __call__(self, numbers: np.ndarray, off: np.ndarray | float = 0.0) -> np.ndarray:
        """``off``: by how much the numbers may be off; where by nothing, a tie is one, and goes to the even neighbour."""
        with np.errstate(over="ignore"):
            kept = numbers.astype(self.format).astype(np.float32)
        if np.any(off):
            self.doubtful |= bounds.near_a_tie(numbers, self.format, off)
        self.largest = np.maximum(self.largest, np.abs(numbers))
        return kept

    def made(self, says: str, detail: str, values: np.ndarray, rounded: int) -> Made:
        """``rounded``: how many roundings an element meets."""
        return Made(says, detail, values, self.doubtful, 2 * min(rounded, 4) * bounds.ulp(self.largest, self.format))


def terms(operation: Operation, arguments: Mapping[str, Any], places: np.ndarray, shape: tuple[int, ...]) -> Terms:
    """Of the elements at these places [M] of the result of this shape, as they lie in memory; n = channels × taps, channel by channel."""
    x, w, b = (arguments.get(name) for name in ("x", "w", "b"))
    assert x is not None and w is not None
    x, w = x.astype(np.float32), w.astype(np.float32)
    at = np.unravel_index(places, shape)
    bias = None if b is None else b.astype(np.float32)[at[1]]
    if operation.name == "fully_connected":
        return Terms(x[at[0]] * w[at[1]], bias, 1)
    rank = x.ndim - 2
    pairs = (arguments["padding"],) if rank == 1 else arguments["padding"]
    stride, dilation = ((arguments[name],) if rank == 1 else tuple(arguments[name]) for name in ("stride", "dilation"))
    padded, groups = np.pad(x, ((0, 0), (0, 0), *pairs)), arguments["groups"]
    products = np.empty((len(places), w[0].size), np.float32)
    position = np.ravel_multi_index(at[2:], shape[2:])
    for image in np.unique(at[0]):
        columns = gathered(padded[image : image + 1], w.shape[2:], shape[2:], stride, dilation, groups)[0]
        own = np.flatnonzero(at[0] == image)
        kernel = at[1][own]
        products[own] = columns[kernel // (len(w) // groups), :, position[own]] * w[kernel].reshape(len(own), -1)
    return Terms(products, bias, int(np.prod(w.shape[2:])))
