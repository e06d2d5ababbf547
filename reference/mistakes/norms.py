"""Mistakes with batch normalisation: another ε, another variance, another axis, another momentum."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .mistake import Arguments, Mistake, Reading, Readings, in_float32, instead, replaced, setting

NORMS = ("batch_norm_inference", "batch_norm_training", "batch_norm_gradient", "batch_norm_inference_gradient")
GIVEN = ("batch_norm_inference", "batch_norm_inference_gradient")
EPSILONS = (1e-3, 1e-5, 1e-6, 1e-7, 1e-8, 1e-12, 1e-4, 1e-2, 0.0)
"""Keras 1e-3; PyTorch, ONNX, Flax 1e-5; others that implementations have had."""


def _count(x: np.ndarray) -> int:
    return x.size // x.shape[1]


def _unbiased(operation: str, given: Arguments) -> Iterator[Reading]:
    """1/√(n/(n − 1)·v + ε) = √r/√(v + r·ε), r = (n − 1)/n: exactly a training step with γ·√r and r·ε."""
    n = _count(given["x"])
    if n > 1:
        ratio = (n - 1) / n
        gamma = given["gamma"].astype(np.float64) * ratio**0.5
        then = {"variance": lambda v: v / ratio, "dgamma": lambda d: d * ratio**0.5}
        yield Reading(operation, given | {"gamma": gamma, "epsilon": given["epsilon"] * ratio}, then=then)


def _unbiased_given(operation: str, given: Arguments) -> Iterator[Reading]:
    """The remembered variance times n/(n − 1) or (n − 1)/n, n being this batch's."""
    n = _count(given["x"])
    if n > 1:
        for ratio, text in ((n / (n - 1), "n/(n - 1)"), ((n - 1) / n, "(n - 1)/n")):
            yield Reading(operation, given | {"variance": given["variance"].astype(np.float64) * ratio}, text)


def _each_image(operation: str, given: Arguments) -> Iterator[Reading]:
    """Instance norm: the channels of every image as if they were channels of one image."""
    x = given["x"]
    if len(x) > 1 and x.ndim > 2:
        flat = x.reshape(1, -1, *x.shape[2:])
        tiled = {name: np.tile(given[name], len(x)) for name in ("gamma", "beta")}
        yield Reading(operation, given | {"x": flat} | tiled, then={"y": lambda y: y.reshape(x.shape)})


def _axis(axis: int) -> Readings:
    """Statistics along another axis than 1, where both are as long."""

    def read(operation: str, given: Arguments) -> Iterator[Reading]:
        x = given["x"]
        if x.ndim > 2 and x.shape[axis] == x.shape[1]:
            other = np.ascontiguousarray(x.swapaxes(1, axis))
            yield Reading(operation, given | {"x": other}, then={"y": lambda y: y.swapaxes(1, axis)})

    return read


def _power(exponent: float) -> Readings:
    """The variance squared, or its root, in place of the variance."""
    return replaced(lambda given: {"variance": given["variance"].astype(np.float64) ** exponent})


def _epsilon_outside(operation: str, given: Arguments) -> Iterator[Reading]:
    """√v + ε for √(v + ε): the variance (√v + ε)² without an ε."""
    if given["epsilon"] > 0:
        outside = (np.sqrt(given["variance"].astype(np.float64)) + given["epsilon"]) ** 2
        yield Reading(operation, given | {"variance": outside, "epsilon": 0.0})


def _epsilon_outside_training(operation: str, given: Arguments) -> Iterator[Reading]:
    """γ/(√v + ε) = γ·√v/(√v + ε) ÷ √v: a training step with another γ, and no ε."""
    x = given["x"].astype(np.float64)
    deviation = x.std(axis=(0, *range(2, x.ndim)))
    if given["epsilon"] > 0 and (deviation > 0).all():
        gamma = given["gamma"].astype(np.float64) * deviation / (deviation + given["epsilon"])
        yield Reading(operation, given | {"gamma": gamma, "epsilon": 0.0})


def _own_statistics(operation: str, given: Arguments) -> Iterator[Reading]:
    yield from instead("batch_norm_training", epsilon=given["epsilon"])(operation, given)


def _moving(operation: str, given: Arguments) -> Iterator[Reading]:
    yield from instead("batch_norm_gradient", epsilon=given["epsilon"])(operation, given)


def _constant(operation: str, given: Arguments) -> Iterator[Reading]:
    """The batch's statistics as if they did not depend on x."""
    x = given["x"].astype(np.float64)
    others = (0, *range(2, x.ndim))
    statistics = {"mean": x.mean(axis=others), "variance": x.var(axis=others)}
    if (statistics["variance"] + given["epsilon"] > 0).all():
        yield Reading("batch_norm_inference_gradient", given | statistics)


