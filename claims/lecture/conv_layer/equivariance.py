"""The lecture's “Why convolution”: equivariance to translation."""

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ....reference import bounds, oracle
from ...language import Figure, claim, fact, fails, rounding, same_bits, smallest, within
from ..shared.convolution_mutants import POSITION_DEPENDENT_KERNEL
from ..shared.exact import numbered
from ..shared.geometry import LITERAL_SUM, PLAIN_2D, exact_layer, layer


def shift(x, by):
    """Rows down, columns to the right; what leaves on one side comes back on the other."""
    return np.ascontiguousarray(np.roll(x, by, axis=(2, 3)))


def invariant(y, by):
    """The mistake of calling it invariance: the output stays where it was."""
    return y


def columns_first(y, by):
    """The mistake of shifting by the input's (W, H)."""
    return shift(y, (by[1], by[0]))


def wrapped(x, k):
    """Circular padding by k − 1 at the far end: afterwards a convolution without padding is a circular one."""
    return np.pad(x, ((0, 0), (0, 0), (0, k[0] - 1), (0, k[1] - 1)), mode="wrap")


OWN = "shift f(x), of the same library"
X_SHAPE, W_SHAPE = (2, 2, 8, 6), (3, 2, 3, 3)


def everywhere(by, shape):
    return np.ones(shape, bool)


def inside(by, shape):
    """Which outputs have windows that no edge cut, neither here nor where the shift brought them from: [height, width]."""
    rows, columns = (np.arange(n) for n in shape)
    (down, right), (height, width) = by, shape
    return np.outer((rows >= down) & (rows < height + down), (columns >= right) & (columns < width + right))


equivariance = claim(
    "conv_layer.equivariance",
    """
    f(shift x) = shift f(x) for a convolution layer f and every shift of whole pixels: everywhere with circular
    padding, and without padding wherever no window of either side crosses the edge.

    Instead: Equivariance to translation {away from a border padded with zeros|zero padding breaks it near the border},
    {at stride 1|stride 2}:

    Scope: stride 1; circular padding and every shift, or the interior and shifts of up to two pixels each way; whole
    pixels

    Pictures: shifted

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §9.2
    """,
    kind="exact + rounding",
    expected="verified",
    premises=("convolution.libraries_correlate", "tensors.layouts"),
)


class Edge(NamedTuple):
    """What is done at the edge of an image: its padding, the shifts tried, and which outputs are compared."""

    pad: Callable[[np.ndarray], np.ndarray]
    shifts: Sequence[tuple[int, int]]
    compared: Callable[[tuple[int, int], tuple[int, int]], np.ndarray]
    words: str


PIXELS = [*itertools.product(range(X_SHAPE[2]), range(X_SHAPE[3]))]
"""On a circle there are as many shifts as pixels."""
NEAR = [*itertools.product(range(-2, 3), range(-2, 3))]
EDGES = {
    "circular": Edge(functools.partial(wrapped, k=W_SHAPE[2:]), PIXELS, everywhere, ""),
    "interior": Edge(np.asarray, NEAR, inside, ", interior"),
}


@equivariance.each(
    {
        f"{name}, {design}": {"edge": edge, "design": design}
        for (name, edge), design in itertools.product(EDGES.items(), ("integers", "reals"))
    },
    wrongs={
        "a position-dependent kernel": POSITION_DEPENDENT_KERNEL,
        "calling it invariance": {"moved": invariant},
        "shifting by the input's axis order": {"moved": columns_first},
    },
)
def every_shift(case, *, moved=shift):
    edge, draw = case.edge, case.reals if case.design == "reals" else case.integers
    x, w = draw("x", X_SHAPE), draw("w", W_SHAPE)
    # All shifts are asked at once, one after another along the batch axis.
    shifted = np.concatenate([edge.pad(shift(x, by)) for by in edge.shifts])
    y = yield layer(edge.pad(x), w)
    z = yield layer(shifted, w)
    size = y.value.shape[2:]
    mask = np.concatenate([np.broadcast_to(edge.compared(by, size), y.value.shape) for by in edge.shifts])
    wanted = np.concatenate([moved(y.value, by) for by in edge.shifts])[mask]
    label = f"f(shift x) = shift f(x), {len(edge.shifts)} shifts{edge.words}"
    part = functools.partial(chosen, mask=mask)
    if case.design == "integers":
        yield same_bits(z.then(part), wanted, label=label, source=OWN)
        yield same_bits(y, exact_layer(edge.pad(x), w), label="f(x) itself", source=LITERAL_SUM)
    else:
        S, n = oracle.sizes(oracle.cross_correlation2d, shifted, w, None, **PLAIN_2D)
        here = bounds.sums_of_products(part(S), part(np.broadcast_to(n, mask.shape)), case.dtype, flushed=None)
        # The two are results for the same sums of products, so they differ by no more than both may err.
        allowed = bounds.two_libraries(here, here)
        yield within(z.then(part), wanted.astype(np.float64), allowed, label=label, source=OWN)
        yield from rounding(y, label="f(x) itself")


def chosen(y, mask):
    """The outputs that are compared; of another shape nothing is left out, so that the comparison says so."""
    return y[mask] if y.shape == mask.shape else y


def ramp(case, *shape):
    """1, 2, 3, …: no two alike."""
    return numbered(shape).astype(case.dtype)


