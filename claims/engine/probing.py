"""Which mistakes each claim can see: every mutant of an operation, in every claim that asks for the operation.

A claim is blind to many mistakes: one about shapes sees no wrong value. That is no fault as long as some other claim sees
them. So the whole lecture is run once more in worlds in which the library makes one mistake: each mutant of an operation among the wrongs of any
claim, and each known mistake of the reference, wherever it can be made. A mistake that no claim sees is a hole in the lecture's tests.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...reference import libraries, mistakes
from ..language.outcome import Call
from ..record.types import Detection, Sensitivity
from ..record.verdicts import Facts, caught
from .experiments import Experiment
from .lecture import Lecture

DETECTIONS: tuple[Detection, ...] = ("cannot be made", "stopped", "blind", "seen")
"""What a claim makes of a mistake: it would be refuted (*seen*), would hold all the same (*blind*), or its experiment could
not go on (*stopped*: the mistaken operation raised, which refutes nothing)."""
KNOWN = "a known mistake"


@dataclass(frozen=True)
class Mistake:
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


@dataclass
class Probe(Experiment):
    """The honest experiment in a world in which the library makes one mistake wherever it can; ``made``: how often it could."""

    mistake: Mistake | None = None
    made: int = 0

    @property
    def enough(self) -> bool:
        """One comparison that refutes the library is enough."""
        last = self.variant.comparisons[-1:]
        return any(c.departs and not c.row.defect for c in last)

    @property
    def detection(self) -> Detection:
        """A library that makes the mistake would be refuted: by a value, or by a shape, which is enough to see it."""
        if caught(self.variant.rows, Facts(about_shapes=True)):
            return "seen"
        if any(not row.made for row in self.variant.rows):
            return "stopped"
        return "blind" if self.made else "cannot be made"

    def _mutated(self, call: Call) -> Call:
        mutant, room = self.mistake.mutant(call) if self.mistake else (None, False)
        self.made += room
        return call.mutated_by(mutant) if mutant else call


def all_mistakes(lecture: Lecture) -> list[Mistake]:
    """All of them, each once: those of the claims that mutate an operation, and the known mistakes of each operation."""
    own = [
        Mistake(wrong.name, wrong.operations, claim.id)
        for claim in lecture.claims.values()
        for wrong in claim.wrongs
        if wrong.operations and not any(_known(mutant) for mutant in wrong.operations.values())
    ]
    known = [
        Mistake(mistake.name, {name: functools.partial(mistakes.commit, mistake=mistake.name, operation=name)}, KNOWN)
        for mistake in mistakes.MISTAKES.values()
        if mistake.probed
        for name in mistake.operations
    ]
    distinct: dict[tuple[Any, ...], Mistake] = {}
    for mistake in (*own, *known):
        distinct.setdefault((mistake.name, *sorted(mistake.operations.items(), key=str)), mistake)
    return list(distinct.values())


def _known(mutant: Callable[..., Any]) -> bool:
    return isinstance(mutant, functools.partial) and mutant.func is mistakes.commit


def assigned(lecture: Lecture, claims: Iterable[str], labels: Sequence[str]) -> dict[str, str]:
    """claim → the library on which it is probed: the quickest that it runs on (which one makes no difference)."""
    order = libraries.quickest(labels)
    found = {c: next((x for x in order if lecture.claims[c].cases_for(x)), "") for c in claims}
    return {claim: library for claim, library in found.items() if library}


def better(before: Detection | None, now: Detection) -> Detection:
    """Of what two cases of a claim make of a mistake, what tells more."""
    return now if before is None or DETECTIONS.index(now) > DETECTIONS.index(before) else before


def table(
    detections: Mapping[str, Mapping[int, Detection]],
    probed: Sequence[Mistake],
    caught_wrongs: Collection[tuple[str, str]],
) -> tuple[Sensitivity, ...]:
    """The mistakes with operations that some claim asks for, and what each claim makes of them.

    ``caught_wrongs``: the wrongs (claim, name) that their own claim caught on some library: that claim sees them, also where the
    library on which it is probed has no such operation.
    """
    rows = []
    for i, mistake in enumerate(probed):
        claims: dict[str, Detection] = {
            claim: detection[i] for claim, detection in detections.items() if i in detection
        }
        if (mistake.origin, mistake.name) in caught_wrongs:
            claims[mistake.origin] = "seen"
        if claims:
            seen = any(detection == "seen" for detection in claims.values())
            operations = tuple(sorted(mistake.operations))
            rows.append(
                Sensitivity(name=mistake.name, operations=operations, origin=mistake.origin, seen=seen, claims=claims)
            )
    return tuple(rows)
