"""The lecture and its ledger: every claim has its sentence, every sentence stands in the text, and a lecture that lies is refused."""

import json

import pytest
from lectureclaims.claims.engine import lecture


def test_every_claim_stands_in_the_ledger_and_every_sentence_in_the_text():
    book = lecture.read()
    assert set(book.claims) <= set(book.ids)
    assert all(book.sentence_of(claim).text for claim in book.claims)
    assert all(lecture.place(sentence.text, book.markdown) for sentence in book.sentences)


def test_every_premise_is_a_claim_of_the_ledger():
    book = lecture.read()
    unknown = [(c.id, p) for c in book.claims.values() for p in c.premises if p not in book.ids]
    assert unknown == []


TEXT = "# Two sentences\n\nA whole is the sum\nof its parts. A part is smaller.\n"
CLAIM = (
    "from lectureclaims.claims.language import claim\n"
    "it = claim('{id}', 'A statement.', expected='verified', kind='exact')\n"
    "@it.case('one')\n"
    "def one(case):\n    yield from ()\n"
)


def ledger(*sentences):
    return "\n".join(
        f'[[sentence]]\nid = "{name}"\ntext = "{text}"\nclaims = {json.dumps(claims)}'
        for name, text, claims in sentences
    )


GOOD = ("whole", "A whole is the sum of its parts.", ["whole.sum"]), ("part", "A part is smaller.", ["part.smaller"])


def written(folder, sentences=GOOD, claim="whole.sum", **files):
    named = {"lecture.md": TEXT, "sentences.toml": ledger(*sentences), "section.py": CLAIM.format(id=claim)} | files
    for name, text in named.items():
        if text is not None:
            (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_lecture_is_a_folder_with_text_ledger_and_sections(tmp_path):
    book = lecture.read(written(tmp_path))
    assert book.title == "Two sentences"
    assert list(book.claims) == ["whole.sum"]
    assert book.ids == ("whole.sum", "part.smaller")
    assert book.sentence_of("whole.sum").id == "whole"


@pytest.mark.parametrize(
    "lie, says",
    [
        ({"lecture.md": None}, "lecture.md is missing"),
        ({"sentences.toml": None}, "sentences.toml is missing"),
        (
            {"sentences": [("whole", "A whole is more than its parts.", [])]},
            "sentence='whole': its words are not in lecture.md",
        ),
        (
            {"sentences": GOOD[::-1]},
            "sentence='whole': its words are not in lecture.md after those of the one before it",
        ),
        ({"sentences": [GOOD[0], ("whole", GOOD[1][1], [])]}, "sentence='whole': twice"),
        ({"sentences": [GOOD[0], ("part", GOOD[1][1], ["whole.sum"])]}, "claim='whole.sum': twice"),
        ({"claim": "whole.product"}, "claim='whole.product': no sentence of sentences.toml names it"),
        ({"sentences.toml": "[[sentence]]\nid = 'whole'"}, "each [[sentence]] needs id, text"),
        ({"sentences.toml": "[[sentence"}, "sentences.toml: "),
        ({"sentences.toml": ""}, "each [[sentence]] needs id, text"),
        (
            {"section.py": "import no_such_module"},
            "ModuleNotFoundError: No module named 'no_such_module' (section.py:1)",
        ),
        ({"section.py": "x ="}, "SyntaxError: invalid syntax (section.py:1)"),
    ],
)
def test_a_lecture_that_lies_is_refused_in_one_line(tmp_path, lie, says):
    with pytest.raises(lecture.BadLecture) as refusal:
        lecture.read(written(tmp_path, **lie))
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_two_claims_of_one_id_are_refused(tmp_path):
    written(tmp_path, **{"another.py": CLAIM.format(id="whole.sum")})
    with pytest.raises(lecture.BadLecture, match=r"claim='whole.sum': two experiments of this id"):
        lecture.read(tmp_path)
