"""Operator mutants of batch normalisation and of the steps of gradient descent: mistaken operations, ``mutant(lib, **the same arguments)``."""

import numpy as np

from ....reference.networks.notation import parameter_names
from ..shared.gradients import FEW, differentiating
from .dispute import design as dispute_design


def _along(x, numbers):
    return np.asarray(numbers).reshape(1, -1, *[1] * (x.ndim - 2)).astype(x.dtype)


def without_batch_norm(lib, x, gamma, beta, *, epsilon):
    """Scale and shift alone: nothing is normalised."""
    _, mean, variance = lib.batch_norm_training(x, gamma, beta, epsilon=epsilon)
    return x * _along(x, gamma) + _along(x, beta), mean, variance


def remembered_statistics(lib, x, gamma, beta, *, epsilon):
    """Statistics as they are before anything was seen, mean 0 and variance 1, in place of the batch's."""
    mean, variance = np.zeros_like(gamma), np.ones_like(gamma)
    return lib.batch_norm_inference(x, gamma, beta, mean, variance, epsilon=epsilon), mean, variance


def epsilon_outside_the_root(lib, x, gamma, beta, *, epsilon):
    """√v + ε for √(v + ε): that is an ε of 2ε√v + ε² inside the root, channel by channel."""
    parts = []
    for c in range(x.shape[1]):
        one = x[:, c : c + 1], gamma[c : c + 1], beta[c : c + 1]
        v = float(np.var(one[0].astype(np.float64)))
        parts.append(lib.batch_norm_training(*one, epsilon=2 * epsilon * v**0.5 + epsilon**2))
    y, mean, variance = zip(*parts, strict=True)
    return np.concatenate(y, axis=1), np.concatenate(mean), np.concatenate(variance)


def statistics_as_constants(lib, x, gamma, upstream, *, epsilon):
    """The gradient as if mean and variance did not depend on x: γ/√(v + ε) times the upstream gradient."""
    _, dgamma, dbeta = lib.batch_norm_gradient(x, gamma, upstream, epsilon=epsilon)
    v = np.var(x.astype(np.float64), axis=(0, *range(2, x.ndim)))
    return upstream * _along(x, gamma / np.sqrt(v + epsilon)), dgamma, dbeta


def with_a_bias(lib, x, w, b):
    """A fully connected layer that adds 1 to what was asked for."""
    one = np.ones(len(w), w.dtype)
    return lib.fully_connected(x, w, one if b is None else b + one)


def weights_frozen(lib, x, w, upstream):
    """The gradient of a fully connected layer with nothing for its weights and bias."""
    dx, dw, db = lib.fully_connected_gradient(x, w, upstream)
    return dx, np.zeros_like(dw), np.zeros_like(db)


def gradient_reversed(lib, x, w, upstream):
    """Gradient ascent: the gradient of the weights with the other sign."""
    dx, dw, db = lib.fully_connected_gradient(x, w, upstream)
    return dx, -dw, -db


def noise_that_stands_still(lib, *, seeds, dtype):
    """``dispute.noise`` whose noise is drawn once, for all steps: as large, and no shift. On the first FEW seeds."""
    first = {}

    def value_and_gradient(network, parameters, *arguments, **settings):
        for layer in network:
            for name in parameter_names([layer]) if layer["kind"] == "affine" else ():
                parameters = parameters | {name: first.setdefault((str(network), name), parameters[name])}
        return lib.value_and_gradient(network, parameters, *arguments, **settings)

    return dispute_design.noise(differentiating(lib, value_and_gradient), seeds=seeds[:FEW], dtype=dtype)
