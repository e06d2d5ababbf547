"""The history of verdicts: runs in the order of their dates, what changed between them, files that are no records, the page."""

from __future__ import annotations

import copy
import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from lectureclaims.claims.record import file
from lectureclaims.claims.record.file import BadEvidence
from lectureclaims.claims.record.types import Evidence, LibraryFacts
from lectureclaims.reports.diff import comparing, history
from lectureclaims.reports.diff.changes import Record
from lectureclaims.reports.page import html
from msgspec.structs import replace
from pages import Page
from poison import HOSTILE, KINDS, put
from two_runs import cell, claim, drop, read, sampled, typed


@pytest.fixture
def evidence() -> Evidence:
    return dated("2026-03-01T00:00:00+00:00")


def dated(begun: str, *, torch: str = "2.13.0+cpu", **verdicts: str) -> Evidence:
    """A record of a day, with the verdict of claim.correlate and others; its library is of that version."""
    made = sampled()
    made.selection.quick = False
    made.volatile.begun = begun
    made.environment.packages["torch"] = torch
    made.environment.backends["torch"].versions = {"torch": torch}
    for name, verdict in verdicts.items():
        put(claim(made, f"claim.{name}"), verdict=verdict, qualified=False)
    return made


def laid(folder: Path, **records: Any) -> Path:
    """Records as files; "sub__name" lies one folder deeper."""
    for name, content in records.items():
        path = folder / f"{name.replace('__', '/')}.json"
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(content if isinstance(content, str) else file.dumps(content), encoding="utf-8")
    return folder


def told(found: history.History, name: str) -> list[tuple[str, int, int, int]]:
    return [(s.verdict, s.first, s.last, s.runs) for s in found.steps[name]]


def test_runs_stand_in_the_order_of_their_dates_not_of_their_names(tmp_path: Path) -> None:
    folder = laid(
        tmp_path,
        a=dated("2026-02-01T00:00:00+00:00", correlate="refuted", torch="2.14.0"),
        b=dated("2026-01-01T12:00:00+00:00"),
        sub__c=dated("2026-01-01T13:30:00+02:00"),
    )
    found = history.read(folder)
    assert [run.file for run in found.runs] == [
        "sub/c.json",
        "b.json",
        "a.json",
    ]  # 13:30 in +02:00 is before noon in UTC
    assert [run.begun for run in found.runs] == ["2026-01-01 11:30 UTC", "2026-01-01 12:00 UTC", "2026-02-01 00:00 UTC"]
    assert told(found, "claim.correlate") == [("verified", 0, 1, 2), ("refuted", 2, 2, 1)]
    assert found.steps["claim.correlate"][1].changed == ("torch 2.13.0+cpu → 2.14.0",)
    assert list(found.changed) == ["claim.correlate"]
    assert found.steady["verified", False] == ["claim.linear"] and found.steady["supported", True] == ["claim.worded"]
    assert found.runs[2].changed == ("torch 2.13.0+cpu → 2.14.0",) and found.runs[1].changed == ()
    assert found.runs[0].holds == found.runs[2].holds + 1 and found.runs[0].claims == 6


def test_a_verdict_that_comes_back_is_a_step_of_its_own(tmp_path: Path) -> None:
    verdicts = ("verified", "refuted", "refuted", "verified")
    found = history.read(
        laid(tmp_path, **{f"r{i}": dated(f"2026-01-0{i + 1}", correlate=v) for i, v in enumerate(verdicts)})
    )
    assert told(found, "claim.correlate") == [("verified", 0, 0, 1), ("refuted", 1, 2, 2), ("verified", 3, 3, 1)]


def test_what_a_claim_rests_between_is_what_changed_since_it_was_last_tested(tmp_path: Path) -> None:
    one, two, three = (
        dated("2026-01-01"),
        dated("2026-01-02", torch="2.14.0"),
        dated("2026-01-03", correlate="refuted", torch="2.14.0"),
    )
    drop(two, "claim.correlate")
    found = history.read(laid(tmp_path, one=one, two=two, three=three))
    assert told(found, "claim.correlate") == [("verified", 0, 0, 1), ("refuted", 2, 2, 1)]
    assert found.steps["claim.correlate"][1].changed == ("torch 2.13.0+cpu → 2.14.0",)


