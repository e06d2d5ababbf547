"""The drawn graph of premises: what is drawn, where it leads, how it looks, and that lines and boxes keep apart."""

import copy
import itertools
import re
import xml.etree.ElementTree as ET

import pytest
import sample_evidence as sample
from lectureclaims.claims.engine import lecture
from lectureclaims.claims.record import premises
from lectureclaims.claims.record.file import BadEvidence
from lectureclaims.claims.record.types import Premises
from lectureclaims.reports.page import html, premise_graph
from msgspec import structs

VERDICTS = ("verified", "supported", "disputed", "not supported", "inconclusive", "refuted", "error")


def evidence(uses, verdicts=None):
    """A record of claims with these premises; those that a claim uses and that are no key have not run."""
    claims = tuple(
        sample.claim(name, (), verdict=(verdicts or {}).get(name, "verified"), qualified=False, premises=tuple(used))
        for name, used in uses.items()
    )
    return structs.replace(sample.sample_evidence(), claims=claims, premises=premises.graph(claims))


def the_lecture(verdicts=None):
    return evidence({name: made.premises for name, made in lecture.read().claims.items()}, verdicts)


SMALL = {"one.a": [], "one.b": ["one.a"], "two.c": ["one.a", "one.b"], "two.d": ["two.c", "one.gone"], "two.alone": []}


def drawn(record):
    return ET.fromstring(premise_graph.svg(record))


def links(root):
    """{title: the link}"""
    return {a.findtext("title") or "": a for a in root.iter("a")}


def edges(root):
    """{title: (classes, path data)}"""
    groups = [g for g in root.iter("g") if "premise" in (g.get("class") or "") and g.find("title") is not None]
    return {g.findtext("title") or "": (g.get("class"), g.findall("path")[-1].get("d") or "") for g in groups}


def boxes(root):
    """{link target: (left, top, right, bottom)}"""
    found = {}
    for a in root.iter("a"):
        box = a.find("rect")
        x, y, w, h = (float(box.get(side)) for side in ("x", "y", "width", "height"))
        found[a.get("href")] = (x, y, x + w, y + h)
    return found


def stretches(data):
    """The level and the upright pieces of a path, ((x, y), (x, y)) each, without its turns and its arrowhead."""
    x = y = 0.0
    for command, numbers in re.findall(r"([MHVqml])([^MHVqml]*)", data.partition("m-6")[0]):
        values = [float(n) for n in re.findall(r"-?[\d.]+", numbers)]
        start = (x, y)
        if command == "M":
            x, y = values
            continue
        x = values[0] if command == "H" else x + values[2] if command == "q" else x
        y = values[0] if command == "V" else y + values[3] if command == "q" else y
        if command != "q":
            yield start, (x, y)


def test_every_claim_is_a_link_to_its_evidence_and_every_premise_a_line():
    root = drawn(evidence(SMALL))
    assert {title: a.get("href") for title, a in links(root).items()} == {
        **{f"{name}: verified": html.link(name) for name in SMALL},
        "one.gone: not tested here": "#untested",
    }
    assert set(edges(root)) == {
        "one.b rests on one.a",
        "two.c rests on one.a",
        "two.c rests on one.b",
        "two.d rests on two.c",
        "two.d rests on one.gone, which is not tested here",
    }
    assert "6 claims, 5 premises, of which 0 rest on sand" in root.get("aria-label", "")


def test_what_rests_on_a_claim_stands_at_its_right_and_sections_in_bands_of_their_own():
    record = the_lecture()
    root = drawn(record)
    place = boxes(root)
    for row in record.premises:
        for used in row.uses:
            assert place[html.link(used)][2] < place[html.link(row.claim)][0]
    bands = [
        (float(r.get("y", 0)), float(r.get("y", 0)) + float(r.get("height", 0)))
        for r in root.iter("rect")
        if r.get("class") == "band"
    ]
    named = [t.text for t in root.iter("text") if t.get("class") == "section"]
    assert all(a[1] < b[0] for a, b in itertools.pairwise(bands))
    linked = {n for row in record.premises if row.uses for n in (row.claim, *row.uses)}
    for claim in record.claims:
        inside = named.index(premise_graph.section(claim.id) if claim.id in linked else premise_graph.ALONE)
        assert bands[inside][0] < place[html.link(claim.id)][1] < place[html.link(claim.id)][3] < bands[inside][1]


