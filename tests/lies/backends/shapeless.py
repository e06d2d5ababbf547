"""Returns the right numbers in the wrong shape."""

from lectureclaims.reference.libraries.numpy import operations as _numpy
from lectureclaims.reference.libraries.numpy.operations import *  # noqa: F403


def cross_correlation2d(x, w, b, **settings):
    return _numpy.cross_correlation2d(x, w, b, **settings)[:, :, :, :, None]
