"""Returns float64 where it was asked in float32."""

import numpy as np
from lectureclaims.reference import libraries

_numpy = libraries.load("numpy")


def __getattr__(name):
    return getattr(_numpy, name)


def cross_correlation2d(x, w, b, **settings):
    return _numpy.cross_correlation2d(x, w, b, **settings).astype(np.float64)