def test_other_circumstances_are_told_too(tmp_path: Path) -> None:
    one, two = dated("2026-01-01"), dated("2026-01-02", correlate="refuted")
    put(two, seed=3)
    put(two.selection, backends=("numpy", "torch"), dtypes=("float32",))
    two.environment.cpu = "Another processor"
    two.environment.backends["torch"].facts |= {f"fact {i}": i for i in range(20)}
    found = history.read(laid(tmp_path, one=one, two=two))
    changed = found.steps["claim.correlate"][1].changed
    assert "seed 0 → 3" in changed and "cpu: A processor → Another processor" in changed
    assert "libraries asked for: numpy, torch, tensorflow, scipy → numpy, torch" in changed
    assert "dtypes asked for: all → float32" in changed and "and 9 other facts of the machine" in changed


def test_a_quick_run_leaves_no_step_where_it_left_a_claim_open(tmp_path: Path) -> None:
    quick = dated("2026-01-02", worded="inconclusive", correlate="inconclusive")
    quick.selection.quick = True
    found = history.read(laid(tmp_path, one=dated("2026-01-01"), two=quick, three=dated("2026-01-03")))
    assert told(found, "claim.worded") == [("supported", 0, 2, 2)]
    assert [s[0] for s in told(found, "claim.correlate")] == ["verified", "inconclusive", "verified"], (
        "it has no statistics"
    )
    assert found.runs[1].quick and "quick" in found.runs[1].changed and "no longer quick" in found.runs[2].changed


def test_what_is_no_record_of_a_whole_run_is_named_and_skipped(tmp_path: Path) -> None:
    part = dated("2026-01-02")
    part.selection.partial = True
    folder = laid(
        tmp_path,
        good=dated("2026-01-01"),
        again=dated("2026-01-01"),
        part=part,
        broken="{",
        other='{"schema": "x/2"}',
        list="[1]",
        far__away__deep=dated("2026-01-01"),
        old='{"schema": "lecture-claims/results/1", "claims": []}',
    )
    (folder / "note.txt").write_text("no record")
    found = history.read(folder)
    assert [run.file for run in found.runs] == ["again.json"]
    skipped = dict(found.skipped)
    assert set(skipped) == {"good.json", "part.json", "broken.json", "other.json", "list.json", "old.json"}
    assert skipped["good.json"] == "the same run as again.json"
    assert skipped["part.json"].startswith("only a part")
    assert skipped["other.json"] == "schema 'x/2', expected 'lecture-claims/results/2'"
    assert all(str(tmp_path) not in why and "\n" not in why for why in skipped.values())


def test_a_folder_without_records_is_refused(tmp_path: Path) -> None:
    for folder, says in (
        (tmp_path / "none", "no such folder"),
        (laid(tmp_path / "empty", x="{}"), "1 JSON file and no record"),
    ):
        with pytest.raises(BadEvidence, match=says) as refusal:
            history.read(folder)
        assert "give a folder" in str(refusal.value) and "\n" not in str(refusal.value)


def test_the_run_at_hand_is_one_more_unless_it_lies_there_too(tmp_path: Path, evidence: Evidence) -> None:
    folder = laid(tmp_path, one=dated("2026-01-01", correlate="refuted"))
    found = history.read(folder, read(evidence))
    assert [(run.file, run.here) for run in found.runs] == [("one.json", False), ("", True)]
    laid(tmp_path, two=evidence)
    found = history.read(folder, read(evidence))
    assert [(run.file, run.here) for run in found.runs] == [("one.json", False), ("two.json", True)]
    evidence.selection.partial = True
    assert not any(run.here for run in history.read(folder, read(evidence)).runs)


def test_only_the_latest_of_very_many_runs_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST", 3)
    found = history.read(laid(tmp_path, **{f"r{i}": dated(f"2026-01-0{i + 1}") for i in range(5)}))
    assert [run.begun for run in found.runs] == [
        f"2026-01-0{day} 00:00 UTC" for day in (3, 4, 5)
    ] and found.earlier == 2
    assert "3 runs, by date, the latest of 5" in " ".join(html.whole(read(dated("2026-01-09")), history=found).split())


