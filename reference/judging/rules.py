"""Which bound belongs to which operation: one rule for each kind, given the exact results and the contract.

An operation names its rule in its own file, in ``reference/operators``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import bounds, oracle
from ..bounds import Bound
from ..operators.activations import exponential
from ..operators.catalogue import OPERATIONS
from .contracts import BINARY, Contract


@dataclass(frozen=True)
class Question:
    """An operation, its exact results, its arrays in their order, its parameters, and the contract that it is judged by.

    ``stored``: the narrow format that the steps are rounded to, or None.
    """

    name: str
    values: tuple[np.ndarray, ...]
    arrays: list[Any]
    parameters: dict[str, Any]
    contract: Contract
    stored: str | None

    @property
    def dtype(self) -> str:
        """The format in which it is computed."""
        return self.contract.arithmetic

    @property
    def flushes(self) -> bool:
        return self.contract.flushes


Bounds = tuple[tuple[Bound, ...], tuple[np.ndarray, ...] | None]
"""One bound a result; and as many statistical estimates, or None."""
Rule = Callable[[Question], Bounds]


def parts(results: Any) -> tuple[Any, ...]:
    return results if isinstance(results, tuple) else (results,)


def _sums(q: Question, factors: int = 0) -> Bounds:
    operation, dtype = getattr(oracle, q.name), q.dtype
    S, n = map(parts, oracle.sizes(operation, *q.arrays, **q.parameters))
    lost = parts(oracle.flush_sizes(operation, *q.arrays, **q.parameters)) if q.flushes else (None,) * len(S)
    limits = tuple(
        bounds.sums_of_products(size, many, dtype, flushed=f, factors=factors)
        for size, many, f in zip(S, n, lost, strict=True)
    )
    return limits, tuple(bounds.expected_rounding(size, many, dtype) for size, many in zip(S, n, strict=True))


AVERAGED: dict[str, Callable[[int, dict[str, Any]], int]] = {
    "averages": lambda rank, p: 1 if p["count_padding"] or p.get("divisor") is not None else 2,
    "means": lambda rank, p: rank,
}
"""Rule → how many roundings the divisor brings, of the number of axes and the parameters: one, and two where it may itself be made of a
rounded mean of ones; of adaptive windows, divided by their size along each axis, or by all at once, one for each."""


def _averages(q: Question) -> Bounds:
    return _sums(q, factors=AVERAGED[OPERATIONS[q.name].rule](q.arrays[0].ndim - 2, q.parameters))


def _chosen(q: Question) -> Bounds:
    compared = "max_pooling" in q.name
    return (bounds.selection(q.values[0], q.dtype, flushed=q.flushes, compared=compared),), None


def _nearest(q: Question) -> Bounds:
    """One of the numbers given; where a rounded coordinate may fall on the other side of a border, its neighbour's."""
    (chosen,), _ = _chosen(q)
    if not q.contract.coordinates:
        return (chosen,), None
    return (bounds.nearest_neighbours(q.arrays[0], q.values[0], chosen, **q.parameters),), None


def _resampled(q: Question) -> Bounds:
    """Weights of the operation's own, from elements to outputs, or for a gradient back."""
    matrices = matrices_of(q.name, q.arrays[0].shape, q.contract, q.parameters)
    plain = "linear" in q.name and not q.name.endswith("_gradient") and not q.parameters.get("antialias")
    return (bounds.resampled(q.arrays[-1], q.dtype, matrices, stored=q.stored, interpolated=plain),), None


def matrices_of(name: str, shape: Sequence[int], contract: Contract, parameters: dict[str, Any]) -> Any:
    """Of a resampling of an x of this shape, or its gradient: the weights along each axis and how far each may be off."""
    if name.startswith("area"):
        matrices = bounds.weights_by_area(shape, contract.arithmetic, **parameters)
    else:
        settings = dict(parameters)
        kernel = bounds.cubic(settings.pop("coefficient")) if "coefficient" in settings else bounds.HAT
        matrices = bounds.weights_by_kernel(shape, contract.arithmetic, kernel, **settings, tabled=contract.tabled)
    return bounds.transposed(matrices) if name.endswith("_gradient") else matrices


def _sigmoid(q: Question) -> Bounds:
    own = bounds.elementwise(q.name, q.dtype, q.values[0])
    return (bounds.difference_from_one(own, q.dtype) if q.contract.difference else own,), None


def _routed(q: Question) -> Bounds:
    """Each upstream number goes to the element that was chosen, where several may be added."""
    x, upstream = q.arrays
    S = getattr(oracle, q.name)(x, np.abs(upstream.astype(np.float64)), **q.parameters)
    n = getattr(oracle, q.name)(x, np.ones(upstream.shape), **q.parameters)
    lost = S + n if q.flushes else None
    return (bounds.sums_of_products(S, n, q.dtype, flushed=lost),), None


