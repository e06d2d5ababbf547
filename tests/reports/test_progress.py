"""What a run shows while it runs: its phase, one bar with the time left, and each verdict as it comes."""

import io

import msgspec
import pytest
import sample_evidence
from lectureclaims.claims.engine.ran import Unit
from lectureclaims.reports.front import progress, terminal
from rich.console import Console

UNITS = [Unit("a.b", "numpy", "float32"), Unit("a.b", "torch", "float32")]


def shown(*, screen, seconds=1.0, silent=False, expected=True, quick=False, **changes):
    """What is printed of two cells and of the verdict of their claim."""
    text = io.StringIO()
    console = Console(file=text, force_terminal=screen, width=80, _environ={"TERM": "xterm"})
    claim = next(c for c in sample_evidence.sample_claims() if c.verdict == "verified" and not c.fails_as_worded)
    with progress.Bar(console, silent=silent, quick=quick) as bar:
        told = bar.progress
        told.phase("Claims")
        told.planned(dict.fromkeys(UNITS, seconds), 3)
        told.started(0, UNITS[0])
        told.finished(0, UNITS[0])
        bar._rich.refresh()
        told.judged(msgspec.structs.replace(claim, id="a.b", qualified=False, reason="no luck", **changes), expected)
        told.phase("Known mistakes")
        bar._rich.refresh()
    return text.getvalue()


def test_a_screen_shows_phases_one_bar_the_time_left_and_what_each_process_is_at():
    text = shown(screen=True)
    assert "Reading the lecture" in text or "Claims" in text
    assert "Claims: 1 of 2 cells" in text and "about 1 s left" in text and "Known mistakes" in text
    last = text[text.index("Claims: 1 of 2 cells") :].splitlines()
    assert "  a.b [numpy float32]" in last[1], "its brackets are no markup"
    assert "━" in last[0] and "━" not in last[1], "one bar"


@pytest.mark.parametrize("screen, seconds, comes", [(True, 1, True), (False, 1, False), (False, 100, True)])
def test_a_verdict_comes_as_a_line_on_a_screen_and_of_a_long_run_elsewhere(screen, seconds, comes):
    text = shown(screen=screen, seconds=seconds)
    assert ("✓ a.b: verified" in text) == comes
    assert "no luck" not in text


def test_a_verdict_that_is_not_the_expected_one_comes_with_its_reason():
    assert "✓ a.b: verified ≠: no luck" in shown(screen=False, seconds=100, expected=False)


def test_a_verdict_of_a_quick_run_says_so():
    designs = sample_evidence.worded(quick=True).designs
    assert "✓ a.b: verified, quick\n" in shown(screen=False, seconds=100, quick=True, designs=designs)
    assert "quick" not in shown(screen=False, seconds=100, designs=designs)


def test_json_is_not_disturbed():
    assert shown(screen=False, seconds=100, silent=True) == ""


def test_what_takes_long_is_named_at_once():
    text = io.StringIO()
    with terminal.at_work(Console(file=text, force_terminal=True, _environ={"TERM": "xterm"}), "Writing the reports"):
        pass
    assert "Writing the reports" in text.getvalue()
