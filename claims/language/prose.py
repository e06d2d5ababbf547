"""A claim's prose: text that reads like text, in sections.

The statement comes first. A line that begins with ``Instead:``, ``Scope:``, ``Finding:``, ``Notes:``, ``Elsewhere:``, ``Pictures:`` or
``Sources:`` opens a section; sources are a list, an item a line that begins with ``- ``, pictures are names between commas. Line breaks count as blanks.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass

SECTIONS = ("instead", "scope", "finding", "notes", "elsewhere", "pictures", "sources")
HEADING = re.compile(rf"^({'|'.join(SECTIONS)}):", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Prose:
    """statement: what the sentence asserts, made precise; instead: the sentence as it should stand in the lecture, where it needs a change, each
    qualification as {words|the limit that asks for it}; scope: where it is tested; finding: what a claim over seeds found, in one
    line, with names of gates in braces; elsewhere: why no case is for some library; pictures: names of those that
    the page draws beside it from the reference (docs/lectures.md); sources: publications."""

    statement: str
    instead: str = ""
    scope: str = ""
    finding: str = ""
    notes: str = ""
    elsewhere: str = ""
    pictures: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


def read(text: str) -> Prose:
    """Raises ValueError for a text without a statement or with a section twice."""
    statement, *parts = HEADING.split(inspect.cleandoc(text))
    names = [name.lower() for name in parts[::2]]
    if not statement.strip() or len(set(names)) < len(names):
        raise ValueError(f"prose={text[:60]!r}…: expected a statement, then each section at most once")
    found = dict(zip(names, parts[1::2], strict=True))
    items = found.pop("sources", "").split("\n- ")
    names = found.pop("pictures", "").split(",")
    rest = {section: line(words) for section, words in found.items()}
    return Prose(line(statement), **rest, pictures=_lines(names), sources=_lines(items))


def _lines(items: list[str]) -> tuple[str, ...]:
    return tuple(line(item) for item in items if item.strip())


def line(text: str) -> str:
    """The text on one line."""
    return " ".join(text.split())
