"""The lecture's Markdown as HTML, each sentence that has claims marked by their verdict and linked to their evidence.

Sentences are found by their words, in the lecture's order; white space counts as one blank, and a sentence may run across
emphasis, links, lines and blocks. Formulas are MathML. HTML in the Markdown is text; pictures become their description, since nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ...claims.record.types import Sentence
from ..wording.places import find
from . import mathematics, tex

WORDS = ("text", "code_inline", "math")
BREAKS = ("softbreak", "hardbreak")
Mark = Callable[[Sentence, bool], tuple[str, str]]
"""(sentence, whether a link may be made) -> (opening HTML, closing HTML)."""


def render(
    markdown: str,
    sentences: Sequence[Sentence],
    *,
    title: str,
    mark: Mark,
    after: Callable[[Sentence], str],
    beside: Callable[[Sentence], str] = lambda sentence: "",
) -> tuple[str, list[str]]:
    """The HTML, and the ids of sentences that could not be placed.

    ``after`` gives what follows a sentence's last word, ``beside`` what stands in the margin there; that of a table's cells
    stands below the table.
    """
    parser = tex.parser(markdown)
    tokens = tex.typeset(parser.parse(markdown))
    titled = [t.type for t in tokens[:1]] == ["heading_open"] and tokens[1].content.strip() == title
    if titled:
        del tokens[:3]  # the page says it already
    for token in tokens:
        _tame(token, below=1 if titled else 2)
    blocks = [t.children for t in tokens if t.type == "inline" and t.children]
    mathematics.typeset(blocks)
    owner, missing = _owners(parser, blocks, [s for s in sentences if s.claims or s.see])
    last = {id(s): spot for spot, s in owner.items()}  # the spots run in the lecture's order, so the last one stays
    in_table: list[str] = []  # what stands beside the sentences of the table that is open

    def ends(sentence: Sentence, *, within: bool) -> str:
        if not within:
            return after(sentence) + beside(sentence)
        in_table.append(beside(sentence))
        return after(sentence)

    made, b, depth = [], 0, 0
    for token in tokens:
        made.append(token)
        depth += {"table_open": 1, "table_close": -1}.get(token.type, 0)
        if token.type == "inline" and token.children:
            token.children = _marked(token.children, b, owner, last, mark, partial(ends, within=depth > 0))
            b += 1
        elif token.type == "table_close" and any(in_table):
            made.append(Token("html_block", "", 0, content=f'<div class="findings">{"".join(in_table)}</div>\n'))
            in_table.clear()
    return parser.renderer.render(made, parser.options, {}), missing


def quoted(texts: Sequence[str]) -> list[str]:
    """Sentences of one lecture as HTML for elsewhere: their words, with formulas as MathML, without emphasis and links."""
    parser = tex.parser("".join(texts))
    blocks = [_run_together(tex.typeset(parser.parseInline(text))) for text in texts]
    mathematics.typeset(blocks)
    return ["".join(t.meta["mathml"] if t.type == "math" else escape(t.content) for t in block) for block in blocks]


def _tame(token: Token, *, below: int) -> None:
    """Headings go below those of the page; no style attributes; no pictures from elsewhere; tables can be scrolled."""
    if token.type in ("heading_open", "heading_close"):
        token.tag = f"h{min(6, int(token.tag[1]) + below)}"
    if token.type == "table_open":
        token.attrs["tabindex"] = 0  # a wide table scrolls by itself, by the keyboard too
    align = str(token.attrs.pop("style", ""))
    if align.startswith("text-align:"):
        token.attrs["class"] = align.partition(":")[2]
    for child in token.children or ():
        if child.type == "image":
            child.type, child.tag, child.content, child.children = "text", "", f"[picture: {child.content}]", None
        elif child.type == "link_open":
            child.attrs["rel"] = "noreferrer"


Spot = tuple[int, int, int]
"""Where a character stands: block, token in it, offset in that."""


def _owners(
    parser: MarkdownIt, blocks: list[list[Token]], sentences: Sequence[Sentence]
) -> tuple[dict[Spot, Sentence], list[str]]:
    """Which sentence each character of the lecture belongs to."""
    characters: list[str] = []
    spots: list[Spot | None] = []
    for b, children in enumerate(blocks):
        for c, child in enumerate(children):
            content = child.content if child.type in WORDS else " " if child.type in BREAKS else ""
            characters += content
            spots += [(b, c, o) for o in range(len(content))]
        characters.append(" ")
        spots.append(None)
    text, position = "".join(characters), 0
    owner: dict[Spot, Sentence] = {}
    missing = []
    for sentence in sentences:
        found = find(_words(parser, sentence.text), text, position) or find(sentence.text, text, position)
        if found is None:
            missing.append(sentence.id)
            continue
        position = found.end()
        owner.update({spot: sentence for spot in spots[found.start() : found.end()] if spot is not None})
    return owner, missing


def _words(parser: MarkdownIt, text: str) -> str:
    """A sentence of the ledger stands there as in the Markdown; this is what a reader sees of it."""
    return "".join(token.content for token in _run_together(tex.typeset(parser.parseInline(text))))


def _run_together(tokens: Sequence[Token]) -> list[Token]:
    """The words of inline tokens: text, in which a line's end is a blank, and formulas in TeX."""
    made = list[Token]()
    for child in (c for token in tokens for c in token.children or () if c.type in WORDS + BREAKS):
        content = " " if child.type in BREAKS else child.content
        if child.type == "math":
            made.append(child)
        elif made and made[-1].type == "text":
            made[-1].content += content
        else:
            made.append(Token("text", "", 0, content=content))
    return made


