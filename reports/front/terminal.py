"""What the command line prints: evidence in, a terminal's text out."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.table import Table
from rich.text import Text

from ...claims.record import replay
from ...claims.record.sentences import sentence
from ...claims.record.types import Cell, Claim, Evidence, Row, Stopped
from ..wording import adjudication as said
from ..wording import failures, findings, standing, summary, words
from ..wording.gates import sides

if TYPE_CHECKING:  # what these need takes a second to import
    from ...claims.adjudication import Adjudication
    from ...claims.contents import Made
    from ...claims.engine.runner import Plan
    from ...claims.networks.layers import Answer
    from ...reference.networks import layers

STYLE = {
    **dict.fromkeys(standing.HOLDS, "green"),
    **dict.fromkeys(("disputed", "not supported", "inconclusive", "as-worded"), "yellow"),
    **dict.fromkeys(("refuted", "error"), "bold red"),
    **dict.fromkeys(standing.TAKES_NO_PART, "dim"),
}
IN_PART = "cyan"
IN_PART_SIGN, FLAW, UNEXPECTED = "◐", "⚑", " ≠"
SHADES = " ░▒▓█"
"""Of a picture: no error, up to 1 % of the bound, up to a tenth, up to the bound, outside."""
ROWS = 12
"""Of a picture, at most."""
EVERY = {True: 1.0, False: 15.0}
"""Seconds between two signs of life, in a terminal and elsewhere."""
GATES = {"gate": "gate not met", "side": "not met, of two sides"}


def run(out: Console, evidence: Evidence, *, known: Sequence[str] = ()) -> None:
    """The verdict table; what is not as expected, the worst first; what else to know, the counts; of a part of a claim, what it found.

    known: what was said of a file of the user's own before the run.
    """
    if quick := summary.quick(evidence):
        _say(out, quick, "bold yellow")
    if evidence.selection.partial:
        _part(out, evidence)
        return
    _table(out, evidence)
    _failures(out, evidence)
    for line in (*known, *failures.lacking(evidence)):
        _say(out, line, "yellow")
    for one in evidence.claims:
        if standing.left_open(evidence, one):
            _say(out, f"{one.id} is left open by a quick run: {one.reason}")
        if worded := summary.worded_line(one):
            _say(out, f"{one.id}. {worded}")
    _defects(out, evidence)
    if found := findings.corrections(evidence):
        fail = sum(one.fails for one in found)
        _say(
            out,
            f"To change in the notes: {fail} that fail as worded, {len(found) - fail} that need a condition. `lecture-claims notes` says how.",
        )
    if sand := [p.claim for p in evidence.premises if p.sand]:
        _say(out, f"{summary.ON_SAND}: {', '.join(sand)}")
    if holes := standing.unseen(evidence):
        _say(out, f"Mistakes that no claim sees: {'; '.join(holes)}")
    if evidence.interrupted:
        _say(out, "Interrupted: the rest did not run.")
    if first := failures.first(evidence):
        _say(out, first, "bold red")
    _say(out, _counted(evidence))


def _failures(out: Console, evidence: Evidence) -> None:
    """Each claim that is not as expected, why, and a few commands that show it again."""
    for one in failures.failing(evidence):
        _say(out, f"{one.id} is {one.verdict}, expected {one.expected}: {one.reason}", STYLE[one.verdict])
        _departures(out, evidence, one, most=failures.MOST_REPLAYS)


def _table(out: Console, evidence: Evidence) -> None:
    """A claim a row, a library a column with a mark for each verdict; libraries of one claim share the last column, those of none have no column."""
    took = [c for one in evidence.claims for c in one.cells if c.verdict != "absent"]
    claims = {
        b: len({id(one) for one in evidence.claims for c in one.cells if c in took and c.backend == b})
        for b in evidence.selection.backends
    }
    alone = [b for b, n in claims.items() if n == 1 and len(evidence.claims) > 1]
    own = [b for b, n in claims.items() if n and b not in alone]
    table = Table("claim", "verdict", *own, *(["others"] if alone else []), box=None, pad_edge=False)
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    for one in evidence.claims:
        look = standing.drawn(one)
        hurried = standing.hurried(evidence, one)
        verdict = (summary.AS_WORDED if look == "as-worded" else one.verdict) + ", quick" * hurried
        verdict += UNEXPECTED * standing.unexpected(evidence, one)
        cells = [_library([c for c in one.cells if c.backend == b]) for b in own]
        others = _library([c for c in one.cells if c.backend in alone])
        style = IN_PART if hurried and look in standing.HOLDS else STYLE[look]
        table.add_row(one.id, Text(verdict, style), *cells, *([others] if alone else []))
    out.print(table)
    found = [_mark(c) for c in took]
    meaning = {
        **{sign: verdict for verdict, sign in standing.SIGN.items()},
        IN_PART_SIGN: "holds, tested in part",
        FLAW: "a library's defect",
    }
    told = [f"{sign} {meaning[sign]}" for sign in meaning if any(sign in mark for mark in found)]
    told += ["≠ not as expected"] * any(standing.unexpected(evidence, one) for one in evidence.claims)
    told += [f"others: {words.listed(alone)}"] if alone else []
    missing = [
        b for b, n in claims.items() if not n and any(c.backend == b for one in evidence.claims for c in one.cells)
    ]
    told += [f"absent: {words.listed(missing)}"] if missing else []
    _say(out, "; ".join(told), "dim")


def _counted(evidence: Evidence) -> str:
    counts, part = evidence.counts, standing.tested_in_part(evidence.claims)
    in_part = f"{words.plural(part, 'cell')} tested in part, " if part else ""
    return (
        f"{counts.holds} of {len(evidence.claims)} claims hold, {counts.qualified} of them qualified. "
        f"{counts.comparisons:,} comparisons of {counts.elements:,} elements, {counts.wrongs_caught} of "
        f"{counts.wrongs} wrongs caught, {counts.limits_shown} of {counts.limits} limits shown, "
        f"{in_part}seed {evidence.seed}, {evidence.volatile.seconds} s"
    )


def made(out: Console, one: Made, found: Claim | None = None) -> None:
    """What a claim asserts and what it is made of, as ``verify`` takes it with --case, --wrong and --limit; and how each came out."""
    _say(out, f"Statement: {one.statement}\nScope: {one.scope}\nExpected: {one.expected}")
    if one.premises:
        _say(out, f"Rests on: {', '.join(one.premises)}")
    cases, wrongs = _came_out(found) if found else ({}, {})
    for name, listed, came in (("Cases", one.cases, cases), ("Wrongs", one.wrongs, wrongs)):
        signs = [f"{came[word]} " if word in came else "" for word in listed]
        lines = [f"\n  {sign}{words.cut(word, 200)}" for sign, word in zip(signs, listed, strict=True)]
        _say(out, f"{name}:" + ("".join(lines) or " none"))
    if found is None or not standing.limits(found):
        lines = [f"\n  {name}: {' '.join(says.split())}" for name, says in one.limits.items()]
        _say(out, "Limits:" + ("".join(lines) or " none"))


def _came_out(one: Claim) -> tuple[dict[str, str], dict[str, str]]:
    """The sign of each case that was compared and of each wrong that was tried: whether it is so on every library."""
    cases, wrongs = defaultdict[str, list[bool]](list), defaultdict[str, list[bool]](list)
    for cell in one.cells:
        departed = {row.case for row in standing.departures(cell)}
        for case in {row.case for row in cell.rows if row.made} | departed:
            cases[case].append(case not in departed)
        for wrong in cell.wrongs:
            wrongs[wrong.name].append(wrong.caught)
    good, bad = standing.SIGN["verified"], standing.SIGN["refuted"]
    return {k: good if all(v) else bad for k, v in cases.items()}, {
        k: good if all(v) else bad for k, v in wrongs.items()
    }


def claim(out: Console, evidence: Evidence, one: Claim) -> None:
    """A claim's evidence: the verdict, a row for each library and dtype, departures, limits."""
    _say(out, f"Verdict: {one.verdict}{' (qualified)' if one.qualified else ''}: {one.reason}")
    if worded := summary.worded_line(one):
        _say(out, worded)
    for name, design in one.designs.items():
        stated = f"version {design.version}, SHA-256 {design.digest}, stated before any arm ran"
        few = ", fewer seeds than designed for: a quick run" if design.quick else ""
        _say(out, f"Gates of the design {name}, {stated}{few}")
    for side, gates in sides(one):
        met = "; ".join(f"{'met' if met else 'not met'}: {name}" for name, met in gates)
        _say(out, f"{side.capitalize()} the assertion: {met}")
    heads = ("library", "dtype", "verdict", "comparisons", "error ÷ bound", "margin", "wrongs", "limits")
    table = Table(*heads, box=None, pad_edge=False)
    for c in one.cells:
        caught = f"{sum(w.caught for w in c.wrongs)}/{len(c.wrongs)}"
        shown = f"{sum(x.shown for x in c.limits)}/{len(c.limits)}"
        measured = (f"{c.comparisons:,}", summary.ratio(c), _figure(c.margin), caught, shown)
        table.add_row(c.backend, c.dtype or "", Text(_word(c), _style(c)), *measured)
    out.print(table)
    for c in one.cells:
        if missing := standing.in_part(c):
            _say(out, f"In part, {c.name}; not tested: {'; '.join(missing)}")
    _departures(out, evidence, one)
    says = {x.name: x.says for x in one.limits}
    for name, found in standing.limits(one).items():
        _, limit = found[-1]
        told = says.get(name, "")
        _say(out, f"Limit, {'shown' if limit.shown else 'not shown'}: {name}{f': {told}' if told else ''}")
        for row in limit.rows:
            _say(out, f"  {sentence(row)}")


