"""Raises for what it should compute."""

from lectureclaims.reference.libraries.numpy.operations import *  # noqa: F403


def cross_correlation2d(x, w, b, **settings):
    raise RuntimeError("not today")
