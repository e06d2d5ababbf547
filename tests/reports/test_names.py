"""Names that look like more than one name, or like what a sentence says: every report shows each of them as it is, and takes nothing from it."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from html import unescape
from typing import Any

import pytest
import sample_evidence as sample
from lectureclaims.claims.record import file, replay
from lectureclaims.claims.record.types import Evidence, LimitSaid
from lectureclaims.reports.formats import junit, markdown
from lectureclaims.reports.front import terminal
from lectureclaims.reports.page import html
from lectureclaims.reports.page.anchors import link
from lectureclaims.reports.wording import findings, markup, summary, words
from lectureclaims.reports.wording.section import Section
from rich.console import Console

NAMES = [
    "odd kernels; stride 2",
    "deep, fresh seeds",
    "a, first seeds",
    "0.1 [0, 1]",
    "it's \"quoted\" 'twice'",
    "a: b: 3 of 4 differ; worst at (0,): got 1, wanted 2",
    "as worded the sentence fails for: all; it",
    "H ≤ 3, k ≤ 2, stride ≤ 1, dilation ≤ 1, padding ≤ 1",
    "the experiment stopped",
]


def named(name: str) -> Evidence:
    """Two claims of which limits, gates, cases, wrongs and labels have the name: one fails as worded, one departs and lets a wrong survive."""
    worded = sample.worded(fails_as_worded=(name,), limits=(LimitSaid(name=name, says="It fails.", as_worded=True),))
    for cell in worded.cells:
        gates = [sample.gate(name, group, met=group == "first") for group in ("first", "fresh")]
        cell.rows = (sample.row(name, name), *gates)
        cell.limits = (sample.limit(name),)
        cell.wrongs = (sample.wrong(name),)
    worded.designs = {name: sample.design((name, "effect", ""))}
    bad = sample.cell("torch", "float32", "refuted", rows=(sample.departing(case=name, label=name),))
    bad.wrongs, bad.limits = (sample.wrong(name, is_caught=False),), (sample.limit(name, shown=False),)
    made = sample.sample_evidence()
    made.claims, made.premises, made.sensitivity = (worded, sample.claim("claim.equivariance", [bad])), (), ()
    return file.loads(file.dumps(made))


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def shown(show: Any, *what: Any) -> str:
    out = Console(file=io.StringIO(), width=1000, markup=False)
    show(out, *what)
    return str(out.file.getvalue())  # type: ignore[attr-defined]


def test_each_name_is_one_name(name: str) -> None:
    evidence = named(name)
    worded, bad = (Section(evidence, c) for c in evidence.claims)
    assert [x.name for x in worded.as_worded] == [name] and summary.worded_line(worded.claim).count(name) == 1
    assert [(x.name, x.says, len(x.shown)) for x in worded.limits] == [(name, "It fails.", 2)]
    (gate,) = worded.gates
    assert (gate.name, gate.role, [r.group for r in gate.rows]) == (name, "effect", ["first", "fresh"])
    assert gate.word == "not met on the fresh seeds" and [len(gate.cells), gate.met] == [2, False]
    assert [(w.name, w.survived) for w in bad.wrongs] == [(name, ["torch float32"])]
    ((names, ((row, _),)),) = bad.compared.cases
    assert (names, row.row.label) == ([name], name)
    assert row.finding == "3 of 48 differ; worst at (0, 1): got 3, wanted 4"
    assert findings.beyond(worded.claim) == f"Not as worded: {name}."
    assert findings.beyond(bad.claim) == f"Except: {name}."


def test_the_page_shows_it(name: str) -> None:
    evidence = named(name)
    text = unescape(html.whole(evidence))
    leads = re.escape(link("claim.worded", "limit", name))
    assert re.search(rf"<li><a href=\"{leads}\">{re.escape(name)}</a>", text) and f"<b>{name}.</b> It fails." in text
    row = re.search(rf"<th>{re.escape(name)}<br><small>runs: .*?✗ not met on the fresh seeds", text, re.DOTALL)
    assert row is not None and "3.1 [2.9, 3.3]" in row[0] and "1.1 [0.9, 1.3]" in row[0]
    assert f"Design <b>{name}</b>, version 2" in text
    assert f"case {name}: {name}: 3 of 48 differ" in text
    for part in ("case", "wrong"):
        assert replay.command(evidence, "claim.equivariance", evidence.claims[1].cells[0], **{part: name}) in text
    assert 'id="claim.worded--try-size"' not in text


def test_markdown_the_terminal_and_junit_show_it(name: str) -> None:
    evidence = named(name)
    report = markdown.render(evidence)
    assert f"- **{markup.text(name)}.** It fails." in report
    assert f"| {markup.text(name)} | effect | interval above 1.5 |" in report
    said = shown(terminal.run, evidence) + shown(terminal.claim, evidence, evidence.claims[0])
    assert f"As worded, the sentence fails for: {name}." in said and f"Limit, shown: {name}: It fails." in said
    assert replay.command(evidence, "claim.equivariance", evidence.claims[1].cells[0], case=name) in said
    told = "".join(ET.fromstring(junit.render(evidence)).itertext())
    assert f"{name}: 3 of 48 differ" in told


def test_cells_are_gathered_by_library_also_where_its_name_holds_a_blank():
    names = ["numpy float32", "numpy float64", "torch float32", "torch float64", "my own", "my own float32", "pillow"]
    assert words.cells(names) == "numpy, torch (float32, float64); my own float32; pillow"
    assert words.cells(["my own"]) == "my own"
