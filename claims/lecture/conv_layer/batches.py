"""The lecture's section “Conv2d operation in PyTorch”: N equal, images are treated in parallel."""

import functools
import itertools
import math
from typing import NamedTuple

import numpy as np

from ....reference import bounds, oracle
from ....reference.libraries import FRAMEWORKS
from ...language import Wrong, ask, claim, rounding, same_bits, smallest, within
from ..shared.exact import LITERAL, must_be_exact, unchanged
from ..shared.geometry import Geometry, exact_layer, layer
from .own_layers import in_nchw, own_layer

ALONE = "the image alone, of the same library"
ORDER = (2, 0, 3, 1)
"""Where the images of a batch of four go."""


def moved(y):
    return y[list(ORDER)]


batch_parallel = claim(
    "conv_layer.batch_parallel",
    """
    As many outputs as images, and the output for an image depends neither on its batch mates nor on its place: it is
    what the layer makes of the image alone, images in another order give the outputs in that order, and a mate of NaN
    or infinities changes nothing. Bit for bit where every sum is exact, and otherwise within what two computations of
    the same sums may differ.

    Instead: N equal: images are treated in parallel, {to rounding|bit for bit} as if alone, {but for batch norm in
    training mode|batch norm in training mode}.

    Scope: two-dimensional convolution layers, also with strides, padding, dilation and groups, batches of four; the
    libraries' own layers; on reals equality to rounding, not bit for bit

    Notes: In how many outputs the bits differ, and by how many units in the last place, depends on library, dtype,
    shape and processor: the rows of the design “reals” note what was found here. SciPy goes plane by plane, NumPy's
    reference image by image.

    Sources:
    - PyTorch's notes on numerical accuracy: batched computations or slice computations
    """,
    kind="exact + rounding",
    expected="verified",
    premises=("convolution.libraries_correlate", "tensors.layouts"),
)


def batch_statistics_inside(lib, x, w, b, **settings):
    """The batch's mean of each channel is taken off, as batch norm in training mode does."""
    y = lib.cross_correlation2d(x, w, b, **settings)
    return y - y.mean(axis=(0, 2, 3), keepdims=True)


def one_scale_for_the_batch(lib, x, w, b, **settings):
    """The batch is rounded to 8 bits by one scale, that of its largest number: dynamic quantisation of a whole tensor."""
    with np.errstate(invalid="ignore"):  # a mate of infinities has no scale
        scale = np.abs(x).max() / x.dtype.type(127)
        return lib.cross_correlation2d(np.round(x / scale) * scale, w, b, **settings)


def images_reversed(lib, x, w, b, **settings):
    """The outputs come in the reverse order of the images."""
    return np.ascontiguousarray(lib.cross_correlation2d(x, w, b, **settings)[::-1])


BATCHES = {
    "3 × 3": Geometry(6, 5, 3, 3, N=4, Cin=3, Cout=5),
    "1 × 1": Geometry(3, 3, 1, 1, N=4, Cin=4, Cout=4),
    "stride, padding, dilation, groups": Geometry(
        7, 6, 3, 3, sy=2, dx=2, top=1, bottom=2, right=3, N=4, Cin=4, Cout=6, groups=2
    ),
}
COUPLED = {
    "batch statistics inside": Wrong(operations={"cross_correlation2d": batch_statistics_inside}),
    "one scale for the whole batch": Wrong(operations={"cross_correlation2d": one_scale_for_the_batch}),
    "the outputs in reverse order": Wrong(operations={"cross_correlation2d": images_reversed}),
}
LEFT_IN_PLACE = {"the output belongs to the place": {"place": unchanged}}


def designs(design):
    return {f"{name}, {design}": {"geometry": geometry} for name, geometry in BATCHES.items()}


def together_and_apart(x, w, geometry, place):
    """Returns the outputs of the batch, and pairs that should be equal: [(label, got, wanted, source)]."""
    y = yield layer(x, w, **geometry.settings)
    alone = yield [layer(x[[i]], w, **geometry.settings) for i in range(len(x))]
    each = np.concatenate([one.value for one in alone])
    other = yield layer(moved(x), w, **geometry.settings)
    copies = yield layer(np.repeat(x[:1], 3, axis=0), w, **geometry.settings)
    return y, [
        ("in a batch as alone", y, each, ALONE),
        ("in another order", other, place(y.value), "the outputs in that order, of the same library"),
        ("beside copies of itself", copies, np.repeat(each[:1], 3, axis=0), ALONE),
    ]


