"""Negative log-likelihood: minus the given logarithm of a probability, at the label.

    loss[n] = -w[label[n]]·x[n, label[n]];   dL/dx = -upstream·w at the label, 0 elsewhere

The numbers are taken as they are: of :func:`.log_softmax` it makes :func:`.cross_entropy`. PyTorch calls it ``nll_loss``; Goodfellow, Bengio,
Courville, *Deep Learning* (2016), §5.5, equation 5.59.
"""

from __future__ import annotations

from ... import validation
from ..axes import Array, Float, Int
from ..narrow import computed_wide
from ..operation import with_gradient
from .classes import IGNORED, REDUCED, of_labels, rows_apart


@computed_wide
def nll_loss(
    x: Float[Array, "N K"],
    labels: Int[Array, " N"],
    weights: Float[Array, " K"] | None = None,
    *,
    ignore_index: int | None = None,
    reduction: str = "none",
) -> Float[Array, " M"]:
    """x [N, K], labels int64 [N], 0 to K - 1 or ``ignore_index``, weights [K] -> loss [N], or [1] where it is reduced.

    How rows are weighed: :mod:`.classes`.
    """
    validation.array("x", x, axes="N K")
    return of_labels(x, labels, weights, ignore_index=ignore_index, reduction=reduction).losses(-x)


@computed_wide
def nll_loss_gradient(
    x: Float[Array, "N K"],
    labels: Int[Array, " N"],
    upstream: Float[Array, " M"],
    weights: Float[Array, " K"] | None = None,
    *,
    ignore_index: int | None = None,
    reduction: str = "none",
) -> Float[Array, "N K"]:
    """upstream [N], or [1] where the loss is reduced -> [N, K]."""
    validation.array("x", x, axes="N K")
    shares = of_labels(x, labels, weights, ignore_index=ignore_index, reduction=reduction)
    return -shares.upstream(upstream, x) * shares.c


OPERATIONS = with_gradient(
    nll_loss,
    nll_loss_gradient,
    says="−x[label], one a row, x a logarithm of probabilities",
    arrays={"x": "NK", "labels": "N", "weights": "?K"},
    parameters=IGNORED | REDUCED,
    y="N",
    rules=("nll_loss", "nll_loss_gradient"),
    aliases=("nll", "negative_log_likelihood_loss"),
    apart=rows_apart,
)
