"""Cross-entropy of a row of class scores with the label of the right class, one number a row.

    from logits:         loss[n] = log sum over k of exp(z[n, k])  -  z[n, label];   dL/dz = upstream · (softmax z - onehot)
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


@computed_wide
def cross_entropy(logits: Float[Array, "N K"], labels: Int[Array, " N"]) -> Float[Array, " N"]:
    """logits [N, K], labels int64 [N], 0 to K - 1 -> loss [N] in the dtype of logits."""
    at = _check("logits", logits, labels)
    most = np.arange(len(logits)), logits.argmax(axis=1)
    others = np.exp(logits - logits[most][:, None])
    others[most] = 0
    # Two terms that are never negative; the largest score's own exponential is the 1 of log1p.
    return (logits[most] - logits[at]) + np.log1p(others.sum(axis=1, dtype=logits.dtype))


@computed_wide
def cross_entropy_gradient(
    logits: Float[Array, "N K"], labels: Int[Array, " N"], upstream: Float[Array, " N"]
) -> Float[Array, "N K"]:
    """upstream [N] -> [N, K]: upstream · (softmax z - onehot).

    At the label it is minus the sum of the other classes, so that p - 1 cannot cancel.
    """
    at = _check_gradient("logits", logits, labels, upstream)
    grown = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = grown / grown.sum(axis=1, keepdims=True, dtype=logits.dtype)
    p[at] = 0
    p[at] = -p.sum(axis=1, dtype=logits.dtype)
    return upstream[:, None] * p


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
        arrays={"logits": "NK", "labels": "N"},
        y="N",
        rules=("cross_entropy", "cross_entropy_gradient"),
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
