"""A network's table of layers: output sizes, parameters, multiply-adds; as HTML, and as rows of texts for other formats.

``layers/<name of the network>`` among a claim's figures:
    network, source    str
    input              [C, H, W]
    rows               [[name, kind, [names of the layers whose outputs it takes], [C, H, W] or [I], parameters, multiply-adds]]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ..wording import words

FIGURE = "layers/"
HEAD = ("layer", "kind", "takes", "output", "parameters", "multiply-adds")
NUMBERS = 2
"""The last columns are numbers."""
OPEN = 20
"""A longer table is folded."""


def cells(data: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The table's rows as texts, and the sums in the last one. A layer that takes the one before it says nothing of that."""
    rows, last = [], "input"
    for name, kind, takes, output, parameters, work in data["rows"]:
        rows.append(
            (
                _line(name),
                kind.replace("_", " "),
                "" if list(takes) == [last] else _takes(takes),
                size(output),
                words.number(parameters),
                words.number(work),
            )
        )
        last = name
    return [*rows, ("sum", "", "", "", *map(words.number, sums(data)))]


def _takes(names: Sequence[str]) -> str:
    names = [_line(name) for name in names]
    return ", ".join(names) if len(names) <= 4 else f"{names[0]}, …, {names[-1]} ({len(names)})"


def _line(name: str) -> str:
    """A name of a user's own, on one line, with nothing in it that hides."""
    return words.cut(" ".join(words.visible(name).split()), 60)


def sums(data: Mapping[str, Any]) -> tuple[int, int]:
    """Parameters and multiply-adds of the whole network."""
    return sum(row[4] for row in data["rows"]), sum(row[5] for row in data["rows"])


def size(output: Sequence[int]) -> str:
    return " × ".join(map(str, output))


def title(data: Mapping[str, Any]) -> str:
    parameters, work = map(words.number, sums(data))
    return f"{_line(data['network'])}: {len(data['rows'])} layers, {parameters} parameters, {work} multiply-adds"


def typeset(groups: list[tuple[Any, list[str]]]) -> tuple[Markup, str, str]:
    """(HTML, caption, the same for who cannot see it)."""
    (data, names), *others = groups
    if others:
        raise ValueError("the table follows from formulas: it is the same for every library")
    head = Markup().join(Markup('<th scope="col"{}>{}</th>').format(_class(i), h) for i, h in enumerate(HEAD))
    body = Markup().join(_row(row) for row in cells(data))
    found = Markup(
        '<details class="layers"{}><summary>{}</summary><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></details>'
    ).format(Markup(" open") if len(data["rows"]) <= OPEN else "", title(data), head, body)
    caption = (
        f"{data['network']} ({data['source']}) on an input of {size(data['input'])}: each layer's output size C × H × W, its learned "
        f"parameters and its multiply-adds, by formula. {words.listed(names)} built it of layers of their "
        "own; the comparisons say whether each layer came out so."
    )
    return found, caption, f"Table of layers. {title(data)}."


def _row(row: tuple[str, ...]) -> Markup:
    first, *rest = row
    others = Markup().join(Markup("<td{}>{}</td>").format(_class(i), text) for i, text in enumerate(rest, 1))
    return Markup('<tr><th scope="row">{}</th>{}</tr>').format(first, others)


def _class(column: int) -> Markup:
    return Markup(' class="n"') if column >= len(HEAD) - NUMBERS else Markup()
