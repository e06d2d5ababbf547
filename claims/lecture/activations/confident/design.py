"""A last logistic unit that starts from confident mistakes, and the loss that goes with it: the measurements, without a verdict.

Is a digit odd? 64-32-1 with ReLU, one logit z, p = logistic(z). An output bias of 15 makes the network certain at the start that every
digit is, which is wrong of half of them. dL/dz is p - y for the cross-entropy, 2 (p - y) p (1 - p) for the squared error, and
p (1 - p) is 3e-7 at z = 15 (Goodfellow et al. 2016, 6.2.2.2). The arms, "<loss>@<bias>", share seeds, so weights and batches.
"""

import numpy as np

from ....language import training
from ...shared import common

WIDTH, STEPS, BATCH, RATE = 32, 200, 64, 0.5
NETWORK = common.multilayer(1, "relu", after="nothing")
LOSSES = {"cross_entropy": "logistic_cross_entropy", "squared_error": "logistic_squared_error"}
ARMS = {
    "cross_entropy@15": ("cross_entropy", 15.0, (RATE,)),
    "squared_error@15": ("squared_error", 15.0, (RATE,)),
    "squared_error_faster@15": ("squared_error", 15.0, (RATE, 10 * RATE, 100 * RATE)),
    "cross_entropy@0": ("cross_entropy", 0.0, (RATE,)),
    "squared_error@0": ("squared_error", 0.0, (RATE,)),
}
"""Arm -> loss, output bias, rates. An arm of several rates counts with the best of them, seed by seed: whatever helps it is granted."""
SEEDS = {"decides": 10, "reference": 5}
"""How many seeds each experiment is designed for."""


def decides(lib, *, seeds, dtype):
    """200 steps of 64. For each arm, [S]: "accuracy.<arm>", the fraction of the held-out images that is decided rightly, and
    "first_gradient.<arm>", |dL/dtheta| before the first step; and where it has one rate "loss.<arm>" [steps, S]."""
    (images, labels), held_out = odd_or_even(dtype)
    measured = {}
    for arm, (loss, bias, rates) in ARMS.items():
        start, order = _setting(bias, seeds=[*seeds] * len(rates), dtype=dtype)
        shown, first = training.batches(images, labels, order), []

        def look(step, parameters, x, targets, value, gradients, extra, first=first):
            if step == 0:
                first.append(training.norm(gradients)[: len(seeds)])

        last, losses = training.train(
            lib, NETWORK, start, shown, rate=np.repeat(rates, len(seeds)), loss=LOSSES[loss], observe=look
        )
        accuracy = training.accuracy(lib, NETWORK, last, images, *held_out).reshape(len(rates), -1).max(0)
        measured |= {f"accuracy.{arm}": accuracy, f"first_gradient.{arm}": first[0]}
        measured |= {f"loss.{arm}": losses} if len(rates) == 1 else {}
    return measured


def reference(lib, *, seeds, dtype):
    """The trajectories of the arms with one rate by the reference, "loss.<arm>" [steps, S], and how far from them another library
    may be at each step, "allowed.<arm>" [steps, S]."""
    images, labels = odd_or_even(dtype)[0]
    measured = {}
    for arm, (loss, bias, rates) in ARMS.items():
        if len(rates) == 1:
            start, order = _setting(bias, seeds=seeds, dtype=dtype)
            losses, allowed = training.reference_losses(
                lib, NETWORK, start, training.batches(images, labels, order), rate=RATE, loss=LOSSES[loss]
            )
            measured |= {f"loss.{arm}": losses, f"allowed.{arm}": allowed}
    return measured


def odd_or_even(dtype):
    """The flat digits, labelled 1 where the digit is odd."""
    return tuple((images, labels % 2) for images, labels in common.flat_digits(dtype))


def _setting(bias, *, seeds, dtype):
    """Initial parameters, with this bias of the output, and batches."""
    shapes = {"w0": (WIDTH, 64), "w1": (1, WIDTH)}
    start = training.initial_parameters(NETWORK, shapes, seeds=seeds, rule="he", dtype=dtype)
    start["b1"] = start["b1"] + np.asarray(bias, dtype)
    count = len(odd_or_even(dtype)[0][1])
    return start, training.batch_order(count, size=BATCH, steps=STEPS, seeds=seeds)
