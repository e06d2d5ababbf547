"""The report as SARIF 2.1.0, for code scanning and editors: a rule for each claim, and its verdict as a result on its sentence.

Format: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0 Plus Errata 01,
https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

A claim that holds is of kind "pass", one that a part of a run or a quick run leaves open of kind "open"; everything else
is of kind "fail", at a level:

- error: refuted, or an experiment that failed;
- warning: any other verdict that is not the declared one;
- note: as declared, but the claim does not hold; or it holds, and the sentence fails as worded.
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePath
from typing import Any

from ...claims.record import replay
from ...claims.record.sentences import sentence
from ...claims.record.types import Claim, Evidence
from ..wording import markup, places, summary, words
from ..wording.standing import HOLDS, as_worded, columns, departures, left_open, limits, state, unexpected

FILE = "results.sarif"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
KINDS = ("fail", "open", "pass")
OWN = {"uri": "claims/lecture/lecture.md", "uriBaseId": "%SRCROOT%"}
FINGERPRINT = "lectureClaims/claim/v1"
"""A name of our own: GitHub's uploader computes ``primaryLocationLineHash`` itself, and warns of every value that is not its own."""
MOST_FINDINGS = 3
MOST_CHARACTERS = 1000
"""Of a rule's descriptions: GitHub takes at most 1024."""


def render(evidence: Evidence) -> str:
    """The log as JSON text."""
    return log(evidence)


def log(evidence: Evidence, kinds: Collection[str] = KINDS) -> str:
    """The log with the results that are of these kinds."""
    text = evidence.lecture.markdown
    regions = {name: _region(text, *span) for name, span in places.in_lecture(evidence.lecture).items()}
    results = [_result(evidence, i, c, regions.get(c.sentence)) for i, c in enumerate(evidence.claims)]
    run = {
        "tool": {"driver": _driver(evidence)},
        "automationDetails": {"id": "lecture-claims/"},
        "invocations": [_invocation(evidence)],
        "originalUriBaseIds": _bases(evidence.lecture.folder),
        "artifacts": [_artifact(evidence)],
        "columnKind": "utf16CodeUnits",  # what editors count, and the default
        "results": [r for r in results if r["kind"] in kinds],
    }
    made = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(_visible(made), indent=1, ensure_ascii=False) + "\n"


def standing(evidence: Evidence, claim: Claim) -> tuple[str, str]:
    """(kind, level) of a claim's result; the level of what is no failure is "none", as the format wants it."""
    verdict, partial = claim.verdict, evidence.selection.partial
    if verdict in ("error", "refuted"):
        return "fail", "note" if verdict == claim.expected == "refuted" else "error"
    if left_open(evidence, claim) or (partial and verdict in ("inconclusive", *HOLDS)):
        return "open", "none"
    if verdict != claim.expected:
        return "fail", "warning"
    if verdict not in HOLDS or as_worded(claim):
        return "fail", "note"
    return "pass", "none"


# --- the run -----------------------------------------------------------------------------------------------------------


def _driver(evidence: Evidence) -> dict[str, Any]:
    return {
        "name": "lecture-claims",
        "version": evidence.tool.version,
        "rules": [_rule(evidence, claim) for claim in evidence.claims],
        "properties": {"libraries": {b: state(evidence, b) for b, _ in columns(evidence)}},
    }


