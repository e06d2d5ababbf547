"""The distribution of a channel: its values in order, its moments, and what batch norm makes of them."""

import functools
from fractions import Fraction

import numpy as np

from ....reference import bounds, oracle
from ....reference.judging import assessment
from ....reference.operators import catalogue
from ...language import within

SOURCE = "algorithm 1 of Ioffe & Szegedy (2015)"


def distribution(h):
    """The values of each unit, in order: what is left of a batch [N, C] when nobody knows which example is which."""
    return np.sort(h, axis=0)


def channel_moment(y, *, order):
    """Mean (order 1), biased variance (2) or third central moment (3) of each channel, in fractions, rounded once."""
    moments = []
    for row in np.moveaxis(y, 1, 0).reshape(y.shape[1], -1).tolist():
        numbers = [Fraction(number) for number in row]
        mean = sum(numbers) / len(numbers)
        moments.append(float(mean if order == 1 else sum((z - mean) ** order for z in numbers) / len(numbers)))
    return np.array(moments, y.dtype)


def exact_mean(gamma, beta, variance, epsilon):
    return beta


def exact_variance(gamma, beta, variance, epsilon):
    """γ² s²/(s² + ε)."""
    return gamma**2 * variance / (variance + epsilon)


def whatever_epsilon(gamma, beta, variance, epsilon):
    return gamma**2


def mean_zero(gamma, beta, variance, epsilon):
    return np.zeros_like(beta)


def moments_of_training(y, mean, variance):
    """What comes out of training has, channel by channel, the mean and variance predicted, up to what y itself may err by."""
    if y.kind != "value" or y.call is None:
        return
    given = y.call.arguments
    operation = catalogue.OPERATIONS["batch_norm_training"]
    exact = oracle.batch_norm_training(given["x"], given["gamma"], given["beta"], epsilon=given["epsilon"])
    _, judged = assessment.kept(operation, given, dict(zip(operation.results, y.value, strict=True)))
    allowed = bounds.channel_moments(judged["y"].bound, exact[0], given["x"].dtype)
    channels = (*(given[name].astype(np.float64) for name in ("gamma", "beta")), exact[2], given["epsilon"])
    for order, (name, wanted) in enumerate((("mean β", mean), ("variance γ² s²/(s² + ε)", variance)), 1):
        yield within(
            y.part(0).then(functools.partial(channel_moment, order=order)),
            wanted(*channels),
            allowed[order - 1],
            label=f"{name} of each channel",
            source=SOURCE,
        )
