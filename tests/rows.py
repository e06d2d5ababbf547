"""Rows of the record, as small as they can be, for tests of what is made of them."""

from __future__ import annotations

from typing import Any, Literal

from lectureclaims.claims.record.types import Bits, Gate, OutcomeKind, Stopped

GOOD = Bits(label="the sum", case="one")
BAD = Bits(label="the sum", case="one", agrees=False, ratio=float("inf"), elements=2, differing=2)


def gate(name: str = "a gate", *, met: bool = True, group: Literal["first", "fresh"] = "first", **members: Any) -> Gate:
    """A gate on one group of seeds: the interval must lie above 1."""
    estimate, low, high = (1.2, 1.1, 1.3) if met else (0.9, 0.8, 0.95)
    return Gate(
        label=f"{name}, {group} seeds",
        case="one",
        gate=name,
        effect="the ratio",
        group=group,
        measure="ratio",
        side="above",
        bounds=(1.0,),
        estimate=estimate,
        low=low,
        high=high,
        seeds=20,
        positive=20,
        agrees=met,
        **members,
    )


def side(
    speaks: Literal["for", "against"],
    *,
    met: tuple[bool, bool] = (True, True),
    name: str = "a gate",
    undecided: bool = False,
) -> list[Gate]:
    """A gate that speaks for one of two sides, on the first and on the fresh seeds; where it is not met it may be undecided."""
    first = gate(name, met=met[0], speaks=speaks, undecided=undecided and not met[0])
    return [first, gate(name, met=met[1], group="fresh", speaks=speaks, undecided=undecided and not met[1])]


def unmade(outcome: OutcomeKind, note: str = "why") -> Bits:
    """A comparison that could not be made."""
    return Bits(label="the sum", case="one", made=False, agrees=False, outcome=outcome, elements=0, note=note)


def stopped(outcome: OutcomeKind, note: str = "why") -> Stopped:
    """The end of an experiment before its end."""
    return Stopped(label="it stopped", case="one", made=False, agrees=False, outcome=outcome, elements=0, note=note)
