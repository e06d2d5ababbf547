"""A convolution is a fully connected layer whose weights are few and shared: its matrix."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import toeplitz

from ....reference import bounds, oracle
from ...language import Call, Case, Outcome, Wrong, ask, claim, fact, rounding, same_bits, smallest, within
from ..convolution.flipping import must_be_exact
from ..shared import mutants
from .costs import SAID
from .parameters import FORMULA, LITERAL

PLAIN: dict[str, Any] = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}


def convolution(x: np.ndarray, w: np.ndarray, settings: dict[str, Any]) -> Call:
    return ask("cross_correlation2d", x=x, w=w, b=None, **settings)


# --- the layer is a fully connected layer with a sparse matrix ----------------------------------------------------------


def matrix(w: np.ndarray, size: tuple[int, ...], settings: dict[str, Any]) -> np.ndarray:
    """The layer's matrix [Cout, Hout, Wout, Cin, H, W], in the dtype of w, for images of H × W pixels.

    One row of a kernel, sliding along one row of the image, is a Toeplitz matrix; the rows of the kernel, sliding down, put these
    blocks on the diagonals of a larger one: doubly blocked Toeplitz. Padding takes columns away, a stride leaves rows out.
    """
    (top, bottom), (left, right) = settings["padding"]
    (sy, sx), (dy, dx), groups = settings["stride"], settings["dilation"], settings["groups"]
    cout, share, ky, kx = w.shape
    height, width = size[0] + top + bottom, size[1] + left + right
    rows, columns = height - dy * (ky - 1), width - dx * (kx - 1)
    whole = np.zeros((cout, rows, columns, share * groups, height, width), w.dtype)
    for o, c, i in np.ndindex(cout, share, ky):
        spread = np.zeros(dx * (kx - 1) + 1, w.dtype)  # dilation: zeros between the taps
        spread[::dx] = w[o, c, i]
        first_column = np.zeros(columns, w.dtype)
        first_column[0] = spread[0]
        block = toeplitz(first_column, np.pad(spread, (0, width - len(spread))))
        for p in range(rows):
            whole[o, p, :, o // (cout // groups) * share + c, p + dy * i] = block
    return np.ascontiguousarray(whole[:, ::sy, ::sx, :, top : top + size[0], left : left + size[1]])


def turned(w: np.ndarray) -> np.ndarray:
    """The mistake of building the matrix of the lecture's convolution, kernel flipped."""
    return np.ascontiguousarray(w[:, :, ::-1, ::-1])


def as_it_is(w: np.ndarray) -> np.ndarray:
    return w


def flat(whole: np.ndarray) -> np.ndarray:
    """[O, I] as a fully connected layer has it, from [Cout, Hout, Wout, Cin, H, W]."""
    return whole.reshape(np.prod(whole.shape[:3]), -1)


def own_matrix(y: np.ndarray, image: tuple[int, ...]) -> np.ndarray:
    """A layer's matrix from what it makes of the images with one pixel 1 and all others 0: [I, Cout, Hout, Wout], turned."""
    return np.ascontiguousarray(np.moveaxis(y, 0, -1)).reshape(*y.shape[1:], *image)


def units(image: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    count = int(np.prod(image))
    return np.eye(count, dtype=dtype).reshape(count, *image)


def slides(whole: np.ndarray, stride: tuple[int, int]) -> bool:
    """One output further on, the same weights meet the image one stride further on, in both directions."""
    sy, sx = stride
    down = np.array_equal(whole[:, 1:, :, :, sy:], whole[:, :-1, :, :, : whole.shape[4] - sy])
    across = np.array_equal(whole[:, :, 1:, :, :, sx:], whole[:, :, :-1, :, :, : whole.shape[5] - sx])
    return down and across


GEOMETRIES: dict[str, tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]] = {
    "plain": ((2, 2, 4, 5), (3, 2, 2, 3), PLAIN),
    "padding 1": ((1, 2, 4, 4), (2, 2, 3, 3), PLAIN | {"padding": ((1, 1), (1, 1))}),
    "stride 2, uneven padding": ((1, 2, 5, 4), (2, 2, 3, 2), PLAIN | {"stride": (2, 1), "padding": ((0, 1), (1, 0))}),
    "dilation 2, two groups": ((1, 4, 5, 5), (2, 2, 2, 3), PLAIN | {"dilation": (2, 1), "groups": 2}),
}


sparse_fc = claim(
    "conv_layer.sparse_fc",
    """
    A convolution layer is the fully connected layer whose matrix is built from the kernel: for stride 1 doubly
    blocked Toeplitz, with zeros wherever a pixel is outside a window, and with the kernel's numbers, each once a
    place, everywhere else.

    Scope: any stride, padding, dilation and groups; the matrix that the library's layer has on the images of one
    pixel, to the bit; both layers on whole numbers to the bit, on reals within their bounds

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §9.1 and §9.5
    """,
    kind="exact + rounding",
    expected="verified",
    premises=("convolution.libraries_correlate", "network.linear_components"),
)


