"""What is computed over a whole lecture: which claim sees which blunder, what rests on sand, which words nobody accounts for."""

import pytest
from lectureclaims.claims.engine import lecture, verification
from lectureclaims.claims.record import premises
from lying import library

TEXT = """# A small lecture

> A note by the editor.

The size shrinks. The sum is this. It is what it is. Nobody knows.

- a first item
- a second item

---

Uncertain readings

| place | scan | reading taken |
| --- | --- | --- |
| the sum | `the svm` | the sum |
"""

LEDGER = """
[[sentence]]
id = "size"
text = "The size shrinks."
claims = ["layer.size"]

[[sentence]]
id = "sum"
text = "The sum is this."
claims = ["layer.sum", "layer.vague"]
scan = "the svm"

[[sentence]]
id = "tautology"
text = "It is what it is."
disposition = "not testable"
reason = "It says nothing."

[[sentence]]
id = "item"
text = "a second item"
see = ["layer.sum"]
"""

SECTION = """
import numpy as np
from lectureclaims.claims.language import Wrong, ask, claim, same_bits, same_shape
from lectureclaims.reference import oracle

PLAIN = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}


def shifted(lib, x, w, b, **settings):
    return lib.cross_correlation2d(x, w, b, **settings) + 1


def layer(case):
    x, w = case.integers("x", (1, 1, 4, 5)), case.integers("w", (1, 1, 2, 2))
    return x, w, ask("cross_correlation2d", x=x, w=w, b=None, **PLAIN)


MORE = {"scope": "", "expected": "verified", "kind": "exact", "dtypes": ("float32",)}


@claim("layer.size", statement="", **MORE, about_shapes=True, cases={"one": {}}, wrongs={"as large": {"size": (4, 5)}},
       premises=("layer.vague",))
def size(case, *, size=(3, 4)):
    x, w, call = layer(case)
    yield same_shape((yield call), (1, 1, *size), label="shape", source="the formula")


@claim("layer.sum", statement="", **MORE, cases={"one": {}}, premises=("layer.size",),
       wrongs={"one more": Wrong(operations={"cross_correlation2d": shifted})})
def sum_(case):
    x, w, call = layer(case)
    wanted = oracle.cross_correlation2d(x, w, None, **PLAIN).astype(x.dtype)
    yield same_bits((yield call), wanted, label="values", source="the sum")


@claim("layer.vague", statement="", **{**MORE, "expected": "inconclusive"}, cases={"one": {}}, wrongs={})
def vague(case):
    x, w, call = layer(case)
    yield same_shape((yield call), (1, 1, 3, 4), label="shape", source="the formula")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("lecture")
    for name, text in (("lecture.md", TEXT), ("sentences.toml", LEDGER), ("section.py", SECTION)):
        (made / name).write_text(text, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def whole(folder):
    return verification.verify(backends=["numpy"], lecture_folder=folder)


def blunder(evidence, name, operation="cross_correlation2d"):
    return next(b for b in evidence["sensitivity"] if b["name"] == name and operation in b["operations"])


# --- which claim sees which blunder ------------------------------------------------------------------------------------


def test_a_claim_about_values_sees_what_a_claim_about_shapes_does_not(whole):
    one_more = blunder(whole, "one more")
    assert one_more["origin"] == "layer.sum"
    assert one_more["claims"] == {"layer.size": "blind", "layer.sum": "seen", "layer.vague": "blind"}
    turned = blunder(whole, "kernel turned")
    assert turned["origin"] == "a known mistake"
    assert turned["claims"]["layer.sum"] == "seen" and turned["claims"]["layer.size"] == "blind"


def test_a_mistake_that_no_call_leaves_room_for_is_told_apart_from_blindness_and_is_no_pass(whole):
    """There is no bias to forget; two strides that are equal can be exchanged, which shows nothing."""
    forgotten = blunder(whole, "bias forgotten")
    assert set(forgotten["claims"].values()) == {"cannot be made"} and not forgotten["seen"]
    assert blunder(whole, "strides exchanged")["claims"]["layer.sum"] == "blind"


def test_what_is_seen_by_no_claim_is_told(whole):
    assert all(b["seen"] == ("seen" in b["claims"].values()) for b in whole["sensitivity"])


def test_a_claim_that_the_library_refutes_without_any_blunder_sees_none(folder):
    lying = verification.verify(backends=[library("one_ulp")], lecture_folder=folder)
    assert next(c for c in lying["claims"] if c["id"] == "layer.sum")["verdict"] == "refuted"
    turned = blunder(lying, "kernel turned")
    assert "layer.sum" not in turned["claims"] and not turned["seen"]


def test_a_part_of_the_lecture_says_nothing_of_blunders(folder):
    part = verification.verify(["layer.sum"], backends=["numpy"], lecture_folder=folder)
    assert part["sensitivity"] == []


# --- what rests on sand ------------------------------------------------------------------------------------------------


def test_a_claim_rests_on_sand_where_a_premise_of_a_premise_does_not_hold(whole):
    graph = {p["claim"]: p for p in whole["premises"]}
    assert next(c for c in whole["claims"] if c["id"] == "layer.vague")["verdict"] == "inconclusive"
    assert graph["layer.size"]["sand"] == ["layer.vague"]
    assert graph["layer.sum"] == {"claim": "layer.sum", "uses": ["layer.size"], "untested": [], "sand": ["layer.vague"]}
    assert graph["layer.vague"]["sand"] == []
    assert next(c for c in whole["claims"] if c["id"] == "layer.sum")["verdict"] == "verified"


def test_a_premise_outside_the_run_is_untested_and_no_sand(folder):
    part = verification.verify(["layer.sum"], backends=["numpy"], lecture_folder=folder)
    assert part["premises"] == [{"claim": "layer.sum", "uses": ["layer.size"], "untested": ["layer.size"], "sand": []}]


@pytest.mark.parametrize(
    "verdict, sandy",
    [
        ("refuted", True),
        ("error", True),
        ("inconclusive", True),
        ("not supported", True),
        ("disputed", False),
        ("supported", False),
        ("verified", False),
    ],
)
def test_which_verdicts_are_sand(verdict, sandy):
    claims = [{"id": "a", "verdict": "verified", "premises": ["b"]}, {"id": "b", "verdict": verdict, "premises": []}]
    assert premises.graph(claims)[0]["sand"] == (["b"] if sandy else [])


def test_premises_that_go_in_a_circle_are_refused(folder, tmp_path):
    for name, text in (("lecture.md", TEXT), ("sentences.toml", LEDGER)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    looping = SECTION.replace("wrongs={})\ndef vague", 'wrongs={}, premises=("layer.sum",))\ndef vague')
    (tmp_path / "circling.py").write_text(looping, encoding="utf-8")
    with pytest.raises(lecture.BadLecture, match=r"premises go in a circle: layer\..* → layer\."):
        lecture.read(tmp_path)


def test_a_premise_that_is_no_claim_is_refused(tmp_path):
    for name, text in (("lecture.md", TEXT), ("sentences.toml", LEDGER)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "unfounded.py").write_text(SECTION.replace('("layer.vague",)', '("layer.nobody",)'), encoding="utf-8")
    with pytest.raises(
        lecture.BadLecture, match=r"claim='layer.size': premise 'layer.nobody' is no claim of sentences.toml"
    ):
        lecture.read(tmp_path)


# --- which words nobody accounts for -----------------------------------------------------------------------------------


def test_words_that_stand_in_no_sentence_are_told_and_notes_headings_and_readings_are_not(whole):
    assert whole["lecture"]["unaccounted"] == ["Nobody knows.", "a first item"]


def test_a_sentence_of_the_ledger_without_claims_or_disposition_is_told(folder, tmp_path):
    for name, text in (("lecture.md", TEXT), ("section.py", SECTION)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    bare = LEDGER.replace('disposition = "not testable"\nreason = "It says nothing."', "")
    (tmp_path / "sentences.toml").write_text(bare, encoding="utf-8")
    assert "It is what it is." in lecture.read(tmp_path).unaccounted


def test_an_uncertain_reading_comes_with_the_scans_own_words(whole):
    readings = {s["id"]: s["reading"] for s in whole["lecture"]["sentences"]}
    assert readings["sum"] == {"place": "the sum", "scan": "`the svm`", "taken": "the sum"}
    assert readings["size"] is None


@pytest.mark.parametrize(
    "old, new, says",
    [
        ('scan = "the svm"', 'scan = "the sun"', "scan='the sun': not in the table of uncertain readings"),
        ('reason = "It says nothing."', "", "sentence='tautology': its disposition needs a reason"),
        (
            'disposition = "not testable"',
            'disposition = "boring"',
            "disposition='boring': expected one of definition, not testable",
        ),
        (
            'see = ["layer.sum"]',
            'see = ["layer.nothing"]',
            "see='layer.nothing': no sentence of sentences.toml has a claim of this id",
        ),
    ],
)
def test_a_ledger_that_lies_is_refused_in_one_line(tmp_path, old, new, says):
    for name, text in (("lecture.md", TEXT), ("section.py", SECTION), ("sentences.toml", LEDGER.replace(old, new))):
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(lecture.BadLecture) as refusal:
        lecture.read(tmp_path)
    assert says in str(refusal.value) and "\n" not in str(refusal.value)


# --- the lecture's own -------------------------------------------------------------------------------------------------


def test_every_word_of_the_lecture_is_accounted_for():
    assert lecture.read().unaccounted == ()


def test_every_uncertain_reading_stands_at_a_sentence():
    book = lecture.read()
    uncertain = lecture.readings(book.markdown)
    assert len(uncertain) == 8
    assert {s.reading for s in book.sentences} - {None} == set(uncertain)
