"""Batch norm smooths the objective (Santurkar, Tsipras, Ilyas, Madry 2018, arXiv 1805.11604): the experiments, without a verdict.

Each function trains its arms side by side from the same weights on the same batches, with whatever backend `lib` is, and returns
plain arrays: the measures of ``landscape``, one number for each seed, [S], under "<measure>.<arm>", and the trajectories,
[steps, S], under "loss.<arm>". The effects and gates on them are in ``smoothing/gates.py``.
"""

import numpy as np

from .....reference.networks.notation import add_parameter, batch_norm, convolution, fully_connected, make_layer
from ....language import training
from ...shared import common, landscape

BATCH, WIDTH = 64, 32
ARMS = {"with": "batch_norm", "without": "nothing", "null": "affine"}
RATES = (0.03, 0.1, 3.0)
MULTILAYER = {"depth": 4, "rule": "he", "rate": 0.1, "steps": 81}
LOOKED_AT = (20, 40, 60, 80)
BAND_STEPS = tuple(range(0, 81, 4))
SEEDS = {
    "multilayer": 20,
    "deep_start": 20,
    "eight_layers_slowly": 10,
    "four_layers_slowly": 10,
    "convolutional": 10,
    "learning_rates": 20,
    "identity": 5,
    "reference": 5,
}
"""How many seeds each experiment is designed for."""
EPSILON = 0.1
"""That of the identity's batch norm: large enough for its absence to show in float32 too."""


def multilayer(lib, *, seeds, dtype):
    """4 x 32 ReLU, He, rate 0.1, 81 steps of 64: with batch norm, without, and the null arm (scale and shift only).

    Two more arms are looked at from the parameters of "with", at the same steps: "frozen", where the statistics are given
    constants; "tripled", where all hidden weights are 3 times as large, which leaves the function alone.
    Also "edge.without" [S], rate times beta; "logits.tripled" [S], how much the logits move by that, relative to the largest; and the bands over BAND_STEPS:
    "band_loss.<arm>" and "band_change.<arm>" [steps, multiples, the first seeds].
    """
    measured = _trained(lib, ARMS, seeds=seeds, dtype=dtype, looked_at=LOOKED_AT, bands=BAND_STEPS, **MULTILAYER)
    return measured | {"edge.without": MULTILAYER["rate"] * measured["beta.without"]}


def deep_start(lib, *, seeds, dtype):
    """A reversal: 12 layers with Glorot's weights, before the first step."""
    setting = {"depth": 12, "rule": "glorot", "rate": 0.1, "steps": 1, "looked_at": (0,)}
    return _trained(lib, ("with", "without"), seeds=seeds, dtype=dtype, **setting)


def eight_layers_slowly(lib, *, seeds, dtype):
    """A reversal: 8 layers at rate 0.01."""
    setting = {"depth": 8, "rule": "he", "rate": 0.01, "steps": 81, "looked_at": LOOKED_AT}
    return _trained(lib, ("with", "without"), seeds=seeds, dtype=dtype, **setting)


def four_layers_slowly(lib, *, seeds, dtype):
    """No effect left: the network of `multilayer` at rate 0.01."""
    setting = {"depth": 4, "rule": "he", "rate": 0.01, "steps": 81, "looked_at": LOOKED_AT}
    return _trained(lib, ("with", "without"), seeds=seeds, dtype=dtype, **setting)


def convolutional(lib, *, seeds, dtype):
    """3 x [3 x 3 convolution to 8 channels, batch norm or not, ReLU], 2 x 2 maximum after the first; rate 0.05, 61 steps of 32."""
    images, labels = common.digits()[0]
    images = images.astype(dtype)
    order = training.batch_order(len(labels), size=32, steps=61, seeds=seeds)
    shapes = {"w0": (8, 1, 3, 3), "w1": (8, 8, 3, 3), "w2": (8, 8, 3, 3), "w3": (common.CLASSES, 8 * 4 * 4)}
    measured = {}
    for arm in ("with", "without"):
        network = []
        for i in range(3):
            network += [convolution(f"w{i}", f"b{i}", padding=1), *common.normaliser(ARMS[arm], i), make_layer("relu")]
            network += [make_layer("max_pooling", window=2)] if i == 0 else []
        network = (*network, make_layer("flatten"), fully_connected("w3", "b3"))
        start = training.initial_parameters(network, shapes, seeds=seeds, rule="he", dtype=dtype)
        watch = landscape.Watch(lib, network, arm=arm, rate=0.05, looked_at=(20, 40, 60), bands=(), variants=False)
        losses = training.train(lib, network, start, training.batches(images, labels, order), rate=0.05, observe=watch)[
            1
        ]
        measured |= {f"loss.{arm}": losses} | watch.measured()
    return measured


