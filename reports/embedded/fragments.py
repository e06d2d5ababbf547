"""Evidence, a claim and a cell as pieces of HTML, without styles or scripts: what surrounds them has its own."""

from __future__ import annotations

import html
from collections.abc import Iterable

from ...claims.record.types import Cell, Claim, Evidence
from ..wording import findings, standing, summary, words


def text(x: object) -> str:
    """Data as text: nothing in it is markup, and nothing hides."""
    return html.escape(words.visible(str(x)), quote=False)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Its cells are HTML already."""
    lines = ("".join(f"<td>{x}</td>" for x in row) for row in rows)
    return (
        f"<table><thead><tr>{''.join(f'<th>{x}</th>' for x in head)}</tr></thead>"
        f"<tbody>{''.join(f'<tr>{line}</tr>' for line in lines)}</tbody></table>"
    )


def verdict(x: Claim | Cell) -> str:
    """The sign and the words."""
    said = x.verdict if isinstance(x, Cell) else summary.marks(x)
    return f"{standing.SIGN[x.verdict if isinstance(x, Cell) else standing.drawn(x)]} {text(said)}"


def sentence(claim: Claim) -> str:
    """The lecture's words, and what should stand there instead where something else should."""
    corrected = findings.correction(claim)
    if corrected is None:
        return text(claim.says)
    instead = "".join(f"<b>{text(said)}</b>" if limit else text(said) for said, limit in corrected.pieces)
    return f"<s>{text(claim.says)}</s><br>{instead}"


def cells(found: Iterable[Cell]) -> str:
    """A row for each library and dtype."""
    return table(
        ("library", "verdict", "comparisons", "error ÷ bound", "wrongs caught", "limits shown"),
        (
            (
                text(cell.name),
                verdict(cell),
                words.number(cell.comparisons),
                text(summary.ratio(cell)),
                f"{sum(w.caught for w in cell.wrongs)} of {len(cell.wrongs)}",
                f"{sum(x.shown for x in cell.limits)} of {len(cell.limits)}",
            )
            for cell in found
        ),
    )


def cell(found: Cell) -> str:
    return f"{cells([found])}<p>{text(found.reason)}</p>"


def claim(found: Claim) -> str:
    """Sentence, verdict with its reason, statement, scope, and the cells."""
    worded = summary.worded_line(found)
    return (
        f"<p><b>{text(found.id)}</b>: {verdict(found)}</p><blockquote>{sentence(found)}</blockquote>"
        f"<p>{text(found.statement)}</p><p>Scope: {text(found.scope)}</p>"
        f"<p>{text(found.verdict.capitalize())}: {text(found.reason)}.{' ' + text(worded) if worded else ''}</p>{cells(found.cells)}"
    )


def evidence(found: Evidence) -> str:
    """The run in a few sentences, and a row for each claim."""
    quick = summary.quick(found)
    said = "".join(f"<p>{text(line)}</p>" for line in [*[quick] * bool(quick), *summary.summary(found)[:2]])
    rows = ((f"<code>{text(c.id)}</code>", verdict(c), sentence(c)) for c in found.claims)
    return said + table(("claim", "verdict", "the lecture says"), rows)
