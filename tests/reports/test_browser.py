"""The page in a real browser (browser.py): opened, followed, moved, printed, heard, and fed with hostile text."""

from __future__ import annotations

import copy
import importlib.resources
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, unquote

import pytest
import sample_evidence as sample
from browser import Watched
from lectureclaims.claims import verify
from lectureclaims.claims.record import file as record
from lectureclaims.claims.record.types import Cell, Claim, ClaimNamed, Evidence, Found, LimitSaid
from lectureclaims.reports.page import html, matrix
from lectureclaims.reports.page.anchors import anchor, link
from lectureclaims.reports.pictures import interactive
from lectureclaims.reports.pictures.responding import RESPONDING
from lectureclaims.reports.pictures.sketches import DRAWINGS
from lectureclaims.reports.wording import findings, standing, summary
from lectureclaims.reports.wording import words as wording
from msgspec import structs
from playwright.sync_api import Browser, Page
from poison import TOGETHER, poisoned

ROOT = Path(__file__).parents[2]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RANGES = {"H": 32, "k": 7, "stride": 4, "dilation": 3, "padding": 3}
LETTERS = [list("abcd"), list("efgh"), list("ijkl")]
KERNEL = [list("wx"), list("yz")]
Role = Literal["smallest", "instead", "neighbour"]
OUTPUT = "Output: N × C_out × (W − k_x + 1) × (H − k_y + 1) × (D − k_z + 1) = S(i, j)"
PHONE = {"width": 390, "height": 844}


def worked_example() -> dict[str, Any]:
    """What convolution.worked_example yields, spelled out from the definition of either sum."""

    def window(i: int, j: int, turned: bool) -> dict[str, Any]:
        products = [
            [LETTERS[i + m][j + n], KERNEL[1 - m][1 - n] if turned else KERNEL[m][n]] for m in (0, 1) for n in (0, 1)
        ]
        said = " + ".join("".join(p) for p in products)
        return {"index": [i + turned, j + turned], "products": products, "sum": said, "got": said}

    return {
        "input": LETTERS,
        "kernel": KERNEL,
        "sums": [
            {
                "name": name,
                "formula": "S(i, j)",
                "windows": [[window(i, j, turned) for j in range(3)] for i in range(2)],
            }
            for name, turned in (("convolution", True), ("cross-correlation", False))
        ],
    }


def evidence() -> Evidence:
    """The sample evidence with every picture, and with those that answer the reader."""
    made = sample.sample_evidence()
    first, second, third = made.claims[:3]
    first.figures = {"worked_example": {"torch float32": worked_example()}}
    second.ranges = RANGES
    second.pictures = (*RESPONDING, *DRAWINGS)
    search = sample.limit("the smallest kernel")
    roles: tuple[Role, ...] = ("smallest", "instead", "neighbour")
    search.rows = tuple(
        sample.row(label=role, must_fail=role == "smallest", found=Found(role=role, symbols={"k": k}, how="by k"))
        for k, role in enumerate(roles, 1)
    )
    second.cells[0].limits += (search,)
    third.figures = {name: sample.figures()[name] for name in ("saturation", "flip")}
    others = tuple(ClaimNamed(id=f"claim.that_has_a_long_name_{i}", written=False) for i in range(3))
    linear = made.lecture.sentences[1]
    linear.claims += others  # links that stand below one another on a phone
    for name, formula in (("sentence.formula", "$2 + 2$"), ("sentence.output", OUTPUT)):
        made.lecture.markdown += f"\n{formula}\n"
        made.lecture.sentences += (structs.replace(linear, id=name, text=formula),)
    return made


def correctable() -> Evidence:
    """A lecture of which one sentence fails as worded, one holds under a condition, one is disputed, one holds and one could not be decided."""
    made = sample.sample_evidence()
    shift = sample.cell("torch", "float32", "verified", limits=(sample.limit("stride 2"),))
    condition = sample.claim(
        "claim.equivariance",
        [shift],
        limits=(LimitSaid(name="stride 2", says="With stride 2 it is no shift."),),
        instead="Equivariance to translation {at stride 1|stride 2}:",
    )
    fails = sample.worded(instead="{The logistic|tanh as a hidden activation} is not recommended")
    whole = sample.cell("torch", "float32", limits=())
    claims = [
        sample.claim("claim.correlate", [whole]),
        fails,
        condition,
        sample.disputed(),
        sample.claim("claim.linear", [sample.cell("torch", "float32", "inconclusive", limits=())]),
    ]
    of = {"saturation": "claim.worded", "equivariance": "claim.equivariance", "smoothing": "claim.disputed"}
    sentences = [
        structs.replace(s, claims=(ClaimNamed(id=of[name], written=True),))
        if (name := s.id.partition(".")[2]) in of
        else s
        for s in made.lecture.sentences
    ]
    made.lecture = structs.replace(made.lecture, sentences=tuple(sentences))
    made.claims, made.premises, made.sensitivity = tuple(claims), (), ()
    made.counts = sample.counts(made.claims)
    return made


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(html.render(evidence()), encoding="utf-8")
    return path


def says(page: Page, picture: str) -> str:
    said = page.locator(f"figure[data-try={picture}] .now-says")
    assert said.is_visible()
    return " ".join(
        (said.text_content() or "").split()
    )  # a claim's inner text is there when it is laid out, which is when it is seen


# --- opening -----------------------------------------------------------------------------------------------------------


def test_it_opens_without_a_complaint_and_asks_for_nothing_but_itself(chromium: Browser, file: Path) -> None:
    with Watched(chromium, file) as page:
        assert page.title() == "A lecture: the lecture put to the test"
        assert page.locator("article.claim").count() == 4
        assert page.evaluate("document.documentElement.scrollWidth") <= 1440


