"""Where “an early layer could cause a large change downstream” stops: at weights that shrink, biases, other activations, and over seeds.

The limits of ``batch_norm.downstream_change``; the claim itself is in ``claim.py``.
"""

import functools
from typing import NamedTuple

import numpy as np

from .....reference import bounds, oracle
from ....language import ask, fact, population, same_bits, smallest, within
from . import design, gates
from .claim import SMALL, WHOLE, downstream_change, layers_exactly, unstable


def forward(lib, *, x, weights, biases, activation):
    """Runs in the worker: the output of the last layer."""
    for w, b in zip(weights, biases, strict=True):
        settings = {"alpha": 0.5} if activation == "leaky_relu" else {}
        x = getattr(lib, activation)(lib.fully_connected(x, w, b), **settings)
    return x


class Layers(NamedTuple):
    """L layers h = w·h + (1 − w), which rest at 1."""

    L: int
    w: float


@downstream_change.limit("weights that shrink")
def _(case):
    """“Could”: with weights below 1 the same change of the first layer shrinks from layer to layer, with weights of 1
    it stays.
    """

    def build(p):
        x, weights, (_, *others) = unstable(case.dtype, p.w, p.L)
        return ask(forward, x=x, weights=weights, biases=[np.array([SMALL], case.dtype), *others], activation="relu")

    def literal(h, p):
        return fact(
            h.then(lambda a: bool(a[0, 0] - 1 > SMALL)),
            True,
            label="the change has grown",
            source="the sentence as worded",
        )

    def instead(h, p):
        wanted = np.full((1, 1), 1 + SMALL * p.w ** (p.L - 1), case.dtype)
        return same_bits(h, wanted, label="the change is w^(L − 1) of what it was", source=WHOLE)

    yield from smallest(
        [Layers(depth, w) for depth in (2, 3, 4) for w in (0.5, 1.0, 2.0, 3.0)],
        build,
        literal,
        instead=instead,
        order="by L, then by w",
    )


class Scaling(NamedTuple):
    """L layers with biases b, their weights times f; the activation σ."""

    L: int
    f: float
    b: float
    σ: str = "relu"


PICTURE = np.array([[1.0, 2.0], [-1.0, 3.0], [2.0, -2.0]]), np.array([[1.0, -1.0], [2.0, 1.0]])
"""Three examples of two features, and weights with which every unit is on for some example and off for another."""


def layers_of(p, dtype, *, scaled):
    """The arguments of ``forward``, as they were or with the weights scaled."""
    x, w = (a.astype(dtype) for a in PICTURE)
    factor = dtype.type(p.f if scaled else 1)
    return {"x": x, "weights": [factor * w] * p.L, "biases": [np.full(2, p.b, dtype)] * p.L}


def multiplied(case, points, *, instead, order):
    """The sentence as worded: all weights × f multiply the output by f^L."""

    def literal(ys, p):
        before, after = ys
        if before.kind != "value":
            return fact(before, None, label="the output", source="")
        wanted = (p.f**p.L * before.value).astype(case.dtype)
        return same_bits(after, wanted, label="the output × f^L", source="f^L times what the library gave before")

    def build(p):
        return [ask(forward, **layers_of(p, case.dtype, scaled=scaled), activation=p.σ) for scaled in (False, True)]

    yield from smallest(points, build, literal, instead=instead, order=order)


def in_whole_numbers(case, ys, p):
    wanted = layers_exactly(*layers_of(p, case.dtype, scaled=True).values())[-1]
    return same_bits(ys[1], wanted, label="the scaled layers one after another", source=WHOLE)


@downstream_change.limit("biases")
def _(case):
    """With biases that are not scaled along the output is not multiplied by f^L: homogeneity is of the weights alone."""
    points = [Scaling(depth, f, b) for depth in (1, 2) for f in (1.0, 2.0) for b in (0.0, 1.0)]
    yield from multiplied(
        case, points, instead=functools.partial(in_whole_numbers, case), order="by L, then by f, then by b"
    )


@downstream_change.limit("a negative factor")
def _(case):
    """ReLU is homogeneous for positive factors only: with f < 0 other units are on, and the output is another one."""
    points = [Scaling(depth, f, 0.0) for depth in (1, 2) for f in (1.0, -1.0, 2.0, -2.0)]
    yield from multiplied(case, points, instead=functools.partial(in_whole_numbers, case), order="by L, then by |f|")


@downstream_change.limit("activations that saturate")
def _(case):
    """ReLU, |z| and leaky ReLU pass a scale on; the logistic and tanh do not: their outputs stay below 1 however
    large the weights.
    """

    def instead(ys, p):
        z = oracle.fully_connected(PICTURE[0], p.f * PICTURE[1], None)
        exact = getattr(oracle, p.σ)(z)
        return within(
            ys[1],
            exact,
            bounds.elementwise(p.σ, case.dtype, exact),
            label=f"{p.σ}(f·z)",
            source="the function in 95 bits or more",
        )

    activations = ("relu", "absolute_value", "leaky_relu", "logistic", "tanh")
    points = [Scaling(1, f, 0.0, name) for f in (1.0, 2.0) for name in activations]
    yield from multiplied(case, points, instead=instead, order="by f, then as the lecture names them")


# --- over seeds -----------------------------------------------------------------------------------------------------------

population.limit(
    downstream_change,
    design,
    "a random direction",
    """
    In a ReLU network with He's weights a small change of the first layer in a random direction is passed on and does
    not grow: the logits change by about the same part as the first layer's output.
    """,
    gates.GROWTH_RANDOM.above(1.5, "it grows by a half"),
)
population.limit(
    downstream_change,
    design,
    "more layers",
    "With twelve layers it is no different: such a change is passed on, at its size, through all of them.",
    gates.GROWTH_DEEP.above(5 / 3, "it grows by two thirds"),
)
population.limit(
    downstream_change,
    design,
    "a random direction, trained",
    "After training a small change in a random direction becomes smaller on its way.",
    gates.GROWTH_LEARNED_RANDOM.above(1.0, "it grows"),
)
population.limit(
    downstream_change,
    design,
    "tanh with small weights",
    "In a tanh network with half of Glorot's weights a change of the first layer fades from layer to layer.",
    gates.GROWTH_GENTLE.above(1.0, "it grows"),
)
population.limit(
    downstream_change,
    design,
    "a late layer",
    """
    “An early layer” is nothing special here: a change of the last hidden layer, in a random direction and of the same
    relative size, changes the logits as much as one of the first layer.
    """,
    gates.EARLY.above(1.5, "the first layer's does half as much again"),
)
