"""Returns the same number whatever it is asked."""

import numpy as np
from lectureclaims.reference import libraries

_numpy = libraries.load("numpy")


def __getattr__(name):
    return getattr(_numpy, name)


def cross_correlation2d(x, w, b, **settings):
    return np.full_like(_numpy.cross_correlation2d(x, w, b, **settings), 7)
