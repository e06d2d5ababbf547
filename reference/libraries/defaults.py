"""What several libraries do by themselves, each in its own way: how their tables of ways are listed and asked.

A library's ``defaults.py`` has a table for each question, the name that users know a way by → the function. Two operations read it:

    own_rectifiers, own_rectifier_gradient              max(0, z); the derivative that the library gives to one of them
    own_absolute_values, own_absolute_value_gradient    |z|; likewise
    own_losses, own_loss                                the loss −log p of the right class
    own_losses_of_logits, own_loss_gradient             the loss −log σ(z); its derivative by z
    own_fulls, own_full                                 every overlap of two plain arrays; correlations by their name
    own_sames, own_same                                 as many outputs as inputs

The ways of the last two are listed with the number of axes that they are for, one or two.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .library import Unsupported

Ways = tuple[Callable[[], tuple[Any, ...]], Callable[..., Any]]
"""Two operations: the names of the ways, and the one that computes by one of them."""


def _as_it_is(own, *arrays, **named):
    return own(*arrays, **named)


def ways(table: dict[str, Any], compute: Callable[..., Any] = _as_it_is) -> Ways:
    """(the names in a table, the operation that computes one of them): ``compute(table[function], x)``."""
    return lambda: tuple(table), lambda *x, function, **named: compute(table[function], *x, **named)


def by_rank(table: dict[str, Any]) -> dict[tuple[str, int], Any]:
    """(name, number of axes) → the function: as many axes as its name says, or else one or two."""
    ranks = {"1d": (1,), "2d": (2,)}
    return {(name, rank): own for name, own in table.items() for rank in ranks.get(name[-2:], (1, 2))}


def sums(table: dict[Any, Any], compute: Callable[..., Any] = _as_it_is) -> Ways:
    """The same of two arrays, where the table's keys are (name, number of axes)."""

    def one(x, w, *, function, **settings):
        return compute(table[function, x.ndim], x, w, **settings)

    return lambda: tuple(table), one


def sums_without_stride(table: dict[Any, Any]) -> Ways:
    """The same, of functions that know no stride but 1."""

    def one(x, w, *, function, stride):
        if stride != 1:
            raise Unsupported(f"{function} has no stride")
        return table[function, x.ndim](x, w)

    return lambda: tuple(table), one


def transform_sizes(x: np.ndarray, w: np.ndarray) -> tuple[list[int], list[int]]:
    """(sizes of every overlap, lengths of the transforms for it): powers of two, as a shorter transform would wrap around."""
    sizes = [n + k - 1 for n, k in zip(x.shape, w.shape, strict=True)]
    return sizes, [max(2, 1 << (n - 1).bit_length()) for n in sizes]
