"""Makes the record of what a run did. Verdicts come from ``record/verdicts``, and nothing here overrules them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ...reference import libraries
from ..language.claim import Claim
from ..language.comparison import Comparison
from ..language.sweep import STRIDE
from ..record import premises, types
from ..record.file import plain
from ..record.parts import CellFound, LibraryFound
from ..record.sentences import sentence
from ..record.verdicts import (
    HOLDS,
    TAKES_NO_PART,
    WAITS,
    ClaimFacts,
    Facts,
    caught,
    cell_verdict,
    claim_verdict,
    geometries,
    margin,
    shown,
    summary,
)
from ..store import machine
from . import probing
from .lecture import OWN, Lecture
from .ran import CellRun, DefectRun, Run, Selection, Variant
from .snippet import snippet

P = TypeVar("P", bound=types.Part)


SNIPPETS = 2
"""Of a limit's rows: those after them are shown by the same lines with other numbers."""


def build(lecture: Lecture, run: Run, *, begun: str, seconds: float) -> types.Evidence:
    """The evidence of a run that began at a date and took some seconds."""
    claims = tuple(claim(lecture, run, c) for c in run.selection.claims)
    selected = run.selection
    found = {libraries.label(b): part for b, part in sorted(run.libraries.items())}
    return types.Evidence(
        tool=types.Tool(name="lecture-claims", version=metadata.version("lecture-claims")),
        seed=selected.seed,
        selection=_part(
            types.Selection,
            selected,
            backends=tuple(libraries.label(b) for b in selected.backends),
            case="/".join(filter(None, (selected.case, selected.point))),
            partial=selected.partial,
        ),
        interrupted=run.interrupted,
        environment=types.Environment(
            **machine.describe(), backends={name: part.facts for name, part in found.items()}
        ),
        lecture=_lecture(lecture),
        claims=claims,
        premises=premises.graph(claims),
        sensitivity=probing.table(run.detections, run.probed if run.detections else (), _caught(claims)),
        defects=tuple(sorted((d for part in found.values() for d in part.defects), key=lambda d: d.id)),
        counts=_counts(claims),
        success=_success(run, claims),
        volatile=types.Volatile(
            begun=begun,
            seconds=round(seconds, 1),
            import_seconds={name: round(part.import_seconds, 2) for name, part in found.items() if part.import_seconds},
            cell_seconds={_name(c): round(c.seconds, 2) for c in run.cells},
            not_repeated={_name(c): c.not_repeated for c in run.cells if c.not_repeated},
            timings={_name(c): c.timings for c in run.cells if c.timings},
            computed={_name(c): c.computed for c in run.cells if c.computed.at},
            broken=tuple(_name(c) for c in run.cells if c.broken),
            contradicted=tuple(run.contradicted),
        ),
    )


def library(backend: str, told: Mapping[str, Any], defects: Sequence[DefectRun], import_seconds: float) -> LibraryFound:
    """A library's part of the record, of what it says of itself."""
    own = ("absent", "error", "versions")
    facts = types.LibraryFacts(
        file=backend if backend.endswith(".py") else "",
        absent=told.get("absent", ""),
        error=told.get("error", ""),
        versions={name: str(version) for name, version in told.get("versions", {}).items()},
        facts=plain({name: fact for name, fact in told.items() if name not in own}),
    )
    return LibraryFound(facts=facts, defects=tuple(_defect(d, backend) for d in defects), import_seconds=import_seconds)


def _lecture(lecture: Lecture) -> types.Lecture:
    sentences = (
        _part(
            types.Sentence,
            s,
            claims=tuple(types.ClaimNamed(id=c, written=c in lecture.claims) for c in s.claims),
            reading=None if s.reading is None else _part(types.Reading, s.reading),
        )
        for s in lecture.sentences
    )
    folder = "" if lecture.folder == OWN else str(lecture.folder)
    return _part(types.Lecture, lecture, sentences=tuple(sentences), unaccounted=lecture.unaccounted, folder=folder)


def _part(kind: type[P], source: Any, /, **members: Any) -> P:
    """A part of the record: what it takes over from ``source`` by name, and its other members."""
    return kind(**{name: value for name, value in vars(source).items() if name in kind.__struct_fields__} | members)


# --- claims ------------------------------------------------------------------------------------------------------------


