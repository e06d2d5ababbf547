"""Is it by a lower internal covariate shift that batch norm helps? The measurements for it and against it, without a verdict.

Two readings of internal covariate shift are measured beside the loss: the moments of what enters a nonlinearity, as in ``shift``, and, of
Santurkar, Tsipras, Ilyas, Madry 2018 (arXiv 1805.11604), definition 2.1, the gradient G of a layer's weights against G', the gradient of the
same weights on the same batch once the layers below have taken their step (and no other layer has):

    cosine      <G, G'> / (|G| |G'|)        1 where the step of the layers below changes nothing
    distance    |G - G'|                    0 where it changes nothing

Noisy batch norm (ibid., 2.1 and appendix A) moves the moments on purpose: behind it, and before the nonlinearity, every unit is scaled by
U(1, n_sigma) and shifted by U(-n_mu, n_mu), drawn anew at every step, for the whole batch at once. A dose k is n_mu = k/2 and
n_sigma = 1 + k/4, so that theirs is k = 1 (which has besides a little for each example, of size 0.1, that is left out here).
"""

import numpy as np

from .....reference.networks.notation import affine
from ....language import training
from ...shared import common
from ..shift import design as shift_design

ARMS = {"with": "batch_norm", "without": "nothing"}
SHALLOW = {"depth": 4, "width": 32, "rule": "he", "steps": 61, "batch": 64}
SHALLOW_RATES, SHALLOW_LOOKED_AT, SHALLOW_LAYERS = (0.05, 0.3), (0, 20, 40, 60), (2, 3, 4, 5)
LINEAR = {"depth": 34, "width": 16, "rule": "glorot", "steps": 41, "batch": 64}
LINEAR_RATE, LINEAR_LOOKED_AT, LINEAR_LAYERS = 0.003, (0, 20, 40), (5, 10, 15, 20, 25, 30, 35)
DEEP = {"depth": 8, "width": 32, "rule": "glorot", "steps": 100, "batch": 32}
DEEP_RATE, DEEP_LOOKED_AT, DEEP_LAYERS = 0.1, (20, 50, 80), (3, 6, 9)
DOSES = {"with": (0, 1, 2, 4), "without": (0, 2)}
"""Of noise, by the arm; 0 is none."""
SEEDS = {"shallow": 20, "linear": 20, "noise": 10, "reference": 5}
"""How many seeds each experiment is designed for."""
_NOISE = 4  # what a seed's random numbers are for; ``training`` has 1 to 3


def shallow(lib, *, seeds, dtype):
    """4 x 32 ReLU, He, 61 steps of 64 at SHALLOW_RATES, with batch norm and without.

    "last.<arm>@<rate>" [S], the mean loss of the last ten steps; "loss.<arm>@<rate>" [steps, S]; "cosine.<arm>@<rate>" and
    "distance.<arm>@<rate>" [layers, S], means over SHALLOW_LOOKED_AT, of all layers but the first.
    """
    measured = {}
    rates = np.repeat(SHALLOW_RATES, len(seeds))  # all rates at once, as further seeds
    for arm, after in ARMS.items():
        network = common.multilayer(SHALLOW["depth"], "relu", after=after)
        watch = Agreement(lib, network, rates, SHALLOW_LOOKED_AT, SHALLOW_LAYERS)
        again = [*seeds] * len(SHALLOW_RATES)
        found = _trained(lib, network, SHALLOW, rates, watch, seeds=again, dtype=dtype)
        measured |= _apart(found, [f"{arm}@{rate:g}" for rate in SHALLOW_RATES])
    return measured


def linear(lib, *, seeds, dtype):
    """A linear network of 35 layers, 34 x 16 units, Glorot, rate 0.003, 41 steps of 64, with batch norm and without: the same measures under
    "<measure>.<arm>", at every fifth layer, means over LINEAR_LOOKED_AT."""
    measured = {}
    for arm, after in ARMS.items():
        layers = common.multilayer(LINEAR["depth"], "relu", after=after)
        network = tuple(one for one in layers if one["kind"] != "relu")
        watch = Agreement(lib, network, LINEAR_RATE, LINEAR_LOOKED_AT, LINEAR_LAYERS)
        measured |= _apart(_trained(lib, network, LINEAR, LINEAR_RATE, watch, seeds=seeds, dtype=dtype), [arm])
    return measured


def noise(lib, *, seeds, dtype):
    """8 x 32 ReLU, Glorot, rate 0.1, 100 steps of 32, with batch norm and without, and with noise in all DOSES, "<arm>@<dose>".

    "last.<arm>@<dose>" [S] and "loss.<arm>@<dose>" [steps, S]; "mean", "deviation" and "joint" [hidden layers, S], the measures of ``shift``
    for one step, of what enters the nonlinearities, from the noise of that step to the noise of the next; "inside_mean.with@<dose>" and so on,
    of what enters batch norm, before it is normalised; "cosine" and "distance" [layers, S], of DEEP_LAYERS. All of these are means over
    DEEP_LOOKED_AT. The doses of a seed are one noise, stretched.
    """
    measured = {}
    for arm, doses in DOSES.items():
        network, given = _noisy(ARMS[arm]), noise_of(doses, seeds=seeds, dtype=dtype)
        places = shift_design.inputs_of(network, "relu") + shift_design.inputs_of(network, "batch_norm")
        moved = shift_design.Watch(lib, network, places, DEEP_RATE, DEEP_LOOKED_AT, given)
        turned = Agreement(lib, network, DEEP_RATE, DEEP_LOOKED_AT, DEEP_LAYERS, given)
        again = [*seeds] * len(doses)
        found = _trained(lib, network, DEEP, DEEP_RATE, moved, turned, given=given, seeds=again, dtype=dtype)
        for name in shift_design.MEASURES:
            found[name], inside = np.split(found[name], [DEEP["depth"]])
            found |= {f"inside_{name}": inside} if len(inside) else {}
        measured |= _apart(found, [f"{arm}@{dose}" for dose in doses])
    return measured


