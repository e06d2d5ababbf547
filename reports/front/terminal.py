"""What the command line prints: evidence in, a terminal's text out."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..wording import claim_view, view

STYLE = {
    "verified": "green",
    "supported": "green",
    "disputed": "yellow",
    "not supported": "yellow",
    "inconclusive": "yellow",
    "refuted": "bold red",
    "error": "bold red",
    "absent": "dim",
    "unsupported": "dim",
}
IN_PART = "cyan"
GATES = {"gate": "gate not met", "side": "not met, of two sides"}


def run(out: Console, found: dict[str, Any]) -> None:
    """The verdict table, what is not as expected, the defects that showed, the counts; of a part of a claim, what it found."""
    if quick := view.quick(found):
        _say(out, quick, "bold yellow")
    if found["selection"]["partial"]:
        _part(out, found)
        return
    libraries = found["selection"]["backends"]
    table = Table("claim", "verdict", *libraries, box=None, pad_edge=False)
    table.columns[0].no_wrap = True
    for one in found["claims"]:
        verdict = one["verdict"] + (" (qualified)" if one["qualified"] else "")
        unexpected = " ≠ expected" if view.unexpected(found, one) else ""
        cells = [_library([c for c in one["cells"] if c["backend"] == b]) for b in libraries]
        table.add_row(one["id"], Text(verdict + unexpected, STYLE[one["verdict"]]), *cells)
    out.print(table)
    for one in found["claims"]:
        if view.unexpected(found, one):
            _say(out, f"{one['id']} is {one['verdict']}, expected {one['expected']}: {one['reason']}")
        elif view.left_open(found, one):
            _say(out, f"{one['id']} is left open by a quick run: {one['reason']}")
        if worded := view.worded_line(one):
            _say(out, f"{one['id']}. {worded}")
        _departures(out, one)
    _defects(out, found)
    counts, part = found["counts"], view.tested_in_part(found["claims"])
    in_part = f"{view.plural(part, 'cell')} tested in part, " if part else ""
    _say(
        out,
        f"{counts['holds']} of {len(found['claims'])} claims hold, {counts['qualified']} of them qualified. "
        f"{counts['comparisons']:,} comparisons of {counts['elements']:,} elements, {counts['wrongs_caught']} of "
        f"{counts['wrongs']} wrongs caught, {counts['limits_shown']} of {counts['limits']} limits shown, "
        f"{in_part}seed {found['seed']}, {found['volatile']['seconds']} s",
    )
    if sand := [p["claim"] for p in found["premises"] if p["sand"]]:
        _say(
            out,
            f"Resting on sand, for a claim that they use is refuted, not supported or inconclusive: {', '.join(sand)}",
        )
    if holes := view.unseen(found):
        _say(out, f"Mistakes that no claim sees: {'; '.join(holes)}")
    if found["interrupted"]:
        _say(out, "Interrupted: the rest did not run.")


def claim(out: Console, one: dict[str, Any]) -> None:
    """A claim's evidence: the verdict, a row for each library and dtype, departures, limits."""
    reason = one["reason"].partition(f"; {view.WORDED}")[0]
    _say(out, f"Verdict: {one['verdict']}{' (qualified)' if one['qualified'] else ''}: {reason}")
    if worded := view.worded_line(one):
        _say(out, worded)
    for name, design in one["designs"].items():
        few = ", fewer seeds than designed for: a quick run" if design["quick"] else ""
        _say(
            out,
            f"Gates of the design {name}, version {design['version']}, SHA-256 {design['digest']}, stated before any arm ran{few}",
        )
    for side, gates in claim_view.sides(one):
        _say(
            out,
            f"{side.capitalize()} the assertion: "
            + "; ".join(f"{'met' if met else 'not met'}: {name}" for name, met in gates),
        )
    heads = ("library", "dtype", "verdict", "comparisons", "error ÷ bound", "margin", "wrongs", "limits")
    table = Table(*heads, box=None, pad_edge=False)
    for c in one["cells"]:
        caught, shown = sum(w["caught"] for w in c["wrongs"]), sum(x["shown"] for x in c["limits"])
        table.add_row(
            c["backend"],
            c["dtype"] or "",
            Text(_word(c), _style(c)),
            f"{c['comparisons']:,}",
            view.ratio(c),
            _figure(c["margin"]),
            f"{caught}/{len(c['wrongs'])}",
            f"{shown}/{len(c['limits'])}",
        )
    out.print(table)
    for c in one["cells"]:
        if missing := view.in_part(c):
            _say(out, f"In part, {view.cell_name(c)}; not tested: {'; '.join(missing)}")
    _departures(out, one)
    for limit in {x["name"]: x for c in one["cells"] for x in c["limits"]}.values():
        _say(out, f"Limit, {'shown' if limit['shown'] else 'not shown'}: {limit['says']}")
        for row in limit["rows"]:
            _say(out, f"  {row['sentence']}")


