"""The report as one page that needs no network: the lecture's text with every verdict on its sentence, and all evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...claims.record.types import Evidence

if TYPE_CHECKING:
    from ..diff.history import History

FILE = "index.html"


def render(evidence: Evidence, history: History | None = None) -> str:
    """The page, with the history of the verdicts where one is given."""
    from ..page import html

    return html.render(evidence, history)
