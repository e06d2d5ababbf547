"""What is known of an operation: which arrays it takes and in what order of axes, which parameters, which results.

Axes are letters: N batch, C channels, H height, W width, O and I output and input channels (of one group) of a kernel or
the features of a fully connected layer, K classes. An order of axes may be exchanged for another one by a permutation of
its letters; "…" stands for whatever axes follow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import validation

REQUIRED = object()
"""In place of a default: a parameter for which every library has another one, and so must be said."""

GIVEN = ("labels", "targets", "weights", "pos_weight")
"""Arrays of a loss that are no result of a layer: nobody asks for the gradient by them."""

Parse = Callable[[str, Any, Mapping[str, np.ndarray], Mapping[str, Any]], Any]
"""(name, value as given, the arrays in canonical order, the parameters parsed so far) → the value for the operator.

Its docstring says which values are legal, as ``lecture-claims operations NAME`` prints it."""

Apart = Callable[[Mapping[str, Any], int], Sequence[Mapping[str, int]]]
"""(the arguments, how many axes the result in question has) → along what the results do not depend on each other: for each array and
result, which of its axes that is. A result that is not named depends on all of it."""


@dataclass(frozen=True)
class Operation:
    """An operator, and what there is to know about it. Its name is that of the function."""

    function: Callable[..., Any]
    says: str
    arrays: Mapping[str, str]
    """Name → axes, "?" before those that may be left out."""
    results: Mapping[str, str]
    """Name → axes."""
    rule: str
    """Which rule of ``reference/judging/rules.py`` bounds its errors."""
    parameters: Mapping[str, tuple[Any, Parse]] = field(default_factory=dict)
    """Name → (default, parse), in the order in which they are parsed."""
    aliases: tuple[str, ...] = ()
    in_steps: bool = False
    """Its steps may be rounded to a narrow format one by one, as those of what adds a bias may be."""
    forms_variance: bool = False
    """It forms a variance of the data."""
    apart: Apart | None = None
    """How a call is cut down to what one element depends on."""

    @property
    def name(self) -> str:
        return self.function.__name__

    def axes(self, array: str) -> str:
        return {**self.arrays, **self.results}[array].lstrip("?")

    def settings(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters among the arguments; what is left out has its plain value."""
        return {name: arguments[name] for name in self.parameters if name in arguments}

    def optional(self, array: str) -> bool:
        return self.arrays[array].startswith("?")


def with_gradient(
    function: Callable[..., Any],
    gradient: Callable[..., Any],
    *,
    says: str,
    arrays: Mapping[str, str],
    y: str,
    rules: tuple[str, str],
    parameters: Mapping[str, tuple[Any, Parse]] | None = None,
    aliases: tuple[str, ...] = (),
    in_steps: bool = False,
    apart: Apart | None = None,
) -> tuple[Operation, Operation]:
    """The operation, and its gradient by each array but those of :data:`GIVEN`, for an upstream gradient of the shape of y.

    The gradient does not need what else may be left out. ``in_steps`` is said of it.
    """
    gradients = {f"d{name}": axes.lstrip("?") for name, axes in arrays.items() if name not in GIVEN}
    kept = {name: axes for name, axes in arrays.items() if not axes.startswith("?")} | {"upstream": y}
    kept |= {name: axes for name, axes in arrays.items() if name in GIVEN}
    known, also = parameters or {}, tuple(f"{alias}_gradient" for alias in aliases)
    return (
        Operation(function, says, arrays, {"y": y}, rules[0], known, aliases, apart=apart),
        Operation(
            gradient, f"gradient of: {says}", kept, gradients, rules[1], known, also, in_steps=in_steps, apart=apart
        ),
    )


# ---------------------------------------------------------------------------------------------------- parsing


def count(name: str, value: Any, arrays: Any, parsed: Any) -> int:
    """a whole number from 1"""
    # A list of one number is that number, as some libraries have it of one axis.
    return validation.count(name, value[0] if isinstance(value, list | tuple) and len(value) == 1 else value)


def finite(name: str, value: Any, arrays: Any, parsed: Any) -> float:
    """a finite number"""
    return validation.finite(name, value)


def non_negative(name: str, value: Any, arrays: Any, parsed: Any) -> float:
    """a finite number, not below 0"""
    return validation.non_negative(name, validation.finite(name, value))


def none_or_more(name: str, value: Any, arrays: Any, parsed: Any) -> int:
    """a whole number from 0"""
    value = value[0] if isinstance(value, list | tuple) and len(value) == 1 else value
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
        validation.refuse(name, value, "a whole number of at least 0", f"use {name}=0 for none")
    return int(value)


def whole_or_none(name: str, value: Any, arrays: Any, parsed: Any) -> int | None:
    """a whole number, or None"""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | np.integer)):
        validation.refuse(name, value, "a whole number, or None", f"use {name}=None for none")
    return None if value is None else int(value)