@batch_parallel.each(designs("integers"), wrongs=COUPLED | LEFT_IN_PLACE)
def whole_numbers(case, *, place=moved):
    x, w = case.geometry.arrays(case.integers)
    must_be_exact(x, w)
    y, pairs = yield from together_and_apart(x, w, case.geometry, place)
    for label, got, wanted, source in pairs:
        yield same_bits(got, wanted, label=label, source=source)
    yield same_bits(y, exact_layer(x, w, **case.geometry.settings), label="the output itself", source=LITERAL)


@batch_parallel.each(designs("reals"), wrongs=COUPLED | LEFT_IN_PLACE)
def reals(case, *, place=moved):
    x, w = case.geometry.arrays(case.reals)
    y, pairs = yield from together_and_apart(x, w, case.geometry, place)
    for label, got, wanted, source in pairs:
        yield to_rounding(got, wanted, got.call, label=label, source=source)
    yield from rounding(y, label="the output itself")


@batch_parallel.each(designs("mates of NaN and infinity"), wrongs=COUPLED)
def beside_nan_and_infinity(case):
    x, w = case.geometry.arrays(case.integers)
    mates = x.copy()
    mates[0], mates[2] = np.nan, np.inf
    y, beside = yield [layer(images, w, **case.geometry.settings) for images in (x, mates)]
    wanted = exact_layer(x, w, **case.geometry.settings)
    odd = beside.then(lambda beside: beside[1::2])
    yield same_bits(odd, wanted[1::2], label="beside images of NaN and infinities", source=LITERAL)
    yield same_bits(y, wanted, label="beside images of numbers", source=LITERAL)


@batch_parallel.case("own layer", geometry=BATCHES["3 × 3"], wrongs=LEFT_IN_PLACE)
def own_layers(case, *, place=moved):
    """The frameworks' layer objects, on integers."""
    x, w = case.geometry.arrays(case.integers)
    answers = yield [own_layer(case.backend, a, w) for a in (x, moved(x), *[x[[i]] for i in range(len(x))])]
    y, other, *alone = [in_nchw(one, case.backend) for one in answers]
    wanted = exact_layer(x, w)
    yield same_bits(y, wanted, label="own layer, the batch", source=LITERAL)
    yield same_bits(other, place(wanted), label="own layer, in another order", source=LITERAL)
    together = alone[0].then(lambda _: np.concatenate([one.value for one in alone]))
    yield same_bits(together, wanted, label="own layer, each image alone", source=LITERAL)


def to_rounding(got, wanted, request, *, label, source):
    """Within what two computations of the sums of ``request`` may differ; the note says what the bits do."""
    arguments = dict(request.arguments)
    arrays = [arguments.pop(name) for name in ("x", "w", "b")]
    S, n = oracle.sizes(getattr(oracle, request.name), *arrays, **arguments)
    one = bounds.sums_of_products(S, n, wanted.dtype, flushed=None)
    judged = within(got, wanted.astype(np.float64), bounds.two_libraries(one, one), label=label, source=source)
    if not judged.row.made or judged.row.shape:
        return judged
    differ = got.value != wanted
    apart = bounds.ulp_distance(got.value[differ], wanted[differ])
    most = f", by {apart.max():g} ulp at most" if differ.any() else ""
    return judged.but(note=f"the bits of {int(differ.sum())} of {differ.size} outputs differ{most}")


class Batch(NamedTuple):
    """What kind of layer, how many images, and its sizes; a fully connected layer's are those of a 1 × 1 kernel on one pixel."""

    layer: str
    N: int
    Cin: int
    Cout: int
    H: int
    k: int


