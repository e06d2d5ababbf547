"""Sweeps: many geometries as one evidence row, each with an address, and the smallest departure shrunk.

A sweep costs one call a geometry. It is one row (count, worst, digest), not thousands; a geometry can be run again alone
by its address ``case/H=3,W=2,…``. A geometry is a named tuple of numbers.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from ..record.sentences import sentence
from ..record.types import Bits, Departure, Sweep, Within
from .case import Case
from .comparison import Comparison
from .outcome import Call, Outcome

BLOCK = 1024
"""Geometries that are asked for at once: a sweep of a million takes no more memory than one of a thousand."""
STRIDE = 11
"""In a quick run one geometry of so many is asked for; a prime, so that no parameter of the sweep keeps step with it."""
KEPT = 100
"""Departures whose addresses are kept in the evidence."""
TRIES = 3
"""How often a simpler candidate is asked: a departure need not show every time (memory that was never written)."""

Build = Callable[[Any, str], Call]
Judge = Callable[[Outcome, Any, str], Comparison]


def address(point: Any) -> str:
    return ",".join(f"{name}={value}" for name, value in point._asdict().items())


def sweep(
    case: Case, points: Iterable[Any], build: Build, judge: Judge, *, label: str, source: str, designs: tuple[str, ...]
) -> Generator[Any, Any, None]:
    """Ask ``build(point, design)`` for every point with the last of ``designs``, judge each, yield one comparison.

    Points run from small to large, so the first departure is the smallest geometry; it is asked again with each simpler
    design of data, in the order given, and the simplest that still departs is reported. Departures that a recorded
    defect covers are a row of their own, so that they cannot hide others.
    """
    tally = Tally()
    points = itertools.islice(points, 0, None, STRIDE) if case.quick and case.point is None else points
    chosen = (p for p in points if case.point is None or address(p) == case.point)
    while block := [*itertools.islice(chosen, BLOCK)]:
        outcomes = yield [build(p, designs[-1]) for p in block]
        for point, outcome in zip(block, outcomes, strict=True):
            comparison = judge(outcome, point, designs[-1])
            tally.add(point, comparison, case.defect_of(comparison.call) if comparison.row.made else "")
    for lacking in tally.unmade.values():
        more = (
            f" and {lacking.count - 1} more" if lacking.count > 1 else ""
        )  # one row for each reason, not for each geometry
        yield lacking.comparison.but(label=f"{label}: {address(lacking.point)}{more}")
    for spared, agreeing in sorted(tally.agreed.items()):
        within_trigger = f", right within the trigger of {spared}" if spared else ""
        yield _swept(
            agreeing.comparison,
            label=label + within_trigger,
            source=source,
            elements=agreeing.elements,
            geometries=agreeing.count,
            where=None,
            got=None,
            wanted=None,
            spared=spared,
            note=f"digest {tally.digest()}",
        )
    for defect, departing in sorted(tally.departed.items()):
        point, smallest = departing.point, departing.comparison
        if not defect:
            point, smallest = yield from _simplest((point, smallest), build, judge, designs)
        yield _swept(
            smallest,
            label=label + (f" [{defect}]" if defect else f", smallest departure {address(point)}"),
            source=source,
            geometries=departing.count,
            defect=defect,
            departures=tuple(departing.departures),
        )


@dataclass
class Group:
    """Geometries of which one is told: the first, or of those that agree the one that comes nearest to its bound."""

    point: Any
    comparison: Comparison
    count: int = 0
    elements: int = 0
    departures: list[Departure] = field(default_factory=list)

    def add(self, comparison: Comparison) -> None:
        self.count += 1
        self.elements += comparison.row.elements


class Tally:
    """What a sweep found, in groups: not made, by the reason; agreed and departed, by the recorded defect within whose trigger they lie."""

    def __init__(self) -> None:
        self.unmade, self.agreed, self.departed = dict[str, Group](), dict[str, Group](), dict[str, Group]()
        self._told, self._separator = hashlib.blake2b(b"[", digest_size=8), ""

    def add(self, point: Any, comparison: Comparison, defect: str) -> None:
        row = comparison.row
        self._told.update(f"{self._separator}{row.elements if row.agrees else -1}".encode())
        self._separator = ", "
        if not row.made:
            groups, key = self.unmade, row.note
        else:
            groups, key = (self.agreed if row.agrees else self.departed), defect
        group = groups.setdefault(key, Group(point, comparison))
        group.add(comparison)
        if groups is self.agreed and row.ratio > group.comparison.row.ratio:
            group.point, group.comparison = point, comparison
        if groups is self.departed and group.count <= KEPT:
            group.departures.append(Departure(address=address(point), says=sentence(row)))

    def digest(self) -> str:
        """Of what agreed and how much of it, in the order of the geometries."""
        whole = self._told.copy()
        whole.update(b"]")
        return whole.hexdigest()


def _swept(one: Comparison, **members: Any) -> Comparison:
    """The comparison of one geometry as a row for many."""
    told = msgspec.structs.asdict(one.row) | members
    of = "bits" if isinstance(one.row, Bits) else "within" if isinstance(one.row, Within) else "fact"
    return replace(one, row=Sweep(of=of, **told))


def _simplest(
    smallest: tuple[Any, Comparison], build: Build, judge: Judge, designs: tuple[str, ...]
) -> Generator[Any, Any, tuple[Any, Comparison]]:
    """The same geometry with the simplest data that still departs."""
    point, comparison = smallest
    for design in designs[:-1]:
        for _ in range(TRIES):
            outcome = (yield [build(point, design).again()])[0]
            simpler = judge(outcome, point, design)
            if simpler.departs:
                return point, simpler
    return point, comparison