def _each_gradient(q: Question) -> Bounds:
    function = q.name.removesuffix("_gradient")
    y = getattr(oracle, function)(q.arrays[0])
    return (bounds.elementwise_gradient(function, q.dtype, y, q.arrays[1], stored=q.stored),), None


def _sloped(q: Question) -> Bounds:
    """Leaky ReLU and PReLU, and their gradients by z: a slope times z, or times upstream, where z < 0."""
    z, *others = q.arrays
    if "alpha" in q.parameters:  # a number of Python's, to be rounded to the format first
        slope, roundings = np.float64(q.parameters["alpha"]), 2
    else:
        slope, roundings = others[0].astype(np.float64).reshape(1, -1, *[1] * (z.ndim - 2)), 1
    limit = bounds.slopes(z, slope, q.values[0], q.dtype, flushed=q.flushes, roundings=roundings)
    if q.name != "prelu_gradient":
        return (limit,), None
    upstream = np.abs(others[1].astype(np.float64))
    lower, axes = np.maximum(0, -z.astype(np.float64)), (0, *range(2, z.ndim))
    S, n = (upstream * lower).sum(axis=axes), np.maximum(1, (z < 0).sum(axis=axes))
    lost = ((upstream + lower) * (lower > 0)).sum(axis=axes) if q.flushes else None
    # S is summed in float64 here, which its factor covers.
    own = bounds.sums_of_products(S * (1 + 2.0**-40), n, q.dtype, flushed=lost)
    return (limit, own), None


def _softmax_gradient(q: Question) -> Bounds:
    x, upstream = q.arrays
    y = oracle.softmax(x, **q.parameters)
    return (bounds.softmax_gradient(y, x, upstream, q.dtype, **q.parameters, stored=q.stored),), None


PLAIN = {"label_smoothing": 0.0, "weighting": "class", "ignore_index": None, "reduction": "none"}
"""Of a loss a row, of its label alone."""


def _plain(q: Question) -> bool:
    return "labels" in OPERATIONS[q.name].arrays and q.arrays[-1] is None and q.parameters.items() <= PLAIN.items()


def _shares(q: Question) -> bounds.Shares:
    """How classes and rows are weighed, of labels or of targets."""
    scores, given, *_, weights = q.arrays
    if "targets" in OPERATIONS[q.name].arrays:
        return bounds.of_targets(given, weights, **q.parameters)
    return bounds.of_labels(scores.shape, given, weights, **q.parameters)


def _cross_entropy(q: Question) -> Bounds:
    logits, labels, _ = q.arrays
    if _plain(q):
        return (bounds.cross_entropy(q.values[0], logits, labels, q.dtype, stored=q.stored),), None
    y = oracle.log_softmax(logits, axis=1)
    each = bounds.log_softmax(y, logits, q.dtype, axis=1, stored=q.stored)
    return (bounds.weighed_losses(y, each, q.values[0], _shares(q), q.dtype, stored=q.stored),), None


def _cross_entropy_gradient(q: Question) -> Bounds:
    logits, _, upstream, _ = q.arrays
    p, made = oracle.softmax(logits, axis=1), {"stored": q.stored}
    if _plain(q):
        return (bounds.cross_entropy_gradient(p, q.values[0], logits, upstream, q.dtype, **made),), None
    y = oracle.log_softmax(logits, axis=1)
    return (bounds.weighed_gradient(p, y, q.values[0], logits, upstream, _shares(q), q.dtype, **made),), None


def _nll_loss(q: Question) -> Bounds:
    x = q.arrays[0]
    own = bounds.exact(x.shape, reason="the numbers as they are given")
    return (bounds.weighed_losses(x, own, q.values[0], _shares(q), q.dtype, stored=q.stored),), None


def _nll_loss_gradient(q: Question) -> Bounds:
    return (bounds.weighed_selection(q.values[0], q.arrays[2], _shares(q), q.dtype, stored=q.stored),), None


def _binary(q: Question) -> Bounds:
    made = {"stored": q.stored} | q.parameters
    if not q.name.startswith("binary_cross_entropy_with_logits"):
        return (getattr(bounds, q.name)(q.values[0], *q.arrays, q.dtype, **made),), None
    flat, (*given, weights, positive) = q.arrays[0].ravel(), q.arrays
    y = oracle.log_softmax(np.stack([flat, np.zeros_like(flat)], axis=1), axis=1)
    made |= {"difference": q.contract.difference}
    return (getattr(bounds, q.name)(q.values[0], y, *given, (weights, positive), q.dtype, **made),), None


def _log_softmax(q: Question) -> Bounds:
    return (bounds.log_softmax(q.values[0], q.arrays[0], q.dtype, **q.parameters, stored=q.stored),), None


def _log_softmax_gradient(q: Question) -> Bounds:
    x, upstream = q.arrays
    y = oracle.log_softmax(x, **q.parameters)
    own = bounds.log_softmax_gradient(q.values[0], y, x, upstream, q.dtype, **q.parameters, stored=q.stored)
    return (own,), None


