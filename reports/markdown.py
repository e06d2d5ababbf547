"""The report as GitHub-flavoured Markdown: reads well in a pull request, and stays below the size that hosts cut off."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from . import claim_view, figures, layers, letters, view

MOST_BYTES = 480_000
SIGN = {
    "verified": "✓", "supported": "≈", "disputed": "⇄", "not supported": "⊘", "inconclusive": "?", "refuted": "✗", "error": "‼",
    "absent": "·", "unsupported": "∅",
}  # fmt: skip
PLAIN = {"<": "&lt;", ">": "&gt;", "@": "@<!-- -->", "#": "\\#<!-- -->"}
SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#$@])")


def render(evidence: Mapping[str, Any]) -> str:
    """The report; where it would be too long, the sections that say least are left out, and it says so."""
    head = "\n".join(_head(evidence))
    parts = [_claim(evidence, c) for c in evidence["claims"]]
    foot = "\n".join([*_defects(evidence), *_end(evidence)])
    text = "\n".join([head, *parts, foot])
    if len(text.encode()) > MOST_BYTES:
        parts = [_claim(evidence, c, short=True) for c in evidence["claims"]]
        text = "\n".join([head, "_Shortened: the details are in results.json and index.html._\n", *parts, foot])
    return text if len(text.encode()) <= MOST_BYTES else _cut(text)


def text(x: Any, width: int = 600) -> str:
    """Data as plain text on one line: nothing in it is markup, a mention of a person or a reference to an issue."""
    line = " ".join(view.visible(view.cut(str(x), width)).split()).replace("&", "&amp;")
    line = SPECIAL.sub(lambda m: PLAIN.get(m[0], "\\" + m[0]), line)
    return re.sub(r"^([-+=]|\d+(?=[.)](\s|$)))", lambda m: "\\" + m[0] if m[0] in "-+=" else m[0] + "\\", line)


def code(x: Any, width: int = 600) -> str:
    """Data as code on one line, in HTML, which no backtick and no pipe can end."""
    line = " ".join(view.visible(view.cut(str(x), width)).split())
    return "<code>" + "".join(f"&#{ord(c)};" if c in "&<>`|*_~[]\\@$#" else c for c in line) + "</code>"


def block(source: str, language: str = "") -> list[str]:
    """A block of code, fenced by more backticks than it holds."""
    longest = max((len(run) for run in re.findall(r"`+", source)), default=0)
    fence = "`" * max(3, longest + 1)
    lines = [view.visible(line) for line in source.rstrip("\n").split("\n")]
    return [fence + language, *lines, fence]


def _table(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    return [
        "",
        "| " + " | ".join(head) + " |",
        "|" + " --- |" * len(head),
        *("| " + " | ".join(r) + " |" for r in rows),
        "",
    ]


def _folded(title: str, lines: list[str]) -> list[str]:
    return ["", f"<details><summary>{title}</summary>", "", *lines, "", "</details>", ""] if lines else []


def _head(evidence: Mapping[str, Any]) -> list[str]:
    title = text(evidence["lecture"]["title"], 200)
    lines = [f"# {title}: the lecture put to the test", "", " ".join(text(s, 2000) for s in view.summary(evidence)), ""]
    if quick := view.quick(evidence):
        lines[1:1] = ["", f"> **{text(quick, 2000)}**"]
    lines += [line for s in view.warnings(evidence) for line in (f"**{text(s, 2000)}**", "")]
    columns = [b for b, _ in view.columns(evidence)]
    head = ["claim", "verdict", *(f"{text(b, 60)} {text(view.state(evidence, b), 40)}" for b in columns)]
    rows = []
    for claim in evidence["claims"]:
        verdict = f"{SIGN[claim['verdict']]} {view.marks(claim)}"
        verdict += f" **(expected {claim['expected']})**" if view.unexpected(evidence, claim) else ""
        rows.append(
            [
                code(claim["id"], 120),
                verdict,
                *(_library([c for c in claim["cells"] if c["backend"] == b]) for b in columns),
            ]
        )
    return [*lines, *_table(head, rows)]


def _library(cells: list[Mapping[str, Any]]) -> str:
    """A library's cells in a word, or a word for each dtype where they differ."""
    if not cells:
        return "–"
    flaw = " ⚑ defect" if any(view.defects_of(c) for c in cells) else ""
    words = {(c["verdict"], _in_part(c)) for c in cells}
    if len(words) == 1:
        verdict, part = words.pop()
        return f"{SIGN[verdict]} {verdict}{part}{flaw}"
    said = [f"{SIGN[c['verdict']]} {text(c['dtype'] or 'any', 20)}: {c['verdict']}{_in_part(c)}" for c in cells]
    return "<br>".join(said) + flaw


