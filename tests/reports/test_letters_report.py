"""The worked picture and the integral in the reports: what is shown, and what hostile data do to it."""

import copy
import re
import xml.etree.ElementTree as ET

import pytest
import sample_evidence as sample
from lectureclaims.claims.lecture.convolution import integral, letters
from lectureclaims.reference.oracle import symbolic
from lectureclaims.reports.formats import markdown
from lectureclaims.reports.page import html
from lectureclaims.reports.pictures import figures
from lectureclaims.reports.pictures import letters as typesetting


def worked():
    written = {
        name: [[letters.picture(sum_, 0)[p, q] for q in range(3)] for p in range(2)]
        for name, sum_ in (("convolution", symbolic.convolution2d), ("cross-correlation", symbolic.cross_correlation2d))
    }
    return letters.drawn(written)


def lost():
    f, steps = integral.PAIRS["box ∗ exponential"], integral.STEPS
    data = integral.drawn(f, [f.integral(integral.ends(step)) + step**2 for step in steps])
    plain = lambda x: x.tolist() if hasattr(x, "tolist") else x  # noqa: E731
    return {
        key: [{k: plain(v) for k, v in one.items()} for one in value]
        if key == "sampled"
        else {k: plain(v) for k, v in value.items()}
        if key == "shifted"
        else plain(value)
        for key, value in data.items()
    }


@pytest.fixture
def evidence():
    made = sample.sample_evidence()
    made.claims = made.claims[:1]  # the pictures of the others would take seconds
    made.claims[0].figures = {"worked_example": {"numpy float32": worked(), "torch float64": worked()}}
    return made


def typeset(evidence):
    """The picture as it goes into the page, with the end tags that the page leaves out."""
    (picture,) = figures.pictures(evidence.claims[0].figures, prefix="x")
    assert '<div class="letters">' in html.whole(evidence)
    return f"<div>{picture.html}</div>"


def test_every_window_is_shown_with_its_letters_and_its_sum(evidence):
    shown = ET.fromstring(typeset(evidence))
    windows = [t for t in shown.iter("table") if t.get("role") == "img"]
    assert len(windows) == 12
    first = windows[0]
    assert first.get("aria-label") == "S(1, 1): a meets z, b meets y, e meets x, f meets w"
    assert ["".join(td.itertext()) for td in first.iter("td")] == ["az", "by", "c", "d", "ex", "fw", "g", "h", *"ijkl"]
    assert [td.get("class") for td in first.iter("td")] == ["met", "met", None, None] * 2 + [None] * 4
    sums = ["".join(p.itertext()) for p in shown.iter("p") if p.get("class") == "sum"]
    assert sums[0] == "S(1,1)=az+by+ex+fw"
    assert sums[6] == "S(0,0)=aw+bx+ey+fz"
    assert len(set(sums)) == 12
    assert "bad" not in typeset(evidence)


def test_formulas_are_mathml():
    found = ET.fromstring(typesetting.mathml("S(i, j) = Σ_m Σ_n X(m, n) W(i − 1, j − n)"))
    assert [e.tag for e in found.iter() if e.tag == "munder"] == ["munder"] * 2
    assert [e.text for e in found.iter("mn")] == ["1"]
    assert "".join(found.itertext()) == "S(i,j)=∑m∑nX(m,n)W(i−1,j−n)"


def test_the_reports_need_no_script_and_say_who_computes_the_sums(evidence):
    page = html.whole(evidence)
    assert "numpy float32; torch float64 compute the same ones" in page
    assert not re.search(r"<[^>]* style=", typeset(evidence))


def test_a_library_with_another_sum_is_named_beside_the_window(evidence):
    other = copy.deepcopy(worked())
    other["sums"][0]["windows"][0][1]["got"] = "bw + cx + fy + gz"
    evidence.claims[0].figures["worked_example"]["tensorflow float32"] = other
    assert typeset(evidence).count('<p class="bad">tensorflow float32: bw + cx + fy + gz</p>') == 1
    assert "compute is another sum where it says so" in html.whole(evidence)
    assert "bz + cy + fx + gw<br>tensorflow float32: bw + cx + fy + gz" in markdown.render(evidence)


def test_markdown_shows_each_window(evidence):
    text = markdown.render(evidence)
    assert "| S(1, 1) | **a**·z **b**·y c d<br>**e**·x **f**·w g h<br>i j k l | az + by + ex + fw |" in text
    assert "| S(0, 0) | **a**·w **b**·x c d<br>**e**·y **f**·z g h<br>i j k l | aw + bx + ey + fz |" in text
    assert text.count("| S(") == 12


@pytest.mark.parametrize(
    "poison", ["<script>alert(1)</script>", "a|b `c` **d** @someone", '"><img src=x onerror=alert(1)>', "\u202e \x00"]
)
def test_hostile_letters_stay_letters(evidence, poison):
    data = worked()
    data["input"][0][0] = poison
    one = data["sums"][0]["windows"][0][0]
    one["products"][0][0], one["sum"], one["got"], data["sums"][0]["name"] = poison, poison, poison + "!", poison
    evidence.claims[0].figures["worked_example"] = {"numpy float32": data}
    page, text = typeset(evidence), markdown.render(evidence)
    ET.fromstring(page)
    assert "<script>alert(1)" not in page + text
    assert "<img" not in page + text
    assert "@someone" not in text


@pytest.mark.parametrize(
    "broken", [{}, {"input": 1, "kernel": 2, "sums": 3}, {"sums": [{"name": "x"}]}, {"sums": []}, None]
)
def test_data_of_another_shape_become_a_table_and_no_error(evidence, broken):
    evidence.claims[0].figures = {"worked_example": {"numpy float32": broken}, "integral": {"numpy float32": broken}}
    page = html.whole(evidence)
    assert "could not be" in page
    assert '<div class="letters">' not in page
    assert "The worked picture" not in markdown.render(evidence)


def test_the_integral_is_drawn_the_same_each_time_and_can_be_heard():
    first, second = (figures.pictures({"integral": {"numpy float32": lost()}}, prefix="x") for _ in range(2))
    assert first == second
    picture = first[0]
    assert picture.svg
    assert "#0101" not in picture.svg, "a placeholder colour was left"
    assert not re.search(r'(fill|stroke)="#(?!0101)[0-9a-f]{6}"', picture.svg), "a colour that is not the page's"
    assert "S(t) = 0.388" in picture.alt
