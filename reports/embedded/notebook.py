"""How Jupyter shows claims and what was found: evidence, a claim as it is written, claims, cells, adjudications, checked functions.

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
    from ...claims.language import Claim


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


def written(claim: Claim) -> str:
    """A claim as its author writes it: prose, and the names of its cases, wrongs and limits. It has no verdict yet."""
    names = (claim.cases, dict.fromkeys(w.name for w in claim.wrongs), [x.name for x in claim.limits])
    rows = zip(("cases", "wrongs", "limits"), ("; ".join(part) or "none" for part in names), strict=True)
    prose = "".join(f"<p>{fragments.text(said)}</p>" for said in (claim.prose.statement, f"Scope: {claim.prose.scope}"))
    return f"<p><b>{fragments.text(claim.id)}</b>: not verified here</p>{prose}" + fragments.table(
        ("it has", "by name"), (map(fragments.text, row) for row in rows)
    )


SHOWN = {
    ("claims.record.types", "Evidence"): (fragments.evidence, lambda x: " ".join(summary.summary(x)[:2])),
    ("claims.record.types", "Claim"): (fragments.claim, lambda x: f"{x.id}: {summary.marks(x)}"),
    ("claims.record.types", "Cell"): (fragments.cell, lambda x: f"{x.name}: {x.verdict}"),
    ("claims.language.claim", "Claim"): (written, lambda x: f"{x.id}: not verified here"),
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