def _in_part(cell: Mapping[str, Any]) -> str:
    return ", in part" if view.in_part(cell) else ""


def _claim(evidence: Mapping[str, Any], claim: Mapping[str, Any], *, short: bool = False) -> str:
    c = claim_view.of(evidence, claim)
    lines = ["", f"## {text(claim['id'], 200)}", "", f"> {text(claim['says'])}", "", text(claim["statement"], 3000), ""]
    lines += [f"**{text(c['line'], 2000)}**", ""]
    if c["as_worded"]:
        lines += ["**As worded, the sentence fails for:**", ""]
        lines += [*(f"- **{text(name, 200)}.** {text(says, 1000)}" for name, says in c["as_worded"]), ""]
    lines += [*_sides(c), f"Scope: {text(claim['scope'], 2000)}", ""]
    for title, pairs in c["against"]:
        lines += [f"**{title}:**", ""]
        for row, names in pairs[:6]:
            lines.append(f"- {text(view.cells(names))}, case {text(row['case'], 200)}: {text(row['sentence'], 1000)}")
            lines += [] if short else _again(row)
        lines += [f"- … and {len(pairs) - 6} more", ""] if len(pairs) > 6 else [""]
    lines += [
        f"- {text(cell)}: ⚑ {text(row['sentence'], 400)} (recorded defect {code(name, 120)})"
        for name, cell, row in c["defects"][:12]
    ]
    if short:
        return "\n".join(lines)
    return "\n".join(
        [*lines, *_letters(claim), *_layers(claim), *_cells(c), *_gates(c), *_limits(c), *_wrongs(c), *_bounds(c)]
    )


def _letters(claim: Mapping[str, Any]) -> list[str]:
    """The lecture's worked picture: for each window the input with the kernel's letters on it, and the sum."""
    try:
        found = letters.sums(figures.groups_of(claim["figures"]["worked_example"]))
    except figures.MISFITS:  # there is none, or it has another shape
        return []
    lines = []
    for one in found:
        rows = []
        for w in (w for row in one.map for w in row):
            drawn = (" ".join(f"**{text(a, 8)}**·{text(k, 8)}" if k else text(a, 8) for a, k in row) for row in w.rows)
            others = "".join(f"<br>{text(names, 120)}: {text(other, 120)}" for names, other in w.others)
            rows.append([text(w.index, 20), "<br>".join(drawn), text(w.sum, 120) + others])
        lines += [
            "",
            f"{text(one.name, 60)}: {text(one.formula, 120)}",
            *_table(["window", "input, the kernel on it", "sum"], rows),
        ]
    return _folded("The worked picture, window by window", lines)


def _layers(claim: Mapping[str, Any]) -> list[str]:
    """The networks' tables of layers, each folded under its name and sums."""
    lines = []
    for name, data in claim["figures"].items():
        if not name.startswith(layers.FIGURE):
            continue
        try:
            (one, _), *_ = figures.groups_of(data)
            rows = [[text(cell, 120) for cell in row] for row in layers.cells(one)]
            lines += _folded(text(layers.title(one), 200), _table(list(layers.HEAD), rows))
        except figures.MISFITS:  # data of another shape
            continue
    return lines


def _again(row: Mapping[str, Any]) -> list[str]:
    if not row.get("replay"):
        return []
    lines = block(row["replay"], "sh") + (block(row["snippet"], "python") if row.get("snippet") else [])
    return _folded("replay", lines)


def _cells(c: Mapping[str, Any]) -> list[str]:
    head = ["library", "verdict", "comparisons", "numbers", "error ÷ bound", "margin", "wrongs", "limits"]
    rows = []
    for x in c["cells"]:
        cell = x["cell"]
        verdict = f"{SIGN[cell['verdict']]} {cell['verdict']}{_in_part(cell)}" + (" ⚑ defect" if x["defects"] else "")
        verdict += "" if cell["verdict"] in view.HOLDS else f": {text(cell['reason'], 400)}"
        verdict += "".join(f"<br>not tested: {text(missing, 400)}" for missing in x["in_part"])
        measured = [
            view.number(cell["comparisons"]),
            view.number(cell["elements"]),
            x["ratio"],
            view.margin(cell["margin"]),
        ]
        measured += [f"{x['caught']} of {len(cell['wrongs'])}", f"{x['shown']} of {len(cell['limits'])}"]
        rows.append([text(x["name"], 60), verdict, *(["–"] * 6 if x["out"] else measured)])
    return _folded(f"Library by library: {len(rows)} cells", _table(head, rows))


