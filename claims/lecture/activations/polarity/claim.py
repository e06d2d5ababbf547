"""The lecture's “absolute value rectification: used sometimes in object recognition in images [because it is insensitive to] image
reversal”: white for black.
"""

import types
from typing import NamedTuple

import numpy as np

from .....reference.libraries import FRAMEWORKS
from .....reference.networks.notation import make_layer
from .....reference.samples import data
from ....language import Figure, Wrong, ask, claim, fact, population, same_bits, smallest
from ....language.prose import line
from ...shared.geometry import PLAIN_2D, exact_layer, layer
from ...shared.photographs import scene
from ...shared.wrongs import arm_for_arm
from .. import mutants
from . import design, gates

LITERAL = "the literal sum, exact"
ZERO_SUM = np.array(
    [
        [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
        [[1, 1, 1], [0, 0, 0], [-1, -1, -1]],
        [[0, -1, 0], [-1, 4, -1], [0, -1, 0]],
        [[0, 2, -1], [3, -4, 0], [-2, 1, 1]],
    ]
)
"""Sobel, Prewitt, Laplace, and one without any symmetry: each sums to 0."""
LEVELS_OF_DIGITS = 16


def sums_to_zero(w):
    return w


def does_not(w):
    """The mistake of taking any kernel: the middle tap is one more."""
    w = w.copy()
    w[:, 1, 1] += 1
    return w


def reversed_(x):
    """White for black in an image of numbers from 0 to 1: 1 − x."""
    return 1 - x


def mirrored_image(x):
    """The mistake of reading “reversal” as left for right."""
    return np.ascontiguousarray(x[..., ::-1])


def digits():
    return data.stored_digits()[:24]


def part_of_a_photograph():
    return scene()[None, None, :, :60]


def relu_learns_instead(lib, *, seeds, dtype):
    """``polarity_as_label`` in a library whose absolute value is ReLU."""

    def value_and_gradient(network, *arguments, **settings):
        rectified = tuple(make_layer("relu") if one["kind"] == "absolute_value" else one for one in network)
        return lib.value_and_gradient(rectified, *arguments, **settings)

    other = types.SimpleNamespace(__name__=lib.__name__, value_and_gradient=value_and_gradient)
    return design.polarity_as_label(other, seeds=seeds, dtype=dtype)


polarity = claim(
    "activations.polarity",
    """
    |w · x| is the same for x and −x, for every kernel w; and the same for an image x and its reversal 1 − x, for
    every kernel that sums to zero. Rectified by ReLU the feature does not survive the reversal: where it answers to
    one of the two it is silent to the other, and the two together are |w · x|. Trained on upright digits alone, a
    network with |z| gives the negatives the very same logits and recognises them as well; with ReLU it does not
    recognise them, while on the upright digits the two differ by less than twenty points.

    Instead: Used sometimes in object recognition in images because it is insensitive to image reversal {in
    brightness, not from left to right|a mirrored image}, {of centred images|images that are not centred} and {without
    a bias|a bias}.

    Scope: exact part: real 8 × 8 digits and a part of a photograph, numbers from 0 to 1 in steps of 1/16 and 1/256; 3
    × 3 kernels of whole numbers, no bias; bit for bit. Recognition: digits, each centred to mean 0, whose negative is
    −x; 3 × 3 convolution to 8 channels without a bias, |z| or ReLU, averages over 3 × 3, linear; 120 steps of 64
    images. That such networks were used, and for this reason, is for the sources to report; what is tested is whether
    the reason holds

    Finding: of inverted images |z| recognises {|z| recognises inverted images}, ReLU {ReLU does not recognise them}

    Notes: The insensitivity is a property of the network, not a gain in accuracy: a network with |z| cannot tell an
    image from its negative where that is the task, and with eight learned filters and images of both polarities to
    learn from ReLU comes within twenty-five points of it; with two |z| is better. Whether it gains less with eight
    filters than with two, ten seeds do not decide.

    Sources:
    - Jarrett, Kavukcuoglu, Ranzato, LeCun (2009), ICCV, What is the best multi-stage architecture for object
      recognition?
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §6.3.1
    """,
    kind="exact + statistical",
    expected="supported",
    premises=("activations.absolute_value", "convolution.libraries_correlate"),
)


@polarity.each(
    {
        "digits": {"images": digits, "levels": LEVELS_OF_DIGITS},
        "a photograph": {"images": part_of_a_photograph, "levels": 256},
    },
    wrongs={
        "ReLU in the absolute value’s place": Wrong(operations={"absolute_value": mutants.relu_for_absolute_value}),
        "the absolute value in ReLU’s place": Wrong(operations={"relu": mutants.absolute_value_for_relu}),
        "a kernel that does not sum to zero": {"kernel": does_not},
        "the mirror image": {"reversal": mirrored_image},
    },
)
def exact_features(case, *, kernel=sums_to_zero, reversal=reversed_):
    """An image's numbers are whole multiples of 1/levels, so that 1 − x is exact and every sum of them too."""
    whole = case.images().astype(case.dtype)
    x = whole / case.levels
    w = kernel(ZERO_SUM).astype(case.dtype)[:, None]
    anything = case.integers("any kernel", (5, 1, 3, 3))
    given = ((x, w), (reversal(x), w), (x, anything), (-x, anything))
    features = yield [layer(image, kernels) for image, kernels in given]
    z, z_reversed = (feature.value for feature in features[:2])

    size, size_reversed, *any_sizes = yield [ask("absolute_value", x=feature.value) for feature in features]
    exact = np.abs(exact_layer(whole, anything)) / case.levels
    for name, got in zip(("x", "−x"), any_sizes, strict=True):
        yield same_bits(got, exact, label=f"|w · ({name})|, any kernel", source=LITERAL)
    exact = np.abs(exact_layer(whole, w)) / case.levels
    for name, got in (("x", size), ("1 − x", size_reversed)):
        yield same_bits(got, exact, label=f"|w · ({name})|, kernels that sum to zero", source=LITERAL)

    relu, relu_reversed = yield [ask("relu", x=a) for a in (z, z_reversed)]
    silent = relu.then(lambda a: (a == 0) | (relu_reversed.value == 0))
    label = "ReLU: silent to one of the two"
    yield same_bits(silent, np.ones(z.shape, bool), label=label, source="w · (1 − x) = −w · x")
    together = relu.then(lambda a: a + relu_reversed.value)
    yield same_bits(together, exact, label="ReLU(w · x) + ReLU(w · (1 − x)) = |w · x|", source=LITERAL)


EXPERIMENTS = ("upright", "mixed", "random_filters", "polarity_as_label")


@polarity.case(
    "over seeds",
    backends=FRAMEWORKS,
    dtypes=("float64",),
    wrongs={
        "arms exchanged": {"compare": population.exchanged},
        "ReLU’s numbers for |z|’s": arm_for_arm("upright", "relu", replaced="absolute"),
        "the bias left in": arm_for_arm("upright", "absolute_biased", replaced="absolute"),
        "a library whose |z| is ReLU": Wrong(operations={"polarity_as_label": relu_learns_instead}),
    },
)
def recognition(case, *, compare=population.as_measured, arms=population.as_they_ran):
    """Networks that are trained on upright digits and shown their negatives; gates on the population, and what is exact to the bit."""
    study = yield from population.study(case, design, EXPERIMENTS, compare=compare, arms=arms, followed="upright")
    upright, mixed, label = (study.outcomes[name] for name in ("upright", "mixed", "polarity_as_label"))
    yield fact(
        upright.then(lambda m: arms({"upright": m})["upright"]["alike.absolute"].tolist()),
        [1.0] * _count(upright),
        label="|z|: the fraction of the logits that are the same, bit for bit, for an image and its negative, by seed",
        source="w · (−x) = −w · x",
    )
    with_negatives = f"loss.absolute_{design.FILTERS}"
    yield fact(
        mixed.then(lambda m: int((m[with_negatives] != upright.value["loss.absolute"]).sum())),
        0,
        label="|z|: steps at which training with negatives among the images has another loss",
        source="|z| and its gradient are the same",
    )
    yield fact(
        label.then(lambda m: m["accuracy.absolute"].tolist()),
        [0.5] * _count(label),
        label="|z|: accuracy where the label is the polarity, by seed",
        source="one and the same answer for an image and its negative: right once in two",
    )
    if upright.kind == "value":
        yield Figure("inverted_images", picture(upright.value))


def _count(measured):
    """Of the seeds."""
    return len(measured.value["loss.absolute"][0]) if measured.kind == "value" else 0


NAMES = {
    "absolute": "|z|",
    "relu": "ReLU",
    "absolute_biased": "|z|, with a bias",
    "absolute_uncentred": "|z|, images not centred",
}


def picture(measured):
    """Accuracy seed by seed on the held-out digits and on their negatives; and one of the digits with its negative."""
    arms = [
        {"name": name, "upright": measured[f"upright.{arm}"], "inverted": measured[f"inverted.{arm}"]}
        for arm, name in NAMES.items()
    ]
    shown = data.stored_digits()[0, 0] / LEVELS_OF_DIGITS
    return {
        "arms": arms,
        "chance": 0.1,
        "pictures": [shown, 1 - shown],
        "note": line(
            """
            Trained on upright digits alone. Each digit is centred to mean 0, which makes its negative −x; “not centred”
            are numbers from 0 to 1, with the negative 1 − x.
            """
        ),
    }


class Kernel(NamedTuple):
    """A kernel of two taps."""

    w1: int
    w2: int


BLACK_AND_WHITE = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
"""Every image of two pixels, 0 black and 1 white."""
INSENSITIVE = "“insensitive to image reversal”"


def pairs(of, case):
    """Images or kernels of two numbers, [N, 1, 1, 2]."""
    return np.asarray(of, case.dtype).reshape(-1, 1, 1, 2)


def sizes(of, case):
    """The absolute value of the one feature of each image, [4, 1, 1, 1]."""
    return np.abs(of).reshape(4, 1, 1, 1).astype(case.dtype)


@polarity.limit("kernels that do not sum to zero")
def _(case):
    """|w · (1 − x)| is |Σw − w · x|: for a kernel that does not sum to zero the reversal of an image shows. The
    smallest is a single tap of 1; (1, −1), which sums to zero, is insensitive.
    """
    x = pairs(BLACK_AND_WHITE, case)
    taps = (-2, -1, 0, 1, 2)
    kernels = [Kernel(a, b) for a in taps for b in taps if (a, b) != (0, 0)]
    kernels.sort(key=lambda k: (abs(k.w1) + abs(k.w2), -k.w1, -k.w2))

    def literal(y, k):
        wanted = sizes(BLACK_AND_WHITE @ k, case)
        return same_bits(y, wanted, label="|w · (1 − x)| = |w · x|", source=INSENSITIVE)

    def instead(y, k):
        wanted = sizes(sum(k) - BLACK_AND_WHITE @ k, case)
        return same_bits(y, wanted, label="|w · (1 − x)| = |Σw − w · x|", source="the formula")

    def build(k):
        return ask(rectified, x=1 - x, w=pairs(k, case), b=None)

    yield from smallest(kernels, build, literal, instead=instead, order="by |w1| + |w2|")


@polarity.limit("a mirrored image", backends=FRAMEWORKS, dtypes=("float32",), as_worded=True)
def _(case):
    """An image reversed from left to right is another image to |z| as well: only a kernel that is its own mirror image,
    but for its sign, cannot tell. A single tap tells.
    """
    kernels = sorted((Kernel(a, b) for a in (1, 2) for b in range(-a, a + 1)), key=lambda k: abs(k.w1) + abs(k.w2))

    def literal(y, k):
        return same_bits(
            y, sizes(BLACK_AND_WHITE @ k, case), label="|w · mirrored x| = |w · x|", source="the lecture, as worded"
        )

    def instead(y, k):
        wanted = sizes(BLACK_AND_WHITE @ k[::-1], case)
        return same_bits(y, wanted, label="|w · mirrored x| = |mirrored w · x|", source="the same sum, read backwards")

    def build(k):
        return ask(rectified, x=pairs(BLACK_AND_WHITE[:, ::-1], case), w=pairs(k, case), b=None)

    yield from smallest(kernels, build, literal, instead=instead, order="by |w1| + |w2|")


def rectified(lib, *, x, w, b):
    """Runs in the worker: |w · x + b|."""
    return lib.absolute_value(lib.cross_correlation2d(x, w, b, **PLAIN_2D))


class Bias(NamedTuple):
    """A bias."""

    b: int


@polarity.limit("a bias")
def _(case):
    """With a bias b it is |b − w · x| that −x gives, not |b + w · x|: already with b = 1."""
    x = pairs(BLACK_AND_WHITE, case)
    z = BLACK_AND_WHITE @ (1, -1)

    def literal(y, p):
        return same_bits(y, sizes(z + p.b, case), label="|w · (−x) + b| = |w · x + b|", source=INSENSITIVE)

    def instead(y, p):
        return same_bits(y, sizes(p.b - z, case), label="|w · (−x) + b| = |b − w · x|", source="the formula")

    def build(p):
        return ask(rectified, x=-x, w=pairs((1, -1), case), b=np.array([p.b], case.dtype))

    yield from smallest([Bias(b) for b in range(5)], build, literal, instead=instead, order="by b")


population.limit(
    polarity,
    design,
    "images that are not centred",
    """
    With images of numbers from 0 to 1, as they are stored, a network with |z| recognises their negatives 1 − x no
    better than one with ReLU does. Learned kernels do not sum to zero. Insensitive it is to −x, so the images have to
    be centred first.
    """,
    gates.UNCENTRED.below(0.1, "the negative 1 − x is recognised as well as x, to within ten points"),
    as_worded=True,
)
population.limit(
    polarity,
    design,
    "a bias that is learned",
    """
    With a bias in the convolution, as libraries have it unless told otherwise, learning uses it, and the negatives
    are recognised worse.
    """,
    gates.BIAS.below(0.02, "negatives are recognised as well with a bias, to within two points"),
)
population.limit(
    polarity,
    design,
    "where the polarity matters",
    """
    What is insensitive cannot tell: where the label is the polarity itself, a network with |z| is right exactly half
    of the time, and one with ReLU nearly always.
    """,
    gates.TOLD.below(0.1, "|z| does as well as ReLU, to within ten points"),
)
population.limit(
    polarity,
    design,
    "it is no gain on upright images",
    """
    With random filters, of which only the classifier is learned, |z| gains no ten points over ReLU on upright images:
    the insensitivity is a property, not a gain in accuracy.
    """,
    gates.RANDOM.above(0.1, "with random filters |z| is better on upright images by ten points"),
)
