"""The lecture's section “Channels and batching for images”: collections of images, and channels at internal layers.

A minibatch of images is a collection of N images, a 4-dim tensor. At internal layers of a neural network, C can take other values.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from ....reference import oracle
from ....reference.samples import data
from ...language import Case, Outcome, Wrong, ask, claim, fact, happens, same_bits, same_shape, smallest
from ..convolution.flipping import PLAIN_2D, must_be_exact
from ..shared.photographs import exact_photograph
from . import mutants

# --- “A minibatch of images is a collection of N images, a 4-dim tensor.” -----------------------------------------------

LAYOUTS = {"channels, height, width": (3, 4, 5), "height, width, channels": (4, 5, 3), "all axes alike": (3, 3, 3)}


def first_axis(images: list[np.ndarray]) -> np.ndarray:
    """[N, …]: the n-th image is batch[n]."""
    batch = np.empty((len(images), *images[0].shape), images[0].dtype)
    for n, one in enumerate(images):
        batch[n] = one
    return batch


def last_axis(images: list[np.ndarray]) -> np.ndarray:
    """The mistake of [H, W, C, N]."""
    return np.ascontiguousarray(np.moveaxis(first_axis(images), 0, -1))


minibatch = claim(
    "tensors.minibatch",
    """
    A library stacks N images of three axes into one tensor of four, whose first axis is N whatever the order of the
    other three, and takes it apart again into the same images in the same order, every bit as it was.

    Scope: N = 1, 2, 3 and 7 images of one size and dtype, in the order C, H, W or H, W, C; random numbers and real
    digits; the library's own stacking, no axis named
    """,
    kind="exact",
    expected="verified",
    about=("torch", "tensorflow"),
    about_shapes=True,
    premises=("tensors.layouts",),
)


@minibatch.each(
    {f"{N} images, {name}": {"N": N, "size": size} for N in (1, 2, 3, 7) for name, size in LAYOUTS.items()}
    | {"16 digits": {"N": 16, "size": None}},
    wrongs={
        "N is the last axis": {"batched": last_axis},
        "stacked along the second axis": Wrong(
            operations={"stack": mutants.stacked_along_channels}, cases=("3 images, all axes alike",)
        ),
        "the last image first": Wrong(operations={"stack": mutants.stacked_from_the_last}, cases=("16 digits",)),
        "taken apart along the second axis": Wrong(
            operations={"take_apart": mutants.taken_apart_along_the_second_axis}, cases=("3 images, all axes alike",)
        ),
    },
)
def minibatch_cases(case: Case, *, batched=first_axis):
    if case.size is None:
        images = [digit.astype(case.dtype) for digit in data.stored_digits()[: case.N]]
    else:
        images = [case.reals(f"image {n}", case.size) for n in range(case.N)]
    y = yield ask("stack", images=images)
    yield fact(y.then(np.ndim), 4, label="axes", source="the lecture: a 4-dim tensor")
    yield same_bits(y, batched(images), label="the n-th image at [n]", source="the images themselves")
    parts = yield ask("take_apart", batch=first_axis(images))
    yield fact(parts.then(len), case.N, label="parts", source="N images")
    for n, one in enumerate(images):
        part = parts.part(n) if parts.kind != "value" or n < len(parts.value) else parts
        yield same_bits(part, one, label=f"image {n}", source="the image itself")


class TwoImages(NamedTuple):
    """Two gray images, H1 × W1 and H2 × W2."""

    H1: int
    W1: int
    H2: int
    W2: int


STACKING = {
    "numpy": "all input arrays must have the same shape",
    "tensorflow": "Shapes of all inputs must match",
    "torch": "stack expects each tensor to be equal size",
}
"""In what words a library refuses; of a backend that is not listed any words will do."""


@minibatch.limit("images of different sizes")
def _(case: Case):
    """Images of different sizes are no tensor: every library raises, the smallest time for an image of 1 × 1 and one
    of 1 × 2.
    """
    pairs = sorted((TwoImages(*sizes) for sizes in itertools.product((1, 2, 3), repeat=4)), key=sum)

    def build(p: TwoImages):
        return ask("stack", images=[np.ones((1, *size), case.dtype) for size in (p[:2], p[2:])])

    words = STACKING.get(case.backend, "")
    yield from smallest(
        pairs,
        build,
        lambda y, p: happens(y, "value", label="stacked", source="“a collection of N images, a 4-dim tensor”"),
        instead=lambda y, p: happens(y, "raised", label="refused", source="the library's own words", error=words),
        order="by H1 + W1 + H2 + W2",
    )


class Count(NamedTuple):
    """How many images."""

    N: int


@minibatch.limit("no images")
def _(case: Case):
    """N = 0 images are no minibatch: NumPy and PyTorch raise; TensorFlow returns a tensor of one axis, which has lost
    the size of the images.
    """

    def build(c: Count):
        return ask("stack", images=[np.ones((1, 2, 3), case.dtype)] * c.N)

    def literal(y: Outcome, c: Count):
        if y.kind == "value":
            return same_shape(y, (c.N, 1, 2, 3), label="N × 1 × 2 × 3", source="“a 4-dim tensor”")
        return happens(y, "value", label="stacked", source="“a 4-dim tensor”")

    def instead(y: Outcome, c: Count):
        if case.backend == "tensorflow":
            return same_shape(
                y, (0,), label="a tensor of one axis, with nothing in it", source="no image to take a size from"
            )
        words = {"numpy": "need at least one array", "torch": "stack expects a non-empty TensorList"}
        return happens(
            y, "raised", label="refused", source="the library's own words", error=words.get(case.backend, "")
        )

    yield from smallest([Count(n) for n in range(6)], build, literal, instead=instead, order="by N")


# --- “At internal layers of a neural network, C can take other values.” ---------------------------------------------------


class Layer(NamedTuple):
    """A convolution of K kernels on an image of C channels, H × W pixels."""

    C: int
    K: int
    H: int
    W: int


def number_of_kernels(layer: Layer) -> int:
    return layer.K


def of_the_image(layer: Layer) -> int:
    """The mistake: as many channels as the image has."""
    return layer.C


def kernels_times_channels(layer: Layer) -> int:
    """The mistake: one channel for each kernel and each channel of the image, as a depthwise convolution has."""
    return layer.C * layer.K


KERNEL = (2, 1)
LAYERS = {
    "every number of kernels to 40": [Layer(C, K, 2, 2) for C in (1, 3) for K in range(1, 41)],
    "every number of channels to 16": [Layer(C, K, 3, 2) for C in range(1, 17) for K in (1, 2, 5)],
    "one hundred and more": [Layer(1, 128, 2, 1), Layer(128, 1, 2, 1), Layer(3, 257, 2, 1)],
}


internal_channels = claim(
    "tensors.internal_channels",
    """
    After a convolution C is the number of its kernels, each output channel the work of the kernel of the same number,
    whatever C was before: for every number of kernels tried, and from layer to layer.

    Scope: K = 1 … 40, 128 and 257 kernels, C = 1 … 16 and 128 channels, without groups; a chain of four layers from a
    photograph's three channels; every bit of every value, on integers
    """,
    kind="exact",
    expected="verified",
    about_shapes=True,
    premises=("convolution.libraries_correlate", "tensors.layouts"),
)


@internal_channels.each(
    {name: {"layers": layers} for name, layers in LAYERS.items()} | {"a chain of layers": {"chain": (3, 8, 1, 5, 12)}},
    wrongs={
        "as many channels as the image has": {"count": of_the_image},
        "kernels times channels": {"count": kernels_times_channels},
        "every channel made by the first kernel": Wrong(
            operations={"cross_correlation2d": mutants.first_kernel_for_all}, cases=("every number of channels to 16",)
        ),
    },
)
def internal_channels_cases(case: Case, *, count=number_of_kernels):
    if "chain" in case.settings:
        yield from chain(case, count)
        return
    arrays = [
        (
            case.integers(f"x {layer}", (1, layer.C, layer.H, layer.W)),
            case.integers(f"w {layer}", (layer.K, layer.C, *KERNEL)),
        )
        for layer in case.layers
    ]
    outputs = yield [ask("cross_correlation2d", x=x, w=w, b=None, **PLAIN_2D) for x, w in arrays]
    for layer, (x, w), y in zip(case.layers, arrays, outputs, strict=True):
        yield judged(y, x, w, layer, count)


def chain(case: Case, count):
    """One layer after another, each on what the library gave before: C changes as the numbers of kernels say."""
    photograph = np.rint(exact_photograph("china.jpg")[:6, :6]).transpose(2, 0, 1)[None]
    x = (photograph - 128).astype(case.dtype)
    for C, K in itertools.pairwise(case.chain):
        w = case.integers(f"w {C} {K}", (K, C, 1, 1), -1, 1)
        y = yield ask("cross_correlation2d", x=x, w=w, b=None, **PLAIN_2D)
        yield judged(y, x, w, Layer(C, K, 6, 6), count)
        x = y.value


def judged(y: Outcome, x: np.ndarray, w: np.ndarray, layer: Layer, count):
    label = f"{layer.C} channels → {layer.K}"
    if count(layer) != layer.K:
        wanted = (1, count(layer), *[n - k + 1 for n, k in zip(x.shape[2:], w.shape[2:], strict=True)])
        return same_shape(y, wanted, label=label, source="the number of kernels")
    must_be_exact(x, w)
    exact = oracle.cross_correlation2d(x, w, None, **PLAIN_2D).astype(x.dtype)
    return same_bits(y, exact, label=label, source="the literal sum in Python integers")


class Groups(NamedTuple):
    """A convolution from Cin to Cout channels in groups."""

    Cin: int
    Cout: int
    groups: int


REFUSED = {
    "numpy": "expected a divisor of both channel counts",
    "tensorflow": "depth must be evenly divisible by",
    "torch": "Given groups=",
}


@internal_channels.limit("groups must divide both", backends=("numpy", "torch", "tensorflow"))
def _(case: Case):
    """With groups C cannot take any value: two groups cannot make three channels of two, nor two of three; each
    library raises. (SciPy has no channels and so no groups of its own.)
    """
    three = (1, 2, 3)
    points = [Groups(i, o, g) for i in three for o in three for g in three if g <= min(i, o)]
    points.sort(key=lambda p: (p.Cin * p.Cout * p.groups, p))

    def build(p: Groups):
        # TensorFlow infers the groups from the kernel, which has the channels of one of them.
        x, w = np.ones((1, p.Cin, 2, 2), case.dtype), np.ones((p.Cout, -(-p.Cin // p.groups), 1, 1), case.dtype)
        return ask("cross_correlation2d", x=x, w=w, b=None, **{**PLAIN_2D, "groups": p.groups})

    def refused(y: Outcome, p: Groups):
        label = f"{p.Cin} to {p.Cout} channels in {p.groups} groups are refused"
        return happens(y, "raised", label=label, source="the library's own words", error=REFUSED[case.backend])

    yield from smallest(
        points,
        build,
        lambda y, p: happens(y, "value", label="C is the number of kernels", source="“other values”"),
        instead=refused,
        order="by Cin·Cout·groups",
    )
    other = Groups(3, 2, 2)
    yield refused((yield build(other)), other)


class Kernels(NamedTuple):
    """The number of kernels."""

    K: int


@internal_channels.limit("no kernels", backends=("numpy", "scipy", "torch"))
def _(case: Case):
    """No kernels make no channels: NumPy's reference, SciPy and PyTorch refuse K = 0. (In TensorFlow it depends on
    the kernel that is chosen: oneDNN's refuses, the one of float64 returns a tensor without channels.)
    """

    def build(p: Kernels):
        return ask(
            "cross_correlation2d",
            x=np.ones((1, 2, 2, 2), case.dtype),
            w=np.ones((p.K, 2, 1, 1), case.dtype),
            b=None,
            **PLAIN_2D,
        )

    yield from smallest(
        [Kernels(k) for k in range(6)],
        build,
        lambda y, p: happens(y, "value", label="C is the number of kernels", source="“other values”"),
        instead=lambda y, p: happens(y, "raised", label="refused", source="nothing to compute"),
        order="by K",
    )
