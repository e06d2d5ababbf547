"""The lecture's section “Conv2d operation in PyTorch”: N equal, images are treated in parallel."""

from __future__ import annotations

import functools
import itertools
import math
from typing import NamedTuple

import numpy as np

from ....reference import bounds, oracle
from ...language import Call, Case, Outcome, Wrong, ask, claim, rounding, same_bits, smallest, within
from ...language.comparison import Comparison
from ..convolution.flipping import LITERAL, PLAIN_2D, must_be_exact
from ..tensors.layouts import transpose
from . import mutants_layer
from .kernels import OWN_LAYER, exactly, layer, own_order
from .shapes import own_layout

BATCHES = {
    "3 × 3": ((4, 3, 6, 5), (5, 3, 3, 3), PLAIN_2D),
    "1 × 1": ((4, 4, 3, 3), (4, 4, 1, 1), PLAIN_2D),
    "stride, padding, dilation, groups": (
        (4, 4, 7, 6),
        (6, 2, 3, 3),
        {"stride": (2, 1), "padding": ((1, 2), (0, 3)), "dilation": (1, 2), "groups": 2},
    ),
}
ALONE = "the image alone, of the same library"
ORDER = (2, 0, 3, 1)
"""Where the images of a batch of four go."""


def moved(y: np.ndarray) -> np.ndarray:
    return y[list(ORDER)]


def left_in_place(y: np.ndarray) -> np.ndarray:
    return y


