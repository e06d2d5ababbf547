"""Mistaken operations of the claims about tensors, ``mutant(lib, **the arguments of the right one)``; they call the library's real operation."""

import numpy as np


def first_kernel_for_all(lib, x, w, b, **settings):
    """As many outputs as there are kernels, all made by the first one."""
    return lib.cross_correlation2d(x, np.repeat(w[:1], len(w), axis=0), b, **settings)


def stacked_along_channels(lib, images):
    """Images stacked, and then the axes of images and channels (or rows) exchanged."""
    return np.ascontiguousarray(lib.stack(images).swapaxes(0, 1))


def stacked_from_the_last(lib, images):
    return lib.stack(images[::-1])


def taken_apart_along_the_second_axis(lib, batch):
    return lib.take_apart(np.ascontiguousarray(batch.swapaxes(0, 1)))
