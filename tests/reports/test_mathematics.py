"""Formulas in the lecture's text: found by rules, set as MathML, and read as before."""

import re
import xml.etree.ElementTree as ET
from html import unescape
from pathlib import Path

import pytest
from lectureclaims.claims.engine import lecture
from lectureclaims.claims.record.types import Sentence
from lectureclaims.reports.page import lecture_text, mathematics
from markdown_it import MarkdownIt

LECTURE = lecture.read()


def texts(markdown):
    """The text tokens of a Markdown text."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    blocks = [t.children or [] for t in parser.parse(markdown) if t.type == "inline"]
    return [c.content for children in blocks for c in children if c.type == "text"]


def found(*lines):
    """The plain text of the formulas of each line."""
    return [[line[f.begin : f.end] for f in own] for line, own in zip(lines, mathematics.formulas(lines), strict=True)]


def rendered(markdown, sentences=()):
    def mark(sentence, link):
        return (f'<a href="#{sentence.id}">', "</a>") if link else ("<mark>", "</mark>")

    return lecture_text.render(markdown, sentences, title="", mark=mark, after=lambda sentence: "")


def words(html):
    """What a reader sees, with each MathML read as it says of itself."""
    plain = re.sub(r'<math alttext="([^"]*)">.*?</math>', r"\1", html)
    return unescape(re.sub(r"<[^>]+>", "", plain))


FORMULAS = [
    (text, formula, text[formula.begin : formula.end])
    for text, own in zip(texts(LECTURE.markdown), mathematics.formulas(texts(LECTURE.markdown)), strict=True)
    for formula in own
]


@pytest.mark.parametrize("formula, plain", [(f, plain) for _, f, plain in FORMULAS], ids=[p for *_, p in FORMULAS])
def test_every_formula_of_the_lecture_is_well_formed_and_reads_as_before(formula, plain):
    root = ET.fromstring(f"<line>{formula.mathml}</line>")
    assert {math.tag for math in root} == {"math"}
    assert " ".join(math.get("alttext", "") for math in root) == plain
    assert "".join(root.itertext()).replace("∑", "Σ") == plain.replace("_", "")
    assert {tag for e in root.iter() for tag in [e.tag]} <= {
        *["line", "math", "mrow", "mi", "mo", "mn", "msub", "munder", "mspace"]
    }
    assert all(not len(e) for e in root.iter() if e.tag in ("mi", "mo", "mn", "mspace"))
    assert all(len(e) == 2 for e in root.iter() if e.tag in ("msub", "munder"))


def test_the_formulas_of_the_lecture_are_found():
    """Every relation, sum and integral of the lecture's text is in a formula, and no word of English is."""
    plain = [p for *_, p in FORMULAS]
    assert "S(i, j) = (X * W)(i, j) = Σ_m [Σ_n] X(i + m, j + n) W(m, n)" in plain
    assert "N × Cout × (W − k_x + 1) × (H − k_y + 1)" in plain
    assert "S(t) = ∫ X(a) W(t − a) da" in plain
    assert "σ(z) = α_i min(0, z_i) + max(0, z_i)" in plain
    assert "[N, Cin, H, W] → [N, Cout, Hout, Wout]" in plain
    assert "tanh(z)" in plain and "logistic(z)" in "".join(plain)
    outside = "\n".join(texts(LECTURE.markdown))
    for one in sorted(plain, key=len, reverse=True):
        outside = outside.replace(one, "·", 1)
    assert not re.search(r"[=∫×*−]|Σ_|_[a-z]", outside)
    in_words = {word for one in plain for word in re.findall(r"[A-Za-z]{2,}", one)}
    assert not {"a", "A", "I", "w"} & {*plain}
    assert in_words == {"Cin", "Cout", "Hout", "Wout", "max", "min", "tanh", "logistic", "da"}


def test_the_whole_lecture_reads_as_before(monkeypatch):
    typeset = rendered(LECTURE.markdown)[0]
    monkeypatch.setattr(mathematics, "typeset", lambda blocks: None)
    plain = rendered(LECTURE.markdown)[0]
    assert "<math" in typeset and "<math" not in plain
    assert words(typeset) == words(plain)


