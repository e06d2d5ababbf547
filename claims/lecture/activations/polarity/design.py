"""Absolute value rectification and images in reversed contrast (Jarrett et al. 2009; Goodfellow et al. 2016, 6.3.1): the measurements.

Digits, each centred to mean 0, so that its negative, white for black, is -x. One layer of features: a convolution, |z| or ReLU,
averages over 3 x 3, and a linear classifier. Each function takes whatever backend `lib` is and returns plain arrays under
"<measure>.<arm>", a number for each seed, [S], and trajectories of losses, "loss.<arm>" [steps, S]. The arms share initial weights
and batches.
"""

import functools

import numpy as np

from .....reference.networks.notation import convolution, fully_connected, make_layer
from .....reference.samples.data import digits
from ....language import training
from ...shared import common

FILTERS, FEW = 8, 2
STEPS, BATCH, RATE = 120, 64, 0.3
RELU_RATE = 1.0
"""Of 0.3 and 1 the better one for ReLU where it has both polarities to learn; |z|, whose squares are twice as large, diverges at 1."""
LABELLED_STEPS = 60
SEEDS = {"upright": 10, "mixed": 10, "random_filters": 10, "polarity_as_label": 10, "reference": 5}
"""How many seeds each experiment is designed for."""
_POLARITY = 4  # the stream of the signs


def upright(lib, *, seeds, dtype):
    """Trained on upright images: "upright.<arm>" and "inverted.<arm>", the fraction of the held-out images that is classified
    rightly, as they are and as negatives. Arms "absolute"; "relu"; "absolute_biased", whose convolution has a bias (0 to begin
    with); "absolute_uncentred", whose images are numbers from 0 to 1, and the negatives 1 - x.

    "alike.<arm>": the fraction of the logits that are, bit for bit, the same for an image and its negative.
    """
    centred = _images(dtype)
    raw = tuple((x, labels) for x, labels in _images(dtype, centred=False))
    arms = {
        "absolute": (network("absolute"), centred, np.negative),
        "relu": (network("relu"), centred, np.negative),
        "absolute_biased": (network("absolute", bias="b0"), centred, np.negative),
        "absolute_uncentred": (network("absolute"), raw, lambda x: 1 - x),
    }
    measured = {}
    for arm, (layers, ((images, labels), (held_out, wanted)), negative) in arms.items():
        start, order = _setting(layers, seeds=seeds, dtype=dtype)
        last, losses = training.train(lib, layers, start, training.batches(images, labels, order), rate=RATE)
        right, logits = _recognised(lib, layers, last, held_out, wanted)
        right_inverted, logits_inverted = _recognised(lib, layers, last, negative(held_out), wanted)
        measured |= {f"upright.{arm}": right, f"inverted.{arm}": right_inverted, f"loss.{arm}": losses}
        measured[f"alike.{arm}"] = (logits == logits_inverted).mean((1, 2))
    return measured


def mixed(lib, *, seeds, dtype):
    """Trained on images of either polarity, each drawn anew by a coin: arms "absolute", at RATE, and "relu", at RELU_RATE, with 8 and
    with 2 filters.

    "accuracy.<arm>_<filters>": the mean of the fractions recognised upright and inverted.
    """
    (images, labels), (held_out, wanted) = _images(dtype)
    measured = {}
    for filters in (FILTERS, FEW):
        for arm, rate in (("absolute", RATE), ("relu", RELU_RATE)):
            layers = network(arm)
            start, order = _setting(layers, filters=filters, seeds=seeds, dtype=dtype)
            last, losses = training.train(lib, layers, start, _either_polarity(images, labels, order, seeds), rate=rate)
            right = [_recognised(lib, layers, last, shown, wanted)[0] for shown in (held_out, -held_out)]
            measured |= {f"accuracy.{arm}_{filters}": np.mean(right, axis=0), f"loss.{arm}_{filters}": losses}
    return measured


def random_filters(lib, *, seeds, dtype):
    """The filters stay as they were drawn, the classifier alone is learned, from upright images: "upright.<arm>", "inverted.<arm>"."""
    (images, labels), (held_out, wanted) = _images(dtype)
    measured = {}
    for arm in ("absolute", "relu"):
        layers = network(arm)
        start, order = _setting(layers, seeds=seeds, dtype=dtype)
        drawn = {"w0": start["w0"]}
        last, _ = training.train(
            lib,
            layers,
            start,
            training.batches(images, labels, order),
            rate=RATE,
            given=lambda step, drawn=drawn: drawn,
        )
        measured[f"upright.{arm}"] = _recognised(lib, layers, last, held_out, wanted)[0]
        measured[f"inverted.{arm}"] = _recognised(lib, layers, last, -held_out, wanted)[0]
    return measured