def reference(lib, *, seeds, dtype):
    """The trajectories of `noise` by the reference, "loss.<arm>@<dose>" [steps, S], and how far from them another library may be at each
    step, "allowed.<arm>@<dose>" [steps, S]."""
    measured = {}
    for arm, doses in DOSES.items():
        network, given = _noisy(ARMS[arm]), noise_of(doses, seeds=seeds, dtype=dtype)
        start, examples = _setting(network, DEEP, seeds=[*seeds] * len(doses), dtype=dtype)
        losses, allowed = training.reference_losses(lib, network, start, examples, rate=DEEP_RATE, given=given)
        measured |= _apart({"loss": losses, "allowed": allowed}, [f"{arm}@{dose}" for dose in doses])
    return measured


def noise_of(doses, *, seeds, dtype):
    """``given`` of ``training.train``: the scale and shift of every unit at a step, the same numbers whenever it is asked; all doses at once, as
    further seeds."""
    shape = (DEEP["steps"] + 1, 2, DEEP["depth"], DEEP["width"])
    drawn = np.stack(
        [np.random.default_rng([seed, _NOISE]).random(shape) for seed in seeds], 3
    )  # [steps, 2, layers, S, units]
    scale = np.concatenate([1 + dose / 4 * drawn[:, 0] for dose in doses], 2).astype(dtype)
    moved = np.concatenate([dose / 2 * (2 * drawn[:, 1] - 1) for dose in doses], 2).astype(dtype)

    def given(step):
        return {
            name: part[step, i] for i in range(DEEP["depth"]) for name, part in ((f"s{i}", scale), (f"m{i}", moved))
        }

    return given


def _noisy(after):
    """The 8 x 32 network, with an affine layer that is the noise before every ReLU."""
    network = []
    for one in common.multilayer(DEEP["depth"], "relu", after=after):
        if one["kind"] == "relu":
            i = network.count(one)
            network.append(affine(f"s{i}", f"m{i}"))
        network.append(one)
    return tuple(network)


def _setting(network, shape, *, seeds, dtype):
    """Initial parameters and batches. Arms and frameworks get the same numbers."""
    images, labels = common.flat_digits(dtype)[0]
    order = training.batch_order(len(labels), size=shape["batch"], steps=shape["steps"], seeds=seeds)
    start = common.multilayer_start(network, width=shape["width"], seeds=seeds, rule=shape["rule"], dtype=dtype)
    return start, training.batches(images, labels, order)


def _trained(lib, network, shape, rate, *watches, given=training.learned_alone, seeds, dtype):
    """{measure: [..., S]}."""
    start, examples = _setting(network, shape, seeds=seeds, dtype=dtype)

    def look(*seen):
        for watch in watches:
            watch(*seen)

    losses = training.train(lib, network, start, examples, rate=rate, given=given, observe=look)[1]
    measured = {"loss": losses, "last": losses[-10:].mean(0)}
    for watch in watches:
        measured |= watch.measured()
    return measured


def _apart(found, arms):
    """{"<measure>.<arm>": [..., S]} from {measure: [..., arms times S]}."""
    parts = {name: np.split(array, len(arms), -1) for name, array in found.items()}
    return {f"{name}.{arm}": part for name, split in parts.items() for arm, part in zip(arms, split, strict=True)}


class Agreement:
    """An ``observe`` of ``training.train``: G against G' of the weights of `layers`, counted from 1 at the image."""

    def __init__(self, lib, network, rate, looked_at, layers, given=training.learned_alone):
        self.lib, self.network, self.rate, self.looked_at, self.given = lib, network, rate, looked_at, given
        self.layers, self.seen = layers, {"cosine": [], "distance": []}

    def __call__(self, step, parameters, x, targets, loss, gradients, extra):
        if step not in self.looked_at:
            return
        after = training.descend(parameters, gradients, self.rate) | self.given(step + 1)
        blocks = shift_design.blocks(self.network)
        for layer in self.layers:
            below = {name: after[name] for block in blocks[: layer - 1] for name in block}
            weight = blocks[layer - 1][0]
            then = training.evaluate(self.lib, self.network, parameters | below, x, targets)[1]
            G, G_then = ({weight: part[weight]} for part in (gradients, then))
            cosine = training.inner(G, G_then) / (training.norm(G) * training.norm(G_then))
            self.seen["cosine"].append(cosine)
            self.seen["distance"].append(training.norm({weight: G[weight] - G_then[weight]}))

    def measured(self):
        """{measure: [layers, S]}, the mean over the steps looked at."""
        return {name: np.reshape(a, (-1, len(self.layers), len(a[0]))).mean(0) for name, a in self.seen.items()}