def test_sums_integrals_subscripts_and_relations_have_the_elements_that_mathematics_has_for_them():
    (sum_,), (integral,), (below,) = mathematics.formulas(["Σ_m X(m) W(i − m)", "∫ X(a) W(t − a) da", "α_i × k_12"])
    assert '<munder><mo movablelimits="false">∑</mo><mi>m</mi></munder>' in sum_.mathml
    assert "<mo>∫</mo>" in integral.mathml and integral.mathml.endswith("<mi>d</mi><mi>a</mi></mrow></math>")
    assert "<msub><mi>α</mi><mi>i</mi></msub> <mo>×</mo> <msub><mi>k</mi><mn>12</mn></msub>" in below.mathml
    (relations,) = mathematics.formulas(["S(i) = X * W ≤ 1.5 and so on"])[0]
    assert re.findall('alttext="([^"]*)"', relations.mathml) == ["S(i)", "= X * W", "≤ 1.5"]  # a line may break between
    (inside,) = mathematics.formulas(["k_x (a = b) f(x = 1) < c"])[0][-1:]
    assert "f(x = 1)" in inside.mathml


@pytest.mark.parametrize(
    "text, formulas",
    [
        ("it is f(a·x + b·y) = a·f(x) there", ["f(a·x + b·y) = a·f(x)"]),
        ("⌊(H + 2p − d(k − 1) − 1)/s⌋ + 1 outputs", ["(H + 2p − d(k − 1) − 1)/s"]),
        ("γ(x − μ)/√(s² + ε) + β, or σ′(z)", ["γ(x − μ)/√(s² + ε) + β", "σ′(z)"]),
        ("tanh is 2σ(2z) − 1; H·W ÷ k² times", ["2σ(2z) − 1", "H·W ÷ k²"]),
        ("the rest of 2^z + 1, e^−|z| and log₄(x) are plain", []),
        ("f_α* − 1, ε = 10⁻⁵, W̄(m), Conv2d and tf.nn.conv2d", []),
        ("γ³/(v + ε)^(3/2)", ["v + ε"]),
    ],
)
def test_products_powers_roots_and_quotients_are_read_whole_or_not_at_all(text, formulas):
    (own,) = mathematics.formulas([text])
    assert [text[f.begin : f.end] for f in own] == formulas
    for formula in own:
        root = ET.fromstring(f"<line>{formula.mathml}</line>")
        assert "".join(root.itertext()) == text[formula.begin : formula.end].replace("_", "")


def test_texts_of_one_notation_share_their_letters_and_another_text_stays_plain():
    notation = mathematics.Notation(["S(z) = 1", "where z is <b>"])
    assert notation.html("where z is <b>") == 'where <math alttext="z"><mrow><mi>z</mi></mrow></math> is &lt;b&gt;'
    assert notation.html("z < S(z)") == "z &lt; S(z)"


@pytest.mark.parametrize(
    "prose",
    [
        "A neural network is a function (e.g. cat, dog), i.e. an item(s) list, a C++ or C# program, X-rays and a 3-tensor.",
        "I saw A or B; vitamin C, plan B (a), plan A(b), (i) first; Don't; R+D; 24/7; 1,000 images; version 2.6.1; a - b; O(ne).",
        "a b c d …, a kernel w x / y z; input → hidden → output; = equals; × times; 5 m tall; the set {a} – C – B.",
        "[the] input [are] treated; [Ignore bias.]; height[, C – channels]; x_train and my_variable_name; _emphasis_",
        "[N, and then nothing; S(i, no; |z, no; Σ over m; Σ_m of nothing; ∫ X; (((; f(; max(of these); tanh; S = a map",
        "",
    ],
)
def test_prose_stays_prose(prose):
    assert found(prose) == [[]]
    assert "<math" not in rendered(prose)[0]