@functools.cache
def batches():
    few, channels = (2, 3, 4), (1, 2, 4)
    convolutions = itertools.product(["convolution"], few, channels, (1, 2), (2, 3, 4, 8), (1, 2))
    connected = itertools.product(["fully connected"], few, (1, 2, 3, 4, 6, 8, 16, 32), channels, (1,), (1,))
    return sorted(
        (Batch(*p) for p in (*convolutions, *connected)), key=lambda p: (p.layer, math.prod(p[1:5]) * p.H * p.k**2)
    )


@batch_parallel.limit("bit for bit", backends=("numpy", *FRAMEWORKS))
def _(case):
    """On reals an image's output is not the same to the bit in a batch and alone: libraries choose by the size of the
    batch in what order they add. The search takes convolutions first, then fully connected layers; where they differ
    depends on library, dtype and processor.
    """

    def build(p):
        """The batch, and its first image alone."""
        x, w = case.reals("x", (p.N, p.Cin, p.H, p.H)), case.reals("w", (p.Cout, p.Cin, p.k, p.k))
        if p.layer == "convolution":
            return [layer(a, w) for a in (x, x[:1])]
        return [ask("fully_connected", x=a[..., 0, 0], w=w[..., 0, 0], b=None) for a in (x, x[:1])]

    def first(answers):
        together, alone = answers
        return together.then(lambda y: y[:1]), alone.value

    def literal(answers, p):
        return same_bits(*first(answers), label="the first image's output in the batch", source=ALONE)

    def instead(answers, p):
        return to_rounding(
            *first(answers), build(p)[1], label="the first image's output in the batch, to rounding", source=ALONE
        )

    yield from smallest(
        batches(), build, literal, instead=instead, order="convolutions first, by the number of multiplications"
    )


class Mates(NamedTuple):
    """How many images, and what the others are to the first."""

    N: int
    mates: str


EPSILON = 2.0**-10


@batch_parallel.limit("batch norm in training mode")
def _(case):
    """Batch norm in training mode couples the images of a batch: its mean and variance are the batch's, so one other
    image changes an image's output. Copies of the image do not, nor does any mate in inference mode.
    """
    points = [Mates(n, mates) for n in range(1, 5) for mates in (("copies", "others") if n > 1 else ("none",))]
    one, zero = np.ones(1, case.dtype), np.zeros(1, case.dtype)

    def images(p):
        """One channel, two pixels: 1 3, then the same again, or −1 −3 and 1 3 in turn."""
        x = np.repeat(np.array([1, 3], case.dtype).reshape(1, 1, 1, 2), p.N, axis=0)
        if p.mates == "others":
            x[1::2] *= -1
        return x

    def training(x):
        return ask("batch_norm_training", x=x, gamma=one, beta=zero, epsilon=EPSILON)

    def build(p):
        x = images(p)
        return [training(x), *[training(x[[i]]) for i in range(p.N)]]

    def literal(answers, p):
        together, *alone = (y.part(0) for y in answers)
        x = images(p)
        allowed = functools.partial(bounds.batch_norm_training, epsilon=EPSILON, formed="one pass")
        # Images that differ by sign alone have the same bound.
        batch, each = (allowed(a, one, zero, case.dtype)[0] for a in (x, x[:1]))
        wanted = np.concatenate([y.value for y in alone]).astype(np.float64)
        both = bounds.two_libraries(batch, each)
        return within(together, wanted, both, label="every image's output as alone", source=ALONE)

    def instead(answers, p):
        return next(rounding(answers[0], label="normalised by the mean and variance of all images"))

    yield from smallest(points, build, literal, instead=instead, order="by N")
    x = images(Mates(2, "others"))
    given = {"gamma": one, "beta": zero, "mean": one, "variance": one, "epsilon": EPSILON}
    together, alone = yield [ask("batch_norm_inference", x=a, **given) for a in (x, x[:1])]
    allowed = bounds.batch_norm_inference(x[:1], one, zero, one, one, case.dtype, epsilon=EPSILON)
    yield within(
        together.then(lambda y: y[:1]),
        alone.value.astype(np.float64),
        bounds.two_libraries(allowed, allowed),
        label="in inference mode, N = 2: the first image's output as alone",
        source=ALONE,
    )
