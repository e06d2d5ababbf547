"""What the sketches share: SVG as text, in the page's colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

INK, MUTED, RULE, CALM, MARK = (f"var(--{name})" for name in ("ink", "muted", "rule", "calm", "mark"))
COLOURS = ("var(--c1)", "var(--c2)", "var(--c3)", "var(--c4)")


def svg(width: int, height: int, alt: str, parts: Iterable[str]) -> str:
    inside = "".join(parts)
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(alt)}" class="sketch">{inside}</svg>'


def text(x: float, y: float, said: object, *, anchor: str = "middle", size: float = 11, fill: str = INK) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size:g}" fill="{fill}">{escape(str(said))}</text>'


def box(x: float, y: float, side: float, *, fill: str = "none", stroke: str = MUTED, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="3 2"' if dashed else ""
    return f'<rect x="{x:g}" y="{y:g}" width="{side:g}" height="{side:g}" fill="{fill}" stroke="{stroke}"{dash}/>'


def line(points: Sequence[tuple[float, float]], *, stroke: str, width: float = 2, dashed: bool = False) -> str:
    path = "M" + "L".join(f"{round(x, 1):g} {round(y, 1):g}" for x, y in points)
    dash = ' stroke-dasharray="5 3"' if dashed else ""
    return f'<path d="{path}" fill="none" stroke="{stroke}" stroke-width="{width:g}"{dash}/>'
