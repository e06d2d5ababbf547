"""Answers for one size long after the time limit: a hang that a test of the time limit can wait for."""

import time

from lectureclaims.reference import libraries

_numpy = libraries.load("numpy")


def __getattr__(name):
    return getattr(_numpy, name)


def cross_correlation2d(x, w, b, **settings):
    if x.shape[2:] == (3, 2):
        time.sleep(8)
    return _numpy.cross_correlation2d(x, w, b, **settings)
