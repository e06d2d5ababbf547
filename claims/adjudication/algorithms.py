"""Which algorithm other than a sum in a wide format gives what rounding of such a sum does not: narrow steps to the last bit, transforms by how they err."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import log
from typing import Any

import numpy as np

from ...reference import algorithms, bounds
from ...reference.algorithms import Errors, Made
from ...reference.judging import statistics
from ...reference.judging.contracts import NARROW, Contract
from ...reference.operators.catalogue import Operation
from .finding import Explanation

SCREEN = 64
"""On so many elements each way of summing is tried first: those furthest from a sum in a wide format, and others."""
MOST_PRODUCTS = 2e7
"""So many products at most are formed of the others, evenly spread; some seconds for a way that is left."""
CERTAIN = 100.0
"""A way of summing is named if its results would be hit by chance less often than once in so many times, whatever number of ways was tried."""


def narrow(operation: Operation, arguments: Mapping[str, Any], y: np.ndarray, exact: np.ndarray) -> Explanation | None:
    """The likeliest way of summing in the narrow format of y that gives all elements that are tried, to the last bit; None where none does."""
    if operation.name not in algorithms.SUMS or y.dtype.name not in NARROW or not _plain(arguments, y):
        return None
    apart = bounds.ulp_distance(y, exact.astype(y.dtype)).ravel()
    if not apart.any():
        return None
    for tried, (made, places) in enumerate(_ways(operation, arguments, y, apart), 1):
        if made is not None and made.gives(y.ravel()[places]) and _convinces(made, apart[places], tried):
            format = y.dtype.name
            some = "" if len(places) == y.size else f"{len(places):,} of {y.size:,} elements were tried"
            detail = "; ".join(filter(None, (made.detail, some)))
            remedy = f"ask for sums in float32; or say accumulation={format!r}, if sums in {format} are meant"
            return Explanation("narrow steps", made.says, remedy, detail, 0.0, np.inf)
    return None


def _plain(arguments: Mapping[str, Any], y: np.ndarray) -> bool:
    """Numbers, of images with zeros around them."""
    return bool(np.isfinite(y).all()) and arguments.get("padding_mode", "zeros") == "zeros"


def _ways(
    operation: Operation, arguments: Mapping[str, Any], y: np.ndarray, apart: np.ndarray
) -> Iterator[tuple[Made | None, np.ndarray]]:
    """What each way makes, of all elements or as many as there is time for; None where it fails on the first of them."""
    n, w = arguments["w"][0].size, arguments["w"]
    some = np.unique(np.linspace(0, y.size - 1, max(1, min(y.size, int(MOST_PRODUCTS // n)))).astype(int))
    first = np.unique([*np.argsort(apart)[-SCREEN // 2 :], *some[:: max(1, 2 * len(some) // SCREEN)]])
    few = algorithms.terms(operation, arguments, first, y.shape)
    many: algorithms.Terms | None = None
    for way in algorithms.narrow_sums(y.dtype, terms=n, taps=few.taps, biased=few.bias is not None):
        if not way(few).gives(y.ravel()[first]):
            yield None, first
            continue
        many = many or algorithms.terms(operation, arguments, some, y.shape)
        yield way(many), some
    if algorithms.applies(operation.name, arguments) and y.size * w.shape[1] <= MOST_PRODUCTS:
        for made in algorithms.transformed(arguments, y.dtype):
            yield made, np.arange(y.size)


def _convinces(made: Made, apart: np.ndarray, tried: int) -> bool:
    """Whether another way of summing would give the same bits by chance less often than once in :data:`CERTAIN` times: one that errs by r units in
    the last place on the average hits a given one of the 2r + 1 numbers about."""
    told = np.count_nonzero(~made.doubtful) * log(1 + 2 * float(apart.mean()))
    return bool(told >= log(CERTAIN * tried))


def transform(
    operation: Operation, arguments: Mapping[str, Any], y: np.ndarray, exact: np.ndarray
) -> Explanation | None:
    """The transform that errs as the results do: within its bound, as much, where it does and not where a sum does, and unrelated to any weight."""
    layer = operation.name in algorithms.SUMS and operation.name != "fully_connected"
    if (
        not layer
        or y.dtype != np.float32
        or not _plain(arguments, y)
        or y.size * arguments["w"].shape[1] > MOST_PRODUCTS
    ):
        return None
    e = y.astype(np.float64) - exact
    own = statistics.deviation(operation, arguments, "y", exact, Contract("float32"), "float32")
    least = _misfit(e, own) - log(1 / bounds.CHANCE) / np.unique(exact).size
    found = [(one, _misfit(e, one.deviation)) for one in _transforms(operation, arguments)]
    for one, misfit in sorted(found, key=lambda each: each[1]):
        ratio = one.bound.ratio(y, exact).max()
        if ratio <= 1 and misfit <= least and _errs_so(operation, arguments, e, exact, one):
            says = f"the convolution was made by {one.says}, which rounds otherwise than a sum"
            remedy = "none is needed where that is meant; else choose the direct algorithm"
            return Explanation("another algorithm", says, remedy, "", float(ratio), float("nan"))
    return None


def _transforms(operation: Operation, arguments: Mapping[str, Any]) -> Iterator[Errors]:
    if algorithms.applies(operation.name, arguments):
        yield from algorithms.winograd_deviation(arguments)
    if arguments["groups"] == 1 and np.ndim(arguments["x"]) == 4:
        yield algorithms.fourier_deviation(arguments)


def _misfit(e: np.ndarray, s: np.ndarray) -> float:
    """−log likelihood of an error, up to a constant, if it is normal with the standard deviation c·s, c the likeliest."""
    s = np.broadcast_to(np.maximum(s, np.finfo(np.float64).tiny), e.shape)
    return float(np.log(s).mean() + log(float(np.square(e / s).mean()) or np.finfo(np.float64).tiny) / 2)


def _errs_so(operation: Operation, arguments: Mapping[str, Any], e: np.ndarray, exact: np.ndarray, one: Errors) -> bool:
    """No larger than the model has it, but for its margin; and, as large as they are, not all of one sign, and no weight's input followed."""
    z = e / np.maximum(one.deviation, np.finfo(np.float64).tiny)
    k, square = np.unique(exact).size, float(np.square(z).mean())
    if bounds.is_biased(z / np.sqrt(square), k) or square > bounds.MARGIN**2 * bounds.mean_square_limit(k, 1):
        return False
    per = 1 / np.square(np.broadcast_to(one.deviation, e.shape)) / square
    return all(one.excess <= 1 for one in statistics.weights(operation, arguments, e, per, np.ones(e.shape[1])))
