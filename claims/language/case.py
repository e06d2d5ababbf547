"""One combination of inputs, as an experiment is given it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .outcome import Call


class Case:
    """One named, seeded combination of inputs. Arrays drawn from it are read-only and the same for every library."""

    def __init__(
        self,
        claim: str,
        name: str,
        settings: Mapping[str, Any],
        *,
        dtype: str | None,
        backend: str,
        seed: int,
        quick: bool = False,
        follow: bool = True,
        point: str | None = None,
        defect_of: Callable[[Call | None], str] = lambda call: "",
    ) -> None:
        self.claim, self.name, self.settings = claim, name, dict(settings)
        self.backend, self.seed, self.quick, self.follow, self.point = backend, seed, quick, follow, point
        self.defect_of, self._dtype = defect_of, dtype

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the cell; a claim without dtypes has nothing to draw and gets float64."""
        return np.dtype(self._dtype or "float64")

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["settings"][name]
        except KeyError:
            raise AttributeError(f"case {self.name!r} of {self.claim} has no setting {name!r}") from None

    def rng(self, name: str = "") -> np.random.Generator:
        """A generator for the array of this name: it depends on the seed, the claim and the case, on nothing else."""
        words = hashlib.sha256(f"{self.claim}/{self.name}/{name}".encode()).digest()
        return np.random.default_rng([self.seed, *np.frombuffer(words, np.uint32)[:4].tolist()])

    def integers(self, name: str, shape: Sequence[int], low: int = -8, high: int = 8) -> np.ndarray:
        """Integers low … high inclusive, in the case's dtype: the exact mode's inputs."""
        return self._fixed(self.rng(name).integers(low, high + 1, tuple(shape)))

    def reals(self, name: str, shape: Sequence[int], *, scale: float = 1.0, offset: float = 0.0) -> np.ndarray:
        """Normal numbers, rounded once to the case's dtype."""
        return self._fixed(offset + scale * self.rng(name).standard_normal(tuple(shape)))

    def _fixed(self, values: np.ndarray) -> np.ndarray:
        array = values.astype(self.dtype)
        array.flags.writeable = False
        return array