def test_a_lecture_without_formulas_is_unchanged(monkeypatch):
    prose = "# Title\n\nSome *words* and [a link](https://example.org/), a list:\n\n- first `k_x = 1`\n- second\n\n| a | b |\n| --- | --- |\n| c | d |\n"
    sentences = [Sentence(id="one", text="Some *words*", see=("a.b",))]
    typeset = rendered(prose, sentences)
    monkeypatch.setattr(mathematics, "typeset", lambda blocks: None)
    assert typeset == rendered(prose, sentences)
    assert "<math" not in typeset[0]


def test_a_letter_alone_is_mathematics_where_a_formula_of_the_lecture_has_it():
    lines = (
        "W – width, H – height; N equal",
        "PyTorch: [N, C, H, W].",
        "a 5 N weight; (N) first; N-fold; N.B. and C, N’s, B-N, b.N, ’N",
    )
    assert found(*lines) == [["W", "H", "N"], ["[N, C, H, W]"], ["C"]]
    assert found(lines[0]) == [[]]


def test_an_article_before_a_formula_is_none_of_it():
    assert found("A S(t) curve, a k_x") == [["S(t)", "k_x"]]


def test_a_name_of_a_function_is_one_where_an_equals_sign_gives_it():
    lines = "σ(z) = logistic(z)", "or logistic(z_i)", "word(z)"
    assert found(*lines) == [["σ(z) = logistic(z)"], ["logistic(z_i)"], []]


def test_marks_run_over_formulas_and_a_mark_that_ends_within_one_leaves_it_plain():
    def marked(text):
        html, missing = rendered(
            "Output: N × C_x × (W − 1), so S(i) = 1 here.", [Sentence(id="s", text=text, see=("a.b",))]
        )
        assert missing == []
        assert words(html).strip() == "Output: N × C_x × (W − 1), so S(i) = 1 here."
        return re.findall(r'<a href="#s">(.*?)</a>', html), html.count("<math")

    (one,), maths = marked("Output: N × C_x × (W − 1), so")
    assert words(one) == "Output: N × C_x × (W − 1), so" and one.count("<math") == 1
    assert maths == 3  # S(i) and its other side are outside
    (one,), maths = marked("Output: N × C_x")
    assert one == "Output: N × C_x" and maths == 2


HOSTILE = [
    '<script>alert(1)</script> x < y > z = "q" & S(i) = 1',
    "\u202eS(i) = 1\u202c k_x\u200f × C",
    "k_x = 1 \x00\x07 ]]> --> {{ 7 * 7 }}",
    "S(i) = " * 1_400,
    *(
        piece * 500
        for piece in ("(", "S(", "S(i, ", "|x", "[N, ", "Σ_m ", "∫ ", "max(", "((x * ", "= ", "−", "k_x ", "S(x) ")
    ),
    "x" * 10_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_comes_out_as_text(text):
    (own,) = mathematics.formulas([text])
    for formula in own:
        root = ET.fromstring(f"<line>{formula.mathml}</line>")
        assert " ".join(math.get("alttext", "") for math in root) == text[formula.begin : formula.end]
    html = rendered(text)[0]
    assert "<script" not in html
    assert html.count("<math") == html.count("</math>") == html.count("alttext=")


def test_brackets_in_brackets_beyond_any_lecture_do_not_exhaust_the_stack():
    deep = "S(" * 2_000 + "i" + ")" * 2_000
    assert all(f.end <= len(deep) for f in mathematics.formulas([deep])[0])


def test_the_page_draws_a_line_under_mathematics_too():
    """Text decoration does not reach MathML, so the page has a rule for sentences with some."""
    style = (Path(lecture_text.__file__).parent / "templates" / "page.css").read_text(encoding="utf-8")
    assert ".says.says:has(math)" in style


def test_a_quotation_has_the_formulas_of_its_sentence_and_nothing_else_of_its_markup() -> None:
    said = lecture_text.quoted(["*Output*: S(i, j) = Σ_m X(m, j)", "[A link](https://example.org/) <b>x</b>", ""])
    assert said[0].startswith("Output: <math") and "<em>" not in said[0]
    assert said[1] == "A link &lt;b&gt;x&lt;/b&gt;"
    assert said[2] == ""
