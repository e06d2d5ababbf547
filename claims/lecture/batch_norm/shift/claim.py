"""The lecture's internal covariate shift: “the change in the distribution of network activations due to the change in network
parameters during training”. That “[this] explanation is disputed” is in ``dispute``.

z = W₁x + b₁,  h = ReLU(z),  o = W₂h + b₂,  L = ½ Σ (o − t)²;   one step: W ← W − η ∂L/∂W.
The distribution of h: its values on a fixed batch, unit by unit, whatever the order of the examples. How large the shift is along training,
of the moments of what enters a nonlinearity, is measured by ``shift/design.py``.
"""

import functools
from typing import NamedTuple

import numpy as np

from .....reference.libraries import FRAMEWORKS
from ....language import Outcome, Wrong, ask, claim, fact, population, same_bits, smallest
from ...shared.gradients import gradients_off
from ...shared.wrongs import another, arm_for_arm
from .. import mutants
from ..layers import exactly
from ..moments import channel_moment, distribution
from . import design, gates

WHOLE = "the step worked out in whole multiples of a power of two, of which no partial sum rounds"
RATE = 2.0**-4
STILL, LEARNING = ("frozen", "frozen_with"), ("without", "with")
"""The arms whose lower layers do not learn, and those in which all layers do."""


def lower_kept(before, after):
    """The parameters after a step of the layers above the activations only."""
    return after | {name: before[name] for name in ("w1", "b1")}


def all_moved(before, after):
    """The parameters after a step of all layers."""
    return after


def same_batch(x):
    return x


def another_batch(x):
    return x + 1


def activations(z, h, o):
    return h


def outputs(z, h, o):
    return o


covariate_shift = claim(
    "batch_norm.covariate_shift",
    """
    The distribution of a hidden layer's activations on a fixed batch, before and after a step of gradient descent:
    exactly the same, bit by bit, where only parameters above it change, though the network's output changes; where
    the parameters below it change, another one, with the means and variances that the step gives in whole numbers.
    Along gradient descent on real digits the mean and the deviation of what enters a hidden layer's nonlinearity
    change at every step that is looked at, the means in one step by more than a tenth of a deviation and in all by
    more than half of one; at layers below which nothing learns they change by exactly 0, while the network learns all
    the same. With batch norm the change is many times smaller: nearly by construction behind it, where mean and
    deviation are its own shift and scale, but several times smaller before it too. Scale and shift alone do not lower
    it.

    Instead: Internal explanation – internal covariate shift: "the change in the distribution of network activations
    due to the change in network parameters during training", {on the same images|another minibatch}.

    Scope: the definition, on one network of two layers and one step; its size, of 8 × 8 digits, 4 × 32 ReLU at rate
    0.1, over 61 steps. Measured are mean and deviation of each unit at what enters the nonlinearity, relative to the
    layer's deviation; of the joint distribution, the correlations, which over all steps change nearly as much with
    batch norm as without. Whether it is by this that batch norm helps is another claim

    Finding: one step moves a hidden layer's means by {one step moves the means} of their deviations; with batch norm
    {batch norm lowers it: mean} times less

    Sources:
    - Ioffe & Szegedy (2015), arXiv 1502.03167, §2
    - Goodfellow, Bengio, Courville (2016), §8.7.1
    - Lipton & Steinhardt (2018), arXiv 1807.03341, §3 (the term is used without a definition that could be measured;
      the measure here is one of several)
    """,
    kind="exact + statistical",
    expected="supported",
    premises=("activations.relu",),
)


NEEDS = ("fully_connected_gradient", "relu_gradient")
MISTAKEN_STEP = {
    "another batch afterwards: the data's shift in place of the parameters'": Wrong(
        says={"batch": another_batch}, needs=NEEDS
    ),
    "the weights' gradient is 0": another("fully_connected_gradient", mutants.weights_frozen, needs=NEEDS),
    "gradient ascent": another("fully_connected_gradient", mutants.gradient_reversed, needs=NEEDS),
}


@covariate_shift.case(
    "lower layer frozen",
    wrongs=MISTAKEN_STEP
    | {
        "the lower layer moves though it is frozen": Wrong(says={"lower": all_moved}, needs=NEEDS),
        "measured above the layer that moves": Wrong(says={"measured": outputs}, needs=NEEDS),
    },
)
def nothing_moves_below(case, *, lower=lower_kept, batch=same_batch, measured=activations):
    step = yield from a_step(case, lower, batch, rightly=lower_kept)
    yield same_bits(
        measured(*step.after).then(distribution),
        distribution(measured(*step.exactly_before)),
        label="the activations are distributed as before the step",
        source="no parameter below them changed",
    )
    yield from shifted(step, measured, False)


