"""Pictures that answer the reader: the kernel over the letters, the size of an output, where activations saturate.

Each is a still picture in the page, drawn here; with scripts, templates/interactive.js moves it. Which claim gets which:
by the data that it yields (``worked_example``: letters.py; ``saturation``: figures.py), and the size of an output where the
claim says how far each size was tested.

The script computes in the same steps and writes numbers in the same way: what it draws for the values of the still picture
is that picture.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ...claims.record.types import Claim
from ...reference.operators.convolutions.cross_correlation import output_size
from ...reference.validation import BadInput
from ..wording import words
from . import figures, letters

TITLES = {
    "kernel": "the kernel slides over the letters",
    "size": "how many windows fit",
    "saturation": "move z until it saturates",
}
SIZES = ("H", "k", "stride", "padding", "dilation")
BEGIN = {"H": 8, "k": 3, "stride": 2, "padding": 1, "dilation": 1}
"""The still picture's sizes: a stride at which the padded row's last element is in no window."""
FIRST_Z = 20.0
"""The still picture's z: tanh is constant in every format, the logistic function not in every one."""


def of(claim: Claim) -> dict[str, Any]:
    """{"kernel" | "size" | "saturation": what its part of interactive.html needs}; data of another shape give no picture."""
    found = {}
    for name, make in (("kernel", _kernel), ("size", _size), ("saturation", _saturation)):
        try:
            data = make(claim)
        except (*figures.MISFITS, BadInput):  # figures.py shows such data as a table
            data = None
        if data is not None:
            found[name] = data
    return found


# --- the kernel over the letters ---------------------------------------------------------------------------------------


def _kernel(claim: Claim) -> dict[str, Any] | None:
    data = claim.figures.get("worked_example")
    if not data:
        return None
    groups = figures.groups_of(data)
    kernel = groups[0][0]["kernel"]
    made = []
    for one in letters.sums(groups):
        # A window's products come in the order of its letters: their second halves are the kernel as it lies there.
        laid = [k for _, k in one.map[0][0].products]
        made.append(
            {
                "name": one.name,
                "turned": laid != [letter for row in kernel for letter in row],
                "map": [
                    [{"index": w.index, "products": w.products, "sum": w.sum, "others": w.others} for w in row]
                    for row in one.map
                ],
            }
        )
    cells = [name for _, names in groups for name in names]
    return {"input": groups[0][0]["input"], "columns": len(kernel[0]), "sums": made, "cells": words.cells(cells)}


# --- the size of an output ---------------------------------------------------------------------------------------------

SIDE = 14  # of an element of the row
LINE = 9  # between two windows
UNIT = 5  # of the staircase, upwards


def _size(claim: Claim) -> dict[str, Any] | None:
    tested = claim.ranges
    if set(tested) != set(SIZES) or not 1 <= tested["H"] <= 64 or not 1 <= tested["padding"] <= 16:
        return None
    now = {name: min(BEGIN[name], tested[name]) for name in SIZES}
    inputs = [(name, 0 if name == "padding" else 1, tested[name], now[name]) for name in SIZES]
    room = tested["H"] + 2 * tested["padding"]  # most windows, and most elements of a padded row
    return {
        "inputs": inputs,
        "formula": _formula(**now),
        "says": _count_in_words(**now),
        "row": _row(**now),
        "stairs": _stairs(tested["H"], room, now),
        "width": room * SIDE + 16,
        "base": room * UNIT + 10,
        "ticks": list(range(0, room + 1, 10)),
        "unit": UNIT,
        "side": SIDE,
        "line": LINE,
        "most": tested["H"],
    }


def windows(H: int, k: int, stride: int, padding: int, dilation: int) -> int:
    """How many windows fit."""
    try:
        return output_size(H, k, stride=stride, padding=(padding, padding), dilation=dilation)
    except BadInput:
        return 0


def _formula(H: int, k: int, stride: int, padding: int, dilation: int) -> str:
    size = (H + 2 * padding - dilation * (k - 1) - 1) // stride + 1
    return f"⌊({H} + 2·{padding} − {dilation}·({k} − 1) − 1) / {stride}⌋ + 1 = {str(size).replace('-', '−')}"


