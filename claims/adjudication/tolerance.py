"""A pair rtol, atol for such data: the smallest that no honest result can fail, and what a given pair lets pass.

A test that asks |got − expected| ≤ atol + rtol·|expected| is passed by every honest result if the right side is nowhere below the bound B
on its error, or below 2B where what is expected is another library's result, which may be smaller than the exact one by B.
"""

from __future__ import annotations

import decimal
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...reference import libraries, mistakes, oracle
from ...reference.judging import assessment
from ...reference.judging.contracts import NARROW
from ...reference.mistakes import Reading
from ...reference.operators import catalogue
from ...reference.operators.catalogue import Operation
from ...reference.validation import BadInput, refuse
from .calls import result_shapes
from .case import call
from .given import words

Results = Mapping[str, np.ndarray]

PAIRS = {
    "torch.testing": {
        "float16": (1e-3, 1e-5),
        "bfloat16": (1.6e-2, 1e-5),
        "float32": (1.3e-6, 1e-5),
        "float64": (1e-7, 1e-7),
    },
    "numpy.testing.assert_allclose": (1e-7, 0.0),
    "numpy.allclose": (1e-5, 1e-8),
    "Keras' and TensorFlow's assertAllClose": (1e-6, 1e-6),
    "ONNX's backend tests": (1e-3, 1e-7),
    "as of GPU kernels": (1e-2, 1e-2),
}
"""Whose → (rtol, atol), or by format; the last is the usual one of tests of kernels, nobody's default."""


@dataclass(frozen=True)
class Pair:
    rtol: float
    atol: float

    def passes(self, got: np.ndarray, expected: np.ndarray) -> np.ndarray:
        """Elementwise, as ``numpy.isclose``; NaN passes nowhere."""
        with np.errstate(all="ignore"):
            return np.abs(got - expected) <= self.atol + self.rtol * np.abs(expected)


@dataclass(frozen=True)
class Advice:
    """``sure``, ``sure_between``: the smallest pairs against an exact result, and against another library's. ``rows``: for each pair by whose it
    is, of how many elements an honest error may fail it (against an exact result), how many a right result in the format failed, and the
    mistakes that it lets pass. ``blind``: those that the bound itself lets pass. ``mistakes``: all that were tried."""

    operation: str
    dtype: str
    contract: str
    elements: int
    sure: Pair
    sure_between: Pair
    rows: tuple[tuple[str, Pair, int, int, tuple[str, ...]], ...]
    blind: tuple[str, ...]
    mistakes: tuple[str, ...]


def advise(operation: Operation, draws: list[dict[str, Any]], dtype: str, more: Mapping[str, Pair]) -> Advice:
    """What tolerances come to for these arguments, each of ``draws`` a call of the operation, in ``dtype``.

    ``more``: further pairs by name. BadInput where no contract gives a bound.
    """
    contract = _contract(operation, dtype, draws[0])
    judged = [assessment.judge(operation, _stored(given, dtype), dtype, contract) for given in draws]
    sizes = np.concatenate([np.abs(one.value).ravel() for each in judged for one in each])
    allowed = np.concatenate(
        [np.broadcast_to(one.bound.allowed, one.value.shape).ravel() for each in judged for one in each]
    )
    sure, between = smallest(sizes, allowed), smallest(np.maximum(sizes - allowed, 0), 2 * allowed)
    pairs = {
        "the smallest, against an exact result": sure,
        "the smallest, against another library": between,
        **{whose: Pair(*(pair[dtype] if isinstance(pair, dict) else pair)) for whose, pair in PAIRS.items()},
        **more,
    }
    exact = [{one.name: one.value for one in each} for each in judged]
    right = [_right(operation, given, dtype) for given in draws]
    tried: dict[str, dict[str, bool]] = {}
    for given, wanted, each in zip(draws, exact, judged, strict=True):
        bounds = {one.name: one.bound.allowed for one in each}
        for name, made in _made(operation, given, wanted, dtype):
            seen = tried.setdefault(name, dict.fromkeys((*pairs, ""), False))
            for whose, pair in pairs.items():
                seen[whose] |= all(pair.passes(made[n], wanted[n]).all() for n in wanted)
            with np.errstate(all="ignore"):
                seen[""] |= all((np.abs(made[n] - wanted[n]) <= bounds[n]).all() for n in wanted)
    rows = tuple(
        (
            whose,
            pair,
            int((allowed > pair.atol + pair.rtol * sizes).sum()),
            sum(int((~pair.passes(r[n], e[n])).sum()) for r, e in zip(right, exact, strict=True) for n in e),
            tuple(name for name, seen in tried.items() if seen[whose]),
        )
        for whose, pair in pairs.items()
    )
    blind = tuple(name for name, seen in tried.items() if seen[""])
    return Advice(operation.name, dtype, contract.sentence(dtype), sizes.size, sure, between, rows, blind, tuple(tried))


