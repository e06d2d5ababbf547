"""Pictures from the evidence: ``claims[i]["figures"][name]["torch float64"] = data``, drawn as inline SVG, or typeset.

What a claim yields for each picture. Plain lists, numbers and strings only; a number may be absent (None). Lists that
stand side by side have equal lengths. Members marked * may be left out; every picture may also have ``note``*, a sentence
for its caption. Data that are the same for several libraries or dtypes are drawn once. A name that is not in this table,
or data of another shape, become a small table, never an error.

``flip``: the worked picture of flip and no flip
    input              [[str]] rows of letters, e.g. [["a", "b", "c", "d"], ["e", …], ["i", …]]
    kernel             [[str]] e.g. [["w", "x"], ["y", "z"]]
    cross_correlation  [[str]] one sum for each window, rows × columns, e.g. "aw + bx + ey + fz"
    convolution        [[str]] the same with the kernel turned by 180°, e.g. "az + by + ex + fw"
    got *              {"cross_correlation": [[number]], "convolution": [[number]]} what the library gave for ``values``
    values *           {letter: number} the numbers put in place of the letters

``saturation``: where a gradient becomes small, and where it becomes exactly 0
    curves             [{"function": "logistic" | "tanh" | any, "side": "z > 0" | "z < 0", "z": [|z|], "gradient": [number]}]
    cutoffs            [{"function": str, "side": str, "value": number, "value_from": |z| or None, "gradient_from": |z| or None,
                        and where it is so already at a smaller |z|, but not from there on: "value_first": |z|, "gradient_first": |z|}]
                       from which |z| on the value is exactly ``value`` (1, 0, −1) and the gradient exactly 0; None: nowhere

``saturation_depth``: the gradient's size layer by layer
    layers             [int] 1 is the first layer
    arms               [{"name": str, "control": bool, "size": [number], "low": [number]*, "high": [number]*}]
                       size: the median over seeds; low and high: the interval around it

``equivariance``: the size of f(shift x) − shift f(x), pixel by pixel
    shift              [rows, columns]
    maps               [{"title": str, "difference": [[number]], "interior": [top, left, bottom, right]*}]
                       e.g. circular padding, zero padding, stride 2, fully connected; interior: the half-open box of rows and
                       columns in which the claim says that the difference is 0

``smoothing_bands``: the range of the loss and of the gradient's change along the gradient, step by step
    steps              [int]
    arms               [{"name": str, "control": bool*, "loss": [number], "low": [number], "high": [number],
                       "change": {"middle": [number], "low": [number], "high": [number]}*}]
                       loss: at the parameters; change: how far the gradient is from that at the parameters, middle: at the step
                       taken; low and high: over the step multiples (each a median over seeds)

``amplification``: how large a change made at the first layer arrives at each layer; its members are those of saturation_depth

``gradient_agreement``: the cosine between a layer's gradients before and after the layers below it moved
    networks           [{"name": str, "layers": [int], "arms": [those of saturation_depth, from −1 to 1]}]

``trajectories:<design>``: how far a library's losses are from the NumPy reference's, step by step
    experiment         str
    seeds              int
    arms               [{"name": str, "difference": [number], "allowed": [number]}] of the seed that comes nearest to its bound

``forest:<design>``: see intervals.py. ``inverted_images``, ``planted_kernels``: see pixels.py.
``integral``: see integrals.py. ``worked_example``, which is typeset: see letters.py. ``layers/…``, a table: see layers.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..wording import words
from . import layers, letters
from .svg import to_svg

MISFITS = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
NEAR = 0.01  # lines that lie this close together (relatively) could not be told apart in a picture


@dataclass(frozen=True)
class Picture:
    """A picture, or a table where there is none: what it shows (caption), and the same for who cannot see it (alt)."""

    name: str
    caption: str
    alt: str
    svg: str = ""
    html: str = ""
    """Markup, where the picture is typeset."""
    rows: tuple[tuple[str, str], ...] = ()


def pictures(figures: Mapping[str, Mapping[str, Any]], *, prefix: str) -> list[Picture]:
    """All pictures of a claim; ``prefix`` keeps the ids inside one SVG apart from those of the others on the page."""
    return [_picture(name, data, f"{prefix}-{i}") for i, (name, data) in enumerate(figures.items())]


def groups_of(data: Mapping[str, Any]) -> list[tuple[Any, list[str]]]:
    """The data of a picture as they are drawn: [(data, [cell])], data that would give the same picture once."""
    return _grouped(_clean(data))


def _picture(name: str, data: Mapping[str, Any], prefix: str) -> Picture:
    from . import canvas, curves, grids, integrals, intervals, pixels

    rooms = (grids, curves, integrals, intervals, pixels)
    draw = {kind: draw for room in rooms for kind, draw in room.DRAWINGS.items()}.get(name.partition(":")[0])
    data = _clean(data)
    groups = _grouped(data)
    typeset = layers.typeset if name.startswith(layers.FIGURE) else letters.TYPESET.get(name)
    if typeset is not None:
        try:
            html, caption, alt = typeset(groups)
            return Picture(name, caption, alt, html=html)
        except MISFITS as error:
            return _table(name, data, f"The picture could not be typeset ({type(error).__name__}); its data:")
    if draw is not None:
        try:
            with canvas.style():
                drawing = draw(groups)
                note = " ".join(dict.fromkeys(str(d["note"]) for d, _ in groups if d.get("note")))
                svg = to_svg(drawing.figure, alt=drawing.alt, prefix=_safe(prefix))
            return Picture(name, f"{drawing.caption} {note}".strip(), drawing.alt, svg)
        except MISFITS as error:  # a picture is never worth a report
            return _table(name, data, f"The picture could not be drawn ({type(error).__name__}); its data:")
    return _table(name, data, f"Data of “{words.cut(name, 60)}”:")


def _table(name: str, data: Mapping[str, Any], caption: str) -> Picture:
    rows = [(f"{cell}: {key}", words.value(value, 200)) for cell, d in data.items() for key, value in _items(d)]
    return Picture(name, caption, caption, rows=tuple(rows[:60]))


def _clean(data: Any) -> Any:
    """The same data with texts on one line, of bounded length, without characters that no SVG may hold."""
    if isinstance(data, Mapping):
        return {words.visible(str(k)): _clean(v) for k, v in data.items()}
    if isinstance(data, list):
        return [_clean(v) for v in data]
    return words.cut(" ".join(words.visible(data).split()), 300) if isinstance(data, str) else data


def _items(data: Any) -> list[tuple[str, Any]]:
    return list(data.items()) if isinstance(data, Mapping) else [("value", data)]


def _grouped(data: Mapping[str, Any]) -> list[tuple[Any, list[str]]]:
    """Data that would give the same picture, once, with the names of all the cells that they come from."""
    groups: list[tuple[Any, list[str]]] = []
    for cell, own in data.items():
        for first, cells in groups:
            if _near(first, own):
                cells.append(cell)
                break
        else:
            groups.append((own, [cell]))
    return groups


def _near(a: Any, b: Any) -> bool:
    if isinstance(a, bool) or isinstance(b, bool) or not isinstance(a, int | float) or not isinstance(b, int | float):
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            return list(a) == list(b) and all(_near(a[k], b[k]) for k in a)
        if isinstance(a, list) and isinstance(b, list):
            return len(a) == len(b) and all(_near(x, y) for x, y in zip(a, b, strict=True))
        return bool(a == b)
    return abs(a - b) <= NEAR * max(abs(a), abs(b))


def _safe(name: str) -> str:
    """An id that needs no quoting anywhere."""
    return "f" + hashlib.blake2b(name.encode(errors="replace"), digest_size=4).hexdigest()
