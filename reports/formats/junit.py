"""The report as JUnit XML, for the test pages of continuous integration.

One test case for each claim × library × dtype, one for the verdict of each claim, one for each recorded defect. A cell
passes only where it holds, or where its verdict is the one that its claim expects; one that was tested in part says what was
not tested. What took no part is skipped, and so is a defect that reproduced: a known fault is not a pass.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

from ...claims.record import replay
from ...claims.record.sentences import sentence
from ...claims.record.types import Cell, Claim, Defect, Evidence
from ..wording import standing, summary, words

FILE = "junit.xml"


def render(evidence: Evidence) -> str:
    """The XML as text."""
    seconds = evidence.volatile.cell_seconds
    suite = ET.Element("testsuite", name="lecture-claims")
    said = [summary.quick(evidence), *summary.summary(evidence), *summary.warnings(evidence)]
    _property(suite, "seed", evidence.seed)
    _property(suite, "schema", evidence.schema)
    _property(suite, "summary", " ".join(filter(None, said)))
    for claim in evidence.claims:
        for cell in claim.cells:
            case = _case(suite, claim.id, cell.name, seconds.get(f"{claim.id} [{cell.name}]", 0.0))
            _cell(case, evidence, claim, cell)
        _verdict(_case(suite, claim.id, "verdict"), evidence, claim)
    for defect in evidence.defects:
        _defect(_case(suite, "library defects", defect.id), defect)
    if evidence.interrupted:
        _say(_case(suite, "run", "complete"), "error", "interrupted", "the run was interrupted: the rest did not run")
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for kind, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(c.find(kind) is not None for c in cases)))
    suite.set("time", f"{sum(float(c.get('time', 0)) for c in cases):.2f}")
    if evidence.volatile.begun:
        suite.set("timestamp", words.visible(evidence.volatile.begun))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, classname: str, name: str, seconds: float = 0.0) -> ET.Element:
    attributes = {"classname": words.visible(classname), "name": words.visible(name), "time": f"{seconds:.2f}"}
    return ET.SubElement(suite, "testcase", attributes)


def _cell(case: ET.Element, evidence: Evidence, claim: Claim, cell: Cell) -> None:
    verdict = cell.verdict
    _property(case, "verdict", verdict)
    for name in standing.defects_of(cell):
        _property(case, "defect", name)
    for missing in standing.in_part(cell):
        _property(case, "in part", missing)
    if verdict in standing.TAKES_NO_PART:
        _say(case, "skipped", verdict, cell.reason)
    elif verdict == "error":
        _say(case, "error", verdict, cell.reason, _details(evidence, claim, cell))
    elif verdict == "inconclusive" and evidence.selection.partial:
        _part(case, evidence, claim, cell)
    elif verdict == "inconclusive" and standing.left_open(evidence, claim):
        _say(case, "skipped", "left open", f"left open by a quick run: {cell.reason}")
    elif verdict not in (*standing.HOLDS, claim.expected):
        _say(case, "failure", verdict, cell.reason, _details(evidence, claim, cell))
    said = [f"{verdict}, as expected: {cell.reason}"] * (verdict == claim.expected and verdict not in standing.HOLDS)
    said += [f"{verdict}, in part; not tested: {missing}" for missing in standing.in_part(cell)]
    said += [f"recorded defect {r.defect}: {sentence(r)}" for r in cell.rows if r.defect and not r.agrees]
    if said:
        ET.SubElement(case, "system-out").text = words.visible("\n".join(said))


def _part(case: ET.Element, evidence: Evidence, claim: Claim, cell: Cell) -> None:
    """Of a claim that ran in part there is no verdict, but anything wrong in that part is a failure."""
    wrong = [sentence(r) for r in standing.departures(cell)]
    wrong += [f"the wrong variant “{w.name}” survived" for w in cell.wrongs if not w.caught]
    wrong += [f"the limit “{x.name}” did not show" for x in cell.limits if not x.shown]
    if wrong:
        _say(case, "failure", "inconclusive", wrong[0], "\n".join([*wrong, _details(evidence, claim, cell)]))
    elif not (cell.rows or cell.wrongs or cell.limits):
        _say(case, "skipped", "not selected", "nothing of this cell was asked for")


def _details(evidence: Evidence, claim: Claim, cell: Cell) -> str:
    """The comparisons that disagree and the wrong variants that survived, with how to run and how to paste them."""
    lines: list[str] = []
    for row in standing.departures(cell)[:20]:
        lines.append(f"case {row.case}: {sentence(row)}")
        if row.made or row.outcome == "error":
            lines.append(f"replay: {replay.command(evidence, claim.id, cell, case=replay.address(row))}")
        lines += [row.snippet] if row.snippet else []
    for wrong in cell.wrongs:
        if not wrong.caught:
            lines.append(f"the wrong variant “{wrong.name}” survived: {wrong.excuse}")
            lines.append(f"replay: {replay.command(evidence, claim.id, cell, wrong=wrong.name)}")
    return "\n".join(lines)


def _verdict(case: ET.Element, evidence: Evidence, claim: Claim) -> None:
    _property(case, "verdict", claim.verdict + (", qualified" if claim.qualified else ""))
    _property(case, "expected", claim.expected)
    if evidence.selection.partial:
        _say(case, "skipped", "partial", "only a part of the claim ran, so it has no verdict")
    elif standing.unexpected(evidence, claim):
        said = f"{claim.verdict}, expected {claim.expected}: {claim.reason}"
        _say(case, "failure", "unexpected verdict", said)


def _defect(case: ET.Element, defect: Defect) -> None:
    told, snippet = f"{defect.title}: {defect.condition or defect.explanation}", defect.snippet or ""
    if not defect.applies:
        _say(case, "skipped", "does not apply", f"the record does not apply to this version or machine: {told}")
    elif defect.reproduced:
        _say(case, "skipped", "known defect", f"reproduced: {told}", snippet)
    else:
        said = f"the record applies but did not reproduce: {told}"
        _say(case, "failure", "defect did not reproduce", said, snippet)


def _say(case: ET.Element, kind: str, type_: str, message: str, details: str = "") -> None:
    line = " ".join(words.visible(words.cut(message, 2000)).split())
    element = ET.SubElement(case, kind, {"type": words.visible(type_), "message": line})
    element.text = words.visible(details or message)


def _property(of: ET.Element, name: str, value: Any) -> None:
    """A property of the suite or of a case."""
    properties = of.find("properties")
    properties = ET.SubElement(of, "properties") if properties is None else properties
    ET.SubElement(properties, "property", {"name": name, "value": words.visible(str(value))})
