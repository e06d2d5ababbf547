"""Binary cross-entropy: how far probabilities are from targets between 0 and 1, each number by itself.

    from probabilities:  loss = -w·[t·log p + (1 - t)·log(1 - p)],            dL/dp = upstream·w·[(1 - t)/(1 - p) - t/p]
    from logits:         loss = w·[q·t·softplus(-z) + (1 - t)·softplus(z)],   dL/dz = upstream·w·[(q·t + 1 - t)·σ(z) - q·t]

w: weights; q: pos_weight. What a logarithm of 0 comes to is a setting: ``floor`` is the least value of each (PyTorch: -100; its derivative then is
(p - t)/max(p·(1 - p), 1e-12)), ``clip`` the least and the largest p (Keras: 1e-7 from either end, where the derivative is 0 beyond). The mean is over all
numbers. Goodfellow, Bengio, Courville, *Deep Learning* (2016), §6.2.2.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import Operation, one_of
from .classes import Shares
from .cross_entropy import behind, slope

LIMIT = 1e-12
"""The least divisor of PyTorch's derivative."""


@computed_wide
def binary_cross_entropy(
    p: Float[Array, "*axes"],
    targets: Float[Array, "*axes"],
    weights: Float[Array, "*axes"] | None = None,
    *,
    floor: float | None = None,
    clip: tuple[float, float] | None = None,
    reduction: str = "none",
) -> Float[Array, "*axes"]:
    """p and targets from 0 to 1, and weights, of one shape -> losses of that shape, or [1] where reduced; infinite where a logarithm is."""
    shares = _shares("p", p, targets, weights, None, reduction)
    clip = _probabilities(p, floor, clip)
    held = (p if clip is None else np.clip(p, *map(p.dtype.type, clip))).ravel()
    with np.errstate(divide="ignore"):
        logs = np.stack([np.log(held), np.log1p(-held)], axis=1)
    return _shaped(shares.losses(-(logs if floor is None else np.maximum(logs, p.dtype.type(floor)))), p, shares)


@computed_wide
def binary_cross_entropy_gradient(
    p: Float[Array, "*axes"],
    targets: Float[Array, "*axes"],
    upstream: Float[Array, "*axes"],
    weights: Float[Array, "*axes"] | None = None,
    *,
    floor: float | None = None,
    clip: tuple[float, float] | None = None,
    reduction: str = "none",
) -> Float[Array, "*axes"]:
    """upstream of the shape of the losses -> the gradient by p."""
    shares = _shares("p", p, targets, weights, None, reduction)
    clip = _probabilities(p, floor, clip)
    up, dtype = _upstream(upstream, p, shares), p.dtype.type
    held = p if clip is None else np.clip(p, *map(dtype, clip))
    c, q = shares.c.reshape(*p.shape, 2), 1 - held
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if floor is None:
            found = np.where(c[..., 1] > 0, c[..., 1] / q, 0) - np.where(c[..., 0] > 0, c[..., 0] / held, 0)
        else:
            found = (c[..., 1] * p - c[..., 0] * q) / np.maximum(p * q, dtype(LIMIT))
        return up * np.where(held == p, found, dtype(0))


@computed_wide
def binary_cross_entropy_with_logits(
    logits: Float[Array, "*axes"],
    targets: Float[Array, "*axes"],
    weights: Float[Array, "*axes"] | None = None,
    pos_weight: Float[Array, "*axes"] | None = None,
    *,
    reduction: str = "none",
) -> Float[Array, "*axes"]:
    """logits, targets from 0 to 1, weights and pos_weight of one shape -> losses of that shape, or [1] where reduced."""
    shares = _shares("logits", logits, targets, weights, pos_weight, reduction)
    return _shaped(shares.losses(behind(_two(logits))), logits, shares)


@computed_wide
def binary_cross_entropy_with_logits_gradient(
    logits: Float[Array, "*axes"],
    targets: Float[Array, "*axes"],
    upstream: Float[Array, "*axes"],
    weights: Float[Array, "*axes"] | None = None,
    pos_weight: Float[Array, "*axes"] | None = None,
    *,
    reduction: str = "none",
) -> Float[Array, "*axes"]:
    """upstream of the shape of the losses -> the gradient by the logits."""
    shares = _shares("logits", logits, targets, weights, pos_weight, reduction)
    found = slope(_two(logits), shares.c)[:, 0].reshape(logits.shape)
    return _upstream(upstream, logits, shares) * found


def _two(z):
    """Scores of two classes, of which the second is 0: σ(z) is the softmax of the first."""
    return np.stack([z.ravel(), np.zeros_like(z.ravel())], axis=1)


