"""What a mistake is: other arguments, or another operation, in place of what was meant; and the usual ways to make one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..operators import catalogue

Arguments = dict[str, Any]
"""Arrays in canonical order of axes (None where left out) and parameters, by name."""

Move = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Reading:
    """The call that a mistake comes to.

    ``then``: result → how its elements are moved or scaled afterwards. ``stored``: a narrower format that all results go
    through. ``lost``: result → (where its numbers are lost, what stands there instead). ``detail``: which of several, as ``epsilon=0.001``.
    """

    operation: str
    arguments: Arguments
    detail: str = ""
    then: Mapping[str, Move] = field(default_factory=dict)
    stored: str = ""
    lost: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    def made(self, result: str, values: np.ndarray) -> np.ndarray:
        """The elements of a result, or of its bound, where the mistake leaves them."""
        return self.then[result](values) if result in self.then else values


Readings = Callable[[str, Arguments], Iterator[Reading]]
"""(operation, arguments) → the calls that the mistake may come to, the likeliest first."""


@dataclass(frozen=True)
class Mistake:
    """``says``: what was done. ``remedy``: what to change. ``seen``: where somebody made it, or "" where it is only an example.

    ``probed``: whether claims are put to the test with it, too.
    """

    name: str
    says: str
    remedy: str
    operations: tuple[str, ...]
    readings: Readings
    seen: str = ""
    probed: bool = True


def changed(names: str | tuple[str, ...], function: Callable[[np.ndarray], np.ndarray | None]) -> Readings:
    """One of these arrays read as another of the same shape; nothing where the function gives None or another shape."""
    several = (names,) if isinstance(names, str) else names

    def read(operation: str, given: Arguments) -> Iterator[Reading]:
        for name in several:
            other = None if given.get(name) is None else function(given[name])
            if other is not None and other.shape == given[name].shape:
                detail = name if len(several) > 1 else ""
                yield Reading(operation, given | {name: np.ascontiguousarray(other)}, detail)

    return read


def replaced(change: Callable[[Arguments], Arguments]) -> Readings:
    """Some arguments read as others."""

    def read(operation: str, given: Arguments) -> Iterator[Reading]:
        yield Reading(operation, given | change(given))

    return read


def setting(name: str, *values: Any) -> Readings:
    """One parameter read as each of these values."""

    def read(operation: str, given: Arguments) -> Iterator[Reading]:
        for value in values:
            yield Reading(operation, given | {name: value}, f"{name}={value!r}")

    return read


def in_float32(name: str, *operations: str, of: str = "") -> Mistake:
    """A parameter that is a number held in float32 beside arrays in float64."""

    def read(operation: str, given: Arguments) -> Iterator[Reading]:
        if given["x"].dtype == np.float64:
            yield Reading(operation, given | {name: float(np.float32(given[name]))})

    return Mistake(
        f"{name}{of} held in float32",
        f"{name} was held in float32 beside arrays in float64",
        "keep it in float64, or give the number that float32 holds",
        operations,
        read,
        probed=False,
    )


def exchanged(name: str) -> Readings:
    """The two numbers of a pair exchanged."""
    return replaced(lambda given: {name: given[name][::-1]})


def instead(operation: str, **settings: Any) -> Readings:
    """Another operation of the same arrays."""

    def read(_: str, given: Arguments) -> Iterator[Reading]:
        yield Reading(operation, {name: given[name] for name in catalogue.OPERATIONS[operation].arrays} | settings)

    return read


def reshaped(stored: str, meant: str) -> Callable[[np.ndarray], np.ndarray | None]:
    """The numbers as they lie in memory in the order ``stored``, taken for an array in the order ``meant``: reshape for transpose."""

    def read(a: np.ndarray) -> np.ndarray | None:
        if a.ndim != len(stored):
            return None
        return a.transpose([meant.index(letter) for letter in stored]).reshape(a.shape)

    return read


def reshaped_back(stored: str, meant: str) -> Callable[[np.ndarray], np.ndarray | None]:
    """The numbers as they lie in memory in the order ``meant``, taken for an array in the order ``stored``."""

    def read(a: np.ndarray) -> np.ndarray | None:
        if a.ndim != len(stored):
            return None
        sizes = [a.shape[meant.index(letter)] for letter in stored]
        return a.reshape(sizes).transpose([stored.index(letter) for letter in meant])

    return read
