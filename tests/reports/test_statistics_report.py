"""Statistical claims in the reports: gates with both groups of seeds, two sides, what fails as worded, quick runs, and their pictures."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest
import sample_evidence as sample
from lectureclaims.claims.record import file
from lectureclaims.claims.record.types import Evidence
from lectureclaims.reports.formats import junit, markdown
from lectureclaims.reports.front import terminal
from lectureclaims.reports.page import html
from lectureclaims.reports.pictures import canvas, figures, intervals, svg
from lectureclaims.reports.wording import markup, standing
from lectureclaims.reports.wording import words as wording
from msgspec import structs
from pages import MATHML, Page
from poison import TOGETHER, poisoned, put
from rich.console import Console

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def evidence() -> Evidence:
    return with_statistics()


def with_statistics() -> Evidence:
    found = sample.sample_evidence()
    found.claims += (sample.disputed(), sample.worded())
    found.counts = sample.counts(found.claims)
    return found


def quick(found: Evidence, *, verdict: Any = "inconclusive") -> Evidence:
    """The same run with ``--quick``: six seeds, with which one claim's verdict may be another."""
    found.selection.quick = True
    last = sample.worded(quick=True, verdict=verdict, reason="torch float64: deep: not decided")
    for cell in last.cells:
        cell.verdict = verdict
    found.claims = (*found.claims[:-1], last)
    return found


def said(show: Callable[..., None], *what: Any) -> str:
    out = Console(file=io.StringIO(), width=300, markup=False)
    show(out, *what)
    return str(out.file.getvalue())  # type: ignore[attr-defined]


def article(text: str, claim: str) -> str:
    """The part of the page about a claim."""
    begin = text.index(f'id="{claim}"')
    return text[begin : text.index("</article>", begin)]


