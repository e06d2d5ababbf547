"""What changed between two records, as data: verdicts, evidence, errors, what was stated before a run, versions, the machine.

A change is worse, better or neither. Worse is what takes evidence away or speaks against a claim: a verdict that fell in the
order of WORST_FIRST or is no longer the expected one, a comparison that no longer agrees, a wrong variant that survives, a
limit that no longer shows, a gate that is no longer met, fewer comparisons than before, a recorded defect that no longer
reproduces. An error that grew within its bound is shown and is neither: what is allowed is said by the bound, not by the
run before.

What is volatile is not compared; the seconds of both runs are given beside it. Nothing here runs anything or knows a format.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...claims.record.file import BadEvidence
from ...claims.record.types import Claim, Defect, Design
from ..wording import environments, standing, words
from ..wording.environments import Fact
from . import comparing_cells
from .changes import (
    KINDS,
    NO_CELL,
    NO_CLAIM,
    NONE,
    Change,
    Judged,
    Record,
    Terms,
    as_declared,
    asked,
    left_open,
    named,
    of_library,
    order,
    shared,
)

SCHEMA = "lecture-claims/comparison/2"


@dataclass(frozen=True)
class Compared:
    """old, new: each run in a few facts; both: how much the two have in common; notes: what cannot be compared, and why."""

    old: Mapping[str, Any]
    new: Mapping[str, Any]
    both: Mapping[str, int]
    notes: tuple[str, ...]
    changes: tuple[Change, ...]
    versions: tuple[Fact, ...]
    machine: tuple[Fact, ...]

    def judged(self, judged: Judged) -> list[Change]:
        return [c for c in self.changes if c.judged == judged]

    @property
    def worse(self) -> bool:
        return bool(self.judged("worse"))

    def as_dict(self) -> dict[str, Any]:
        counts = {judged: len(self.judged(judged)) for judged in ("worse", "better", "neither")}
        return {"schema": SCHEMA, **dataclasses.asdict(self), "counts": counts}


def compare(old: Record, new: Record) -> Compared:
    """Compare two records. Raises BadEvidence where they have no claim in common."""
    terms = Terms.of(old, new)
    claims = [{c.id: c for c in r.evidence.claims} for r in (old, new)]
    pairs = shared(*claims)
    if not pairs:
        raise BadEvidence(
            f"old={old.name!r}, new={new.name!r}: no claim is in both; give two runs of the same lecture with claims in common"
        )
    machines = old.evidence.environment, new.evidence.environment
    versions = tuple(environments.versions(*machines))
    changes = [*_run(terms), *_only_in_one(terms, *claims)]
    for before, after in pairs:
        changes += _claim(terms, before, after)
    changes += [*_defects(terms), *_mistakes(terms)]
    kinds = [*KINDS]
    told = sorted(changes, key=lambda c: kinds.index(c.kind))  # stable: within a kind the lecture's order stays
    libraries = {x.name: x.backend for one in claims for c in one.values() for x in c.cells}
    return Compared(
        old=_facts(old),
        new=_facts(new),
        both=_both(pairs),
        notes=tuple(_notes(terms)),
        changes=tuple(replace(c, versions=of_library(libraries.get(c.cell, ""), versions)) for c in told),
        versions=versions,
        machine=tuple(environments.machine(*machines)),
    )


# --- on which terms ----------------------------------------------------------------------------------------------------


def _notes(terms: Terms) -> Iterator[str]:
    for record in (terms.old, terms.new):
        if record.evidence.interrupted:
            yield f"{record.name} was interrupted: what it lacks may just not have run."
    if terms.old.begun and terms.new.begun and terms.new.begun < terms.old.begun:
        yield "The run given as the new one began before the old one: were the two exchanged?"
    if not terms.seeds:
        yield (
            f"Other seeds ({terms.old.evidence.seed} and {terms.new.evidence.seed}), so other random inputs: verdicts, wrong variants, "
            "limits and intervals can be compared; that an error grew or shrank may be due to the inputs alone."
        )
    yield from _other_selection(terms)


def _other_selection(terms: Terms) -> Iterator[str]:
    before, after = terms.old.evidence.selection, terms.new.evidence.selection
    for said, was, now in (("libraries", before.backends, after.backends), ("dtypes", before.dtypes, after.dtypes)):
        if {*was} != {*now}:
            yield (
                f"Other {said} were asked for: {words.listed(was or ['all'])}, then {words.listed(now or ['all'])}. "
                "Cells that one of the runs was not asked for are not compared."
            )
    if terms.whole and terms.fewer:
        yield "The new run was asked for less, so verdicts of claims, each the worst of its cells, are not compared; those of cells are."
    if not terms.whole:
        yield "At least one run tested only a part of each claim: verdicts are not compared, nor what only one of them has."
    for member in ("case", "wrong", "limit"):
        was, now = getattr(before, member), getattr(after, member)
        if was != now:
            yield f"Asked for by --{member}: {was or 'all'}, then {now or 'all'}."
    if before.quick != after.quick:
        which = "new" if after.quick else "old"
        yield f"The {which} run was quick: its statistics had a few seeds only, so its intervals are wider and its gates may stay open."


def _facts(record: Record) -> dict[str, Any]:
    """A run in a few facts."""
    e = record.evidence
    return {
        "file": record.name,
        "begun": e.volatile.begun,
        "seconds": e.volatile.seconds,
        "tool": e.tool.version,
        "seed": e.seed,
        "claims": len(e.claims),
        "holds": sum(c.verdict in standing.HOLDS for c in e.claims),
        "cells": sum(len(c.cells) for c in e.claims),
    }


def _both(pairs: Iterable[tuple[Claim, Claim]]) -> dict[str, int]:
    """How much is in both records: an empty comparison must not look like a good one."""
    counts: dict[str, int] = dict.fromkeys(("claims", "cells", "comparisons", "wrongs", "limits"), 0)
    for before, after in pairs:
        counts["claims"] += 1
        for one, other in shared(named(before.cells), named(after.cells)):
            counts["cells"] += 1
            counts["comparisons"] += len(shared(comparing_cells.groups(one), comparing_cells.groups(other)))
            counts["wrongs"] += len(shared(named(one.wrongs), named(other.wrongs)))
            counts["limits"] += len(shared(named(one.limits), named(other.limits)))
    return counts


# --- the run, its claims and cells -------------------------------------------------------------------------------------


def _run(terms: Terms) -> Iterator[Change]:
    stopped = [record.evidence.interrupted for record in (terms.old, terms.new)]
    if stopped[0] != stopped[1]:
        words = ["interrupted" if one else "ran to its end" for one in stopped]
        yield Change("run", "worse" if stopped[1] else "better", words[0], words[1])


def _only_in_one(terms: Terms, old: Mapping[str, Claim], new: Mapping[str, Claim]) -> Iterator[Change]:
    """Claims of which only one run has evidence: not asked for, or not in the lecture as it was then."""
    for name, claim in old.items():
        if name not in new:
            waits = _has_experiment(terms.new, name) or terms.new.evidence.interrupted
            remark = "not part of the new run" if waits else "no experiment for it in the new run's lecture"
            judged: Judged = "neither" if waits or not terms.whole else "worse"
            yield Change("claim", judged, claim.verdict, NO_CLAIM, name, remark=remark)
    for name, claim in new.items():
        if name not in old:
            waited = _has_experiment(terms.old, name) or terms.old.evidence.interrupted
            remark = "not part of the old run" if waited else "no experiment for it in the old run's lecture"
            bad = not waited and terms.whole and not as_declared(terms.new, claim)
            yield Change("claim", "worse" if bad else "neither", NO_CLAIM, claim.verdict, name, remark=remark)


def _has_experiment(record: Record, claim: str) -> bool:
    """Whether the record's lecture has an experiment for a claim."""
    return any(c.id == claim and c.written for s in record.evidence.lecture.sentences for c in s.claims)


