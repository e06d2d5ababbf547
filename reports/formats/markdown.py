"""The report as GitHub-flavoured Markdown: reads well in a pull request, and stays below the size that hosts cut off.

Inside it ids lead to the claims' sections, by anchors of their own: those that GitHub makes of headings lose the dots of an id
(https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#custom-anchors).
Claims, limits, cases, cells and recorded defects lead to their anchors in the page, if the report is told where that lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from ...claims.record.sentences import got, sentence, wanted
from ...claims.record.types import Cell, Claim, Evidence, Gate
from ..page.anchors import anchor, link
from ..pictures import figures, layers, letters
from ..wording import findings, standing, summary, words
from ..wording.compared import Seen
from ..wording.markup import MOST_BYTES, block, code, folded, table, text
from ..wording.section import Limit, Section

FILE = "report.md"
SHED = {
    "again": "commands and scripts that show something again",
    "caught": "how the wrong variants were caught",
    "layers": "networks layer by layer, and worked pictures",
    "allowed": "why so much error is allowed",
    "measured": "what was measured at the gates",
    "sight": "what each claim can see",
    "wrongs": "wrong variants",
    "gates": "gates",
    "cases": "the cases",
    "counterexamples": "the limits' counterexamples",
    "limits": "limits",
    "cells": "the cells, library by library",
}
"""What is left out of a report that would be too long, the first first: what says least beyond the verdicts."""


@dataclass(frozen=True)
class Form:
    """The address of the page, empty for none; the claims that have a section; what is left out; how many bytes there may be."""

    page: str
    sections: frozenset[str]
    without: tuple[str, ...]
    most: int

    def has(self, part: str) -> bool:
        return part not in self.without

    def section(self, claim: str, width: int = 120) -> str:
        """A claim's id, which leads to its section where there is one."""
        return f"[{text(claim, width)}]({link(claim)})" if claim in self.sections else code(claim, width)

    def in_page(self, said: str, *parts: str | None) -> str:
        """Markdown that leads to an anchor of the page."""
        return f"[{said}]({self.page}{link(*parts)})" if self.page else said


def render(evidence: Evidence, page: str = "") -> str:
    """The report; of one that would be too long as little as needed is left out, and it says what."""
    return written(evidence, page, claims=evidence.claims, most=MOST_BYTES)


def written(evidence: Evidence, page: str, *, claims: Sequence[Claim], most: int) -> str:
    """The report with a section for each of these claims, of no more than so many bytes."""
    views = [Section(evidence, c) for c in claims]
    address = quote(page, safe=":/?@!&'*+,;=%~", errors="replace")  # of a link in a table: no blank, bracket or pipe
    sections = frozenset(c.id for c in claims)
    report = ""
    for n in range(len(SHED) + 1):
        form = Form(address, sections, without=tuple(SHED)[:n], most=most)
        told = (_claim(c, form) for c in views)
        report = "\n".join([*_head(evidence, form), *told, *_defects(evidence, form), *_end(evidence, form)])
        if len(report.encode()) <= most:
            return report
    return _cut(report, most)


def _head(evidence: Evidence, form: Form) -> list[str]:
    title = text(evidence.lecture.title, 200)
    lines = [f"# {title}: the lecture put to the test", ""]
    if quick := summary.quick(evidence):
        lines += [f"> **{text(quick, 2000)}**", ""]
    lines += [" ".join(text(s, 2000) for s in summary.summary(evidence)), ""]
    lines += [line for s in summary.warnings(evidence) for line in (f"**{text(s, 2000)}**", "")]
    if form.page:
        lines += [f"The same as a page, with the lecture's text and pictures: [{text(form.page)}]({form.page})", ""]
    if form.without:
        left = "; ".join(SHED[part] for part in form.without)
        where = "All of it is in results.json and in the page."
        lines += [f"_Shortened to less than {form.most:,} bytes. Left out: {left}. {where}_", ""]
    for heading, found in findings.by_need(findings.corrections(evidence)):
        changed = [[text(one.claim.says, 400), text(one.text, 1000), form.section(one.claim.id)] for one in found]
        made = table(["the lecture's words", "write instead", "claim"], changed)
        lines += folded(f"Change these in your notes. {heading}: {len(found)}", made)
    columns = [b for b, _ in standing.columns(evidence)]
    head = ["claim", "verdict", *(f"{text(b, 60)} {text(standing.state(evidence, b), 40)}" for b in columns)]
    rows = []
    for claim in evidence.claims:
        verdict = f"{standing.SIGN[standing.drawn(claim)]} {summary.said(evidence, claim)}"
        verdict += f" **(expected {claim.expected})**" if standing.unexpected(evidence, claim) else ""
        libraries = ([c for c in claim.cells if c.backend == b] for b in columns)
        rows.append([form.section(claim.id), verdict, *map(_library, libraries)])
    return [*lines, *table(head, rows)]


