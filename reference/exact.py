"""Sums of products, exactly: which numbers a linear layer multiplies, and their sum rounded once.

The terms of a layer are enumerated from its definition, window by window. They are then summed in Python integers where
the data are whole numbers, and otherwise split without error (Veltkamp 1968, Dekker 1971) and added by ``math.fsum``
(Shewchuk 1997). Where the splitting itself could overflow or underflow, ``Fraction`` takes over.
"""

import fractions
import functools
import math
from array import array

import numpy as np

from . import validation


class Terms:
    """A bilinear map, product by product: y[output[t]] += x[x[t]] · w[w[t]] for every t. Indices are flat."""

    __slots__ = ("output", "shape", "w", "x")

    def __init__(self, shape: tuple[int, ...]):
        self.shape = shape
        self.output, self.x, self.w = array("q"), array("q"), array("q")


def positions(size, kernel, stride, before, after, dilation, flipped):
    """For each window along one axis, the (tap, element) pairs that lie inside the data.

    The windows are found by trying every start, not by the formula for their number.
    """
    room = before + size + after
    windows = []
    for start in range(0, room, stride):
        if start + dilation * (kernel - 1) < room:
            seen = []
            for tap in range(kernel):
                element = start + dilation * (kernel - 1 - tap if flipped else tap) - before
                if 0 <= element < size:
                    seen.append((tap, element))
            windows.append(seen)
    return windows


def convolution_terms(x_shape, w_shape, stride, padding, dilation, groups, flipped) -> Terms:
    """The products of a two-dimensional convolution (``flipped``) or cross-correlation."""
    # A sweep asks for the same small geometry again and again; a large one would only fill the memory.
    small = math.prod(w_shape) * x_shape[0] * math.prod(x_shape[2:]) < 50_000
    enumerate_terms = _kept_terms if small else _convolution_terms
    return enumerate_terms(x_shape, w_shape, stride, padding, dilation, groups, flipped)


def _convolution_terms(x_shape, w_shape, stride, padding, dilation, groups, flipped) -> Terms:
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


_kept_terms = functools.lru_cache(maxsize=512)(_convolution_terms)


def fully_connected_terms(x_shape, w_shape) -> Terms:
    """The products of a fully connected layer."""
    (batch, features_in), (features_out, _) = x_shape, w_shape
    terms = Terms((batch, features_out))
    for n in range(batch):
        for o in range(features_out):
            for i in range(features_in):
                terms.output.append(n * features_out + o)
                terms.x.append(n * features_in + i)
                terms.w.append(o * features_in + i)
    return terms


def sums(target, shape, first, first_index, second, second_index, start=None) -> np.ndarray:
    """result[target[t]] += first[first_index[t]] · second[second_index[t]], each result exact, then rounded once.

    ``start`` is added to each result: the bias, already spread over the outputs.
    """
    for numbers in (first, second, start):
        if numbers is not None and not np.isfinite(numbers).all():
            validation.refuse(
                "data", "inf or NaN", "finite numbers in a sum of products", "test them element by element"
            )
    first, second = first.ravel(), second.ravel()
    start = np.zeros(math.prod(shape)) if start is None else start.ravel()
    if _whole(first) and _whole(second) and _whole(start):
        total = _integers(start)
        a, b = _integers(first), _integers(second)
        for t, i, j in zip(target, first_index, second_index, strict=True):
            total[t] += a[i] * b[j]
        return np.array([float(number) for number in total]).reshape(shape)
    return _real_sums(target, shape, first, first_index, second, second_index, start)


def _whole(numbers):
    return bool((np.floor(numbers) == numbers).all())


def _integers(numbers) -> list[int]:
    return [int(number) for number in numbers.tolist()]


def _real_sums(target, shape, first, first_index, second, second_index, start):
    target = np.frombuffer(target, np.int64) if len(target) else np.zeros(0, np.int64)
    a = first[np.frombuffer(first_index, np.int64)] if len(first_index) else np.zeros(0)
    b = second[np.frombuffer(second_index, np.int64)] if len(second_index) else np.zeros(0)
    if target.size and (np.diff(target) < 0).any():
        order = np.argsort(target, kind="stable")
        target, a, b = target[order], a[order], b[order]
    ends = np.cumsum(np.bincount(target, minlength=start.size)).tolist()
    begins = [0, *ends[:-1]]
    starts = start.tolist()
    product, error, safe = two_products(a, b)
    if not safe:
        exact = [fractions.Fraction(p) * fractions.Fraction(q) for p, q in zip(a.tolist(), b.tolist(), strict=True)]
        totals = [
            _nearest(sum(exact[s:e], fractions.Fraction(bias))) for s, e, bias in zip(begins, ends, starts, strict=True)
        ]
        return np.array(totals).reshape(shape)
    products, errors = product.tolist(), error.tolist() if error.any() else None
    if errors is None:
        totals = [math.fsum((*products[s:e], bias)) for s, e, bias in zip(begins, ends, starts, strict=True)]
    else:
        totals = [
            math.fsum((*products[s:e], *errors[s:e], bias)) for s, e, bias in zip(begins, ends, starts, strict=True)
        ]
    return np.array(totals).reshape(shape)


def _nearest(number: fractions.Fraction) -> float:
    """The nearest float64 (Python's division of integers is correctly rounded); infinite beyond the largest."""
    try:
        return number.numerator / number.denominator
    except OverflowError:
        return math.copysign(math.inf, number)


def two_products(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, bool]:
    """(p, e, safe): p + e = a·b exactly, in float64, where ``safe``: no part overflowed or fell below 2**-1022.

    Veltkamp's splitting into halves of 26 bits, Dekker's product (Muller et al., *Handbook of Floating-Point
    Arithmetic*, 2nd ed. 2018, algorithms 4.10 and 4.12).
    """
    if a.size == 0:
        return a, b, True
    sizes = np.abs(a), np.abs(b)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        p = a * b
        safe = max(size.max() for size in sizes) < 2.0**900 and bool(np.abs(p).max() < 2.0**1000)
        # The error of a product p is a multiple of the last bits of a and b: 2**-106 of it at worst.
        nonzero = (a != 0) & (b != 0)
        safe = safe and bool((np.abs(p[nonzero]) > 2.0**-900).all())
        if not safe:
            return p, np.zeros_like(p), False
        a_high, a_low = _halves(a)
        b_high, b_low = _halves(b)
        return p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low, True


def _halves(numbers):
    scaled = numbers * 134217729.0  # 2**27 + 1
    high = scaled - (scaled - numbers)
    return high, numbers - high