def _claim(terms: Terms, before: Claim, after: Claim) -> Iterator[Change]:
    if terms.whole and not terms.fewer:
        yield from _verdict(terms, before, after)
    yield from _texts(before, after)
    yield from _designs(before, after)
    old, new = named(before.cells), named(after.cells)
    for where, cell in old.items():
        if where not in new and terms.whole and asked(terms.new, cell):
            part = cell.verdict not in standing.TAKES_NO_PART and not terms.new.evidence.interrupted
            yield Change("cell", "worse" if part else "neither", cell.verdict, NO_CELL, after.id, where)
    for where, cell in new.items():
        if where in old:
            yield from comparing_cells.changed(terms, after, old[where], cell)
        elif terms.whole and asked(terms.old, cell):
            yield Change("cell", comparing_cells.begins(cell, after), NO_CELL, cell.verdict, after.id, where)


def _verdict(terms: Terms, before: Claim, after: Claim) -> Iterator[Change]:
    was, now = as_declared(terms.old, before), as_declared(terms.new, after)
    words = [c.verdict + (", qualified" if c.qualified else "") for c in (before, after)]
    if words[0] == words[1] and was == now:
        return
    judged = order(before.verdict, after.verdict)
    if was and not now:
        judged = "worse"
    elif judged == "worse" and left_open(terms.new, after):
        judged = "neither"
    elif now and not was and judged == "neither":
        judged = "better"
    remark = "" if now else f"expected: {after.expected}"
    remark = "; ".join(x for x in (remark, after.reason) if x)
    yield Change("verdict", judged, words[0], words[1], after.id, remark=remark)


