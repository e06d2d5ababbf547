"""The Markdown report's links, inside it and into the page, and what it leaves out where it would be too long."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import sample_evidence as sample
from lectureclaims.claims.record import file
from lectureclaims.claims.record.types import Evidence, LibraryFacts
from lectureclaims.reports import formats
from lectureclaims.reports.formats import comment, markdown
from lectureclaims.reports.front.cli import main
from lectureclaims.reports.page import html
from markdown_it import MarkdownIt
from pages import Page
from poison import HOSTILE, poisoned

PAGE = "https://example.org/runs/7/index.html"


@pytest.fixture
def evidence() -> Evidence:
    """With a claim that rests on another of this run, and a gate that is not met."""
    found = sample.sample_evidence()
    found.claims += (sample.disputed(), sample.worded())
    found.claims[-1].cells[0].rows += (sample.gate("wide", "first", met=False),)
    found.claims[3].premises = found.premises[3].uses = ("claim.saturation", "convolution.flip")
    return found


def read(report: str) -> Page:
    """The report as a host shows it; an anchor of our own is an ``a`` with a name."""
    return Page(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(report))


def names(page: Page) -> list[str]:
    return [attributes["name"] or "" for tag, attributes in page.elements if tag == "a" and "name" in attributes]


# --- links -------------------------------------------------------------------------------------------------------------


def test_every_claim_has_an_anchor_and_every_link_inside_leads_to_one(evidence: Evidence) -> None:
    found = read(markdown.render(evidence))
    assert names(found) == [c.id for c in evidence.claims]
    assert {*found.links} == {f"#{name}" for name in names(found)}


def test_what_a_claim_rests_on_and_what_rests_on_it_are_links(evidence: Evidence) -> None:
    report = markdown.render(evidence)
    rests = "Rests on: [claim.saturation](#claim.saturation), <code>convolution.flip</code>"  # of the latter there is no section
    section = {c.id: report[report.index(f"## {c.id}\n") :].split("\n## ")[0] for c in evidence.claims}
    assert rests in section["claim.equivariance"]
    assert "Used by: [claim.equivariance](#claim.equivariance)" in section["claim.saturation"]


def test_claims_cases_cells_limits_and_defects_lead_to_their_anchors_in_the_page(evidence: Evidence) -> None:
    page = Page(html.whole(evidence))
    targets = {f"{PAGE}#{name}" for name in page.ids}
    outside = {href for href in read(markdown.render(evidence, page=PAGE)).links if not href.startswith("#")}
    assert outside - {PAGE} <= targets
    kinds = ("claim.", "defect--")
    wanted = [name for name in page.ids if name.startswith(kinds) and "try-" not in name and "figure" not in name]
    assert {f"{PAGE}#{name}" for name in wanted} <= outside
    for name in ("claim.linear", "claim.linear--torch", "claim.equivariance--case--2-d", "defect--torch-tanh"):
        assert f"{PAGE}#{name}" in outside


def test_without_a_page_nothing_leads_outside(evidence: Evidence) -> None:
    assert all(href.startswith("#") for href in read(markdown.render(evidence)).links)
    assert "index.html" not in markdown.render(evidence)


@pytest.mark.parametrize("address", ["a page (2).html", "https://example.org/a|b?x=1&copy;<b>", "x](y) [z"])
def test_any_address_is_one(evidence: Evidence, address: str) -> None:
    report = markdown.render(evidence, page=address)
    outside = {href.partition("#")[0] for href in read(report).links} - {""}
    assert len(outside) == 1 and not {*outside.pop()} & {*"|<>()[] "}
    assert len(read(report).links) == len(read(markdown.render(evidence, page=PAGE)).links)


@pytest.mark.parametrize("poison", [*HOSTILE, "](javascript:alert(1)) [x", "`](#other)"])
def test_hostile_names_stay_text_and_their_links_whole(evidence: Evidence, poison: str) -> None:
    bad = poisoned(evidence, poison)
    for claim in bad.claims:
        claim.id += poison
        for cell in claim.cells:
            cell.backend += poison
    bad.environment.backends = {name + poison: LibraryFacts() for name in bad.environment.backends}
    bad.premises = ()
    found = read(markdown.render(bad, page=PAGE))
    assert len(names(found)) == len({*names(found)}) == len(bad.claims)
    assert all(href == PAGE or href.startswith(("#", f"{PAGE}#")) for href in found.links)
    assert {href for href in found.links if href.startswith("#")} == {f"#{quote(name)}" for name in names(found)}
    assert not {tag for tag, _ in found.elements} & {"script", "img"}
    assert not [a for _, attributes in found.elements for a in attributes if a.startswith("on")]


# --- what is left out --------------------------------------------------------------------------------------------------


def shortened(report: str) -> list[str]:
    """What the report says that it leaves out."""
    (line,) = re.findall(r"^_Shortened .*Left out: (.*?)\. All of it", report, re.MULTILINE) or [""]
    return line.split("; ") if line else []


def test_as_little_as_needed_is_left_out_and_cells_go_last(evidence: Evidence, monkeypatch: Any) -> None:
    report = markdown.render(evidence, page=PAGE)
    assert shortened(report) == []
    for n in range(1, len(markdown.SHED) + 1):
        most = len(report.encode()) - 1  # one byte too few for the last
        monkeypatch.setattr(markdown, "MOST_BYTES", most)
        report = markdown.render(evidence, page=PAGE)
        left = shortened(report)
        assert len(report.encode()) <= most and left == [*markdown.SHED.values()][: len(left)]
        assert report.count("<details>") == report.count("</details>")
        assert ("Library by library" in report) == (len(left) < len(markdown.SHED))
        if n == 1:
            assert left == [markdown.SHED["again"]]
        if len(left) == len(markdown.SHED):
            break
    assert [*markdown.SHED][-2:] == ["limits", "cells"]
    for claim in evidence.claims:
        assert f"## {claim.id}\n" in report and claim.statement in report


@pytest.mark.parametrize(
    "part, sign",
    [
        ("again", "lecture-claims verify"),
        ("again", "smallest script for"),
        ("caught", "how, where it was hardest"),
        ("allowed", "Why that much error is allowed"),
        ("measured", "| fresh seeds |"),
        ("sight", "What each claim can see"),
        ("wrongs", "Wrong variants: "),
        ("gates", "Gates, stated before the run"),
        ("cases", "Cases, in the page"),
        ("counterexamples", "the literal sentence says"),
        ("limits", "where the sentence read literally stops"),
        ("cells", "Library by library"),
    ],
)
def test_what_is_said_to_be_left_out_is_what_is_left_out(
    evidence: Evidence, monkeypatch: Any, part: str, sign: str
) -> None:
    assert sign in markdown.render(evidence, page=PAGE)
    monkeypatch.setattr(markdown, "SHED", {part: markdown.SHED[part]})
    monkeypatch.setattr(markdown, "MOST_BYTES", len(markdown.render(evidence, page=PAGE).encode()) - 1)
    report = markdown.render(evidence, page=PAGE)
    assert shortened(report) == [markdown.SHED[part]] and sign not in report


def test_a_verdict_points_at_nothing_that_may_have_been_left_out(evidence: Evidence) -> None:
    report = markdown.render(evidence)
    assert "just outside this scope.**" in report and "shown below" not in report


# --- the command -------------------------------------------------------------------------------------------------------


@pytest.fixture
def command(evidence: Evidence, tmp_path: Path, monkeypatch: Any) -> Callable[..., int]:
    (tmp_path / "results.json").write_text(file.dumps(evidence), encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> int:
        monkeypatch.setattr("sys.argv", ["lecture-claims", "report", "results.json", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0)

    return run


def test_verify_links_to_the_page_beside_it_and_report_to_the_one_that_is_named(
    evidence: Evidence, tmp_path: Path, command: Callable[..., int], capsys: Any
) -> None:
    formats.write(evidence, tmp_path, file.dumps(evidence))
    beside = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert beside == markdown.render(evidence, page="index.html")
    assert command("--format", "markdown") == 0 and capsys.readouterr().out == markdown.render(evidence)
    assert command("--format", "markdown", "--page", PAGE, "--out", "report.md") == 0
    assert (tmp_path / "report.md").read_text(encoding="utf-8") == markdown.render(evidence, page=PAGE)


@pytest.mark.parametrize(
    "arguments, names, way_out",
    [
        (("--page", PAGE), f"page='{PAGE}'", "give --format comment or markdown"),
        (
            ("--format", "markdown", "--page", f"{PAGE}#matrix"),
            f"page='{PAGE}#matrix'",
            "the address of the whole page",
        ),
        (
            ("--format", "markdown", "--out", "new/deep/report.md"),
            "out='new/deep/report.md': there is no folder 'new/deep'",
            "make it",
        ),
        (("--out", "results.json/page.html"), "there is no folder 'results.json'", "give a file in one that is there"),
    ],
)
def test_wrong_usage_is_one_line_and_makes_nothing(
    command: Callable[..., int], tmp_path: Path, capsys: Any, arguments: tuple[str, ...], names: str, way_out: str
) -> None:
    assert command(*arguments) == 2
    printed, line = capsys.readouterr()
    assert printed == "" and line.count("\n") == 1
    assert names in line and way_out in line
    assert [p.name for p in tmp_path.iterdir()] == ["results.json"]


# --- a comment of a pull request ---------------------------------------------------------------------------------------


def test_a_comment_has_a_row_for_each_claim_and_a_section_for_what_is_not_as_expected(evidence: Evidence) -> None:
    made = comment.render(evidence, PAGE)
    sections = [name for name in re.findall(r"^## (.*)$", made, re.MULTILINE) if name.startswith("claim.")]
    assert sections == [c.id for c in evidence.claims if c.verdict != c.expected] and len(sections) < len(
        evidence.claims
    )
    assert all(c.id in made for c in evidence.claims)
    evidence.claims = tuple(evidence.claims[i % 6] for i in range(600))
    assert len(comment.render(evidence).encode()) <= comment.MOST_BYTES < 65_536