def searched(points, given, literal, *, order):
    """``given(point)``: image, moved image, kernel, settings; ``literal(y, z, point)`` judges f(x) and f(moved x)."""

    def build(p):
        x, moved, w, settings = given(p)
        return [layer(x, w, **settings), layer(moved, w, **settings)]

    def instead(answers, p):
        _, moved, w, settings = given(p)
        return same_bits(answers[1], exact_layer(moved, w, **settings), label="f(moved x) itself", source=LITERAL_SUM)

    yield from smallest(points, build, lambda answers, p: literal(*answers, p), instead=instead, order=order)


class Padded(NamedTuple):
    """Rows, taps of the kernel, rows of the shift."""

    H: int
    k: int
    t: int


SAME = ((1, 1), (1, 1))
"""One zero on each side."""
BY = (2, 1)
"""The shift that the limit and the figure show."""
BORDER = {"row": [*range(BY[0] + 1), X_SHAPE[2] - 1], "column": [*range(BY[1] + 1), X_SHAPE[3] - 1]}
"""Which outputs of f(shift x) are touched: those whose own window, or the one they came from, reaches over an edge."""
AWAY = (..., slice(BY[0] + 1, X_SHAPE[2] - 1), slice(BY[1] + 1, X_SHAPE[3] - 1))
"""The outputs further in."""


def padded(case):
    """The smallest column, kernel and shift for which zero padding by (k − 1)/2 at both ends breaks the equality."""

    def given(p):
        x = ramp(case, 1, 1, p.H, 1)
        return x, shift(x, (p.t, 0)), ramp(case, 1, 1, p.k, 1), {"padding": ((p.k // 2, p.k // 2), (0, 0))}

    def literal(y, z, p):
        return same_bits(z, shift(y.value, (p.t, 0)), label="f(shift x) = shift f(x) with zero padding", source=OWN)

    points = [Padded(h, k, t) for h in range(1, 6) for k in (1, 3, 5) for t in range(h)]
    yield from searched(points, given, literal, order="by H, then by k, then by t; one column, padding (k − 1)/2")


@equivariance.limit("zero padding breaks it near the border", as_worded=True)
def _(case):
    """With zero padding the equality fails next to the border, only there, and as far in as the kernel reaches over
    the edge: one pixel and the shift for a 3 × 3 kernel. Further in it holds to the bit.
    """
    yield from padded(case)
    x, w = case.integers("x", X_SHAPE), case.integers("w", W_SHAPE)
    y, z = yield [layer(a, w, padding=SAME) for a in (x, shift(x, BY))]
    wanted = shift(y.value, BY)
    most = f"; {np.abs(z.value - wanted).max():g} at most" if z.value.shape == wanted.shape else ""
    yield fails(same_bits(z, wanted, label=f"f(shift x) = shift f(x) with zero padding{most}", source=OWN))
    yield from touched_near_the_border(z, wanted)
    yield same_bits(z, exact_layer(shift(x, BY), w, padding=SAME), label="f(shift x) itself", source=LITERAL_SUM)
    yield from drawn(x, w, z.value - wanted)


def touched_near_the_border(z, wanted):
    """The innermost row and column that can be touched is touched indeed on each side, and what lies further in is not."""
    for name, touched in BORDER.items():
        for place in touched[-2:]:
            line = (..., place, AWAY[2]) if name == "row" else (..., AWAY[1], place)
            got = z.then(functools.partial(_line, at=line))
            most = f"{np.abs(got.value - wanted[line]).max():g} at most"
            label = f"{name} {place}, the innermost touched there, as well; {most}"
            yield fails(same_bits(got, wanted[line], label=label, source=OWN))
    inner = z.then(functools.partial(_line, at=AWAY))
    yield same_bits(inner, wanted[AWAY], label="away from the border", source=OWN)
    yield fact(
        z.then(functools.partial(_touched, wanted=wanted)),
        {f"{name}s": touched for name, touched in BORDER.items()},
        label="rows and columns that differ, each without the corners",
        source="how far the kernel and the shift reach",
    )


def drawn(x, w, with_zeros):
    """The figure: by how much f(shift x) and shift f(x) differ, pixel by pixel, for three kinds of layers."""

    def around(x):
        return np.pad(x, ((0, 0), (0, 0), *SAME), mode="wrap")

    circular, circular_shifted = yield [layer(around(a), w) for a in (x, shift(x, BY))]
    strided, strided_shifted = yield [layer(wrapped(a, (3, 3)), w, stride=(2, 2)) for a in (x, shift(x, (1, 0)))]
    interior = [AWAY[1].start, AWAY[2].start, AWAY[1].stop, AWAY[2].stop]
    differences = {
        "circular padding": circular_shifted.value - shift(circular.value, BY),
        "zero padding": with_zeros,
        "stride 2, shifted by one row": strided_shifted.value - shift(strided.value, (1, 0)),
    }
    # The largest absolute difference over images and channels.
    maps = [{"title": title, "difference": np.abs(d).max(axis=(0, 1))} for title, d in differences.items()]
    maps[1]["interior"] = interior
    yield Figure("equivariance", {"shift": list(BY), "maps": maps})


def _line(a, at):
    return np.ascontiguousarray(a[at])


def _touched(a, wanted):
    """Which rows differ in the columns away from the border, and which columns in the rows away from it."""
    differ = (a != wanted).any(axis=(0, 1))
    lines = {"rows": differ[:, AWAY[2]].any(1), "columns": differ[AWAY[1]].any(0)}
    return {name: np.flatnonzero(line).tolist() for name, line in lines.items()}
