"""The lecture's section “Channels and batching for images”: channels behind a convolution.

At internal layers of a neural network, C can take other values.
"""

import itertools
from typing import NamedTuple

import numpy as np

from ...language import Wrong, claim, happens, same_bits, same_shape, smallest
from ..shared.geometry import LITERAL_SUM, exact_layer
from ..shared.geometry import layer as convolution
from ..shared.photographs import exact_photograph
from . import mutants


class Layer(NamedTuple):
    """A convolution of K kernels on an image of C channels, H × W pixels."""

    C: int
    K: int
    H: int
    W: int


def number_of_kernels(layer):
    return layer.K


def of_the_image(layer):
    """The mistake: as many channels as the image has."""
    return layer.C


def kernels_times_channels(layer):
    """The mistake: one channel for each kernel and each channel of the image, as a depthwise convolution has."""
    return layer.C * layer.K


KERNEL = (2, 1)
MOST_KERNELS, MOST_CHANNELS = 40, 16
"""Up to which every number is tried."""


internal_channels = claim(
    "tensors.internal_channels",
    """
    After a convolution C is the number of its kernels, each output channel the work of the kernel of the same number,
    whatever C was before: for every number of kernels tried, and from layer to layer.

    Instead: At internal layers of a neural network, C can take other values: {with groups, multiples of their
    number|groups must divide both}.

    Scope: K = 1 … 40, 128 and 257 kernels, C = 1 … 16 and 128 channels, without groups; a chain of four layers from a
    photograph's three channels; every bit of every value, on integers

    Pictures: channels
    """,
    kind="exact",
    expected="verified",
    about_shapes=True,
    premises=("convolution.libraries_correlate", "tensors.layouts"),
    ranges={"K": MOST_KERNELS, "C": MOST_CHANNELS},
)


WRONG_COUNTS = {
    "as many channels as the image has": {"count": of_the_image},
    "kernels times channels": {"count": kernels_times_channels},
}


@internal_channels.case(
    "one hundred and more", layers=[Layer(1, 128, 2, 1), Layer(128, 1, 2, 1), Layer(3, 257, 2, 1)], wrongs=WRONG_COUNTS
)
@internal_channels.case(
    f"every number of channels to {MOST_CHANNELS}",
    layers=[Layer(C, K, 3, 2) for C in range(1, MOST_CHANNELS + 1) for K in (1, 2, 5)],
    wrongs={
        **WRONG_COUNTS,
        "every channel made by the first kernel": Wrong(
            operations={"cross_correlation2d": mutants.first_kernel_for_all}
        ),
    },
)
@internal_channels.case(
    f"every number of kernels to {MOST_KERNELS}",
    layers=[Layer(C, K, 2, 2) for C in (1, 3) for K in range(1, MOST_KERNELS + 1)],
    wrongs=WRONG_COUNTS,
)
def single_layers(case, *, count=number_of_kernels):
    arrays = [
        (
            case.integers(f"x {layer}", (1, layer.C, layer.H, layer.W)),
            case.integers(f"w {layer}", (layer.K, layer.C, *KERNEL)),
        )
        for layer in case.layers
    ]
    outputs = yield [convolution(x, w) for x, w in arrays]
    for layer, (x, w), y in zip(case.layers, arrays, outputs, strict=True):
        yield judged(y, x, w, layer, count)


@internal_channels.case("a chain of layers", channels=(3, 8, 1, 5, 12), wrongs=WRONG_COUNTS)
def chain(case, *, count=number_of_kernels):
    """One layer after another, each on what the library gave before: C changes as the numbers of kernels say."""
    photograph = np.rint(exact_photograph("china.jpg")[:6, :6]).transpose(2, 0, 1)[None]
    x = (photograph - 128).astype(case.dtype)
    for C, K in itertools.pairwise(case.channels):
        w = case.integers(f"w {C} {K}", (K, C, 1, 1), -1, 1)
        y = yield convolution(x, w)
        yield judged(y, x, w, Layer(C, K, 6, 6), count)
        x = y.value


def judged(y, x, w, layer, count):
    label = f"{layer.C} channels → {layer.K}"
    if count(layer) != layer.K:
        wanted = (1, count(layer), *[n - k + 1 for n, k in zip(x.shape[2:], w.shape[2:], strict=True)])
        return same_shape(y, wanted, label=label, source="the number of kernels")
    return same_bits(y, exact_layer(x, w), label=label, source=LITERAL_SUM)


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
def _(case):
    """With groups C cannot take any value: two groups cannot make three channels of two, nor two of three; each
    library raises. (SciPy has no channels and so no groups of its own.)
    """
    three = (1, 2, 3)
    points = [Groups(i, o, g) for i in three for o in three for g in three if g <= min(i, o)]
    points.sort(key=lambda p: (p.Cin * p.Cout * p.groups, p))

    def build(p):
        # TensorFlow infers the groups from the kernel, which has the channels of one of them.
        x, w = np.ones((1, p.Cin, 2, 2), case.dtype), np.ones((p.Cout, -(-p.Cin // p.groups), 1, 1), case.dtype)
        return convolution(x, w, groups=p.groups)

    def refused(y, p):
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
def _(case):
    """No kernels make no channels: NumPy's reference, SciPy and PyTorch refuse K = 0. (In TensorFlow it depends on
    the kernel that is chosen: oneDNN's refuses, the one of float64 returns a tensor without channels.)
    """

    def build(p):
        x, w = np.ones((1, 2, 2, 2), case.dtype), np.ones((p.K, 2, 1, 1), case.dtype)
        return convolution(x, w)

    yield from smallest(
        [Kernels(k) for k in range(6)],
        build,
        lambda y, p: happens(y, "value", label="C is the number of kernels", source="“other values”"),
        instead=lambda y, p: happens(y, "raised", label="refused", source="nothing to compute"),
        order="by K",
    )
