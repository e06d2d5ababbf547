"""A network's table of layers: output sizes, parameters, multiply-adds; in HTML, in Markdown's rows and in a terminal.

``layers/<name of the network>`` among a claim's figures:
    network, source    str
    input              [C, H, W]
    rows               [[name, kind, [names of the layers whose outputs it takes], [C, H, W] or [I], parameters, multiply-adds]]

and, for a list of layers of a user's own, what the frameworks say of each layer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...reference import libraries, validation
from ...reference.networks import layers
from ..wording import standing, words

if TYPE_CHECKING:
    from ...claims.language.outcome import Outcome

FIGURE = "layers/"
HEAD = ("layer", "kind", "takes", "output", "parameters", "multiply-adds")
NUMBERS = 2
"""The last columns are numbers."""
OPEN = 20
"""A longer table is folded."""
WHAT = ("output", "parameters", "not_learned", "multiply_adds")
"""What a framework says of a layer."""


# ------------------------------------------------------------------------------------------------- the table, in words


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
        f"parameters and its multiply-adds, by formula. {words.listed([name.split()[0] for name in names])} built it of layers of their "
        "own; the comparisons say whether each layer came out so."
    )
    return found, caption, f"Table of layers. {title(data)}."


def _row(row: tuple[str, ...]) -> Markup:
    first, *rest = row
    others = Markup().join(Markup("<td{}>{}</td>").format(_class(i), text) for i, text in enumerate(rest, 1))
    return Markup('<tr><th scope="row">{}</th>{}</tr>').format(first, others)


def _class(column: int) -> Markup:
    return Markup(' class="n"') if column >= len(HEAD) - NUMBERS else Markup()


# --------------------------------------------------------------------------------------------- a list of a user's own


@dataclass(frozen=True)
class Answer:
    """What became of one library: its outcome's kind, and what it says otherwise than the formulas, by what it is said of."""

    library: str
    kind: str
    error: str
    differences: Mapping[str, str]
    untold: int = 0

    @property
    def agrees(self) -> bool:
        return self.kind == "value" and not self.differences


def read(file: Path, size: str) -> layers.Network:
    """The file's network on its own input, or on another, ``"C,H,W"``; checked, so that what follows can rely on it."""
    network = layers.read(file)
    if size:
        if not re.fullmatch(r"[1-9][0-9]*(,[1-9][0-9]*){2}", size):
            validation.refuse("--input", size, "C,H,W, three whole numbers", "use --input 3,224,224 for a colour image")
        network = replace(network, size=layers.image_size("--input", [int(n) for n in size.split(",")]))
    elif not network.size:
        validation.refuse(
            "input", None, "[C, H, W], three whole numbers", "write it in the file, or give --input C,H,W"
        )
    layers.resolve(network.layers, network.size)
    return network


def with_layers() -> list[str]:
    """The installed libraries that have layers of their own; NumPy and SciPy have none."""
    return [name for name in libraries.WITH_LAYERS if libraries.installed(name)]


def data_of(network: layers.Network) -> dict[str, Any]:
    rows = layers.table(network.layers, network.size)
    return {
        "network": network.name,
        "source": "",
        "input": list(network.size),
        "rows": [[r.name, r.kind, list(r.takes), list(r.output), r.parameters, r.multiply_adds] for r in rows],
    }


def built(network: layers.Network, backend: str, *, timeout: float) -> Answer:
    """The network, built and run by one library in its own process, against the formulas."""
    from ...claims.engine.workers import Worker
    from ...claims.language.outcome import ask  # a report that is made again from the evidence needs no engine

    label = libraries.label(backend)
    if not libraries.installed(backend):
        return Answer(label, "absent", f"{label} is not installed", {})
    resolved, rows = layers.resolve(network.layers, network.size), layers.table(network.layers, network.size)
    worker = Worker(backend, timeout=timeout)
    try:
        worker.start()
        (outcome,) = worker.run([ask("network_layers", layers=resolved, size=network.size)])
    finally:
        worker.close()
    return answer(label, outcome, rows)


def answer(label: str, outcome: Outcome, rows: Sequence[layers.Row]) -> Answer:
    if outcome.kind != "value":
        return Answer(label, outcome.kind, outcome.error, {})
    said = {what: layers.differences(outcome.value, [getattr(row, what) for row in rows], what) for what in WHAT}
    untold = sum(report["multiply_adds"] is None for report in outcome.value)
    return Answer(label, "value", "", {k: v for k, v in said.items() if v != layers.ALL_AGREE}, untold)


def terminal(out: Console, network: layers.Network, answers: Sequence[Answer]) -> None:
    """The table, and under it a line for each library."""
    data = data_of(network)
    out.print(Text(f"{title(data)}, on an input of {size(network.size)}", "bold"), soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    for i, head in enumerate(HEAD):
        table.add_column(head, justify="right" if i >= len(HEAD) - NUMBERS else "left", overflow="fold")
    for row in cells(data):
        table.add_row(*map(Text, row))
    out.print(table)
    for one in answers:
        style = "green" if one.agrees else "dim" if one.kind in standing.TAKES_NO_PART else "bold red"
        out.print(Text(sentence(one), style), soft_wrap=True)
    if not answers:
        out.print("By formula only: neither torch nor tensorflow is installed here to build it in.")


def sentence(one: Answer) -> str:
    if one.kind != "value":
        return f"{one.library}: {one.kind}: {one.error}"
    if one.differences:
        said = "; ".join(f"{what.replace('_', '-')}: {text}" for what, text in one.differences.items())
        return f"{one.library}: not so. {words.cut(said, 2000)}"
    untold = f"; of {words.plural(one.untold, 'layer')} it does not tell the multiply-adds" if one.untold else ""
    return f"{one.library}: agrees in every layer{untold}"


def as_dict(network: layers.Network, answers: Sequence[Answer]) -> dict[str, Any]:
    rows = layers.table(network.layers, network.size)
    parameters, work = sums(data_of(network))
    return {
        "network": network.name,
        "input": list(network.size),
        "layers": [asdict(row) for row in rows],
        "parameters": parameters,
        "not_learned": sum(row.not_learned for row in rows),
        "multiply_adds": work,
        "libraries": {
            one.library: {
                "outcome": one.kind,
                "agrees": one.agrees,
                "error": one.error,
                "differences": dict(one.differences),
            }
            for one in answers
        },
    }
