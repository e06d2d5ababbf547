"""The lecture's “modifications in an early layer of net could cause a large change downstream. BN would decouple these effects.”

BN(aZ + c) = sgn(a) · BN(Z) · √((v + ε)/(v + ε/a²)), v the biased variance of Z over the batch

What happens without batch norm is in ``downstream.py``.
"""

from __future__ import annotations

import functools
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from .....reference import bounds, oracle
from ....language import Call, Case, Figure, Outcome, Wrong, ask, claim, population, same_bits, smallest, within
from ....language.statistics import Gate
from .. import mutants
from ..perturbation import design as perturbation_design
from ..perturbation import gates as perturbation_gates
from ..perturbation.claim import FRAMEWORKS, OVER_SEEDS, RELATIVE, Measured, over, sizes_by_layer
from . import design, gates

PLAIN = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
WHOLE = "sums of products in whole numbers, of which no partial sum rounds"
IDENTITY = "BN(aZ + c) = sgn(a)·BN(Z)·√((v + ε)/(v + ε/a²)), BN(Z) in double-double"


def factor(a: float, v: np.ndarray, epsilon: float) -> np.ndarray:
    """sgn(a)·√((v + ε)/(v + ε/a²)): 1 for a > 0, but for what ε does."""
    return np.sign(a) * np.sqrt((v + epsilon) / (v + epsilon / a**2))


def epsilon_forgotten(a: float, v: np.ndarray, epsilon: float) -> np.ndarray:
    return np.full_like(v, np.sign(a))


def sign_forgotten(a: float, v: np.ndarray, epsilon: float) -> np.ndarray:
    return np.abs(factor(a, v, epsilon))


def passed_on(a: float, v: np.ndarray, epsilon: float) -> np.ndarray:
    return np.full_like(v, a)


def inversely(a: float) -> float:
    """The gradient at aZ + c is 1/|a| of that at Z."""
    return 1 / abs(a)


def not_at_all(a: float) -> float:
    return 1.0


def in_proportion(a: float) -> float:
    return abs(a)


def nothing(upstream: np.ndarray) -> np.ndarray:
    """The gradient of a bias before batch norm."""
    return np.zeros(upstream.shape[1])


def of_any_bias(upstream: np.ndarray) -> np.ndarray:
    return upstream.astype(np.float64).sum(axis=0)


def up_to_epsilon(scale: np.ndarray, v: np.ndarray, epsilon: float, along: np.ndarray) -> np.ndarray:
    """⟨w, ∂L/∂w⟩ = γ·∂L/∂γ·ε/(v + ε): nothing but for ε."""
    return scale * along * epsilon / (v + epsilon)


def not_orthogonal(scale: np.ndarray, v: np.ndarray, epsilon: float, along: np.ndarray) -> np.ndarray:
    return scale * along


