"""The record: what a run saw, as JSON with a published schema. Every report is a view of it and needs nothing else.

Everything but the member ``volatile`` (times, the date, values that a library does not repeat) is the same, byte for
byte, for the same seed, versions and machine.
"""

from __future__ import annotations

import json
import math
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from ...reference import libraries
from ..engine import sensitivity
from ..engine.lecture import OWN, Lecture
from ..engine.runner import Cell, Run
from ..engine.strands import DefectRun
from ..language.claim import Claim
from ..language.comparison import Comparison
from . import environment, premises
from .snippet import snippet
from .verdict import HOLDS, TAKES_NO_PART, CellFacts, Trial, caught, cell_verdict, claim_verdict, margin, shown, summary

SCHEMA = "lecture-claims/results/1"
MEMBERS = {
    "claims",
    "counts",
    "defects",
    "environment",
    "interrupted",
    "lecture",
    "premises",
    "schema",
    "seed",
    "selection",
    "sensitivity",
    "success",
    "tool",
    "volatile",
}


def build(lecture: Lecture, run: Run, *, expected_run: Mapping[str, Any]) -> dict[str, Any]:
    """The evidence of a run. ``expected_run`` holds what only the caller knows: the command, times, the date."""
    claims = [_claim(lecture, run, c) for c in run.selection.claims]
    selected = run.selection
    return {
        "schema": SCHEMA,
        "tool": {"name": "lecture-claims", "version": metadata.version("lecture-claims")},
        "seed": selected.seed,
        "selection": {
            "claims": list(selected.claims),
            "backends": [libraries.label(b) for b in selected.backends],
            "dtypes": list(selected.dtypes),
            "case": selected.case,
            "wrong": selected.wrong,
            "limit": selected.limit,
            "partial": selected.partial,
            "quick": selected.quick,
        },
        "interrupted": run.interrupted,
        "environment": {
            **environment.describe(),
            "backends": {libraries.label(b): _plain(e) for b, e in sorted(run.environments.items())},
        },
        "lecture": {
            "title": lecture.title,
            "markdown": lecture.markdown,
            "scan": lecture.scan,
            "sentences": [
                {
                    "id": s.id,
                    "text": s.text,
                    "claims": [{"id": c, "written": c in lecture.claims} for c in s.claims],
                    "see": list(s.see),
                    "disposition": s.disposition,
                    "reason": s.reason,
                    "reading": None if s.reading is None else vars(s.reading),
                }
                for s in lecture.sentences
            ],
            "unaccounted": list(lecture.unaccounted),
        },
        "claims": claims,
        "premises": premises.graph(claims),
        "sensitivity": sensitivity.table(run.sights, run.blunders, _caught(claims)),
        "defects": [_defect(d, selected.backends) for d in run.defects],
        "counts": _counts(claims),
        "success": _success(run, claims),
        "volatile": {
            **expected_run,
            "import_seconds": {libraries.label(b): round(t, 2) for b, t in sorted(run.import_seconds.items())},
            "cell_seconds": {_cell_name(c): round(c.seconds, 2) for c in run.cells},
            "not_repeated": _not_repeated(run),
            "timings": {_cell_name(c): _plain(c.timings) for c in run.cells if c.timings},
        },
    }


def dumps(evidence: Mapping[str, Any]) -> str:
    return json.dumps(evidence, indent=1, ensure_ascii=False, allow_nan=False, sort_keys=False) + "\n"


class BadEvidence(ValueError):
    """A results file that cannot be read; the message is one line."""


def load(path: Path) -> dict[str, Any]:
    """Read a results file. Raises BadEvidence where it is missing, is no JSON, or is of another schema."""
    try:
        evidence = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadEvidence(f"results={str(path)!r}: {error.strerror}; give the results.json that verify wrote") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadEvidence(
            f"results={str(path)!r}: not JSON ({error}); give the results.json that verify wrote"
        ) from None
    if not isinstance(evidence, dict) or evidence.get("schema") != SCHEMA:
        have = evidence.get("schema") if isinstance(evidence, dict) else type(evidence).__name__
        raise BadEvidence(
            f"results={str(path)!r}: schema {have!r}, expected {SCHEMA!r}; write it again with this version"
        )
    if missing := MEMBERS - set(evidence):
        raise BadEvidence(
            f"results={str(path)!r}: has no {min(missing)!r}; give the whole results.json that verify wrote"
        )
    return evidence