def _library(cells: Sequence[Cell]) -> str:
    """A library's cells in a word, or a word for each dtype where they differ."""
    if not cells:
        return "–"
    flaw = " ⚑ defect" if any(standing.defects_of(c) for c in cells) else ""
    states = {(c.verdict, _in_part(c)) for c in cells}
    if len(states) == 1:
        verdict, part = states.pop()
        return f"{standing.SIGN[verdict]} {verdict}{part}{flaw}"
    said = [f"{standing.SIGN[c.verdict]} {text(c.dtype or 'any', 20)}: {c.verdict}{_in_part(c)}" for c in cells]
    return "<br>".join(said) + flaw


def _in_part(cell: Cell) -> str:
    return ", in part" if standing.in_part(cell) else ""


def _claim(c: Section, form: Form) -> str:
    claim = c.claim
    lines = ["", f'<a name="{anchor(claim.id)}"></a>', "", f"## {text(claim.id, 200)}", ""]
    lines += [f"> {text(claim.says)}", "", text(claim.statement, 3000), "", f"**{text(c.line, 2000)}**", ""]
    if c.correction:
        lines += [f"Write instead: **{text(c.correction.text, 1000)}**", ""]
    if c.as_worded:
        lines += ["**As worded, the sentence fails for:**", ""]
        lines += [*(f"- **{text(x.name, 200)}.** {text(x.says, 1000)}" for x in c.as_worded), ""]
    lines += [*_sides(c), f"Scope: {text(claim.scope, 2000)}", "", *_related(c, form)]
    for title, found in c.against:
        lines += [f"**{title}:**", ""]
        for seen in found[:6]:
            row, case = seen.row, text(seen.row.case, 200)
            case = case if isinstance(row, Gate) else form.in_page(case, claim.id, "case", row.case)
            lines.append(f"- {text(words.cells(seen.cells))}, case {case}: {text(sentence(row), 1000)}")
            lines += _again(c, seen) if form.has("again") else []
        lines += [f"- … and {len(found) - 6} more", ""] if len(found) > 6 else [""]
    for cell, row in c.defects[:12]:
        name = form.in_page(code(row.defect, 120), "defect", row.defect)
        lines.append(f"- {text(cell.name)}: ⚑ {text(sentence(row), 400)} (recorded defect {name})")
    parts = {
        "layers": (*_letters(claim), *_layers(claim)),
        "cells": _cells(c, form),
        "gates": _gates(c, form),
        "limits": _limits(c, form),
        "wrongs": _wrongs(c, form),
        "cases": _cases(c, form),
        "allowed": _bounds(c),
    }
    return "\n".join([*lines, *(line for part, made in parts.items() if form.has(part) for line in made)])


def _related(c: Section, form: Form) -> list[str]:
    """The claims that it rests on and those that rest on it, and where its evidence stands in the page."""
    related = {"Rests on": c.claim.premises, "Used by": c.used_by}
    said = [f"{title}: {', '.join(map(form.section, ids))}" for title, ids in related.items() if ids]
    said += [form.in_page("In the page", c.claim.id)] if form.page else []
    return [". ".join(said) + ".", ""] if said else []


