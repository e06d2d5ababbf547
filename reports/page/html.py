"""The report as one HTML file: offline, nothing fetched, readable without scripts, in light, dark and print.

All text from data passes Jinja's escaping, and characters that would turn the direction of text or draw nothing are shown
by their code. Styles and the one small script are allowed by their hashes only.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jinja2
import msgspec
import platformdirs
from jinja2.bccache import Bucket
from markupsafe import Markup

from ...claims.record import sentences
from ...claims.record.types import Claim, Environment, Evidence, LibraryFacts, Reading, Sentence
from ..pictures import figures, interactive, responding, sketches
from ..wording import environments, findings, gates, places, standing, summary, words
from ..wording.section import Section
from . import lecture_text, mathematics, matrix, premise_graph, tex
from .anchors import anchor, link
from .packing import Open, Packing

TEMPLATES = Path(__file__).parent / "templates"
QUICK_STYLE = ":root { --good: var(--mixed); --stat: var(--mixed); }"
"""Of a quick run nothing is green."""


def render(evidence: Evidence, history: Any = None) -> str:
    """The page, with the history of the verdicts where one is given (history.py)."""
    return _page(evidence, history, Packing())


def whole(evidence: Evidence, history: Any = None) -> str:
    """The same page with nothing packed, as it is once its script has unpacked it."""
    return _page(evidence, history, Open())


def _page(evidence: Evidence, history: Any, packing: Packing) -> str:
    notation = mathematics.Notation([words.visible(text) for text in _prose(evidence)])

    def typeset(text: str) -> Markup:
        said = words.visible(text)
        return tex.words(said) if "$" in said else Markup(notation.html(said))

    text, missing = _lecture(evidence, typeset)
    sections = _sections(evidence)
    return page(
        "page.html",
        styles=("page.css", "premises.css", "interactive.css"),
        scripts=("page.js", "packed.js", "matrix.js", "lecture.js", "computed.js", "interactive.js", "responding.js"),
        filters={"packed": lambda part: packing.take(_short(part)), "typeset": typeset},
        packing=packing,
        e=evidence,
        said=summary.summary(evidence),
        needs=findings.needs(evidence),
        changes_for=findings.by_need(findings.corrections(evidence)),
        quick=summary.quick(evidence),
        quick_style=QUICK_STYLE,
        warnings=summary.warnings(evidence),
        matrix=matrix,
        in_part=standing.tested_in_part(evidence.claims),
        lecture=Markup(text),
        missing=missing,
        scan_lines=evidence.lecture.scan.splitlines(),
        sections=sections,
        verdicts={c.id: c.verdict for c in evidence.claims},
        looks={c.id: standing.drawn(c) for c in evidence.claims},
        playable=[(anchor(s.claim.id, f"try-{kind}"), title) for s in sections for kind, title in s.playable.items()],
        titles=interactive.TITLES,
        graph=Markup(premise_graph.svg(evidence)),
        ledger=standing.ledger(evidence),
        untested=standing.untested(evidence),
        exact_only=standing.exact_part_only(evidence),
        history=history,
        environment=_environment(evidence.environment),
    )


def _prose(evidence: Evidence) -> Iterator[str]:
    """What a person wrote of the claims and of the sentences, and may have formulas."""
    for claim in evidence.claims:
        yield from (claim.statement, claim.scope, claim.notes, claim.says, findings.in_one_line(claim))
        yield from (limit.says for limit in claim.limits)
        if correction := findings.correction(claim):
            yield from (f"Better: {correction.text}", *(said for said, _ in correction.pieces))
    yield from (words.cut(sentence.text, 300) for sentence in evidence.lecture.sentences)


class Compiled(jinja2.FileSystemBytecodeCache):
    """Templates as they were compiled, which takes as long as a small run. Where the folder went away, or is full, they are compiled anew."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


@functools.cache
def _compiled() -> Compiled | None:
    """In the platform's folder for caches; none where that cannot be written."""
    folder = platformdirs.user_cache_path("lecture-claims", appauthor=False) / "templates"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return Compiled(str(folder))