def smallest(sizes: np.ndarray, allowed: np.ndarray) -> Pair:
    """Of the pairs that allow each element as much, the one that allows least on average: rtol one digit, atol two.

    For each rtol the least atol is max(allowed − rtol·size); rtol goes through 0 and 1, 2, 5 times the powers of ten.
    """
    if not np.isfinite(allowed).all():
        return Pair(math.inf, math.inf)
    steps = (0.0, *(digit * 10.0**power for power in range(-17, 1) for digit in (1, 2, 5)))
    mean = float(sizes.mean())
    found = (Pair(rtol, _rounded_up(max(0.0, float((allowed - rtol * sizes).max())))) for rtol in steps)
    return min(found, key=lambda pair: pair.atol + pair.rtol * mean)


def _rounded_up(number: float) -> float:
    """To two digits."""
    return float(decimal.Context(prec=2, rounding=decimal.ROUND_CEILING).create_decimal_from_float(number))


def _contract(operation: Operation, dtype: str, given: Mapping[str, Any]) -> assessment.Contract:
    """The widest of those that a library may be trusted with: narrow formats computed in float32, a variance in two passes."""
    arithmetic = "float32" if dtype in NARROW else dtype
    usual = assessment.contracts(operation, dtype, arithmetic=arithmetic, biased=given.get("b") is not None)
    return [one for one in usual if not one.flushes and one.variance == "two passes"][-1]


def _stored(given: Mapping[str, Any], dtype: Any) -> dict[str, Any]:
    return {
        name: value.astype(dtype) if isinstance(value, np.ndarray) and value.dtype.kind not in "iu" else value
        for name, value in given.items()
    }


def _right(operation: Operation, given: Mapping[str, Any], dtype: str) -> Results:
    """What the reference's operator gives in the format, as float64."""
    return _run(libraries.load(libraries.REFERENCE), operation.name, _stored(given, dtype))


def _run(library: Any, name: str, given: Mapping[str, Any]) -> Results:
    operation = catalogue.OPERATIONS[name]
    with np.errstate(all="ignore"):
        results = getattr(library, name)(*(given.get(array) for array in operation.arrays), **operation.settings(given))
    results = results if isinstance(results, tuple) else (results,)
    return {n: np.asarray(y, np.float64) for n, y in zip(operation.results, results, strict=True)}


def _made(operation: Operation, given: Mapping[str, Any], wanted: Results, dtype: str) -> Iterator[tuple[str, Results]]:
    """What each known mistake comes to, and zeros, and the result negated: (name, its exact results). Several readings of one come apart."""
    yield "all zeros", {name: np.zeros_like(y) for name, y in wanted.items()}
    yield "negated", {name: -y for name, y in wanted.items()}
    # float64 is 2**29 times finer than what any pair for a narrower format can tell.
    library = oracle if dtype == "float64" else libraries.load(libraries.REFERENCE)
    stored = _stored(given, dtype)
    for mistake in mistakes.known(operation.name):
        for reading in mistakes.readings(mistake, operation.name, stored):
            made = _reading(library, reading, wanted)
            # One that changes nothing here is none.
            if made is not None and any(not np.array_equal(made[n], wanted[n]) for n in wanted):
                yield mistake.name, made