def _letters(claim: Claim) -> list[str]:
    """The lecture's worked picture: for each window the input with the kernel's letters on it, and the sum."""
    try:
        found = letters.sums(figures.groups_of(claim.figures["worked_example"]))
    except figures.MISFITS:  # there is none, or it has another shape
        return []
    lines = []
    for one in found:
        rows = []
        for w in (w for row in one.map for w in row):
            drawn = (" ".join(f"**{text(a, 8)}**·{text(k, 8)}" if k else text(a, 8) for a, k in row) for row in w.rows)
            others = "".join(f"<br>{text(names, 120)}: {text(other, 120)}" for names, other in w.others)
            rows.append([text(w.index, 20), "<br>".join(drawn), text(w.sum, 120) + others])
        lines += ["", f"{text(one.name, 60)}: {text(one.formula, 120)}"]
        lines += table(["window", "input, the kernel on it", "sum"], rows)
    return folded("The worked picture, window by window", lines)


def _layers(claim: Claim) -> list[str]:
    """The networks' tables of layers, each folded under its name and sums."""
    lines = []
    for name, data in claim.figures.items():
        if not name.startswith(layers.FIGURE):
            continue
        try:
            (one, _), *_ = figures.groups_of(data)
            rows = [[text(cell, 120) for cell in row] for row in layers.cells(one)]
            lines += folded(text(layers.title(one), 200), table(list(layers.HEAD), rows))
        except figures.MISFITS:  # data of another shape
            continue
    return lines


def _again(c: Section, seen: Seen) -> list[str]:
    if not (command := c.again(seen)):
        return []
    return folded("replay", block(command, "sh") + (block(seen.row.snippet, "python") if seen.row.snippet else []))


def _cells(c: Section, form: Form) -> list[str]:
    head = ["library", "verdict", "comparisons", "numbers", "error ÷ bound", "margin", "wrongs", "limits"]
    last = {row.cells[-1].name: row for row in c.libraries}
    rows = []
    for x in c.cells:
        cell, library = x.cell, last.get(x.name)
        verdict = f"{standing.SIGN[cell.verdict]} {cell.verdict}{_in_part(cell)}" + (" ⚑ defect" if x.defects else "")
        verdict += "" if cell.verdict in standing.HOLDS else f": {text(cell.reason, 400)}"
        for names, missing in library.untested if library else ():
            on = f" on {text(words.cells(names), 200)}" if library and library.several else ""
            verdict += "".join(f"<br>not tested{on}: {text(what, 400)}" for what in missing)
        measured = [words.number(cell.comparisons), words.number(cell.elements), x.ratio, words.margin(cell.margin)]
        measured += [f"{x.caught} of {len(cell.wrongs)}", f"{x.shown} of {len(cell.limits)}"]
        name = form.in_page(text(x.name, 60), c.claim.id, cell.backend, cell.dtype)
        rows.append([name, verdict, *(["–"] * 6 if x.out else measured)])
    return folded(f"Library by library: {len(rows)} cells", table(head, rows))


def _gates(c: Section, form: Form) -> list[str]:
    if not c.gates:
        return []
    lines = [
        f"Design **{text(name, 80)}**, version {design.version} of what it states, fixed before any arm ran: SHA-256 {code(design.digest, 64)}. "
        f"Seeds: {text(seeds, 500)}." + (" **Fewer than designed for: a quick run.**" if design.quick else "")
        for name, design, seeds in c.designs
    ]
    rows = []
    for gate in c.gates:
        role = ", ".join(filter(None, [text(gate.role, 40), f"{gate.speaks} the assertion" if gate.speaks else ""]))
        measured = [text(words.value(got(row), 120)) for row in gate.rows]
        word = gate.word if gate.met or gate.speaks else f"**{gate.word}**"
        numbers = [text(words.value(gate.wanted, 120)), *(measured if len(measured) > 1 else [*measured, ""])]
        on = text(words.cells(gate.cells), 120)
        rows.append([text(gate.name, 200), role, *numbers * form.has("measured"), word, on])
    met = sum(gate.met for gate in c.gates)
    head = ["gate", "role", *["wanted", "first seeds", "fresh seeds"] * form.has("measured"), "met", "on"]
    title = f"Gates, stated before the run: {met} of {len(rows)} measurements meet theirs, on the first seeds and on the fresh ones"
    return folded(title, [*lines, *table(head, rows)])


