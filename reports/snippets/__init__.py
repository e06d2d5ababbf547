"""What is pasted at a prompt, beside what it prints: in a terminal, and as a page."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from ..wording import words
from ..wording.markup import block, text

if TYPE_CHECKING:
    from ...claims.snippets import Snippet

HEAD = """# At a prompt

A few lines with one framework alone that show a sentence of the lecture, or where it stops being true: paste them at Python's prompt. Below each stands what
it prints, which a test holds it to. `lecture-claims show ID` prints those of one claim. What only training over seeds shows has none.

Written by `make pages` from `claims/lecture/snippets/`.
"""


def terminal(out: Console, snippets: Iterable[Snippet]) -> None:
    """Each snippet under the limit that it shows, and what it prints."""
    for one in snippets:
        out.print(Text(f"\nAt a prompt, {one.library}{f', {one.limit}' if one.limit else ''}:", "bold"))
        out.print(Text(words.visible(one.code.rstrip())), soft_wrap=True)
        out.print(Text(words.visible(one.prints.rstrip()), "green"), soft_wrap=True)


def page(snippets: Iterable[Snippet]) -> str:
    """A section for each claim, as Markdown."""
    return "\n".join(
        [HEAD, *(line for one in itertools.groupby(snippets, lambda one: one.claim) for line in _claim(*one))]
    )


def _claim(claim: str, snippets: Iterable[Snippet]) -> Iterator[str]:
    yield from (f"## {text(claim)}", "")
    for limit, group in itertools.groupby(snippets, lambda one: one.limit):
        if limit:
            yield from (f"Where it stops: {text(limit)}", "")
        for one in group:
            yield from (*block(one.code, "python"), "", *block(one.prints, "text"), "")
