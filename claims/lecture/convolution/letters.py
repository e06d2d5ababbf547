"""The lecture's worked picture: an input a … l, a kernel w x / y z, and each window's sum, letter for letter.

convolution          S(1, 1) = az + by + ex + fw     the kernel is flipped: z meets a
cross-correlation    S(0, 0) = aw + bx + ey + fz     it is not: w meets a
"""

import functools
import itertools
import math
from typing import NamedTuple

import numpy as np

from ....reference import bounds, oracle
from ....reference.oracle import symbolic
from ...language import Figure, Outcome, ask, claim, fact, same_bits, smallest, within
from ..shared.exact import LARGEST, ROUNDED, must_be_exact
from ..shared.geometry import PLAIN_2D, layer
from ..shared.wrongs import mistaken
from .own_functions import predicted
from .sums import by_fft

INPUT, KERNEL = ("abcd", "efgh", "ijkl"), ("wx", "yz")
SYMBOLS = "the lecture's sum over m and n, on SymPy's symbols"


# --- each window's sum, in letters -------------------------------------------------------------------------------------


def at_window(sum_, x, w, p, q):
    """The sum of the window whose upper left corner is (p, q): S(p, q); for convolution S(p + ky − 1, q + kx − 1).

    Convolution's (i, j) is the window's lower right corner: its first element meets the kernel's last one.
    """
    i, j = index(sum_, w, p, q)
    return sum_(x, w, i, j)


def index(sum_, w, p, q):
    return (p + len(w) - 1, q + len(w[0]) - 1) if sum_ in CONVOLUTIONS else (p, q)


def windows(w, border):
    """The corners (p, q) of all windows of the picture with so many zeros around it."""
    rows, columns = len(INPUT) - len(w) + 1, len(INPUT[0]) - len(w[0]) + 1
    return range(-border, rows + border), range(-border, columns + border)


@functools.cache
def picture(sum_, border):
    """Corner → the window's sum as it is written by hand."""
    x, w = symbolic.letters(*INPUT), symbolic.letters(*KERNEL)
    return {(p, q): symbolic.text(at_window(sum_, x, w, p, q)) for p, q in itertools.product(*windows(w, border))}


@functools.cache
def in_numbers(sum_, border):
    """A function of whole numbers, one for each letter: the same sums, row by row."""
    x, w = symbolic.letters(*INPUT), symbolic.letters(*KERNEL)
    sums = [at_window(sum_, x, w, p, q) for p, q in itertools.product(*windows(w, border))]
    return symbolic.with_numbers(sums, "".join((*INPUT, *KERNEL)))


# --- what a library computes, in letters -------------------------------------------------------------------------------


def one_letter_each(rows, dtype):
    """[letters, 1, height, width]: for each letter, in the order of reading, an image where it is 1 and the others are 0."""
    names = list(dict.fromkeys("".join(rows)))
    return np.array([[[[letter == name for letter in row] for row in rows]] for name in names], dtype)


def rebuilt(coefficients, kernel=KERNEL):
    """A library's own picture: for each window the sum of its coefficients times the letters that they belong to.

    ``coefficients`` [letters of the input, letters of the kernel, rows, columns]: what came out for one letter of each.
    """
    x, w = "".join(INPUT), "".join(dict.fromkeys("".join(kernel)))
    rows, columns = coefficients.shape[2:]
    flat = coefficients.reshape(-1, rows, columns)
    return [
        [symbolic.text(symbolic.products(x, w, tuple(flat[:, p, q].tolist()))) for q in range(columns)]
        for p in range(rows)
    ]


def own_coefficients(lib, *, function, dtype):
    """Runs in the worker: the library's own function on every pair of one letter of the input and one of the kernel."""
    pairs = itertools.product(one_letter_each(INPUT, np.dtype(dtype)), one_letter_each(KERNEL, np.dtype(dtype)))
    outputs = [lib.own_convolution(x[0], w[0], function=function) for x, w in pairs]
    return np.reshape(outputs, (len("".join(INPUT)), len("".join(KERNEL)), *outputs[0].shape))


# --- wrong sums --------------------------------------------------------------------------------------------------------


