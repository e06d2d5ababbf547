"""The lecture's discrete convolutions, S(i) = Σ_m X(m) W(i − m) and S(i, j) = Σ_m Σ_n X(m, n) W(i − m, j − n)."""

import itertools
from typing import NamedTuple

import numpy as np

from ....reference import bounds
from ...language import Wrong, ask, claim, fact, smallest, within
from ..shared.exact import half_turn, numbered, unchanged
from ..shared.wrongs import mistaken
from . import sums

# --- “Discrete convolution: S(i) = Σ_m X(m) W(i − m), S(i, j) = Σ_m Σ_n X(m, n) W(i − m, j − n)” --------------------------

discrete_1d = claim(
    "convolution.discrete_1d",
    """
    S(i) = Σ_m X(m) W(i − m), written as it stands, is what NumPy's and SciPy's direct convolutions, each framework's
    layer given the flipped kernel and its transposed convolution compute: bit for bit on small integers, within the
    sum's bound on reals; through each library's FFT within a normwise bound. It is the product of two polynomials.

    Scope: every overlap of two arrays, one channel, stride 1; integers whose partial sums are exact, and normal
    numbers; an FFT whose size is at least n + k − 1

    Pictures: discrete sum

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §9.1
    - Percival (2003), Rapid multiplication modulo the sum and difference of highly composite numbers, theorem 5.1
    """,
    kind="exact + rounding",
    expected="verified",
    premises=("convolution.libraries_correlate",),
)
discrete_2d = claim(
    "convolution.discrete_2d",
    """
    S(i, j) = Σ_m Σ_n X(m, n) W(i − m, j − n), written as it stands, is what SciPy's direct convolutions, each
    framework's layer given the kernel flipped on both axes and its transposed convolution compute: bit for bit on
    small integers, within the sum's bound on reals; through each library's FFT within a normwise bound. It is the
    product of two polynomials in two variables.

    Scope: every overlap of two arrays, one channel, stride 1; integers whose partial sums are exact, and normal
    numbers; an FFT whose size is at least n + k − 1

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §9.1
    - Percival (2003), Rapid multiplication modulo the sum and difference of highly composite numbers, theorem 5.1
    """,
    kind="exact + rounding",
    expected="verified",
    premises=("convolution.libraries_correlate",),
)


def wrapped_around(lib, x, w, b, *, padding, **settings):
    """Every overlap taken modulo the size of x: the product of two transforms of arrays that were not padded with zeros."""
    operation = lib.convolution1d if x.ndim == 3 else lib.convolution2d
    y = operation(x, w, b, padding=padding, **settings)
    for axis in range(2, x.ndim):
        n, size = x.shape[axis], y.shape[axis]
        once = np.moveaxis(np.zeros_like(y), axis, 0)
        for i, row in enumerate(np.moveaxis(y, axis, 0)):
            once[i % n] += row
        y = np.moveaxis(once[np.arange(size) % n], 0, axis)
    return np.ascontiguousarray(y)


def last_axis_flipped(w):
    return w[..., ::-1]


WRONG_INDEX = {"off by one in the index": {"index": sums.off_by_one}, "the kernel not flipped": {"index": sums.plus}}
WRONG_1D = {
    "the kernel reversed": {"kernel": last_axis_flipped},
    "modulo the size, wrapped around": Wrong(operations={"convolution1d": wrapped_around}),
    "last tap dropped": mistaken("last tap dropped", "convolution1d"),
}
WRONG_2D = {
    "one axis flipped": {"kernel": last_axis_flipped},
    "the kernel indexed (j − n, i − m)": {"kernel": np.transpose},
    "modulo the size, wrapped around": Wrong(operations={"convolution2d": wrapped_around}),
    "last tap dropped": mistaken("last tap dropped", "convolution2d"),
}
SHAPES_1D = {"9 and 3": ((9,), (3,)), "4 and 6": ((4,), (6,))}
SHAPES_2D = {"6×5 and 3×2": ((6, 5), (3, 2)), "2×3 and 3×3": ((2, 3), (3, 3))}


@discrete_2d.each(sums.each_design(SHAPES_2D), wrongs=WRONG_INDEX | WRONG_2D)
@discrete_1d.each(sums.each_design(SHAPES_1D), wrongs=WRONG_INDEX | WRONG_1D)
def every_sum(case, *, index=sums.minus, kernel=unchanged):
    """Every overlap by the library's convolution, by its layer given the flipped kernel, and by what it has for it of its own."""
    x, w = sums.planes(case, case.x, case.w)
    wanted = sums.lecture_sum(x, kernel(w), index=index, over=sums.every_overlap(x, w))
    for operation, taps, label in (
        ("convolution", w, "the library's convolution"),
        ("cross_correlation", half_turn(w[None, None])[0, 0], "its layer, given the flipped kernel"),
    ):
        y = yield sums.one_channel(operation, x, taps, full=True)
        yield sums.agrees(case, y.then(sums.plane), wanted, x, w, label=label)
    for function, rank in (yield ask("own_fulls")).value:
        if rank == x.ndim and "correlate" not in function:
            y = yield ask("own_full", x=x, w=w, function=function)
            yield sums.agrees(case, y, wanted, x, w, label=function, function=function)


