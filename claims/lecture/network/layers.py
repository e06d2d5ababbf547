"""Networks as the claims of this section run them: operations one after another, with their arguments; and the images that go in."""

from typing import Any

from ....reference.judging import composition
from ....reference.networks.notation import make_layer, settings_of
from ....reference.samples.data import digits
from ...language import ask, within

CLASSES = 10
PADDED = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
"""A 3 × 3 kernel gives as many pixels as it was given."""
HALVED = {"window": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0))}


def held_out(count, dtype):
    """The first real images [count, 1, 8, 8] that no network was trained on, and their labels."""
    _, (images, labels) = digits()
    return images[:count].astype(dtype), labels[:count]


def classifier(first, norm, last):
    """Convolution, batch norm, ReLU, max pooling, fully connected, softmax; ``first``, ``norm`` and ``last`` have the parameters."""
    return [
        make_layer("cross_correlation2d", **first, **PADDED),
        make_layer("batch_norm_inference", **norm),
        make_layer("relu"),
        make_layer("max_pooling2d", **HALVED),
        make_layer("flatten"),
        make_layer("fully_connected", **last),
        make_layer("softmax", axis=1),
    ]


def is_classifier(case, steps, x, y):
    """What a ``classifier`` gives, with the error carried from each operation to the next."""
    value, bound = composition.compose(steps, x, case.dtype)
    return within(
        y,
        value,
        bound,
        label=f"{case.name}: convolution, batch norm, ReLU, max pooling, fully connected, softmax",
        source="the exact operations one after another",
    )


def through(steps, x):
    """Ask for one operation after another, each on what the one before gave; the last outcome."""
    y: Any = None
    for step in steps:
        if step["kind"] == "flatten":
            x = x.reshape(len(x), -1)
            continue
        y = yield ask(step["kind"], x=x, **settings_of(step))
        x = y.value
    return y


def network(lib, *, x, steps):
    """Runs in the worker: the operations of a library one after another."""
    for step in steps:
        x = x.reshape(len(x), -1) if step["kind"] == "flatten" else getattr(lib, step["kind"])(x, **settings_of(step))
    return x
