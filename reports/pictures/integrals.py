"""The lecture's lost picture: W, X and X ∗ W, and what their integral is for one t.

``integral``: what a claim yields for it
    a, X, W, S         [number] the functions and X ∗ W at the same places
    steps              [number] the steps h, from large to small
    sampled            [{"t": [number], "S": [number]}] what the library's sum times the step gives, for each step
    errors             [number] the largest |S − sampled|, for each step
    at                 number, the t that is looked at; area: S there
    shifted            {"a": [number], "W": [number], "product": [number]} W(t − a) and X(a)·W(t − a) for that t
"""

from __future__ import annotations

import itertools
from typing import Any

from ..wording.words import number
from . import canvas
from .canvas import MUTED, SERIES, Drawing, Groups, known, log_ticks, names_of


def integral(groups: Groups) -> Drawing:
    """Above: W, X and X ∗ W with the library's own sums; below: the product whose area is S(t), and the error against the step."""
    data = groups[0][0]
    page = canvas.figure(4.6)
    above, below = page.subfigures(2, 1)
    w, x, s = above.subplots(1, 3, sharex=True, width_ratios=[1, 1, 1.3])
    _curve(w, data["a"], data["W"], "W(a)", SERIES[1])
    _curve(x, data["a"], data["X"], "X(a)", SERIES[0])
    _curve(s, data["a"], data["S"], "(X ∗ W)(t)", SERIES[2])
    for k, (one, step) in enumerate(zip(data["sampled"][:2], data["steps"], strict=False)):
        look = {"markerfacecolor": ("none", SERIES[3])[k], "markeredgecolor": SERIES[3], "markersize": 6 - 2.5 * k}
        s.plot(known(one["t"]), known(one["S"]), "o", label=f"h = {number(step)}", **look)
    s.legend(loc="upper right", title="sum × step", title_fontsize=8.5)
    product, errors = below.subplots(1, 2, width_ratios=[1.4, 1])
    _product(product, data)
    for (group, cells), colour in zip(groups, itertools.cycle(SERIES[3:]), strict=False):
        found = known(group["errors"], positive=True)
        errors.plot(known(group["steps"]), found, "o-", color=colour, label=names_of(cells), markersize=4)
    h, first = known(data["steps"]), known(data["errors"])[0]
    second_order, said = [first * (step / h[0]) ** 2 for step in h], "order 2: a quarter for half the step"
    errors.plot(h, second_order, linestyle=(0, (4, 2)), color=MUTED, label=said)
    errors.set_xscale("log", base=2)
    errors.set_yscale("log")
    errors.set_xticks(h, [number(step) for step in h])
    log_ticks(errors.yaxis)
    errors.minorticks_off()
    errors.set_title("largest error, by the step")
    errors.set_xlabel("h")
    errors.legend(loc="upper left", fontsize=7.5)
    names = names_of([cell for _, cells in groups for cell in cells])
    caption = (
        f"The integral at t = {number(data['at'])}: X(a) times W shifted to t and flipped; the shaded area is S(t) = {number(data['area'])}. Circles: "
        f"the discrete convolution of samples times the step, by {names}."
    )
    pairs = zip(data["errors"], data["steps"], strict=True)
    largest = ", ".join(f"{number(error)} for h = {number(step)}" for error, step in pairs)
    return Drawing(page, caption, f"W, X and X ∗ W as curves. {caption} Largest error: {largest}.")


def _curve(axes: Any, a: Any, values: Any, title: str, colour: str) -> None:
    axes.plot(known(a), known(values), color=colour)
    axes.set_title(title)
    axes.set_ylim(bottom=0)
    axes.grid(axis="y", linewidth=0.6)


def _product(axes: Any, data: Any) -> None:
    at, shifted = float(data["at"]), data["shifted"]
    axes.plot(known(data["a"]), known(data["X"]), color=SERIES[0], label="X(a)")
    axes.plot(known(shifted["a"]), known(shifted["W"]), color=SERIES[1], label=f"W({number(at)} − a)")
    look = {"color": SERIES[2], "alpha": 0.3, "linewidth": 0, "label": f"area {number(data['area'])}"}
    axes.fill_between(known(shifted["a"]), known(shifted["product"]), **look)
    axes.axvline(at, color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)))
    axes.set_ylim(0, None)
    axes.set_xlabel("a")
    axes.set_title(f"t = {number(at)}: X(a) · W(t − a)")
    axes.legend(loc="upper right")


DRAWINGS = {"integral": integral}
