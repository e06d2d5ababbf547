"""The lecture's “modifications in an early layer of net could cause a large change downstream”: without batch norm.

h_l = ReLU(W_l h_{l−1} + b_l), l = 1 … L.  All b_l = 0 and all W_l × f, f > 0: h_l × f^l.

In networks with random weights: how far the relative change ‖h′_l − h_l‖/‖h_l‖ grows from layer to layer.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .....reference import bounds, mistakes, oracle
from .....reference.judging import assessment, composition
from .....reference.operators import catalogue
from ....language import Case, Figure, Outcome, Wrong, ask, claim, fact, population, same_bits, smallest, within
from ....language.statistics import Gate
from .. import mutants
from . import design, gates

WHOLE = "the layers one after another in whole multiples of a power of two, of which no partial sum rounds"
DEPTH = 5
SMALL = 2.0**-10
"""By how much the first layer is changed."""


def power(f: float, layer: int) -> float:
    """Layer l of L grows by f^l."""
    return f**layer


def product(f: float, layer: int) -> float:
    return f * layer


def once(f: float, layer: int) -> float:
    return f


def doubled(layer: int) -> float:
    """A change of layer 1 has grown by 2^(l − 1) at layer l."""
    return 2.0 ** (layer - 1)


def kept(layer: int) -> float:
    return 1.0


def relu_or_absolute(operation: str) -> Wrong:
    mutant = functools.partial(mistakes.commit, mistake="absolute value for ReLU", operation=operation)
    return Wrong(operations={operation: mutant}, needs=(operation,), cases=SCALED)


SCALED = ("all weights doubled", "all weights times 3/2")
FRAMEWORKS = ("torch", "tensorflow")
OVER_SEEDS = ("over seeds",)
Measured = dict[str, dict[str, Any]]


def random_for_gradient(measured: Measured) -> Measured:
    """The mistake of looking in any direction, where the gradient's was meant."""
    return population.in_place_of(measured, "downstream", arm="random", replaced="gradient")


def small_for_large_weights(measured: Measured) -> Measured:
    """The tanh network whose weights are small in the place of the one whose weights are large."""
    return population.in_place_of(measured, "downstream", arm="gentle_tanh", replaced="steep_tanh")


def batch_norm_left_in(measured: Measured) -> Measured:
    """The network with batch norm in the place of the one without."""
    return population.in_place_of(measured, "every_layer", arm="with", replaced="without")


def over(cases: tuple[str, ...], **mistake: Any) -> Wrong:
    return Wrong(**mistake, cases=cases, backends=FRAMEWORKS, dtypes=("float64",))


downstream_change = claim(
    "batch_norm.downstream_change",
    """
    Without batch norm a change of early layers can grow from layer to layer. All hidden weights of a ReLU network
    without biases times f > 0 multiply the output of layer l by f^l exactly. A change of the first layer alone by a
    part in 1024 can grow by 2 at each layer while what the layers give stays as large as it was: to a part in 64
    after five layers. In networks with random weights a change of one percent of the first layer's weights against
    their gradient changes the logits by more than three times as much, and grows on its way, in trained networks too;
    so does a random one in a tanh network with large weights. In a ReLU network with He's weights a change in a
    random direction is only passed on.

    Scope: fully connected layers, no batch norm; “can”: by numbers known in advance, and over seeds in six layers of
    64 units on 8 × 8 digits; how much grows depends on the direction of the change and on the size of the weights,
    not on how early the layer is; relative changes, ‖h′ − h‖/‖h‖ of all outputs of a layer for a batch

    Finding: the first layer's weights changed by 1 %, against the gradient: the logits change by {large: logits
    against the gradient} of their size, {amplified: against the gradient} times as much as the first layer's output

    Sources:
    - Ioffe & Szegedy (2015), arXiv 1502.03167, §1
    - Goodfellow, Bengio, Courville (2016), §8.7.1
    - Poole, Lahiri, Raghu, Sohl-Dickstein, Ganguli (2016), arXiv 1606.05340: tanh with large and with small weights
    """,
    kind="rounding + statistical",
    expected="supported",
    premises=("activations.relu", "network.component_parity"),
)


