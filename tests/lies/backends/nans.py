"""Returns NaN for the last element."""

import numpy as np
from lectureclaims.reference.libraries.numpy import operations as _numpy
from lectureclaims.reference.libraries.numpy.operations import *  # noqa: F403


def cross_correlation2d(x, w, b, **settings):
    y = _numpy.cross_correlation2d(x, w, b, **settings)
    y.flat[-1] = np.nan
    return y