def test_the_page_of_a_real_run_opens_and_its_kernel_slides(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "real.html"
    run = verify(["convolution.worked_example"], backends=["numpy"])
    path.write_text(html.render(run), encoding="utf-8")
    with Watched(chromium, path, "#convolution.worked_example") as page:
        assert page.locator(":target").is_visible()
        page.locator("figure[data-try=kernel] .board").press("ArrowRight")
        assert says(page, "kernel") == "S(1, 2) = b·z + c·y + f·x + g·w"
    assert {name: one["input"] for name, one in run.claims[0].figures["worked_example"].items()} == {
        "numpy float32": LETTERS,
        "numpy float64": LETTERS,
    }


def test_a_watched_page_does_complain(chromium: Browser, tmp_path: Path) -> None:
    """What the tests above look for is seen when it is there."""
    bad = tmp_path / "bad.html"
    head = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'\">"
    bad.write_text(head + '<p style="color: red">x</p><script>alert(1); nothing()</script>', encoding="utf-8")
    watched = Watched(chromium, bad)
    watched.context.close()
    for word in ("Content Security Policy", "dialog: 1", "nothing is not defined"):
        assert any(word in text for text in watched.complaints), word
    other = tmp_path / "other.html"
    other.write_text('<img src="other.png">', encoding="utf-8")
    watched = Watched(chromium, other)
    watched.context.close()
    assert len(watched.requests) == 2


FOLLOW = """async names => {
  const lost = [];
  for (const name of names) {
    location.hash = name;
    do await new Promise(requestAnimationFrame); while (name && !document.querySelector(":target") && document.getElementById("packed"));
    const found = document.querySelector(":target");
    const box = found?.getBoundingClientRect();
    if (!found?.checkVisibility() || !box.height || box.bottom < 0 || box.top > innerHeight) lost.push(name);
  }
  return lost;
}"""


def test_deep_links_open_what_they_name(chromium: Browser, file: Path) -> None:
    with Watched(chromium, file, "#claim.correlate--torch--float32") as page:
        found = page.locator(":target")
        assert found.get_attribute("id") == "claim.correlate--torch--float32"
        assert found.is_visible()
        assert 0 <= (found.bounding_box() or {"y": -1})["y"] < 900
        names = {unquote(link)[1:] for link in page.evaluate(LINKS)}
        assert {"claim.linear", "claim.linear--torch", "defect--torch-tanh", "ledger"} <= names
        assert page.evaluate(FOLLOW, sorted(names)) == []
        hidden = (
            "document.querySelector('#ledger').innerHTML = '<details><summary>x</summary><p id=inside>y</p></details>'"
        )
        page.evaluate(hidden)
        assert page.evaluate(FOLLOW, ["inside", "nowhere"]) == ["nowhere"]


LINKS = "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href'))"


def brightness(page: Page) -> list[int]:
    """Of the page's ground and of its letters: 0 … 765."""
    colours = page.evaluate("(s => [s.backgroundColor, s.color])(getComputedStyle(document.body))")
    return [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in colours]


def test_light_and_dark_follow_the_reader_s_system_and_a_button(chromium: Browser, file: Path) -> None:
    def is_light() -> bool:
        ground, ink = brightness(page)
        assert (ground > 650 > ink) or (ground < 150 < ink)
        return ground > ink

    with Watched(chromium, file) as page:
        button = page.locator("#theme")
        for scheme, other in (("light", "dark"), ("dark", "light")):
            page.emulate_media(color_scheme=scheme)
            assert is_light() == (scheme == "light")
            assert button.inner_text() == f"{other} colours"
        button.click()
        assert is_light() and button.inner_text() == "dark colours"
        button.click()
        assert not is_light() and button.inner_text() == "light colours"
        page.emulate_media(media="print")
        assert is_light(), "paper is light"


def test_it_prints(chromium: Browser, file: Path) -> None:
    with Watched(chromium, file) as page:
        pages = [len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))]
        page.emulate_media(media="print")
        assert page.locator("#lecture").is_visible() and not page.locator("#claims").is_visible()
        page.emulate_media(media="screen")
        page.locator("#referee").check()
        pages.append(len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))))
        assert 0 < pages[0] <= 2 and pages[1] > 3, "the lecture alone; a referee prints all"
        page.emulate_media(media="print")
        assert not page.locator("nav.side").is_visible()
        assert not page.locator(".try .controls").first.is_visible()
        assert page.locator("figure[data-try=size] svg.row").is_visible()


def test_it_can_be_read_without_scripts_and_on_a_phone(chromium: Browser, file: Path) -> None:
    with Watched(chromium, file, java_script_enabled=False, viewport=PHONE) as page:
        assert page.locator("#lecture").inner_text().count("saturation") >= 1
        assert not page.locator(".controls").first.is_visible() and not page.locator("#theme").is_visible()
        assert says(page, "kernel") == "S(1, 1) = a·z + b·y + e·x + f·w"
        assert says(page, "size").endswith("= 4. 4 windows drawn; 1 element at the end is past the last one.")
        assert page.locator("figure[data-try=saturation] svg").is_visible()
        assert page.locator("details summary").first.is_visible()


LAID_OUT = """document.querySelectorAll('.claim').forEach(one => { one.style.contentVisibility = 'visible'; })"""
"""What is not laid out is cut off, and scrolls nothing."""


@pytest.mark.parametrize("width", [320, 390, 1440])
def test_nothing_scrolls_sideways_but_boxes_of_their_own(chromium: Browser, tmp_path: Path, width: int) -> None:
    """320: a zoom of 400 % (WCAG 1.4.10)."""
    made = evidence()
    widest = sample.cell(
        "tensorflow",
        "bfloat16",
        elements=11_429_681,
        worst_ratio=0.9999999,
        margin=8.07e11,
        comparisons=404_808,
        in_part=("the half",),
        rows=(
            *sample.cell("torch", "float32").rows,
            sample.bound("reals", "y", measured=True, ratio=0.9999999),
            sample.departing(defect="torch-tanh"),
        ),
    )
    made.claims[0].cells += (widest,)
    path = tmp_path / "wide.html"
    path.write_text(html.render(made), encoding="utf-8")
    with Watched(chromium, path, viewport={"width": width, "height": 844}) as page:
        page.evaluate(LAID_OUT)
        for opened in ("", OPEN):
            page.evaluate(opened)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        over = (
            "[...document.querySelectorAll('.libraries, .try .values')]"
            ".map(t => t.getBoundingClientRect().right - t.parentElement.getBoundingClientRect().right)"
        )
        assert max(page.evaluate(over)) <= 0


