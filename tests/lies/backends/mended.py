"""Is right, where a record says that it is wrong."""

from lectureclaims.reference.libraries.numpy import operations as _numpy
from lectureclaims.reference.libraries.numpy.operations import *  # noqa: F403


def environment():
    return {**_numpy.environment(), "versions": {"mended": "1.0"}}
