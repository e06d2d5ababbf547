"""Mistakes with convolutions and fully connected layers: kernels, borders, groups, biases, weights in another order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from .mistake import Arguments, Mistake, Reading, Readings, changed, exchanged, reshaped, reshaped_back

CONV1 = ("cross_correlation1d", "convolution1d", "cross_correlation1d_gradient")
CONV2 = ("cross_correlation2d", "convolution2d", "cross_correlation2d_gradient")
CONV = (*CONV1, *CONV2)
FORWARD = tuple(name for name in CONV if not name.endswith("_gradient"))
FULLY = ("fully_connected", "fully_connected_gradient")
MOST_IMAGES = 40
"""So many sizes at most may a flattened image be thought to have had."""
POOLS = ("max_pooling2d", "max_pooling2d_gradient", "average_pooling2d", "average_pooling2d_gradient")


def _other_sides(operation: str, given: Arguments) -> Iterator[Reading]:
    """As many windows, begun by some elements earlier or later: on both axes alike, or on one of them."""
    sizes = given["x"].shape[2:]
    rank = len(sizes)
    taps = given["w"].shape[2:] if "w" in given else given["window"]
    sides = given["padding"] if rank == 2 else (given["padding"],)
    strides, spreads = (
        (v if isinstance(v, tuple) else (v,) * rank) for v in (given["stride"], given.get("dilation", 1))
    )
    axes = [(*axis[:3], axis[3] * (axis[1] - 1) + 1) for axis in zip(sizes, taps, strides, spreads, strict=True)]
    furthest = max(reach for *_, reach in axes)
    for move in sorted(range(-furthest, furthest + 1), key=abs)[1:]:
        for moves in dict.fromkeys(
            [(move,) * rank, *[tuple(move * (i == j) for j in range(rank)) for i in range(rank)]]
        ):
            other = tuple(
                _moved(side, by, size, stride, reach)
                for side, by, (size, _, stride, reach) in zip(sides, moves, axes, strict=True)
            )
            if None not in other:
                yield Reading(operation, given | {"padding": other if rank == 2 else other[0]}, f"padding={other!r}")


def _moved(side: tuple[int, int], by: int, size: int, stride: int, reach: int) -> tuple[int, int] | None:
    """Zeros (before, after) for as many windows, begun ``by`` elements earlier; None where a window would lie in zeros alone."""
    before = side[0] + by
    last = (size + sum(side) - reach) // stride * stride
    after = max(0, last + reach - size - before)
    as_many = (size + before + after - reach) // stride * stride == last
    return (before, after) if as_many and 0 <= before < reach and after < reach else None


def _border(mode: str) -> Readings:
    """The border filled with the image's own numbers where zeros were meant."""

    def read(operation: str, given: Arguments) -> Iterator[Reading]:
        rank = given["x"].ndim - 2
        sides = given["padding"] if rank == 2 else (given["padding"],)
        room = 1 if mode == "reflect" else 0
        if all(max(side) <= size - room for side, size in zip(sides, given["x"].shape[2:], strict=True)):
            padded = np.pad(given["x"], ((0, 0), (0, 0), *sides), mode=mode)  # pyright: ignore[reportCallIssue, reportArgumentType]
            none = ((0, 0),) * rank
            yield Reading(operation, given | {"x": padded, "padding": none if rank == 2 else none[0]})

    return read


