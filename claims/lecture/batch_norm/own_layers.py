"""The libraries' own batch norm layers: what each does when it is left to itself, and what it then gives."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from .layers import normalized, normalized_by_memory

FORMULA = "y = γ(x − μ)/√(s² + ε) + β, in double-double, rounded once"
STATISTICS = "(1 − m)·old + m·new, in double-double, rounded once"


@dataclass(frozen=True)
class Defaults:
    """What a library's own layer does when it is left to itself."""

    epsilon: float
    momentum: float
    momentum_is_of: Literal["new", "old"]
    """Whether “momentum” is the weight of the batch's statistics or of those remembered."""
    correction: Literal[0, 1]
    """The variance that is remembered is over n − correction."""
    mode: Literal["training", "inference"]
    """As it comes, without being told."""
    axis: int
    """The axis of the channels."""

    def weight_of_new(self, momentum):
        return momentum if self.momentum_is_of == "new" else 1 - momentum


OWN = {
    "torch": Defaults(epsilon=1e-5, momentum=0.1, momentum_is_of="new", correction=1, mode="training", axis=1),
    "tensorflow": Defaults(epsilon=1e-3, momentum=0.99, momentum_is_of="old", correction=0, mode="inference", axis=-1),
}
LAYERS = tuple(OWN)
OTHER = {"torch": "tensorflow", "tensorflow": "torch"}


def own(library):
    return OWN[library]


def with_others(library, *, default):
    """The library's defaults with one of them as the other library has it."""
    return replace(OWN[library], **{default: getattr(OWN[OTHER[library]], default)})


def as_it_comes(x, dtype, *, epsilon, mode="training", axis=1):
    """(y, bound) of a new layer, γ = 1, β = 0, whose channels lie on an axis; in inference it remembers mean 0, variance 1."""
    x = np.moveaxis(x, axis, 1)
    if mode == "training":
        return normalized(x, dtype, epsilon)
    one, zero = np.ones(x.shape[1]), np.zeros(x.shape[1])
    return normalized_by_memory(x, zero, one, dtype, epsilon)
