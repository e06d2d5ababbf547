"""A Markdown table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    says: str = ""

    def markdown(self) -> str:
        lines = [f"## {self.title}", "", *([self.says, ""] if self.says else [])]
        lines += [_line(self.heads), _line(["---"] * len(self.heads)), *map(_line, self.rows)]
        return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
