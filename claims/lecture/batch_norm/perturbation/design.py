"""What becomes of a change of early layers further on, with and without batch norm: the measurements, without a verdict.

h_l, l = 1 … L, are the outputs of the hidden layers (after batch norm, if any, and the activation) and h_(L+1) the logits, each
for all of a batch. With h'_l those of the changed network

    D_l = |h'_l - h_l| / |h_l|        over units and examples: the relative change of layer l's output

Functions take whatever backend `lib` is and return D as "layers_<change>.<arm>" [L + 1, S], its last as "<change>.<arm>" [S], and
what it has grown by since the layer that was changed as "growth_<change>.<arm>" [S]. The arms share weights, changes and batches.
"""

import numpy as np

from ....language import training
from ...shared import common

ARMS = {"without": "nothing", "with": "batch_norm"}
DEPTH, WIDTH, COUNT = 6, 64, 128
BIAS = 0.1
"""Biases are BIAS N(0, 1), but where a scale is to go through exactly: there they are 0."""
TENTH = 1.1
SMALL, MODERATE = 0.01, 0.1
"""|change of a weight matrix| / |weight matrix|."""
SPREAD = 0.5
"""Of the units' scales, exp(SPREAD N(0, 1)), and of their shifts, SPREAD N(0, 1)."""
GENTLE, STEEP = 0.5, 3.0
"""Times Glorot's weights."""
STEPS, BATCH, RATE = 61, 64, 0.1
SEEDS = {"first_layer": 20, "every_layer": 20, "downstream": 20, "trained": 10, "reference": 5}
"""How many seeds each experiment is designed for."""
_BIASES, _CHANGES = 11, 12  # what a seed's random numbers are for, beside those of ``training``


def first_layer(lib, *, seeds, dtype):
    """6 x 64 ReLU, He, of which the first layer alone is changed: arms "without" and "with" batch norm, three changes:

    "scale_and_shift", of each unit its own; "direction", the weights by MODERATE in a random direction; "gradient", by SMALL
    against their gradient, as a step of gradient descent would. "scale_and_shift.frozen": batch norm whose statistics stay what they
    were before the change, as in inference.
    """
    measured = {}
    for arm in ARMS:
        network, start, x, targets = _setting(arm, seeds=seeds, dtype=dtype)
        measured |= _three_changes(lib, network, start, x, targets, arm=arm, seeds=seeds)
        if arm == "with":
            statistics = _evaluate(lib, network, start, x, targets)[2]["statistics"]
            changes = {"scale_and_shift": scaled_and_shifted(start, seeds)}
            held = training.frozen(network)
            measured |= _changes(lib, held, start, changes, x, targets, arm="frozen", statistics=statistics)
    return measured


def every_layer(lib, *, seeds, dtype):
    """The same networks without biases, the weights of all hidden layers times TENTH: "tenth.<arm>"; and times 2, where no product
    rounds: "doubled.<arm>" [2, S], the smallest and the largest of what a logit is multiplied by."""
    measured = {}
    for arm in ARMS:
        network, start, x, targets = _setting(arm, bias=0.0, seeds=seeds, dtype=dtype)
        grown = {
            factor: start | {f"w{i}": np.asarray(factor, dtype) * start[f"w{i}"] for i in range(DEPTH)}
            for factor in (TENTH, 2)
        }
        measured |= _changes(lib, network, start, {"tenth": grown[TENTH]}, x, targets, arm=arm)
        before, after = (_evaluate(lib, network, p, x, targets)[2]["logits"] for p in (start, grown[2]))
        measured[f"doubled.{arm}"] = np.stack([(after / before).min((1, 2)), (after / before).max((1, 2))])
    return measured


def downstream(lib, *, seeds, dtype):
    """Without batch norm, the weights of one layer changed by SMALL: "relative.<arm>" for the D of ``_changes``.

    6 x 64 ReLU, He: "random", layer 1 in a random direction; "late", layer 6 in a random direction; "gradient", layer 1 against its
    gradient; "learned_random" and "learned_gradient", these two after the training of `trained`. "deep", 12 layers, and
    "gentle_tanh" and "steep_tanh", 6 x 64 with GENTLE and STEEP times Glorot's weights: layer 1 in a random direction.
    """
    own = {"seeds": seeds, "dtype": dtype}
    network, start, *batch = _setting("without", **own)
    learned = training.train(lib, network, start, _batches(**own), rate=RATE)[0]
    measured = {}
    for prefix, parameters in (("", start), ("learned_", learned)):
        random = _random(seeds, start["w0"].shape[1:])
        against = -_evaluate(lib, network, parameters, *batch)[1]["w0"]
        for arm, away in (("random", random), ("gradient", against)):
            change = {"relative": turned(parameters, 0, SMALL, away)}
            measured |= _changes(lib, network, parameters, change, *batch, arm=prefix + arm)
    late = {"relative": turned(start, DEPTH - 1, SMALL, _random(seeds, start[f"w{DEPTH - 1}"].shape[1:]))}
    measured |= _changes(lib, network, start, late, *batch, arm="late", since=DEPTH - 1)
    for arm, activation, depth, gain in (
        ("deep", "relu", 2 * DEPTH, 1.0),
        ("gentle_tanh", "tanh", DEPTH, GENTLE),
        ("steep_tanh", "tanh", DEPTH, STEEP),
    ):
        network, start, *batch = _setting("without", **own, activation=activation, depth=depth, gain=gain)
        change = {"relative": turned(start, 0, SMALL, _random(seeds, start["w0"].shape[1:]))}
        measured |= _changes(lib, network, start, change, *batch, arm=arm)
    return measured


