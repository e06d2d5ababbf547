"""What of a run is not as expected, the worst first: why, and the commands that show it again; and what a user's own file has not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from ...claims.record import replay
from ...claims.record.types import Cell, Claim, Evidence
from . import standing
from .words import cells, listed, plural

MOST_REPLAYS = 3
"""Of a claim: the first of them shows what there is to see."""
TELLING = ("refuted", "error", "inconclusive", "not supported")
"""Verdicts of cells that keep a claim from holding."""


def failing(evidence: Evidence) -> list[Claim]:
    """The claims whose verdict is not the expected one, the worst first, and of them those first on which most others rest."""
    rest = [claim for premises in evidence.premises for claim in premises.uses]
    found = [c for c in evidence.claims if standing.unexpected(evidence, c)]
    return sorted(found, key=lambda c: (standing.WORST_FIRST.index(c.verdict), -rest.count(c.id)))


def first(evidence: Evidence) -> str:
    """What to look at first, in a sentence; empty where all is as expected."""
    found = failing(evidence)
    if not found:
        return ""
    others = [c.id for c in found[1:4]] + ([f"{len(found) - 4} more"] if len(found) > 4 else [])
    then = f"; then {listed(others)}" if others else ""
    again = next(replays(evidence, found[0]), "")
    return f"Fails first: {found[0].id}{then}." + (f" Begin with: {again}" if again else "")


def reasons(claim: Claim) -> Iterator[str]:
    """Why the cells of a claim keep it from holding, each reason once."""
    by = defaultdict[tuple[str, str], list[str]](list)
    for cell in claim.cells:
        if cell.verdict in TELLING:
            by[cell.verdict, cell.reason].append(cell.name)
    for (verdict, reason), names in by.items():
        yield f"{cells(names)}: {verdict}: {reason}"


def replays(evidence: Evidence, claim: Claim) -> Iterator[str]:
    """The commands that show again what tells against a claim, each once: for all dtypes where it is so in each of them."""
    of = defaultdict[str, list[Cell]](list)
    for cell in claim.cells:
        if cell.verdict not in standing.TAKES_NO_PART:
            of[cell.backend].append(cell)
    for own in of.values():
        where = defaultdict[tuple[str, str], list[Cell]](list)
        for cell in own:
            for part in dict.fromkeys(_telling(cell)):
                where[part].append(cell)
        for (kind, name), found in where.items():
            if len(found) == len(own) > 1 and not evidence.selection.dtypes:
                found = [msgspec.structs.replace(found[0], dtype=None)]
            yield from (replay.command(evidence, claim.id, cell, **{kind: name}) for cell in found)


def _telling(cell: Cell) -> Iterator[tuple[str, str]]:
    """(what, its name) of each case that departs and each wrong that survived."""
    yield from (("case", replay.address(row)) for row in standing.departures(cell) if row.made)
    if cell.verdict != "error":  # of a library that is not there no wrong can be caught
        yield from (("wrong", wrong.name) for wrong in cell.wrongs if not wrong.caught)


def lacking(evidence: Evidence) -> Iterator[str]:
    """Why claims took no part on a file of the user's own, or only in part: each reason once."""
    for name, facts in evidence.environment.backends.items():
        if not facts.file:
            continue
        whole, part = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
        for claim in evidence.claims:
            for cell in (c for c in claim.cells if c.backend == name):
                if cell.verdict == "unsupported":
                    whole[cell.reason].append(claim.id)
                for missing in standing.in_part(cell):
                    part[missing.partition(" (")[0]].append(claim.id)
        for reason, ids in whole.items():
            once = [*dict.fromkeys(ids)]
            yield f"{reason}: {plural(len(once), 'claim')} unsupported on it, {listed(once)}"
        for reason, ids in part.items():
            yield f"{reason}: not tested on {name} in {listed([*dict.fromkeys(ids)])}"