SCROLLS = """() => [...document.querySelectorAll('table')].filter(table => {
  const box = table.closest('.wide') ?? table.parentElement;
  return table.scrollWidth > table.clientWidth || box.scrollWidth > box.clientWidth;
}).map(table => [table.closest('[id]').id, table.className])"""


def scrolling(browser: Browser, path: Path, rule: str = "td {}") -> list[list[str]]:
    """The tables that scroll in a window of 1280, all of them open; ``rule``: one more of the style."""
    with Watched(browser, path, referee=True, viewport={"width": 1280, "height": 900}) as page:
        page.evaluate(LAID_OUT)
        page.evaluate(OPEN)
        page.evaluate("rule => document.styleSheets[0].insertRule(rule, document.styleSheets[0].cssRules.length)", rule)
        return page.evaluate(SCROLLS)


def test_no_table_scrolls_at_1280(chromium: Browser, tmp_path: Path) -> None:
    made = evidence()
    name = "a_name_" * 24

    made.claims[0].cells[0].rows += (sample.bound("reals", f"torch.nn.functional.{name}"),)
    search = sample.limit("a long one")
    search.rows = tuple(
        sample.row(label=name, must_fail=role == "smallest", found=Found(role=role, symbols={name: name}, how=name))
        for role in ("smallest", "instead", "neighbour")
    )
    made.claims[0].cells[0].limits += (search,)
    made.claims[0].cells[0].wrongs += (sample.wrong(f"called_{name}"),)
    path = tmp_path / "long.html"
    path.write_text(html.render(made), encoding="utf-8")
    assert scrolling(chromium, path) == []
    seen = scrolling(chromium, path, "td, th { overflow-wrap: normal !important; }")
    assert {"wrongs", "compared", "searches"} <= {table for _, table in seen}, "it would be seen"


def test_no_table_of_the_whole_lecture_scrolls_at_1280(chromium: Browser, recorded: Path) -> None:
    assert scrolling(chromium, recorded.resolve().with_name("index.html")) == []


HEADED = """() => [...document.querySelectorAll(".claim .wide > table[class]")].flatMap(table => {
  const heads = [...table.tHead.rows[0].cells].map(th => th.textContent);
  return [...table.tBodies].flatMap(body => [...body.rows]).flatMap(row => {
    let column = 0;
    return [...row.cells].map(cell => {
      const before = getComputedStyle(cell, "::before").content;
      const found = [table.className, heads[column], before, cell.colSpan];
      column += cell.colSpan;
      return found;
    });
  });
})"""


def test_on_a_phone_each_cell_has_the_word_of_its_column(chromium: Browser, searched: Path) -> None:
    with Watched(chromium, searched, referee=True, viewport=PHONE) as page:
        page.evaluate(LAID_OUT)
        page.evaluate(OPEN)
        told: dict[str, set[str]] = {}
        for table, head, before, span in page.evaluate(HEADED):
            if before != "none":
                assert (before, span) == (f'"{head}: "', 1), table
                told.setdefault(table, set()).add(head)
        assert {name: len(heads) for name, heads in told.items()} == {
            "libraries": 7,
            "wrongs": 4,
            "literal": 3,
            "searches": 3,
            "compared": 5,
            "gates": 6,
        }
        over = "[...document.querySelectorAll('.claim .wide > table[class]')].map(t => t.scrollWidth - t.parentElement.clientWidth)"
        assert max(page.evaluate(over)) <= 0
    with Watched(chromium, searched, referee=True) as page:
        assert {before for _, _, before, _ in page.evaluate(HEADED)} == {"none"}


ROWS = """() => [...document.querySelectorAll(".claim tr[id], .claim tbody[id], .claim table span[id], .limit[id]")].map(row => {
  const link = row.querySelector("a.self");
  return [row.id, decodeURIComponent(link?.hash ?? ""), link?.textContent ?? "", link?.title ?? ""];
})"""


def test_a_row_s_name_is_a_link_to_it(chromium: Browser, file: Path) -> None:
    with Watched(chromium, file, referee=True) as page:
        rows = {name: rest for name, *rest in page.evaluate(ROWS)}
        ids = [
            ("claim.correlate", "torch", "float32"),
            ("claim.saturation", "scipy", "float64"),
            ("claim.correlate", "case", "2-d"),
        ]
        assert {anchor(*names) for names in ids} | {anchor("claim.correlate", "limit", "a symmetric kernel")} <= set(
            rows
        )
        for name, (target, said, title) in rows.items():
            assert (target, title) == (f"#{name}", "link to this row") and said, name
        page.locator("[id='claim.correlate--torch--float32'] a.self").click()
        assert page.evaluate("location.hash") == "#claim.correlate--torch--float32"
        again = page.locator("[id='claim.correlate'] .again + pre.copy")
        assert again.locator("code").inner_text() == "lecture-claims verify claim.correlate"
        assert again.get_by_role("button").inner_text() == "copy"


@pytest.mark.parametrize("poison", TOGETHER.values(), ids=TOGETHER)
def test_hostile_text_comes_out_as_text(chromium: Browser, tmp_path: Path, poison: str) -> None:
    path = tmp_path / "hostile.html"
    path.write_text(html.render(poisoned(evidence(), poison)), encoding="utf-8")
    with Watched(chromium, path, viewport=PHONE) as page:
        assert page.locator("script").count() == 1
        assert page.locator("img, iframe, object, embed").count() == 0
        assert wording.visible(poison).split()[0] in page.locator("h1").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert not wording.HIDDEN.search(page.locator("body").inner_text())
        page.evaluate("document.querySelectorAll('button').forEach(button => button.click())")


# --- the matrix: search and order --------------------------------------------------------------------------------------

Meant = Callable[[Claim, Cell], bool]


