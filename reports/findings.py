"""A claim's finding in one line, for a margin: what was found, and where the sentence stops being true."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import claim_view, view

MOST = 150
"""Characters of a finding, and of what stands after it."""


def in_one_line(claim: Mapping[str, Any]) -> str:
    """What was found; of a claim that does not hold, why not."""
    return view.cut(_found(claim).rstrip("."), MOST) + "."


def beyond(claim: Mapping[str, Any]) -> str:
    """Where the sentence, read literally, fails; empty where no such place is known."""
    if worded := [name for name, _ in view.as_worded(claim)]:
        return f"As worded it fails: {view.cut('; '.join(worded), MOST)}."
    first, *more = [*view.gathered(claim, "limits")] or [""]
    return f"Not so: {view.cut(first, MOST)}{f', and {len(more)} more' if more else ''}." if first else ""


def _found(claim: Mapping[str, Any]) -> str:
    verdict = claim["verdict"]
    if verdict == "verified":
        return _agreement(claim)
    if verdict == "supported":
        gates = claim_view.gates(claim)
        effect = next((g for g in gates if g["role"] == "effect"), gates[0])
        _, row, _ = effect["measured"][-1]
        return f"{effect['name']}: {view.value(row['got'])}, wanted {view.value(row['wanted'])}"
    if verdict == "disputed":
        sides = claim_view.sides(claim)
        return ", ".join(
            f"{sum(met for _, met in gates)} of {view.plural(len(gates), 'gate')} {side}" for side, gates in sides
        )
    against = [(cell, row) for cell in claim["cells"] for row in view.departures(cell)]
    if verdict == "inconclusive" or not against:
        return claim["reason"]
    cell, row = against[0]
    return f"{view.cell_name(cell)}: {row['sentence']}"


def _agreement(claim: Mapping[str, Any]) -> str:
    took = [c for c in claim["cells"] if c["verdict"] not in view.TAKES_NO_PART]
    libraries = {c["backend"] for c in took}
    where = view.plural(len(libraries), "library", "libraries") if len(libraries) > 1 else min(libraries)
    worst = max(took, key=lambda c: view.size(c["worst_ratio"]))
    ratio, _, empirical = view.ratio(worst).partition(" (")
    bound = "an empirical bound" if empirical == "empirical)" else "the bound"
    said = "every bit equal" if view.size(worst["worst_ratio"]) <= 0 else f"error at most {ratio} of {bound}"
    return f"{where}, {view.plural(sum(c['comparisons'] for c in took), 'comparison')}, {said}"
