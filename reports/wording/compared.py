"""A claim's comparisons gathered: what several cells or cases found alike is said once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from ...claims.record import sentences
from ...claims.record.types import Bits, Cell, Claim, Gate, Row, Stopped, Within
from . import words
from .standing import departures, standing

MOST = 8
"""Comparisons of one claim that are listed, each with all its libraries: what disagrees first, then one of each case, then the largest
ratios; all of them are in results.json."""


class Seen(NamedTuple):
    """A comparison in all the cells where it was found alike; ``cell``: the one that it is shown of."""

    row: Row
    cell: Cell
    cells: list[str]

    @property
    def standing(self) -> str:
        return standing(self.row)

    @property
    def finding(self) -> str:
        return finding(self.row)

    @property
    def ratio(self) -> float | None:
        return ratio(self.row)

    @property
    def said(self) -> tuple[Any, ...]:
        """All that is shown of it but the count of its numbers."""
        return self.row.label, self.standing, self.finding, self.ratio, self.cell.name, tuple(self.cells)


def ratio(row: Row) -> float | None:
    """Where an experiment stopped there is none."""
    return None if isinstance(row, Stopped) else row.ratio


def finding(row: Row) -> str:
    """What a comparison found, without what was compared."""
    if row.agrees and isinstance(row, Bits):
        return "every bit equal" if row.elements else "both empty"
    if row.agrees and isinstance(row, Within) and row.elements:
        if row.where is None:
            return "no error"
        got, wanted, allowed = (words.value(x) for x in (row.got, row.wanted, row.allowed))
        return f"worst at {words.value(row.where)}: got {got}, wanted {wanted}, allowed ±{allowed}"
    return words.cut(sentences.finding(row), 1000)


def once(pairs: Iterable[tuple[Cell, Row]], *, by_label: bool = False) -> list[Seen]:
    """Comparisons with the same finding, or only of the same label, once; the first stands for the rest."""
    keyed: dict[tuple[Any, ...], Seen] = {}
    for cell, row in pairs:
        found = (words.value(sentences.got(row)), words.value(sentences.wanted(row)), row.note)
        key = row.label, row.agrees, row.outcome, *(() if by_label else found)
        keyed.setdefault(key, Seen(row, cell, [])).cells.append(cell.name)
    return list(keyed.values())


# --- what agrees and what does not, case by case -----------------------------------------------------------------------


class Comparisons(NamedTuple):
    """cases: [(cases of which all that is listed is alike, [(comparison, its numbers in all of these cases)])]; cells: those where anything
    was compared."""

    cases: list[tuple[list[str], list[tuple[Seen, int]]]]
    cells: list[str]
    listed: int
    of: int


def comparisons(claim: Claim) -> Comparisons:
    """A claim's comparisons by their cases, without the gates, which have a table of their own. Where libraries agree, one row stands for all."""
    cases = _cases(claim)
    said: dict[tuple[Any, ...], list[str]] = {}
    for case, found in cases.items():
        said.setdefault(tuple(c.said for c in found), []).append(case)
    groups = [(names, cases[names[0]]) for names in said.values()]
    listed = _listed([found for _, found in groups])
    shown = []
    for names, found in groups:
        numbers = [sum(cases[name][i].row.elements for name in names) for i in range(len(found))]
        shown.append((names, [(c, n) for c, n in zip(found, numbers, strict=True) if id(c) in listed]))
    cells = dict.fromkeys(name for found in cases.values() for c in found for name in c.cells)
    count = sum(len(names) * len(rows) for names, rows in shown)
    return Comparisons(shown, list(cells), count, sum(map(len, cases.values())))


def _cases(claim: Claim) -> dict[str, list[Seen]]:
    alike: dict[tuple[str, ...], list[tuple[Cell, Row]]] = {}
    for cell in claim.cells:
        for r in cell.rows:
            if not isinstance(r, Gate):
                key = r.case, r.label, r.kind, standing(r), *([] if r.agrees else [finding(r)])
                alike.setdefault(key, []).append((cell, r))
    cases: dict[str, list[Seen]] = {}
    for (case, *_), rows in alike.items():
        cell, worst = max(rows, key=lambda pair: words.size(ratio(pair[1])))
        cases.setdefault(case, []).append(Seen(worst, cell, list(dict.fromkeys(c.name for c, _ in rows))))
    return cases


def _listed(groups: list[list[Seen]]) -> set[int]:
    """The comparisons that are listed, by their identity: all that disagree, one of each group, and the largest ratios."""
    places: dict[int, tuple[bool, bool, float]] = {}
    for found in groups:
        first = max(found, key=lambda c: words.size(c.ratio))
        for c in found:
            places[id(c)] = c.standing in ("agrees", "no part"), c is not first, -words.size(c.ratio)
    must = sum(place[:2] != (True, True) for place in places.values())
    return set(sorted(places, key=places.__getitem__)[: max(MOST, must)])


# --- what tells against it ---------------------------------------------------------------------------------------------

AGAINST = {
    "departs": "Counterexamples inside the scope",
    "gate": "Gates that were stated before the run and not met",
    "stopped": "What could not be run",
}


def against(claim: Claim) -> list[tuple[str, list[Seen]]]:
    """[(heading, comparisons)]: everything that keeps the claim from holding, the same finding of several cells once."""
    rows = [(c, r) for c in claim.cells for r in departures(c)]
    found = [(title, once(pair for pair in rows if standing(pair[1]) == kind)) for kind, title in AGAINST.items()]
    return [(title, seen) for title, seen in found if seen]


# --- why so much error is allowed, and what is expected ----------------------------------------------------------------


def derivations(claim: Claim) -> list[tuple[str, int, list[str]]]:
    """Why errors are allowed: [(derivation, how many like it, [what they were used for])]; alike but for their numbers, once."""
    rows = [(r.derivation, r.label) for c in claim.cells for r in c.rows if isinstance(r, Within) and r.derivation]
    return [(first, n, list(dict.fromkeys(labels))) for first, n, labels in _alike(rows)]


def expected_from(claim: Claim) -> list[tuple[str, int]]:
    """Where the expected values come from: [(source, how many like it)]; a gate says so in its own table."""
    rows = [(r.source, r.label) for c in claim.cells for r in c.rows if r.source and not isinstance(r, Gate)]
    return [(first, n) for first, n, _ in _alike(rows)]


def _alike(pairs: list[tuple[str, str]]) -> Iterable[tuple[str, int, list[str]]]:
    """(text, how many differ from it in numbers only, all labels of this kind), of (text, label)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for text, label in pairs:
        found.setdefault(re.sub(r"[-\d.]+(e[-+]?\d+)?( to [-\d.]+(e[-+]?\d+)?)?", "#", text), []).append((text, label))
    for like in found.values():
        yield like[0][0], len({text for text, _ in like}), [label for _, label in like]