def trained(lib, *, seeds, dtype):
    """The networks and changes of `first_layer` after 61 steps of 64 at rate 0.1; "loss.<arm>" [steps, S] is on the way there."""
    measured = {}
    for arm in ARMS:
        network, start, x, targets = _setting(arm, seeds=seeds, dtype=dtype)
        last, losses = training.train(lib, network, start, _batches(seeds, dtype), rate=RATE)
        measured |= {f"loss.{arm}": losses} | _three_changes(lib, network, last, x, targets, arm=arm, seeds=seeds)
    return measured


def reference(lib, *, seeds, dtype):
    """The trajectories of `trained` by the reference, "loss.<arm>" [steps, S], and how far from them another library may be at each
    step, "allowed.<arm>" [steps, S]."""
    measured = {}
    for arm in ARMS:
        network, start, _, _ = _setting(arm, seeds=seeds, dtype=dtype)
        losses, allowed = training.reference_losses(lib, network, start, _batches(seeds, dtype), rate=RATE)
        measured |= {f"loss.{arm}": losses, f"allowed.{arm}": allowed}
    return measured


# --- changes: parameters in, parameters out ---------------------------------------------------------------------------------


def scaled_and_shifted(parameters, seeds):
    """Unit i of the first layer gives a_i z_i + c_i where it gave z_i: a_i > 0 and c_i random, the same for all examples."""
    scale, shift = SPREAD * np.moveaxis(_random(seeds, (2, parameters["b0"].shape[1])), 1, 0)
    w, b = parameters["w0"], parameters["b0"]
    changed = {"w0": np.exp(scale)[..., None] * w, "b0": np.exp(scale) * b + shift}
    return parameters | {name: array.astype(w.dtype) for name, array in changed.items()}


def turned(parameters, layer, size, away):
    """Layer `layer` (counted from 0) with its weights W moved by `size` |W| along `away` [S, out, in]."""
    w = parameters[f"w{layer}"]
    length = size * training.norm({"w": w}) / training.norm({"w": away})
    return parameters | {f"w{layer}": (w + length[:, None, None] * away).astype(w.dtype)}


def relative(before, after):
    """D of a list of layers' outputs [S, N, units]: [layers, S]."""
    return np.stack([training.norm({"h": b - a}) / training.norm({"h": a}) for a, b in zip(before, after, strict=True)])


# --- the parts ----------------------------------------------------------------------------------------------------------------


def _setting(arm, *, seeds, dtype, activation="relu", depth=DEPTH, gain=1.0, bias=BIAS):
    """Network, initial parameters, and one batch of COUNT images with their labels."""
    images, labels = common.flat_digits(dtype)[0]
    network = common.multilayer(depth, activation, after=ARMS[arm])
    rule = "he" if activation == "relu" else "glorot"
    start = common.multilayer_start(network, width=WIDTH, seeds=seeds, rule=rule, dtype=dtype)
    for i in range(depth):
        start[f"w{i}"] = start[f"w{i}"] * np.asarray(gain, dtype)
        start[f"b{i}"] = (bias * _random(seeds, (WIDTH,), _BIASES, i)).astype(dtype)
    chosen = training.batch_order(len(labels), size=COUNT, steps=1, seeds=seeds)[0]
    return network, start, images[chosen], labels[chosen]


def _batches(seeds, dtype):
    images, labels = common.flat_digits(dtype)[0]
    return training.batches(images, labels, training.batch_order(len(labels), size=BATCH, steps=STEPS, seeds=seeds))


def _three_changes(lib, network, parameters, x, targets, *, arm, seeds):
    gradient = _evaluate(lib, network, parameters, x, targets)[1]["w0"]
    changes = {
        "scale_and_shift": scaled_and_shifted(parameters, seeds),
        "direction": turned(parameters, 0, MODERATE, _random(seeds, gradient.shape[1:])),
        "gradient": turned(parameters, 0, SMALL, -gradient),
    }
    return _changes(lib, network, parameters, changes, x, targets, arm=arm)


def _changes(lib, network, parameters, changes, x, targets, *, arm, since=0, statistics=None):
    """The network as it was and with each of the changes {name: parameters}, side by side as further seeds."""
    tried = [parameters, *changes.values()]

    def everyone(array):
        return np.concatenate([array] * len(tried))

    layers = _layers(
        network,
        _evaluate(
            lib,
            network,
            {name: np.concatenate([p[name] for p in tried]) for name in parameters},
            everyone(x),
            everyone(targets),
            statistics={n: tuple(map(everyone, pair)) for n, pair in (statistics or {}).items()},
        )[2],
    )
    before, *after = zip(*(np.split(h, len(tried)) for h in layers), strict=True)
    measured = {}
    for name, outputs in zip(changes, after, strict=True):
        d = relative(before, outputs)
        measured |= {f"layers_{name}.{arm}": d, f"{name}.{arm}": d[-1], f"growth_{name}.{arm}": d[-1] / d[since]}
    return measured


def _evaluate(lib, network, parameters, x, targets, *, statistics=None):
    return training.evaluate(lib, network, parameters, x, targets, statistics=statistics, record=_places(network))


def _places(network):
    """Where the hidden layers end."""
    return tuple(i for i, layer in enumerate(network) if layer["kind"] in ("relu", "tanh"))


def _layers(network, extra):
    return [*(extra["recorded"][i] for i in _places(network)), extra["logits"]]


def _random(seeds, shape, *use):
    """N(0, 1) [S, *shape], of each seed alone."""
    return np.stack([np.random.default_rng([seed, *(use or (_CHANGES,))]).standard_normal(shape) for seed in seeds])
