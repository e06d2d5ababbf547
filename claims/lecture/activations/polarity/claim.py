"""The lecture's “absolute value rectification: used sometimes in object recognition in images [because it is insensitive to] image
reversal”: white for black.
"""

from __future__ import annotations

import types
from typing import Any, NamedTuple

import numpy as np

from .....reference import oracle
from .....reference.samples import data
from ....language import Case, Figure, Outcome, Wrong, ask, claim, fact, population, same_bits, smallest
from ....language.statistics import Gate
from ...conv_layer.detectors.claim import scene
from ...conv_layer.parameters import layer
from ...convolution.flipping import PLAIN_2D, must_be_exact
from ...tensors import mutants as mutants_images
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
LEVELS = {"digits": 16, "a photograph": 256}
"""An image's numbers are whole multiples of 1/levels, so that 1 − x is exact and every sum of them too."""


def sums_to_zero(w: np.ndarray) -> np.ndarray:
    return w


def does_not(w: np.ndarray) -> np.ndarray:
    """The mistake of taking any kernel: the middle tap is one more."""
    w = w.copy()
    w[:, 1, 1] += 1
    return w


def negated(x: np.ndarray) -> np.ndarray:
    """White for black about 0: −x."""
    return -x


def reversed_(x: np.ndarray) -> np.ndarray:
    """White for black in an image of numbers from 0 to 1: 1 − x."""
    return 1 - x


def mirrored_image(x: np.ndarray) -> np.ndarray:
    """The mistake of reading “reversal” as left for right."""
    return np.ascontiguousarray(x[..., ::-1])


def real_images(name: str, dtype: np.dtype) -> np.ndarray:
    if name == "digits":
        return (data.stored_digits()[:24] / LEVELS[name]).astype(dtype)
    return (scene()[:, :60] / LEVELS[name]).astype(dtype)[None, None]


