"""Where a layer is not equivariant: under a stride, in max pooling, to rotation and scaling, and where it is fully connected."""

from typing import NamedTuple

import numpy as np

from ....reference import oracle
from ...language import ask, fact, same_bits, smallest
from ..shared.exact import half_turn, must_be_exact
from ..shared.geometry import LITERAL_SUM, PLAIN_2D, layer
from .equivariance import OWN, W_SHAPE, equivariance, ramp, searched, shift, wrapped


def is_shifted(y, z, *, label):
    """Whether z is y moved down by some number of rows."""
    shifted = y.then(lambda a: any(np.array_equal(z.value, shift(a, (r, 0))) for r in range(a.shape[2])))
    return fact(shifted, True, label=label, source=OWN)


class Strided(NamedTuple):
    """Rows, stride, rows of the shift."""

    H: int
    s: int
    t: int


@equivariance.limit("stride 2")
def _(case):
    """With stride 2 the output of a shift by one pixel is no shift of the output, by whatever number of pixels; a
    shift by two pixels shifts the output by one.
    """

    def given(p):
        x = ramp(case, 1, 1, p.H, 1)
        return wrapped(x, (2, 1)), wrapped(shift(x, (p.t, 0)), (2, 1)), ramp(case, 1, 1, 2, 1), {"stride": (p.s, 1)}

    def literal(y, z, p):
        return is_shifted(y, z, label="f(shift x) is f(x), shifted by some r")

    points = [Strided(h, s, t) for h in range(2, 7) for s in (1, 2, 3) for t in range(1, h)]
    yield from searched(points, given, literal, order="by H, then by s, then by t; one column on a circle, k = 2")
    x, w = case.integers("x", (1, 2, 8, 8)), case.integers("w", W_SHAPE)
    y, two = yield [layer(wrapped(a, (3, 3)), w, stride=(2, 2)) for a in (x, shift(x, (2, 0)))]
    yield same_bits(
        two, shift(y.value, (1, 0)), label="8 rows, shifted by two pixels = output shifted by one", source=OWN
    )


class Divided(NamedTuple):
    """Rows and stride."""

    H: int
    s: int


@equivariance.limit("a stride that does not divide the height")
def _(case):
    """With stride s and circular padding a shift by s pixels shifts the output by one only if s divides the height."""

    def given(p):
        x = ramp(case, 1, 1, p.H, 1)
        return wrapped(x, (2, 1)), wrapped(shift(x, (p.s, 0)), (2, 1)), ramp(case, 1, 1, 2, 1), {"stride": (p.s, 1)}

    def literal(y, z, p):
        return same_bits(z, shift(y.value, (1, 0)), label="shifted by s pixels = output shifted by one", source=OWN)

    points = [Divided(h, s) for h in range(3, 10) for s in range(2, h)]
    yield from searched(points, given, literal, order="by H, then by s, 2 ≤ s < H; one column on a circle, k = 2")


@equivariance.limit("max pooling with stride 2")
def _(case):
    """Max pooling likewise: 2 × 2 windows with stride 2 commute with a shift by two pixels, not with a shift by one:
    its output is then no shift of the output.
    """

    def pool(x, window):
        return ask("max_pooling2d", x=x, window=window, stride=window, padding=PLAIN_2D["padding"])

    def columns(p):
        x = ramp(case, 1, 1, p.H, 1)
        return x, shift(x, (p.t, 0))

    def literal(answers, p):
        return is_shifted(*answers, label="f(shift x) is f(x), shifted by some r")

    def instead(answers, p):
        exact = oracle.max_pooling2d(columns(p)[1], window=(p.s, 1), stride=(p.s, 1), padding=PLAIN_2D["padding"])
        return same_bits(
            answers[1], exact.astype(case.dtype), label="f(shift x) itself", source="the largest of each window"
        )

    points = [Strided(h, s, t) for h in range(2, 9) for s in (1, 2, 3) for t in range(1, h) if h % s == 0]
    yield from smallest(
        points,
        lambda p: [pool(a, (p.s, 1)) for a in columns(p)],
        literal,
        instead=instead,
        order="by H, then by s, then by t; one column, windows of s rows, s divides H",
    )
    x = case.integers("x", (1, 2, 8, 8))
    y, two = yield [pool(a, (2, 2)) for a in (x, shift(x, (0, 2)))]
    yield same_bits(
        two, shift(y.value, (0, 1)), label="2 × 2, shifted by two pixels = output shifted by one", source=OWN
    )


