"""A convolution is a fully connected layer whose weights are few and shared: its matrix."""

import functools
import itertools
from collections import Counter
from typing import NamedTuple

import numpy as np

from ....reference import bounds, oracle
from ...language import ask, claim, fact, rounding, same_bits, smallest, within
from ..shared.convolution_mutants import LAST_TAP_DROPPED, POSITION_DEPENDENT_KERNEL
from ..shared.exact import half_turn, must_be_exact, unchanged
from ..shared.geometry import FORMULA, LITERAL_SUM, PLAIN_2D, Geometry, layer
from ..shared.matrix import flat, matrix, own_matrix, slides, units
from .cost.counting import SAID

GEOMETRIES = {
    "plain": Geometry(4, 5, 2, 3, N=2, Cin=2, Cout=3),
    "padding 1": Geometry(4, 4, 3, 3, top=1, bottom=1, left=1, right=1, Cin=2, Cout=2),
    "stride 2, uneven padding": Geometry(5, 4, 3, 2, sy=2, bottom=1, left=1, Cin=2, Cout=2),
    "dilation 2, two groups": Geometry(5, 5, 2, 3, dy=2, Cin=4, Cout=2, groups=2),
}

sparse_fc = claim(
    "conv_layer.sparse_fc",
    """
    A convolution layer is the fully connected layer whose matrix is built from the kernel: for stride 1 doubly
    blocked Toeplitz, with zeros wherever a pixel is outside a window, and with the kernel's numbers, each once a
    place, everywhere else.

    Scope: any stride, padding, dilation and groups; the matrix that the library's layer has on the images of one
    pixel, to the bit; both layers on whole numbers to the bit, on reals within their bounds

    Pictures: sparse matrix

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §9.1 and §9.5
    """,
    kind="exact + rounding",
    expected="verified",
    premises=("convolution.libraries_correlate", "network.linear_components"),
)


@sparse_fc.each(
    {
        f"{name}, {design}": {"geometry": geometry, "design": design}
        for (name, geometry), design in itertools.product(GEOMETRIES.items(), ("integers", "reals"))
    },
    wrongs={
        "flipped kernel": {"kernel": half_turn},
        "a position-dependent kernel": POSITION_DEPENDENT_KERNEL,
        "the last tap dropped": LAST_TAP_DROPPED,
    },
)
def equal_layers(case, *, kernel=unchanged):
    x, w = case.geometry.arrays(case.reals if case.design == "reals" else case.integers)
    whole = matrix(kernel(w), x.shape[2:], case.geometry.settings)
    pixels, y, z = yield [
        layer(units(x.shape[1:], case.dtype), w, **case.geometry.settings),
        layer(x, w, **case.geometry.settings),
        ask("fully_connected", x=x.reshape(len(x), -1), w=flat(whole), b=None),
    ]
    yield from its_matrix(case, pixels, w, whole)
    exact = oracle.cross_correlation2d(x, w, None, **case.geometry.settings)
    if case.design == "integers":
        must_be_exact(x, w)
        yield same_bits(y, exact.astype(case.dtype), label="the convolution", source=LITERAL_SUM)
        rows = exact.reshape(len(x), -1).astype(case.dtype)
        yield same_bits(z, rows, label="the fully connected layer with that matrix", source=LITERAL_SUM)
    else:
        yield from rounding(y, label="the convolution")
        S, n = oracle.sizes(oracle.fully_connected, x.reshape(len(x), -1), flat(whole), None)
        bound = bounds.sums_of_products(S, n, case.dtype, flushed=None)
        label = "the fully connected layer with that matrix, against the convolution's exact result"
        yield within(z, exact.reshape(len(x), -1), bound, label=label, source="the exact sum, rounded once")


def its_matrix(case, pixels, w, whole):
    """The matrix that the layer has on the images of one pixel: one product and sums of zeros, exact for every kernel."""

    def is_so(holds, label):
        return fact(own.then(holds), True, label=label, source=FORMULA)

    geometry = case.geometry
    own = pixels.then(functools.partial(own_matrix, image=geometry.shapes[0][1:]))
    yield same_bits(own, whole, label="the layer's matrix", source="the kernel's numbers on the diagonals")
    yield is_so(lambda a: slides(a, (geometry.sy, geometry.sx)), "the same weights at every place")
    numbers = Counter(w[w != 0].tolist())
    yield is_so(lambda a: {*a[a != 0].tolist()} <= {*w.ravel().tolist()}, "no numbers but the kernel's and 0")
    if geometry.settings == PLAIN_2D:
        places = whole[0, ..., 0, 0, 0].size
        once = Counter({number: n * places for number, n in numbers.items()})
        yield is_so(lambda a: Counter(a[a != 0].tolist()) == once, "each number of the kernel once a place")


class Line(NamedTuple):
    """An image of one row of W pixels, a kernel of k taps, stride s."""

    W: int
    k: int
    s: int


def line_matrix(g, dtype):
    w = np.arange(1, g.k + 1, dtype=dtype).reshape(1, 1, 1, g.k)
    return layer(units((1, 1, g.W), dtype), w, stride=(1, g.s))


@sparse_fc.limit("with a stride the matrix is not Toeplitz")
def _(case):
    """With stride 2 the diagonals are no longer constant: one output further on, the weights move by two pixels. The
    smallest matrix that shows it is of two outputs.
    """
    two_outputs_or_more = [Line(W, k, s) for W in range(1, 7) for k in (1, 2, 3) for s in (1, 2, 3) if k + s <= W]

    def moved(y, g, by):
        return y.then(lambda a: slides(own_matrix(a, (1, 1, g.W)), (1, by)))

    def literal(y, g):
        return fact(moved(y, g, 1), True, label="Toeplitz: constant along the diagonals", source=SAID)

    def instead(y, g):
        return fact(
            moved(y, g, g.s), True, label="constant along lines of one output down, s pixels across", source=FORMULA
        )

    yield from smallest(
        two_outputs_or_more,
        lambda g: line_matrix(g, case.dtype),
        literal,
        instead=instead,
        order="by W, then by k, then by s",
    )


@sparse_fc.limit("a kernel that covers the image")
def _(case):
    """Where the kernel covers the image the matrix is not sparse at all: it has no zero, and one row for each
    channel.
    """
    points = [Line(W, k, 1) for W in range(1, 6) for k in range(1, W + 1)]

    def zeros(y, g):
        return y.then(lambda a: int(np.count_nonzero(own_matrix(a, (1, 1, g.W)) == 0)))

    def literal(y, g):
        return fact(zeros(y, g).then(lambda n: n > 0), True, label="the matrix has zeros", source=SAID)

    def instead(y, g):
        return fact(zeros(y, g), (g.W - g.k) * (g.W - g.k + 1), label="zeros: (W − k)·Wout", source=FORMULA)

    yield from smallest(
        points, lambda g: line_matrix(g, case.dtype), literal, instead=instead, order="by W, then by k, s = 1"
    )
