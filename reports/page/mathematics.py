"""Formulas in a lecture's plain text, such as ``S(i, j) = (X * W)(i, j) = Σ_m Σ_n X(m, n) W(i − m, j − n)``, as MathML.

A formula is what this grammar reads:

    formula   ["= "] side (" = " side)*               and the other relations; a leading one where the text begins
    side      ["−"] product (" + " product)*          and −, ±
    product   factors (" × " factors)*                and *, ∗, ·, ∘, ÷; · and / also without blanks
    factors   factor ([" "] factor)*                  without a sign follow sums, calls, and letters with a subscript
    factor    Σ_letter factors | [Σ_letter] factors | ∫ factors d letter | √(list) | head | call
    head      number | number factor | letter | (list) | [list] | |side|
    letter    one Latin or Greek letter, with _letter or _number, or a capital with "in" or "out"; with ², ³ or ′
    call      a letter, a function's name or a (list), and (list) directly after it; names: TeX's, and those that an "=" gives

and that shows what prose does not: a relation, an operation, a sum, an integral, a subscript, a call, capitals in square
brackets. A letter alone is taken where a formula of the same lecture has it, unless it is a word of English. All else stays as
it is: a wrong formula is worse than a plain one. Every MathML says the plain text in ``alttext`` and keeps its blanks, so that
its own text is the same but for the "_" of subscripts and the sign of a sum. (latex2mathml and SymPy's printer begin with TeX
and with a tree: what stands here is how to get from plain text to one.)
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from markdown_it.token import Token

SUMS = {"Σ": "∑", "∑": "∑", "Π": "∏", "∏": "∏"}
LETTER = "[A-Za-zΑ-ΟΡΤ-Ωα-ω]"  # neither Π nor Σ, which are products and sums here
BEFORE, AFTER = r"(?<![\w’'.^\-])", r"(?![\w’'+#^*⁻\u0300-\u036f\-]|\.\w)"
"""Around a letter or a number: no rest of a word, of a compound, of an abbreviation or of a power; no letter with a mark above."""
LETTERS = rf"({LETTER})(?:_({LETTER}|\d+|in|out|min|max)|(?<=[A-Z])(in|out))?([²³′]?){AFTER}"
SYMBOL, COUNTED = re.compile(BEFORE + LETTERS), re.compile(LETTERS)
"""A letter of a formula, and one directly after its number: 2p."""
NUMBER = re.compile(rf"{BEFORE}\d+(?:\.\d+)?{AFTER}(?!,\d)")
COEFFICIENT = re.compile(rf"{BEFORE}\d+(?={LETTER})")
SUM = re.compile(rf"(\[)?([{''.join(SUMS)}])_({LETTER})(?(1)\]) ?")
INTEGRAL = re.compile("∫( ?)")
DIFFERENTIAL = re.compile(rf"( ?)d({LETTER}){AFTER}")
RELATION, PLUS, TIMES = (re.compile(signs) for signs in (" ([=≠<>≤≥≈≡∈→↦]) ", " ([+−±]) ", " ([×*∗·∘÷]) |([·/])"))
LEADING = re.compile(RELATION.pattern.lstrip())
CLOSED_BY = {"(": ")", "[": "]"}
TEX = "arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd inf ker lg lim ln log max min sec sin sinh sup tan tanh"
"""Its names of functions."""
NAME = re.compile(rf"{BEFORE}[A-Za-z]{{2,}}(?=\()")
DEFINED = re.compile(rf"= ([A-Za-z]{{2,}})\((?={LETTER}(?:_{LETTER})?\))")
WORDS = frozenset("aAIO")
"""Letters that are words of English."""
A_WORD_FOLLOWS = re.compile(r" [^\W\d_]{2,}")
IN_A_ROW = re.compile(r"(?:\d|/|(?<!\w)\w) $"), re.compile(r" (?:/|\w(?!\w))")
"""Before or after a letter that is no formula's: a unit (5 m), one of several letters (w x / y z)."""
RAGGED = re.compile(r"[\w/·^√]")
"""What no formula begins after, as it ends before no power: it would be a piece of one that the grammar does not read."""
BREAK = "\n"
DEPTH = 6
"""Of brackets in brackets; no lecture has more, and hostile text shall not exhaust the stack."""


