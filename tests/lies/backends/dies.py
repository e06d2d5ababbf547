"""Kills its own process, as a crash in native code does."""

import os
import signal

from lectureclaims.reference import libraries

_numpy = libraries.load("numpy")


def __getattr__(name):
    return getattr(_numpy, name)


def cross_correlation2d(x, w, b, **settings):
    if x.shape[2:] == (3, 2):
        os.kill(os.getpid(), signal.SIGKILL)
    return _numpy.cross_correlation2d(x, w, b, **settings)
