"""The one door through which arguments enter the reference operators.

Every refusal is a :class:`BadInput` whose single line reads ``name=value: expected …; way out``, so that a reader
sees what was given, what was wanted and what to do without opening the code.
"""

import contextlib
import math
import operator
from collections.abc import Sequence
from typing import Any, NoReturn

import ml_dtypes
import numpy as np

from .refusal import Refused

FLOATS = (np.float16, ml_dtypes.bfloat16, np.float32, np.float64)


class BadInput(Refused):
    """An argument that the operation cannot mean anything by: ``name=value: expected …; way out``."""


def refuse(name: str, value: object, expected: str, way_out: str) -> NoReturn:
    """Raise the one kind of error, on one line, whatever the value prints as."""
    text = f"{value}" if isinstance(value, (np.dtype, np.generic)) else repr(value)
    text = " ".join(text.split())
    text = text if len(text) <= 80 else text[:77] + "..."
    raise BadInput(f"{name}={text}: expected {expected}; {way_out}")


def array(name: str, value: Any, *, axes: str | None, least_rank: int = 0) -> np.ndarray:
    """A non-empty floating-point array with the named axes (``"N Cin H W"``), or of at least ``least_rank`` axes."""
    if not isinstance(value, np.ndarray):
        refuse(name, value, "a NumPy array", f"pass np.asarray({name}, dtype=np.float64)")
    if value.dtype.type not in FLOATS:
        # Integers would overflow without a word, and a sum of them has no rounding to bound.
        refuse(
            f"{name}.dtype",
            value.dtype,
            "float16, bfloat16, float32 or float64",
            f"convert with {name}.astype(np.float64), which is exact for integers up to 2**53",
        )
    names = axes.split() if axes is not None else []
    if axes is not None and value.ndim != len(names):
        refuse(f"{name}.shape", value.shape, f"{len(names)} axes [{', '.join(names)}]", f"reshape {name} to those axes")
    if value.ndim < least_rank:
        refuse(f"{name}.shape", value.shape, f"at least {least_rank} axes", f"reshape {name}, for instance to [N, C]")
    if 0 in value.shape:
        empty = value.shape.index(0)
        label = names[empty] if names else f"number {empty}"
        refuse(f"{name}.shape", value.shape, f"at least one element on axis {label}", "leave the empty call out")
    return value


def same_dtype(first: str, expected: np.ndarray, **others: np.ndarray | None) -> None:
    """All arrays in one dtype: a silent promotion would hide in which precision the sum was made."""
    for name, value in others.items():
        if value is not None and value.dtype != expected.dtype:
            refuse(
                f"{name}.dtype",
                value.dtype,
                f"{expected.dtype}, the dtype of {first}",
                f"convert one of them, for instance {name}.astype({first}.dtype)",
            )


def shape(name: str, value: np.ndarray, expected: tuple[int, ...], meaning: str) -> None:
    """The shape that the other arguments imply."""
    if value.shape != expected:
        refuse(f"{name}.shape", value.shape, f"{expected}, that is {meaning}", f"give {name} that shape")


def upstream(
    value: Any,
    x: np.ndarray,
    expected: tuple[int, ...] | None = None,
    meaning: str = "the shape of x",
    *,
    axes: str | None = None,
    of: str = "x",
) -> None:
    """The gradient that comes from above: an array of the output's shape, which is that of x unless said otherwise, in its dtype."""
    array("upstream", value, axes=axes)
    same_dtype(of, x, upstream=value)
    shape("upstream", value, x.shape if expected is None else expected, meaning)


def choice(name: str, value: Any, names: Sequence[Any]) -> Any:
    """One of a few values, of their own type: 1 is not True."""
    alike = any(isinstance(value, type(one)) and isinstance(value, bool) == isinstance(one, bool) for one in names)
    if not alike or value not in names:
        refuse(name, value, " or ".join(map(repr, names)), f"use {name}={names[0]!r}")
    return value


