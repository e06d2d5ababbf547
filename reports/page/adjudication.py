"""“Rounding or bug?”: an adjudication as a terminal's text and as a page of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from importlib import metadata

from markupsafe import Markup
from rich.console import Console
from rich.text import Text

from ...claims.adjudication import Adjudication, Difference, Finding
from ..pictures.canvas import INK, RULE, SERIES, Drawing
from ..wording import words

STEPS = (0.0, 0.01, 0.1, 1.0)
SHADES = " ░▒▓█"
"""In the terminal: no error, up to 1 % of the bound, up to a tenth, up to the bound, outside."""
ROWS = 12
"""Of a picture in the terminal."""
PICTURES = 12
"""On the page: the first ones."""


# ---------------------------------------------------------------------------------------------------------- in words


def summary(found: Adjudication) -> str:
    bad = [library for library in found.libraries if found.verdict(library) != "within rounding"]
    if not bad:
        each = "Every output is" if len(found.findings) > 1 else "The output is"
        return f"Rounding. {each} within what the inputs, the format and the number of operations allow."
    outside = [library for library in bad if not found.verdict(library).startswith("undecided")]
    if not outside:
        return f"Undecided. For some elements of {words.listed(bad)} no finite bound is known."
    text = f"Not rounding. {words.listed(outside)} {'is' if len(outside) == 1 else 'are'} outside what the inputs, the format and the number of operations allow."
    return text + ("" if len(bad) == len(found.libraries) else " The rest is within.")


def sentence(f: Finding) -> str:
    """The worst element of a result, in one line."""
    place = f" at {list(f.where)}" if f.where else ""
    digits = 17 if f.dtype == "float64" else 9
    numbers = f"got {f.got:.{digits}g}, exact {f.wanted:.{digits}g}, allowed ±{f.allowed:.3g}"
    undecided = f"; of {words.plural(f.undecided, 'element')} no finite bound is known" if f.undecided else ""
    if not f.outside:
        return f"worst error ÷ bound {f.ratio:.3g}{place}{_ulp(f)}: {numbers}{undecided}{_exact_mode(f)}{_blunt(f)}"
    factor = f"{f.ratio:.3g} times what rounding allows" if math.isfinite(f.ratio) else "no rounding leads there"
    return f"{factor}{place}{_ulp(f)}: {numbers}; {f.outside:,} of {words.plural(f.elements, 'element')} outside{undecided}"


def _blunt(f: Finding) -> str:
    if not (math.isfinite(f.blunt) and f.blunt > 0.1):
        return ""
    return f"; the bound allows up to {f.blunt:.2g} of the largest exact number, so it can tell little here"


def _exact_mode(f: Finding) -> str:
    if f.unequal is None:
        return ""
    if not f.unequal:
        return "; whole numbers of which no sum can round, and every bit is right"
    return (
        f"; whole numbers of which no sum can round, and yet {words.plural(f.unequal, 'element')} of {f.elements:,} not exact: "
        "another algorithm than the sum (Winograd, an FFT), inputs rounded, or a mistake below the bound"
    )


def _ulp(f: Finding) -> str:
    return "" if f.ulp is None or f.ulp >= 1e6 else f" ({f.ulp:,.0f} ulp)"


def between(found: Adjudication, d: Difference) -> str:
    """What the difference of two libraries is worth."""
    ratios = {f.library: f.ratio for f in found.findings if f.result == d.result}
    first, second = ratios[d.first], ratios[d.second]
    if not math.isfinite(d.largest):
        return f"{d.first} and {d.second} do not both have a finite number everywhere in {d.result}."
    text = f"{d.first} and {d.second} differ by up to {d.largest:.3g} in {d.result}; rounding in both may make {d.allowed:.3g} there"
    if max(first, second) <= 1 and min(first, second) > 0 and first != second:
        near, times = (d.first, second / first) if first < second else (d.second, first / second)
        text += f"; the worst error of {near} is {times:.2g} times smaller"
    return text + "."


def bounds(found: Adjudication) -> list[tuple[str, str]]:
    """(of what, whose and under what contract; derivation), each derivation once."""
    by: dict[tuple[str, str, str], list[str]] = {}
    for f in found.findings:
        by.setdefault((f.result, f.contract, f.derivation), []).append(f.library)
    return [(f"{result} of {words.listed(who)}, {contract}", text) for (result, contract, text), who in by.items()]


# ------------------------------------------------------------------------------------------------------- in a terminal


def terminal(out: Console, found: Adjudication) -> None:
    """The answer first; then each result's worst element, the libraries against each other, pictures, bounds."""
    _say(out, summary(found), "bold green" if found.within else "bold red")
    _say(out, f"{found.operation}: {_facts(found)}", "dim")
    for library in found.libraries:
        own = [f for f in found.findings if f.library == library]
        _say(out, f"{library}: {found.verdict(library)}", "green" if all(f.within for f in own) else "red")
        for f in own:
            _say(out, f"  {f.result} ({f.dtype}; {f.contract}): {sentence(f)}")
        for e in found.explanations[library]:
            detail = f", {e.detail}" if e.detail else ""
            _say(out, f"  {e.mistake}{detail}: error ÷ bound {e.ratio:.3g} against that; to change: {e.remedy}")
    for difference in found.differences:
        _say(out, between(found, difference))
    for f in found.findings:
        rows = _fewer(f.map)
        if f.outside and any(ratio <= 1 for row in rows for ratio in row):
            _say(out, f"{f.library}, {f.result}, last two axes; █ outside, ▓ ▒ ░ within (above 0.1, above 0.01, less):")
            for row in rows:
                _say(out, "  │" + "".join(SHADES[_shade(ratio)] for ratio in row) + "│")
    for who, text in bounds(found):
        _say(out, f"Bound, {who}: {text}", "dim")


