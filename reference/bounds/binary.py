"""Binary cross-entropy: the two classes of each number, weighed as in :mod:`.shares`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .bound import ORACLE, Bound, composed, derived, empirical
from .formats import Format, Numbers, gamma, smallest_normal, unit_roundoff
from .functions import function_error
from .losses import log_softmax
from .measured import ulp_class
from .shares import Shares, weighed_gradient, weighed_losses


def _shares(targets: Numbers, weights: Numbers | None, pos_weight: Numbers | None, reduction: str) -> Shares:
    """w·q·t and w·(1 - t): the products, 1 - t, the product with a logarithm and the sum of two round, five times at most; and each weight once more."""
    t = np.asarray(targets, np.float64)
    w, q = (np.broadcast_to(1.0 if a is None else np.asarray(a, np.float64), t.shape) for a in (weights, pos_weight))
    c = np.stack([(w * q * t).ravel(), (w * (1 - t)).ravel()], axis=1)
    terms = 5 + (weights is not None) + 2 * (pos_weight is not None)
    if reduction == "none":
        return Shares(c, 1.0, terms, terms)
    return Shares(c, float(t.size if reduction == "mean" else 1), terms, terms, t.size, 2 * (reduction == "mean"))


def binary_cross_entropy_with_logits(
    values: Numbers,
    y: Numbers,
    logits: Numbers,
    targets: Numbers,
    factors: tuple[Numbers | None, Numbers | None],
    dtype: Format,
    *,
    reduction: str = "none",
    difference: bool = False,
    stored: str | None = None,
) -> Bound:
    """As :func:`.shares.weighed_losses` of the scores (z, 0). ``y``: their log softmax [numbers, 2]; ``factors``: weights and pos_weight.

    ``difference``: formed as (1 - t)·z - (q·t + 1 - t)·log σ(z), or max(z, 0) - z·t + log(1 + exp(-|z|)): γ(5)·(|z| + |log σ(z)|) and the error of log σ(z) more.
    """
    two, y = _two(logits), np.asarray(y, np.float64)
    each = log_softmax(y, two, dtype, axis=1, stored=stored)
    if difference:
        rounded = gamma(5, unit_roundoff(dtype)) + (0.0 if stored is None else gamma(5, unit_roundoff(stored)))
        more = rounded * (np.abs(two[:, :1]) + np.abs(y[:, :1])) + each.allowed[:, :1]
        each = composed(each.allowed + more, f"{each.derivation}, + γ₅·(|z| + |log σ(z)|) of a difference", each)
    made = _shares(targets, *factors, reduction)
    return _shaped(weighed_losses(y, each, np.ravel(np.asarray(values)), made, dtype, stored=stored), values)


def binary_cross_entropy_with_logits_gradient(
    values: Numbers,
    y: Numbers,
    logits: Numbers,
    targets: Numbers,
    upstream: Numbers,
    factors: tuple[Numbers | None, Numbers | None],
    dtype: Format,
    *,
    reduction: str = "none",
    difference: bool = False,
    stored: str | None = None,
) -> Bound:
    """As :func:`.shares.weighed_gradient` of the scores (z, 0). ``difference``: (1 - t) - (q·t + 1 - t)·σ(-z) errs by γ(5) of both terms."""
    made, v = _shares(targets, *factors, reduction), np.ravel(np.asarray(values, np.float64))
    g, both = np.ravel(np.asarray(upstream, np.float64)), np.stack([v, -v], axis=1)
    two = _two(logits)
    whole = weighed_gradient(np.exp(np.maximum(y, -800.0)), y, both, two, g, made, dtype, stored=stored)
    allowed, text = whole.allowed[:, 0], whole.derivation
    if difference:
        rounded = gamma(5, unit_roundoff(dtype)) + (0.0 if stored is None else gamma(5, unit_roundoff(stored)))
        rounded = rounded + 2 * ulp_class("logistic", dtype).ulps * unit_roundoff(dtype)
        allowed = allowed + rounded * np.abs(g) / made.divisor * made.c.sum(axis=1)
        text += "; + (γ₅ + 2c·u)·|g|·(q·t + 1 - t) of a difference, c of σ"
    return empirical(allowed.reshape(np.shape(values)), text)


def binary_cross_entropy(
    values: Numbers,
    p: Numbers,
    targets: Numbers,
    weights: Numbers | None,
    dtype: Format,
    *,
    floor: float | None = None,
    clip: tuple[float, float] | None = None,
    reduction: str = "none",
    stored: str | None = None,
) -> Bound:
    """As :func:`.shares.weighed_losses`: a logarithm errs by its ulp class, that of 1 - p also by u, as 1 - p is rounded."""
    held = np.asarray(p, np.float64) if clip is None else np.clip(np.asarray(p, np.float64), *clip)
    made = _shares(targets, weights, None, reduction)
    with np.errstate(divide="ignore"):
        logs = np.stack([np.log(held.ravel()), np.log1p(-held.ravel())], axis=1)
    logs = np.maximum(logs, -np.inf if floor is None else floor)
    logs = np.where((made.c != 0) & np.isfinite(logs), logs, 0.0)
    u, v = unit_roundoff(dtype), 0.0 if stored is None else unit_roundoff(stored)
    off = function_error("log", dtype, logs) + v * np.abs(logs) + smallest_normal(dtype)
    off = off + (u + v) * 1.01 * np.array([0.0, 1.0])
    each = empirical(off, f"{ulp_class('log', dtype)} of the logarithm, + u of 1 - p")
    return _shaped(weighed_losses(logs, each, np.ravel(np.asarray(values)), made, dtype, stored=stored), values)


def binary_cross_entropy_gradient(
    values: Numbers,
    p: Numbers,
    targets: Numbers,
    upstream: Numbers,
    weights: Numbers | None,
    dtype: Format,
    *,
    floor: float | None = None,
    clip: tuple[float, float] | None = None,
    reduction: str = "none",
    stored: str | None = None,
) -> Bound:
    """γ(8)·|g|·w·(t/p + (1 - t)/(1 - p)): 1 - p, a difference or a sum of two quotients, and products; with a floor p·(1 - p) is 1e-12 at least."""
    given, made = np.asarray(p, np.float64), _shares(targets, weights, None, reduction)
    held = (given if clip is None else np.clip(given, *clip)).ravel()
    g = np.abs(np.ravel(np.asarray(upstream, np.float64))) / made.divisor
    both = np.stack([held, 1 - held], axis=1)
    if floor is not None:
        size = (made.c * both[:, ::-1]).sum(axis=1) / np.maximum(both.prod(axis=1), 1e-12)
    else:
        size = np.where(made.c > 0, made.c / np.where(both > 0, both, 1.0), 0.0).sum(axis=1)
    met = gamma(8, unit_roundoff(dtype)) + (0.0 if stored is None else gamma(8, unit_roundoff(stored)))
    inside = held == given.ravel()
    allowed = np.where(inside, met * g * size + smallest_normal(dtype) * (2 + g) * (1 + size), 0.0)
    text = "γ₈·|g|·w·(t/p + (1 - t)/(1 - p)) + λ_min·(2 + |g|)(1 + w·(t/p + (1 - t)/(1 - p)))"
    return derived(allowed.reshape(np.shape(values)) + ORACLE * np.abs(values), text)


def _two(z: Numbers) -> np.ndarray:
    flat = np.ravel(np.asarray(z))
    return np.stack([flat, np.zeros_like(flat)], axis=1)


def _shaped(bound: Bound, values: Any) -> Bound:
    return composed(bound.allowed.reshape(np.shape(values)), bound.derivation, bound)
