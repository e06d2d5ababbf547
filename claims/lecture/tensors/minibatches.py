"""The lecture's section “Channels and batching for images”: collections of images.

A minibatch of images is a collection of N images, a 4-dim tensor.
"""

import itertools
from typing import Any, NamedTuple

import numpy as np

from ....reference.samples import data
from ...language import Wrong, ask, claim, fact, happens, same_bits, same_shape, smallest
from . import mutants


def first_axis(images):
    """[N, …]: the n-th image is batch[n]."""
    batch = np.empty((len(images), *images[0].shape), images[0].dtype)
    for n, one in enumerate(images):
        batch[n] = one
    return batch


def last_axis(images):
    """The mistake of [H, W, C, N]."""
    return np.ascontiguousarray(np.moveaxis(first_axis(images), 0, -1))


minibatch = claim(
    "tensors.minibatch",
    """
    A library stacks N images of three axes into one tensor of four, whose first axis is N whatever the order of the
    other three, and takes it apart again into the same images in the same order, every bit as it was.

    Instead: A minibatch of images is a collection of {N ≥ 1|no images} images {of one size|images of different sizes},
    a 4-dim tensor.

    Scope: N = 1, 2, 3 and 7 images of one size and dtype, in the order C, H, W or H, W, C; random numbers and real
    digits; the library's own stacking, no axis named

    Pictures: minibatch
    """,
    kind="exact",
    expected="verified",
    about=("torch", "tensorflow"),
    about_shapes=True,
    premises=("tensors.layouts",),
)


N_LAST: dict[str, Any] = {"N is the last axis": {"batched": last_axis}}
NUMBERS = (1, 2, 3, 7)


@minibatch.each(
    {
        f"{N} images, {name}": {"N": N, "size": size}
        for N in NUMBERS
        for name, size in (
            ("channels, height, width", (3, 4, 5)),
            ("height, width, channels", (4, 5, 3)),
            ("all axes alike", (3, 3, 3)),
        )
    },
    wrongs={
        **N_LAST,
        "stacked along the second axis": Wrong(
            operations={"stack": mutants.stacked_along_channels}, cases=("3 images, all axes alike",)
        ),
        "taken apart along the second axis": Wrong(
            operations={"take_apart": mutants.taken_apart_along_the_second_axis}, cases=("3 images, all axes alike",)
        ),
    },
)
def random_images(case, *, batched=first_axis):
    yield from stacked([case.reals(f"image {n}", case.size) for n in range(case.N)], batched)


@minibatch.case(
    "16 digits", wrongs={**N_LAST, "the last image first": Wrong(operations={"stack": mutants.stacked_from_the_last})}
)
def digits(case, *, batched=first_axis):
    yield from stacked([digit.astype(case.dtype) for digit in data.stored_digits()[:16]], batched)


def stacked(images, batched):
    """Into one tensor, and apart again."""
    y = yield ask("stack", images=images)
    yield fact(y.then(np.ndim), 4, label="axes", source="the lecture: a 4-dim tensor")
    yield same_bits(y, batched(images), label="the n-th image at [n]", source="the images themselves")
    parts = yield ask("take_apart", batch=first_axis(images))
    yield fact(parts.then(len), len(images), label="parts", source="N images")
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
def _(case):
    """Images of different sizes are no tensor: every library raises, the smallest time for an image of 1 × 1 and one
    of 1 × 2.
    """
    pairs = sorted((TwoImages(*sizes) for sizes in itertools.product((1, 2, 3), repeat=4)), key=sum)

    def build(p):
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
def _(case):
    """N = 0 images are no minibatch: NumPy and PyTorch raise; TensorFlow returns a tensor of one axis, which has lost
    the size of the images.
    """

    def build(c):
        return ask("stack", images=[np.ones((1, 2, 3), case.dtype)] * c.N)

    def literal(y, c):
        if y.kind == "value":
            return same_shape(y, (c.N, 1, 2, 3), label="N × 1 × 2 × 3", source="“a 4-dim tensor”")
        return happens(y, "value", label="stacked", source="“a 4-dim tensor”")

    def instead(y, c):
        if case.backend == "tensorflow":
            label, source = "a tensor of one axis, with nothing in it", "no image to take a size from"
            return same_shape(y, (0,), label=label, source=source)
        words = {"numpy": "need at least one array", "torch": "stack expects a non-empty TensorList"}
        error = words.get(case.backend, "")
        return happens(y, "raised", label="refused", source="the library's own words", error=error)

    yield from smallest([Count(n) for n in range(6)], build, literal, instead=instead, order="by N")
