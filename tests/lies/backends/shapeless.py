"""Returns the right numbers in the wrong shape."""

from lectureclaims.reference.backends import numpy as _numpy
from lectureclaims.reference.backends.numpy import *  # noqa: F403


def cross_correlation2d(x, w, b, **settings):
    return _numpy.cross_correlation2d(x, w, b, **settings)[:, :, :, :, None]
