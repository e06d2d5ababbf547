"""Is it saturation that keeps deep networks of logistic units from learning? The measurements, without a verdict.

The networks, weights, batches and what "saturated" means are those of ``saturation``. Two experiments: six layers, which fail, beside
networks that differ from them in one thing; and three layers, which learn, beside the same with a saturated layer.
"""

import numpy as np

from ....language import training
from ...shared import common
from ..saturation import design as saturation_design

SIX = {"relu": 0.1, "logistic": 1.0, "logistic_stretched": 0.1}
"""Arm of ``saturation.DEEP_ARMS`` that is looked into -> its rate; of the logistic's the largest, for at smaller ones less happens."""
DEPTH = 3
THREE = {"3": (3.0, 0.0), "10": (10.0, 0.0), "3_saturated": (3.0, -6.0)}
"""Arm -> rate, and bias of the top hidden layer, that nearest to the output, at the start."""
EARLY, LAST = 20, saturation_design.STEPS - 1
LOOKED_AT = (0, 5, EARLY, 50, 100, LAST)
SEEDS = {"six_layers": 10, "three_layers": 20, "reference": 5}
"""How many seeds each experiment is designed for."""


def six_layers(lib, *, seeds, dtype):
    """6 x 32 hidden units, 150 steps: "relu", "logistic", and "logistic_stretched", 4 logistic(z) - 2, whose slope at 0 is 1, not 1/4.

    For each arm, [S]: "accuracy.<arm>" on the held-out images; "saturated.<arm>", the largest fraction of saturated units in any hidden
    layer at any step LOOKED_AT; "factor.<arm>", what one hidden layer leaves of the gradient at the first step.
    """
    measured = {}
    for arm, rate in SIX.items():
        activation, extra, _ = saturation_design.DEEP_ARMS[arm]
        network = saturation_design.layers_of(saturation_design.DEPTH, activation, extra)
        setting = saturation_design.setting(network, activation, seeds=seeds, dtype=dtype)
        trained = _trained(lib, network, activation, *setting, rate=rate, dtype=dtype)
        measured |= {
            f"accuracy.{arm}": trained["accuracy"],
            f"saturated.{arm}": np.stack(list(trained["saturated"].values())).max((0, 1)),
            f"factor.{arm}": saturation_design.factor(trained["lengths"]),
        }
    return measured


def three_layers(lib, *, seeds, dtype):
    """3 x 32 logistic units, 150 steps: arms "3" and "10", the learning rates, and "3_saturated", rate 3, with a bias of -6 in the top
    hidden layer at the start, where the logistic is 0.0025.

    For each arm, [S]: "accuracy.<arm>" on the held-out images; "top.<arm>", the fraction of saturated units in the top hidden layer at
    step EARLY; "last.<arm>", that in the most saturated hidden layer at the last step. Trajectories: "loss.<arm>" [steps, S].
    """
    measured = {}
    for arm, (rate, _) in THREE.items():
        network, *setting = _three(arm, seeds=seeds, dtype=dtype)
        trained = _trained(lib, network, "logistic", *setting, rate=rate, dtype=dtype)
        measured |= {
            f"accuracy.{arm}": trained["accuracy"],
            f"top.{arm}": trained["saturated"][EARLY][-1],
            f"last.{arm}": trained["saturated"][LAST].max(0),
            f"loss.{arm}": trained["losses"],
        }
    return measured


def reference(lib, *, seeds, dtype):
    """The trajectories of `three_layers` by the reference, "loss.<arm>" [steps, S], and how far from them another library may be at
    each step, "allowed.<arm>" [steps, S]."""
    measured = {}
    for arm, (rate, _) in THREE.items():
        network, start, data, order = _three(arm, seeds=seeds, dtype=dtype)
        losses, allowed = training.reference_losses(lib, network, start, training.batches(*data, order), rate=rate)
        measured |= {f"loss.{arm}": losses, f"allowed.{arm}": allowed}
    return measured


def _three(arm, *, seeds, dtype):
    """Network, initial parameters, (images, labels), batches."""
    network = saturation_design.layers_of(DEPTH, "logistic", "nothing")
    start, data, order = saturation_design.setting(network, "logistic", seeds=seeds, dtype=dtype)
    top = network[-3]["bias"]
    start[top] = start[top] + np.asarray(THREE[arm][1], dtype)
    return network, start, data, order


def _trained(lib, network, activation, start, data, order, *, rate, dtype):
    """What is measured on the way: "losses" [steps, S]; "accuracy" [S]; "lengths", the |dL/dW| at the first step [layers, S]; "saturated",
    {step: fraction of saturated units [hidden layers, S]} for LOOKED_AT."""
    places = tuple(i for i, layer in enumerate(network) if layer["kind"] == activation)
    weights = [layer["weight"] for layer in network if layer["kind"] == "fully_connected"]
    lengths, saturated = [], {}

    def look(step, parameters, x, targets, loss, gradients, extra):
        if step in LOOKED_AT:
            seen = training.evaluate(lib, network, parameters, x, targets, record=places)[2]["recorded"]
            saturated[step] = np.stack([saturation_design.saturated_units(activation, seen[i]) for i in places])
        if step == 0:
            lengths.extend(training.norm({name: gradients[name]}) for name in weights)

    (images, labels), (held_out, held_out_labels) = data, common.flat_digits(dtype)[1]
    last, losses = training.train(lib, network, start, training.batches(images, labels, order), rate=rate, observe=look)
    accuracy = training.accuracy(lib, network, last, images, held_out, held_out_labels)
    return {"losses": losses, "accuracy": accuracy, "lengths": np.stack(lengths), "saturated": saturated}