@dataclass(frozen=True)
class Part:
    """What was read: where it ends, and its MathML."""

    end: int
    mathml: str
    sure: bool = False
    """Whether it shows what prose does not."""
    symbols: frozenset[str] = frozenset()
    joins: bool = False
    """Whether it may follow a factor without a sign between: "X(a) W(b)", but not "X a"."""
    breaks: tuple[int, ...] = ()
    """Where a line may be broken: before the blanks before relations, where the MathML has BREAK."""

    def then(self, other: Part) -> Part:
        return Part(
            other.end,
            self.mathml + other.mathml,
            self.sure or other.sure,
            self.symbols | other.symbols,
            self.joins,
            self.breaks + other.breaks,
        )


@dataclass(frozen=True)
class Formula:
    begin: int
    end: int
    mathml: str


def typeset(blocks: Sequence[list[Token]]) -> None:
    """Give every formula in the blocks' text a token of its own, "math": its content is the plain text."""
    texts = [token.content for children in blocks for token in children if token.type == "text"]
    found = iter(formulas(texts))
    for children in blocks:
        children[:] = [
            piece
            for token in children
            for piece in (_pieces(token.content, next(found)) if token.type == "text" else [token])
        ]


def _pieces(text: str, found: Sequence[Formula]) -> Iterator[Token]:
    position = 0
    for formula in found:
        if formula.begin > position:
            yield Token("text", "", 0, content=text[position : formula.begin])
        yield Token("math", "", 0, content=text[formula.begin : formula.end], meta={"mathml": formula.mathml})
        position = formula.end
    if position < len(text):
        yield Token("text", "", 0, content=text[position:])


def formulas(texts: Sequence[str]) -> list[list[Formula]]:
    """The formulas of each text. The texts are of one lecture: what is a letter of a formula in one is so in all."""
    notation = Notation(texts)
    return [notation.formulas(text) for text in texts]


class Notation:
    """What the formulas of several texts have in common: names of functions, and letters."""

    def __init__(self, texts: Sequence[str]) -> None:
        names = frozenset(TEX.split()).union(*(DEFINED.findall(text) for text in texts))
        self._read = {text: list(_Reader(text, names).sure_parts()) for text in texts}
        parts = itertools.chain.from_iterable(self._read.values())
        self._symbols = frozenset().union(*(part.symbols for _, part in parts)) - WORDS

    def formulas(self, text: str) -> list[Formula]:
        """Those of one of the texts."""
        return list(_with_letters(text, self._read[text], self._symbols))

    def html(self, text: str) -> str:
        """The text with its formulas as MathML; one that is none of the texts has none."""
        tokens = _pieces(text, self.formulas(text) if text in self._read else ())
        return "".join(t.meta["mathml"] if t.type == "math" else escape(t.content) for t in tokens)


def _with_letters(text: str, parts: list[tuple[int, Part]], symbols: frozenset[str]) -> Iterator[Formula]:
    """The formulas, and the letters alone between them."""
    position = 0
    for begin, part in [*parts, (len(text), None)]:
        for letter in SYMBOL.finditer(text, position, begin):
            before, after = text[max(0, letter.start() - 3) : letter.start()], text[letter.end() : letter.end() + 3]
            enumerates = before.endswith("(") and after.startswith(")")  # (i) first, (ii) second
            in_a_row = IN_A_ROW[0].search(before) or IN_A_ROW[1].match(after)
            if letter[0] in symbols and not enumerates and not in_a_row:
                yield _formula(text, letter.start(), Part(letter.end(), _letter(letter)))
        if part:
            yield _formula(text, begin, part)
            position = part.end


