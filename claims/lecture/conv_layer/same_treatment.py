"""The lecture's “features of [an] image in [the] top left should be treated the same as in [the] bottom right”."""

import functools
import itertools
from typing import NamedTuple

import numpy as np

from ....reference import bounds, oracle
from ....reference.samples import data
from ...language import Wrong, claim, fact, same_bits, smallest, within
from ..shared.convolution_mutants import KERNEL_FLIPPED, POSITION_DEPENDENT_KERNEL
from ..shared.exact import must_be_exact, numbered
from ..shared.geometry import LITERAL_SUM, PLAIN_2D, exact_layer, layer

CHANNELS, PATCH, IMAGE = 2, (3, 2), (6, 5)
PLACES = tuple(itertools.product(range(IMAGE[0] - PATCH[0] + 1), range(IMAGE[1] - PATCH[1] + 1)))
"""Every place of the patch's upper left corner at which it lies inside the image."""


def pasted(background, patch, places):
    """One image for each place: the same patch there, the same background round it."""
    images = np.repeat(background[None], len(places), axis=0)
    for image, (i, j) in zip(images, places, strict=True):
        image[:, i : i + patch.shape[1], j : j + patch.shape[2]] = patch
    return images


def at_the_place(place):
    return place


def mirrored(place):
    """The mistake of looking for it on the other side."""
    return place[0], IMAGE[1] - PATCH[1] - place[1]


def responses(y, at):
    """What every kernel answers at the place of each image: [places, Cout]."""
    return np.stack([one[:, i, j] for one, (i, j) in zip(y, at, strict=True)])


same_treatment = claim(
    "conv_layer.same_treatment",
    """
    The same patch gives the same responses wherever it lies in the image: at every place of it, the upper left and
    the lower right among them, every kernel answers with the inner product of kernel and patch.

    Instead: features of an image in the top left should be treated the same as in the bottom right, {away from the
    border|a feature cut by the edge} and {at stride 1|places that the stride leaves out}.

    Scope: without padding, stride 1, the patch as large as the kernel and inside the image; every place in an image
    of 6 × 5 pixels; bit for bit on integers and on a photograph's pixels, within the bound on reals

    Pictures: same treatment

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §9.2
    """,
    kind="exact + rounding",
    expected="verified",
    premises=("convolution.libraries_correlate", "conv_layer.equivariance"),
)


def border_dependent_bias(lib, x, w, b, **settings):
    """1 is added to the outputs at the border."""
    y = lib.cross_correlation2d(x, w, b, **settings)
    inner = np.pad(np.zeros([max(n - 2, 0) for n in y.shape[2:]], y.dtype), 1, constant_values=1)
    return y + inner[: y.shape[2], : y.shape[3]]


MISTAKES = {
    "a locally connected layer": POSITION_DEPENDENT_KERNEL,
    "a border-dependent bias": Wrong(operations={"cross_correlation2d": border_dependent_bias}),
    "the kernel flipped": KERNEL_FLIPPED,
    "looked for on the other side": {"where": mirrored},
}
SHAPES = {"background": (CHANNELS, *IMAGE), "patch": (CHANNELS, *PATCH), "w": (4, CHANNELS, *PATCH)}
LABEL = f"responses of 4 kernels at {len(PLACES)} places"


def at_every_place(x, w, where):
    """Returns what every kernel answers at the place of each image."""
    y = yield layer(x, w)
    return y.then(functools.partial(responses, at=[where(p) for p in PLACES]))


def to_the_patch_alone(patch, w):
    """Kernel · patch, once for each place: [places, Cout]."""
    alone = oracle.cross_correlation2d(patch[None], w, None, **PLAIN_2D)[0, :, 0, 0]
    return np.repeat(alone[None], len(PLACES), axis=0)


def photographed(case):
    """A background and a patch of two photographed pieces each."""
    luma = data.gray_photograph("china.jpg", rows=64).astype(case.dtype)
    background = np.stack([luma[40:46, 100:105], luma[40:46, 200:205]])
    return background, np.stack([luma[50:53, 300:302], luma[50:53, 400:402]])


def drawn(case):
    return case.integers("background", SHAPES["background"]), case.integers("patch", SHAPES["patch"])


