"""Operator mutants of the claims about networks as a whole: ``mutant(lib, **the same arguments)``, with the library's own operations."""

from typing import Any

import numpy as np

from ..shared import gradients
from .layers import network
from .learning import first_steps

# --- components ------------------------------------------------------------------------------------------------------------


def one_unit_off(lib, *, operation, **arguments):
    """The operation with its first weight (or number of x) larger by one unit of the exact mode's: 1/4 of w, 2 of x."""
    name, unit = ("w", 0.25) if "w" in arguments else ("upstream", 0.25) if "upstream" in arguments else ("x", 2.0)
    changed = arguments[name].copy()
    changed.flat[0] += changed.dtype.type(unit)
    return getattr(lib, operation)(**arguments | {name: changed})


def network_without_bias(lib, *, x, steps):
    """``layers.network`` with the first layer's bias left out."""
    first, *others = steps
    return network(lib, x=x, steps=[first | {"b": None}, *others])


# --- a distribution, and a prediction -------------------------------------------------------------------------------------


def exponentials_not_normalised(lib, x, *, axis):
    """exp(z − max z), and no division by their sum."""
    return np.exp(x - x.max(axis=axis, keepdims=True))


def no_maximum_subtracted(lib, x, *, axis):
    """exp(z)/Σ exp(z) as it is written, which overflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        grown = np.exp(x)
        return grown / grown.sum(axis=axis, keepdims=True)


def sum_of_logits_as_divisor(lib, x, *, axis):
    """z/Σz, which sums to one as well."""
    return x / x.sum(axis=axis, keepdims=True)


def argmax_over_the_batch(lib, x, *, axis):
    return lib.argmax(x, axis=1 - axis)


def argmin(lib, x, *, axis):
    return lib.argmax(-x, axis=axis)


# --- linear and nonlinear ---------------------------------------------------------------------------------------------------


def clamped(lib, *, operation, x, **settings):
    """A resampler of pictures that keeps its results in [0, 1]."""
    return np.clip(getattr(lib, operation)(x=x, **settings), 0, 1)


def squared(lib, *, operation, x, **settings):
    return getattr(lib, operation)(x=x * x, **settings)


def bias_left_on(lib, *, operation, x, w, b, **settings):
    return getattr(lib, operation)(x=x, w=w, b=np.ones(len(w), x.dtype), **settings)


def identity(lib, *, x, **settings):
    return np.array(x)


def rectified(lib, *, operation, x, **settings):
    """A ReLU hidden in a layer."""
    return np.maximum(getattr(lib, operation)(x=x, **settings), 0)


def fixed_statistics(lib, *, x, gamma, beta, epsilon):
    """Batch norm in inference mode, where training mode was meant."""
    mean, variance = np.zeros(x.shape[1], x.dtype), np.ones(x.shape[1], x.dtype)
    return lib.batch_norm_inference(x, gamma, beta, mean, variance, epsilon=epsilon), mean, variance


# --- learning -----------------------------------------------------------------------------------------------------------------


def ascent(value_and_gradient):
    def changed(*arguments, **settings):
        value, slopes, extra = value_and_gradient(*arguments, **settings)
        return value, {name: -g for name, g in slopes.items()}, extra

    return changed


def frozen(value_and_gradient):
    def changed(*arguments, **settings):
        value, slopes, extra = value_and_gradient(*arguments, **settings)
        return value, {name: np.zeros_like(g) for name, g in slopes.items()}, extra

    return changed


def batch_before(value_and_gradient):
    """The loss is the batch's own, the gradient that of the batch before."""
    last: list[Any] = []

    def changed(network, parameters, x, targets, **settings):
        value, slopes, extra = value_and_gradient(network, parameters, x, targets, **settings)
        if last and last[0].shape == x.shape:
            slopes = value_and_gradient(network, parameters, *last, **settings)[1]
        last[:] = x, targets
        return value, slopes, extra

    return changed


def descends(lib, *, change, seeds, dtype):
    """``first_steps.descends`` with a changed gradient of the library's."""
    changed = gradients.differentiating(lib, change(lib.value_and_gradient))
    return first_steps.descends(changed, seeds=seeds, dtype=dtype)