def _say(out: Console, text: str, style: str = "") -> None:
    # Into a pipe a line stays a line; on a screen it breaks between words.
    out.print(Text(words.visible(text), style), soft_wrap=not out.is_terminal)


def _facts(found: Adjudication) -> str:
    shapes = ", ".join(f"{name} {list(shape)}" for name, shape in found.shapes.items())
    return "; ".join([shapes, *(f"{name} = {words.cut(str(value), 60)}" for name, value in found.parameters.items())])


def _shade(ratio: float) -> int:
    return sum(ratio > step for step in STEPS)


def _fewer(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    """Neighbouring rows joined, the larger ratios kept."""
    step = -(-len(rows) // ROWS)
    return [[max(column) for column in zip(*rows[i : i + step], strict=True)] for i in range(0, len(rows), step)]


# ----------------------------------------------------------------------------------------------------------- on a page


def html(found: Adjudication) -> str:
    """A page of its own, offline, with the picture of error ÷ bound of every result."""
    from ..pictures import canvas, figures
    from . import html as pages

    pictures = []
    for i, f in enumerate(found.findings[:PICTURES]):
        with canvas.style():
            drawing = draw(f)
            svg = figures.to_svg(drawing.figure, alt=drawing.alt, prefix=f"a{i}")
        pictures.append({"svg": Markup(svg), "caption": drawing.caption})
    return pages.page(
        "adjudication.html",
        a=found,
        says=summary(found),
        facts=_facts(found),
        pictures=pictures,
        sentence=sentence,
        differences=[between(found, d) for d in found.differences],
        bounds=bounds(found),
        version=metadata.version("lecture-claims"),
    )


def draw(f: Finding) -> Drawing:
    """The largest error ÷ bound over all but the last two axes: shaded where within, in another colour where outside."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    from ..pictures import canvas

    rows, columns = len(f.map), len(f.map[0])
    side = min(3.2 / rows, (canvas.WIDTH - 0.4) / columns, 0.3)  # inches, of a box
    page = canvas.figure(rows * side + 0.5)
    axes = page.subplots()
    boxes: dict[int, list[Path]] = {}
    for i, j, ratio in _boxes(f.map):
        square = [(j, i), (j + 1, i), (j + 1, i + 1), (j, i + 1), (j, i)]
        boxes.setdefault(_shade(ratio), []).append(Path(square, closed=True))
    for shade, paths in sorted(boxes.items()):
        colour, alpha = (SERIES[1], 1.0) if shade == len(STEPS) else (SERIES[0], (0.0, 0.15, 0.35, 0.7)[shade])
        axes.add_patch(PathPatch(Path.make_compound_path(*paths), facecolor=colour, alpha=alpha, linewidth=0))
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
