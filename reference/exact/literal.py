"""Sums of products, one product after another: which numbers a linear layer multiplies, from its definition, in integers."""

import functools
import math
from array import array

import numpy as np

from .integers import quotients, whole

Array = np.ndarray
Sizes = tuple[int, ...]


class Terms:
    """A bilinear map, product by product: y[output[t]] += x[x[t]] · w[w[t]] for every t. Indices are flat."""

    __slots__ = ("output", "shape", "w", "x")

    def __init__(self, shape: tuple[int, ...]):
        self.shape = shape
        self.output, self.x, self.w = array("q"), array("q"), array("q")


def positions(
    size: int, kernel: int, stride: int, before: int, after: int, dilation: int, flipped: bool, ceil: bool = False
) -> list[list[tuple[int, int]]]:
    """For each window along one axis, the (tap, element) pairs that lie inside the data.

    The windows are found by trying every start, not by the formula for their number. ``ceil``: a window that reaches beyond the room
    counts, too, where the one before it left something unseen and it begins before the padding behind the data.
    """
    room = before + size + after
    windows = []
    for start in range(0, room, stride):
        last = start + dilation * (kernel - 1)
        if last < room or (ceil and last - stride < room - 1 and start < before + size):
            seen = []
            for tap in range(kernel):
                element = start + dilation * (kernel - 1 - tap if flipped else tap) - before
                if 0 <= element < size:
                    seen.append((tap, element))
            windows.append(seen)
    return windows


@functools.lru_cache(maxsize=512)
def convolution_terms(
    x_shape: Sizes,
    w_shape: Sizes,
    stride: Sizes,
    padding: tuple[Sizes, ...],
    dilation: Sizes,
    groups: int,
    flipped: bool,
) -> Terms:
    """The products of a two-dimensional convolution (``flipped``) or cross-correlation.

    Kept, as a sweep asks for the same small geometry again and again.
    """
    batch, channels_in, height, width = x_shape
    channels_out, share_in, kernel_y, kernel_x = w_shape
    share_out = channels_out // groups
    rows = positions(height, kernel_y, stride[0], padding[0][0], padding[0][1], dilation[0], flipped)
    columns = positions(width, kernel_x, stride[1], padding[1][0], padding[1][1], dilation[1], flipped)
    terms = Terms((batch, channels_out, len(rows), len(columns)))
    put_output, put_x, put_w = terms.output.append, terms.x.append, terms.w.append
    output = 0
    for n in range(batch):
        for o in range(channels_out):
            first_channel = o // share_out * share_in
            for row in rows:
                for column in columns:
                    for c in range(share_in):
                        plane = (n * channels_in + first_channel + c) * height
                        taps = (o * share_in + c) * kernel_y
                        for i, y in row:
                            line, tap_line = (plane + y) * width, (taps + i) * kernel_x
                            for j, x in column:
                                put_output(output)
                                put_x(line + x)
                                put_w(tap_line + j)
                    output += 1
    return terms


def sums(
    target: array,
    shape: Sizes,
    first: Array,
    first_index: array,
    second: Array,
    second_index: array,
    start: Array | None,
) -> Array:
    """result[target[t]] += first[first_index[t]] · second[second_index[t]], each result exact, then rounded once.

    ``start`` is added to each result: the bias, already spread over the outputs.
    """
    start = np.zeros(math.prod(shape)) if start is None else start
    (low_a, a), (low_b, b), (low_start, total) = whole(first), whole(second), whole(start)
    unit = min(low_a + low_b, low_start)
    total = [number << (low_start - unit) for number in total]
    shift = low_a + low_b - unit
    for t, i, j in zip(target, first_index, second_index, strict=True):
        total[t] += a[i] * b[j] << shift
    return quotients(total, unit).reshape(shape)
