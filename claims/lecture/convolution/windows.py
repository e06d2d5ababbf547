"""The lecture's first choice of windows: those that are entirely contained in the input."""

import functools
import itertools
from typing import NamedTuple

import numpy as np

from ....reference.libraries import FRAMEWORKS
from ...language import Outcome, ask, claim, fact, happens, same_bits, same_shape, smallest, sweep
from ..shared.convolution_mutants import KERNEL_FLIPPED, LAST_TAP_DROPPED
from ..shared.geometry import FORMULA, layer
from .own_functions import exchanged_arguments, raises, turned_if_flipping
from .sums import Sizes, agrees, one_channel, ramps, sizes

# --- “only include windows entirely contained in [the] input (dimension decreases)” ---------------------------------------


def inside(n, k):
    """Where a window of k may begin, if all of it is to lie in n: 0 … n − k."""
    return range(n - k + 1)


def one_too_many(n, k):
    return range(n - k + 2)


def padded_too(n, k):
    return range(1 - k, n)


def one_later(n, k):
    return range(1, n - k + 2)


def enumerated(x, s, begins):
    """[rows, columns, k_y, k_x]: the numbers in each window, listed one by one; beyond the image there are zeros."""
    numbers = {at: int(v) for at, v in np.ndenumerate(x)}
    rows, columns = begins(s.H, s.ky), begins(s.W, s.kx)
    taps = itertools.product(rows, columns, range(s.ky), range(s.kx))
    listed = [numbers.get((i + m, j + n), 0) for i, j, m, n in taps]
    return np.array(listed).reshape(len(rows), len(columns), s.ky, s.kx)


valid = claim(
    "convolution.valid",
    """
    Without padding the windows of a layer are exactly those that lie inside the image: kernels of one tap each read
    off which pixels a window holds, every pixel having its own number. There are (H − k_y + 1) × (W − k_x + 1) of
    them, and an output is its window's inner product with the kernel: in the layers, and in the mode 'valid' of every
    library's own functions.

    Instead: only include windows entirely contained in the input (height and width decrease, {each
    unless its k is 1|a kernel of one pixel})

    Scope: every H, W ≤ 4 and every kernel that fits, one channel, stride 1, bit for bit; own functions 1-d and 2-d,
    through an FFT within its bound

    Pictures: valid

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §9.5 (“valid convolution”)
    """,
    kind="exact",
    expected="verified",
    about_shapes=True,
    premises=("convolution.libraries_correlate",),
)


LISTED = "windows listed one by one"
FITTING = sizes((1, 2, 3, 4), fit=True)


def each_window(case, kernels, wanted, *, label):
    """``kernels(s)`` [Cout, ky, kx] and ``wanted(s)`` [Cout, rows, columns], for every image and every kernel that fits."""

    def build(s, design):
        return layer(ramps(case, s)[0][None, None], kernels(s)[:, None])

    def judge(y, s, design):
        return same_bits(y, wanted(s)[None].astype(case.dtype), label="each window", source=LISTED)

    source = "the windows that lie inside, listed one by one"
    yield from sweep(case, FITTING, build, judge, label=label, source=source, designs=("1, 4, 9, …",))


@valid.case(
    "pixels",
    wrongs={
        "one window too many": {"begins": one_too_many},
        "each window begun one later": {"begins": one_later},
        "kernel flipped": KERNEL_FLIPPED,
    },
)
def pixels_in_each_window(case, *, begins=inside):
    def one_tap_each(s):
        return np.eye(s.ky * s.kx, dtype=case.dtype).reshape(-1, s.ky, s.kx)

    def pixels(s):
        windows = enumerated(ramps(case, s)[0], s, begins)
        return np.moveaxis(windows.reshape(*windows.shape[:2], -1), -1, 0)

    yield from each_window(case, one_tap_each, pixels, label="the pixels of each window")


@valid.case(
    "inner products", wrongs={"padded windows counted": {"begins": padded_too}, "last tap dropped": LAST_TAP_DROPPED}
)
def inner_product_with_each_window(case, *, begins=inside):
    def inner_products(s):
        x, w = ramps(case, s)
        return (enumerated(x, s, begins) * w).sum((2, 3))[None]

    yield from each_window(case, lambda s: ramps(case, s)[1][None], inner_products, label="each inner product")


