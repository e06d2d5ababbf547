"""What is computed over a whole lecture: which claim sees which mistake, what rests on sand, which words nobody accounts for."""

import pytest
from lectureclaims.claims.engine import lecture, verification
from lectureclaims.claims.record import premises
from lectureclaims.claims.record.types import Premises, Reading
from lying import library
from msgspec.structs import replace

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


EXACT = {"kind": "exact", "dtypes": ("float32",)}

size = claim("layer.size", "It shrinks.", expected="verified", premises=("layer.vague",), about_shapes=True, **EXACT)


@size.case("one", wrongs={"as large": {"size": (4, 5)}})
def _(case, *, size=(3, 4)):
    x, w, call = layer(case)
    yield same_shape((yield call), (1, 1, *size), label="shape", source="the formula")


sum_ = claim("layer.sum", "It sums.", expected="verified", premises=("layer.size",), **EXACT)


@sum_.case("one", wrongs={"one more": Wrong(operations={"cross_correlation2d": shifted})})
def _(case):
    x, w, call = layer(case)
    wanted = oracle.cross_correlation2d(x, w, None, **PLAIN).astype(x.dtype)
    yield same_bits((yield call), wanted, label="values", source="the sum")


vague = claim("layer.vague", "It does something.", expected="inconclusive", premises=(), **EXACT)


@vague.case("one")
def _(case):
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


@pytest.fixture(scope="module")
def part(folder):
    return verification.verify(["layer.sum"], backends=["numpy"], lecture_folder=folder)


def mistake(evidence, name, operation="cross_correlation2d"):
    return next(m for m in evidence.sensitivity if m.name == name and operation in m.operations)


def claim_of(evidence, id):
    return next(c for c in evidence.claims if c.id == id)


# --- which claim sees which mistake ------------------------------------------------------------------------------------


def test_a_claim_about_values_sees_what_a_claim_about_shapes_does_not(whole):
    one_more = mistake(whole, "one more")
    assert one_more.origin == "layer.sum"
    assert one_more.claims == {"layer.size": "blind", "layer.sum": "seen", "layer.vague": "blind"}
    turned = mistake(whole, "kernel turned")
    assert turned.origin == "a known mistake"
    assert turned.claims["layer.sum"] == "seen" and turned.claims["layer.size"] == "blind"


def test_a_mistake_that_no_call_leaves_room_for_is_told_apart_from_blindness_and_is_no_pass(whole):
    """There is no bias to forget; two strides that are equal can be exchanged, which shows nothing."""
    forgotten = mistake(whole, "bias forgotten")
    assert set(forgotten.claims.values()) == {"cannot be made"} and not forgotten.seen
    assert mistake(whole, "strides exchanged").claims["layer.sum"] == "blind"


def test_what_is_seen_by_no_claim_is_told(whole):
    assert all(m.seen == ("seen" in m.claims.values()) for m in whole.sensitivity)


def test_a_claim_that_the_library_refutes_without_any_mistake_sees_none(folder):
    lying = verification.verify(backends=[library("one_ulp")], lecture_folder=folder)
    assert claim_of(lying, "layer.sum").verdict == "refuted"
    turned = mistake(lying, "kernel turned")
    assert "layer.sum" not in turned.claims and not turned.seen


def test_a_part_of_the_lecture_says_nothing_of_mistakes(part):
    assert part.sensitivity == ()


# --- what rests on sand ------------------------------------------------------------------------------------------------


def test_a_claim_rests_on_sand_where_a_premise_of_a_premise_does_not_hold(whole):
    graph = {p.claim: p for p in whole.premises}
    assert claim_of(whole, "layer.vague").verdict == "inconclusive"
    assert graph["layer.size"].sand == ("layer.vague",)
    assert graph["layer.sum"] == Premises(claim="layer.sum", uses=("layer.size",), sand=("layer.vague",))
    assert graph["layer.vague"].sand == ()
    assert claim_of(whole, "layer.sum").verdict == "verified"


def test_a_premise_outside_the_run_is_untested_and_no_sand(part):
    assert part.premises == (Premises(claim="layer.sum", uses=("layer.size",), untested=("layer.size",)),)


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
def test_which_verdicts_are_sand(part, verdict, sandy):
    (claim,) = part.claims
    claims = (replace(claim, id="a", premises=("b",)), replace(claim, id="b", premises=(), verdict=verdict))
    assert premises.graph(claims)[0].sand == (("b",) if sandy else ())


def test_premises_that_go_in_a_circle_are_refused(folder, tmp_path):
    for name, text in (("lecture.md", TEXT), ("sentences.toml", LEDGER)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    looping = SECTION.replace("premises=(), **EXACT", 'premises=("layer.sum",), **EXACT')
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


# --- what waits for statistics ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "where, rule", [("", "statistics did not run"), ('backends=("torch",), ', "no library took part")]
)
def test_a_claim_waits_for_statistics_where_its_exact_part_alone_ran(tmp_path, where, rule):
    statistical = SECTION.replace('("layer.size",), **EXACT', '("layer.size",), **{**EXACT, "kind": "statistical"}')
    section = statistical.replace('@sum_.case("one", ', f'@sum_.case("one", {where}')
    for name, text in (("lecture.md", TEXT), ("sentences.toml", LEDGER), ("waiting.py", section)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = verification.verify(
        ["layer.sum"], backends=["numpy"], lecture_folder=tmp_path, way=verification.Way(in_process=True)
    )
    assert found.claims[0].rule == rule and found.claims[0].waits_for_statistics == (not where)


# --- which words nobody accounts for -----------------------------------------------------------------------------------


def test_words_that_stand_in_no_sentence_are_told_and_notes_headings_and_readings_are_not(whole):
    assert whole.lecture.unaccounted == ("Nobody knows.", "a first item")


def test_a_sentence_of_the_ledger_without_claims_or_disposition_is_told(folder, tmp_path):
    for name, text in (("lecture.md", TEXT), ("section.py", SECTION)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    bare = LEDGER.replace('disposition = "not testable"\nreason = "It says nothing."', "")
    (tmp_path / "sentences.toml").write_text(bare, encoding="utf-8")
    assert "It is what it is." in lecture.read(tmp_path).unaccounted


def test_an_uncertain_reading_comes_with_the_scans_own_words(whole):
    readings = {s.id: s.reading for s in whole.lecture.sentences}
    assert readings["sum"] == Reading(place="the sum", scan="`the svm`", taken="the sum")
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
