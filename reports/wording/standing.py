"""Where a comparison, a cell, a claim and a sentence stand. Nothing here judges: every verdict comes from the record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from ...claims.record.file import ClaimSaid
from ...claims.record.types import (
    Cell,
    Claim,
    Evidence,
    Gate,
    LibraryFacts,
    LimitFound,
    LimitSaid,
    Premises,
    Row,
    Sensitivity,
    Sentence,
    Stopped,
    Sweep,
    Within,
    WrongFound,
)
from ...claims.record.verdicts import HOLDS as HOLDS  # reports take these from here
from ...claims.record.verdicts import TAKES_NO_PART as TAKES_NO_PART
from ...claims.record.verdicts import WORST_FIRST as WORST_FIRST

MEANING = {
    "verified": "every comparison agreed, and every wrong variant was refuted by the same experiment",
    "supported": "statistical: every gate that was stated before the run was met, with its controls",
    "disputed": "what is asserted has two sides: gates that speak for it and gates that speak against it were stated before the run, and at "
    "least one of each was met, on the first and on the fresh seeds",
    "not supported": "statistical: a gate that was stated before the run was not met",
    "inconclusive": "nothing was compared, or a wrong variant survived, or a limit did not show: no evidence either way",
    "refuted": "a counterexample inside the scope",
    "error": "the experiment or the library failed, so nothing can be said",
    "absent": "the library is not installed: it took no part",
    "unsupported": "the library has no such operation, or nothing of the claim is meant for it, as its row says: it took no part",
}
SIGN = {
    "verified": "✓",
    "supported": "≈",
    "disputed": "⇄",
    "not supported": "⊘",
    "inconclusive": "?",
    "refuted": "✗",
    "error": "‼",
    "absent": "·",
    "unsupported": "∅",
    "as-worded": "✎",
}
"""What stands for a verdict where there is room for a letter; "as-worded": for a claim that holds while its sentence fails as worded."""
BROKEN = "a look of cells with an error: the library itself does not start, crashed or gave no answer; the rest of them are errors of the experiment"
IN_PART = (
    "a mark beside a verdict: not all of the claim could be tested on that library, so the verdict is about the rest; "
    "what was not tested is listed with the cell"
)


# --- a comparison ------------------------------------------------------------------------------------------------------


def standing(row: Row) -> str:
    """What a comparison is to its claim: it agrees, departs, is a recorded defect, an unmet gate, was stopped, or took no part; "side":
    an unmet gate that speaks for one of two sides, which tells neither for nor against the claim."""
    if row.agrees:
        return "agrees"
    if row.defect:
        return "defect"
    if row.outcome in TAKES_NO_PART:
        return "no part"
    if isinstance(row, Stopped) or row.outcome in ("broken", "error") or (row.outcome == "raised" and not row.made):
        return "stopped"
    if not row.made:  # say, these inputs leave no bound
        return "no part"
    if isinstance(row, Gate):
        return "side" if row.speaks else "gate"
    return "departs"


def departures(cell: Cell) -> list[Row]:
    """Comparisons that tell against the claim or that could not be made; what took no part does neither."""
    return [r for r in cell.rows if standing(r) in ("departs", "gate", "stopped")]


# --- a cell ------------------------------------------------------------------------------------------------------------


def look(cell: Cell) -> str:
    """A cell's verdict, or "broken" where it is the library that failed."""
    return "broken" if cell.verdict == "error" and any(r.outcome == "broken" for r in cell.rows) else cell.verdict


def in_part(cell: Cell) -> tuple[str, ...]:
    """What of the claim was not tested in a cell that took part; empty where all of it was."""
    return () if cell.verdict in TAKES_NO_PART else cell.in_part


def defects_of(cell: Cell) -> list[str]:
    """The recorded defects that showed in a cell."""
    return sorted({r.defect for r in (*cell.rows, *(r for x in cell.limits for r in x.rows)) if r.defect})


def within_bounds(cell: Cell) -> list[Within | Sweep]:
    """The cell's comparisons that allow an error."""
    return [r for r in cell.rows if isinstance(r, Within) or (isinstance(r, Sweep) and r.of == "within")]


# --- a claim -----------------------------------------------------------------------------------------------------------


def unexpected(evidence: Evidence, claim: Claim) -> bool:
    """Whether the verdict is another than the declared one; a part has none, and a quick run may leave statistics open."""
    return not evidence.selection.partial and claim.verdict != claim.expected and not left_open(evidence, claim)


def left_open(evidence: Evidence, claim: Claim) -> bool:
    """Whether a quick run could not decide a statistical claim."""
    return evidence.selection.quick and bool(claim.designs) and claim.verdict == "inconclusive"


def hurried(evidence: Evidence, claim: Claim) -> bool:
    """Whether the verdict rests on what a quick run did not do in full."""
    return evidence.selection.quick and cut_short(claim)


def cut_short(claim: Claim) -> bool:
    """Whether there is something in the claim that a quick run does not do in full: seeds, or the geometries of a sweep."""
    return bool(claim.designs) or any(isinstance(row, Sweep) for cell in claim.cells for row in cell.rows)


def as_worded(claim: Claim | ClaimSaid) -> list[LimitSaid]:
    """The plain readings of the sentence that fail."""
    return [x for x in claim.limits if x.name in claim.fails_as_worded]


