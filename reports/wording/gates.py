"""The gates of a statistical claim, with what was measured on the first and on the fresh seeds."""

from __future__ import annotations

from typing import Any

from ...claims.record import sentences
from ...claims.record.types import Claim, Design, Gate, StatedGate
from .words import number


class Measured:
    """A gate as it was stated, if it was, and what was measured: the same of several cells once."""

    def __init__(self, stated: StatedGate | None, rows: list[Gate]) -> None:
        first, self.rows, self.cells = rows[0], rows, list[str]()
        self.name, self.speaks, self.wanted = first.gate, first.speaks, sentences.wanted(first)
        self.role, self.effect = (stated.role, stated.effect) if stated else ("", "")
        self.basis = stated.basis if stated and stated.basis else first.source
        self.met = all(r.agrees for r in rows)

    @property
    def word(self) -> str:
        """Whether it was met, and for what it then speaks, in words."""
        if self.met:
            return f"met, {self.speaks} the assertion" if self.speaks else "met"
        missed = [r.group for r in self.rows if not r.agrees]
        where = f" on the {missed[0]} seeds" if len(missed) == 1 else ""
        return f"not met{where}" + (f", so it does not speak {self.speaks} the assertion" if self.speaks else "")


def gates(claim: Claim) -> list[Measured]:
    """The gates of a claim, cell by cell; where several cells measured the same, once."""
    stated = {gate.name: gate for design in claim.designs.values() for gate in design.gates}
    found: dict[tuple[Any, ...], Measured] = {}
    for cell in claim.cells:
        measured: dict[tuple[str, str], list[Gate]] = {}
        for row in cell.rows:
            if isinstance(row, Gate):
                measured.setdefault((row.case, row.gate), []).append(row)
        for (case, name), rows in measured.items():
            said = tuple((r.group, sentences.finding(r), r.agrees) for r in rows)
            one = found.setdefault((case, name, said), Measured(stated.get(name), rows))
            one.cells.append(cell.name)
    return list(found.values())


def tests(row: Gate) -> str:
    """The two-sided tests of an effect; of an arm that stands alone there are none."""
    if row.sign_p is None or row.wilcoxon_p is None:
        return ""
    above = f"{row.positive} of {row.seeds} seeds above no effect"
    return f"{above}, sign p {row.sign_p:.2g}, Wilcoxon p {row.wilcoxon_p:.2g}"


def sides(claim: Claim) -> list[tuple[str, list[tuple[str, bool]]]]:
    """[("for" | "against", [(gate, whether it is met in every cell)])] of a sentence with two sides."""
    found: dict[str, dict[str, bool]] = {"for": {}, "against": {}}
    for gate in gates(claim):
        if gate.speaks:
            side = found[gate.speaks]
            side[gate.name] = side.get(gate.name, True) and gate.met
    return [(side, list(met.items())) for side, met in found.items()] if any(found.values()) else []


def seeds(design: Design) -> str:
    """How many seeds each experiment had, and which: “multilayer 20, convolutional 10 (the first from 0 on; the fresh from 3,000 on)”."""
    counts = ", ".join(f"{name} {count}" for name, count in design.seeds.items())
    begin = "; ".join(f"the {group} from {number(start)} on" for group, start in design.start.items())
    return f"{counts} ({begin})"
