"""Flips the kernel, as a convolution in the strict sense does."""

import numpy as np
from lectureclaims.reference.libraries.numpy import operations as _numpy
from lectureclaims.reference.libraries.numpy.operations import *  # noqa: F403


def cross_correlation2d(x, w, b, **settings):
    return _numpy.cross_correlation2d(x, np.ascontiguousarray(w[:, :, ::-1, ::-1]), b, **settings)
