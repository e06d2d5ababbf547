"""How Jupyter shows what was found: evidence, claims, cells, adjudications, checked functions.

``import lectureclaims`` registers it where IPython runs. The types are named, not imported: one that is never shown costs nothing. A notebook's
file keeps the plain text beside the HTML, so that is a line, not the whole record.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from ..wording import summary, words
from . import fragments

if TYPE_CHECKING:
    from ...claims.adjudication import Adjudication
    from ...claims.checking import Checked


def adjudication(found: Adjudication) -> str:
    """The answer, and the worst element of each result."""
    from ..wording import adjudication as said

    rows = (
        map(fragments.text, (f"{f.library}, {f.result}", found.verdict(f.library), said.sentence(f)))
        for f in found.findings
    )
    table = fragments.table(("output", "verdict", "worst element"), rows)
    return f"<p><b>{fragments.text(answer(found))}</b></p>{table}"


def answer(found: Adjudication) -> str:
    from ..wording import adjudication as said

    return said.summary(found)


def checked(found: Checked) -> str:
    """What ``lecture-claims check`` prints."""
    from rich.console import Console

    from ..checking import terminal

    out = Console(file=io.StringIO(), record=True, width=120, force_jupyter=False)
    terminal(out, found, hint=2)
    return f"<pre>{fragments.text(out.export_text())}</pre>"


SHOWN = {
    ("claims.record.types", "Evidence"): (fragments.evidence, lambda x: " ".join(summary.summary(x)[:2])),
    ("claims.record.types", "Claim"): (fragments.claim, lambda x: f"{x.id}: {summary.marks(x)}"),
    ("claims.record.types", "Cell"): (fragments.cell, lambda x: f"{x.name}: {x.verdict}"),
    ("claims.adjudication.finding", "Adjudication"): (adjudication, answer),
    ("claims.checking.checked", "Checked"): (checked, lambda x: f"{x.function}: {'right' if x.right else 'wrong'}"),
}
"""(module, name) of a type → its HTML, and a line of text."""


def register(shell: Any) -> None:
    """Tell an IPython shell of them."""
    as_html, as_text = (shell.display_formatter.formatters[kind] for kind in ("text/html", "text/plain"))
    for (module, name), (page, line) in SHOWN.items():
        module = f"{__name__.partition('.')[0]}.{module}"
        as_html.for_type_by_name(module, name, page)
        as_text.for_type_by_name(module, name, lambda x, out, _, line=line: out.text(words.visible(line(x))))
