"""Pictures made of boxes: the windows of a convolution, and maps of where two arrays differ."""

from __future__ import annotations

import math
from typing import Any

from ..wording.words import cut, number, plural
from . import canvas
from .canvas import INK, MUTED, SERIES, Drawing, Groups, known, names_of

SHADES = 6
"""Of what differs, from the smallest to the largest difference."""


def flip(groups: Groups) -> Drawing:
    data = groups[0][0]
    x, w = data["input"], data["kernel"]
    sums = {"cross_correlation": data["cross_correlation"], "convolution": data["convolution"]}
    turned = [list(reversed(row)) for row in reversed(w)]
    page = canvas.figure(4.9)
    top, bottom = page.subfigures(2, 1, height_ratios=[1.0, 1.35])
    left, middle, right = top.subplots(1, 3, width_ratios=[2.2, 1, 1])
    _letters(left, x, "input X, and its first window", SERIES[0], window=(len(w), len(w[0])))
    _letters(middle, w, "kernel W", SERIES[1], letters=SERIES[1])
    _letters(right, turned, "W turned by 180°", SERIES[4], letters=SERIES[4])
    got = data.get("got") or {}
    titles = ("cross-correlation: W as it is", "convolution: W turned")
    looks = zip(bottom.subplots(1, 2), sums.items(), (SERIES[1], SERIES[4]), titles, strict=True)
    for axes, (name, rows), colour, title in looks:
        _sums(axes, rows, (len(w), len(w[0])), colour, title, got.get(name))
    first = {name: rows[0][0] for name, rows in sums.items()}
    caption = (
        "Each window of the input is multiplied with the kernel, letter by letter, and summed; every small box is one window. "
        "Convolution turns the kernel first; the libraries' layers do not."
    )
    if got:
        caption += f" Numbers: what {names_of(groups[0][1])} gave for {', '.join(f'{k} = {v}' for k, v in (data.get('values') or {}).items())}."
    alt = (
        f"Worked example: an input of letters {' / '.join(' '.join(map(str, r)) for r in x)} and a kernel "
        f"{' / '.join(' '.join(map(str, r)) for r in w)}. The first window gives {first['cross_correlation']} without the flip "
        f"and {first['convolution']} with it."
    )
    return Drawing(page, caption, alt)


def _grid(axes: Any, rows: int, columns: int, title: str) -> None:
    axes.set_xlim(-0.08, columns + 0.08)
    axes.set_ylim(rows + 0.08, -0.08)
    axes.set_aspect("equal", anchor="NW")
    axes.set_axis_off()
    axes.set_title(title, fontsize=9)


def _box(axes: Any, x: float, y: float, w: float, h: float, colour: str, width: float, fill: float = 0.0) -> None:
    from matplotlib.patches import Rectangle

    if fill:
        axes.add_patch(Rectangle((x, y), w, h, facecolor=colour, alpha=fill, linewidth=0))
    axes.add_patch(Rectangle((x, y), w, h, fill=False, edgecolor=colour, linewidth=width))


def _letters(
    axes: Any, rows: Any, title: str, colour: str, *, letters: str = INK, window: tuple[int, int] | None = None
) -> None:
    _grid(axes, len(rows), len(rows[0]), title)
    for i, row in enumerate(rows):
        for j, letter in enumerate(row):
            _box(axes, j, i, 1, 1, MUTED, 0.8)
            axes.text(j + 0.5, i + 0.52, cut(str(letter), 8), ha="center", va="center", fontsize=12, color=letters)
    h, w = window or (len(rows), len(rows[0]))
    _box(axes, 0, 0, w, h, colour, 2.2, fill=0.12)


