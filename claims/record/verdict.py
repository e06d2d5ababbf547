"""Verdicts, computed from what ran, by rules that can be read in one sitting. Nothing here is ever assigned by hand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..language.comparison import Comparison
from ..language.outcome import Outcome

WORST_FIRST = ("error", "refuted", "inconclusive", "not supported", "disputed", "supported", "verified")
TAKES_NO_PART = ("absent", "unsupported")
HOLDS = ("verified", "supported")
BOUNDED = ("bound", "empirical bound")


@dataclass
class Trial:
    """What one variant (the honest experiment, a wrong, a limit) did in one cell."""

    comparisons: list[tuple[str, Comparison]] = field(default_factory=list)
    stopped: list[tuple[str, Outcome]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    """Cases whose experiment itself raised (a mistake in the claim, not in a library)."""
    unsupported: set[str] = field(default_factory=set)
    """Operations that the library turned out not to have."""
    touched: Counter[str] = field(default_factory=Counter)
    """Recorded defect -> how many calls lie within its trigger."""
    asked: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Case -> the operations of the phrasebook that it asked for."""

    def made(self) -> list[Comparison]:
        return [c for _, c in self.comparisons if c.made]


@dataclass
class CellFacts:
    """All that a cell's verdict depends on."""

    honest: Trial
    wrongs: dict[str, Trial]
    limits: dict[str, Trial]
    about_shapes: bool = False
    unreproduced: Sequence[str] = ()
    """Recorded defects that apply here, touch this cell's calls, and did not reproduce."""
    dropped: set[str] = field(default_factory=set)
    """Wrongs and limits that need an operation which the library does not have."""
    unrepeatable: set[str] = field(default_factory=set)
    """Recorded defects that need not show every time."""


def caught(trial: Trial, *, about_shapes: bool, honest: Trial | None = None) -> list[Comparison]:
    """The comparisons that refute a wrong.

    An exception is no refutation; a shape is one only in a claim about shapes; a library's recorded defect is none, for
    it would be there in the right world too. Nor is a gate that is merely undecided; nor one that speaks for one of two sides and is not met, but where the
    ``honest`` experiment met it.
    """
    met = {(case, c.label) for case, c in honest.comparisons if c.speaks and c.agrees} if honest else set()
    return [
        c
        for case, c in trial.comparisons
        if c.made and not c.agrees and not c.defect and (about_shapes or not c.about_shape)
        if not c.undecided
        if not c.speaks or (case, c.label) in met
    ]


def shown(trial: Trial, *, about_shapes: bool) -> bool:
    """A limit shows where the literal sentence was tested and fails, and something predicted beside it holds.

    It fails in values: a NaN, or a wrong shape outside claims about shapes, exhibits nothing but a broken library.
    """
    literal = [c for _, c in trial.comparisons if c.must_fail]
    beside = [c for _, c in trial.comparisons if not c.must_fail]
    return (
        bool(literal and beside)
        and all(_fails_in_values(c, about_shapes) for c in literal)
        and all(c.agrees and c.made for c in beside)
        and not (trial.failed or trial.stopped)
    )


def _fails_in_values(c: Comparison, about_shapes: bool) -> bool:
    return c.made and not c.agrees and (about_shapes or not c.about_shape) and c.got == c.got  # NaN is not itself


def cell_verdict(facts: CellFacts) -> tuple[str, str]:
    """The verdict of a cell (claim × library × dtype) and its reason in one plain sentence."""
    honest = facts.honest
    if honest.failed:
        return "error", f"the experiment itself failed in case {honest.failed[0][0]}: {honest.failed[0][1]}"
    outcomes = [(case, o) for case, o in honest.stopped]
    if broken := [(case, o.error) for case, o in outcomes if o.kind == "broken"] + [
        (case, c.note) for case, c in honest.comparisons if c.outcome_kind == "broken" and not c.made
    ]:
        return "error", f"case {broken[0][0]}: {broken[0][1]}"
    made = honest.made()
    absent = [o.error for _, o in outcomes if o.kind in TAKES_NO_PART] + [
        c.note for _, c in honest.comparisons if c.outcome_kind in TAKES_NO_PART and not c.made
    ]
    if not made and absent:
        return "unsupported", absent[0]
    departures = [c for c in made if not c.agrees and c.kind != "gate" and not c.defect]
    if departures:
        worst = max(departures, key=lambda c: c.ratio)
        return "refuted", worst.sentence()
    raised = [(case, o.error) for case, o in outcomes if o.kind == "raised"] + [
        (case, c.note) for case, c in honest.comparisons if c.outcome_kind == "raised" and not c.made
    ]
    if raised:
        return "error", f"case {raised[0][0]}: the library raised {raised[0][1]}"
    if facts.unreproduced:
        return "error", f"recorded defect {facts.unreproduced[0]} applies here and did not reproduce"
    if broad := _too_broad(made, facts.unrepeatable):
        return "error", broad
    if sum(c.elements for c in made) == 0 or all(c.call is None for c in made):
        return "inconclusive", "nothing was compared"
    if not facts.wrongs:
        return "inconclusive", "no wrong variant was tried, so the check was never seen to fail"
    if survived := [
        name for name, t in facts.wrongs.items() if not caught(t, about_shapes=facts.about_shapes, honest=honest)
    ]:
        return "inconclusive", f"the wrong variant “{survived[0]}” survived" + _more(survived)
    if hidden := [name for name, t in facts.limits.items() if not shown(t, about_shapes=facts.about_shapes)]:
        return "inconclusive", f"the limit “{hidden[0]}” did not show" + _more(hidden)
    gates = [c for c in made if c.kind == "gate" and not c.speaks]
    if unmet := sorted((c for c in gates if not c.agrees), key=lambda c: c.undecided):
        return "inconclusive" if unmet[0].undecided else "not supported", unmet[0].sentence()
    if any(c.speaks for c in made):
        return _two_sides(made)
    count = f"{len(made)} comparisons hold, {len(facts.wrongs)} of {len(facts.wrongs)} wrongs caught"
    if names := sorted({c.defect for c in made if c.defect}):
        count += f"; the library itself departs where recorded ({', '.join(names)})"
    if gates:
        return "supported", f"{len(gates)} of {len(gates)} gates met; {count}"
    return "verified", count


