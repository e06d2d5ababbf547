"""The lecture's “modifications in an early layer of net could cause a large change downstream”: without batch norm.

h_l = ReLU(W_l h_{l−1} + b_l), l = 1 … L.  All b_l = 0 and all W_l × f, f > 0: h_l × f^l.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ....reference import bounds, catalogue, composition, judging, mistakes, oracle
from ...engine import Case, Outcome, Wrong, ask, claim, fact, same_bits, smallest, within
from . import mutants

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


@claim(
    "batch_norm.downstream_change",
    statement="Without batch norm a change of early layers can grow from layer to layer. All hidden weights of a ReLU network without biases "
    "times f > 0 multiply the output of layer l by f^l exactly. A change of the first layer alone by a part in 1024 can grow by 2 at "
    "each layer while what the layers give stays as large as it was: to a part in 64 after five layers.",
    scope="fully connected layers with ReLU, no batch norm; “can”: networks made for it, whose activations are known in whole numbers",
    kind="rounding + statistical",
    expected="inconclusive",
    cases={
        "all weights doubled": {"f": 2.0},
        "all weights times 3/2": {"f": 1.5},
        "all weights doubled, reals": {"f": 2.0},
        "the first layer changed": {},
    },
    wrongs={
        "in proportion to the depth": Wrong(says={"growth": product}, cases=(*SCALED, "all weights doubled, reals"), needs=("relu",)),
        "by f, whatever the depth": Wrong(says={"growth": once}, cases=(*SCALED, "all weights doubled, reals"), needs=("relu",)),
        "the change stays as it was": Wrong(says={"amplified": kept}, cases=("the first layer changed",), needs=("relu",)),
        "absolute value for ReLU": relu_or_absolute("relu"),
        "biases that nobody asked for": Wrong(operations={"fully_connected": mutants.with_a_bias}, needs=("relu",)),
    },
    premises=("activations.relu",),
    sources=("Ioffe & Szegedy (2015), arXiv 1502.03167, §1", "Goodfellow, Bengio, Courville (2016), §8.7.1"),
    notes="The statistical part, how much the first layer's change grows in networks with random weights, is still to come.",
)  # fmt: skip
def downstream_change(case: Case, *, growth=power, amplified=doubled):
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
        (z,) = judging.exact_values(catalogue.OPERATIONS["fully_connected"], {"x": x, "w": w, "b": b}, x.dtype)
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


@downstream_change.limit(
    "weights that shrink",
    says="“Could”: with weights below 1 the same change of the first layer shrinks from layer to layer, with weights of 1 it stays.",
)
def _(case: Case):
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


@downstream_change.limit(
    "biases",
    says="With biases that are not scaled along the output is not multiplied by f^L: homogeneity is of the weights alone.",
)
def _(case: Case):
    points = [Scaling(depth, f, b) for depth in (1, 2) for f in (1.0, 2.0) for b in (0.0, 1.0)]
    yield from multiplied(
        case, points, instead=functools.partial(in_whole_numbers, case), order="by L, then by f, then by b"
    )


@downstream_change.limit(
    "a negative factor",
    says="ReLU is homogeneous for positive factors only: with f < 0 other units are on, and the output is another one.",
)
def _(case: Case):
    points = [Scaling(depth, f, 0.0) for depth in (1, 2) for f in (1.0, -1.0, 2.0, -2.0)]
    yield from multiplied(case, points, instead=functools.partial(in_whole_numbers, case), order="by L, then by |f|")


@downstream_change.limit(
    "activations that saturate",
    says="ReLU, |z| and leaky ReLU pass a scale on; the logistic and tanh do not: their outputs stay below 1 however large the weights.",
)
def _(case: Case):
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
