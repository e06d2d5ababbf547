"""Cross-entropy of a row of class scores with the label of the right class, one number a row.

    from logits:         loss[n] = log sum over k of exp(z[n, k])  -  z[n, label];   dL/dz = upstream · (softmax z - onehot)
                         and with classes weighed, smoothed or left out, and rows added up, as :mod:`.classes` says
    from probabilities:  loss[n] = -log p[n, label];   dL/dp = -upstream / p at the label, 0 elsewhere

From logits nothing can overflow, and a confident mistake keeps its gradient; from probabilities it loses it where p is 0 in the
format. Goodfellow, Bengio, Courville, *Deep Learning* (2016), §6.2.2.3, equation 6.30.
"""

from __future__ import annotations

import numpy as np

from ... import validation
from ..axes import Array, Float, Int
from ..narrow import computed_wide
from ..operation import with_gradient
from .classes import OF_LABELS, of_labels, rows_apart
from .softmax import softmax


@computed_wide
def cross_entropy(
    logits: Float[Array, "N K"],
    labels: Int[Array, " N"],
    weights: Float[Array, " K"] | None = None,
    *,
    label_smoothing: float = 0.0,
    weighting: str = "class",
    ignore_index: int | None = None,
    reduction: str = "none",
) -> Float[Array, " M"]:
    """logits [N, K], labels int64 [N], 0 to K - 1 or ``ignore_index``, weights [K] -> loss [N], or [1] where it is reduced, in the dtype of logits.

    How classes and rows are weighed: :mod:`.classes`.
    """
    validation.array("logits", logits, axes="N K")
    shares = of_labels(
        logits,
        labels,
        weights,
        label_smoothing=label_smoothing,
        weighting=weighting,
        ignore_index=ignore_index,
        reduction=reduction,
    )
    return shares.losses(behind(logits))


def behind(logits: Float[Array, "N K"]) -> Float[Array, "N K"]:
    """-log softmax: two terms that are never negative; the largest score's own exponential is the 1 of log1p."""
    most = np.arange(len(logits)), logits.argmax(axis=1)
    others = np.exp(logits - logits[most][:, None])
    others[most] = 0
    return (logits[most][:, None] - logits) + np.log1p(others.sum(axis=1, dtype=logits.dtype))[:, None]


@computed_wide
def cross_entropy_gradient(
    logits: Float[Array, "N K"],
    labels: Int[Array, " N"],
    upstream: Float[Array, " M"],
    weights: Float[Array, " K"] | None = None,
    *,
    label_smoothing: float = 0.0,
    weighting: str = "class",
    ignore_index: int | None = None,
    reduction: str = "none",
) -> Float[Array, "N K"]:
    """upstream [N], or [1] where the loss is reduced -> [N, K]: upstream · (C·softmax z - c), C the sum of a row's c.

    Of one class alone it is minus the sum of the others at a label whose p is more than 1/2, so that p - 1 cannot cancel.
    """
    validation.array("logits", logits, axes="N K")
    shares = of_labels(
        logits,
        labels,
        weights,
        label_smoothing=label_smoothing,
        weighting=weighting,
        ignore_index=ignore_index,
        reduction=reduction,
    )
    up = shares.upstream(upstream, logits)
    if label_smoothing > 0:
        return up * slope(logits, shares.c)
    p, rows = softmax(logits, axis=1), np.arange(len(logits))
    at = rows, shares.c.argmax(axis=1)
    own = p[at]
    p[at] = 0
    # Of two ways to p - 1 the one in which nothing cancels and few numbers are added.
    p[at] = np.where(own > 0.5, -p.sum(axis=1, dtype=logits.dtype), own - 1)
    return up * shares.c[at][:, None] * p


def slope(logits: Float[Array, "N K"], c: Float[Array, "N K"]) -> Float[Array, "N K"]:
    """C·softmax z - c, C the sum of a row's c."""
    return c.sum(axis=1, keepdims=True, dtype=c.dtype) * softmax(logits, axis=1) - c


@computed_wide
def cross_entropy_of_probabilities(p: Float[Array, "N K"], labels: Int[Array, " N"]) -> Float[Array, " N"]:
    """p [N, K], labels int64 [N] -> loss [N] in the dtype of p; infinite where p is 0."""
    at = _check("p", p, labels)
    with np.errstate(divide="ignore"):
        return -np.log(p[at])


@computed_wide
def cross_entropy_of_probabilities_gradient(
    p: Float[Array, "N K"], labels: Int[Array, " N"], upstream: Float[Array, " N"]
) -> Float[Array, "N K"]:
    """upstream [N] -> [N, K]."""
    at = _check_gradient("p", p, labels, upstream)
    slope = np.zeros_like(p)
    with np.errstate(divide="ignore", over="ignore"):
        slope[at] = -upstream / p[at]
    return slope


def _check(name, scores, labels):
    """The place of each row's label, as an index into the scores."""
    validation.array(name, scores, axes="N K")
    validation.labels("labels", labels, *scores.shape)
    return np.arange(len(labels)), labels


def _check_gradient(name, scores, labels, upstream):
    at = _check(name, scores, labels)
    validation.upstream(upstream, scores, scores.shape[:1], "one number a row [N]", axes="N", of=name)
    return at


OPERATIONS = (
    *with_gradient(
        cross_entropy,
        cross_entropy_gradient,
        says="log Σ exp(logits) − logits[label], one a row",
        arrays={"logits": "NK", "labels": "N", "weights": "?K"},
        parameters=OF_LABELS,
        y="N",
        rules=("cross_entropy", "cross_entropy_gradient"),
        apart=rows_apart,
    ),
    *with_gradient(
        cross_entropy_of_probabilities,
        cross_entropy_of_probabilities_gradient,
        says="−log p[label], one a row",
        arrays={"p": "NK", "labels": "N"},
        y="N",
        rules=("logarithm", "reciprocal"),
    ),
)
