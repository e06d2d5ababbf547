"""A claim as a section of a report: its evidence gathered so that equal findings are said once, with their libraries."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ...claims.record import replay, sentences
from ...claims.record.types import Cell, Claim, Evidence, LimitFound, Row, WrongFound
from . import compared, findings, gates, standing, summary, words
from .compared import Seen


class Section:
    """Everything that a report shows of a claim."""

    def __init__(self, evidence: Evidence, claim: Claim) -> None:
        says = {x.name: x.says for x in claim.limits}
        seconds = evidence.volatile.cell_seconds
        self.evidence, self.claim = evidence, claim
        self.line = summary.verdict_line(evidence, claim)
        self.as_worded, self.correction = standing.as_worded(claim), findings.correction(claim)
        self.unexpected = standing.unexpected(evidence, claim)
        self.premises = standing.premises_of(evidence, claim)
        self.used_by = [p.claim for p in evidence.premises if claim.id in p.uses]
        self.cells = [CellRow(c, seconds.get(f"{claim.id} [{c.name}]")) for c in claim.cells]
        self.libraries = _libraries(self.cells)
        self.compared = compared.comparisons(claim)
        self.limits = [Limit.of(name, says.get(name, ""), found) for name, found in standing.limits(claim).items()]
        self.wrongs = [Wrong(name, found) for name, found in standing.wrongs(claim).items()]
        self.against = compared.against(claim)
        self.defects = [(c, r) for c in claim.cells for r in c.rows if r.defect and not r.agrees]
        self.gates = gates.gates(claim)
        self.sides = gates.sides(claim)
        self.two_sides = len(self.sides) == 2 and all(any(met for _, met in named) for _, named in self.sides)
        self.designs = [(name, design, gates.seeds(design)) for name, design in claim.designs.items()]
        self.derivations = compared.derivations(claim)
        self.expected_from = compared.expected_from(claim)
        self.timings = list(_timings(evidence, claim))
        self.computed = _computed(evidence, claim)

    def again(self, seen: Seen, limit: str = "") -> str:
        """The command that shows a comparison again; empty where there is nothing to show."""
        row = seen.row
        if not row.made or (row.agrees and not row.must_fail):
            return ""
        case = "" if limit else replay.address(row)
        return replay.command(self.evidence, self.claim.id, seen.cell, case=case, limit=limit)

    def wrong_again(self, wrong: Wrong) -> str:
        """The command that runs a wrong again, where it was hardest to catch."""
        return replay.command(self.evidence, self.claim.id, wrong.cell, wrong=wrong.name)

    @property
    def examples(self) -> list[str]:
        """How a limit and a wrong are run again: the first of each kind stands for all."""
        limit = next(((x.name, seen) for x in self.limits for seen in x.shows), None)
        wrong = next(((c, w.name) for c in self.claim.cells for w in c.wrongs), None)
        found = [self.again(limit[1], limit=limit[0])] if limit else []
        return found + ([replay.command(self.evidence, self.claim.id, wrong[0], wrong=wrong[1])] if wrong else [])


def _computed(evidence: Evidence, claim: Claim) -> str:
    """When and on which machines the claim's cells were computed: "2026-11-30T13:54 to 2026-11-30T13:55 UTC on vm"."""
    known = evidence.volatile.computed
    found = [known[name] for cell in claim.cells if (name := f"{claim.id} [{cell.name}]") in known]
    if not found:
        return ""
    first, last = min(c.at[:16] for c in found), max(c.at[:16] for c in found)
    when = first if first == last else f"{first} to {last}"
    return f"{when} UTC on {', '.join(sorted({c.on for c in found}))}"


def _timings(evidence: Evidence, claim: Claim) -> Iterator[tuple[str, str, list[Mapping[str, Any]]]]:
    """(name, cell, rows): what clocks and meters said."""
    for cell in claim.cells:
        for name, data in evidence.volatile.timings.get(f"{claim.id} [{cell.name}]", {}).items():
            if data.get("rows"):
                yield name, cell.name, data["rows"]


# --- library by library ------------------------------------------------------------------------------------------------


class CellRow:
    """What the table of libraries shows of a cell; ``seconds``: none where nobody measured them."""

    def __init__(self, cell: Cell, seconds: float | None) -> None:
        rows = (r for r in cell.rows if r.ratio == cell.worst_ratio and r.where is not None)
        self.cell, self.name, self.seconds = cell, cell.name, seconds
        self.out = cell.verdict in standing.TAKES_NO_PART
        self.ratio = summary.ratio(cell)
        self.worst = next(rows, None) if words.size(cell.worst_ratio) > 0 else None  # none where no bit differs
        self.caught = sum(w.caught for w in cell.wrongs)
        self.shown = sum(x.shown for x in cell.limits)
        self.defects = standing.defects_of(cell)
        self.in_part = standing.in_part(cell)


