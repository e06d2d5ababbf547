"""Parameters that are learned from data: the measurements, without a verdict.

Each function takes whatever backend `lib` is and returns plain arrays under "<measure>.<arm>", a number for each seed, [S], and
trajectories of losses, "loss.<arm>" [steps, S]. The arms share initial weights and batches.
"""

from ....language import training
from ...shared import common

NETWORK = common.multilayer(1, "relu", after="nothing")
WIDTH, STEPS, BATCH, RATE = 32, 150, 64, 0.3
SEEDS = {"learns": 10, "reference": 5}
"""How many seeds each experiment is designed for."""


def learns(lib, *, seeds, dtype):
    """64-32-10 with ReLU, 150 steps of 64: arms "true", and "shuffled", whose training labels are each seed's own permutation.

    "accuracy.<arm>": the fraction of the held-out images that is classified rightly; "first.<arm>" and "last.<arm>": the mean loss of the
    first and of the last ten steps.
    """
    (images, labels), held_out = common.flat_digits(dtype)
    start, order = _setting(seeds=seeds, dtype=dtype)
    measured = {}
    for arm, own in (("true", labels), ("shuffled", training.shuffled_labels(labels, seeds=seeds))):
        last, losses = training.train(lib, NETWORK, start, training.batches(images, own, order), rate=RATE)
        measured |= {
            f"accuracy.{arm}": training.accuracy(lib, NETWORK, last, images, *held_out),
            f"first.{arm}": losses[:10].mean(0),
            f"last.{arm}": losses[-10:].mean(0),
            f"loss.{arm}": losses,
        }
    return measured


def reference(lib, *, seeds, dtype):
    """The trajectory of `learns` by the reference, "loss.true" [steps, S], and how far from it another library may be at each step,
    "allowed.true" [steps, S]."""
    images, labels = common.flat_digits(dtype)[0]
    start, order = _setting(seeds=seeds, dtype=dtype)
    losses, allowed = training.reference_losses(lib, NETWORK, start, training.batches(images, labels, order), rate=RATE)
    return {"loss.true": losses, "allowed.true": allowed}


def _setting(*, seeds, dtype):
    """Initial parameters and batches. Arms and frameworks get the same numbers."""
    count = len(common.flat_digits(dtype)[0][1])
    start = common.multilayer_start(NETWORK, width=WIDTH, seeds=seeds, rule="he", dtype=dtype)
    return start, training.batch_order(count, size=BATCH, steps=STEPS, seeds=seeds)
