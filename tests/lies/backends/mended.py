"""Is right, where a record says that it is wrong."""

from lectureclaims.reference import libraries

_numpy = libraries.load("numpy")


def __getattr__(name):
    return getattr(_numpy, name)


def environment():
    return {**_numpy.environment(), "versions": {"mended": "1.0"}}
