"""What a comparison of two records is made of: a change with its kind and judgment, and the terms on which records compare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from ..wording import view
from ..wording.circumstances import Fact
from .records import Record

FACTOR = 2.0
"""An error ÷ bound that grew or shrank by no more is not told: rounding moves that much from one version to the next."""
Judged = Literal["worse", "better", "neither"]
NO_CELL, NO_CLAIM, NONE = "no cell", "no claim", "none"

KINDS = {
    "run": "The run as a whole",
    "claim": "Claims that only one of the runs has",
    "verdict": "Verdicts of claims",
    "cell verdict": "Verdicts of cells",
    "cell": "Cells that came or went",
    "wrong": "Wrong variants",
    "limit": "Limits",
    "comparison": "Comparisons",
    "gate": "Gates",
    "defect": "Recorded defects",
    "mistake": "Mistakes that a claim sees",
    "effect": "Effects whose interval moved apart",
    "design": "Statistical designs",
    "error": f"Largest error ÷ bound of a cell, grown or shrunk by more than a factor of {FACTOR:g}",
    "row": f"Error ÷ bound of a comparison, grown by more than a factor of {FACTOR:g}",
    "in part": "What was not tested",
    "text": "What a claim says",
}
"""The kinds of changes in the order in which they are told, with their headings."""


@dataclass(frozen=True)
class Change:
    """kind: one of KINDS; claim, cell: empty where it is about more; name: the comparison, wrong variant, gate, …;
    versions: what changed of the cell's library between the runs, which need not be the cause."""

    kind: str
    judged: Judged
    before: Any
    after: Any
    claim: str = ""
    cell: str = ""
    name: str = ""
    remark: str = ""
    versions: str = ""


class Terms(NamedTuple):
    """On which terms two records can be compared.

    unsaid: members that one of them lacks; seeds: whether both had the same; whole: whether neither ran only a part of each
    claim; fewer: whether the new run was asked for fewer libraries or dtypes.
    """

    old: Record
    new: Record
    unsaid: frozenset[str]
    seeds: bool
    whole: bool
    fewer: bool

    @classmethod
    def of(cls, old: Record, new: Record) -> Terms:
        before, after = old.evidence["selection"], new.evidence["selection"]
        unsaid = old.missing | new.missing
        fewer = any(_lost(before[m], after[m]) for m in ("backends", "dtypes") if f"selection.{m}" not in unsaid)
        return cls(
            old,
            new,
            unsaid,
            seeds=old.evidence["seed"] == new.evidence["seed"],
            whole=not (before["partial"] or after["partial"]),
            fewer=fewer,
        )

    def says(self, member: str) -> bool:
        """Whether both records have a member, given as "claims[].designs"."""
        return member not in self.unsaid


def _lost(before: list[str], after: list[str]) -> bool:
    """Whether a selection takes in less than it did; an empty one is all there is."""
    return bool(after) and (not before or not set(before) <= set(after))


def of_library(cell: str, versions: Iterable[Fact]) -> str:
    """What changed of a cell's library; empty where nothing did, or where it is about no cell."""
    library = cell.partition(" ")[0]
    return ", ".join(str(v) for v in versions if v.part == library and library)


def cells(claim: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {view.cell_name(c): c for c in claim["cells"]}


def named(items: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {x["name"]: x for x in items}


def shared(old: Mapping[Any, Any], new: Mapping[Any, Any]) -> list[tuple[Any, Any]]:
    return [(old[key], new[key]) for key in new if key in old]


def asked(record: Record, cell: Mapping[str, Any]) -> bool:
    """Whether a run was asked for a cell's library and dtype."""
    backends, dtypes = (record.evidence["selection"][m] for m in ("backends", "dtypes"))
    return (not backends or cell["backend"] in backends) and (
        not dtypes or cell["dtype"] is None or cell["dtype"] in dtypes
    )


def as_declared(record: Record, claim: Mapping[str, Any]) -> bool:
    """Whether a verdict is its author's expected one, where the record says it; a quick run may leave a claim open."""
    return left_open(record, claim) or claim["verdict"] == (claim["expected"] or claim["verdict"])


def left_open(record: Record, claim: Mapping[str, Any], cell: Mapping[str, Any] | None = None) -> bool:
    """Whether a claim, or a cell of it, is inconclusive for the few seeds that a quick run gave to its statistics."""
    verdict = (cell or claim)["verdict"]
    return record.evidence["selection"]["quick"] and bool(claim["designs"]) and verdict == "inconclusive"


def order(before: str, after: str) -> Judged:
    """By WORST_FIRST; but supported is the statistical form of verified, so between these two nothing got worse or better."""
    if before in view.HOLDS and after in view.HOLDS:
        return "neither"
    fell = view.WORST_FIRST.index(after) - view.WORST_FIRST.index(before)
    return "worse" if fell < 0 else "better" if fell > 0 else "neither"
