"""A claim's verdict, and a whole run, in sentences that are computed from the record."""

from __future__ import annotations

import math

from ...claims.record.file import ClaimSaid
from ...claims.record.types import Cell, Claim, Evidence, Within
from . import standing
from .words import cells, listed, number, plural

ON_SAND = "Resting on sand, for a claim that they use is refuted, not supported or inconclusive"
AS_WORDED = "fails as worded"
NO_PARTS = ("absent", "broken")


def ratio(cell: Cell, *, mark: bool = True) -> str:
    """The largest error ÷ bound of a cell: in words where no error was allowed at all, and marked where the bound is empirical."""
    x, rows = cell.worst_ratio, standing.within_bounds(cell)
    if x is None or not math.isfinite(x):
        return number(x)
    if not rows:
        return "0 (exact)"
    text = f"{math.floor(x * 1e6) / 1e6:.6f}" if 0.999 < x < 1 else number(x)  # never rounded up to the border
    return f"{text} (empirical)" if mark and empirical(cell) else text


def empirical(cell: Cell) -> bool:
    """Whether the bound that the cell comes nearest to was measured, not derived."""
    nearest = (r for r in standing.within_bounds(cell) if r.agrees and r.ratio == cell.worst_ratio)
    return any(isinstance(r, Within) and r.measured for r in nearest)


def quick(evidence: Evidence) -> str:
    """What a quick run must say of itself before anything else; empty for a full run."""
    if not evidence.selection.quick:
        return ""
    counts = [n for claim in evidence.claims for design in claim.designs.values() for n in design.seeds.values()]
    seeds = f"{max(counts)} seeds" if counts else "seeds"
    return (
        f"Quick run: statistics on the first {seeds} only, fewer than designed for, and on one framework; one format of each claim; a few geometries "
        "of each sweep; no known mistake tried. A first look, not for citing; run again without --quick."
    )


def worded_line(claim: Claim) -> str:
    """That the sentence fails as worded, and in what; empty where it does not."""
    found = [x.name for x in standing.as_worded(claim)]
    return f"As worded, the sentence fails for: {'; '.join(found)}." if found else ""


def marks(claim: Claim | ClaimSaid) -> str:
    """A verdict with what qualifies it, in words: “fails as worded, supported, qualified”."""
    worded = bool(standing.as_worded(claim))
    return ", ".join([*[AS_WORDED] * worded, claim.verdict, *["qualified"] * claim.qualified])


def said(evidence: Evidence, claim: Claim) -> str:
    """The same, and that a quick run says so."""
    return marks(claim) + ", quick" * standing.hurried(evidence, claim)


def verdict_line(evidence: Evidence, claim: Claim) -> str:
    """The verdict and its reason as a plain sentence or two."""
    begin = f"{claim.verdict.capitalize()}{', qualified' if claim.qualified else ''}: {claim.reason.rstrip('.')}."
    return begin + besides(evidence, claim)


def besides(evidence: Evidence, claim: Claim) -> str:
    """What else is to be said of a verdict."""
    text = ""
    if claim.qualified:
        text += f" Read literally, the sentence fails in {plural(len(standing.limits(claim)), 'way')} just outside this scope."
    tested = [c for c in claim.cells if c.verdict not in standing.TAKES_NO_PART]
    if part := [c.name for c in tested if standing.in_part(c)]:
        text += f" {'Nowhere tested in full' if len(part) == len(tested) else 'Tested only in part on'}: {cells(part)}."
    if flawed := [c.name for c in claim.cells if standing.defects_of(c)]:
        text += f" Where recorded, the library itself departs: {cells(flawed)}."
    if sand := standing.premises_of(evidence, claim).sand:
        verdicts = {c.id: c.verdict for c in evidence.claims}
        text += f" It rests on sand: {listed(f'{p} is {verdicts[p]}' for p in sand)}."
    if standing.unexpected(evidence, claim):
        text += f" Its author expected “{claim.expected}”."
    if standing.left_open(evidence, claim):
        text += " Left open by a quick run, which has few seeds."
    return text