# --- the cells ---------------------------------------------------------------------------------------------------------

TORCH = ("claim.correlate", "torch", "float32")


def moved(moves: tuple[history.Move, ...]) -> list[tuple[Any, ...]]:
    return [(m.claim, m.cells, m.earlier, m.later, m.before, m.after, m.versions) for m in moves]


def with_errors(*ratios: Any, **more: Any) -> dict[str, Evidence]:
    """Records of one day after another, with the largest error ÷ bound of one cell and the others as they are."""
    made = {f"r{i}": dated(f"2026-01-0{i + 1}", **more) for i in range(len(ratios))}
    for evidence, ratio in zip(made.values(), ratios, strict=True):
        put(cell(evidence, *TORCH), worst_ratio=ratio)
    return made


def test_a_cell_is_told_where_the_verdict_of_its_claim_does_not_say_it(tmp_path: Path) -> None:
    runs = [
        dated("2026-01-01", correlate="refuted"),
        dated("2026-01-02", correlate="refuted", torch="2.14.0"),
        dated("2026-01-03", correlate="refuted", torch="2.14.0"),
    ]
    for evidence in runs:
        put(cell(evidence, "claim.correlate", "numpy", "float32"), verdict="refuted")
    for dtype in ("float32", "float64"):
        put(cell(runs[1], "claim.correlate", "torch", dtype), verdict="refuted")
    found = history.read(laid(tmp_path, **{f"r{i}": evidence for i, evidence in enumerate(runs)}))
    assert not found.changed
    both = ("torch float32", "torch float64")
    assert moved(found.cells) == [
        ("claim.correlate", both, 1, 2, "refuted", "verified", ""),
        ("claim.correlate", both, 0, 1, "verified", "refuted", "torch 2.13.0+cpu → 2.14.0"),
    ], "the newest first, the same of several cells once"


def test_the_cells_that_a_step_is_about_stand_in_it_and_the_others_in_the_table(tmp_path: Path) -> None:
    one, two = dated("2026-01-01"), dated("2026-01-02", correlate="refuted")
    put(cell(two, *TORCH), verdict="refuted")
    put(cell(two, "claim.correlate", "numpy", "float64"), verdict="inconclusive")
    found = history.read(laid(tmp_path, one=one, two=two))
    assert [step.cells for step in found.steps["claim.correlate"]] == ["", "torch float32"]
    assert moved(found.cells) == [("claim.correlate", ("numpy float64",), 0, 1, "verified", "inconclusive", "")]


def test_a_claim_that_became_qualified_says_nothing_of_a_cell(tmp_path: Path) -> None:
    one, two = dated("2026-01-01", correlate="verified"), dated("2026-01-02")
    put(cell(one, *TORCH), verdict="unsupported", worst_ratio=None)
    found = history.read(laid(tmp_path, one=one, two=two))
    assert len(found.steps["claim.correlate"]) == 2 and not found.steps["claim.correlate"][1].cells
    assert moved(found.cells) == [("claim.correlate", ("torch float32",), 0, 1, "unsupported", "verified", "")]


def test_a_cell_that_rests_or_is_left_open_is_compared_with_the_last_run_that_tells(tmp_path: Path) -> None:
    runs = [dated(f"2026-01-0{i}", torch=f"2.1{i}.0") for i in (1, 2, 3)]
    claim(runs[1], "claim.correlate").cells.remove(cell(runs[1], *TORCH))
    put(cell(runs[2], *TORCH), verdict="inconclusive", worst_ratio=0.9)
    runs[1].selection.quick = True
    for each in claim(runs[1], "claim.worded").cells:
        put(each, verdict="inconclusive")
    found = history.read(laid(tmp_path, **{f"r{i}": evidence for i, evidence in enumerate(runs)}))
    where = ("claim.correlate", ("torch float32",), 0, 2)
    assert moved(found.cells) == [(*where, "verified", "inconclusive", "torch 2.11.0 → 2.13.0")]
    assert moved(found.errors) == [(*where, 0.31, 0.9, "torch 2.11.0 → 2.13.0")]