def _claim(lecture: Lecture, run: Run, claim_id: str) -> dict[str, Any]:
    claim, sentence = lecture.claims[claim_id], lecture.sentence_of(claim_id)
    ran = [c for c in run.cells if c.claim == claim_id]
    cells = [_cell(lecture, run, c) for c in ran]
    selected = [libraries.label(b) for b in run.selection.backends]
    # Of the libraries that the claim names, those that were asked for must take part, and at least one of them.
    about = [library for library in claim.about if library in selected] or claim.about
    verdict, reason = claim_verdict(
        [(f"{c['backend']} {c['dtype'] or ''}".strip(), c["verdict"], c["reason"]) for c in cells],
        about=about,
        statistical="statistical" in claim.kind,
    )
    if verdict in HOLDS and (nowhere := _nowhere(claim, cells, run)):
        verdict, reason = "inconclusive", nowhere
    margins = [c["margin"] for c in cells if c["margin"] is not None]
    fails = _as_worded(claim, cells) if verdict not in ("error", "refuted", "inconclusive") else []
    if fails:
        reason += f"; as worded the sentence fails for: {'; '.join(fails)}"
    return {
        "id": claim.id,
        "sentence": sentence.id,
        "says": sentence.text,
        "statement": claim.prose.statement,
        "scope": claim.prose.scope,
        "kind": claim.kind,
        "premises": list(claim.premises),
        "sources": list(claim.prose.sources),
        "notes": claim.prose.notes,
        "finding": claim.prose.finding,
        "file": Path(claim.file).name,
        "expected": claim.expected,
        "verdict": verdict,
        "reason": reason,
        "qualified": verdict in HOLDS and any(x["shown"] for c in cells for x in c["limits"]),
        "margin": min(margins, key=_as_number) if margins else None,
        "cells": cells,
        "designs": {name: _plain(data) for cell in ran for name, data in cell.designs.items()},
        "figures": _figures(ran),
    }


def _as_worded(claim: Claim, cells: Sequence[Mapping[str, Any]]) -> list[str]:
    """The plain readings of the sentence that fail, on every library where they were tried."""
    tried: dict[str, list[bool]] = {}
    for cell in cells:
        for limit in cell["limits"]:
            tried.setdefault(limit["name"], []).append(limit["shown"])
    return [x.name for x in claim.limits if x.as_worded and tried.get(x.name) and all(tried[x.name])]


def _caught(claims: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(c["id"], w["name"]) for c in claims for cell in c["cells"] for w in cell["wrongs"] if w["caught"]}


def _nowhere(claim: Claim, cells: list[dict[str, Any]], run: Run) -> str:
    """A wrong or a limit that no library had to face proves nothing; told where no library or dtype was left out by the user."""
    if run.selection.partial or run.selection.dtypes or any(c["verdict"] == "absent" for c in cells):
        return ""
    if not {*libraries.every()} <= {*run.selection.backends}:
        return ""
    for kind, named in (("wrong", claim.wrongs), ("limit", claim.limits)):
        ran = {x["name"] for c in cells for x in c[f"{kind}s"]}
        if idle := [x.name for x in named if x.name not in ran]:
            return f"the {kind} “{idle[0]}” ran on no library: check the libraries, dtypes and cases that it names"
    return ""


def _figures(cells: list[Cell]) -> dict[str, dict[str, Any]]:
    figures: dict[str, dict[str, Any]] = {}
    for cell in cells:
        for name, data in cell.figures.items():
            figures.setdefault(name, {})[f"{libraries.label(cell.backend)} {cell.dtype or ''}".strip()] = _plain(data)
    return figures


