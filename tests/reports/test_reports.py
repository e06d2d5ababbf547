"""results.json and its schema, and the Markdown and JUnit reports made of it."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any, get_args

import jsonschema
import lectureclaims.claims
import pytest
import sample_evidence as sample
from lectureclaims.claims.record import file, replay, verdicts
from lectureclaims.claims.record.types import Bits, CellVerdict, Detection, Evidence, Found, Verdict
from lectureclaims.reports.formats import junit, markdown
from lectureclaims.reports.front import terminal
from lectureclaims.reports.page import html
from lectureclaims.reports.wording import standing
from msgspec import structs
from poison import put
from rich.console import Console


@pytest.fixture
def evidence() -> Evidence:
    return sample.sample_evidence()


# --- the record --------------------------------------------------------------------------------------------------------


def test_the_sample_is_a_record_and_obeys_its_schema(evidence: Evidence) -> None:
    text = file.dumps(evidence)
    jsonschema.Draft202012Validator(file.schema()).validate(json.loads(text))
    assert file.dumps(file.loads(text)) == text


def test_every_type_of_the_record_is_described_and_closed() -> None:
    for name, definition in file.schema()["$defs"].items():
        assert definition.get("description"), name
        assert definition.get("additionalProperties") is False, name


def test_a_real_run_makes_every_report() -> None:
    found = lectureclaims.claims.verify(["convolution.libraries_correlate"], backends=["numpy"], dtypes=["float32"])
    back = file.loads(file.dumps(found))
    assert "np.convolve" in html.whole(back)
    row = "| [convolution.libraries\\_correlate](#convolution.libraries_correlate) |"
    assert row in markdown.render(back)
    ET.fromstring(junit.render(back))
    assert html.whole(back) == html.whole(found)


@pytest.mark.parametrize(
    "change",
    [
        lambda e: e.update(extra=1),
        lambda e: e.pop("seed"),
        lambda e: e.update(schema="lecture-claims/results/1"),
        lambda e: e["claims"][0].update(verdict="passed"),
        lambda e: e["claims"][0]["cells"][0].update(verdict="skipped"),
        lambda e: e["claims"][0]["cells"][0].pop("reason"),
        lambda e: e["claims"][0]["cells"][0].update(in_part="half of it"),
        lambda e: e["claims"][0]["cells"][0]["wrongs"][0].update(caught=None),
        lambda e: e["claims"][0]["cells"][0]["rows"][0].update(ratio="huge"),
        lambda e: e["claims"][0]["cells"][0]["rows"][0].pop("label"),
        lambda e: e["claims"][0]["cells"][0]["rows"][0].update(kind="guess"),
        lambda e: e["claims"][0]["cells"][0]["limits"][0]["rows"][0].update(must_fail="yes"),
        lambda e: e["defects"][0].update(comment="x"),
    ],
)
def test_what_is_not_of_the_record_is_refused_by_its_reader_and_by_its_schema(
    evidence: Evidence, change: Callable[[Any], Any]
) -> None:
    plain = json.loads(file.dumps(evidence))
    change(plain)
    with pytest.raises(file.BadEvidence):
        file.loads(json.dumps(plain))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(file.schema()).validate(plain)


def test_every_verdict_has_a_meaning_and_a_sign() -> None:
    assert set(standing.MEANING) == {*get_args(CellVerdict)} == {*standing.SIGN} - {"as-worded"}
    assert len({*standing.SIGN.values(), terminal.IN_PART_SIGN, terminal.FLAW}) == len(standing.SIGN) + 2
    assert {*verdicts.WORST_FIRST} == {*get_args(Verdict)} and {*standing.DETECTION} == {*get_args(Detection)}


# --- Markdown ----------------------------------------------------------------------------------------------------------


def test_the_markdown_report_has_every_claim_folded_and_replayable(evidence: Evidence) -> None:
    report = markdown.render(evidence)
    for claim in evidence.claims:
        assert f"\n## {claim.id}\n" in report
    assert (
        "| [claim.correlate](#claim.correlate) | ✓ verified, qualified | ✓ verified | ✓ verified | ✓ verified | ∅ unsupported |"
        in report
    )
    assert "lecture-claims verify claim.equivariance --case 2-d --backend torch --dtype float32" in report
    assert report.count("<details>") == report.count("</details>") > 8
    assert "claim.smooths" in report
    tables = [line for line in report.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in tables)


def test_the_markdown_report_says_what_was_not_tested(evidence: Evidence) -> None:
    report = markdown.render(evidence)
    assert "| ✓ verified | ✓ verified, in part | – | · absent |" in report
    row = next(line for line in report.splitlines() if line.startswith("| torch | ✓ verified, in part<br>not tested: "))
    assert "15 comparisons<br>not tested: limit “a symmetric kernel” cannot be shown here |" in row
    assert "1 cell tested in part" in report
    evidence.claims[0].cells[2].in_part = ("the half",)
    report = markdown.render(evidence)
    assert "| ✓ float32: verified, in part<br>✓ float64: verified |" in report
    assert "| torch float64 | ✓ verified<br>not tested on torch float32: the half |" in report


def test_a_wrong_variant_that_survived_can_be_run_again(evidence: Evidence) -> None:
    again = replay.command(evidence, "claim.equivariance", evidence.claims[3].cells[3], wrong="one axis flipped")
    assert again in markdown.render(evidence)
    assert again in junit.render(evidence)
    assert again in said(terminal.run, evidence)


def test_a_long_markdown_report_stays_below_the_limit_and_says_so(evidence: Evidence) -> None:
    long = [structs.replace(evidence.claims[3], id=f"claim.{i}", statement="long " * 500) for i in range(400)]
    evidence.claims = tuple(long)
    report = markdown.render(evidence)
    assert len(report.encode()) < 500_000
    assert "results.json" in report


# --- the terminal ------------------------------------------------------------------------------------------------------


def said(show: Callable[..., None], *what: Any, colour: bool = False) -> str:
    out = Console(
        file=io.StringIO(), width=200, force_terminal=colour, color_system="standard" if colour else None, markup=False
    )
    show(out, *what)
    return str(out.file.getvalue())  # type: ignore[attr-defined]


def test_the_terminal_says_what_was_tested_in_part(evidence: Evidence) -> None:
    table = said(terminal.run, evidence, colour=True)
    assert "\x1b[36m◐" in table and "\x1b[32m✓" in table
    assert "1 cell tested in part" in table and "◐ holds, tested in part" in table
    evidence.claims[0].cells[2].in_part = ("the half",)
    row = next(line for line in said(terminal.run, evidence).splitlines() if line.startswith(evidence.claims[0].id))
    assert "◐✓" in row


def test_the_table_of_a_run_reads_at_80_columns(evidence: Evidence) -> None:
    evidence.claims = (
        *evidence.claims,
        sample.worded(),
        sample.claim("claim." + 20 * "x", [sample.cell("pillow", None), sample.cell("keras", None, "absent")]),
    )
    evidence.selection = structs.replace(evidence.selection, backends=(*evidence.selection.backends, "pillow", "keras"))
    out = Console(file=io.StringIO(), width=80, markup=False)
    terminal.run(out, evidence)
    lines = str(out.file.getvalue()).splitlines()  # type: ignore[attr-defined]
    table = lines[: 1 + len(evidence.claims)]
    assert [line.split()[0] for line in table] == ["claim", *(c.id for c in evidence.claims)], "each claim has one line"
    assert table[0].split()[-1] == "others" and "keras" not in "".join(table)
    assert lines[len(table)].endswith(" and pillow; absent: keras")
    assert " fails as worded " in table[-2] and table[-1].rstrip().endswith("✓")
    claim = said(terminal.claim, evidence, evidence.claims[1])
    assert f"In part, torch; not tested: {'; '.join(sample.NOT_TESTED)}\n" in claim
    assert "In part, numpy" not in claim


# --- JUnit -------------------------------------------------------------------------------------------------------------


def cases(evidence: Evidence) -> dict[tuple[str, str], ET.Element]:
    root = ET.fromstring(junit.render(evidence))
    return {(c.get("classname", ""), c.get("name", "")): c for c in root.iter("testcase")}


def kind(case: ET.Element) -> str:
    return next((child.tag for child in case if child.tag in ("failure", "error", "skipped")), "passed")


def test_junit_passes_only_what_holds(evidence: Evidence) -> None:
    found = {name: kind(case) for name, case in cases(evidence).items()}
    assert found["claim.correlate", "torch float32"] == "passed"
    assert found["claim.correlate", "scipy"] == "skipped"
    assert found["claim.linear", "scipy"] == "skipped"
    assert found["claim.saturation", "torch float64"] == "failure"
    assert found["claim.equivariance", "numpy float32"] == "error"
    assert found["claim.equivariance", "torch float32"] == "failure"
    assert found["claim.equivariance", "tensorflow float32"] == "failure"
    assert found["claim.equivariance", "tensorflow float64"] == "failure"
    assert found["claim.equivariance", "verdict"] == "failure"
    assert found["claim.correlate", "verdict"] == "passed"
    assert found["library defects", "torch-tanh"] == "skipped"
    suite = ET.fromstring(junit.render(evidence)).find("testsuite")
    assert suite is not None
    assert int(suite.get("tests", 0)) == len(found)
    assert int(suite.get("failures", 0)) == sum(k == "failure" for k in found.values())


def test_junit_shows_the_comparison_and_a_recorded_defect_is_no_silent_pass(evidence: Evidence) -> None:
    found = cases(evidence)
    failure = found["claim.equivariance", "torch float32"].find("failure")
    assert failure is not None
    assert "3 of 48 differ" in (failure.text or "")
    assert "replay: lecture-claims verify" in (failure.text or "")
    departing = found["claim.equivariance", "torch float64"]
    assert "recorded defect torch-tanh" in (departing.findtext("system-out") or "")
    assert [p.get("value") for p in departing.iter("property") if p.get("name") == "defect"] == ["torch-tanh"]


def test_junit_passes_a_cell_tested_in_part_but_says_so(evidence: Evidence) -> None:
    part, whole = cases(evidence)["claim.linear", "torch"], cases(evidence)["claim.linear", "numpy"]
    assert kind(part) == "passed"
    assert tuple(p.get("value") for p in part.iter("property") if p.get("name") == "in part") == sample.NOT_TESTED
    for missing in sample.NOT_TESTED:
        assert f"verified, in part; not tested: {missing}" in (part.findtext("system-out") or "")
    assert not [p for p in whole.iter("property") if p.get("name") == "in part"]
    assert whole.find("system-out") is None


def test_junit_follows_the_expected_verdict(evidence: Evidence) -> None:
    claim = evidence.claims[2]
    claim.expected = "not supported"
    found = cases(evidence)
    assert kind(found["claim.saturation", "torch float64"]) == "passed"
    assert "as expected" in (found["claim.saturation", "torch float64"].findtext("system-out") or "")
    assert kind(found["claim.saturation", "verdict"]) == "passed"
    put(claim, expected="not supported", verdict="verified")
    assert kind(cases(evidence)["claim.saturation", "verdict"]) == "failure"
    evidence.defects[0].reproduced = False
    assert kind(cases(evidence)["library defects", "torch-tanh"]) == "failure"
    evidence.interrupted = True
    assert kind(cases(evidence)["run", "complete"]) == "error"


def test_junit_of_a_part_judges_that_part(evidence: Evidence) -> None:
    evidence.selection.partial = True
    for one in evidence.claims[0].cells:
        one.verdict = "inconclusive" if one.rows else one.verdict
    found = cases(evidence)
    assert kind(found["claim.correlate", "torch float32"]) == "passed"
    assert kind(found["claim.correlate", "verdict"]) == "skipped"
    assert kind(found["claim.equivariance", "tensorflow float32"]) == "failure"


# --- premises, mistakes, and the ledger --------------------------------------------------------------------------------


def test_what_rests_on_sand_is_said_in_every_report(evidence: Evidence) -> None:
    sandy = "It rests on sand: claim.saturation is not supported."
    for report in (html.whole(evidence), markdown.render(evidence)):
        assert sandy in report
        assert (
            "Resting on sand, for a claim that they use is refuted, not supported or inconclusive: claim.equivariance."
            in report
        )
    assert (
        "Resting on sand, for a claim that they use is refuted, not supported or inconclusive: claim.equivariance"
        in said(terminal.run, evidence)
    )
    evidence.premises[3].sand = ()
    for report in (html.whole(evidence), markdown.render(evidence)):
        assert "rests on sand" not in report


def test_a_mistake_that_no_claim_sees_is_named_in_every_report(evidence: Evidence) -> None:
    hole = "Mistakes that no claim sees: a tap lost ("
    for report in (html.whole(evidence), markdown.render(evidence), said(terminal.run, evidence)):
        assert hole in report
    tables = list(standing.sensitivity(evidence))
    assert [(operation, claims) for operation, claims, _ in tables] == [
        ("cross_correlation2d", ["claim.correlate", "claim.equivariance"])
    ]
    assert [signs for _, signs in tables[0][2]] == [["●", "○"], ["○", "–"]]
    evidence.sensitivity = ()
    assert "What each claim can see" not in html.whole(evidence)


def test_the_ledger_has_every_sentence_with_its_claims_or_its_disposition(evidence: Evidence) -> None:
    evidence.lecture.sentences[-1].see = ("claim.saturation",)
    page, report = html.whole(evidence), markdown.render(evidence)
    ledger = page[page.index('<section id="ledger">') : page.index('<section id="untested">')]
    for sentence in evidence.lecture.sentences:
        assert sentence.id in ledger.replace("<wbr>", "")
    for part in (ledger, report[report.index("Sentence by sentence") :]):
        assert "not testable" in part and "It speaks of nobody." in part
        assert "the scan has “smoolhing”" in part
    assert "Neither claim nor disposition: “This stands in no sentence of the ledger.”" in ledger
    assert "1 piece has neither a claim nor a disposition" in report
    # A sentence that another's claim tests is marked by that claim's verdict.
    assert re.search(r'class="says v-not-supported"[^>]*>Nobody has tested this sentence\.', page)


def searched(symbols: dict[str, Any], role: Any, *, must_fail: bool = False) -> Bits:
    found = Found(role=role, symbols=symbols, how="by H·W" if role == "smallest" else "")
    return (sample.departing if must_fail else sample.row)(must_fail=must_fail, found=found)


def test_a_limit_shows_its_smallest_counterexample_and_the_nearest_that_holds(evidence: Evidence) -> None:
    for cell in evidence.claims[0].cells[:6]:
        cell.limits[0].rows = (
            searched({"H": 1, "W": 2}, "smallest", must_fail=True),
            searched({"H": 1, "W": 2}, "instead"),
            searched({"H": 1, "W": 1}, "neighbour"),
        )
    page, report = html.whole(evidence), markdown.render(evidence)
    assert "H = 1, W = 2" in page and "H = 1, W = 1" in page
    assert page.count("<th>H = 1, W = 2") == 1  # alike on all libraries: said once
    assert "smallest counterexample H = 1, W = 2" in report and "nearest that holds: H = 1, W = 1" in report
    for cell in evidence.claims[0].cells[:6]:
        cell.limits[0].rows = cell.limits[0].rows[:2]
    assert "none found" in html.whole(evidence)
