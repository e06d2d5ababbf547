"""A comparison in one line: how many, how large, where, how much was allowed."""

from __future__ import annotations

import re
from typing import Any

from .types import Bits, Fact, Gate, Row, Stopped, Sweep, Within

QUALIFIED = re.compile(r"\{([^{}|]+)\|([^{}|]+)\}")
"""Words of a corrected sentence that stand there for a limit: {words|the limit's name}."""


def pieces(corrected: str) -> list[tuple[str, str]]:
    """A corrected sentence as (words, the limit that asks for them or "")."""
    plain, *parts = QUALIFIED.split(corrected)
    found = [(plain, "")]
    for words, limit, after in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        found += [(words, limit), (after, "")]
    return [piece for piece in found if piece[0]]


def heeded(corrected: str) -> list[str]:
    """The limits that a corrected sentence heeds."""
    return [limit for _, limit in pieces(corrected) if limit]


def sentence(row: Row) -> str:
    """The comparison in one line. What a library does not repeat is left out of it."""
    note = f" ({row.note})" if row.note and row.kind in ("bits", "within") and row.must_fail and row.agrees else ""
    return f"{row.case if isinstance(row, Stopped) else row.label}: {finding(row)}{note}"


def finding(row: Row) -> str:
    """The same without what was compared."""
    match row:
        case Stopped():
            return f"{row.outcome}: {row.note}"
        case _ if not row.made:
            return f"not compared: {row.note}"
        case _ if row.differing is None:
            return "departs, and not the same way twice"
        case Sweep() if row.agrees:
            return f"{row.geometries} geometries, {row.elements} elements, all agree"
        case Fact() | Gate() | Sweep(of="fact"):
            relation = "as expected" if row.agrees else "expected " + short(wanted(row))
            return f"got {short(got(row))}, {relation}" + (f" ({row.note})" if row.note else "")
        case _ if row.shape and not row.agrees:
            return f"got {short(row.got)}, wanted {short(row.wanted)}"
        case Bits() | Sweep(of="bits"):
            if row.agrees:
                return f"{row.elements} elements, every bit equal"
            return f"{row.differing} of {row.elements} differ; worst{_place(row)}"
        case Within() | Sweep():
            bound = "empirical bound" if row.measured else "bound"
            text = f"{row.elements} elements, worst error ÷ {bound} {row.ratio:.3g}"
            if not row.agrees:
                text += f"{_place(row)}, allowed {short(row.allowed)} ({row.differing} outside)"
            return text
        case _:
            raise TypeError(f"row={row!r}: a comparison of no known kind")


def got(row: Row) -> Any:
    """What was found: of a gate its effect with the interval."""
    return f"{row.estimate:.4g} [{row.low:.4g}, {row.high:.4g}]" if isinstance(row, Gate) else row.got


def wanted(row: Row) -> Any:
    """What was expected: of a gate where the interval must lie."""
    if isinstance(row, Gate):
        return f"interval {row.side} " + " and ".join(f"{b:.12g}" for b in row.bounds)
    return row.wanted


def short(value: Any) -> str:
    """A value on one line, cut where it is long."""
    if isinstance(value, float):
        return f"{value:.9g}"
    text = str(_tuples(value))
    return text if len(text) <= 120 else text[:117] + "…"


def _tuples(value: Any) -> Any:
    """Lists as tuples: a record that was read back from its file has only lists."""
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value


def _place(row: Row) -> str:
    return f" at {row.where}: got {short(row.got)}, wanted {short(row.wanted)}" if row.where is not None else ""
