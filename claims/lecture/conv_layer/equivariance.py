"""The lecture's “Why convolution”: equivariance to translation."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ....reference import bounds, oracle
from ...language import (
    Call,
    Case,
    Figure,
    Outcome,
    Wrong,
    ask,
    claim,
    fact,
    fails,
    rounding,
    same_bits,
    smallest,
    within,
)
from ..convolution.flipping import must_be_exact
from ..shared import mutants
from .parameters import LITERAL, NO_PADDING, exact_layer, layer


def shift(x: np.ndarray, by: tuple[int, int]) -> np.ndarray:
    """Rows down, columns to the right; what leaves on one side comes back on the other."""
    return np.ascontiguousarray(np.roll(x, by, axis=(2, 3)))


def invariant(y: np.ndarray, by: tuple[int, int]) -> np.ndarray:
    """The mistake of calling it invariance: the output stays where it was."""
    return y


def columns_first(y: np.ndarray, by: tuple[int, int]) -> np.ndarray:
    """The mistake of shifting by the input's (W, H)."""
    return shift(y, (by[1], by[0]))


def wrapped(x: np.ndarray, k: tuple[int, int]) -> np.ndarray:
    """Circular padding by k − 1 at the far end: afterwards a convolution without padding is a circular one."""
    return np.pad(x, ((0, 0), (0, 0), (0, k[0] - 1), (0, k[1] - 1)), mode="wrap")


OWN = "shift f(x), of the same library"
X_SHAPE, W_SHAPE = (2, 2, 8, 6), (3, 2, 3, 3)
EVERY = tuple(itertools.product(range(X_SHAPE[2]), range(X_SHAPE[3])))
"""On a circle there are as many shifts as pixels."""
NEAR = tuple(itertools.product(range(-2, 3), range(-2, 3)))
BY = (2, 1)
"""The shift that the limit and the figure show."""


def inputs(case: Case) -> tuple[np.ndarray, np.ndarray]:
    draw = case.reals if case.settings.get("design") == "reals" else case.integers
    return draw("x", X_SHAPE), draw("w", W_SHAPE)


def inside(by: tuple[int, int], shape: tuple[int, int]) -> np.ndarray:
    """Which outputs have windows that no edge cut, neither here nor where the shift brought them from: [height, width]."""
    rows, columns = (np.arange(n) for n in shape)
    (down, right), (height, width) = by, shape
    return np.outer((rows >= down) & (rows < height + down), (columns >= right) & (columns < width + right))


equivariance = claim(
    "conv_layer.equivariance",
    """
    f(shift x) = shift f(x) for a convolution layer f and every shift of whole pixels: everywhere with circular
    padding, and without padding wherever no window of either side crosses the edge.

    Scope: stride 1; circular padding and every shift, or the interior and shifts of up to two pixels each way; whole
    pixels

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §9.2
    """,
    kind="exact + rounding",
    expected="verified",
    premises=("convolution.libraries_correlate", "tensors.layouts"),
)


@equivariance.each(
    {
        f"{edge}, {design}": {"edge": edge, "design": design}
        for edge in ("circular", "interior")
        for design in ("integers", "reals")
    },
    wrongs={
        "a position-dependent kernel": Wrong(operations={"cross_correlation2d": mutants.position_dependent_kernel}),
        "calling it invariance": {"moved": invariant},
        "shifting by the input's axis order": {"moved": columns_first},
    },
)
def equivariance_cases(case: Case, *, moved=shift):
    x, w = inputs(case)
    circular = case.edge == "circular"
    pad = functools.partial(wrapped, k=W_SHAPE[2:]) if circular else np.asarray
    shifts = EVERY if circular else NEAR
    # All shifts are asked at once, one after another along the batch axis.
    shifted = np.concatenate([pad(shift(x, by)) for by in shifts])
    y = yield layer(pad(x), w)
    z = yield layer(shifted, w)
    size = y.value.shape[2:]
    uncut = [np.ones(size, bool) if circular else inside(by, size) for by in shifts]
    mask = np.concatenate([np.broadcast_to(m, y.value.shape) for m in uncut])
    wanted = np.concatenate([moved(y.value, by) for by in shifts])[mask]
    label = f"f(shift x) = shift f(x), {len(shifts)} shifts" + ("" if circular else ", interior")
    settings = {"stride": (1, 1), "padding": NO_PADDING, "dilation": (1, 1), "groups": 1}
    part = functools.partial(chosen, mask=mask)
    if case.design == "integers":
        yield same_bits(z.then(part), wanted, label=label, source=OWN)
        yield same_bits(y, exact_layer(pad(x), w), label="f(x) itself", source=LITERAL)
    else:
        S, n = oracle.sizes(oracle.cross_correlation2d, shifted, w, None, **settings)
        here = bounds.sums_of_products(part(S), part(np.broadcast_to(n, mask.shape)), case.dtype, flushed=None)
        # The two are results for the same sums of products, so they differ by no more than both may err.
        allowed = bounds.two_libraries(here, here)
        yield within(z.then(part), wanted.astype(np.float64), allowed, label=label, source=OWN)
        yield from rounding(y, label="f(x) itself")