@downstream_change.each(
    {
        "all weights doubled": {"f": 2.0},
        "all weights times 3/2": {"f": 1.5},
        "all weights doubled, reals": {"f": 2.0},
        "the first layer changed": {},
        "over seeds": {"backends": FRAMEWORKS, "dtypes": ("float64",)},
    },
    wrongs={
        "in proportion to the depth": Wrong(
            says={"growth": product}, cases=(*SCALED, "all weights doubled, reals"), needs=("relu",)
        ),
        "by f, whatever the depth": Wrong(
            says={"growth": once}, cases=(*SCALED, "all weights doubled, reals"), needs=("relu",)
        ),
        "the change stays as it was": Wrong(
            says={"amplified": kept}, cases=("the first layer changed",), needs=("relu",)
        ),
        "absolute value for ReLU": relu_or_absolute("relu"),
        "biases that nobody asked for": Wrong(
            operations={"fully_connected": mutants.with_a_bias},
            needs=("relu",),
            cases=(*SCALED, "all weights doubled, reals", "the first layer changed"),
        ),
        "over seeds by f, whatever the depth": over(OVER_SEEDS, says={"growth": once}),
        "arms exchanged": over(OVER_SEEDS, says={"compare": population.exchanged}),
        "a random direction in place of the gradient": over(OVER_SEEDS, says={"arms": random_for_gradient}),
        "small weights in place of large ones": over(OVER_SEEDS, says={"arms": small_for_large_weights}),
        "batch norm left in": over(OVER_SEEDS, says={"arms": batch_norm_left_in}),
    },
)
def downstream_change_cases(
    case: Case, *, growth=power, amplified=doubled, compare=population.as_measured, arms=population.as_they_ran
):
    if case.name == "over seeds":
        yield from over_seeds(case, growth, compare, arms)
        return
    if case.name == "the first layer changed":
        yield from first_layer_changed(case, amplified)
        return
    f = case.f
    if "reals" in case.name:
        x, weights = case.reals("x", (4, 16)), [case.reals(f"w{layer}", (16, 16)) / 4 for layer in range(DEPTH)]
        base, _ = composition.compose(steps(weights), x, case.dtype)
        _, bound = composition.compose(steps([(f * w).astype(case.dtype) for w in weights]), x, case.dtype)
        h = yield from asked(x, [(f * w).astype(case.dtype) for w in weights], [None] * DEPTH)
        yield within(
            h[-1],
            growth(f, DEPTH) * base,
            bound,
            label=f"layer {DEPTH}",
            source="f^L times the exact layers one after another",
        )
        return
    x, weights = (
        case.integers("x", (4, 3), -2, 2),
        [case.integers(f"w{layer}", (3, 3), -1, 2) for layer in range(DEPTH)],
    )
    h = yield from asked(x, [(f * w).astype(case.dtype) for w in weights], [None] * DEPTH)
    for layer, wanted in enumerate(exactly(x, weights, [None] * DEPTH), 1):
        yield same_bits(
            h[layer - 1], (growth(f, layer) * wanted).astype(case.dtype), label=f"layer {layer}", source=WHOLE
        )


def over_seeds(case: Case, growth, compare, arms):
    """Random weights, real images: what grows on its way, what is only passed on, what fades."""
    outcomes, measured, _ = yield from population.study(
        case, design, ("downstream", "every_layer"), compare=compare, arms=arms
    )
    factor = growth(2.0, design.DEPTH)
    yield fact(
        outcomes["every_layer"].then(lambda m: (float(m["doubled.without"].min()), float(m["doubled.without"].max()))),
        (factor, factor),
        label="all hidden weights doubled: what every logit is multiplied by, the least and the most",
        source="f^L: a multiplication by 2 does not round",
    )
    first = measured["first"]
    yield Figure(
        "amplification",
        {
            "layers": list(range(1, design.DEPTH + 2)),
            "arms": [
                sizes_by_layer("every hidden weight × 1.1, no biases", first["every_layer"]["layers_tenth.without"]),
                sizes_by_layer("layer 1 by 1 %, against its gradient", first["downstream"]["layers_relative.gradient"]),
                sizes_by_layer("the same, trained", first["downstream"]["layers_relative.learned_gradient"]),
                sizes_by_layer(
                    "layer 1 by 1 %, at random", first["downstream"]["layers_relative.random"], control=True
                ),
                sizes_by_layer("the same, tanh, weights × 3", first["downstream"]["layers_relative.steep_tanh"]),
                sizes_by_layer("the same, tanh, weights ÷ 2", first["downstream"]["layers_relative.gentle_tanh"]),
            ],
            "note": RELATIVE,
        },
    )