class Turned(NamedTuple):
    """Columns of the image; the kernel's columns and its numbers."""

    W: int
    k: int
    kernel: str


@equivariance.limit("rotation")
def _(case):
    """A convolution is not equivariant to rotation: the smallest witness is a 1 × 2 kernel without symmetry on a 1 ×
    2 image, turned by 180°. A kernel that the turn leaves alone is, and so is a layer whose kernel turns along.
    """

    def turn(a):
        return np.ascontiguousarray(half_turn(a))

    def build(p):
        """f(x), f(turn x), and with the kernel turned too."""
        x, w = ramp(case, 1, 1, 1, p.W), ramp(case, 1, 1, 1, p.k)
        w = np.ones_like(w) if p.kernel == "all alike" else w
        return [layer(x, w), layer(turn(x), w), layer(turn(x), turn(w))]

    def literal(answers, p):
        y, z, _ = answers
        return same_bits(z, turn(y.value), label="f(turn x) = turn f(x)", source="turn f(x), of the same library")

    def instead(answers, p):
        y, _, both = answers
        return same_bits(
            both, turn(y.value), label="with the kernel turned too", source="turn f(x), of the same library"
        )

    points = [
        Turned(w, k, kernel) for w in range(1, 6) for k in range(1, w + 1) for kernel in ("all alike", "1, 2, …")[:k]
    ]
    yield from smallest(points, build, literal, instead=instead, order="by W, then by k; one row")


class Enlarged(NamedTuple):
    """Columns of the image, columns of the kernel, how many times each pixel is repeated."""

    W: int
    k: int
    m: int


@equivariance.limit("scaling the image")
def _(case):
    """A convolution is not equivariant to scaling: enlarging an image twofold (each pixel repeated) and then
    convolving is not convolving and then enlarging; a 1 × 2 kernel on a circle of two pixels shows it.
    """
    # On a circle both sides have as many outputs as the enlarged image has pixels, and all are compared.

    def given(p):
        x = ramp(case, 1, 1, 1, p.W)
        around = (1, p.k)
        return wrapped(x, around), wrapped(np.repeat(x, p.m, axis=3), around), np.ones((1, 1, 1, p.k), case.dtype), {}

    def literal(y, z, p):
        wanted = np.repeat(y.value, p.m, axis=3)
        return same_bits(z, wanted, label="f(enlarge x) = enlarge f(x)", source="enlarge f(x), of the same library")

    points = [Enlarged(w, k, m) for w in range(1, 6) for k in range(1, w + 1) for m in (1, 2, 3)]
    yield from searched(
        points, given, literal, order="by W, then by k, then by m; one row on a circle, a kernel of ones"
    )


class Connected(NamedTuple):
    """Pixels in and out; whether the weights are the same for all pixels, or of each pixel its own."""

    n: int
    weights: str


@equivariance.limit("a fully connected layer")
def _(case):
    """A fully connected layer is not equivariant: between the same input and output, its weights are not shared
    between places. Where they are, it is a convolution on a circle.
    """

    def given(p):
        x, own = ramp(case, 1, p.n), ramp(case, p.n, p.n)
        shared = np.stack([np.roll(own[0], i) for i in range(p.n)])
        return x, np.roll(x, 1, axis=1), own if p.weights == "own" else shared

    def build(p):
        x, moved, w = given(p)
        return [ask("fully_connected", x=a, w=w, b=None) for a in (x, moved)]

    def literal(answers, p):
        y, z = answers
        return same_bits(z, np.roll(y.value, 1, axis=1), label="f(shift x) = shift f(x), fully connected", source=OWN)

    def instead(answers, p):
        _, moved, w = given(p)
        must_be_exact(moved, w)
        exact = oracle.fully_connected(moved, w, None).astype(case.dtype)
        return same_bits(answers[1], exact, label="f(shift x) itself", source=LITERAL_SUM)

    points = [Connected(n, weights) for n in range(1, 5) for weights in ("shared", "own")[:n]]
    yield from smallest(points, build, literal, instead=instead, order="by n")