def claim(lecture: Lecture, run: Run, claim_id: str) -> types.Claim:
    """A claim of whose cells all have run."""
    claim, named = lecture.claims[claim_id], lecture.sentence_of(claim_id)
    ran = [c for c in run.cells if c.claim == claim_id]
    cells = tuple(c.cell for c in ran)
    selected = [libraries.label(b) for b in run.selection.backends]
    # Of the libraries that the claim names, those that were asked for must take part, and at least one of them.
    about = [library for library in claim.about if library in selected] or claim.about
    facts = ClaimFacts(cells, about, "statistical" in claim.kind, _idle(claim, cells, run))
    decided = claim_verdict(facts)
    margins = [c.margin for c in cells if c.margin is not None]
    settled = decided.verdict not in ("error", "refuted", "inconclusive")
    return _part(
        types.Claim,
        claim.prose,
        id=claim.id,
        sentence=named.id,
        says=named.text,
        kind=claim.kind,
        premises=claim.premises,
        file=Path(claim.file).name,
        expected=claim.expected,
        **decided._asdict(),
        qualified=decided.verdict in HOLDS and any(x.shown for c in cells for x in c.limits),
        margin=min(margins, default=None),
        fails_as_worded=_as_worded(claim, cells) if settled else (),
        waits_for_statistics=decided.rule == WAITS.name,
        ranges=dict(claim.ranges),
        limits=tuple(types.LimitSaid(name=x.name, says=x.says, as_worded=x.as_worded) for x in claim.limits),
        cells=cells,
        designs={name: stated for part in ran for name, stated in part.designs.items()},
        figures=_figures(ran),
    )


def _as_worded(claim: Claim, cells: Sequence[types.Cell]) -> tuple[str, ...]:
    """The plain readings of the sentence that fail, on every library where they were tried."""
    tried: dict[str, list[bool]] = {}
    for limit in (x for cell in cells for x in cell.limits):
        tried.setdefault(limit.name, []).append(limit.shown)
    return tuple(x.name for x in claim.limits if x.as_worded and tried.get(x.name) and all(tried[x.name]))


def _idle(claim: Claim, cells: Sequence[types.Cell], run: Run) -> str:
    """A wrong or a limit that no library had to face proves nothing; told where no library or dtype was left out by the user."""
    if (
        run.selection.partial
        or run.selection.dtypes
        or run.selection.quick
        or any(c.verdict == "absent" for c in cells)
    ):
        return ""
    if not {*libraries.every()} <= {*run.selection.backends}:
        return ""
    wrongs = {x.name for c in cells for x in c.wrongs}
    limits = {x.name for c in cells for x in c.limits}
    idle = [f"the wrong “{x.name}”" for x in claim.wrongs if x.name not in wrongs]
    idle += [f"the limit “{x.name}”" for x in claim.limits if x.name not in limits]
    return f"{idle[0]} ran on no library: check the libraries, dtypes and cases that it names" if idle else ""


def _design(stated: Mapping[str, Any]) -> types.Design:
    gates = tuple(types.StatedGate(**gate) for gate in stated["gates"])
    members = {name: value for name, value in stated.items() if name not in ("gates", "from")}
    return types.Design(**members, start=dict(stated["from"]), gates=gates)


def _figures(parts: Sequence[CellFound]) -> dict[str, dict[str, Any]]:
    figures: dict[str, dict[str, Any]] = {}
    for part in parts:
        for name, data in part.figures.items():
            figures.setdefault(name, {})[part.cell.name] = data
    return figures


# --- cells -------------------------------------------------------------------------------------------------------------


def cell(lecture: Lecture, selection: Selection, ran: CellRun, *, computed: types.Computed) -> CellFound:
    """A cell's part of the record, of what ran in it."""
    rows = ran.honest.rows
    return CellFound(
        claim=ran.claim,
        cell=_cell(lecture, selection, ran),
        designs={name: _design(stated) for name, stated in ran.designs.items()},
        figures=plain(ran.figures),
        timings=plain(ran.timings),
        not_repeated=tuple(sentence(row) for row in rows if row.defect),
        asked={case: tuple(sorted(operations)) for case, operations in ran.honest.asked.items()},
        refuted=bool(caught(rows, Facts(about_shapes=True))),
        broken=ran.broken,
        seconds=ran.seconds,
        computed=computed,
    )


def lost(why: str) -> Comparison:
    """In the place of what a cell would have shown: why nothing came of it."""
    return Comparison(
        types.Stopped(label="the experiment stopped", agrees=False, made=False, outcome="broken", elements=0, note=why)
    )


