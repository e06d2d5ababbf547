"""Interval plots (forest plots): every gate's effect with its interval, effects, controls and reversals on one axis.

``forest:<design>``: what a statistical design measured
    rows               [{"name": str, "role": "effect" | "control" | "reversal" | "caution", "speaks": "" | "for" | "against",
                       "effect": str, "kind": "ratio" | "difference" | "value", "estimate": number, "low": number, "high": number,
                       "fresh": {"estimate": number, "low": number, "high": number}, "gate": [low or None, high or None],
                       "seeds": int, "positive": int}]
                       gate: where the whole interval had to lie, stated before the run, None where it is open
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from ..wording.words import listed, number, plural
from . import canvas
from .canvas import INK, MUTED, PAPER, SERIES, Drawing, Groups, Table, known

ROLES = {
    "effect": ("effects", "diamond", "D", SERIES[0]),
    "control": ("controls", "disc", "o", MUTED),
    "reversal": ("reversals", "triangle", "^", SERIES[3]),
    "caution": ("cautions", "square", "s", SERIES[5]),
}
"""The role of a gate: its heading, its mark in words and for drawing, its colour."""
SIDES = {"for": ", for it", "against": ", against it"}
WHICH = ("first", "fresh")
FAR = 100.0
"""A ratio beyond this, or below its inverse, would squeeze the others: such have an axis of their own."""
LARGE = 3.0
"""A difference beyond this likewise; those of accuracies are at most 1."""
PANELS = {
    "ratio": "ratio on a logarithmic axis; 1: no effect",
    "far ratio": "ratio far from 1, on a longer axis; 1: no effect",
    "difference": "difference; 0: no effect",
    "value": "one arm's own value, held against nothing",
    "large difference": "large difference, on a longer axis; 0: no effect",
}

Line = tuple[Any, list[tuple[str, Any]]]
"""(a row, [(cell, the row there)])."""


def forest(groups: Groups) -> Drawing:
    """A panel for ratios and one for differences; in each row a mark for each library on the first and the fresh seeds."""
    panels = _panels(_lines(groups))
    heights = [0.45 + 0.36 * len(lines) + 0.36 * len({_head(row) for row, _ in lines}) for _, lines in panels]
    page = canvas.figure(sum(heights) + 0.2)
    below = page.subplots(len(panels), 1, height_ratios=heights, squeeze=False)[:, 0]
    for axes, (kind, lines) in zip(below, panels, strict=True):
        _panel(axes, kind, lines)
    cells = list(dict.fromkeys(cell for _, of in groups for cell in of))
    roles = dict.fromkeys(row["role"] for _, lines in panels for row, _ in lines)
    marks = "; ".join(f"{ROLES[role][1]}: {ROLES[role][0]}" for role in ROLES if role in roles)
    caption = (
        f"Every gate's effect over the seeds, with its 95 % interval ({marks}). In each row, from the top: {listed(cells)}, each on the first seeds "
        "(filled) and on the fresh ones (hollow). Shaded: where the gate, stated before the run, wants the whole interval. At the "
        "right: the effect on the first and on the fresh seeds."
    )
    count = plural(sum(len(lines) for _, lines in panels), "gate")
    return Drawing(page, caption, f"Interval plot of {count}; the intervals are in the table of gates.")


def _lines(groups: Groups) -> list[Line]:
    """Every row with what each cell gives for it."""
    found: dict[str, Line] = {}
    for data, cells in groups:
        for row in data["rows"]:
            found.setdefault(row["name"], (row, []))[1].extend((cell, row) for cell in cells)
    return list(found.values())


def _panels(lines: list[Line]) -> list[tuple[str, list[Line]]]:
    panels: dict[str, list[Line]] = {kind: [] for kind in PANELS}
    for row, of in lines:
        sizes = [abs(x) for _, each in of for x in known([each["estimate"], each["fresh"]["estimate"]]) if x == x]
        if row["kind"] == "ratio":
            kind = "far ratio" if any(x > FAR or x * FAR < 1 for x in sizes) else "ratio"
        elif row["kind"] == "value":
            kind = "value"
        else:
            kind = "large difference" if any(x > LARGE for x in sizes) else "difference"
        panels[kind].append((row, of))
    return [(kind, sorted(part, key=lambda line: _order(line[0]))) for kind, part in panels.items() if part]


def _order(row: Any) -> tuple[int, int]:
    return list(ROLES).index(row["role"]), ["", *SIDES].index(row["speaks"])


def _head(row: Any) -> str:
    return ROLES[row["role"]][0] + SIDES.get(row["speaks"], "")


def _panel(axes: Any, kind: str, lines: list[Line]) -> None:
    log = kind.endswith("ratio")
    table, before = Table(axes), ""
    marks: dict[tuple[str, str], list[tuple[float, float, float, float]]] = {}
    gates: list[tuple[float, float, float]] = []
    for row, of in lines:
        if _head(row) != before:
            table.head(_head(row), ROLES[row["role"]][3], "" if before else "first · fresh seeds")
            before = _head(row)
        y = table.line(wrap(row["name"], 44, max_lines=2, placeholder="…"), "\n".join(_numbers(of)))
        gates.append((y, *_ends(row["gate"])))
        for n, (_, each) in enumerate(of):
            for k, which in enumerate(WHICH):
                estimate, low, high = known(_of(each, which), positive=log)
                at = y + (n * 2 + k - (2 * len(of) - 1) / 2) * 0.7 / (2 * len(of))
                marks.setdefault((row["role"], which), []).append((at, estimate, low, high))
    left, right = _limits([x for part in marks.values() for mark in part for x in mark[1:]], gates, log=log)
    _shade(axes, gates, left, right)
    for (role, which), points in marks.items():
        _, _, shape, colour = ROLES[role]
        ends = [x for _, _, low, high in points for x in (low, high, math.nan)]
        axes.plot(ends, [y for y, *_ in points for _ in range(3)], color=colour, linewidth=1.3, solid_capstyle="butt")
        face = colour if which == "first" else PAPER
        look = {"markersize": 3.6, "markerfacecolor": face, "markeredgecolor": colour, "markeredgewidth": 0.9}
        axes.plot([x for _, x, *_ in points], [y for y, *_ in points], shape, **look)
    if kind != "value":
        axes.axvline(1 if log else 0, color=INK, linewidth=1, zorder=1)
    table.finish(PANELS[kind], left, right, log=log)


def _of(row: Any, which: str) -> list[Any]:
    part = row if which == "first" else row["fresh"]
    return [part["estimate"], part["low"], part["high"]]


def _ends(gate: Sequence[Any]) -> tuple[float, float]:
    low, high = gate
    return (-math.inf if low is None else float(low)), (math.inf if high is None else float(high))


def _numbers(of: list[tuple[str, Any]]) -> list[str]:
    """The effect on the first and on the fresh seeds; again for each library that gives another."""
    return list(dict.fromkeys(f"{number(each['estimate'])} · {number(each['fresh']['estimate'])}" for _, each in of))


def _limits(values: list[float], gates: list[tuple[float, float, float]], *, log: bool) -> tuple[float, float]:
    """The ends of the axis: all intervals and no effect, and the gates' borders as far as they do not squeeze them."""
    found = [x for x in values if math.isfinite(x)] + [1.0 if log else 0.0]
    low, high = min(found), max(found)
    least, most = (low / FAR, high * FAR) if log else (low + low - high, high + high - low)
    borders = [x for _, *ends in gates for x in ends]
    found += [x for x in borders if x == _between(least, x, most)]
    if log:
        return min(found) / 1.3, max(found) * 1.3
    room = 0.06 * (max(found) - min(found)) or 1.0
    return min(found) - room, max(found) + room


def _between(least: float, x: float, most: float) -> float:
    return min(max(x, least), most)


def _shade(axes: Any, gates: list[tuple[float, float, float]], left: float, right: float) -> None:
    """Where each gate wants its interval, with an edge where it ends within the picture."""
    boxes, xs, ys = [], [], []
    for y, low, high in gates:
        boxes.append((_between(left, low, right), y - 0.42, _between(left, high, right), y + 0.42))
        for x in (low, high):
            if left < x < right:
                xs += [x, x, math.nan]
                ys += [y - 0.42, y + 0.42, math.nan]
    canvas.boxes(axes, boxes, facecolor=MUTED, alpha=0.14, zorder=0)
    axes.plot(xs, ys, color=MUTED, linewidth=1.2, zorder=1)


DRAWINGS = {"forest": forest}
