"""Sweeps: many geometries as one evidence row, each with an address, and the smallest departure shrunk.

A sweep costs one call a geometry. It is one row (count, worst, digest), not thousands; a geometry can be run again alone
by its address ``case/H=3,W=2,…``. A geometry is a named tuple of numbers.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable
from dataclasses import replace
from typing import Any

from .claim import Case
from .comparison import Comparison, Departure
from .outcome import Call, Outcome

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
    chosen = [p for p in points if case.point is None or address(p) == case.point]
    if not chosen:
        return
    outcomes = yield [build(p, designs[-1]) for p in chosen]
    found = [judge(outcome, p, designs[-1]) for outcome, p in zip(outcomes, chosen, strict=True)]
    groups: dict[str, list[tuple[Any, Comparison]]] = defaultdict(list)
    unmade: dict[str, list[tuple[Any, Comparison]]] = defaultdict(list)
    for point, comparison in zip(chosen, found, strict=True):
        if not comparison.made:
            unmade[comparison.note].append((point, comparison))
        elif not comparison.agrees:
            groups[case.defect_of(comparison.call)].append((point, comparison))
    for same in unmade.values():  # one row for each reason, not for each geometry
        more = f" and {len(same) - 1} more" if len(same) > 1 else ""
        yield replace(same[0][1], label=f"{label}: {address(same[0][0])}{more}")
    agreed: dict[str, list[Comparison]] = defaultdict(list)
    for comparison in found:
        if comparison.made and comparison.agrees:
            agreed[case.defect_of(comparison.call)].append(comparison)
    for spared, agreeing in sorted(agreed.items()):
        worst = max(agreeing, key=lambda c: c.ratio)
        yield replace(
            worst,
            label=label + (f", right within the trigger of {spared}" if spared else ""),
            source=source,
            elements=sum(c.elements for c in agreeing),
            geometries=len(agreeing),
            where=None,
            got=None,
            wanted=None,
            wanted_array=None,
            spared=spared,
            note=f"digest {_digest(found)}",
        )
    for defect, departures in sorted(groups.items()):
        smallest = departures[0] if defect else (yield from _simplest(departures[0], build, judge, designs))
        yield replace(
            smallest[1],
            label=label + (f" [{defect}]" if defect else f", smallest departure {address(smallest[0])}"),
            source=source,
            geometries=len(departures),
            defect=defect,
            departures=tuple(Departure(address(p), c.sentence()) for p, c in departures[:KEPT]),
        )


def _simplest(
    smallest: tuple[Any, Comparison], build: Build, judge: Judge, designs: tuple[str, ...]
) -> Generator[Any, Any, tuple[Any, Comparison]]:
    """The same geometry with the simplest data that still departs."""
    point, comparison = smallest
    for design in designs[:-1]:
        for _ in range(TRIES):
            outcome = (yield [build(point, design).again()])[0]
            simpler = judge(outcome, point, design)
            if simpler.made and not simpler.agrees:
                return point, simpler
    return point, comparison


def _digest(found: list[Comparison]) -> str:
    """Of what agreed and how much of it, in the order of the geometries."""
    told = repr([c.elements if c.agrees else -1 for c in found])
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()
