"""The lecture's “modifications in an early layer of net could cause a large change downstream”: without batch norm.

h_l = ReLU(W_l h_{l−1} + b_l), l = 1 … L.  All b_l = 0 and all W_l × f, f > 0: h_l × f^l.

In networks with random weights: how far the relative change ‖h′_l − h_l‖/‖h_l‖ grows from layer to layer. Where that
stops is in ``limits.py``.
"""

import numpy as np

from .....reference.judging import composition
from .....reference.libraries import FRAMEWORKS
from .....reference.networks.notation import make_layer
from ....language import Figure, Wrong, ask, claim, fact, population, same_bits, within
from ...shared.wrongs import another, arm_for_arm, mistaken
from .. import mutants
from ..figures import RELATIVE, by_layer
from ..layers import exactly
from . import design

WHOLE = "the layers one after another in whole multiples of a power of two, of which no partial sum rounds"
DEPTH = 5
SMALL = 2.0**-10
"""By how much the first layer is changed."""


def power(f, layer):
    """Layer l of L grows by f^l."""
    return f**layer


def product(f, layer):
    return f * layer


def once(f, layer):
    return f


def doubled(layer):
    """A change of layer 1 has grown by 2^(l − 1) at layer l."""
    return 2.0 ** (layer - 1)


def as_it_was(layer):
    return 1.0


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

    Instead: Idea: modifications in an early layer of the net, {as in a late one|a late layer}, could cause a large
    change downstream, {in some directions|a random direction}.

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


BIASED = {"biases that nobody asked for": another("fully_connected", mutants.with_a_bias, needs=("relu",))}
OTHER_GROWTH = {
    "in proportion to the depth": Wrong(says={"growth": product}, needs=("relu",)),
    "by f, whatever the depth": Wrong(says={"growth": once}, needs=("relu",)),
} | BIASED


@downstream_change.each(
    {"all weights doubled": {"f": 2.0}, "all weights times 3/2": {"f": 1.5}},
    wrongs=OTHER_GROWTH | {"absolute value for ReLU": mistaken("absolute value for ReLU", "relu", needs=("relu",))},
)
def whole_weights_scaled(case, *, growth=power):
    x, weights = case.integers("x", (4, 3), -2, 2), [case.integers(f"w{i}", (3, 3), -1, 2) for i in range(DEPTH)]
    h = yield from asked(x, [(case.f * w).astype(case.dtype) for w in weights], [None] * DEPTH)
    for layer, wanted in enumerate(layers_exactly(x, weights, [None] * DEPTH), 1):
        grown = (growth(case.f, layer) * wanted).astype(case.dtype)
        yield same_bits(h[layer - 1], grown, label=f"layer {layer}", source=WHOLE)


@downstream_change.case("all weights doubled, reals", f=2.0, wrongs=OTHER_GROWTH)
def real_weights_scaled(case, *, growth=power):
    x, weights = case.reals("x", (4, 16)), [case.reals(f"w{i}", (16, 16)) / 4 for i in range(DEPTH)]
    scaled = [(case.f * w).astype(case.dtype) for w in weights]
    base, _ = composition.compose(steps(weights), x, case.dtype)
    _, bound = composition.compose(steps(scaled), x, case.dtype)
    h = yield from asked(x, scaled, [None] * DEPTH)
    yield within(
        h[-1],
        growth(case.f, DEPTH) * base,
        bound,
        label=f"layer {DEPTH}",
        source="f^L times the exact layers one after another",
    )


@downstream_change.case(
    "the first layer changed",
    wrongs=BIASED | {"the change stays as it was": Wrong(says={"amplified": as_it_was}, needs=("relu",))},
)
def first_layer_changed(case, *, amplified=doubled):
    """h_l = 2 h_{l−1} − 1 rests at 1, and doubles what h_1 is off by."""
    x, weights, biases = unstable(case.dtype, 2.0, DEPTH)
    plain = yield from asked(x, weights, biases)
    changed = yield from asked(x, weights, [np.array([SMALL], case.dtype), *biases[1:]])
    for layer, (h, other) in enumerate(zip(plain, changed, strict=True), 1):
        yield same_bits(h, np.ones((1, 1), case.dtype), label=f"layer {layer} as it was", source=WHOLE)
        off = np.full((1, 1), 1 + SMALL * amplified(layer), case.dtype)
        yield same_bits(other, off, label=f"layer {layer}, the first one changed", source=WHOLE)


@downstream_change.case(
    "over seeds",
    backends=FRAMEWORKS,
    dtypes=("float64",),
    wrongs={
        "over seeds by f, whatever the depth": {"growth": once},
        "arms exchanged": {"compare": population.exchanged},
        "a random direction in place of the gradient": arm_for_arm("downstream", "random", replaced="gradient"),
        "small weights in place of large ones": arm_for_arm("downstream", "gentle_tanh", replaced="steep_tanh"),
        "batch norm left in": arm_for_arm("every_layer", "with", replaced="without"),
    },
)
def random_weights(case, *, growth=power, compare=population.as_measured, arms=population.as_they_ran):
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
    every, first = measured["first"]["every_layer"], measured["first"]["downstream"]
    lines = [
        by_layer("every hidden weight × 1.1, no biases", every["layers_tenth.without"]),
        by_layer("layer 1 by 1 %, against its gradient", first["layers_relative.gradient"]),
        by_layer("the same, trained", first["layers_relative.learned_gradient"]),
        by_layer("layer 1 by 1 %, at random", first["layers_relative.random"], control=True),
        by_layer("the same, tanh, weights × 3", first["layers_relative.steep_tanh"]),
        by_layer("the same, tanh, weights ÷ 2", first["layers_relative.gentle_tanh"]),
    ]
    layers = list(range(1, design.DEPTH + 2))
    yield Figure("amplification", {"layers": layers, "arms": lines, "note": RELATIVE})


def unstable(dtype, w, depth):
    """(x, weights, biases) of layers of one unit: h_1 = x = 1, then h_l = w·h_{l−1} + (1 − w), which is 1 again."""
    weights = [np.ones((1, 1), dtype), *[np.full((1, 1), w, dtype)] * (depth - 1)]
    biases = [np.zeros(1, dtype), *[np.full(1, 1 - w, dtype)] * (depth - 1)]
    return np.ones((1, 1), dtype), weights, biases


def asked(x, weights, biases):
    """The outcome of each layer, every one computed by the library from what it gave before."""
    outcomes = []
    for w, b in zip(weights, biases, strict=True):
        z = yield ask("fully_connected", x=x, w=w, b=b)
        h = yield ask("relu", x=z.value)
        outcomes.append(h)
        x = h.value
    return outcomes


def layers_exactly(x, weights, biases):
    """Each layer in whole multiples of a power of two; raises BadInput where some partial sum could round."""
    layers = []
    for w, b in zip(weights, biases, strict=True):
        x = np.maximum(exactly("fully_connected", x=x, w=w, b=b)[0], 0)
        layers.append(x)
    return layers


def steps(weights):
    return [step for w in weights for step in (make_layer("fully_connected", w=w, b=None), make_layer("relu"))]
