"""What all pictures share: their size, their settings, their colours, and the labels of axes.

``groups`` is ``[(data, [cell])]``: data that would look the same are drawn once, with the names of their cells. Colours are
placeholders that the page turns into its own, so that one picture serves light, dark and print.
"""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..wording.words import SUPERSCRIPT, cells, cut

INK, MUTED, RULE, PAPER = "#010101", "#010102", "#010103", "#010104"
SERIES = ("#0101a1", "#0101a2", "#0101a3", "#0101a4", "#0101a5", "#0101a6")
COLOURS = {INK: "var(--ink)", MUTED: "var(--muted)", RULE: "var(--rule)", PAPER: "var(--paper)"} | {
    colour: f"var(--c{i})" for i, colour in enumerate(SERIES, 1)
}
WIDTH = 7.4  # inches of 72 points, which the page shows at its full width
Groups = list[tuple[Any, list[str]]]


@dataclass(frozen=True)
class Drawing:
    figure: Any
    caption: str
    alt: str


@contextlib.contextmanager
def style() -> Iterator[None]:
    """Settings of every picture; the salt and plain text make the SVG the same each time. matplotlib is imported here only."""
    import matplotlib

    settings: dict[Any, Any] = {
        "svg.hashsalt": "lecture-claims",
        "svg.fonttype": "none",
        "lines.linewidth": 1.8,
        "axes.titlesize": 9.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "grid.color": RULE,
        "axes.unicode_minus": True,
        **dict.fromkeys(("font.size", "axes.labelsize"), 9),
        **dict.fromkeys(("legend.fontsize", "xtick.labelsize", "ytick.labelsize"), 8.5),
        **dict.fromkeys(
            ("axes.labelcolor", "axes.titlecolor", "text.color", "xtick.labelcolor", "ytick.labelcolor"), INK
        ),
        **dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color"), MUTED),
        **dict.fromkeys(("axes.facecolor", "figure.facecolor", "savefig.facecolor"), "none"),
        **dict.fromkeys(("text.parse_math", "text.usetex", "axes.formatter.use_mathtext"), False),
        **dict.fromkeys(("legend.frameon", "axes.spines.top", "axes.spines.right"), False),
    }
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # glyphs that the reader's fonts may have, names too long for their place
        yield


def figure(height: float) -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH, height), layout="constrained")


def power(x: float, _: object = None) -> str:
    """10⁻³, without the markup that would need another font."""
    exponent = round(math.log10(x)) if x > 0 else 0
    if abs(exponent) <= 2:
        return f"{x:g}"
    return "10" + str(exponent).translate(SUPERSCRIPT)


def log_ticks(axis: Any, *, plain: bool = False) -> None:
    """Labels of a logarithmic axis; where it spans less than two powers of ten, also at 2 and 5."""
    from matplotlib.ticker import FuncFormatter

    def between(x: float, _: object) -> str:
        low, high = axis.get_view_interval()
        return f"{x:g}" if high < 100 * low and f"{x:e}"[0] in "25" else ""

    axis.set_major_formatter(FuncFormatter((lambda x, _: f"{x:g}" if 1e-4 < x < 1e5 else power(x)) if plain else power))
    axis.set_minor_formatter(FuncFormatter(between))


def boxes(axes: Any, places: Iterable[tuple[float, float, float, float]], **look: Any) -> None:
    """Boxes (left, top, right, bottom) of one look, as one path."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    paths = [Path([(a, b), (c, b), (c, d), (a, d), (a, b)], closed=True) for a, b, c, d in places]
    axes.add_patch(PathPatch(Path.make_compound_path(*paths), linewidth=0, **look))


def known(values: Sequence[Any], *, positive: bool = False) -> list[float]:
    """Numbers for drawing; what is missing, infinite or (on a logarithmic axis) not positive leaves a gap."""
    numbers = [math.nan if v is None else float(v) for v in values]
    return [x if math.isfinite(x) and (x > 0 or not positive) else math.nan for x in numbers]


def names_of(names: Sequence[str]) -> str:
    return cut(cells(names), 90)


class Table:
    """Axes as a table: a line for each finding, its name at the left, its numbers at the right, headings between."""

    def __init__(self, axes: Any) -> None:
        self._axes = axes
        self._lines = 0
        self._names: list[tuple[float, str, dict[str, Any]]] = []

    def head(self, title: str, colour: str = INK, text: str = "") -> None:
        y = self._next()
        self._names.append((y, title, {"color": colour, "fontweight": "bold", "fontsize": 8.5}))
        self._right(y, text, fontsize=7, color=MUTED)

    def line(self, name: Sequence[str], text: str) -> float:
        """A line's place; its name may have two lines."""
        y = self._next()
        self._names += [(y + 0.44 * (i - (len(name) - 1) / 2), part, {}) for i, part in enumerate(name)]
        self._right(y, text, fontsize=8)
        return y

    def _next(self) -> float:
        self._lines += 1
        return self._lines - 1.0

    def _right(self, y: float, text: str, **look: Any) -> None:
        if text:
            at = self._axes.get_yaxis_transform()
            self._axes.text(1.01, y, text, transform=at, va="center", clip_on=False, **look)

    def finish(self, title: str, left: float, right: float, *, log: bool = True) -> None:
        self._axes.set_xscale("log" if log else "linear")
        self._axes.set_xlim(left, right)
        self._axes.set_ylim(self._lines - 0.4, -0.6)
        self._axes.set_yticks([y for y, _, _ in self._names], [name for _, name, _ in self._names], fontsize=8)
        for label, (_, _, look) in zip(self._axes.get_yticklabels(), self._names, strict=True):
            label.set(**look)
        self._axes.tick_params(axis="y", length=0)
        self._axes.spines["left"].set_visible(False)
        self._axes.set_xlabel(title)
        if log:
            log_ticks(self._axes.xaxis, plain=True)