def share(name: str, value: Any, arrays: Any, parsed: Any) -> float:
    """a number from 0 to 1"""
    if not 0 <= validation.finite(name, value) <= 1:
        validation.refuse(name, value, "a number from 0 to 1", f"use {name}=0.0 for none")
    return float(value)


def per_axis(rank: int, parse_one: Parse = count) -> Parse:
    """Whole numbers, of at least 1 unless ``parse_one`` says otherwise, one for each axis; one number means all of them."""
    if rank == 1:
        return parse_one

    def parse(name: str, value: Any, arrays: Any, parsed: Any) -> tuple[int, ...]:
        """a whole number for every axis, or one for each"""
        values = (value,) * rank if isinstance(value, int) else value
        if not isinstance(values, list | tuple) or len(values) != rank:
            return validation.counts(name, values, rank=rank)  # which says what is expected
        return tuple(parse_one(f"{name}[{axis}]", one, arrays, parsed) for axis, one in enumerate(values))

    return parse


pair = per_axis(2)


def count_or_none(name: str, value: Any, arrays: Any, parsed: Any) -> int | None:
    """a whole number from 1, or None"""
    return None if value is None else count(name, value, arrays, parsed)


def one_of(*names: Any) -> Parse:
    def parse(name: str, value: Any, arrays: Any, parsed: Any) -> Any:
        return validation.choice(name, value, names)

    parse.__doc__ = " or ".join(map(repr, names))
    return parse


def axis_of_x(name: str, value: Any, arrays: Mapping[str, np.ndarray], parsed: Any) -> int:
    """an axis of x, counted from 0, or from −1 backwards"""
    rank = arrays["x"].ndim
    if not rank:
        validation.refuse("x.shape", (), "at least one axis", "a single number has none to sum along")
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
    if len(value) == rank and all(isinstance(number, int) for number in value):
        return tuple((number, number) for number in value)
    return (value,) if rank == 1 and not (len(value) == 1 and isinstance(value[0], list | tuple)) else value


def sides_of_x(name: str, value: Any, arrays: Mapping[str, np.ndarray], parsed: Any) -> Any:
    """(before, after) for each spatial axis of x; one number means all sides."""
    rank = arrays["x"].ndim - 2
    if not 1 <= rank <= 3:
        validation.refuse("x.shape", arrays["x"].shape, "3 to 5 axes [N, C, …]", "reshape x to those axes")
    sides = _sides(value, rank)
    return validation.padding(name, sides[0] if rank == 1 and isinstance(sides, list | tuple) else sides, rank=rank)


def cropping_of(rank: int) -> Parse:
    """What a transposed convolution cuts off: numbers as for a convolution, or a rule that says how large the output is.

    "same": size·stride, the odd one cut off at the end ("same_lower": at the beginning); "valid": nothing is cut off, and a kernel
    narrower than its stride is followed by as many zeros as are missing (TensorFlow's and Keras' rules, ONNX's auto_pad).
    """

    def parse(name: str, value: Any, arrays: Mapping[str, np.ndarray], parsed: Mapping[str, Any]) -> Any:
        """what is cut off: a whole number for all sides, one for each axis, a pair (before, after) for each; 'valid', 'same', 'same_lower'"""
        if isinstance(value, str) and value not in ("valid", "same", "same_lower"):
            validation.refuse(name, value, "numbers of rows, 'valid', 'same' or 'same_lower'", "spell the rule so")
        if not isinstance(value, str):
            sides = _sides(value, rank)
            checked = validation.padding(name, sides[0] if rank == 1 and isinstance(sides, tuple) else sides, rank=rank)
            return checked if rank > 1 else checked[0]
        strides, spreads = (v if isinstance(v, tuple) else (v,) * rank for v in (parsed["stride"], parsed["dilation"]))
        sides = []
        for kernel, stride, spread in zip(arrays["w"].shape[2:], strides, spreads, strict=True):
            excess = spread * (kernel - 1) + 1 - stride
            if value == "valid" or excess < 0:
                sides.append((0, min(excess, 0)))
            else:
                sides.append((excess // 2, excess - excess // 2)[:: -1 if value == "same_lower" else 1])
        return tuple(sides) if rank > 1 else sides[0]

    return parse


def padding_of(rank: int, kernel: str) -> Parse:
    """Whole numbers for both sides of all axes, one for each axis, (before, after) pairs, or the name of a rule."""

    def parse(name: str, value: Any, arrays: Mapping[str, np.ndarray], parsed: Mapping[str, Any]) -> Any:
        """a whole number from 0 for all sides, one for each axis, a pair (before, after) for each; 'valid', 'same' (the odd zero behind), 'same_lower' (before)"""
        sizes = arrays["x"].shape[2:]
        taps, strides, spreads = (
            v if isinstance(v, tuple) else (v,) * rank
            for v in (
                arrays["w"].shape[2:] if kernel == "w" else parsed["window"],
                parsed["stride"],
                parsed.get("dilation", 1),
            )
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
        checked = validation.padding(
            name, sides if rank > 1 or not isinstance(sides, list | tuple) else sides[0], rank=rank
        )
        return checked if rank > 1 else checked[0]

    return parse