def _activation(q: Question) -> Bounds:
    """By the bound of the operation's own name."""
    return (getattr(bounds, q.name)(*q.arrays, q.values[0], q.dtype, **q.parameters),), None


def _softsign_gradient(q: Question) -> Bounds:
    x, upstream = q.arrays
    return (bounds.softsign_gradient(x, upstream, q.values[0], q.dtype, difference=q.contract.difference),), None


def _falling(q: Question) -> Bounds:
    """An exponential below 0: of which factor, after which division, beside which slope above 0."""
    alpha, gradient = q.parameters.get("alpha", 1.0), q.name.endswith("_gradient")
    name = q.name.removesuffix("_gradient")
    factor, divisor, scale = {
        "elu": (alpha, 1.0, 1.0),
        "celu": (1.0 if gradient else alpha, alpha, 1.0),
        "selu": (exponential.SCALE * exponential.ALPHA, 1.0, exponential.SCALE),
    }[name]
    made = {"factor": factor, "divisor": divisor, "scale": scale, "difference": q.contract.difference}
    rule: Callable[..., Bound] = bounds.falling_gradient if gradient else bounds.falling
    return (rule(*q.arrays, q.values[0], q.dtype, **made),), None


def _reciprocal(q: Question) -> Bounds:
    """−g/p at the label: a reciprocal and a product, or a quotient; 0 elsewhere."""
    p, labels, upstream = q.arrays
    at = np.arange(p.shape[1]) == labels[:, None]
    factors = np.abs(upstream.astype(np.float64))[:, None] + 1 / np.where(at, p, 1.0).astype(np.float64)
    lost = factors * at if q.flushes else None
    return (bounds.sums_of_products(np.abs(q.values[0]), 2 * at, q.dtype, flushed=lost),), None


def _norm(q: Question) -> Bounds:
    formed: dict[str, Any] = {"stored": q.stored} if OPERATIONS[q.name].in_steps else {}
    formed |= {"formed": q.contract.variance} if OPERATIONS[q.name].forms_variance else {}
    if q.contract.steps and "y" in OPERATIONS[q.name].results:
        formed |= {"steps": True} if formed else {}
    return parts(getattr(bounds, q.name)(*q.arrays, q.dtype, **q.parameters, **formed)), None


def _powers(q: Question) -> Bounds:
    power, many = q.parameters["power"], int(np.prod(q.parameters["window"]))
    if not q.name.endswith("_gradient"):
        return (bounds.norms(q.values[0], many, q.dtype, power=power),), None
    x, upstream = q.arrays
    y = getattr(oracle, q.name.removesuffix("_gradient"))(x, **q.parameters)
    share, size = bounds.norms_gradient_share(y, many, q.dtype, power=power), np.abs(upstream.astype(np.float64))
    sizes, weighed = (getattr(oracle, q.name)(np.abs(x), g, **q.parameters) for g in (size, size * share))
    return (bounds.norms_gradient(sizes, weighed, many, q.dtype, power=power),), None


KINDS: dict[str, Rule] = {
    "powers": _powers,
    "powers_gradient": _powers,
    "sums": _sums,
    "averages": _averages,
    "means": _averages,
    "resampled": _resampled,
    "chosen": _chosen,
    "nearest": _nearest,
    "sigmoid": _sigmoid,
    "routed": _routed,
    "elementwise": lambda q: ((bounds.elementwise(q.name, q.dtype, q.values[0]),), None),
    "elementwise_gradient": _each_gradient,
    "gelu": lambda q: ((bounds.gelu(q.arrays[0], q.values[0], q.dtype),), None),
    "sloped": _sloped,
    "softmax": lambda q: ((bounds.softmax(q.values[0], q.arrays[0], q.dtype, **q.parameters, stored=q.stored),), None),
    "softmax_gradient": _softmax_gradient,
    "cross_entropy": _cross_entropy,
    "cross_entropy_gradient": _cross_entropy_gradient,
    "nll_loss": _nll_loss,
    "nll_loss_gradient": _nll_loss_gradient,
    **dict.fromkeys(BINARY, _binary),
    "log_softmax": _log_softmax,
    "log_softmax_gradient": _log_softmax_gradient,
    "activation": _activation,
    "activation_gradient": _activation,
    "softsign_gradient": _softsign_gradient,
    "falling": _falling,
    "falling_gradient": _falling,
    "logarithm": lambda q: ((bounds.cross_entropy_of_probabilities(q.values[0], q.dtype),), None),
    "reciprocal": _reciprocal,
    "norm": _norm,
    "norm_gradient": _norm,
    "mean_square": _norm,
}
RULES: dict[str, Rule] = {name: KINDS[operation.rule] for name, operation in OPERATIONS.items()}
