"""``lecture-claims new my-lecture``: the sentences of somebody's notes, and a folder that verifies at once."""

import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from lectureclaims.claims.engine import lecture, verification
from lectureclaims.claims.engine.verification import BadRequest
from lectureclaims.claims.record.types import Sentence
from lectureclaims.reports.front.lectures import folder, sentences
from lectureclaims.reports.page import lecture_text, tex
from lying import run_command

NOTES = r"""---
layout: course
---
# Optimisers

## Gradient descent

Each weight moves by $-\eta g$, e.g. with $\eta = 0.1$. It **never** overshoots!

It updates

$$
w_{t+1} = w_t
- \eta g_t
$$

at every step.

- Adam divides by `sqrt(v). And`
  more.
- Über Momentum: "it adds". See D. P. Kingma.

> Somebody else's words.

```python
x = "No sentence. None."
```

| rule | update |
| --- | --- |
| SGD | $w - \eta g$ |

It's 3.5 dollars. 学习率很小。动量很大。It **never** overshoots!
"""


def read(text):
    return [(one.id, one.text) for one in sentences.read(text)]


def test_every_sentence_of_the_notes_gets_an_id():
    assert read(folder.FRONT_MATTER.sub("", NOTES)) == [
        ("gradient_descent.each_weight_moves", r"Each weight moves by $-\eta g$, e.g. with $\eta = 0.1$."),
        ("gradient_descent.never_overshoots", "It **never** overshoots!"),
        ("gradient_descent.updates_every_step", r"It updates $$ w_{t+1} = w_t - \eta g_t $$ at every step."),
        ("gradient_descent.adam_divides_more", "Adam divides by `sqrt(v). And` more."),
        ("gradient_descent.uber_momentum_adds", 'Über Momentum: "it adds".'),
        ("gradient_descent.see_kingma", "See D. P. Kingma."),
        ("gradient_descent.rule", "rule"),
        ("gradient_descent.update", "update"),
        ("gradient_descent.sgd", "SGD"),
        ("gradient_descent.formula", r"$w - \eta g$"),
        ("gradient_descent.dollars", "It's 3.5 dollars."),
        ("gradient_descent.sentence", "学习率很小。"),
        ("gradient_descent.sentence_2", "动量很大。"),
        ("gradient_descent.never_overshoots_2", "It **never** overshoots!"),
    ]