def flip_forgotten(x, w, i, j):
    return symbolic.cross_correlation2d(x, w, i - len(w) + 1, j - len(w[0]) + 1)


def flipped(x, w, i, j):
    return symbolic.convolution2d(x, w, i + len(w) - 1, j + len(w[0]) - 1)


def only_rows_flipped(x, w, i, j):
    return symbolic.convolution2d(x, [row[::-1] for row in w], i, j)


def only_columns_flipped(x, w, i, j):
    return symbolic.convolution2d(x, w[::-1], i, j)


def convolution_transposed(x, w, i, j):
    """W(j − n, i − m)."""
    return symbolic.convolution2d(x, list(zip(*w, strict=True)), i, j)


def correlation_transposed(x, w, i, j):
    """W(n, m)."""
    return symbolic.cross_correlation2d(x, list(zip(*w, strict=True)), i, j)


def convolution_from_one(x, w, i, j):
    """W(i − m − 1, j − n − 1): the kernel's indices begin at 1 where the sum's begin at 0."""
    return symbolic.convolution2d(x, w, i - 1, j - 1)


def correlation_from_one(x, w, i, j):
    """X(i + m + 1, j + n + 1)."""
    return symbolic.cross_correlation2d(x, w, i + 1, j + 1)


def over_m_only(x, w, i, j):
    """The one Σ that the scan of the lecture shows, with n = 0."""
    return symbolic.cross_correlation2d(x, [row[:1] for row in w], i, j)


CONVOLUTIONS = (
    symbolic.convolution2d,
    flip_forgotten,
    only_rows_flipped,
    only_columns_flipped,
    convolution_transposed,
    convolution_from_one,
)


def library_that(mistake):
    """Makes a known mistake in both operations."""
    return mistaken(mistake, "convolution2d", "cross_correlation2d")


MISTAKES = {
    "flipped and not flipped exchanged": {"convolve": flip_forgotten, "correlate": flipped},
    "only the rows flipped": {"convolve": only_rows_flipped},
    "only the columns flipped": {"convolve": only_columns_flipped},
    "convolution with the kernel transposed": {"convolve": convolution_transposed},
    "kernel indexed (n, m)": {"correlate": correlation_transposed},
    "convolution's index off by one": {"convolve": convolution_from_one},
    "cross-correlation's index off by one": {"correlate": correlation_from_one},
    "sum over m only": {"correlate": over_m_only},
    "a library that turns the kernel": library_that("kernel turned"),
    "a library that flips the rows": library_that("kernel rows turned"),
    "a library that flips the columns": library_that("kernel columns turned"),
    "a library that transposes the kernel": library_that("kernel height and width exchanged"),
    "a library that drops the last tap": library_that("last tap dropped"),
}


# --- the claim ---------------------------------------------------------------------------------------------------------

worked_example = claim(
    "convolution.worked_example",
    """
    On the input a…l (3 × 4) and the kernel w x / y z, SymPy's symbols give each window's sum letter for letter, for
    convolution and for cross-correlation. Each library computes the same polynomials: its coefficient of every
    product of two letters, read off one letter at a time, makes up the same sum; and whole numbers in place of all
    letters give the same numbers.

    Scope: the library's convolution and cross-correlation, windows inside the input and with one row and column of
    zeros around it; each library's own 2-d functions, windows inside; numbers whose sums are exact in the dtype; not
    by FFT

    Notes: The scan keeps a b c d and a part of the kernel; the input a…l and the kernel w x / y z complete it. The
    coefficients are all that a bilinear function has; that the outputs are bilinear is what the whole numbers are
    for.

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §9.1, figure 9.1
    - Schwartz (1980), J. ACM 27:701 (polynomials that agree on random numbers)
    """,
    kind="exact",
    expected="verified",
    premises=("convolution.libraries_correlate",),
)


Pictures = dict[str, Outcome]
"""For each of the two sums the picture that a library computes: rows of sums in letters."""


@worked_example.case("windows inside", border=0, wrongs=MISTAKES)
def windows_inside(case, *, convolve=symbolic.convolution2d, correlate=symbolic.cross_correlation2d):
    sums = {"convolution": convolve, "cross-correlation": correlate}
    pictures: Pictures = yield from letter_for_letter(case, sums)
    yield from own_functions(case, sums)
    yield Figure("worked_example", drawn({name: y.value for name, y in pictures.items()}))