# --- what was stated, recorded and said --------------------------------------------------------------------------------


def _designs(before: Claim, after: Claim) -> Iterator[Change]:
    """Gates, effects and numbers of seeds that were stated before a run: a digest is another where one of them is."""
    old, new = before.designs, after.designs
    for name in {**old, **new}:
        words = [_design(one.get(name)) for one in (old, new)]
        if words[0] != words[1]:
            stated = name in old and name in new and old[name].digest != new[name].digest
            remark = "its gates, effects or numbers of seeds are others" if stated else ""
            yield Change("design", "neither", words[0], words[1], after.id, name=name, remark=remark)


def _design(stated: Design | None) -> str:
    if stated is None:
        return NONE
    seeds = words.listed(f"{count} for {name}" for name, count in sorted(stated.seeds.items()))
    quick = ", quick" if stated.quick else ""
    return f"version {stated.version}, SHA-256 {stated.digest[:16]}…, seeds: {seeds}{quick}"


TEXTS = ("says", "statement", "scope", "kind", "expected", "premises")


def _texts(before: Claim, after: Claim) -> Iterator[Change]:
    """Where a claim says something else, its verdicts are about two things."""
    for member in TEXTS:
        was, now = getattr(before, member), getattr(after, member)
        if was != now:
            yield Change("text", "neither", was, now, after.id, name=member)


def _defects(terms: Terms) -> Iterator[Change]:
    old, new = ({d.id: d for d in r.evidence.defects} for r in (terms.old, terms.new))
    for name, defect in {**old, **new}.items():
        words = [_defect(found.get(name)) for found in (old, new)]
        if words[0] != words[1] and all(_took_part(r, defect) for r in (terms.old, terms.new)):
            failed = words[1] == "did not reproduce"
            judged: Judged = "worse" if failed else "better" if words[0] == "did not reproduce" else "neither"
            yield Change("defect", judged, words[0], words[1], name=name, remark=defect.title)


def _took_part(record: Record, defect: Defect) -> bool:
    """Only the defects of libraries that were asked for stand in a record."""
    backends = record.evidence.selection.backends
    return not backends or defect.backend in backends


def _defect(found: Defect | None) -> str:
    if found is None:
        return "no record"
    return "does not apply" if not found.applies else "reproduced" if found.reproduced else "did not reproduce"


def _mistakes(terms: Terms) -> Iterator[Change]:
    """Mistaken operations that some claim sees, or none: told only where both runs tried them."""
    tried = (record.evidence.sensitivity for record in (terms.old, terms.new))
    old, new = ({f"{m.name} ({', '.join(m.operations)})": m.seen for m in mistakes} for mistakes in tried)
    for name, seen in new.items():
        if old and old.get(name) != seen and (name in old or not seen):
            words = [{True: "seen", False: "seen by no claim", None: NONE}[x] for x in (old.get(name), seen)]
            yield Change("mistake", "better" if seen else "worse", words[0], words[1], name=name)
