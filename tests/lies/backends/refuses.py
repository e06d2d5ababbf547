"""Raises for what it should compute."""

from lectureclaims.reference.backends.numpy import *  # noqa: F403
from lectureclaims.reference.backends.numpy import configure, environment  # noqa: F401


def cross_correlation2d(x, w, b, **settings):
    raise RuntimeError('not today')
