"""What should stand in the lecture instead: in words that heed the limits, in every report, as a list and as a patch."""

import functools
import io
import re

import pytest
import sample_evidence as sample
from lectureclaims.claims.engine import lecture
from lectureclaims.claims.record import file, sentences
from lectureclaims.claims.record.types import LimitSaid
from lectureclaims.reference.refusal import Refused
from lectureclaims.reports.formats import markdown
from lectureclaims.reports.front import notes, terminal
from lectureclaims.reports.page import html
from lectureclaims.reports.page.anchors import link
from lectureclaims.reports.wording import findings
from lying import run_command
from rich.console import Console

MAY_STAY = {
    "network.component_parity": "that an FFT is another algorithm, and where a border of two pixels lies, concern no sentence",
    "network.linear_stack": "of the sentence “Linear”, which its other claim corrects",
    "convolution.continuous": "a definition; how fast a sum comes near it is another matter",
    "convolution.discrete_1d": "a definition; what a format does not hold is no part of it",
    "convolution.discrete_2d": "a definition; an FFT is another algorithm",
    "convolution.worked_example": "a picture of letters, which do not round",
    "conv_layer.shapes": "an image without a batch axis is one more way",
    "conv_layer.size_can_differ": "“can”: that it need not is no exception",
    "conv_layer.parameter_count": "a question",
    "conv_layer.sparse_fc": "of the sentence “fewer parameters”, which its other claim corrects",
    "activations.sigmoid": "names two functions; how they are computed is another matter",
    "batch_norm.normalizes": "of the sentence “BN would decouple”, which its other claim corrects",
    "batch_norm.disputed": "both sides are there, as it says",
}
"""Claims with limits whose sentence needs no other words, and why."""


@functools.cache
def own():
    return lecture.read()


# --- the lecture's own -------------------------------------------------------------------------------------------------


def test_every_claim_with_limits_has_other_words_or_a_reason_why_not():
    without = {c.id for c in own().claims.values() if c.limits and not c.prose.instead}
    assert without == {*MAY_STAY}


@pytest.mark.parametrize("claim", [c for c in own().claims.values() if c.prose.instead], ids=lambda c: c.id)
def test_other_words_heed_what_fails_and_say_no_number_of_their_own(claim):
    sentence, corrected = own().sentence_of(claim.id).text, claim.prose.instead
    heeded = sentences.heeded(corrected)
    assert {x.name for x in claim.limits if x.as_worded} <= {*heeded}
    assert heeded and len({*heeded}) == len(heeded), "each qualification stands there for a limit of its own"
    told = "".join(words for words, _ in sentences.pieces(corrected))
    assert "{" not in told and "|" not in told.replace("|z|", "") and told != sentence
    known = " ".join([sentence, claim.prose.statement, claim.prose.scope, *(x.says for x in claim.limits)])
    numbers = re.compile(r"\d+(?:[.,]\d+)*|[¼½¾⅛]")
    assert {*numbers.findall(told)} <= {*numbers.findall(known)}


# --- what a run makes of them ------------------------------------------------------------------------------------------


def evidence(*, shown=True, verdict="supported"):
    """A sentence that fails as worded, one that needs a condition, one that may stay."""
    found = sample.sample_evidence()
    name = "tanh as a hidden activation"
    fails = sample.worded(instead=f"{{The logistic|{name}}} is not recommended", verdict=verdict)
    condition = sample.claim(
        "claim.equivariance",
        [sample.cell("torch", "float32", "verified", limits=(sample.limit("stride 2", shown=shown),))],
        limits=(
            LimitSaid(name="stride 2", says="With stride 2 it is no shift."),
            LimitSaid(name="rotation", says="Nor."),
        ),
        instead="Equivariance to translation {at stride 1|stride 2}{, not to rotation|rotation}:",
    )
    found.claims, found.premises, found.sensitivity = (condition, fails, sample.disputed()), (), ()
    return found


def said(render, *arguments):
    console = Console(width=200, record=True, file=io.StringIO())
    render(console, *arguments)
    return console.export_text()


