"""The lecture's section “Neural networks in the context of classification”: an image becomes a probability distribution."""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np

from ....reference import bounds, mistakes, oracle
from ....reference.judging import composition
from ....reference.networks.notation import Layer, Network, make_layer, settings_of
from ....reference.samples.data import digits
from ...language import Call, Case, Wrong, ask, claim, edge, fact, rounding, same_bits, smallest, within
from . import mutants

CLASSES = 10
OVERFLOWS = {"float32": 89.0, "float64": 710.0}
"""exp of this is beyond the largest number of the format."""
SURE = {"float32": 300.0, "float64": 2400.0}
"""By how much the last layer's weights are enlarged, so that some logits lie beyond OVERFLOWS."""


def held_out(count: int, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """The first real images [count, 1, 8, 8] that no network was trained on, and their labels."""
    _, (images, labels) = digits()
    return images[:count].astype(dtype), labels[:count]


def small_network(case: Case, x: np.ndarray, *, scale: float) -> list[Layer]:
    """Convolution, batch norm, ReLU, max pooling, fully connected, softmax: each operation and its arguments but for x."""
    w, b = case.reals("kernels", (4, 1, 3, 3), scale=1 / 3), case.reals("biases", (4,), scale=0.1)
    window = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
    maps = oracle.cross_correlation2d(x, w, b, **window)
    statistics = {"mean": maps.mean((0, 2, 3)).astype(x.dtype), "variance": maps.var((0, 2, 3)).astype(x.dtype)}
    affine = {"gamma": case.reals("gamma", (4,), scale=0.2, offset=1.0), "beta": case.reals("beta", (4,), scale=0.2)}
    last = {"w": case.reals("weights", (CLASSES, 64), scale=scale / 8), "b": case.reals("bias", (CLASSES,), scale=0.1)}
    return [
        make_layer("cross_correlation2d", w=w, b=b, **window),
        make_layer("batch_norm_inference", **affine, **statistics, epsilon=1e-5),
        make_layer("relu"),
        make_layer("max_pooling2d", window=(2, 2), stride=(2, 2), padding=((0, 0), (0, 0))),
        make_layer("flatten"),
        make_layer("fully_connected", **last),
        make_layer("softmax", axis=1),
    ]


def through(steps: Network, x: np.ndarray):
    """Ask for one operation after another, each on what the one before gave; the last outcome."""
    y: Any = None
    for step in steps:
        if step["kind"] == "flatten":
            x = x.reshape(len(x), -1)
            continue
        y = yield ask(step["kind"], x=x, **settings_of(step))
        x = y.value
    return y


distribution = claim(
    "network.distribution",
    """
    A network of the lecture's components gives, from the same weights and the same real images, the same numbers on
    every library: none is negative, and those of an image sum to one. It does so too where exp of a logit would
    overflow.

    Scope: to within the rounding of each operation, carried through the network; logits are numbers: neither infinite
    nor NaN; probabilities may be exactly 0

    Notes: Whether the distribution is a good one is another matter: these weights are drawn at random
    (network.learned_parameters).

    Sources:
    - Goodfellow, Bengio, Courville (2016), §6.2.2.3
    - Blanchard, Higham, Higham (2021), IMA J. Numer. Anal. 41(4): softmax, shifted
    """,
    kind="rounding",
    expected="verified",
    premises=("network.component_parity",),
)


@distribution.each(
    {
        "a small network": {"scale": {"float32": 1.0, "float64": 1.0}},
        "a network sure of itself": {"scale": SURE},
        "softmax alone": {},
    },
    wrongs={
        "softmax over the wrong axis": Wrong(
            operations={"softmax": functools.partial(mistakes.commit, mistake="other axis", operation="softmax")}
        ),
        "a logistic for each class": Wrong(
            operations={
                "softmax": functools.partial(mistakes.commit, mistake="logistic for softmax", operation="softmax")
            },
            needs=("logistic",),
        ),
        "exponentials not normalised": Wrong(operations={"softmax": mutants.exponentials_not_normalised}),
        "no maximum subtracted": Wrong(
            operations={"softmax": mutants.no_maximum_subtracted}, cases=("a network sure of itself", "softmax alone")
        ),
        "the sum of the logits as divisor": Wrong(operations={"softmax": mutants.sum_of_logits_as_divisor}),
        "the bias left out": Wrong(
            operations={
                "cross_correlation2d": functools.partial(
                    mistakes.commit, mistake="bias forgotten", operation="cross_correlation2d"
                )
            },
            cases=("a small network",),
            needs=("batch_norm_inference",),
        ),
    },
)
def distribution_cases(case: Case):
    dtype = str(case.dtype)
    if case.name == "softmax alone":
        for name, scale in (("ordinary", 1.0), ("large", 2 * OVERFLOWS[dtype])):
            y = yield ask("softmax", x=case.reals(name, (6, CLASSES), scale=scale), axis=1)
            yield from rounding(y, label=f"{name} logits")
            yield from is_distribution(y, label=f"{name} logits")
        return
    x, _ = held_out(6, case.dtype)
    steps = small_network(case, x, scale=case.scale[dtype])
    y = yield from through(steps, x)
    value, bound = composition.compose(steps, x, case.dtype)
    yield within(
        y,
        value,
        bound,
        label=f"{case.name}: convolution, batch norm, ReLU, max pooling, fully connected, softmax",
        source="the exact operations one after another",
    )
    yield from is_distribution(y, label=case.name)
    if case.name == "a network sure of itself":
        largest = float(np.max(y.call.arguments["x"]))
        yield fact(
            y.then(lambda _: largest > OVERFLOWS[dtype]),
            True,
            label=f"a logit beyond {OVERFLOWS[dtype]:g}",
            source="ln of the largest number of the format",
            note=f"the largest is {largest:.4g}",
        )


def is_distribution(y, *, label: str):
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


def _no_distribution(name: str, logit: float, *, says: str) -> None:
    @distribution.limit(name, says=says)
    def _(case: Case):
        rows = sorted((Row(K, m) for K in range(1, 5) for m in range(K + 1)), key=lambda r: (r.m, r.K))

        def build(r: Row) -> Call:
            return ask("softmax", x=np.array([[logit] * r.m + [0.0] * (r.K - r.m)], case.dtype), axis=1)

        def literal(y, r: Row):
            return fact(
                y.then(lambda p: bool(((p >= 0) & (p <= 1)).all())),
                True,
                label="every output is a probability",
                source="the lecture, as worded",
            )

        def instead(y, r: Row):
            return fact(
                y.then(lambda p: bool(np.isnan(p).any())),
                True,
                label="there is a NaN among the outputs",
                source="z − max z is ∞ − ∞, or NaN",
            )

        yield from smallest(rows, build, literal, instead=instead, order="by the number of such logits, then by K")


_no_distribution(
    "a logit of +∞", np.inf, says="One logit of +∞, which is its own maximum, makes ∞ − ∞: a NaN and no distribution."
)
_no_distribution("a logit that is NaN", np.nan, says="A logit that is NaN makes a NaN, and no distribution.")
_no_distribution(
    "no logit but −∞",
    -np.inf,
    says="A logit of −∞ has probability 0, beside others that are numbers; where all are −∞ there is no "
    "distribution. So a class can be masked, but not every class.",
)


@distribution.limit("a probability of exactly 0")
def _(case: Case):
    """The softmax of mathematics is positive; in floating point a class is given exactly 0 once its logit is some 86
    to 104 (float32), 708 to 746 (float64) below the largest. It is a distribution still, but its logarithm is −∞.
    """

    def build(z: float) -> Call:
        return ask("softmax", x=np.array([[0, -z]], case.dtype), axis=1)

    def literal(y, z: float):
        return fact(
            y.then(lambda p: bool((p > 0).all())),
            True,
            label="every class of logits (0, −z) has a positive probability",
            source="exp z > 0",
        )

    def instead(y, z: float):
        return same_bits(
            y, np.array([[1, 0]], case.dtype), label="the distribution (1, 0)", source="exp(−z) underflows"
        )

    yield from edge(0.0, 10 * OVERFLOWS["float64"], case.dtype, build, literal, instead=instead, symbol="z")
