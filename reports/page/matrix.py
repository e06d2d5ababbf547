"""The matrix of claims and libraries: what every cell says, gathered so that a row fits beside its name.

A library has one column; in it stands each look once: a verdict, or broken, with the dtypes that it is about. Libraries that take part in one
claim only (decoders of images, say) share the last column, each under its own name.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ...claims.record.types import Cell, Claim, Evidence
from ..wording import standing

TOGETHER = 2
"""How many libraries of one claim each it takes to share a column."""
LOOKS = ("verified", "refuted", "unsupported", "absent", "broken")
"""The facts about a cell that are always counted above the matrix, also where there are none; the others only where there are some."""
NOT_HOLDING = ("refuted", "error", "inconclusive", "not supported", "disputed")
"""The verdicts from the most to the least surprising."""


@dataclass(frozen=True)
class Fact:
    """What several cells of a claim on one library say alike."""

    library: str
    look: str
    in_part: bool
    flawed: bool
    cells: tuple[Cell, ...]

    @property
    def why(self) -> str:
        """The cells' reasons, equal ones once."""
        return "; ".join(dict.fromkeys(c.reason for c in self.cells))


@dataclass(frozen=True)
class Row:
    """A claim, its facts column by column, and its place when sorted by surprise."""

    claim: Claim
    columns: tuple[tuple[Fact, ...], ...]
    surprise: int


def libraries(evidence: Evidence) -> tuple[list[str], list[str]]:
    """(libraries with a column of their own, those that share one)."""
    asked = [name for name, _ in standing.columns(evidence)]
    shared = [name for name in asked if sum(_takes_part(c, name) for c in evidence.claims) == 1]
    if len(evidence.claims) < 2 or len(shared) < TOGETHER or len(shared) == len(asked):
        shared = []
    return [name for name in asked if name not in shared], shared


def _takes_part(claim: Claim, library: str) -> bool:
    return any(c.backend == library for c in claim.cells)


def rows(evidence: Evidence) -> list[Row]:
    own, shared = libraries(evidence)
    place = {name: i for i, name in enumerate(surprise(evidence))}
    found = []
    for claim in evidence.claims:
        columns = [tuple(_facts(claim, name)) for name in own]
        if shared:
            columns.append(tuple(fact for name in shared for fact in _facts(claim, name)))
        found.append(Row(claim, tuple(columns), place[claim.id]))
    return found


def _facts(claim: Claim, library: str) -> Iterator[Fact]:
    alike: dict[tuple[str, bool, bool], list[Cell]] = {}
    for cell in claim.cells:
        if cell.backend == library:
            look = standing.look(cell), bool(standing.in_part(cell)), bool(standing.defects_of(cell))
            alike.setdefault(look, []).append(cell)
    return (Fact(library, *look, tuple(cells)) for look, cells in alike.items())


def surprise(evidence: Evidence) -> list[str]:
    """Claims in the order of surprise: not as declared; then by verdict; then what fails as worded; then by the smallest margin."""

    def order(claim: Claim) -> tuple[bool, int, float]:
        verdict, last = claim.verdict, len(NOT_HOLDING) + (not standing.as_worded(claim))
        kind = NOT_HOLDING.index(verdict) if verdict in NOT_HOLDING else last
        margin = math.inf if claim.margin is None or math.isnan(claim.margin) else claim.margin
        return not standing.unexpected(evidence, claim), kind, margin

    return [claim.id for claim in sorted(evidence.claims, key=order)]


def counts(evidence: Evidence) -> list[tuple[str, int]]:
    """[(look, cells)] over the whole matrix."""
    cells = [standing.look(c) for claim in evidence.claims for c in claim.cells]
    return [(look, cells.count(look)) for look in (*standing.MEANING, "broken") if look in LOOKS or look in cells]