def searchable() -> Evidence:
    """The evidence with a claim that fails as worded, with narrow dtypes, and with statements that differ."""
    made = evidence()
    made.claims += (sample.worded(),)
    correlate, linear, saturation, equivariance, worded = made.claims
    correlate.cells += (sample.cell("torch", "float16"), sample.cell("tensorflow", "bfloat16", in_part=("reals",)))
    correlate.statement = "Sums over W − k_x + 1 places, of [x] times {w}: cross-correlation."
    linear.statement = "No less than 100 % of it, and no more: f(a·x) = a·f(x), without error."
    saturation.says = "Saturation & its “causes”, in torch and elsewhere."
    equivariance.statement = "The shift of x, then f: a shift."
    worded.statement = "f(shift x) ≠ shift f(x), as it is worded."
    return made


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("searched") / "index.html"
    path.write_text(html.render(searchable()), encoding="utf-8")
    return path


def words(claim: Claim) -> str:
    """Of a claim, what a search looks at."""
    correction = findings.correction(claim)
    limits = [f"{limit.name}. {limit.says}" for limit in claim.limits if limit.name in standing.limits(claim)]
    own = [claim.id, claim.says, claim.statement, claim.scope, claim.notes, correction.text if correction else ""]
    return "\n".join([*own, *limits]).lower()


def text(*every: str) -> Meant:
    return lambda claim, cell: all(one.lower() in words(claim) for one in every)


def of(kind: str, name: str) -> Meant:
    return lambda claim, cell: getattr(cell, kind) == name


def marks(cell: Cell) -> list[str]:
    return [cell.verdict, *["in part"] * bool(standing.in_part(cell)), *["defect"] * bool(standing.defects_of(cell))]


def judged(mark: str) -> Meant:
    return lambda claim, cell: mark in summary.marks(claim).split(", ")


def found(mark: str) -> Meant:
    return lambda claim, cell: mark in marks(cell)


def no(one: Meant) -> Meant:
    return lambda claim, cell: not one(claim, cell)


def all_of(*every: Meant) -> Meant:
    return lambda claim, cell: all(one(claim, cell) for one in every)


def telling(one: Meant) -> Meant:
    """Where libraries or dtypes are named but no verdict, a claim that nothing was tested of is not shown."""
    return lambda claim, cell: (
        one(claim, cell) and any(one(claim, x) and x.verdict not in standing.TAKES_NO_PART for x in claim.cells)
    )


def queries(made: Evidence) -> dict[str, Meant]:
    """What a reader may type, and the cells that it means."""
    pairs = [(claim, cell) for claim in made.claims for cell in claim.cells]
    torch, single, half = of("backend", "torch"), of("dtype", "float32"), of("dtype", "float16")
    asked = {
        "": text(),
        "  ": text(),
        "saturation": text("saturation"),
        "SATURATION Causes": text("saturation", "causes"),
        "sat": text("sat"),
        "shift": text("shift"),
        "-shift": no(text("shift")),
        "shift worded": text("shift", "worded"),
        "worded shift": text("shift", "worded"),
        '"shift x"': text("shift x"),
        "“shift x”": text("shift x"),
        '-"shift x" shift': all_of(no(text("shift x")), text("shift")),
        '"x shift"': text("x shift"),
        '"shift x': text("shift x"),
        "shift-of": text("shift of"),
        '"W - k_x + 1"': text("W − k_x + 1"),
        "w_-k": text("W − k"),
        "cross_CORRELATION": text("cross-correlation"),
        '"translation. f(shift"': no(text()),  # the end of one text and the beginning of the next
        "nothing that is there": no(text()),
        "library:torch dtype:float32 -verdict:verified": all_of(torch, single, no(found("verified"))),
        "-verdict:verified float32 TORCH": all_of(torch, single, no(found("verified"))),
        "torch numpy": no(text()),
        "torch -numpy": telling(torch),
        "-torch -numpy": telling(all_of(no(torch), no(of("backend", "numpy")))),
        "torch -float16": telling(all_of(torch, no(half))),
        "shift torch": telling(all_of(text("shift"), torch)),
        "-shift -torch": telling(all_of(no(text("shift")), no(torch))),
        "scipy verdict:absent": all_of(of("backend", "scipy"), found("absent")),
        "scipy -verdict:absent": all_of(of("backend", "scipy"), no(found("absent"))),
        "torch verdict:qualified": all_of(torch, judged("qualified")),
        "torch -verdict:qualified": all_of(torch, no(judged("qualified"))),
        'float64 verdict:"fails as worded" -tensorflow': all_of(
            of("dtype", "float64"), judged("fails as worded"), no(of("backend", "tensorflow"))
        ),
        'verdict:qualified -verdict:"fails as worded"': all_of(judged("qualified"), no(judged("fails as worded"))),
        "verdict:verified verdict:unsupported": all_of(judged("verified"), found("unsupported")),
        "verdict:nonsense": no(text()),
        "library:nonsense": no(text()),
        "library:float32": no(text()),
        "-verdict:nonsense": text(),
        "saturation verdict:": text("saturation"),
        "saturation -": text("saturation"),
    }
    for kind, key in (("library", "backend"), ("dtype", "dtype")):
        for name in sorted({getattr(cell, key) for _, cell in pairs if getattr(cell, key)}):
            for typed in (
                name,
                name.upper(),
                f'"{name}"',
                f"{kind}:{name}",
                f'{kind}:"{name}"',
                f"{kind}:{name}".upper(),
            ):
                asked[typed] = telling(of(key, name))
                asked[f"-{typed}"] = telling(no(of(key, name)))
    claims = {mark for claim, _ in pairs for mark in summary.marks(claim).split(", ")}
    cells = {mark for _, cell in pairs for mark in marks(cell)}
    assert {"verified", "qualified", "fails as worded"} <= claims
    assert {"absent", "unsupported", "in part", "defect"} <= cells - claims
    said = "\n".join(f"{claim.id}\n{claim.says}\n{claim.statement}".lower() for claim in made.claims)
    assert {mark for mark in claims | cells if mark in said} == {"error"}
    for mark in sorted(claims | cells):
        meant = judged(mark) if mark in claims else found(mark)
        of_torch = all_of(torch, found(mark) if mark in cells else judged(mark))
        for typed in (f'"{mark}"', mark.replace(" ", "-"), mark.upper().replace(" ", "_")):
            asked[f"verdict:{typed}"] = meant
            asked[f"-Verdict:{typed}"] = no(meant)
            asked[f"torch verdict:{typed}"] = of_torch
            is_text = mark in said
            asked[typed] = text(mark) if is_text else meant
            asked[f"-{typed}"] = no(asked[typed])
            asked[f"torch {typed}"] = telling(all_of(torch, text(mark))) if is_text else of_torch
    for empty in (
        '"',
        '""',
        "-",
        "--",
        '-"',
        "verdict:",
        "-verdict:",
        'library:"',
        'dtype:""',
        "-" * 10_000,
        '"' * 10_000,
    ):
        asked[empty] = text()
    for literal in (
        *".*+?^$()[]{}|\\/%&=#<",
        ".*",
        "f(",
        "[x]",
        "(?:",
        "[a-",
        "\\d",
        "%zz",
        "&sort=surprise",
        "<b>",
        "__proto__",
        "constructor",
        "x" * 10_000,
        "\u202e🙂",
        "verdicts:error",
        "x" + '"' * 9_999,
    ):
        asked[literal] = text(literal)
    asked["shift " * 1_700] = text("shift")
    return asked


