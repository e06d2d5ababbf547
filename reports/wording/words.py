"""Numbers, values and names as text for people. Nothing here knows a format or a record."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
FORMAT = re.compile(" (bfloat16|float16|float32|float64)$")
"""What a cell's name ends with, where its claim has formats."""
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
NOT_FINITE = {"inf": "∞", "-inf": "−∞", "nan": "NaN"}


def visible(text: str) -> str:
    """Characters that hide, that turn the direction of their neighbours or that no file may hold, shown by their code."""
    return HIDDEN.sub(lambda m: f"⟨U+{ord(m[0]):04X}⟩", text)


def number(x: Any) -> str:
    """A number for a table: three digits; ∞ for infinity, – for none."""
    if x is None:
        return "–"
    if isinstance(x, bool | str) or not math.isfinite(x):
        return NOT_FINITE.get(str(x), str(x))
    if isinstance(x, int) or (float(x).is_integer() and abs(x) < 1e6):
        return f"{int(x):,}".replace("-", "−")
    mantissa, _, exponent = f"{x:.3g}".partition("e")
    power = f" × 10{str(int(exponent)).translate(SUPERSCRIPT)}" if exponent else ""
    return mantissa.replace("-", "−") + power


ULP_MOST = 1e6


def ulp(x: float | None) -> str:
    """An error in units in the last place; empty where it is no measure: near 0, where a bound is of the sizes of the terms."""
    return "" if x is None or x >= ULP_MOST else f"{number(x)} ulp"


def value(x: Any, width: int = 60) -> str:
    """Any value of the record on one line, cut to a width."""
    if isinstance(x, float) and math.isfinite(x):
        text = f"{x:.9g}".replace("-", "−")
    elif isinstance(x, Mapping):
        text = ", ".join(f"{k}: {value(v)}" for k, v in x.items())
    elif isinstance(x, list | tuple):
        text = "[" + ", ".join(value(v) for v in x) + "]"
    else:
        text = number(x)
    return cut(text, width)


def margin(x: float | None) -> str:
    """A margin has no meaning where the honest comparison already failed."""
    return number(None if x is None or math.isnan(x) else x)


def size(x: float | None) -> float:
    """A number to sort by: what has none comes first."""
    return -1.0 if x is None else x


def cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def plural(n: int, one: str, many: str = "") -> str:
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def listed(names: Iterable[str]) -> str:
    *rest, last = list(names) or ["none"]
    return f"{', '.join(rest)} and {last}" if rest else last


def cells(names: Iterable[str]) -> str:
    """Names of cells, gathered: “numpy, torch (float32, float64); scipy float64”."""
    by: dict[str, list[str]] = {}
    for name in names:
        dtype = FORMAT.search(name)  # a library's own name may hold a blank
        by.setdefault(FORMAT.sub("", name), []).append(dtype[1] if dtype else "")
    same: dict[tuple[str, ...], list[str]] = {}
    for name, dtypes in by.items():
        same.setdefault(tuple(d for d in dtypes if d), []).append(name)
    parts = []
    for dtypes, libraries in same.items():
        told = f" ({', '.join(dtypes)})" if len(dtypes) > 1 else f" {dtypes[0]}" if dtypes else ""
        parts.append(", ".join(libraries) + told)
    return "; ".join(parts)


def symbols(point: Mapping[str, Any]) -> str:
    """A point of a search in the lecture's symbols: “H = 1, W = 2”."""
    return ", ".join(f"{name} = {value(x, 40)}" for name, x in point.items())
