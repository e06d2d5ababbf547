"""Inputs whose sums of products are exact, so that bits may be compared, and inputs whose sums round."""

import numpy as np

from ....reference import bounds

LITERAL = "the lecture's sum, written as it stands, in Python integers"
ROUNDED = "the lecture's sum, correctly rounded from exact products"
DESIGNS = ("dense integers", "wide input", "wide kernel", "one tap", "reals")
LARGEST = 2**9
"""Of the designs with a wide range."""


def must_be_exact(x, w):
    """Bits may be compared only where every partial sum, in whatever order, is exact in the dtype; raises ValueError otherwise.

    One output sums products with each tap of one kernel, so max|x| · max|w| · taps is at least what any of them can reach.
    """
    largest = float(np.abs(x).max() * np.abs(w).max() * max(w[0].size, w[:, 0].size))
    if not bounds.exactly_representable(largest, x.dtype):
        raise ValueError(f"sums up to {largest:g}: not all are exact in {x.dtype}; draw smaller integers")


def draw(case, design, x_shape, w_shape):
    """Inputs of one design. Each exact design is blind to something (small integers, for example, to a library that
    rounds its inputs to bfloat16), so all of them are used; every partial sum of each is exactly representable."""
    match design:
        case "dense integers":
            return case.integers("x", x_shape), case.integers("w", w_shape)
        case "wide input":
            return case.integers("x", x_shape, -LARGEST, LARGEST), case.integers("w", w_shape, -1, 1)
        case "wide kernel":
            return case.integers("x", x_shape, -1, 1), case.integers("w", w_shape, -LARGEST, LARGEST)
        case "one tap":
            w = np.zeros(w_shape, case.dtype)
            w[(..., *[0] * (w.ndim - 2))] = 1
            return case.integers("x", x_shape, -LARGEST, LARGEST), w
        case _:
            return case.reals("x", x_shape), case.reals("w", w_shape)


def numbered(shape):
    """1, 2, 3, …: no two alike, so that no turn, flip or exchange leaves the array as it was."""
    return np.arange(1, 1 + int(np.prod(shape))).reshape(shape)


def squares(shape):
    """1, 4, 9, …: no two differences of neighbours are equal either."""
    return numbered(shape) ** 2


def half_turn(w):
    """W(−m, −n): every spatial axis reversed, [Cout, Cin, …]."""
    return w[(..., *[slice(None, None, -1)] * (w.ndim - 2))]


def unchanged(a):
    return a
