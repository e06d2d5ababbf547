"""One array at the door: what it holds, its order of axes, its format."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ....reference.bounds import FORMATS
from ....reference.validation import refuse

Axes = tuple[int, ...]
"""For each canonical axis, its place in an array."""


def array_of(label: str, value: Any, *, whole: bool = False) -> np.ndarray:
    """A non-empty array of real numbers, or for labels of whole ones."""
    try:
        array = np.asarray(_plain(value))
    except Exception as error:  # a framework's tensor that refuses to become an array, a ragged list
        refuse(label, type(value).__name__, f"an array ({type(error).__name__}: {error})", "give a NumPy array")
    if whole and array.dtype.kind not in "iu":
        refuse(f"{label}.dtype", array.dtype, "whole numbers", "give the index of each row's class")
    if not whole and array.dtype.name not in FORMATS:
        refuse(f"{label}.dtype", array.dtype, f"one of {', '.join(FORMATS)}", "save the array as the library holds it")
    if array.size == 0:
        refuse(f"{label}.shape", array.shape, "at least one element", "leave the empty call out")
    return array.astype(np.int64) if whole else array.astype(array.dtype.newbyteorder("="), copy=False)


def _plain(value: Any) -> Any:
    """A framework's tensor as what NumPy reads: off the graph that differentiates, in the machine's memory, and bfloat16 by way of float32."""
    for step in ("detach", "cpu"):
        value = getattr(value, step)() if callable(getattr(value, step, None)) else value
    if str(getattr(value, "dtype", "")).endswith(".bfloat16") and callable(getattr(value, "float", None)):
        return np.asarray(value.float()).astype("bfloat16")
    return value if hasattr(value, "__array__") or not hasattr(value, "__dlpack__") else np.from_dlpack(value)


def batched(label: str, array: np.ndarray, axes: str, taken: list[str]) -> np.ndarray:
    """With as many axes as are meant: ones in front where an image, a batch or a channel alone is given, several leading axes as one batch."""
    missing = len(axes) - array.ndim
    if axes.endswith("…") or not missing or (missing > 0 and set(axes[:missing]) - set("NCOI")):
        return array
    if missing < 0 and axes[0] != "N":
        return array
    made = array.reshape((1,) * missing + array.shape if missing > 0 else (-1, *array.shape[1 - missing :]))
    taken.append(f"{label} {list(array.shape)}: taken as [{', '.join(axes)}] = {list(made.shape)}")
    return made


def alike(shape: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    """Whether the shapes differ in their leading axes alone: ones left out, or a batch in several axes."""
    tail = 0
    while tail < min(len(shape), len(expected)) and shape[-1 - tail] == expected[-1 - tail]:
        tail += 1
    given, head = shape[: len(shape) - tail], expected[: len(expected) - tail]
    return len(shape) != len(expected) and math.prod(given) == math.prod(head) and sum(n > 1 for n in head) <= 1


def order_of(label: str, array: np.ndarray, axes: str, order: str | None) -> Axes:
    """For each canonical axis, its place in the array; the canonical order of "NC…" is N, C, then as they come."""
    least = len(axes.rstrip("…"))
    if array.ndim < least or (not axes.endswith("…") and array.ndim > least):
        number = f"at least {least}" if axes.endswith("…") else least
        refuse(f"{label}.shape", array.shape, f"{number} axes [{', '.join(order or axes)}]", "reshape it")
    if order is None:
        return tuple(range(array.ndim))
    meant = axes
    if axes.endswith("…"):
        meant = "NC" + "".join(letter for letter in order if letter not in "NC")
    if sorted(order) != sorted(meant) or len(set(order)) != len(order) or len(order) != array.ndim:
        refuse(f"layout['{label}']", order, f"the axes {', '.join(meant)} in some order", f"for instance {meant}")
    return tuple(order.index(letter) for letter in meant)


def declared(label: str, array: np.ndarray, format: str | None) -> np.ndarray:
    """The array in the format that it had before it was saved in a wider one."""
    if format is None:
        return array
    name = f"dtypes['{label}']"
    if format not in FORMATS:
        refuse(name, format, f"one of {', '.join(FORMATS)}", "name the format that the library returned")
    if not holds(format, array):
        refuse(name, format, f"a format that holds the numbers of {label}", "name the format of the output")
    return array.astype(format)


def holds(format: Any, array: np.ndarray) -> bool:
    with np.errstate(all="ignore"):
        return np.array_equal(array.astype(format).astype(np.float64), array.astype(np.float64), equal_nan=True)