def _sides(c: Section) -> list[str]:
    """Of a sentence with two sides: the gates that speak for it and against it, and which were met."""
    lines = []
    for side, gates in c.sides:
        met = f"{sum(met for _, met in gates)} of {words.plural(len(gates), 'gate')} met"
        lines.append(f"- {side.capitalize()} the assertion, {met}:")
        lines += [f"  - {'met' if met else 'not met'}: {text(name, 200)}" for name, met in gates]
    return [*lines, ""] if lines else []


def _limits(c: Section, form: Form) -> list[str]:
    lines = []
    for x in c.limits:
        state = f"shown on {text(words.cells(x.shown), 300)}" if x.shown else "**not shown**"
        if x.shown and x.hidden:
            state += f", **not shown on {text(words.cells(x.hidden), 300)}**"
        name = form.in_page(text(x.name, 200), c.claim.id, "limit", x.name)
        lines += [f"- **{name}.** {text(x.says)} ({state})"]
        lines += _counterexamples(x) if form.has("counterexamples") else []
    commands = (c.again(seen, limit=x.name) for x in c.limits for seen in x.shows)
    lines += ["", *block(command, "sh")] if form.has("again") and (command := next(commands, "")) else []
    return folded(f"Limits: {len(c.limits)}, where the sentence read literally stops being true", lines)


def _counterexamples(x: Limit) -> list[str]:
    lines = []
    for smallest, _, neighbour in x.searches[:3]:
        found = (r.found if r else None for r in (smallest.row, neighbour))
        at, near = (text(words.symbols(point.symbols), 200) if point else "" for point in found)
        lines.append(
            f"  - smallest counterexample {at}: {text(sentence(smallest.row), 200)}; "
            f"nearest that holds: {near or '**none found**'} ({text(words.cells(smallest.cells), 120)})"
        )
    for row, _, names in x.literal[:3]:
        said, gave = wanted(row), got(row) if row.outcome == "value" else row.outcome
        said, gave = (code(words.value(v, 120)) for v in (said, gave))
        on = text(words.cells(names), 120)
        lines.append(f"  - {text(row.label, 200)}: the literal sentence says {said}; the library gave {gave} ({on})")
    return lines


def _wrongs(c: Section, form: Form) -> list[str]:
    rows = []
    for w in c.wrongs:
        survived = f", **survived on {text(words.cells(w.survived), 200)}**" if w.survived else ""
        how = [words.number(w.ratio), text(w.sentence, 300)]
        rows.append([text(w.name, 200), f"{w.caught} of {w.of}{survived}", *how * form.has("caught")])
    whole = sum(not w.survived for w in c.wrongs)
    how = ["error ÷ bound", "how, where it was hardest"]
    lines = table(["wrong variant", "cells that caught it", *how * form.has("caught")], rows)
    again = [c.wrong_again(w) for w in c.wrongs if w.survived]
    lines += block("\n".join(again), "sh") if again and form.has("again") else []
    return folded(f"Wrong variants: {whole} of {len(rows)} caught everywhere", lines) if rows else []


def _cases(c: Section, form: Form) -> list[str]:
    """Where each case stands in the page; there is nothing else to say of all of them here."""
    names = [name for cases, _ in c.compared.cases for name in cases] if form.page else []
    linked = (form.in_page(text(name, 80), c.claim.id, "case", name) for name in names)
    return folded(f"Cases, in the page: {len(names)}", ["; ".join(linked)]) if names else []


def _bounds(c: Section) -> list[str]:
    lines = [f"- {text(derivation, 1000)}" for derivation, _, _ in c.derivations]
    return folded("Why that much error is allowed", lines)