def _part(out: Console, evidence: Evidence) -> None:
    """A replay: every finding in a line of its own, the snippet of each departure, and no verdict."""
    for one in evidence.claims:
        says = {x.name: x.says for x in one.limits}
        for cell in one.cells:
            _say(out, _where(one, cell), "bold")
            if cell.verdict in ("absent", "unsupported", "error"):
                _say(out, f"  {cell.verdict}: {cell.reason}")
            for row in cell.rows:
                _say(out, f"  {_state(row)}: {sentence(row)}")
                if row.snippet:
                    out.print(Text(row.snippet), soft_wrap=True)
            for seen in evidence.volatile.not_repeated.get(_where(one, cell), ()):
                _say(out, f"  this time: {seen}")
            for wrong in cell.wrongs:
                how = sentence(wrong.worst) if wrong.worst else wrong.excuse
                _say(out, f"  {'caught' if wrong.caught else 'survived'}: {wrong.name}: {how}")
            for limit in cell.limits:
                _say(out, f"  {'shown' if limit.shown else 'not shown'}: {says.get(limit.name, limit.name)}")
                for row in limit.rows:
                    _say(out, f"    {'must fail' if row.must_fail else 'beside it'}: {sentence(row)}")
    _defects(out, evidence)
    _say(out, "A part of a claim has no verdict. " + ("All as expected." if evidence.success else "Not as expected."))


