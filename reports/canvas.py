"""What all pictures share: their size, their settings, their colours, and the labels of axes.

``groups`` is ``[(data, [cell])]``: data that would look the same are drawn once, with the names of their cells. Colours are
placeholders that the page turns into its own, so that one picture serves light, dark and print.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .view import cut

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

    settings = {
        "svg.hashsalt": "lecture-claims", "svg.fonttype": "none", "text.parse_math": False, "text.usetex": False,
        "font.size": 9, "axes.titlesize": 9.5, "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.labelsize": 9,
        "legend.fontsize": 8.5, "legend.frameon": False, "xtick.labelsize": 8.5, "ytick.labelsize": 8.5,
        "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": MUTED, "axes.labelcolor": INK,
        "axes.titlecolor": INK, "text.color": INK, "xtick.color": MUTED, "ytick.color": MUTED, "xtick.labelcolor": INK,
        "ytick.labelcolor": INK, "axes.facecolor": "none", "figure.facecolor": "none", "savefig.facecolor": "none",
        "grid.color": RULE, "lines.linewidth": 1.8, "axes.unicode_minus": True, "axes.formatter.use_mathtext": False,
    }  # fmt: skip
    with matplotlib.rc_context(settings):
        yield


def figure(height: float, **kwargs: Any) -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(kwargs.pop("width", WIDTH), height), layout="constrained", **kwargs)


def power(x: float, _: object = None) -> str:
    """10⁻³, without the markup that would need another font."""
    exponent = round(math.log10(x)) if x > 0 else 0
    if abs(exponent) <= 2:
        return f"{x:g}"
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def log_ticks(axis: Any, *, plain: bool = False) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axis.set_major_formatter(FuncFormatter((lambda x, _: f"{x:g}") if plain else power))
    axis.set_minor_formatter(NullFormatter())


def known(values: Sequence[Any], *, positive: bool = False) -> list[float]:
    """Numbers for drawing; what is missing, infinite or (on a logarithmic axis) not positive leaves a gap."""
    numbers = [math.nan if v is None else float(v) for v in values]
    return [x if math.isfinite(x) and (x > 0 or not positive) else math.nan for x in numbers]


def names_of(cells: Sequence[str]) -> str:
    """“numpy, torch float32; tensorflow float64”: cells gathered by dtype."""
    by: dict[str, list[str]] = {}
    for cell in cells:
        library, _, dtype = cell.partition(" ")
        by.setdefault(dtype, []).append(library)
    return cut("; ".join(f"{', '.join(libraries)} {dtype}".strip() for dtype, libraries in by.items()), 90)
