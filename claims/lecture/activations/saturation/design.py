"""Hidden layers that saturate (Glorot & Bengio 2010; Goodfellow et al. 2016, 6.3.2): the measurements, without a verdict.

Each function takes whatever backend `lib` is and returns plain arrays under "<measure>.<arm>", a number for each seed, [S], unless
said otherwise. The arms share seeds, so batches, and weights wherever their rule (He or Glorot) is the same.
"""

import numpy as np

from .....reference.networks.notation import affine
from ....language import training
from ...shared import common

RULES = {"relu": "he", "tanh": "glorot", "logistic": "glorot"}
RATES = (0.1, 0.3, 1.0)
WIDTH, STEPS, BATCH, DEPTH = 32, 150, 64, 6
BIAS, BIASED_DEPTH = 6.0, 3
FACTOR_LAYERS = (1, 5)
"""Weights, counted from 0, between which the factor is taken: all 32 x 32, the first and last left out."""
SEEDS = {"deep": 10, "shallow": 10, "at_the_start": 20, "biased": 20, "reference": 5}
"""How many seeds each experiment is designed for."""
SATURATED = 0.05
"""A unit is saturated for an example when its slope is below this fraction of the activation's largest slope."""
SLOPES = {"relu": lambda a: (a > 0) * 1.0, "tanh": lambda a: 1 - a * a, "logistic": lambda a: 4 * a * (1 - a)}
"""Activation -> its slope where its value is a, as a fraction of the largest."""


DEEP_ARMS = {
    "relu": ("relu", "nothing", (0.1,)),
    "tanh": ("tanh", "nothing", (0.3,)),
    "logistic": ("logistic", "nothing", RATES),
    "logistic_batch_norm": ("logistic", "batch_norm", (1.0,)),
    "logistic_stretched": ("logistic", "stretched", (0.1,)),
}
"""Arm -> activation, what goes with it, rates. relu and tanh have the best of RATES; the logistic is given all of them."""


def deep(lib, *, seeds, dtype):
    """Held-out accuracy after 150 steps of 64 with 6 x 32 hidden units: "accuracy.<arm>" for DEEP_ARMS, where an arm of several
    rates also has "accuracy.<arm>@<rate>" and counts with the best of them, seed by seed: whatever helps it is granted.

    Two arms tell causes apart: batch norm, and "logistic_stretched", 4 logistic(z) - 2 to begin with (a learned scale and shift
    after it), which saturates just as much but has slope 1 at 0. Trajectories: "loss.<arm>" or "loss.<arm>@<rate>" [steps, S].
    """
    measured = {}
    for arm, (activation, extra, rates) in DEEP_ARMS.items():
        measured |= _trained(lib, arm, layers_of(DEPTH, activation, extra), activation, rates, seeds=seeds, dtype=dtype)
    return measured


def shallow(lib, *, seeds, dtype):
    """The control: 1 x 32 hidden units, every activation at all RATES, "accuracy.<activation>" the best of them seed by seed."""
    measured = {}
    for activation in RULES:
        measured |= _trained(
            lib, activation, layers_of(1, activation, "nothing"), activation, RATES, seeds=seeds, dtype=dtype
        )
    return measured


def at_the_start(lib, *, seeds, dtype):
    """Before the first step of `deep`, on its first batch:

    "gradients.<activation>" [layers, S]: |dL/dW| of each layer, the first of them nearest to the image;
    "factor.<activation>": what one hidden layer leaves of it;
    "saturated.<activation>" [hidden layers, S]: the fraction of saturated units.
    """
    measured = {}
    for activation in RULES:
        network = layers_of(DEPTH, activation, "nothing")
        lengths, saturated = _first_gradients(lib, network, activation, bias=0.0, seeds=seeds, dtype=dtype)
        measured[f"gradients.{activation}"] = lengths
        measured[f"factor.{activation}"] = factor(lengths)
        measured[f"saturated.{activation}"] = saturated
    return measured


def biased(lib, *, seeds, dtype):
    """Saturation itself: 3 x 32 hidden units, all hidden biases +6, 0 or -6, before the first step.

    "first_gradient.<activation>@<bias>": |dL/dW| of the first layer; "saturated.<activation>@<bias>" [hidden layers, S].
    """
    measured = {}
    for activation in RULES:
        network = layers_of(BIASED_DEPTH, activation, "nothing")
        for bias in (BIAS, 0.0, -BIAS):
            lengths, saturated = _first_gradients(lib, network, activation, bias=bias, seeds=seeds, dtype=dtype)
            measured[f"first_gradient.{activation}@{bias:g}"] = lengths[0]
            measured[f"saturated.{activation}@{bias:g}"] = saturated
    return measured