@worked_example.case("zeros around", border=1, wrongs=MISTAKES)
def zeros_around(case, *, convolve=symbolic.convolution2d, correlate=symbolic.cross_correlation2d):
    yield from letter_for_letter(case, {"convolution": convolve, "cross-correlation": correlate})


def letter_for_letter(case, sums):
    """The library's convolution and cross-correlation, with ``case.border`` zeros around the input; returns its pictures."""
    settings = PLAIN_2D | {"padding": ((case.border,) * 2,) * 2}
    images, kernels = one_letter_each(INPUT, case.dtype), one_letter_each(KERNEL, case.dtype)
    pictures: Pictures = {}
    for name, sum_ in sums.items():
        operation = f"{name.replace('-', '_')}2d"
        y = yield ask(operation, x=images, w=kernels, b=None, **settings)
        pictures[name] = y.then(rebuilt)
        for corner, written in picture(sum_, case.border).items():
            row, column = (c + case.border for c in corner)
            got = pictures[name].then(lambda sums, row=row, column=column: sums[row][column])
            yield fact(got, written, label=f"{name}, the window at {corner}", source=SYMBOLS)
        yield from with_numbers(case, operation, sum_, settings)
    return pictures


def with_numbers(case, operation, sum_, settings):
    """Eight images and eight kernels of whole numbers, each with each: 64 assignments of numbers to the letters."""
    x = case.integers(f"x, {operation}", (8, 1, len(INPUT), len(INPUT[0])), -LARGEST, LARGEST)
    w = case.integers(f"w, {operation}", (8, 1, len(KERNEL), len(KERNEL[0])), -LARGEST, LARGEST)
    must_be_exact(x, w)
    y = yield ask(operation, x=x, w=w, b=None, **settings)
    value = in_numbers(sum_, case.border)
    wanted = [[value(*map(int, (*image.ravel(), *kernel.ravel()))) for kernel in w] for image in x]
    shape = (8, 8, *map(len, windows(KERNEL, case.border)))
    label = f"{operation} on whole numbers in place of the letters, 64 times"
    yield same_bits(y, np.reshape(wanted, shape).astype(case.dtype), label=label, source=SYMBOLS)


def own_functions(case, sums):
    """The library's own 2-d functions, each on every pair of letters; not by FFT, of which no coefficient is exactly 1."""
    listed = (yield ask("own_convolutions")).value
    for function in (name for name, rank in listed if rank == 2 and not by_fft(name)):
        name = predicted(function)
        y = yield ask(own_coefficients, function=function, dtype=str(case.dtype))
        written = " | ".join(picture(sums[name], 0).values())
        own = y.then(lambda c: " | ".join(itertools.chain(*rebuilt(c))))
        yield fact(own, written, label=f"{function}: {name}, all windows", source=SYMBOLS)


def drawn(computed):
    """The picture for the report: for each sum, each window with its products, as the symbols and as the library give it."""
    x, w = symbolic.letters(*INPUT), symbolic.letters(*KERNEL)
    sums = {"convolution": symbolic.convolution2d, "cross-correlation": symbolic.cross_correlation2d}
    parts = []
    for name, sum_ in sums.items():
        rows = [
            [
                {
                    "index": list(index(sum_, w, p, q)),
                    "products": [list(pair) for pair in symbolic.factors(at_window(sum_, x, w, p, q))],
                    "sum": picture(sum_, 0)[p, q],
                    "got": computed[name][p][q],
                }
                for q in windows(w, 0)[1]
            ]
            for p in windows(w, 0)[0]
        ]
        parts.append({"name": name, "formula": " ".join((sum_.__doc__ or "").split()).rstrip("."), "windows": rows})
    return {"input": [list(row) for row in INPUT], "kernel": [list(row) for row in KERNEL], "sums": parts}


# --- where the picture tells nothing -----------------------------------------------------------------------------------


