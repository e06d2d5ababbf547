"""Returns float64 where it was asked in float32."""

import numpy as np
from lectureclaims.reference.backends import numpy as _numpy
from lectureclaims.reference.backends.numpy import *  # noqa: F403


def cross_correlation2d(x, w, b, **settings):
    return _numpy.cross_correlation2d(x, w, b, **settings).astype(np.float64)