def words(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", markup).split())


def test_the_sample_is_a_record(evidence: Evidence) -> None:
    for one in (evidence, quick(evidence)):
        assert file.dumps(file.loads(file.dumps(one))) == file.dumps(one)


# --- gates ---------------------------------------------------------------------------------------------------------------


def test_a_gate_stands_in_one_row_with_both_groups_of_seeds_its_role_and_what_was_stated(evidence: Evidence) -> None:
    gates = article(html.whole(evidence), "claim.worded")
    rows = re.findall(r"<tr[^>]*><th>deep<.*?(?=<tr|</tbody>)", gates, re.DOTALL)
    assert len(rows) == 1, "alike in both libraries, and on both groups of seeds: one row"
    row = words(rows[0])
    assert "deep runs: deep effect interval above 1.5 basis: 3.19 [3.04, 3.36]" in row
    assert row.count("3.1 [2.9, 3.3] 20 of 20 seeds above no effect, sign p 1.9e-06, Wilcoxon p 1.9e-06") == 2
    assert "✓ met tensorflow, torch float64" in row or "✓ met torch, tensorflow float64" in row
    stated = words(gates)
    assert (
        f"Design depth , version 2 of what it states (gates, effects, numbers of seeds), fixed before any arm ran: SHA-256 {sample.DIGEST}"
        in stated
    )
    assert "Seeds: runs 20 (the first from 0 on; the fresh from 3,000 on)" in stated
    report = markdown.render(evidence)
    assert sample.DIGEST in report
    assert "| deep | effect | interval above 1.5 | 3.1 \\[2.9, 3.3\\] | 3.1 \\[2.9, 3.3\\] | met |" in report
    shown = said(terminal.claim, evidence, evidence.claims[-1])
    assert f"Gates of the design depth, version 2, SHA-256 {sample.DIGEST}, stated before any arm ran" in shown


def test_libraries_that_gave_other_numbers_have_rows_of_their_own(evidence: Evidence) -> None:
    evidence.claims[-1].cells[0].rows[2].estimate = 3.2
    gates = article(html.whole(evidence), "claim.worded")
    assert len(re.findall(r"<th>deep<", gates)) == 2


def test_an_unmet_gate_says_on_which_seeds(evidence: Evidence) -> None:
    for cell in evidence.claims[-1].cells:
        cell.rows = (*cell.rows[:2], sample.gate("deep", "fresh", met=False))
    gates = article(html.whole(evidence), "claim.worded")
    assert "✗ not met on the fresh seeds" in words(gates)
    assert '<tr class="bad"><th>deep<' in gates
    assert "Gates that were stated before the run and not met" in gates
    assert "**not met on the fresh seeds**" in markdown.render(evidence)


# --- two sides -----------------------------------------------------------------------------------------------------------


def test_disputed_has_a_shape_a_word_and_an_explanation(evidence: Evidence) -> None:
    text = html.whole(evidence)
    shapes = dict(re.findall(r'<symbol id="i-([\w-]+)"[^>]*>(.*?)</symbol>', text))
    assert len(set(shapes.values())) == len(shapes)
    part = article(text, "claim.disputed")
    assert (
        '<span class="badge v-disputed"><svg class=icon aria-hidden=true><use href="#i-disputed"/></svg>disputed</span>'
        in part
    )
    told = words(part)
    assert "For the assertion: 1 of 2 gates met ✓ met: trains better ○ not met: bare" in told
    assert "Against the assertion: 1 of 1 gate met ✓ met: so does noise" in told
    assert "Disputed: gates of both sides, stated before the run, were met on the first and on the fresh seeds." in told
    report = markdown.render(evidence)
    assert "⇄ disputed" in report
    assert (
        "- For the assertion, 1 of 2 gates met:\n  - met: trains better\n  - not met: bare\n- Against the assertion, 1 of 1 gate met:"
        in report
    )
    shown = said(terminal.claim, evidence, evidence.claims[-2])
    assert "For the assertion: met: trains better; not met: bare" in shown


def test_an_unmet_gate_of_one_side_is_no_departure(evidence: Evidence) -> None:
    claim = evidence.claims[-2]
    unmet = next(r for r in claim.cells[0].rows if not r.agrees)
    assert standing.standing(unmet) == "side"
    assert not [r for c in claim.cells for r in standing.departures(c)]
    part = article(html.whole(evidence), "claim.disputed")
    assert 'class="bad"' not in part
    assert '<tr class="unmet"><th>bare<' in part
    assert "○ not met on the fresh seeds, so it does not speak for the assertion" in words(part)
    assert "Gates that were stated before the run and not met" not in part
    case = next(
        c for c in ET.fromstring(junit.render(evidence)).iter("testcase") if c.get("classname") == "claim.disputed"
    )
    assert case.find("failure") is None
    assert "✗" not in words(part)


# --- as worded -----------------------------------------------------------------------------------------------------------


def test_a_sentence_that_fails_as_worded_says_so_at_its_verdict(evidence: Evidence) -> None:
    text = html.whole(evidence)
    part = article(text, "claim.worded")
    assert '<span class="badge v-as-worded">' in part[: part.index("</header>")]
    told = words(part)
    assert "As worded, the sentence fails. What holds is the statement above, within its scope." in told
    assert "tanh as a hidden activation. The sentence is not supported for tanh." in told
    assert "Supported, qualified: held on tensorflow, torch (2 cells)." in told, "said once, in words"
    matrix = text[text.index('<table class="matrix">') :].partition("</section>")[0]
    assert matrix.count("fails as worded") == 1
    report = markdown.render(evidence)
    assert "✎ fails as worded, supported, qualified" in report
    assert (
        "**As worded, the sentence fails for:**\n\n- **tanh as a hidden activation.** The sentence is not supported for tanh."
        in report
    )
    for shown in (said(terminal.run, evidence), said(terminal.claim, evidence, evidence.claims[-1])):
        assert "As worded, the sentence fails for: tanh as a hidden activation." in shown
    for one in (text, report):
        assert "in 1 claim: claim.worded" in words(one)
    evidence.claims = evidence.claims[:-1]
    assert "fails as worded" not in html.whole(evidence)[: html.whole(evidence).index('<section id="reading">')]


# --- quick runs ----------------------------------------------------------------------------------------------------------


def test_a_quick_run_is_marked_before_anything_else(evidence: Evidence) -> None:
    full = html.whole(evidence)
    assert 'class="quick"' not in full and "Quick run" not in markdown.render(evidence)
    found = quick(evidence)
    banner = (
        "Quick run: statistics on the first 6 seeds only, fewer than designed for, and on one framework; one format of each claim; a few geometries "
        "of each sweep; no known mistake tried. A first look, not for citing; run again without --quick."
    )
    found.claims = found.claims[-1:]
    text = html.whole(found)
    head = text[text.index('<main id="content">') : text.index("<h1>")]
    assert f'<p class="quick" role=note>{banner}</p>' in head
    assert "<title>Quick run: A lecture" in text
    assert markdown.render(found).split("\n\n")[1] == f"> **{markup.text(banner)}**"
    assert said(terminal.run, found).startswith(banner)
    found.selection.partial = True
    assert said(terminal.run, found).startswith(banner)
    assert banner in junit.render(found)
    assert "Fewer than designed for: a quick run." in words(
        text
    ) and "**Fewer than designed for: a quick run.**" in markdown.render(found)


def test_what_a_quick_run_leaves_open_is_no_surprise_and_no_pass(evidence: Evidence) -> None:
    found = quick(evidence)
    claim = found.claims[-1]
    assert standing.left_open(found, claim) and not standing.unexpected(found, claim)
    assert "Left open by a quick run, which has few seeds." in html.whole(found)
    assert "claim.worded is left open by a quick run: torch float64: deep: not decided" in said(terminal.run, found)
    root = ET.fromstring(junit.render(found))
    cases = {c.get("name"): c for c in root.iter("testcase") if c.get("classname") == "claim.worded"}
    skipped = cases["torch float64"].find("skipped")
    assert skipped is not None and skipped.get("type") == "left open"
    assert cases["verdict"].find("failure") is None
    found.selection.quick = False
    assert standing.unexpected(found, claim)


def test_a_quick_run_does_not_excuse_a_verdict_or_an_exact_claim(evidence: Evidence) -> None:
    found = quick(evidence, verdict="not supported")
    assert standing.unexpected(found, found.claims[-1])
    exact = structs.replace(found.claims[-1], designs={}, verdict="inconclusive")
    assert standing.unexpected(found, exact)


def test_that_only_the_exact_part_ran_is_said_of_a_whole_run_and_not_of_a_part(evidence: Evidence) -> None:
    put(evidence.claims[-1], verdict="inconclusive", waits_for_statistics=True)
    assert standing.exact_part_only(evidence) == ["claim.worded"]
    assert "only the exact part was tested" in html.whole(evidence)
    evidence.selection.partial = True
    assert standing.exact_part_only(evidence) == []
    assert "only the exact part was tested" not in html.whole(evidence)


# --- pictures ------------------------------------------------------------------------------------------------------------


def drawn(name: str, *data: dict[str, Any]) -> figures.Picture:
    cells = ("torch float64", "tensorflow float64")[: len(data)]
    (picture,) = figures.pictures({name: dict(zip(cells, data, strict=True))}, prefix="x")
    return picture


def texts(picture: figures.Picture) -> list[str]:
    return ["".join(e.itertext()) for e in ET.fromstring(picture.svg).iter(f"{SVG}text")]


def test_an_interval_plot_has_effects_controls_reversals_and_cautions_by_name_and_by_shape() -> None:
    picture = drawn("forest:x", sample.forest(), sample.forest(1.1))
    shown = texts(picture)
    for heading in ("effects", "controls", "reversals", "cautions", "effects, for it", "controls, against it"):
        assert heading in shown, heading
    for word in (
        "diamond: effects",
        "disc: controls",
        "triangle: reversals",
        "square: cautions",
        "torch float64 and tensorflow float64",
    ):
        assert word in picture.caption, word
    assert len({shape for _, _, shape, _ in intervals.ROLES.values()}) == len(intervals.ROLES)
    assert "10.8 · 10.3\n11.9 · 11.3" in shown or {"10.8 · 10.3", "11.9 · 11.3"} <= set(shown), (
        "one row for both libraries"
    )


def test_a_tiny_ratio_and_a_large_difference_have_an_axis_of_their_own() -> None:
    kinds = [
        (kind, [row["name"] for row, _ in lines])
        for kind, lines in intervals._panels(intervals._lines([(sample.forest(), ["torch"])]))
    ]
    assert kinds == [
        ("ratio", ["range", "beta", "null arm", "deep start", "tripled"]),
        ("far ratio", ["saturated"]),
        ("difference", ["trains better", "so does noise"]),
        ("large difference", ["the last loss"]),
    ]
    huge = {"rows": [sample.effect_row("tiny", ratio=1e-9), sample.effect_row("large", ratio=1e4)]}
    assert texts(drawn("forest:x", huge)).count("effects") == 1, "two extremes share the longer axis"


def test_a_trajectory_is_drawn_against_its_bound_and_zeros_lie_at_the_bottom() -> None:
    same = sample.trajectories(0.0)
    picture = drawn("trajectories:x", same, sample.trajectories(1e-16))
    assert "0: the very same" in texts(picture)
    assert "of that one of 5 seeds which comes nearest to its bound" in picture.caption
    dashed = [e for e in ET.fromstring(picture.svg).iter(f"{SVG}path") if "stroke-dasharray" in e.attrib]
    assert dashed, "what is allowed has another line style"
    assert "with: at most 0." in picture.alt


def test_long_curves_keep_the_step_that_is_nearest_to_its_bound() -> None:
    from lectureclaims.reports.pictures import curves

    arm = {"difference": [1e-16] * 400, "allowed": [1e-13] * 400}
    arm["difference"][277], arm["allowed"][277] = 5e-14, 1e-13
    steps, differences, _ = curves._thinned(arm)
    assert len(steps) <= curves.POINTS and 277 in steps and max(differences) == 5e-14


def test_bands_of_the_gradient_stand_beside_those_of_the_loss() -> None:
    data = sample.figures()["smoothing_bands"]["torch float64"]
    titles = texts(drawn("smoothing_bands", data))
    assert "loss along the gradient" in titles and "change of the gradient along it" in titles
    for arm in data["arms"]:
        del arm["change"]
    assert "change of the gradient along it" not in texts(drawn("smoothing_bands", data))


def test_small_multiples_inverted_images_and_planted_kernels_say_what_they_show() -> None:
    data = sample.figures()
    networks = texts(drawn("gradient_agreement", data["gradient_agreement"]["torch float64"]))
    assert {"25 linear layers", "a shallow network"} <= set(networks)
    inverted = drawn("inverted_images", sample.inverted())
    assert {"the absolute value", "ReLU", "upright", "inverted", "chance, 0.1"} <= set(texts(inverted))
    assert inverted.caption.endswith("Trained on upright images only.")
    kernels = texts(drawn("planted_kernels", sample.planted()))
    assert {"the pattern", "true labels", "shuffled labels", "0.99", "0.41"} <= set(kernels)


def test_pictures_stay_small_and_need_nothing_from_elsewhere() -> None:
    for picture in figures.pictures(sample.figures(), prefix="x"):
        assert len(picture.svg.encode()) < 20_000, picture.name
        if not picture.svg:
            continue
        root = ET.fromstring(picture.svg)
        assert not {e.tag.removeprefix(SVG) for e in root.iter()} & {
            "image",
            "style",
            "script",
            "foreignObject",
            "a",
        }, picture.name
        references = {v for e in root.iter() for k, v in e.attrib.items() if "#" in v}
        ids = {e.get("id") for e in root.iter() if e.get("id")}
        assert {re.sub(r"^(url\()?#|\)$", "", v) for v in references} <= ids, picture.name
        assert not [e for e in root.iter(f"{SVG}use") if "clip-path" in e.attrib], "its clip would move with it"


def illustrated() -> Evidence:
    found = with_statistics()
    found.claims = found.claims[-2:]
    found.claims[0].figures = {
        k: v for k, v in sample.figures().items() if k not in ("flip", "saturation", "equivariance")
    }
    return found


@pytest.fixture(scope="module")
def clean() -> set[str]:
    """The elements of the page without hostile text."""
    return {tag for tag, _ in Page(html.whole(illustrated())).elements}


@pytest.mark.parametrize("poison", TOGETHER.values(), ids=TOGETHER)
def test_hostile_text_in_gates_designs_and_pictures_comes_out_as_text(clean: set[str], poison: str) -> None:
    bad = poisoned(quick(illustrated()), poison)
    bad.claims[1].designs = {f"depth{poison}": bad.claims[1].designs["depth"]}
    text = html.whole(bad)
    text.encode()
    page = Page(text)
    assert [t for t, _ in page.elements if t == "script"] == ["script"]
    assert not [a for _, attributes in page.elements for a in attributes if a.startswith("on")]
    assert {t for t, _ in page.elements} <= clean | {"code"} | MATHML
    assert not wording.HIDDEN.search(text)
    report = markdown.render(bad)
    assert not wording.HIDDEN.search(report)
    assert "<script" not in re.sub(r"^(`{3,})(\w*)\n.*?^\1$", "", report, flags=re.DOTALL | re.MULTILINE)
    ET.fromstring(junit.render(bad).encode())
    said(terminal.run, bad)
    said(terminal.claim, bad, bad.claims[0])
    drawn_all = figures.pictures(bad.claims[0].figures, prefix="x")
    assert [p.name for p in drawn_all if not p.svg and "nobody knows" not in p.name] == []


# --- how a picture becomes few bytes ----------------------------------------------------------------------------------------


def test_a_path_is_the_same_path_in_fewer_characters() -> None:
    assert svg._path("M 1 2  L 3 2  L 3 5  z M 7 8  L 9 9 L 9 9 ", 1) == "M1 2h2v3zm6 6l2 1h0"
    assert svg._path("M 0.04 -0.26 L 10.06 -0.26 ", 1) == "M0-.3h10.1"
    assert svg._path("M 0 2 " + "C 1 2 2 1 2 0 " * 8 + "z", 2) == "M0 2a2 2 0 1 1 0-4 2 2 0 1 1 0 4z"


def test_marks_that_look_alike_are_one_path_and_others_keep_their_order_and_their_paint() -> None:
    with canvas.style():
        page = canvas.figure(2)
        axes = page.subplots()
        axes.plot([1, 2, 3], [1, 2, 3], "D", color=canvas.SERIES[0])
        axes.plot([1, 2, 3], [3, 2, 1], "s", color=canvas.SERIES[1], markeredgecolor=canvas.INK)
        axes.fill_between([1, 3], [0, 0], [4, 4], color=canvas.SERIES[2], alpha=0.2)
        text = svg.to_svg(page, alt="x", prefix="p")
    paths = [e.attrib for e in ET.fromstring(text).iter(f"{SVG}path")]
    for colour, outline in (("var(--c1)", "var(--c1)"), ("var(--c2)", "var(--ink)")):
        (marks,) = [p for p in paths if p.get("fill") == colour and p.get("stroke", colour) == outline and "d" in p]
        assert marks["d"].count("M") == 3
    (band,) = [p for p in paths if p.get("fill") == "var(--c3)"]
    assert band["fill-opacity"] == ".2"
    assert "font-family" not in text and "style" not in text
