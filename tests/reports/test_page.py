"""The HTML page and its pictures, on a made-up results.json that has every look, and on hostile data."""

from __future__ import annotations

import base64
import copy
import hashlib
import math
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import sample_evidence as sample
from lectureclaims.claims.record import file
from lectureclaims.claims.record.types import Claim, Evidence, LibraryFacts, LimitSaid
from lectureclaims.reports.formats import junit, markdown
from lectureclaims.reports.page import html, matrix
from lectureclaims.reports.pictures import figures
from lectureclaims.reports.wording import compared, findings, standing, summary, words
from lectureclaims.reports.wording.section import Section
from msgspec import structs
from pages import MATHML, Page
from poison import HOSTILE, KINDS, poisoned, put


@pytest.fixture
def evidence() -> Evidence:
    return sample.sample_evidence()


# --- HTML --------------------------------------------------------------------------------------------------------------


def test_the_page_fetches_nothing_and_allows_its_own_style_and_script_only(evidence: Evidence) -> None:
    text = html.whole(evidence)
    page = Page(text)
    assert not {tag for tag, _ in page.elements} & {"link", "img", "iframe", "object", "embed", "base", "form", "image"}
    outside = [href for href in page.links if not href.startswith("#")]
    assert outside == ["https://example.org/"]  # the lecture's own link, which nothing follows by itself
    assert not [a for _, attributes in page.elements for a in attributes if a == "style" or a.startswith("on")]
    policy = next(a["content"] for t, a in page.elements if t == "meta" and a.get("http-equiv")) or ""
    assert policy.startswith("default-src 'none';")
    for tag in ("style", "script"):
        contents = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert len(contents) == 1
        assert base64.b64encode(hashlib.sha256(contents[0].encode()).digest()).decode() in policy
    assert "url(" not in re.sub(r"url\(#", "", text)
    assert len(text.encode()) < 2_000_000


def test_the_reports_of_the_whole_lecture_are_small_enough(recorded: Path) -> None:
    """HTML: 2 MB. Markdown: what a pull request's summary shows, 1 MiB, with room. The record: 8 MB."""
    sizes = {name: (recorded.parent / name).stat().st_size for name in ("index.html", "report.md", "results.json")}
    assert 4_000_000 < sizes["results.json"] < 8_000_000
    assert 200_000 < sizes["index.html"] < 2_000_000
    assert 20_000 < sizes["report.md"] < 500_000


def test_of_the_whole_lecture_no_claim_that_holds_shows_a_counterexample(recorded: Path) -> None:
    evidence = file.load(recorded)
    for claim in evidence.claims:
        found = [r.label for c in claim.cells if c.verdict in standing.HOLDS for r in standing.departures(c)]
        assert found == [], claim.id
        if claim.finding:
            assert "gate" not in findings.in_one_line(claim), claim.id


def test_every_link_inside_the_page_leads_somewhere_and_ids_are_unique(evidence: Evidence) -> None:
    page = Page(html.whole(evidence))
    assert len(page.ids) == len(set(page.ids))
    targets = {f"#{name}" for name in page.ids}
    assert {href for href in page.links if href.startswith("#")} - targets == set()
    assert {"claim.correlate", "claim.correlate--torch--float32", "claim.linear--torch", "matrix", "untested"} <= set(
        page.ids
    )


def test_the_page_is_the_same_each_time(evidence: Evidence) -> None:
    assert html.whole(evidence) == html.whole(copy.deepcopy(evidence))


def test_sentences_are_marked_by_verdict_across_formatting_and_untested_ones_are_never_green(
    evidence: Evidence,
) -> None:
    text = html.whole(evidence)
    lecture = text[text.index('<div class="lecture">') : text.index('<section id="claims">')]
    marks = re.findall(r'<(a|mark) class="says v-([\w-]+)"[^>]*>(.*?)</\1>', lecture, re.DOTALL)
    said: dict[str, str] = {}
    for _, verdict, marked in marks:
        said[verdict] = said.get(verdict, "") + re.sub("<[^>]*>", "", marked)
    assert said == {
        "verified": "Instead of convolution, ML libraries implement\ncross-correlation (don't flip the kernel):Linear",
        "not-supported": "Not recommended for hidden layers due to saturation.",
        "error": "Equivariance to translation.",
        "untested": "Other explanation: smoothing the objective.",
    }
    assert '<em><a class="says' in lecture.replace("\n", "")
    assert lecture.count('class="chip v-untested"') == 2  # claim.stack beside a tested claim, and claim.smooths
    assert "[picture: a picture]" in lecture
    assert "&lt;script&gt;" in lecture


