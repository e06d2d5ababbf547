"""The lecture's “Output: N × Cout × (W − k_x + 1) × (H − k_y + 1)”: every geometry up to the stated sizes, exhaustively."""

from __future__ import annotations

import functools
import itertools
import math
from typing import NamedTuple

import numpy as np

from ....reference import oracle
from ...language import Call, Case, Outcome, Wrong, ask, claim, happens, same_bits, same_shape, smallest, sweep
from ..shared import mutants
from .flipping import LITERAL, must_be_exact


def size(n: int, k: int, s: int, d: int, p: int) -> int:
    """⌊(n + 2p − d(k − 1) − 1)/s⌋ + 1; without stride, dilation and padding n − k + 1. Not positive: no window fits."""
    return (n + 2 * p - d * (k - 1) - 1) // s + 1


def without_the_one(n: int, k: int, s: int, d: int, p: int) -> int:
    return size(n, k, s, d, p) - 1


def ceil_for_floor(n: int, k: int, s: int, d: int, p: int) -> int:
    return -(-(n + 2 * p - d * (k - 1) - 1) // s) + 1


def dilation_ignored(n: int, k: int, s: int, d: int, p: int) -> int:
    return size(n, k, s, 1, p)


def height_then_width(height: int, width: int) -> tuple[int, int]:
    return height, width


def width_then_height(height: int, width: int) -> tuple[int, int]:
    return width, height


class Geometry(NamedTuple):
    """Image, kernel, stride, dilation, padding (the same on both sides) by axis; batch and channels."""

    H: int
    W: int
    ky: int
    kx: int
    sy: int
    sx: int
    dy: int
    dx: int
    py: int
    px: int
    N: int
    Cin: int
    Cout: int

    def axes(self) -> tuple[tuple[int, int, int, int, int], ...]:
        """(size, kernel, stride, dilation, padding) of the height and of the width."""
        return self[0:10:2], self[1:10:2]  # pyright: ignore[reportReturnType]

    def reach(self) -> tuple[int, int]:
        """Size + padding − extent of the kernel: negative where no window fits."""
        (a, b, _, d, p), (e, f, _, h, q) = self.axes()
        return a + 2 * p - d * (b - 1) - 1, e + 2 * q - h * (f - 1) - 1


@functools.cache
def along(axis: str) -> list[Geometry]:
    """Every geometry of one axis, small first: H ≤ 32, k ≤ 7, stride ≤ 4, dilation ≤ 3, padding ≤ 3; the other axis is one pixel."""
    lines = itertools.product(range(1, 33), range(1, 8), range(1, 5), range(1, 4), range(4))
    one = (1, 1, 1, 1, 0)
    pairs = ((line, one) if axis == "H" else (one, line) for line in lines)
    return [Geometry._make((*itertools.chain(*zip(*pair, strict=True)), 1, 1, 1)) for pair in pairs]


@functools.cache
def in_the_plane(every: int = 1) -> list[Geometry]:
    """Every geometry of the plane, small first: H, W ≤ 5, k ≤ 3, stride ≤ 2 each way, dilation ≤ 2, padding ≤ 1, N, Cin, Cout ≤ 2."""
    two = (1, 2)
    ranges = (range(1, 6),) * 2 + (range(1, 4),) * 2 + (two, two, two, (0, 1), two, two, two)
    points = (Geometry._make((*g[:6], g[6], g[6], g[7], g[7], *g[8:])) for g in itertools.product(*ranges))
    return sorted(points, key=lambda g: g.H * g.W * g.ky * g.kx * g.N * g.Cin * g.Cout)[::every]


@functools.lru_cache(maxsize=4)
def pool(seed: int) -> np.ndarray:
    """Small integers from which the sweep's arrays are cut: drawing each anew would cost more than the convolutions."""
    return np.random.default_rng([1968, seed]).integers(-LARGEST, LARGEST + 1, 4096)


LARGEST = 8


@functools.lru_cache(maxsize=200_000)
def request(dtype: str, seed: int, design: str, g: Geometry) -> Call:
    """The call for a geometry, with data of a design: ones, 1, 2, 3, …, or integers −8 … 8 that depend on the run's seed."""
    arrays, drawn = [], pool(seed)
    for shape in ((g.N, g.Cin, g.H, g.W), (g.Cout, g.Cin, g.ky, g.kx)):
        count = math.prod(shape)
        start = (7 * g.H + 31 * g.W + 101 * g.ky + 211 * g.kx + 503 * len(arrays)) % (len(drawn) - 200)
        values = {"ones": np.ones(count), "ramp": np.arange(1, count + 1)}.get(design, drawn[start : start + count])
        arrays.append(values.reshape(shape).astype(dtype))
        arrays[-1].flags.writeable = False
    padding = ((g.py, g.py), (g.px, g.px))
    return ask(
        "cross_correlation2d",
        x=arrays[0],
        w=arrays[1],
        b=None,
        stride=(g.sy, g.sx),
        padding=padding,
        dilation=(g.dy, g.dx),
        groups=1,
    )


@functools.lru_cache(maxsize=200_000)
def exactly(dtype: str, seed: int, design: str, g: Geometry) -> np.ndarray:
    """The literal sum for a geometry, in Python integers."""
    arguments = dict(request(dtype, seed, design, g).arguments)
    x, w, b = (arguments.pop(name) for name in "xwb")
    must_be_exact(x, w)
    return oracle.cross_correlation2d(x, w, b, **arguments).astype(dtype)


def refusal(backend: str, reach: tuple[int, int], stride: tuple[int, int]) -> tuple[int, int] | None:
    """What a library does where no window fits: None if it raises, else the spatial shape of what it returns.

    ``reach`` is size + padding − extent of the kernel, for each axis; negative where the kernel is larger.
    """
    match backend:
        case "tensorflow":
            # It computes (reach + stride) ÷ stride with C's division, which rounds towards zero, and refuses what is negative.
            sizes = [int((r + s) / s) for r, s in zip(reach, stride, strict=True)]
            return None if min(sizes) < 0 else (sizes[0], sizes[1])
        case "scipy":
            # Its 'valid' exchanges image and kernel where the kernel is the larger on every axis; on some axes only it raises.
            return None if max(reach) > 0 else (-reach[0] // stride[0] + 1, -reach[1] // stride[1] + 1)
        case _:
            return None


REFUSALS = {
    "numpy": "expected a kernel that fits the padded input",
    "scipy": "For 'valid' mode, one must be at least as large as the other in every dimension",
    "tensorflow": "Computed output size would be negative",
    "torch": "Kernel size can't be greater than actual input size",
}
"""In what words each library says that no window fits; any other error is no such answer."""


def words(backend: str, y: Outcome) -> str:
    """The library's own words; of a backend not listed, any of them will do."""
    known = [REFUSALS[backend]] if backend in REFUSALS else [*REFUSALS.values()]
    return next((w for w in known if w in y.error), known[0])


SMALL_FIRST = ("ones", "ramp", "integers")


output_size = claim(
    "convolution.output_size",
    """
    Without padding an image H × W and a kernel ky × kx give (H − ky + 1) × (W − kx + 1) outputs, and in general each
    axis gives ⌊(H + 2p − d(k − 1) − 1)/s⌋ + 1: every geometry up to the stated sizes, one axis at a time by its
    shape, both axes together by every bit of every value. Where no window fits a library raises, or returns an empty
    tensor as predicted for it.

    Scope: shapes: H ≤ 32, k ≤ 7, stride ≤ 4, dilation ≤ 3, padding ≤ 3, on either axis; values: H, W ≤ 5, ky, kx ≤ 3,
    stride ≤ 2 each way, dilation ≤ 2, padding ≤ 1, batch and channels 1 and 2; the order is height, then width

    Sources:
    - Dumoulin & Visin (2016), A guide to convolution arithmetic, relationship 15
    """,
    kind="exact",
    expected="verified",
    about_shapes=True,
)


@output_size.each(
    {
        "shapes along H": {"points": functools.partial(along, "H"), "blunders": False},
        "shapes along W": {"points": functools.partial(along, "W"), "blunders": False},
        "values": {"points": in_the_plane, "blunders": False},
        "every 97th of the values": {"points": functools.partial(in_the_plane, 97)},
    },
    wrongs={
        "H − k": Wrong(says={"length": without_the_one}, cases=("shapes along H", "shapes along W")),
        "ceil for floor": Wrong(says={"length": ceil_for_floor}, cases=("shapes along H", "shapes along W")),
        "dilation ignored": Wrong(says={"length": dilation_ignored}, cases=("shapes along H", "shapes along W")),
        "W and H exchanged": Wrong(says={"order": width_then_height}, cases=("every 97th of the values",)),
        "kernel flipped": Wrong(
            operations={"cross_correlation2d": mutants.kernel_flipped}, cases=("every 97th of the values",)
        ),
        "stride exchanged between the axes": Wrong(
            operations={"cross_correlation2d": mutants.stride_axes_exchanged}, cases=("every 97th of the values",)
        ),
        "last tap dropped": Wrong(
            operations={"cross_correlation2d": mutants.last_tap_dropped}, cases=("every 97th of the values",)
        ),
    },
)
def output_size_cases(case: Case, *, length=size, order=height_then_width):
    dtype, bits = str(case.dtype), "values" in case.name

    def judge(y: Outcome, g: Geometry, design: str):
        reach = g.reach()
        if min(reach) < 0:
            empty = refusal(case.backend, reach, (g.sy, g.sx))
            if empty is None:
                return happens(
                    y, "raised", label="no window fits", source="no window fits", error=words(case.backend, y)
                )
            return same_shape(y, (g.N, g.Cout, *empty), label="no window fits", source="no window fits")
        height, width = g.axes()
        shape = (g.N, g.Cout, *order(length(*height), length(*width)))
        if not bits or shape[2:] != (size(*height), size(*width)):
            return same_shape(y, shape, label="shape", source="the formula")
        return same_bits(y, exactly(dtype, case.seed, design, g), label="values", source=LITERAL)

    yield from sweep(
        case,
        case.points(),
        functools.partial(asked, dtype, case.seed),
        judge,
        label="output, bit for bit" if bits else "output shape",
        source=LITERAL if bits else "the formula",
        designs=SMALL_FIRST,
    )


def asked(dtype: str, seed: int, g: Geometry, design: str) -> Call:
    return request(dtype, seed, design, g)


class Image(NamedTuple):
    """An image of H × W pixels."""

    H: int
    W: int


@output_size.limit("the lecture's order of the axes")
def _(case: Case):
    """The lecture writes the width first; every library's output has the height first. The smallest image that tells
    the two apart is of one row and two columns; on one of one pixel both orders are the same.
    """
    images = sorted((Image(h, w) for h in range(1, 5) for w in range(1, 5)), key=lambda i: i.H * i.W)

    def build(i: Image) -> Call:
        return request(str(case.dtype), case.seed, "ramp", Geometry(i.H, i.W, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1))

    def literal(y: Outcome, i: Image):
        return same_shape(
            y, (1, 1, i.W, i.H), label="N × Cout × (W − kx + 1) × (H − ky + 1)", source="the lecture, as worded"
        )

    def instead(y: Outcome, i: Image):
        return same_shape(y, (1, 1, i.H, i.W), label="N × Cout × (H − ky + 1) × (W − kx + 1)", source="the formula")

    yield from smallest(images, build, literal, instead=instead, order="by H·W, k = 1")