ASK = """queries => queries.map(query => {
  const field = document.getElementById("search");
  field.value = query;
  field.dispatchEvent(new Event("input"));
  return (%s)();
})"""
SHOWN = """() => ({
  rows: [...document.querySelectorAll(".matrix tbody tr")].filter(row => row.checkVisibility()).map(row => [
    row.dataset.claim, [...row.querySelectorAll(".fact a")].filter(a => a.checkVisibility()).map(a => a.getAttribute("href")).sort(),
  ]),
  empty: [...document.querySelectorAll(".matrix .fact")].filter(fact => fact.checkVisibility() && !fact.querySelector("a:not([hidden])")).length,
  count: document.getElementById("shown").textContent,
  hash: location.hash,
})"""
AGAIN = """hash => new Promise(done => {
  addEventListener("hashchange", done, {once: true});
  location.hash = hash;  // as Back does, or another address typed into the open page
})"""


def expected(made: Evidence, meant: Meant, order: Sequence[str] = ()) -> tuple[list[list[Any]], str]:
    """The rows with their links, and the line that counts them."""
    every = {claim.id: claim for claim in made.claims}
    kept = {name: [cell for cell in every[name].cells if meant(every[name], cell)] for name in order or every}
    rows = [
        [name, sorted(link(name, cell.backend, cell.dtype) for cell in cells)] for name, cells in kept.items() if cells
    ]
    n = sum(len(cells) for cells in kept.values())
    total = sum(len(claim.cells) for claim in every.values())
    told = f", {n} of {total} cells" if rows else "; Escape shows all"
    return rows, f"{len(rows)} of {len(every)} claims{told}"


def kept(hash: str) -> dict[str, list[str]]:
    """What an address keeps."""
    return {} if hash == "#claims" else parse_qs(hash.removeprefix("#"), strict_parsing=True)


def test_a_search_shows_the_claims_and_cells_that_it_means(chromium: Browser, searched: Path) -> None:
    made = searchable()
    asked = queries(made)
    with Watched(chromium, searched, referee=True) as page:
        for query, seen in zip(asked, page.evaluate(ASK % SHOWN, list(asked)), strict=True):
            assert (seen["rows"], seen["count"]) == expected(made, asked[query]), query[:80]
            assert seen["empty"] == 0, query[:80]
            assert kept(seen["hash"]) == ({"search": [query]} if query else {}), query[:80]


def test_the_address_keeps_the_search_and_the_order(chromium: Browser, searched: Path) -> None:
    made = searchable()
    asked = queries(made)
    by_surprise = matrix.surprise(made)
    assert by_surprise != [claim.id for claim in made.claims]
    with Watched(chromium, searched, referee=True) as page:
        addresses = {}
        for query in ("library:torch dtype:float32 -verdict:verified", "“shift x”", "&sort=surprise"):
            page.locator("#search").fill(query)
            addresses[query] = page.evaluate("location.hash")
        page.locator("#search").fill("shift")
        page.locator("#sort").select_option("surprise")
        sorted_address = page.evaluate("location.hash")
        assert kept(sorted_address) == {"search": ["shift"], "sort": ["surprise"]}
        for query in ("-torch", "verdict:qualified", ""):
            page.locator("#search").fill(query)
            seen = page.evaluate(SHOWN)
            assert (seen["rows"], seen["count"]) == expected(made, asked[query], by_surprise)
        assert kept(page.evaluate("location.hash")) == {"sort": ["surprise"]}
        page.locator("#sort").select_option("chapter")
        assert page.evaluate(SHOWN)["rows"] == expected(made, asked[""])[0]
        assert page.evaluate("location.hash") == "#claims"
    for query, address in addresses.items():
        with Watched(chromium, searched, address, referee=True) as page:
            assert page.locator("#search").input_value() == query
            seen = page.evaluate(SHOWN)
            assert (seen["rows"], seen["count"], seen["hash"]) == (*expected(made, asked[query]), address)
    with Watched(chromium, searched, sorted_address, referee=True) as page:
        assert page.locator("#sort").input_value() == "surprise"
        assert page.evaluate(SHOWN)["rows"] == expected(made, asked["shift"], by_surprise)[0]
        page.evaluate(AGAIN, "search=verdict:qualified")
        assert page.locator("#search").input_value() == "verdict:qualified"
        assert page.evaluate(SHOWN)["rows"] == expected(made, asked["verdict:qualified"])[0]


