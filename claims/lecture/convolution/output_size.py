"""The lecture's “Output: N × Cout × (W − k_x + 1) × (H − k_y + 1)”: every geometry up to the stated sizes, exhaustively."""

import functools
import itertools
import math
from typing import NamedTuple

import numpy as np

from ...language import claim, happens, same_bits, same_shape, smallest, sweep
from ..shared.convolution_mutants import KERNEL_FLIPPED, LAST_TAP_DROPPED, STRIDE_AXES_EXCHANGED
from ..shared.exact import LITERAL
from ..shared.geometry import FORMULA, Axis, Geometry, dilation_ignored, exact_layer, layer, room, size
from .own_functions import refusal

RANGES = {"H": 32, "k": 7, "stride": 4, "dilation": 3, "padding": 3}
"""How far each size of the sweep along one axis runs."""
LARGEST = 8
SMALL_FIRST = ("ones", "ramp", "integers")
"""The designs of a sweep's data, the simplest first."""
NO_WINDOW = "no window fits"


def one_short(a):
    """H − k in place of H − k + 1."""
    return size(a) - 1


def ceil_for_floor(a):
    return -(-room(a) // a.s) + 1


def height_then_width(height, width):
    return height, width


def width_then_height(height, width):
    return width, height


@functools.cache
def along(axis):
    """Every geometry of one axis up to RANGES, small first; the other axis is one pixel."""
    sizes, kernels, strides, dilations = (range(1, 1 + RANGES[n]) for n in ("H", "k", "stride", "dilation"))
    points = itertools.product(sizes, kernels, strides, dilations, range(1 + RANGES["padding"]))
    return [Geometry.along(axis, Axis(*point, point[-1])) for point in points]


@functools.cache
def in_the_plane(every=1):
    """Every geometry of the plane, small first: H, W ≤ 5, k ≤ 3, stride ≤ 2 each way, dilation ≤ 2, padding ≤ 1, N, Cin, Cout ≤ 2."""
    two = (1, 2)
    ranges = (range(1, 6),) * 2 + (range(1, 4),) * 2 + (two, two, two, (0, 1), two, two, two)
    points = (
        Geometry(H, W, ky, kx, sy, sx, d, d, p, p, p, p, *channels)
        for H, W, ky, kx, sy, sx, d, p, *channels in itertools.product(*ranges)
    )
    return sorted(points, key=lambda g: g.H * g.W * g.ky * g.kx * g.N * g.Cin * g.Cout)[::every]


@functools.lru_cache(maxsize=4)
def pool(seed):
    """Small integers from which the sweep's arrays are cut: drawing each anew would cost more than the convolutions."""
    return np.random.default_rng([1968, seed]).integers(-LARGEST, LARGEST + 1, 4096)


@functools.lru_cache(maxsize=200_000)
def request(dtype, seed, g, design):
    """The call for a geometry, with data of a design: ones, 1, 2, 3, …, or integers −8 … 8 that depend on the run's seed."""
    arrays, drawn = [], pool(seed)
    for shape in g.shapes:
        count = math.prod(shape)
        start = (7 * g.H + 31 * g.W + 101 * g.ky + 211 * g.kx + 503 * len(arrays)) % (len(drawn) - 200)
        match design:
            case "ones":
                values = np.ones(count)
            case "ramp":
                values = np.arange(1, count + 1)
            case _:
                values = drawn[start : start + count]
        arrays.append(values.reshape(shape).astype(dtype))
        arrays[-1].flags.writeable = False
    return layer(*arrays, **g.settings)


@functools.lru_cache(maxsize=200_000)
def literal_sum(seed, g, design):
    """The output for a geometry, in Python integers, all of them exact in float32."""
    arguments = request("float32", seed, g, design).arguments
    return exact_layer(arguments["x"], arguments["w"], **g.settings)


def without_a_window(backend, y, g):
    """That a library does what it does where no window fits: it raises, or returns an empty tensor of a predicted shape."""
    empty = empty_shape(backend, g)
    if empty is None:
        return happens(y, "raised", label=NO_WINDOW, source=NO_WINDOW, error=refusal(backend, y))
    return same_shape(y, (g.N, g.Cout, *empty), label=NO_WINDOW, source=NO_WINDOW)


def empty_shape(backend, g):
    """Height and width of what a library returns where no window fits, None if it raises."""
    rooms, strides = [room(a) for a in g.axes], (g.sy, g.sx)
    match backend:
        case "tensorflow":
            # It computes (room + stride) ÷ stride with C's division, which rounds towards zero, and refuses what is negative.
            sizes = tuple(int((r + s) / s) for r, s in zip(rooms, strides, strict=True))
            return None if min(sizes) < 0 else sizes
        case "scipy":
            # Its 'valid' exchanges image and kernel where the kernel is the larger on every axis; on some axes only it raises.
            exchanged = tuple(-r // s + 1 for r, s in zip(rooms, strides, strict=True))
            return None if max(rooms) > 0 else exchanged
        case _:
            return None


output_size = claim(
    "convolution.output_size",
    """
    Without padding an image H × W and a kernel ky × kx give (H − ky + 1) × (W − kx + 1) outputs, and in general each
    axis gives ⌊(H + 2p − d(k − 1) − 1)/s⌋ + 1: every geometry up to the stated sizes, one axis at a time by its
    shape, both axes together by every bit of every value. Where no window fits a library raises, or returns an empty
    tensor as predicted for it.

    Instead: Output: N × Cout × {(H − k_y + 1) × (W − k_x + 1)|the lecture's order of the axes}

    Scope: shapes: H ≤ 32, k ≤ 7, stride ≤ 4, dilation ≤ 3, padding ≤ 3, on either axis; values: H, W ≤ 5, ky, kx ≤ 3,
    stride ≤ 2 each way, dilation ≤ 2, padding ≤ 1, batch and channels 1 and 2; the order is height, then width

    Sources:
    - Dumoulin & Visin (2016), A guide to convolution arithmetic, relationship 15
    """,
    kind="exact",
    expected="verified",
    about_shapes=True,
    ranges=RANGES,
)


@output_size.each(
    {f"shapes along {axis}": {"axis": axis} for axis in "HW"},
    probed=False,
    wrongs={
        "H − k": {"length": one_short},
        "ceil for floor": {"length": ceil_for_floor},
        "dilation ignored": {"length": dilation_ignored},
    },
)
def shapes(case, *, length=size):
    def judge(y, g, design):
        if min(map(room, g.axes)) < 0:
            return without_a_window(case.backend, y, g)
        return same_shape(y, (g.N, g.Cout, *map(length, g.axes)), label="shape", source=FORMULA)

    build = functools.partial(request, str(case.dtype), case.seed)
    yield from sweep(case, along(case.axis), build, judge, label="output shape", source=FORMULA, designs=SMALL_FIRST)


@output_size.case(
    "every 97th of the values",
    every=97,
    wrongs={
        "W and H exchanged": {"order": width_then_height},
        "kernel flipped": KERNEL_FLIPPED,
        "stride exchanged between the axes": STRIDE_AXES_EXCHANGED,
        "last tap dropped": LAST_TAP_DROPPED,
    },
)
@output_size.case("values", every=1, probed=False)
def values(case, *, order=height_then_width):
    dtype = str(case.dtype)

    def judge(y, g, design):
        if min(map(room, g.axes)) < 0:
            return without_a_window(case.backend, y, g)
        height_and_width = tuple(map(size, g.axes))
        if order(*height_and_width) != height_and_width:
            return same_shape(y, (g.N, g.Cout, *order(*height_and_width)), label="shape", source=FORMULA)
        return same_bits(y, literal_sum(case.seed, g, design).astype(dtype), label="values", source=LITERAL)

    build = functools.partial(request, dtype, case.seed)
    label = "output, bit for bit"
    yield from sweep(case, in_the_plane(case.every), build, judge, label=label, source=LITERAL, designs=SMALL_FIRST)


class Image(NamedTuple):
    """An image of H × W pixels."""

    H: int
    W: int


@output_size.limit("the lecture's order of the axes", as_worded=True)
def _(case):
    """The lecture writes the width first; every library's output has the height first. The smallest image that tells
    the two apart is of one row and two columns; on one of one pixel both orders are the same.
    """
    images = sorted((Image(h, w) for h in range(1, 5) for w in range(1, 5)), key=lambda i: i.H * i.W)

    def build(i):
        return request(str(case.dtype), case.seed, Geometry(i.H, i.W, 1, 1), "ramp")

    def literal(y, i):
        return same_shape(
            y, (1, 1, i.W, i.H), label="N × Cout × (W − kx + 1) × (H − ky + 1)", source="the lecture, as worded"
        )

    def instead(y, i):
        return same_shape(y, (1, 1, i.H, i.W), label="N × Cout × (H − ky + 1) × (W − kx + 1)", source=FORMULA)

    yield from smallest(images, build, literal, instead=instead, order="by H·W, k = 1")