def _groups(operation: str, given: Arguments) -> Iterator[Reading]:
    w, groups = given["w"], given["groups"]
    if groups > 1:
        for split in ((groups, len(w) // groups), (len(w) // groups, groups)):
            other = w.reshape(*split, *w.shape[1:]).swapaxes(0, 1).reshape(w.shape)
            yield Reading(operation, given | {"w": np.ascontiguousarray(other)})


def _bias(times: int) -> Readings:
    def read(operation: str, given: Arguments) -> Iterator[Reading]:
        if given.get("b") is not None:
            yield Reading(operation, given | {"b": times * given["b"] if times else None})

    return read


def _without(*index: int | slice) -> Callable[[np.ndarray], np.ndarray]:
    """A part of the weights left out."""

    def read(w: np.ndarray) -> np.ndarray:
        kept = w.copy()
        kept[index] = 0
        return kept

    return read


def _last_tap(w: np.ndarray) -> np.ndarray:
    return _without(..., *[-1] * (w.ndim - 2))(w)  # pyright: ignore[reportArgumentType]


def _reshaped_weights(w: np.ndarray) -> np.ndarray | None:
    """Of a square matrix it is the same as not to transpose it."""
    return None if w.shape[0] == w.shape[1] else w.T.reshape(w.shape)


def _flattened(operation: str, given: Arguments) -> Iterator[Reading]:
    """Columns in the order of an image that was flattened otherwise: channels last for first or the reverse; column after column; rows for columns."""
    w = given["w"]
    features = w.shape[1]

    def read(sizes: tuple[int, ...], order: tuple[int, ...], detail: str) -> Reading:
        other = w.reshape(-1, *sizes).transpose(0, *(axis + 1 for axis in order))
        return Reading(operation, given | {"w": np.ascontiguousarray(other.reshape(w.shape))}, detail)

    divisors = [n for n in range(2, features // 2 + 1) if features % n == 0]
    squares = [n for n in divisors if (features // n) ** 0.5 % 1 == 0]
    # Square images are the likeliest; then any.
    for channels in sorted(divisors, key=lambda n: (n not in squares, -n if n in squares else n))[:MOST_IMAGES]:
        pixels = features // channels
        yield read((channels, pixels), (1, 0), f"C = {channels}, H·W = {pixels}, channels last")
        yield read((pixels, channels), (1, 0), f"C = {channels}, H·W = {pixels}, channels first")
    images = [(rows, columns) for rows in divisors for columns in divisors if features % (rows * columns) == 0]
    for rows, columns in sorted(images, key=lambda image: abs(image[0] - image[1]))[:MOST_IMAGES]:
        channels = features // (rows * columns)
        sizes = f"(H, W, C) = {(rows, columns, channels)}"
        yield read((channels, columns, rows), (2, 1, 0), f"{sizes}, column after column (Fortran's order)")
        yield read((channels, rows, columns), (0, 2, 1), f"{sizes}, rows and columns exchanged")


MISTAKES = [
    Mistake(
        "kernel turned",
        "the kernel was turned by 180° (convolution for cross-correlation, or the reverse)",
        "flip both spatial axes of the kernel",
        CONV2,
        changed("w", lambda w: np.flip(w, (2, 3))),
        "https://github.com/claroche-r/dmbsr/issues/4",
    ),
    Mistake(
        "kernel turned in 1-d",
        "the kernel was reversed (convolution for cross-correlation, or the reverse)",
        "reverse the kernel",
        CONV1,
        changed("w", lambda w: np.flip(w, 2)),
        "https://github.com/claroche-r/dmbsr/issues/4",
    ),
    Mistake(
        "kernel rows turned",
        "the kernel was flipped along its rows only",
        "flip both spatial axes or none",
        CONV2,
        changed("w", lambda w: np.flip(w, 2)),
    ),
    Mistake(
        "kernel columns turned",
        "the kernel was flipped along its columns only",
        "flip both spatial axes or none",
        CONV2,
        changed("w", lambda w: np.flip(w, 3)),
    ),
    Mistake(
        "kernel height and width exchanged",
        "the kernel's height and width were exchanged",
        "transpose the kernel's last two axes",
        CONV2,
        changed("w", lambda w: w.swapaxes(2, 3)),
        "https://github.com/hyseob/PyMDNet/issues/3",
    ),
    Mistake(
        "kernel channels exchanged",
        "the kernel's input and output channels were exchanged",
        "transpose the kernel's channel axes",
        CONV,
        changed("w", lambda w: w.swapaxes(0, 1)),
        "https://github.com/imedslab/pytorch_bn_fusion/pull/6",
    ),
    Mistake(
        "kernel reshaped to HWIO",
        "the kernel [O, I, H, W] was reshaped, not transposed, to [H, W, I, O]",
        "transpose(2, 3, 1, 0)",
        CONV2,
        changed("w", reshaped_back("HWIO", "OIHW")),
        "https://github.com/hyseob/PyMDNet/issues/3",
    ),
    Mistake(
        "kernel reshaped from HWIO",
        "the kernel [H, W, I, O] was reshaped, not transposed, to [O, I, H, W]",
        "transpose(3, 2, 0, 1)",
        CONV2,
        changed("w", reshaped("HWIO", "OIHW")),
        "https://github.com/hyseob/PyMDNet/issues/3",
    ),
    Mistake(
        "padding on other sides",
        "the zeros were put on other sides of the image",
        "pad explicitly on the same sides before an unpadded layer",
        (*CONV, *POOLS),
        _other_sides,
        "https://github.com/pytorch/pytorch/pull/45667",
    ),
    Mistake(
        "border repeated",
        "the border was padded with its own values in place of zeros",
        "pad with zeros",
        FORWARD,
        _border("edge"),
    ),
    Mistake(
        "border reflected",
        "the border was padded with its mirror image in place of zeros",
        "pad with zeros",
        FORWARD,
        _border("reflect"),
    ),
    Mistake(
        "border wrapped around",
        "the image was continued periodically in place of zeros",
        "pad with zeros",
        FORWARD,
        _border("wrap"),
    ),
    Mistake(
        "strides exchanged",
        "the strides of the two axes were exchanged",
        "give the stride of rows first",
        (*CONV2, *POOLS),
        exchanged("stride"),
    ),
    Mistake(
        "dilations exchanged",
        "the dilations of the two axes were exchanged",
        "give the dilation of rows first",
        CONV2,
        exchanged("dilation"),
    ),
    Mistake(
        "groups interleaved",
        "the output channels were ordered by their place in a group, then by group, or the reverse (a depth multiplier)",
        "reorder the kernel's output channels: group first, then the channel in it",
        CONV,
        _groups,
        "https://github.com/pytorch/pytorch/issues/3618",
    ),
    Mistake("bias forgotten", "the bias was left out", "add the bias", (*FORWARD, "fully_connected"), _bias(0)),
    Mistake(
        "bias added twice", "the bias was added twice", "add the bias once", (*FORWARD, "fully_connected"), _bias(2)
    ),
    Mistake(
        "last channel dropped",
        "the last input channel was left out",
        "check the loop over channels",
        (*CONV, *FULLY),
        changed("w", _without(slice(None), -1)),
    ),
    Mistake(
        "last tap dropped",
        "the kernel's last tap was left out",
        "check the loop over taps",
        CONV,
        changed("w", _last_tap),
    ),
    Mistake(
        "weights transposed",
        "the weight matrix was used untransposed",
        "transpose it: PyTorch [out, in], Keras [in, out]",
        FULLY,
        changed("w", lambda w: w.T),
        "https://github.com/huggingface/transformers/issues/4514",
    ),
    Mistake(
        "weights reshaped",
        "the weight matrix [in, out] was reshaped, not transposed",
        "transpose it",
        FULLY,
        changed("w", _reshaped_weights),
        "https://github.com/huggingface/transformers/issues/4514",
    ),
    Mistake(
        "flattened in another order",
        "the image was flattened in another order of axes before the layer",
        "reorder the weight's columns",
        FULLY,
        _flattened,
        "https://github.com/gzuidhof/nn-transfer/issues/16",
    ),
]
