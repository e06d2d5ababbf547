"""What changed in one cell between two records: its verdict, wrong variants, limits, comparisons, gates and errors."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from ...claims.record.sentences import got, sentence
from ...claims.record.types import AnyRow, Cell, Claim, Gate, Sweep, Within
from ..wording import standing, words
from .changes import FACTOR, NONE, Change, Judged, Terms, left_open, order


def begins(cell: Cell, claim: Claim) -> Judged:
    """A cell that begins to take part is good news where it is at least what the claim's author expects."""
    if cell.verdict in standing.TAKES_NO_PART:
        return "neither"
    bad = cell.verdict not in standing.HOLDS and order(claim.expected, cell.verdict) == "worse"
    return "worse" if bad else "better"


def changed(terms: Terms, claim: Claim, old: Cell, new: Cell) -> Iterator[Change]:
    """The changes of a cell; claim: that of the new record."""
    out = [c.verdict in standing.TAKES_NO_PART for c in (old, new)]
    if terms.whole and old.verdict != new.verdict:
        judged = _cell_judged(terms, claim, old, new, out)
        yield Change("cell verdict", judged, old.verdict, new.verdict, claim.id, new.name, remark=new.reason)
    if any(out):
        return  # nothing of it can be compared one by one
    for change in (
        *_wrongs(terms, old, new),
        *_limits(terms, old, new),
        *_comparisons(terms, old, new),
        *errors(terms, old, new),
        *_in_part(terms, old, new),
    ):
        yield replace(change, claim=claim.id, cell=new.name)


def _cell_judged(terms: Terms, claim: Claim, old: Cell, new: Cell, out: list[bool]) -> Judged:
    if all(out):
        return "neither"
    if out[1]:
        return "worse"
    if out[0]:
        return begins(new, claim)
    judged = order(old.verdict, new.verdict)
    return "neither" if judged == "worse" and left_open(terms.new, claim, new) else judged


def _in_part(terms: Terms, old: Cell, new: Cell) -> Iterator[Change]:
    """Told of two cells that hold: of others a record does not say what was not tested."""
    hold = all(c.verdict in standing.HOLDS for c in (old, new))
    if hold and terms.whole and bool(old.in_part) != bool(new.in_part):
        words = ["in part" if c.in_part else "in full" for c in (old, new)]
        remark = "not tested: " + "; ".join(old.in_part or new.in_part)
        yield Change("in part", "worse" if new.in_part else "better", words[0], words[1], remark=remark)


# --- the evidence of a cell --------------------------------------------------------------------------------------------


Tried = dict[str, bool]
"""Wrong variants or limits by their names: whether they were caught, or shown."""


def _wrongs(terms: Terms, old: Cell, new: Cell) -> Iterator[Change]:
    caught = [{wrong.name: wrong.caught for wrong in cell.wrongs} for cell in (old, new)]
    why = {wrong.name: wrong.excuse or (sentence(wrong.worst) if wrong.worst else "") for wrong in new.wrongs}
    return _trials(terms, "wrong", "wrong variants caught", *caught, words=("survives", "caught"), why=why)


def _limits(terms: Terms, old: Cell, new: Cell) -> Iterator[Change]:
    shown = [{limit.name: limit.shown for limit in cell.limits} for cell in (old, new)]
    return _trials(terms, "limit", "limits shown", *shown, words=("not shown", "shown"), why={})


def _trials(
    terms: Terms, kind: str, counted: str, before: Tried, after: Tried, *, words: tuple[str, str], why: dict[str, str]
) -> Iterator[Change]:
    """Those that succeed, or no longer; and those that only one run tried."""
    for name, succeeds in after.items():
        if name in before and before[name] != succeeds:
            judged: Judged = "better" if succeeds else "worse"
            yield Change(kind, judged, words[not succeeds], words[succeeds], name=name, remark=why.get(name, ""))
    if terms.whole and (remark := _only_in_one(before, after)):
        was, now = (sum(found.values()) for found in (before, after))
        yield Change(kind, "worse" if now < was else "neither", was, now, name=counted, remark=remark)


def _only_in_one(before: Collection[str], after: Collection[str]) -> str:
    parts = (("no longer", [x for x in before if x not in after]), ("new", [x for x in after if x not in before]))
    return ". ".join(f"{word}: {words.cut('; '.join(names), 300)}" for word, names in parts if names)


STANDING = {
    "departs": "departs",
    "stopped": "stopped",
    "gate": "not met",
    "side": "not met",
    "defect": "departs as recorded",
    "no part": "not made",
    "agrees": "agrees",
}
"""What a comparison is to its claim, the worst first, and the word for it."""
WORST_FIRST = [*STANDING]
AGAINST = ("departs", "stopped", "gate", "side")


