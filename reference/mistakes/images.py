"""Mistakes with images: axes exchanged, pooling windows, sampling grids."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from . import resampling
from .convolutions import CONV2, POOLS
from .mistake import Arguments, Mistake, Reading, Readings, changed, exchanged, reshaped, reshaped_back, setting

RESAMPLING = tuple(
    f"{kind}_resampling2d{gradient}" for kind in ("nearest", "bilinear", "area") for gradient in ("", "_gradient")
)


def _image(function: Callable[[np.ndarray], np.ndarray | None]) -> Readings:
    """The upstream gradient or the image read as another of the same shape."""

    def read(operation: str, given: Arguments) -> Iterator[Reading]:
        names = ("upstream", "x") if operation.endswith("_gradient") else "x"
        yield from changed(names, function)(operation, given)

    return read


def _zeros_for_nothing(operation: str, given: Arguments) -> Iterator[Reading]:
    """Max pooling of an image padded with zeros, where the padding should never win."""
    if any(map(any, given["padding"])):
        padded = np.pad(given["x"], ((0, 0), (0, 0), *given["padding"]))
        yield Reading(operation, given | {"x": padded, "padding": ((0, 0), (0, 0))})


def _pooled_otherwise(operation: str, given: Arguments) -> Iterator[Reading]:
    if operation == "max_pooling2d":
        for count in (True, False):
            yield Reading("average_pooling2d", given | {"count_padding": count})
    else:
        yield Reading("max_pooling2d", {name: value for name, value in given.items() if name != "count_padding"})


MISTAKES = [
    Mistake(
        "image height and width exchanged",
        "the image's height and width were exchanged",
        "transpose the image's spatial axes",
        (*CONV2, *POOLS, *RESAMPLING),
        _image(lambda x: x.swapaxes(2, 3)),
        "https://github.com/tensorflow/tensorflow/issues/6696",
    ),
    Mistake(
        "image reshaped to NHWC",
        "the image [N, C, H, W] was reshaped, not transposed, to [N, H, W, C]",
        "transpose(0, 2, 3, 1)",
        (*CONV2, *POOLS, *RESAMPLING),
        _image(reshaped_back("NHWC", "NCHW")),
        "https://github.com/tensorflow/tensorflow/issues/6696",
    ),
    Mistake(
        "image reshaped from NHWC",
        "the image [N, H, W, C] was reshaped, not transposed, to [N, C, H, W]",
        "transpose(0, 3, 1, 2)",
        (*CONV2, *POOLS, *RESAMPLING),
        _image(reshaped("NHWC", "NCHW")),
        "https://github.com/tensorflow/tensorflow/issues/6696",
    ),
    Mistake(
        "zero padding in max pooling",
        "the padding was zeros, which win over negative numbers",
        "pad with minus infinity",
        ("max_pooling2d",),
        _zeros_for_nothing,
        "https://github.com/onnx/onnx/issues/388",
    ),
    Mistake(
        "other pooling",
        "the mean was taken for the maximum, or the reverse",
        "call the other pooling",
        ("max_pooling2d", "average_pooling2d"),
        _pooled_otherwise,
    ),
    Mistake(
        "padding counted otherwise",
        "the zeros of the padding were counted in the divisor, or not",
        "count_include_pad in PyTorch; TensorFlow and ONNX leave the padding out",
        ("average_pooling2d", "average_pooling2d_gradient"),
        setting("count_padding", True, False),
        "https://github.com/tf-encrypted/tf-encrypted/issues/75",
    ),
    Mistake(
        "windows exchanged",
        "the window's height and width were exchanged",
        "give the rows first",
        POOLS,
        exchanged("window"),
    ),
    Mistake(
        "other sampling grid",
        "the samples were taken on another grid",
        "align_corners, half_pixel_centers or 'nearest-exact': choose the same on both sides",
        resampling.ON_GRIDS,
        resampling.on_other_grids,
        "https://github.com/pytorch/pytorch/issues/34808",
    ),
    Mistake(
        "other resampling",
        "another method of resampling was used",
        "name the method on both sides",
        resampling.FORWARD,
        resampling.otherwise,
    ),
]