def chosen(y: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The outputs that are compared; of another shape nothing is left out, so that the comparison says so."""
    return y[mask] if y.shape == mask.shape else y


def ramp(case: Case, *shape: int) -> np.ndarray:
    """1, 2, 3, …: no two alike."""
    return np.arange(1, 1 + math.prod(shape), dtype=case.dtype).reshape(shape)


def is_shifted(y: Outcome, z: Outcome, *, label: str):
    """Whether z is y moved down by some number of rows."""
    found = y.then(lambda a: any(np.array_equal(z.value, shift(a, (r, 0))) for r in range(a.shape[2])))
    return fact(found, True, label=label, source=OWN)


def searched(points: Sequence[Any], given: Callable, literal: Callable, *, order: str):
    """``given(point)``: image, moved image, kernel, settings; ``literal(y, z, point)`` judges f(x) and f(moved x)."""

    def build(p: Any) -> list[Call]:
        x, moved, w, settings = given(p)
        return [layer(x, w, **settings), layer(moved, w, **settings)]

    def instead(answers: list[Outcome], p: Any):
        _, moved, w, settings = given(p)
        return same_bits(answers[1], exact_layer(moved, w, **settings), label="f(moved x) itself", source=LITERAL)

    yield from smallest(points, build, lambda answers, p: literal(*answers, p), instead=instead, order=order)


class Padded(NamedTuple):
    """Rows, taps of the kernel, rows of the shift."""

    H: int
    k: int
    t: int


def padded(case: Case):
    """The smallest column, kernel and shift for which zero padding by (k − 1)/2 at both ends breaks the equality."""

    def given(p: Padded):
        x = ramp(case, 1, 1, p.H, 1)
        return x, shift(x, (p.t, 0)), ramp(case, 1, 1, p.k, 1), {"padding": ((p.k // 2, p.k // 2), (0, 0))}

    def literal(y: Outcome, z: Outcome, p: Padded):
        return same_bits(z, shift(y.value, (p.t, 0)), label="f(shift x) = shift f(x) with zero padding", source=OWN)

    points = [Padded(h, k, t) for h in range(1, 6) for k in (1, 3, 5) for t in range(h)]
    yield from searched(points, given, literal, order="by H, then by k, then by t; one column, padding (k − 1)/2")


@equivariance.limit("zero padding breaks it near the border")
def _(case: Case):
    """With zero padding the equality fails next to the border, only there, and as far in as the kernel reaches over
    the edge: one pixel and the shift for a 3 × 3 kernel. Further in it holds to the bit.
    """
    yield from padded(case)
    x, w = inputs(case)
    same = ((1, 1), (1, 1))
    y, z = yield [layer(x, w, padding=same), layer(shift(x, BY), w, padding=same)]
    circular = yield layer(np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="wrap"), w)
    wanted = shift(y.value, BY)
    most = f"; {np.abs(z.value - wanted).max():g} at most" if z.value.shape == wanted.shape else ""
    yield fails(same_bits(z, wanted, label=f"f(shift x) = shift f(x) with zero padding{most}", source=OWN))
    # An output of f(shift x) is touched if its own window, or the one it came from, reaches over an edge: the first rows up
    # to the shift and one more, and the last row; likewise the columns. The innermost of each is touched indeed.
    (down, right), (rows, columns) = BY, X_SHAPE[2:]
    inner = {"row": (down, rows - 1), "column": (right, columns - 1)}
    within_border = (..., slice(down + 1, rows - 1), slice(right + 1, columns - 1))
    for name, at in inner.items():
        for place in at:
            line = (..., place, within_border[2]) if name == "row" else (..., within_border[1], place)
            got = z.then(functools.partial(_line, at=line))
            most = f"{np.abs(got.value - wanted[line]).max():g} at most"
            label = f"{name} {place}, the innermost touched there, as well; {most}"
            yield fails(same_bits(got, wanted[line], label=label, source=OWN))
    inner_part = z.then(functools.partial(_line, at=within_border))
    yield same_bits(inner_part, wanted[within_border], label="away from the border", source=OWN)
    border = {"rows": [*range(down + 1), rows - 1], "columns": [*range(right + 1), columns - 1]}
    yield fact(
        z.then(functools.partial(_touched, wanted=wanted, away=within_border)),
        border,
        label="rows and columns that differ, each without the corners",
        source="how far the kernel and the shift reach",
    )
    yield same_bits(z, exact_layer(shift(x, BY), w, padding=same), label="f(shift x) itself", source=LITERAL)
    wrapped_z = yield layer(np.pad(shift(x, BY), ((0, 0), (0, 0), (1, 1), (1, 1)), mode="wrap"), w)
    strided = yield [layer(wrapped(a, (3, 3)), w, stride=(2, 2)) for a in (x, shift(x, (1, 0)))]
    yield Figure(
        "equivariance",
        {
            "shift": list(BY),
            "maps": [
                {"title": "circular padding", "difference": _size(wrapped_z.value - shift(circular.value, BY))},
                {
                    "title": "zero padding",
                    "difference": _size(z.value - wanted),
                    "interior": [down + 1, right + 1, rows - 1, columns - 1],
                },
                {
                    "title": "stride 2, shifted by one row",
                    "difference": _size(strided[1].value - shift(strided[0].value, (1, 0))),
                },
            ],
        },
    )


def _line(a: np.ndarray, at: tuple) -> np.ndarray:
    return np.ascontiguousarray(a[at])


def _touched(a: np.ndarray, wanted: np.ndarray, away: tuple) -> dict[str, list[int]]:
    """Which rows differ in the columns away from the border, and which columns in the rows away from it."""
    differ = (a != wanted).any(axis=(0, 1))
    found = {"rows": differ[:, away[2]].any(1), "columns": differ[away[1]].any(0)}
    return {name: np.flatnonzero(found[name]).tolist() for name in found}


def _size(difference: np.ndarray) -> np.ndarray:
    """The largest absolute difference over images and channels, pixel by pixel."""
    return np.abs(difference).max(axis=(0, 1))


class Strided(NamedTuple):
    """Rows, stride, rows of the shift."""

    H: int
    s: int
    t: int


@equivariance.limit("stride 2")
def _(case: Case):
    """With stride 2 the output of a shift by one pixel is no shift of the output, by whatever number of pixels; a
    shift by two pixels shifts the output by one.
    """

    def given(p: Strided):
        x = ramp(case, 1, 1, p.H, 1)
        return wrapped(x, (2, 1)), wrapped(shift(x, (p.t, 0)), (2, 1)), ramp(case, 1, 1, 2, 1), {"stride": (p.s, 1)}

    def literal(y: Outcome, z: Outcome, p: Strided):
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
def _(case: Case):
    """With stride s and circular padding a shift by s pixels shifts the output by one only if s divides the height."""

    def given(p: Divided):
        x = ramp(case, 1, 1, p.H, 1)
        return wrapped(x, (2, 1)), wrapped(shift(x, (p.s, 0)), (2, 1)), ramp(case, 1, 1, 2, 1), {"stride": (p.s, 1)}

    def literal(y: Outcome, z: Outcome, p: Divided):
        return same_bits(z, shift(y.value, (1, 0)), label="shifted by s pixels = output shifted by one", source=OWN)

    points = [Divided(h, s) for h in range(3, 10) for s in range(2, h)]
    yield from searched(points, given, literal, order="by H, then by s, 2 ≤ s < H; one column on a circle, k = 2")


@equivariance.limit("max pooling with stride 2")
def _(case: Case):
    """Max pooling likewise: 2 × 2 windows with stride 2 commute with a shift by two pixels, not with a shift by one:
    its output is then no shift of the output.
    """

    def pool(x: np.ndarray, window: tuple[int, int]) -> Call:
        return ask("max_pooling2d", x=x, window=window, stride=window, padding=NO_PADDING)

    def columns(p: Strided) -> tuple[np.ndarray, np.ndarray]:
        x = ramp(case, 1, 1, p.H, 1)
        return x, shift(x, (p.t, 0))

    def literal(answers: list[Outcome], p: Strided):
        return is_shifted(*answers, label="f(shift x) is f(x), shifted by some r")

    def instead(answers: list[Outcome], p: Strided):
        exact = oracle.max_pooling2d(columns(p)[1], window=(p.s, 1), stride=(p.s, 1), padding=NO_PADDING)
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
def _(case: Case):
    """A convolution is not equivariant to rotation: the smallest witness is a 1 × 2 kernel without symmetry on a 1 ×
    2 image, turned by 180°. A kernel that the turn leaves alone is, and so is a layer whose kernel turns along.
    """

    def turn(a: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(a[:, :, ::-1, ::-1])

    def build(p: Turned) -> list[Call]:
        """f(x), f(turn x), and with the kernel turned too."""
        x, w = ramp(case, 1, 1, 1, p.W), ramp(case, 1, 1, 1, p.k)
        w = np.ones_like(w) if p.kernel == "all alike" else w
        return [layer(x, w), layer(turn(x), w), layer(turn(x), turn(w))]

    def literal(answers: list[Outcome], p: Turned):
        y, z, _ = answers
        return same_bits(z, turn(y.value), label="f(turn x) = turn f(x)", source="turn f(x), of the same library")

    def instead(answers: list[Outcome], p: Turned):
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
def _(case: Case):
    # On a circle both sides have as many outputs as the enlarged image has pixels, and all are compared.
    """A convolution is not equivariant to scaling: enlarging an image twofold (each pixel repeated) and then
    convolving is not convolving and then enlarging; a 1 × 2 kernel on a circle of two pixels shows it.
    """

    def given(p: Enlarged):
        x = ramp(case, 1, 1, 1, p.W)
        around = (1, p.k)
        return wrapped(x, around), wrapped(np.repeat(x, p.m, axis=3), around), np.ones((1, 1, 1, p.k), case.dtype), {}

    def literal(y: Outcome, z: Outcome, p: Enlarged):
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
def _(case: Case):
    """A fully connected layer is not equivariant: between the same input and output, its weights are not shared
    between places. Where they are, it is a convolution on a circle.
    """

    def given(p: Connected) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        x, own = ramp(case, 1, p.n), ramp(case, p.n, p.n)
        shared = np.stack([np.roll(own[0], i) for i in range(p.n)])
        return x, np.roll(x, 1, axis=1), own if p.weights == "own" else shared

    def build(p: Connected) -> list[Call]:
        x, moved, w = given(p)
        return [ask("fully_connected", x=a, w=w, b=None) for a in (x, moved)]

    def literal(answers: list[Outcome], p: Connected):
        y, z = answers
        return same_bits(z, np.roll(y.value, 1, axis=1), label="f(shift x) = shift f(x), fully connected", source=OWN)

    def instead(answers: list[Outcome], p: Connected):
        _, moved, w = given(p)
        must_be_exact(moved, w)
        exact = oracle.fully_connected(moved, w, None).astype(case.dtype)
        return same_bits(answers[1], exact, label="f(shift x) itself", source=LITERAL)

    points = [Connected(n, weights) for n in range(1, 5) for weights in ("shared", "own")[:n]]
    yield from smallest(points, build, literal, instead=instead, order="by n")