def _state(row: Row) -> str:
    if row.agrees:
        return "agrees"
    if row.defect:
        return f"departs as recorded, {row.defect}"
    return GATES.get(standing.standing(row), "departs" if row.outcome == "value" else row.outcome)


def _defects(out: Console, evidence: Evidence) -> None:
    for defect in evidence.defects:
        if defect.applies:
            state = "reproduced" if defect.reproduced else "DID NOT REPRODUCE"
            _say(out, f"Defect of {defect.backend}, {state}: {defect.id}: {defect.title}")


def _departures(out: Console, evidence: Evidence, one: Claim, *, most: int | None = None) -> None:
    """Why a claim's cells keep it from holding, and the commands that show it again, ``most`` of them."""
    for reason in failures.reasons(one):
        if not one.reason.endswith(reason.partition(": ")[2].partition(": ")[2]):
            _say(out, f"  {reason}")
    for cell in one.cells:
        for failed in {row.traceback: row for row in cell.rows if isinstance(row, Stopped) and row.traceback}.values():
            out.print(Text(failed.traceback), soft_wrap=True)
            _say(out, f"  replay: {replay.command(evidence, one.id, cell, case=failed.case)} --in-process --pdb")
    again = [*failures.replays(evidence, one)]
    for command in again[:most]:
        _say(out, f"  replay: {command}")
    if most is not None and len(again) > most:
        _say(
            out,
            f"  and {len(again) - most} more; `lecture-claims show {one.id}` has them all, by the run's results.json",
        )


def _library(cells: Sequence[Cell]) -> Text:
    """The marks of one library's cells of a claim, equal ones once."""
    return Text("").join(
        Text(sign, style) for sign, style in {sign: _style(c) for c in cells for sign in _mark(c)}.items()
    )


def _mark(cell: Cell) -> str:
    part = IN_PART_SIGN if cell.verdict in standing.HOLDS and standing.in_part(cell) else standing.SIGN[cell.verdict]
    return part + FLAW * bool(standing.defects_of(cell))


def _word(cell: Cell) -> str:
    return cell.verdict + (" (in part)" if standing.in_part(cell) else "")


def _style(cell: Cell) -> str:
    """A cell that holds in part is not as green as one that was tested in full."""
    return IN_PART if standing.in_part(cell) and cell.verdict in standing.HOLDS else STYLE[cell.verdict]


def _where(one: Claim, cell: Cell) -> str:
    return f"{one.id} [{cell.name}]"


def _figure(x: float | None) -> str:
    return "" if x is None else words.NOT_FINITE.get(str(x), f"{x:.3g}")


# --- a list of layers, an adjudication ---------------------------------------------------------------------------------