@valid.case("own functions", wrongs={"each window begun one later": {"begins": one_later}})
def own_functions(case, *, begins=inside):
    """A library's own functions in their mode 'valid'."""
    for function, rank in (yield ask("own_convolutions")).value:
        s = Sizes(5, 4, 3, 2) if rank == 2 else Sizes(6, 1, 3, 1)
        x, w = ramps(case, s)
        sums = (enumerated(x, s, begins) * turned_if_flipping(function, w)).sum((2, 3)).astype(float)
        x, w, sums = (x, w, sums) if rank == 2 else (x[:, 0], w[:, 0], sums[:, 0])
        y = yield ask("own_convolution", x=x, w=w, function=function)
        wanted = sums, None, None
        yield agrees(case, y, wanted, x, w, label=f"{function}, {rank}-d", function=function)


class Square(NamedTuple):
    """An image of H × H, a kernel of k × k."""

    H: int
    k: int


def square(case, p):
    return one_channel("cross_correlation", *ramps(case, Sizes(p.H, p.H, p.k, p.k)), full=False)


@valid.limit("a kernel of one pixel")
def _(case):
    """A kernel of 1 × 1 decreases nothing: every pixel is a window. A kernel of 1 × 3 decreases the width alone."""

    def decreased(y, n):
        return y.then(lambda y: max(y.shape[2:]) < n)

    def literal(y, p):
        return fact(decreased(y, p.H), True, label="the dimensions decrease", source="the lecture, as worded")

    def instead(y, p):
        return same_shape(y, (1, 1, p.H - p.k + 1, p.H - p.k + 1), label="H − k + 1", source=FORMULA)

    squares = [Square(h, k) for h in (2, 3, 4) for k in range(1, h + 1)]
    yield from smallest(
        squares, functools.partial(square, case), literal, instead=instead, order="by H from 2, then by k"
    )
    y = yield one_channel("cross_correlation", *ramps(case, Sizes(3, 3, 1, 3)), full=False)
    yield same_shape(y, (1, 1, 3, 1), label="a kernel of 1 × 3", source=FORMULA)


@valid.limit("a kernel larger than the image", backends=("numpy", *FRAMEWORKS))
def _(case):
    """Of a kernel larger than the image no window lies inside, and NumPy's reference, PyTorch and TensorFlow raise;
    TensorFlow does so from two pixels on.
    """

    def literal(y, p):
        return happens(y, "value", label="a feature map of the windows inside", source="the lecture, as worded")

    def instead(y, p):
        return raises(case, y, "no window fits")

    # By one pixel TensorFlow makes an empty tensor, or with oneDNN one that was never written (a recorded defect).
    each = (1, 3, 5) if case.backend == "tensorflow" else (1, 2, 3, 4)
    squares = sorted(itertools.starmap(Square, itertools.product(each, repeat=2)), key=lambda p: (p.H * p.k, p))
    yield from smallest(squares, functools.partial(square, case), literal, instead=instead, order="by H·k, then by H")


@valid.limit("a kernel larger by one pixel, in TensorFlow", backends=("tensorflow",), dtypes=("float64",))
def _(case):
    """TensorFlow raises only from two pixels on: of a kernel larger by one it returns an empty tensor. (In float32
    oneDNN returns one that was never written, which is recorded as a defect.)
    """

    def literal(y, p):
        raised = Outcome("value", y.kind == "raised", call=y.call)
        return fact(raised, p.k > p.H, label="it raises where no window fits, and there alone", source="k > H")

    def instead(y, p):
        return same_shape(y, (1, 1, 0, 0), label="an empty feature map", source="H − k + 1 = 0")

    squares = sorted(itertools.starmap(Square, itertools.product((1, 2, 3), repeat=2)), key=lambda p: (p.H * p.k, p))
    yield from smallest(squares, functools.partial(square, case), literal, instead=instead, order="by H·k, then by H")


@valid.limit("a kernel larger than the input, in NumPy and SciPy", backends=("numpy", "scipy"))
def _(case):
    """NumPy's and SciPy's own correlate, in mode 'valid', exchanges the two where the kernel is the larger, and
    returns the sums in which the input lies inside the kernel. Where neither contains the other SciPy raises.
    """
    yield from exchanged_arguments(case, "cross-correlation")