def test_an_error_grew_by_the_rule_of_a_comparison(tmp_path: Path) -> None:
    ratios = (0.31, 0.61, 0.61, 1.3, 0.2, math.inf, None, math.nan)
    made = with_errors(*ratios)
    found = history.read(laid(tmp_path, **made))
    assert [(m.earlier, m.later, m.before, m.after) for m in found.errors] == [(4, 5, 0.2, math.inf), (2, 3, 0.61, 1.3)]
    assert not found.cells and not found.changed
    taking_part = sum(c.worst_ratio is not None for one in made["r0"].claims for c in one.cells)
    assert found.compared == 7 * taking_part - 1
    for move in found.errors:
        pair = (Record("", read(made[f"r{i}"])) for i in (move.earlier, move.later))
        assert ("error", move.before, move.after) in [
            (c.kind, c.before, c.after) for c in comparing.compare(*pair).changes
        ]


def test_the_largest_of_the_errors_that_grew_stands_first_and_a_version_beside_its_own_library(tmp_path: Path) -> None:
    made = with_errors(0.31, 0.8)
    made["r1"].environment.backends["torch"].versions = {"torch": "2.14.0", "mkl": "2026.1"}
    put(cell(made["r1"], "claim.correlate", "tensorflow", "float64"), worst_ratio=0.9)
    found = history.read(laid(tmp_path, **made))
    assert [(m.cells, m.versions) for m in found.errors] == [
        (("tensorflow float64",), ""),
        (("torch float32",), "torch 2.13.0+cpu → 2.14.0, mkl none → 2026.1"),
    ]


def test_errors_on_other_inputs_are_not_compared(tmp_path: Path) -> None:
    made = with_errors(0.1, 0.9, 0.25, 0.9)
    made["r1"].seed = made["r3"].seed = 7
    cell(made["r3"], *TORCH).worst_ratio = 0.8
    found = history.read(laid(tmp_path, **made))
    assert [(m.earlier, m.later, m.before, m.after) for m in found.errors] == [(0, 2, 0.1, 0.25)]


def test_a_record_without_errors_has_none_to_compare(tmp_path: Path, evidence: Evidence) -> None:
    one = dated("2026-01-01")
    for each in (c for of_claim in one.claims for c in of_claim.cells):
        each.worst_ratio = None
    found = history.read(laid(tmp_path, one=one), read(evidence))
    assert (found.errors, found.compared) == ((), 0)
    assert "Errors are not compared" in section(html.whole(read(evidence), history=found))


# --- the page ----------------------------------------------------------------------------------------------------------


def section(page: str) -> str:
    begin = page.index('<section id="history">')
    return page[begin : page.index("</section>", begin)]


def test_the_page_has_the_history_only_where_it_is_given(tmp_path: Path, evidence: Evidence) -> None:
    assert 'id="history"' not in html.whole(read(evidence))
    laid(tmp_path, one=dated("2026-01-01", correlate="refuted", torch="2.12.1"), bad="{")
    page = html.whole(read(evidence), history=history.read(tmp_path, read(evidence)))
    assert '<a href="#history">' in page
    part = section(page)
    assert (
        part.index("refuted")
        < part.index("2026-01-01")
        < part.index("verified")
        < part.index("torch 2.12.1 → 2.13.0+cpu")
    )
    assert "#claim.correlate" in Page(part).links and "this page" in part and "not JSON" in part
    assert set(Page(part).links) <= {f"#{name}" for name in Page(page).ids}
    assert len(Page(page).ids) == len(set(Page(page).ids))


def test_a_history_without_changes_says_so(tmp_path: Path, evidence: Evidence) -> None:
    part = section(
        html.whole(read(evidence), history=history.read(laid(tmp_path, one=dated("2026-01-01")), read(evidence)))
    )
    assert "No claim has changed its verdict." in part and "Verdicts of cells" not in part
    assert re.search(
        r"Of no cell has the largest error ÷ bound grown by more than a factor of 2 .* \(\d+ pairs compared\)", part
    )