def _formula(text: str, begin: int, part: Part) -> Formula:
    """Browsers do not break MathML, so each side of a relation is one of its own, and a line may be broken between."""
    ends = [begin, *part.breaks, part.end]
    sides = zip(itertools.pairwise(ends), part.mathml.split(BREAK), strict=True)
    made = (f'<math alttext="{escape(text[a:b].strip(" "))}"><mrow>{side}</mrow></math>' for (a, b), side in sides)
    return Formula(begin, part.end, " ".join(made))


class _Reader:
    """The grammar above, a method a rule: each reads from a place on, and returns None where the text is not that."""

    def __init__(self, text: str, names: frozenset[str]) -> None:
        self.text, self.names, self.depth = text, names, 0

    def sure_parts(self) -> Iterator[tuple[int, Part]]:
        """[(where it begins, formula)]"""
        position = 0
        while position < len(self.text):
            part = self.formula(position)
            ragged = RAGGED.search(self.text[max(0, position - 1) : position]) or self.text.startswith(
                "^", part.end if part else 0
            )
            if part and part.sure and not ragged:
                yield position, part
                position = part.end
            else:
                position += 1

    def formula(self, at: int) -> Part | None:
        if not at and (leading := LEADING.match(self.text)) and (right := self.formula(leading.end())):
            return Part(0, f"{_relation(leading)} ", sure=True).then(right)
        return self.chain(at, RELATION, self.side)

    def side(self, at: int) -> Part | None:
        minus = self.text.startswith("−", at)
        part = self.chain(at + minus, PLUS, self.product)
        return Part(at, "<mo>−</mo>").then(part) if part and minus else part

    def product(self, at: int) -> Part | None:
        return self.chain(at, TIMES, self.factors)

    def chain(self, at: int, sign: re.Pattern[str], rule: Callable[[int], Part | None]) -> Part | None:
        """What the rule reads, and after each sign again."""
        part = rule(at)
        while part and (found := sign.match(self.text, part.end)) and (right := rule(found.end())):
            if sign is RELATION and not self.depth:
                between = Part(at, f"{BREAK}{_relation(found)} ", sure=True, breaks=(part.end,))
            else:
                counted = found[0] == "/" and not part.symbols | right.symbols  # 24/7
                between = Part(at, _sign(found), sure=not counted)
            part = part.then(between).then(right)
        return part

    def factors(self, at: int) -> Part | None:
        part = self.factor(at)
        while part and self.text[at : part.end] not in WORDS:
            blank = self.text[part.end : part.end + 1].strip(" ") == ""
            if self.text.startswith(("(", "|"), part.end + blank):  # never joins: not to be read twice
                break
            right = self.factor(part.end + blank)
            if not right or not right.joins:
                break
            part = part.then(Part(at, _thin(blank))).then(right)
        return part

    def factor(self, at: int, letter: re.Pattern[str] = SYMBOL) -> Part | None:
        if found := SUM.match(self.text, at):
            body = self.nested(self.factors, found.end())
            return Part(at, _sum(found), True, frozenset(found[3]), True).then(body) if body else None
        if found := INTEGRAL.match(self.text, at):
            body = self.nested(self.factors, found.end())
            over = DIFFERENTIAL.match(self.text, body.end) if body else None
            if not body or not over:
                return None
            end = Part(over.end(), f"{_thin(bool(over[1]))}<mi>d</mi><mi>{over[2]}</mi>", symbols=frozenset(over[2]))
            return Part(at, f"<mo>∫</mo>{found[1]}", sure=True, joins=True).then(body).then(end)
        if self.text.startswith("√", at) and (under := self.listed(at + 1, "(")):
            return Part(under.end, f"<mo>√</mo>{under.mathml}", True, under.symbols, True)
        part = self.head(at, letter)
        callable_ = part and (self.text[at] == "(" or self.text[at].isalpha()) and self.text[at : part.end] not in WORDS
        while part and callable_ and (arguments := self.listed(part.end, "(")):
            part = Part(arguments.end, part.mathml + arguments.mathml, True, part.symbols | arguments.symbols, True)
        return part

    def head(self, at: int, letter: re.Pattern[str]) -> Part | None:
        if found := NUMBER.match(self.text, at):
            return Part(found.end(), f"<mn>{found[0]}</mn>")
        if (found := COEFFICIENT.match(self.text, at)) and (rest := self.factor(found.end(), COUNTED)):
            return Part(at, f"<mn>{found[0]}</mn>").then(rest)
        if (found := NAME.match(self.text, at)) and found[0] in self.names:
            arguments = self.listed(found.end(), "(")
            return Part(at, f"<mi>{found[0]}</mi>", sure=True, joins=True).then(arguments) if arguments else None
        if found := letter.match(self.text, at):
            if found[0] in WORDS and A_WORD_FOLLOWS.match(self.text, found.end()):  # "S = a map"
                return None
            sure, plain = bool(found[2] or found[4]), found[0].rstrip("²³′")
            return Part(found.end(), _letter(found), sure, frozenset({plain}), sure)
        if self.text.startswith("|", at):
            inside = self.nested(self.side, at + 1)
            if not inside or not self.text.startswith("|", inside.end):
                return None
            return Part(inside.end + 1, _enclosed("|", inside.mathml, "|"), inside.sure, inside.symbols)
        return self.listed(at, "([")

    def listed(self, at: int, brackets: str) -> Part | None:
        """Formulas with commas between, in brackets."""
        opening = self.text[at : at + 1]
        items: list[Part] = []
        mathml, end = "", at + 1
        while opening and opening in brackets and (item := self.nested(self.formula, end)):
            items.append(item)
            mathml += item.mathml
            if self.text.startswith(CLOSED_BY[opening], item.end):
                tensor = opening == "[" and len(items) > 1 and all(_is_capital(i) for i in items)
                symbols = frozenset().union(*(i.symbols for i in items))
                mathml = _enclosed(opening, mathml, CLOSED_BY[opening])
                return Part(item.end + 1, mathml, tensor or any(i.sure for i in items), symbols)
            if not self.text.startswith(", ", item.end):
                return None
            mathml += "<mo>,</mo> "
            end = item.end + 2
        return None

    def nested(self, rule: Callable[[int], Part | None], at: int) -> Part | None:
        if self.depth == DEPTH:
            return None
        self.depth += 1
        part = rule(at)
        self.depth -= 1
        return part