def summary(evidence: Evidence) -> list[str]:
    """The run in a few sentences, computed from its counts."""
    counts, waiting = evidence.counts, len(standing.untested(evidence))
    lines = [
        *_verdicts(evidence),
        f"{plural(waiting, 'claim')} of the lecture {'has' if waiting == 1 else 'have'} no evidence here yet."
        if waiting
        else "",
        f"Made: {plural(counts.comparisons, 'comparison')} of {plural(counts.elements, 'number')}. "
        f"Wrong variants caught: {counts.wrongs_caught:,} of {counts.wrongs:,}. "
        f"Limits shown: {counts.limits_shown:,} of {counts.limits:,}.",
        *_coverage(evidence),
        *_libraries(evidence),
    ]
    return [line for line in lines if line]


def _verdicts(evidence: Evidence) -> list[str]:
    counts, total = evidence.counts, len(evidence.claims)
    of = counts.claims
    kinds = ", ".join(f"{of[v]} {v}" for v in standing.HOLDS if of[v])
    first = f"{counts.holds} of {plural(total, 'claim')} {'holds' if 1 in (counts.holds, total) else 'hold'}"
    first += f" ({kinds})" if kinds else ""
    if counts.qualified:
        first += f", {counts.qualified} of them qualified: the sentence needed a narrower scope than its words"
    others = [f"{of[v]} {v}" for v in reversed(standing.WORST_FIRST) if v not in standing.HOLDS and of[v]]
    lines = [first + ".", f"The rest: {', '.join(others)}." if others else ""]
    if failing := [c.id for c in evidence.claims if standing.as_worded(c)]:
        lines.append(f"As worded the sentence fails in {plural(len(failing), 'claim')}: {listed(failing)}.")
    if waiting := standing.exact_part_only(evidence):
        lines.append(
            f"Of {plural(len(waiting), 'claim')} that statistics must settle only the exact part was tested: on no library of this run did the other run."
        )
    return lines


def _coverage(evidence: Evidence) -> list[str]:
    lines = []
    if part := standing.tested_in_part(evidence.claims):
        lines.append(f"{plural(part, 'cell')} tested in part: what was not tested is listed there.")
    if mistakes := evidence.sensitivity:
        seen = sum(m.seen for m in mistakes)
        lines.append(
            f"Mistaken operations tried on every claim that uses them: {len(mistakes):,}, of which some claim sees {seen:,}."
        )
    sentences = standing.ledger(evidence)
    others = [s for s, claims in sentences if not claims]
    lines.append(
        f"Sentences: {len(sentences)}, of which {len(sentences) - len(others)} are tested by claims, "
        f"{sum(s.disposition == 'definition' for s in others)} are definitions and "
        f"{sum(s.disposition == 'not testable' for s in others)} cannot be tested."
    )
    return lines


def _libraries(evidence: Evidence) -> list[str]:
    states = {b: standing.state(evidence, b) for b, _ in standing.columns(evidence)}
    took = [f"{b} {s}" for b, s in states.items() if s not in NO_PARTS]
    lines = [f"Libraries: {listed(took)}." if took else "No library took part."]
    if missing := [b for b, s in states.items() if s in NO_PARTS]:
        it = "it" if len(missing) == 1 else "them"
        lines.append(f"Absent or not started: {listed(missing)}. Nothing is said about {it}.")
    if applying := [d for d in evidence.defects if d.applies]:
        shown = sum(d.reproduced for d in applying)
        lines.append(f"Recorded library defects that apply here: {len(applying)}, of which {shown} reproduced.")
    return lines


def warnings(evidence: Evidence) -> list[str]:
    """What a reader must know before trusting the rest."""
    lines = []
    if surprises := [c.id for c in evidence.claims if standing.unexpected(evidence, c)]:
        lines.append(f"Not the verdict that was expected: {listed(surprises)}.")
    if sand := [p.claim for p in evidence.premises if p.sand]:
        lines.append(f"{ON_SAND}: {listed(sand)}.")
    if holes := standing.unseen(evidence):
        lines.append(f"Mistakes that no claim sees: {listed(holes)}.")
    if left := evidence.lecture.unaccounted:
        has = "has" if len(left) == 1 else "have"
        pieces = plural(len(left), "piece")
        lines.append(f"Of the text {pieces} {has} neither a claim nor a disposition; see the ledger.")
    if evidence.selection.partial:
        lines.append("Only a part of each claim ran, so no claim has a full verdict.")
    if evidence.interrupted:
        lines.append("The run was interrupted: the rest did not run.")
    return lines