def _rule(evidence: Evidence, claim: Claim) -> dict[str, Any]:
    """The claim: the lecture's words in short, the statement in full, and all that its author says of it as help."""
    facts = [
        ("Statement", claim.statement),
        ("Scope", claim.scope),
        ("Kind", claim.kind),
        ("Rests on", words.listed(claim.premises) if claim.premises else "nothing"),
        *([("Notes", claim.notes)] if claim.notes else []),
        *(("Source", source) for source in claim.sources),
    ]
    command = _command(evidence, claim)
    plain = [f"The lecture says: “{_line(claim.says)}”", *(f"{name}: {_line(said)}" for name, said in facts)]
    formatted = [f"> {markup.text(claim.says, 2000)}", *(f"**{n}:** {markup.text(x, 2000)}" for n, x in facts)]
    return {
        "id": claim.id,
        "name": "".join(word.capitalize() for word in re.findall(r"[^\W_]+", claim.id)),  # as viewers want names
        "shortDescription": _text(f"“{words.cut(claim.says, 500)}” ({claim.id})", MOST_CHARACTERS),
        "fullDescription": _text(claim.statement, MOST_CHARACTERS),
        "help": {
            "text": _literal("\n".join([*plain, f"Run it: {command}"])),
            "markdown": _literal("\n\n".join([*formatted, "\n".join(markup.block(command, "sh"))])),
        },
        "properties": {"tags": list(dict.fromkeys([claim.id.partition(".")[0], claim.kind]))},  # section and kind
    }


def _invocation(evidence: Evidence) -> dict[str, Any]:
    """Whether the run came to its end, and what a reader must know before trusting the results."""
    notes = [{"level": "warning", "message": _text(line)} for line in summary.warnings(evidence)]
    notes += [
        {"level": "error", "message": _text(f"The recorded defect of {d.backend} did not reproduce: {d.title}")}
        for d in evidence.defects
        if d.applies and not d.reproduced
    ]
    return {"executionSuccessful": not evidence.interrupted, "toolExecutionNotifications": notes}


# --- where it stands ---------------------------------------------------------------------------------------------------


def _location(folder: str) -> dict[str, Any]:
    return {"uri": "lecture.md", "uriBaseId": "LECTURE"} if folder else OWN


def _bases(folder: str) -> dict[str, Any]:
    """What paths are relative to: the checkout, which only the reader of the file knows, or a lecture's own folder."""
    if not folder:
        return {"%SRCROOT%": {"description": {"text": "The root of the repository that holds the lecture."}}}
    base = {"uri": PurePath(folder).as_uri() + "/"} if PurePath(folder).is_absolute() else {}
    return {"LECTURE": {**base, "description": {"text": "The lecture's folder."}}}


def _artifact(evidence: Evidence) -> dict[str, Any]:
    """The lecture: its text, in which lines and columns were counted, for readers who do not have the file; and its hash."""
    lecture = evidence.lecture
    return {
        "location": _location(lecture.folder),
        "description": _text(lecture.title),
        "roles": ["analysisTarget"],
        "mimeType": "text/markdown",
        "contents": {"text": lecture.markdown},
        "hashes": {"sha-256": hashlib.sha256(lecture.markdown.encode(errors="surrogatepass")).hexdigest()},
    }


def _region(text: str, begin: int, end: int) -> dict[str, Any]:
    """Lines and columns count from 1; the end column is the one after the last character."""
    (first, column), (last, end_column) = _point(text, begin), _point(text, end)
    return {
        "startLine": first,
        "startColumn": column,
        "endLine": last,
        "endColumn": end_column,
        "snippet": {"text": text[begin:end]},
    }


def _point(text: str, offset: int) -> tuple[int, int]:
    """(line, column); a character beyond the basic plane is two columns wide in UTF-16."""
    begin = text.rfind("\n", 0, offset) + 1
    units = len(text[begin:offset].encode("utf-16-le", errors="surrogatepass")) // 2
    return places.line(text, offset), units + 1


# --- the results -------------------------------------------------------------------------------------------------------


def _result(evidence: Evidence, index: int, claim: Claim, region: Mapping[str, Any] | None) -> dict[str, Any]:
    """The result of a claim; without a region it is about the whole file."""
    kind, level = standing(evidence, claim)
    again = _replay(evidence, claim) or _command(evidence, claim)
    location = {"artifactLocation": {**_location(evidence.lecture.folder), "index": 0}}
    location |= {"region": region} if region else {}
    return {
        "ruleId": claim.id,
        "ruleIndex": index,
        "kind": kind,
        "level": level,
        "message": {"text": _literal("\n".join(_message(evidence, claim, again)))},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {FINGERPRINT: _fingerprint(evidence, claim)},
        "properties": {
            "verdict": claim.verdict,
            "declared": claim.expected,
            "qualified": claim.qualified,
            "replay": again,
            "cells": {c.name: c.verdict for c in claim.cells},
        },
    }