@discrete_2d.case("polynomials", x=(3, 2), w=(2, 2), design="dense integers", wrongs=WRONG_2D)
@discrete_1d.case("polynomials", x=(4,), w=(3,), design="dense integers", wrongs=WRONG_1D)
def product_of_polynomials(case, *, kernel=unchanged):
    """A polynomial of degree n + k − 2 is what it is at n + k − 1 points: there it must be the product of the two."""
    x, w = sums.planes(case, case.x, case.w)
    points = list(itertools.product(*(range(n + k - 1) for n, k in zip(x.shape, w.shape, strict=True))))

    def at_points(coefficients):
        terms = [(int(c), powers) for powers, c in np.ndenumerate(coefficients)]
        return [sum(c * int(np.prod(np.power(t, powers))) for c, powers in terms) for t in points]

    wanted = [p * q for p, q in zip(at_points(x), at_points(kernel(w)), strict=True)]
    y = yield sums.one_channel("convolution", x, w, full=True)
    yield fact(
        y.then(lambda y: at_points(y[0, 0])),
        wanted,
        label="the product of two polynomials, at as many points as it has coefficients",
        source="the product of their values, in Python integers",
    )


class Term(NamedTuple):
    """A whole number 2^z."""

    z: int


@discrete_1d.limit("sums that the format does not hold")
def _(case):
    """The sum of numbers of t bits need not be a number of t bits: X = (2^z, 1), W = (1, 1) has S(1) = 2^z + 1, which
    from z = 24 on (float32) or 53 (float64) is rounded to 2^z.
    """

    def build(p):
        return sums.one_channel("convolution", np.array([2.0**p.z, 1], case.dtype), np.ones(2, case.dtype), full=True)

    def literal(y, p):
        whole = y.then(lambda y: [int(v) for v in y[0, 0]])
        return fact(whole, [2**p.z, 2**p.z + 1, 1], label="S = X ∗ W", source="Python integers")

    def instead(y, p):
        whole = y.then(lambda y: [int(v) for v in y[0, 0]])
        return fact(
            whole, [2**p.z, 2**p.z, 1], label="S, rounded", source="the nearest number of t bits, the even one of two"
        )

    yield from smallest([Term(z) for z in range(56)], build, literal, instead=instead, order="by z")


@discrete_1d.limit("whole numbers through an FFT")
def _(case):
    """Through an FFT not even the sums of small integers are exact, unless the transform is so short (1, 2 or 4
    points) that all its roots of unity are: what then holds is a bound relative to ‖X‖·‖W‖.
    """
    function = next(name for name, _ in (yield ask("own_fulls")).value if sums.by_fft(name))
    rows = sorted((sums.Row(w, k) for w in range(1, 8) for k in range(1, w + 1)), key=lambda r: (r.W + r.k, r.k))

    def arrays(r):
        return numbered((r.W,)).astype(case.dtype), numbered((r.k,)).astype(case.dtype)

    def build(r):
        x, w = arrays(r)
        return ask("own_full", x=x, w=w, function=function)

    def literal(y, r):
        return sums.agrees(case, y, sums.convolved(*arrays(r)), *arrays(r), label=f"{function}, bit for bit")

    def instead(y, r):
        x, w = arrays(r)
        label = f"{function}, relative to the norms"
        return sums.agrees(case, y, sums.convolved(x, w), x, w, label=label, function=function)

    yield from smallest(rows, build, literal, instead=instead, order="by W + k, then by k")


class Peak(NamedTuple):
    """An image of H × W ones, but for a corner of 2^z; a kernel of k × k ones."""

    H: int
    W: int
    k: int
    z: int


@discrete_2d.limit("a large number far away, through an FFT")
def _(case):
    """Through an FFT the error of a small sum is not small relative to its own terms: it carries the rounding of
    large numbers that are no part of it. The bound of the direct sum does not hold; the one relative to ‖X‖·‖W‖ does.
    """
    function = next(name for name, rank in (yield ask("own_fulls")).value if rank == 2 and sums.by_fft(name))
    peaks = [Peak(h, w, k, z) for h, w, k, z in itertools.product((1, 2, 4), (1, 2, 4), (1, 2), (0, 10, 20)) if k <= h]
    peaks.sort(key=lambda p: (p.H * p.W * p.k * p.k, p.z))

    def arrays(p):
        x, w = np.ones((p.H, p.W), case.dtype), np.ones((p.k, p.k), case.dtype)
        x[0, 0] = 2**p.z
        return x, w

    def build(p):
        x, w = arrays(p)
        return ask("own_full", x=x, w=w, function=function)

    def literal(y, p):
        S, size, count = sums.convolved(*arrays(p))
        bound = bounds.sums_of_products(size, count, case.dtype, flushed=None)
        return within(y, S, bound, label=f"{function}, relative to the terms of each sum", source=sums.AS_IT_STANDS)

    def instead(y, p):
        x, w = arrays(p)
        label = f"{function}, relative to the norms"
        return sums.agrees(case, y, sums.convolved(x, w), x, w, label=label, function=function)

    yield from smallest(peaks, build, literal, instead=instead, order="by H·W·k², then by z")
