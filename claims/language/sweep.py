"""Sweeps: many geometries as one evidence row, each with an address, and the smallest departure shrunk.

A sweep costs one call a geometry. It is one row (count, worst, digest), not thousands; a geometry can be run again alone
by its address ``case/H=3,W=2,…``. A geometry is a named tuple of numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable
from dataclasses import replace
from typing import Any

import msgspec

from ..record.sentences import sentence
from ..record.types import Bits, Departure, Sweep, Within
from .case import Case
from .comparison import Comparison
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
    for same in _grouped(zip(chosen, found, strict=True), lambda c: None if c.row.made else c.row.note).values():
        more = f" and {len(same) - 1} more" if len(same) > 1 else ""  # one row for each reason, not for each geometry
        yield same[0][1].but(label=f"{label}: {address(same[0][0])}{more}")
    agreed = _grouped(zip(chosen, found, strict=True), lambda c: case.defect_of(c.call) if c.holds else None)
    for spared, agreeing in sorted(agreed.items()):
        worst = max((c for _, c in agreeing), key=lambda c: c.row.ratio)
        within_trigger = f", right within the trigger of {spared}" if spared else ""
        yield _swept(
            worst,
            label=label + within_trigger,
            source=source,
            elements=sum(c.row.elements for _, c in agreeing),
            geometries=len(agreeing),
            where=None,
            got=None,
            wanted=None,
            spared=spared,
            note=f"digest {_digest(found)}",
        )
    departed = _grouped(zip(chosen, found, strict=True), lambda c: case.defect_of(c.call) if c.departs else None)
    for defect, departures in sorted(departed.items()):
        point, smallest = departures[0] if defect else (yield from _simplest(departures[0], build, judge, designs))
        yield _swept(
            smallest,
            label=label + (f" [{defect}]" if defect else f", smallest departure {address(point)}"),
            source=source,
            geometries=len(departures),
            defect=defect,
            departures=tuple(Departure(address=address(p), says=sentence(c.row)) for p, c in departures[:KEPT]),
        )


def _grouped(
    pairs: Iterable[tuple[Any, Comparison]], key: Callable[[Comparison], str | None]
) -> dict[str, list[tuple[Any, Comparison]]]:
    """Geometries with their comparisons by a key; those whose key is None are left out."""
    found: dict[str, list[tuple[Any, Comparison]]] = {}
    for point, comparison in pairs:
        if (name := key(comparison)) is not None:
            found.setdefault(name, []).append((point, comparison))
    return found


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


def _digest(found: list[Comparison]) -> str:
    """Of what agreed and how much of it, in the order of the geometries."""
    told = repr([c.row.elements if c.row.agrees else -1 for c in found])
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()