def _sums(axes: Any, rows: Any, kernel: tuple[int, int], colour: str, title: str, got: Any) -> None:
    """Each window's products stand where they arise, so that the pairing can be seen."""
    high = kernel[0] + (1 if got else 0.35)
    axes.set_xlim(-0.05, len(rows[0]) * (kernel[1] + 0.5))
    axes.set_ylim(len(rows) * (high + 0.25), -0.05)
    axes.set_axis_off()
    axes.set_title(title, fontsize=9.5, color=colour)
    for i, row in enumerate(rows):
        for j, text in enumerate(row):
            left, top = j * (kernel[1] + 0.5), i * (high + 0.25)
            frame, width, fill = (SERIES[0], 2.0, 0.12) if i == j == 0 else (MUTED, 0.8, 0.0)
            _box(axes, left, top, kernel[1] + 0.3, high, frame, width, fill)
            terms = [t.strip() for t in str(text).split("+")]
            if len(terms) != kernel[0] * kernel[1]:
                axes.text(left + 0.15, top + 0.5, cut(str(text), 40), va="center", fontsize=8)
                continue
            for n, term in enumerate(terms):
                x, y = left + 0.34 + (n % kernel[1]) * 1.1, top + 0.55 + n // kernel[1]
                if n:
                    axes.text(x - 0.16, y, "+", ha="center", va="center", fontsize=8, color=MUTED)
                head, tail = (term[:-1], term[-1]) if len(term) == 2 else (term, "")
                axes.text(x + 0.28, y, head, ha="right", va="center", fontsize=11.5)
                axes.text(x + 0.31, y, tail, ha="left", va="center", fontsize=11.5, color=colour, fontweight="bold")
            if got:
                x, y, value = left + kernel[1] + 0.18, top + high - 0.3, f"= {number(got[i][j])}"
                axes.text(x, y, value, ha="right", va="center", fontsize=8.5, color=MUTED)


# --- translation -------------------------------------------------------------------------------------------------------


def equivariance(groups: Groups) -> Drawing:
    """One row of maps for each group: blank dots where f(shift x) and shift f(x) are equal, shaded where they are not."""
    page = canvas.figure(2.35 * len(groups[:4]) + 0.1)
    says = []
    parts = page.subfigures(len(groups[:4]), 1, squeeze=False)[:, 0]
    for part, (data, cells) in zip(parts, groups[:4], strict=True):
        if len(groups) > 1:
            part.suptitle(names_of(cells), fontsize=8.5, x=0.01, ha="left", color=MUTED)
        maps = data["maps"][:5]
        sizes = (abs(x) for one in maps for row in one["difference"] for x in known(row) if math.isfinite(x))
        largest = max(sizes, default=0.0) or 1.0
        for axes, one in zip(part.subplots(1, len(maps), squeeze=False)[0], maps, strict=True):
            says.append(_map(axes, one, largest))
    shift = groups[0][0].get("shift")
    moved = f" for a shift by {plural(shift[0], 'row')} and {plural(shift[1], 'column')}" if shift else ""
    caption = (
        f"|f(shift x) − shift f(x)|{moved}, output by output ({names_of([c for _, cells in groups for c in cells])}). A dot: exactly 0. "
        "Shaded: not 0, the darker the larger. Dashed: where the claim says that it is 0."
    )
    return Drawing(page, caption, f"Maps of |f(shift x) − shift f(x)|{moved}. {' '.join(dict.fromkeys(says))}")


def _map(axes: Any, one: Any, largest: float) -> str:
    rows = [known(r) for r in one["difference"]]
    shaded: dict[int, list[tuple[float, float, float, float]]] = {}
    for i, row in enumerate(rows):
        for j, x in enumerate(row):
            shade = _shade(x, largest)
            pad = 0.42 if shade == 0 else 0.02
            shaded.setdefault(shade, []).append((j + pad, i + pad, j + 1 - pad, i + 1 - pad))
    for shade, places in sorted(shaded.items()):
        colour, alpha = (MUTED, 1.0) if shade == 0 else (SERIES[3], 0.25 + 0.75 * shade / SHADES)
        canvas.boxes(axes, places, facecolor=colour, alpha=alpha)
    _grid(axes, len(rows), len(rows[0]), cut(str(one["title"]), 34))
    _box(axes, 0, 0, len(rows[0]), len(rows), MUTED, 0.8)
    if inside := one.get("interior"):
        top, left, bottom, right = inside
        across, down = [left, right, right, left, left], [top, top, bottom, bottom, top]
        axes.plot(across, down, color=SERIES[0], linewidth=1.4, linestyle=(0, (4, 2)))
    broken = sum(x != 0 for row in rows for x in row)
    count = len(rows) * len(rows[0])
    says = "0 everywhere" if not broken else f"not 0 at {broken} of {count}"
    axes.text(0, len(rows) + 0.35, says, va="top", fontsize=8.5, color=INK)
    return f"{one['title']}: {says}."


def _shade(x: float, largest: float) -> int:
    """0 for what is exactly 0, then from 1 to SHADES."""
    if x == 0:
        return 0
    return min(SHADES, 1 + int(abs(x) / largest * (SHADES - 0.001))) if math.isfinite(x) else SHADES


DRAWINGS = {"flip": flip, "equivariance": equivariance}