@covariate_shift.case(
    "lower layer moves",
    wrongs=MISTAKEN_STEP | {"the lower layer's step is not taken": Wrong(says={"lower": lower_kept}, needs=NEEDS)},
)
def all_layers_move(case, *, lower=all_moved, batch=same_batch, measured=activations):
    step = yield from a_step(case, lower, batch, rightly=all_moved)
    yield from shifted(step, measured, True)


class Step(NamedTuple):
    """(z, h, o) before a step of gradient descent and after it: the library's, and exactly."""

    before: tuple[Outcome, Outcome, Outcome]
    after: tuple[Outcome, Outcome, Outcome]
    exactly_before: tuple[np.ndarray, np.ndarray, np.ndarray]
    exactly_after: tuple[np.ndarray, np.ndarray, np.ndarray]


def a_step(case, lower, batch, *, rightly):
    """A step of the layers that ``lower`` says, looked at on ``batch``; exactly, of those that ``rightly`` says, on the same batch."""
    x, target = case.integers("x", (8, 3), -1, 1), case.integers("target", (8, 2), -2, 2)
    # A half in the bias keeps every z away from 0, where the gradient of ReLU is each library's own choice.
    start = {
        "w1": case.integers("w1", (3, 3), -1, 1),
        "b1": case.integers("b1", (3,), -1, 1) + case.dtype.type(0.5),
        "w2": case.integers("w2", (2, 3), -1, 1),
        "b2": case.integers("b2", (2,), -1, 1),
    }
    z, h, o = yield from forward(x, start)
    dh, dw2, db2 = (yield ask("fully_connected_gradient", x=h.value, w=start["w2"], upstream=o.value - target)).value
    dz = (yield ask("relu_gradient", x=z.value, upstream=dh)).value
    _, dw1, db1 = (yield ask("fully_connected_gradient", x=x, w=start["w1"], upstream=dz)).value
    moved = descend(start, {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2})
    after = yield from forward(batch(x), lower(start, moved))
    exact = exactly_forward(x, start)
    exactly_after = exactly_forward(x, rightly(start, exactly_moved(x, target, start, exact)))
    return Step((z, h, o), after, exact, exactly_after)


def shifted(step, measured, below):
    """What is ``measured`` after the step; its moments have shifted where layers ``below`` it moved, and not otherwise."""
    before, exactly_before = measured(*step.before).value, measured(*step.exactly_before)
    after, exactly_after = measured(*step.after), measured(*step.exactly_after)
    yield same_bits(
        after.then(distribution), distribution(exactly_after), label="the activations after the step", source=WHOLE
    )
    output = step.before[-1].value
    yield fact(
        step.after[-1].then(lambda out: bool(np.any(out != output))),
        True,
        label="the network's output changes",
        source=WHOLE,
    )
    for order, name in ((1, "mean"), (2, "variance")):
        moment = functools.partial(channel_moment, order=order)
        shift = after.then(lambda a, moment=moment: moment(a) - moment(before))
        yield same_bits(
            shift, moment(exactly_after) - moment(exactly_before), label=f"shift of each unit's {name}", source=WHOLE
        )
        yield fact(
            shift.then(lambda a: bool(np.any(a != 0))), below, label=f"a {name} has shifted", source="the definition"
        )


@covariate_shift.case(
    "over seeds",
    backends=FRAMEWORKS,
    dtypes=("float64",),
    wrongs={
        "arms exchanged": {"compare": population.exchanged},
        "the null arm in place of batch norm": arm_for_arm("trained", "null", replaced="with"),
        "layers said to be frozen, which learn": {"held": LEARNING},
        "gradients off by a hundred-millionth": gradients_off(design.trained, backends=("torch",)),
    },
)
def along_training(case, *, compare=population.as_measured, arms=population.as_they_ran, held=STILL):
    """Gates on the size of the shift; and beside them what is so in every seed: nothing moves below frozen layers, everything above them."""
    outcomes, _, _ = yield from population.study(
        case, design, ("trained",), compare=compare, arms=arms, followed="trained"
    )
    trained = outcomes["trained"]
    for arm in held:
        yield fact(
            trained.then(lambda m, arm=arm: float(max(np.max(part[: design.FROZEN]) for part in shifts(m, arm)))),
            0.0,
            label=f"{arm}: mean, deviation and correlations at the layers that learn nothing, the largest change",
            source="no parameter below changed",
        )
    for arm in (*held, *LEARNING):
        first = design.FROZEN if arm in held else 0
        yield fact(
            trained.then(
                lambda m, arm=arm, first=first: bool(min(np.min(part[first:]) for part in shifts(m, arm)) > 0)
            ),
            True,
            label=f"{arm}: mean, deviation and correlations change at every layer above one that learns, in every seed",
            source="the definition",
        )


