"""Pictures with small gray pictures in them: images and what they are taken for, a planted pattern and the kernels that were learned.

``inverted_images``: accuracy on upright and on inverted images
    arms               [{"name": str, "upright": [number], "inverted": [number]}] one number a seed, from 0 to 1
    chance             number, the accuracy of guessing
    pictures           [[[number]], [[number]]] an image, and the same inverted

``planted_kernels``: a pattern, and the kernels that were learned where it was planted
    pattern            [[number]]
    kernels            [{"arm": str, "seed": int, "kernel": [[number]], "cosine": number}]
"""

from __future__ import annotations

import math
from typing import Any

from ..wording.words import cut, number, plural
from . import canvas
from .canvas import INK, MUTED, PAPER, SERIES, Drawing, Groups, known, names_of

SHADES = 8
"""Of gray, from paper to ink."""
MOST_SEEDS = 10
"""Of the kernels of an arm."""
START = 6.5
"""Where the first kernel stands, in pixels; the pattern, three wide, is before it."""


def inverted_images(groups: Groups) -> Drawing:
    """For each arm a line of dots for upright images and one for inverted ones, a dot a seed, and chance as a line."""
    arms = [
        (arm, f"{arm['name']}\n{names_of(cells)}" if len(groups) > 1 else str(arm["name"]))
        for data, cells in groups[:4]
        for arm in data["arms"]
    ]
    first = groups[0][0]
    page = canvas.figure(0.9 + 0.5 * len(arms))
    pictures, axes = page.subplots(1, 2, width_ratios=[1, 4.2])
    _two(pictures, first["pictures"])
    says = []
    for y, (arm, name) in enumerate(arms):
        for k, (which, look) in enumerate((("upright", SERIES[0]), ("inverted", PAPER))):
            values = known(arm[which])
            spread = [0.05 * (i % 3 - 1) for i in range(len(values))]  # marks of like accuracy lie beside one another
            heights = [y + 0.36 * k - 0.18 + off for off in spread]
            mark = {"markersize": 4, "markerfacecolor": look, "markeredgecolor": SERIES[k], "markeredgewidth": 1}
            axes.plot(values, heights, "oD"[k], linewidth=0, label=which if y == 0 else None, **mark)
        says.append(f"{name}: upright {_range(arm['upright'])}, inverted {_range(arm['inverted'])}.")
    chance = float(first["chance"])
    axes.axvline(chance, color=INK, linewidth=1, linestyle=(0, (4, 2)), label=f"chance, {number(chance)}")
    axes.set_yticks(range(len(arms)), [cut(name, 60) for _, name in arms])
    axes.set_ylim(len(arms) - 0.5, -0.5)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel("accuracy, a mark for each seed")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", linewidth=0.6)
    page.legend(loc="outside lower center", ncols=3)
    names = names_of([cell for _, cells in groups for cell in cells])
    caption = (
        f"Accuracy on held-out images as they are (disc) and with their polarity turned (diamond), {names}. At the left: an image and the same "
        "inverted; the more ink, the larger the number."
    )
    alt = f"Accuracy on upright and on inverted images; chance is {number(chance)}. {' '.join(says)}"
    return Drawing(page, caption, alt)


def _range(values: Any) -> str:
    found = [x for x in known(values) if x == x]
    return f"{number(min(found))} to {number(max(found))}" if found else "no number"


def _two(axes: Any, pictures: Any) -> None:
    upright, inverted = pictures
    down = len(upright) + 2.2
    _gray(axes, upright, 0, 0, 1)
    _gray(axes, inverted, 0, down, 1)
    for y, name in ((len(upright), "an image"), (down + len(inverted), "inverted")):
        axes.text(0, y + 0.25, name, va="top", fontsize=8)
    axes.set_xlim(-0.2, len(upright[0]) + 0.2)
    axes.set_ylim(down + len(inverted) + 1.6, -0.2)
    axes.set_aspect("equal", anchor="N")
    axes.set_axis_off()


def planted_kernels(groups: Groups) -> Drawing:
    """The pattern, and for each arm a line of kernels, a kernel a seed, with the cosine between it and the pattern."""
    shown = groups[:3]
    first = shown[0][0]
    arms = [
        (arm, cells, [k for k in data["kernels"] if k["arm"] == arm][:MOST_SEEDS])
        for data, cells in shown
        for arm in dict.fromkeys(k["arm"] for k in data["kernels"])
    ]
    page = canvas.figure(0.2 + 0.95 * len(arms))
    axes = page.subplots()
    _gray(axes, first["pattern"], 0, 0.9, 3)
    axes.text(0, 0.5, "the pattern", fontsize=8.5, fontweight="bold")
    says = []
    for n, (arm, cells, kernels) in enumerate(arms):
        top = 5.6 * n + 0.9
        name = f"{arm}; {names_of(cells)}" if len(shown) > 1 else str(arm)
        axes.text(START, top - 0.4, cut(name, 90), fontsize=8.5, fontweight="bold")
        for i, one in enumerate(kernels):
            _gray(axes, one["kernel"], START + 3.8 * i, top, 3)
            cosine = f"{float(one['cosine']):.2f}".replace("-", "−")
            axes.text(START + 1.5 + 3.8 * i, top + 3.25, cosine, fontsize=8, ha="center", va="top")
        sizes = [abs(x) for x in known([k["cosine"] for k in kernels]) if x == x]
        says.append(f"{name}: |cosine| from {min(sizes):.2f} to {max(sizes):.2f}, {plural(len(kernels), 'seed')}.")
    axes.set_xlim(-0.2, START + 3.8 * MOST_SEEDS)
    axes.set_ylim(5.6 * len(arms), -0.2)
    axes.set_aspect("equal", anchor="NW")
    axes.set_axis_off()
    more = max((sum(k["arm"] == arm for k in data["kernels"]) for data, _ in shown for arm, _, _ in arms), default=0)
    caption = (
        "The pattern that was planted in noise, and the kernel most like it that each seed learned; below each the cosine between the two. "
        "Each picture by its own range: the more ink, the larger the number."
    )
    if more > MOST_SEEDS:
        caption += f" The first {MOST_SEEDS} of {more} seeds."
    return Drawing(page, caption, f"A planted pattern and learned kernels. {' '.join(says)}")


def _gray(axes: Any, picture: Any, left: float, top: float, size: float) -> None:
    """A small picture, ``size`` wide or with pixels of size 1: paper for its least number, ink for its largest."""
    from matplotlib.patches import Rectangle

    rows = [known(row) for row in picture]
    side = size if size == 1 else size / len(rows[0])
    finite = [x for row in rows for x in row if math.isfinite(x)]
    least = min(finite, default=0.0)
    span = max(finite, default=0.0) - least or 1.0
    shades: dict[int, list[tuple[float, float, float, float]]] = {}
    for i, row in enumerate(rows):
        for j, x in enumerate(row):
            shade = round(SHADES * (x - least) / span) if math.isfinite(x) else 0
            a, b = left + j * side, top + i * side
            shades.setdefault(shade, []).append((a, b, a + side, b + side))
    for shade, places in sorted(shades.items()):
        if shade:
            canvas.boxes(axes, places, facecolor=INK, alpha=shade / SHADES)
    across, down = side * len(rows[0]), side * len(rows)
    axes.add_patch(Rectangle((left, top), across, down, fill=False, edgecolor=MUTED, linewidth=0.8))


DRAWINGS = {"inverted_images": inverted_images, "planted_kernels": planted_kernels}
