"""Writes into the memory of its inputs, past NumPy's flag that forbids it, after it has answered."""

import ctypes

from lectureclaims.reference import libraries

_numpy = libraries.load("numpy")


def __getattr__(name):
    return getattr(_numpy, name)


def cross_correlation2d(x, w, b, **settings):
    y = _numpy.cross_correlation2d(x, w, b, **settings)
    ctypes.memset(x.ctypes.data, 0, x.nbytes)
    return y
