"""What changed in one cell between two records: its verdict, wrong variants, limits, comparisons, gates and errors."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from ..wording import view
from .changes import FACTOR, NONE, Change, Judged, Terms, left_open, named, order, shared
from .records import CELL


def begins(cell: Mapping[str, Any], claim: Mapping[str, Any]) -> Judged:
    """A cell that begins to take part is good news where it is at least what the claim's author expects."""
    if cell["verdict"] in view.TAKES_NO_PART:
        return "neither"
    expected = claim["expected"] or "verified"
    return "worse" if cell["verdict"] not in view.HOLDS and order(expected, cell["verdict"]) == "worse" else "better"


Of = tuple[Mapping[str, Any], Mapping[str, Any]]
"""(claim, cell) of one record."""


def changed(terms: Terms, name: str, where: str, before: Of, after: Of) -> Iterator[Change]:
    (_, old), (_, new) = before, after
    out = [c["verdict"] in view.TAKES_NO_PART for c in (old, new)]
    if terms.whole and old["verdict"] != new["verdict"]:
        judged = _cell_judged(terms, before, after, out)
        yield Change("cell verdict", judged, old["verdict"], new["verdict"], name, where, remark=new["reason"])
    if any(out):
        return  # nothing of it can be compared one by one
    for change in (
        *_trials(terms, "wrong", old, new),
        *_trials(terms, "limit", old, new),
        *_comparisons(terms, old, new),
        *errors(terms, old, new),
        *_in_part(terms, old, new),
    ):
        yield replace(change, claim=name, cell=where)


def _cell_judged(terms: Terms, before: Of, after: Of, out: list[bool]) -> Judged:
    (_, old), (claim, new) = before, after
    if all(out):
        return "neither"
    if out[1]:
        return "worse"
    if out[0]:
        return begins(new, claim)
    judged = order(old["verdict"], new["verdict"])
    return "neither" if judged == "worse" and left_open(terms.new, claim, new) else judged


