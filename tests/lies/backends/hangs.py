"""Answers for one size long after the time limit: a hang that a test of the time limit can wait for."""

import time

from lectureclaims.reference.libraries.numpy import operations as _numpy
from lectureclaims.reference.libraries.numpy.operations import *  # noqa: F403


def cross_correlation2d(x, w, b, **settings):
    if x.shape[2:] == (3, 2):
        time.sleep(8)
    return _numpy.cross_correlation2d(x, w, b, **settings)
