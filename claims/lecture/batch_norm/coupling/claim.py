"""The lecture's “modifications in an early layer of net could cause a large change downstream. BN would decouple these effects.”

BN(aZ + c) = sgn(a) · BN(Z) · √((v + ε)/(v + ε/a²)), v the biased variance of Z over the batch

What happens without batch norm is in ``perturbation``; where decoupling stops, in ``limits.py``.
"""

import functools
from fractions import Fraction

import numpy as np

from .....reference import bounds, oracle
from .....reference.libraries import FRAMEWORKS
from ....language import Figure, Wrong, ask, claim, population, same_bits, within
from ...shared.geometry import PLAIN_2D
from ...shared.gradients import gradients_off
from ...shared.wrongs import another, arm_for_arm
from .. import mutants
from ..figures import RELATIVE, by_layer
from ..layers import by_the_batch, normalized, ones
from ..perturbation import design as perturbation_design
from . import design

WHOLE = "sums of products in whole numbers, of which no partial sum rounds"
IDENTITY = "BN(aZ + c) = sgn(a)·BN(Z)·√((v + ε)/(v + ε/a²)), BN(Z) in double-double"
LAYERS = {
    "fully connected": {"operation": "fully_connected", "x": (8, 4), "w": (3, 4), "window": {}},
    "convolution": {"operation": "cross_correlation2d", "x": (2, 3, 4, 5), "w": (4, 3, 2, 2), "window": PLAIN_2D},
}
CHANGES = {
    "twice": (2, 0),
    "shifted": (1, 5),
    "three times, shifted": (3, -2),
    "an eighth": (0.125, 3),
    "negative": (-2, 1),
}
"""By name, a and c of aZ + c."""


def factor(a, v, epsilon):
    """sgn(a)·√((v + ε)/(v + ε/a²)): 1 for a > 0, but for what ε does."""
    return np.sign(a) * np.sqrt((v + epsilon) / (v + epsilon / a**2))


def epsilon_forgotten(a, v, epsilon):
    return np.full_like(v, np.sign(a))


def sign_forgotten(a, v, epsilon):
    return np.abs(factor(a, v, epsilon))


def passed_on(a, v, epsilon):
    return np.full_like(v, a)


def inversely(a):
    """The gradient at aZ + c is 1/|a| of that at Z."""
    return 1 / abs(a)


def not_at_all(a):
    return 1.0


def in_proportion(a):
    return abs(a)


def nothing(upstream):
    """The gradient of a bias before batch norm."""
    return np.zeros(upstream.shape[1])


def of_any_bias(upstream):
    return upstream.astype(np.float64).sum(axis=0)


def up_to_epsilon(scale, v, epsilon, along):
    """⟨w, ∂L/∂w⟩ = γ·∂L/∂γ·ε/(v + ε): nothing but for ε."""
    return scale * along * epsilon / (v + epsilon)


def not_orthogonal(scale, v, epsilon, along):
    return scale * along


def along(x, numbers):
    """[C] laid along axis 1 of x."""
    return np.asarray(numbers).reshape(1, -1, *[1] * (x.ndim - 2))


def any_change(measured):
    """The mistake of taking any change for one of scale and shift: the numbers of the random direction in its place."""
    first = measured["first_layer"]
    turned = {f"scale_and_shift.{arm}": first[f"direction.{arm}"] for arm in perturbation_design.ARMS}
    return measured | {"first_layer": first | turned}


