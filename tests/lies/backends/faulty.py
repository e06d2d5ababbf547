"""Is wrong for 3 × 2 images, and there is a record that says so."""

from lectureclaims.reference import libraries

_numpy = libraries.load("numpy")


def __getattr__(name):
    return getattr(_numpy, name)


def environment():
    return {**_numpy.environment(), "versions": {"faulty": "1.0"}}


def cross_correlation2d(x, w, b, **settings):
    y = _numpy.cross_correlation2d(x, w, b, **settings)
    if x.shape[2:] == (3, 2):
        y.flat[-1] = 0
    return y
