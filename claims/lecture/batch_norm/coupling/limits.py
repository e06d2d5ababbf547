"""Where “BN would decouple these effects” stops: at ε, at changes that are no scale and shift, behind a ReLU, and over seeds.

The limits of ``batch_norm.decouples``; the claim itself is in ``claim.py``.
"""

from typing import NamedTuple

import numpy as np

from .....reference import bounds
from ....language import ask, population, smallest, within
from ..layers import TINY, by_memory, by_the_batch, normalized, normalized_by_memory, ones
from ..perturbation import design as perturbation_design
from ..perturbation import gates as perturbation_gates
from . import design, gates
from .claim import IDENTITY, decouples, factor


def unchanged(case, y, z, changed, label):
    """The sentence as worded: batch norm gives for the changed layer what it gives for the layer as it was."""
    wanted, bound = normalized(z, case.dtype)[0], normalized(changed, case.dtype)[1]
    return within(y.part(0), wanted, bound, label=label, source="“BN would decouple these effects”")


class Scale(NamedTuple):
    """A scale a, of a channel of spread s."""

    a: float
    s: float


@decouples.limit("ε, for a small variance")
def _(case):
    """Batch norm undoes a scale only where ε is lost beside the variance: the narrower the channel, the more of the
    scale gets through.
    """
    epsilon = 2.0**-10
    z = np.array([[-1.0], [1.0]] * 2)

    def judge(y, p, factor):
        wanted = normalized(p.s * z, case.dtype, epsilon)[0] * factor(p.a, p.s**2, epsilon)
        bound = normalized(p.a * p.s * z, case.dtype, epsilon)[1]
        return within(y.part(0), wanted, bounds.by_formula(bound, wanted, roundings=8), label="BN(aZ)", source=IDENTITY)

    def build(p):
        return by_the_batch((p.a * p.s * z).astype(case.dtype), epsilon)

    spreads = [Scale(a, 2.0**k) for k in range(20, -4, -1) for a in (1.0, 2.0)]
    yield from smallest(
        spreads,
        build,
        lambda y, p: judge(y, p, lambda a, v, e: 1.0),
        instead=lambda y, p: judge(y, p, factor),
        order="from the widest channel down, then by a",
    )


class Change(NamedTuple):
    """Z becomes aZ + c."""

    a: int
    c: int


CHANGED = sorted((Change(a, c) for a in (1, -1, 2, -2, 3) for c in range(3)), key=lambda p: (abs(p.a) + p.c, p.c, -p.a))
BY_CHANGE = "by |a| + c"


@decouples.limit("a negative scale")
def _(case):
    """A scale below 0 gets through: the output changes its sign. Only a positive one is undone."""
    z = np.array([[-1.0], [2.0], [5.0], [3.0]])

    def build(p):
        return by_the_batch((p.a * z + p.c).astype(case.dtype))

    yield from smallest(
        CHANGED,
        build,
        lambda y, p: unchanged(case, y, z, p.a * z + p.c, "BN(aZ + c) = BN(Z)"),
        order=BY_CHANGE,
        instead=lambda y, p: unchanged(case, y, -z, p.a * z + p.c, "BN(aZ + c) = −BN(Z)"),
    )


@decouples.limit("inference mode")
def _(case):
    """With the statistics remembered batch norm is a fixed affine function: every change of scale or shift gets
    through it.
    """
    z, epsilon = np.array([[-1.0], [2.0], [5.0], [3.0]]), 2.0**-6
    mean, variance = np.array([1], case.dtype), np.array([4], case.dtype)

    def build(p):
        return by_memory((p.a * z + p.c).astype(case.dtype), mean, variance, epsilon)

    def judge(y, p, given, label):
        wanted = normalized_by_memory(given, mean, variance, case.dtype, epsilon)[0]
        bound = normalized_by_memory(p.a * z + p.c, mean, variance, case.dtype, epsilon)[1]
        return within(y, wanted, bound, label=label, source="algorithm 2 of Ioffe & Szegedy (2015)")

    yield from smallest(
        [p for p in CHANGED if p.a > 0],
        build,
        lambda y, p: judge(y, p, z, "BN(aZ + c) = BN(Z)"),
        order=BY_CHANGE,
        instead=lambda y, p: judge(y, p, p.a * z + p.c, "BN(aZ + c) = (aZ + c − μ)/√(σ² + ε)"),
    )