def _count_in_words(H: int, k: int, stride: int, padding: int, dilation: int) -> str:
    count, reach = windows(H, k, stride, padding, dilation), dilation * (k - 1) + 1
    if not count:
        return f"No window fits: it reaches over {reach} elements, and the padded row has {H + 2 * padding}."
    left = H + 2 * padding - ((count - 1) * stride + reach)
    rest = (
        f"; {words.plural(left, 'element')} at the end {'is' if left == 1 else 'are'} past the last one" if left else ""
    )
    return f"{words.plural(count, 'window')} drawn{rest}."


def _row(H: int, k: int, stride: int, padding: int, dilation: int) -> dict[str, Any]:
    """Paths: the row's own elements, the padding around them, those past the last window, and each window's taps."""
    count, reach = windows(H, k, stride, padding, dilation), dilation * (k - 1) + 1
    size = H + 2 * padding
    seen = (count - 1) * stride + reach if count else 0

    def boxes(which: Any) -> str:
        return "".join(f"M{8 + SIDE * i} 6h{SIDE}v{SIDE}h-{SIDE}z" for i in which)

    spans = (range(padding, padding + H), (*range(padding), *range(padding + H, size)), range(seen, size))
    places = [(8 + SIDE * (n * stride), 32 + LINE * n) for n in range(count)]
    return {
        "own": boxes(spans[0]),
        "padding": boxes(spans[1]),
        "past": boxes(spans[2]),
        "reach": "".join(f"M{x + 3} {y}h{SIDE * reach - 6}" for x, y in places),
        "taps": "".join(
            f"M{x + SIDE * dilation * m + 3} {y - 2}h{SIDE - 6}v4h-{SIDE - 6}z" for x, y in places for m in range(k)
        ),
        "height": 36 + LINE * max(1, count),
    }


