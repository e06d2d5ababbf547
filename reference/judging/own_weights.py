"""The second tier of sums whose weights the operation itself brings: averages, resampling, the mean of a batch.

Beside errors that are independent of each other there are steady ones: a divisor applied as a rounded reciprocal, a weight that is computed once
from a rounded coordinate, are off by the same in every image. Each is bounded, and so is what all of them move a result by: m. As
|Σ a·(r + m)| <= |Σ a·r| + Σ |a|·m, what m may add to a statistic is added to its limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import bounds, oracle
from ..operators.catalogue import Operation
from .contracts import Contract
from .rules import AVERAGED, matrices_of

Matrices = list[np.ndarray]

PLACES = (0.25, 0.5, 0.75)
"""Where the partial sums of the terms, as they lie in memory, are looked at."""


@dataclass(frozen=True)
class Weighed:
    """``numbers``: what is summed, [N, C, …]. ``weights``: [outputs, elements] along each axis. ``steady``: m of each output.

    ``factors``: how many roundings the divisor brings."""

    numbers: np.ndarray
    weights: Matrices
    steady: np.ndarray
    factors: int

    @property
    def shared(self) -> float:
        """In how many outputs an element, or a sum along one axis, comes back: so many may err alike."""
        return float(np.prod([np.count_nonzero(A, axis=0).max() for A in self.weights]))


def weighed(
    operation: Operation, arguments: Mapping[str, Any], result: str, exact: np.ndarray, contract: Contract
) -> Weighed | None:
    """None where the result is no such sum."""
    if operation.rule == "norm":
        return _mean(operation, arguments["x"], result, exact, contract)
    if operation.rule not in (*AVERAGED, "resampled"):
        return None
    arrays, parameters = [arguments[name] for name in operation.arrays], operation.settings(arguments)
    weights = oracle.weights_along(operation.name, *arrays, **parameters)
    numbers = np.asarray(arrays[-1], np.float64)
    S = _along(np.abs(numbers), [np.abs(A) for A in weights])
    if operation.rule in AVERAGED:
        factors = AVERAGED[operation.rule](arrays[0].ndim - 2, parameters)
        steady = factors * bounds.unit_roundoff(contract.arithmetic) * (np.abs(exact) if result == "y" else S)
        return Weighed(numbers, weights, steady, factors)
    found = matrices_of(operation.name, arrays[0].shape, contract, parameters)
    return Weighed(numbers, weights, bounds.moved(numbers, contract.arithmetic, found), 0)


def _mean(operation: Operation, x: np.ndarray, result: str, exact: np.ndarray, contract: Contract) -> Weighed | None:
    if result != "mean" or not operation.forms_variance or contract.variance != "two passes":
        return None
    # [1, C, M]: the mean of M numbers of each channel.
    numbers = np.moveaxis(np.asarray(x, np.float64), 1, 0).reshape(1, x.shape[1], -1)
    weights = [np.full((1, numbers.shape[2]), 1 / numbers.shape[2])]
    factors = 1 + (x.ndim > 2)
    return Weighed(numbers, weights, factors * bounds.unit_roundoff(contract.arithmetic) * np.abs(exact), factors)


def variance(
    made: Weighed, exact: np.ndarray, contract: Contract, stored: str, flushed: np.ndarray | None
) -> np.ndarray:
    """s² of each output."""
    n = _along(np.ones((1, 1, *made.numbers.shape[2:])), [(A != 0).astype(np.float64) for A in made.weights])
    partial = np.zeros(_along(made.numbers, made.weights).shape)
    for kept in _some_terms(made.weights):
        partial = np.maximum(partial, sum(np.square(_along(made.numbers, part)) for part in kept) / len(kept))
    Q = _along(np.square(made.numbers), [np.square(A) for A in made.weights])
    return bounds.variance_of_sums(
        Q.reshape(exact.shape),
        np.broadcast_to(n, Q.shape).reshape(exact.shape),
        exact,
        partial.reshape(exact.shape),
        contract.arithmetic,
        equal=bounds.equal(made.numbers),
        stored=stored,
        flushed=flushed,
        factors=made.factors,
    )


def scores(made: Weighed, e: np.ndarray, per: np.ndarray) -> Iterator[tuple[int, np.ndarray, np.ndarray, np.ndarray]]:
    """(axis, score, information, what m may add to the score) of the weights along each axis, all [outputs, elements].

    score = Σ e·v/s², information = Σ v²/s², over all images, channels and other axes: v is what the weight is multiplied by. ``per``: 1/s².
    """
    for axis, A in enumerate(made.weights):
        others = [np.eye(B.shape[1]) if k == axis else B for k, B in enumerate(made.weights)]
        V = _last(_along(made.numbers, others), axis)
        given = A != 0
        score, information = _last(e * per, axis).T @ V, _last(per, axis).T @ np.square(V)
        yield axis, score * given, information * given, _last(made.steady * per, axis).T @ np.abs(V)


def _last(numbers: np.ndarray, axis: int) -> np.ndarray:
    moved = np.moveaxis(numbers, axis + 2, -1)
    return moved.reshape(-1, moved.shape[-1])


def _some_terms(weights: Matrices) -> Iterator[list[Matrices]]:
    """The weights of a part of the terms, which some order adds up first: the first ones along an axis, at each of the places; or every second one."""
    for axis, A in enumerate(weights):
        place = np.cumsum(A != 0, axis=1)
        count = place[:, -1:]
        if count.max() > 1:
            parts = [[place <= np.round(share * count)] for share in PLACES]
            for kept in (*parts, [place % 2 == 1]):
                yield [[B * mask if k == axis else B for k, B in enumerate(weights)] for mask in kept]


def _along(numbers: np.ndarray, matrices: Matrices) -> np.ndarray:
    for axis, A in enumerate(matrices, 2):
        numbers = np.moveaxis(np.moveaxis(numbers, axis, -1) @ A.T, -1, axis)
    return numbers
