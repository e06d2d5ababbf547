"""Is wrong for 3 × 2 images, so a record says; it refuses them now."""

from lectureclaims.reference import libraries

_numpy = libraries.load("numpy")


def __getattr__(name):
    return getattr(_numpy, name)


def environment():
    return {**_numpy.environment(), "versions": {"balking": "1.0"}}


def cross_correlation2d(x, w, b, **settings):
    if x.shape[2:] == (3, 2):
        raise ValueError("3 × 2 images are not supported")
    return _numpy.cross_correlation2d(x, w, b, **settings)
