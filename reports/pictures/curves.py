"""Pictures with axes: gradients that vanish or grow, losses over steps, and how far they are from the reference's."""

from __future__ import annotations

import math
from typing import Any

from ..wording.words import cut, number
from . import canvas
from .canvas import INK, MUTED, PAPER, RULE, SERIES, Drawing, Groups, Table, known, log_ticks, names_of

DASHES = ("-", (0, (4, 1.6)), (0, (1.2, 1.4)), (0, (6, 1.5, 1.2, 1.5)))


def saturation(groups: Groups) -> Drawing:
    """Above, the gradient against |z| until it is exactly 0; below, from which |z| on value and gradient are exact."""
    cuts = _cutoffs(groups)
    lines = max(1, sum(len(rows) for rows in cuts.values()))
    heights = [3.1, 0.5 + 0.25 * lines + 0.28 * len(cuts)]
    page = canvas.figure(sum(heights))
    above, below = page.subplots(2, 1, height_ratios=heights)
    _gradients(above, groups)
    says = _strip(below, cuts)
    caption = (
        "Above: the gradient falls by a constant factor with each step of |z|, like e^(−|z|) (logistic) and e^(−2|z|) (tanh). Below: the |z| "
        "from which each library's value is exactly 1, 0 or −1 (ring) and its gradient exactly 0 (disc). Past the disc nothing is learned."
    )
    alt = "Gradients of the logistic function and of tanh against |z| on a logarithmic axis. "
    return Drawing(page, caption, alt + " ".join(says))


def _gradients(axes: Any, groups: Groups) -> None:
    colours: dict[str, str] = {}
    drawn: dict[tuple[str, str], list[list[float]]] = {}
    for data, cells in groups:
        for curve in data["curves"]:
            name = f"{curve['function']}, {curve['side']}"
            colour = colours.setdefault(name, SERIES[len(colours) % len(SERIES)])
            wide = any("64" in c for c in cells)
            y = known(curve["gradient"], positive=True)
            key = (name, "float64" if wide else "float32")
            label = None if key in drawn else f"{name}, {key[1]}"
            drawn.setdefault(key, []).append(y)
            dashes, width = (DASHES[0], 1.6) if wide else (DASHES[1], 2.4)
            axes.plot(known(curve["z"]), y, color=colour, linestyle=dashes, label=label, linewidth=width)
    cuts = [c for data, _ in groups for c in data.get("cutoffs", ())]
    ends = [z for c in cuts for z in known([c["gradient_from"], c["value_from"]]) if z < 60]
    last = max((z for data, _ in groups for c in data["curves"] for z in known(c["z"])), default=1.0)
    axes.set_xlim(0, min(last, 1.15 * max(ends) if ends else last))
    axes.set_yscale("log")
    axes.set_ylim(1e-19, 3)
    log_ticks(axes.yaxis)
    axes.grid(axis="y", linewidth=0.6)
    axes.set_xlabel("|z|")
    axes.set_title("gradient")
    axes.legend(loc="upper right")


def _cutoffs(groups: Groups) -> dict[str, list[tuple[str, Any]]]:
    """(function, side) -> [(libraries and dtype, cutoff)], equal ones once."""
    found: dict[str, list[tuple[list[str], Any]]] = {}
    for data, cells in groups:
        for cut_off in data.get("cutoffs", ()):
            rows = found.setdefault(f"{cut_off['function']}, {cut_off['side']}", [])
            same = next((names for names, other in rows if other == cut_off), None)
            if same is None:
                rows.append((list(cells), cut_off))
            else:
                same.extend(cells)
    named = {title: [(names_of(names), c) for names, c in rows] for title, rows in found.items()}
    return {title: sorted(rows, key=lambda row: row[0]) for title, rows in named.items()}


def _strip(axes: Any, cuts: dict[str, list[tuple[str, Any]]]) -> list[str]:
    table, says, zs = Table(axes), [], []
    for n, (title, rows) in enumerate(cuts.items()):
        table.head(title)
        for name, c in rows:
            value, gradient = known([c["value_from"], c["gradient_from"]], positive=True)
            zs += [z for z in (value, gradient) if math.isfinite(z)]
            text = f"value {number(c['value'])}: {_from(value, c.get('value_first'))}, gradient 0: {_from(gradient, c.get('gradient_first'))}"
            y = table.line([name], text)
            axes.axhline(y, color=RULE, linewidth=0.6, zorder=0)
            ring = {"markersize": 8, "markerfacecolor": PAPER, "markeredgecolor": INK, "markeredgewidth": 1.2}
            axes.plot([value], [y], "o", zorder=3, **ring)
            axes.plot([gradient], [y], "o", markersize=4.5, color=SERIES[n % len(SERIES)], markeredgewidth=0, zorder=4)
            says.append(f"{title}, {name}: {text}.")
    table.finish("|z| from which it is exact", min(zs, default=1.0) / 1.6, 1.6 * max(zs, default=10.0))
    return says


