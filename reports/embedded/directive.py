"""A claim's verdict in a lecturer's own book: a directive for Sphinx, in reStructuredText and in MyST's Markdown.

    ```{claim} convolution.flip
    ```

shows the verdict, the sentence with what should stand there instead, and the evidence of each library, from the record that the setting
``claims_results`` names. The build fails where the claim is refuted, has another verdict than its author expects, or has no evidence; without
``claims_strict`` it warns, which ``sphinx-build -W`` makes a failure. Each build says so again, also of pages that it does not read anew.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from ...claims.record import file
from ...claims.record.types import Claim, Evidence
from ..wording import findings, standing, summary, words

KIND = "claims"
"""Of the messages, for Sphinx's ``suppress_warnings``; and the member of a page's metadata that keeps them."""
NO_EVIDENCE = "no evidence"


class ClaimDirective(SphinxDirective):
    """``claim ID``; the option ``results`` names another record for this one."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Callable[[str], Any]] | None] = {"results": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        name, path = self.arguments[0], self._path()
        self.env.note_dependency(str(path))
        try:
            evidence = file.load(path)
            found = _claim(evidence, name)
        except (file.BadEvidence, LookupError) as error:
            self._note(str(error))
            return [_box(name, NO_EVIDENCE, f"? {name}: {NO_EVIDENCE}", [_paragraph(str(error))])]
        if said := unfit(evidence, found):
            self._note(f"{name}: {said}")
        return [_shown(evidence, found)]

    def _note(self, said: str) -> None:
        self.env.metadata[self.env.docname].setdefault(KIND, []).append((self.lineno, said))

    def _path(self) -> Path:
        given = self.options.get("results") or self.config.claims_results
        return Path(self.env.srcdir, given)


def report(app: Sphinx, env: BuildEnvironment) -> None:
    """Say what is unfit, page by page; the build then fails, or has warned."""
    log = logging.getLogger(__name__)
    for page, metadata in sorted(env.metadata.items()):
        for line, said in metadata.get(KIND, ()):
            if app.config.claims_strict:
                app.statuscode = 1
                log.error(said, type=KIND, location=(page, line))
            else:
                log.warning(said, type=KIND, location=(page, line))


def _claim(evidence: Evidence, name: str) -> Claim:
    claims = {claim.id: claim for claim in evidence.claims}
    if name in claims:
        return claims[name]
    near = difflib.get_close_matches(name, claims, n=1)
    way_out = f"did you mean {near[0]!r}?" if near else f"expected one of {len(claims)} claims of the record"
    raise LookupError(f"claim={name!r}: {way_out}")


def unfit(evidence: Evidence, claim: Claim) -> str:
    """Why a book should not be printed with this claim in it; empty where it may."""
    if evidence.selection.partial:
        return "the record is of a part of the claim; verify all of it"
    if claim.verdict == "refuted" or claim.verdict != claim.expected:
        return f"{claim.verdict}, expected {claim.expected}: {claim.reason}"
    return ""


def _shown(evidence: Evidence, claim: Claim) -> nodes.Node:
    corrected = findings.correction(claim)
    said = nodes.paragraph("", "", nodes.inline(text=words.visible(claim.says), classes=["claim-said"]))
    body: list[nodes.Node] = [nodes.block_quote("", said)]
    if corrected:
        instead = nodes.paragraph("", "Instead: ", classes=["claim-instead"])
        for piece, limit in corrected.pieces:
            instead += nodes.strong(text=words.visible(piece)) if limit else nodes.Text(words.visible(piece))
        body.append(instead)
    body += map(_paragraph, (claim.statement, f"Scope: {claim.scope}", summary.verdict_line(evidence, claim)))
    body.append(nodes.bullet_list("", *(nodes.list_item("", _paragraph(_cell(cell))) for cell in claim.cells)))
    return _box(
        claim.id, claim.verdict, f"{standing.SIGN[standing.drawn(claim)]} {claim.id}: {summary.marks(claim)}", body
    )


def _cell(cell: Any) -> str:
    if cell.verdict in standing.TAKES_NO_PART:
        return f"{cell.name}: {cell.verdict}"
    caught, shown = sum(w.caught for w in cell.wrongs), sum(x.shown for x in cell.limits)
    return (
        f"{cell.name}: {cell.verdict}; {words.plural(cell.comparisons, 'comparison')}, error ÷ bound {summary.ratio(cell)}, "
        f"{caught} of {len(cell.wrongs)} wrongs caught, {shown} of {len(cell.limits)} limits shown"
    )


def _paragraph(text: str) -> nodes.paragraph:
    return nodes.paragraph(text=words.visible(text))


def _box(name: str, verdict: str, title: str, body: list[nodes.Node]) -> nodes.Node:
    """An admonition; its classes let a book's own style tell verdicts apart."""
    classes = ["claim", nodes.make_id(f"claim-{verdict}")]
    return nodes.admonition("", nodes.title(text=words.visible(title)), *body, classes=classes, names=[name])


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("claims_results", "results.json", "env", types=[str])
    app.add_config_value("claims_strict", True, "env", types=[bool])
    app.add_directive("claim", ClaimDirective)
    app.connect("env-updated", report)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
