"""Which blunders each claim can see: every operator mutant of an operation, in every claim that asks for the operation.

A claim is blind to many mistakes: one about shapes sees no wrong value. That is no fault as long as some other claim sees
them. So the whole lecture is run once more in worlds in which the library makes one mistake: each operator mutant of any
claim, and each known mistake of the reference, wherever it can be made. A blunder that no claim sees is a hole in the lecture's tests.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ...reference import libraries, mistakes
from ..language.outcome import Call
from .lecture import Lecture

Sight = Literal["cannot be made", "stopped", "blind", "seen"]
SIGHTS: tuple[Sight, ...] = get_args(Sight)
"""What a claim makes of a blunder: it would be refuted (*seen*), would hold all the same (*blind*), or its experiment could
not go on (*stopped*: the mistaken operation raised, which refutes nothing)."""
KNOWN = "a known mistake"


@dataclass(frozen=True)
class Blunder:
    """A mistaken operation, and whose: the claim that has it among its wrongs, or the list of known mistakes."""

    name: str
    operations: Mapping[str, Callable[..., Any]]
    origin: str

    def mutant(self, call: Call) -> tuple[Callable[..., Any] | None, bool]:
        """What to run in the place of a call's operation (None: the operation itself), and whether there is room for the mistake.

        A mistake that changes nothing (two strides exchanged that are equal) has room: inputs that cannot show it are
        blindness, too.
        """
        mutant = self.operations.get(call.name) if isinstance(call.operation, str) else None
        if mutant is not None and self.origin == KNOWN:
            mistake, given = mistakes.MISTAKES[self.name], dict(call.arguments)
            if next(mistakes.readings(mistake, call.name, given), None) is None:
                return None, next(mistake.readings(call.name, given), None) is not None
        return mutant, mutant is not None


def blunders(lecture: Lecture) -> list[Blunder]:
    """All of them, each once: those of the claims that mutate an operation, and the known mistakes of each operation."""
    own = [
        Blunder(wrong.name, wrong.operations, claim.id)
        for claim in lecture.claims.values()
        for wrong in claim.wrongs
        if wrong.operations and not any(_known(mutant) for mutant in wrong.operations.values())
    ]
    known = [
        Blunder(mistake.name, {name: functools.partial(mistakes.commit, mistake=mistake.name, operation=name)}, KNOWN)
        for mistake in mistakes.MISTAKES.values()
        for name in mistake.operations
    ]
    distinct: dict[tuple[Any, ...], Blunder] = {}
    for blunder in (*own, *known):
        distinct.setdefault((blunder.name, *sorted(blunder.operations.items(), key=str)), blunder)
    return list(distinct.values())


def _known(mutant: Callable[..., Any]) -> bool:
    return isinstance(mutant, functools.partial) and mutant.func is mistakes.commit


def assigned(lecture: Lecture, claims: Iterable[str], labels: Sequence[str]) -> dict[str, str]:
    """claim → the library on which it is probed: of those that the run has, the quickest that it runs on (which one makes no difference)."""
    order = libraries.quickest(labels)
    found = {c: next((x for x in order if lecture.claims[c].cases_for(x)), "") for c in claims}
    return {claim: library for claim, library in found.items() if library}


def better(before: Sight | None, now: Sight) -> Sight:
    """Of what two cases of a claim make of a blunder, what tells more."""
    return now if before is None or SIGHTS.index(now) > SIGHTS.index(before) else before


def table(
    sights: Mapping[str, Mapping[int, Sight]], blundered: Sequence[Blunder], caught: Collection[tuple[str, str]]
) -> list[dict[str, Any]]:
    """[{blunder, operations, origin, claims: {claim: sight}}], of the blunders with operations that some claim asks for.

    ``caught``: the wrongs (claim, name) that their own claim caught on some library: that claim sees them, also where the
    library on which it is probed has no such operation.
    """
    rows = []
    for i, blunder in enumerate(blundered):
        claims = {claim: sight[i] for claim, sight in sights.items() if i in sight}
        if (blunder.origin, blunder.name) in caught:
            claims[blunder.origin] = "seen"
        if claims:
            rows.append(
                {
                    "name": blunder.name,
                    "operations": sorted(blunder.operations),
                    "origin": blunder.origin,
                    "seen": any(sight == "seen" for sight in claims.values()),
                    "claims": claims,
                }
            )
    return rows
