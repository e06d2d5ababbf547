"""A quiz and its key: asked and answered from the record alone, in the page's words, and the sheet gives nothing away."""

import json
import re
from pathlib import Path

import pytest
import sample_evidence as sample
from lectureclaims.claims.record import file
from lectureclaims.claims.record.types import ClaimNamed, Fact, Found, LimitSaid, Sentence, WrongFound
from lectureclaims.reference.refusal import Refused
from lectureclaims.reports.page import html as pages
from lectureclaims.reports.quiz import questions, sheet
from lectureclaims.reports.wording import findings
from lying import run_command
from pages import Page

LIMIT = LimitSaid(name="stride 2", says="With stride 2 it is no shift.")


def fact(role, got, wanted, **point):
    members = {"label": "Hout", "must_fail": role == "smallest", "agrees": got == wanted, "got": got, "wanted": wanted}
    return Fact(case="", source="by hand", found=Found(role=role, symbols=point), **members)


def bound(*rows):
    """A claim with a limit that these comparisons show."""
    cell = sample.cell("torch", "float32", limits=(sample.limit("stride 2", rows),))
    return sample.claim("claim.c", [cell], limits=(LIMIT,), instead="Equivariant {at stride 1|stride 2}")


def evidence():
    """A sentence of each answer, one undecided, and one that another sentence's claim tests."""
    found = sample.sample_evidence()
    plain = sample.cell("torch", "float32", limits=())
    claims = {
        "holds": sample.claim("claim.a", [plain]),
        "fails": sample.worded(instead="{The logistic|tanh as a hidden activation} is not recommended"),
        "holds if …": bound(),
        "is disputed": sample.disputed(),
        "": sample.claim("claim.d", [sample.cell("torch", "float32", "inconclusive", limits=())]),
    }
    sentences = [
        Sentence(id=c.id, text=f"The sentence of {c.id}.", claims=(ClaimNamed(id=c.id, written=True),))
        for c in claims.values()
    ]
    sentences.append(Sentence(id="other", text="Tested elsewhere.", see=("claim.worded",)))
    found.claims, found.premises, found.sensitivity = (*claims.values(),), (), ()
    found.lecture.sentences = (*sentences,)
    found.lecture.markdown = "# A lecture\n\n" + "\n\n".join(s.text for s in sentences)
    return found


def made(found, *, key=False, suffix=".md", number=None, seed=0):
    return sheet.made(found, number=number, seed=seed, key=key, suffix=suffix)


# --- what is asked, and what is right ----------------------------------------------------------------------------------


def test_the_page_and_the_quiz_have_the_same_words():
    script = (Path(pages.__file__).parent / "templates" / "lecture.js").read_text(encoding="utf-8")
    (said,) = re.findall(r"const answers = (\[.*\]);", script)
    assert tuple(json.loads(said)) == findings.ANSWERS


def test_every_decided_sentence_is_asked_by_its_own_claims():
    asked = {q.quoted: q.right for q in questions.draw(evidence(), None, 0)}
    assert [*asked.values()] == ["holds", "fails", "holds if …", "is disputed"]
    assert all(said in findings.ANSWERS for said in asked.values())
    assert "Tested elsewhere." not in asked, "the verdict is of another sentence"
    assert "The sentence of claim.d." not in asked, "the run could not decide it"


def test_of_several_claims_that_which_needs_most_answers():
    found = evidence()
    holds, fails, condition, disputed, undecided = found.claims
    assert findings.answer([holds, condition]) == "holds if …"
    assert findings.answer([condition, disputed, holds]) == "is disputed"
    assert findings.answer([disputed, fails]) == "fails"
    assert findings.answer([fails, undecided]) == findings.answer([]) == ""


SHOWN = (fact("smallest", [1, 1], [2, 2], H=2, s=2), fact("neighbour", [1, 1], [1, 1], H=1, s=2))
NO = (fact("smallest", False, True, H=2), fact("neighbour", True, True, H=1))


def inputs(*rows):
    return [*questions._inputs(evidence(), bound(*rows))]


def test_an_input_is_a_limits_counterexample_and_its_choices_are_the_records():
    (asked,) = inputs(*SHOWN)
    assert asked.asks == "stride 2 (H = 2, s = 2; torch float32). “Hout”: what comes out?"
    assert asked.right == "[1, 1]" and asked.choices == ("[1, 1]", "[2, 2]")
    assert asked.found == ["Read literally, the sentence says: [2, 2].", LIMIT.says]
    assert asked.again == "lecture-claims verify claim.c --limit 'stride 2' --backend torch --dtype float32"


def test_yes_and_no_are_both_right_somewhere():
    fails, holds = inputs(*NO)
    assert (fails.right, holds.right) == ("no", "yes") and fails.choices == holds.choices == ("no", "yes")
    assert fails.asks.endswith("is that so?") and holds.found == [f"It holds here, and fails near it: {LIMIT.says}"]
    refused = (fact("smallest", "raised", "value", H=0), fact("neighbour", "value", "value", H=1))
    assert [q.right for q in inputs(*refused)] == ["an error", "a value"]


