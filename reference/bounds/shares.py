"""Losses that are weighed: each class by its share in a row's loss, then the rows, summed or averaged."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .bound import ORACLE, Bound, composed, derived, empirical
from .formats import Format, Numbers, gamma, significand_bits, smallest_normal, smallest_subnormal, unit_roundoff
from .losses import cross_entropy_gradient, probability_rate


class Shares(NamedTuple):
    """How much each class counts in a row's loss, and by what the sum of the rows is divided.

    ``terms``: how many roundings a term meets, its product with -log p and the additions of its row among them. ``rows``: how many rows are
    added, 0 for none. ``divided``: how many roundings their sum and its divisor meet more.
    """

    c: np.ndarray
    divisor: float = 1.0
    terms: int = 0
    steps: int = 0
    rows: int = 0
    divided: int = 0

    @property
    def several(self) -> bool:
        """Whether more than one class counts in a row."""
        return bool(((self.c != 0).sum(axis=1) > 1).any())


def of_labels(
    shape: tuple[int, ...],
    labels: Numbers,
    weights: Numbers | None,
    *,
    label_smoothing: float = 0.0,
    weighting: str = "class",
    ignore_index: int | None = None,
    reduction: str = "none",
) -> Shares:
    """c[n, k] = w[k]·((1 - s)·[k = label[n]] + s/K), or w[label[n]] for w[k]; 0 in the rows that are left out.

    Where labels are smoothed, 1 - s and s/K, their product with the weight and their sum round beside the product and the K - 1 additions: K + 6
    in all, those of two sums that are added afterwards among them.
    """
    rows, classes = shape
    labels = np.asarray(labels, np.int64)
    counts = np.ones(rows, bool) if ignore_index is None else labels != ignore_index
    w = np.ones(classes) if weights is None else np.asarray(weights, np.float64)
    own = np.where(counts, labels, 0)
    q = np.full(shape, label_smoothing / classes)
    q[np.arange(rows), own] += 1 - label_smoothing
    c = np.where(counts[:, None], q * (w if weighting == "class" else w[own][:, None]), 0.0)
    terms = (weights is not None) + (classes + 6 if label_smoothing else 0)
    steps = 2 * (weights is not None) + (6 if label_smoothing else 0)
    return _reduced(c, terms, steps, counts, np.where(counts, w[own], 0.0), reduction, weighed=weights is not None)


def of_targets(
    targets: Numbers, weights: Numbers | None, *, label_smoothing: float = 0.0, reduction: str = "none"
) -> Shares:
    """c = w·((1 - s)·t + s/K): the product and K - 1 additions, one more for weights, and four for the smoothing."""
    t = np.asarray(targets, np.float64)
    rows, classes = t.shape
    q = (1 - label_smoothing) * t + label_smoothing / classes
    c = q * (1.0 if weights is None else np.asarray(weights, np.float64))
    terms = classes + (weights is not None) + 4 * bool(label_smoothing)
    return _reduced(c, terms, 6, np.ones(rows, bool), np.ones(rows), reduction, weighed=False)


def _reduced(c, terms, steps, counts, own, reduction, *, weighed) -> Shares:
    if reduction == "none":
        return Shares(c, 1.0, terms, steps)
    rows = int(counts.sum())
    if reduction == "sum":
        return Shares(c, 1.0, terms, steps, rows)
    whole = float(own.sum()) if reduction == "weighted_mean" else float(rows)
    # A quotient, by a reciprocal perhaps; of weights also their sum. Two sums may be divided before they are added.
    return Shares(c, whole, terms, steps, rows, 3 + (rows if reduction == "weighted_mean" and weighed else 0))


def weighed_losses(
    behind: Numbers, each: Bound, values: Numbers, shares: Shares, dtype: Format, *, stored: str | None = None
) -> Bound:
    """Rows of Σ c·a, a = -log p with errors e: R = Σ c·e·(1 + γ) + γ·Σ c|a|, γ of the roundings that a term meets; then their sum.

    A sum of the rows errs by Σ R·(1 + γ') + γ'·Σ Σ c|a|, γ' of its additions and of its divisor's, divided by it. ``behind``: a [N, K]; ``each``: the bound
    of a. ``stored``: a narrower format, of unit roundoff v, that the products, the sums of rows and the partial sums of the losses are rounded to, or None.
    """
    counts, lost = shares.c != 0, smallest_normal(dtype)
    a = np.where(counts, np.abs(np.asarray(behind, np.float64)), 0.0)
    u, v = unit_roundoff(dtype), 0.0 if stored is None else unit_roundoff(stored)
    size = (shares.c * a).sum(axis=1)
    met = _met(shares.terms, u, shares.steps, v)
    rows = (shares.c * np.where(counts, each.allowed, 0.0)).sum(axis=1) * (1 + met) + met * size
    if shares.terms:  # a share, or what it is multiplied with, may be lost
        rows = rows + (lost * (counts + a)).sum(axis=1)
        rows = rows + (0.0 if stored is None else shares.steps * smallest_subnormal(stored) * counts.sum(axis=1))
    text = f"Σ c·e·(1 + γₘ) + γₘ·Σ c|a|, m = {shares.terms}, e of a: {each.derivation}"
    if not shares.rows:
        return composed(rows + ORACLE * np.abs(values), text if shares.terms else each.derivation, each)
    more = shares.rows - 1 + shares.divided
    met = _met(more, u, more, v)
    whole = (rows.sum() * (1 + met) + met * size.sum()) / shares.divisor * _divisor(shares, lost)
    text = f"(Σ R·(1 + γₘ) + γₘ·Σ Σ c|a|) ÷ {shares.divisor:.6g}, m = {more}, R = {text}"
    return composed(whole + ORACLE * np.abs(values) + lost, text + _narrow(stored), each)


def weighed_gradient(
    p: Numbers,
    y: Numbers,
    values: Numbers,
    logits: Numbers,
    upstream: Numbers,
    shares: Shares,
    dtype: Format,
    *,
    stored: str | None = None,
) -> Bound:
    """g·(C·p - c), g = upstream ÷ the divisor, C = Σ c, p = softmax with the relative error r (:func:`.losses.probability_rate`).

    One class a row: as :func:`.losses.cross_entropy_gradient` of g·c, and γ·|dz| of the roundings that g·c meets. Several: each c and C are rounded apart,
    g·[p·C·(r + γ(n + m)(1 + r)) + c·γ(m + 3)] + γ(3)·|dz|, and g·p·|C - 1| where C is 1 but for what the targets themselves were rounded
    by, as then C may be left out. ``y``: log p.
    """
    p, values, c = (np.asarray(a, np.float64) for a in (p, values, shares.c))
    g = np.broadcast_to(np.abs(np.asarray(upstream, np.float64)), len(c))[:, None] / shares.divisor
    u, v = unit_roundoff(dtype), 0.0 if stored is None else unit_roundoff(stored)
    more = shares.terms + shares.divided
    met = _met(more, u, shares.steps + shares.divided, v) * _divisor(shares, smallest_normal(dtype))
    if not shares.several:
        whole = c.sum(axis=1)
        one = cross_entropy_gradient(p, values, logits, g[:, 0] * whole, dtype, stored=stored)
        return empirical(
            one.allowed + met * (np.abs(values) + one.allowed),
            f"{one.derivation}; + γₘ·|dz|, m = {more}, of the weight and the divisor",
        )
    rate, C, n = probability_rate(p, y, logits, dtype, 1, stored), c.sum(axis=1, keepdims=True), c.shape[1]
    total = gamma(n + 3, u) + met + 3 * v
    near = np.abs(C - 1) <= n * unit_roundoff(np.asarray(logits).dtype)
    allowed = g * (p * C * (rate + total * (1 + rate)) + c * (gamma(3, u) + met + 3 * v))
    allowed = allowed + np.where(near, g * p * np.abs(C - 1), 0.0) + (gamma(3, u) + v + ORACLE) * np.abs(values)
    text = (
        f"|g|·[p·C·(r + γₙ₊ₘ(1 + r)) + c·γₘ] + γ₃·|dz| + 2λ_min(1 + |g|(1 + C)), r the relative error of softmax, n = {n}, m = {more + 3}, "
        f"u = 2^-{significand_bits(dtype)}{_narrow(stored)}"
    )
    return empirical(allowed + 2 * smallest_normal(stored or dtype) * (1 + g * (1 + C)), text)


def weighed_selection(
    values: Numbers, upstream: Numbers, shares: Shares, dtype: Format, *, stored: str | None = None
) -> Bound:
    """g·c, g = upstream ÷ the divisor: γ·|dx| of the roundings of the product and of the divisor."""
    more, values = shares.terms + shares.divided, np.abs(np.asarray(values, np.float64))
    u, v, lost = unit_roundoff(dtype), 0.0 if stored is None else unit_roundoff(stored), smallest_normal(dtype)
    met = _met(more, u, shares.steps + shares.divided, v) * _divisor(shares, lost)
    g = np.broadcast_to(np.abs(np.asarray(upstream, np.float64)), len(shares.c))[:, None] / shares.divisor
    text = f"γₘ·|dx| + λ_min·(2 + |g| + c), m = {more}, u = 2^-{significand_bits(dtype)}{_narrow(stored)}"
    return derived(met * values + ORACLE * values + lost * np.where(shares.c != 0, 2 + g + shares.c, 0.0), text)


def _met(n: int, u: float, steps: int, v: float) -> Any:
    """γ(n) in the format of the arithmetic, and γ(steps) in the narrow one."""
    wide = gamma(n, u) if n else 0.0
    return wide + (gamma(steps, v) * (1 + wide) if v and steps else 0.0)


def _divisor(shares, lost):
    """By what factor an error grows where each weight of the divisor may be lost."""
    off = shares.rows * lost / shares.divisor if shares.divided else 0.0
    return np.inf if off >= 0.5 else 1 / (1 - off)


def _narrow(stored):
    return "" if stored is None else f"; each step rounded to {np.dtype(stored)}, each partial sum of losses among them"