def _momentum(operation: str, given: Arguments) -> Iterator[Reading]:
    yield from setting("momentum", 1 - given["momentum"])(operation, given)


def _correction(operation: str, given: Arguments) -> Iterator[Reading]:
    if given["correction"] == 1 or _count(given["x"]) > 1:
        yield from setting("correction", 1 - given["correction"])(operation, given)


MISTAKES = [
    Mistake(
        "other epsilon",
        "another ε was used",
        "set ε on both sides: Keras has 1e-3, PyTorch 1e-5",
        NORMS,
        setting("epsilon", *EPSILONS),
        "https://github.com/r9y9/tacotron_pytorch/issues/19",
    ),
    Mistake(
        "epsilon outside the root",
        "ε was added to the standard deviation, not to the variance",
        "√(variance + ε)",
        GIVEN,
        _epsilon_outside,
    ),
    in_float32("epsilon", *NORMS),
    in_float32("momentum", "batch_norm_running"),
    Mistake(
        "epsilon outside the root in training",
        "ε was added to the standard deviation, not to the variance",
        "√(variance + ε)",
        ("batch_norm_training",),
        _epsilon_outside_training,
        probed=False,
    ),
    Mistake(
        "mean and variance exchanged",
        "mean and variance were exchanged",
        "exchange them: Keras has γ, β, mean, variance",
        GIVEN,
        replaced(lambda given: {"mean": given["variance"], "variance": given["mean"]}),
        "https://github.com/gmalivenko/pytorch2keras/issues/120",
        probed=False,
    ),
    Mistake(
        "gamma and beta exchanged",
        "γ and β were exchanged",
        "exchange them",
        ("batch_norm_inference", "batch_norm_training"),
        replaced(lambda given: {"gamma": given["beta"], "beta": given["gamma"]}),
    ),
    Mistake(
        "unbiased variance",
        "the batch's variance was divided by n − 1, not n",
        "use correction 0 to normalise",
        ("batch_norm_training", "batch_norm_gradient"),
        _unbiased,
        "https://github.com/pytorch/pytorch/issues/50010",
    ),
    Mistake(
        "variance of another divisor",
        "the remembered variance was corrected by n/(n − 1), or not",
        "PyTorch remembers the unbiased variance, Keras the biased one",
        GIVEN,
        _unbiased_given,
        "https://github.com/tensorflow/tensorflow/issues/55545",
    ),
    Mistake(
        "standard deviation for variance",
        "the variance was taken for a standard deviation",
        "give the variance",
        GIVEN,
        _power(2),
    ),
    Mistake(
        "root taken twice",
        "the root of the variance was taken twice",
        "give the variance, not its root",
        GIVEN,
        _power(0.5),
    ),
    Mistake(
        "training mode",
        "the batch's own statistics were used, as in training mode",
        "model.eval(), training=False",
        ("batch_norm_inference",),
        _own_statistics,
        "https://github.com/pytorch/pytorch/issues/20875",
    ),
    Mistake(
        "gradient of training mode",
        "the batch's own statistics were used and differentiated, as in training mode",
        "model.eval(), training=False",
        ("batch_norm_inference_gradient",),
        _moving,
    ),
    Mistake(
        "statistics taken for constants",
        "the batch's mean and variance were taken for constants",
        "let the gradient go through both",
        ("batch_norm_gradient",),
        _constant,
        probed=False,
    ),
    Mistake(
        "gamma left out of dx",
        "γ was left out",
        "multiply dx by γ",
        ("batch_norm_gradient", "batch_norm_inference_gradient"),
        replaced(lambda given: {"gamma": np.ones_like(given["gamma"])}),
        probed=False,
    ),
    Mistake(
        "statistics of each image",
        "each image was normalised by itself (instance norm)",
        "normalise over the batch too",
        ("batch_norm_training",),
        _each_image,
    ),
    Mistake(
        "statistics of each row",
        "the rows were taken for the channels",
        "set the channel axis",
        ("batch_norm_training", "batch_norm_inference"),
        _axis(2),
    ),
    Mistake(
        "statistics of each column",
        "the last axis was taken for the channels (Keras' default axis)",
        "set axis=1",
        ("batch_norm_training", "batch_norm_inference"),
        _axis(-1),
    ),
    Mistake(
        "momentum inverted",
        "the momentum was taken as the weight of the old value",
        "use 1 − momentum: Keras = 1 − PyTorch",
        ("batch_norm_running",),
        _momentum,
        "https://github.com/pytorch/examples/issues/289",
    ),
    Mistake(
        "other divisor",
        "the remembered variance was divided by n where n − 1 was meant, or the reverse",
        "multiply by n/(n − 1), or divide",
        ("batch_norm_running",),
        _correction,
        "https://github.com/tensorflow/tensorflow/issues/55545",
    ),
]
