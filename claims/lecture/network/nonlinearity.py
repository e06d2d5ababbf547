"""The lecture's column “Nonlinear”: for each component the smallest witness against superposition."""

import functools
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from ....reference import bounds
from ...language import Wrong, ask, claim, fact, rounding, same_bits, smallest
from ..shared.wrongs import another
from . import mutants
from .superposition import bound_of

Vector = tuple[int, ...]


class Vectors(NamedTuple):
    """Two inputs of whole numbers."""

    x: Vector
    y: Vector


@functools.cache
def small_pairs(n):
    """All pairs of n numbers of 0, 1, −1 each, by Σ|x| + Σ|y|, then 0 before 1 before −1."""
    vectors = list(itertools.product((0, 1, -1), repeat=n))
    pairs = [Vectors(x, y) for x in vectors for y in vectors]
    return tuple(sorted(pairs, key=lambda p: sum(map(abs, p.x + p.y))))


@dataclass(frozen=True)
class Component:
    """``n`` numbers go in together, as rows of ``arranged``; ``axis``: that of the rows in the array that the operation takes."""

    operation: str
    witness: Vectors
    settings: Mapping[str, Any] = field(default_factory=dict)
    arranged: Callable[[np.ndarray], np.ndarray] = lambda rows: rows
    axis: int = 0
    per_row: tuple[str, ...] = ()
    """Parameters with one number a row."""

    @property
    def n(self):
        return len(self.witness.x)

    def call(self, rows):
        numbers = {"gamma": 1, "beta": 0}
        more = {name: np.full(len(rows), numbers[name], rows.dtype) for name in self.per_row}
        return ask(self.operation, x=self.arranged(rows), **more, **self.settings)


def as_images(rows):
    """Each row an image of one line."""
    return rows.reshape(len(rows), 1, 1, -1)


def as_batches(rows):
    """Each row a batch of a channel of its own."""
    return np.ascontiguousarray(rows.T)


PAIR = {"stride": (1, 1), "padding": ((0, 0), (0, 0))}
NONLINEAR = {
    "ReLU": Component("relu", Vectors((1,), (-1,))),
    "absolute value": Component("absolute_value", Vectors((1,), (-1,))),
    "leaky ReLU": Component("leaky_relu", Vectors((1,), (-1,)), {"alpha": 0.125}),
    "PReLU": Component("prelu", Vectors((1,), (-1,)), {"alpha": np.array([0.125])}),
    "logistic": Component("logistic", Vectors((0,), (0,))),
    "tanh": Component("tanh", Vectors((1,), (1,))),
    "batch norm": Component(
        "batch_norm_training", Vectors((0, 1), (0, 1)), {"epsilon": 1e-5}, as_batches, 1, ("gamma", "beta")
    ),
    "max pooling": Component("max_pooling2d", Vectors((0, 1), (0, -1)), {"window": (1, 2), **PAIR}, as_images),
    "softmax": Component("softmax", Vectors((0,), (0,)), {"axis": 1}),
}
"""The smallest witness of each, by hand: max(0, 1 − 1) = 0 and not 1; |1 − 1| = 0, not 2; σ(0) = ½, not 1; tanh 2 < 2 tanh 1;
twice the batch is normalised to the same; max(0, 1 − 1) again; a single class has probability 1, not 2."""


def as_named(component):
    return component


def identity(component):
    """Maximum pooling over one pixel, called nonlinear."""
    return Component("max_pooling2d", component.witness, {"window": (1, 1), **PAIR}, as_images)


def average(component):
    """Average pooling over the pair, called nonlinear."""
    window = {"window": (1, 2), **PAIR, "count_padding": True}
    return Component("average_pooling2d", component.witness, window, as_images)


nonlinear_components = claim(
    "network.nonlinear_components",
    """
    ReLU, |z|, leaky ReLU, PReLU, the logistic, tanh, batch norm in training mode, max pooling and softmax are not
    linear: for each the smallest pair x, y of whole numbers with f(x + y) ≠ f(x) + f(y) is the one stated, and before
    it, in order of size, there is none.

    Instead: Nonlinear (leaky ReLU {unless α = 1|leaky ReLU with α = 1}; batch norm {in training mode|batch norm in
    inference mode})

    Scope: leaky ReLU and PReLU with slope 1/8; batch norm with the batch's own statistics, γ = 1, β = 0; pooling over
    two pixels; “≠” means: by more than the roundings of both sides

    Sources:
    - Goodfellow, Bengio, Courville (2016), §6.1 and §6.3
    """,
    kind="exact + rounding",
    expected="verified",
    premises=("network.component_parity",),
)


