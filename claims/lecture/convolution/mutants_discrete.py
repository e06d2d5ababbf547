"""Operator mutants of the discrete sums and their windows: ``mutant(lib, **the same arguments)``, on the library's real operations."""

from __future__ import annotations

import numpy as np


def wrapped_around(lib, x, w, b, *, padding, **settings):
    """Every overlap taken modulo the size of x: the product of two transforms of arrays that were not padded with zeros."""
    operation = lib.convolution1d if x.ndim == 3 else lib.convolution2d
    y = operation(x, w, b, padding=padding, **settings)
    for axis in range(2, x.ndim):
        n, size = x.shape[axis], y.shape[axis]
        once = np.moveaxis(np.zeros_like(y), axis, 0)
        for i, row in enumerate(np.moveaxis(y, axis, 0)):
            once[i % n] += row
        y = np.moveaxis(once[np.arange(size) % n], 0, axis)
    return np.ascontiguousarray(y)


def kernel_centred_late(lib, x, w, function, **settings):
    """A library's own "same", each output one place early: the zeros on the other side of the image."""
    y = lib.own_same(x, w, function=function, **settings)
    return np.concatenate([y[1:], np.zeros_like(y[:1])])
