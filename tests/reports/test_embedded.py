"""What was found in documents of others: in a notebook, and in a Sphinx book that a refuted claim ends."""

import html.parser
import re
from pathlib import Path

import pytest
import sample_evidence as sample
from lectureclaims.claims.record import file
from lectureclaims.reports.embedded import fragments
from lectureclaims.reports.wording import findings
from lying import run_command
from msgspec import structs
from poison import HOSTILE, KINDS, poisoned

# --- HTML --------------------------------------------------------------------------------------------------------------


class Tags(html.parser.HTMLParser):
    """The tags that a piece of HTML opens, with their attributes; its text."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.attributes, self.text = set(), set(), ""
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data


def corrected():
    return sample.worded(instead="{The logistic|tanh as a hidden activation} is not recommended", verdict="supported")


def test_evidence_tells_verdicts_and_what_should_stand_there():
    found = sample.sample_evidence()
    found.claims = (*found.claims, corrected())
    read = Tags(fragments.evidence(found))
    assert [c.id for c in found.claims if c.id not in read.text] == []
    assert findings.corrections(found) and all(one.text in read.text for one in findings.corrections(found))
    for claim in found.claims:
        said = Tags(fragments.claim(claim)).text
        assert claim.verdict in said and claim.scope in said
        assert [cell.name for cell in claim.cells if cell.name not in said] == []


def test_a_sentence_is_struck_through_only_where_something_else_should_stand():
    claims = [*sample.sample_claims(), corrected()]
    struck = [c.id for c in claims if "<s>" in fragments.sentence(c)]
    assert struck == [c.id for c in claims if findings.correction(c)] and len(struck) < len(claims)


@pytest.mark.parametrize("poison", HOSTILE, ids=KINDS)
def test_no_text_of_a_record_is_markup(poison):
    found = poisoned(sample.sample_evidence(), poison)
    read = Tags(fragments.evidence(found) + "".join(map(fragments.claim, found.claims)))
    assert read.tags <= {*("p", "b", "s", "br", "code", "blockquote", "table", "thead", "tbody", "tr", "th", "td")}
    assert read.attributes == set()
    assert not {"\u202e", "\u2066", "\x00"} & {*read.text}


# --- a notebook --------------------------------------------------------------------------------------------------------


def test_ipython_shows_what_was_found_and_keeps_a_line_of_it():
    pytest.importorskip("IPython", reason="IPython is not installed")
    program = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
import lectureclaims
from lectureclaims.claims import adjudicate
from lectureclaims.claims.lecture.convolution.flipping import flip
import sample_evidence
found = sample_evidence.sample_evidence()
one = adjudicate("logistic", inputs={"x": [0.0]}, outputs={"mine": [0.5]}, parameters={})
for x in (found, found.claims[0], found.claims[0].cells[0], one, flip):
    data, _ = shell.display_formatter.format(x)
    assert data["text/html"].startswith("<"), data
    assert len(data["text/plain"]) < 500, data
assert "verified" not in data["text/html"].replace("not verified here", "") and "one axis flipped" in data["text/html"]
"""
    done = run_command("python", "-c", program, ahead=Path(sample.__file__).parent)
    assert done.returncode == 0, done.stderr


# --- a book ------------------------------------------------------------------------------------------------------------


CONF, INDEX = re.findall(
    r"^(`{3,})text\n(.*?)^\1$",
    (Path(__file__).parents[2] / "docs/book.md").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)
"""The files of the book that docs/book.md shows."""


def book(folder, evidence, *, settings="", option="", claim="convolution.flip", strictly=()):
    """That book, built by Sphinx: what it said, and the page."""
    pytest.importorskip("sphinx", reason="Sphinx is not installed")
    (folder / "conf.py").write_text(CONF[1] + settings, encoding="utf-8")
    (folder / "index.md").write_text(
        INDEX[1].replace("{claim} convolution.flip\n", f"{{claim}} {claim}\n{option}"), encoding="utf-8"
    )
    (folder / "results.json").write_text(file.dumps(evidence), encoding="utf-8")
    done = run_command("python", "-m", "sphinx", "-q", *strictly, str(folder), str(folder / "built"))
    page = folder / "built/index.html"
    return done, page.read_text(encoding="utf-8") if page.is_file() else ""


def with_verdict(verdict, **changes):
    """A record of one claim with this verdict, expected to be verified."""
    found = sample.sample_evidence()
    claim = structs.replace(found.claims[0], id="convolution.flip", verdict=verdict, expected="verified", **changes)
    found.claims, found.premises, found.sensitivity = (claim,), (), ()
    return found


def test_a_book_shows_a_claims_verdict_and_evidence(tmp_path):
    found = with_verdict("verified", says="a <b>sentence</b>")
    done, page = book(tmp_path, found, strictly=("-W",))
    assert (done.returncode, done.stderr) == (0, "")
    assert "claim-verified" in page and "✓ convolution.flip: verified" in page
    assert "a &lt;b&gt;sentence&lt;/b&gt;" in page and found.claims[0].statement.split()[0] in page
    assert [cell.name for cell in found.claims[0].cells if cell.name not in page] == []


@pytest.mark.parametrize(
    ("verdict", "claim", "said"),
    [
        ("refuted", "convolution.flip", "convolution.flip: refuted, expected verified"),
        ("inconclusive", "convolution.flip", "convolution.flip: inconclusive, expected verified"),
        ("verified", "convolution.flap", "claim='convolution.flap': did you mean 'convolution.flip'?"),
    ],
)
def test_a_book_is_not_built_with_what_does_not_hold(tmp_path, verdict, claim, said):
    done, _ = book(tmp_path, with_verdict(verdict), claim=claim)
    assert done.returncode != 0 and f"index.md:5: ERROR: {said}" in done.stderr and "Traceback" not in done.stderr
    again = run_command("python", "-m", "sphinx", "-q", str(tmp_path), str(tmp_path / "built"))
    assert (again.returncode, again.stderr) == (done.returncode, done.stderr), (
        "a page that is not read anew says so too"
    )


def test_a_book_that_is_not_strict_warns_and_shows_it(tmp_path):
    done, page = book(tmp_path, with_verdict("refuted"), settings="claims_strict = False")
    assert done.returncode == 0 and "index.md:5: WARNING: convolution.flip: refuted, expected verified" in done.stderr
    assert "claim-refuted" in page and "✗ convolution.flip" in page
    done, _ = book(tmp_path, with_verdict("refuted"), settings="claims_strict = False", strictly=("-W",))
    assert done.returncode != 0


def test_a_record_of_a_part_is_not_fit_for_a_book(tmp_path):
    found = with_verdict("verified")
    found.selection = structs.replace(found.selection, partial=True)
    done, _ = book(tmp_path, found, strictly=("-j2",))
    assert done.returncode != 0 and "convolution.flip: the record is of a part of the claim" in done.stderr


def test_a_book_without_a_record_is_not_built(tmp_path):
    done, _ = book(tmp_path, with_verdict("verified"), option=":results: gone.json\n")
    assert done.returncode != 0 and "gone.json" in done.stderr