@nonlinear_components.each(
    {name: {"component": component} for name, component in NONLINEAR.items()},
    wrongs={
        "the identity called nonlinear": {"called": identity},
        "average pooling called nonlinear": Wrong(says={"called": average}, needs=("average_pooling2d",)),
        "batch norm with fixed statistics": another(
            "batch_norm_training", mutants.fixed_statistics, cases=("batch norm",)
        ),
    }
    | {
        f"{name} left out": another(c.operation, mutants.identity, cases=(name,))
        for name, c in NONLINEAR.items()
        if name not in ("batch norm", "max pooling")
    },
)
def has_a_witness(case, *, called=as_named):
    c = called(case.component)
    pairs = small_pairs(c.n)
    rows = np.array(list(itertools.product(range(-2, 3), repeat=c.n)), case.dtype)
    where = {tuple(row): i for i, row in enumerate(rows.tolist())}
    settings = {name: v.astype(case.dtype) if isinstance(v, np.ndarray) else v for name, v in c.settings.items()}
    c = replace(c, settings=settings)
    whole, parts = yield [c.call(np.array([np.add(p.x, p.y) for p in pairs], case.dtype)), c.call(rows)]
    yield from rounding(whole, label=f"{case.name}: f(x + y)")
    yield from rounding(parts, label=f"{case.name}: f(x), f(y)")
    C = np.zeros((len(pairs), len(rows)))
    for i, p in enumerate(pairs):
        C[i, where[p.x]] += 1
        C[i, where[p.y]] += 1
    departure = first_departure(first_result(whole), first_result(parts), C, c.axis)
    yield fact(
        whole.then(lambda _: "none" if departure is None else str(pairs[departure])),
        str(c.witness),
        label=f"{case.name}: the smallest witness against superposition",
        source="by hand, from the definition",
    )


def first_result(y):
    return y.part(0) if isinstance(y.content, tuple) else y


def first_departure(whole, parts, C, axis):
    """The first row of C for which the two sides are farther apart than rounding explains."""
    values = parts.value.astype(np.float64)
    sides = np.moveaxis(np.tensordot(C, values, (1, axis)), 0, axis)
    ratio = bounds.superposed(bound_of(whole), bound_of(parts), C, values, axis=axis).ratio(whole.value, sides)
    apart = (np.moveaxis(ratio, axis, 0).reshape(len(C), -1) > 1).any(axis=1)
    return int(np.argmax(apart)) if apart.any() else None


class Slope(NamedTuple):
    """The slope of a leaky ReLU for negative numbers."""

    alpha: float


@nonlinear_components.limit("leaky ReLU with α = 1")
def _(case):
    """Leaky ReLU with α = 1 is the identity, which is linear. Any other slope, larger or smaller, is not."""
    z = np.array([1, -1, 0], case.dtype)

    def literal(y, s):
        return fact(
            y.then(lambda f: bool(f[2] != f[0] + f[1])), True, label="f(1 − 1) ≠ f(1) + f(−1)", source="“nonlinear”"
        )

    def instead(y, s):
        return same_bits(y, z, label="f(z) = z", source="α·min(0, z) + max(0, z) with α = 1")

    yield from smallest(
        [Slope(n / 8) for n in range(17)],
        lambda s: ask("leaky_relu", x=z, alpha=s.alpha),
        literal,
        instead=instead,
        order="by α, in eighths",
    )


class Window(NamedTuple):
    """A pooling window of ky × kx pixels."""

    ky: int
    kx: int


@nonlinear_components.limit("max pooling over one pixel")
def _(case):
    """Max pooling with a 1 × 1 window is the identity. With two pixels, on either axis, it is nonlinear."""
    pixel = np.zeros((3, 1, 3, 3), case.dtype)  # 1 and −1 in a corner, and their sum
    pixel[:2, 0, 0, 0] = 1, -1
    windows = sorted((Window(ky, kx) for ky in range(1, 4) for kx in range(1, 4)), key=lambda w: w.ky * w.kx)

    def literal(y, w):
        return fact(
            y.then(lambda f: bool((f[2] != f[0] + f[1]).any())),
            True,
            label="f(x + y) ≠ f(x) + f(y) for y = −x",
            source="“nonlinear”",
        )

    def instead(y, w):
        return same_bits(y, pixel, label="f(x) = x", source="the largest of one number")

    yield from smallest(
        windows,
        lambda w: ask("max_pooling2d", x=pixel, window=w, **PAIR),
        literal,
        instead=instead,
        order="by ky·kx, then by ky",
    )


class Norm(NamedTuple):
    """Batch norm: its mode, the remembered mean μ (in inference) and the shift β."""

    mode: str
    mu: int
    beta: int


@nonlinear_components.limit("batch norm in inference mode")
def _(case):
    """With remembered statistics batch norm is affine, and linear where γμ/σ = β: f(x + y) + f(0) = f(x) + f(y). In
    training mode it is neither, for its statistics are the batch's own.
    """
    modes = [Norm(mode, mu, beta) for mode in ("inference", "training") for mu in range(2) for beta in range(2)]
    x = np.array(
        [[0, 0, 0, 0], [1, 1, 2, 0]], case.dtype
    )  # x, y, x + y and 0, each a batch of two in a channel of its own

    def build(n):
        affine = {"gamma": np.ones(4, case.dtype), "beta": np.full(4, n.beta, case.dtype), "epsilon": 0.25}
        if n.mode == "training":
            return ask("batch_norm_training", x=x, **affine)
        statistics = {"mean": np.full(4, n.mu, case.dtype), "variance": np.full(4, 0.75, case.dtype)}
        return ask("batch_norm_inference", x=x, **affine, **statistics)

    def literal(y, n):
        return fact(
            first_result(y).then(lambda f: bool((f[:, 2] + f[:, 3] != f[:, 0] + f[:, 1]).any())),
            True,
            label="f(x + y) + f(0) ≠ f(x) + f(y): not even affine",
            source="“nonlinear”",
        )

    def instead(y, n):
        return same_bits(
            y, x - n.mu + n.beta, label="f(x) = γ(x − μ)/√(σ² + ε) + β", source="the definition, γ = 1, σ² + ε = ¾ + ¼"
        )

    yield from smallest(modes, build, literal, instead=instead, order="inference first, then by μ and β")
