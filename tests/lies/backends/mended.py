"""Is right, where a record says that it is wrong."""

from lectureclaims.reference.backends import numpy as _numpy
from lectureclaims.reference.backends.numpy import *  # noqa: F403


def environment():
    return {**_numpy.environment(), "versions": {"mended": "1.0"}}
