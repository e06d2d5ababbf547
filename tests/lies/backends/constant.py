"""Returns the same number whatever it is asked."""

import numpy as np
from lectureclaims.reference.backends import numpy as _numpy
from lectureclaims.reference.backends.numpy import *  # noqa: F403


def cross_correlation2d(x, w, b, **settings):
    return np.full_like(_numpy.cross_correlation2d(x, w, b, **settings), 7)
