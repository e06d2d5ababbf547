"""Where sentences stand: in the lecture's Markdown, and in a scan with other characters."""

from __future__ import annotations

from lectureclaims.claims.engine import lecture
from lectureclaims.claims.record.types import Lecture, Sentence
from lectureclaims.reports.wording import places

SCAN = """A neural nctwork is a function
that rnaps an image
Linear Nonlinear
Equivariance to translation
A neural network is buIlt from components
"""


def of(scan: str, *sentences: str) -> Lecture:
    told = tuple(Sentence(id=str(i), text=text) for i, text in enumerate(sentences))
    return Lecture(title="", markdown="\n\n".join(sentences), scan=scan, sentences=told)


def test_a_sentence_is_found_in_the_scan_by_the_words_that_it_has_left() -> None:
    found = places.in_scan(
        of(
            SCAN,
            "A neural network is a function that maps an image",
            "Nonlinear",
            "Equivariance to translation.",
            "A neural network is built from components",
        )
    )
    assert found["0"] == (1, 2, "A neural nctwork is a function\nthat rnaps an image", 8, 10)
    assert found["1"] == (3, 3, "Nonlinear", 1, 1)
    assert found["2"][:2] == (4, 4)


def test_the_order_of_the_sentences_tells_words_that_recur_apart() -> None:
    found = places.in_scan(
        of(SCAN, "A neural network is a function", "Linear", "A neural network is built from components")
    )
    assert [found[i][:2] for i in "012"] == [(1, 1), (3, 3), (5, 5)]


def test_of_a_sentence_that_the_scan_does_not_have_no_place_is_told() -> None:
    assert "0" not in places.in_scan(of(SCAN, "Batch normalization smooths the objective of a network"))
    assert places.in_scan(of("", "Linear")) == {}
    assert places.in_scan(of(SCAN)) == {}


def test_a_sentence_is_found_in_the_markdown_after_the_one_before_it() -> None:
    told = of("", "Linear", "It is linear", "Linear")
    text = told.markdown
    spans = places.in_lecture(told)
    assert [text[slice(*spans[i])] for i in "012"] == ["Linear", "It is linear", "Linear"]
    assert [places.line(text, spans[i][0]) for i in "012"] == [1, 3, 5]


def test_the_lecture_s_own_sentences_have_places_in_its_scan_in_their_order() -> None:
    own = lecture.read()
    sentences = tuple(Sentence(id=s.id, text=s.text) for s in own.sentences)
    told = Lecture(title="", markdown=own.markdown, scan=own.scan, sentences=sentences)
    found, spans = places.in_scan(told), places.in_lecture(told)
    assert set(spans) == {s.id for s in own.sentences}
    tested = [s.id for s in own.sentences if s.claims]
    assert len(set(tested) - set(found)) <= 3  # formulas and pictures of which the scan kept next to nothing
    lines = [found[s.id].first for s in own.sentences if s.id in found]
    assert lines == sorted(lines)
    assert "implement cross-correlation" in found["convolution.libraries"].text
