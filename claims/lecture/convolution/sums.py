"""The lecture's sums, written as they stand, and what is compared with them: shared by the sections on convolution.

S(i) = Σ_m X(m) W(i − m)
S(i, j) = Σ_m Σ_n X(m, n) W(i − m, j − n) = Σ_m Σ_n X(i − m, j − n) W(m, n)
S(i, j) = Σ_m Σ_n X(i + m, j + n) W(m, n)

X(m) and W(m) are 0 where there is no element. i runs over every sum that has a product in it ("full"), of which the windows that
lie inside X ("valid") are a part.
"""

import itertools
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from ....reference import bounds
from ....reference.oracle.remembered import once
from ...language import Outcome, ask, same_bits, within
from ..shared.exact import DESIGNS, draw, must_be_exact, numbered, squares
from ..shared.geometry import PLAIN_1D, PLAIN_2D

AS_IT_STANDS = "the lecture's sum, written as it stands, in exact arithmetic"


def minus(i, m):
    return i - m


def plus(i, m):
    return i + m


def off_by_one(i, m):
    return i - m - 1


@once
def lecture_sum(summed, indexed, *, index, over):
    """S(i, …) = Σ_m … A(m, …) B(index(i, m), …), A being ``summed`` and B ``indexed``; beside it Σ|A||B| and the number of products.

    ``over``: (first i, how many) for each axis. Whole numbers are summed as Python integers, others as fractions, and rounded once.
    """
    whole = np.array_equal(summed, np.rint(summed)) and np.array_equal(indexed, np.rint(indexed))
    exactly = int if whole else Fraction
    A, B = ({at: exactly(v) for at, v in np.ndenumerate(a)} for a in (summed, indexed))
    S, size, count = (np.zeros([number for _, number in over]) for _ in range(3))
    for at in np.ndindex(S.shape):
        i = [first + a for a, (first, _) in zip(at, over, strict=True)]
        met = ((m, tuple(map(index, i, m))) for m in A)
        terms = [A[m] * B[t] for m, t in met if t in B]
        S[at], size[at], count[at] = sum(terms), sum(map(abs, terms)), len(terms)
    return S, size, count


def every_overlap(x, w, *, first=0):
    """For a convolution i = 0 … n + k − 2; for a cross-correlation (``first`` = −1) it begins at −(k − 1)."""
    return tuple((first * (k - 1), n + k - 1) for n, k in zip(x.shape, w.shape, strict=True))


def convolved(x, w, *, index=minus):
    """The lecture's first sum, of every overlap."""
    return lecture_sum(x, w, index=index, over=every_overlap(x, w))


def windows_inside(x, w):
    return tuple((0, n - k + 1) for n, k in zip(x.shape, w.shape, strict=True))


def each_design(shapes, designs=DESIGNS):
    """Cases: each pair of shapes with inputs of each design, for :func:`planes`."""
    cases = itertools.product(shapes.items(), designs)
    return {f"{name}, {design}": {"x": x, "w": w, "design": design} for (name, (x, w)), design in cases}


def planes(case, x, w):
    """Plain arrays of the case's design, of which integers are such that no partial sum rounds."""
    x4, w4 = draw(case, case.design, (1, 1, *x), (1, 1, *w))
    if case.design != "reals":
        must_be_exact(x4, w4)
    return x4[0, 0], w4[0, 0]


def one_channel(operation, x, w, *, full):
    """The library's operation on one image of one channel; ``full``: k − 1 zeros round it, so that every overlap is an output."""
    zeros = [(k - 1, k - 1) if full else (0, 0) for k in w.shape]
    plain = PLAIN_1D | {"padding": zeros[0]} if x.ndim == 1 else PLAIN_2D | {"padding": tuple(zeros)}
    return ask(f"{operation}{x.ndim}d", x=x[None, None], w=np.ascontiguousarray(w)[None, None], b=None, **plain)


def plane(y):
    return y[0, 0]


def by_fft(function):
    """By transforms (``oaconvolve`` by those of blocks), and not by the sums themselves."""
    return "fft" in function or function.endswith("oaconvolve")


def agrees(case, y, wanted, x, w, *, label, function=""):
    """Bit for bit where the inputs are whole numbers, within the bound of the sums where not; through an FFT, within its own."""
    S, size, count = wanted
    if by_fft(function):
        # Zeros to the next power of two, or to fewer.
        lengths = [max(2, 1 << (n + k - 2).bit_length()) for n, k in zip(x.shape, w.shape, strict=True)]
        blocks = 2**x.ndim if function.endswith("oaconvolve") else 1
        bound = bounds.fft_convolution(x, w, case.dtype, lengths=lengths, blocks=blocks)
        return within(y, S, bound, label=label, source=AS_IT_STANDS)
    if case.settings.get("design") == "reals":
        bound = bounds.sums_of_products(size, count, case.dtype, flushed=None)
        return within(y, S, bound, label=label, source=AS_IT_STANDS)
    return same_bits(y, S.astype(case.dtype), label=label, source=AS_IT_STANDS)


class Row(NamedTuple):
    """A row of W numbers, a kernel of k."""

    W: int
    k: int


class Sizes(NamedTuple):
    """X of H × W, the other array of k_y × k_x."""

    H: int
    W: int
    ky: int
    kx: int


def sizes(each, *, fit):
    """All of them, or those with a kernel that fits, small first."""
    every = itertools.starmap(Sizes, itertools.product(each, repeat=4))
    return sorted(
        (s for s in every if not fit or (s.ky <= s.H and s.kx <= s.W)), key=lambda s: (s.H * s.W * s.ky * s.kx, s)
    )


def ramps(case, s):
    x, w = squares((s.H, s.W)), numbered((s.ky, s.kx))
    return x.astype(case.dtype), w.astype(case.dtype)


def outputs(y):
    """How many outputs; none where the library raises."""
    return Outcome("value", 0, call=y.call) if y.kind == "raised" else y.then(lambda y: int(np.size(y)))