def test_the_page_has_the_cells_that_changed_and_the_rest_by_their_number(tmp_path: Path, evidence: Evidence) -> None:
    one = dated("2026-01-01", torch="2.12.1")
    for i in range(25):
        for of_run, ratio in ((one, 0.1), (evidence, 0.5 + i / 100)):
            extra = copy.deepcopy(claim(evidence, "claim.linear"))
            extra.id = f"claim.number{i}"
            next(c for c in extra.cells if c.backend == "torch").worst_ratio = ratio
            of_run.claims.append(extra)
    put(claim(evidence, "claim.correlate"), verdict="refuted", qualified=False)
    for name in ("claim.correlate", "claim.number3"):
        next(c for c in claim(evidence, name).cells if c.backend == "torch").verdict = "refuted"
    part = section(html.whole(read(evidence), history=history.read(laid(tmp_path, one=one), read(evidence))))
    assert "newly so on torch float32" in part
    cells, errors = (
        part[part.index(f'aria-label="{label}"') :].partition("</table>")[0]
        for label in ("Verdicts of cells", "Errors that grew")
    )
    assert re.search(
        r"#claim\.number3\b.*>torch<.*>2026-01-01 00:00 UTC<.*>2026-03-01 00:00 UTC<.*verified.* → .*refuted.*torch 2\.12\.1 → 2\.13\.0\+cpu",
        cells.replace("\n", ""),
    )
    assert cells.count("<tr>") == 2 and "claim.correlate" not in cells
    assert errors.count("<tr>") == 21 and errors.index("number24") < errors.index("number5") and "number4" not in errors
    assert "0.1 → 0.74" in errors and "And 5 more." in part and "Errors that grew: 25 of" in part
    assert "another seed draws other inputs" in part


@pytest.mark.parametrize("poison", HOSTILE, ids=KINDS)
def test_hostile_text_in_a_history_comes_out_as_text(tmp_path: Path, evidence: Evidence, poison: str) -> None:
    bad = dated(poison, torch="2.14" + poison, correlate="refuted")
    bad.environment.backends["numpy"].facts[poison] = {poison: poison}
    bad.environment.backends["torch" + poison] = LibraryFacts()
    bad.selection.backends = (*bad.selection.backends, poison)
    bad.claims.append(replace(copy.deepcopy(bad.claims[0]), id="claim." + poison))
    worse = copy.deepcopy(bad)
    worse.volatile.begun = "2026-01-01"
    worse.claims[-1].verdict = "verified"
    for each, ratio, verdict in ((bad, 0.1, "refuted"), (worse, 0.9, "inconclusive")):
        cells = each.claims[-1].cells
        put(cells[0], backend="torch" + poison, worst_ratio=ratio)
        put(cells[1], dtype=poison, verdict=verdict)
    found = history.read(laid(tmp_path, one=bad, two=worse, bad=json.dumps({"schema": poison})), read(evidence))
    part = section(html.whole(read(evidence), history=found))
    part.encode()
    page = Page(part)
    assert all(words in part for words in ("claim.", "2.14", "Verdicts of cells", "Errors that grew"))
    assert not [t for t, _ in page.elements if t in ("script", "img")]
    assert not [a for _, attributes in page.elements for a in attributes if a.startswith("on")]
    assert not [href for href in page.links if href.startswith("javascript")]
    assert len(part) < 60_000


# --- the command -------------------------------------------------------------------------------------------------------


def test_the_command_puts_the_history_into_the_page(
    tmp_path: Path, evidence: Evidence, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, results = laid(tmp_path / "runs", one=dated("2026-01-01", correlate="refuted")), tmp_path / "results.json"
    results.write_text(file.dumps(evidence), encoding="utf-8")
    out = tmp_path / "page.html"
    assert typed("report", str(results), "--history", str(folder), "--out", str(out)) == 0
    assert capsys.readouterr() == ("", "")
    assert "Verdicts that changed: 1 claim" in out.read_text(encoding="utf-8")
    for arguments, says in (
        (("--history", str(folder), "--format", "markdown"), "markdown has no history; give --format html"),
        (("--history", str(tmp_path / "none")), "no such folder"),
    ):
        assert typed("report", str(results), *arguments) == 2
        said = capsys.readouterr()
        assert says in said.err and said.err.count("\n") == 1 and not said.out
