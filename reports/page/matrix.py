"""The matrix of claims and libraries: what every cell says, gathered so that a row fits beside its name.

A library has one column; in it stands each look once: a verdict, or broken, with the dtypes that it is about. Libraries that take part in one
claim only (decoders of images, say) share the last column, each under its own name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..wording import view

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
    cells: tuple[Mapping[str, Any], ...]

    @property
    def why(self) -> str:
        """The cells' reasons, equal ones once."""
        return "; ".join(dict.fromkeys(c["reason"] for c in self.cells))


@dataclass(frozen=True)
class Row:
    """A claim, its facts column by column, and its place when sorted by surprise."""

    claim: Mapping[str, Any]
    columns: tuple[tuple[Fact, ...], ...]
    surprise: int


def libraries(evidence: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """(libraries with a column of their own, those that share one)."""
    asked = [name for name, _ in view.columns(evidence)]
    shared = [name for name in asked if sum(_takes_part(c, name) for c in evidence["claims"]) == 1]
    if len(evidence["claims"]) < 2 or len(shared) < TOGETHER or len(shared) == len(asked):
        shared = []
    return [name for name in asked if name not in shared], shared


def _takes_part(claim: Mapping[str, Any], library: str) -> bool:
    return any(c["backend"] == library for c in claim["cells"])


def rows(evidence: Mapping[str, Any]) -> list[Row]:
    own, shared = libraries(evidence)
    place = {name: i for i, name in enumerate(surprise(evidence))}
    found = []
    for claim in evidence["claims"]:
        columns = [tuple(_facts(claim, name)) for name in own]
        if shared:
            columns.append(tuple(fact for name in shared for fact in _facts(claim, name)))
        found.append(Row(claim, tuple(columns), place[claim["id"]]))
    return found


def _facts(claim: Mapping[str, Any], library: str) -> Iterator[Fact]:
    alike: dict[tuple[str, bool, bool], list[Mapping[str, Any]]] = {}
    for cell in claim["cells"]:
        if cell["backend"] == library:
            look = view.look(cell), bool(view.in_part(cell)), bool(view.defects_of(cell))
            alike.setdefault(look, []).append(cell)
    return (Fact(library, *look, tuple(cells)) for look, cells in alike.items())


def surprise(evidence: Mapping[str, Any]) -> list[str]:
    """Claims in the order of surprise: not as declared; then by verdict; then what fails as worded; then by the smallest margin."""

    def order(claim: Mapping[str, Any]) -> tuple[bool, int, float]:
        verdict = claim["verdict"]
        kind = NOT_HOLDING.index(verdict) if verdict in NOT_HOLDING else len(NOT_HOLDING) + (not view.as_worded(claim))
        margin = claim["margin"]
        return not view.unexpected(evidence, claim), kind, float("inf" if margin in (None, "nan") else margin)

    return [claim["id"] for claim in sorted(evidence["claims"], key=order)]


def counts(evidence: Mapping[str, Any]) -> list[tuple[str, int]]:
    """[(look, cells)] over the whole matrix."""
    cells = [view.look(c) for claim in evidence["claims"] for c in claim["cells"]]
    return [(look, cells.count(look)) for look in (*view.MEANING, "broken") if look in LOOKS or look in cells]
