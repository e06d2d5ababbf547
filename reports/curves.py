"""Pictures with axes: gradients that vanish, intervals of effects, losses over steps."""

from __future__ import annotations

import math
from typing import Any

from . import canvas
from .canvas import INK, MUTED, PAPER, RULE, SERIES, Drawing, Groups, Table, known, log_ticks, names_of
from .view import cut, number

DASHES = ("-", (0, (4, 1.6)), (0, (1.2, 1.4)), (0, (6, 1.5, 1.2, 1.5)))


def saturation(groups: Groups) -> Drawing:
    """Above, the gradient against |z| until it is exactly 0; below, from which |z| on value and gradient are exact."""
    cuts = _cutoffs(groups)
    lines = max(1, sum(len(rows) for rows in cuts.values()))
    page = canvas.figure(3.1 + 0.5 + 0.25 * lines + 0.28 * len(cuts))
    above, below = page.subplots(2, 1, height_ratios=[3.1, 0.5 + 0.25 * lines + 0.28 * len(cuts)])
    _gradients(above, groups)
    says = _strip(below, cuts)
    caption = (
        "Above: the gradient falls by a constant factor with each step of |z|, like e^(−|z|) (logistic) and e^(−2|z|) (tanh). Below: the |z| "
        "from which each library's value is exactly 1, 0 or −1 (ring) and its gradient exactly 0 (disc). Past the disc nothing is learned."
    )
    return Drawing(
        page,
        caption,
        "Gradients of the logistic function and of tanh against |z| on a logarithmic axis. " + " ".join(says),
    )


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
            axes.plot(known(curve["z"]), y, color=colour, linestyle=DASHES[0] if wide else DASHES[1], label=label,
                      linewidth=1.6 if wide else 2.4)  # fmt: skip
    ends = [
        z
        for data, _ in groups
        for c in data.get("cutoffs", ())
        for z in known([c["gradient_from"], c["value_from"]])
        if z < 60
    ]
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
    return {
        title: sorted(((names_of(names), c) for names, c in rows), key=lambda r: r[0]) for title, rows in found.items()
    }


def _strip(axes: Any, cuts: dict[str, list[tuple[str, Any]]]) -> list[str]:
    table, says, zs = Table(axes), [], []
    for n, (title, rows) in enumerate(cuts.items()):
        table.head(title)
        for name, c in rows:
            value, gradient = known([c["value_from"], c["gradient_from"]], positive=True)
            zs += [z for z in (value, gradient) if math.isfinite(z)]
            text = f"value {number(c['value'])}: {_from(value)}, gradient 0: {_from(gradient)}"
            y = table.line(name, text)
            axes.axhline(y, color=RULE, linewidth=0.6, zorder=0)
            ring = {"markersize": 8, "markerfacecolor": PAPER, "markeredgecolor": INK, "markeredgewidth": 1.2}
            axes.plot([value], [y], "o", zorder=3, **ring)
            axes.plot([gradient], [y], "o", markersize=4.5, color=SERIES[n % len(SERIES)], markeredgewidth=0, zorder=4)
            says.append(f"{title}, {name}: {text}.")
    table.finish("|z| from which it is exact", min(zs, default=1.0) / 1.6, 1.6 * max(zs, default=10.0))
    return says


def _from(z: float) -> str:
    return f"{z:.4g}" if math.isfinite(z) else "never"


def saturation_depth(groups: Groups) -> Drawing:
    return _panels(
        groups, "layers", "size", ("layer, 1 is the first", "gradient's size (median over seeds)"),
        "How large the gradient is at each layer. Bands: the interval around the median; dashed: controls.",
        log=True,
    )  # fmt: skip


def smoothing_bands(groups: Groups) -> Drawing:
    return _panels(
        groups, "steps", "loss", ("training step", "loss"),
        "The range of the loss when one goes along the gradient from the parameters of each step: the narrower the band, the "
        "smoother the objective there. Lines: the loss at the parameters; dashed: controls. Medians over seeds.",
        log=True,
    )  # fmt: skip