def _marked(
    children: list[Token],
    block: int,
    owner: Mapping[Spot, Sentence],
    last: Mapping[int, Spot],
    mark: Mark,
    after: Callable[[Sentence], str],
) -> list[Token]:
    """The same tokens with marks around the words of sentences; a mark never crosses a tag of the text's own."""
    made: list[Token] = []
    now: Sentence | None = None
    closing, linked = "", 0
    waiting: list[Sentence] = []

    def change(sentence: Sentence | None) -> None:
        nonlocal now, closing
        if now is not None:
            made.append(_raw(closing))
        if sentence is not None:
            opening, closing = mark(sentence, linked == 0)
            made.append(_raw(opening))
        now = sentence

    for c, child in enumerate(children):
        if child.type not in WORDS + BREAKS:
            change(None)
            linked += {"link_open": 1, "link_close": -1}.get(child.type, 0)
            made.append(child)
            if not linked:
                made += [_raw(after(s)) for s in waiting]
                waiting.clear()
            continue
        length = len(child.content) if child.type in WORDS else 1
        begin = 0
        for o in range(length):
            sentence = owner.get((block, c, o))
            if sentence is not now:
                _piece(made, child, begin, o)
                begin = o
                change(sentence)
            if sentence is not None and last[id(sentence)] == (block, c, o):
                _piece(made, child, begin, o + 1)
                begin = o + 1
                change(None)
                if linked:  # a link cannot stand in a link: it follows it
                    waiting.append(sentence)
                else:
                    made.append(_raw(after(sentence)))
        _piece(made, child, begin, length)
    change(None)
    return made


def _piece(made: list[Token], child: Token, begin: int, end: int) -> None:
    if begin == end:
        return
    if child.type in BREAKS:
        made.append(child)
    elif child.type == "math" and end - begin == len(child.content):
        made.append(_raw(child.meta["mathml"]))
    elif child.type in ("text", "math"):  # a mark that begins or ends within a formula leaves it plain
        made.append(Token("text", "", 0, content=child.content[begin:end]))
    else:
        made.append(_raw(f"<code>{escape(child.content[begin:end])}</code>"))


def _raw(html: str) -> Token:
    """HTML of our own; what comes from the lecture stays in text tokens, which the renderer escapes."""
    return Token("html_inline", "", 0, content=html)