def test_what_fails_comes_first_and_what_was_not_shown_is_said():
    first, second = findings.corrections(evidence())
    assert (first.claim.id, first.fails, first.text) == ("claim.worded", True, "The logistic is not recommended")
    assert (second.claim.id, second.fails, second.open) == ("claim.equivariance", False, ["rotation"])
    assert second.text == "Equivariance to translation at stride 1, not to rotation:"


def test_nothing_is_corrected_by_what_this_run_did_not_show():
    assert [one.claim.id for one in findings.corrections(evidence(shown=False))] == ["claim.worded"]
    assert [one.claim.id for one in findings.corrections(evidence(verdict="refuted"))] == ["claim.equivariance"]


def test_every_report_says_it():
    found, words = evidence(), "Equivariance to translation at stride 1, not to rotation:"
    page = re.sub(r"<[^>]*>", "", html.whole(found))
    assert (
        "Change these in your notes" in page and page.count(words) == 3 and "Not shown in this run: rotation." in page
    )
    leads = [link("claim.equivariance", "limit", name) for name in ("stride 2", "rotation")]
    assert [f'href="{target}"' in html.whole(found) for target in leads] == [True, False], "to what was shown alone"
    assert markdown.render(found).count(words) == 2
    assert "1 that fail as worded, 1 that need a condition" in said(terminal.run, found)
    told = said(notes.terminal, found)
    assert told.index("+ The logistic is not") < told.index(f"+ {words}") and "not shown in this run: rotation" in told


def test_without_corrections_nothing_is_said():
    found = evidence()
    found.claims = found.claims[2:]
    assert "Change these" not in html.whole(found) and "Write instead" not in markdown.render(found)
    assert "Nothing to change" in said(notes.terminal, found)


def test_a_patch_changes_the_sentences_and_nothing_else(tmp_path):
    found, text = evidence(), tmp_path / "mine.md"
    for claim, sentence in zip(found.claims, found.lecture.sentences, strict=False):
        claim.sentence, claim.says = sentence.id, sentence.text
    text.write_text("My own head\n\n" + found.lecture.markdown, encoding="utf-8")
    lines = notes.patch(found, text).splitlines()
    assert lines[:2] == ["--- a/mine.md", "+++ b/mine.md"]
    added = "\n".join(x[1:] for x in lines[2:] if x.startswith("+"))
    assert all(one.text in added for one in findings.corrections(found))
    removed = " ".join(x[1:] for x in lines[2:] if x.startswith("-"))
    assert all(" ".join(c.says.split()) in removed for c in found.claims[:2]) and "My own head" not in removed


def test_a_file_without_the_sentences_is_refused(tmp_path):
    (tmp_path / "other.md").write_text("Another text.")
    with pytest.raises(Refused, match="none of the lecture's sentences stands in it"):
        notes.patch(evidence(), tmp_path / "other.md")
    with pytest.raises(Refused, match="give the lecture's text"):
        notes.patch(evidence(), tmp_path / "missing.md")


def test_the_command_says_what_is_missing(tmp_path):
    done = run_command("lecture-claims", "notes", "--results", str(tmp_path / "none.json"))
    assert done.returncode == 2 and done.stderr.count("\n") == 1


# --- names that lead nowhere -------------------------------------------------------------------------------------------


def test_a_limit_that_the_claim_has_not_is_refused(tmp_path):
    (tmp_path / "lecture.md").write_text("# Mine\n\nA sentence.\n")
    (tmp_path / "sentences.toml").write_text('[[sentence]]\nid = "a"\ntext = "A sentence."\nclaims = ["a.claim"]\n')
    (tmp_path / "part.py").write_text(
        "from lectureclaims.claims.language import claim\n"
        'a = claim("a.claim", "It is so.\\n\\nInstead: A sentence {often|no limit}.", expected="verified", kind="exact")\n'
    )
    with pytest.raises(lecture.BadLecture, match="“Instead” names 'no limit', which is none of its limits"):
        lecture.read(tmp_path)


def test_a_record_that_heeds_what_it_has_not_is_no_evidence():
    found = evidence()
    found.claims[0].instead = "{so|nowhere}"
    with pytest.raises(file.BadEvidence, match="it has no limit 'nowhere'"):
        file.loads(file.dumps(found))
