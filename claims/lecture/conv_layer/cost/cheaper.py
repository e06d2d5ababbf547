"""“Cheaper”: multiply-adds and bytes of a convolution and of the fully connected layer between the same input and output."""

import functools
import time
import tracemalloc
from fractions import Fraction

import numpy as np

from .....reference.libraries import FRAMEWORKS
from .....reference.networks import layers
from ....language import Timing, Wrong, ask, claim, fact, smallest
from ...shared.convolution_mutants import LAST_TAP_DROPPED
from ...shared.geometry import FORMULA
from .counting import (
    SAID,
    WEAKENED,
    Narrow,
    Sizes,
    both,
    by_area,
    fewer,
    no_more,
    ones,
    places_forgotten,
    squares,
    times,
)
from .networks import PUBLISHED


def weights(g):
    return g.k**2 * g.Cin * g.Cout


def at_every_place(g):
    """Hout·Wout·k²·Cin·Cout."""
    return g.places * weights(g)


def all_numbers(g):
    """Weights, input and output: what the layer reads and writes at least once."""
    return weights(g) + g.inputs + g.outputs


def total(y):
    """The sum of whole numbers, exactly."""
    return sum(int(n) for n in y.ravel())


def given(call):
    """The bytes of the arrays that go in."""
    return sum(a.nbytes for a in call.arguments.values() if isinstance(a, np.ndarray))


def touched(y, call):
    """The bytes of the arrays that went in and of the one that came out."""
    return given(call) + y.nbytes


def all_to_all(inputs, outputs, dtype):
    """A fully connected layer of ones, likewise: each output is its number of products."""
    return ask("fully_connected", x=np.ones((1, inputs), dtype), w=np.ones((outputs, inputs), dtype), b=None)


cheaper = claim(
    "conv_layer.cheaper",
    """
    A convolution without padding does Hout·Wout·k²·Cin·Cout multiply-adds where the fully connected layer between the
    same input and output does Cin·H·W·Cout·Hout·Wout: H·W ÷ k² times fewer, the more so the larger the image. It
    touches fewer bytes: the two read and write the same images, and the weights are fewer.

    Instead: cheaper than the fully connected layer {between the same input and output|fewer parameters do not mean
    fewer multiply-adds}, where {the kernel is smaller than the image|a kernel the size of the image}

    Scope: multiply-adds and bytes counted, one image, stride 1, no padding, one group; what a clock says is shown and
    is no part of the verdict: on small images it may say otherwise

    Notes: Each product of a one with a one adds one, so a layer of ones on an image of ones counts its own
    multiply-adds.

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §9.2
    - Simonyan & Zisserman (2015), configuration D
    """,
    kind="exact + measured",
    expected="verified",
    premises=("conv_layer.fewer_parameters", "convolution.libraries_correlate"),
)


def first_row_left_out(lib, x, w, b, **settings):
    """The products of the kernel's first row are not made."""
    w = w.copy()
    w[:, :, 0] = 0
    return lib.cross_correlation2d(x, w, b, **settings)


@cheaper.each(
    {
        f"k = {k}, {cin} → {cout} channels": {"k": k, "channels": (cin, cout)}
        for k in (1, 2, 3)
        for cin, cout in ((1, 1), (2, 3))
    },
    wrongs={
        "as many multiply-adds as weights": {"work": weights},
        "input and output forgotten": {"numbers": weights},
        "a tap dropped": LAST_TAP_DROPPED,
        "the kernel's first row left out": Wrong(operations={"cross_correlation2d": first_row_left_out}),
    },
)
def multiply_adds_and_bytes(case, *, work=at_every_place, numbers=all_numbers):
    sizes = [Sizes(n, n, case.k, 0, *case.channels) for n in (4, 6, 8, 12)]
    few = yield [ones(g, case.dtype) for g in sizes]
    many = yield [all_to_all(g.inputs, g.outputs, case.dtype) for g in sizes]
    for g, y, z in zip(sizes, few, many, strict=True):
        at, counted = f"{g.H} × {g.W} image", both([y, z], total)
        yield fact(counted, (work(g), g.inputs * g.outputs), label=f"{at}: multiply-adds of both", source=FORMULA)
        ratio = Fraction(g.inputs * g.outputs, work(g))
        yield fact(counted.then(times), str(ratio), label=f"{at}: how many times fewer", source=FORMULA)
        here = y.then(functools.partial(touched, call=y.call))
        wanted = case.dtype.itemsize * numbers(g)
        yield fact(here, wanted, label=f"{at}: bytes of input, weights and output", source=FORMULA)
        dense = z.then(functools.partial(touched, call=z.call))
        yield fact(here.value < dense.value, True, label=f"{at}: fewer bytes than fully connected", source=FORMULA)


