"""The report as a comment of a pull request: the head of the Markdown report, and of the claims those only that are not as expected.

GitHub takes no comment of more than 65,536 characters.
"""

from __future__ import annotations

from ...claims.record.types import Evidence
from ..wording import standing
from . import markdown

MOST_BYTES = 60_000


def render(evidence: Evidence, page: str = "") -> str:
    """What is not as expected, with what speaks against it; the rest in a row each."""
    claims = [c for c in evidence.claims if standing.unexpected(evidence, c)]
    return markdown.written(evidence, page, claims=claims, most=MOST_BYTES)