def shifts(measured, arm):
    """Every change of an arm, each [hidden layers, S]."""
    return [measured[f"{part}{name}.{arm}"] for part in ("", "whole_") for name in design.MEASURES]


def forward(x, p):
    """(z, h, o), each computed by the library from what it gave before."""
    z = yield ask("fully_connected", x=x, w=p["w1"], b=p["b1"])
    h = yield ask("relu", x=z.value)
    o = yield ask("fully_connected", x=h.value, w=p["w2"], b=p["b2"])
    return z, h, o


def descend(p, gradient):
    return {name: (p[name] - RATE * gradient[name]).astype(p[name].dtype) for name in p}


def exactly_forward(x, p):
    (z,) = exactly("fully_connected", x=x, w=p["w1"], b=p["b1"])
    h = np.maximum(z, 0)
    return z, h, exactly("fully_connected", x=h, w=p["w2"], b=p["b2"])[0]


def exactly_moved(x, target, p, layers):
    z, h, o = layers
    dh, dw2, db2 = exactly("fully_connected_gradient", x=h, w=p["w2"], upstream=o - target)
    _, dw1, db1 = exactly("fully_connected_gradient", x=x, w=p["w1"], upstream=dh * (z > 0))
    return descend(p, {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2})


class Change(NamedTuple):
    """A parameter before a step and after it."""

    before: int
    after: int


def changes(low, high):
    pairs = [Change(a, b) for a in range(low, high + 1) for b in range(low, high + 1) if a != b]
    return sorted(pairs, key=lambda s: (abs(s.before) + abs(s.after), -s.before, -s.after))


def has_changed(ys, c):
    differ = ys[1].then(lambda y: not np.array_equal(distribution(y), distribution(ys[0].value)))
    return fact(differ, True, label="the distribution has changed", source="the sentence as worded")


@covariate_shift.limit("a change that leaves the distribution")
def _(case):
    """Not every change of a parameter below shifts the distribution: on a batch that is symmetric about 0 a weight
    and its negative give each example another activation and the batch the same ones.
    """
    x = np.array([[-2], [-1], [1], [2]], case.dtype)

    def build(c):
        return [ask("fully_connected", x=x, w=np.array([[w]], case.dtype), b=None) for w in c]

    def instead(ys, c):
        return same_bits(
            ys[1].then(distribution),
            distribution(c.before * x),
            label="the same activations, of other examples",
            source=WHOLE,
        )

    yield from smallest(changes(-2, 2), build, has_changed, instead=instead, order="by |before| + |after|")


@covariate_shift.limit("a unit that is off")
def _(case):
    """Behind a ReLU that is off for the whole batch, before and after, a change of the bias shifts nothing."""
    x, one = np.array([[0], [1], [2]], case.dtype), np.ones((1, 1), case.dtype)

    def build(c):
        return [ask(unit, x=x, w=one, b=np.array([b], case.dtype)) for b in c]

    def instead(ys, c):
        return same_bits(ys[1], np.zeros_like(x), label="no activation but 0", source=WHOLE)

    yield from smallest(changes(-4, 0), build, has_changed, instead=instead, order="by |before| + |after|")


def unit(lib, *, x, w, b):
    """Runs in the worker: a fully connected layer and its ReLU."""
    return lib.relu(lib.fully_connected(x, w, b))


class Minibatch(NamedTuple):
    """The minibatch at step t, of the same parameters."""

    t: int


@covariate_shift.limit("another minibatch")
def _(case):
    """The activations' distribution changes from minibatch to minibatch though no parameter does: that is a change of
    the data, and no internal covariate shift. So the batch must be kept.
    """
    x, w = np.arange(12, dtype=case.dtype).reshape(12, 1) % 5, np.ones((1, 1), case.dtype)

    def minibatch(t):
        return np.ascontiguousarray(x[2 * t : 2 * t + 2])

    def judge(y, m, t, label):
        return same_bits(y.then(distribution), distribution(minibatch(t)), label=label, source=WHOLE)

    yield from smallest(
        [Minibatch(t) for t in range(6)],
        lambda m: ask("fully_connected", x=minibatch(m.t), w=w, b=None),
        order="by t",
        literal=lambda y, m: judge(y, m, 0, "as at t = 0, for no parameter changed"),
        instead=lambda y, m: judge(y, m, m.t, "as the data have it"),
    )


population.limit(
    covariate_shift,
    design,
    "what batch norm leaves alone",
    """
    Mean and deviation of each unit are not the distribution. The correlations between units, which batch norm does not
    touch, change over all steps nearly as much with it as without.
    """,
    gates.JOINT_IN_ALL.above(1.6, "batch norm lowers the change of the correlations as well"),
)
