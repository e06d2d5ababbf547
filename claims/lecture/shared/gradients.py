"""Libraries that train with mistaken gradients: mutants ``mutant(lib, *, seeds, dtype)`` of a design's experiments."""

import functools
import types

from ...language import Wrong

FEW = 6
"""Seeds that gates and trajectories can do with, for the sake of time."""


def differentiating(lib, value_and_gradient):
    """The library with another ``value_and_gradient``."""
    return types.SimpleNamespace(__name__=lib.__name__, value_and_gradient=value_and_gradient)


def slightly_off(lib, *, experiment, seeds, dtype):
    """``experiment`` with gradients 1 + 10⁻⁸ times too long, on the first FEW seeds: no gate can tell, a trajectory must."""

    def value_and_gradient(*arguments, **settings):
        loss, gradients, extra = lib.value_and_gradient(*arguments, **settings)
        return loss, {name: g * (1 + 1e-8) for name, g in gradients.items()}, extra

    return experiment(differentiating(lib, value_and_gradient), seeds=seeds[:FEW], dtype=dtype)


def gradients_off(experiment, **more):
    """A wrong: ``experiment`` is ``slightly_off``."""
    return Wrong(operations={experiment.__name__: functools.partial(slightly_off, experiment=experiment)}, **more)