def _cell(lecture: Lecture, run: Run, cell: Cell) -> dict[str, Any]:
    facts, claim = cell.facts, lecture.claims[cell.claim]
    verdict, reason = cell_verdict(facts)
    if cell.absent or cell.left_out:
        verdict, reason = ("absent", cell.absent) if cell.absent else ("unsupported", cell.left_out)
    if run.selection.partial and verdict == "inconclusive":
        reason = "only a part of the claim ran, so it has no verdict"
    point = run.selection.point
    if verdict in ("verified", "inconclusive") and point and not any(c.geometries for c in facts.honest.made()):
        verdict, reason = "inconclusive", f"no geometry of this case has the address {point}"
    in_part = _untested(claim, cell, facts) if verdict in HOLDS and not run.selection.partial else []
    if in_part:
        reason += f"; in part only: {'; '.join(in_part)}"
    if verdict in TAKES_NO_PART:  # nothing that it could have caught or shown is counted for or against it
        facts = CellFacts(facts.honest, {}, {})
    made = facts.honest.made()
    rows = [_row(lecture, cell, case, c) for case, c in facts.honest.comparisons]
    rows += [_stopped(case, o.kind, o.error) for case, o in facts.honest.stopped]
    rows += [_stopped(case, "error", why) for case, why in facts.honest.failed]
    return {
        "backend": libraries.label(cell.backend),
        "dtype": cell.dtype,
        "verdict": verdict,
        "reason": reason,
        "comparisons": sum(max(1, c.geometries) for c in made),
        "elements": sum(c.elements for c in made),
        "worst_ratio": _number(max((c.ratio for c in made if c.agrees and c.kind != "gate"), default=None)),
        "margin": _number(margin(facts)),
        "in_part": in_part,
        "calls_within_defects": dict(sorted(facts.honest.touched.items())),
        "rows": rows,
        "wrongs": [_wrong(lecture, cell, name, t) for name, t in facts.wrongs.items()],
        "limits": [_limit(lecture, cell, name, t) for name, t in facts.limits.items()],
    }


def _untested(claim: Claim, cell: Cell, facts: CellFacts) -> list[str]:
    """What of the claim was not tested on this library: a pass must not look larger than it is."""
    label = libraries.label(cell.backend)
    missing = Counter(c.note for _, c in facts.honest.comparisons if not c.made)
    missing.update(o.error for _, o in facts.honest.stopped if o.kind in TAKES_NO_PART)
    lost = [f"{why} ({count} comparison{'s'[: count > 1]})" for why, count in sorted(missing.items())]
    lost += [f"case “{n}” is not for it" for n in claim.cases if not claim.runs(n, label, cell.dtype)]
    for kind, named, tried in (("wrong", claim.wrongs, facts.wrongs), ("limit", claim.limits, facts.limits)):
        lost += [
            f"{kind} “{name}” cannot be tried on it"
            for name in dict.fromkeys(x.name for x in named)
            if name in facts.dropped and name not in tried
        ]
    return lost


def _row(lecture: Lecture, cell: Cell, case: str, c: Comparison) -> dict[str, Any]:
    """One comparison. What a library does not repeat (see ``volatile.not_repeated``) is left out of it."""
    repeats = not _volatile(lecture, c)
    address = case + (f"/{c.departures[0].address}" if c.departures else "")
    row: dict[str, Any] = {
        "case": case,
        "label": c.label,
        "kind": c.kind,
        "source": c.source,
        "agrees": c.agrees,
        "outcome": c.outcome_kind,
        "ratio": _number(c.ratio),
        "elements": c.elements,
        "differing": c.differing if repeats else None,
        "geometries": c.geometries if repeats or c.agrees else None,
        "where": list(c.where) if c.where is not None and repeats else None,
        "got": _plain(c.got) if repeats else None,
        "wanted": _plain(c.wanted) if repeats else None,
        "allowed": _number(c.allowed),
        "ulp": _number(c.ulp) if repeats else None,
        "derivation": c.derivation,
        "note": c.note,
        "sentence": c.sentence() if repeats else f"{c.label}: departs, and not the same way twice",
        "defect": c.defect,
        "departures": [{"address": d.address, "says": d.says} for d in c.departures] if repeats else [],
    }
    if c.speaks:
        row["speaks"] = c.speaks
    if not c.made:
        row["made"] = False
    if c.found is not None:
        row["found"] = {"role": c.found.role, "symbols": _plain(c.found.symbols), "how": c.found.how}
    if c.made and (not c.agrees or c.must_fail):
        shape = c.wanted if c.about_shape and isinstance(c.wanted, tuple) else None
        row["replay"] = replay(lecture, cell, case=address)
        row["snippet"] = snippet(c.call, c.wanted_array, cell.backend, shape=shape) if c.call is not None else None
    return row