def _stairs(most: int, room: int, now: dict[str, int]) -> dict[str, Any]:
    """Path of the output's size over H, and the place of the H at hand."""
    base = room * UNIT + 10

    def level(h: int) -> int:
        return base - UNIT * windows(**{**now, "H": h})

    steps = "".join(f"{'M' if h == 1 else 'L'}{8 + SIDE * h} {level(h)}h{SIDE}" for h in range(1, most + 1))
    return {"steps": steps, "x": 8 + SIDE * now["H"] + SIDE // 2, "y": level(now["H"])}


# --- saturation --------------------------------------------------------------------------------------------------------

LEFT, RIGHT = 200, 640  # of the axis
TOP, BOTTOM = 12, 112  # of the curves: 1 and −1
BAR = 17  # between two formats
SIGNS = {"logistic": "σ"}


def _saturation(claim: Claim) -> dict[str, Any] | None:
    data = claim.figures.get("saturation")
    if not data:
        return None
    # Compared exactly: figures.py puts cut-offs together that lie within a hundredth of each other.
    bars: dict[tuple[Any, ...], list[str]] = {}
    for cell, one in data.items():
        for function in dict.fromkeys(c["function"] for c in one["cutoffs"]):
            sides = {c["side"]: c for c in one["cutoffs"] if c["function"] == function}
            key = (
                SIGNS.get(function, words.visible(str(function))),
                *(_cut(sides.get(side)) for side in ("z < 0", "z > 0")),
            )
            bars.setdefault(key, []).append(words.visible(str(cell)))
    if not bars:
        return None
    order = list(dict.fromkeys(key[0] for key in bars))
    rows = sorted(bars.items(), key=lambda item: order.index(item[0][0]))
    ends = [x for key in bars for side in key[1:] for x in side[1:] if x is not None]
    most = 10.0 ** math.ceil(math.log10(1.05 * max([*ends, FIRST_Z])))
    drawn = [
        {"function": key[0], "cells": words.cut(words.cells(names), 34), "low": key[1], "high": key[2]}
        for key, names in rows
    ]
    return {
        "bars": [
            {**bar, "y": BOTTOM + 48 + BAR * i, "flat": _bands(bar, 1, most), "dead": _bands(bar, 2, most)}
            for i, bar in enumerate(drawn)
        ],
        "data": {"bars": drawn, "most": most},
        "curves": [
            (name, _curve(f, most)) for name, f in (("logistic", logistic), ("tanh", math.tanh), ("relu", relu))
        ],
        "ticks": [(place(z, most), words.number(z)) for z in _ticks(most)],
        "height": BOTTOM + 48 + BAR * len(drawn),
        "z": FIRST_Z,
        "x": place(FIRST_Z, most),
        "table": table(FIRST_Z),
        "says": says(FIRST_Z, drawn),
        "position": round(500 * math.log10(1 + FIRST_Z) / math.log10(1 + most)),
    }


def _cut(side: Mapping[str, Any] | None) -> tuple[Any, ...]:
    """(the constant value, from which |z| on the value is it, from which |z| on the slope is 0); None: nowhere."""
    if side is None:
        return (None, None, None)
    return tuple(None if x is None else float(x) for x in (side["value"], side["value_from"], side["gradient_from"]))


def logistic(z: float) -> float:
    small = math.exp(-abs(z))
    return (1.0 if z >= 0 else small) / (1.0 + small)


def relu(z: float) -> float:
    return max(z, 0.0)


def slopes(z: float) -> tuple[float, float, float | None]:
    """σ′, tanh′ and ReLU′, which has none at 0; written so that the tails do not cancel."""
    one, two = math.exp(-abs(z)), math.exp(-2 * abs(z))
    return one / (1 + one) ** 2, 4 * two / (1 + two) ** 2, None if z == 0 else float(z > 0)


def table(z: float) -> list[tuple[str, str, str]]:
    """[(function, value, slope)], computed in double precision, what a value lacks of ±1 by itself: 1 − 8.5 × 10⁻¹⁸ is no double."""
    two = math.exp(-2 * abs(z))
    values = (
        ("σ", _short_of_one(logistic(z), logistic(-abs(z)) if z > 0 else 1.0)),
        ("tanh", _short_of_one(math.tanh(z), 2 * two / (1 + two))),
        ("ReLU", words.number(relu(z))),
    )
    return [(name, said, words.number(slope)) for (name, said), slope in zip(values, slopes(z), strict=True)]


def _short_of_one(value: float, gap: float) -> str:
    """A value that three digits would round to ±1 is told by what it lacks."""
    if not 0 < gap < 1e-3:
        return words.number(value)
    return f"1 − {words.number(gap)}" if value > 0 else f"−1 + {words.number(gap)}"


def says(z: float, bars: list[dict[str, Any]]) -> str:
    """Which formats have lost the slope at z, as the run found."""
    lost: dict[str, list[str]] = {}
    for bar in bars:
        start = bar["low" if z < 0 else "high"][2]
        names = lost.setdefault(bar["function"], [])
        if start is not None and z != 0 and abs(z) >= start:
            names.append(bar["cells"])
    told = "; ".join(f"{name}: {', '.join(cells) if cells else 'nowhere'}" for name, cells in lost.items())
    return f"At z = {words.number(z)} the computed slope is exactly 0 for {told}."


def place(z: float, most: float) -> float:
    """Where z lies on the axis, which is logarithmic in 1 + |z| to both sides."""
    half = (RIGHT - LEFT) / 2
    return round(LEFT + half + math.copysign(half * math.log10(1 + abs(z)) / math.log10(1 + most), z), 1)


def _ticks(most: float) -> list[float]:
    powers = [10.0**n for n in range(int(math.log10(most)) + 1)]
    return [*(-z for z in reversed(powers)), 0.0, *powers]


def _curve(f: Any, most: float) -> str:
    """ReLU leaves the picture where it is above 1."""
    points = []
    for n in range(-60, 61):
        z = math.copysign((1 + most) ** (abs(n) / 60) - 1, n)
        y = f(z)
        if y > 1.05:
            break
        points.append(f"{place(z, most)} {round((TOP + BOTTOM) / 2 - y * (BOTTOM - TOP) / 2, 1)}")
    return "M" + "L".join(points)


def _bands(bar: Mapping[str, Any], which: int, most: float) -> list[tuple[float, float]]:
    """[(x, width)] of where the value is constant (1), or the slope is 0 (2)."""
    found = []
    for side, sign in (("low", -1), ("high", 1)):
        start = bar[side][which]
        if start is not None:
            ends = sorted((place(sign * start, most), place(sign * most, most)))
            found.append((ends[0], round(ends[1] - ends[0], 1)))
    return found