def _from(z: float, first: float | None = None) -> str:
    """From which |z| on; in brackets the first, where it is not so from there on."""
    already = f" (first at {first:.6g})" if first is not None else ""
    return f"{z:.6g}{already}" if math.isfinite(z) else "never"


BANDS = "Bands: the interval around the median; dashed: controls."
MARKERS = "os^Dv<>P"
"""For the arms of an experiment, which are told apart by more than their colour."""


def saturation_depth(groups: Groups) -> Drawing:
    return _panels(
        groups,
        "layers",
        "size",
        ("layer, 1 is the first", "gradient's size (median over seeds)"),
        f"How large the gradient is at each layer. {BANDS}",
    )


def amplification(groups: Groups) -> Drawing:
    return _panels(
        groups,
        "layers",
        "size",
        ("layer, 1 is the first", "relative change (median over seeds)"),
        f"How large a change made below has become at each layer, relative to the numbers there. {BANDS}",
    )


def gradient_agreement(groups: Groups) -> Drawing:
    """Small multiples: a panel for each network, and again for libraries that give other numbers."""
    each = [
        ({**network, "title": network["name"]}, cells) for data, cells in groups[:3] for network in data["networks"][:6]
    ]
    if len(groups) > 1:
        each = [({**network, "title": f"{network['title']}; {names_of(cells)}"}, cells) for network, cells in each]
    return _panels(
        each,
        "layers",
        "size",
        ("layer, 1 is the first", "cosine of the gradients"),
        "The cosine of the angle between a layer's gradient before and after the layers below it have moved. 1: the same direction; 0: no "
        f"agreement at all; below 0: against each other. {BANDS}",
        log=False,
        ends=(-1.05, 1.05),
    )


def smoothing_bands(groups: Groups) -> Drawing:
    """Bands over the steps: of the loss along the gradient, and beside it of the gradient's change."""
    panels = []
    for data, cells in groups[:3]:
        name = f"; {names_of(cells)}" if len(groups) > 1 else ""
        panels.append(({**data, "title": f"loss along the gradient{name}", "axis": "loss (median over seeds)"}, cells))
        changes = [{**a, **a["change"], "loss": a["change"]["middle"]} for a in data["arms"] if a.get("change")]
        if changes:
            said = {"title": f"change of the gradient along it{name}", "axis": "‖change of the gradient‖"}
            panels.append(({**data, "arms": changes, **said}, cells))
    return _panels(
        panels,
        "steps",
        "loss",
        ("training step", ""),
        "Left: the range of the loss when one goes along the gradient from the parameters of each step, with the loss at the parameters "
        "as a line. Right: how far the gradient there is from the gradient here (its predictiveness), over the same range, with the "
        "change at the step that was really taken as a line. The narrower and lower the band, the smoother the objective. Dashed: "
        "without batch norm. Medians over seeds.",
        apart=True,
    )