def _stopped(case: str, kind: str, why: str) -> dict[str, Any]:
    return {
        "case": case,
        "label": "the experiment stopped",
        "kind": "fact",
        "source": "",
        "agrees": False,
        "outcome": kind,
        "ratio": None,
        "elements": 0,
        "differing": None,
        "geometries": 0,
        "where": None,
        "got": kind,
        "wanted": "value",
        "allowed": None,
        "ulp": None,
        "derivation": "",
        "note": why,
        "sentence": f"{case}: {kind}: {why}",
        "defect": "",
        "departures": [],
    }


def _wrong(lecture: Lecture, cell: Cell, name: str, trial: Trial) -> dict[str, Any]:
    by = caught(trial, about_shapes=lecture.claims[cell.claim].about_shapes, honest=cell.facts.honest)
    worst = max(by, key=lambda c: (c.ratio, c.differing)) if by else None
    return {
        "name": name,
        "caught": bool(by),
        "by": len(by),
        "of": len(trial.made()),
        "ratio": _number(worst.ratio) if worst is not None else None,
        "differing": worst.differing if worst is not None else None,
        "elements": worst.elements if worst is not None else None,
        "sentence": worst.sentence() if worst is not None else _why_survived(trial),
        "replay": replay(lecture, cell, wrong=name),
    }


def _why_survived(trial: Trial) -> str:
    excuses = (
        [why for _, why in trial.failed]
        + [o.error for _, o in trial.stopped]
        + [c.note for _, c in trial.comparisons if not c.made]
    )
    return f"not refuted: {excuses[0]}" if excuses else "every comparison still agreed"


def _limit(lecture: Lecture, cell: Cell, name: str, trial: Trial) -> dict[str, Any]:
    limit = next(x for x in lecture.claims[cell.claim].limits if x.name == name)
    rows = [{**_row(lecture, cell, case, c), "must_fail": c.must_fail} for case, c in trial.comparisons]
    rows += [{**_stopped(case, o.kind, o.error), "must_fail": False} for case, o in trial.stopped]
    rows += [{**_stopped(case, "error", why), "must_fail": False} for case, why in trial.failed]
    for row in rows:
        if "replay" in row:
            row["replay"] = replay(lecture, cell, limit=name)
    return {
        "name": name,
        "says": limit.says,
        "shown": shown(trial, about_shapes=lecture.claims[cell.claim].about_shapes),
        "rows": rows,
    }


def replay(lecture: Lecture, cell: Cell, *, case: str = "", wrong: str = "", limit: str = "") -> str:
    """The command that runs exactly this again: the same part, library, dtype, seed and lecture."""
    words = ["lecture-claims", "verify", cell.claim]
    for option, value in (("--case", case), ("--wrong", wrong), ("--limit", limit)):
        words += [option, value] if value else []
    words += ["--backend", cell.backend]
    words += ["--dtype", cell.dtype] if cell.dtype else []
    words += ["--seed", str(cell.seed)] if cell.seed else []
    words += ["--quick"] if cell.quick else []
    words += ["--lecture", str(lecture.folder)] if lecture.folder != OWN else []
    return shlex.join(words)


def _volatile(lecture: Lecture, c: Comparison) -> bool:
    return any(d.id == c.defect and not d.repeatable for d in lecture.defects)


def _not_repeated(run: Run) -> dict[str, list[str]]:
    """What the departures of unrepeatable defects looked like this time."""
    return {
        _cell_name(cell): [c.sentence() for _, c in cell.facts.honest.comparisons if c.defect]
        for cell in run.cells
        if any(c.defect for _, c in cell.facts.honest.comparisons)
    }


