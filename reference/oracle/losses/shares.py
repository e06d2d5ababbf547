"""How much each class counts in a row's loss, and the rows as one number, in double-double: everything in :data:`.Parts`, rounded once at the end.

    c[n, k] = w[k]·((1 - s)·[k = label[n]] + s/K), or with w[label[n]] for w[k];   0 in the rows whose label is left out

Sums of losses of one sign keep their relative accuracy; others 2**-94 of the size of their terms.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ...exact import double_double as dd
from ..remembered import Array


class Shares(NamedTuple):
    """``c`` [N, K], and what the sum of the rows is divided by; None where they are not added up."""

    c: dd.Parts
    divisor: dd.Parts | None


def of_labels(
    shape: tuple[int, ...],
    labels: Array,
    weights: Array | None,
    *,
    label_smoothing: float = 0.0,
    weighting: str = "class",
    ignore_index: int | None = None,
    reduction: str = "none",
) -> Shares:
    """The labels int64 [N] of scores of this shape [N, K]."""
    rows, classes = shape
    counts = np.ones(rows, bool) if ignore_index is None else labels != ignore_index
    own = np.arange(classes) == np.where(counts, labels, 0)[:, None]
    w = np.ones(classes) if weights is None else weights
    of_rows = np.where(counts, (own * w).sum(axis=1), 0.0)
    each = np.where(counts[:, None], w if weighting == "class" else of_rows[:, None], 0.0)
    c = dd.product(_smoothed(dd.number(own), label_smoothing), dd.normal(dd.number(each)))
    return Shares(c, _divisor(reduction, counts.sum(), of_rows))


def of_targets(
    targets: Array, weights: Array | None, *, label_smoothing: float = 0.0, reduction: str = "none"
) -> Shares:
    """Distributions [N, K]."""
    w = np.broadcast_to(1.0 if weights is None else weights, targets.shape)
    c = dd.product(_smoothed(dd.number(targets), label_smoothing), dd.normal(dd.number(w)))
    return Shares(c, _divisor(reduction, len(targets), np.ones(1)))


def losses(behind: Callable[[Array], dd.Parts], scores: Array, shares: Shares) -> Array:
    """``behind``: rows of scores → -log p of each class."""

    def row(z, hi, lo, k):
        m, top = dd.sum_of_parts(dd.product(behind(z), ((hi, lo), k)))
        return m[0][:, 0], m[1][:, 0], top[:, 0]

    hi, lo, k = dd.by_rows(row, scores, *shares.c[0], shares.c[1])
    if shares.divisor is None:
        return dd.value((hi, lo), k)
    return _divided(dd.sum_of_parts(((hi, lo), k)), shares.divisor)


def slopes(slope: Callable[[Array, dd.Parts], dd.Parts], scores: Array, upstream: Array, shares: Shares) -> Array:
    """``slope``: (rows of scores, their c) → the derivative of their losses by the scores."""
    divisor = shares.divisor or (dd.number(np.ones(1)), 0)

    def row(z, hi, lo, k, g):
        m, top = dd.product(slope(z, ((hi, lo), k)), dd.normal(dd.number(g[:, None])))
        return _divided((m, top), divisor)

    return dd.by_rows(row, scores, *shares.c[0], shares.c[1], np.broadcast_to(upstream, len(scores)))


def _smoothed(t, smooth) -> dd.Parts:
    """(1 - s)·t + s/K."""
    if not smooth:
        return dd.normal(t)
    rest, share = dd.two_sum(1.0, -smooth), dd.divide(dd.number(smooth), dd.number(t[0].shape[1]))
    return dd.normal(dd.add(dd.multiply(rest, t), share))


def _divisor(reduction, rows, weights) -> dd.Parts | None:
    if reduction == "none":
        return None
    if reduction == "weighted_mean":
        return dd.sum_of_parts(dd.normal(dd.number(weights)))
    return dd.normal(dd.number(np.array([1.0 if reduction == "sum" else rows])))


def _divided(parts: dd.Parts, divisor: dd.Parts) -> Array:
    (m, k), (d, at) = dd.normal(*parts), dd.normal(*divisor)
    if not d[0].all():
        return np.full(m[0].shape, np.nan)
    return dd.value(dd.divide(m, d), k - at)
