"""Images continued beyond their borders: numbers shown in several places, and the sums of what comes back from there."""

import numpy as np

from .. import exact
from .linear import continued
from .remembered import Array, Sides, once


def _shown(x, padding, mode):
    """For each place of the padded image the flat index of the element of its plane that is shown there, or -1."""
    index = np.arange(x[0, 0].size).reshape(x.shape[2:])
    for axis, (size, (before, after)) in enumerate(zip(x.shape[2:], padding, strict=True)):
        if mode == "zeros":
            sides = [(0, 0)] * axis + [(before, after)] + [(0, 0)] * (index.ndim - axis - 1)
            index = np.pad(index, sides, constant_values=-1)
        else:
            index = np.take(index, continued(size, before, after, mode), axis=axis)
    return index


@once
def pad(x: Array, *, padding: Sides, padding_mode: str) -> Array:
    """Each number of x where it is shown, 0 where none is."""
    index = _shown(x, padding, padding_mode)
    flat = x.reshape(*x.shape[:2], -1)
    return np.where(index < 0, 0.0, flat[:, :, np.maximum(index, 0)])


@once
def pad_gradient(x: Array, upstream: Array, *, padding: Sides, padding_mode: str) -> Array:
    """The sum of upstream over all places where an element is shown."""
    index = _shown(x, padding, padding_mode)
    planes = np.arange(x.shape[0] * x.shape[1]).reshape(*x.shape[:2], *[1] * index.ndim) * x[0, 0].size
    chosen = np.broadcast_to(planes + index, upstream.shape)[np.broadcast_to(index >= 0, upstream.shape)]
    numbers = upstream[np.broadcast_to(index >= 0, upstream.shape)]
    low, high = exact.extent(numbers)
    bits = exact.room(int(np.bincount(chosen, minlength=1).max()))
    parts = {e: np.bincount(chosen, s, x.size).astype(np.int64) for e, s in exact.slices(numbers, low, high, bits)}
    return exact.rounded(parts).reshape(x.shape)