class Weights(NamedTuple):
    """A layer of I inputs, all of its weights 1, of which the last is changed by δ."""

    I: int
    δ: int


@decouples.limit("a change that is neither scale nor shift")
def _(case):
    """With one input every (positive) change of the weight is a scale, and is undone. From two inputs on a change of
    one weight turns the weight vector: batch norm lets it through.
    """

    def layer(p, δ):
        x = np.array([[1, 2, 0], [3, 1, 1], [-2, 0, 2], [0, -1, 3]])[:, : p.I]
        return (x.sum(axis=1, keepdims=True) + δ * x[:, -1:]).astype(case.dtype)

    def build(p):
        return by_the_batch(layer(p, p.δ))

    yield from smallest(
        sorted((Weights(i, δ) for i in (1, 2, 3) for δ in (0, 1, 2)), key=sum),
        build,
        order="by I + δ",
        literal=lambda y, p: unchanged(case, y, layer(p, 0), layer(p, p.δ), "BN(Z + δ·x_I) = BN(Z)"),
        instead=lambda y, p: unchanged(case, y, layer(p, p.δ), layer(p, p.δ), "BN of the changed layer by itself"),
    )


def normalized_after(lib, *, x, gamma, beta, epsilon, between):
    """Runs in the worker: batch norm, of a layer as it is or after a ReLU."""
    return lib.batch_norm_training(lib.relu(x) if between == "ReLU" else x, gamma, beta, epsilon=epsilon)


class Shifted(NamedTuple):
    """A shift c of the layer before, with or without a ReLU between it and batch norm."""

    between: str
    c: int


@decouples.limit("a ReLU in between")
def _(case):
    """Batch norm undoes the shift of the layer just before it. With a ReLU in between, the shift moves values across
    0, and gets through.
    """
    z = np.array([[-1.0], [2.0], [-2.0], [3.0]])

    def through(p, c):
        return np.maximum(z + c, 0) if p.between == "ReLU" else z + c

    def build(p):
        given = (z + p.c).astype(case.dtype)
        return ask(
            normalized_after, x=given, gamma=ones(given)[0], beta=ones(given)[1], epsilon=TINY, between=p.between
        )

    yield from smallest(
        [Shifted(between, c) for c in range(1, 4) for between in ("nothing", "ReLU")],
        build,
        order="by c",
        literal=lambda y, p: unchanged(case, y, through(p, 0), through(p, p.c), "BN(σ(Z + c)) = BN(σ(Z))"),
        instead=lambda y, p: unchanged(case, y, through(p, p.c), through(p, p.c), "BN of the shifted layer by itself"),
    )


# --- over seeds -----------------------------------------------------------------------------------------------------------

population.limit(
    decouples,
    perturbation_design,
    "a random direction",
    """
    The sentence is not supported for an arbitrary change: of a change of the first layer's weights in a random
    direction more arrives at the logits with batch norm than without, for with it the change grows from layer to
    layer.
    """,
    perturbation_gates.TURNED.above(1.0, "less arrives with batch norm"),
    as_worded=True,
)
population.limit(
    decouples,
    perturbation_design,
    "a random direction, trained",
    """
    After 61 steps of training still no less of such a change arrives with batch norm than without, though it hardly
    grows any more.
    """,
    perturbation_gates.TRAINED_TURNED.above(1.0, "less arrives with batch norm"),
)
population.limit(
    decouples,
    perturbation_design,
    "against the gradient",
    """
    Of the change that gradient descent makes first, against the gradient, as much arrives with batch norm as without.
    (After training less does.)
    """,
    perturbation_gates.AGAINST.above(1.5, "clearly less arrives with batch norm"),
)
population.limit(
    decouples,
    perturbation_design,
    "inference mode, six layers",
    """
    With the statistics remembered from before the change, even a change of scale and shift arrives, and is larger at
    the logits than without batch norm.
    """,
    perturbation_gates.SCALED_FROZEN.below(1.0, "less arrives in inference mode"),
)
population.limit(
    decouples,
    design,
    "all layers at once, before the first step of a deep network",
    """
    In a network of twelve layers with Glorot's weights, before the first step, hardly anything is left of it: the
    layers' updates change each other's effect about as much with batch norm as without, or more.
    """,
    gates.DEEP.above(1.5, "less by a third with batch norm, twelve layers at the start"),
)