RECORDS = [
    pytest.param(the_lecture(), id="the lecture"),
    pytest.param(evidence(SMALL), id="small"),
    *(
        pytest.param(
            evidence(
                {f"s{i % 3}.{i}": [f"s{j % 3}.{j}" for j in range(i) if (i + n) % (j + 2) == 0] for i in range(40)}
            ),
            id=f"divisors {n}",
        )
        for n in range(2)
    ),
]


@pytest.mark.parametrize("record", RECORDS)
def test_no_line_runs_behind_a_box_and_no_two_boxes_meet(record):
    root = drawn(record)
    place = list(boxes(root).values())
    for a, b in itertools.combinations(place, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    for title, (_, data) in edges(root).items():
        for ((x1, y1), (x2, y2)), (left, top, right, bottom) in itertools.product(stretches(data), place):
            behind = max(x1, x2) > left and min(x1, x2) < right and max(y1, y2) > top and min(y1, y2) < bottom
            assert not behind, title


@pytest.mark.parametrize("record", RECORDS)
def test_lines_of_different_premises_never_run_in_one(record):
    lines = edges(drawn(record))
    pieces = [
        (title.partition(" rests on ")[2], *p)
        for title, (_, data) in lines.items()
        for p in stretches(data)
        if p[0] != p[1]
    ]
    for (of, a, b), (other, c, d) in itertools.combinations(pieces, 2):
        for axis, along in ((0, 1), (1, 0)):
            if of != other and a[axis] == b[axis] == c[axis] == d[axis]:
                (_, end), (begin, _) = sorted((sorted((a[along], b[along])), sorted((c[along], d[along]))))
                assert end <= begin, (of, other)


@pytest.mark.parametrize("record", RECORDS)
def test_a_line_turns_only_where_it_leaves_its_level(record):
    """Level, turn, upright, turn the same way, level: nowhere a step back."""
    for title, (_, data) in edges(drawn(record)).items():
        for (level, upright), after in zip(
            itertools.pairwise(pieces := list(stretches(data))), pieces[2:], strict=False
        ):
            if upright[0][0] == upright[1][0]:
                turns = upright[0][1] - level[1][1], after[0][1] - upright[1][1]
                assert turns[0] == turns[1] and (upright[1][1] - upright[0][1]) * turns[0] >= 0, title


@pytest.mark.parametrize("record", RECORDS)
def test_an_edge_begins_at_its_premise_and_ends_at_its_claim(record):
    root = drawn(record)
    place = boxes(root)
    for title, (_, data) in edges(root).items():
        claim, used = title.removesuffix(", which is not tested here").split(" rests on ")
        found = list(stretches(data))
        (x1, y1), (x2, y2) = found[0][0], found[-1][1]
        left, top, right, bottom = place[html.link(used) if html.link(used) in place else "#untested"]
        assert x1 == right and top < y1 < bottom
        left, top, right, bottom = place[html.link(claim)]
        assert x2 == left - 1 and top < y2 < bottom


def test_boxes_are_sorted_so_that_lines_are_short():
    uses = {"s.a": [], "s.b": [], "s.c": [], "s.on_both": ["s.a", "s.b"], "s.on_c": ["s.c"], "s.on_a": ["s.a"]}
    place = boxes(drawn(evidence(uses)))
    height = {name.partition(".")[2]: place[html.link(name)][1] for name in uses}
    assert (height["on_a"] < height["on_c"]) == (height["a"] < height["c"])


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_box_has_the_shape_and_the_word_of_its_computed_verdict(verdict):
    root = drawn(evidence({"one.a": [], "one.b": ["one.a"]}, {"one.b": verdict}))
    (box,) = (a for title, a in links(root).items() if title.startswith("one.b"))
    look = verdict.replace(" ", "-")
    icons = (html.TEMPLATES / "icons.svg").read_text(encoding="utf-8")
    assert box.find("use").get("href") == f"#i-{look}"  # type: ignore[union-attr]
    assert f'id="i-{look}"' in icons
    assert [t.text for t in box.iter("text")] == ["b", verdict]
    assert f'<g class="claim v-{look}">' in premise_graph.svg(evidence({"one.b": []}, {"one.b": verdict}))


def test_a_premise_that_rests_on_sand_has_another_line_and_says_why():
    uses = {"a.rock": [], "a.sand": [], "a.first": ["a.sand", "a.rock"], "a.second": ["a.first", "a.rock"]}
    root = drawn(evidence(uses, {"a.sand": "refuted"}))
    assert {title: look for title, (look, _) in edges(root).items()} == {
        "a.first rests on a.sand, which is refuted: sand": "premise sand",
        "a.first rests on a.rock": "premise",
        "a.second rests on a.first, which rests on sand": "premise sand",
        "a.second rests on a.rock": "premise",
    }
    assert "a.second: verified, on sand (a.sand)" in links(root)
    assert "2 rest on sand" in root.get("aria-label", "")
    legend = "".join(root.itertext())
    assert "(sand)" in legend
    assert "(sand)" not in "".join(drawn(evidence(uses)).itertext())
    assert not [
        t for t, (look, _) in edges(drawn(evidence(uses, {"a.sand": "disputed"}))).items() if "sand" in (look or "")
    ]


def test_claims_without_premises_and_dependants_stand_apart():
    root = drawn(evidence({**SMALL, **{f"three.{i}": [] for i in range(9)}}))
    place = boxes(root)
    lowest = max(place[html.link(name)][3] for name in ("one.a", "one.b", "two.c", "two.d"))
    apart = ["two.alone", *(f"three.{i}" for i in range(9))]
    assert all(place[html.link(name)][1] > lowest for name in apart)
    assert premise_graph.ALONE in [t.text for t in root.iter("text")]
    assert premise_graph.ALONE not in [t.text for t in drawn(evidence({"a.b": [], "a.c": ["a.b"]})).iter("text")]


def test_the_whole_lecture_is_small_the_same_each_time_and_inside_its_picture():
    record = the_lecture({"activations.relu": "inconclusive", "tensors.layouts": "refuted"})
    text = premise_graph.svg(record)
    assert text == premise_graph.svg(copy.deepcopy(record))
    assert len(text.encode()) < 60_000
    assert "style=" not in text and "<script" not in text and "http" not in text
    root = ET.fromstring(text)
    _, _, width, height = map(float, root.get("viewBox", "").split())
    assert all(0 < l < r < width and 0 < t < b < height for l, t, r, b in boxes(root).values())
    numbers = [n for _, data in edges(root).values() for a, b in stretches(data) for n in (*a, *b)]
    assert all(0 < n < max(width, height) for n in numbers)


def test_its_links_lead_to_places_of_the_page():
    record = sample.sample_evidence()
    page = html.whole(record)
    ids = set(re.findall(r'\bid="([^"]+)"', page))
    root = drawn(record)
    assert {a.get("href", "")[1:] for a in root.iter("a")} <= ids
    assert {u.get("href", "")[1:] for u in root.iter("use")} <= ids


@pytest.mark.parametrize(
    "poison",
    [
        '"><script>alert(1)</script><img src=x onerror="alert(2)">',
        "\"q\" 'q' & &lt; ]]> -->",
        "\u202eright\u202c \u2066x\u2069\u200f",
        "\x00\x07\x1b[31m\ud800\ufffe\ttab",
        "x" * 10_000,
        "",
        ".",
        "a.b.c",
    ],
    ids=["markup", "quotes", "bidi", "control", "long", "empty", "dot", "dots"],
)
def test_hostile_ids_come_out_as_text(poison):
    name, other = f"one{poison}.a{poison}", f"two{poison}.b"
    text = premise_graph.svg(evidence({name: [], other: [name], f"alone{poison}": []}))
    root = ET.fromstring(text)
    assert {e.tag for e in root.iter()} == {"svg", "g", "rect", "text", "a", "title", "use", "path"}
    assert not [a for e in root.iter() for a in e.attrib if a == "style" or a.startswith("on")]
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
    assert len(text) < 20_000
    assert {a.get("href") for a in root.iter("a")} == {html.link(n) for n in (name, other, f"alone{poison}")}


def test_nothing_is_drawn_of_nothing_and_a_claim_alone_is_drawn():
    assert premise_graph.svg(evidence({})) == ""
    root = drawn(evidence({"one.a": []}))
    assert list(links(root)) == ["one.a: verified"]
    assert edges(root) == {}


def test_premises_in_a_circle_are_refused_in_one_line():
    record = evidence({"a.a": [], "a.b": []})
    record.premises = (Premises(claim="a.a", uses=("a.b",)), Premises(claim="a.b", uses=("a.a",)))
    with pytest.raises(BadEvidence, match="a.a → a.b → a.a.*circle.*results.json that verify wrote") as caught:
        premise_graph.svg(record)
    assert "\n" not in str(caught.value)


def test_a_record_without_a_claims_row_of_premises_draws_the_claim_alone():
    record = evidence(SMALL)
    record.premises = ()
    assert len(links(drawn(record))) == len(SMALL)
    assert edges(drawn(record)) == {}