def along(x: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """[C] laid along axis 1 of x."""
    return np.asarray(numbers).reshape(1, -1, *[1] * (x.ndim - 2))


def ones(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """γ = 1 and β = 0 for each channel of x."""
    return np.ones(x.shape[1], x.dtype), np.zeros(x.shape[1], x.dtype)


def remembered(x: np.ndarray, mean: np.ndarray, variance: np.ndarray, epsilon: float) -> Call:
    """Batch norm of x [N, C] with remembered statistics, γ = 1 and β = 0."""
    gamma, beta = ones(x)
    return ask("batch_norm_inference", x=x, gamma=gamma, beta=beta, mean=mean, variance=variance, epsilon=epsilon)


CHANGES = {
    "twice": (2, 0),
    "shifted": (1, 5),
    "three times, shifted": (3, -2),
    "an eighth": (0.125, 3),
    "negative": (-2, 1),
}
LAYERS = {"fully connected": ((8, 4), (3, 4)), "convolution": ((2, 3, 4, 5), (4, 3, 2, 2))}
EXACT = {f"{layer}, {change}": {"layer": layer, "change": change} for layer in LAYERS for change in CHANGES}
GRADIENTS = "gradients of weight and bias"
AT_ONCE = ("all layers at once",)


def inference_mode(measured: Measured) -> Measured:
    """The mistake of using the statistics from before the change: the frozen arm's numbers in the place of batch norm's."""
    return population.in_place_of(measured, "first_layer", arm="frozen", replaced="with")


def any_change(measured: Measured) -> Measured:
    """The mistake of taking any change for one of scale and shift: the numbers of the random direction in its place."""
    found = measured["first_layer"]
    return measured | {
        "first_layer": found | {f"scale_and_shift.{arm}": found[f"direction.{arm}"] for arm in perturbation_design.ARMS}
    }


def null_arm(measured: Measured) -> Measured:
    """The mistake of crediting batch norm with what scale and shift do alone: the null arm's own numbers in its place."""
    return population.in_place_of(measured, "in_training", arm="null", replaced="with")


def exact(saying: str, mistake: Any, *needs: str) -> Wrong:
    return Wrong(says={saying: mistake}, cases=(*EXACT, GRADIENTS), needs=needs)


def operation(name: str, mutant: Any) -> Wrong:
    return Wrong(operations={name: mutant}, cases=(*EXACT, GRADIENTS), needs=(name,))


decouples = claim(
    "batch_norm.decouples",
    """
    After batch norm in training mode a change of scale a and of shift c of the layer before it changes the output by
    the factor sgn(a)·√((v + ε)/(v + ε/a²)) and by nothing else; the gradient at the layer's output becomes 1/|a| of
    what it was, with ε/a² in place of ε; a bias before batch norm has gradient 0, and a weight vector is orthogonal
    to its gradient, up to ε. Over seeds: other scales and shifts of a first layer's units change the logits by less
    than a thousandth, and by less than a hundredth of what they do without batch norm; and when all layers are
    updated at once, they change each other's effect less than half as much as without.

    Scope: fully connected and convolutional layers followed at once by batch norm that uses the statistics of the
    batch; a ≠ 0; the same change for all weights of a channel: scale and shift, and no other change. Over seeds: 8 ×
    8 digits, 6 × 64 ReLU at the start and after 61 steps, and updates of one percent of each weight matrix on the way
    of 4 × 32 ReLU

    Finding: another scale and shift of the first layer change the logits {decoupled: scale and shift} times less with
    batch norm

    Sources:
    - Ioffe & Szegedy (2015), arXiv 1502.03167, §3.3
    - Goodfellow, Bengio, Courville (2016), §8.7.1
    - Arora, Li, Lyu (2019), arXiv 1812.03981, lemma 2.1
    - Yang, Pennington, Rao, Sohl-Dickstein, Schoenholz (2019), arXiv 1902.08129 (a limit: gradients explode with
      batch norm)
    """,
    kind="rounding + statistical",
    expected="supported",
    premises=("batch_norm.normalizes", "network.component_parity"),
)


@decouples.each(
    EXACT
    | {GRADIENTS: {}}
    | {name: {"backends": FRAMEWORKS, "dtypes": ("float64",)} for name in (*OVER_SEEDS, *AT_ONCE)},
    wrongs={
        "no batch norm": operation("batch_norm_training", mutants.without_batch_norm),
        "remembered statistics in place of the batch's": operation(
            "batch_norm_training", mutants.remembered_statistics
        ),
        "statistics as constants in the gradient": operation("batch_norm_gradient", mutants.statistics_as_constants),
        "ε forgotten": exact("changed", epsilon_forgotten, "batch_norm_training"),
        "the sign of a forgotten": exact("changed", sign_forgotten, "batch_norm_training"),
        "the scale is passed on": exact("changed", passed_on, "batch_norm_training"),
        "the gradient does not scale": exact("scaled", not_at_all, "batch_norm_gradient"),
        "the gradient scales in proportion": exact("scaled", in_proportion, "batch_norm_gradient"),
        "the bias's gradient is that of any bias": exact("bias", of_any_bias, "batch_norm_gradient"),
        "weight and gradient not orthogonal": exact("inner", not_orthogonal, "batch_norm_gradient"),
        "arms exchanged": over(OVER_SEEDS, says={"compare": population.exchanged}),
        "inference mode in place of training mode": over(OVER_SEEDS, says={"arms": inference_mode}),
        "any change in place of scale and shift": over(OVER_SEEDS, says={"arms": any_change}),
        "arms exchanged, all layers at once": over(AT_ONCE, says={"compare": population.exchanged}),
        "the null arm in place of batch norm": over(AT_ONCE, says={"arms": null_arm}),
        "gradients off by a hundred-millionth": over(
            AT_ONCE, operations={"in_training": mutants.coupling_slightly_off}
        ),
    },
)
def decouples_cases(
    case: Case,
    *,
    changed=factor,
    scaled=inversely,
    bias=nothing,
    inner=up_to_epsilon,
    compare=population.as_measured,
    arms=population.as_they_ran,
):
    if case.name == "over seeds":
        yield from over_seeds(case, compare, arms)
        return
    if case.name == "all layers at once":
        outcomes, _, _ = yield from population.study(
            case, design, ("in_training", "deep_start"), compare=compare, arms=arms
        )
        yield from population.trajectories(case, design, "in_training", outcomes)
        return
    if case.name == GRADIENTS:
        yield from weight_and_bias(case, bias, inner)
        return
    epsilon, (a, c) = 2.0**-6, CHANGES[case.change]
    x, w = (case.integers(name, shape, -3, 3) for name, shape in zip("xw", LAYERS[case.layer], strict=True))
    b = case.integers("b", (len(w),), -3, 3)
    name, settings = ("cross_correlation2d", PLAIN) if x.ndim == 4 else ("fully_connected", {})
    after = yield ask(name, x=x, w=(a * w).astype(case.dtype), b=(a * b + c).astype(case.dtype), **settings)
    z = getattr(oracle, name)(x, w, b, **settings).astype(case.dtype)
    upstream = case.reals("upstream", z.shape)
    y, gradient = yield [
        ask("batch_norm_training", x=after.value, gamma=ones(z)[0], beta=ones(z)[1], epsilon=epsilon),
        ask("batch_norm_gradient", x=after.value, gamma=ones(z)[0], upstream=upstream, epsilon=epsilon),
    ]
    normalized, _, v = oracle.batch_norm_training(z, *ones(z), epsilon=epsilon)
    wanted = normalized * along(z, changed(a, v, epsilon))
    bound = bounds.batch_norm_training(a * z + c, *ones(z), case.dtype, epsilon=epsilon)[0]
    yield within(y.part(0), wanted, bounds.by_formula(bound, wanted, roundings=8), label="BN(aZ + c)", source=IDENTITY)

    wanted = oracle.batch_norm_gradient(z, ones(z)[0], upstream, epsilon=epsilon / a**2)[0] * scaled(a)
    bound = bounds.batch_norm_gradient(a * z + c, ones(z)[0], upstream, case.dtype, epsilon=epsilon)[0]
    yield within(
        gradient.part(0),
        wanted,
        bounds.by_formula(bound, wanted, roundings=8),
        label="the gradient at aZ + c",
        source="1/|a| of the gradient at Z with ε/a² for ε, in double-double",
    )
    if y.kind == "value":  # of a library without batch norm there is nothing to say here
        yield same_bits(after, (a * z + c).astype(case.dtype), label="the layer's own output: aZ + c", source=WHOLE)


def over_seeds(case: Case, compare, arms):
    """What gets through of a change of early layers, by kind of change."""
    outcomes, measured, _ = yield from population.study(
        case, perturbation_design, ("first_layer", "every_layer", "trained"), compare=compare, arms=arms
    )
    yield from population.trajectories(case, perturbation_design, "trained", outcomes)
    found = measured["first"]["first_layer"]
    yield Figure(
        "amplification",
        {
            "layers": list(range(1, perturbation_design.DEPTH + 2)),
            "arms": [
                sizes_by_layer(f"{change}, {arm}", found[f"layers_{key}.{name}"], control=name == "without")
                for key, change in (("scale_and_shift", "scale and shift"), ("direction", "random direction"))
                for name, arm in (("without", "without"), ("with", "with batch norm"))
            ]
            + [sizes_by_layer("scale and shift, inference mode", found["layers_scale_and_shift.frozen"])],
            "note": RELATIVE,
        },
    )


def weight_and_bias(case: Case, bias, inner):
    """The layer's own gradients, through batch norm: of a bias 0, of a weight vector at right angles to it."""
    epsilon, x, w = 0.25, case.integers("x", (8, 4), -3, 3), case.integers("w", (3, 4), -3, 3)
    z, upstream, scale = (
        oracle.fully_connected(x, w, None).astype(case.dtype),
        case.reals("upstream", (8, 3)),
        case.reals("gamma", (3,)),
    )
    dz = (yield ask("batch_norm_gradient", x=z, gamma=scale, upstream=upstream, epsilon=epsilon)).part(0)
    layer = yield ask("fully_connected_gradient", x=x, w=w, upstream=dz.value)

    exact, dgamma, _ = oracle.batch_norm_gradient(z, scale, upstream, epsilon=epsilon)
    error = bounds.batch_norm_gradient(z, scale, upstream, case.dtype, epsilon=epsilon)[0]
    dw, db = bounds.weights_gradient(error, x, exact, case.dtype)

    yield within(
        layer.part(2),
        bias(upstream),
        db,
        label="the gradient of a bias before batch norm",
        source="a shift changes nothing",
    )
    v = oracle.batch_norm_training(z, *ones(z), epsilon=epsilon)[2]
    wanted = inner(scale.astype(np.float64), v, epsilon, dgamma)
    bound = bounds.weighted_sum(dw, w, oracle.fully_connected_gradient(x, w, exact)[1], case.dtype, axis=1)
    yield within(
        layer.part(1).then(functools.partial(inner_products, w=w)),
        wanted,
        bound,
        label="⟨w, ∂L/∂w⟩",
        source="the derivative by a at a = 1 of BN(aZ): BN(Z)·ε/(v + ε)",
    )


def inner_products(dw: np.ndarray, *, w: np.ndarray) -> np.ndarray:
    """⟨w, dw⟩ of each row, in fractions, rounded once."""
    pairs = (zip(one.tolist(), other.tolist(), strict=True) for one, other in zip(w, dw, strict=True))
    return np.array([float(sum(Fraction(a) * Fraction(b) for a, b in row)) for row in pairs], dw.dtype)


def unchanged(case: Case, y: Outcome, z: np.ndarray, changed: np.ndarray, epsilon: float, label: str):
    """The sentence as worded: batch norm gives for the changed layer what it gives for the layer as it was."""
    wanted = oracle.batch_norm_training(z, *ones(z), epsilon=epsilon)[0]
    bound = bounds.batch_norm_training(changed, *ones(z), case.dtype, epsilon=epsilon)[0]
    return within(y.part(0), wanted, bound, label=label, source="“BN would decouple these effects”")


class Scale(NamedTuple):
    """A scale a, of a channel of spread s."""

    a: float
    s: float


@decouples.limit("ε, for a small variance")
def _(case: Case):
    """Batch norm undoes a scale only where ε is lost beside the variance: the narrower the channel, the more of the
    scale gets through.
    """
    epsilon = 2.0**-10
    z = np.array([[-1.0], [1.0]] * 2)

    def judge(y: Outcome, p: Scale, factor):
        wanted = oracle.batch_norm_training(p.s * z, *ones(z), epsilon=epsilon)[0] * factor(p.a, p.s**2, epsilon)
        bound = bounds.batch_norm_training(p.a * p.s * z, *ones(z), case.dtype, epsilon=epsilon)[0]
        return within(y.part(0), wanted, bounds.by_formula(bound, wanted, roundings=8), label="BN(aZ)", source=IDENTITY)

    def build(p: Scale):
        given = (p.a * p.s * z).astype(case.dtype)
        return ask("batch_norm_training", x=given, gamma=ones(given)[0], beta=ones(given)[1], epsilon=epsilon)

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
TINY = 2.0**-60
"""An ε that is lost beside every variance here."""


@decouples.limit("a negative scale")
def _(case: Case):
    """A scale below 0 gets through: the output changes its sign. Only a positive one is undone."""
    z = np.array([[-1.0], [2.0], [5.0], [3.0]])

    def build(p: Change):
        given = (p.a * z + p.c).astype(case.dtype)
        return ask("batch_norm_training", x=given, gamma=ones(given)[0], beta=ones(given)[1], epsilon=TINY)

    yield from smallest(
        CHANGED,
        build,
        lambda y, p: unchanged(case, y, z, p.a * z + p.c, TINY, "BN(aZ + c) = BN(Z)"),
        order=BY_CHANGE,
        instead=lambda y, p: unchanged(case, y, -z, p.a * z + p.c, TINY, "BN(aZ + c) = −BN(Z)"),
    )


@decouples.limit("inference mode")
def _(case: Case):
    """With the statistics remembered batch norm is a fixed affine function: every change of scale or shift gets
    through it.
    """
    z, epsilon = np.array([[-1.0], [2.0], [5.0], [3.0]]), 2.0**-6
    mean, variance = np.array([1], case.dtype), np.array([4], case.dtype)

    def build(p: Change):
        given = (p.a * z + p.c).astype(case.dtype)
        return remembered(given, mean, variance, epsilon)

    def judge(y: Outcome, p: Change, given: np.ndarray, label: str):
        wanted = oracle.batch_norm_inference(given, *ones(z), mean, variance, epsilon=epsilon)
        bound = bounds.batch_norm_inference(p.a * z + p.c, *ones(z), mean, variance, case.dtype, epsilon=epsilon)
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
def _(case: Case):
    """With one input every (positive) change of the weight is a scale, and is undone. From two inputs on a change of
    one weight turns the weight vector: batch norm lets it through.
    """

    def layer(p: Weights, δ: int):
        x = np.array([[1, 2, 0], [3, 1, 1], [-2, 0, 2], [0, -1, 3]])[:, : p.I]
        return (x.sum(axis=1, keepdims=True) + δ * x[:, -1:]).astype(case.dtype)

    def build(p: Weights):
        given = layer(p, p.δ)
        return ask("batch_norm_training", x=given, gamma=ones(given)[0], beta=ones(given)[1], epsilon=TINY)

    yield from smallest(
        sorted((Weights(i, δ) for i in (1, 2, 3) for δ in (0, 1, 2)), key=sum),
        build,
        order="by I + δ",
        literal=lambda y, p: unchanged(case, y, layer(p, 0), layer(p, p.δ), TINY, "BN(Z + δ·x_I) = BN(Z)"),
        instead=lambda y, p: unchanged(
            case, y, layer(p, p.δ), layer(p, p.δ), TINY, "BN of the changed layer by itself"
        ),
    )


def normalized_after(lib, *, x, gamma, beta, epsilon, between):
    """Runs in the worker: batch norm, of a layer as it is or after a ReLU."""
    return lib.batch_norm_training(lib.relu(x) if between == "ReLU" else x, gamma, beta, epsilon=epsilon)


class Shifted(NamedTuple):
    """A shift c of the layer before, with or without a ReLU between it and batch norm."""

    between: str
    c: int


@decouples.limit("a ReLU in between")
def _(case: Case):
    """Batch norm undoes the shift of the layer just before it. With a ReLU in between, the shift moves values across
    0, and gets through.
    """
    z = np.array([[-1.0], [2.0], [-2.0], [3.0]])

    def through(p: Shifted, c: int):
        return np.maximum(z + c, 0) if p.between == "ReLU" else z + c

    def build(p: Shifted):
        given = (z + p.c).astype(case.dtype)
        return ask(
            normalized_after, x=given, gamma=ones(given)[0], beta=ones(given)[1], epsilon=TINY, between=p.between
        )

    yield from smallest(
        [Shifted(between, c) for c in range(1, 4) for between in ("nothing", "ReLU")],
        build,
        order="by c",
        literal=lambda y, p: unchanged(case, y, through(p, 0), through(p, p.c), TINY, "BN(σ(Z + c)) = BN(σ(Z))"),
        instead=lambda y, p: unchanged(
            case, y, through(p, p.c), through(p, p.c), TINY, "BN of the shifted layer by itself"
        ),
    )


# --- where it stops, over seeds -------------------------------------------------------------------------------------------


_limit = functools.partial(population.limit, decouples, perturbation_design)
_of_updates = functools.partial(population.limit, decouples, design)


_limit(
    "a random direction",
    says="The sentence is not supported for an arbitrary change: of a change of the first layer's weights in a random direction more arrives "
    "at the logits with batch norm than without, for with it the change grows from layer to layer.",
    stated=Gate("less arrives with batch norm", perturbation_gates.TURNED.name, "above", (1.0,)),
    as_worded=True,
)
_limit(
    "a random direction, trained",
    says="After 61 steps of training still no less of such a change arrives with batch norm than without, though it hardly grows any more.",
    stated=Gate("less arrives with batch norm", perturbation_gates.TRAINED_TURNED.name, "above", (1.0,)),
)
_limit(
    "against the gradient",
    says="Of the change that gradient descent makes first, against the gradient, as much arrives with batch norm as without. (After "
    "training less does.)",
    stated=Gate("clearly less arrives with batch norm", perturbation_gates.AGAINST.name, "above", (1.5,)),
)
_limit(
    "inference mode, six layers",
    says="With the statistics remembered from before the change, even a change of scale and shift arrives, and is larger at the logits than without "
    "batch norm.",
    stated=Gate("less arrives in inference mode", perturbation_gates.SCALED_FROZEN.name, "below", (1.0,)),
)
_of_updates(
    "all layers at once, before the first step of a deep network",
    says="In a network of twelve layers with Glorot's weights, before the first step, hardly anything is left of it: the layers' updates change "
    "each other's effect about as much with batch norm as without, or more.",
    stated=Gate("less by a third with batch norm, twelve layers at the start", gates.DEEP.name, "above", (1.5,)),
)
