"""The second tier over many elements: whether the errors of a sum of products are as large, as unbiased and as unrelated to its inputs as rounding errors.

Three statistics of the errors e, in units s of their standard deviation (:mod:`...reference.bounds.statistics`):

- the mean square of e/s, of each output channel and of the whole;
- of a forward layer the mean of e/s, likewise: the bias;
- of a forward layer for each weight Σ e·x/s² ÷ √(Σ x²/s²), over all windows: by how many standard deviations the errors say that this weight is
  another. A weight that is off by δ adds δ·x to every output of its channel.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import bounds, libraries, oracle
from ..operators.catalogue import Operation
from .assessment import DIRECT, FACTORS
from .contracts import Contract
from .rules import parts

PLACES = (0.25, 0.5, 0.75)
"""Where the partial sums of the terms, as they lie in memory, are looked at."""
TERMS = {"y": ("w", (1, 2)), "dx": ("w", (0, 2)), "dw": ("upstream", (0, 2)), "db": ("upstream", (0, 2))}
"""Result → one of the arrays that are multiplied in it, and along which of its axes the terms lie."""
BIAS, SPREAD, WEIGHT = "bias", "mean square", "one weight"


@dataclass(frozen=True)
class Statistic:
    """The largest of its kind ÷ its limit, as two numbers. ``where``: the index of the channel or the weight, () for the whole.

    ``smallest``: of a weight, the change that would have been seen, in the middle of all.
    """

    name: str
    value: float
    limit: float
    where: tuple[int, ...] = ()
    smallest: float = 0.0

    @property
    def excess(self) -> float:
        return self.value / self.limit


def statistics(
    operation: Operation,
    arguments: Mapping[str, Any],
    result: str,
    y: np.ndarray,
    exact: np.ndarray,
    contract: Contract,
) -> tuple[Statistic, ...]:
    """Of one result; nothing where it is no sum of products, where some are no numbers, summed in a narrow format, or rounded to one
    before a bias is added."""
    narrow = contract.accumulates(operation, y.dtype.name)
    # A bias that is added in the narrow format loses the same in all elements of a channel.
    if operation.name not in DIRECT or narrow or contract.apart or not np.isfinite(y).all():
        return ()
    with np.errstate(all="ignore"):
        s = np.sqrt(_variance(operation, arguments, result, exact, contract, y.dtype.name))
        e = y.astype(np.float64) - exact
        known = (s > 0) & np.isfinite(s)
        z = np.where(known, e / np.where(known, s, 1.0), 0.0)
    channels = np.moveaxis(np.atleast_2d(z), 1, 0) if z.ndim > 1 else z[None]
    flat, sums = channels.reshape(len(channels), -1), np.moveaxis(np.atleast_2d(exact), 1, 0).reshape(len(channels), -1)
    k = np.array([np.unique(row).size for row in sums])
    found = [*_moments(flat, k)]
    if result != "y":  # the terms of a gradient are numbers that a network made of each other
        found = [one for one in found if one.name != BIAS]
    elif operation.axes("w")[0] == "O":  # a weight of a transposed convolution meets all results of a place
        found += _weights(operation, arguments, e, s, known, k / flat.shape[1])
    return tuple(found)


def _moments(z: np.ndarray, k: np.ndarray) -> Iterator[Statistic]:
    """Of each channel [C, M] and of the whole; k independent errors a channel."""
    means = 2 * (len(z) + 1)
    for name, values, limits in (
        (SPREAD, np.square(z).mean(axis=1), bounds.mean_square_limit(k, means)),
        (BIAS, np.abs(z.mean(axis=1)), bounds.BIAS_MARGIN * bounds.deviations(means) / np.sqrt(k)),
    ):
        worst = int((values / limits).argmax())
        yield Statistic(name, float(values[worst]), float(limits[worst]), (worst,))
    # The channels share their inputs, but hardly an error.
    yield Statistic(SPREAD, float(np.square(z).mean()), float(bounds.mean_square_limit(k.sum(), means)))
    yield Statistic(
        BIAS, float(np.abs(z.mean())), bounds.BIAS_MARGIN * bounds.deviations(means) / float(np.sqrt(k.sum()))
    )


def _weights(
    operation: Operation,
    arguments: Mapping[str, Any],
    e: np.ndarray,
    s: np.ndarray,
    known: np.ndarray,
    share: np.ndarray,
) -> Iterator[Statistic]:
    named = re.sub("^convolution", "cross_correlation", operation.name) + "_gradient"
    gradient = getattr(libraries.load(libraries.REFERENCE), named)
    x, w = (arguments[name].astype(np.float64) for name in ("x", "w"))
    parameters = operation.settings(arguments)
    with np.errstate(all="ignore"):
        per = np.where(known, 1 / np.square(np.where(known, s, 1.0)), 0.0)
        score = gradient(x, w, e * per, **parameters)[1]
        information = gradient(np.square(x), w, per, **parameters)[1]
        z = np.where(information > 0, np.abs(score) / np.sqrt(np.where(information > 0, information, 1.0)), 0.0)
        seen = 1 / np.sqrt(information[information > 0])
    # Equal windows err alike: as if there were fewer of them.
    z = z * np.sqrt(share).reshape(-1, *[1] * (z.ndim - 1))
    if not np.isfinite(z).all() or not seen.size:
        return
    limit = bounds.deviations(z.size)
    worst = tuple(int(i) for i in np.unravel_index(int(z.argmax()), z.shape))
    yield Statistic(WEIGHT, float(z[worst]), limit, worst, float(limit * np.median(seen)))


def _variance(
    operation: Operation, arguments: Mapping[str, Any], result: str, exact: np.ndarray, contract: Contract, stored: str
) -> np.ndarray:
    arrays = {name: arguments.get(name) for name in operation.arrays}
    parameters = operation.settings(arguments)
    place = list(operation.results).index(result)
    run = getattr(libraries.load(libraries.REFERENCE), operation.name)

    def of(changed: Mapping[str, np.ndarray | None]) -> np.ndarray:
        wide = (None if a is None else a.astype(np.float64) for a in changed.values())
        return parts(run(*wide, **parameters))[place]

    wide = {name: None if a is None else a.astype(np.float64) for name, a in arrays.items()}
    Q = of({name: None if a is None else np.square(a) for name, a in wide.items()})
    n = of({name: None if a is None else np.ones(a.shape) for name, a in wide.items()})
    partial = np.zeros_like(exact)
    for kept in _some_terms(wide, result):
        partial = np.maximum(partial, sum(np.square(of(wide | part)) for part in kept) / len(kept))
    flush = oracle.flush_sizes(getattr(oracle, operation.name), *arrays.values(), **parameters)
    return bounds.variance_of_sums(
        Q,
        n,
        exact,
        partial,
        contract.arithmetic,
        equal=max(bounds.equal(arguments[name]) for name in FACTORS[result]),
        stored=stored,
        flushed=parts(flush)[place] if contract.flushes else None,
    )


def _some_terms(arrays: Mapping[str, Any], result: str) -> Iterator[list[dict[str, np.ndarray]]]:
    """The call with a part of the terms, which some order adds up first: the first ones along an axis, at each of the places; or every second one."""
    name, axes = TERMS[result]
    array = arrays[name]
    for axis in (axis for axis in axes if axis < array.ndim):
        # The taps of a kernel, and the positions of an image, count as one axis.
        flat = array.reshape(*array.shape[:axis], -1) if axis == 2 else array
        size, along = flat.shape[axis], (slice(None),) * axis
        if size > 1:
            for parts_ in ([slice(round(place * size)) for place in PLACES], [slice(None, None, 2)]):
                found = []
                for part in parts_:
                    kept = np.zeros_like(flat)
                    kept[(*along, part)] = flat[(*along, part)]
                    found.append({name: kept.reshape(array.shape)})
                yield found
