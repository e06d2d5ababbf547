"""The lecture's section “Neural networks in the context of classification”: an image becomes a probability distribution."""

import math
from typing import NamedTuple

import numpy as np

from ....reference import bounds, oracle
from ....reference.libraries import FRAMEWORKS
from ...language import ask, claim, edge, fact, rounding, same_bits, smallest, within
from ..shared.wrongs import another, mistaken
from . import mutants
from .layers import CLASSES, PADDED, classifier, held_out, is_classifier, through

OVERFLOWS = {"float32": 89.0, "float64": 710.0}
"""exp of this is beyond the largest number of the format."""
SURE = {"float32": 300.0, "float64": 2400.0}
"""By how much the last layer's weights are enlarged, so that some logits lie beyond OVERFLOWS."""


distribution = claim(
    "network.distribution",
    """
    A network of the lecture's components gives, from the same weights and the same real images, the same numbers on
    every library: none is negative, and those of an image sum to one. It does so too where exp of a logit would
    overflow.

    Instead: A neural network {with a softmax at its end|no softmax at the end} is a function that maps an image to a
    probability distribution over a known set of classes/categories, {as long as no logit is infinite|a logit of +∞}
    or {NaN|a logit that is NaN}.

    Scope: to within the rounding of each operation, carried through the network; logits are numbers: neither infinite
    nor NaN; probabilities may be exactly 0

    Notes: Whether the distribution is a good one is another matter: these weights are drawn at random
    (network.learned_parameters).

    Pictures: softmax

    Sources:
    - Goodfellow, Bengio, Courville (2016), §6.2.2.3
    - Blanchard, Higham, Higham (2021), IMA J. Numer. Anal. 41(4): softmax, shifted
    """,
    kind="rounding",
    expected="verified",
    premises=("network.component_parity",),
)


MISTAKEN_SOFTMAX = {
    "softmax over the wrong axis": mistaken("other axis", "softmax"),
    "a logistic for each class": mistaken("logistic for softmax", "softmax", needs=("logistic",)),
    "exponentials not normalised": another("softmax", mutants.exponentials_not_normalised),
    "the sum of the logits as divisor": another("softmax", mutants.sum_of_logits_as_divisor),
}
OVERFLOWING = {"no maximum subtracted": another("softmax", mutants.no_maximum_subtracted)}


@distribution.case(
    "a small network",
    wrongs=MISTAKEN_SOFTMAX
    | {"the bias left out": mistaken("bias forgotten", "cross_correlation2d", needs=("batch_norm_inference",))},
)
def a_small_network(case):
    yield from classified(case, scale=1.0)


@distribution.case("a network sure of itself", wrongs=MISTAKEN_SOFTMAX | OVERFLOWING)
def a_network_sure_of_itself(case):
    y = yield from classified(case, scale=SURE[str(case.dtype)])
    largest, overflows = float(np.max(y.call.arguments["x"])), OVERFLOWS[str(case.dtype)]
    yield fact(
        y.then(lambda _: largest > overflows),
        True,
        label=f"a logit beyond {overflows:g}",
        source="ln of the largest number of the format",
        note=f"the largest is {largest:.4g}",
    )


@distribution.case("softmax alone", wrongs=MISTAKEN_SOFTMAX | OVERFLOWING)
def softmax_alone(case):
    for name, scale in (("ordinary", 1.0), ("large", 2 * OVERFLOWS[str(case.dtype)])):
        y = yield ask("softmax", x=case.reals(name, (6, CLASSES), scale=scale), axis=1)
        yield from rounding(y, label=f"{name} logits")
        yield from is_distribution(y, label=f"{name} logits")


def classified(case, *, scale):
    """Real images through a small network with random weights, those of its last layer times ``scale``; the outcome of the softmax."""
    x, _ = held_out(6, case.dtype)
    first = {"w": case.reals("kernels", (4, 1, 3, 3), scale=1 / 3), "b": case.reals("biases", (4,), scale=0.1)}
    maps = oracle.cross_correlation2d(x, first["w"], first["b"], **PADDED)
    statistics = {"mean": maps.mean((0, 2, 3)).astype(x.dtype), "variance": maps.var((0, 2, 3)).astype(x.dtype)}
    affine = {"gamma": case.reals("gamma", (4,), scale=0.2, offset=1.0), "beta": case.reals("beta", (4,), scale=0.2)}
    last = {"w": case.reals("weights", (CLASSES, 64), scale=scale / 8), "b": case.reals("bias", (CLASSES,), scale=0.1)}
    steps = classifier(first, {**affine, **statistics, "epsilon": 1e-5}, last)
    y = yield from through(steps, x)
    yield is_classifier(case, steps, x, y)
    yield from is_distribution(y, label=case.name)
    return y