@sparse_fc.each(
    {
        f"{name}, {design}": {"geometry": name, "design": design}
        for name, design in itertools.product(GEOMETRIES, ("integers", "reals"))
    },
    wrongs={
        "flipped kernel": {"kernel": turned},
        "a position-dependent kernel": Wrong(operations={"cross_correlation2d": mutants.position_dependent_kernel}),
        "the last tap dropped": Wrong(operations={"cross_correlation2d": mutants.last_tap_dropped}),
    },
)
def sparse_fc_cases(case: Case, *, kernel=as_it_is):
    x_shape, w_shape, settings = GEOMETRIES[case.geometry]
    draw = case.reals if case.design == "reals" else case.integers
    x, w = draw("x", x_shape), draw("w", w_shape)
    whole = matrix(kernel(w), x_shape[2:], settings)
    ours, y, z = yield [
        convolution(units(x_shape[1:], case.dtype), w, settings),
        convolution(x, w, settings),
        ask("fully_connected", x=x.reshape(len(x), -1), w=flat(whole), b=None),
    ]
    # One pixel makes one product and sums of zeros: exact for every kernel.
    own = ours.then(functools.partial(own_matrix, image=x_shape[1:]))
    yield same_bits(own, whole, label="the layer's matrix", source="the kernel's numbers on the diagonals")
    yield fact(
        own.then(lambda a: slides(a, settings["stride"])), True, label="the same weights at every place", source=FORMULA
    )
    yield fact(
        own.then(lambda a: set(a[a != 0].tolist()) <= set(w.ravel().tolist())),
        True,
        label="no numbers but the kernel's and 0",
        source=FORMULA,
    )
    if settings is PLAIN:
        once = Counter({number: n * whole[0, ..., 0, 0, 0].size for number, n in Counter(w[w != 0].tolist()).items()})
        yield fact(
            own.then(lambda a: Counter(a[a != 0].tolist()) == once),
            True,
            label="each number of the kernel once a place",
            source=FORMULA,
        )
    exact = oracle.cross_correlation2d(x, w, None, **settings)
    if case.design == "integers":
        must_be_exact(x, w)
        yield same_bits(y, exact.astype(case.dtype), label="the convolution", source=LITERAL)
        rows = exact.reshape(len(x), -1).astype(case.dtype)
        yield same_bits(z, rows, label="the fully connected layer with that matrix", source=LITERAL)
    else:
        yield from rounding(y, label="the convolution")
        S, n = oracle.sizes(oracle.fully_connected, x.reshape(len(x), -1), flat(whole), None)
        bound = bounds.sums_of_products(S, n, case.dtype, flushed=None)
        label = "the fully connected layer with that matrix, against the convolution's exact result"
        yield within(z, exact.reshape(len(x), -1), bound, label=label, source="the exact sum, rounded once")


class Line(NamedTuple):
    """An image of one row of W pixels, a kernel of k taps, stride s."""

    W: int
    k: int
    s: int


def line_matrix(g: Line, dtype: np.dtype) -> Call:
    w = np.arange(1, g.k + 1, dtype=dtype).reshape(1, 1, 1, g.k)
    return convolution(units((1, 1, g.W), dtype), w, PLAIN | {"stride": (1, g.s)})


@sparse_fc.limit("with a stride the matrix is not Toeplitz")
def _(case: Case):
    """With stride 2 the diagonals are no longer constant: one output further on, the weights move by two pixels. The
    smallest matrix that shows it is of two outputs.
    """
    points = [
        Line(W, k, s) for W in range(1, 7) for k in (1, 2, 3) for s in (1, 2, 3) if k + s <= W
    ]  # two outputs or more

    def moved(y: Outcome, g: Line, by: int) -> Outcome:
        return y.then(lambda a: slides(own_matrix(a, (1, 1, g.W)), (1, by)))

    def literal(y: Outcome, g: Line):
        return fact(moved(y, g, 1), True, label="Toeplitz: constant along the diagonals", source=SAID)

    def instead(y: Outcome, g: Line):
        return fact(
            moved(y, g, g.s), True, label="constant along lines of one output down, s pixels across", source=FORMULA
        )

    yield from smallest(
        points, lambda g: line_matrix(g, case.dtype), literal, instead=instead, order="by W, then by k, then by s"
    )


@sparse_fc.limit("a kernel that covers the image")
def _(case: Case):
    """Where the kernel covers the image the matrix is not sparse at all: it has no zero, and one row for each
    channel.
    """
    points = [Line(W, k, 1) for W in range(1, 6) for k in range(1, W + 1)]

    def zeros(y: Outcome, g: Line) -> Outcome:
        return y.then(lambda a: int(np.count_nonzero(own_matrix(a, (1, 1, g.W)) == 0)))

    def literal(y: Outcome, g: Line):
        return fact(zeros(y, g).then(lambda n: n > 0), True, label="the matrix has zeros", source=SAID)

    def instead(y: Outcome, g: Line):
        return fact(zeros(y, g), (g.W - g.k) * (g.W - g.k + 1), label="zeros: (W − k)·Wout", source=FORMULA)

    yield from smallest(
        points, lambda g: line_matrix(g, case.dtype), literal, instead=instead, order="by W, then by k, s = 1"
    )
