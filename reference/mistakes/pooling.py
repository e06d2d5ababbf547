"""Mistakes with pooling: windows that reach over the end, divisors, dilation; and the known ones along one axis and three."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..operators.pooling.windows import windows
from .mistake import Arguments, Mistake, Reading, exchanged, setting

KINDS = ("max_pooling", "average_pooling")
ALL = tuple(f"{kind}{rank}d{gradient}" for kind in KINDS for rank in (1, 2, 3) for gradient in ("", "_gradient"))
MEANS = tuple(name for name in ALL if name.startswith("average"))
OTHERS = tuple(name for name in ALL if "2d" not in name)
SPACES = tuple(name for name in ALL if "3d" in name)


def _whole_window(operation: str, given: Arguments) -> Iterator[Reading]:
    if given.get("ceil_mode") and given.get("divisor") is None:
        window = given["window"]
        size = math.prod(window) if isinstance(window, tuple) else window
        yield Reading(operation, given | {"divisor": size}, f"divided by {size} everywhere")


def _divisor(operation: str, given: Arguments) -> Iterator[Reading]:
    if given.get("divisor") is not None:
        yield Reading(operation, given | {"divisor": None})


def _undilated(operation: str, given: Arguments) -> Iterator[Reading]:
    """A window of neighbours, in as many places."""
    spread = given.get("dilation", 1)
    if isinstance(spread, tuple):
        yield Reading(operation, given | {"dilation": (1,) * len(spread)})
    elif spread > 1:
        yield Reading(operation, given | {"dilation": 1})


def _other_sides(operation: str, given: Arguments) -> Iterator[Reading]:
    """The zeros of both sides of one axis, or of all of them, exchanged."""
    padding = given["padding"]
    sides = padding if given["x"].ndim > 3 else (padding,)
    for axes in dict.fromkeys([tuple(range(len(sides))), *((axis,) for axis in range(len(sides)))]):
        other = tuple(side[::-1] if axis in axes else side for axis, side in enumerate(sides))
        yield Reading(operation, given | {"padding": other if given["x"].ndim > 3 else other[0]}, f"padding={other!r}")


def _zeros_for_nothing(operation: str, given: Arguments) -> Iterator[Reading]:
    sides = given["padding"] if given["x"].ndim > 3 else (given["padding"],)
    if any(map(any, sides)):
        none = tuple((0, 0) for _ in sides)
        padded = np.pad(given["x"], ((0, 0), (0, 0), *sides))
        yield Reading(operation, given | {"x": padded, "padding": none if given["x"].ndim > 3 else none[0]})


def _otherwise(operation: str, given: Arguments) -> Iterator[Reading]:
    if operation.startswith("max"):
        for count in (True, False):
            yield Reading(operation.replace("max", "average"), given | {"count_padding": count, "divisor": None})
    else:
        yield Reading(operation.replace("average", "max"), given)


def _upstream_or_image(operation: str, given: Arguments) -> Iterator[Reading]:
    """Depth exchanged with width, in the image or the upstream gradient."""
    for name in ("upstream", "x"):
        if name in given and given[name].shape[2] == given[name].shape[4]:
            yield Reading(operation, given | {name: np.ascontiguousarray(given[name].swapaxes(2, 4))}, name)


def _equal_windows(operation: str, given: Arguments) -> Iterator[Reading]:
    """All of one size and step, as converters have it: step floor(in/out), window in - (out - 1)·step."""
    sizes = given["size"] if isinstance(given["size"], tuple) else (given["size"],)
    steps = [max(n // many, 1) for n, many in zip(given["x"].shape[2:], sizes, strict=True)]
    windows = [n - (many - 1) * s for n, many, s in zip(given["x"].shape[2:], sizes, steps, strict=True)]
    if min(windows) >= 1:
        plain = len(sizes) == 1
        settings = {
            "window": windows[0] if plain else tuple(windows),
            "stride": steps[0] if plain else tuple(steps),
            "padding": (0, 0) if plain else ((0, 0),) * len(sizes),
        }
        settings |= {"count_padding": True} if "average" in operation else {}
        arrays = {name: given[name] for name in ("x", "upstream") if name in given}
        yield Reading(operation.removeprefix("adaptive_"), arrays | settings, f"window={windows}, stride={steps}")


def _adapted_otherwise(operation: str, given: Arguments) -> Iterator[Reading]:
    """The other of mean and maximum; parts of pixels counted, as in resampling by area."""
    pairs = ("average", "max") if "average" in operation else ("max", "average")
    yield Reading(operation.replace(*pairs), given, pairs[1])
    rank, backward = given["x"].ndim - 2, "_gradient" if operation.endswith("_gradient") else ""
    yield Reading(f"area_resampling{rank}d{backward}", given, "area")


def _equal_numbers(operation: str, given: Arguments) -> Iterator[Reading]:
    """Where several elements of a window are the largest: to the last of them, to all, or a share to each.

    The last is the first where each number is taken for its place in the order of all. For the others each window is laid out by itself,
    as in a mean over 1, and what its largest elements get is added up.
    """
    x, settings = given["x"].astype(np.float64), ("window", "stride", "padding", "dilation", "ceil_mode")
    found = windows(x.shape, **{name: given[name] for name in settings if given.get(name) is not None})
    taps, padded = list(np.ndindex(*found.window)), found.padded(x, -np.inf)
    seen = np.stack([padded[found.seen(tap)] for tap in taps], axis=-1)
    largest = seen == seen.max(axis=-1, keepdims=True)
    many = largest.sum(axis=-1)
    if (many < 2).all() or many.shape != given["upstream"].shape:  # beside another mistake its windows may be others
        return
    order = np.empty(x.size)
    order[np.argsort(x, axis=None, kind="stable")] = np.arange(x.size)
    yield Reading(operation, given | {"x": order.reshape(x.shape)}, "to the last of them")

    def added(array: np.ndarray) -> np.ndarray:
        parts, whole = array.reshape(seen.shape) * largest, np.zeros(padded.shape)
        for i, tap in enumerate(taps):
            whole[found.seen(tap)] += parts[..., i]
        return found.inner(whole)

    mean = {"window": len(taps), "stride": len(taps), "padding": (0, 0), "count_padding": True, "divisor": 1}
    for detail, share in (("to all of them", 1), ("a share to each", many)):
        upstream = (given["upstream"].astype(np.float64) / share).reshape(1, 1, -1)
        laid = {"x": np.ones((1, 1, seen.size)), "upstream": upstream, **mean}
        yield Reading("average_pooling1d_gradient", laid, detail, {"dx": added})


def _without_root(operation: str, given: Arguments) -> Iterator[Reading]:
    own = {name: given[name] for name in given if name != "power"}
    powers = np.abs(given["x"].astype(np.float64)) ** given["power"]
    yield Reading(operation.replace("lp", "average"), own | {"x": powers, "divisor": 1, "count_padding": True})


def _mean_of_powers(operation: str, given: Arguments) -> Iterator[Reading]:
    window = given["window"]
    share = (math.prod(window) if isinstance(window, tuple) else window) ** (-1 / given["power"])
    yield Reading(operation, given, then={name: lambda values: values * share for name in ("y", "dx")})


def _without_sign(operation: str, given: Arguments) -> Iterator[Reading]:
    yield Reading(operation, given | {"x": np.abs(given["x"])})


NORMS = tuple(f"lp_pooling{rank}d{gradient}" for rank in (1, 2, 3) for gradient in ("", "_gradient"))
ADAPTIVE = tuple(f"adaptive_{name}" for name in ALL)
MISTAKES = [
    Mistake(
        "root of a norm left out",
        "the sums of powers were returned, without their root",
        "take the p-th root",
        NORMS[::2],
        _without_root,
        probed=False,
    ),
    Mistake(
        "mean of powers",
        "the mean of the powers was taken, not their sum",
        "multiply by the window's size before the root",
        NORMS,
        _mean_of_powers,
        probed=False,
    ),
    Mistake(
        "another norm",
        "another p was used",
        "pass p on both sides: ONNX' default is 2",
        NORMS,
        setting("power", 1, 2, 3),
    ),
    Mistake(
        "sign left out of a norm's gradient",
        "sign(x) was left out",
        "upstream·sign(x)·(|x|/y)^(p − 1)",
        NORMS[1::2],
        _without_sign,
        probed=False,
    ),
    Mistake(
        "gradient at equal numbers",
        "of equal largest numbers of a window others got the gradient",
        "PyTorch, and TensorFlow along one and two axes, give it to the first; TensorFlow's max_pool3d on the CPU to all",
        tuple(f"max_pooling{rank}d_gradient" for rank in (1, 2, 3)),
        _equal_numbers,
        probed=False,
    ),
    Mistake(
        "adaptive windows of one size",
        "all windows had one size and one step",
        "where the sizes do not divide, windows reach from floor(p·in/out) to ceil((p + 1)·in/out)",
        ADAPTIVE,
        _equal_windows,
        probed=False,
    ),
    Mistake(
        "adapted otherwise",
        "the mean was taken for the maximum, or the reverse, or parts of pixels were counted",
        "call the other pooling",
        ADAPTIVE,
        _adapted_otherwise,
        probed=False,
    ),
    Mistake(
        "divided by the whole window",
        "sums over windows that reach over the end were divided by the whole window's size",
        "divide by what lies inside the padded image, as PyTorch and ONNX since opset 19 do",
        MEANS,
        _whole_window,
        "https://github.com/microsoft/onnxruntime/issues/16203",
        probed=False,
    ),
    Mistake(
        "divisor forgotten",
        "the mean was taken, not the sum over the divisor given",
        "pass divisor_override on both sides",
        MEANS,
        _divisor,
        probed=False,
    ),
    Mistake(
        "window not dilated",
        "the window's elements were neighbours",
        "pass the dilation on both sides",
        ALL,
        _undilated,
        probed=False,
    ),
    Mistake(
        "sides of pooling exchanged",
        "the padding was put on the other side",
        "pad explicitly on the same sides before an unpadded layer",
        OTHERS,
        _other_sides,
    ),
    Mistake(
        "padding counted otherwise in 1-d or 3-d",
        "the zeros of the padding were counted in the divisor, or not",
        "count_include_pad in PyTorch; TensorFlow and ONNX leave the padding out",
        tuple(name for name in MEANS if name in OTHERS),
        setting("count_padding", True, False),
    ),
    Mistake(
        "zero padding in max pooling in 1-d or 3-d",
        "the padding was zeros, which win over negative numbers",
        "pad with minus infinity",
        ("max_pooling1d", "max_pooling3d"),
        _zeros_for_nothing,
    ),
    Mistake(
        "other pooling in 1-d or 3-d",
        "the mean was taken for the maximum, or the reverse",
        "call the other pooling",
        tuple(name for name in OTHERS if not name.endswith("_gradient")),
        _otherwise,
    ),
    Mistake(
        "windows turned",
        "the window's sizes were given in reverse",
        "give the depth first",
        SPACES,
        exchanged("window"),
    ),
    Mistake("strides turned", "the strides were given in reverse", "give the depth first", SPACES, exchanged("stride")),
    Mistake(
        "depth and width exchanged",
        "the image's depth and width were exchanged",
        "transpose the image's spatial axes",
        SPACES,
        _upstream_or_image,
    ),
]
