"""The lecture's first choice of windows: those that are entirely contained in the input."""

from __future__ import annotations

import functools
import itertools
from typing import NamedTuple

import numpy as np

from ...language import Call, Case, Outcome, Wrong, ask, claim, fact, happens, same_bits, same_shape, smallest, sweep
from ..shared import mutants
from .commuting import exchanging, raises
from .flipping import PLAIN_2D, half_turn, predicted
from .sums import Sizes, agrees, layer, ramps, sizes

# --- “only include windows entirely contained in [the] input (dimension decreases)” ---------------------------------------


def inside(n: int, k: int) -> range:
    """Where a window of k may begin, if all of it is to lie in n: 0 … n − k."""
    return range(n - k + 1)


def one_too_many(n: int, k: int) -> range:
    return range(n - k + 2)


def padded_too(n: int, k: int) -> range:
    return range(1 - k, n)


def one_later(n: int, k: int) -> range:
    return range(1, n - k + 2)


def enumerated(x: np.ndarray, s: Sizes, begins) -> np.ndarray:
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

    Scope: every H, W ≤ 4 and every kernel that fits, one channel, stride 1, bit for bit; own functions 1-d and 2-d,
    through an FFT within its bound

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §9.5 (“valid convolution”)
    """,
    kind="exact",
    expected="verified",
    about_shapes=True,
    premises=("convolution.libraries_correlate",),
)


@valid.each(
    {"pixels": {}, "inner products": {}, "own functions": {}},
    wrongs={
        "one window too many": Wrong(says={"begins": one_too_many}, cases=("pixels",)),
        "padded windows counted": Wrong(says={"begins": padded_too}, cases=("inner products",)),
        "each window begun one later": Wrong(says={"begins": one_later}, cases=("pixels", "own functions")),
        "kernel flipped": Wrong(operations={"cross_correlation2d": mutants.kernel_flipped}, cases=("pixels",)),
        "last tap dropped": Wrong(
            operations={"cross_correlation2d": mutants.last_tap_dropped}, cases=("inner products",)
        ),
    },
)
def valid_cases(case: Case, *, begins=inside):
    if case.name == "own functions":
        yield from own_windows(case, begins)
        return
    pixels = case.name == "pixels"

    def build(s: Sizes, design: str) -> Call:
        x, w = ramps(case, s)
        taps = np.eye(s.ky * s.kx, dtype=case.dtype).reshape(-1, 1, s.ky, s.kx) if pixels else w[None, None]
        return ask("cross_correlation2d", x=x[None, None], w=taps, b=None, **PLAIN_2D)

    def judge(y: Outcome, s: Sizes, design: str):
        x, w = ramps(case, s)
        windows = enumerated(x, s, begins)
        wanted = windows.reshape(*windows.shape[:2], -1) if pixels else (windows * w).sum((2, 3))[..., None]
        return same_bits(
            y,
            np.moveaxis(wanted, -1, 0)[None].astype(case.dtype),
            label="each window",
            source="windows listed one by one",
        )

    yield from sweep(
        case,
        sizes((1, 2, 3, 4), fit=True),
        build,
        judge,
        label="the pixels of each window" if pixels else "each inner product",
        source="the windows that lie inside, listed one by one",
        designs=("1, 4, 9, …",),
    )


def own_windows(case: Case, begins):
    """A library's own functions in their mode 'valid'."""
    for function, rank in (yield ask("own_convolutions")).value:
        s = Sizes(5, 4, 3, 2) if rank == 2 else Sizes(6, 1, 3, 1)
        x, w = ramps(case, s)
        taps = half_turn(w[None, None])[0, 0] if predicted(function) == "convolution" else w
        products = enumerated(x, s, begins) * taps
        wanted, x, w = products.sum((2, 3)).astype(float), *((x, w) if rank == 2 else (x[:, 0], w[:, 0]))
        y = yield ask("own_convolution", x=x, w=w, function=function)
        sums = (wanted if rank == 2 else wanted[:, 0], None, None)
        yield agrees(case, y, sums, x, w, label=f"{function}, {rank}-d", function=function)


class Square(NamedTuple):
    """An image of H × H, a kernel of k × k."""

    H: int
    k: int


def square(case: Case, p: Square) -> Call:
    return layer("cross_correlation", *ramps(case, Sizes(p.H, p.H, p.k, p.k)), full=False)


@valid.limit("a kernel of one pixel")
def _(case: Case):
    """A kernel of 1 × 1 decreases nothing: every pixel is a window. A kernel of 1 × 3 decreases the width alone."""

    def decreased(y: Outcome, n: int):
        return y.then(lambda y: max(y.shape[2:]) < n)

    def literal(y: Outcome, p: Square):
        return fact(decreased(y, p.H), True, label="the dimensions decrease", source="the lecture, as worded")

    def instead(y: Outcome, p: Square):
        return same_shape(y, (1, 1, p.H - p.k + 1, p.H - p.k + 1), label="H − k + 1", source="the formula")

    squares = [Square(h, k) for h in (2, 3, 4) for k in range(1, h + 1)]
    yield from smallest(
        squares, functools.partial(square, case), literal, instead=instead, order="by H from 2, then by k"
    )
    y = yield layer("cross_correlation", *ramps(case, Sizes(3, 3, 1, 3)), full=False)
    yield same_shape(y, (1, 1, 3, 1), label="a kernel of 1 × 3", source="the formula")


@valid.limit("a kernel larger than the image", backends=("numpy", "torch", "tensorflow"))
def _(case: Case):
    """Of a kernel larger than the image no window lies inside, and NumPy's reference, PyTorch and TensorFlow raise;
    TensorFlow does so from two pixels on.
    """

    def literal(y: Outcome, p: Square):
        return happens(y, "value", label="a feature map of the windows inside", source="the lecture, as worded")

    def instead(y: Outcome, p: Square):
        return raises(case, y, "no window fits")

    # By one pixel TensorFlow makes an empty tensor, or with oneDNN one that was never written (a recorded defect).
    each = (1, 3, 5) if case.backend == "tensorflow" else (1, 2, 3, 4)
    squares = sorted(itertools.starmap(Square, itertools.product(each, repeat=2)), key=lambda p: (p.H * p.k, p))
    yield from smallest(squares, functools.partial(square, case), literal, instead=instead, order="by H·k, then by H")


@valid.limit("a kernel larger by one pixel, in TensorFlow", backends=("tensorflow",), dtypes=("float64",))
def _(case: Case):
    """TensorFlow raises only from two pixels on: of a kernel larger by one it returns an empty tensor. (In float32
    oneDNN returns one that was never written, which is recorded as a defect.)
    """

    def literal(y: Outcome, p: Square):
        raised = Outcome("value", y.kind == "raised", call=y.call)
        return fact(raised, p.k > p.H, label="it raises where no window fits, and there alone", source="k > H")

    def instead(y: Outcome, p: Square):
        return same_shape(y, (1, 1, 0, 0), label="an empty feature map", source="H − k + 1 = 0")

    squares = sorted(itertools.starmap(Square, itertools.product((1, 2, 3), repeat=2)), key=lambda p: (p.H * p.k, p))
    yield from smallest(squares, functools.partial(square, case), literal, instead=instead, order="by H·k, then by H")


@valid.limit("a kernel larger than the input, in NumPy and SciPy", backends=("numpy", "scipy"))
def _(case: Case):
    """NumPy's and SciPy's own correlate, in mode 'valid', exchanges the two where the kernel is the larger, and
    returns the sums in which the input lies inside the kernel. Where neither contains the other SciPy raises.
    """
    yield from exchanging(case, "cross-correlation")
