"""Verdicts: two ordered lists of rules, one for a cell, one for a claim. The first rule that finds something decides; nothing else does.

A rule has a name, a verdict, and a condition that gives its reason in one sentence, or nothing where the rule does not apply. Rules read
rows of the record and never a sentence; no rule reads the verdict that a claim's author expects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .sentences import sentence
from .types import AnyRow, Cell, CellVerdict, Fact, Gate, Row, Stopped, Sweep

WORST_FIRST = ("error", "refuted", "inconclusive", "not supported", "disputed", "supported", "verified")
TAKES_NO_PART = ("absent", "unsupported")
HOLDS = ("verified", "supported")

Rows = Sequence[AnyRow]


@dataclass
class Facts:
    """All that a cell's verdict depends on.

    honest: rows of the experiment as it stands; wrongs, limits: rows of each, by name.
    absent, left_out: why the library takes no part; asked: whether anything compared came from the library; about_shapes: whether the claim is about shapes;
    disputes: whether the sentence itself says that there are two sides.
    unreproduced: recorded defects that touch this cell's calls and did not reproduce; unrepeatable: those that need not show every time.
    partial, point: whether only a part of the claim ran, and the address of the one geometry that was asked for.
    """

    honest: Rows = ()
    wrongs: Mapping[str, Rows] = field(default_factory=dict)
    limits: Mapping[str, Rows] = field(default_factory=dict)
    absent: str = ""
    left_out: str = ""
    asked: bool = True
    about_shapes: bool = False
    disputes: bool = False
    unreproduced: Sequence[str] = ()
    unrepeatable: frozenset[str] = frozenset()
    partial: bool = False
    point: str = ""

    @property
    def made(self) -> list[AnyRow]:
        return [row for row in self.honest if row.made]

    @property
    def gates(self) -> list[Gate]:
        """The gates that must be met: those of a sentence with two sides speak for one of them and need not be."""
        return [row for row in self.made if isinstance(row, Gate) and not row.speaks]

    def survived(self) -> list[str]:
        return [name for name, rows in self.wrongs.items() if not caught(rows, self)]

    def hidden(self) -> list[str]:
        return [name for name, rows in self.limits.items() if not shown(rows, about_shapes=self.about_shapes)]


class Rule(NamedTuple):
    """name; verdict; reason: the condition, which gives its sentence, or "" where the rule does not apply."""

    name: str
    verdict: CellVerdict
    reason: Callable[[Any], str]


class Decision(NamedTuple):
    """The verdict, the name of the rule that decided, and its reason."""

    verdict: Any
    rule: str
    reason: str


# --- what rows tell ----------------------------------------------------------------------------------------------------


def caught(rows: Rows, facts: Facts) -> list[AnyRow]:
    """The comparisons that refute a wrong.

    An exception is no refutation; a shape is one only in a claim about shapes; a library's recorded defect is none, for
    it would be there in the right world too. Nor is a gate that is merely undecided; nor one that speaks for one of two sides and is
    not met, but where the honest experiment met it.
    """
    met = {_gate_of(row) for row in facts.honest if isinstance(row, Gate) and row.speaks and row.agrees}
    return [
        row
        for row in rows
        if row.made and not row.agrees and not row.defect
        if facts.about_shapes or not row.shape
        if not isinstance(row, Gate) or not (row.undecided or (row.speaks and _gate_of(row) not in met))
    ]


def _gate_of(row: Gate) -> tuple[str, str, str]:
    return row.case, row.gate, row.group


def shown(rows: Rows, *, about_shapes: bool) -> bool:
    """A limit shows where the literal sentence was tested and fails, and something predicted beside it holds.

    It fails in values: a NaN, or a wrong shape outside claims about shapes, exhibits nothing but a broken library. (A fact may be "nan".)
    """
    literal = [row for row in rows if row.must_fail]
    beside = [row for row in rows if not row.must_fail]
    fails = (
        r.made and not r.agrees and (about_shapes or not r.shape) and (isinstance(r, Fact) or r.got != "nan")
        for r in literal
    )
    return bool(literal and beside) and all(fails) and all(row.agrees and row.made for row in beside)


def margin(facts: Facts) -> float | None:
    """The smallest of the wrongs' largest ratios ÷ the largest honest ratio, over the comparisons within a bound.

    A wrong that only bitwise comparisons tell counts as infinite, and so does the margin where all are bitwise. None where
    there is nothing to divide, and in a cell that departs: it has no honest ratio.
    """
    made = facts.made
    if not (facts.wrongs and any(r.elements for r in made)) or any(not r.agrees and not r.defect for r in made):
        return None
    honest = max((r.ratio for r in made if _bounded(r) and r.agrees), default=0.0)
    wrong = min(_largest(caught(rows, facts)) for rows in facts.wrongs.values())
    return wrong / honest if honest else float("inf") if wrong else 0.0


def _bounded(row: Row) -> bool:
    return row.kind == "within" or (isinstance(row, Sweep) and row.of == "within")


def _largest(refuting: Rows) -> float:
    bounded = [row.ratio for row in refuting if _bounded(row)]
    return max(bounded) if bounded else (float("inf") if refuting else 0.0)


# --- the rules of a cell -----------------------------------------------------------------------------------------------


def _failed(facts: Facts) -> str:
    return _first(
        f"the experiment itself failed in case {r.case}: {r.note}" for r in facts.honest if r.outcome == "error"
    )


def _broken(facts: Facts) -> str:
    return _first(f"case {r.case}: {r.note}" for r in _stops_first(facts) if r.outcome == "broken" and not r.made)


def _unsupported(facts: Facts) -> str:
    if facts.made:
        return ""
    return _first(r.note or r.outcome for r in _stops_first(facts) if r.outcome in TAKES_NO_PART)


def _departs(facts: Facts) -> str:
    departures = [r for r in facts.made if not r.agrees and not isinstance(r, Gate) and not r.defect]
    return sentence(max(departures, key=lambda r: r.ratio)) if departures else ""


def _raised(facts: Facts) -> str:
    stops = (r for r in _stops_first(facts) if r.outcome == "raised" and not r.made)
    return _first(f"case {r.case}: the library raised {r.note}" for r in stops)


def _not_reproduced(facts: Facts) -> str:
    return _first(f"recorded defect {d} applies here and did not reproduce" for d in facts.unreproduced)


def _too_broad(facts: Facts) -> str:
    """A record covers what departs and nothing else, or it could hide a new departure; one that is not repeatable may miss
    now and then, not half the time."""
    for defect in sorted({r.defect or r.spared for r in facts.made} - {""}):
        departed = sum(geometries(r) for r in facts.made if r.defect == defect)
        spared = sum(geometries(r) for r in facts.made if r.spared == defect)
        if spared and (defect not in facts.unrepeatable or spared >= departed):
            calls = f"{spared} of {departed + spared} calls within it are right"
            return f"the trigger of the recorded defect {defect} is broader than the fault: {calls}"
    return ""


def _no_such_point(facts: Facts) -> str:
    reached = not facts.point or any(isinstance(r, Sweep) for r in facts.made)
    return "" if reached else f"no geometry of this case has the address {facts.point}"


def _a_part_only(facts: Facts) -> str:
    open_ = facts.partial and any(rule.reason(facts) for rule in LEFT_OPEN)
    return "only a part of the claim ran, so it has no verdict" if open_ else ""


def _nothing_compared(facts: Facts) -> str:
    return "" if sum(r.elements for r in facts.made) and facts.asked else "nothing was compared"


def _no_wrongs(facts: Facts) -> str:
    return "" if facts.wrongs else "no wrong variant was tried, so the check was never seen to fail"


def _survived(facts: Facts) -> str:
    names = facts.survived()
    return f"the wrong variant “{names[0]}” survived{_more(names)}" if names else ""


def _hidden(facts: Facts) -> str:
    names = facts.hidden()
    if not names:
        return ""
    rows = facts.limits[names[0]]
    why = _first(f": {r.note}" for r in rows if r.note and (isinstance(r, Stopped) or (r.must_fail and r.agrees)))
    return f"the limit “{names[0]}” did not show{_more(names)}{why}"


def _unmet(facts: Facts) -> str:
    return _first(sentence(r) for r in facts.gates if not r.agrees and not r.undecided)


def _undecided(facts: Facts) -> str:
    return _first(sentence(r) for r in facts.gates if r.undecided)


def _sides(*states: tuple[str, str]) -> Callable[[Facts], str]:
    """The condition that the gates for and against a sentence are in one of these states."""

    def reason(facts: Facts) -> str:
        if not any(isinstance(r, Gate) and r.speaks for r in facts.made):
            return ""
        sides = [_side(facts, side) for side in ("for", "against")]
        found = (sides[0][0], sides[1][0])
        return f"{sides[0][1]}; {sides[1][1]}" if found in states or not states else ""

    return reason


def _side(facts: Facts, side: str) -> tuple[str, str]:
    """Whether a gate of this side is met on the first and on the fresh seeds ("met"), none is ("unmet"), or one is undecided ("open")."""
    gates: dict[str, list[Gate]] = {}
    for row in facts.made:
        if isinstance(row, Gate) and row.speaks == side:
            gates.setdefault(row.gate, []).append(row)
    met = [name for name, rows in gates.items() if all(r.agrees for r in rows)]
    open_ = any(all(r.agrees or r.undecided for r in rows) for rows in gates.values())
    said = f"{len(met)} of {len(gates)} gates {side} it are met" + (f" (“{met[0]}”)" if met else "")
    return "met" if met else "open" if open_ else "unmet", said


def _gates_met(facts: Facts) -> str:
    return f"{len(facts.gates)} of {len(facts.gates)} gates met; {_holds(facts)}" if facts.gates else ""


def _holds(facts: Facts) -> str:
    count = f"{len(facts.made)} comparisons hold, {len(facts.wrongs)} of {len(facts.wrongs)} wrongs caught"
    names = sorted({r.defect for r in facts.made} - {""})
    return count + (f"; the library itself departs where recorded ({', '.join(names)})" if names else "")


CELL_RULES = (
    Rule("not installed", "absent", lambda facts: facts.absent),
    Rule("not for this library", "unsupported", lambda facts: facts.left_out),
    Rule("the experiment failed", "error", _failed),
    Rule("the library is broken", "error", _broken),
    Rule("no such operation", "unsupported", _unsupported),
    Rule("a counterexample", "refuted", _departs),
    Rule("the library raised", "error", _raised),
    Rule("a recorded defect did not reproduce", "error", _not_reproduced),
    Rule("a recorded defect's trigger is too broad", "error", _too_broad),
    Rule("no such geometry", "inconclusive", _no_such_point),
    Rule("only a part ran", "inconclusive", _a_part_only),
    Rule("nothing was compared", "inconclusive", _nothing_compared),
    Rule("no wrong was tried", "inconclusive", _no_wrongs),
    Rule("a wrong survived", "inconclusive", _survived),
    Rule("a limit did not show", "inconclusive", _hidden),
    Rule("a gate is not met", "not supported", _unmet),
    Rule("a gate is not decided", "inconclusive", _undecided),
    Rule("both sides are there, as it says", "supported", lambda f: _sides(("met", "met"))(f) if f.disputes else ""),
    Rule(
        "a side is not there, though it says so",
        "not supported",
        lambda f: _sides(("met", "unmet"), ("unmet", "met"))(f) if f.disputes else "",
    ),
    Rule("gates of both sides are met", "disputed", _sides(("met", "met"))),
    Rule("gates for it alone are met", "supported", _sides(("met", "unmet"))),
    Rule("gates against it alone are met", "not supported", _sides(("unmet", "met"))),
    Rule("a side is left open", "inconclusive", _sides()),
    Rule("all gates are met", "supported", _gates_met),
    Rule("everything holds", "verified", _holds),
)
OF_A_PART = (_no_such_point, _a_part_only)
LEFT_OPEN = tuple(rule for rule in CELL_RULES if rule.verdict == "inconclusive" and rule.reason not in OF_A_PART)
"""What a part of a claim cannot have settled."""


def cell_verdict(facts: Facts) -> Decision:
    """The verdict of a cell (claim × library × dtype)."""
    return _decide(CELL_RULES, facts)


# --- the rules of a claim ----------------------------------------------------------------------------------------------


class ClaimFacts(NamedTuple):
    """All that a claim's verdict depends on.

    about: libraries that the claim is about and that must take part; statistical: whether a part of it only statistics can settle;
    idle: a wrong or a limit that no library had to face, in words.
    """

    cells: Sequence[Cell]
    about: Sequence[str] = ()
    statistical: bool = False
    idle: str = ""

    @property
    def part(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.verdict not in TAKES_NO_PART]


def _cell_is(verdict: str) -> Callable[[ClaimFacts], str]:
    return lambda facts: _first(f"{c.name}: {c.reason}" for c in facts.part if c.verdict == verdict)


def _library_missing(facts: ClaimFacts) -> str:
    missing = [library for library in facts.about if not any(c.backend == library for c in facts.part)]
    return _first(f"{m}: the claim is about this library by name, and it did not take part" for m in missing)


def _nobody(facts: ClaimFacts) -> str:
    return "" if facts.part else "no library took part"


def _waits_for_statistics(facts: ClaimFacts) -> str:
    """Whether only the exact part of a claim that statistics must settle ran, however many cells hold."""
    waits = facts.statistical and all(c.verdict == "verified" for c in facts.part)
    return "statistics: the statistical part of the claim ran on no library here" if waits else ""


def _held(facts: ClaimFacts) -> str:
    libraries = sorted({c.backend for c in facts.part})
    return f"held on {', '.join(libraries)} ({len(facts.part)} cells)"


def _held_by_gates(facts: ClaimFacts) -> str:
    return _held(facts) if any(c.verdict == "supported" for c in facts.part) else ""


WAITS = Rule("statistics did not run", "inconclusive", _waits_for_statistics)
CLAIM_RULES = (
    Rule("a cell in error", "error", _cell_is("error")),
    Rule("a refuted cell", "refuted", _cell_is("refuted")),
    Rule("an inconclusive cell", "inconclusive", _cell_is("inconclusive")),
    Rule("a named library is missing", "inconclusive", _library_missing),
    Rule("no library took part", "inconclusive", _nobody),
    WAITS,
    Rule("a cell that is not supported", "not supported", _cell_is("not supported")),
    Rule("a disputed cell", "disputed", _cell_is("disputed")),
    Rule("a wrong or a limit ran nowhere", "inconclusive", lambda facts: facts.idle),
    Rule("every cell holds, some by gates", "supported", _held_by_gates),
    Rule("every cell holds", "verified", _held),
)


def claim_verdict(facts: ClaimFacts) -> Decision:
    """The verdict of a claim: the worst of the cells that take part, unless something else is missing."""
    return _decide(CLAIM_RULES, facts)


def _decide(rules: Iterable[Rule], facts: Any) -> Decision:
    for rule in rules:
        if reason := rule.reason(facts):
            return Decision(rule.verdict, rule.name, reason)
    raise AssertionError("the last rule of a list always applies")


def summary(verdicts: Iterable[str]) -> dict[Any, int]:
    """How many have each verdict, from the best to the worst."""
    found = list(verdicts)
    return {v: found.count(v) for v in reversed(WORST_FIRST)}


def _stops_first(facts: Facts) -> list[AnyRow]:
    """What ended an experiment before what could not be compared."""
    return sorted(facts.honest, key=lambda row: not isinstance(row, Stopped))


def geometries(row: Row) -> int:
    """How many comparisons a row stands for."""
    return max(1, row.geometries or 0) if isinstance(row, Sweep) else 1


def _first(sentences: Iterable[str]) -> str:
    return next(iter(sentences), "")


def _more(names: Sequence[str]) -> str:
    return f" (and {len(names) - 1} more)" if len(names) > 1 else ""
