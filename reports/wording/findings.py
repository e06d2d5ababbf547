"""A claim's finding in one line, for a margin: what was found, where the sentence stops being true, and what should stand there instead."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ...claims.record import sentences
from ...claims.record.types import Claim, Evidence, Sweep
from . import words
from .gates import Measured, gates, sides
from .standing import HOLDS, TAKES_NO_PART, WORST_FIRST, as_worded, departures, drawn, limits
from .summary import empirical

MOST = 200
"""Characters of a finding, and of what stands after it."""
BLANK = re.compile(r"\{([^{}]*)\}")


def in_one_line(claim: Claim) -> str:
    """What was found; of a claim that does not hold, why not."""
    return words.cut(_found(claim).rstrip("."), MOST) + "."


def beyond(claim: Claim) -> str:
    """Where the sentence, read literally, fails; empty where no such place is known."""
    if worded := [x.name for x in as_worded(claim)]:
        return f"Not as worded: {words.cut('; '.join(worded), MOST)}."
    first, *more = [*limits(claim)] or [""]
    return f"Except: {words.cut(first, MOST)}{f', and {len(more)} more' if more else ''}." if first else ""


def _found(claim: Claim) -> str:
    measured = {gate.name: gate for gate in gates(claim)}
    expected = claim.verdict in ("supported", "disputed") and claim.verdict == claim.expected
    if expected and (said := _filled(claim, measured)):
        return said
    if claim.verdict == "verified":
        return _agreement(claim)
    if claim.verdict == "supported":
        return f"{words.plural(len(measured), 'gate')} met, on the first and on fresh seeds"
    if claim.verdict == "disputed":
        counts = [(sum(met for _, met in said), words.plural(len(said), "gate"), side) for side, said in sides(claim)]
        return ", ".join(f"{met} of {of} {side}" for met, of, side in counts)
    against = next(((cell, row) for cell in claim.cells for row in departures(cell)), None)
    if claim.verdict == "inconclusive" or against is None:
        return claim.reason
    cell, row = against
    return f"{cell.name}: {sentences.sentence(row)}"


def _filled(claim: Claim, measured: Mapping[str, Measured]) -> str:
    """The claim's own words with what its gates measured, on the fresh seeds, in three digits; empty where one of the gates is not there."""
    if not all(name in measured for name in BLANK.findall(claim.finding)):
        return ""
    return BLANK.sub(lambda m: words.number(float(f"{measured[m[1]].rows[-1].estimate:.3g}")), claim.finding)


def _agreement(claim: Claim) -> str:
    took = [c for c in claim.cells if c.verdict not in TAKES_NO_PART]
    if not took:  # no run says so of a claim that holds
        return claim.reason
    libraries = {c.backend for c in took}
    where = words.plural(len(libraries), "library", "libraries") if len(libraries) > 1 else min(libraries)
    worst = max(took, key=lambda c: words.size(c.worst_ratio))
    compared = [row for cell in took for row in cell.rows if row.agrees and row.elements]
    facts = [row for row in compared if row.kind == "fact" or (isinstance(row, Sweep) and row.of == "fact")]
    said = "every bit equal" if not facts else "all as expected"
    if words.size(worst.worst_ratio) > 0:
        said = "all within a measured bound" if empirical(worst) else "all within rounding"
    return f"{where}, {words.plural(sum(c.comparisons for c in took), 'comparison')}, {said}"


# --- what should stand there instead -------------------------------------------------------------------------------------

FAILS, CONDITION = "As worded they fail", "They hold under a condition"


class Correction(NamedTuple):
    """The claim whose sentence needs other words; pieces: (words, the limit that asks for them or ""); open: limits that it heeds and that
    this run did not show."""

    claim: Claim
    fails: bool
    pieces: list[tuple[str, str]]
    open: list[str]

    @property
    def text(self) -> str:
        return "".join(words for words, _ in self.pieces)


def correction(claim: Claim) -> Correction | None:
    """None where the sentence may stay, and where nothing that the correction heeds was shown: then nothing speaks for it."""
    shown = {limit.name for cell in claim.cells for limit in cell.limits if limit.shown}
    names = dict.fromkeys(sentences.heeded(claim.instead))
    if not shown.intersection(names) or claim.verdict not in (*HOLDS, "disputed"):
        return None
    fails = bool(as_worded(claim)) or claim.verdict == "disputed"
    return Correction(claim, fails, sentences.pieces(claim.instead), [name for name in names if name not in shown])


def corrections(evidence: Evidence) -> list[Correction]:
    """Of the run's claims, those that fail as worded first, then in the lecture's order."""
    found = [made for claim in evidence.claims if (made := correction(claim))]
    return sorted(found, key=lambda one: not one.fails)


def by_need(found: Sequence[Correction]) -> list[tuple[str, list[Correction]]]:
    """Those that fail and those that want a condition, each under its heading."""
    parts = [(FAILS, [one for one in found if one.fails]), (CONDITION, [one for one in found if not one.fails])]
    return [(heading, chosen) for heading, chosen in parts if chosen]


ANSWERS = ("fails", "is disputed", "holds if …", "holds")
"""What a reader who guesses may say of a sentence, what needs most first; ``lecture.js`` has the same words."""


def answer(claims: Sequence[Claim]) -> str:
    """What a sentence is, by that of its claims which needs most; empty where none was tested or one is undecided."""
    if not claims or any(c.verdict in ("inconclusive", "error") for c in claims):
        return ""
    return ANSWERS[min(map(_rank, claims))]


def _rank(claim: Claim) -> int:
    look = drawn(claim)
    if look not in HOLDS:
        return ANSWERS.index("is disputed" if look == "disputed" else "fails")
    return ANSWERS.index("holds if …" if correction(claim) else "holds")


def needs(evidence: Evidence) -> list[tuple[str, int, str]]:
    """[(look, claims, what their sentences need)], what needs most first; a part of a claim has no verdict."""
    found = Counter((drawn(c), correction(c) is not None) for c in evidence.claims)
    kinds = [("as-worded", "fail as worded", "fails as worded")]
    others = [(v, v, v) for v in reversed(WORST_FIRST) if v not in HOLDS]
    told = [(look, sum(found[look, x] for x in (True, False)), many, one) for look, many, one in (*kinds, *others)]
    for look, wanting, many, one in (
        ("qualified", True, "hold under a condition", "holds under a condition"),
        ("verified", False, "hold as they stand", "holds as it stands"),
    ):
        told.append((look, sum(found[v, wanting] for v in HOLDS), many, one))
    return [(look, n, one if n == 1 else many) for look, n, many, one in told if n and not evidence.selection.partial]