def own_reports(layer_list, size):
    """What a library says of each layer, its multiply-adds by the counter that it brings along."""
    return ask("network_layers", layers=layers.resolve(layer_list, size), size=size)


def last(what):
    return lambda reports: reports[-1][what]


WEIGHTS_COUNTED_ONCE = {"the library counts a weight once": Wrong(operations={"network_layers": places_forgotten})}


@cheaper.case(
    "3 × 3, 3 → 16 channels, 32 × 32 pixels: the library's own count",
    backends=FRAMEWORKS,
    dtypes=("float32",),
    wrongs=WEIGHTS_COUNTED_ONCE,
)
def own_count_of_a_layer(case):
    size, source = (3, 32, 32), "3·3·3·16 + 16 and 3072·14400 + 14400 parameters, 900·432 and 3072·14400 multiply-adds"
    answer = yield [
        own_reports([{"kind": "convolution", "channels_out": 16, "kernel": 3}], size),
        own_reports([{"kind": "flatten"}, {"kind": "fully_connected", "features_out": 16 * 30 * 30}], size),
    ]
    yield fact(both(answer, last("parameters")), (448, 44_251_200), label="parameters of both", source=source)
    work = both(answer, last("multiply_adds"))
    yield fact(work, (388_800, 44_236_800), label="multiply-adds of both", source=source)
    yield fact(work.then(times), str(Fraction(32 * 32, 3 * 3)), label="how many times fewer", source="H·W ÷ k²")


@cheaper.case("VGG-16: the library's own count", backends=FRAMEWORKS, dtypes=("float32",), wrongs=WEIGHTS_COUNTED_ONCE)
def own_count_of_a_network(case):
    """In a whole network the fully connected layers hold the parameters, the convolutions do the work."""
    network = PUBLISHED["VGG-16"]
    reports = yield own_reports(network.build(), network.size)
    for what, kind, share in (("parameters", "fully_connected", "89.4 %"), ("multiply_adds", "convolution", "99.2 %")):
        label = f"the share of the {kind.replace('_', ' ')} layers in the {what.replace('_', '-')}"
        kinds = [layer["kind"] for layer in network.build()]
        measured = reports.then(functools.partial(share_of, kinds=kinds, kind=kind, what=what))
        yield fact(measured, share, label=label, source="the formula, summed over configuration D")


def share_of(reports, kinds, kind, what):
    own = sum(report[what] for report, its in zip(reports, kinds, strict=True) if its == kind)
    return f"{100 * own / sum(report[what] for report in reports):.1f} %"


@cheaper.case("by the clock", dtypes=("float32",), probed=False)
def by_the_clock(case):
    """Times and memory as ratios, measured side by side; small images, for which the clock may say otherwise, among them."""
    sizes = [Sizes(n, n, 3, 0, 3, 8) for n in (3, 4, 6, 8, 12, 16, 24)]
    measured = yield ask(side_by_side, sizes=[tuple(g) for g in sizes])
    rows = []
    for g, (seconds, memory) in zip(sizes, measured.value, strict=True):
        rows.append(
            {
                "image": f"3 channels, {g.H} × {g.W}",
                "multiply-adds, ratio": g.inputs * g.outputs / at_every_place(g),
                "time, ratio": seconds[1] / seconds[0],
                "memory, ratio": memory[1] / memory[0],
                "faster": ("fully connected", "convolution")[seconds[0] < seconds[1]],
            }
        )
    yield Timing("fully connected ÷ convolution, 3 × 3, 3 → 8 channels", {"rows": rows})
    yield fact(
        measured.then(len),
        len(sizes),
        label="sizes measured; what was measured decides nothing",
        source="the sizes asked for",
    )