def test_slash_leads_to_the_search_and_escape_empties_it(chromium: Browser, searched: Path) -> None:
    made = searchable()
    field = "document.activeElement === document.getElementById('search')"
    with Watched(chromium, searched, referee=True) as page:
        other = page.locator("figure[data-try=saturation]").get_by_label("exactly")
        other.focus()
        page.keyboard.press("/")
        assert not page.evaluate(field)  # a field of its own, in which / is typed
        other.blur()
        page.keyboard.press("Control+/")
        assert not page.evaluate(field)
        page.keyboard.press("/")
        assert page.evaluate(field)
        page.keyboard.type("/")
        assert page.locator("#search").input_value() == "/"
        page.keyboard.press("Backspace")
        page.keyboard.type("-shift")
        assert page.evaluate(SHOWN)["rows"] == expected(made, no(text("shift")))[0]
        page.keyboard.press("Escape")
        assert page.evaluate(field)
        assert page.locator("#search").input_value() == ""
        seen = page.evaluate(SHOWN)
        assert (seen["rows"], seen["count"], seen["hash"]) == (*expected(made, text()), "#claims")


# --- the switch for referees, the lecture shown to others and guessed at ------------------------------------------------


def test_a_switch_shows_what_is_for_referees(chromium: Browser, file: Path) -> None:
    parts = ("#run", "#matrix table", "#premises svg", "#environment dl", ".compared", ".libraries th:nth-child(4)")
    watched = Watched(chromium, file)
    with watched as page:
        assert not any(page.locator(part).first.is_visible() for part in parts)
        assert page.locator("#lecture").is_visible() and page.locator(".statement").first.is_visible()
        page.locator("#referee").check()
        watched.unpack()
        for part in parts:
            assert page.locator(part).first.evaluate("one => getComputedStyle(one).display") != "none", part


def test_without_scripts_the_switch_says_where_the_tables_are(chromium: Browser, file: Path) -> None:
    places = ".packed", "one => getComputedStyle(one, '::before').content"
    with Watched(chromium, file, java_script_enabled=False) as page:
        assert not page.locator("#run").is_visible() and page.locator(".statement").first.is_visible()
        page.locator("#referee").check()
        assert "report.md" in page.locator("#run noscript").inner_text()
        assert (
            page.locator(".libraries th:nth-child(4)").first.evaluate("one => getComputedStyle(one).display") != "none"
        )
        said = {
            page.locator(f"{where} {places[0]}").first.evaluate(places[1]) for where in ("#matrix", ".claim .referee")
        }
        assert len(said) == 1 and "report.md" in said.pop()
    with Watched(chromium, file, "#matrix", java_script_enabled=False) as page:
        assert page.locator("#matrix").is_visible(), "a link leads into it"


UNPACKED = "document.querySelector('main').innerHTML.replace(/\\s+/g, ' ').replace(/> </g, '><')"


def test_what_is_unpacked_is_what_was_packed(chromium: Browser, tmp_path: Path, file: Path) -> None:
    open_page = tmp_path / "open.html"
    open_page.write_text(html.whole(evidence()), encoding="utf-8")
    with Watched(chromium, open_page) as page:
        page.locator("#referee").check()
        whole = page.evaluate(UNPACKED)
    with Watched(chromium, file, referee=True) as page:
        assert page.evaluate(UNPACKED) == whole
    assert len(file.read_bytes()) < len(open_page.read_bytes())


def test_a_link_into_what_is_packed_leads_there(chromium: Browser, file: Path) -> None:
    for names in (("claim.correlate", "case", "2-d"), ("matrix",)):
        with Watched(chromium, file, link(*names)) as page:
            page.wait_for_function(
                "() => document.querySelector(':target')?.checkVisibility() && document.querySelector('#matrix table')"
            )
            assert page.locator(":target").get_attribute("id") == anchor(*names)
            assert page.locator("#referee").is_checked()
            assert -1 <= (page.locator(":target").bounding_box() or {"y": -9})["y"] < 900


def test_a_search_unpacks_what_it_looks_at(chromium: Browser, searched: Path) -> None:
    made = searchable()
    torch = expected(made, telling(of("backend", "torch")))
    watched = Watched(chromium, searched)
    with watched as page:
        assert page.locator("#packed").count() == 1
        page.locator("#search").fill("torch")
        watched.unpack()
        assert page.locator("#shown").inner_text() == torch[1]
        shown = page.locator("article.claim").evaluate_all("all => all.filter(one => !one.hidden).map(one => one.id)")
        assert shown == [name for name, _ in torch[0]]
    watched = Watched(chromium, searched, "#search=torch&sort=surprise")
    with watched as page:
        watched.unpack()
        assert page.locator("#search").input_value() == "torch" and page.locator("#shown").inner_text() == torch[1]