def _gates(c: Mapping[str, Any]) -> list[str]:
    if not c["gates"]:
        return []
    lines = [
        f"Design **{text(name, 80)}**, version {design['version']} of what it states, fixed before any arm ran: SHA-256 {code(design['digest'], 64)}. "
        f"Seeds: {text(seeds, 500)}." + (" **Fewer than designed for: a quick run.**" if design["quick"] else "")
        for name, design, seeds in c["designs"]
    ]
    rows = []
    for gate in c["gates"]:
        role = ", ".join(
            filter(None, [text(gate["role"], 40), f"{gate['speaks']} the assertion" if gate["speaks"] else ""])
        )
        measured = [text(view.value(row["got"], 120)) for _, row, _ in gate["measured"]]
        word = gate["word"] if gate["met"] or gate["speaks"] else f"**{gate['word']}**"
        rows.append([text(gate["name"], 200), role, text(view.value(gate["wanted"], 120)), *(measured if len(measured) > 1 else [*measured, ""]), word,
                     text(view.cells(gate["cells"]), 120)])  # fmt: skip
    met = sum(gate["met"] for gate in c["gates"])
    head = ["gate", "role", "wanted", "first seeds", "fresh seeds", "met", "on"]
    title = f"Gates, stated before the run: {met} of {len(rows)} measurements meet theirs, on the first seeds and on the fresh ones"
    return _folded(title, [*lines, *_table(head, rows)])


def _sides(c: Mapping[str, Any]) -> list[str]:
    """Of a sentence with two sides: the gates that speak for it and against it, and which were met."""
    lines = []
    for side, gates in c["sides"]:
        lines.append(
            f"- {side.capitalize()} the assertion, {sum(met for _, met in gates)} of {view.plural(len(gates), 'gate')} met:"
        )
        lines += [f"  - {'met' if met else 'not met'}: {text(name, 200)}" for name, met in gates]
    return [*lines, ""] if lines else []


def _limits(c: Mapping[str, Any]) -> list[str]:
    lines = []
    for x in c["limits"]:
        state = f"shown on {text(view.cells(x['shown']), 300)}" if x["shown"] else "**not shown**"
        if x["shown"] and x["hidden"]:
            state += f", **not shown on {text(view.cells(x['hidden']), 300)}**"
        lines += [f"- **{text(x['name'], 200)}.** {text(x['says'])} ({state})"]
        for roles, names in x["searches"][:3]:
            at = text(view.symbols(roles["smallest"]["found"]["symbols"]), 200)
            near = (
                text(view.symbols(roles["neighbour"]["found"]["symbols"]), 200)
                if "neighbour" in roles
                else "**none found**"
            )
            lines.append(
                f"  - smallest counterexample {at}: {text(roles['smallest']['sentence'], 200)}; nearest that holds: {near} ({text(view.cells(names), 120)})"
            )
        for row, names in x["literal"][:3]:
            got = row["got"] if row["outcome"] == "value" else row["outcome"]
            said, gave = code(view.value(row["wanted"], 120)), code(view.value(got, 120))
            where = text(view.cells(names), 120)
            lines.append(
                f"  - {text(row['label'], 200)}: the literal sentence says {said}; the library gave {gave} ({where})"
            )
    shown = [
        r
        for x in c["limits"]
        for r in (*(roles["smallest"] for roles, _ in x["searches"]), *(row for row, _ in x["literal"]))
    ]
    replay = next((row["replay"] for row in shown if row.get("replay")), "")
    lines += ["", *block(replay, "sh")] if replay else []
    return _folded(f"Limits: {len(c['limits'])}, where the sentence read literally stops being true", lines)


def _wrongs(c: Mapping[str, Any]) -> list[str]:
    rows = [
        [
            text(w["name"], 200),
            f"{w['caught']} of {w['of']}"
            + (f", **survived on {text(view.cells(w['survived']), 200)}**" if w["survived"] else ""),
            view.number(w["weakest"]["ratio"]),
            text(w["weakest"]["sentence"], 300),
        ]
        for w in c["wrongs"]
    ]
    whole = sum(not w["survived"] for w in c["wrongs"])
    head = ["wrong variant", "cells that caught it", "error ÷ bound", "how, where it was hardest"]
    again = [w["weakest"]["replay"] for w in c["wrongs"] if w["survived"] and w["weakest"].get("replay")]
    lines = [*_table(head, rows), *(block("\n".join(again), "sh") if again else [])]
    return _folded(f"Wrong variants: {whole} of {len(rows)} caught everywhere", lines) if rows else []


