"""The library beside it with nothing wrong: every operation gives back what it was given."""

import numpy as np


def relu(x):
    return np.maximum(x, np.zeros_like(x))


def __getattr__(name):
    if name.startswith("_"):
        raise AttributeError(name)
    return lambda x: x