def _part(out: Console, found: dict[str, Any]) -> None:
    """A replay: every finding in a line of its own, the snippet of each departure, and no verdict."""
    for one in found["claims"]:
        for cell in one["cells"]:
            _say(out, _where(one, cell), "bold")
            if cell["verdict"] in ("absent", "unsupported", "error"):
                _say(out, f"  {cell['verdict']}: {cell['reason']}")
            for row in cell["rows"]:
                state = (
                    "agrees"
                    if row["agrees"]
                    else f"departs as recorded, {row['defect']}"
                    if row["defect"]
                    else row["outcome"]
                )
                word = GATES.get(view.standing(row), "departs" if state == "value" else state)
                _say(out, f"  {word}: {row['sentence']}")
                if row.get("snippet"):
                    out.print(Text(row["snippet"]), soft_wrap=True)
            for seen in found["volatile"]["not_repeated"].get(_where(one, cell), ()):
                _say(out, f"  this time: {seen}")
            for wrong in cell["wrongs"]:
                _say(out, f"  {'caught' if wrong['caught'] else 'survived'}: {wrong['name']}: {wrong['sentence']}")
            for limit in cell["limits"]:
                _say(out, f"  {'shown' if limit['shown'] else 'not shown'}: {limit['says']}")
                for row in limit["rows"]:
                    _say(out, f"    {'must fail' if row['must_fail'] else 'beside it'}: {row['sentence']}")
    _defects(out, found)
    _say(out, "A part of a claim has no verdict. " + ("All as expected." if found["success"] else "Not as expected."))


def _defects(out: Console, found: dict[str, Any]) -> None:
    for defect in found["defects"]:
        if defect["applies"]:
            state = "reproduced" if defect["reproduced"] else "DID NOT REPRODUCE"
            _say(out, f"Defect of {defect['backend']}, {state}: {defect['id']}: {defect['title']}")


def _departures(out: Console, one: dict[str, Any]) -> None:
    for cell in one["cells"]:
        if cell["verdict"] in ("refuted", "error", "inconclusive", "not supported"):
            _say(out, f"{_where(one, cell)}: {cell['verdict']}: {cell['reason']}")
        for row in view.departures(cell):
            if row.get("replay"):
                _say(out, f"  replay: {row['replay']}")
        for wrong in cell["wrongs"]:
            if not wrong["caught"] and wrong.get("replay"):
                _say(out, f"  replay: {wrong['replay']}")


def _library(cells: list[dict[str, Any]]) -> Text:
    """One library's cells of a claim in a word, with how many of them are so in part; or a word for each dtype where they differ."""
    words = {_word(c): _style(c) for c in cells}
    mark = " +defect" if any(r["defect"] for c in cells for r in c["rows"]) else ""
    in_part = [c for c in cells if view.in_part(c)]
    if len({c["verdict"] for c in cells}) == 1 and 0 < len(in_part) < len(cells):
        return Text(f"{cells[0]['verdict']} ({len(in_part)} of {len(cells)} in part){mark}", _style(in_part[0]))
    if len(words) == 1:
        word, style = words.popitem()
        return Text(word + mark, style)
    return Text(" ").join(Text(f"{c['dtype']}: {_word(c)}", _style(c)) for c in cells) + mark


def _word(cell: dict[str, Any]) -> str:
    return cell["verdict"] + (" (in part)" if view.in_part(cell) else "")


def _style(cell: dict[str, Any]) -> str:
    """A cell that holds in part is not as green as one that was tested in full."""
    return IN_PART if view.in_part(cell) and cell["verdict"] in view.HOLDS else STYLE[cell["verdict"]]


def _where(one: dict[str, Any], cell: dict[str, Any]) -> str:
    return f"{one['id']} [{cell['backend']}{' ' + cell['dtype'] if cell['dtype'] else ''}]"


def _figure(x: float | str | None) -> str:
    return "" if x is None else {"inf": "∞"}.get(x, x) if isinstance(x, str) else f"{x:.3g}"


def _say(out: Console, line: str, style: str = "") -> None:
    out.print(Text(line, style), soft_wrap=True)
