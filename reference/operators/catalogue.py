"""Every operation by its name: which arrays it takes and in what order of axes, which parameters, which results.

Axes are letters: N batch, C channels, H height, W width, O and I output and input channels (of one group) of a kernel or
the features of a fully connected layer, K classes. An order of axes may be exchanged for another one by a permutation of
its letters; "…" stands for whatever axes follow.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import validation

REQUIRED = object()
"""In place of a default: a parameter for which every library has another one, and so must be said."""

Parse = Callable[[str, Any, Mapping[str, np.ndarray], Mapping[str, Any]], Any]
"""(name, value as given, the arrays in canonical order, the parameters parsed so far) → the value for the operator."""


@dataclass(frozen=True)
class Operation:
    """``arrays``: name → axes, "?" before those that may be left out. ``parameters``: name → (default, parse), in the order
    in which they are parsed. ``results``: name → axes."""

    name: str
    says: str
    arrays: Mapping[str, str]
    parameters: Mapping[str, tuple[Any, Parse]]
    results: Mapping[str, str]
    aliases: tuple[str, ...] = ()

    def axes(self, array: str) -> str:
        return (self.arrays | self.results)[array].lstrip("?")  # pyright: ignore[reportOperatorIssue]

    def optional(self, array: str) -> bool:
        return self.arrays[array].startswith("?")


def find(name: str) -> Operation:
    """The operation of this name or alias (``conv2d``, ``linear``, ``sigmoid``, …). BadInput with the nearest one otherwise."""
    if name in OPERATIONS:
        return OPERATIONS[name]
    for operation in OPERATIONS.values():
        if name in operation.aliases:
            return operation
    known = [n for operation in OPERATIONS.values() for n in (operation.name, *operation.aliases)]
    near = difflib.get_close_matches(str(name), known, 1)
    validation.refuse(
        "operation",
        name,
        "the name of an operation",
        f"use {near[0]}" if near else f"use one of {', '.join(OPERATIONS)}",
    )


# ---------------------------------------------------------------------------------------------------- parsing


def _count(name: str, value: Any, arrays: Any, parsed: Any) -> int:
    """A list of one number is that number, as some libraries have it of one axis."""
    return validation.count(name, value[0] if isinstance(value, list | tuple) and len(value) == 1 else value)


def _finite(name: str, value: Any, arrays: Any, parsed: Any) -> float:
    return validation.finite(name, value)


def _non_negative(name: str, value: Any, arrays: Any, parsed: Any) -> float:
    return validation.non_negative(name, validation.finite(name, value))


def _pair(name: str, value: Any, arrays: Any, parsed: Any) -> tuple[int, int]:
    """One number means both axes."""
    return tuple(validation.counts(name, (value, value) if isinstance(value, int) else value, rank=2))  # pyright: ignore[reportReturnType]


def _one_of(*names: Any) -> Parse:
    def parse(name: str, value: Any, arrays: Any, parsed: Any) -> Any:
        if value not in names or isinstance(value, bool) != isinstance(names[0], bool):
            validation.refuse(name, value, " or ".join(map(repr, names)), f"use {name}={names[0]!r}")
        return value

    return parse


def _axis(name: str, value: Any, arrays: Mapping[str, np.ndarray], parsed: Any) -> int:
    rank = arrays["x"].ndim
    if isinstance(value, bool) or not isinstance(value, int) or not -rank <= value < rank:
        validation.refuse(name, value, f"an axis of x, {-rank} to {rank - 1}", f"use {name}=-1 for the last")
    return value % rank


def same_padding(size: int, kernel: int, stride: int, dilation: int, *, lower: bool = False) -> tuple[int, int]:
    """(before, after) of TensorFlow's SAME: ceil(size / stride) windows, the odd zero at the end (ONNX's SAME_UPPER).

    ``lower``: the odd zero at the beginning (ONNX's SAME_LOWER).
    """
    total = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    small, large = total // 2, total - total // 2
    return (large, small) if lower else (small, large)


def _sides(value: Any, rank: int) -> Any:
    """One number for all sides; one for each axis, as PyTorch has it; or (before, after) pairs."""
    if isinstance(value, int):
        return ((value, value),) * rank
    if not isinstance(value, list | tuple):
        return value
    if rank == 2 and len(value) == 2 and all(isinstance(number, int) for number in value):
        return tuple((number, number) for number in value)
    if rank == 1 and len(value) == 1:
        return ((value[0], value[0]),) if isinstance(value[0], int) else value
    return value if rank == 2 else (value,)


def _padding(rank: int, kernel: str) -> Parse:
    """Whole numbers for both sides of all axes, one for each axis, (before, after) pairs, or the name of a rule."""

    def parse(name: str, value: Any, arrays: Mapping[str, np.ndarray], parsed: Mapping[str, Any]) -> Any:
        sizes = arrays["x"].shape[2:]
        taps = arrays["w"].shape[2:] if kernel == "w" else parsed["window"]
        strides, spreads = (
            v if isinstance(v, tuple) else (v,) * rank for v in (parsed["stride"], parsed.get("dilation", 1))
        )
        if isinstance(value, str) and value in ("valid", "same", "same_lower"):
            sides = tuple(
                (0, 0) if value == "valid" else same_padding(*numbers, lower=value == "same_lower")
                for numbers in zip(sizes, taps, strides, spreads, strict=True)
            )
        elif isinstance(value, str):
            validation.refuse(name, value, "numbers of zeros, 'valid', 'same' or 'same_lower'", "spell the rule so")
        else:
            sides = _sides(value, rank)
        checked = validation.padding(name, sides if rank == 2 else sides[0], rank=rank)
        return checked if rank == 2 else checked[0]

    return parse


# ---------------------------------------------------------------------------------------------------- the table

_CONV1 = {"stride": (1, _count), "dilation": (1, _count), "groups": (1, _count), "padding": (0, _padding(1, "w"))}
_CONV2 = {"stride": (1, _pair), "dilation": (1, _pair), "groups": (1, _count), "padding": (0, _padding(2, "w"))}
_CONV1_ARRAYS = {"x": "NCW", "w": "OIW", "b": "?O"}
_CONV2_ARRAYS = {"x": "NCHW", "w": "OIHW", "b": "?O"}
_POOL = {"window": (REQUIRED, _pair), "stride": (REQUIRED, _pair), "padding": (0, _padding(2, "window"))}
_EPSILON = {"epsilon": (REQUIRED, _non_negative)}
_X = {"x": "…"}
_Y = {"y": "…"}


def _with_gradient(
    name: str,
    says: str,
    arrays: Mapping[str, str],
    parameters: Mapping[str, Any],
    y: str,
    gradients: Mapping[str, str],
    aliases: tuple[str, ...] = (),
    drop: tuple[str, ...] = (),
) -> list[Operation]:
    """The operation, and its gradient for an upstream gradient of the shape of y; a gradient does not need a bias."""
    kept = {n: a for n, a in arrays.items() if n not in drop} | {"upstream": y}
    return [
        Operation(name, says, arrays, parameters, {"y": y}, aliases),
        Operation(
            f"{name}_gradient",
            f"gradient of: {says}",
            kept,
            parameters,
            gradients,
            tuple(f"{a}_gradient" for a in aliases),
        ),
    ]


_LIST = [
    *_with_gradient(
        "cross_correlation1d",
        "what libraries call conv1d: the kernel is not flipped",
        _CONV1_ARRAYS,
        _CONV1,
        "NCW",
        {"dx": "NCW", "dw": "OIW", "db": "O"},
        ("conv1d",),
        ("b",),
    ),
    *_with_gradient(
        "cross_correlation2d",
        "what libraries call conv2d: the kernel is not flipped",
        _CONV2_ARRAYS,
        _CONV2,
        "NCHW",
        {"dx": "NCHW", "dw": "OIHW", "db": "O"},
        ("conv2d",),
        ("b",),
    ),
    Operation(
        "convolution1d", "convolution in the strict sense: the kernel is flipped", _CONV1_ARRAYS, _CONV1, {"y": "NCW"}
    ),
    Operation(
        "convolution2d", "convolution in the strict sense: the kernel is flipped", _CONV2_ARRAYS, _CONV2, {"y": "NCHW"}
    ),
    *_with_gradient(
        "fully_connected",
        "y = x wᵀ + b",
        {"x": "NI", "w": "OI", "b": "?O"},
        {},
        "NO",
        {"dx": "NI", "dw": "OI", "db": "O"},
        ("linear", "dense"),
        ("b",),
    ),
    *_with_gradient(
        "max_pooling2d",
        "the largest number of each window",
        {"x": "NCHW"},
        _POOL,
        "NCHW",
        {"dx": "NCHW"},
        ("max_pool2d",),
    ),
    *_with_gradient(
        "average_pooling2d",
        "the mean of each window",
        {"x": "NCHW"},
        _POOL | {"count_padding": (REQUIRED, _one_of(True, False))},
        "NCHW",
        {"dx": "NCHW"},
        ("avg_pool2d",),
    ),
    *_with_gradient(
        "nearest_resampling2d",
        "the nearest pixel",
        {"x": "NCHW"},
        {"size": (REQUIRED, _pair), "grid": (REQUIRED, _one_of("half_pixel", "asymmetric"))},
        "NCHW",
        {"dx": "NCHW"},
        ("nearest",),
    ),
    *_with_gradient(
        "bilinear_resampling2d",
        "linear interpolation between the four nearest pixels",
        {"x": "NCHW"},
        {"size": (REQUIRED, _pair), "grid": (REQUIRED, _one_of("half_pixel", "align_corners", "asymmetric"))},
        "NCHW",
        {"dx": "NCHW"},
        ("bilinear",),
    ),
    *_with_gradient(
        "area_resampling2d",
        "the mean over the area of each output pixel",
        {"x": "NCHW"},
        {"size": (REQUIRED, _pair)},
        "NCHW",
        {"dx": "NCHW"},
        ("area",),
    ),
    Operation(
        "batch_norm_inference",
        "batch norm with the statistics given",
        {"x": "NC…", "gamma": "C", "beta": "C", "mean": "C", "variance": "C"},
        _EPSILON,
        {"y": "NC…"},
        ("batch_norm",),
    ),
    Operation(
        "batch_norm_training",
        "batch norm with the batch's own statistics",
        {"x": "NC…", "gamma": "C", "beta": "C"},
        _EPSILON,
        {"y": "NC…", "mean": "C", "variance": "C"},
    ),
    Operation(
        "batch_norm_running",
        "the running statistics after one batch",
        {"x": "NC…", "mean": "C", "variance": "C"},
        {"momentum": (REQUIRED, _finite), "correction": (REQUIRED, _one_of(0, 1))},
        {"mean": "C", "variance": "C"},
    ),
    Operation(
        "batch_norm_gradient",
        "gradient of: batch norm with the batch's own statistics",
        {"x": "NC…", "gamma": "C", "upstream": "NC…"},
        _EPSILON,
        {"dx": "NC…", "dgamma": "C", "dbeta": "C"},
    ),
    *_with_gradient("logistic", "1/(1 + exp(−x))", _X, {}, "…", {"dx": "…"}, ("sigmoid",)),
    *_with_gradient("tanh", "the hyperbolic tangent", _X, {}, "…", {"dx": "…"}),
    *_with_gradient("relu", "max(0, x)", _X, {}, "…", {"dx": "…"}),
    *_with_gradient("absolute_value", "|x|", _X, {}, "…", {"dx": "…"}, ("abs",)),
    *_with_gradient("leaky_relu", "max(0, x) + alpha·min(0, x)", _X, {"alpha": (REQUIRED, _finite)}, "…", {"dx": "…"}),
    *_with_gradient(
        "prelu",
        "max(0, x) + alpha·min(0, x), one alpha a channel",
        {"x": "NC…", "alpha": "C"},
        {},
        "NC…",
        {"dx": "NC…", "dalpha": "C"},
    ),
    Operation("gelu", "x·Φ(x)", _X, {"approximate": (REQUIRED, _one_of("none", "tanh"))}, _Y),
    *_with_gradient("softmax", "exp(x)/Σ exp(x) along an axis", _X, {"axis": (REQUIRED, _axis)}, "…", {"dx": "…"}),
    *_with_gradient(
        "cross_entropy",
        "log Σ exp(logits) − logits[label], one a row",
        {"logits": "NK", "labels": "N"},
        {},
        "N",
        {"dlogits": "NK"},
    ),
    *_with_gradient(
        "cross_entropy_of_probabilities", "−log p[label], one a row", {"p": "NK", "labels": "N"}, {}, "N", {"dp": "NK"}
    ),
]

OPERATIONS: dict[str, Operation] = {operation.name: operation for operation in _LIST}