def silent(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Where of two rectified features one is 0 or the other is."""
    return (a == 0) | (b == 0)


OVER_SEEDS = "over seeds"
FRAMEWORKS = ("torch", "tensorflow")
THERE: dict[str, Any] = {"cases": (OVER_SEEDS,), "backends": FRAMEWORKS, "dtypes": ("float64",)}
EXPERIMENTS = ("upright", "mixed", "random_filters", "polarity_as_label")


def relu_arm(measured: population.Measured) -> population.Measured:
    """The mistake of measuring the other arm: ReLU's numbers in the absolute value's place."""
    return population.in_place_of(measured, "upright", arm="relu", replaced="absolute")


def biased_arm(measured: population.Measured) -> population.Measured:
    """The mistake of leaving the bias in, as every library does unless told otherwise."""
    return population.in_place_of(measured, "upright", arm="absolute_biased", replaced="absolute")


def relu_learns_instead(lib, *, seeds, dtype):
    """``polarity_as_label`` in a library whose absolute value is ReLU."""

    def value_and_gradient(network: tuple[tuple[Any, ...], ...], *arguments: Any, **settings: Any):
        rectified = tuple(("relu",) if layer == ("absolute",) else layer for layer in network)
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
    {name: {} for name in LEVELS} | {OVER_SEEDS: {"backends": FRAMEWORKS, "dtypes": ("float64",)}},
    wrongs={
        "ReLU in the absolute value’s place": Wrong(
            operations={"absolute_value": mutants_images.relu_for_absolute_value}, cases=tuple(LEVELS)
        ),
        "the absolute value in ReLU’s place": Wrong(
            operations={"relu": mutants_images.absolute_value_for_relu}, cases=tuple(LEVELS)
        ),
        "a kernel that does not sum to zero": Wrong(says={"kernel": does_not}, cases=tuple(LEVELS)),
        "the mirror image": Wrong(says={"reversal": mirrored_image}, cases=tuple(LEVELS)),
        "arms exchanged": Wrong(says={"compare": population.exchanged}, **THERE),
        "ReLU’s numbers for |z|’s": Wrong(says={"arms": relu_arm}, **THERE),
        "the bias left in": Wrong(says={"arms": biased_arm}, **THERE),
        "a library whose |z| is ReLU": Wrong(operations={"polarity_as_label": relu_learns_instead}, **THERE),
    },
)
def polarity_cases(
    case: Case, *, kernel=sums_to_zero, reversal=reversed_, compare=population.as_measured, arms=population.as_they_ran
):
    if case.name == OVER_SEEDS:
        yield from recognition(case, compare, arms)
        return
    x, levels = real_images(case.name, case.dtype), LEVELS[case.name]
    w = kernel(ZERO_SUM).astype(case.dtype)[:, None]
    must_be_exact(x * levels, w)
    anything = case.integers("any kernel", (5, 1, 3, 3))
    must_be_exact(x * levels, anything)
    features = yield [layer(image, k) for k in (w, anything) for image in (x, reversal(x), negated(x))]
    z, z_reversed, _, any_z, _, any_negated = (f.value for f in features)

    absolute = yield [ask("absolute_value", x=a) for a in (z, z_reversed, any_z, any_negated)]
    size, size_reversed, any_size, any_size_negated = absolute
    exact = oracle.cross_correlation2d(x, anything, None, **PLAIN_2D)
    both = (("x", any_size), ("−x", any_size_negated))
    for name, got in both:
        yield same_bits(got, np.abs(exact).astype(case.dtype), label=f"|w · ({name})|, any kernel", source=LITERAL)
    exact = np.abs(oracle.cross_correlation2d(x, w, None, **PLAIN_2D)).astype(case.dtype)
    for name, got in (("x", size), ("1 − x", size_reversed)):
        yield same_bits(got, exact, label=f"|w · ({name})|, kernels that sum to zero", source=LITERAL)

    relu, relu_reversed = yield [ask("relu", x=a) for a in (z, z_reversed)]
    quiet = relu.then(lambda a: silent(a, relu_reversed.value))
    yield same_bits(
        quiet, np.ones(z.shape, bool), label="ReLU: silent to one of the two", source="w · (1 − x) = −w · x"
    )
    together = relu.then(lambda a: a + relu_reversed.value)
    yield same_bits(together, exact, label="ReLU(w · x) + ReLU(w · (1 − x)) = |w · x|", source=LITERAL)


def recognition(case: Case, compare: population.Compare, arms: population.Arms):
    """Networks that are trained on upright digits and shown their negatives; gates on the population, and what is exact to the bit."""
    study = yield from population.study(case, design, EXPERIMENTS, compare=compare, arms=arms)
    upright, mixed, label = (study.outcomes[name] for name in ("upright", "mixed", "polarity_as_label"))
    yield fact(
        upright.then(lambda m: arms({"upright": m})["upright"]["alike.absolute"].tolist()),
        [1.0] * _count(upright),
        label="|z|: the fraction of the logits that are the same, bit for bit, for an image and its negative, by seed",
        source="w · (−x) = −w · x",
    )
    told_apart = mixed.then(
        lambda m: int((m[f"loss.absolute_{design.FILTERS}"] != upright.value["loss.absolute"]).sum())
    )
    yield fact(
        told_apart,
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
    yield from population.trajectories(case, design, "upright", study.outcomes)
    if upright.kind == "value":
        yield Figure("inverted_images", picture(upright.value))


def _count(found: Outcome) -> int:
    """Of the seeds."""
    return len(found.value["loss.absolute"][0]) if found.kind == "value" else 0


NAMES = {
    "absolute": "|z|",
    "relu": "ReLU",
    "absolute_biased": "|z|, with a bias",
    "absolute_uncentred": "|z|, images not centred",
}


def picture(found: dict[str, Any]) -> dict[str, Any]:
    """Accuracy seed by seed on the held-out digits and on their negatives; and one of the digits with its negative."""
    arms = [
        {"name": name, "upright": found[f"upright.{arm}"], "inverted": found[f"inverted.{arm}"]}
        for arm, name in NAMES.items()
    ]
    shown = data.stored_digits()[0, 0] / LEVELS["digits"]
    return {
        "arms": arms,
        "chance": 0.1,
        "pictures": [shown, 1 - shown],
        "note": "Trained on upright digits alone. Each digit is centred to mean 0, which "
        "makes its negative −x; “not centred” are numbers from 0 to 1, with the negative 1 − x.",
    }


class Kernel(NamedTuple):
    """A kernel of two taps."""

    w1: int
    w2: int


BLACK_AND_WHITE = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
"""Every image of two pixels, 0 black and 1 white."""


@polarity.limit("kernels that do not sum to zero")
def _(case: Case):
    """|w · (1 − x)| is |Σw − w · x|: for a kernel that does not sum to zero the reversal of an image shows. The
    smallest is a single tap of 1; (1, −1), which sums to zero, is insensitive.
    """
    x = BLACK_AND_WHITE.astype(case.dtype).reshape(4, 1, 1, 2)
    taps = (-2, -1, 0, 1, 2)
    kernels = [Kernel(a, b) for a in taps for b in taps if (a, b) != (0, 0)]
    kernels.sort(key=lambda k: (abs(k.w1) + abs(k.w2), -k.w1, -k.w2))

    def size(of: np.ndarray) -> np.ndarray:
        return np.abs(of).reshape(4, 1, 1, 1).astype(case.dtype)

    def literal(y: Outcome, k: Kernel):
        return same_bits(
            y, size(BLACK_AND_WHITE @ k), label="|w · (1 − x)| = |w · x|", source="“insensitive to image reversal”"
        )

    def instead(y: Outcome, k: Kernel):
        return same_bits(
            y, size(sum(k) - BLACK_AND_WHITE @ k), label="|w · (1 − x)| = |Σw − w · x|", source="the formula"
        )

    yield from smallest(
        kernels,
        lambda k: ask(rectified, x=1 - x, w=_taps(k, case), b=None),
        literal,
        instead=instead,
        order="by |w1| + |w2|",
    )


def _taps(k: Kernel, case: Case) -> np.ndarray:
    return np.array(k, case.dtype).reshape(1, 1, 1, 2)


def rectified(lib, *, x, w, b):
    """Runs in the worker: |w · x + b|."""
    return lib.absolute_value(lib.cross_correlation2d(x, w, b, **PLAIN_2D))


class Bias(NamedTuple):
    """A bias."""

    b: int


@polarity.limit("a bias")
def _(case: Case):
    """With a bias b it is |b − w · x| that −x gives, not |b + w · x|: already with b = 1."""
    x = BLACK_AND_WHITE.astype(case.dtype).reshape(4, 1, 1, 2)
    z = BLACK_AND_WHITE @ (1, -1)

    def size(of: np.ndarray) -> np.ndarray:
        return np.abs(of).reshape(4, 1, 1, 1).astype(case.dtype)

    yield from smallest(
        [Bias(b) for b in range(5)],
        lambda p: ask(rectified, x=-x, w=_taps(Kernel(1, -1), case), b=np.array([p.b], case.dtype)),
        lambda y, p: same_bits(
            y, size(z + p.b), label="|w · (−x) + b| = |w · x + b|", source="“insensitive to image reversal”"
        ),
        instead=lambda y, p: same_bits(y, size(p.b - z), label="|w · (−x) + b| = |b − w · x|", source="the formula"),
        order="by b",
    )


def _limit(
    name: str, *, says: str, effect: str, literal: str, side: str, bound: float, as_worded: bool = False
) -> None:
    """A limit over seeds: the sentence as worded fails on both sets of seeds."""
    stated = Gate(literal, effect, side, (bound,))
    population.limit(polarity, design, name, says=says, stated=stated, as_worded=as_worded)


_limit(
    "images that are not centred",
    says="With images of numbers from 0 to 1, as they are stored, a network with |z| recognises their negatives 1 − x no better than one "
    "with ReLU does. Learned kernels do not sum to zero. Insensitive it is to −x, so the images have to be centred first.",
    effect=gates.UNCENTRED.name,
    literal="the negative 1 − x is recognised as well as x, to within ten points",
    side="below",
    bound=0.1,
    as_worded=True,
)
_limit(
    "a bias that is learned",
    says="With a bias in the convolution, as libraries have it unless told otherwise, learning uses it, and the negatives are recognised worse.",
    effect=gates.BIAS.name,
    literal="negatives are recognised as well with a bias, to within two points",
    side="below",
    bound=0.02,
)
_limit(
    "where the polarity matters",
    says="What is insensitive cannot tell: where the label is the polarity itself, a network with |z| is right exactly half of the time, and one with "
    "ReLU nearly always.",
    effect=gates.TOLD.name,
    literal="|z| does as well as ReLU, to within ten points",
    side="below",
    bound=0.1,
)
_limit(
    "it is no gain on upright images",
    says="With random filters, of which only the classifier is learned, |z| gains no ten points over ReLU on upright images: the insensitivity is a "
    "property, not a gain in accuracy.",
    effect=gates.RANDOM.name,
    literal="with random filters |z| is better on upright images by ten points",
    side="above",
    bound=0.1,
)