def learning_rates(lib, *, seeds, dtype):
    """4 x 32 with and without batch norm at RATES, all rates at once as further seeds: "loss.<arm>@<rate>" [steps, S];
    "final.<arm>@<rate>" [S], the mean over the last ten steps, not finite where the arm has blown up; and
    "failed.<arm>@<rate>" [S], 1 where that is no better than guessing, log 10, or not finite.
    """
    images, labels = common.flat_digits(dtype)[0]
    again = [*seeds] * len(RATES)
    order = training.batch_order(len(labels), size=BATCH, steps=MULTILAYER["steps"], seeds=again)
    measured = {}
    for arm in ("with", "without"):
        network = common.multilayer(4, "relu", after=ARMS[arm])
        start = common.multilayer_start(network, width=WIDTH, seeds=again, rule="he", dtype=dtype)
        rate = np.repeat(RATES, len(seeds))
        losses = training.train(lib, network, start, training.batches(images, labels, order), rate=rate)[1]
        for i, each in enumerate(RATES):
            own = losses[:, i * len(seeds) : (i + 1) * len(seeds)]
            with np.errstate(over="ignore", invalid="ignore"):
                final = own[-10:].mean(0)
            failed = ~(final < np.log(common.CLASSES)) * 1.0
            measured |= {f"loss.{arm}@{each:g}": own, f"final.{arm}@{each:g}": final, f"failed.{arm}@{each:g}": failed}
    return measured


def identity(lib, *, seeds, dtype):
    """One batch through the second of four batch norms, with scales and shifts that are not 1 and 0: what the library says, untouched.

    "y" and "before" [S, m, C], what enters the batch norm and the gradient there; "after" [S, m, C], the gradient behind scale and
    shift; "mean", "variance" and "scale" [S, C]. The gradients inside the network are those of layers that add zero.
    What theorem 4.1 makes of these numbers is computed where it is judged, in ``batch_norm``.
    """
    images, labels = common.flat_digits(dtype)[0]
    plain = common.multilayer(4, "relu", after="batch_norm")
    place = [i for i, one in enumerate(plain) if one["kind"] == "batch_norm"][1]
    scale_name, shift_name = plain[place]["scale"], plain[place]["shift"]
    norm = batch_norm(scale_name, shift_name, epsilon=EPSILON)
    network = (*plain[:place], add_parameter("before"), norm, add_parameter("after"), *plain[place + 1 :])
    parameters = common.multilayer_start(plain, width=WIDTH, seeds=seeds, rule="he", dtype=dtype)
    for name in (scale_name, shift_name):
        noise = np.stack([np.random.default_rng([seed, ord(name[0])]).standard_normal(WIDTH) for seed in seeds])
        parameters[name] = (parameters[name] + 0.3 * noise).astype(dtype)
    parameters |= {name: np.zeros((len(seeds), BATCH, WIDTH), dtype) for name in ("before", "after")}
    chosen = training.batch_order(len(labels), size=BATCH, steps=1, seeds=seeds)[0]
    _, gradients, extra = training.evaluate(lib, network, parameters, images[chosen], labels[chosen], record=(place,))
    mean, variance = extra["statistics"][scale_name]
    return {
        "y": extra["recorded"][place],
        "after": gradients["after"],
        "before": gradients["before"],
        "mean": mean,
        "variance": variance,
        "scale": parameters[scale_name],
    }


def reference(lib, *, seeds, dtype):
    """The trajectories of `multilayer` by the reference, "loss.<arm>" [steps, S], and how far from them another library may be at
    each step, "allowed.<arm>" [steps, S]; the same for the arms of `convolutional` would take longer and say no more."""
    measured = {}
    for arm in ARMS:
        network, start, data, order = _setting(arm, seeds=seeds, dtype=dtype, **MULTILAYER)
        losses, allowed = training.reference_losses(
            lib, network, start, training.batches(*data, order), rate=MULTILAYER["rate"]
        )
        measured |= {f"loss.{arm}": losses, f"allowed.{arm}": allowed}
    return measured


def _setting(arm, *, seeds, dtype, depth, rule, steps, rate):
    """Network, initial parameters, (images, labels), batches. Arms and frameworks get the same numbers."""
    images, labels = common.flat_digits(dtype)[0]
    network = common.multilayer(depth, "relu", after=ARMS[arm])
    start = common.multilayer_start(network, width=WIDTH, seeds=seeds, rule=rule, dtype=dtype)
    order = training.batch_order(len(labels), size=BATCH, steps=steps, seeds=seeds)
    return network, start, (images, labels), order


def _trained(lib, arms, *, seeds, dtype, looked_at, rate, bands=(), **setting):
    measured = {}
    for arm in arms:
        network, start, data, order = _setting(arm, seeds=seeds, dtype=dtype, rate=rate, **setting)
        variants = arm == "with" and bool(bands)
        watch = landscape.Watch(lib, network, arm=arm, rate=rate, looked_at=looked_at, bands=bands, variants=variants)
        losses = training.train(lib, network, start, training.batches(*data, order), rate=rate, observe=watch)[1]
        measured |= {f"loss.{arm}": losses} | watch.measured()
    return measured
