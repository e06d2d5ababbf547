"""“Easier to optimize”: convolutional against fully connected networks (Li, Zhang, Arora 2021; d'Ascoli et al. 2019), without a verdict.

Digits at places of their own on 12 x 12 pixels, 130 steps of 32. The experiment takes whatever backend `lib` is and returns plain arrays
under "<measure>.<arm>", a number for each seed, [S], and trajectories of losses, "loss.<arm>" [steps, S]. All arms see the same
batches; those of one shape start from the same weights.

A comparison may be one of learning rates. So an arm may have several, "<arm>@<rate>", and its name without a rate is the best of them
for that measure, seed by seed: the dense network, said to do worse at equal parameters, is granted that.
"""

import numpy as np

from .....reference.networks.notation import convolution, fully_connected, make_layer
from ....language import training
from ...shared import common

STEPS, BATCH, LAST = 130, 32, 20
SEEDS = {"placed": 10, "reference": 5}
"""How many seeds each experiment is designed for."""
CONVOLUTIONAL = (
    convolution("w0", "b0", padding=0),
    make_layer("relu"),
    make_layer("max_pooling", window=2),
    convolution("w1", "b1", padding=0),
    make_layer("relu"),
    make_layer("max_pooling", window=3),
    make_layer("flatten"),
    fully_connected("w2", "b2"),
)
"""12 x 12 to 8 x 10 x 10, 8 x 5 x 5, 16 x 3 x 3, and the maximum of each channel: 1418 parameters."""
UNSHARED = (
    fully_connected("w0", "b0"),
    make_layer("unflatten", channels=8, height=10, width=10),
    make_layer("relu"),
    make_layer("max_pooling", window=2),
    make_layer("flatten"),
    fully_connected("w1", "b1"),
    make_layer("unflatten", channels=16, height=3, width=3),
    make_layer("relu"),
    make_layer("max_pooling", window=3),
    make_layer("flatten"),
    fully_connected("w2", "b2"),
)
"""The same with fully connected layers in the convolutions' places: no two weights are shared, and none is left out."""
DENSE = (fully_connected("w0", "b0"), make_layer("relu"), fully_connected("w1", "b1"))
NETWORKS = {"convolution": CONVOLUTIONAL, "dense": DENSE, "dense_large": DENSE, "unshared": UNSHARED}
KERNELS = {"w0": (8, 1, 3, 3), "w1": (16, 8, 3, 3), "w2": (10, 16)}
SHAPES = {
    "convolution": KERNELS,
    "unshared": KERNELS,
    "dense": {"w0": (9, 144), "w1": (10, 9)},
    "dense_large": {"w0": (128, 144), "w1": (10, 128)},
}
"""The narrow dense network has 1405 parameters, the large one 19,850."""
RATES = {
    "convolution": (0.1,),
    "dense": (0.1, 0.3),
    "dense_large": (0.3,),
    "unshared": (0.1,),
    "convolution_permuted": (0.03,),
    "dense_permuted": (0.3,),
}
"""Arm -> its learning rates; a single one is the best of 0.03, 0.1 and 0.3 on average while this was designed. The
dense network's third rate, 1, was the best in no seed."""


def placed(lib, *, seeds, dtype):
    """The arms of RATES: "final.<arm>", the mean loss of the last 20 steps, and "accuracy.<arm>" on the held-out images.

    "unshared" starts as the same function as "convolution", "loss.unshared@start" [1, S] is its first loss. "<arm>_permuted": the pixels
    of all images are in another order, one for all of them; "dense_permuted" starts with its columns in that order too.
    """
    measured = {}
    for arm, rates in RATES.items():
        network, start, (images, labels), held_out, order = _setting(arm, seeds=seeds, dtype=dtype)
        for rate in rates:
            last, losses = training.train(lib, network, start, training.batches(images, labels, order), rate=rate)
            measured |= {
                f"loss.{arm}@{rate:g}": losses,
                f"final.{arm}@{rate:g}": losses[-LAST:].mean(0),
                f"accuracy.{arm}@{rate:g}": training.accuracy(lib, network, last, images, *held_out),
            }
        measured[f"final.{arm}"] = np.min([measured[f"final.{arm}@{rate:g}"] for rate in rates], axis=0)
        measured[f"accuracy.{arm}"] = np.max([measured[f"accuracy.{arm}@{rate:g}"] for rate in rates], axis=0)
    return measured | {"loss.unshared@start": measured["loss.unshared@0.1"][:1]}


def reference(lib, *, seeds, dtype):
    """Trajectories of `placed` by the reference, "loss.<arm>@<rate>" [steps, S], and how far from them another library may be at each
    step, "allowed.<arm>@<rate>" [steps, S].

    Two are another arm's, for they are of the same function: of "dense_permuted" the trajectory of "dense", whose pixels are in their
    places, and of the unshared network's start that of the convolutional one's.
    """
    measured = {}
    for arm, rate in (("convolution", 0.1), ("dense", 0.3)):
        network, start, data, _, order = _setting(arm, seeds=seeds, dtype=dtype)
        losses, allowed = training.reference_losses(lib, network, start, training.batches(*data, order), rate=rate)
        measured |= {f"loss.{arm}@{rate:g}": losses, f"allowed.{arm}@{rate:g}": allowed}
    for what in ("loss", "allowed"):
        measured[f"{what}.dense_permuted@0.3"] = measured[f"{what}.dense@0.3"]
        measured[f"{what}.unshared@start"] = measured[f"{what}.convolution@0.1"][:1]
    return measured


def pixel_order():
    """A permutation of the 144 pixels, the same for every seed."""
    return np.random.default_rng(144).permutation(144)


def unshared(parameters):
    """The parameters of UNSHARED with which it is the function that CONVOLUTIONAL is: each place gets a copy of the kernel and of the bias."""
    copies = dict(parameters)
    for weight, bias, size in (("w0", "b0", 12), ("w1", "b1", 5)):
        kernel = parameters[weight]
        seeds, out, channels, k, _ = kernel.shape
        left = size - k + 1
        matrix = np.zeros((seeds, out, left, left, channels, size, size), kernel.dtype)
        for i in range(left):
            for j in range(left):
                matrix[:, :, i, j, :, i : i + k, j : j + k] = kernel
        copies[weight] = matrix.reshape(seeds, out * left**2, channels * size**2)
        copies[bias] = np.repeat(parameters[bias], left**2, axis=1)
    return copies


def _setting(arm, *, seeds, dtype):
    """Network, initial parameters, (images, labels), the held-out ones, batches. Arms and frameworks get the same numbers."""
    kind = arm.removesuffix("_permuted")
    order = pixel_order() if kind != arm else np.arange(144)
    sizes = (1, 12, 12) if kind == "convolution" else (144,)
    parts = [(x.reshape(-1, 144)[:, order].reshape(-1, *sizes), labels) for x, labels in common.placed_digits(dtype)]
    # A kernel's weights, before the unshared network copies them to their places.
    drawn_for = CONVOLUTIONAL if kind == "unshared" else NETWORKS[kind]
    start = training.initial_parameters(drawn_for, SHAPES[kind], seeds=seeds, rule="he", dtype=dtype)
    if kind == "unshared":
        start = unshared(start)
    if arm == "dense_permuted":
        start["w0"] = start["w0"][:, :, order]
    chosen = training.batch_order(len(parts[0][1]), size=BATCH, steps=STEPS, seeds=seeds)
    return NETWORKS[kind], start, *parts, chosen