def _panels(
    groups: Groups,
    along: str,
    what: str,
    titles: tuple[str, str],
    caption: str,
    *,
    log: bool = True,
    ends: tuple[float, float] | None = None,
    apart: bool = False,
) -> Drawing:
    """Lines with bands, one panel for each group of cells that look the same, or for each ``title``; ``apart``: each with its own axis."""
    shown = groups[:6]
    page, panels = _multiples(len(shown), 2.9, 0.3, sharex=along == "steps", sharey=not apart)
    says = []
    for n, ((axes, lowest, leftmost), (data, cells)) in enumerate(zip(panels, shown, strict=True)):
        title = cut(data.get("title") or names_of(cells), 60)
        for k, arm in enumerate(data["arms"]):
            colour, style = SERIES[k % len(SERIES)], DASHES[1] if arm.get("control") else "-"
            middle = known(arm[what], positive=log)
            mark = {"marker": MARKERS[k % len(MARKERS)], "markersize": 3.5, "markevery": max(1, len(middle) // 8)}
            look = {"color": colour, "linestyle": style, "markeredgewidth": 0}
            axes.plot(data[along], middle, label=cut(str(arm["name"]), 40), **mark, **look)
            if arm.get("low") and arm.get("high"):
                low, high = (known(arm[end], positive=log) for end in ("low", "high"))
                axes.fill_between(data[along], low, high, color=colour, alpha=0.18, linewidth=0)
            if n == 0 or data.get("title"):
                says.append(f"{title}, {arm['name']}: from {number(arm[what][0])} to {number(arm[what][-1])}.")
        if log:
            axes.set_yscale("log")
            log_ticks(axes.yaxis)
        if ends:
            axes.set_ylim(*ends)
            axes.axhline(0, color=MUTED, linewidth=0.8, zorder=0)
        axes.grid(axis="y", linewidth=0.6)
        axes.set_title(title)
        axes.set_xlabel(titles[0] if lowest else "")
        axes.set_ylabel(data.get("axis") or (titles[1] if leftmost else ""))
        if along == "layers" and len(data[along]) < 15:
            axes.set_xticks(data[along])
    _legend(page, [axes for axes, *_ in panels])
    what_of = f"{titles[1].capitalize()} by {titles[0]}" if titles[1] else f"By {titles[0]}"
    return Drawing(page, caption, f"{what_of}. {' '.join(says)}")


def _multiples(count: int, height: float, room: float, **shared: bool) -> tuple[Any, list[tuple[Any, bool, bool]]]:
    """(page, [(axes, whether in the lowest row, whether in the first column)]): panels in at most two columns."""
    columns = min(2, count)
    rows = math.ceil(count / columns)
    page = canvas.figure(height * rows + room)
    panels = page.subplots(rows, columns, squeeze=False, **shared).ravel()
    for empty in panels[count:]:
        empty.set_axis_off()
    return page, [(axes, n // columns == rows - 1, n % columns == 0) for n, axes in enumerate(panels[:count])]


WIDTH = 100
"""How many characters of a legend's names fit beside each other."""


def _legend(page: Any, panels: list[Any]) -> None:
    """One legend for all panels, each name once."""
    found = [pair for axes in panels for pair in zip(*axes.get_legend_handles_labels(), strict=True)]
    named = {name: handle for handle, name in reversed(found)}
    names = list(dict.fromkeys(name for _, name in found))
    columns = min(len(names), max(1, WIDTH // (max(map(len, names), default=0) + 8)))
    handles = [named[name] for name in names]
    page.legend(handles, names, loc="outside lower center", ncols=columns, handlelength=2.8)


POINTS = 40
"""Of a curve of differences: of the steps between two of them, that is drawn which comes nearest to its bound."""


def trajectories(groups: Groups) -> Drawing:
    """How far each arm's loss is from the NumPy reference's, step by step, beside what is allowed there."""
    shown = groups[:4]
    page, panels = _multiples(len(shown), 2.7, 0.4, sharex=True, sharey=True)
    curves = [[(arm["name"], *_thinned(arm)) for arm in data["arms"]] for data, _ in shown]
    positive = [x for part in curves for _, _, *both in part for line in both for x in line if x > 0]
    floor = 10.0 ** (math.floor(math.log10(min(positive, default=1e-16))) - 1)
    says = []
    for (axes, lowest, leftmost), (data, cells), part in zip(panels, shown, curves, strict=True):
        for k, (name, steps, differences, allowed) in enumerate(part):
            look = {"color": SERIES[k % len(SERIES)], "marker": MARKERS[k % len(MARKERS)], "markersize": 3.2}
            look |= {"markevery": (2 * k, max(1, len(steps) // 5)), "linewidth": 1.2}
            label = cut(str(name).replace("_", " ").replace("@", " at "), 40)
            axes.plot(steps, [max(x, floor) for x in differences], label=label, markeredgewidth=0, **look)
            hollow = {"linestyle": DASHES[1], "markerfacecolor": PAPER, "markeredgewidth": 0.8}
            axes.plot(steps, allowed, label=f"{label}: allowed" if len(part) == 1 else None, **hollow, **look)
            largest = max((x for x in known(data["arms"][k]["difference"]) if x == x), default=math.nan)
            says.append(f"{names_of(cells)}, {name}: at most {number(largest)}.")
        axes.set_yscale("log")
        axes.set_ylim(bottom=floor / 2)
        log_ticks(axes.yaxis)
        axes.minorticks_off()
        axes.axhline(floor, color=RULE, linewidth=0.8, zorder=0)
        place = {"xycoords": ("axes fraction", "data"), "xytext": (0, 2), "textcoords": "offset points", "ha": "right"}
        axes.annotate("0: the very same", (1, floor), fontsize=7, color=MUTED, **place)
        axes.grid(axis="y", linewidth=0.6)
        axes.set_title(names_of(cells))
        axes.set_xlabel("training step" if lowest else "")
        axes.set_ylabel("|loss − reference's|" if leftmost else "")
    _legend(page, [axes for axes, *_ in panels])
    first = shown[0][0]
    caption = (
        f"Training step by step ({first['experiment']}): how far the loss in each library is from the NumPy reference's, from the same weights "
        f"and on the same batches (solid), and how far rounding can carry it (dashed, hollow), of that one of {first['seeds']} seeds "
        "which comes nearest to its bound."
    )
    return Drawing(page, caption, f"Difference from the reference's loss by training step. {' '.join(says)}")


def _thinned(arm: Any) -> tuple[list[int], list[float], list[float]]:
    """(steps, differences, allowed): no more than POINTS of them."""
    differences, allowed = known(arm["difference"]), known(arm["allowed"], positive=True)
    shares = [x / most if x == x and most == most else -1.0 for x, most in zip(differences, allowed, strict=True)]
    size = max(1, math.ceil(len(shares) / POINTS))
    parts = [range(len(shares))[start : start + size] for start in range(0, len(shares), size)]
    kept = [max(part, key=shares.__getitem__) for part in parts]
    return kept, [differences[i] for i in kept], [allowed[i] for i in kept]


DRAWINGS = {
    "saturation": saturation,
    "saturation_depth": saturation_depth,
    "amplification": amplification,
    "gradient_agreement": gradient_agreement,
    "smoothing_bands": smoothing_bands,
    "trajectories": trajectories,
}