def _reading(library: Any, reading: Reading, wanted: Results) -> Results | None:
    try:
        result_shapes(catalogue.OPERATIONS[reading.operation], reading.arguments)
        found = _run(library, reading.operation, _stored(reading.arguments, np.float64))
    except (BadInput, ArithmeticError):
        return None
    with np.errstate(all="ignore"):
        made = {name: reading.made(name, found[name]) for name in wanted if name in found}
        if reading.stored:
            made = {name: y.astype(reading.stored).astype(np.float64) for name, y in made.items()}
    fits = made.keys() == wanted.keys() and all(made[name].shape == y.shape for name, y in wanted.items())
    return made if fits else None


# -------------------------------------------------------------------------------------------------------------- the data

DRAWS, MANY = 4, 100_000
"""How often arrays are drawn, unless the first have so many elements."""


def drawn(operation: str, shapes: Mapping[str, tuple[int, ...]], parameters: Mapping[str, Any], dtype: str) -> Draws:
    """Calls on arrays of these shapes: normal numbers of mean 0 and variance 1, variances and probabilities as those are, labels at random.

    ``upstream`` has the result's shape where none is given.
    """
    entry, sizes = (
        catalogue.find(operation),
        {words.own_name(name, catalogue.find(operation).arrays): s for name, s in shapes.items()},
    )
    for name in sizes:
        if name not in entry.arrays:
            refuse(
                "shape",
                name,
                f"one of {', '.join(entry.arrays)} (the inputs of {entry.name})",
                "say it with one of these",
            )
    if "labels" in entry.arrays and "labels" not in sizes:
        sizes["labels"] = next(iter(sizes.values()), ())[:1]
    if "upstream" in entry.arrays and "upstream" not in sizes:
        sizes["upstream"] = _upstream(entry, sizes, parameters)
    many = sum(math.prod(shape) for shape in sizes.values()) > MANY
    found, taken = [], list[str]()
    for seed in range(1 if many else DRAWS):
        rng = np.random.default_rng(seed)
        arrays = {name: _array(rng, name, shape, sizes, dtype) for name, shape in sizes.items()}
        _, arguments, taken = call(operation, inputs=arrays, parameters=parameters)
        found.append(arguments)
    return entry, found, taken


Draws = tuple[Operation, list[dict[str, Any]], list[str]]


def _array(
    rng: np.random.Generator, name: str, shape: tuple[int, ...], sizes: Mapping[str, Any], dtype: str
) -> np.ndarray:
    if name == "labels":
        classes = next(size[-1] for other, size in sizes.items() if other in ("logits", "p", "x"))
        return rng.integers(0, classes, shape)
    numbers = rng.standard_normal(shape)
    if name == "variance":
        numbers = numbers**2
    if name in ("weights", "pos_weight"):
        numbers = np.abs(numbers)
    if name in ("p", "targets"):
        numbers = np.exp(numbers)
        numbers /= numbers.sum(axis=-1, keepdims=True)
    return numbers.astype(dtype)


def _upstream(entry: Operation, sizes: Mapping[str, tuple[int, ...]], parameters: Mapping[str, Any]) -> tuple[int, ...]:
    forward = catalogue.OPERATIONS.get(entry.name.removesuffix("_gradient"))
    if forward is None or "beta" in forward.arrays:  # of batch norm, whose result has the shape of x
        return sizes.get("x", ())
    zeros = {
        name: np.ones(shape, int if name == "labels" else float)
        for name, shape in sizes.items()
        if name in forward.arrays
    }
    _, arguments, _ = call(forward.name, inputs=zeros, parameters=parameters)
    return next(iter(result_shapes(forward, arguments).values()))
