"""A claim's finding in one line, for a margin: what was found, and where the sentence stops being true."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import claim_view, view

MOST = 200
"""Characters of a finding, and of what stands after it."""
BLANK = re.compile(r"\{([^{}]*)\}")
NUMBER = re.compile(r"-?\d[\d.]*(?:e[-+]?\d+)?")


def in_one_line(claim: Mapping[str, Any]) -> str:
    """What was found; of a claim that does not hold, why not."""
    return view.cut(_found(claim).rstrip("."), MOST) + "."


def beyond(claim: Mapping[str, Any]) -> str:
    """Where the sentence, read literally, fails; empty where no such place is known."""
    if worded := [name for name, _ in view.as_worded(claim)]:
        return f"Not as worded: {view.cut('; '.join(worded), MOST)}."
    first, *more = [*view.gathered(claim, "limits")] or [""]
    return f"Except: {view.cut(first, MOST)}{f', and {len(more)} more' if more else ''}." if first else ""


def _found(claim: Mapping[str, Any]) -> str:
    verdict = claim["verdict"]
    gates = {gate["name"]: gate for gate in claim_view.gates(claim)}
    if verdict in ("supported", "disputed") and verdict == claim["expected"] and (said := _filled(claim, gates)):
        return said
    if verdict == "verified":
        return _agreement(claim)
    if verdict == "supported":
        return f"{view.plural(len(gates), 'gate')} met, on the first and on fresh seeds"
    if verdict == "disputed":
        return ", ".join(
            f"{sum(met for _, met in said)} of {view.plural(len(said), 'gate')} {side}"
            for side, said in claim_view.sides(claim)
        )
    against = [(cell, row) for cell in claim["cells"] for row in view.departures(cell)]
    if verdict == "inconclusive" or not against:
        return claim["reason"]
    cell, row = against[0]
    return f"{view.cell_name(cell)}: {row['sentence']}"


def _filled(claim: Mapping[str, Any], gates: Mapping[str, Mapping[str, Any]]) -> str:
    """The claim's own words with what its gates measured, on the fresh seeds; empty where there are none, or one of the gates is not."""
    template = claim.get("finding", "")
    if not all(name in gates for name in BLANK.findall(template)):
        return ""
    return BLANK.sub(lambda m: _measured(gates[m[1]]), template)


def _measured(gate: Mapping[str, Any]) -> str:
    """The estimate of an effect, in three digits: its interval is in the table of gates."""
    _, row, _ = gate["measured"][-1]
    found = NUMBER.match(str(row["got"]))
    return view.number(float(f"{float(found[0]):.3g}")) if found else str(row["got"])


def _agreement(claim: Mapping[str, Any]) -> str:
    took = [c for c in claim["cells"] if c["verdict"] not in view.TAKES_NO_PART]
    libraries = {c["backend"] for c in took}
    where = view.plural(len(libraries), "library", "libraries") if len(libraries) > 1 else min(libraries)
    worst = max(took, key=lambda c: view.size(c["worst_ratio"]))
    ratio, _, empirical = view.ratio(worst).partition(" (")
    bound = "an empirical bound" if empirical == "empirical)" else "the bound"
    said = "every bit equal" if view.size(worst["worst_ratio"]) <= 0 else f"error at most {ratio} of {bound}"
    return f"{where}, {view.plural(sum(c['comparisons'] for c in took), 'comparison')}, {said}"
