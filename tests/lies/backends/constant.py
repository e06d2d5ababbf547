"""Returns the same number whatever it is asked."""

import numpy as np
from lectureclaims.reference.libraries.numpy import operations as _numpy
from lectureclaims.reference.libraries.numpy.operations import *  # noqa: F403


def cross_correlation2d(x, w, b, **settings):
    return np.full_like(_numpy.cross_correlation2d(x, w, b, **settings), 7)