def _defect(d: DefectRun, selected: Sequence[str]) -> dict[str, Any]:
    record = d.defect
    phrasebook = next(b for b in selected if libraries.label(b) == record.backend)
    return {
        "id": record.id,
        "backend": record.backend,
        "versions": record.versions,
        "title": record.title,
        "explanation": record.explanation,
        "condition": record.condition,
        "cpu_features": list(record.cpu_features),
        "repeatable": record.repeatable,
        "reports": list(record.reports),
        "applies": d.applies,
        "departs": d.departs,
        "neighbour_holds": d.neighbour_holds,
        "reproduced": d.reproduced,
        "snippet": snippet(*record.smallest, phrasebook),
        "neighbour_says": record.neighbour_says,
        "neighbour_snippet": snippet(*record.neighbour, phrasebook),
    }


def _counts(claims: list[dict[str, Any]]) -> dict[str, Any]:
    cells = [c for claim in claims for c in claim["cells"]]
    wrongs = [w for c in cells for w in c["wrongs"]]
    limits = [x for c in cells for x in c["limits"]]
    return {
        "claims": summary(claims),
        "holds": sum(c["verdict"] in HOLDS for c in claims),
        "qualified": sum(c["qualified"] for c in claims),
        "cells": len(cells),
        "cells_taking_no_part": sum(c["verdict"] in TAKES_NO_PART for c in cells),
        "comparisons": sum(c["comparisons"] for c in cells),
        "elements": sum(c["elements"] for c in cells),
        "wrongs": len(wrongs),
        "wrongs_caught": sum(w["caught"] for w in wrongs),
        "limits": len(limits),
        "limits_shown": sum(x["shown"] for x in limits),
    }


def _success(run: Run, claims: list[dict[str, Any]]) -> bool:
    """Every verdict is the expected one and every recorded defect that applies reproduced; of a part: nothing unexpected in it."""
    if run.interrupted or any(d.applies and not d.reproduced for d in run.defects):
        return False
    if not run.selection.partial:
        return bool(claims) and all(_as_declared(c, quick=run.selection.quick) for c in claims)
    cells = [c for claim in claims for c in claim["cells"] if c["verdict"] not in TAKES_NO_PART]
    ran = sum(len(c["rows"]) + len(c["wrongs"]) + len(c["limits"]) for c in cells)
    return (
        ran > 0
        and (not run.selection.point or any(r["geometries"] != 0 for c in cells for r in c["rows"]))
        and not any(c["verdict"] in ("error", "refuted") for c in cells)
        and all(_is_no_departure(r, quick=run.selection.quick) for c in cells for r in c["rows"])
        and all(w["caught"] for c in cells for w in c["wrongs"])
        and all(x["shown"] for c in cells for x in c["limits"])
    )


def _as_declared(claim: Mapping[str, Any], *, quick: bool) -> bool:
    """A quick run of a statistical claim may leave it open."""
    return claim["verdict"] == claim["expected"] or (
        quick and bool(claim["designs"]) and claim["verdict"] == "inconclusive"
    )


def _is_no_departure(row: Mapping[str, Any], *, quick: bool) -> bool:
    """A gate that speaks for one of two sides need not be met, nor need any gate of a quick run."""
    excused = row["kind"] == "gate" and (quick or "speaks" in row)
    return bool(row["agrees"] or row["defect"] or excused or row["outcome"] in TAKES_NO_PART)


def _cell_name(cell: Cell) -> str:
    return f"{cell.claim} [{libraries.label(cell.backend)}{' ' + cell.dtype if cell.dtype else ''}]"


def _number(x: float | None) -> float | str | None:
    """JSON has no infinity: it is written as the word."""
    if x is None or isinstance(x, int):
        return x
    x = float(x)
    return x if math.isfinite(x) else ("nan" if math.isnan(x) else "inf" if x > 0 else "-inf")


def _as_number(x: float | str) -> float:
    return float(x)


def _plain(value: Any) -> Any:
    """NumPy and Python values as JSON has them."""
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(v) for v in value]
    if isinstance(value, float):
        return _number(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)