def _fingerprint(evidence: Evidence, claim: Claim) -> str:
    """Of the claim in its lecture, whatever its verdict and wherever its sentence has moved."""
    return hashlib.sha256(f"{evidence.lecture.title}\n{claim.id}".encode(errors="replace")).hexdigest()


def _message(evidence: Evidence, claim: Claim, again: str) -> Iterator[str]:
    """What fails first, since that is all that a narrow list shows; of a claim that holds, the verdict with its reason."""
    if worded := summary.worded_line(claim):
        yield _line(worded)
    if claim.verdict in HOLDS:
        against = f"Expected {claim.expected}. " if unexpected(evidence, claim) else ""
        yield _line(against + summary.verdict_line(evidence, claim))
    else:
        yield _line(f"{claim.reason.rstrip('.')}: {claim.verdict}.{summary.besides(evidence, claim)}")
    against = list(dict.fromkeys(_against(claim)))
    yield from (_line(finding) for finding in against[:MOST_FINDINGS])
    if len(against) > MOST_FINDINGS:
        yield f"… and {len(against) - MOST_FINDINGS} more"
    if claim.qualified:
        yield _line(f"Just outside its scope: {'; '.join(limits(claim))}.")
    yield f"Replay: {again}"


def _against(claim: Claim) -> Iterator[str]:
    """What keeps the claim from holding, cell by cell."""
    for cell in claim.cells:
        yield from (f"{cell.name}, case {r.case}: {sentence(r)}" for r in departures(cell))
        yield from (f"{cell.name}: the wrong variant “{w.name}” survived" for w in cell.wrongs if not w.caught)
        yield from (f"{cell.name}: the limit “{x.name}” did not show" for x in cell.limits if not x.shown)


def _replay(evidence: Evidence, claim: Claim) -> str:
    """The command that shows the first thing that tells against the claim again; empty where nothing does."""
    for cell in claim.cells:
        asked = [{"case": replay.address(r)} for r in departures(cell) if r.made]
        asked += [{"wrong": w.name} for w in cell.wrongs if not w.caught]
        asked += [{"limit": x.name} for x in cell.limits if not x.shown]
        if asked:
            return replay.command(evidence, claim.id, cell, **asked[0])
    return ""


def _command(evidence: Evidence, claim: Claim) -> str:
    """The command that runs the whole claim again."""
    selection, folder = evidence.selection, evidence.lecture.folder
    found = ["lecture-claims", "verify", claim.id]
    found += [word for dtype in selection.dtypes for word in ("--dtype", dtype)]
    found += ["--seed", str(evidence.seed)] if evidence.seed else []
    found += ["--quick"] if selection.quick else []
    found += ["--lecture", folder] if folder else []
    return shlex.join(found)


# --- text --------------------------------------------------------------------------------------------------------------


def _text(said: str, width: int = 2000) -> dict[str, str]:
    return {"text": _literal(_line(said, width)) or "–"}


def _line(said: str, width: int = 2000) -> str:
    return words.cut(" ".join(said.split()), width)


def _literal(said: str) -> str:
    """Text that stands for itself: braces would be placeholders, and brackets before parentheses links (sections 3.11.5, 3.11.6)."""
    return said.replace("{", "{{").replace("}", "}}").replace("](", "] (")


def _visible(x: Any) -> Any:
    """The same with every hidden character of its texts shown by its code."""
    if isinstance(x, Mapping):
        return {words.visible(key): _visible(item) for key, item in x.items()}
    if isinstance(x, list):
        return [_visible(item) for item in x]
    return words.visible(x) if isinstance(x, str) else x
