"""The components that the lecture names, forward and backward, on small arrays; and the mistakes that each must notice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .layers import HALVED, PADDED

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Part:
    """One operation on small arrays. ``terms``: of how many products its longest sum is; None where it is no sum of products.

    ``degree``: 2 where numbers are multiplied with each other. ``weights``: the power of two of which the operation's own weights
    are multiples. ``without``: families of inputs that meet a kink or a tie, where the gradient is each library's own choice, or on
    which an intermediate result, of which each library has others, may leave the range.
    """

    operation: str
    shapes: Shapes
    settings: Mapping[str, Any] = field(default_factory=dict)
    terms: int | None = None
    degree: int = 2
    weights: float = 1.0
    without: tuple[str, ...] = ()


KINKS = ("signed zeros", "subnormal")
"""Zeros, and numbers that a library may take for zeros."""
ONLY_ROWS = ("cancelling", "offset", "large", "subnormal", "signed zeros")
"""Of probabilities there are no others than numbers from 0 to 1."""

APART = {"stride": (3, 4), "padding": ((0, 0), (0, 0)), "dilation": (1, 2), "groups": 2}
"""On 7 × 7 pixels strides or dilations exchanged give an output, and so a gradient, of the same shape: the values must tell."""
WINDOWS = {"window": (2, 1), "stride": (3, 4), "padding": ((0, 0), (0, 0))}
"""The same for windows or strides exchanged, on 6 × 6 pixels."""
UNEVEN = {"stride": (1, 2), "padding": ((0, 2), (1, 0)), "dilation": (2, 1), "groups": 2}
ROW = {"stride": 2, "padding": (1, 1), "dilation": 1, "groups": 1}
TALL = {"window": (3, 2), "stride": (1, 2), "padding": ((1, 1), (0, 0))}
COUNTED = {"count_padding": True}
NINTHS = {"window": (3, 3), "stride": (2, 2), "padding": ((1, 0), (1, 1)), "count_padding": False}
QUARTERS = {"terms": 4, "weights": 1 / 4}
"""Sums of four numbers, each times 1/4."""
LINE, TABLE, IMAGE = {"x": (24,)}, {"x": (3, 10)}, {"x": (2, 3, 6, 8)}
SQUARE = {"x": (2, 3, 6, 6)}
"""Height and width exchanged give an image of the same shape: the values must tell."""
CHANNELS = {name: (3,) for name in ("gamma", "beta", "mean", "variance")}
FEW = {"x": (2, 3, 2, 1)}
"""Four numbers a channel: divided by three or by four makes a difference in every format."""


def channels(*names):
    return {name: CHANNELS[name] for name in names}


def with_gradient(operation, shapes, settings, upstream, *, forward=None, backward=None, **both):
    """An operation and its gradient, which takes ``upstream`` beside the same arrays, and no bias."""
    taken = {**{name: shape for name, shape in shapes.items() if name != "b"}, "upstream": upstream}
    return (
        Part(operation, shapes, settings, **both, **(forward or {})),
        Part(f"{operation}_gradient", taken, settings, **both, **(backward or {})),
    )


def weighted(operation, x, w, settings, *y, terms):
    """Of a layer with weights and a bias; ``y``: the shape of what it gives; ``terms``: of the layer, and of its gradient."""
    shapes, (forward, backward) = {"x": x, "w": w, "b": w[:1]}, terms
    return with_gradient(operation, shapes, settings, y, forward={"terms": forward}, backward={"terms": backward})


def nearest(image, grid, *size):
    settings, forward, backward = {"size": size, "grid": grid}, {"degree": 1}, {"terms": 4}
    return with_gradient("nearest_resampling2d", image, settings, (2, 3, *size), forward=forward, backward=backward)


def bilinear(image, grid, *size, terms=None):
    settings = {"size": size, "grid": grid}
    return with_gradient("bilinear_resampling2d", image, settings, (2, 3, *size), terms=terms, weights=1 / 16)


def elementwise(operation, settings, *kinks):
    return with_gradient(operation, LINE, settings, LINE["x"], degree=1, backward={"without": kinks})


COMPONENTS: dict[str, tuple[Part, ...]] = {
    "fully connected": (
        *weighted("fully_connected", (3, 8), (5, 8), {}, 3, 5, terms=(9, 8)),
        # Transposed, w has the same shape.
        Part("fully_connected_gradient", {"x": (3, 6), "w": (6, 6), "upstream": (3, 6)}, terms=6),
    ),
    "convolution, 1-d": (
        *weighted("cross_correlation1d", (2, 4, 11), (4, 4, 3), ROW, 2, 4, 6, terms=(13, 12)),
        Part(
            "cross_correlation1d_gradient",
            {"x": (2, 4, 11), "w": (6, 2, 3), "upstream": (2, 6, 6)},
            ROW | {"groups": 2},
            terms=12,
        ),
        Part("convolution1d", {"x": (2, 4, 11), "w": (4, 4, 3), "b": (4,)}, ROW, terms=13),
    ),
    "convolution, 2-d": (
        *weighted("cross_correlation2d", (2, 4, 5, 4), (4, 4, 3, 3), PADDED, 2, 4, 5, 4, terms=(37, 40)),
        Part("convolution2d", {"x": (2, 4, 5, 5), "w": (4, 4, 3, 3), "b": (4,)}, PADDED, terms=37),
        *weighted("cross_correlation2d", (2, 4, 6, 7), (6, 2, 3, 2), UNEVEN, 2, 6, 4, 4, terms=(13, 32)),
        Part(
            "cross_correlation2d_gradient",
            {"x": (2, 4, 7, 7), "w": (6, 2, 2, 2), "upstream": (2, 6, 2, 2)},
            APART,
            terms=12,
        ),
    ),
    "downsampling: average pooling": (
        *with_gradient("average_pooling2d", IMAGE, HALVED | COUNTED, (2, 3, 3, 4), **QUARTERS),
        *with_gradient("average_pooling2d", SQUARE, HALVED | COUNTED, (2, 3, 3, 3), **QUARTERS),
        *with_gradient("average_pooling2d", SQUARE, WINDOWS | COUNTED, (2, 3, 2, 2)),
        *with_gradient("average_pooling2d", IMAGE, NINTHS, (2, 3, 3, 4)),
    ),
    "downsampling: area": (
        *with_gradient("area_resampling2d", SQUARE, {"size": (3, 3)}, (2, 3, 3, 3), **QUARTERS),
        *with_gradient("area_resampling2d", IMAGE, {"size": (3, 4)}, (2, 3, 3, 4), **QUARTERS),
    ),
    "up- and downsampling: nearest": (
        *nearest(SQUARE, "half_pixel", 9, 9),
        *nearest(IMAGE, "half_pixel", 12, 16),
        *nearest(IMAGE, "half_pixel", 4, 5),
        *nearest(IMAGE, "asymmetric", 3, 4),
    ),
    "up- and downsampling: bilinear": (
        *bilinear(IMAGE, "half_pixel", 12, 16, terms=64),
        *bilinear(IMAGE, "half_pixel", 4, 5),
        *bilinear(IMAGE, "align_corners", 9, 5),
        *bilinear(SQUARE, "half_pixel", 9, 9),
    ),
    "ReLU": elementwise("relu", {}, *KINKS),
    "absolute value": elementwise("absolute_value", {}, *KINKS),
    "leaky ReLU": (
        # 1/8 is a number of every format, 0.1 of none.
        *elementwise("leaky_relu", {"alpha": 0.125}, *KINKS),
        *elementwise("leaky_relu", {"alpha": 0.1}, *KINKS),
    ),
    "PReLU": with_gradient("prelu", IMAGE | {"alpha": (3,)}, {}, IMAGE["x"], backward={"without": KINKS}),
    "logistic": elementwise("logistic", {}),
    "tanh": elementwise("tanh", {}),
    "max pooling": (
        *with_gradient(
            "max_pooling2d", IMAGE, HALVED, (2, 3, 3, 4), forward={"degree": 1}, backward={"without": KINKS}
        ),
        *with_gradient("max_pooling2d", IMAGE, TALL, (2, 3, 6, 4), forward={"degree": 1}, backward={"without": KINKS}),
        Part("max_pooling2d_gradient", SQUARE | {"upstream": (2, 3, 2, 2)}, WINDOWS, without=KINKS),
    ),
    "batch norm, training": (
        Part("batch_norm_training", FEW | channels("gamma", "beta"), {"epsilon": 1e-5}),
        Part(
            "batch_norm_gradient",
            FEW | channels("gamma") | {"upstream": FEW["x"]},
            {"epsilon": 1e-5},
            without=("large", "subnormal"),
        ),
    ),
    "batch norm, inference": (Part("batch_norm_inference", FEW | CHANNELS, {"epsilon": 1e-3}),),
    "batch norm, running statistics": tuple(
        Part(
            "batch_norm_running",
            {"x": (2, 3, 1, 1), **channels("mean", "variance")},
            {"momentum": 0.75, "correction": correction},
        )
        for correction in (0, 1)
    ),
    "softmax": with_gradient("softmax", TABLE, {"axis": 1}, TABLE["x"], forward={"degree": 1}),
    "cross-entropy": with_gradient("cross_entropy", {"logits": (4, 10), "labels": (4,)}, {}, (4,), degree=1),
    "cross-entropy of probabilities": with_gradient(
        "cross_entropy_of_probabilities", {"p": (4, 10), "labels": (4,)}, {}, (4,), degree=1, without=ONLY_ROWS
    ),
}


MISTAKEN = {
    "fully connected": (
        ("weights reshaped", "fully_connected"),
        ("bias forgotten", "fully_connected"),
        ("last channel dropped", "fully_connected_gradient"),
    ),
    "convolution, 1-d": (
        ("kernel turned in 1-d", "cross_correlation1d"),
        ("padding on other sides", "cross_correlation1d"),
    ),
    "convolution, 2-d": (
        ("kernel turned", "cross_correlation2d"),
        ("kernel height and width exchanged", "cross_correlation2d"),
        ("last tap dropped", "cross_correlation2d"),
        ("kernel turned", "cross_correlation2d_gradient"),
    ),
    "downsampling: average pooling": (
        ("padding counted otherwise", "average_pooling2d"),
        ("other pooling", "average_pooling2d"),
    ),
    "downsampling: area": (("other resampling", "area_resampling2d"),),
    "up- and downsampling: nearest": (
        ("other sampling grid", "nearest_resampling2d"),
        ("other sampling grid", "nearest_resampling2d_gradient"),
    ),
    "up- and downsampling: bilinear": (
        ("other sampling grid", "bilinear_resampling2d"),
        ("other resampling", "bilinear_resampling2d"),
    ),
    "ReLU": (("absolute value for ReLU", "relu"),),
    "absolute value": (("ReLU for absolute value", "absolute_value"),),
    "leaky ReLU": (("other slope", "leaky_relu"), ("other slope", "leaky_relu_gradient")),
    "PReLU": (("one slope for all channels", "prelu"), ("slopes in reverse", "prelu_gradient")),
    "logistic": (("tanh for logistic", "logistic"),),
    "tanh": (("logistic for tanh", "tanh"),),
    "max pooling": (("other pooling", "max_pooling2d"), ("zero padding in max pooling", "max_pooling2d")),
    "batch norm, training": (
        ("unbiased variance", "batch_norm_training"),
        ("gamma and beta exchanged", "batch_norm_training"),
    ),
    "batch norm, inference": (
        ("training mode", "batch_norm_inference"),
        ("standard deviation for variance", "batch_norm_inference"),
    ),
    "batch norm, running statistics": (
        ("momentum inverted", "batch_norm_running"),
        ("other divisor", "batch_norm_running"),
    ),
    "softmax": (("other axis", "softmax"), ("logistic for softmax", "softmax")),
    "cross-entropy": (("softmax twice", "cross_entropy"), ("labels off by one", "cross_entropy_gradient")),
    "cross-entropy of probabilities": (("labels off by one", "cross_entropy_of_probabilities"),),
}
"""The known mistakes with a component's operations."""
