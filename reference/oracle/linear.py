"""Sums of products, from the list of their products: values, gradients, and the sizes that bounds need."""

import math
from array import array
from collections.abc import Callable

import numpy as np

from ..exact import convolution_terms, fully_connected_terms, sums
from ..remembered import once


def _planar(x, w, stride, padding, dilation):
    """A row of numbers is an image of height 1."""
    return x[:, :, None], w[:, :, None], (1, stride), ((0, 0), padding), (1, dilation)


def _freeze(pair):
    return tuple(tuple(side) if isinstance(side, (list, tuple)) else side for side in pair)


def _forward(x, w, b, stride, padding, dilation, groups, flipped):
    terms = convolution_terms(x.shape, w.shape, tuple(stride), _freeze(padding), tuple(dilation), groups, flipped)
    start = None if b is None else np.broadcast_to(b[:, None, None], terms.shape)
    return sums(terms.output, terms.shape, x, terms.x, w, terms.w, start)


def _gradient(x, w, upstream, stride, padding, dilation, groups):
    terms = convolution_terms(x.shape, w.shape, tuple(stride), _freeze(padding), tuple(dilation), groups, False)
    return _transposed(terms, x, w, upstream, upstream.shape[1])


def _transposed(terms, x, w, upstream, outputs):
    """The same triples, summed over the input's index, over the weight's, and (for the bias) over the channel's."""
    dx = sums(terms.x, x.shape, upstream, terms.output, w, terms.w)
    dw = sums(terms.w, w.shape, upstream, terms.output, x, terms.x)
    every = range(upstream.size)
    positions = math.prod(upstream.shape[2:])
    channel = array("q", [index // positions % outputs for index in every])
    db = sums(channel, (outputs,), upstream, array("q", every), np.ones(1), array("q", [0]) * upstream.size)
    return dx, dw, db


@once
def cross_correlation1d(x, w, b, *, stride, padding, dilation, groups) -> np.ndarray:
    """y[n, o, p] = b[o] + sum over c, i of x[n, c, p·s + i·d - before]·w[o, c, i]; no windows give an empty axis."""
    x, w, stride, padding, dilation = _planar(x, w, stride, padding, dilation)
    return _forward(x, w, b, stride, padding, dilation, groups, flipped=False)[:, :, 0]


@once
def cross_correlation2d(x, w, b, *, stride, padding, dilation, groups) -> np.ndarray:
    """y[n, o, p, q] = b[o] + sum over c, i, j of x[n, c, p·sy + i·dy - top, q·sx + j·dx - left]·w[o, c, i, j]."""
    return _forward(x, w, b, stride, padding, dilation, groups, flipped=False)


@once
def convolution1d(x, w, b, *, stride, padding, dilation, groups) -> np.ndarray:
    """y[n, o, p] = b[o] + sum over c, i of x[n, c, p·s + (k - 1 - i)·d - before]·w[o, c, i]."""
    x, w, stride, padding, dilation = _planar(x, w, stride, padding, dilation)
    return _forward(x, w, b, stride, padding, dilation, groups, flipped=True)[:, :, 0]


@once
def convolution2d(x, w, b, *, stride, padding, dilation, groups) -> np.ndarray:
    """The same in two dimensions: the kernel's index runs against the input's on both spatial axes."""
    return _forward(x, w, b, stride, padding, dilation, groups, flipped=True)


@once
def cross_correlation1d_gradient(x, w, upstream, *, stride, padding, dilation, groups):
    """(dx, dw, db): the derivative of sum(upstream · y) by each number, read off the list of products."""
    x, w, stride, padding, dilation = _planar(x, w, stride, padding, dilation)
    dx, dw, db = _gradient(x, w, upstream[:, :, None], stride, padding, dilation, groups)
    return dx[:, :, 0], dw[:, :, 0], db


@once
def cross_correlation2d_gradient(x, w, upstream, *, stride, padding, dilation, groups):
    """(dx, dw, db): the derivative of sum(upstream · y) by each number, read off the list of products."""
    return _gradient(x, w, upstream, stride, padding, dilation, groups)


@once
def fully_connected(x, w, b) -> np.ndarray:
    """y[n, o] = b[o] + sum over i of x[n, i]·w[o, i]."""
    terms = fully_connected_terms(x.shape, w.shape)
    start = None if b is None else np.broadcast_to(b, terms.shape)
    return sums(terms.output, terms.shape, x, terms.x, w, terms.w, start)


@once
def fully_connected_gradient(x, w, upstream):
    """(dx, dw, db): the derivative of sum(upstream · y) by each number."""
    return _transposed(fully_connected_terms(x.shape, w.shape), x, w, upstream, upstream.shape[1])


def sizes(operation: Callable, *arrays, **parameters):
    """(S, n) for an operation above and its arguments: S = sum |x||w| + |b|, n = how many numbers were summed.

    Both are the operation itself, of the absolute values and of ones. n leaves out the zeros of the padding, whose
    products and sums are exact. For a gradient, S and n are triples as its result is.
    """
    absolute = operation(*(None if a is None else np.abs(a) for a in arrays), **parameters)
    count = operation(*(None if a is None else np.ones(a.shape) for a in arrays), **parameters)
    return absolute, count


def flush_sizes(operation: Callable, *arrays, **parameters):
    """sum (|x| + |w|) over the products of each result: what bounds the loss where subnormal inputs count as 0.

    For a gradient a triple, of the two factors that each part multiplies.
    """

    def alone(kept):
        """The operation with one factor as it is and ones for the others."""
        return operation(
            *(None if a is None else np.abs(a) if i == kept else np.ones(a.shape) for i, a in enumerate(arrays)),
            **parameters,
        )

    if not operation.__name__.endswith("_gradient"):
        arrays = (*arrays[:2], None)
        return alone(0) + alone(1)
    by_x, by_w, by_upstream = alone(0), alone(1), alone(2)
    return by_w[0] + by_upstream[0], by_x[1] + by_upstream[1], by_upstream[2]