@pytest.mark.parametrize("rows", [(), SHOWN[:1], SHOWN[1:], (SHOWN[1], fact("smallest", [1, 1], [1, 1], H=2))], ids=str)
def test_nothing_is_asked_that_leaves_no_choice(rows):
    assert inputs(*rows) == []


def counted(right, *wrongs):
    """A claim that compared a count, and whose wrongs would count otherwise."""

    def row(got, wanted):
        return Fact(case="with bias", label="learned", source="by hand", agrees=got == wanted, got=got, wanted=wanted)

    found = [WrongFound(name=f"wrong {x}", caught=True, by=1, of=1, worst=row(right, x)) for x in wrongs]
    return sample.claim("claim.c", [sample.cell("torch", "float32", rows=(row(right, right),), wrongs=tuple(found))])


def test_a_fact_is_asked_with_the_values_of_the_mistakes():
    (asked,) = questions._mistakes(evidence(), counted(368, 360, 120))
    assert asked.asks == "with bias (torch float32). “learned”: what comes out?"
    assert asked.right == "368" and asked.choices == ("120", "360", "368")
    assert asked.found == ["360: wrong 360.", "120: wrong 120."]
    assert asked.again.endswith("--case 'with bias' --backend torch --dtype float32")


@pytest.mark.parametrize(
    "claim", [counted(True, False), counted(368), counted(368, list(range(40)))], ids=["yes", "no wrong", "long"]
)
def test_a_fact_that_leaves_no_choice_is_not_asked(claim):
    assert [*questions._mistakes(evidence(), claim)] == []


def test_a_limit_that_was_not_shown_is_not_asked_about():
    found = bound(*SHOWN)
    found.cells[0].limits[0].shown = False
    assert [*questions._inputs(evidence(), found)] == []


def test_some_questions_are_of_inputs_and_the_same_seed_draws_the_same():
    found = evidence()
    found.claims = tuple(bound(*NO) if c.id == "claim.c" else c for c in found.claims)
    drawn = [questions.draw(found, 4, seed) for seed in range(30)]
    assert {bool(q[2].asks) for q in drawn} == {True, False} and {q[2].right for q in drawn} >= {"yes", "no"}
    assert drawn == [questions.draw(found, 4, seed) for seed in range(30)]
    assert len({tuple(q.quoted for q in questions.draw(found, 2, seed)) for seed in range(30)}) > 3


# --- the sheet and the key ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_the_key_is_the_sheet_with_its_answers_and_the_sheet_tells_none(suffix):
    found = evidence()
    asked, answered = (made(found, key=key, suffix=suffix) for key in (False, True))
    texts = ["".join(Page(x).words) if suffix == ".html" else x for x in (asked, answered)]
    said = {q.quoted: q for q in questions.draw(found, None, 0)}
    assert all(text.count(quoted) == 1 for text in texts for quoted in said)
    assert [text.count(sheet.TICKED) for text in texts] == [0, len(said)]
    assert [text.count(sheet.BOX) for text in texts] == [4 * len(said), 3 * len(said)]
    for one in findings.corrections(found):
        assert [one.text in text for text in texts] == [False, True]
    assert [sheet.INSTEAD in text for text in texts] == [True, False]
    assert "#claim.worded" in texts[1] and findings.in_one_line(found.claims[0]) in texts[1]
    assert "#claim" not in texts[0]


def test_the_page_prints_on_a4_and_fetches_nothing():
    page = made(evidence(), suffix=".html")
    assert "@page { size: A4;" in page and Page(page).links == []
    assert "default-src 'none'" in page


def test_words_of_a_lecture_are_no_markup():
    found = evidence()
    found.lecture.sentences[0].text = "<b>a|b</b> *c*"
    assert "<b>" not in made(found, suffix=".html") and "<b>" not in made(found)
    assert r"\*c\*" in made(found)


# --- bad input ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, -1, 5])
def test_a_number_that_cannot_be_asked_is_refused(number):
    with pytest.raises(Refused, match="expected 1 to 4, the sentences that this record decides"):
        made(evidence(), number=number)


def test_a_record_without_verdicts_is_refused():
    found = evidence()
    found.selection.partial = True
    with pytest.raises(Refused, match="give the record of a whole run"):
        made(found)
    found = evidence()
    found.claims = found.claims[-1:]
    with pytest.raises(Refused, match="decides no sentence"):
        made(found)


def test_the_command_writes_a_page_or_says_in_a_line_why_not(tmp_path):
    (tmp_path / "results.json").write_text(file.dumps(evidence()), encoding="utf-8")
    given = ("lecture-claims", "quiz", "results.json", "--seed", "3", "--key")
    assert run_command(*given, "--out", "key.html", cwd=tmp_path).returncode == 0
    assert (tmp_path / "key.html").read_text(encoding="utf-8") == made(evidence(), key=True, suffix=".html", seed=3)
    assert run_command(*given, cwd=tmp_path).stdout == made(evidence(), key=True, seed=3)
    for more in (("--out", "key.txt"), ("--questions", "40")):
        done = run_command(*given, *more, cwd=tmp_path)
        assert done.returncode == 2 and done.stderr.count("\n") == 1