def _defects(evidence: Evidence, form: Form) -> list[str]:
    lines = ["", "## Library defects", ""] if evidence.defects else []
    for d in evidence.defects:
        state = "does not apply here" if not d.applies else "reproduced" if d.reproduced else "**did not reproduce**"
        title, where = (
            form.in_page(text(d.title, 300), "defect", d.id),
            f"{text(d.backend, 60)} {text(d.versions, 100)}",
        )
        lines += [f"- ⚑ **{title}** ({where}; {state}). {text(d.explanation, 1000)}"]
        lines += [f"  Condition: {text(d.condition, 500)}."] if d.condition else []
        lines += [f"  Nearest passing neighbour: {text(d.neighbour_says, 500)}."]
        if d.snippet and form.has("again"):
            lines += folded(f"smallest script for {text(d.id, 100)}", block(d.snippet, "python"))
    return lines


def _sensitivity(evidence: Evidence, form: Form) -> list[str]:
    """The claims by number, to keep the tables narrow; mistakes that every claim sees are counted, not listed."""
    lines = []
    for operation, claims, rows in standing.sensitivity(evidence):
        told = [(b, signs) for b, signs in rows if set(signs) - {standing.DETECTION["seen"][0]}]
        head = ["mistake", *(str(i) for i in range(1, len(claims) + 1))]
        rows_told = [[text(b.name, 120), *(sign or " " for sign in signs)] for b, signs in told]
        numbered = ", ".join(f"{i} {form.section(c, 80)}" for i, c in enumerate(claims, 1))
        seen = f"{len(rows) - len(told)} of {len(rows)} mistakes seen by every claim"
        lines += ["", f"**{text(operation, 80)}**: {seen} ({numbered})", *(table(head, rows_told) if told else [])]
    signs = "; ".join(f"{sign} {sight}" for sight, (sign, _) in standing.DETECTION.items() if sign)
    return folded(f"What each claim can see ({signs})", lines)


def _ledger(evidence: Evidence, form: Form) -> list[str]:
    rows = []
    for s, ids in standing.ledger(evidence):
        said = ", ".join(map(form.section, ids))
        if s.disposition:
            said += ("; " if ids else "") + f"{text(s.disposition, 40)}: {text(s.reason, 200)}"
        reading = f" [?] the scan has “{text(s.reading.scan, 120)}”" if s.reading else ""
        rows.append([text(s.text, 160) + reading, said])
    made = table(["the lecture's words", "tested by, or disposition"], rows)
    return folded(f"Sentence by sentence: {len(rows)}", made)


def _end(evidence: Evidence, form: Form) -> list[str]:
    waiting = standing.untested(evidence)
    listed = [" ".join(code(i, 120) for i in waiting)] if waiting else []
    facts = evidence.environment
    machine = f"Python {facts.python}, {facts.cpu}, seed {evidence.seed}, lecture-claims {evidence.tool.version}"
    meaning = [f"- {standing.SIGN[v]} **{v}**: {says}" for v, says in standing.MEANING.items()]
    meaning += [
        "- **qualified**: holds, but in a narrower scope than the sentence's words; where they fail was shown",
        f"- {standing.SIGN['as-worded']} **fails as worded**: a plain reading of the sentence was put to the test and fails; what holds is the statement",
        f"- **in part**: {standing.IN_PART}",
        "- ⚑ **defect**: the library itself departs from the exact result, as recorded; never a pass",
    ]
    lines = [*(_sensitivity(evidence, form) if form.has("sight") else []), *_ledger(evidence, form)]
    lines += folded(f"{len(waiting)} claims not tested here", listed)
    return [*lines, *folded("What the words mean", meaning), text(machine, 500) + ".", ""]


def _cut(whole: str, most: int) -> str:
    kept = whole.encode()[: most - 200].decode(errors="ignore").rsplit("\n", 1)[0]
    return kept + "\n\n_Cut here: the rest is in results.json and index.html._\n"
