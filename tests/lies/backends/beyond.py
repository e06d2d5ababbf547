"""Errs by four times what rounding may do: by 4·n·u·S."""

import numpy as np
from lectureclaims.reference import libraries

_numpy = libraries.load("numpy")


def __getattr__(name):
    return getattr(_numpy, name)


def cross_correlation2d(x, w, b, **settings):
    y = _numpy.cross_correlation2d(x, w, b, **settings)
    sizes = _numpy.cross_correlation2d(np.abs(x), np.abs(w), b, **settings)
    return y + sizes * y.dtype.type(2 * w[0].size * np.finfo(y.dtype).eps)