def _in_part(terms: Terms, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """Told of two cells that hold: of others a record does not say what was not tested."""
    hold = all(c["verdict"] in view.HOLDS for c in (old, new))
    if hold and terms.whole and terms.says(f"{CELL}.in_part") and bool(old["in_part"]) != bool(new["in_part"]):
        words = ["in part" if c["in_part"] else "in full" for c in (old, new)]
        remark = "not tested: " + "; ".join(old["in_part"] or new["in_part"])
        yield Change("in part", "worse" if new["in_part"] else "better", words[0], words[1], remark=remark)


# --- the evidence of a cell --------------------------------------------------------------------------------------------

TRIAL = {"wrong": ("caught", "wrong variants", "survives"), "limit": ("shown", "limits", "not shown")}
"""Of wrong variants and of limits: the member that says whether one did what it must, what they are called, and how it is not."""


def _trials(terms: Terms, kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """Wrong variants that are caught and limits that show, or no longer; and those that only one run tried."""
    if not terms.says(f"{CELL}.{kind}s"):
        return
    did, called, did_not = TRIAL[kind]
    before, after = named(old[f"{kind}s"]), named(new[f"{kind}s"])
    for one, other in shared(before, after):
        if one[did] != other[did]:
            words = [did if x[did] else did_not for x in (one, other)]
            remark = str(other.get("sentence", "")) if kind == "wrong" else ""
            yield Change(
                kind, "better" if other[did] else "worse", words[0], words[1], name=other["name"], remark=remark
            )
    if terms.whole and (told := _came_and_went(before, after)):
        counts = [sum(x[did] for x in trials.values()) for trials in (before, after)]
        yield Change(
            kind,
            "worse" if counts[1] < counts[0] else "neither",
            counts[0],
            counts[1],
            name=f"{called} {did}",
            remark=told,
        )


def _came_and_went(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    parts = (
        ("no longer", [str(x) for x in before if x not in after]),
        ("new", [str(x) for x in after if x not in before]),
    )
    return ". ".join(f"{word}: {view.cut('; '.join(names), 300)}" for word, names in parts if names)


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
AGAINST = ("departs", "stopped", "gate", "side")


class Group(NamedTuple):
    """Comparisons of one cell with the same case and label, which are often made of several calls."""

    rows: tuple[Mapping[str, Any], ...]

    @property
    def standing(self) -> str:
        return min((view.standing(r) for r in self.rows), key=[*STANDING].index)

    @property
    def is_gate(self) -> bool:
        return any(r["kind"] == "gate" for r in self.rows)

    @property
    def word(self) -> str:
        return "met" if self.is_gate and self.standing == "agrees" else STANDING[self.standing]

    @property
    def sentence(self) -> str:
        """The finding of the row that stands for it."""
        return next(r["sentence"] for r in self.rows if view.standing(r) == self.standing)

    @property
    def nearest(self) -> Mapping[str, Any] | None:
        """Of what agrees within a bound, the row with the largest error ÷ bound."""
        kinds = ("bound", "empirical bound")
        found = [r for r in self.rows if r["agrees"] and r["kind"] in kinds and r["ratio"] is not None]
        return max(found, key=lambda r: _size(r["ratio"]), default=None)


def groups(cell: Mapping[str, Any]) -> dict[tuple[str, str], Group]:
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in cell["rows"]:
        found.setdefault((row["case"], row["label"]), []).append(row)
    return {key: Group(tuple(rows)) for key, rows in found.items()}


def _comparisons(terms: Terms, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    if not terms.says(f"{CELL}.rows"):
        return
    before, after = groups(old), groups(new)
    for key in after:
        if key in before:
            yield from _comparison(terms, key, before[key], after[key])
        elif terms.whole and after[key].standing in AGAINST:
            kind = "gate" if after[key].is_gate else "comparison"
            yield Change(
                kind,
                _gate_judged(terms, after[key], "worse"),
                NONE,
                after[key].word,
                name=": ".join(key),
                remark=after[key].sentence,
            )
    if terms.whole:
        yield from _made(terms, old, new, before, after)


def _comparison(terms: Terms, key: tuple[str, str], before: Group, after: Group) -> Iterator[Change]:
    name, worst_first = ": ".join(key), [*STANDING]
    if before.standing != after.standing:
        judged: Judged = "worse" if worst_first.index(after.standing) < worst_first.index(before.standing) else "better"
        if after.standing == "defect" and judged == "worse":
            judged = "neither"  # a person has recorded it, and it is never a pass
        kind = "gate" if after.is_gate else "comparison"
        yield Change(
            kind, _gate_judged(terms, after, judged), before.word, after.word, name=name, remark=after.sentence
        )
    if after.is_gate and before.is_gate and (apart := _apart(before, after)):
        yield Change("effect", "neither", apart[0], apart[1], name=name)
    old, new = before.nearest, after.nearest
    if old is not None and new is not None and _grew(_size(old["ratio"]), _size(new["ratio"])) > 0:
        remark = f"where it was largest: {_allowed(old)}, then {_allowed(new)}"
        yield Change("row", "neither", _ratio(old["ratio"]), _ratio(new["ratio"]), name=name, remark=remark)


def _allowed(row: Mapping[str, Any]) -> str:
    """Whether the error grew or the bound shrank: both, at the worst place of each run, which need not be the same place."""
    ulp = "" if row["ulp"] is None else f"{view.number(row['ulp'])} ulp, "
    return f"{ulp}allowed ±{view.number(row['allowed'])}"


def _gate_judged(terms: Terms, after: Group, judged: Judged) -> Judged:
    """A gate of a quick run may stay open, and one of a sentence with two sides need not be met: the verdict weighs them."""
    excused = after.standing == "side" or (after.standing == "gate" and terms.new.evidence["selection"]["quick"])
    return "neither" if excused and judged == "worse" else judged


INTERVAL = re.compile(r"\S+ \[(?P<low>\S+), (?P<high>\S+)\]")
"""How a gate's row says what was measured (the engine's population.py): estimate [low, high]."""


def _apart(before: Group, after: Group) -> tuple[str, str] | None:
    """What both runs measured, where the two intervals have no number in common."""
    said = [next((r["got"] for r in group.rows if r["kind"] == "gate"), None) for group in (before, after)]
    ends = []
    for one in said:
        found = INTERVAL.fullmatch(one) if isinstance(one, str) else None
        if found is None:
            return None
        ends.append((_size(found["low"]), _size(found["high"])))
    (low, high), (new_low, new_high) = ends
    return (str(said[0]), str(said[1])) if new_low > high or new_high < low else None


def _made(
    terms: Terms,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    before: Mapping[Any, Group],
    after: Mapping[Any, Group],
) -> Iterator[Change]:
    """How many comparisons were made, each geometry of a sweep one of them, and which only one run has."""
    told = _came_and_went({": ".join(k): g for k, g in before.items()}, {": ".join(k): g for k, g in after.items()})
    member = f"{CELL}.comparisons"
    counts = [c["comparisons"] if terms.says(member) else len(groups) for c, groups in ((old, before), (new, after))]
    if told or counts[0] != counts[1]:
        fewer = counts[1] < counts[0] and terms.seeds
        yield Change(
            "comparison", "worse" if fewer else "neither", counts[0], counts[1], name="comparisons made", remark=told
        )


def errors(terms: Terms, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """The largest error ÷ bound of a cell, where it grew or shrank."""
    ratios = [_ratio(x) for x in (old["worst_ratio"], new["worst_ratio"])]
    if terms.whole and None not in ratios and (grew := _grew(*(_size(x) for x in ratios))):
        yield Change("error", "neither", ratios[0], ratios[1], remark="grew" if grew > 0 else "shrank")


def _grew(before: float, after: float) -> int:
    """1 where a number grew by more than FACTOR, −1 where it shrank by more, 0 where neither, or where one is NaN."""
    return (after > FACTOR * before) - (before > FACTOR * after)


def _ratio(x: Any) -> Any:
    """As the record has it, but for a number of more digits than a float holds."""
    return "inf" if _size(x) == math.inf else x


def _size(x: Any) -> float:
    """A number of the record; infinite where JSON has more digits than a float, NaN where it is no number."""
    try:
        return float(x)
    except OverflowError:
        return math.inf
    except (TypeError, ValueError):
        return math.nan
