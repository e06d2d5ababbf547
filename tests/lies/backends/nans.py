"""Returns NaN for the last element."""

import numpy as np
from lectureclaims.reference.backends import numpy as _numpy
from lectureclaims.reference.backends.numpy import *  # noqa: F403


def cross_correlation2d(x, w, b, **settings):
    y = _numpy.cross_correlation2d(x, w, b, **settings)
    y.flat[-1] = np.nan
    return y
