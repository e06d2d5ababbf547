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
    """From point to point, without those that lie on the way."""
    points = [p for i, p in enumerate(points) if i == 0 or p != points[i - 1]]
    kept = [p for i, p in enumerate(points) if not 0 < i < len(points) - 1 or _bends(*points[i - 1 : i + 2])]
    path = "M" + "L".join(f"{round(x, 1):g} {round(y, 1):g}" for x, y in kept)
    dash = ' stroke-dasharray="5 3"' if dashed else ""
    return f'<path d="{path}" fill="none" stroke="{stroke}" stroke-width="{width:g}"{dash}/>'


def _bends(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    turn = (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
    return abs(turn) > 1e-6  # square points of the drawing