def test_corrections_come_first_then_the_lecture_then_its_evidence_then_what_is_for_referees(
    chromium: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "index.html"
    path.write_text(html.render(correctable()), encoding="utf-8")
    with Watched(chromium, path) as page:
        ids = page.locator("main > section").evaluate_all("all => all.map(one => one.id)")
        order = ["notes", "lecture", "claims", "reading", "run", "matrix", "premises", "environment"]
        assert [one for one in ids if one in order] == order
        assert page.locator(".needs").inner_text().split("\n")[0].endswith("fails as worded")
        icon = page.locator("nav.side a[href='#claim.worded'] use")
        assert icon.get_attribute("href") == "#i-as-worded"
        assert "v-as-worded" in (page.locator("[id='claim.worded']").get_attribute("class") or "")


def test_the_lecture_is_shown_sentence_by_sentence_with_its_notes(chromium: Browser, file: Path) -> None:
    with Watched(chromium, file) as page:
        page.locator("#present").click()
        assert not page.locator("nav.side").is_visible() and not page.locator("#claims").is_visible()
        seen = []
        for _ in range(3):
            seen.append(page.locator(".says.now").first.inner_text())
            assert not page.locator("#beside").is_visible()
            page.keyboard.press("Enter")
            assert page.locator("#beside .finding").count() >= 1
            page.keyboard.press("ArrowRight")
        assert len(set(seen)) == 3
        page.keyboard.press("ArrowLeft")
        assert page.locator(".says.now").first.inner_text() == seen[2]
        page.locator(".says.now").first.click()
        assert page.locator("#beside").is_visible() and page.url.endswith("index.html"), (
            "a click shows, and leads nowhere"
        )
        page.keyboard.press("Escape")
        assert page.locator("nav.side").is_visible() and not page.locator("#beside").is_visible()
        assert not page.locator(".says.now").count()


def test_no_verdict_is_seen_before_the_guess(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "index.html"
    made = correctable()
    *others, last = made.lecture.sentences
    elsewhere = structs.replace(last, see=("claim.worded",), disposition="", reason="")
    made.lecture = structs.replace(made.lecture, sentences=(*others, elsewhere))
    path.write_text(html.render(made), encoding="utf-8")
    with Watched(chromium, path) as page:
        assert not page.locator(".guess").count()
        page.locator("#guess").check()
        hidden = (".chip", ".finding", "#notes", ".needs", "article.claim", "nav.side .icon")
        assert not any(one.is_visible() for part in hidden for one in page.locator(part).all())
        so = ["holds", "fails", "holds if …", "is disputed"]
        assert page.locator(".guess").count() == len(so), (
            "of what the run could not decide, and of claims made of another sentence, nothing is asked"
        )
        for n, (said, found) in enumerate(zip(["holds", "holds", "holds if …", "fails"], so, strict=True)):
            ask = page.locator(".guess").nth(n)
            ask.get_by_role("button", name=said, exact=True).click()
            assert ask.inner_text() == (f"✓ it {found}" if said == found else f"you: it {said}; found: it {found}")
            assert page.locator("#score").inner_text() == f"{(1, 1, 2, 2)[n]} of {n + 1} right"
            assert (
                page.locator("article.claim").evaluate_all("all => all.filter(a => a.checkVisibility()).length")
                == n + 1
            )
        page.locator("#guess").uncheck()
        assert page.locator("#notes").is_visible() and not page.locator(".guess").first.is_visible()


# --- WCAG 2.2 AA -------------------------------------------------------------------------------------------------------


def violations(page: Page, **options: Any) -> list[str]:
    """What axe finds, each element on a line.

    A sentence of the lecture is a link within a block of text, which may be as small as its words (success criterion
    2.5.8, "inline"); axe sees that only where words that are no link stand beside it.
    """
    page.evaluate((importlib.resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate(
        "options => axe.run(document, options)", {"resultTypes": ["violations"], "preload": False, **options}
    )
    return [
        f"{rule['id']}: {node['html'][:200]}"
        for rule in found["violations"]
        for node in rule["nodes"]
        if not (rule["id"] == "target-size" and 'class="says' in node["html"])
    ]


OPEN = "document.querySelectorAll('details').forEach(one => { one.open = true; })"


def test_axe_finds_nothing_in_light(chromium: Browser, file: Path) -> None:
    with Watched(chromium, file, color_scheme="light") as page:
        page.evaluate(OPEN)
        assert violations(page, runOnly=WCAG) == []


def test_axe_finds_nothing_in_dark(chromium: Browser, file: Path) -> None:
    with Watched(chromium, file, color_scheme="dark") as page:
        page.evaluate(OPEN)
        assert violations(page, runOnly=["color-contrast", "link-in-text-block"]) == []


def test_axe_finds_nothing_on_a_phone(chromium: Browser, file: Path) -> None:
    with Watched(chromium, file, viewport=PHONE) as page:
        assert violations(page, runOnly=["target-size", "scrollable-region-focusable", "meta-viewport"]) == []


def test_axe_does_find_what_is_there(chromium: Browser, file: Path) -> None:
    with Watched(chromium, file) as page:
        page.evaluate("document.querySelector('.try input').parentElement.replaceWith(document.createElement('input'))")
        page.evaluate("document.querySelector('.skip').removeAttribute('href')")
        assert any(line.startswith("label:") for line in violations(page, runOnly=["label"]))


# --- pictures that answer ----------------------------------------------------------------------------------------------


def test_the_window_moves_by_buttons_arrow_keys_and_clicks(chromium: Browser, file: Path) -> None:
    with Watched(chromium, file) as page:
        figure = page.locator("figure[data-try=kernel]")
        sums = worked_example()["sums"]

        def shown(which: int, i: int, j: int) -> None:
            window = sums[which]["windows"][i][j]
            index = f"S({', '.join(map(str, window['index']))})"
            assert says(page, "kernel") == f"{index} = {' + '.join('·'.join(p) for p in window['products'])}"
            met = figure.locator(".input td.met").all_inner_texts()
            assert met == ["".join(p) for p in window["products"]]
            assert figure.locator(".laid td").all_inner_texts() == [k for _, k in window["products"]]
            assert figure.locator(".outputs .now").all_inner_texts() == [window["sum"]]

        shown(0, 0, 0)
        figure.get_by_role("button", name="Window one step right").click()
        shown(0, 0, 1)
        page.keyboard.press("ArrowDown")  # the button has the focus
        shown(0, 1, 1)
        figure.locator(".board").focus()
        for _ in range(3):  # there are three columns: the window stops at the border
            page.keyboard.press("ArrowRight")
        shown(0, 1, 2)
        figure.get_by_role("radio", name="cross-correlation").check()
        shown(1, 1, 2)
        page.keyboard.press("ArrowLeft")  # the radio buttons keep their own arrow keys
        shown(0, 1, 2)
        figure.locator(".outputs td").first.click()
        shown(0, 0, 0)
        assert figure.get_by_role("button", name="Window one step left").get_attribute("aria-disabled") == "true"


def test_sizes_are_those_of_the_reference_and_the_still_picture_comes_back(chromium: Browser, file: Path) -> None:
    with Watched(chromium, file) as page:
        figure = page.locator("figure[data-try=size]")
        begun = figure.evaluate("f => [...f.querySelectorAll('path, circle, .now-says')].map(x => x.outerHTML)")
        assert begun == still(chromium, file)

        def choose(**sizes: int) -> None:
            for name, size in sizes.items():
                figure.locator(f"input[name={name}]").fill(str(size))

        for H, k, stride, padding, dilation in [(32, 7, 4, 3, 3), (1, 1, 1, 0, 1), (5, 7, 1, 0, 1), (9, 2, 3, 1, 2)]:
            sizes = {"H": H, "k": k, "stride": stride, "padding": padding, "dilation": dilation}
            choose(**sizes)
            count = interactive.windows(**sizes)
            told = re.search(r"= ([−\d]+)\. (.*)", says(page, "size"))
            assert told is not None
            assert told[2].startswith(f"{count} window" if count else "No window fits"), sizes
            if count:
                assert int(told[1]) == count
            lines = figure.locator(".reach").get_attribute("d") or ""
            assert lines.count("M") == count
        choose(**interactive.BEGIN)
        assert figure.evaluate("f => [...f.querySelectorAll('path, circle, .now-says')].map(x => x.outerHTML)") == begun
        figure.locator("input[name=H]").press("ArrowRight")
        assert "(9 + 2·1" in says(page, "size")


def still(browser: Browser, file: Path) -> list[str]:
    """The same elements where no script has run."""
    with Watched(browser, file, java_script_enabled=False) as page:
        figure = page.locator("figure[data-try=size]")
        return figure.evaluate("f => [...f.querySelectorAll('path, circle, .now-says')].map(x => x.outerHTML)")


def test_z_moves_and_tells_what_the_formats_lose(chromium: Browser, file: Path) -> None:
    made = interactive.of(evidence().claims[2])["saturation"]
    with Watched(chromium, file) as page:
        figure = page.locator("figure[data-try=saturation]")
        field, slider = figure.get_by_label("exactly"), figure.get_by_label("z", exact=True)
        for z in (20.0, 0.0, -0.5, 3.25, -8.0, 17.5, -104.0, 800.0):
            field.fill(f"{z:g}")
            rows = [tuple(row.split("\t")) for row in figure.locator(".values tbody tr").all_inner_texts()]
            assert rows == interactive.table(z)
            assert says(page, "saturation") == interactive.says(z, made["data"]["bars"])
            x = float((figure.locator(".cursor").get_attribute("d") or "")[1:].partition(" ")[0])
            assert abs(x - interactive.place(z, made["data"]["most"])) <= 0.1
        field.fill("0")
        slider.press("ArrowRight")
        assert 0 < float(field.input_value()) < 0.1
        assert slider.get_attribute("aria-valuetext") == f"z = {field.input_value()}"


IN_VIEW = """([picture, point]) => {
  const svg = document.querySelector(picture), box = svg.parentElement.getBoundingClientRect();
  const at = svg.querySelector(point).getBoundingClientRect();
  return box.left <= at.left && at.right <= box.right;
}"""


def test_on_a_phone_the_point_that_moves_stays_in_view(chromium: Browser, file: Path) -> None:
    with Watched(chromium, file, viewport=PHONE) as page:
        figure = page.locator("figure[data-try=saturation]")
        cursor = ["figure[data-try=saturation] svg", ".cursor"]
        figure.locator("svg").scroll_into_view_if_needed()
        page.wait_for_function(IN_VIEW, arg=cursor)  # before anything was moved
        assert figure.locator(".wide").evaluate("box => box.scrollWidth > 1.5 * box.clientWidth")
        for z in (800, -800, 0.5, -20):
            figure.get_by_label("exactly").fill(f"{z}")
            assert page.evaluate(IN_VIEW, cursor), z
        figure.get_by_label("z", exact=True).press("End")
        assert page.evaluate(IN_VIEW, cursor)
        for H in (32, 1, 20):
            page.locator("figure[data-try=size] input[name=H]").fill(f"{H}")
            assert page.evaluate(IN_VIEW, ["svg.stairs", "circle"]), H
            assert page.evaluate(IN_VIEW, ["svg.row", ".own"])


def test_data_of_another_shape_give_no_picture() -> None:
    claim = copy.deepcopy(evidence().claims[0])
    assert list(interactive.of(claim)) == ["kernel"]
    claim.figures["worked_example"]["torch float32"]["sums"] = [{"name": "x"}]
    claim.figures["saturation"] = {"torch float32": {"cutoffs": [{"function": 3}]}}
    claim.ranges = {"H": 32, "k": 7}
    assert interactive.of(claim) == {}


# --- the benchmark of the page -----------------------------------------------------------------------------------------


def benchmark(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("results") / "results.json"
    path.write_text(record.dumps(sample.sample_evidence()), encoding="utf-8")
    return path


def test_the_benchmark_says_what_is_missing(results: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes.json"
    notes.write_text("{}", encoding="utf-8")
    for said, ran in {
        "page: no nowhere.json: run make verify": benchmark("page", "--results", "nowhere.json"),
        f"page: results={str(notes)!r}: schema '', expected": benchmark("page", "--results", notes),
        "page: no chromium on PATH": benchmark("page", "--results", results, PATH=str(tmp_path)),
        "pages: no such benchmark; there is detectors": benchmark("pages"),
    }.items():
        assert (ran.returncode, ran.stdout) == (2, "")
        assert ran.stderr.startswith(said)
        assert ran.stderr.count("\n") == 1


@pytest.mark.rare
@pytest.mark.usefixtures("chromium")
def test_the_benchmark_measures_the_page_and_leaves_the_other_figures(results: Path) -> None:
    before = (ROOT / "docs/measured.md").read_bytes()
    ran = benchmark("page", "--results", results)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (ROOT / "docs/measured.md").read_bytes() == before
    rows = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|", ran.stdout, re.MULTILINE))
    size = len(html.render(record.load(results)).encode())
    assert rows["size of the file"] == f"{size:,} bytes"
    assert f"| size of the file | {size:,} bytes |  | under 2,000,000 bytes: kept |" in ran.stdout
    assert re.search(r"\| opened \(load event\) \| \d+\.\d\d s \| .* \| under 1 s: ", ran.stdout)
    assert float(rows["scripts on ÷ scripts off"]) > 0
    parts = re.findall(r"^\| ([a-z]+) \| ([\d,]+) \| [\d.]+% \|$", ran.stdout, re.MULTILINE)
    assert sum(int(n.replace(",", "")) for _, n in parts) == size
    assert {"head", "style", "body", "matrix", "lecture", "claims", "premises", "sensitivity", "ledger", "script"} <= {
        name for name, _ in parts
    }
