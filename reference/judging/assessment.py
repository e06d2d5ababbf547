"""The exact results of any operation, and how far from them rounding may lead, under a stated contract.

A *contract* says what an implementation is taken to do: in which format it computes, and what becomes of subnormal
numbers. A result is judged under the strictest contract that it keeps, and that contract is reported with it.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import bounds, oracle, validation
from ..bounds import Bound
from ..operators.catalogue import OPERATIONS, Operation
from .contracts import NARROW, Contract, contracts
from .rules import RULES, Question, parts

__all__ = [
    "DIRECT",
    "RULES",
    "Contract",
    "Judged",
    "contracts",
    "exact_values",
    "grouped",
    "judge",
    "judge_likely",
    "kept",
]


@dataclass(frozen=True)
class Judged:
    """One result: its exact value (rounded once to float64), the bound on an honest error, and what to expect of one.

    ``expected`` is a statistical estimate of the error for random data, or None where there is none; it is shown and never
    decides anything.
    """

    name: str
    value: np.ndarray
    bound: Bound
    expected: np.ndarray | None = None


def judge(operation: Operation, arguments: Mapping[str, Any], dtype: Any, contract: Contract) -> tuple[Judged, ...]:
    """Exact value and bound of each result of ``operation(**arguments)``, stored in ``dtype`` under the contract.

    The arrays hold numbers of the dtype, in canonical order of axes. Raises BadInput where the contract gives no finite
    bound: more terms than the format can sum.
    """
    arrays = [arguments.get(name) for name in operation.arrays]
    parameters = operation.settings(arguments)
    values = parts(getattr(oracle, operation.name)(*arrays, **parameters))
    stored = np.dtype(dtype).name if contract.apart else None
    limits, expected = RULES[operation.name](Question(operation.name, values, arrays, parameters, contract, stored))
    if np.dtype(dtype).name != contract.arithmetic:
        b = arguments.get("b")
        apart = np.abs(values[0] - _along_channels(b, values[0])) if contract.apart and b is not None else None
        limits = tuple(
            bounds.rounded_narrow(limit, v, dtype, apart=apart) for limit, v in zip(limits, values, strict=True)
        )
    return tuple(map(Judged, operation.results, values, limits, expected or (None,) * len(values)))


def judge_likely(
    operation: Operation, arguments: Mapping[str, Any], dtype: Any, contract: Contract
) -> tuple[Judged, ...]:
    """As :func:`judge`, with bounds that an honest result keeps in all likelihood, by the model of :mod:`...reference.bounds.growth`."""
    arrays = {name: arguments[name] for name in operation.arrays if arguments.get(name) is not None}
    terms = max(array.size for array in arrays.values())
    growth = bounds.Likely(bounds.deviations(terms * terms), _equal(operation, arrays))
    with bounds.growing(growth):
        return judge(operation, arguments, dtype, contract)


def _equal(operation: Operation, arguments: Mapping[str, Any]) -> float:
    """How often two of the terms that are summed are equal: two products, where both of their factors are; of several results the most often."""
    if operation.name in DIRECT:
        factors = [FACTORS[result] for result in operation.results]
        return max(min(bounds.equal(arguments[name]) for name in names) for names in factors)
    return max(bounds.equal(arguments[name]) for name in arguments if name in ("x", "upstream", "logits", "p"))


def grouped(found: list[Contract]) -> list[list[Contract]]:
    """Contracts that differ in no more than what becomes of subnormal numbers belong together; the strictest group first."""
    return [list(group) for _, group in itertools.groupby(found, lambda c: replace(c, flushes=False))]


def _along_channels(b: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.asarray(b, np.float64).reshape(-1, *[1] * (y.ndim - 2))


def kept(
    operation: Operation,
    arguments: Mapping[str, Any],
    results: Mapping[str, np.ndarray],
    *,
    arithmetic: str | None = None,
) -> tuple[Contract, dict[str, Judged]]:
    """The strictest contract that all results of one implementation keep, and what is judged by it, by the result's name.

    If they keep none, as where a shape is not the exact one's: the one that they exceed least. A contract with infinite bounds, which
    anything keeps, is passed over for one with fewer. ``results`` have one dtype. Raises BadInput where no contract gives a bound.
    """
    dtype = next(iter(results.values())).dtype
    refusal: validation.BadInput | None = None
    best: tuple[int, float, Contract, dict[str, Judged]] | None = None
    for contract in contracts(operation, dtype, arithmetic=arithmetic, biased=arguments.get("b") is not None):
        try:
            found = {one.name: one for one in judge(operation, arguments, dtype, contract)}
        except validation.BadInput as error:  # more terms than a narrow format can sum
            refusal = refusal or error
            continue
        void = sum(int(np.isinf(found[name].bound.allowed).sum()) for name in results)
        worst = max(_worst(y, found[name]) for name, y in results.items())
        if best is None or (void, worst) < best[:2]:
            best = void, worst, contract, found
        if best[:2] == (void, worst) and worst <= 1:
            break
    if best is None:
        raise refusal or validation.BadInput(f"operation={operation.name}: no contract gives a bound")
    return best[2], best[3]


def void(operation: Operation, arguments: Mapping[str, Any], dtype: Any) -> tuple[Contract, dict[str, Judged]] | None:
    """A contract of arithmetic in a narrow format under which these inputs bound some result not at all, and what it bounds.

    No results are judged where the format has no room for so many terms. None where there is no such contract, and always for float32
    and float64, in which everybody computes what is stored in them.
    """
    if np.dtype(dtype).name not in NARROW:
        return None
    for contract in contracts(operation, dtype, biased=arguments.get("b") is not None):
        try:
            found = {one.name: one for one in judge(operation, arguments, dtype, contract)}
        except validation.BadInput:
            return contract, {}
        if any(np.isinf(one.bound.allowed).any() for one in found.values()):
            return contract, found
    return None


def _worst(y: np.ndarray, judged: Judged) -> float:
    return float(judged.bound.ratio(y, judged.value).max()) if y.shape == judged.value.shape else float("inf")


# ------------------------------------------------------------------------------------------------------- the exact mode


DIRECT = tuple(name for name, operation in OPERATIONS.items() if operation.rule == "sums" and "w" in operation.arrays)
"""Sums of products of the arrays themselves, without weights of the operation's own."""