def test_a_sentence_that_is_not_in_the_text_is_named_not_lost(evidence: Evidence) -> None:
    evidence.lecture.sentences[2].text = "These words are nowhere."
    assert "could not be found in the text above: sentence.saturation" in html.whole(evidence)


def test_formulas_are_typeset_wherever_a_claim_is_told(evidence: Evidence) -> None:
    claim = evidence.claims[0]
    claim.statement, claim.scope, claim.notes = "It has W − k_x + 1 places.", "up to α·x", "and not k²/2 of them"
    claim.limits = (structs.replace(claim.limits[0], says="With d(k − 1) zeros it is not."), *claim.limits[1:])
    text = html.whole(evidence)
    for formula in ("W − k_x + 1", "α·x", "k²/2", "d(k − 1)"):
        assert f'<math alttext="{formula}"><mrow>' in text, formula
    assert Page(text).words.count("It has ") == 1
    claim.statement = r"It has $\eta > 0$ and costs 5 $."
    assert re.search(r'class="statement">It has <math[^>]*>.*η.*</math> and costs 5 \$\.', html.whole(evidence))


def test_what_took_no_part_is_no_counterexample_and_an_unmet_gate_is_not_called_one(evidence: Evidence) -> None:
    idle = sample.row(agrees=False, made=False, outcome="unsupported", note="no such operation")
    unmet = sample.gate("a gate", "first", met=False)
    raised = sample.row(agrees=False, made=False, outcome="raised", note="ValueError")
    unbounded = sample.row(agrees=False, ratio=1.3, made=False, note="these inputs leave no bound")
    assert [standing.standing(r) for r in (idle, unmet, raised, unbounded)] == ["no part", "gate", "stopped", "no part"]
    evidence.claims = evidence.claims[:1]
    evidence.claims[0].cells[0].rows += (idle, unbounded)
    for report in (html.whole(evidence), markdown.render(evidence)):
        assert "Counterexamples inside the scope" not in report
    evidence.claims[0].cells[1].rows += (unmet, raised)
    for report in (html.whole(evidence), markdown.render(evidence)):
        assert "Counterexamples inside the scope" not in report
        assert "Gates that were stated before the run and not met" in report
        assert "What could not be run" in report
        assert "0 of 1 measurements meet" in report


def test_a_ratio_just_below_its_bound_is_never_shown_as_the_bound() -> None:
    assert summary.ratio(sample.cell("torch", "float32", worst_ratio=0.9999999)) == "0.999999"
    assert summary.ratio(sample.cell("torch", "float32", worst_ratio=1.0)) == "1"


def test_absent_unsupported_and_defects_look_different_from_a_pass(evidence: Evidence) -> None:
    text = html.whole(evidence)
    matrix = section(text, "matrix")
    for verdict in (
        "verified",
        "supported",
        "not-supported",
        "disputed",
        "inconclusive",
        "refuted",
        "error",
        "absent",
        "unsupported",
        "defect",
    ):
        assert f'href="#i-{verdict}"' in matrix
        assert f"v-{verdict}" in matrix
    shapes = dict(re.findall(r'<symbol id="i-([\w-]+)"[^>]*>(.*?)</symbol>', text))
    assert len(set(shapes.values())) == len(shapes) == 15
    assert not re.search(r'class="fact v-(?:verified|supported)[^>]*data-library="scipy"', matrix)
    assert 'id="defect--torch-tanh"' in text
    assert 'class="defect idle" id="defect--torch-old"' in text


