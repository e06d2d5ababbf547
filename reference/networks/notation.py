"""The one notation for networks: a list of layers, each a mapping with a ``kind`` and that kind's settings.

It is what users write in a file (``docs/layers.md``), where sizes are given and parameters are counted. To train, a layer names
its parameters instead, and their shapes give the sizes:

    convolution         weight [S, Cout, Cin, ky, kx], bias [S, Cout] or None, padding    cross-correlation, stride 1, zeros on each side
    fully_connected     weight [S, O, I], bias [S, O] or None       x W' + b
    batch_norm          scale, shift [S, C], epsilon                training mode; over N, and over H and W where there are any
    frozen_batch_norm   scale, shift, epsilon                       with given statistics: constants, through which no gradient flows
    affine              scale, shift [S, C]                         scale x + shift, each channel its own: batch norm without its normalising
    add_parameter       parameter, of x's shape                     x + a: at a = 0 its gradient is the loss's gradient at this place
    relu, logistic, tanh, absolute_value                            the gradient of ReLU and of the absolute value at 0 is 0
    max_pooling         window                                      k x k windows with stride k; of equals the first counts
    average_pooling     window                                      the mean of k x k windows with stride k
    flatten                                                         [S, N, C, H, W] -> [S, N, C H W]
    unflatten           channels, height, width                     [S, N, C H W] -> [S, N, C, H, W]

Functions write those with parameters, ``make_layer`` any: ``(fully_connected("w0", "b0"), make_layer("relu"), fully_connected("w1", None))``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Layer = Mapping[str, Any]
Network = Sequence[Layer]

REQUIRED, FOLLOWS = "required", "follows"
"""Must be given; follows from the layers before, and is checked where it is given."""

POOLING = {"window": REQUIRED, "stride": FOLLOWS, "padding": 0, "ceil_mode": False}
SETTINGS: dict[str, dict[str, Any]] = {
    "convolution": {
        "channels_in": FOLLOWS,
        "channels_out": REQUIRED,
        "kernel": REQUIRED,
        "stride": 1,
        "padding": 0,
        "dilation": 1,
        "groups": 1,
        "bias": True,
    },
    "fully_connected": {"features_in": FOLLOWS, "features_out": REQUIRED, "bias": True, "on": "numbers"},
    "batch_norm": {"channels": FOLLOWS},
    "layer_norm": {"on": "numbers"},
    "rms_norm": {"on": "numbers"},
    "group_norm": {"channels": FOLLOWS, "groups": REQUIRED},
    "instance_norm": {"channels": FOLLOWS, "affine": True},
    "prelu": {"channels": FOLLOWS},
    "max_pooling": POOLING,
    "average_pooling": POOLING,
    "global_max_pooling": {},
    "global_average_pooling": {},
    "relu": {},
    "relu6": {},
    "softsign": {},
    "silu": {},
    "softplus": {},
    "elu": {},
    "celu": {},
    "selu": {},
    "hard_sigmoid": {},
    "hard_swish": {},
    "hard_tanh": {},
    "log_softmax": {},
    "absolute_value": {},
    "leaky_relu": {},
    "logistic": {},
    "tanh": {},
    "softmax": {},
    "flatten": {},
    "dropout": {"rate": 0.5},
    "add": {},
    "concatenate": {},
    "channels": {"take": REQUIRED},
    "upsampling": {"scale": FOLLOWS, "size": FOLLOWS, "method": "nearest"},
    "adaptive_max_pooling": {"size": REQUIRED},
    "adaptive_average_pooling": {"size": REQUIRED},
}
"""Kind of layer → its settings and their defaults, where sizes are given."""

SEVERAL = ("add", "concatenate")
"""Kinds that take more than one input."""
ON_IMAGES = (
    "convolution",
    "max_pooling",
    "average_pooling",
    "global_max_pooling",
    "global_average_pooling",
    "channels",
    "upsampling",
    "adaptive_max_pooling",
    "adaptive_average_pooling",
    "instance_norm",
)
"""Kinds that need [C, H, W]."""


TRAINED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "convolution": (("weight", "bias"), ("padding",)),
    "fully_connected": (("weight", "bias"), ()),
    "batch_norm": (("scale", "shift"), ("epsilon",)),
    "frozen_batch_norm": (("scale", "shift"), ("epsilon",)),
    "affine": (("scale", "shift"), ()),
    "add_parameter": (("parameter",), ()),
    "relu": ((), ()),
    "logistic": ((), ()),
    "tanh": ((), ()),
    "absolute_value": ((), ()),
    "max_pooling": ((), ("window",)),
    "average_pooling": ((), ("window",)),
    "flatten": ((), ()),
    "unflatten": ((), ("channels", "height", "width")),
}
"""Kind that can be trained → (settings that are names of parameters, other settings)."""


def make_layer(kind: str, **settings: Any) -> Layer:
    """A layer of any kind."""
    return {"kind": kind, **settings}


def settings_of(one: Layer) -> dict[str, Any]:
    """All but the kind."""
    return {name: value for name, value in one.items() if name != "kind"}


def convolution(weight: str, bias: str | None, *, padding: int) -> Layer:
    return make_layer("convolution", weight=weight, bias=bias, padding=padding)


def fully_connected(weight: str, bias: str | None) -> Layer:
    return make_layer("fully_connected", weight=weight, bias=bias)


def batch_norm(scale: str, shift: str, *, epsilon: float) -> Layer:
    return make_layer("batch_norm", scale=scale, shift=shift, epsilon=epsilon)


def affine(scale: str, shift: str) -> Layer:
    return make_layer("affine", scale=scale, shift=shift)


def add_parameter(parameter: str) -> Layer:
    return make_layer("add_parameter", parameter=parameter)


def frozen(network: Network) -> tuple[Layer, ...]:
    """The same network with the statistics of every batch norm given instead of computed."""
    return tuple({**one, "kind": "frozen_batch_norm"} if one["kind"] == "batch_norm" else one for one in network)


def parameter_names(network: Network) -> tuple[str, ...]:
    """The names that a network uses, each once, in the order of its layers."""
    names = (one[setting] for one in network for setting in TRAINED[one["kind"]][0])
    return tuple(dict.fromkeys(name for name in names if name is not None))


def written(one: Layer) -> bool:
    """Whether a layer is of a kind that can be trained, with that kind's settings and no other."""
    names, settings = TRAINED.get(one.get("kind", ""), ((), ("",)))
    return {*one} == {"kind", *names, *settings}
