"""Updates of all layers at once against each alone (Goodfellow, Bengio, Courville 2016, 8.7.1): the measurements, without a verdict.

The gradient says how the loss changes when one layer moves and the others stay; in training all of them move. At theta, with g = grad
L(theta) on the batch of that step and, for each weight matrix W_l,

    D_l = -RHO |W_l| g_l / |g_l|
    interaction = |dL(all D_l) - sum_l dL(D_l alone)| / |sum_l <g_l, D_l>|

is what the layers change in each other's work, as a part of what they were to gain. No scaling of a weight matrix that the network's
function does not notice alters it. Functions take whatever backend `lib` is and return [S] under "interaction.<arm>", and the
trajectories of losses, [steps, S], under "loss.<arm>".
"""

import numpy as np

from ....language import training
from ...shared import common

ARMS = {"with": "batch_norm", "without": "nothing", "null": "affine"}
WIDTH, BATCH, RATE, RHO = 32, 64, 0.1, 0.01
STEPS, LOOKED_AT = 61, (20, 40, 60)
DEEP_BATCHES = 3
SEEDS = {"in_training": 20, "deep_start": 20, "reference": 5}
"""How many seeds each experiment is designed for."""


def in_training(lib, *, seeds, dtype):
    """4 x 32 ReLU, He, rate 0.1, 61 steps of 64, the mean interaction at LOOKED_AT: with batch norm, without, and the null arm (its
    scale and shift, and nothing normalised). "frozen": from the parameters of "with", the batch's own statistics held still, which
    is the same function there, but not around it.
    """
    measured = {}
    for arm in ARMS:
        network, start, examples = _setting(arm, depth=4, rule="he", steps=STEPS, seeds=seeds, dtype=dtype)
        seen = {arm: [], "frozen": []}

        def look(step, parameters, x, targets, loss, gradients, extra, network=network, arm=arm, seen=seen):
            if step not in LOOKED_AT:
                return
            seen[arm].append(interaction(lib, network, parameters, x, targets, loss, gradients))
            if arm == "with":
                held, statistics = training.frozen(network), extra["statistics"]
                loss, slope, _ = training.evaluate(lib, held, parameters, x, targets, statistics=statistics)
                seen["frozen"].append(interaction(lib, held, parameters, x, targets, loss, slope, statistics))

        measured[f"loss.{arm}"] = training.train(lib, network, start, examples, rate=RATE, observe=look)[1]
        measured |= {f"interaction.{name}": np.mean(found, 0) for name, found in seen.items() if found}
    return measured


def deep_start(lib, *, seeds, dtype):
    """A reversal: 12 layers with Glorot's weights, with and without batch norm, before the first step; the mean over DEEP_BATCHES.

    (On one batch the layers' shares nearly cancel in some seeds, and a ratio of such numbers says little.)
    """
    measured = {}
    for arm in ("with", "without"):
        network, start, examples = _setting(arm, depth=12, rule="glorot", steps=DEEP_BATCHES, seeds=seeds, dtype=dtype)
        found = []
        for x, targets in examples:
            loss, gradients, _ = training.evaluate(lib, network, start, x, targets)
            found.append(interaction(lib, network, start, x, targets, loss, gradients))
        measured[f"interaction.{arm}"] = np.mean(found, 0)
    return measured


def interaction(lib, network, parameters, x, targets, loss, gradients, statistics=None):
    """|dL(all) - sum_l dL(l)| / |sum_l <g_l, D_l>| [S]; the moves are tried side by side, as further seeds: all, then each alone."""
    weights = [layer["weight"] for layer in network if layer["kind"] == "fully_connected"]
    moved, promised = {}, 0.0
    for name in weights:
        weight, slope = {name: parameters[name]}, {name: gradients[name]}
        length = RHO * training.norm(weight) / training.norm(slope)
        moved |= training.descend(weight, slope, length)
        promised = promised - length * training.inner(slope, slope)
    tried = [weights, *([name] for name in weights)]
    there = {
        name: np.concatenate([moved[name] if name in movers else array for movers in tried])
        for name, array in parameters.items()
    }

    def everyone(array):
        return np.concatenate([array] * len(tried))

    after = training.evaluate(
        lib,
        network,
        there,
        everyone(x),
        everyone(targets),
        statistics={name: tuple(map(everyone, pair)) for name, pair in (statistics or {}).items()},
    )[0]
    together, *alone = after.reshape(len(tried), -1) - loss
    return abs(together - sum(alone)) / abs(promised)


def reference(lib, *, seeds, dtype):
    """The trajectories of `in_training` by the reference, "loss.<arm>" [steps, S], and how far from them another library may be at each
    step, "allowed.<arm>" [steps, S]."""
    measured = {}
    for arm in ARMS:
        network, start, examples = _setting(arm, depth=4, rule="he", steps=STEPS, seeds=seeds, dtype=dtype)
        losses, allowed = training.reference_losses(lib, network, start, examples, rate=RATE)
        measured |= {f"loss.{arm}": losses, f"allowed.{arm}": allowed}
    return measured


def _setting(arm, *, depth, rule, steps, seeds, dtype):
    """Network, initial parameters and batches. Arms and frameworks get the same numbers."""
    images, labels = common.flat_digits(dtype)[0]
    network = common.multilayer(depth, "relu", after=ARMS[arm])
    start = common.multilayer_start(network, width=WIDTH, seeds=seeds, rule=rule, dtype=dtype)
    order = training.batch_order(len(labels), size=BATCH, steps=steps, seeds=seeds)
    return network, start, training.batches(images, labels, order)
