"""Batch normalisation, channel by channel (axis 1), over the batch and all positions.

    mean = sum x / n;  variance = sum (x - mean)**2 / n   (biased: divided by n)
    y = gamma · (x - mean) / sqrt(variance + epsilon) + beta

Ioffe & Szegedy, *Batch Normalization* (2015), algorithm 1 (training), algorithm 2 (inference), §3 (gradient).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import REQUIRED, Operation, finite, non_negative, one_of


def output_shape(x_shape: Sequence[int]) -> tuple[int, ...]:
    """That of x: [N, C, ...]."""
    if len(x_shape) < 2:
        validation.refuse("x.shape", tuple(x_shape), "at least 2 axes [N, C, ...]", "add the channel axis")
    return tuple(x_shape)


def parameter_count(channels: int) -> tuple[int, int]:
    """(learned, not learned): 2C for gamma and beta, 2C for the running mean and variance."""
    channels = validation.count("channels", channels)
    return 2 * channels, 2 * channels


@computed_wide
def batch_norm_training(
    x: Float[Array, "N C *space"], gamma: Float[Array, " C"], beta: Float[Array, " C"], *, epsilon: float
) -> tuple[Float[Array, "N C *space"], Float[Array, " C"], Float[Array, " C"]]:
    """x [N, C, ...], gamma [C], beta [C] -> (y [N, C, ...], mean [C], biased variance [C]), in the dtype of x.

    epsilon: in units of x squared, finite and >= 0. BadInput if shapes, dtypes or epsilon do not fit.
    """
    epsilon = _check(x, epsilon, gamma=gamma, beta=beta)
    mean, variance = _moments(x)
    return _normalise(x, gamma, beta, mean, variance, epsilon), mean, variance


@computed_wide
def batch_norm_inference(
    x: Float[Array, "N C *space"],
    gamma: Float[Array, " C"],
    beta: Float[Array, " C"],
    mean: Float[Array, " C"],
    variance: Float[Array, " C"],
    *,
    epsilon: float,
) -> Float[Array, "N C *space"]:
    """The same with the statistics given: x [N, C, ...], the others [C] -> y [N, C, ...]; variance >= 0."""
    epsilon = _check(x, epsilon, gamma=gamma, beta=beta, mean=mean, variance=variance)
    validation.non_negative("variance", variance)
    return _normalise(x, gamma, beta, mean, variance, epsilon)


@computed_wide
def batch_norm_running(
    x: Float[Array, "N C *space"],
    mean: Float[Array, " C"],
    variance: Float[Array, " C"],
    *,
    momentum: float,
    correction: int,
) -> tuple[Float[Array, " C"], Float[Array, " C"]]:
    """(mean, variance) to remember: (1 - momentum)·old + momentum·batch, the batch variance over n - correction.

    momentum is the weight of the *new* value, 0 to 1; correction 0 or 1. BadInput if nothing is left to divide by.
    """
    _check(x, 0.0, mean=mean, variance=variance)
    validation.non_negative("variance", variance)
    momentum = validation.finite("momentum", momentum)
    if not 0 <= momentum <= 1:
        validation.refuse(
            "momentum", momentum, "the weight of the new value, 0 to 1", "use 1 - momentum if yours is of the old"
        )
    if isinstance(correction, bool) or not isinstance(correction, int | np.integer) or correction not in (0, 1):
        validation.refuse("correction", correction, "0 (divide by n) or 1 (by n - 1)", "use correction=0")
    n = x.size // x.shape[1]
    if n <= correction:
        validation.refuse("correction", correction, f"fewer than the {n} value(s) a channel", "use correction=0")
    batch_mean, batch_variance = _moments(x)
    new = x.dtype.type(momentum)
    batch_variance = batch_variance * x.dtype.type(n / (n - correction))
    return (1 - new) * mean + new * batch_mean, (1 - new) * variance + new * batch_variance


@computed_wide
def batch_norm_gradient(
    x: Float[Array, "N C *space"], gamma: Float[Array, " C"], upstream: Float[Array, "N C *space"], *, epsilon: float
) -> tuple[Float[Array, "N C *space"], Float[Array, " C"], Float[Array, " C"]]:
    """(dx [N, C, ...], dgamma [C], dbeta [C]) of training mode, the statistics' own dependence on x included.

    With z = (x - mean)/sqrt(variance + epsilon): dbeta = sum upstream, dgamma = sum upstream·z,
    dx = gamma/sqrt(variance + epsilon) · (upstream - dbeta/n - z·dgamma/n).
    """
    epsilon = _check(x, epsilon, gamma=gamma)
    validation.upstream(upstream, x)
    mean, variance = _moments(x)
    n = x.dtype.type(x.size // x.shape[1])
    scale = 1 / np.sqrt(variance + epsilon)
    z = (x - _along(x, mean)) * _along(x, scale)
    dbeta = upstream.sum(axis=_others(x), dtype=x.dtype)
    dgamma = (upstream * z).sum(axis=_others(x), dtype=x.dtype)
    dx = _along(x, gamma * scale) * (upstream - _along(x, dbeta / n) - z * _along(x, dgamma / n))
    return dx, dgamma, dbeta


@computed_wide
def batch_norm_inference_gradient(
    x: Float[Array, "N C *space"],
    gamma: Float[Array, " C"],
    mean: Float[Array, " C"],
    variance: Float[Array, " C"],
    upstream: Float[Array, "N C *space"],
    *,
    epsilon: float,
) -> tuple[Float[Array, "N C *space"], Float[Array, " C"], Float[Array, " C"]]:
    """(dx [N, C, ...], dgamma [C], dbeta [C]) with the statistics given, which do not depend on x; variance >= 0.

    With z = (x - mean)/sqrt(variance + epsilon): dbeta = sum upstream, dgamma = sum upstream·z,
    dx = gamma/sqrt(variance + epsilon) · upstream.
    """
    epsilon = _check(x, epsilon, gamma=gamma, mean=mean, variance=variance)
    validation.non_negative("variance", variance)
    validation.upstream(upstream, x)
    scale = 1 / np.sqrt(variance + epsilon)
    z = (x - _along(x, mean)) * _along(x, scale)
    dbeta = upstream.sum(axis=_others(x), dtype=x.dtype)
    dgamma = (upstream * z).sum(axis=_others(x), dtype=x.dtype)
    return _along(x, gamma * scale) * upstream, dgamma, dbeta


def _others(x):
    return (0, *range(2, x.ndim))


def _along(x, numbers):
    """[C] laid along axis 1 of x."""
    return numbers.reshape(1, -1, *[1] * (x.ndim - 2))


def _moments(x):
    n = x.dtype.type(x.size // x.shape[1])
    mean = x.sum(axis=_others(x), dtype=x.dtype) / n
    # Two passes: sum x**2 / n - mean**2 would cancel where the mean is large.
    variance = ((x - _along(x, mean)) ** 2).sum(axis=_others(x), dtype=x.dtype) / n
    return mean, variance


def _normalise(x, gamma, beta, mean, variance, epsilon):
    # Centred before it is scaled: the folded form x·a + c errs far more where the mean is large.
    scale = 1 / np.sqrt(variance + epsilon)
    return (x - _along(x, mean)) * _along(x, gamma * scale) + _along(x, beta)


def _check(x, epsilon, **channelwise):
    validation.array("x", x, axes=None, least_rank=2)
    for name, value in channelwise.items():
        validation.array(name, value, axes="C")
        validation.shape(name, value, (x.shape[1],), "one number a channel [C]")
    validation.same_dtype("x", x, **channelwise)
    return x.dtype.type(validation.non_negative("epsilon", validation.finite("epsilon", epsilon)))


EPSILON = {"epsilon": (REQUIRED, non_negative)}
OPERATIONS = (
    Operation(
        batch_norm_inference,
        "batch norm with the statistics given",
        {"x": "NC…", "gamma": "C", "beta": "C", "mean": "C", "variance": "C"},
        {"y": "NC…"},
        "norm",
        EPSILON,
        aliases=("batch_norm",),
    ),
    Operation(
        batch_norm_training,
        "batch norm with the batch's own statistics",
        {"x": "NC…", "gamma": "C", "beta": "C"},
        {"y": "NC…", "mean": "C", "variance": "C"},
        "norm",
        EPSILON,
        in_steps=True,
        forms_variance=True,
    ),
    Operation(
        batch_norm_running,
        "the running statistics after one batch",
        {"x": "NC…", "mean": "C", "variance": "C"},
        {"mean": "C", "variance": "C"},
        "norm",
        {"momentum": (REQUIRED, finite), "correction": (REQUIRED, one_of(0, 1))},
        in_steps=True,
        forms_variance=True,
    ),
    Operation(
        batch_norm_gradient,
        "gradient of: batch norm with the batch's own statistics",
        {"x": "NC…", "gamma": "C", "upstream": "NC…"},
        {"dx": "NC…", "dgamma": "C", "dbeta": "C"},
        "norm",
        EPSILON,
        in_steps=True,
        forms_variance=True,
    ),
    Operation(
        batch_norm_inference_gradient,
        "gradient of: batch norm with the statistics given",
        {"x": "NC…", "gamma": "C", "mean": "C", "variance": "C", "upstream": "NC…"},
        {"dx": "NC…", "dgamma": "C", "dbeta": "C"},
        "norm_gradient",
        EPSILON,
        in_steps=True,
    ),
)