def test_a_cell_tested_in_part_has_its_own_word_shape_and_colour_and_says_what_was_not_tested(
    evidence: Evidence,
) -> None:
    text = html.whole(evidence)
    matrix = section(text, "matrix")
    facts = re.findall(r'<div class="fact ([^"]*)".*?<a href="([^"]*)"', matrix)
    cells = {href: look for look, href in facts}
    assert cells["#claim.linear--torch"] == "v-verified in-part"
    assert cells["#claim.linear--numpy"] == "v-verified"
    assert (
        matrix.count("in part</span>") == matrix.count('href="#i-in-part"') == 2
    )  # the cell, and the note below the table
    colours = re.findall(r"--(?:good|stat|part): light-dark\((#\w+), (#\w+)\);", text)
    assert len(colours) == 3 and len({colour for pair in colours for colour in pair}) == 6
    evidence_of = text[text.index('id="claim.linear--torch"') : text.index('id="claim.linear--scipy"')]
    for missing in sample.NOT_TESTED:
        assert f"<li>{missing}<" in evidence_of
    assert "badge v-in-part" in evidence_of
    assert "1 cell tested in part" in section(text, "run")
    assert "Tested only in part on: torch." in text
    assert standing.IN_PART in text.replace("&#39;", "'")
    for one in evidence.claims[1].cells:
        one.in_part = ("the half",)
    assert "Nowhere tested in full: numpy, torch." in html.whole(evidence)  # scipy is absent: it has no part
    for one in evidence.claims[1].cells:
        one.in_part = ()
    assert "in part</span>" not in html.whole(evidence)


def test_a_defect_that_did_not_reproduce_is_said_to_be_one(evidence: Evidence) -> None:
    put(evidence.defects[0], reproduced=False, departs=False)
    assert "applies, but did not reproduce" in html.whole(evidence)
    assert "**did not reproduce**" in markdown.render(evidence)


def test_every_picture_stands_in_the_page(evidence: Evidence) -> None:
    evidence.claims[0].figures = sample.figures()
    page = Page(html.whole(evidence))
    assert (
        len([a for t, a in page.elements if t == "svg" and a.get("role") == "img" and a.get("aria-label")])
        == len(sample.figures()) - 1
    )
    assert len(page.ids) == len(set(page.ids))
    assert {href for href in page.links if href.startswith("#")} <= {f"#{name}" for name in page.ids}


def test_infinite_and_missing_numbers_are_words_for_people(evidence: Evidence) -> None:
    evidence.claims[0].margin = evidence.claims[0].cells[0].margin = math.inf
    put(evidence.claims[0].cells[0], worst_ratio=0.0, rows=(sample.row(),))
    text = html.whole(evidence)
    assert "<td>∞<td>" in text
    assert "0 (exact)" in text
    assert ">inf<" not in text
    assert [words.number(x) for x in (None, "inf", -math.inf, math.nan, 0.0, 3, 1234567, 1e-9)] == [
        "–",
        "∞",
        "−∞",
        "NaN",
        "0",
        "3",
        "1,234,567",
        "1 × 10⁻⁹",
    ]


def illustrated() -> Evidence:
    found = sample.sample_evidence()
    found.claims[0].figures = {name: sample.figures()[name] for name in ("flip", "forest:smoothing")}
    return found


@pytest.fixture(scope="module")
def clean() -> set[str]:
    """The elements of the page without hostile text."""
    return {tag for tag, _ in Page(html.whole(illustrated())).elements}


@pytest.mark.parametrize("poison", HOSTILE, ids=KINDS)
def test_hostile_text_comes_out_as_text(clean: set[str], poison: str) -> None:
    bad = poisoned(illustrated(), poison)
    text = html.whole(bad)
    text.encode()
    page = Page(text)
    assert [t for t, _ in page.elements if t == "script"] == ["script"]
    assert not [a for _, attributes in page.elements for a in attributes if a.startswith("on")]
    assert {t for t, _ in page.elements} <= clean | {"code"} | MATHML
    assert not [href for href in page.links if href.startswith("javascript")]
    assert not words.HIDDEN.search(text)
    assert len(text) < 6_000_000
    report = markdown.render(bad)
    assert not words.HIDDEN.search(report)
    assert "<script" not in re.sub(r"^(`{3,})(\w*)\n.*?^\1$", "", report, flags=re.DOTALL | re.MULTILINE)
    assert len(report.encode()) < 500_000
    ET.fromstring(junit.render(bad).encode())


