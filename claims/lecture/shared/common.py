"""What the designs share: the digits, split once for all, and multilayer networks as data."""

import functools

import numpy as np

from ....reference.networks.notation import affine, batch_norm, fully_connected, make_layer
from ....reference.samples.data import digits
from ...language import training

CLASSES = 10
EPSILON = 1e-5


def flat_digits(dtype):
    """The same images as rows of 64 numbers."""
    (images, labels), (held_out, held_out_labels) = digits()
    rows = [part.reshape(len(part), -1).astype(dtype) for part in (images, held_out)]
    return (rows[0], labels), (rows[1], held_out_labels)


def multilayer(depth, activation, *, after):
    """`depth` hidden layers: fully connected, then what `after` names, then the activation; and a linear last layer.

    after: "nothing", "batch_norm", or "affine": batch norm's scale and shift without its normalising.
    """
    hidden = []
    for i in range(depth):
        hidden.append(fully_connected(f"w{i}", f"b{i}"))
        hidden += normaliser(after, i)
        hidden.append(make_layer(activation))
    return (*hidden, fully_connected(f"w{depth}", f"b{depth}"))


def normaliser(after, i):
    """The layer, if any, between a linear layer and its activation."""
    return {
        "nothing": [],
        "affine": [affine(f"g{i}", f"c{i}")],
        "batch_norm": [batch_norm(f"g{i}", f"c{i}", epsilon=EPSILON)],
    }[after]


def multilayer_start(network, *, width, seeds, rule, dtype):
    """Initial parameters of a `multilayer` network on the flat digits."""
    weights = [one["weight"] for one in network if one["kind"] == "fully_connected"]
    sizes = [64, *[width] * (len(weights) - 1), CLASSES]
    shapes = {name: (sizes[i + 1], sizes[i]) for i, name in enumerate(weights)}
    return training.initial_parameters(network, shapes, seeds=seeds, rule=rule, dtype=dtype)


@functools.cache
def placed_digits(dtype, *, size=12):
    """Each digit at a place of its own on a black ground of `size` x `size`: parts as those of ``data.digits``, images [count, 1, size, size].

    The places, all equally likely, are drawn once for all. Standardised as a whole by the training images' mean and deviation.
    """
    stream = np.random.default_rng([size, 8])
    parts = []
    for images, labels in digits():
        placed = np.full((len(images), 1, size, size), images.min())
        for image, digit in zip(placed, images, strict=True):
            row, column = stream.integers(0, size - 8 + 1, 2)
            image[:, row : row + 8, column : column + 8] = digit
        parts.append((placed, labels))
    mean, deviation = parts[0][0].mean(), parts[0][0].std()
    return tuple((((images - mean) / deviation).astype(dtype), labels) for images, labels in parts)
