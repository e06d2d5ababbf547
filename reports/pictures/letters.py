"""The lecture's worked picture, typeset: each window's letters, the kernel's letters on them, and the sum; plain HTML and MathML.

``worked_example``: what a claim yields for it
    input              [[str]] rows of letters, e.g. [["a", "b", "c", "d"], ["e", …], ["i", …]]
    kernel             [[str]] e.g. [["w", "x"], ["y", "z"]]
    sums               [{"name": "convolution" | any, "formula": str, "windows": [[window]]}], windows as they lie in the feature map
    a window           {"index": [i, j], "products": [[letter of the input, letter of the kernel]], "sum": "az + by + ex + fw",
                       "got": the same, as the library computes it}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ..wording.words import cells

PARTS = re.compile(r"[Σ∑]_(\w)|([A-Za-z])|(\d+)|(\S)")


@dataclass(frozen=True)
class Window:
    """One number of the feature map. ``rows``: the input's letters, each with the kernel's letter on it or ""."""

    index: str
    rows: tuple[tuple[tuple[str, str], ...], ...]
    products: tuple[tuple[str, str], ...]
    sum: str
    others: tuple[tuple[str, str], ...]
    """(libraries, what they compute) where that is another sum."""

    @property
    def says(self) -> str:
        return f"{self.index}: {', '.join(f'{letter} meets {kernel}' for letter, kernel in self.products)}"


@dataclass(frozen=True)
class Sum:
    """One of the lecture's two sums, with its feature map."""

    name: str
    formula: str
    map: tuple[tuple[Window, ...], ...]


def sums(groups: Iterable[tuple[Any, list[str]]]) -> list[Sum]:
    """The picture: ``groups`` is [(data, [cell])], with data that are the same once."""
    groups = list(groups)
    data = groups[0][0]
    made = []
    for s, one in enumerate(data["sums"]):
        rows = [
            [
                _window(data["input"], window, [(g["sums"][s]["windows"][p][q]["got"], names) for g, names in groups])
                for q, window in enumerate(row)
            ]
            for p, row in enumerate(one["windows"])
        ]
        made.append(Sum(str(one["name"]), str(one["formula"]), tuple(map(tuple, rows))))
    return made


def _window(letters: Any, window: Mapping[str, Any], got: list[tuple[str, list[str]]]) -> Window:
    products = tuple((str(letter), str(kernel)) for letter, kernel in window["products"])
    on = dict(products)
    rows = tuple(tuple((str(letter), on.get(str(letter), "")) for letter in row) for row in letters)
    index = f"S({', '.join(map(str, window['index']))})"
    others = tuple((cells(names), str(other)) for other, names in got if other != window["sum"])
    return Window(index, rows, products, str(window["sum"]), others)


def typeset(groups: list[tuple[Any, list[str]]]) -> tuple[Markup, str, str]:
    """(HTML, caption, the same for who cannot see it)."""
    made = sums(groups)
    found = Markup('<div class="letters">{}{}</div>').format(_given(groups[0][0]), Markup().join(map(_html, made)))
    windows = [w for one in made for row in one.map for w in row]
    names = cells([name for _, cells_ in groups for name in cells_])
    caption = (
        "Every window of the worked picture. A letter of the window is multiplied with the small letter on it, which is the kernel's (turned "
        "by 180° for convolution), and the products are summed. The sums are computed on symbols; "
    )
    if any(w.others for w in windows):
        caption += f"what {names} compute is another sum where it says so."
    else:
        caption += f"{names} compute the same ones: the coefficient of every product was read off one letter at a time."
    alt = " ".join(
        f"{one.name}: " + "; ".join(f"{w.index} = {w.sum}" for row in one.map for w in row) + "." for one in made
    )
    return found, caption, f"Worked example. {alt}"


def _html(one: Sum) -> Markup:
    rows = Markup().join(Markup("<tr>{}</tr>").format(Markup().join(_cell(w) for w in row)) for row in one.map)
    return Markup(
        '<p class="formula"><b>{}</b> {}</p><table class="map" aria-label="{}, window by window"><tbody>{}</tbody></table>'
    ).format(one.name, mathml(one.formula), one.name, rows)


def _cell(w: Window) -> Markup:
    window = Markup('<table class="window" role="img" aria-label="{}">{}</table>').format(
        w.says, Markup().join(Markup("<tr>{}</tr>").format(Markup().join(_letters(row))) for row in w.rows)
    )
    terms = Markup("<mo>+</mo>").join(
        Markup('<mi>{}</mi><mi class="of-kernel">{}</mi>').format(letter, kernel) for letter, kernel in w.products
    )
    equation = Markup('<p class="sum"><math>{}<mo>=</mo><mrow>{}</mrow></math></p>').format(_inner(w.index), terms)
    others = Markup().join(Markup('<p class="bad">{}: {}</p>').format(names, other) for names, other in w.others)
    return Markup("<td>{}{}{}</td>").format(window, equation, others)


def _letters(row: Iterable[tuple[str, str]]) -> Iterator[Markup]:
    for letter, kernel in row:
        if kernel:
            yield Markup('<td class="met">{}<sub class="of-kernel">{}</sub></td>').format(letter, kernel)
        else:
            yield Markup("<td>{}</td>").format(letter)


def _given(data: Any) -> Markup:
    """Input and kernel, and the kernel as convolution lays it on a window."""
    turned = [list(reversed(row)) for row in reversed(data["kernel"])]
    arrays = (
        ("input X", data["input"], ""),
        ("kernel W", data["kernel"], "of-kernel"),
        ("W turned by 180°", turned, "of-kernel"),
    )
    columns = Markup().join(
        Markup('<td>{}<table class="window">{}</table></td>').format(
            title, Markup().join(Markup("<tr>{}</tr>").format(_row(row, look)) for row in rows)
        )
        for title, rows, look in arrays
    )
    return Markup('<table class="map"><tbody><tr>{}</tr></tbody></table>').format(columns)


def _row(row: Any, look: str) -> Markup:
    return Markup().join(Markup('<td class="met {}">{}</td>').format(look, letter) for letter in row)


def mathml(formula: str) -> Markup:
    """A formula in one line as MathML: ``Σ_m`` is a sum over m, letters are variables, digits numbers, the rest signs."""
    return Markup('<math display="inline"><mrow>{}</mrow></math>').format(_inner(formula))


def _inner(formula: str) -> Markup:
    parts = []
    for over, letter, digits, sign in PARTS.findall(formula):
        if over:
            parts.append(Markup('<munder><mo movablelimits="false">∑</mo><mi>{}</mi></munder>').format(over))
        elif letter:
            parts.append(Markup("<mi>{}</mi>").format(letter))
        else:
            shape = "<mn>{}</mn>" if digits else '<mo stretchy="false">{}</mo>' if sign in "()[]" else "<mo>{}</mo>"
            parts.append(Markup(shape).format(digits or sign))
    return Markup().join(parts)


TYPESET = {"worked_example": typeset}
