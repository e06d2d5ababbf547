"""What bounds need to know of a sum of products: how large its terms are, and how many."""

from collections.abc import Callable
from typing import Any

import numpy as np

from . import weights
from .remembered import Array


def sizes(operation: Callable, *arrays: Array | None, **parameters: Any) -> tuple[Any, Any]:
    """(S, n) for a sum of products and its arguments: S = sum |x||w| + |b|, n = how many numbers were summed.

    Both are the operation itself, of the absolute values and of ones. n leaves out the zeros of the padding, whose
    products and sums are exact, and the weights of a resampling that are 0. For a gradient, S and n are tuples as its
    result is.
    """
    if operation.__name__.removesuffix("_gradient") in weights.OF:
        return weights.sizes_of_weighted(operation.__name__, *arrays, **parameters)
    absolute = operation(*(None if a is None else _size(a) for a in arrays), **parameters)
    count = operation(*(None if a is None else np.ones(a.shape) for a in arrays), **parameters)
    return absolute, count


def flush_sizes(operation: Callable, *arrays: Array | None, **parameters: Any) -> Any:
    """sum (|x| + |w|) over the products of each result: what bounds the loss where subnormal inputs count as 0.

    For the gradient of a layer a triple, of the two factors that each part multiplies.
    """
    if operation.__name__.removesuffix("_gradient") in weights.OF:
        return weights.flush_sizes_of_weighted(operation.__name__, *arrays, **parameters)

    def alone(kept):
        """The operation with one factor as it is and ones for the others."""
        return operation(
            *(None if a is None else _size(a) if i == kept else np.ones(a.shape) for i, a in enumerate(arrays)),
            **parameters,
        )

    if not operation.__name__.endswith("_gradient"):
        arrays = (*arrays[:2], None)
        return alone(0) + alone(1)
    by_x, by_w, by_upstream = alone(0), alone(1), alone(2)
    return by_w[0] + by_upstream[0], by_x[1] + by_upstream[1], by_upstream[2]


def _size(numbers):
    return np.abs(np.asarray(numbers, np.float64))