class Library(NamedTuple):
    """A row of the table of libraries: one cell, or those of one library that took no part for one reason.

    untested: [(cells, what was not tested on them)] of the library, each entry once, said below its last row; several: whether the library has
    several cells.
    """

    cells: list[CellRow]
    untested: list[tuple[list[str], list[str]]]
    several: bool


def _libraries(cells: list[CellRow]) -> list[Library]:
    def row(x: CellRow) -> tuple[str, ...]:
        return (x.cell.verdict, x.cell.reason) if x.out else (x.name,)

    found = []
    for _, own in itertools.groupby(cells, key=lambda x: x.cell.backend):
        library = list(own)
        on: dict[str, list[str]] = {}
        for x in library:
            for missing in x.in_part:
                on.setdefault(missing, []).append(x.name)
        untested: dict[tuple[str, ...], list[str]] = {}
        for missing, names in on.items():
            untested.setdefault(tuple(names), []).append(missing)
        said = [(list(names), entries) for names, entries in untested.items()]
        rows = [list(alike) for _, alike in itertools.groupby(library, key=row)]
        found += [Library(r, said if r is rows[-1] else [], len(library) > 1) for r in rows]
    return found


# --- limits and wrongs -------------------------------------------------------------------------------------------------


class Search(NamedTuple):
    """What a search found, and the names of the cells where it found the same points: the smallest counterexample, what is so instead there,
    and the nearest neighbour at which the sentence holds."""

    smallest: Seen
    instead: Row | None
    neighbour: Row | None


class Limit(NamedTuple):
    """A limit over all cells: those where it was shown and those where it was not, the literal sentence, what is predicted beside it."""

    name: str
    says: str
    shown: list[str]
    hidden: list[str]
    searches: list[Search]
    literal: list[Seen]
    beside: list[Seen]

    @property
    def shows(self) -> list[Seen]:
        """The comparisons that show it."""
        return [s.smallest for s in self.searches] or self.literal

    @property
    def scripts(self) -> list[str]:
        return [seen.row.snippet for seen in self.shows if seen.row.snippet]

    @classmethod
    def of(cls, name: str, says: str, found: list[tuple[Cell, LimitFound]]) -> Limit:
        rows = [(c, r) for c, x in found for r in x.rows if r.found is None]
        return cls(
            name,
            says,
            shown=[c.name for c, x in found if x.shown],
            hidden=[c.name for c, x in found if not x.shown],
            searches=_searches(found),
            literal=compared.once(pair for pair in rows if pair[1].must_fail),
            beside=compared.once((pair for pair in rows if not pair[1].must_fail), by_label=True),
        )


def _searches(found: list[tuple[Cell, LimitFound]]) -> list[Search]:
    """Each search once, with the numbers of the first cell where several found the same points."""
    keyed: dict[tuple[Any, ...], Search] = {}
    for cell, limit in found:
        searches: list[dict[str, Row]] = []
        for row in limit.rows:
            if row.found is not None:
                searches += [{}] if row.found.role == "smallest" else []
                if searches:
                    searches[-1][row.found.role] = row
        for roles in searches:
            key = tuple(
                (role, words.symbols(r.found.symbols if r.found else {}), r.label, r.agrees, r.outcome)
                for role, r in roles.items()
            )
            smallest = Seen(roles["smallest"], cell, [])
            one = keyed.setdefault(key, Search(smallest, roles.get("instead"), roles.get("neighbour")))
            one.smallest.cells.append(cell.name)
    return list(keyed.values())


class Wrong:
    """A wrong over all cells; the cell where it was hardest to catch stands for the rest."""

    def __init__(self, name: str, found: list[tuple[Cell, WrongFound]]) -> None:
        survived = [(c, w) for c, w in found if not w.caught]
        hardest = min(survived or found, key=lambda pair: words.size(pair[1].worst.ratio if pair[1].worst else None))
        self.name, self.of, self.caught = name, len(found), len(found) - len(survived)
        self.survived = [c.name for c, _ in survived]
        self.cell, self.weakest = hardest
        worst = self.weakest.worst
        self.ratio = worst.ratio if worst else None
        self.sentence = sentences.sentence(worst) if worst else self.weakest.excuse
