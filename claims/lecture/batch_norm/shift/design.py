"""Internal covariate shift (Ioffe & Szegedy 2015, arXiv 1502.03167, §2): the measurements, without a verdict.

What enters a hidden layer's nonlinearity, z [S, N, C], is looked at on a probe batch that stays the same, before a change of the
parameters and after it. With m and d the mean and the deviation of each unit over the batch, and R the correlations between the units,

    mean        |m' - m| / |d|              |.| the norm over the units
    deviation   |d' - d| / |d|
    joint       the root mean square of R' - R over all pairs of two units

None depends on how large the activations are. Batch norm sets m and d to its own shift and scale, so of them only what the step does to
these two is left; R it leaves alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .....reference.networks.notation import parameter_names
from ....language import training
from ...shared import common

WIDTH, DEPTH, RATE, STEPS, BATCH, PROBE = 32, 4, 0.1, 61, 64, 128
LOOKED_AT = (20, 40, 60)
FROZEN = 2
"""How many hidden layers, counted from the image, learn nothing in the arms "frozen" and "frozen_with"."""
ARMS = {
    "with": ("batch_norm", 0),
    "without": ("nothing", 0),
    "null": ("affine", 0),
    "frozen": ("nothing", FROZEN),
    "frozen_with": ("batch_norm", FROZEN),
}
"""Arm -> what follows each hidden layer, how many of these layers are frozen."""
MEASURES = ("mean", "deviation", "joint")
SEEDS = {"trained": 10, "reference": 5}
"""How many seeds each experiment is designed for."""


def trained(lib, *, seeds, dtype):
    """4 x 32 ReLU, He, rate 0.1, 61 steps of 64: with batch norm, without, the null arm (scale and shift only), and with frozen layers.

    "<measure>.<arm>" [hidden layers, S]: the change by one step, the mean over LOOKED_AT; "whole_<measure>.<arm>" [hidden layers, S]: from
    before the first step to after the last; "inside_<measure>.with": the change by one step of what enters batch norm, before it is
    normalised; "first.<arm>", "last.<arm>": the mean loss of the first and of the last ten steps; trajectories "loss.<arm>" [steps, S].
    """
    measured = {}
    for arm, (after, frozen) in ARMS.items():
        network, start, data, order = _setting(after, seeds=seeds, dtype=dtype)
        still = {name: start[name] for layer in blocks(network)[:frozen] for name in layer}
        places = inputs_of(network, "relu") + (inputs_of(network, "batch_norm") if arm == "with" else ())
        watch = Watch(lib, network, places, RATE, LOOKED_AT, lambda step, still=still: still)
        last, losses = training.train(
            lib, network, start, training.batches(*data, order), rate=RATE, given=watch.given, observe=watch
        )
        whole = change(*(moments(lib, network, places, parameters) for parameters in (start, last)))
        for name, array in watch.measured().items():
            measured |= {f"{name}.{arm}": array[:DEPTH], f"whole_{name}.{arm}": whole[name][:DEPTH]}
            if arm == "with":
                measured[f"inside_{name}.with"] = array[DEPTH:]
        measured |= {f"first.{arm}": losses[:10].mean(0), f"last.{arm}": losses[-10:].mean(0), f"loss.{arm}": losses}
    return measured


def reference(lib, *, seeds, dtype):
    """The trajectories of `trained` with batch norm and without by the reference, "loss.<arm>" [steps, S], and how far from them another
    library may be at each step, "allowed.<arm>" [steps, S]."""
    measured = {}
    for arm in ("with", "without"):
        network, start, data, order = _setting(ARMS[arm][0], seeds=seeds, dtype=dtype)
        losses, allowed = training.reference_losses(lib, network, start, training.batches(*data, order), rate=RATE)
        measured |= {f"loss.{arm}": losses, f"allowed.{arm}": allowed}
    return measured


def _setting(after, *, seeds, dtype):
    """Network, initial parameters, (images, labels), batches. Arms and frameworks get the same numbers."""
    images, labels = common.flat_digits(dtype)[0]
    network = common.multilayer(DEPTH, "relu", after=after)
    start = common.multilayer_start(network, width=WIDTH, seeds=seeds, rule="he", dtype=dtype)
    return network, start, (images, labels), training.batch_order(len(labels), size=BATCH, steps=STEPS, seeds=seeds)


# --- the measures ------------------------------------------------------------------------------------------------------


@dataclass
class Watch:
    """An ``observe`` of ``training.train``: what the step about to be taken, with what is ``given`` after it, changes at `places`."""

    lib: Any
    network: tuple
    places: tuple[int, ...]
    rate: float
    looked_at: tuple[int, ...]
    given: Callable[[int], dict[str, np.ndarray]] = training.learned_alone
    seen: list[dict[str, np.ndarray]] = field(default_factory=list)

    def __call__(self, step, parameters, x, targets, loss, gradients, extra):
        if step in self.looked_at:
            after = training.descend(parameters, gradients, self.rate) | self.given(step + 1)
            self.seen.append(change(*(moments(self.lib, self.network, self.places, p) for p in (parameters, after))))

    def measured(self):
        """{measure: [places, S]}, the mean over the steps looked at."""
        return {name: np.mean([each[name] for each in self.seen], 0) for name in MEASURES}


def moments(lib, network, places, parameters):
    """(m, d, R) on the probe batch at the outputs of the layers `places`: [places, S, C] twice, and [places, S, C, C]."""
    first = next(iter(parameters.values()))
    images, labels = (part[:PROBE] for part in common.flat_digits(first.dtype)[0])
    x, targets = (np.broadcast_to(part, (len(first), *part.shape)) for part in (images, labels))
    recorded = training.evaluate(lib, network, parameters, x, targets, record=places)[2]["recorded"]
    z = np.stack([recorded[place] for place in places])
    m, d = z.mean(2), z.std(2)
    n = (z - m[:, :, None]) / d[:, :, None]
    return m, d, n.swapaxes(2, 3) @ n / PROBE


def change(before, after):
    """{measure: [places, S]} from (m, d, R) before and after."""
    (m, d, R), (m_after, d_after, R_after) = before, after
    units = R.shape[-1]
    pairs = ~np.eye(units, dtype=bool)
    size = np.linalg.norm(d, axis=2)
    return {
        "mean": np.linalg.norm(m_after - m, axis=2) / size,
        "deviation": np.linalg.norm(d_after - d, axis=2) / size,
        "joint": np.sqrt(((R_after - R)[..., pairs] ** 2).mean(-1)),
    }


def inputs_of(network, kind):
    """The indexes of the layers whose outputs enter the layers of this kind."""
    return tuple(i - 1 for i, layer in enumerate(network) if layer["kind"] == kind)


def blocks(network):
    """The names of the parameters of each fully connected layer together with those of what follows it, up to the next one."""
    found = []
    for layer in network:
        if layer["kind"] == "fully_connected":
            found.append([])
        found[-1] += parameter_names([layer])
    return found
