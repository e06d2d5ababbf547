"""Writes into the memory of its inputs, past NumPy's flag that forbids it, after it has answered."""

import ctypes

from lectureclaims.reference.libraries.numpy import operations as _numpy
from lectureclaims.reference.libraries.numpy.operations import *  # noqa: F403


def cross_correlation2d(x, w, b, **settings):
    y = _numpy.cross_correlation2d(x, w, b, **settings)
    ctypes.memset(x.ctypes.data, 0, x.nbytes)
    return y
