"""Operations that choose among the numbers they are given, and so never round."""

import math
from array import array

import numpy as np

from .. import validation
from ..exact import positions, sums
from ..remembered import once
from .decimals import each


@once
def max_pooling2d(x, *, window, stride) -> np.ndarray:
    """The largest number in each window, by comparing them one after another."""
    shape, chosen = _largest(x, tuple(window), tuple(stride))
    return x.ravel()[chosen].reshape(shape)


@once
def max_pooling2d_gradient(x, upstream, *, window, stride) -> np.ndarray:
    """Each upstream number added where its window's first largest element, in reading order, lies."""
    _, chosen = _largest(x, tuple(window), tuple(stride))
    one = array("q", [0]) * len(chosen)
    return sums(array("q", chosen), x.shape, upstream, array("q", range(len(chosen))), np.ones(1), one)


def _largest(x, window, stride):
    """The output's shape, and for each output the flat index of the first largest element of its window."""
    if np.isnan(x).any():
        validation.refuse("x", "NaN", "numbers that can be compared", "test NaN on its own")
    batch, channels, height, width = x.shape
    rows = positions(height, window[0], stride[0], 0, 0, 1, False)
    columns = positions(width, window[1], stride[1], 0, 0, 1, False)
    numbers, chosen = x.ravel().tolist(), []
    for plane in range(batch * channels):
        for row in rows:
            for column in columns:
                best = None
                for _, y in row:
                    for _, i in column:
                        index = (plane * height + y) * width + i
                        if best is None or numbers[index] > numbers[best]:
                            best = index
                chosen.append(best)
    return (batch, channels, len(rows), len(columns)), chosen


@once
def relu(x) -> np.ndarray:
    """z where z > 0, else 0; NaN stays."""
    return each(lambda z: z if z > 0 or math.isnan(z) else 0.0, x)


@once
def relu_gradient(x, upstream) -> np.ndarray:
    """upstream where z > 0, else 0."""
    return each(lambda z, u: u if z > 0 else 0.0, x, upstream)