def is_distribution(y, *, label):
    """No probability of the softmax is negative, and those of an image sum to one."""
    logits = y.call.arguments["x"]
    own = bounds.softmax(oracle.softmax(logits, axis=1), logits, logits.dtype, axis=1)
    yield fact(y.then(lambda p: bool((p >= 0).all())), True, label=f"{label}: none is negative", source="a probability")
    rest = y.then(lambda p: np.array([math.fsum(row) - 1 for row in p]).astype(p.dtype))
    yield within(
        rest,
        np.zeros(len(logits)),
        bounds.summed(own, 1.0, logits.dtype, axis=1),
        label=f"{label}: Σ probabilities − 1",
        source="probabilities sum to one",
    )


class Row(NamedTuple):
    """K logits, of which the first m are not ordinary numbers; the others are 0."""

    K: int
    m: int


def no_distribution(case, logit):
    """Of K logits the first m are ``logit``."""
    rows = sorted((Row(K, m) for K in range(1, 5) for m in range(K + 1)), key=lambda r: (r.m, r.K))

    def build(r):
        return ask("softmax", x=np.array([[logit] * r.m + [0.0] * (r.K - r.m)], case.dtype), axis=1)

    def literal(y, r):
        return fact(
            y.then(lambda p: bool(((p >= 0) & (p <= 1)).all())),
            True,
            label="every output is a probability",
            source="the lecture, as worded",
        )

    def instead(y, r):
        return fact(
            y.then(lambda p: bool(np.isnan(p).any())),
            True,
            label="there is a NaN among the outputs",
            source="z − max z is ∞ − ∞, or NaN",
        )

    yield from smallest(rows, build, literal, instead=instead, order="by the number of such logits, then by K")


class Classes(NamedTuple):
    """How many there are."""

    K: int


@distribution.limit("no softmax at the end", backends=FRAMEWORKS, dtypes=("float32",), as_worded=True)
def _(case):
    """Without a softmax at its end a network gives logits, and these are no distribution: of two classes they may sum
    to two.
    """

    def build(c):
        x, w = np.ones((1, 1), case.dtype), np.ones((c.K, 1), case.dtype)
        return ask("fully_connected", x=x, w=w, b=None)

    def literal(y, c):
        return fact(
            y.then(lambda p: bool((p >= 0).all() and p.sum() == 1)),
            True,
            label="the outputs are probabilities that sum to one",
            source="the lecture, as worded",
        )

    def instead(y, c):
        return same_bits(y, np.ones((1, c.K), case.dtype), label="the logits", source="1 · 1")

    order = "by K; a fully connected layer at the end, its weights and its one input 1"
    yield from smallest([Classes(K) for K in range(1, 5)], build, literal, instead=instead, order=order)


@distribution.limit("a logit of +∞")
def _(case):
    """One logit of +∞, which is its own maximum, makes ∞ − ∞: a NaN and no distribution."""
    yield from no_distribution(case, np.inf)


@distribution.limit("a logit that is NaN")
def _(case):
    """A logit that is NaN makes a NaN, and no distribution."""
    yield from no_distribution(case, np.nan)


@distribution.limit("no logit but −∞")
def _(case):
    """A logit of −∞ has probability 0, beside others that are numbers; where all are −∞ there is no distribution. So a
    class can be masked, but not every class.
    """
    yield from no_distribution(case, -np.inf)


@distribution.limit("a probability of exactly 0")
def _(case):
    """The softmax of mathematics is positive; in floating point a class is given exactly 0 once its logit is some 86
    to 104 (float32), 708 to 746 (float64) below the largest. It is a distribution still, but its logarithm is −∞.
    """

    def build(z):
        return ask("softmax", x=np.array([[0, -z]], case.dtype), axis=1)

    def literal(y, z):
        return fact(
            y.then(lambda p: bool((p > 0).all())),
            True,
            label="every class of logits (0, −z) has a positive probability",
            source="exp z > 0",
        )

    def instead(y, z):
        return same_bits(
            y, np.array([[1, 0]], case.dtype), label="the distribution (1, 0)", source="exp(−z) underflows"
        )

    yield from edge(0.0, 10 * OVERFLOWS["float64"], case.dtype, build, literal, instead=instead, symbol="z")
