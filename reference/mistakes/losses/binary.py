"""Mistakes with the binary cross-entropies: yes and no, what a weight belongs to, and where probabilities or their logarithms are held."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..mistake import Arguments, Reading, replaced
from .weighed import BINARY, both, mistake, scaled


def _of_yes_alone(operation: str, given: Arguments) -> Iterator[Reading]:
    """As if all targets were 1, weighed by what they are."""
    t = given["targets"].astype(np.float64)
    w = 1.0 if given.get("weights") is None else given["weights"].astype(np.float64)
    yield Reading(operation, given | {"weights": w * t, "targets": np.ones_like(t)})


def _positives_not_weighed(operation: str, given: Arguments) -> Iterator[Reading]:
    if given.get("pos_weight") is not None:
        yield Reading(operation, given | {"pos_weight": None})


def _all_weighed(operation: str, given: Arguments) -> Iterator[Reading]:
    if given.get("pos_weight") is not None:
        w = 1.0 if given.get("weights") is None else given["weights"].astype(np.float64)
        weights = w * given["pos_weight"].astype(np.float64) * np.ones(given["logits"].shape)
        yield Reading(operation, given | {"weights": weights, "pos_weight": None})


def _held(operation: str, given: Arguments) -> Iterator[Reading]:
    one, small = given["p"].dtype.type(1), given["p"].dtype.type(1e-7)
    yield Reading(operation, given | {"floor": None, "clip": (float(small), float(one - small))})


def _at_zero(operation: str, given: Arguments) -> Iterator[Reading]:
    """As far above 0, where the other term has no slope."""
    z = given["logits"]
    if (z == 0).any():
        yield Reading(operation, given | {"logits": np.where(z == 0, z.dtype.type(1e4), z)})


def _over_the_batch(operation: str, given: Arguments) -> Iterator[Reading]:
    scores = next(iter(given.values()))
    if given.get("reduction") == "mean" and scores.ndim > 1 and scores.size > len(scores):
        yield scaled(operation, given, scores.size / len(scores))


MISTAKES = [
    mistake(
        "yes and no exchanged",
        "1 − t was taken for t",
        "1 is yes on both sides",
        both(*BINARY),
        replaced(lambda given: {"targets": 1 - given["targets"].astype(np.float64)}),
    ),
    mistake(
        "no left out", "the term of 1 − t was left out", "t·log p + (1 − t)·log(1 − p)", both(*BINARY), _of_yes_alone
    ),
    mistake(
        "positives not weighed",
        "pos_weight was left out",
        "give pos_weight on both sides",
        both(BINARY[1]),
        _positives_not_weighed,
    ),
    mistake(
        "all weighed as positives",
        "pos_weight was a factor of both terms",
        "pos_weight belongs to t·log p alone",
        both(BINARY[1]),
        _all_weighed,
    ),
    mistake(
        "logistic twice",
        "probabilities were given where logits were meant",
        "give logits, or call the loss of probabilities",
        both(BINARY[1]),
        replaced(lambda given: {"logits": 1 / (1 + np.exp(-given["logits"].astype(np.float64)))}),
    ),
    mistake(
        "logistic of probabilities",
        "the probabilities were taken for logits",
        "call the loss of logits with logits",
        BINARY[:1],
        lambda operation, given: iter([Reading(BINARY[1], {"logits": given["p"]} | given)]),
    ),
    mistake(
        "logarithms held",
        "each logarithm was held at −100 at least, as PyTorch does",
        "give floor=-100",
        BINARY[:1],
        replaced(lambda given: {"floor": -100.0, "clip": None}),
    ),
    mistake(
        "probabilities held",
        "the probabilities were held between 1e-7 and 1 − 1e-7, as Keras does",
        "give clip=1e-7, or logits",
        both(BINARY[0]),
        _held,
    ),
    mistake(
        "mean over the first axis",
        "the sum was divided by the length of the first axis, not by the number of all",
        "divide by the number of all losses",
        both(*BINARY),
        _over_the_batch,
    ),
    mistake(
        "derivative at a logit of 0",
        "at a logit of 0 the derivative was that of (1 − t)·z alone, as that of |z| was taken for 0 there",
        "tf.nn.weighted_cross_entropy_with_logits differentiates so; form the gradient yourself, or move the logit",
        ("binary_cross_entropy_with_logits_gradient",),
        _at_zero,
    ),
]
