"""The first steps of gradient descent on real images, in a network of the lecture's components: the measurements, without a verdict.

Small enough for both dtypes, and for a trajectory to be told from another one step by step.
"""

import numpy as np

from .....reference.networks.notation import batch_norm, convolution, fully_connected, make_layer
from ....language import training
from ...shared import common

NETWORK = (
    convolution("w0", "b0", padding=1),
    batch_norm("g0", "c0", epsilon=common.EPSILON),
    make_layer("relu"),
    make_layer("max_pooling", window=2),
    make_layer("flatten"),
    fully_connected("w1", "b1"),
)
PLAIN = common.multilayer(1, "relu", after="nothing")
SHAPES = {"w0": (4, 1, 3, 3), "w1": (common.CLASSES, 4 * 4 * 4)}
STEPS, BATCH, RATE = 12, 32, 0.1
SMALL = 2.0**-10
"""A step so small that the loss goes where its gradient says."""
SEEDS = {"descends": 3, "reference": 3}
"""How many seeds each experiment is designed for."""


def descends(lib, *, seeds, dtype):
    """12 steps of 32 images: "loss.descent" [steps, S]; "before.small" and "after.small" [S], the loss of the first batch before and after one
    step at rate SMALL; "moved.frozen" [S], how far the parameters are from where they were after 12 steps at rate 0."""
    start, data, order = _setting(seeds=seeds, dtype=dtype)
    losses = training.train(lib, NETWORK, start, training.batches(*data, order), rate=RATE)[1]
    same = np.stack([order[0]] * 2)
    small = training.train(lib, NETWORK, start, training.batches(*data, same), rate=SMALL)[1]
    still = training.train(lib, NETWORK, start, training.batches(*data, order), rate=0.0)[0]
    moved = [abs(still[name] - array).reshape(len(seeds), -1).max(1) for name, array in start.items()]
    return {"loss.descent": losses, "before.small": small[0], "after.small": small[1], "moved.frozen": np.max(moved, 0)}


def one_step(lib, *, rate, seeds, dtype):
    """64-32-10 with ReLU: the loss of the first batch "before" and "after" one step at this rate, [S] each."""
    start, data, chosen = _plain(seeds=seeds, dtype=dtype)
    before, after = training.train(lib, PLAIN, start, training.batches(*data, np.stack([chosen] * 2)), rate=rate)[1]
    return {"before": before, "after": after}


def first_gradients(lib, *, scale, seeds, dtype):
    """64-32-10 with ReLU, all initial weights times ``scale``: {name of a weight or bias: the largest |gradient| [S]} on the first batch."""
    start, (images, labels), chosen = _plain(seeds=seeds, dtype=dtype)
    start = {name: array * array.dtype.type(scale) for name, array in start.items()}
    _, gradients, _ = training.evaluate(lib, PLAIN, start, images[chosen], labels[chosen])
    return {name: abs(g).reshape(len(g), -1).max(1) for name, g in gradients.items()}


def reference(lib, *, seeds, dtype):
    """The trajectory of `descends` by the reference, "loss.descent" [steps, S], and how far from it another library may be,
    "allowed.descent" [steps, S]."""
    start, data, order = _setting(seeds=seeds, dtype=dtype)
    losses, allowed = training.reference_losses(lib, NETWORK, start, training.batches(*data, order), rate=RATE)
    return {"loss.descent": losses, "allowed.descent": allowed}


def _setting(*, seeds, dtype):
    """Initial parameters, (images, labels), batches. Every framework gets the same numbers."""
    images, labels = common.digits()[0]
    order = training.batch_order(len(labels), size=BATCH, steps=STEPS, seeds=seeds)
    start = training.initial_parameters(NETWORK, SHAPES, seeds=seeds, rule="he", dtype=dtype)
    return start, (images.astype(dtype), labels), order


def _plain(*, seeds, dtype):
    """Initial parameters of PLAIN, (images, labels), the first batch."""
    images, labels = common.flat_digits(dtype)[0]
    start = common.multilayer_start(PLAIN, width=32, seeds=seeds, rule="he", dtype=dtype)
    return start, (images, labels), training.batch_order(len(labels), size=BATCH, steps=1, seeds=seeds)[0]
