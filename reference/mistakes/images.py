"""Mistakes with images: axes exchanged, pooling windows, sampling grids, numbers flattened in another order."""

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


def _turned(order: Callable[[int, int, int], list[int] | None]) -> Readings:
    """The axes of x in another order, by how many there are, first and last that become one; a gradient is turned back."""

    def read(operation: str, given: Arguments) -> Iterator[Reading]:
        x = given["x"]
        axes = order(x.ndim, given["start"], given["end"])
        if axes is not None and axes != sorted(axes):
            turned = np.ascontiguousarray(x.transpose(axes))
            then = {"dx": lambda d: d.transpose(np.argsort(axes))}
            yield Reading(operation, given | {"x": turned}, then=then)

    return read


def _within(rank: int, start: int, end: int, moved: list[int]) -> list[int]:
    return [*range(start), *moved, *range(end + 1, rank)]


def _fortran(rank: int, start: int, end: int) -> list[int]:
    return _within(rank, start, end, [*range(start, end + 1)][::-1])


def _first_last(rank: int, start: int, end: int) -> list[int]:
    return _within(rank, start, end, [*range(start + 1, end + 1), start])


def _last_first(rank: int, start: int, end: int) -> list[int]:
    return _within(rank, start, end, [end, *range(start, end)])


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
    Mistake(
        "flattened in Fortran's order",
        "the first axis was the fastest",
        "flatten with the last axis fastest: order='C'",
        ("flatten", "flatten_gradient"),
        _turned(_fortran),
    ),
    Mistake(
        "flattened with the channels last",
        "the first of these axes, the channels, was put behind the others before",
        "Keras flattens [H, W, C] as it lies: transpose to [C, H, W], or turn the weights of the next layer",
        ("flatten", "flatten_gradient"),
        _turned(_first_last),
    ),
    Mistake(
        "flattened with the last axis first",
        "the last of these axes was put before the others before, as [H, W, C] to [C, H, W]",
        "flatten as it lies, or turn the weights of the next layer",
        ("flatten", "flatten_gradient"),
        _turned(_last_first),
    ),
]