def page(
    template: str,
    *,
    styles: Sequence[str] = ("page.css",),
    scripts: Sequence[str] = ("page.js",),
    filters: Mapping[str, Any] = MappingProxyType({}),
    **data: Any,
) -> str:
    """A page made of a template with its style sheets and scripts, which alone are allowed, by their hashes."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        bytecode_cache=_compiled(),
    )
    made.globals.update(anchor=anchor, link=link, icon=icon)
    made.globals.update(words=words, standing=standing, summary=summary, gates=gates)
    made.tests.update(worded=standing.as_worded, flawed=standing.defects_of)
    made.filters.update(linked=linked, breakable=breakable, number=words.number, value=words.value, cut=words.cut)
    made.filters.update(plural=words.plural, sentence=sentences.sentence, got=sentences.got, wanted=sentences.wanted)
    made.filters.update(filters)
    style, script = ("\n".join(map(_bare, names)) for names in (styles, scripts))
    data |= {"style": Markup(style), "style_hash": _hash(style), "script": Markup(script), "script_hash": _hash(script)}
    return _short(made.get_template(template).render(data))


def _bare(name: str) -> str:
    """A style sheet or a script without comments on lines of their own and without indentation."""
    text = (TEMPLATES / name).read_text("utf-8")
    return re.sub(
        r"^[ \t]*(?:(?://[^\n]*|/\*(?:(?!\*/).)*\*/[ \t]*)\n)?[ \t]*", "", text, flags=re.MULTILINE | re.DOTALL
    )


def _short(text: str) -> str:
    """The same page in fewer bytes: one blank for several, and without what the HTML standard implies.

    That is end tags ("Optional tags"), and the scope of a header in a table's head or in a first column of headers.
    """
    kept = r"(<(pre|style|script)\b.*?</\2>)"
    implied = r"\s*</(?:td|th|tr|li|dt|dd)>"  # none of them is an element of SVG or MathML
    scope = r'(?<=<th) scope="(?:col|row)"'
    short = r"(?:tabindex|role|colspan|scope|aria-hidden|stretchy|x|y|stroke-width|stroke-linejoin|stroke-linecap|opacity|fill-opacity|lspace|rx|font-size|font-weight|text-anchor)="
    bare = rf'(?<= )({short}|class=(?="(?:icon|wide|why|copy|note|referee|n|hidden|tag|snippet|searches|plain|idle|of-kernel)"))"([\w.-]+)"(?=[ >])'  # needs no quotes
    apart = re.compile(rf"{kept}|{implied}|{scope}|{bare}|[ \t\n]{{2,}}", re.DOTALL)

    def shorter(m: re.Match[str]) -> str:
        return m[1] or (m[3] and m[3] + m[4]) or ("" if m[0].strip() else "\n" if "\n" in m[0] else " ")

    return apart.sub(shorter, text)


def icon(verdict: str) -> Markup:
    """A shape of its own for each verdict; the word stands beside it, or in its title."""
    return Markup('<svg class="icon" aria-hidden="true"><use href="#i-{}"/></svg>').format(verdict.replace(" ", "-"))


def breakable(name: str) -> Markup:
    """An id that may be broken after its dots and underscores, where a column is narrow."""
    return Markup(re.sub(r"([._])(?=\w)", r"\1<wbr>", escape(words.visible(name))))


def linked(text: str) -> str | Markup:
    """A plain web address as a link, which nothing follows by itself; anything else as it is."""
    found = re.fullmatch(r"(https://[\w./#-]+)(.*)", text, re.DOTALL)
    made = Markup('<a href="{0}" rel="noreferrer">{0}</a>{1}')
    return made.format(found[1], words.visible(found[2])) if found else text


def _shown(x: Any) -> Any:
    return words.visible(x) if isinstance(x, str) and not isinstance(x, Markup) else x


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


class _Section(Section):
    """A claim's section with what only a page has: quotation, pictures, and its place in the lecture and in the scan."""

    def __init__(
        self, evidence: Evidence, claim: Claim, *, says: str, line: int | None, scan: places.InScan | None
    ) -> None:
        super().__init__(evidence, claim)
        self.says, self.line_of_text, self.scan = Markup(says), line, scan
        if self.correction:
            (instead,) = lecture_text.quoted([words.visible(self.correction.text)])
            self.instead = Markup(instead)
        drawn = [*sketches.pictures(claim.pictures), *figures.pictures(claim.figures, prefix=claim.id)]
        self.pictures = [(p, Markup(p.svg)) for p in drawn]
        self.interactive, self.responding = interactive.of(claim), responding.of(claim)
        self.playable = {kind: interactive.TITLES[kind] for kind in self.interactive}
        self.playable |= {kind: one.title for kind, one in self.responding.items()}


def _sections(evidence: Evidence) -> list[_Section]:
    lecture = evidence.lecture
    lines = {s: places.line(lecture.markdown, begin) for s, (begin, _) in places.in_lecture(lecture).items()}
    scan = places.in_scan(lecture)
    quotations = lecture_text.quoted([words.visible(c.says) for c in evidence.claims])
    return [
        _Section(evidence, c, says=says, line=lines.get(c.sentence), scan=scan.get(c.sentence))
        for c, says in zip(evidence.claims, quotations, strict=True)
    ]


# --- the lecture -------------------------------------------------------------------------------------------------------


