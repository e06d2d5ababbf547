"""Texts that a report must show as text, and a record with one of them in every text of it."""

from __future__ import annotations

from typing import Any, TypeVar

from lectureclaims.claims.record.types import Part
from lectureclaims.reports.wording import standing

HOSTILE = [
    '<script>alert(1)</script><img src=x onerror="alert(2)">',
    "\"quotes\" 'quotes' & &lt; ]]> --> {{ 7 * 7 }} {% raw %}",
    "\u202eright to left\u202c \u2066isolated\u2069 \u200f",
    "a|b `code` **bold** [link](javascript:alert(1)) $x$ @someone #1 \\ ``` ~~~\nsecond line",
    "control \x00 \x07 \x1b[31m \x85 \ufffe \ud800 \t end",
    "x" * 10_000,
    "$\\frac{1}{2}$ $unfinished",
]
KINDS = ["markup", "quotes", "direction", "markdown", "control", "long", "formula"]
MARKUP, QUOTES, DIRECTION, MARKDOWN, CONTROL, LONG, FORMULA = HOSTILE
TOGETHER = {
    "markup": f"{MARKUP} {QUOTES}",
    "direction": f"{DIRECTION} {CONTROL} {FORMULA}",
    "long": f"{MARKDOWN} {LONG}",
}
"""Several kinds in one text, where a page takes seconds."""
FIXED = {
    *("verdict", "expected", "kind", "outcome", "schema", "id", "sentence", "backend", "dtype", "defect", "markdown"),
    *("role", "speaks", "side", "group", "measure", "of", "disposition", "rule", "folder"),
}
"""Members whose texts are of a fixed list, or lead to something by their words."""
T = TypeVar("T")


def poisoned(x: T, poison: str, *, key: str = "") -> T:
    """The same with the poison in every text that is not of a fixed list."""
    made: Any = x
    if isinstance(x, Part):
        made = type(x)(**{name: poisoned(getattr(x, name), poison, key=name) for name in x.__struct_fields__})
    elif isinstance(x, dict):
        made = {k: poisoned(v, poison, key=k) for k, v in x.items()}
    elif isinstance(x, list | tuple):
        made = type(x)(poisoned(v, poison, key=key) for v in x)
    elif isinstance(x, str) and x and key not in FIXED and x not in standing.DETECTION:
        made = x + poison
    return made


def put(x: Any, **members: Any) -> None:
    """Change members of a part of a record, or of a dict."""
    for name, member in members.items():
        if isinstance(x, dict):
            x[name] = member
        else:
            setattr(x, name, member)