RELATIVE = (
    f"Relative change ‖h′ − h‖/‖h‖ of each layer's output; layer {design.DEPTH + 1} are the logits. "
    "Median and 2.5 % to 97.5 % of the seeds."
)


def sizes_by_layer(name: str, sizes: np.ndarray, *, control: bool = False) -> dict[str, Any]:
    """An arm of the figure from D [layers, S]."""
    low, middle, high = np.quantile(sizes, (0.025, 0.5, 0.975), axis=1)
    return {"name": name, "control": control, "size": middle, "low": low, "high": high}


def first_layer_changed(case: Case, amplified):
    """h_l = 2 h_{l−1} − 1 rests at 1, and doubles what h_1 is off by."""
    x, weights, biases = unstable(case.dtype, 2.0, DEPTH)
    plain = yield from asked(x, weights, biases)
    changed = yield from asked(x, weights, [np.array([SMALL], case.dtype), *biases[1:]])
    for layer, (h, other) in enumerate(zip(plain, changed, strict=True), 1):
        yield same_bits(h, np.ones((1, 1), case.dtype), label=f"layer {layer} as it was", source=WHOLE)
        off = np.full((1, 1), 1 + SMALL * amplified(layer), case.dtype)
        yield same_bits(other, off, label=f"layer {layer}, the first one changed", source=WHOLE)


def unstable(dtype: np.dtype, w: float, depth: int) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """(x, weights, biases) of layers of one unit: h_1 = x = 1, then h_l = w·h_{l−1} + (1 − w), which is 1 again."""
    weights = [np.ones((1, 1), dtype), *[np.full((1, 1), w, dtype)] * (depth - 1)]
    biases = [np.zeros(1, dtype), *[np.full(1, 1 - w, dtype)] * (depth - 1)]
    return np.ones((1, 1), dtype), weights, biases


def asked(x: np.ndarray, weights: Sequence[np.ndarray], biases: Sequence[np.ndarray | None]):
    """The outcome of each layer, every one computed by the library from what it gave before."""
    outcomes = []
    for w, b in zip(weights, biases, strict=True):
        z = yield ask("fully_connected", x=x, w=w, b=b)
        h = yield ask("relu", x=z.value)
        outcomes.append(h)
        x = h.value
    return outcomes