def _two_sides(made: Sequence[Comparison]) -> tuple[str, str]:
    """Of a sentence with gates for it and against it: disputed where at least one of each side is met, on the first and on the fresh seeds."""
    state, said = {}, []
    for side in ("for", "against"):
        named = defaultdict(list)  # a gate → how it went on the first and on the fresh seeds
        for c in made:
            if c.speaks == side:
                named[c.label.rpartition(", ")[0]].append("met" if c.agrees else "open" if c.undecided else "unmet")
        met = [name for name, times in named.items() if {*times} == {"met"}]
        # Open: no gate of this side is met, but of one the interval is too wide to say that it is not.
        open_ = not met and any("unmet" not in times for times in named.values())
        state[side] = "met" if met else "open" if open_ else "unmet"
        said.append(f"{len(met)} of {len(named)} gates {side} it are met" + (f" (“{met[0]}”)" if met else ""))
    verdict = {("met", "met"): "disputed", ("met", "unmet"): "supported", ("unmet", "met"): "not supported"}
    return verdict.get((state["for"], state["against"]), "inconclusive"), "; ".join(said)


def _too_broad(made: Sequence[Comparison], unrepeatable: set[str]) -> str:
    """A record covers what departs and nothing else, or it could hide a new departure; one that is not repeatable may miss
    now and then, not half the time."""
    for defect in sorted({c.defect or c.spared for c in made} - {""}):
        departed = sum(max(1, c.geometries) for c in made if c.defect == defect)
        spared = sum(max(1, c.geometries) for c in made if c.spared == defect)
        if spared and (defect not in unrepeatable or spared >= departed):
            return f"the trigger of the recorded defect {defect} is broader than the fault: {spared} of {departed + spared} calls within it are right"
    return ""


def claim_verdict(
    cells: Iterable[tuple[str, str, str]], *, about: Sequence[str] = (), statistical: bool = False
) -> tuple[str, str]:
    """The worst of the cells ``(name, verdict, reason)`` that take part.

    A claim about a library by name is inconclusive where that library is absent; a claim that only statistics can settle
    is inconclusive where its statistical part ran on no library, however many cells hold the exact part.
    """
    cells = list(cells)
    part = [cell for cell in cells if cell[1] not in TAKES_NO_PART]
    missing = [library for library in about if not any(name.split(" ")[0] == library for name, _, _ in part)]
    if missing:
        part.append((missing[0], "inconclusive", "the claim is about this library by name, and it did not take part"))
    if not part:
        return "inconclusive", "no library took part"
    if statistical and all(verdict == "verified" for _, verdict, _ in part):
        part.append(("statistics", "inconclusive", "the statistical part of the claim ran on no library here"))
    name, verdict, reason = min(part, key=lambda cell: WORST_FIRST.index(cell[1]))
    if verdict in HOLDS:
        libraries = sorted({cell[0].split(" ")[0] for cell in part})
        return verdict, f"held on {', '.join(libraries)} ({len(part)} cells)"
    return verdict, f"{name}: {reason}"


def margin(facts: CellFacts) -> float | None:
    """The smallest of the wrongs' largest ratios ÷ the largest honest ratio, over the comparisons within a bound.

    A wrong that only bitwise comparisons tell counts as infinite, and so does the margin where all are bitwise. None where
    there is nothing to divide, and in a cell that departs: it has no honest ratio.
    """
    made = facts.honest.made()
    if not (facts.wrongs and any(c.elements for c in made)) or any(not c.agrees and not c.defect for c in made):
        return None
    honest = max((c.ratio for c in made if c.kind in BOUNDED and c.agrees), default=0.0)
    wrong = min(
        _largest(caught(t, about_shapes=facts.about_shapes, honest=facts.honest)) for t in facts.wrongs.values()
    )
    return wrong / honest if honest else float("inf") if wrong else 0.0


def _largest(refuting: Iterable[Comparison]) -> float:
    refuting = list(refuting)
    bounded = [c.ratio for c in refuting if c.kind in BOUNDED]
    return max(bounded) if bounded else (float("inf") if refuting else 0.0)


def summary(verdicts: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    counts = {v: 0 for v in reversed(WORST_FIRST)}
    for claim in verdicts:
        counts[claim["verdict"]] += 1
    return counts


def _more(names: Sequence[str]) -> str:
    return f" (and {len(names) - 1} more)" if len(names) > 1 else ""
