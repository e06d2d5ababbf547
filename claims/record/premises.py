"""The graph of premises: which claims rest on which, and which rest on sand.

A claim that uses another proves nothing where the other does not hold: a layer's equivariance, tested through a library
that turned out not to correlate, says little. So a claim is shown as resting on sand where a claim that it uses, directly
or through others, was refuted, not supported, in error, or is inconclusive. Its own verdict stays what its own evidence says.
"""

from __future__ import annotations

import graphlib
from collections.abc import Iterable, Mapping, Sequence

from .types import Claim, Premises
from .verdicts import HOLDS


def in_order(premises: Mapping[str, Iterable[str]]) -> list[str]:
    """The claims, each after those that it uses. Raises ValueError, naming the circle, where claims rest on each other."""
    try:
        return list(graphlib.TopologicalSorter(premises).static_order())
    except graphlib.CycleError as error:
        raise ValueError(" → ".join(error.args[1])) from None


def graph(claims: Sequence[Claim]) -> tuple[Premises, ...]:
    """What each claim rests on; ``sand`` names the claims at fault, also those further down."""
    verdicts = {c.id: c.verdict for c in claims}
    uses = {c.id: c.premises for c in claims}
    sand: dict[str, list[str]] = {}
    for claim in in_order(uses):
        at_fault = (x for p in uses.get(claim, ()) for x in ([p] if _fails(verdicts.get(p)) else sand[p]))
        sand[claim] = list(dict.fromkeys(at_fault))
    return tuple(
        Premises(claim=c, uses=used, untested=tuple(p for p in used if p not in verdicts), sand=tuple(sand[c]))
        for c, used in uses.items()
    )


def _fails(verdict: str | None) -> bool:
    return verdict is not None and verdict not in (*HOLDS, "disputed")
