"""Operator mutants of a convolution layer that mixes up its kernels or its images (see ``mutants`` for what a mutant is)."""

from __future__ import annotations

import numpy as np


def kernels_shared(lib, x, w, b, **settings):
    """The first kernel makes every channel of the output."""
    return lib.cross_correlation2d(x, np.repeat(w[:1], len(w), axis=0), b, **settings)


def planes_shared(lib, x, w, b, **settings):
    """A kernel is one plane k_y × k_x, the same for every channel of the image: a 2-tensor."""
    return lib.cross_correlation2d(x, np.repeat(w[:, :1], w.shape[1], axis=1), b, **settings)


def kernels_reversed(lib, x, w, b, **settings):
    """The last kernel makes the first channel of the output."""
    return lib.cross_correlation2d(x, np.ascontiguousarray(w[::-1]), b, **settings)


def batch_statistics_inside(lib, x, w, b, **settings):
    """The batch's mean of each channel is taken off, as batch norm in training mode does."""
    y = lib.cross_correlation2d(x, w, b, **settings)
    return y - y.mean(axis=(0, 2, 3), keepdims=True)


def one_scale_for_the_batch(lib, x, w, b, **settings):
    """The batch is rounded to 8 bits by one scale, that of its largest number: dynamic quantisation of a whole tensor."""
    with np.errstate(invalid="ignore"):  # a mate of infinities has no scale
        scale = np.abs(x).max() / x.dtype.type(127)
        return lib.cross_correlation2d(np.round(x / scale) * scale, w, b, **settings)


def images_reversed(lib, x, w, b, **settings):
    """The outputs come in the reverse order of the images."""
    return np.ascontiguousarray(lib.cross_correlation2d(x, w, b, **settings)[::-1])
