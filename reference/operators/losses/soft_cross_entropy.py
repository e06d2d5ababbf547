"""Cross-entropy of a row of class scores with a distribution over the classes, as smoothed, mixed or distilled labels are.

    loss[n] = sum over k of c[n, k]·(log sum over j of exp(z[n, j])  -  z[n, k]),   c[n, k] = w[k]·((1 - s)·t[n, k] + s/K)
    dL/dz = upstream · (C·softmax z - c),   C[n] = sum over k of c[n, k]

The targets t need not sum to one. Where C is 1, TensorFlow and others leave it out. Goodfellow, Bengio, Courville, *Deep Learning* (2016), §6.2.2.3.
"""

from __future__ import annotations

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import with_gradient
from .classes import OF_TARGETS, of_targets, rows_apart
from .cross_entropy import behind, slope


@computed_wide
def soft_cross_entropy(
    logits: Float[Array, "N K"],
    targets: Float[Array, "N K"],
    weights: Float[Array, " K"] | None = None,
    *,
    label_smoothing: float = 0.0,
    reduction: str = "none",
) -> Float[Array, " M"]:
    """logits and targets [N, K], no target below 0, weights [K] -> loss [N], or [1] where it is reduced; the mean is over all rows."""
    validation.array("logits", logits, axes="N K")
    shares = of_targets(logits, targets, weights, label_smoothing=label_smoothing, reduction=reduction)
    return shares.losses(behind(logits))


@computed_wide
def soft_cross_entropy_gradient(
    logits: Float[Array, "N K"],
    targets: Float[Array, "N K"],
    upstream: Float[Array, " M"],
    weights: Float[Array, " K"] | None = None,
    *,
    label_smoothing: float = 0.0,
    reduction: str = "none",
) -> Float[Array, "N K"]:
    """upstream [N], or [1] where the loss is reduced -> the gradient by the logits [N, K]."""
    validation.array("logits", logits, axes="N K")
    shares = of_targets(logits, targets, weights, label_smoothing=label_smoothing, reduction=reduction)
    return shares.upstream(upstream, logits) * slope(logits, shares.c)


OPERATIONS = with_gradient(
    soft_cross_entropy,
    soft_cross_entropy_gradient,
    says="Σ targets·(log Σ exp(logits) − logits), one a row",
    arrays={"logits": "NK", "targets": "NK", "weights": "?K"},
    parameters=OF_TARGETS,
    y="N",
    rules=("cross_entropy", "cross_entropy_gradient"),
    aliases=("softmax_cross_entropy_with_logits", "categorical_cross_entropy"),
    apart=rows_apart,
)