FACTORS = {"y": ("x", "w"), "dx": ("upstream", "w"), "dw": ("upstream", "x"), "db": ("upstream",)}
"""A result of a sum of products → the arrays whose numbers are multiplied in it."""


def exact_values(
    operation: Operation, arguments: Mapping[str, Any], dtype: Any, *, weights: float = 1.0
) -> tuple[np.ndarray, ...]:
    """The results of a sum of products as any direct algorithm must give them, to the last bit, in ``dtype``.

    For whole multiples of a power of two q: each product is a multiple of Q, the product of the q, and where S ≤ 2^t·Q every
    partial sum, in any order, is a number of the dtype. ``weights``: a power of two of which the weights that the operation
    itself brings are multiples (1/4 for windows of four). Raises BadInput where some partial sum could round.
    """
    arrays = [arguments.get(name) for name in operation.arrays]
    parameters = operation.settings(arguments)
    function = getattr(oracle, operation.name)
    S, _ = oracle.sizes(function, *arrays, **parameters)
    for number, (result, sizes) in enumerate(zip(operation.results, parts(S), strict=True)):
        quantum = weights
        for name in FACTORS[result]:
            quantum *= bounds.quantum(arguments[name]) if arguments.get(name) is not None else 1.0
        if result == "y" and arguments.get("b") is not None:
            quantum = min(quantum, bounds.quantum(arguments["b"]))
        # S of many products may be larger than it is, by less than 2**-38 of it: looked at closely only where that decides.
        if _nearly(sizes / quantum, dtype):
            sizes = parts(function(*(None if a is None else np.abs(a) for a in arrays), **parameters))[number]
        if not bounds.exactly_representable(sizes / quantum, dtype):
            room = 2 ** bounds.significand_bits(dtype)
            validation.refuse(
                f"S of {result}",
                float(np.max(sizes / quantum)),
                f"at most {room}, the room of {dtype}",
                "use smaller numbers",
            )
    return tuple(value.astype(dtype) for value in parts(function(*arrays, **parameters)))


def _nearly(S: np.ndarray, dtype: Any) -> bool:
    return not bounds.exactly_representable(S, dtype) and bounds.exactly_representable(S * (1 - 2.0**-37), dtype)