def drawn(claim: Claim) -> str:
    """What a claim looks like: its verdict, but where that holds of the statement and the sentence fails as worded."""
    return "as-worded" if claim.verdict in HOLDS and as_worded(claim) else claim.verdict


Named = TypeVar("Named", WrongFound, LimitFound)


def gathered(found: Iterable[tuple[Cell, Named]]) -> dict[str, list[tuple[Cell, Named]]]:
    """Wrongs or limits of all cells by their name."""
    by: dict[str, list[tuple[Cell, Named]]] = {}
    for cell, item in found:
        by.setdefault(item.name, []).append((cell, item))
    return by


def wrongs(claim: Claim) -> dict[str, list[tuple[Cell, WrongFound]]]:
    return gathered((cell, wrong) for cell in claim.cells for wrong in cell.wrongs)


def limits(claim: Claim) -> dict[str, list[tuple[Cell, LimitFound]]]:
    return gathered((cell, limit) for cell in claim.cells for limit in cell.limits)


def premises_of(evidence: Evidence, claim: Claim) -> Premises:
    """The claim's row in the graph of premises."""
    return next((p for p in evidence.premises if p.claim == claim.id), Premises(claim=claim.id))


# --- the run -----------------------------------------------------------------------------------------------------------


def columns(evidence: Evidence) -> list[tuple[str, list[str]]]:
    """The libraries in the order asked for, each with the dtypes that any claim has on it."""
    found: dict[str, list[str]] = {b: [] for b in evidence.selection.backends}
    for claim in evidence.claims:
        for cell in claim.cells:
            dtypes = found.setdefault(cell.backend, [])
            if cell.dtype and cell.dtype not in dtypes:
                dtypes.append(cell.dtype)
    return [(backend, sorted(dtypes) or [""]) for backend, dtypes in found.items()]


def version(evidence: Evidence, backend: str) -> str:
    """The library's version; empty where it is absent, did not start, or is a file of the user's own."""
    return evidence.environment.backends.get(backend, LibraryFacts()).versions.get(backend, "")


def state(evidence: Evidence, backend: str) -> str:
    """The library's version, or why there is none; and that its operations are ours where they are."""
    facts = evidence.environment.backends.get(backend)
    if facts is None or facts.absent:
        return "absent"
    said = version(evidence, backend) or ("broken" if facts.error else "own file")
    return f"{said}, our reference" if "whose operations" in facts.facts else said


def tested_in_part(claims: Iterable[Claim]) -> int:
    """How many cells were tested in part only."""
    return sum(bool(in_part(c)) for claim in claims for c in claim.cells)


def untested(evidence: Evidence) -> list[str]:
    """Ids of claims without evidence here: no experiment yet, or not part of this run."""
    ran = {c.id for c in evidence.claims}
    return [c.id for s in evidence.lecture.sentences for c in s.claims if c.id not in ran]


def exact_part_only(evidence: Evidence) -> list[str]:
    """Claims of which the statistical part ran on no library of this run, though their exact part holds on each; of a part nothing is said."""
    return [] if evidence.selection.partial else [c.id for c in evidence.claims if c.waits_for_statistics]


def ledger(evidence: Evidence) -> list[tuple[Sentence, list[str]]]:
    """[(sentence, ids of the claims that test it)]."""
    return [(s, [*(c.id for c in s.claims), *s.see]) for s in evidence.lecture.sentences]


# --- what each claim can see -------------------------------------------------------------------------------------------

DETECTION = {
    "seen": ("●", "the claim would be refuted on a library that makes this mistake"),
    "blind": ("○", "the claim holds all the same: it cannot see this mistake"),
    "stopped": ("–", "the mistaken operation gave no value, so the experiment could not go on"),
    "cannot be made": ("", "none of the claim's calls leaves room for this mistake"),
}
"""What a claim makes of a mistake: its sign in the table, and what it means."""
Signs = tuple[Sensitivity, list[str]]
"""A mistake, and a sign for each claim."""


def unseen(evidence: Evidence) -> list[str]:
    """Mistakes that no claim sees."""
    return [f"{m.name} ({', '.join(m.operations)})" for m in evidence.sensitivity if not m.seen]


def sensitivity(evidence: Evidence) -> Iterator[tuple[str, list[str], list[Signs]]]:
    """(operation, its claims, its mistakes with their signs), the operations with most mistakes first."""
    by: dict[str, list[Sensitivity]] = {}
    for mistake in evidence.sensitivity:
        for operation in mistake.operations:
            by.setdefault(operation, []).append(mistake)
    order = {c.id: i for i, c in enumerate(evidence.claims)}
    for operation, mistakes in sorted(by.items(), key=lambda item: (-len(item[1]), item[0])):
        made = {c for m in mistakes for c, sight in m.claims.items() if sight != "cannot be made" and c in order}
        claims = sorted(made, key=order.__getitem__)
        signs = [(m, [DETECTION[m.claims.get(c, "cannot be made")][0] for c in claims]) for m in mistakes]
        yield operation, claims, signs


def alike(rows: list[Signs]) -> list[tuple[list[Sensitivity], list[str]]]:
    """Mistakes of which every claim makes the same, in one row."""
    found: dict[tuple[Any, ...], list[Sensitivity]] = {}
    for mistake, signs in rows:
        found.setdefault((mistake.seen, *signs), []).append(mistake)
    return [(mistakes, list(signs)) for (_, *signs), mistakes in found.items()]
