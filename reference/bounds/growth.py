"""How rounding errors add up: all of one sign in the worst case, with random signs in all likelihood.

The second is what a bound becomes when γ(n) is taken for λ·√n roundings in place of n. If the errors of single roundings are independent of each
other on the average, each of mean 0 whatever came before, a product of n factors (1 + δ) departs from 1 by more than about
λ·√n·u with a probability of at most 2·exp(-λ²/2) (Higham & Mary, *A new approach to probabilistic rounding error analysis*, SIAM
J. Sci. Comput. 41, 2019, theorem 2.4; Connolly, Higham & Mary, *Stochastic rounding and its probabilistic backward error
analysis*, SIAM J. Sci. Comput. 43, 2021, lemma 4.4, for errors that are only mean independent). So every derivation of this
package holds with √n, too.

Equal numbers that are added to a sum err alike: what a number loses depends on it and on the sum's last place alone. Of n terms, of which
two are equal with probability p, n·(1 + n·p) roundings take the place of n: those of n/(1 + n·p) groups, each of one sign.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import log, sqrt

import numpy as np

from .formats import GROWTH, Numbers

CHANCE = 1e-9
"""How often a right result may lie beyond what is likely, by the model of independent roundings: once in so many calls."""
SAMPLE = 100_000
"""Of so many numbers at most it is counted how many are equal."""


@dataclass(frozen=True)
class Likely:
    """λ·√(n·(1 + n·p)) roundings count for n, if these are fewer. ``factor``: λ; ``equal``: p."""

    factor: float
    equal: float = 0.0

    def counted(self, n: np.ndarray) -> np.ndarray:
        return np.minimum(n, self.factor * np.sqrt(n * (1 + n * self.equal)))


class Compounded:
    """The worst case, also where n·u reaches 1: (1 + u)^n - 1."""

    def counted(self, n: np.ndarray) -> np.ndarray:
        return n


@contextmanager
def growing(growth: Likely | Compounded) -> Iterator[None]:
    """In this context bounds are made for errors that grow so."""
    token = GROWTH.set(growth)
    try:
        yield
    finally:
        GROWTH.reset(token)


def deviations(events: float) -> float:
    """λ: how many standard deviations none of so many errors exceeds, but for :data:`CHANCE`: 2·events·exp(-λ²/2) = CHANCE."""
    return sqrt(2 * log(2 * events / CHANCE))


def equal(numbers: Numbers) -> float:
    """The probability that two of the numbers, drawn at random, are equal; zeros, which add no error, are left out."""
    values = np.asarray(numbers).ravel()
    values = values[values != 0]
    if values.size > SAMPLE:
        values = np.random.default_rng(0).choice(values, SAMPLE, replace=False)
    if values.size < 2:
        return 1.0
    counts = np.unique(values, return_counts=True)[1].astype(np.float64)
    return float((counts * (counts - 1)).sum() / (values.size * (values.size - 1.0)))
