"""Mistakes with transposed convolutions, with convolutions of volumes, and with borders that are no zeros."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .mistake import Arguments, Mistake, Reading, Readings, changed, setting

TRANSPOSED = tuple(f"transposed_convolution{rank}d{gradient}" for rank in (1, 2, 3) for gradient in ("", "_gradient"))
VOLUMES = ("cross_correlation3d", "convolution3d", "cross_correlation3d_gradient")
BORDERED = tuple(f"cross_correlation{rank}d{gradient}" for rank in (1, 2, 3) for gradient in ("", "_gradient"))
BOTH = (*TRANSPOSED, *VOLUMES)


def _sides(given: Arguments) -> list[tuple[int, int]]:
    return [*given["padding"]] if given["x"].ndim > 3 else [given["padding"]]


def _padded(given: Arguments, sides: list[tuple[int, int]]) -> Arguments:
    return given | {"padding": tuple(sides) if given["x"].ndim > 3 else sides[0]}


def _other_sides(operation: str, given: Arguments) -> Iterator[Reading]:
    """As much cut off or padded in all, begun by some elements earlier or later: on all axes alike, or on one of them."""
    sides = _sides(given)
    most = max(given["w"].shape[2:]) + max(map(max, sides))
    for move in sorted(range(-most, most + 1), key=abs)[1:]:
        for axes in dict.fromkeys([tuple(range(len(sides))), *((axis,) for axis in range(len(sides)))]):
            other = [(b + move, a - move) if axis in axes else (b, a) for axis, (b, a) in enumerate(sides)]
            if min(b for b, _ in other) >= 0 and (operation in TRANSPOSED or min(a for _, a in other) >= 0):
                yield Reading(operation, _padded(given, other), f"padding={tuple(other)!r}")


def _turned(w: np.ndarray) -> np.ndarray:
    return np.flip(w, tuple(range(2, w.ndim)))


def _interleaved(operation: str, given: Arguments) -> Iterator[Reading]:
    """The input channels of the kernel in order of their place in a group."""
    w, groups = given["w"], given["groups"]
    if groups > 1:
        other = w.reshape(groups, -1, *w.shape[1:]).swapaxes(0, 1).reshape(w.shape)
        yield Reading(operation, given | {"w": np.ascontiguousarray(other)})


def _depth_and_width(w: np.ndarray) -> np.ndarray:
    return w.swapaxes(2, -1)


def _borders(operation: str, given: Arguments) -> Iterator[Reading]:
    mode = given.get("padding_mode", "zeros")
    if mode != "zeros":
        yield from setting("padding_mode", "zeros", "replicate", "reflect", "symmetric", "circular")(operation, given)


def _shown_otherwise(operation: str, given: Arguments) -> Iterator[Reading]:
    yield from setting("padding_mode", "zeros", "replicate", "reflect", "symmetric", "circular")(operation, given)


def _other_ends(operation: str, given: Arguments) -> Iterator[Reading]:
    yield Reading(operation, given | {"padding": tuple((after, before) for before, after in given["padding"])})


def _bias(times: int) -> Readings:
    def read(operation: str, given: Arguments) -> Iterator[Reading]:
        if given.get("b") is not None:
            yield Reading(operation, given | {"b": times * given["b"] if times else None})

    return read


MISTAKES = [
    Mistake(
        "cut off on other sides",
        "the ends were cut off or padded on other sides",
        "cut off the same rows: Keras' and TensorFlow's 'same' begins one earlier than PyTorch's padding with output_padding",
        BOTH,
        _other_sides,
        "https://github.com/keras-team/keras/pull/22876",
    ),
    Mistake(
        "kernel of a transposed convolution turned",
        "the kernel was turned by 180° (gathered where it is to be scattered, or the reverse)",
        "flip all spatial axes of the kernel",
        BOTH,
        changed("w", _turned),
    ),
    Mistake(
        "input and output channels exchanged",
        "the kernel's input and output channels were exchanged",
        "transpose its channel axes: [Cin, Cout, …] for PyTorch and ONNX, […, Cout, Cin] for TensorFlow",
        BOTH,
        changed("w", lambda w: w.swapaxes(0, 1)),
    ),
    Mistake(
        "kernel's first and last axis exchanged",
        "the kernel's first and last spatial axes were exchanged",
        "transpose the kernel's spatial axes",
        tuple(name for name in BOTH if "1d" not in name),
        changed("w", _depth_and_width),
    ),
    Mistake(
        "groups of a transposed convolution interleaved",
        "the kernel's first axis was ordered by its place in a group, then by group",
        "reorder it: group first, then the channel in it",
        BOTH,
        _interleaved,
    ),
    Mistake(
        "bias of a transposed convolution forgotten",
        "the bias was left out",
        "add the bias",
        tuple(name for name in BOTH if not name.endswith("_gradient")),
        _bias(0),
    ),
    Mistake(
        "other border",
        "the border was continued in another way",
        "name the padding mode on both sides",
        BORDERED,
        _borders,
        probed=False,
    ),
    Mistake(
        "image continued otherwise",
        "the image was continued in another way",
        "name the padding mode on both sides",
        ("pad", "pad_gradient"),
        _shown_otherwise,
    ),
    Mistake(
        "ends exchanged",
        "what belongs before was put after, and the reverse",
        "give (before, after) for each axis",
        ("pad", "pad_gradient"),
        _other_ends,
    ),
]