def test_hostile_names_of_claims_and_libraries_do_not_break_links(evidence: Evidence) -> None:
    evidence.claims[0].id = evidence.lecture.sentences[0].claims[0].id = (
        '"><script>alert(1)</script> \u202e' + "y" * 300
    )
    evidence.claims[0].cells[0].backend = "my <b>library</b>"
    page = Page(html.whole(evidence))
    assert {href for href in page.links if href.startswith("#")} <= {f"#{name}" for name in page.ids}
    assert [t for t, _ in page.elements if t == "script"] == ["script"]


def test_a_lecture_with_hostile_text_is_text(evidence: Evidence) -> None:
    evidence.lecture.markdown += "\n\n".join(
        ["", *HOSTILE[:5], "![x](https://example.org/spy.png)", '| a |\n|:-:|\n| <b onclick="x">y</b> |']
    )
    page = Page(html.whole(evidence))
    assert [t for t, _ in page.elements if t == "script"] == ["script"]
    assert not [a for _, attributes in page.elements for a in attributes if a == "style" or a.startswith("on")]
    assert not [href for href in page.links if "spy" in href or href.startswith("javascript")]


def test_an_empty_run_still_makes_every_report(evidence: Evidence) -> None:
    put(evidence, claims=(), defects=(), counts=sample.counts(()))
    put(evidence.selection, backends=(), claims=())
    assert "No claim ran." in html.whole(evidence)
    assert "0 of 0 claims" in markdown.render(evidence)
    ET.fromstring(junit.render(evidence))


