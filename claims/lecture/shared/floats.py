"""What the claims about functions of one number share: all kinds of numbers, and words for what becomes of them."""

import functools
from typing import NamedTuple

import numpy as np

DIGITS = "the function in 95 bits or more, rounded once"
FARTHEST = {"float32": 120.0, "float64": 800.0}
"""Beyond this |z| e^−|z| is 0 in this dtype, and every sigmoid at its limit, subnormal numbers included."""


@functools.cache
def every_kind_of_number(dtype):
    """Each sign, each exponent and each beginning of a significand, with its end all zeros, and once more at random.

    Of float32 these are the 2¹⁶ numbers of bfloat16 (seven bits of the significand), of float64 four bits; zeros, infinities,
    subnormal numbers and NaN are among them.
    """
    bits, free = (np.uint32, 16) if dtype == "float32" else (np.uint64, 48)
    heads = np.arange(2**16, dtype=bits) << bits(free)
    tails = np.random.default_rng(2010).integers(0, 2**free, heads.size, dtype=bits)
    z = np.concatenate([heads, heads | tails]).view(dtype)
    z.flags.writeable = False
    return z


def numbers(dtype):
    z = every_kind_of_number(str(dtype))
    return z[~np.isnan(z)]


def nans(dtype):
    z = every_kind_of_number(str(dtype))
    return z[np.isnan(z)]


FLUSH = {"tensorflow": ("relu", "relu_gradient", "absolute_value_gradient", "leaky_relu", "leaky_relu_gradient")}
"""Library → operations for which a subnormal number counts as 0."""


def seen_by(backend, operation, z):
    """z as the library's operation sees it: subnormal numbers, where they count as 0, are 0."""
    if operation not in FLUSH.get(backend, ()):
        return z
    return np.where(np.abs(z) < np.finfo(z.dtype).tiny, z.dtype.type(0), z)


def upstream_for(z):
    """1, 2, 3, 1, 2, 3, …: not all alike, so that a gradient that leaves them out shows."""
    return (1 + np.arange(z.size) % 3).astype(z.dtype)


ROW = 16
"""What is asked of one number is asked of a row of so many: libraries compute the ends of a row by other code than its middle."""


def row(z, dtype, n=ROW):
    return np.full(n, z, dtype)


def word(value):
    """A number as text: NaN is like itself, and 0 is not like −0."""
    return f"{float(value):g}"


def in_words(y):
    """What became of a row of equal numbers, in a word; in several where they are not equal any more."""
    return y.then(lambda a: " or ".join(sorted({word(each) for each in a})))


def is_number(y):
    return y.then(lambda a: bool(np.isfinite(a).all()))


def unsigned(y):
    """−0 as 0."""
    return y.then(lambda a: a + a.dtype.type(0))


def grid(dtype):
    """0, both signs of 2⁻³⁰ … 1 by powers, and from 0 to the farthest |z| at even steps: as many positive as negative ones."""
    z = np.concatenate(
        [[0], 2.0 ** np.arange(-30, 1), np.linspace(0, 20, 260)[1:], np.geomspace(20, FARTHEST[str(dtype)], 60)]
    )
    return np.concatenate([-z[::-1], z]).astype(dtype)


SIGNED = (0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0)
"""Whole numbers, by size."""


class Number(NamedTuple):
    z: float


class Spelled(NamedTuple):
    """A way to write a function, and a number that it is given."""

    function: str
    z: float
