"""A quick run: statistics on one framework, sweeps in strides, no known mistakes; and its verdicts say so."""

import io

import pytest
import sample_evidence as sample
from lectureclaims.claims.engine import lecture, plan, probing, runner
from lectureclaims.claims.engine.ran import Progress, Selection
from lectureclaims.claims.language.sweep import STRIDE
from lectureclaims.claims.record import file
from lectureclaims.claims.record.types import Sweep
from lectureclaims.reference.libraries import FRAMEWORKS
from lectureclaims.reports.formats import markdown
from lectureclaims.reports.front import terminal
from lectureclaims.reports.page import html
from lectureclaims.reports.wording import standing, summary
from lying import run_command
from rich.console import Console

ALL = ("numpy", "scipy", *FRAMEWORKS)


@pytest.fixture(scope="module")
def book():
    return lecture.read()


def trained(claim):
    """What of a claim runs on frameworks alone."""
    parts = [*claim.cases.values(), *claim.wrongs, *claim.limits]
    wide = [one for one in parts if one.dtypes is None or "float64" in one.dtypes]
    return [one for one in wide if one.backends is not None and {*one.backends} <= {*FRAMEWORKS}]


@pytest.mark.parametrize("chosen, on", [(ALL, FRAMEWORKS[0]), (FRAMEWORKS[1:], FRAMEWORKS[1])])
def test_what_is_trained_over_seeds_runs_on_one_framework_in_its_widest_format(book, chosen, on):
    found = lecture.quickly(book, chosen, ())
    statistical = [c for c in found.claims.values() if "statistical" in c.kind]
    assert len(statistical) > 5
    for claim in statistical:
        assert {(one.backends, one.dtypes) for one in trained(claim) if on in one.backends} == {((on,), ("float64",))}
        assert "a quick run trains on" in claim.prose.elsewhere
    others = {name: c for name, c in found.claims.items() if "statistical" not in c.kind}
    assert all(book.claims[name] is claim for name, claim in others.items())
    assert (
        all(trained(c) for c in statistical)
        and book.claims["activations.saturation"].cases["depth"].backends == FRAMEWORKS
    )


@pytest.mark.parametrize("chosen, dtypes", [(("numpy",), ()), (ALL, ("float32",))])
def test_where_nothing_can_be_trained_so_all_stays_as_it_is(book, chosen, dtypes):
    assert lecture.quickly(book, chosen, dtypes) is book


def test_no_wrong_trains_all_over_again_and_each_claim_keeps_others(book):
    found, left_out = lecture.quickly(book, ALL, ()).claims, []
    for name, claim in found.items():
        left = {w.name for w in book.claims[name].wrongs} - {w.name for w in claim.wrongs}
        assert claim.wrongs and (not left or "statistical" in claim.kind)
        left_out += left
    assert "noise that stands still" in left_out and "labels swapped" not in left_out


def test_each_claim_runs_in_one_format_unless_others_are_asked_for(book):
    for dtypes, expected in (((), "float64"), (("float32",), "float32")):
        for unit in plan.units(book, Selection(tuple(book.claims), ("numpy",), dtypes, quick=True)):
            assert unit.dtype in (expected, None)
    assert len(plan.units(book, Selection(("network.component_parity",), ("numpy",)))) > 1


def test_no_known_mistake_is_tried(book, monkeypatch):
    monkeypatch.setattr(probing, "all_mistakes", lambda lecture: pytest.fail("tried"))
    selection = Selection(tuple(book.claims), ALL, quick=True)
    assert runner._Runner(book, selection, runner.Options(jobs=1, timeout=1.0), Progress())._mistakes() == {}


@pytest.fixture(scope="module")
def runs():
    """(the evidence of a whole run, that of a quick one) of a claim with a sweep."""
    asked = ("verify", "convolution.valid", "--backend", "numpy", "--dtype", "float64", "--json", "--no-store")
    return [file.loads(run_command("lecture-claims", *asked, *options).stdout) for options in ((), ("--quick",))]


def swept(evidence):
    return [row.geometries for row in evidence.claims[0].cells[0].rows if isinstance(row, Sweep)]


def test_a_sweep_goes_in_strides_and_its_verdict_says_so(runs):
    whole, quick = runs
    assert swept(quick) == [-(-count // STRIDE) for count in swept(whole)] and quick.success
    assert max(swept(whole)) > STRIDE
    assert f"a quick run: every {STRIDE}th geometry of a sweep" in quick.claims[0].cells[0].in_part
    assert whole.claims[0].cells[0].in_part == ()
    assert [standing.hurried(e, e.claims[0]) for e in runs] == [False, True]


def test_no_report_shows_it_as_a_full_green(runs):
    quick, shown = runs[1], []
    for evidence in runs:
        text = io.StringIO()
        terminal.run(Console(file=text, width=200, force_terminal=True, color_system="standard", _environ={}), evidence)
        shown.append((text.getvalue(), markdown.render(evidence), html.render(evidence)))
    (full, in_full, page), (screen, report, quick_page) = shown
    assert "verified, quick" in screen and "verified, quick" not in full
    assert "\x1b[32m" in full and "\x1b[32m" not in screen, "green"
    assert ", quick |" in report and ", quick |" not in in_full
    assert html.QUICK_STYLE in quick_page and html.QUICK_STYLE not in page
    assert summary.said(quick, quick.claims[0]).endswith(", quick")


def test_statistics_on_few_seeds_are_marked_so_too():
    evidence = sample.sample_evidence()
    evidence.selection.quick = True
    assert standing.hurried(evidence, sample.worded(quick=True))
