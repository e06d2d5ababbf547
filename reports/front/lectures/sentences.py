"""The sentences of a Markdown text, for a lecture's ledger.

Paragraphs, items of lists and cells of tables are cut into sentences; headings, code, quotations and HTML are left out. A formula is never cut, and
one that stands by itself belongs to the sentence that it interrupts. An id is made of the heading above and of the sentence's first words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from ....claims.engine import lecture
from ...page import tex

WHOLE = re.compile(r"\$\$.+?\$\$|\$[^$]+\$|(`+).+?\1|\]\([^)]*\)|<[^>\s]+>|\bz\.\s?B\.|\bd\.\s?h\.", re.DOTALL)
"""What no sentence ends in: formulas, code, addresses."""
COVER = "\ufffc"
CLOSING = r"[\"'”’»)*_\]]*"
OPENING = rf"[\"'“‘«(*_\[{COVER}]*(?:[^\W_a-zß-ÿ]|{COVER})"
END = re.compile(rf"([.!?…]+{CLOSING})\s+(?={OPENING})|([。！？]{CLOSING})\s*(?=\S)")
ABBREVIATED = re.compile(
    r"\b(?:e\.g|i\.e|cf|etc|vs|resp|approx|al|Figs?|Eqs?|Secs?|Ch|Nos?|pp?|Dr|Prof|bzw|ca|vgl|Abb|Nr|[A-Z])\.$"
)
"""A full stop after which the sentence goes on: an abbreviation, or an initial."""
UNFINISHED = re.compile(r"[^.!?…。！？]\s*$")
WORDS_OF_ID = 3


@dataclass(frozen=True)
class Found:
    """A sentence, its words as they stand in the text, and an id that no other of the text has."""

    id: str
    text: str


def read(markdown: str) -> list[Found]:
    """The sentences in the text's order."""
    taken, found, position = set[str](), list[Found](), 0
    for heading, block in _blocks(markdown):
        for text in _cut(block):
            place = lecture.place(text, markdown, position)
            if place is None or not re.search(
                r"\w", text
            ):  # a table's cell with an escaped stroke stands otherwise in the text
                continue
            position = place.end()
            found.append(Found(_id(heading, text, taken), " ".join(text.split())))
    return found


def _blocks(markdown: str) -> Iterator[tuple[str, str]]:
    """(the heading above, the source of a block): a paragraph with the formulas that interrupt it, an item, a cell."""
    lines, heading, waiting = markdown.splitlines(), "", ""
    depth = 0
    tokens = tex.parser(markdown).parse(markdown)
    for before, token in zip([Token("", "", 0), *tokens], tokens, strict=False):
        depth += {"blockquote_open": 1, "blockquote_close": -1}.get(token.type, 0)
        if depth:
            continue
        if token.type in tex.BLOCKS and token.map:
            source = "\n".join(lines[slice(*token.map)])
            block, joins = source[source.index("$$") :], bool(UNFINISHED.search(waiting))
        elif token.type == "inline" and before.type == "heading_open":
            block, joins = "", False
        elif token.type == "inline" and not token.content.startswith("<"):
            block, joins = token.content, waiting.rstrip().endswith("$$") and token.content[:1].islower()
        elif token.type in ("fence", "code_block", "hr", "list_item_open", "list_item_close"):
            block, joins = "", False
        else:
            continue
        if not joins:
            if waiting:
                yield heading, waiting
            waiting = ""
        waiting += f"\n{block}" if waiting else block
        if token.type == "inline" and before.type == "heading_open":
            heading = token.content
    if waiting:
        yield heading, waiting


def _cut(block: str) -> Sequence[str]:
    covered = WHOLE.sub(lambda m: COVER * len(m[0]), block)
    pieces, begin = list[str](), 0
    for end in END.finditer(covered):
        stop = end.end(end.lastindex or 0)
        if not ABBREVIATED.search(covered[begin:stop]):
            pieces.append(block[begin:stop])
            begin = end.end()
    return [*pieces, block[begin:]]


def _id(heading: str, text: str, taken: set[str]) -> str:
    """section.first_words; where that is taken, with a number."""
    words = _words(WHOLE.sub(" ", text))
    long = [word for word in words if len(word) > 2] or words
    other = "formula" if "$" in text else "sentence"
    name = f"{'_'.join(_words(heading)[:WORDS_OF_ID]) or 'text'}.{'_'.join(long[:WORDS_OF_ID]) or other}"
    number = next(n for n in range(1, len(taken) + 2) if (f"{name}_{n}" if n > 1 else name) not in taken)
    taken.add(made := f"{name}_{number}" if number > 1 else name)
    return made


def _words(text: str) -> list[str]:
    """Its words in small Latin letters, without accents."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    return re.findall(r"[a-z][a-z0-9]*", plain)