def _bounds(c: Mapping[str, Any]) -> list[str]:
    lines = [f"- {text(derivation, 1000)}" for derivation, _, _ in c["derivations"]]
    return _folded("Why that much error is allowed", lines)


def _defects(evidence: Mapping[str, Any]) -> list[str]:
    lines = ["", "## Library defects", ""] if evidence["defects"] else []
    for d in evidence["defects"]:
        state = (
            "does not apply here" if not d["applies"] else "reproduced" if d["reproduced"] else "**did not reproduce**"
        )
        lines += [
            f"- ⚑ **{text(d['title'], 300)}** ({text(d['backend'], 60)} {text(d['versions'], 100)}; {state}). {text(d['explanation'], 1000)}"
        ]
        lines += [f"  Condition: {text(d['condition'], 500)}."] if d["condition"] else []
        lines += [f"  Nearest passing neighbour: {text(d['neighbour_says'], 500)}."]
        if d["snippet"]:
            lines += _folded(f"smallest script for {text(d['id'], 100)}", block(d["snippet"], "python"))
    return lines


def _sensitivity(evidence: Mapping[str, Any]) -> list[str]:
    """The claims by number, to keep the tables narrow; mistakes that every claim sees are counted, not listed."""
    lines = []
    for operation, claims, rows in view.sensitivity(evidence):
        told = [(b, signs) for b, signs in rows if set(signs) - {view.SIGHT["seen"][0]}]
        head = ["mistake", *(str(i) for i in range(1, len(claims) + 1))]
        table = (
            _table(head, [[text(b["name"], 120), *(sign or " " for sign in signs)] for b, signs in told])
            if told
            else []
        )
        numbered = ", ".join(f"{i} {text(c, 80)}" for i, c in enumerate(claims, 1))
        lines += [
            "",
            f"**{text(operation, 80)}**: {len(rows) - len(told)} of {len(rows)} mistakes seen by every claim ({numbered})",
            *table,
        ]
    signs = "; ".join(f"{sign} {sight}" for sight, (sign, _) in view.SIGHT.items() if sign)
    return _folded(f"What each claim can see ({signs})", lines)


def _ledger(evidence: Mapping[str, Any]) -> list[str]:
    rows = []
    for sentence, ids in view.ledger(evidence):
        said = ", ".join(code(i, 120) for i in ids)
        if sentence["disposition"]:
            said += ("; " if ids else "") + f"{text(sentence['disposition'], 40)}: {text(sentence['reason'], 200)}"
        reading = f" [?] the scan has “{text(sentence['reading']['scan'], 120)}”" if sentence["reading"] else ""
        rows.append([text(sentence["text"], 160) + reading, said])
    return _folded(
        f"Sentence by sentence: {len(rows)}", _table(["the lecture's words", "tested by, or disposition"], rows)
    )


def _end(evidence: Mapping[str, Any]) -> list[str]:
    waiting = view.untested(evidence)
    lines = (
        _folded(f"{len(waiting)} claims not tested here", [" ".join(code(i, 120) for i in waiting)]) if waiting else []
    )
    facts = evidence["environment"]
    machine = f"Python {facts['python']}, {facts.get('cpu', '')}, seed {evidence['seed']}, lecture-claims {evidence['tool']['version']}"
    meaning = [f"- {SIGN[v]} **{v}**: {says}" for v, says in view.MEANING.items()]
    meaning += ["- **qualified**: holds, but in a narrower scope than the sentence's words; where they fail was shown",
                "- **fails as worded**: a plain reading of the sentence was put to the test and fails; what holds is the statement",
                f"- **in part**: {view.IN_PART}",
                "- ⚑ **defect**: the library itself departs from the exact result, as recorded; never a pass"]  # fmt: skip
    lines = [*_sensitivity(evidence), *_ledger(evidence), *lines]
    return [*lines, *_folded("What the words mean", meaning), text(machine, 500) + ".", ""]


def _cut(whole: str) -> str:
    kept = whole.encode()[: MOST_BYTES - 200].decode(errors="ignore").rsplit("\n", 1)[0]
    return kept + "\n\n_Cut here: the rest is in results.json and index.html._\n"