def _cell(lecture: Lecture, selection: Selection, cell: CellRun) -> types.Cell:
    claim = lecture.claims[cell.claim]
    facts = Facts(
        honest=cell.honest.rows,
        wrongs={name: variant.rows for name, variant in cell.wrongs.items()},
        limits={name: variant.rows for name, variant in cell.limits.items()},
        absent=cell.absent,
        left_out=cell.left_out,
        asked=any(c.call is not None for c in cell.honest.comparisons if c.row.made),
        about_shapes=claim.about_shapes,
        disputes=claim.disputes,
        unreproduced=cell.unreproduced,
        unrepeatable=cell.unrepeatable,
        partial=selection.partial,
        point=selection.point,
    )
    decided = cell_verdict(facts)
    takes_part = decided.verdict not in TAKES_NO_PART
    in_part = (
        _untested(claim, cell, quick=selection.quick) if decided.verdict in HOLDS and not selection.partial else []
    )
    made = facts.made
    wrongs, limits = (cell.wrongs, cell.limits) if takes_part else ({}, {})  # what it did not face counts neither way
    rows = sorted((_row(lecture, cell, c) for c in cell.honest.comparisons), key=_stopped_last)
    return types.Cell(
        backend=libraries.label(cell.backend),
        dtype=cell.dtype,
        verdict=decided.verdict,
        rule=decided.rule,
        reason=decided.reason + (f"; in part only: {'; '.join(in_part)}" if in_part else ""),
        comparisons=sum(geometries(r) for r in made),
        elements=sum(r.elements for r in made),
        worst_ratio=max((r.ratio for r in made if r.agrees and not isinstance(r, types.Gate)), default=None),
        margin=margin(facts) if takes_part else None,
        in_part=tuple(in_part),
        calls_within_defects=dict(sorted(cell.honest.touched.items())),
        rows=tuple(rows),
        wrongs=tuple(_wrong(name, variant, facts) for name, variant in wrongs.items()),
        limits=tuple(_limit(lecture, cell, name, variant, facts) for name, variant in limits.items()),
    )


def _stopped_last(row: types.Row) -> bool:
    return isinstance(row, types.Stopped)


def _untested(claim: Claim, cell: CellRun, *, quick: bool) -> list[str]:
    """What of the claim was not tested on this library: a pass must not look larger than it is."""
    label = libraries.label(cell.backend)
    missing = Counter(row.note for row in cell.honest.rows if not row.made)
    lost = [f"{why} ({count} comparison{'s'[: count > 1]})" for why, count in sorted(missing.items())]
    lost += [f"case “{n}” is not for it" for n in claim.cases if not claim.runs(n, label, cell.dtype)]
    if quick and cell.designs:
        lost.append("a quick run: fewer seeds than designed for")
    if quick and any(isinstance(row, types.Sweep) for row in cell.honest.rows):
        lost.append(f"a quick run: every {STRIDE}th geometry of a sweep")
    named = [*(("wrong", w.name) for w in claim.wrongs), *(("limit", x.name) for x in claim.limits)]
    return lost + [
        f"{kind} “{n}” cannot be tried on it" for kind, n in dict.fromkeys(named) if (kind, n) in cell.dropped
    ]


def _row(lecture: Lecture, cell: CellRun, c: Comparison) -> types.AnyRow:
    """One comparison, with a script where it departs or must. What a library does not repeat is left out of it."""
    row = c.row
    if any(d.id == row.defect and not d.repeatable for d in lecture.defects):
        dropped: dict[str, Any] = dict.fromkeys(("differing", "where", "got", "wanted", "ulp"))
        if isinstance(row, types.Sweep):
            dropped |= {"geometries": row.geometries if row.agrees else None, "departures": ()}
        row = msgspec.structs.replace(row, **dropped)
    if c.call is None or not row.made or (row.agrees and not row.must_fail):
        return row
    shape = tuple(c.row.wanted) if c.row.shape and isinstance(c.row.wanted, list) else None
    return msgspec.structs.replace(row, snippet=snippet(c.call, c.wanted, cell.backend, shape=shape))