def _lecture(evidence: Evidence, typeset: Callable[[str], Markup]) -> tuple[str, list[str]]:
    claims = {c.id: c for c in evidence.claims}
    begun: set[str] = set()
    numbers: dict[str, int] = {}  # of the claims, in the order in which the text comes to them

    def ids(sentence: Sentence) -> list[str]:
        return [*(c.id for c in sentence.claims), *sentence.see]

    def number(claim: str) -> int:
        return numbers.setdefault(claim, len(numbers) + 1)

    def mark(sentence: Sentence, link_allowed: bool) -> tuple[str, str]:
        tested = [claims[c] for c in ids(sentence) if c in claims]
        worst = min(tested, key=lambda c: standing.WORST_FIRST.index(c.verdict), default=None)
        if worst and worst.verdict in standing.HOLDS:
            worst = next(filter(standing.as_worded, tested), worst)
        verdict = standing.drawn(worst) if worst else "untested"
        attributes = f'class="says v-{verdict.replace(" ", "-")}"'
        if sentence.id not in begun:
            begun.add(sentence.id)
            attributes += f' id="{escape(anchor("sentence", sentence.id))}"'
        if not worst or not link_allowed:
            return f"<mark {attributes}>", "</mark>"
        # The title is the link's name where the sentence is a formula only.
        title = escape(f"{words.cut(words.visible(worst.id), 80)}: {summary.said(evidence, worst)}")
        return f'<a {attributes} href="{escape(link(worst.id))}" title="{title}">', "</a>"

    def after(sentence: Sentence) -> str:
        chips = [
            _chip(evidence, c, claims.get(c), number(c) if c in claims else 0, elsewhere=c in sentence.see)
            for c in ids(sentence)
        ]
        if sentence.reading:
            chips.append(_uncertain(sentence.reading))
        return '<span class="chips">' + "".join(chips) + "</span>"

    def beside(sentence: Sentence) -> str:
        """Each claim's finding, beside the sentence that it was made of."""
        own = [claims[c.id] for c in sentence.claims if c.id in claims]
        return "".join(_finding(c, number(c.id), typeset) for c in own)

    sentences = [msgspec.structs.replace(s, text=words.visible(s.text)) for s in evidence.lecture.sentences]
    markdown, title = words.visible(evidence.lecture.markdown), evidence.lecture.title
    return lecture_text.render(markdown, sentences, title=title, mark=mark, after=after, beside=beside)


def _uncertain(reading: Reading) -> str:
    """A mark after a sentence whose words in the scan are uncertain, with the scan's own."""
    says = words.visible(f"uncertain reading; the scan has “{words.cut(reading.scan, 200)}”")
    return f'<a class="chip v-disputed" href="#ledger" title="{escape(says)}">[?]<span class="hidden">{escape(says)}</span></a>'


def _finding(claim: Claim, number: int, typeset: Callable[[str], Markup]) -> str:
    """A note in the margin: the claim's number, its verdict and what was found, in a line or two."""
    beyond, correction = findings.beyond(claim), findings.correction(claim)
    if correction:
        beyond = f"Better: {correction.text}"
    look = standing.drawn(claim)
    return Markup('<span class="finding v-{}"><a href="{}">{}{} {}:</a> {}{}</span>').format(
        look.replace(" ", "-"),
        link(claim.id),
        icon(look),
        number,
        summary.AS_WORDED if look == "as-worded" else claim.verdict,
        Markup("<i>{}</i> ").format(typeset(beyond)) if beyond else "",
        typeset(findings.in_one_line(claim)),
    )


def _chip(evidence: Evidence, name: str, claim: Claim | None, number: int, *, elsewhere: bool) -> str:
    """A mark after the sentence for each of its claims: shape, word and number, leading to the evidence. elsewhere: it was made of another sentence."""
    name = words.visible(name)
    if claim is None:
        says, target, shape = "not tested here", "#untested", "untested"
    else:
        says = summary.said(evidence, claim)
        target, shape = link(claim.id), standing.drawn(claim)
    marks = icon("qualified") if claim and claim.qualified and shape != "as-worded" else Markup()
    if claim and any(standing.defects_of(c) for c in claim.cells):
        marks += Markup('<span class="v-defect">{}</span>').format(icon("defect"))
        says += ", the library itself departs where recorded"
    return (
        f'<a class="chip v-{shape.replace(" ", "-")}{" see" if elsewhere else ""}" href="{escape(target)}" title="{escape(f"{words.cut(name, 80)}: {says}")}">'
        f'{icon(shape)}{marks}{number or ""}<span class="hidden">{escape(f" {words.cut(name, 80)}: {says} ")}</span></a>'
    )


# --- the machine -------------------------------------------------------------------------------------------------------


def _environment(machine: Environment) -> list[tuple[str, list[tuple[str, str]]]]:
    """[(heading, [(fact, value)])] with what is nested flattened."""
    facts = msgspec.structs.asdict(machine)
    libraries, packages = facts.pop("backends"), facts.pop("packages")
    parts = [("this machine", facts), *((name, _facts(f)) for name, f in libraries.items())]
    parts.append(("installed packages", packages))
    return [(name, [(key, words.value(_told(v), 2000)) for key, v in environments.flat(part)]) for name, part in parts]


def _facts(library: LibraryFacts) -> dict[str, Any]:
    """What a library says of itself, or why it took no part."""
    missing = {"absent": library.absent, "error": library.error}
    return {**{k: v for k, v in missing.items() if v}, "versions": library.versions, **library.facts}


def _told(x: Any) -> Any:
    if isinstance(x, list | tuple):
        return " ".join(map(str, x))
    return {True: "yes", False: "no"}[x] if isinstance(x, bool) else x
