"""What a comparison of two records is made of: a change with its kind and judgment, and the terms on which records compare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

from ...claims.record.types import Cell, Claim, Evidence
from ..wording import standing
from ..wording.environments import Fact

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


class Record(NamedTuple):
    """A record, with the name of its file as it was given."""

    name: str
    evidence: Evidence

    @property
    def begun(self) -> datetime | None:
        """When the run began; None where it is no date."""
        try:
            said = datetime.fromisoformat(self.evidence.volatile.begun)
            return said.astimezone(UTC) if said.tzinfo else said.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            return None


class Terms(NamedTuple):
    """On which terms two records can be compared.

    seeds: whether both had the same; whole: whether neither ran only a part of each claim; fewer: whether the new run was asked for
    fewer libraries or dtypes.
    """

    old: Record
    new: Record
    seeds: bool
    whole: bool
    fewer: bool

    @classmethod
    def of(cls, old: Record, new: Record) -> Terms:
        before, after = old.evidence.selection, new.evidence.selection
        return cls(
            old,
            new,
            seeds=old.evidence.seed == new.evidence.seed,
            whole=not (before.partial or after.partial),
            fewer=_lost(before.backends, after.backends) or _lost(before.dtypes, after.dtypes),
        )


def _lost(before: Iterable[str], after: Iterable[str]) -> bool:
    """Whether a selection takes in less than it did; an empty one is all there is."""
    before, after = {*before}, {*after}
    return bool(after) and (not before or not before <= after)


def of_library(library: str, versions: Iterable[Fact]) -> str:
    """What changed of a library; empty where nothing did."""
    return ", ".join(str(v) for v in versions if v.part == library)


class Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)
T = TypeVar("T")


def named(items: Iterable[N]) -> dict[str, N]:
    """Cells, wrong variants or limits by their name."""
    return {x.name: x for x in items}


def shared(old: Mapping[Any, T], new: Mapping[Any, T]) -> list[tuple[T, T]]:
    return [(old[key], new[key]) for key in new if key in old]


def asked(record: Record, cell: Cell) -> bool:
    """Whether a run was asked for a cell's library and dtype."""
    selection = record.evidence.selection
    return (not selection.backends or cell.backend in selection.backends) and (
        not selection.dtypes or cell.dtype is None or cell.dtype in selection.dtypes
    )


def as_declared(record: Record, claim: Claim) -> bool:
    """Whether a verdict is its author's expected one; a quick run may leave a claim open."""
    return left_open(record, claim) or claim.verdict == claim.expected


def left_open(record: Record, claim: Claim, cell: Cell | None = None) -> bool:
    """Whether a claim, or a cell of it, is inconclusive for the few seeds that a quick run gave to its statistics."""
    return record.evidence.selection.quick and bool(claim.designs) and (cell or claim).verdict == "inconclusive"


def order(before: str, after: str) -> Judged:
    """By WORST_FIRST; but supported is the statistical form of verified, so between these two nothing got worse or better."""
    if before in standing.HOLDS and after in standing.HOLDS:
        return "neither"
    fell = standing.WORST_FIRST.index(after) - standing.WORST_FIRST.index(before)
    return "worse" if fell < 0 else "better" if fell > 0 else "neither"