def exactly(x: np.ndarray, weights: Sequence[np.ndarray], biases: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    """Each layer in whole multiples of a power of two; raises BadInput where some partial sum could round."""
    layers = []
    for w, b in zip(weights, biases, strict=True):
        (z,) = assessment.exact_values(catalogue.OPERATIONS["fully_connected"], {"x": x, "w": w, "b": b}, x.dtype)
        x = np.maximum(z, 0)
        layers.append(x)
    return layers


def steps(weights: Sequence[np.ndarray]) -> list[tuple[str, dict]]:
    return [step for w in weights for step in (("fully_connected", {"w": w, "b": None}), ("relu", {}))]


def forward(lib, *, x, weights, biases, activation):
    """Runs in the worker: the output of the last layer."""
    for w, b in zip(weights, biases, strict=True):
        settings = {"alpha": 0.5} if activation == "leaky_relu" else {}
        x = getattr(lib, activation)(lib.fully_connected(x, w, b), **settings)
    return x


# --- where it stops ----------------------------------------------------------------------------------------------------


class Layers(NamedTuple):
    """L layers h = w·h + (1 − w), which rest at 1."""

    L: int
    w: float


@downstream_change.limit("weights that shrink")
def _(case: Case):
    """“Could”: with weights below 1 the same change of the first layer shrinks from layer to layer, with weights of 1
    it stays.
    """

    def build(p: Layers):
        x, weights, (_, *others) = unstable(case.dtype, p.w, p.L)
        return ask(forward, x=x, weights=weights, biases=[np.array([SMALL], case.dtype), *others], activation="relu")

    def literal(h: Outcome, p: Layers):
        return fact(
            h.then(lambda a: bool(a[0, 0] - 1 > SMALL)),
            True,
            label="the change has grown",
            source="the sentence as worded",
        )

    def instead(h: Outcome, p: Layers):
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


def layers_of(p: Scaling, dtype: np.dtype, *, scaled: bool) -> dict:
    """The arguments of ``forward``, as they were or with the weights scaled."""
    x, w = (a.astype(dtype) for a in PICTURE)
    factor = dtype.type(p.f if scaled else 1)
    return {"x": x, "weights": [factor * w] * p.L, "biases": [np.full(2, p.b, dtype)] * p.L}


def multiplied(case: Case, points: Sequence[Scaling], *, instead, order: str):
    """The sentence as worded: all weights × f multiply the output by f^L."""

    def literal(ys: list[Outcome], p: Scaling):
        before, after = ys
        if before.kind != "value":
            return fact(before, None, label="the output", source="")
        wanted = (p.f**p.L * before.value).astype(case.dtype)
        return same_bits(after, wanted, label="the output × f^L", source="f^L times what the library gave before")

    def build(p: Scaling):
        return [ask(forward, **layers_of(p, case.dtype, scaled=scaled), activation=p.σ) for scaled in (False, True)]

    yield from smallest(points, build, literal, instead=instead, order=order)


def in_whole_numbers(case: Case, ys: list[Outcome], p: Scaling):
    wanted = exactly(*layers_of(p, case.dtype, scaled=True).values())[-1]
    return same_bits(ys[1], wanted, label="the scaled layers one after another", source=WHOLE)


@downstream_change.limit("biases")
def _(case: Case):
    """With biases that are not scaled along the output is not multiplied by f^L: homogeneity is of the weights alone."""
    points = [Scaling(depth, f, b) for depth in (1, 2) for f in (1.0, 2.0) for b in (0.0, 1.0)]
    yield from multiplied(
        case, points, instead=functools.partial(in_whole_numbers, case), order="by L, then by f, then by b"
    )


@downstream_change.limit("a negative factor")
def _(case: Case):
    """ReLU is homogeneous for positive factors only: with f < 0 other units are on, and the output is another one."""
    points = [Scaling(depth, f, 0.0) for depth in (1, 2) for f in (1.0, -1.0, 2.0, -2.0)]
    yield from multiplied(case, points, instead=functools.partial(in_whole_numbers, case), order="by L, then by |f|")


@downstream_change.limit("activations that saturate")
def _(case: Case):
    """ReLU, |z| and leaky ReLU pass a scale on; the logistic and tanh do not: their outputs stay below 1 however
    large the weights.
    """

    def instead(ys: list[Outcome], p: Scaling):
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


# --- where it stops, over seeds -------------------------------------------------------------------------------------------


_limit = functools.partial(population.limit, downstream_change, design)


_limit(
    "a random direction",
    says="In a ReLU network with He's weights a small change of the first layer in a random direction is passed on and does not grow: the "
    "logits change by about the same part as the first layer's output.",
    stated=Gate("it grows by a half", gates.GROWTH_RANDOM.name, "above", (1.5,)),
)
_limit(
    "more layers",
    says="With twelve layers it is no different: such a change is passed on, at its size, through all of them.",
    stated=Gate("it grows by two thirds", gates.GROWTH_DEEP.name, "above", (5 / 3,)),
)
_limit(
    "a random direction, trained",
    says="After training a small change in a random direction becomes smaller on its way.",
    stated=Gate("it grows", gates.GROWTH_LEARNED_RANDOM.name, "above", (1.0,)),
)
_limit(
    "tanh with small weights",
    says="In a tanh network with half of Glorot's weights a change of the first layer fades from layer to layer.",
    stated=Gate("it grows", gates.GROWTH_GENTLE.name, "above", (1.0,)),
)
_limit(
    "a late layer",
    says="“An early layer” is nothing special here: a change of the last hidden layer, in a random direction and of the same relative size, "
    "changes the logits as much as one of the first layer.",
    stated=Gate("the first layer's does half as much again", gates.EARLY.name, "above", (1.5,)),
)
