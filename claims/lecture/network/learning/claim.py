"""The lecture's “Parameters are learned from data”: gradient descent on real images, step by step and as a population."""

import functools
from typing import NamedTuple

from .....reference.libraries import FRAMEWORKS
from ....language import Wrong, ask, claim, fact, population, smallest
from ...shared.wrongs import arm_for_arm
from .. import mutants
from . import design, first_steps


def descending_with(change):
    """The first steps, with the library's gradients changed."""
    return Wrong(operations={"descends": functools.partial(mutants.descends, change=change)})


learned_parameters = claim(
    "network.learned_parameters",
    """
    Gradient descent on batches of real digits lowers the loss, and the parameters that it ends with recognise more
    than nine in ten of the images held out; with shuffled labels they recognise no more than chance. From the same
    initial weights and batches the losses agree with the reference's step by step, a small step lowers the loss of
    its batch, and at rate 0 no parameter moves.

    Instead: Parameters are learned from data, {in steps that are small enough|a step that is too large} and {from
    weights that are not all zero|weights that start at zero}.

    Scope: 8 × 8 digits; 64-32-10 with ReLU, 150 steps of 64 images at rate 0.3; and twelve steps of convolution,
    batch norm, ReLU, max pooling, fully connected; the trajectories within what rounding was measured to grow into:
    over all steps in float64, over the first twelve in float32

    Finding: trained, it recognises {held-out images are recognised} of the images held out; with shuffled labels,
    {shuffled labels leave it at chance}

    Elsewhere: gradient descent is run in PyTorch and TensorFlow; the NumPy reference is what their trajectories are
    held against

    Sources:
    - Goodfellow, Bengio, Courville (2016), §4.3 and §8.1.3
    - Alpaydin & Kaynak (1998): the digits
    - Zhang, Bengio, Hardt, Recht, Vinyals (2017), arXiv 1611.03530: shuffled labels
    """,
    kind="statistical + rounding",
    expected="supported",
    premises=("network.component_parity",),
)


@learned_parameters.case(
    "the first steps",
    backends=FRAMEWORKS,
    wrongs={
        "gradient ascent": descending_with(mutants.ascent),
        "frozen parameters": descending_with(mutants.frozen),
        "updates from another batch": descending_with(mutants.batch_before),
    },
)
def step_by_step(case):
    outcomes, _ = yield from population.measure(case, first_steps, ("descends",), groups=("first",))
    yield from population.trajectories(case, first_steps, "descends", outcomes, count=3)
    descended = outcomes["descends"]
    yield fact(
        descended.then(lambda m: bool((m["after.small"] < m["before.small"]).all())),
        True,
        label="a small step lowers the loss of its batch",
        source="L(θ − η g) ≈ L(θ) − η‖g‖² for small η, here 2⁻¹⁰",
    )
    yield fact(
        descended.then(lambda m: float(m["moved.frozen"].max())),
        0.0,
        label="at rate 0 no parameter moves",
        source="θ − 0·g",
    )


@learned_parameters.case(
    "training",
    backends=FRAMEWORKS,
    wrongs={
        "arms exchanged": {"compare": population.exchanged},
        "shuffled labels in place of the true ones": arm_for_arm("learns", "shuffled", replaced="true"),
    },
)
def over_seeds(case, *, compare=population.as_measured, arms=population.as_they_ran):
    followed = "learns" if case.dtype == "float64" else ""
    yield from population.study(case, design, ("learns",), compare=compare, arms=arms, followed=followed)


class Rate(NamedTuple):
    """The learning rate."""

    eta: float


@learned_parameters.limit("a step that is too large")
def _(case):
    """The gradient says where the loss falls, not for how far: from some learning rate on, one step raises the loss
    of the very batch whose gradient it follows.
    """
    seeds = population.seeds(case, 1, "first")

    def build(r):
        return ask(first_steps.one_step, rate=r.eta, seeds=seeds, dtype=str(case.dtype))

    def literal(y, r):
        return fact(
            y.then(lambda m: bool((m["after"] < m["before"]).all())),
            True,
            label="a step along the gradient lowers the loss",
            source="“learned”",
        )

    def instead(y, r):
        return fact(
            y.then(lambda m: bool((m["after"] > m["before"]).all())),
            True,
            label="the loss is larger after the step",
            source="the step leaves the region in which the loss is near linear",
        )

    yield from smallest(
        [Rate(2.0**k) for k in range(-10, 11)], build, literal, instead=instead, order="by η, powers of two"
    )


class Start(NamedTuple):
    """By what all initial weights of the network are multiplied."""

    scale: float


@learned_parameters.limit("weights that start at zero")
def _(case):
    """From weights that are all 0 gradient descent learns nothing but the last bias: every hidden unit is 0, and so
    is what comes back to it. The gradient of every other parameter is exactly 0. From weights a thousand times
    smaller than usual all of them move.
    """
    seeds = population.seeds(case, 1, "first")
    scales = [Start(0.0), *(Start(2.0**-k) for k in range(10, -1, -1))]

    def build(s):
        return ask(first_steps.first_gradients, scale=s.scale, seeds=seeds, dtype=str(case.dtype))

    def moving(m):
        return sorted(name for name, g in m.items() if g.max() > 0)

    def literal(y, s):
        return fact(
            y.then(moving),
            ["b0", "b1", "w0", "w1"],
            label="weights and biases of both layers move",
            source="“parameters are learned”",
        )

    def instead(y, s):
        return fact(
            y.then(moving),
            ["b1"],
            label="the last bias alone moves",
            source="∂L/∂W₁ = u h′ with h = 0; ∂L/∂h = W₁′u = 0",
        )

    yield from smallest(scales, build, literal, instead=instead, order="by the scale")
