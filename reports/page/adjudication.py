"""“Rounding or bug?”: an adjudication as a page of its own, with the picture of error ÷ bound of every result."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from importlib import metadata

from markupsafe import Markup

from ...claims.adjudication import Adjudication, Finding
from ..pictures import canvas, figures
from ..pictures.canvas import INK, RULE, SERIES, Drawing
from ..wording import adjudication as said
from ..wording import words
from . import html as pages

PICTURES = 12
"""The first ones are drawn."""


def html(found: Adjudication) -> str:
    """A page, offline."""
    pictures = []
    for i, f in enumerate(found.findings[:PICTURES]):
        with canvas.style():
            drawing = draw(f)
            svg = figures.to_svg(drawing.figure, alt=drawing.alt, prefix=f"a{i}")
        pictures.append({"svg": Markup(svg), "caption": drawing.caption})
    return pages.page(
        "adjudication.html",
        a=found,
        says=said.summary(found),
        facts=said.facts(found),
        pictures=pictures,
        sentence=said.sentence,
        against=said.against,
        tier=said.tier,
        differences=[said.between(found, d) for d in found.differences],
        bounds=said.bounds(found),
        version=metadata.version("lecture-claims"),
    )


def draw(f: Finding) -> Drawing:
    """The largest error ÷ bound over all but the last two axes: shaded where within, in another colour where outside."""
    rows, columns = len(f.map), len(f.map[0])
    side = min(3.2 / rows, (canvas.WIDTH - 0.4) / columns, 0.3)  # inches, of a box
    page = canvas.figure(rows * side + 0.5)
    axes = page.subplots()
    shades: dict[int, list[tuple[int, int, int, int]]] = {}
    for i, j, ratio in _boxes(f.map):
        shades.setdefault(said.shade(ratio), []).append((j, i, j + 1, i + 1))
    for shade, places in sorted(shades.items()):
        colour, alpha = (SERIES[1], 1.0) if shade == len(said.STEPS) else (SERIES[0], (0.0, 0.15, 0.35, 0.7)[shade])
        canvas.boxes(axes, places, facecolor=colour, alpha=alpha)
    if side > 0.1:  # not by colour alone
        for i, j, ratio in _boxes(f.map):
            if ratio > 1:
                axes.plot([j + 0.3, j + 0.7], [i + 0.3, i + 0.7], color=INK, linewidth=0.8)
    axes.set_xlim(0, columns)
    axes.set_ylim(rows, 0)
    axes.set_aspect("equal", anchor="NW")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(visible=True, color=RULE)
    axes.set_title(f"{_name(f)}: error ÷ bound", color=INK)
    bad = sum(ratio > 1 for _, _, ratio in _boxes(f.map))
    caption = (
        f"{_name(f)}: the largest error ÷ bound over all but the last two axes ({rows} × {columns} boxes). "
        f"{words.plural(bad, 'box', 'boxes') if bad else 'No box is'} outside; the worst is {words.number(f.ratio) if math.isfinite(f.ratio) else 'without limit'}, at {list(f.where)}."
    )
    return Drawing(page, caption, caption)


def _name(f: Finding) -> str:
    return f"{words.cut(words.visible(f.library), 40)}, {f.result}"


def _boxes(rows: Sequence[Sequence[float]]) -> Iterator[tuple[int, int, float]]:
    return ((i, j, ratio) for i, row in enumerate(rows) for j, ratio in enumerate(row))