def labels(name: str, value: Any, rows: int, classes: int) -> np.ndarray:
    """One class a row, as its index: int64 [N], from 0 to K - 1."""
    if not isinstance(value, np.ndarray):
        refuse(name, value, "a NumPy array", f"pass np.asarray({name}, dtype=np.int64)")
    if value.dtype != np.int64:
        refuse(f"{name}.dtype", value.dtype, "int64", f"convert with {name}.astype(np.int64)")
    shape(name, value, (rows,), "one label a row [N]")
    bad = (value < 0) | (value >= classes)
    if bad.any():
        worst = int(np.flatnonzero(bad)[0])
        refuse(f"{name}[{worst}]", value[worst], f"a class from 0 to {classes - 1}", "count the classes from 0")
    return value


def _integer(name: str, value: Any, expected: str, way_out: str) -> int:
    if type(value) is int:
        return value
    if not isinstance(value, (bool, np.bool_)):
        with contextlib.suppress(TypeError):
            return operator.index(value)
    refuse(name, value, expected, way_out)


def _several(value: Any, many: int) -> bool:
    return isinstance(value, (tuple, list)) and len(value) == many


def count(name: str, value: Any) -> int:
    """A whole number of at least 1: a stride, a dilation, a window, a number of groups or channels."""
    way_out = f"use {name}=1 for the least there is"
    number = _integer(name, value, "a whole number of at least 1", way_out)
    if number < 1:
        refuse(name, value, "a whole number of at least 1", way_out)
    return number


def counts(name: str, value: Any, *, rank: int) -> tuple[int, ...]:
    """For each spatial axis a :func:`count`: a plain number for rank 1, a (y, x) pair for rank 2, a triple (z, y, x) for rank 3."""
    if rank == 1:
        return (count(name, value),)
    if not _several(value, rank):
        form, one = ("a pair (y, x)", (1, 1)) if rank == 2 else ("a triple (z, y, x)", (1, 1, 1))
        refuse(name, value, f"{form} of whole numbers", f"use {name}={one}, rows first")
    return tuple(count(f"{name}[{axis}]", one) for axis, one in enumerate(value))


def padding(name: str, value: Any, *, rank: int) -> tuple[tuple[int, int], ...]:
    """Zeros before and after, for each spatial axis: (before, after), ((top, bottom), (left, right)), or three pairs."""
    form = ("(before, after)", "((top, bottom), (left, right))", "((front, back), (top, bottom), (left, right))")[
        rank - 1
    ]
    zero = "(0, 0)" if rank == 1 else str(((0, 0),) * rank)
    sides = (value,) if rank == 1 else value
    if not _several(sides, rank) or not all(_several(side, 2) for side in sides):
        refuse(name, value, form, f"use {name}={zero} for none")
    checked = []
    for side in sides:
        amounts = [_integer(name, amount, f"{form} in whole numbers", f"use {name}={zero} for none") for amount in side]
        if min(amounts) < 0:
            refuse(name, value, f"{form}, none of them negative", "crop the input instead")
        checked.append((amounts[0], amounts[1]))
    return tuple(checked)


def fits(name: str, kernel: int, reach: int, room: int) -> None:
    """A kernel that reaches over ``reach`` elements fits into ``room`` of them."""
    if reach > room:
        refuse(
            name,
            kernel,
            f"a kernel that fits the padded input (it reaches over {reach} of {room} elements)",
            "use a smaller kernel, less dilation or more padding",
        )


def finite(name: str, value: Any) -> float:
    """A plain finite number."""
    plain = np.isscalar(value) and not isinstance(value, (bool, np.bool_, str))
    number = float(value) if plain else math.nan  # pyright: ignore[reportArgumentType]
    if not math.isfinite(number):
        refuse(name, value, "a finite number", f"use a float for {name}")
    return number


def non_negative(name: str, value: Any) -> Any:
    """A finite number, or an array of them, none below zero: an epsilon, a variance."""
    if isinstance(value, np.ndarray):
        # Written so that NaN fails the comparison too.
        bad = ~(value >= 0) | np.isinf(value)
        if bad.any():
            worst = int(np.flatnonzero(bad)[0])
            refuse(f"{name}[{worst}]", value.flat[worst], "a finite number >= 0", f"recompute {name} from finite data")
        return value
    number = finite(name, value)
    if number < 0:
        refuse(name, value, "a finite number >= 0", f"use {name}=0.0 for none")
    return number
