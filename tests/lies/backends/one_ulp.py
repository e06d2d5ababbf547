"""One unit in the last place too much, in one element."""

import numpy as np
from lectureclaims.reference import libraries

_numpy = libraries.load("numpy")


def __getattr__(name):
    return getattr(_numpy, name)


def cross_correlation2d(x, w, b, **settings):
    y = _numpy.cross_correlation2d(x, w, b, **settings)
    y.flat[0] = np.nextafter(y.flat[0], y.dtype.type(np.inf))
    return y
