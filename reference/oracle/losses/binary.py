"""Binary cross-entropy, number by number: of two classes, the second of which is "no"."""

from typing import Any

import numpy as np

from ...exact import double_double as dd
from ..finite import need_finite
from ..remembered import Array, once
from . import shares
from .classes import behind, slope


def _weighed(targets, weights, pos_weight, reduction) -> shares.Shares:
    """w·q·t and w·(1 - t) [numbers, 2]."""
    t, (w, q) = targets.ravel(), (_each(a, targets) for a in (weights, pos_weight))
    no = dd.normal(dd.two_sum(1.0, -t))
    yes = dd.product(dd.normal(dd.number(t)), dd.normal(dd.number(q)))
    both = (
        (np.stack([yes[0][0], no[0][0]], axis=1), np.stack([yes[0][1], no[0][1]], axis=1)),
        np.stack([yes[1], no[1]], axis=1),
    )
    c = dd.product(both, dd.normal(dd.number(np.stack([w, w], axis=1))))
    divisor = None if reduction == "none" else dd.normal(dd.number(np.array([t.size if reduction == "mean" else 1.0])))
    return shares.Shares(c, divisor)


def _each(weights, targets):
    return np.ones(targets.size) if weights is None else np.broadcast_to(weights, targets.shape).ravel()


def _two(z):
    return np.stack([z.ravel(), np.zeros(z.size)], axis=1)


@once
def binary_cross_entropy_with_logits(
    logits: Array,
    targets: Array,
    weights: Array | None = None,
    pos_weight: Array | None = None,
    *,
    reduction: str = "none",
) -> Array:
    """w·[q·t·log(1 + exp(-z)) + (1 - t)·log(1 + exp z)]."""
    need_finite((logits, targets))
    with np.errstate(all="ignore"):
        y = shares.losses(behind, _two(logits), _weighed(targets, weights, pos_weight, reduction))
    return y.reshape(logits.shape) if reduction == "none" else y


@once
def binary_cross_entropy_with_logits_gradient(
    logits: Array,
    targets: Array,
    upstream: Array,
    weights: Array | None = None,
    pos_weight: Array | None = None,
    *,
    reduction: str = "none",
) -> Array:
    """upstream·w·[(q·t + 1 - t)·σ(z) - q·t]."""
    need_finite((logits, targets, upstream))
    with np.errstate(all="ignore"):
        c = _weighed(targets, weights, pos_weight, reduction)
        return shares.slopes(slope, _two(logits), upstream.ravel(), c)[:, 0].reshape(logits.shape)


def _held(p, clip):
    return p if clip is None else np.clip(p, *clip)


@once
def binary_cross_entropy(
    p: Array,
    targets: Array,
    weights: Array | None = None,
    *,
    floor: Any = None,
    clip: Any = None,
    reduction: str = "none",
) -> Array:
    """-w·[t·log p + (1 - t)·log(1 - p)], each logarithm at least ``floor``, p within ``clip``."""
    need_finite((p, targets))
    held = _held(p, clip).ravel()
    # By two parts, as 1 - p need not be a number.
    hi, lo = np.stack([held, 1 - held], axis=1), np.stack([np.zeros(held.size), dd.two_sum(1.0, -held)[1]], axis=1)
    c = _weighed(targets, weights, None, reduction)
    with np.errstate(all="ignore"):
        if floor is None and ((hi <= 0) & (c.c[0][0] > 0)).any():
            y = np.where((hi <= 0) & (c.c[0][0] > 0), np.inf, 0.0).sum(axis=1)
            return y.reshape(p.shape) if reduction == "none" else np.array([np.inf])

        def logarithms(rows):
            n = rows.shape[1] // 2
            x = rows[:, :n], rows[:, n:]
            log = dd.log(dd.where(x[0] > 0, x, (1.0, 0.0)))
            below = (x[0] <= 0) | (log[0] < (-np.inf if floor is None else floor))
            return dd.normal(dd.negative(dd.where(below, (0.0 if floor is None else floor, 0.0), log)))

        y = shares.losses(logarithms, np.concatenate([hi, lo], axis=1), c)
    return y.reshape(p.shape) if reduction == "none" else y


@once
def binary_cross_entropy_gradient(
    p: Array,
    targets: Array,
    upstream: Array,
    weights: Array | None = None,
    *,
    floor: Any = None,
    clip: Any = None,
    reduction: str = "none",
) -> Array:
    """upstream·w·[(1 - t)/(1 - p) - t/p] = upstream·w·(p - t)/(p·(1 - p)), with a floor divided by 1e-12 at least; 0 beyond ``clip``."""
    need_finite((p, targets, upstream))
    held, g = _held(p, clip).ravel(), np.broadcast_to(upstream.ravel(), p.size)
    many = float(p.size if reduction == "mean" else 1)
    with np.errstate(all="ignore"):
        rest, zero = dd.two_sum(1.0, -held), held == 0
        own = dd.product(dd.normal(dd.number(held)), dd.normal(rest))
        if floor is not None:
            small = dd.scaled(*own)[0] < 1e-12
            least = dd.normal(dd.number(np.full(held.size, 1e-12)))
            own = dd.where(small, least[0], own[0]), np.where(small, least[1], own[1])
        above = dd.normal(dd.two_sum(held, -targets.ravel()))
        w = dd.normal(dd.number(_each(weights, targets)))
        m, k = dd.product(dd.product(above, w), dd.normal(dd.number(g)))
        m = dd.divide(m, dd.number(np.array([many])))
        found = dd.value(dd.divide(m, dd.where(own[0][0] == 0, dd.ONE, own[0])), k - own[1])
        # Where p is 0 or 1: the other term alone, 1 at its end; nothing finite unless the target is there, too.
        if floor is None:
            alone = _each(weights, targets) * g / many
            alone = np.where(above[0][0] == 0, np.where(zero, alone, -alone), np.inf)
            found = np.where(zero | (rest[0] == 0), alone, found)
    return np.where(held == p.ravel(), found, 0.0).reshape(p.shape)
