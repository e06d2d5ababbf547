"""The lecture's second sum, Σ_m Σ_n X(i − m, j − n) W(m, n): convolution commutes, and where it does not."""

from typing import NamedTuple

import numpy as np

from ...language import ask, claim, fact, same_bits, smallest
from ..shared.exact import half_turn, numbered
from ..shared.geometry import PLAIN_2D
from ..shared.wrongs import mistaken
from . import sums
from .own_functions import exchanged_arguments, raises

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

    Instead: = Σ_m Σ_n X(i − m, j − n) W(m, n), {every overlap counted|windows that lie inside}

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
    sums.each_design(PAIRS, ("dense integers", "wide input")),
    wrongs={
        "cross-correlation commutes": {"operation": "cross_correlation"},
        "off by one in the second sum": {"index": sums.off_by_one},
        "last tap dropped": mistaken("last tap dropped", "convolution1d", "convolution2d"),
    },
)
def sums_and_libraries(case, *, operation="convolution", index=sums.minus):
    x, w = sums.planes(case, case.x, case.w)
    first = sums.convolved(x, w)[0].astype(case.dtype)
    second = sums.convolved(w, x, index=index)[0].astype(case.dtype)
    y, z = yield [sums.one_channel(operation, x, w, full=True), sums.one_channel(operation, w, x, full=True)]
    yield same_bits(y.then(sums.plane), z.value[0, 0], label="X ∗ W = W ∗ X", source="W ∗ X, of the same library")
    yield same_bits(y.then(sums.plane), second, label="X ∗ W is the second sum", source=sums.AS_IT_STANDS)
    yield same_bits(z.then(sums.plane), first, label="W ∗ X is the first sum", source=sums.AS_IT_STANDS)
    for function, rank in (yield ask("own_fulls")).value:
        if rank == x.ndim and not sums.by_fft(function) and "correlate" not in function:
            y, z = yield [ask("own_full", x=a, w=b, function=function) for a, b in ((x, w), (w, x))]
            yield same_bits(y, z.value, label=f"{function}: X ∗ W = W ∗ X", source="W ∗ X, of the same function")


@commutes.limit("cross-correlation")
def _(case):
    """Cross-correlation does not commute: X ⋆ W is W ⋆ X turned by 180°. The smallest: one pixel and a kernel of two."""

    def build(s):
        x, w = sums.ramps(case, s)
        return [
            sums.one_channel("cross_correlation", x, w, full=True),
            sums.one_channel("cross_correlation", w, x, full=True),
        ]

    def literal(answer, s):
        y, z = answer
        return same_bits(y.then(sums.plane), z.value[0, 0], label="X ⋆ W = W ⋆ X", source="W ⋆ X, of the same library")

    def instead(answer, s):
        y, z = answer
        return same_bits(
            y.then(sums.plane),
            half_turn(z.value)[0, 0],
            label="X ⋆ W = W ⋆ X, turned by 180°",
            source="the substitution m → −m in the sum",
        )

    yield from smallest(sums.sizes((1, 2), fit=False), build, literal, instead=instead, order="by H·W·k_y·k_x")


SLIDING = ("numpy", "torch", "tensorflow")
"""Libraries whose layer slides its second argument, and never exchanges the two."""


@commutes.limit("windows that lie inside", backends=SLIDING)
def _(case):
    """With windows entirely contained in the first array, X ∗ W and W ∗ X differ where one array contains the other
    and is larger: there are windows of X, and none of W, where the layer raises. Where neither contains the other
    both have none.
    """
    # Odd sizes: of a kernel larger by one TensorFlow makes an empty tensor, or with oneDNN one that was never written.
    # Not where the second array contains the first, which is the same the other way round.
    points = [s for s in sums.sizes((1, 3, 5), fit=False) if s.ky < s.H or s.kx < s.W or (s.ky, s.kx) == (s.H, s.W)]

    def build(s):
        x, w = sums.ramps(case, s)
        return [sums.one_channel("convolution", x, w, full=False), sums.one_channel("convolution", w, x, full=False)]

    def literal(answer, s):
        y, z = answer
        label = "outputs of W ∗ X, as many as of X ∗ W"
        return fact(sums.outputs(z), sums.outputs(y).value, label=label, source="X ∗ W, of the same library")

    def instead(answer, s):
        return raises(case, answer[1], "W ∗ X raises")

    yield from smallest(points, build, literal, instead=instead, order="odd sizes, by H·W·k_y·k_x")
    y, z = yield build(sums.Sizes(5, 5, 3, 3))
    yield fact(sums.outputs(y), 9, label="X 5×5, W 3×3: outputs of X ∗ W", source="H − k + 1 on each axis")
    yield raises(case, z, "X 5×5, W 3×3: W ∗ X raises")
    for label, y in zip(("X ∗ W", "W ∗ X"), (yield build(sums.Sizes(5, 3, 3, 5))), strict=True):
        yield raises(case, y, f"X 5×3, W 3×5: {label} raises")


@commutes.limit("NumPy and SciPy exchange the arguments", backends=("numpy", "scipy"))
def _(case):
    """NumPy's and SciPy's 'valid' commutes all the same, for it is not the windows contained in the first array:
    given a larger second one, it silently exchanges the two. Only where neither contains the other SciPy raises.
    """
    yield from exchanged_arguments(case, "convolution")


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
def _(case):
    """Two layers in a row may be exchanged as long as there is one channel; with two they are matrices of
    convolutions, and order matters.
    """

    def arrays(p):
        kernels = numbered((2, p.C, p.C, 2, 2)).astype(case.dtype)
        return [numbered((1, p.C, 2, 2)).astype(case.dtype), *kernels]

    def build(p):
        x, v, w = arrays(p)
        return [ask(two_layers, x=x, first=a, second=b) for a, b in ((v, w), (w, v))]

    def literal(answer, p):
        y, z = answer
        return same_bits(y, z.value, label="W ∗ (V ∗ X) = V ∗ (W ∗ X)", source="the other order, of the same library")

    def instead(answer, p):
        return same_bits(
            answer[0], chained(*arrays(p)).astype(case.dtype), label="W ∗ (V ∗ X)", source=sums.AS_IT_STANDS
        )

    yield from smallest([Channels(c) for c in (1, 2, 3)], build, literal, instead=instead, order="by C")


def chained(x, *kernels):
    """The lecture's sum, layer after layer, each output channel the sum over the input channels."""
    maps = list(x[0])
    for w in kernels:
        maps = [sum(sums.convolved(m, k)[0] for m, k in zip(maps, taps, strict=True)) for taps in w]
    return np.stack(maps)[None]