class Group(NamedTuple):
    """Comparisons of one cell with the same case and label, which are often made of several calls."""

    rows: tuple[AnyRow, ...]

    @property
    def name(self) -> str:
        return f"{self.rows[0].case}: {self.rows[0].label}"

    @property
    def standing(self) -> str:
        return min(map(standing.standing, self.rows), key=WORST_FIRST.index)

    @property
    def gate(self) -> Gate | None:
        return next((r for r in self.rows if isinstance(r, Gate)), None)

    @property
    def kind(self) -> str:
        return "gate" if self.gate else "comparison"

    @property
    def word(self) -> str:
        return "met" if self.gate and self.standing == "agrees" else STANDING[self.standing]

    @property
    def sentence(self) -> str:
        """The finding of the row that stands for it."""
        return next(sentence(r) for r in self.rows if standing.standing(r) == self.standing)

    @property
    def nearest(self) -> AnyRow | None:
        """Of what agrees within a bound, the row with the largest error ÷ bound."""
        found = [
            r for r in self.rows if r.agrees and (isinstance(r, Within) or (isinstance(r, Sweep) and r.of == "within"))
        ]
        return max(found, key=lambda r: r.ratio, default=None)


Groups = Mapping[tuple[str, str], Group]


def groups(cell: Cell) -> Groups:
    found: dict[tuple[str, str], list[AnyRow]] = {}
    for row in cell.rows:
        found.setdefault((row.case, row.label), []).append(row)
    return {key: Group(tuple(rows)) for key, rows in found.items()}


def _comparisons(terms: Terms, old: Cell, new: Cell) -> Iterator[Change]:
    before, after = groups(old), groups(new)
    for key, group in after.items():
        if key in before:
            yield from _comparison(terms, before[key], group)
        elif terms.whole and group.standing in AGAINST:
            judged = _gate_judged(terms, group, "worse")
            yield Change(group.kind, judged, NONE, group.word, name=group.name, remark=group.sentence)
    if terms.whole:
        yield from _made(terms, old, new, before, after)


def _comparison(terms: Terms, before: Group, after: Group) -> Iterator[Change]:
    if before.standing != after.standing:
        fell = WORST_FIRST.index(after.standing) < WORST_FIRST.index(before.standing)
        judged: Judged = "worse" if fell else "better"
        if after.standing == "defect" and judged == "worse":
            judged = "neither"  # a person has recorded it, and it is never a pass
        judged = _gate_judged(terms, after, judged)
        yield Change(after.kind, judged, before.word, after.word, name=after.name, remark=after.sentence)
    was, now = before.gate, after.gate
    if was and now and (now.low > was.high or now.high < was.low):  # the intervals have no number in common
        yield Change("effect", "neither", got(was), got(now), name=after.name)
    old, new = before.nearest, after.nearest
    if old and new and _grew(old.ratio, new.ratio) > 0:
        remark = f"where it was largest: {_allowed(old)}, then {_allowed(new)}"
        yield Change("row", "neither", old.ratio, new.ratio, name=after.name, remark=remark)


def _allowed(row: AnyRow) -> str:
    """Whether the error grew or the bound shrank: both, at the worst place of each run, which need not be the same place."""
    ulp = words.ulp(row.ulp)
    return f"{ulp}{', ' if ulp else ''}allowed ±{words.number(row.allowed if isinstance(row, Within) else None)}"


def _gate_judged(terms: Terms, after: Group, judged: Judged) -> Judged:
    """A gate of a quick run may stay open, and one of a sentence with two sides need not be met: the verdict weighs them."""
    excused = after.standing == "side" or (after.standing == "gate" and terms.new.evidence.selection.quick)
    return "neither" if excused and judged == "worse" else judged


def _made(terms: Terms, old: Cell, new: Cell, before: Groups, after: Groups) -> Iterator[Change]:
    """How many comparisons were made, each geometry of a sweep one of them, and which only one run has."""
    remark = _only_in_one(*({g.name: g for g in found.values()} for found in (before, after)))
    if remark or old.comparisons != new.comparisons:
        judged: Judged = "worse" if new.comparisons < old.comparisons and terms.seeds else "neither"
        yield Change("comparison", judged, old.comparisons, new.comparisons, name="comparisons made", remark=remark)


def errors(terms: Terms, old: Cell, new: Cell) -> Iterator[Change]:
    """The largest error ÷ bound of a cell, where it grew or shrank."""
    before, after = old.worst_ratio, new.worst_ratio
    if terms.whole and before is not None and after is not None and (grew := _grew(before, after)):
        yield Change("error", "neither", before, after, remark="grew" if grew > 0 else "shrank")


def _grew(before: float, after: float) -> int:
    """1 where a number grew by more than FACTOR, −1 where it shrank by more, 0 where neither, or where one is NaN."""
    return (after > FACTOR * before) - (before > FACTOR * after)