def test_rendering_imports_no_framework_and_no_claim(evidence: Evidence, tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    results.write_text(file.dumps(evidence), encoding="utf-8")
    code = (
        "import pathlib, sys\n"
        "from lectureclaims.claims.record import file\n"
        "from lectureclaims.reports.page import html\nfrom lectureclaims.reports.formats import junit, markdown\n"
        "assert 'matplotlib' not in sys.modules\n"
        f"e = file.load(pathlib.Path({str(results)!r}))\n"
        "[f.render(e) for f in (html, junit, markdown)]\n"
        "run = ('torch', 'tensorflow', 'keras', 'scipy')\n"
        "mine = ['lectureclaims.claims.' + room for room in ('engine', 'language', 'lecture', 'adjudication')]\n"
        "print([m for m in sys.modules if m.split('.')[0] in run or any(m.startswith(room) for room in mine)])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_library_says_its_version_or_why_it_has_none(evidence: Evidence) -> None:
    backends = evidence.environment.backends
    backends["tensorflow"] = LibraryFacts(error="the library could not be started")
    backends["torch"] = LibraryFacts(versions={"numpy": "2.4.0"})  # a file of the user's own, with such operations
    said = [standing.state(evidence, b) for b in ("numpy", "torch", "tensorflow", "scipy", "unheard of")]
    assert said == ["2.4.0", "own file", "broken", "absent", "absent"]
    assert "Libraries: numpy 2.4.0 and torch own file." in summary.summary(evidence)
    assert "Absent or not started: tensorflow and scipy. Nothing is said about them." in summary.summary(evidence)
    assert 'torch<span class="version">own file</span>' in html.whole(evidence)


# --- the matrix: search, order, counts -----------------------------------------------------------------------------------


def section(page: str, name: str) -> str:
    begin = page.index(f'<section id="{name}"')
    return page[begin : page.index("</section>", begin)]


def test_every_look_is_counted_apart_above_the_matrix_also_where_there_is_none(evidence: Evidence) -> None:
    def counted() -> dict[str, str]:
        cells = section(html.whole(evidence), "matrix").partition('id="cells"')[2].partition("</ul>")[0]
        return {verdict: n for n, verdict in re.findall(r"<b>(\d+)</b> ([\w ]+?)\s*(?=<|$)", cells)}

    found = counted()
    assert found["verified"] == "9" and found["absent"] == "3" and found["unsupported"] == "1" and found["error"] == "1"
    assert sum(map(int, found.values())) == evidence.counts.cells
    assert found["broken"] == "0"
    evidence.claims[3].cells[0].rows = (sample.stopped("broken"),)
    assert counted() == {k: n for k, n in found.items() if k != "error"} | {"broken": "1"}
    evidence.claims = evidence.claims[:1]
    assert counted() == {"verified": "6", "refuted": "0", "broken": "0", "absent": "0", "unsupported": "1"}


def test_a_row_says_each_verdict_of_a_library_once_and_leads_to_each_cell(evidence: Evidence) -> None:
    row, *_ = matrix.rows(evidence)
    assert [[(f.look, [c.dtype for c in f.cells]) for f in facts] for facts in row.columns] == [
        *[[("verified", ["float32", "float64"])]] * 3,
        [("unsupported", [None])],
    ]
    page = html.whole(evidence)
    links = Page(section(page, "matrix")).links
    for claim in evidence.claims:
        for cell in claim.cells:
            assert html.link(claim.id, cell.backend, cell.dtype) in links
    flawed = re.search(r'<div class="fact ([^"]*)"[^>]*>(?:(?!</div>).)*#claim.equivariance--torch--float64', page)
    assert flawed is not None and flawed[1] == "v-verified flawed"


def test_libraries_of_one_claim_only_share_a_column(evidence: Evidence) -> None:
    assert matrix.libraries(evidence) == (list(sample.LIBRARIES), [])
    evidence.claims[1].cells += (sample.cell("pillow", None), sample.cell("opencv", None, "absent"))
    assert matrix.libraries(evidence) == (list(sample.LIBRARIES), ["pillow", "opencv"])
    assert [f.library for f in matrix.rows(evidence)[1].columns[-1]] == ["pillow", "opencv"]
    assert {f for row in matrix.rows(evidence) for f in map(len, [row.columns])} == {5}


def test_surprise_goes_from_what_was_not_expected_to_the_smallest_margin(evidence: Evidence) -> None:
    template = evidence.claims[0]

    def one(name: str, verdict: Any, margin: float | None = 10.0, **members: Any) -> Claim:
        return structs.replace(
            template, **{"id": name, "verdict": verdict, "expected": verdict, "margin": margin, **members}
        )

    kinds = ("disputed", "not supported", "inconclusive", "error", "refuted")
    failing = {"limits": (LimitSaid(name="a limit", says="", as_worded=True),), "fails_as_worded": ("a limit",)}
    evidence.claims = (
        one("wide", "verified", math.inf),
        one("none", "verified", None),
        one("narrow", "verified", 2.0),
        one("worded", "supported", math.inf, **failing),
        *(one(kind, kind) for kind in kinds),
        one("other", "verified", math.inf, expected="refuted"),
    )
    assert matrix.surprise(evidence) == ["other", *kinds[::-1], "worded", "narrow", "wide", "none"]
    told = dict(re.findall(r'data-claim="([^"]*)"[^>]*data-surprise="(\d+)"', html.whole(evidence)))
    assert told["other"] == "0" and told["narrow"] == "7"


def test_the_search_is_not_shown_without_scripts_and_the_script_finds_what_it_needs(evidence: Evidence) -> None:
    page = Page(html.whole(evidence))
    ids = {attributes.get("id"): (tag, attributes) for tag, attributes in page.elements if "id" in attributes}
    assert ids["search"][0] == "input" and ids["sort"][0] == "select" and ids["shown"][1]["role"] == "status"
    (filter,) = [a for _, a in page.elements if a.get("role") == "search"]
    assert "hidden" in filter
    assert "[hidden] { display: none !important; }" in html.whole(evidence)  # or a look of its own would show it
    rows = [a for t, a in page.elements if t == "tr" and "data-claim" in a]
    assert [a["data-claim"] for a in rows] == [c.id for c in evidence.claims]
    assert {a["data-claim"] for a in rows} <= set(page.ids)


# --- comparisons, said once ----------------------------------------------------------------------------------------------


def test_comparisons_stand_by_their_cases_once_for_all_libraries_that_agree(evidence: Evidence) -> None:
    found = Section(evidence, evidence.claims[0]).compared
    assert [names for names, _ in found.cases] == [["2-d"], ["reals"]]
    assert [len(x.cells) for _, rows in found.cases for x, _ in rows] == [6, 6]
    assert (found.listed, found.of, len(found.cells)) == (2, 2, 6)
    page = Page(html.whole(evidence))
    assert {html.anchor("claim.correlate", "case", case) for case in ("2-d", "reals")} <= set(page.ids)


def test_a_library_that_departs_has_a_row_of_its_own_with_its_replay(evidence: Evidence) -> None:
    evidence.claims[0].cells[2].rows = (sample.departing(), *evidence.claims[0].cells[2].rows[1:])
    (_, rows), _ = Section(evidence, evidence.claims[0]).compared.cases
    assert [(x.standing, len(x.cells)) for x, _ in rows] == [("agrees", 5), ("departs", 1)]


def test_cases_that_are_alike_share_a_row_and_keep_their_links(evidence: Evidence) -> None:
    rows = tuple(sample.row(f"case {i}") for i in range(30))
    evidence.claims[0].cells = (sample.cell("torch", "float32", rows=rows),)
    ((names, ((_, numbers),)),) = Section(evidence, evidence.claims[0]).compared.cases
    assert len(names) == 30 and numbers == 30 * 48
    assert {html.anchor("claim.correlate", "case", f"case {i}") for i in range(30)} <= set(
        Page(html.whole(evidence)).ids
    )


def test_what_is_not_listed_is_counted_and_every_departure_is_listed(evidence: Evidence) -> None:
    many = tuple(sample.bound("one", f"label {i}", ratio=i / 100) for i in range(50))
    bad = tuple(sample.departing(label=f"bad {i}", case="one") for i in range(20))
    evidence.claims = evidence.claims[:1]
    evidence.claims[0].cells = (sample.cell("torch", "float32", "refuted", rows=many + bad),)
    found = Section(evidence, evidence.claims[0]).compared
    labels = [x.row.label for _, rows in found.cases for x, _ in rows]
    assert {r.label for r in bad} <= set(labels)
    text = html.whole(evidence)
    assert f"{found.listed} of 70 are listed" in text and "all are in results.json" in text
    evidence.claims[0].cells[0].rows = many
    labels = [x.row.label for _, rows in Section(evidence, evidence.claims[0]).compared.cases for x, _ in rows]
    assert labels == [f"label {i}" for i in range(50 - compared.MOST, 50)]


def test_cells_that_took_no_part_for_one_reason_share_a_row_and_keep_their_links(evidence: Evidence) -> None:
    libraries = Section(evidence, evidence.claims[2]).libraries
    assert [[x.name for x in row.cells] for row in libraries] == [
        ["torch float32"],
        ["torch float64"],
        ["scipy float32", "scipy float64"],
    ]
    assert {"claim.saturation--scipy--float32", "claim.saturation--scipy--float64"} <= set(
        Page(html.whole(evidence)).ids
    )


def test_what_was_not_tested_is_said_once_for_a_library(evidence: Evidence) -> None:
    for cell in evidence.claims[0].cells[2:4]:
        cell.in_part = ("the half",)
    text = html.whole(evidence)
    assert text.count("<li>the half") == 1 and "not tested here (torch (float32, float64)):<ul>" in text
    evidence.claims[0].cells[3].in_part += tuple(f"part {i}" for i in range(5))
    text = html.whole(evidence)
    assert text.count("<li>the half") == 1 and "not tested here (torch (float32, float64)):<ul>" in text
    assert "<details><summary>not tested here (torch float64): 5 entries</summary><ul><li>part 0" in text


# --- premises and the page as text ---------------------------------------------------------------------------------------


def test_the_graph_of_premises_stands_in_the_page(evidence: Evidence) -> None:
    text = html.whole(evidence)
    assert 'href="#premises"' in text and '<svg class="premises"' in section(text, "premises")
    assert ".premises .sand path" in text
    assert 'href="#history"' not in text
    evidence.claims = ()
    assert 'id="premises"' not in html.whole(evidence)


def test_blanks_and_implied_end_tags_are_left_out_but_not_where_blanks_count(evidence: Evidence) -> None:
    evidence.claims[3].cells[1].rows[0].snippet = "def f():\n    return '</td>'\n\n\nf()\n"
    text = html.whole(evidence)
    assert "def f():\n    return &#39;&lt;/td&gt;&#39;\n\n\nf()\n" in text
    rest = re.sub(r"<(pre|style|script|figure)\b.*?</\1>", "x", text, flags=re.DOTALL)
    assert not re.search(r"</(?:td|tr|li)>|[ \n]{2}", rest)


# --- figures -----------------------------------------------------------------------------------------------------------


def test_every_known_picture_is_drawn_the_same_each_time_and_can_be_heard() -> None:
    first, second = (figures.pictures(sample.figures(), prefix="x") for _ in range(2))
    assert first == second
    assert [p.name for p in first if not p.svg] == ["a picture that nobody knows"]
    for picture in first:
        assert len(picture.alt) > 20
        assert "style=" not in picture.svg
        assert "#0101" not in picture.svg, "a placeholder colour was left"
        if picture.svg:
            ET.fromstring(picture.svg)
            assert 'role="img"' in picture.svg
    words = " ".join(
        "".join(e.itertext()) for p in first if p.svg for e in ET.fromstring(p.svg).iter() if e.tag.endswith("text")
    )
    assert "3.46 · 3.29" in words
    assert "value 0: 745.13, gradient 0: 745.13" in words


def test_an_unknown_or_misshapen_picture_is_a_table() -> None:
    bad = {
        "flip": {"torch": {"input": 3}},
        "saturation": {"torch": {}},
        "equivariance": {"torch": {"maps": []}},
        "": {"torch": 5},
        "smoothing_bands": {},
        "forest:x": {"torch": {"rows": [{"role": "effect"}]}},
        "trajectories:x": {"torch": {"arms": 3}},
        "amplification": {"torch": {"arms": [{}]}},
        "gradient_agreement": {"torch": {"networks": [{}]}},
        "forest": {"torch": {"rows": []}},
        "inverted_images": {"torch": {"arms": []}},
        "planted_kernels": {"torch": {"pattern": [], "kernels": []}},
    }
    drawn = figures.pictures(bad, prefix="x")
    assert len(drawn) == len(bad)
    assert not [p for p in drawn if p.svg]


def test_missing_and_infinite_numbers_leave_gaps_in_pictures() -> None:
    data = sample.figures()
    data["saturation"]["torch float32"]["curves"][0]["gradient"][3] = "nan"
    data["smoothing_bands"]["torch float64"]["arms"][0]["high"][5] = "inf"
    data["equivariance"]["torch float32"]["maps"][0]["difference"][0][0] = "inf"
    rows = data["forest:smoothing"]["torch float64"]["rows"]
    rows[0].update(high="inf", fresh={"estimate": "nan", "low": "nan", "high": "nan"})
    rows[5].update(estimate="inf", gate=[None, None])
    rows[6].update(low="-inf")
    data["trajectories:smoothing"]["torch float64"]["arms"][0].update(difference=["nan"] * 80)
    data["trajectories:smoothing"]["tensorflow float64"]["arms"][1]["allowed"][7] = "inf"
    data["amplification"]["torch float64"]["arms"][0]["size"][2] = "nan"
    data["gradient_agreement"]["torch float64"]["networks"][0]["arms"][0]["size"][1] = "nan"
    data["inverted_images"]["torch float64"]["arms"][0]["upright"][0] = "nan"
    data["planted_kernels"]["torch float64"]["kernels"][3].update(kernel=[["nan"] * 3] * 3, cosine="nan")
    drawn = figures.pictures(data, prefix="x")
    assert [p.name for p in drawn if not p.svg] == ["a picture that nobody knows"]


def test_templates_are_kept_compiled_and_a_folder_that_goes_away_costs_nothing(
    evidence: Evidence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    html._compiled.cache_clear()
    try:
        first, kept = html.render(evidence), tmp_path / "lecture-claims/templates"
        assert len([*kept.iterdir()]) > 5 and html.render(evidence) == first
        shutil.rmtree(tmp_path / "lecture-claims")
        assert html.render(evidence) == first and not kept.exists()
        (tmp_path / "lecture-claims").write_text("no folder")
        html._compiled.cache_clear()
        assert html._compiled() is None and html.render(evidence) == first
    finally:
        html._compiled.cache_clear()