decouples = claim(
    "batch_norm.decouples",
    """
    After batch norm in training mode a change of scale a and of shift c of the layer before it changes the output by
    the factor sgn(a)·√((v + ε)/(v + ε/a²)) and by nothing else; the gradient at the layer's output becomes 1/|a| of
    what it was, with ε/a² in place of ε; a bias before batch norm has gradient 0, and a weight vector is orthogonal
    to its gradient, up to ε. Over seeds: other scales and shifts of a first layer's units change the logits by less
    than a thousandth, and by less than a hundredth of what they do without batch norm; and when all layers are
    updated at once, they change each other's effect less than half as much as without.

    Instead: BN would decouple {effects of scale and shift|a random direction}, {in training mode|inference mode}, {and
    no others|a change that is neither scale nor shift}.

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


def predicting(saying, mistake, operation):
    return Wrong(says={saying: mistake}, needs=(operation,))


GRADIENT_BY_CONSTANTS = {
    "statistics as constants in the gradient": another("batch_norm_gradient", mutants.statistics_as_constants)
}


@decouples.each(
    {
        f"{layer}, {change}": {**arrays, "change": numbers}
        for layer, arrays in LAYERS.items()
        for change, numbers in CHANGES.items()
    },
    wrongs={
        "no batch norm": another("batch_norm_training", mutants.without_batch_norm),
        "remembered statistics in place of the batch's": another("batch_norm_training", mutants.remembered_statistics),
    }
    | GRADIENT_BY_CONSTANTS
    | {
        "ε forgotten": predicting("changed", epsilon_forgotten, "batch_norm_training"),
        "the sign of a forgotten": predicting("changed", sign_forgotten, "batch_norm_training"),
        "the scale is passed on": predicting("changed", passed_on, "batch_norm_training"),
        "the gradient does not scale": predicting("scaled", not_at_all, "batch_norm_gradient"),
        "the gradient scales in proportion": predicting("scaled", in_proportion, "batch_norm_gradient"),
    },
)
def scale_and_shift(case, *, changed=factor, scaled=inversely):
    """The layer with weights aw and bias ab + c, and batch norm behind it; z are the outputs of the layer as it was."""
    epsilon, (a, c) = 2.0**-6, case.change
    x, w, b = (case.integers(n, shape, -3, 3) for n, shape in (("x", case.x), ("w", case.w), ("b", case.w[:1])))
    after = yield ask(case.operation, x=x, w=(a * w).astype(x.dtype), b=(a * b + c).astype(x.dtype), **case.window)
    z = getattr(oracle, case.operation)(x, w, b, **case.window).astype(case.dtype)
    upstream = case.reals("upstream", z.shape)
    y, gradient = yield [
        by_the_batch(after.value, epsilon),
        ask("batch_norm_gradient", x=after.value, gamma=ones(z)[0], upstream=upstream, epsilon=epsilon),
    ]
    as_it_was, _, v = oracle.batch_norm_training(z, *ones(z), epsilon=epsilon)
    wanted = as_it_was * along(z, changed(a, v, epsilon))
    bound = normalized(a * z + c, case.dtype, epsilon)[1]
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


@decouples.case(
    "gradients of weight and bias",
    wrongs=GRADIENT_BY_CONSTANTS
    | {
        "the bias's gradient is that of any bias": predicting("bias", of_any_bias, "batch_norm_gradient"),
        "weight and gradient not orthogonal": predicting("inner", not_orthogonal, "batch_norm_gradient"),
    },
)
def weight_and_bias(case, *, bias=nothing, inner=up_to_epsilon):
    """The layer's own gradients, through batch norm: of a bias 0, of a weight vector at right angles to it."""
    epsilon, x, w = 0.25, case.integers("x", (8, 4), -3, 3), case.integers("w", (3, 4), -3, 3)
    z = oracle.fully_connected(x, w, None).astype(case.dtype)
    upstream, scale = case.reals("upstream", (8, 3)), case.reals("gamma", (3,))
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


def inner_products(dw, *, w):
    """⟨w, dw⟩ of each row, in fractions, rounded once."""
    pairs = (zip(one.tolist(), other.tolist(), strict=True) for one, other in zip(w, dw, strict=True))
    return np.array([float(sum(Fraction(a) * Fraction(b) for a, b in row)) for row in pairs], dw.dtype)


@decouples.case(
    "over seeds",
    backends=FRAMEWORKS,
    dtypes=("float64",),
    wrongs={
        "arms exchanged": {"compare": population.exchanged},
        "inference mode in place of training mode": arm_for_arm("first_layer", "frozen", replaced="with"),
        "any change in place of scale and shift": {"arms": any_change},
    },
)
def first_layer_over_seeds(case, *, compare=population.as_measured, arms=population.as_they_ran):
    """What gets through of a change of early layers, by kind of change."""
    _, measured, _ = yield from population.study(
        case,
        perturbation_design,
        ("first_layer", "every_layer", "trained"),
        compare=compare,
        arms=arms,
        followed="trained",
    )
    first = measured["first"]["first_layer"]
    lines = [
        by_layer(f"{change}, {arm}", first[f"layers_{key}.{name}"], control=name == "without")
        for key, change in (("scale_and_shift", "scale and shift"), ("direction", "random direction"))
        for name, arm in (("without", "without"), ("with", "with batch norm"))
    ]
    lines.append(by_layer("scale and shift, inference mode", first["layers_scale_and_shift.frozen"]))
    layers = list(range(1, perturbation_design.DEPTH + 2))
    yield Figure("amplification", {"layers": layers, "arms": lines, "note": RELATIVE})


@decouples.case(
    "all layers at once",
    backends=FRAMEWORKS,
    dtypes=("float64",),
    wrongs={
        "arms exchanged, all layers at once": {"compare": population.exchanged},
        "the null arm in place of batch norm": arm_for_arm("in_training", "null", replaced="with"),
        "gradients off by a hundred-millionth": gradients_off(design.in_training),
    },
)
def all_layers_over_seeds(case, *, compare=population.as_measured, arms=population.as_they_ran):
    yield from population.study(
        case, design, ("in_training", "deep_start"), compare=compare, arms=arms, followed="in_training"
    )
