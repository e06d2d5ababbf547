"""Is wrong for 3 × 2 images, so a record says; it refuses them now."""

from lectureclaims.reference.libraries.numpy import operations as _numpy
from lectureclaims.reference.libraries.numpy.operations import *  # noqa: F403


def environment():
    return {**_numpy.environment(), "versions": {"balking": "1.0"}}


def cross_correlation2d(x, w, b, **settings):
    if x.shape[2:] == (3, 2):
        raise ValueError("3 × 2 images are not supported")
    return _numpy.cross_correlation2d(x, w, b, **settings)
