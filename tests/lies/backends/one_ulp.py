"""One unit in the last place too much, in one element."""

import numpy as np
from lectureclaims.reference.libraries.numpy import operations as _numpy
from lectureclaims.reference.libraries.numpy.operations import *  # noqa: F403


def cross_correlation2d(x, w, b, **settings):
    y = _numpy.cross_correlation2d(x, w, b, **settings)
    y.flat[0] = np.nextafter(y.flat[0], y.dtype.type(np.inf))
    return y