def _is_capital(part: Part) -> bool:
    """A letter by itself, and a capital."""
    letter = next(iter(part.symbols), "")
    return len(part.symbols) == 1 and letter[0].isupper() and re.sub("<[^>]+>", "", part.mathml) == letter


def _letter(found: re.Match[str]) -> str:
    below, raised = found[2] or found[3], found[4]
    letter = f"<mi>{found[1]}</mi>"
    if below:
        tag = "mn" if below.isdigit() else "mi"
        letter = f"<msub>{letter}<{tag}>{below}</{tag}></msub>"
    return f"{letter}<mo>{raised}</mo>" if raised else letter


def _sign(found: re.Match[str]) -> str:
    """An operation, with the blanks that the text has around it."""
    tight = ' lspace="0" rspace="0"' if found[0] in "·/" else ""
    return found[0].replace(found[0].strip(), f"<mo{tight}>{escape(found[0].strip())}</mo>")


def _relation(found: re.Match[str]) -> str:
    """At the begin of a line or after a blank of the text, which is its space."""
    return f'<mo form="infix" lspace="0">{escape(found[1])}</mo>'


def _sum(found: re.Match[str]) -> str:
    sign = f'<munder><mo movablelimits="false">{SUMS[found[2]]}</mo><mi>{found[3]}</mi></munder>'
    blank = found[0][len(found[0].rstrip(" ")) :]
    return (_enclosed("[", sign, "]") if found[1] else sign) + blank


def _enclosed(opening: str, mathml: str, closing: str) -> str:
    """In brackets that stay as high as letters: what grew with the m below a sum would be higher than its own formula's."""
    return f'<mrow><mo stretchy="false">{opening}</mo>{mathml}<mo stretchy="false">{closing}</mo></mrow>'


def _thin(blank: bool) -> str:
    """The space between factors, which MathML's own blanks are not."""
    return f'<mspace width="0.167em"/>{" " * blank}'