def _shares(name, scores, targets, weights, pos_weight, reduction):
    """Of "yes", w·q·t, and of "no", w·(1 - t) [numbers, 2]."""
    validation.array(name, scores, axes=None)
    validation.choice("reduction", reduction, ("none", "sum", "mean"))
    factors = {"weights": weights, "pos_weight": pos_weight}
    for other, a in {"targets": targets, **{n: a for n, a in factors.items() if a is not None}}.items():
        validation.array(other, a, axes=None)
        validation.shape(other, a, scores.shape, f"the shape of {name}")
    validation.same_dtype(name, scores, targets=targets, weights=weights, pos_weight=pos_weight)
    if validation.non_negative("targets", targets.ravel()).max() > 1:
        validation.refuse("targets", float(targets.max()), "numbers from 0 to 1", "give probabilities")
    w, q = (_factors(n, a, scores) for n, a in factors.items())
    c = np.stack([(w * q * targets).ravel(), (w * (1 - targets)).ravel()], axis=1)
    return Shares(c, scores.size if reduction == "mean" else 1, reduction != "none")


def _factors(name, weights, scores):
    if weights is None:
        return np.ones(scores.shape, scores.dtype)
    validation.non_negative(name, weights.ravel())
    return weights


def _probabilities(p, floor, clip):
    """The least and the largest p, or None."""
    if validation.non_negative("p", p.ravel()).max() > 1:
        validation.refuse("p", float(p.max()), "numbers from 0 to 1", "give probabilities, or call it with logits")
    _floor("floor", floor, None, None)
    return _clip("clip", clip, {"p": p}, None)


def _shaped(losses, scores, shares):
    return losses if shares.reduced else losses.reshape(scores.shape)


def _upstream(upstream, scores, shares):
    shape, meaning = ((1,), "one number [1]") if shares.reduced else (scores.shape, "the shape of the losses")
    validation.upstream(upstream, scores, shape, meaning)
    return upstream / upstream.dtype.type(shares.divisor)


# ---------------------------------------------------------------------------------------------------- parsing


def _floor(name: str, value: Any, arrays: Any, parsed: Any) -> float | None:
    """a finite number below 0, or None"""
    if value is not None and not validation.finite(name, value) < 0:
        validation.refuse(name, value, "a finite number below 0, or None", "use -100 for PyTorch's")
    return None if value is None else float(value)


def _clip(name: str, value: Any, arrays: Mapping[str, np.ndarray], parsed: Any) -> tuple[float, float] | None:
    """how far from 0 and 1 p is held at least, from 0 to 1/2; the least and the largest p; or None"""
    if value is None:
        return None
    if isinstance(value, list | tuple) and len(value) == 2:
        low, high = (validation.finite(name, one) for one in value)
    else:
        # In the format of p, as 1 - 1e-7 is another number there.
        one, small = arrays["p"].dtype.type(1), arrays["p"].dtype.type(validation.finite(name, value))
        low, high = float(small), float(one - small)
    if not 0 <= low <= high <= 1:
        validation.refuse(
            name, value, "a number from 0 to 1/2, a least and a largest p, or None", "use 1e-7 for Keras'"
        )
    return low, high


REDUCED = {"reduction": ("none", one_of("none", "sum", "mean"))}
HELD = {"floor": (None, _floor), "clip": (None, _clip)}


def _whole(arguments: Mapping[str, Any], rank: int) -> list[dict[str, int]]:
    return []


def _pair(function, gradient, scores, says, optional, rules, parameters, aliases):
    y, of = {scores: "…", "targets": "…"}, {name: "?…" for name in optional}
    also = tuple(f"{alias}_gradient" for alias in aliases)
    return (
        Operation(function, says, y | of, {"y": "…"}, rules[0], parameters, aliases, apart=_whole),
        Operation(
            gradient,
            f"gradient of: {says}",
            y | {"upstream": "…"} | of,
            {f"d{scores}": "…"},
            rules[1],
            parameters,
            also,
            apart=_whole,
        ),
    )


OPERATIONS = (
    *_pair(
        binary_cross_entropy,
        binary_cross_entropy_gradient,
        "p",
        "−targets·log p − (1 − targets)·log(1 − p)",
        ("weights",),
        ("binary_cross_entropy", "binary_cross_entropy_gradient"),
        HELD | REDUCED,
        ("bce", "bce_loss", "binarycrossentropy"),
    ),
    *_pair(
        binary_cross_entropy_with_logits,
        binary_cross_entropy_with_logits_gradient,
        "logits",
        "binary cross-entropy of σ(logits)",
        ("weights", "pos_weight"),
        ("binary_cross_entropy_with_logits", "binary_cross_entropy_with_logits_gradient"),
        REDUCED,
        ("bce_with_logits", "bce_with_logits_loss", "sigmoid_cross_entropy_with_logits"),
    ),
)
