"""The lecture's “absolute value rectification: used sometimes in object recognition in images [because it is insensitive to] image
reversal”: white for black.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ....reference import data, oracle
from ...engine import Case, Outcome, Wrong, ask, claim, same_bits, smallest
from ..conv_layer.detectors import scene
from ..conv_layer.parameters import layer
from ..convolution.flipping import PLAIN_2D, must_be_exact
from ..tensors import mutants as mutants_images

LITERAL = "the literal sum, exact"
ZERO_SUM = np.array(
    [[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], [[1, 1, 1], [0, 0, 0], [-1, -1, -1]], [[0, -1, 0], [-1, 4, -1], [0, -1, 0]],
     [[0, 2, -1], [3, -4, 0], [-2, 1, 1]]]
)  # fmt: skip
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


@claim(
    "activations.polarity",
    statement="|w · x| is the same for x and −x, for every kernel w; and the same for an image x and its reversal 1 − x, for every kernel that "
    "sums to zero. Rectified by ReLU the feature does not survive the reversal: where it answers to one of the two it is silent to the other, "
    "and the two together are |w · x|.",
    scope="real 8 × 8 digits and a part of a photograph, numbers from 0 to 1 in steps of 1/16 and 1/256; 3 × 3 kernels of whole numbers, no bias; "
    "bit for bit. That recognition with |z| is insensitive to reversal is still to be tested.",
    kind="exact + statistical",
    expected="inconclusive",
    premises=("activations.absolute_value", "convolution.libraries_correlate"),
    cases={name: {} for name in LEVELS},
    wrongs={
        "ReLU in the absolute value’s place": Wrong(operations={"absolute_value": mutants_images.relu_for_absolute_value}),
        "the absolute value in ReLU’s place": Wrong(operations={"relu": mutants_images.absolute_value_for_relu}),
        "a kernel that does not sum to zero": {"kernel": does_not},
        "the mirror image": {"reversal": mirrored_image},
    },
    sources=("Jarrett, Kavukcuoglu, Ranzato, LeCun (2009), ICCV, What is the best multi-stage architecture for object recognition?",
             "Goodfellow, Bengio, Courville (2016), Deep Learning, §6.3.1"),
    notes="The statistical part, recognition of reversed digits with |z| against ReLU, is still to come.",
)  # fmt: skip
def polarity(case: Case, *, kernel=sums_to_zero, reversal=reversed_):
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


class Kernel(NamedTuple):
    """A kernel of two taps."""

    w1: int
    w2: int


BLACK_AND_WHITE = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
"""Every image of two pixels, 0 black and 1 white."""


@polarity.limit(
    "kernels that do not sum to zero",
    says="|w · (1 − x)| is |Σw − w · x|: for a kernel that does not sum to zero the reversal of an image shows. The smallest is a single tap of "
    "1; (1, −1), which sums to zero, is insensitive.",
)
def _(case: Case):
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

    yield from smallest(kernels, lambda k: ask(rectified, x=1 - x, w=_taps(k, case), b=None), literal, instead=instead,
                        order="by |w1| + |w2|")  # fmt: skip


def _taps(k: Kernel, case: Case) -> np.ndarray:
    return np.array(k, case.dtype).reshape(1, 1, 1, 2)


def rectified(lib, *, x, w, b):
    """Runs in the worker: |w · x + b|."""
    return lib.absolute_value(lib.cross_correlation2d(x, w, b, **PLAIN_2D))


class Bias(NamedTuple):
    """A bias."""

    b: int


@polarity.limit(
    "a bias",
    says="With a bias b it is |b − w · x| that −x gives, not |b + w · x|: already with b = 1.",
)
def _(case: Case):
    x = BLACK_AND_WHITE.astype(case.dtype).reshape(4, 1, 1, 2)
    z = BLACK_AND_WHITE @ (1, -1)

    def size(of: np.ndarray) -> np.ndarray:
        return np.abs(of).reshape(4, 1, 1, 1).astype(case.dtype)

    yield from smallest(
        [Bias(b) for b in range(5)],
        lambda p: ask(rectified, x=-x, w=_taps(Kernel(1, -1), case), b=np.array([p.b], case.dtype)),
        lambda y, p: same_bits(y, size(z + p.b), label="|w · (−x) + b| = |w · x + b|", source="“insensitive to image reversal”"),
        instead=lambda y, p: same_bits(y, size(p.b - z), label="|w · (−x) + b| = |b − w · x|", source="the formula"),
        order="by b",
    )  # fmt: skip