def _panels(groups: Groups, along: str, what: str, titles: tuple[str, str], caption: str, *, log: bool) -> Drawing:
    """Lines with bands, one panel for each group of cells that look the same."""
    shown = groups[:6]
    columns = min(2, len(shown))
    rows = math.ceil(len(shown) / columns)
    page = canvas.figure(2.9 * rows + 0.3)
    grid = page.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    says = []
    for n, (data, cells) in enumerate(shown):
        axes = grid[n // columns][n % columns]
        for k, arm in enumerate(data["arms"]):
            colour, style = SERIES[k % len(SERIES)], DASHES[1] if arm.get("control") else "-"
            middle = known(arm[what], positive=log)
            axes.plot(data[along], middle, color=colour, linestyle=style, label=cut(str(arm["name"]), 40), marker="o" if len(middle) < 9 else None,
                      markersize=3.5)  # fmt: skip
            if arm.get("low") and arm.get("high"):
                axes.fill_between(
                    data[along],
                    known(arm["low"], positive=log),
                    known(arm["high"], positive=log),
                    color=colour,
                    alpha=0.18,
                    linewidth=0,
                )
            if n == 0:
                says.append(f"{arm['name']}: from {number(arm[what][0])} to {number(arm[what][-1])}.")
        if log:
            axes.set_yscale("log")
            log_ticks(axes.yaxis)
        axes.grid(axis="y", linewidth=0.6)
        axes.set_title(names_of(cells))
        axes.set_xlabel(titles[0] if n // columns == rows - 1 else "")
        axes.set_ylabel(titles[1] if n % columns == 0 else "")
        if along == "layers":
            axes.set_xticks(data[along])
    for extra in range(len(shown), rows * columns):
        grid[extra // columns][extra % columns].set_axis_off()
    page.legend(
        *grid[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=min(4, len(shown[0][0]["arms"]))
    )
    return Drawing(page, caption, f"{titles[1].capitalize()} by {titles[0]}. {' '.join(says)}")


GROUPS = {
    "effect": ("the effect", SERIES[0]),
    "control": ("controls: no effect expected", MUTED),
    "reversal": ("reversals and cautions", SERIES[3]),
}


def smoothing_effects(groups: Groups) -> Drawing:
    """A forest plot: every interval of every group of cells on one logarithmic axis."""
    lines = _lines(groups)
    heads = list(dict.fromkeys(e["group"] for e, _ in lines))
    page = canvas.figure(0.8 + 0.36 * len(lines) + 0.3 * len(heads))
    axes = page.subplots()
    table, says, ends = Table(axes), [], [1.0]
    for head in sorted(heads, key=lambda g: list(GROUPS).index(g) if g in GROUPS else len(GROUPS)):
        title, colour = GROUPS.get(head, (str(head), INK))
        table.head(title, colour)
        for effect, cells in (line for line in lines if line[0]["group"] == head):
            ratio, low, high = known([effect["ratio"], effect["low"], effect["high"]], positive=True)
            gate = effect.get("gate") or [None, None]
            ends += [x for x in (ratio, low, high, *known(gate, positive=True)) if math.isfinite(x)]
            text = f"{number(ratio)} [{number(low)}, {number(high)}]{_seeds(effect)}"
            name = effect["name"] + (f", {effect['setting']}" if effect.get("setting") else "")
            under = "; ".join(filter(None, [effect.get("setting"), names_of(cells) if len(groups) > 1 else ""]))
            y = table.line(cut(effect["name"], 60) + ("\n" + cut(under, 60) if under else ""), text)
            _gate(axes, gate, y)
            axes.plot([low, high], [y, y], color=colour, linewidth=2.2, solid_capstyle="butt")
            axes.plot([ratio], [y], "D", color=colour, markersize=5, markeredgewidth=0)
            says.append(f"{title}: {name}: {text}.")
    axes.axvline(1, color=INK, linewidth=1, zorder=0)
    table.finish("ratio, without batch norm ÷ with (1: no difference)", min(ends) / 1.5, max(ends) * 1.5)
    caption = (
        "Each diamond is the median ratio over seeds, with its 95 % interval; right of 1 the objective is smoother with "
        "batch norm. Shaded: where the ratio had to lie, stated before the run. At the right: in how many seeds the ratio "
        "exceeds 1."
    )
    return Drawing(page, caption, "Forest plot. " + " ".join(says))


def _seeds(effect: Any) -> str:
    if not effect.get("seeds"):
        return ""
    return (
        f"  {effect['favours']}/{effect['seeds']}" if effect.get("favours") is not None else f"  n = {effect['seeds']}"
    )


def _lines(groups: Groups) -> list[tuple[Any, list[str]]]:
    """Every effect with its cells, the same effect of different libraries side by side."""
    found = [(effect, cells) for data, cells in groups for effect in data["effects"]]
    order = list(dict.fromkeys((e["group"], e["name"], e.get("setting", "")) for e, _ in found))
    return sorted(found, key=lambda line: order.index((line[0]["group"], line[0]["name"], line[0].get("setting", ""))))


def _gate(axes: Any, gate: Any, y: float) -> None:
    from matplotlib.patches import Rectangle

    if gate != [None, None]:  # an open end goes beyond the axis, whose limits are set afterwards
        low, high = (1e-9 if gate[0] is None else float(gate[0])), (1e9 if gate[1] is None else float(gate[1]))
        axes.add_patch(Rectangle((low, y - 0.36), high - low, 0.72, color=MUTED, alpha=0.16, linewidth=0))


DRAWINGS = {
    "saturation": saturation, "saturation_depth": saturation_depth, "smoothing_effects": smoothing_effects,
    "smoothing_bands": smoothing_bands,
}  # fmt: skip