def side_by_side(lib, *, sizes):
    """Runs in the worker: ([seconds of the convolution, of the fully connected layer], [peak bytes that Python's allocator sees])."""
    measured = []
    for size in sizes:
        g = Sizes(*size)
        requests = [ones(g, np.dtype("float32")), all_to_all(g.inputs, g.outputs, np.dtype("float32"))]
        measured.append(([_quickest(lib, r) for r in requests], [_peak(lib, r) for r in requests]))
    return measured


def _quickest(lib, request, repeats=7):
    """The shortest of several runs: what disturbs a run only makes it longer."""
    spent = []
    for _ in range(repeats):
        begin = time.perf_counter()
        getattr(lib, request.name)(**request.arguments)
        spent.append(time.perf_counter() - begin)
    return min(spent)


def _peak(lib, request):
    """The arguments, and the most that was allocated during the call."""
    tracemalloc.start()
    try:
        getattr(lib, request.name)(**request.arguments)
        return tracemalloc.get_traced_memory()[1] + given(request)
    finally:
        tracemalloc.stop()


@cheaper.limit("a kernel the size of the image")
def _(case):
    """A kernel that covers the whole image saves nothing: as many multiply-adds as fully connected, from one pixel
    on.
    """

    def build(g):
        s = Sizes(*g)
        return [ones(s, case.dtype), all_to_all(s.inputs, s.outputs, case.dtype)]

    def literal(answer, g):
        return fact(both(answer, total).then(fewer), True, label="fewer multiply-adds", source=SAID)

    def instead(answer, g):
        return fact(both(answer, total), (g.k**2, g.k**2), label="as many multiply-adds", source=FORMULA)

    yield from smallest(by_area(3), build, literal, instead=instead, order="by H·W, then by k, p = 0")


@cheaper.limit("zeros are multiplied too", backends=FRAMEWORKS, dtypes=("float32",))
def _(case):
    """With padding a library counts the products with zeros, and may do more than the fully connected layer, which
    has none: a 2 × 2 kernel with one zero on each side of a single pixel, 16 multiply-adds against four. Of products
    with the pixel there are four.
    """

    def build(g):
        kernel = [{"kind": "convolution", "channels_out": 1, "kernel": g.k, "padding": g.p}]
        dense = [{"kind": "flatten"}, {"kind": "fully_connected", "features_out": Sizes(*g).outputs}]
        return [own_reports(layer_list, (1, g.H, g.W)) for layer_list in (kernel, dense)]

    def literal(answer, g):
        return fact(
            both(answer, last("multiply_adds")).then(no_more), True, label="no more multiply-adds", source=WEAKENED
        )

    def instead(answer, g):
        wanted = (at_every_place(Sizes(*g)), Sizes(*g).inputs * Sizes(*g).outputs)
        return fact(both(answer, last("multiply_adds")), wanted, label="multiply-adds of both", source=FORMULA)

    yield from smallest(squares(2), build, literal, instead=instead, order="by H = W, then by k, then by p")
    y = yield ones(Sizes(1, 1, 2, 1), case.dtype)
    yield fact(y.then(total), 4, label="products with the one pixel", source=FORMULA)


@cheaper.limit("fewer parameters do not mean fewer multiply-adds")
def _(case):
    """Between layers of different outputs the smaller number of parameters may go with the larger amount of work, for
    a kernel's weights work at every place: two 1 × 1 kernels on four pixels have 2 parameters and do 8 multiply-adds,
    one output of the four pixels has 4 and does 4.
    """
    points = [
        Narrow(H, k, c, o)
        for H in (2, 3)
        for k in range(1, H)
        for c in (1, 2)
        for o in range(1, 5)
        if k**2 * c < H**2 * o
    ]

    def build(g):
        return [ones(Sizes(g.H, g.H, g.k, 0, 1, g.Cout), case.dtype), all_to_all(g.H**2, g.O, case.dtype)]

    def literal(answer, g):
        label = "fewer parameters, and no more multiply-adds"
        return fact(both(answer, total).then(no_more), True, label=label, source=WEAKENED)

    def instead(answer, g):
        wanted = (at_every_place(Sizes(g.H, g.H, g.k, 0, 1, g.Cout)), g.H**2 * g.O)
        return fact(both(answer, total), wanted, label="multiply-adds of both", source=FORMULA)

    yield from smallest(points, build, literal, instead=instead, order="by H = W, then by k, Cout and O")