class Kernel(NamedTuple):
    """ky × kx letters, row by row; equal letters are equal numbers."""

    ky: int
    kx: int
    W: str

    def rows(self):
        return tuple(self.W[self.kx * m : self.kx * (m + 1)] for m in range(self.ky))


def kernels(*sizes):
    """Every pattern of equal and different letters, for kernels of these sizes; the most different letters first."""
    patterns = []
    for ky, kx in sizes:
        words = {
            "".join("wxyz"[i] for i in named)
            for named in itertools.product(range(4), repeat=ky * kx)
            if _in_order(named)
        }
        patterns += [Kernel(ky, kx, word) for word in sorted(words, key=lambda word: (-len(set(word)), word))]
    return patterns


def _in_order(named):
    """A new letter is always the next one, so that a pattern has one name."""
    return all(n <= max((-1, *named[:k])) + 1 for k, n in enumerate(named))


def two_pictures(case, points, order):
    """The literal sentence of both limits: the picture with the flip is another one than that without."""
    x = one_letter_each(INPUT, case.dtype)

    def build(k):
        w = one_letter_each(k.rows(), case.dtype)
        return [ask(operation, x=x, w=w, b=None, **PLAIN_2D) for operation in ("convolution2d", "cross_correlation2d")]

    def literal(pictures, k):
        differ = pictures[0].then(lambda y: rebuilt(y, k.rows()) != rebuilt(pictures[1].value, k.rows()))
        return fact(
            differ, True, label=f"two pictures for the kernel {' / '.join(k.rows())}", source="the lecture's picture"
        )

    def instead(pictures, k):
        letters = symbolic.letters(*INPUT), symbolic.letters(*k.rows())
        one = symbolic.text(at_window(symbolic.convolution2d, *letters, 0, 0))
        both = pictures[0].then(lambda y: [rebuilt(z, k.rows())[0][0] for z in (y, pictures[1].value)])
        return fact(both, [one, one], label="both sums of the first window", source=SYMBOLS)

    yield from smallest(points, build, literal, instead=instead, order=order)


@worked_example.limit("a kernel of one tap")
def _(case):
    """A kernel of one letter has nothing to flip: both pictures are the same."""
    yield from two_pictures(case, kernels((1, 1), (1, 2), (2, 1), (2, 2)), "by ky·kx, the most different letters first")


@worked_example.limit("a 2 × 2 kernel with equal letters across its centre")
def _(case):
    """With w = z and x = y a half turn leaves the kernel as it was, the two sums of each window are equal, and the
    picture cannot tell convolution from cross-correlation. One equal pair is not enough.
    """
    yield from two_pictures(case, kernels((2, 2)), "the most different letters first, then by the alphabet")


class Numbers(NamedTuple):
    """The whole number n in place of every letter."""

    n: int


@worked_example.limit("numbers that round")
def _(case):
    """In letters the sums are exact. In floating point they are up to some number: with n in place of every letter
    each window's sum is 4n², which the format no longer holds for the first odd n whose square exceeds 2²⁴ (float32)
    or 2⁵³ (float64).
    """
    root = math.isqrt(2 ** bounds.significand_bits(case.dtype))
    points = [Numbers(n) for n in range(root - 32, root + 33)]  # below, n² ≤ 2^t, and 4n² is exact

    def inputs(p):
        return tuple(np.full((1, 1, len(rows), len(rows[0])), p.n, case.dtype) for rows in (INPUT, KERNEL))  # pyright: ignore[reportReturnType]

    def build(p):
        x, w = inputs(p)
        return layer(x, w)

    def literal(y, p):
        return fact(y.then(lambda y: int(y[0, 0, 0, 0])), 4 * p.n**2, label="aw + bx + ey + fz", source=SYMBOLS)

    def instead(y, p):
        x, w = inputs(p)
        wanted = oracle.cross_correlation2d(x, w, None, **PLAIN_2D)
        sizes = oracle.sizes(oracle.cross_correlation2d, x, w, None, **PLAIN_2D)
        bound = bounds.sums_of_products(*sizes, case.dtype, flushed=None)
        return within(y, wanted, bound, label="4n² within the rounding of its sum", source=ROUNDED)

    yield from smallest(points, build, literal, instead=instead, order=f"by n, from {points[0].n}")
