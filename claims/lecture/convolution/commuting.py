"""The lecture's second sum, Σ_m Σ_n X(i − m, j − n) W(m, n): convolution commutes, and where it does not."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from ...language import Call, Case, Outcome, ask, claim, fact, happens, same_bits, smallest
from .flipping import PLAIN_2D, asymmetric, half_turn, predicted
from .output_size import words
from .sums import (
    AS_IT_STANDS,
    Row,
    Sizes,
    every_overlap,
    fourier,
    layer,
    lecture_sum,
    minus,
    mistaken,
    off_by_one,
    outputs,
    plane,
    planes,
    plus,
    ramps,
    sizes,
)

# --- “= Σ_m Σ_n X(i − m, j − n) W(m, n)” ---------------------------------------------------------------------------------

PAIRS = {
    "1-d, 5 and 3": ((5,), (3,)),
    "1-d, 2 and 6": ((2,), (6,)),
    "5×4 and 3×2": ((5, 4), (3, 2)),
    "2×5 and 4×3": ((2, 5), (4, 3)),
    "3×3 and 3×3": ((3, 3), (3, 3)),
}


commutes = claim(
    "convolution.commutes",
    """
    The lecture's two sums are equal, and so are X ∗ W and W ∗ X in every library, every overlap counted: whichever of
    the two is given as the kernel.

    Scope: every overlap (“full”), one channel, stride 1; arrays of any sizes, neither need contain the other; small
    integers, bit for bit

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §9.1, equations 9.4 and 9.5
    """,
    kind="exact",
    expected="verified",
    premises=("convolution.discrete_1d", "convolution.discrete_2d"),
)


@commutes.each(
    {
        f"{name}, {design}": {"x": x, "w": w, "design": design}
        for (name, (x, w)), design in itertools.product(PAIRS.items(), ("dense integers", "wide input"))
    },
    wrongs={
        "cross-correlation commutes": {"operation": "cross_correlation"},
        "off by one in the second sum": {"index": off_by_one},
        "last tap dropped": mistaken("last tap dropped", "convolution1d", "convolution2d"),
    },
)
def commutes_cases(case: Case, *, operation="convolution", index=minus):
    x, w = planes(case, case.x, case.w)
    first = lecture_sum(x, w, index=minus, over=every_overlap(x, w))[0].astype(case.dtype)
    second = lecture_sum(w, x, index=index, over=every_overlap(x, w))[0].astype(case.dtype)
    y, z = yield [layer(operation, x, w, full=True), layer(operation, w, x, full=True)]
    yield same_bits(y.then(plane), z.value[0, 0], label="X ∗ W = W ∗ X", source="W ∗ X, of the same library")
    yield same_bits(y.then(plane), second, label="X ∗ W is the second sum", source=AS_IT_STANDS)
    yield same_bits(z.then(plane), first, label="W ∗ X is the first sum", source=AS_IT_STANDS)
    for function, rank in (yield ask("own_fulls")).value:
        if rank == x.ndim and not fourier(function) and "correlate" not in function:
            y, z = yield [ask("own_full", x=a, w=b, function=function) for a, b in ((x, w), (w, x))]
            yield same_bits(y, z.value, label=f"{function}: X ∗ W = W ∗ X", source="W ∗ X, of the same function")


@commutes.limit("cross-correlation")
def _(case: Case):
    """Cross-correlation does not commute: X ⋆ W is W ⋆ X turned by 180°. The smallest: one pixel and a kernel of two."""

    def build(s: Sizes) -> list[Call]:
        x, w = ramps(case, s)
        return [layer("cross_correlation", x, w, full=True), layer("cross_correlation", w, x, full=True)]

    def literal(answer: list[Outcome], s: Sizes):
        y, z = answer
        return same_bits(y.then(plane), z.value[0, 0], label="X ⋆ W = W ⋆ X", source="W ⋆ X, of the same library")

    def instead(answer: list[Outcome], s: Sizes):
        y, z = answer
        return same_bits(
            y.then(plane),
            half_turn(z.value)[0, 0],
            label="X ⋆ W = W ⋆ X, turned by 180°",
            source="the substitution m → −m in the sum",
        )

    yield from smallest(sizes((1, 2), fit=False), build, literal, instead=instead, order="by H·W·k_y·k_x")


NONE = ("numpy", "torch", "tensorflow")
"""Libraries whose layer slides its second argument, and never exchanges the two."""


@commutes.limit("windows that lie inside", backends=NONE)
def _(case: Case):
    # Odd sizes: of a kernel larger by one TensorFlow makes an empty tensor, or with oneDNN one that was never written.
    # Not where the second array contains the first, which is the same the other way round.
    """With windows entirely contained in the first array, X ∗ W and W ∗ X differ where one array contains the other
    and is larger: there are windows of X, and none of W, where the layer raises. Where neither contains the other
    both have none.
    """
    points = [s for s in sizes((1, 3, 5), fit=False) if s.ky < s.H or s.kx < s.W or (s.ky, s.kx) == (s.H, s.W)]

    def build(s: Sizes) -> list[Call]:
        x, w = ramps(case, s)
        return [layer("convolution", x, w, full=False), layer("convolution", w, x, full=False)]

    def literal(answer: list[Outcome], s: Sizes):
        y, z = answer
        label = "outputs of W ∗ X, as many as of X ∗ W"
        return fact(outputs(z), outputs(y).value, label=label, source="X ∗ W, of the same library")

    def instead(answer: list[Outcome], s: Sizes):
        return raises(case, answer[1], "W ∗ X raises")

    yield from smallest(points, build, literal, instead=instead, order="odd sizes, by H·W·k_y·k_x")
    y, z = yield build(Sizes(5, 5, 3, 3))
    yield fact(outputs(y), 9, label="X 5×5, W 3×3: outputs of X ∗ W", source="H − k + 1 on each axis")
    yield raises(case, z, "X 5×5, W 3×3: W ∗ X raises")
    for label, y in zip(("X ∗ W", "W ∗ X"), (yield build(Sizes(5, 3, 3, 5))), strict=True):
        yield raises(case, y, f"X 5×3, W 3×5: {label} raises")


def raises(case: Case, y: Outcome, label: str):
    """That a library says, in its own words, that no window fits."""
    return happens(y, "raised", label=label, source="no window fits", error=words(case.backend, y))


EXCHANGES = ("np.", "scipy.signal.")
"""Functions whose 'valid' takes the longer array for the input, whichever argument it is."""


def exchanging(case: Case, kind: str):
    """Where the second array is the larger, these functions return what the windows of *it* give, and say nothing."""
    functions = [
        (f, rank)
        for f, rank in (yield ask("own_convolutions")).value
        if f.startswith(EXCHANGES) and predicted(f) == kind
    ]
    index, first = (minus, 0) if kind == "convolution" else (plus, -1)

    def arrays(r: Row, rank: int) -> tuple[np.ndarray, np.ndarray]:
        x, w = asymmetric((r.W,) * rank) ** 2, asymmetric((r.k,) * rank)
        return x.astype(case.dtype), w.astype(case.dtype)

    def build(r: Row, function: str = functions[0][0], rank: int = functions[0][1]) -> Call:
        x, w = arrays(r, rank)
        return ask("own_convolution", x=x, w=w, function=function)

    def literal(y: Outcome, r: Row):
        label = "as many outputs as windows of k numbers lie inside W numbers"
        return fact(outputs(y), max(0, r.W - r.k + 1), label=label, source="W − k + 1, and none where k is the larger")

    def instead(y: Outcome, r: Row, function: str = functions[0][0], rank: int = functions[0][1]):
        x, w = arrays(r, rank)
        summed, indexed = (x, w) if kind == "convolution" else (w, x)
        every = lecture_sum(summed, indexed, index=index, over=every_overlap(x, w, first=first))[0]
        short, long = sorted((r.W, r.k))
        whole = every[(slice(short - 1, long),) * rank]  # where the shorter lies in the longer entirely
        near = y.then(lambda y: np.rint(y)) if fourier(function) else y
        return same_bits(
            near,
            whole.astype(case.dtype),
            label=f"{function}: the sums in which the smaller array lies inside the larger",
            source=AS_IT_STANDS,
        )

    rows = sorted((Row(w, k) for w in range(1, 5) for k in range(1, 5)), key=lambda r: (r.W + r.k, r.k))
    yield from smallest(rows, build, literal, instead=instead, order="by W + k, then by k")
    for function, rank in functions[1:]:
        y = yield build(Row(3, 5), function, rank)
        yield instead(y, Row(3, 5), function, rank)
        if rank == 2:
            x, w = ramps(case, Sizes(2, 4, 4, 2))
            y = yield ask("own_convolution", x=x, w=w, function=function)
            yield raises(case, y, f"{function}: neither array contains the other")


@commutes.limit("NumPy and SciPy exchange the arguments", backends=("numpy", "scipy"))
def _(case: Case):
    """NumPy's and SciPy's 'valid' commutes all the same, for it is not the windows contained in the first array:
    given a larger second one, it silently exchanges the two. Only where neither contains the other SciPy raises.
    """
    yield from exchanging(case, "convolution")


def two_layers(lib, x, first, second):
    """One convolution after another, every overlap."""
    for w in (first, second):
        sides = tuple((k - 1, k - 1) for k in w.shape[2:])
        x = lib.convolution2d(x, w, None, **PLAIN_2D | {"padding": sides})
    return x


class Channels(NamedTuple):
    """Layers from C channels to C."""

    C: int


@commutes.limit("layers with channels")
def _(case: Case):
    """Two layers in a row may be exchanged as long as there is one channel; with two they are matrices of
    convolutions, and order matters.
    """

    def arrays(p: Channels) -> list[np.ndarray]:
        kernels = asymmetric((2, p.C, p.C, 2, 2)).astype(case.dtype)
        return [asymmetric((1, p.C, 2, 2)).astype(case.dtype), *kernels]

    def build(p: Channels) -> list[Call]:
        x, v, w = arrays(p)
        return [ask(two_layers, x=x, first=a, second=b) for a, b in ((v, w), (w, v))]

    def literal(answer: list[Outcome], p: Channels):
        y, z = answer
        return same_bits(y, z.value, label="W ∗ (V ∗ X) = V ∗ (W ∗ X)", source="the other order, of the same library")

    def instead(answer: list[Outcome], p: Channels):
        return same_bits(answer[0], chained(*arrays(p)).astype(case.dtype), label="W ∗ (V ∗ X)", source=AS_IT_STANDS)

    yield from smallest([Channels(c) for c in (1, 2, 3)], build, literal, instead=instead, order="by C")


def chained(x: np.ndarray, *kernels: np.ndarray) -> np.ndarray:
    """The lecture's sum, layer after layer, each output channel the sum over the input channels."""
    maps = list(x[0])
    for w in kernels:
        maps = [
            np.sum(
                [lecture_sum(m, k, index=minus, over=every_overlap(m, k))[0] for m, k in zip(maps, taps, strict=True)],
                axis=0,
            )
            for taps in w
        ]
    return np.stack(maps)[None]