@same_treatment.each({"integers": {"image": drawn}, "a photograph": {"image": photographed}}, wrongs=MISTAKES)
def bit_for_bit(case, *, where=at_the_place):
    (background, patch), w = case.image(case), case.integers("w", SHAPES["w"])
    x = pasted(background, patch, PLACES)
    must_be_exact(x, w)
    y = yield from at_every_place(x, w, where)
    wanted = to_the_patch_alone(patch, w).astype(case.dtype)
    yield same_bits(y, wanted, label=LABEL, source="kernel · patch, in Python integers")


@same_treatment.case("reals", wrongs=MISTAKES)
def to_rounding(case, *, where=at_the_place):
    background, patch, w = (case.reals(name, shape) for name, shape in SHAPES.items())
    y = yield from at_every_place(pasted(background, patch, PLACES), w, where)
    wanted = to_the_patch_alone(patch, w)
    sizes = oracle.sizes(oracle.cross_correlation2d, patch[None], w, None, **PLAIN_2D)
    S, n = (np.broadcast_to(a[0, :, 0, 0], wanted.shape) for a in sizes)
    bound = bounds.sums_of_products(S, n, case.dtype, flushed=None)
    yield within(y, wanted, bound, label=LABEL, source="kernel · patch, correctly rounded")


class AtTheEdge(NamedTuple):
    """A feature as large as the kernel, k × k, its centre in row i of the image."""

    k: int
    i: int


def feature(k):
    return numbered((k, k))


def cut_at_the_edge(p, dtype):
    """[1, 1, 7, 7] with the feature's centre in row i, column 3; what would lie above the image is lost."""
    reach = p.k // 2
    x = np.zeros((1, 1, 7 + 2 * reach, 7), dtype)
    x[0, 0, p.i : p.i + p.k, 3 - reach : 4 + reach] = feature(p.k)
    return np.ascontiguousarray(x[:, :, reach : 7 + reach])


@same_treatment.limit("a feature cut by the edge")
def _(case):
    """With zero padding a feature that reaches over the edge is treated otherwise than one inside: a 3 × 3 kernel
    sees two rows of the feature whose centre is in the first row. From the second row on it sees all.
    """
    points = [AtTheEdge(k, i) for k in (1, 3, 5) for i in range(4)]

    def build(p):
        reach = p.k // 2
        w = feature(p.k).astype(case.dtype).reshape(1, 1, p.k, p.k)
        return layer(cut_at_the_edge(p, case.dtype), w, padding=((reach, reach), (reach, reach)))

    def response(y, p):
        return y.then(lambda a: float(a[0, 0, p.i, 3]))

    def seen(p):
        return float((feature(p.k)[max(0, p.k // 2 - p.i) :] ** 2).sum())

    yield from smallest(
        points,
        build,
        lambda y, p: fact(
            response(y, p), float((feature(p.k) ** 2).sum()), label="response, as inside", source="kernel · feature"
        ),
        instead=lambda y, p: fact(
            response(y, p), seen(p), label="response to the rows that are left", source="kernel · what is left"
        ),
        order="by k, then by i",
    )


class Strided(NamedTuple):
    """A stride, and the row of the feature's first pixel."""

    s: int
    i: int


@same_treatment.limit("places that the stride leaves out")
def _(case):
    """With stride 2 no window of the kernel lies on a feature that begins in row 1: no output is the inner product
    with it. One row on it is seen as ever.
    """
    points = [Strided(s, i) for s in (1, 2, 3) for i in range(5)]
    w = np.array([1, 2], case.dtype).reshape(1, 1, 2, 1)

    def image(p):
        x = np.zeros((1, 1, 7, 1), case.dtype)
        x[0, 0, p.i : p.i + 2] = w[0, 0]
        return x

    def literal(y, p):
        answers = y.then(lambda a: bool((a == 5).any()))
        return fact(answers, True, label="some output is kernel · feature = 5", source="1² + 2²")

    yield from smallest(
        points,
        lambda p: layer(image(p), w, stride=(p.s, 1)),
        literal,
        instead=lambda y, p: same_bits(
            y, exact_layer(image(p), w, stride=(p.s, 1)), label="all outputs", source=LITERAL_SUM
        ),
        order="by s, then by i",
    )