def layer_table(out: Console, network: layers.Network, answers: Sequence[Answer]) -> None:
    """The table of a list of layers, and under it a line for each library."""
    from ...claims.networks.layers import as_figure, with_layers
    from ..pictures import layers as table_of

    data = as_figure(network)
    out.print(Text(f"{table_of.title(data)}, on an input of {table_of.size(network.size)}", "bold"), soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    for i, head in enumerate(table_of.HEAD):
        number = i >= len(table_of.HEAD) - table_of.NUMBERS
        table.add_column(head, justify="right" if number else "left", overflow="fold")
    for row in table_of.cells(data):
        table.add_row(*map(Text, row))
    out.print(table)
    for one in answers:
        style = "green" if one.agrees else "dim" if one.kind in standing.TAKES_NO_PART else "bold red"
        _say(out, answer(one), style)
    if not answers:
        able = " or ".join(f"--backend {name}" for name in with_layers())
        way_out = f"{able} builds it there and compares" if able else "no library that has layers is installed here"
        out.print(f"By formula only: {way_out}.")


def answer(one: Answer) -> str:
    if one.kind != "value":
        return f"{one.library}: {one.kind}: {one.error}"
    if one.differences:
        said = "; ".join(f"{what.replace('_', '-')}: {text}" for what, text in one.differences.items())
        return f"{one.library}: not so. {words.cut(said, 2000)}"
    untold = f"; of {words.plural(one.untold, 'layer')} it does not tell the multiply-adds" if one.untold else ""
    return f"{one.library}: agrees in every layer{untold}"


def adjudication(out: Console, found: Adjudication) -> None:
    """The answer first; then each result's worst element, the libraries against each other, pictures, bounds."""
    _line(out, said.summary(found), COLOURS[found.exit_code])
    _line(out, f"{found.operation}: {said.facts(found)}", "dim")
    for line in found.taken:
        _line(out, f"  {line}", "dim")
    for library in found.libraries:
        own = [f for f in found.findings if f.library == library]
        _line(out, f"{library}: {found.verdict(library)}", STANDINGS[found.standing(library)])
        for f in own:
            _line(out, f"  {f.result} ({f.dtype}; {f.contract}): {said.sentence(f)}")
            if tier := said.tier(f):
                _line(out, f"  second tier: {tier}")
        for e in found.explanations[library]:
            detail = f", {e.detail}" if e.detail else ""
            _line(out, f"  {e.mistake}{detail}: {said.against(e)}; to change: {e.remedy}")
    for difference in found.differences:
        _line(out, said.between(found, difference))
    for f in found.findings:
        rows = _fewer(f.map)
        if f.outside and any(ratio <= 1 for row in rows for ratio in row):
            shades = "█ outside, ▓ ▒ ░ within (above 0.1, above 0.01, less)"
            _line(out, f"{f.library}, {f.result}, last two axes; {shades}:")
            for row in rows:
                _line(out, "  │" + "".join(SHADES[said.shade(ratio)] for ratio in row) + "│")
    for who, text in said.bounds(found):
        _line(out, f"Bound, {who}: {text}", "dim")


COLOURS = {0: "bold green", 1: "bold red", 3: "bold yellow"}
STANDINGS = {"within rounding": "green", "cannot tell": "yellow"} | dict.fromkeys(("outside", "unlike rounding"), "red")


@contextlib.contextmanager
def at_work(err: Console, what: str, *, quiet: bool = False) -> Iterator[None]:
    """A sign of life: how long it has taken so far, in a terminal each second, elsewhere a line now and then."""
    if quiet:
        yield
        return
    done = threading.Event()

    def tell() -> None:
        begin, every = time.monotonic(), EVERY[err.is_terminal]
        if err.is_terminal:
            err.print(what, end="\r", soft_wrap=True, highlight=False)
        while not done.wait(every):
            err.print(
                f"{what}: {time.monotonic() - begin:.0f} s",
                end="\r" if err.is_terminal else "\n",
                soft_wrap=True,
                highlight=False,
            )
        if err.is_terminal:
            err.control(Control((ControlType.ERASE_IN_LINE, 2), ControlType.CARRIAGE_RETURN))

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _line(out: Console, text: str, style: str = "") -> None:
    # Into a pipe a line stays a line; on a screen it breaks between words.
    out.print(Text(words.visible(text), style), soft_wrap=not out.is_terminal)


def _fewer(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    """Neighbouring rows joined, the larger ratios kept."""
    step = -(-len(rows) // ROWS)
    return [[max(column) for column in zip(*rows[i : i + step], strict=True)] for i in range(0, len(rows), step)]


def _say(out: Console, line: str, style: str = "") -> None:
    out.print(Text(line, style), soft_wrap=True)


def plan(out: Console, found: Plan, *, jobs: int) -> None:
    """What a run would compute, longest first, and how long that takes on so many processes."""
    whole, cells = sum(task.seconds for task in found.tasks), sum(task.is_cell for task in found.tasks)
    out.print(f"{found.stored} cells are stored, {cells} are to be computed: {whole:.0f} s of work")
    out.print(f"on {jobs} process{'es'[: 2 * (jobs > 1)]} about {found.seconds:.0f} s")
    for task in sorted(found.tasks, key=lambda task: -task.seconds)[:20]:
        out.print(f"{task.seconds:8.1f} s  {task.name}", soft_wrap=True)
