"""The report as one HTML file: offline, nothing fetched, readable without scripts, in light, dark and print.

All text from data passes Jinja's escaping, and characters that would turn the direction of text or draw nothing are shown
by their code. Styles and the one small script are allowed by their hashes only.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from ..pictures import figures, interactive
from ..wording import claim_view, findings, places, view
from . import lecture_text, matrix, premise_graph
from .anchors import anchor, link

TEMPLATES = Path(__file__).parent / "templates"


def render(evidence: Mapping[str, Any], history: Any = None) -> str:
    """The whole page, with the history of the verdicts where one is given (history.py)."""
    text, missing = _lecture(evidence)
    claims = _claims(evidence)
    return page(
        "page.html",
        styles=("page.css", "premises.css", "interactive.css"),
        scripts=("page.js", "matrix.js", "interactive.js"),
        e=evidence,
        summary=view.summary(evidence),
        quick=view.quick(evidence),
        warnings=view.warnings(evidence),
        matrix=matrix,
        in_part=view.tested_in_part(evidence["claims"]),
        lecture=Markup(text),
        missing=missing,
        scan_lines=evidence["lecture"]["scan"].splitlines(),
        claims=claims,
        verdicts={c["id"]: c["verdict"] for c in evidence["claims"]},
        titles=interactive.TITLES,
        playable=[(anchor(c["claim"]["id"], f"try-{kind}"), kind) for c in claims for kind in c["interactive"]],
        graph=Markup(premise_graph.svg(evidence)),
        ledger=view.ledger(evidence),
        untested=view.untested(evidence),
        exact_only=view.exact_part_only(evidence),
        history=history,
        environment=_environment(evidence),
    )


def page(
    template: str, *, styles: Sequence[str] = ("page.css",), scripts: Sequence[str] = ("page.js",), **data: Any
) -> str:
    """A page made of a template with its style sheets and scripts, which alone are allowed, by their hashes."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
    )
    made.globals.update(anchor=anchor, link=link, icon=icon, view=view, meaning=view.MEANING)
    made.tests.update(worded=view.as_worded, flawed=view.defects_of)
    made.filters.update(
        linked=linked, breakable=breakable, number=view.number, value=view.value, cut=view.cut, plural=view.plural
    )
    style, script = (
        "\n".join((TEMPLATES / n).read_text(encoding="utf-8") for n in names) for names in (styles, scripts)
    )
    text = made.get_template(template).render(
        style=Markup(style), style_hash=_hash(style), script=Markup(script), script_hash=_hash(script), **data
    )
    return _short(text)


def _short(text: str) -> str:
    """The same page in fewer bytes: one blank for several, and without what the HTML standard implies.

    That is end tags ("Optional tags"), and the scope of a header in a table's head or in a first column of headers.
    """
    kept = r"(<(pre|style|script)\b.*?</\2>)"
    implied = r"\s*</(?:td|th|tr|li|dt|dd)>"  # none of them is an element of SVG or MathML
    scope = r'(?<=<th) scope="(?:col|row)"'
    apart = re.compile(rf"{kept}|{implied}|{scope}|[ \t\n]{{2,}}", re.DOTALL)

    def shorter(m: re.Match[str]) -> str:
        return m[1] or ("" if m[0].strip() else "\n" if "\n" in m[0] else " ")

    return apart.sub(shorter, text)


def icon(verdict: str) -> Markup:
    """A shape of its own for each verdict; the word stands beside it, or in its title."""
    return Markup('<svg class="icon" aria-hidden="true"><use href="#i-{}"/></svg>').format(verdict.replace(" ", "-"))


def breakable(name: str) -> Markup:
    """An id that may be broken after its dots and underscores, where a column is narrow."""
    return Markup(re.sub(r"([._])(?=\w)", r"\1<wbr>", escape(view.visible(name))))


def linked(text: str) -> str | Markup:
    """A plain web address as a link, which nothing follows by itself; anything else as it is."""
    found = re.fullmatch(r"(https://[\w./#-]+)(.*)", text, re.DOTALL)
    return (
        Markup('<a href="{0}" rel="noreferrer">{0}</a>{1}').format(found[1], view.visible(found[2])) if found else text
    )


def _shown(x: Any) -> Any:
    return view.visible(x) if isinstance(x, str) and not isinstance(x, Markup) else x


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _claims(evidence: Mapping[str, Any]) -> list[dict[str, Any]]:
    text = evidence["lecture"]["markdown"]
    spans, scan = places.in_lecture(evidence), places.in_scan(evidence)
    quotations = lecture_text.quoted([view.visible(c["says"]) for c in evidence["claims"]])
    found = []
    for claim, says in zip(evidence["claims"], quotations, strict=True):
        drawn = figures.pictures(claim["figures"], prefix=claim["id"])
        span = spans.get(claim["sentence"])
        found.append(
            {
                **claim_view.of(evidence, claim),
                "says": Markup(says),
                "pictures": [(p, Markup(p.svg)) for p in drawn],
                "interactive": interactive.of(claim),
                "line_of_text": places.line(text, span[0]) if span else None,
                "scan": scan.get(claim["sentence"]),
            }
        )
    return found


# --- the lecture -------------------------------------------------------------------------------------------------------