def reference(lib, *, seeds, dtype):
    """The trajectories of `deep` by the reference, "loss.<arm>" [steps, S], and how far from them another library may be at each
    step, "allowed.<arm>" [steps, S]; of the logistic arm at its rate 1 only, "logistic@1"."""
    measured = {}
    for arm, (activation, extra, rates) in DEEP_ARMS.items():
        network = layers_of(DEPTH, activation, extra)
        start, data, order = setting(network, activation, seeds=seeds, dtype=dtype)
        losses, allowed = training.reference_losses(lib, network, start, training.batches(*data, order), rate=rates[-1])
        name = arm if len(rates) == 1 else f"{arm}@{rates[-1]:g}"
        measured |= {f"loss.{name}": losses, f"allowed.{name}": allowed}
    return measured


def layers_of(depth, activation, extra):
    """extra: "nothing", "batch_norm", or "stretched", an affine layer after every activation."""
    plain = common.multilayer(depth, activation, after="nothing" if extra == "stretched" else extra)
    if extra != "stretched":
        return plain
    places = [i for i, layer in enumerate(plain) if layer["kind"] == activation]
    return tuple(
        part
        for i, layer in enumerate(plain)
        for part in ((layer, affine(f"g{places.index(i)}", f"c{places.index(i)}")) if i in places else (layer,))
    )


def factor(lengths):
    """What one of 6 hidden layers leaves of the gradient, [S]: (|dL/dW_a| / |dL/dW_b|)^(1/(b - a)), a and b FACTOR_LAYERS; `lengths`
    are the |dL/dW|, [layers, S]."""
    first, last = FACTOR_LAYERS
    return (lengths[first] / lengths[last]) ** (1 / (last - first))


def saturated_units(activation, outputs):
    """The fraction of saturated units [S], over the units and examples of a hidden layer with these `outputs` [S, N, units]."""
    return (SLOPES[activation](outputs) < SATURATED).mean((1, 2))


def setting(network, activation, *, seeds, dtype):
    """Initial parameters, (images, labels), batches. Arms and frameworks get the same numbers."""
    images, labels = common.flat_digits(dtype)[0]
    order = training.batch_order(len(labels), size=BATCH, steps=STEPS, seeds=seeds)
    parameters = common.multilayer_start(network, width=WIDTH, seeds=seeds, rule=RULES[activation], dtype=dtype)
    for layer in network:
        if layer["kind"] == "affine":  # 4 logistic(z) - 2
            parameters[layer["scale"]] = parameters[layer["scale"]] * 4
            parameters[layer["shift"]] = parameters[layer["shift"]] - 2
    return parameters, (images, labels), order


def _trained(lib, arm, network, activation, rates, *, seeds, dtype):
    """All rates at once, as further seeds."""
    start, data, order = setting(network, activation, seeds=[*seeds] * len(rates), dtype=dtype)
    rate = np.repeat(rates, len(seeds))
    last, losses = training.train(lib, network, start, training.batches(*data, order), rate=rate)
    held_out = common.flat_digits(dtype)[1]
    accuracy = training.accuracy(lib, network, last, data[0], *held_out).reshape(len(rates), -1)
    losses = losses.reshape(STEPS, len(rates), -1)
    if len(rates) == 1:
        return {f"accuracy.{arm}": accuracy[0], f"loss.{arm}": losses[:, 0]}
    measured = {f"accuracy.{arm}": accuracy.max(0)}
    for i, each in enumerate(rates):
        measured |= {f"accuracy.{arm}@{each:g}": accuracy[i], f"loss.{arm}@{each:g}": losses[:, i]}
    return measured


def _first_gradients(lib, network, activation, *, bias, seeds, dtype):
    """(|dL/dW| of each layer [layers, S], fraction of saturated units of each hidden layer [hidden layers, S])."""
    parameters, (images, labels), order = setting(network, activation, seeds=seeds, dtype=dtype)
    chosen = order[0]
    weights = [(layer["weight"], layer["bias"]) for layer in network if layer["kind"] == "fully_connected"]
    for _, name in weights[:-1]:
        parameters[name] = parameters[name] + np.asarray(bias, dtype)
    places = tuple(i for i, layer in enumerate(network) if layer["kind"] == activation)
    _, gradients, extra = training.evaluate(lib, network, parameters, images[chosen], labels[chosen], record=places)
    lengths = [training.norm({name: gradients[name]}) for name, _ in weights]
    return np.stack(lengths), np.stack([saturated_units(activation, extra["recorded"][i]) for i in places])
