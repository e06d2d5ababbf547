"""Returns float64 where it was asked in float32."""

import numpy as np
from lectureclaims.reference.libraries.numpy import operations as _numpy
from lectureclaims.reference.libraries.numpy.operations import *  # noqa: F403


def cross_correlation2d(x, w, b, **settings):
    return _numpy.cross_correlation2d(x, w, b, **settings).astype(np.float64)