def _lecture(evidence: Mapping[str, Any]) -> tuple[str, list[str]]:
    claims = {c["id"]: c for c in evidence["claims"]}
    begun: set[str] = set()
    numbers: dict[str, int] = {}  # of the claims, in the order in which the text comes to them

    def ids(sentence: Mapping[str, Any]) -> list[str]:
        return [*(c["id"] for c in sentence["claims"]), *sentence["see"]]

    def number(claim: str) -> int:
        return numbers.setdefault(claim, len(numbers) + 1)

    def tested(sentence: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        return [claims[c] for c in ids(sentence) if c in claims]

    def mark(sentence: Mapping[str, Any], link_allowed: bool) -> tuple[str, str]:
        worst = min(tested(sentence), key=lambda c: view.WORST_FIRST.index(c["verdict"]), default=None)
        verdict = worst["verdict"] if worst else "untested"
        attributes = f'class="says v-{verdict.replace(" ", "-")}"'
        if sentence["id"] not in begun:
            begun.add(sentence["id"])
            attributes += f' id="{escape(anchor("sentence", sentence["id"]))}"'
        if not worst or not link_allowed:
            return f"<mark {attributes}>", "</mark>"
        # The title is the link's name where the sentence is a formula only.
        title = escape(f"{view.cut(view.visible(worst['id']), 80)}: {verdict}")
        return f'<a {attributes} href="{escape(link(worst["id"]))}" title="{title}">', "</a>"

    def after(sentence: Mapping[str, Any]) -> str:
        chips = [_chip(c, claims.get(c), number(c) if c in claims else 0) for c in ids(sentence)]
        if sentence["reading"]:
            chips.append(_uncertain(sentence["reading"]))
        return '<span class="chips">' + "".join(chips) + "</span>"

    def beside(sentence: Mapping[str, Any]) -> str:
        """Each claim's finding, beside the sentence that it was made of."""
        own = [claims[c["id"]] for c in sentence["claims"] if c["id"] in claims]
        return "".join(_finding(c, number(c["id"])) for c in own)

    sentences = [{**s, "text": view.visible(s["text"])} for s in evidence["lecture"]["sentences"]]
    return lecture_text.render(
        view.visible(evidence["lecture"]["markdown"]),
        sentences,
        title=evidence["lecture"]["title"],
        mark=mark,
        after=after,
        beside=beside,
    )


def _uncertain(reading: Mapping[str, Any]) -> str:
    """A mark after a sentence whose words in the scan are uncertain, with the scan's own."""
    says = view.visible(f"uncertain reading; the scan has “{view.cut(reading['scan'], 200)}”")
    return f'<a class="chip v-disputed" href="#ledger" title="{escape(says)}">[?]<span class="hidden">{escape(says)}</span></a>'


def _finding(claim: Mapping[str, Any], number: int) -> str:
    """A note in the margin: the claim's number, its verdict and what was found, in a line or two."""
    beyond = findings.beyond(claim)
    return Markup('<span class="finding v-{}"><a href="{}">{}{} {}:</a> {}{}</span>').format(
        claim["verdict"].replace(" ", "-"),
        link(claim["id"]),
        icon(claim["verdict"]),
        number,
        claim["verdict"],
        view.visible(findings.in_one_line(claim)),
        Markup(" <i>{}</i>").format(view.visible(beyond)) if beyond else "",
    )


def _chip(name: str, claim: Mapping[str, Any] | None, number: int) -> str:
    """A mark after the sentence for each of its claims: shape, word and number, leading to the evidence."""
    name = view.visible(name)
    if claim is None:
        says, target, shape = "not tested here", "#untested", "untested"
    else:
        says = view.marks(claim)
        target, shape = link(claim["id"]), claim["verdict"]
    marks = icon("qualified") if claim and claim["qualified"] else Markup()
    if claim and view.as_worded(claim):
        marks += icon("as-worded")
    if claim and any(view.defects_of(c) for c in claim["cells"]):
        marks += Markup('<span class="v-defect">{}</span>').format(icon("defect"))
        says += ", the library itself departs where recorded"
    return (
        f'<a class="chip v-{shape.replace(" ", "-")}" href="{escape(target)}" title="{escape(f"{view.cut(name, 80)}: {says}")}">'
        f'{icon(shape)}{marks}{number or ""}<span class="hidden">{escape(f" {view.cut(name, 80)}: {says} ")}</span></a>'
    )


# --- the machine -------------------------------------------------------------------------------------------------------


def _environment(evidence: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """[(heading, [(fact, value)])] with what is nested flattened."""
    facts = dict(evidence["environment"])
    libraries, packages = facts.pop("backends"), facts.pop("packages")
    parts = [("this machine", facts), *libraries.items(), ("installed packages", packages)]
    return [(name, [(key, view.value(v, 2000)) for key, v in _flat(part)]) for name, part in parts]


def _flat(part: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, item in part.items():
        if isinstance(item, Mapping):
            found += _flat(item, f"{before}{key}: ")
        else:
            said = (
                " ".join(map(str, item))
                if isinstance(item, list)
                else "yes"
                if item is True
                else "no"
                if item is False
                else item
            )
            found.append((f"{before}{key}", said))
    return found