def polarity_as_label(lib, *, seeds, dtype):
    """The task is the polarity itself: 0 for an image, 1 for its negative. "accuracy.<arm>" on every held-out image and its negative."""
    (images, _), (held_out, _) = _images(dtype)
    both, wanted = np.concatenate((held_out, -held_out)), np.repeat((0, 1), len(held_out))
    measured = {}
    for arm in ("absolute", "relu"):
        layers = network(arm)
        start, order = _setting(layers, classes=2, seeds=seeds, dtype=dtype)
        examples = _either_polarity(images, None, order[:LABELLED_STEPS], seeds)
        last, losses = training.train(lib, layers, start, examples, rate=RATE)
        measured |= {f"accuracy.{arm}": _recognised(lib, layers, last, both, wanted)[0], f"loss.{arm}": losses}
    return measured


def reference(lib, *, seeds, dtype):
    """The trajectories of `upright`, |z| and ReLU, by the reference, "loss.<arm>" [steps, S], and how far from them another library
    may be at each step, "allowed.<arm>" [steps, S]."""
    images, labels = _images(dtype)[0]
    measured = {}
    for arm in ("absolute", "relu"):
        start, order = _setting(network(arm), seeds=seeds, dtype=dtype)
        examples = training.batches(images, labels, order)
        losses, allowed = training.reference_losses(lib, network(arm), start, examples, rate=RATE)
        measured |= {f"loss.{arm}": losses, f"allowed.{arm}": allowed}
    return measured


def network(activation, *, bias=None):
    """8 x 8 pixels: 3 x 3 convolution to 6 x 6, the activation, averages over 3 x 3 to 2 x 2, linear."""
    features = (
        convolution("w0", bias, padding=0),
        make_layer("absolute_value" if activation == "absolute" else activation),
        make_layer("average_pooling", window=3),
        make_layer("flatten"),
    )
    return (*features, fully_connected("w1", "b1"))


@functools.cache
def _images(dtype, *, centred=True):
    """The digits of ``data.digits``, each centred to mean 0; or else as numbers from 0 to 1."""
    parts = digits()
    low, high = (end(images.min() if end is min else images.max() for images, _ in parts) for end in (min, max))

    def prepared(images):
        x = images - images.mean((2, 3), keepdims=True) if centred else (images - low) / (high - low)
        return x.astype(dtype)

    return tuple((prepared(images), labels) for images, labels in parts)


def _setting(layers, *, seeds, dtype, filters=FILTERS, classes=common.CLASSES):
    """Initial parameters and batches. Arms and frameworks get the same numbers."""
    shapes = {"w0": (filters, 1, 3, 3), "w1": (classes, filters * 4)}
    start = training.initial_parameters(layers, shapes, seeds=seeds, rule="he", dtype=dtype)
    count = len(digits()[0][1])
    return start, training.batch_order(count, size=BATCH, steps=STEPS, seeds=seeds)


def _either_polarity(images, labels, order, seeds):
    """Batches in which a coin of each seed's own turns images into their negatives; without labels the coin is the label, 1 for a negative."""
    coins = [np.random.default_rng([seed, _POLARITY]) for seed in seeds]
    for chosen in order:
        turned = np.stack([coin.integers(0, 2, chosen.shape[1]) for coin in coins])
        signs = (1 - 2 * turned).astype(images.dtype)[:, :, None, None, None]
        yield images[chosen] * signs, turned if labels is None else labels[chosen]


def _recognised(lib, layers, parameters, images, labels):
    """(fraction classified rightly by the largest logit [S], logits [S, N, K])."""
    seeds = len(parameters["w0"])
    shown, wanted = (np.broadcast_to(a, (seeds, *a.shape)) for a in (images, labels))
    logits = training.evaluate(lib, layers, parameters, shown, wanted)[2]["logits"]
    return ((logits.argmax(2) == wanted) & np.isfinite(logits).all(2)).mean(1), logits
