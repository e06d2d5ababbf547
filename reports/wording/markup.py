"""Data as Markdown, in which nothing is markup that its author did not mean: text, code, blocks of code, tables, folds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from . import words

PLAIN = {"<": "&lt;", ">": "&gt;", "@": "@<!-- -->", "#": "\\#<!-- -->"}
SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#$@])")
MOST_BYTES = 480_000
"""Of one text: hosts of pull requests cut off what is longer."""


def text(x: Any, width: int = 600) -> str:
    """Data as plain text on one line: nothing in it is markup, a mention of a person or a reference to an issue."""
    line = " ".join(words.visible(words.cut(str(x), width)).split()).replace("&", "&amp;")
    line = SPECIAL.sub(lambda m: PLAIN.get(m[0], "\\" + m[0]), line)
    return re.sub(r"^([-+=]|\d+(?=[.)](\s|$)))", lambda m: "\\" + m[0] if m[0] in "-+=" else m[0] + "\\", line)


def code(x: Any, width: int = 600) -> str:
    """Data as code on one line, in HTML, which no backtick and no pipe can end."""
    line = " ".join(words.visible(words.cut(str(x), width)).split())
    return "<code>" + "".join(f"&#{ord(c)};" if c in "&<>`|*_~[]\\@$#" else c for c in line) + "</code>"


def block(source: str, language: str = "") -> list[str]:
    """A block of code, fenced by more backticks than it holds."""
    longest = max((len(run) for run in re.findall(r"`+", source)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence + language, *(words.visible(line) for line in source.rstrip("\n").split("\n")), fence]


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """A table, its cells Markdown already."""
    head = list(head)
    lines = ("| " + " | ".join(row) + " |" for row in rows)
    return ["", "| " + " | ".join(head) + " |", "|" + " --- |" * len(head), *lines, ""]


def folded(title: str, lines: list[str]) -> list[str]:
    """Lines that open by a click on their title; nothing where there are none."""
    return ["", f"<details><summary>{title}</summary>", "", *lines, "", "</details>", ""] if lines else []
