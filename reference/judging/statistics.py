"""The second tier over many elements: whether the errors of a sum of products, or of a mean, are as large, as unbiased and as unrelated to its inputs as rounding errors.

Three statistics of the errors e, in units s of their standard deviation (:mod:`...reference.bounds.statistics`):

- the mean square of e/s, of each output channel and of the whole;
- of a forward layer the mean of e/s, likewise: the bias;
- of a forward layer for each weight Σ e·x/s² ÷ √(Σ x²/s²), over all windows: by how many standard deviations the errors say that this weight is
  another. A weight that is off by δ adds δ·x to every output of its channel. Of a mean or a resampling likewise, for the weights along each axis.
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
from .own_weights import PLACES, Weighed, scores, variance, weighed
from .rules import parts

TERMS = {"y": ("w", (1, 2)), "dx": ("w", (0, 2)), "dw": ("upstream", (0, 2)), "db": ("upstream", (0, 2))}
"""Result → one of the arrays that are multiplied in it, and along which of its axes the terms lie."""
BIAS, SPREAD, WEIGHT = "bias", "mean square", "one weight"


@dataclass(frozen=True)
class Statistic:
    """The largest of its kind ÷ its limit, as two numbers. ``where``: the index of the channel or the weight, () for the whole.

    ``smallest``: of a weight, the change that would have been seen, in the middle of all. ``along``: of a weight of the operation's own the
    letter of the axis, in which case ``where`` is (output, element), else "".
    """

    name: str
    value: float
    limit: float
    where: tuple[int, ...] = ()
    smallest: float = 0.0
    along: str = ""

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
    """Of one result; nothing where it is no sum of products and no mean, where some are no numbers, summed in a narrow format, or rounded to one
    before a bias is added."""
    narrow = contract.accumulates(operation, y.dtype.name)
    # A bias that is added in the narrow format loses the same in all elements of a channel.
    if narrow or contract.apart or not np.isfinite(y).all():
        return ()
    direct, made = operation.name in DIRECT, weighed(operation, arguments, result, exact, contract)
    if not direct and made is None:
        return ()
    with np.errstate(all="ignore"):
        if made is None:
            s, steady, shared = (
                deviation(operation, arguments, result, exact, contract, y.dtype.name),
                np.zeros(()),
                1.0,
            )
        else:
            flushed = _flushed(operation, arguments, result, contract) if operation.rule != "norm" else None
            s = np.sqrt(variance(made, exact, contract, y.dtype.name, flushed))
            steady, shared = made.steady.reshape(exact.shape), made.shared
        e = y.astype(np.float64) - exact
        known = (s > 0) & np.isfinite(s)
        per = np.where(known, 1 / np.where(known, s, 1.0), 0.0)
    sums = _channels(exact)
    k = np.array([np.unique(row).size for row in sums]) / shared
    found = [*_moments(_channels(e * per), _channels(np.broadcast_to(steady * per, e.shape)), k)]
    if result not in ("y", "mean"):  # the terms of a gradient are numbers that a network made of each other
        found = [one for one in found if one.name != BIAS]
    elif made is not None and result == "y":
        found += _own_weights(operation, made, e, np.square(per), k.sum() / e.size)
    elif direct and operation.axes("w")[0] == "O":  # a weight of a transposed convolution meets all results of a place
        found += weights(operation, arguments, e, np.square(per), k / sums.shape[1])
    return tuple(found)


def _channels(numbers: np.ndarray) -> np.ndarray:
    """[C, …] of [N, C, …]; what has one axis is one channel."""
    rows = np.moveaxis(numbers, 1, 0) if numbers.ndim > 1 else numbers[None]
    return rows.reshape(len(rows), -1)


def _moments(z: np.ndarray, steady: np.ndarray, k: np.ndarray) -> Iterator[Statistic]:
    """Of each channel [C, M] and of the whole; k independent errors a channel, and beside them steady ones."""
    means = 2 * (len(z) + 1)
    # The channels share their inputs, but hardly an error.
    for rows, counts, whole in ((z, k, False), (z.reshape(1, -1), k.sum(keepdims=True), True)):
        beside = steady.reshape(rows.shape)
        root = np.sqrt(bounds.mean_square_limit(counts, means)) + np.sqrt(np.square(beside).mean(axis=1))
        mean = bounds.BIAS_MARGIN * bounds.deviations(means) / np.sqrt(counts) + beside.mean(axis=1)
        for name, values, limits in (
            (SPREAD, np.square(rows).mean(axis=1), np.square(root)),
            (BIAS, np.abs(rows.mean(axis=1)), mean),
        ):
            worst = int((values / limits).argmax())
            yield Statistic(name, float(values[worst]), float(limits[worst]), () if whole else (worst,))


def _own_weights(
    operation: Operation, made: Weighed, e: np.ndarray, per: np.ndarray, share: float
) -> Iterator[Statistic]:
    """The weights along each axis, each of which meets all images and channels; equal results err alike."""
    limit = bounds.deviations(float(sum(np.count_nonzero(A) for A in made.weights)))
    for axis, score, information, beside in scores(made, e, per):
        with np.errstate(all="ignore"):
            root = np.sqrt(information)
            allowed = limit / np.sqrt(share) + beside / root
            excess = np.where(information > 0, np.abs(score) / root / allowed, 0.0)
            seen = (allowed / root)[information > 0]
        if not np.isfinite(excess).all() or not seen.size:
            continue
        worst = tuple(int(i) for i in np.unravel_index(int(excess.argmax()), excess.shape))
        value = float(np.abs(score[worst]) / root[worst]) if excess[worst] else 0.0
        letter = operation.axes("x")[axis + 2]
        yield Statistic(WEIGHT, value, float(allowed[worst]), worst, float(np.median(seen)), letter)


def weights(
    operation: Operation, arguments: Mapping[str, Any], e: np.ndarray, per: np.ndarray, share: np.ndarray
) -> Iterator[Statistic]:
    named = re.sub("^convolution", "cross_correlation", operation.name) + "_gradient"
    gradient = getattr(libraries.load(libraries.REFERENCE), named)
    x, w = (arguments[name].astype(np.float64) for name in ("x", "w"))
    parameters = operation.settings(arguments)
    with np.errstate(all="ignore"):
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


def _flushed(operation: Operation, arguments: Mapping[str, Any], result: str, contract: Contract) -> np.ndarray | None:
    if not contract.flushes:
        return None
    arrays = [arguments.get(name) for name in operation.arrays]
    flush = oracle.flush_sizes(getattr(oracle, operation.name), *arrays, **operation.settings(arguments))
    return parts(flush)[list(operation.results).index(result)]


def deviation(
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
    found = bounds.variance_of_sums(
        Q,
        n,
        exact,
        partial,
        contract.arithmetic,
        equal=max(bounds.equal(arguments[name]) for name in FACTORS[result]),
        stored=stored,
        flushed=_flushed(operation, arguments, result, contract),
    )
    return np.sqrt(found)


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
