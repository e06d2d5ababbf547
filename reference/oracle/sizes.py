"""What bounds need to know of a sum of products: how large its terms are, and how many."""

from collections.abc import Callable
from typing import Any

import numpy as np

from . import weights
from .linear import UPWARDS, few
from .remembered import Array


def sizes(operation: Callable, *arrays: Array | None, **parameters: Any) -> tuple[Any, Any]:
    """(S, n) for a sum of products and its arguments: S = sum |x||w| + |b|, n = how many numbers were summed.

    Both are the operation itself, of the absolute values and of ones. n leaves out the zeros of the padding, whose
    products and sums are exact, and the weights of a resampling that are 0. For a gradient, S and n are tuples as its
    result is. Of many products S may be larger than the exact sum, by less than 2**-38 of it.
    """
    if operation.__name__.removesuffix("_gradient") in weights.OF:
        return weights.sizes_of_weighted(operation.__name__, *arrays, **parameters)
    absolute = operation(*(None if a is None else _size(a) for a in arrays), **parameters, way=UPWARDS)
    return absolute, _counts(operation, absolute, *arrays, **parameters)


def _counts(operation: Callable, like: Any, *arrays: Array | None, **parameters: Any) -> Any:
    """n: that of one row or image and of one channel of a group, as all of them have it; a gradient by what they share sums over them."""
    if operation.__name__.endswith("_gradient"):
        x, w, upstream = (np.ones(a.shape) for a in arrays if a is not None)
        dx, dw, db = operation(x[:1], w, upstream[:1], **parameters)
        return np.broadcast_to(dx, like[0].shape), len(x) * dw, len(x) * db
    x, w, b = arrays
    assert x is not None and w is not None
    if _is_transposed(operation):
        return operation(*(None if a is None else np.ones(a.shape) for a in arrays), **parameters)
    one = operation(np.ones((1, 1, *x.shape[2:])), np.ones((1, 1, *w.shape[2:])), None, **_whole(parameters))
    return np.broadcast_to(w.shape[1] * one + (b is not None), like.shape)


def _is_transposed(operation: Callable) -> bool:
    """Whether the kernel's first axis is of the input's channels."""
    return operation.__name__.startswith("transposed_convolution")


def _whole(parameters: Any) -> dict[str, Any]:
    return {name: 1 if name == "groups" else value for name, value in parameters.items()}


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
            way=UPWARDS,
        )

    if not operation.__name__.endswith("_gradient"):
        x, w = _size(arrays[0]), _size(arrays[1])
        if few(x.shape, w.shape) or _is_transposed(operation):
            arrays = (*arrays[:2], None)
            return alone(0) + alone(1)
        return _sums_alone(operation, x, w, parameters)
    by_x, by_w, by_upstream = alone(0), alone(1), alone(2)
    return by_w[0] + by_upstream[0], by_x[1] + by_upstream[1], by_upstream[2]


def _sums_alone(operation: Callable, x: Array, w: Array, parameters: Any) -> Array:
    """Sum |x| over the channels of each group, and sum |w|, before what each window and each tap meets is summed: no less than sum (|x| + |w|)."""
    groups = parameters.get("groups", 1)
    of_x = x.reshape(len(x), groups, -1, *x.shape[2:]).sum(axis=2) * SUMMED
    of_w = w.sum(axis=1, keepdims=True) * SUMMED
    ones = np.ones((groups, 1, *w.shape[2:]))
    by_x = operation(of_x, ones, None, **parameters, way=UPWARDS)
    by_w = operation(np.ones((1, 1, *x.shape[2:])), of_w, None, **_whole(parameters), way=UPWARDS)
    return np.repeat(by_x, len(w) // groups, axis=1) + by_w


SUMMED = 1 + 2.0**-36
"""Covers the rounding of a sum of fewer than 2**16 numbers >= 0."""


def _size(numbers):
    return np.abs(np.asarray(numbers, np.float64))