batch_parallel = claim(
    "conv_layer.batch_parallel",
    """
    As many outputs as images, and the output for an image depends neither on its batch mates nor on its place: it is
    what the layer makes of the image alone, images in another order give the outputs in that order, and a mate of NaN
    or infinities changes nothing. Bit for bit where every sum is exact, and otherwise within what two computations of
    the same sums may differ.

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


@batch_parallel.each(
    {
        f"{name}, {design}": {"batch": name, "design": design}
        for name in BATCHES
        for design in ("integers", "reals", "mates of NaN and infinity")
    }
    | {"own layer": {"batch": "3 × 3", "design": "own layer"}},
    wrongs={
        "batch statistics inside": Wrong(operations={"cross_correlation2d": mutants_layer.batch_statistics_inside}),
        "one scale for the whole batch": Wrong(
            operations={"cross_correlation2d": mutants_layer.one_scale_for_the_batch}
        ),
        "the outputs in reverse order": Wrong(operations={"cross_correlation2d": mutants_layer.images_reversed}),
        "the output belongs to the place": {"place": left_in_place},
    },
)
def batch_parallel_cases(case: Case, *, place=moved):
    x_shape, w_shape, settings = BATCHES[case.batch]
    if case.design == "own layer":
        yield from _own_layer(case, place)
        return
    draw = case.reals if case.design == "reals" else case.integers
    x, w = draw("x", x_shape), draw("w", w_shape)
    y = yield layer(x, w, **settings)
    if case.design == "mates of NaN and infinity":
        mates = x.copy()
        mates[0], mates[2] = np.nan, np.inf
        found = (yield layer(mates, w, **settings)).then(lambda beside: beside[1::2])
        wanted = exactly(x, w, **settings)
        yield same_bits(found, wanted[1::2], label="beside images of NaN and infinities", source=LITERAL)
        yield same_bits(y, wanted, label="beside images of numbers", source=LITERAL)
        return
    alone = yield [layer(x[[i]], w, **settings) for i in range(len(x))]
    each = np.concatenate([one.value for one in alone])
    other = yield layer(moved(x), w, **settings)
    copies = yield layer(np.repeat(x[:1], 3, axis=0), w, **settings)
    for label, got, wanted, source in (
        ("in a batch as alone", y, each, ALONE),
        ("in another order", other, place(y.value), "the outputs in that order, of the same library"),
        ("beside copies of itself", copies, np.repeat(each[:1], 3, axis=0), ALONE),
    ):
        if case.design == "integers":
            must_be_exact(x, w)
            yield same_bits(got, wanted, label=label, source=source)
        else:
            yield to_rounding(got, wanted, got.call, label=label, source=source)
    if case.design == "integers":
        yield same_bits(y, exactly(x, w, **settings), label="the output itself", source=LITERAL)
    else:
        yield from rounding(y, label="the output itself")


def to_rounding(got: Outcome, wanted: np.ndarray, request: Call, *, label: str, source: str) -> Comparison:
    """Within what two computations of the sums of ``request`` may differ; the note says what the bits do."""
    arguments = dict(request.arguments)
    arrays = [arguments.pop(name) for name in ("x", "w", "b")]
    S, n = oracle.sizes(getattr(oracle, request.name), *arrays, **arguments)
    one = bounds.sums_of_products(S, n, wanted.dtype, flushed=None)
    found = within(got, wanted.astype(np.float64), bounds.two_libraries(one, one), label=label, source=source)
    if not found.row.made or found.row.shape:
        return found
    differ = got.value != wanted
    apart = bounds.ulp_distance(got.value[differ], wanted[differ])
    most = f", by {apart.max():g} ulp at most" if differ.any() else ""
    return found.but(note=f"the bits of {int(differ.sum())} of {differ.size} outputs differ{most}")


def _own_layer(case: Case, place):
    """The frameworks' layer objects, on integers."""
    x_shape, w_shape, _ = BATCHES[case.batch]
    x, w = case.integers("x", x_shape), case.integers("w", w_shape)
    order, kernel = own_layout(case.backend), transpose(w, "OIHW", own_order(case.backend))
    batches = (x, moved(x), *[x[[i]] for i in range(len(x))])
    found = yield [ask("own_conv_layer", x=transpose(a, "NCHW", order), w=kernel, **OWN_LAYER) for a in batches]
    y, other, *alone = [one.part("y").then(lambda y: transpose(y, order, "NCHW")) for one in found]
    wanted = exactly(x, w)
    yield same_bits(y, wanted, label="own layer, the batch", source=LITERAL)
    yield same_bits(other, place(wanted), label="own layer, in another order", source=LITERAL)
    together = alone[0].then(lambda _: np.concatenate([one.value for one in alone]))
    yield same_bits(together, wanted, label="own layer, each image alone", source=LITERAL)


class Batch(NamedTuple):
    """What kind of layer, how many images, and its sizes; a fully connected layer's are those of a 1 × 1 kernel on one pixel."""

    layer: str
    N: int
    Cin: int
    Cout: int
    H: int
    k: int


@functools.cache
def batches() -> list[Batch]:
    few, channels = (2, 3, 4), (1, 2, 4)
    convolutions = itertools.product(["convolution"], few, channels, (1, 2), (2, 3, 4, 8), (1, 2))
    connected = itertools.product(["fully connected"], few, (1, 2, 3, 4, 6, 8, 16, 32), channels, (1,), (1,))
    return sorted(
        (Batch(*p) for p in (*convolutions, *connected)), key=lambda p: (p.layer, math.prod(p[1:5]) * p.H * p.k**2)
    )


@batch_parallel.limit("bit for bit", backends=("numpy", "torch", "tensorflow"))
def _(case: Case):
    """On reals an image's output is not the same to the bit in a batch and alone: libraries choose by the size of the
    batch in what order they add. The search takes convolutions first, then fully connected layers; where they differ
    depends on library, dtype and processor.
    """

    def build(p: Batch) -> list[Call]:
        """The batch, and its first image alone."""
        x, w = case.reals("x", (p.N, p.Cin, p.H, p.H)), case.reals("w", (p.Cout, p.Cin, p.k, p.k))
        if p.layer == "convolution":
            return [layer(a, w) for a in (x, x[:1])]
        return [ask("fully_connected", x=a[..., 0, 0], w=w[..., 0, 0], b=None) for a in (x, x[:1])]

    def first(answers: list[Outcome]) -> tuple[Outcome, np.ndarray]:
        together, alone = answers
        return together.then(lambda y: y[:1]), alone.value

    def literal(answers: list[Outcome], p: Batch):
        return same_bits(*first(answers), label="the first image's output in the batch", source=ALONE)

    def instead(answers: list[Outcome], p: Batch):
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
def _(case: Case):
    """Batch norm in training mode couples the images of a batch: its mean and variance are the batch's, so one other
    image changes an image's output. Copies of the image do not, nor does any mate in inference mode.
    """
    points = [Mates(n, mates) for n in range(1, 5) for mates in (("copies", "others") if n > 1 else ("none",))]
    one, zero = np.ones(1, case.dtype), np.zeros(1, case.dtype)

    def images(p: Mates) -> np.ndarray:
        """One channel, two pixels: 1 3, then the same again, or −1 −3 and 1 3 in turn."""
        x = np.repeat(np.array([1, 3], case.dtype).reshape(1, 1, 1, 2), p.N, axis=0)
        if p.mates == "others":
            x[1::2] *= -1
        return x

    def training(x: np.ndarray) -> Call:
        return ask("batch_norm_training", x=x, gamma=one, beta=zero, epsilon=EPSILON)

    def build(p: Mates) -> list[Call]:
        x = images(p)
        return [training(x), *[training(x[[i]]) for i in range(p.N)]]

    def literal(answers: list[Outcome], p: Mates):
        together, *alone = (y.part(0) for y in answers)
        x = images(p)
        allowed = functools.partial(bounds.batch_norm_training, epsilon=EPSILON, formed="one pass")
        # Images that differ by sign alone have the same bound.
        batch, each = (allowed(a, one, zero, case.dtype)[0] for a in (x, x[:1]))
        wanted = np.concatenate([y.value for y in alone]).astype(np.float64)
        both = bounds.two_libraries(batch, each)
        return within(together, wanted, both, label="every image's output as alone", source=ALONE)

    def instead(answers: list[Outcome], p: Mates):
        return next(rounding(answers[0], label="normalised by the mean and variance of all images"))

    yield from smallest(points, build, literal, instead=instead, order="by N")
    x = images(Mates(2, "others"))
    given = {"gamma": one, "beta": zero, "mean": one, "variance": one, "epsilon": EPSILON}
    together, alone = yield [ask("batch_norm_inference", x=a, **given) for a in (x, x[:1])]
    kept = bounds.batch_norm_inference(x[:1], one, zero, one, one, case.dtype, epsilon=EPSILON)
    yield within(
        together.then(lambda y: y[:1]),
        alone.value.astype(np.float64),
        bounds.two_libraries(kept, kept),
        label="in inference mode, N = 2: the first image's output as alone",
        source=ALONE,
    )
