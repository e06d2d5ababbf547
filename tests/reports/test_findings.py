"""A claim's finding in one line, and the notes in the lecture's margin."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest
import sample_evidence as sample
from lectureclaims.claims import lecture as folder
from lectureclaims.claims.engine.lecture import read as lecture_of
from lectureclaims.claims.record.types import Fact
from lectureclaims.reports.page import html
from lectureclaims.reports.wording import findings
from poison import put


def test_a_verified_claim_says_on_how_much_and_whether_rounding_was_allowed() -> None:
    cells = [
        sample.cell("numpy", "float32"),
        sample.cell("torch", "float32", worst_ratio=0.42),
        sample.cell("scipy", None, "absent"),
    ]
    assert findings.in_one_line(sample.claim("a", cells)) == "2 libraries, 4 comparisons, all within rounding."
    exact = sample.cell("torch", None, rows=(sample.row(),), comparisons=1, worst_ratio=0.0)
    assert findings.in_one_line(sample.claim("a", [exact])) == "torch, 1 comparison, every bit equal."
    fact = Fact(
        case="c", label="it is so", source="s", outcome="value", made=True, agrees=True, elements=1, got=1.0, wanted=1.1
    )
    told = sample.cell("torch", None, rows=(sample.row(), fact), comparisons=2, worst_ratio=0.0)
    assert findings.in_one_line(sample.claim("a", [told])) == "torch, 2 comparisons, all as expected."
    measured = sample.bound(measured=True, ratio=0.9999999)
    near = sample.cell("torch", None, rows=(measured,), worst_ratio=0.9999999)
    assert findings.in_one_line(sample.claim("a", [near])).endswith("all within a measured bound.")


def test_a_claim_over_seeds_says_its_own_words_with_what_its_gates_measured_on_fresh_seeds() -> None:
    said = "it costs {deep} of accuracy"
    claim = sample.worded(finding=said)
    for cell in claim.cells:
        put(cell.rows[-1], estimate=24242.0, low=2e4, high=3e4)
    assert findings.in_one_line(claim) == "it costs 24,200 of accuracy."
    assert findings.in_one_line(sample.worded()) == "1 gate met, on the first and on fresh seeds."
    assert (
        findings.in_one_line(sample.worded(finding="it costs {no gate}"))
        == "1 gate met, on the first and on fresh seeds."
    )
    assert "costs" not in findings.in_one_line(sample.worded(finding=said, verdict="not supported"))
    assert "costs" not in findings.in_one_line(sample.worded(finding=said, expected="disputed"))


def test_a_disputed_claim_says_its_own_words_or_counts_the_gates_of_both_sides() -> None:
    assert findings.in_one_line(sample.disputed()) == "1 of 2 gates for, 1 of 1 gate against."
    assert findings.in_one_line(sample.disputed(finding="for: {trains better}")) == "for: 3.1."


def test_every_claim_of_the_lecture_that_has_designs_has_words_and_they_name_gates() -> None:
    stated = {
        gate.name
        for module in pkgutil.walk_packages(folder.__path__, f"{folder.__name__}.")
        if module.name.endswith(".gates")
        for gate in importlib.import_module(module.name).GATES
    }
    with_words = {name: c.prose.finding for name, c in lecture_of().claims.items() if c.prose.finding}
    assert {n for n, c in lecture_of().claims.items() if c.expected in ("supported", "disputed")} == set(with_words)
    for name, words in with_words.items():
        named = findings.BLANK.findall(words)
        assert named and set(named) <= stated, name


def test_a_claim_that_does_not_hold_says_why_not() -> None:
    refuted = sample.claim(
        "a", [sample.cell("numpy", None), sample.cell("torch", "float32", "refuted", rows=(sample.departing(),))]
    )
    assert (
        findings.in_one_line(refuted)
        == "torch float32: the layer is the sum: 3 of 48 differ; worst at (0, 1): got 3, wanted 4."
    )
    open_ = sample.claim("a", [sample.cell("torch", "float32", "inconclusive")], reason="a wrong variant survived")
    assert findings.in_one_line(open_) == "a wrong variant survived."
    nothing = sample.claim("a", [sample.cell("torch", None, "absent")], reason="no library took part")
    assert findings.in_one_line(nothing) == "no library took part."


def test_where_a_sentence_fails_as_worded_comes_before_its_limits() -> None:
    two = (sample.limit("stride 2"), sample.limit("an even kernel"))
    qualified = sample.claim("a", [sample.cell("torch", None, limits=two)])
    assert findings.beyond(qualified) == "Except: stride 2, and 1 more."
    assert findings.beyond(sample.worded()) == "Not as worded: tanh as a hidden activation."
    assert findings.beyond(sample.claim("a", [sample.cell("torch", None, limits=())])) == ""


def test_what_is_long_is_cut() -> None:
    long = sample.claim(
        "a", [sample.cell("torch", None, "inconclusive", limits=(sample.limit("x" * 9000),))], reason="y" * 9000
    )
    assert len(findings.in_one_line(long)) + len(findings.beyond(long)) < 3 * findings.MOST


@pytest.fixture(scope="module")
def lecture() -> str:
    page = html.whole(sample.sample_evidence())
    return page[page.index('<div class="lecture">') : page.index('<details id="scan">')]


def test_each_claim_has_one_note_after_its_sentence_with_the_number_that_stands_there(lecture: str) -> None:
    notes = re.findall(r'<span class="finding v-([\w-]+)"><a href="#([\w.]+)">.*?</svg>(\d+) ([\w ]+):</a>', lecture)
    assert notes == [
        ("verified", "claim.correlate", "1", "verified"),
        ("verified", "claim.linear", "2", "verified"),
        ("not-supported", "claim.saturation", "3", "not supported"),
        ("error", "claim.equivariance", "4", "error"),
    ]
    for verdict, claim, number, _ in notes:
        chip = lecture.index(f'<a class="chip v-{verdict}" href="#{claim}"')
        assert f">{number}<span class=hidden> {claim}" in lecture[chip : chip + 900], claim
        assert chip < lecture.index(f'<a href="#{claim}"')


def test_notes_of_a_table_stand_below_it(lecture: str) -> None:
    below = lecture.index('<div class="findings">')
    assert lecture.index("</table>") < below < lecture.index('<a href="#claim.linear"') < lecture.index("</div>", below)
    assert lecture.count('class="findings"') == 1


def test_a_claim_says_its_line_in_the_lecture_and_its_lines_in_the_scan() -> None:
    evidence = sample.sample_evidence()
    page = html.whole(evidence)
    assert '<a href="#scan-1">lines 1–2 of the scan</a>: <q>Instead of convoIution' in page
    assert "<dd>line 3 of <code>lecture.md</code>" in page
    assert 'in <a href="#scan">the scan</a> its words are not to be found' in page
    assert [f'id="scan-{i}"' in page for i in (1, 3, 4)] == [True, True, False]
    evidence.lecture.scan = ""
    without = html.whole(evidence)
    assert "of the scan</a>" not in without
    assert 'id="scan"' not in without


def test_a_sentence_of_several_claims_leads_to_the_one_that_it_is_underlined_by() -> None:
    evidence = sample.sample_evidence()
    evidence.lecture.sentences[0].see = ("claim.equivariance",)
    page = html.whole(evidence)
    assert (
        'class="says v-error" id="sentence--sentence.correlate" href="#claim.equivariance" title="claim.equivariance: error"'
        in page
    )