@pytest.mark.parametrize(
    "text, pieces",
    [
        ("One. Two? Three!", ["One.", "Two?", "Three!"]),
        ("One (see Fig. 3). Two.", ["One (see Fig. 3).", "Two."]),
        (
            "Kingma et al. 2014 and Dr. Who, i.e. both, vs. Others",
            ["Kingma et al. 2014 and Dr. Who, i.e. both, vs. Others"],
        ),
        ("So z. B. Momentum. Und Adam.", ["So z. B. Momentum.", "Und Adam."]),
        ("*One.* **Two.** “Three.” (Four.) Five", ["*One.*", "**Two.**", "“Three.”", "(Four.)", "Five"]),
        ("At 0.5 or v1.2 it stops. $x$ is small.", ["At 0.5 or v1.2 it stops.", "$x$ is small."]),
        ("See [A. B](https://example.org/a. B). Then", ["See [A. B](https://example.org/a. B).", "Then"]),
        ("one line\nand another.\n\na paragraph", ["one line and another.", "a paragraph"]),
        ("# Heading. Two\n\n    code. Two\n\n<!-- a comment. Two -->\n\n***\n", []),
        ("The step is\n\n$$a$$\n\nAnd so on.", ["The step is $$a$$", "And so on."]),
        ("It ends.\n\n$$a$$\n", ["It ends.", "$$a$$"]),
        ("", []),
    ],
)
def test_where_a_sentence_ends(text, pieces):
    assert [words for _, words in read(text)] == pieces


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A new lecture with nothing but what is there to begin with."""
    home = tmp_path_factory.mktemp("new") / "lecture"
    list(folder.write(home, None))
    return home


def verdicts(home, claim):
    way = verification.Way(in_process=True)
    found = verification.verify([claim], backends=["numpy"], dtypes=["float64"], lecture_folder=home, way=way)
    return [one.verdict for one in found.claims]


@pytest.mark.parametrize(
    "file, said, instead, claim, verdict",
    [
        ("averages_spread", "within(0.2, 0.3", "within(0.3, 0.4", "averages_spread", "not supported"),
        (
            "averages_spread",
            '"averages": averages.std((1, 2, 3))',
            '"averages": x.std((1, 2))',
            "averages_spread",
            "inconclusive",
        ),
        ("formulas", "(H - k) // s + 1)", "(H - k) // s + 2)", "pooled_size", "refuted"),
        ("formulas", "z / (1 + mpmath.exp(-z))", "z * mpmath.tanh(z)", "silu", "refuted"),
        ("descends", "sign=-1", "sign=-2", "descends", "refuted"),
        ("descends", "range(1, 65)", "range(1, 9)", "descends", "inconclusive"),
    ],
)
def test_what_is_there_to_begin_with_can_fail(begun, tmp_path, file, said, instead, claim, verdict):
    home = shutil.copytree(begun, tmp_path / "lecture", ignore=shutil.ignore_patterns("__pycache__"))
    text = (home / f"begin/{file}.py").read_text(encoding="utf-8")
    assert text.count(said) == 1
    (home / f"begin/{file}.py").write_text(text.replace(said, instead), encoding="utf-8")
    assert verdicts(home, f"begin.{claim}") == [verdict]


def test_what_is_there_to_begin_with_is_styled(begun):
    ruff = [sys.executable, "-m", "ruff"] if shutil.which("ruff") is None else [shutil.which("ruff")]
    for check in (("check", "--extend-ignore=I001"), ("format", "--check")):
        config = ("--config", str(Path(__file__).parents[2] / "pyproject.toml"))
        styled = subprocess.run(
            [*ruff, *check, *config, str(begun)], capture_output=True, text=True, timeout=60, check=False
        )
        assert styled.returncode == 0, styled.stdout
    assert len((begun / "begin/averages_spread.py").read_text(encoding="utf-8").splitlines()) <= 22


@pytest.mark.parametrize("text", ['it\'s "so" \\alpha\x7f', r"$\eta$", 'a "quote"', "it's", "Ω\tx"])
def test_a_string_of_the_ledger_reads_back(text):
    assert tomllib.loads(f"text = {folder._quoted(text)}")["text"] == text


def test_the_folder_can_be_read_and_verifies_at_once(tmp_path):
    notes, home = tmp_path / "notes.md", tmp_path / "my lecture"
    notes.write_text(NOTES, encoding="utf-8")
    done = run_command("lecture-claims", "new", str(home), "--from", str(notes))
    assert done.returncode == 0, done.stderr
    assert "14 sentences of yours in its ledger" in done.stdout
    book = lecture.read(home)
    assert book.title == "Optimisers" and "layout: course" not in book.markdown
    assert [(s.id, s.text) for s in book.sentences[:14]] == read(folder.FRONT_MATTER.sub("", NOTES))
    assert len(book.unaccounted) == 14
    command = done.stdout.split("Try it: ")[1].splitlines()[0]
    assert command == f"lecture-claims verify --lecture '{home}' --backend numpy --out report"
    page = tmp_path / "report"
    ran = run_command("lecture-claims", "verify", "--lecture", str(home), "--backend", "numpy", "--out", str(page))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "5 of 5 claims hold, 2 of them qualified" in ran.stdout
    html = (page / "index.html").read_text(encoding="utf-8")
    assert 'alttext="-\\eta g"' in html and "Each weight moves by" in html


@pytest.mark.parametrize(
    "given", [["taken", None], ["file", None], ["new", "nowhere.md"], ["new", "bytes"], ["new", "taken"]]
)
def test_what_cannot_be_made_is_refused_in_one_line(tmp_path, given):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/file.txt").touch()
    (tmp_path / "file").touch()
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    home, notes = given
    with pytest.raises(BadRequest) as refusal:
        list(folder.write(tmp_path / home, notes and tmp_path / notes))
    assert "\n" not in str(refusal.value) and ("is something already" if home != "new" else "from=") in str(
        refusal.value
    )
    assert not (tmp_path / "new").exists() and [p.name for p in (tmp_path / "taken").iterdir()] == ["file.txt"]


def test_a_word_that_is_neither_command_nor_lecture_is_refused():
    done = run_command("lecture-claims", "new", "cliam", "layer.correlates")
    assert done.returncode == 2 and "No such command 'cliam'" in done.stderr


def page_of(markdown, *texts):
    told = [Sentence(id=f"s{i}", text=text, see=("a.b",)) for i, text in enumerate(texts)]
    return lecture_text.render(markdown, told, title="", mark=lambda s, link: ("<b>", "</b>"), after=lambda s: "")


def test_the_page_sets_tex():
    text = r"Here $w_t$ falls" + "\n\n$$\na\n+ b*c*\n$$\n\nand ends."
    html, missing = page_of(text, r"Here $w_t$ falls $$ a + b*c* $$ and ends.")
    assert missing == [] and "<em>" not in html and "<ul>" not in html
    assert '<math display="block" alttext="a + b*c*">' in html and html.count("<b>") == 3
    assert "<msub><mi>w</mi><mi>t</mi></msub>" in lecture_text.quoted(["where $w_t$ is"])[0]
    assert '<div class="wide" tabindex="0"><b><math' in html


@pytest.mark.parametrize(
    "text, html",
    [
        ("no <b> \"formula\" & 'none'", "no &lt;b&gt; &#34;formula&#34; &amp; &#39;none&#39;"),
        ("$5 and $6", "$5 and $6"),
        (r"\$x\$", r"\$x\$"),
        ("so $<$ is", 'so <math display="inline" alttext="&lt;"><mrow><mo>&lt;</mo></mrow></math> is'),
    ],
)
def test_words_elsewhere_have_their_formulas_set_and_nothing_else(text, html):
    assert tex.words(text) == html


@pytest.mark.parametrize(
    "source", [r"\text{<script>}", r"\href{javascript:alert(1)}{x}", r"\frac{1}", r"\left(", r"\nonsense{"]
)
def test_what_is_no_mathml_stays_text(source):
    html, _ = page_of(f"A ${source}$ stays.")
    assert "<script" not in html and "href" not in html.replace(r"\href", "")
    for math in html.split("<math")[1:]:
        assert ET.fromstring("<math" + math.partition("</math>")[0] + "</math>") is not None


@pytest.mark.parametrize(
    "made", ["<math><script>1</script></math>", "<math><mi>x</mi><img src='a'/></math>", "<math", ""]
)
def test_what_a_library_makes_is_taken_only_if_it_is_mathml(monkeypatch, made):
    monkeypatch.setattr("latex2mathml.converter.convert", lambda source, display: made)
    assert tex.words("$x$") == "$x$"


def test_a_price_is_no_formula():
    html, _ = page_of("It costs $5 and $6 more.")
    assert "<math" not in html