def _wrong(name: str, variant: Variant, facts: Facts) -> types.WrongFound:
    by = caught(variant.rows, facts)
    made = sum(row.made for row in variant.rows)
    unmade = [f"not refuted: {row.note}" for row in variant.rows if not row.made]
    shapes = ["only shapes differed, which counts in a claim with about_shapes=True"]
    excuse = (
        unmade or (shapes if caught(variant.rows, Facts(about_shapes=True)) else ["every comparison still agreed"])
    )[0]
    worst = max(by, key=lambda row: (row.ratio, row.differing or 0), default=None)
    if worst is not None:  # where its expected value comes from, the honest rows say
        said: dict[str, Any] = {name: "" for name in ("source", "derivation") if hasattr(worst, name)}
        if isinstance(worst, types.Sweep):
            said["departures"] = worst.departures[:1]
        worst = msgspec.structs.replace(worst, **said)
    return types.WrongFound(name=name, caught=bool(by), by=len(by), of=made, worst=worst, excuse="" if by else excuse)


def _limit(lecture: Lecture, cell: CellRun, name: str, variant: Variant, facts: Facts) -> types.LimitFound:
    rows = sorted((_row(lecture, cell, c) for c in variant.comparisons), key=_stopped_last)
    for number in [n for n, row in enumerate(rows) if getattr(row, "snippet", None)][SNIPPETS:]:
        rows[number] = msgspec.structs.replace(rows[number], snippet=None)
    return types.LimitFound(name=name, shown=shown(variant.rows, about_shapes=facts.about_shapes), rows=tuple(rows))


# --- the run -----------------------------------------------------------------------------------------------------------


def _defect(d: DefectRun, library: str) -> types.Defect:
    record = d.defect
    return _part(
        types.Defect,
        record,
        applies=d.applies,
        departs=d.departs,
        neighbour_holds=d.neighbour_holds,
        reproduced=d.reproduced,
        snippet=snippet(*record.smallest, library),
        neighbour_snippet=snippet(*record.neighbour, library),
    )


def _caught(claims: Sequence[types.Claim]) -> set[tuple[str, str]]:
    return {(c.id, w.name) for c in claims for cell in c.cells for w in cell.wrongs if w.caught}


def _counts(claims: Sequence[types.Claim]) -> types.Counts:
    cells = [c for claim in claims for c in claim.cells]
    wrongs = [w for c in cells for w in c.wrongs]
    limits = [x for c in cells for x in c.limits]
    return types.Counts(
        claims=summary(c.verdict for c in claims),
        holds=sum(c.verdict in HOLDS for c in claims),
        qualified=sum(c.qualified for c in claims),
        cells=len(cells),
        cells_taking_no_part=sum(c.verdict in TAKES_NO_PART for c in cells),
        comparisons=sum(c.comparisons for c in cells),
        elements=sum(c.elements for c in cells),
        wrongs=len(wrongs),
        wrongs_caught=sum(w.caught for w in wrongs),
        limits=len(limits),
        limits_shown=sum(x.shown for x in limits),
    )


def _success(run: Run, claims: Sequence[types.Claim]) -> bool:
    """Every verdict is the expected one and every recorded defect that applies reproduced; of a part: nothing unexpected in it."""
    defects = (d for part in run.libraries.values() for d in part.defects)
    if run.interrupted or run.contradicted or any(d.applies and not d.reproduced for d in defects):
        return False
    if not run.selection.partial:
        return bool(claims) and all(as_declared(c, quick=run.selection.quick) for c in claims)
    cells = [c for claim in claims for c in claim.cells if c.verdict not in TAKES_NO_PART]
    return (
        any(c.rows or c.wrongs or c.limits for c in cells)
        and (not run.selection.point or any(isinstance(r, types.Sweep) for c in cells for r in c.rows))
        and not any(c.verdict in ("error", "refuted") for c in cells)
        and all(_is_no_departure(r, quick=run.selection.quick) for c in cells for r in c.rows)
        and all(w.caught for c in cells for w in c.wrongs)
        and all(x.shown for c in cells for x in c.limits)
    )


def as_declared(claim: types.Claim, *, quick: bool) -> bool:
    """A quick run of a statistical claim may leave it open."""
    left_open = quick and bool(claim.designs) and claim.verdict == "inconclusive"
    return claim.verdict == claim.expected or left_open


def _is_no_departure(row: types.Row, *, quick: bool) -> bool:
    """A gate that speaks for one of two sides need not be met, nor need any gate of a quick run."""
    excused = isinstance(row, types.Gate) and (quick or bool(row.speaks))
    return bool(row.agrees or row.defect or excused or row.outcome in TAKES_NO_PART)


def _name(part: CellFound) -> str:
    return f"{part.claim} [{part.cell.name}]"
