"""A claim as a section of a report: its evidence gathered so that equal findings are said once, with their libraries."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from ...claims.record import replay, sentences
from ...claims.record.types import Cell, Claim, Design, Evidence, LimitFound, LimitSaid, Premises, Row, WrongFound
from . import compared, gates, standing, summary, words
from .compared import Comparisons, Seen


@dataclass(frozen=True)
class Section:
    """Everything that a report shows of a claim, gathered when it is asked for."""

    evidence: Evidence
    claim: Claim

    @property
    def line(self) -> str:
        return summary.verdict_line(self.evidence, self.claim)

    @property
    def as_worded(self) -> list[LimitSaid]:
        return standing.as_worded(self.claim)

    @property
    def unexpected(self) -> bool:
        return standing.unexpected(self.evidence, self.claim)

    @property
    def premises(self) -> Premises:
        return standing.premises_of(self.evidence, self.claim)

    @property
    def used_by(self) -> list[str]:
        return [p.claim for p in self.evidence.premises if self.claim.id in p.uses]

    @cached_property
    def cells(self) -> list[CellRow]:
        seconds = self.evidence.volatile.cell_seconds
        return [CellRow(c, seconds.get(f"{self.claim.id} [{c.name}]")) for c in self.claim.cells]

    @cached_property
    def libraries(self) -> list[Library]:
        return _libraries(self.cells)

    @cached_property
    def compared(self) -> Comparisons:
        return compared.comparisons(self.claim)

    @cached_property
    def limits(self) -> list[Limit]:
        says = {x.name: x.says for x in self.claim.limits}
        return [Limit.of(name, says.get(name, ""), found) for name, found in standing.limits(self.claim).items()]

    @cached_property
    def wrongs(self) -> list[Wrong]:
        return [Wrong(name, found) for name, found in standing.wrongs(self.claim).items()]

    @cached_property
    def against(self) -> list[tuple[str, list[Seen]]]:
        return compared.against(self.claim)

    @cached_property
    def defects(self) -> list[tuple[Cell, Row]]:
        return compared.within_defects(self.claim)

    @cached_property
    def gates(self) -> list[gates.Measured]:
        return gates.gates(self.claim)

    @cached_property
    def sides(self) -> list[tuple[str, list[tuple[str, bool]]]]:
        return gates.sides(self.claim)

    @property
    def designs(self) -> list[tuple[str, Design, str]]:
        return [(name, design, gates.seeds(design)) for name, design in self.claim.designs.items()]

    @cached_property
    def derivations(self) -> list[tuple[str, int, list[str]]]:
        return compared.derivations(self.claim)

    @cached_property
    def expected_from(self) -> list[tuple[str, int]]:
        return compared.expected_from(self.claim)

    @property
    def timings(self) -> list[tuple[str, str, list[Mapping[str, Any]]]]:
        """[(name, cell, rows)]: what clocks and meters said."""
        by_cell = self.evidence.volatile.timings
        found = [(c.name, by_cell.get(f"{self.claim.id} [{c.name}]", {})) for c in self.claim.cells]
        return [
            (name, cell, data["rows"]) for cell, timings in found for name, data in timings.items() if data.get("rows")
        ]

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
        """How a limit and a wrong are run again: the first command of each kind stands for all."""
        shown = next(((x, seen) for x in self.limits for seen in x.shows), None)
        wrong = next(iter(self.wrongs), None)
        found = [self.again(shown[1], limit=shown[0].name)] if shown else []
        return found + (
            [replay.command(self.evidence, self.claim.id, wrong.found[0][0], wrong=wrong.name)] if wrong else []
        )


# --- library by library ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CellRow:
    """What the table of libraries shows of a cell; ``seconds``: none where nobody measured them."""

    cell: Cell
    seconds: float | None

    @property
    def name(self) -> str:
        return self.cell.name

    @property
    def out(self) -> bool:
        return self.cell.verdict in standing.TAKES_NO_PART

    @property
    def ratio(self) -> str:
        return summary.ratio(self.cell)

    @property
    def worst(self) -> Row | None:
        """The comparison with the cell's largest ratio; none where no bit differs."""
        rows = (r for r in self.cell.rows if r.ratio == self.cell.worst_ratio and r.where is not None)
        return next(rows, None) if words.size(self.cell.worst_ratio) > 0 else None

    @property
    def caught(self) -> int:
        return sum(w.caught for w in self.cell.wrongs)

    @property
    def shown(self) -> int:
        return sum(x.shown for x in self.cell.limits)

    @property
    def defects(self) -> list[str]:
        return standing.defects_of(self.cell)

    @property
    def in_part(self) -> tuple[str, ...]:
        return standing.in_part(self.cell)


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


@dataclass(frozen=True)
class Wrong:
    """A wrong over all cells; the cell where it was hardest to catch stands for the rest."""

    name: str
    found: list[tuple[Cell, WrongFound]]

    @property
    def caught(self) -> int:
        return sum(w.caught for _, w in self.found)

    @property
    def survived(self) -> list[str]:
        return [c.name for c, w in self.found if not w.caught]

    @cached_property
    def _weakest(self) -> tuple[Cell, WrongFound]:
        survived = [(c, w) for c, w in self.found if not w.caught]
        return min(survived or self.found, key=lambda pair: words.size(pair[1].worst.ratio if pair[1].worst else None))

    @property
    def cell(self) -> Cell:
        return self._weakest[0]

    @property
    def weakest(self) -> WrongFound:
        return self._weakest[1]

    @property
    def ratio(self) -> float | None:
        return self.weakest.worst.ratio if self.weakest.worst else None

    @property
    def sentence(self) -> str:
        return sentences.sentence(self.weakest.worst) if self.weakest.worst else self.weakest.excuse
