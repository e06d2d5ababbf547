"""A claim as a section of a report: its evidence gathered so that equal findings are said once, with their libraries."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from . import view

MOST = 8
"""Comparisons of one claim that are listed, each with all its libraries: what disagrees first, then one of each case, then the largest
ratios; all of them are in results.json."""


def of(evidence: Mapping[str, Any], claim: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that a template shows of a claim."""
    seconds = evidence["volatile"]["cell_seconds"]
    cells = [_cell(c, seconds.get(f"{claim['id']} [{view.cell_name(c)}]")) for c in claim["cells"]]
    return {
        "claim": claim,
        "premises": view.premises_of(evidence, claim),
        "used_by": [p["claim"] for p in evidence["premises"] if claim["id"] in p["uses"]],
        "line": view.verdict_line(evidence, claim),
        "as_worded": view.as_worded(claim),
        "unexpected": view.unexpected(evidence, claim),
        "cells": cells,
        "libraries": _libraries(cells),
        "compared": _compared(claim),
        "limits": [_limit(name, found) for name, found in view.gathered(claim, "limits").items()],
        "wrongs": [_wrong(name, found) for name, found in view.gathered(claim, "wrongs").items()],
        "against": _against(claim),
        "again": _again(claim),
        "timings": _timings(evidence, claim),
        "defects": _defects(claim),
        "designs": [(name, design, _seeds(design)) for name, design in claim["designs"].items()],
        "gates": gates(claim),
        "sides": sides(claim),
        "derivations": _derivations(claim),
        "expected_from": _expected_from(claim),
    }


def finding(row: Mapping[str, Any]) -> str:
    """What a comparison found, without repeating what was compared."""
    text = row["sentence"].removeprefix(f"{row['label']}: ")
    if row["agrees"] and row["kind"] == "bits" and not row["geometries"]:
        return "every bit equal" if row["elements"] else "both empty"
    if row["agrees"] and row["kind"] in ("bound", "empirical bound") and row["where"] is not None:
        return f"worst at {view.value(row['where'])}: got {view.value(row['got'])}, wanted {view.value(row['wanted'])}, allowed ±{view.value(row['allowed'])}"
    return view.cut(text, 1000)


def _cell(cell: Mapping[str, Any], seconds: float | None) -> dict[str, Any]:
    return {
        "cell": cell,
        "name": view.cell_name(cell),
        "out": cell["verdict"] in view.TAKES_NO_PART,
        "ratio": view.ratio(cell),
        "worst": _worst(cell),
        "caught": sum(w["caught"] for w in cell["wrongs"]),
        "shown": sum(x["shown"] for x in cell["limits"]),
        "defects": view.defects_of(cell),
        "in_part": view.in_part(cell),
        "seconds": seconds,
    }


def _worst(cell: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The comparison with the cell's largest ratio; none where no bit differs."""
    rows = [r for r in cell["rows"] if r["ratio"] == cell["worst_ratio"] and r["where"] is not None]
    return rows[0] if rows and view.size(cell["worst_ratio"]) > 0 else None


class Library(NamedTuple):
    """A row of the table of libraries: one cell, or those of one library that took no part for one reason."""

    cells: list[dict[str, Any]]
    untested: list[tuple[list[str], list[str]]]
    """[(cells, what was not tested on them)] of the library, each entry once; said below its last row."""
    several: bool
    """Whether the library has several cells."""


def _libraries(cells: list[dict[str, Any]]) -> list[Library]:
    def row(x: dict[str, Any]) -> tuple[str, ...]:
        cell = x["cell"]
        return cell["backend"], *((cell["verdict"], cell["reason"]) if x["out"] else (x["name"],))

    found = []
    for _, own in itertools.groupby(cells, key=lambda x: x["cell"]["backend"]):
        library = list(own)
        of: dict[str, list[str]] = {}
        for x in library:
            for missing in x["in_part"]:
                of.setdefault(missing, []).append(x["name"])
        untested: dict[tuple[str, ...], list[str]] = {}
        for missing, names in of.items():
            untested.setdefault(tuple(names), []).append(missing)
        said = [(list(names), entries) for names, entries in untested.items()]
        rows = [list(alike) for _, alike in itertools.groupby(library, key=row)]
        found += [Library(r, said if r is rows[-1] else [], len(library) > 1) for r in rows]
    return found


class Compared(NamedTuple):
    """A comparison in all the cells where it was found alike."""

    row: Mapping[str, Any]
    """Where the ratio is largest."""
    where: str
    """The cell that it is of."""
    cells: list[str]

    @property
    def standing(self) -> str:
        return view.standing(self.row)

    @property
    def found(self) -> str:
        return finding(self.row)

    @property
    def said(self) -> tuple[Any, ...]:
        """All that is shown of it but the count of its numbers."""
        return self.row["label"], self.standing, self.found, self.row["ratio"], self.where, tuple(self.cells)


class Comparisons(NamedTuple):
    cases: list[tuple[list[str], list[tuple[Compared, int]]]]
    """[(cases of which all that is listed is alike, [(comparison, its numbers in all of these cases)])]"""
    cells: list[str]
    """Those where anything was compared."""
    listed: int
    of: int


def _compared(claim: Mapping[str, Any]) -> Comparisons:
    """A claim's comparisons by their cases, without the gates, which have a table of their own. Where libraries agree, one row stands for all."""
    alike: dict[tuple[str, ...], list[tuple[str, Mapping[str, Any]]]] = {}
    for cell in claim["cells"]:
        for r in cell["rows"]:
            if r["kind"] != "gate":
                key = r["case"], r["label"], r["kind"], view.standing(r), *([] if r["agrees"] else [finding(r)])
                alike.setdefault(key, []).append((view.cell_name(cell), r))
    cases: dict[str, list[Compared]] = {}
    for (case, *_), rows in alike.items():
        where, worst = max(rows, key=lambda pair: view.size(pair[1]["ratio"]))
        cases.setdefault(case, []).append(Compared(worst, where, list(dict.fromkeys(name for name, _ in rows))))
    said: dict[tuple[Any, ...], list[str]] = {}
    for case, found in cases.items():
        said.setdefault(tuple(c.said for c in found), []).append(case)

    def place(c: Compared, first: Compared) -> tuple[bool, bool, float]:
        return c.standing in ("agrees", "no part"), c is not first, -view.size(c.row["ratio"])

    groups = [(names, cases[names[0]]) for names in said.values()]
    places = {
        id(c): place(c, max(found, key=lambda c: view.size(c.row["ratio"]))) for _, found in groups for c in found
    }
    must = sum(at[:2] != (True, True) for at in places.values())
    listed = set(sorted(places, key=places.__getitem__)[: max(MOST, must)])
    shown = [
        (
            names,
            [
                (c, sum(cases[name][i].row["elements"] for name in names))
                for i, c in enumerate(found)
                if id(c) in listed
            ],
        )
        for names, found in groups
    ]
    cells = dict.fromkeys(name for found in cases.values() for c in found for name in c.cells)
    return Comparisons(
        shown, list(cells), sum(len(names) * len(rows) for names, rows in shown), sum(map(len, cases.values()))
    )


ROLES = ("smallest", "instead", "neighbour")


def _limit(name: str, found: list[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    literal = [(c, r) for c, x in found for r in x["rows"] if r["must_fail"] and "found" not in r]
    beside = [(c, r) for c, x in found for r in x["rows"] if not r["must_fail"] and "found" not in r]
    searches = _searches(found)
    shown = [roles["smallest"] for roles, _ in searches] or [row for row, _ in _said_once(literal)]
    return {
        "searches": searches,
        "scripts": [r["snippet"] for r in shown if r.get("snippet")],
        "name": name,
        "says": found[0][1]["says"],
        "shown": [c for c, x in found if x["shown"]],
        "hidden": [c for c, x in found if not x["shown"]],
        "literal": _said_once(literal),
        "beside": _by_label(beside),
    }


def _searches(found: list[tuple[str, Mapping[str, Any]]]) -> list[tuple[dict[str, Mapping[str, Any]], list[str]]]:
    """[({role: row}, cells)]: each search's smallest counterexample, what is so instead, its neighbour.

    Where several cells found the same points, once, with the numbers of the first cell.
    """
    keyed: dict[tuple[Any, ...], tuple[dict[str, Mapping[str, Any]], list[str]]] = {}
    for cell, limit in found:
        rows: list[dict[str, Mapping[str, Any]]] = []
        for row in limit["rows"]:
            if "found" in row:
                if row["found"]["role"] == "smallest":
                    rows.append({})
                if rows:
                    rows[-1][row["found"]["role"]] = row
        for roles in rows:
            key = tuple(
                (role, view.symbols(r["found"]["symbols"]), r["label"], r["agrees"], r["outcome"])
                for role, r in roles.items()
            )
            keyed.setdefault(key, (roles, []))[1].append(cell)
    return list(keyed.values())


def _by_label(pairs: list[tuple[str, Mapping[str, Any]]]) -> list[tuple[Mapping[str, Any], list[str]]]:
    """Rows of one label that agree alike, once, with the finding of the first."""
    keyed: dict[tuple[Any, ...], tuple[Mapping[str, Any], list[str]]] = {}
    for cell, row in pairs:
        keyed.setdefault((row["label"], row["agrees"], row["outcome"]), (row, []))[1].append(cell)
    return list(keyed.values())


def _said_once(pairs: list[tuple[str, Mapping[str, Any]]]) -> list[tuple[Mapping[str, Any], list[str]]]:
    """Rows with the same finding, once; the first stands for the rest (its replay command names its own library)."""
    keyed: dict[tuple[Any, ...], tuple[Mapping[str, Any], list[str]]] = {}
    for cell, row in pairs:
        key = (
            row["label"],
            row["agrees"],
            row["outcome"],
            view.value(row["got"]),
            view.value(row["wanted"]),
            row["note"],
        )
        keyed.setdefault(key, (row, []))[1].append(cell)
    return list(keyed.values())


def _wrong(name: str, found: list[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """A wrong over all cells; the cell where it was hardest to catch stands for the rest."""
    caught = [(c, w) for c, w in found if w["caught"]]
    survived = [(c, w) for c, w in found if not w["caught"]]
    weakest = min(survived or caught, key=lambda pair: view.size(pair[1]["ratio"]))
    return {
        "name": name,
        "caught": len(caught),
        "of": len(found),
        "survived": [c for c, _ in survived],
        "weakest": weakest[1],
        "in": weakest[0],
        "found": found,
    }


AGAINST = {
    "departs": "Counterexamples inside the scope",
    "gate": "Gates that were stated before the run and not met",
    "stopped": "What could not be run",
}


def _against(claim: Mapping[str, Any]) -> list[tuple[str, list[tuple[Mapping[str, Any], list[str]]]]]:
    """[(heading, [(row, cells)])]: everything that keeps the claim from holding, the same finding of several cells once."""
    rows = [(view.cell_name(c), r) for c in claim["cells"] for r in view.departures(c)]
    found = [(title, [pair for pair in rows if view.standing(pair[1]) == kind]) for kind, title in AGAINST.items()]
    return [(title, _said_once(pairs)) for title, pairs in found if pairs]


def _defects(claim: Mapping[str, Any]) -> list[tuple[str, str, Mapping[str, Any]]]:
    """[(defect, cell, row)] for every departure that a recorded defect covers."""
    return [
        (r["defect"], view.cell_name(c), r)
        for c in claim["cells"]
        for r in c["rows"]
        if r["defect"] and not r["agrees"]
    ]


def _timings(evidence: Mapping[str, Any], claim: Mapping[str, Any]) -> list[tuple[str, str, list[Mapping[str, Any]]]]:
    """[(name, cell, rows)]: what clocks and meters said."""
    by_cell = evidence["volatile"]["timings"]
    found = [(view.cell_name(c), by_cell.get(f"{claim['id']} [{view.cell_name(c)}]", {})) for c in claim["cells"]]
    return [(name, cell, data["rows"]) for cell, timings in found for name, data in timings.items() if data.get("rows")]


def _again(claim: Mapping[str, Any]) -> list[str]:
    """How a limit and a wrong variant are run again: the first command of each kind stands for all."""
    limits = (r["replay"] for c in claim["cells"] for x in c["limits"] for r in x["rows"] if r.get("replay"))
    wrongs = (w["replay"] for c in claim["cells"] for w in c["wrongs"] if w.get("replay"))
    return [command for kind in (limits, wrongs) if (command := next(kind, ""))]


WHICH = ("first", "fresh")


def gates(claim: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The gates of a statistical claim with what was measured on the first and on the fresh seeds, that of several cells once if equal."""
    stated = {gate["name"]: gate for design in claim["designs"].values() for gate in design["gates"]}
    gates: dict[tuple[Any, ...], dict[str, Any]] = {}
    for cell in claim["cells"]:
        for (case, name), measured in _measured(cell).items():
            said = tuple((which, r["got"], r["wanted"], r["agrees"], r["note"]) for which, r in measured.items())
            row = next(iter(measured.values()))
            found = gates.setdefault(
                (case, name, said),
                {
                    "name": name,
                    "role": stated.get(name, {}).get("role", ""),
                    "speaks": row.get("speaks", ""),
                    "wanted": row["wanted"],
                    "effect": stated.get(name, {}).get("effect", ""),
                    "basis": stated.get(name, {}).get("basis") or row["source"],
                    "measured": [(which, r, _tests(r["note"])) for which, r in measured.items()],
                    "met": all(r["agrees"] for r in measured.values()),
                    "cells": [],
                },
            )
            found["cells"].append(view.cell_name(cell))
    return [{**gate, "word": _word(gate)} for gate in gates.values()]


def _measured(cell: Mapping[str, Any]) -> dict[tuple[str, str], dict[str, Mapping[str, Any]]]:
    """(case, gate) -> {"first" | "fresh": row}; of a row that does not say which, under ""."""
    found: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = {}
    for row in cell["rows"]:
        if row["kind"] == "gate":
            name, _, last = row["label"].rpartition(", ")
            which = last.removesuffix(" seeds")
            name, which = (name, which) if which in WHICH else (row["label"], "")
            found.setdefault((row["case"], name), {})[which] = row
    return found


def _tests(note: str) -> str:
    """The tests at the end of a gate's sentence; of an arm that stands alone there are none."""
    last = note.rpartition("; ")[2]
    return last if "sign p" in last else ""


def _word(gate: Mapping[str, Any]) -> str:
    """Whether a gate was met, and for what it then speaks, in words."""
    if gate["met"]:
        return f"met, {gate['speaks']} the assertion" if gate["speaks"] else "met"
    missed = [which for which, row, _ in gate["measured"] if which and not row["agrees"]]
    where = f" on the {missed[0]} seeds" if len(missed) == 1 else ""
    return f"not met{where}" + (f", so it does not speak {gate['speaks']} the assertion" if gate["speaks"] else "")


def sides(claim: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, bool]]]]:
    """[("for" | "against", [(gate, whether it is met in every cell)])] of a sentence with two sides."""
    found: dict[str, dict[str, bool]] = {"for": {}, "against": {}}
    for gate in gates(claim):
        if gate["speaks"]:
            side = found[gate["speaks"]]
            side[gate["name"]] = side.get(gate["name"], True) and gate["met"]
    return [(side, list(gates.items())) for side, gates in found.items()] if any(found.values()) else []


def _seeds(design: Mapping[str, Any]) -> str:
    """How many seeds each experiment had, and which: “multilayer 20, convolutional 10; the first from 0 on, the fresh ones from 3,000 on”."""
    counts = ", ".join(f"{name} {count}" for name, count in design["seeds"].items())
    begin = "; ".join(f"the {which} from {view.number(start)} on" for which, start in design["from"].items())
    return f"{counts} ({begin})"


def _derivations(claim: Mapping[str, Any]) -> list[tuple[str, int, list[str]]]:
    """Why errors are allowed: [(derivation, how many like it, [what they were used for])]; alike but for their numbers, once."""
    rows = [r for c in claim["cells"] for r in c["rows"] if r["derivation"]]
    return [(first, n, list(dict.fromkeys(r["label"] for r in like))) for first, n, like in _alike(rows, "derivation")]


def _expected_from(claim: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Where the expected values come from: [(source, how many like it)]; a gate says so in its own table."""
    rows = [r for c in claim["cells"] for r in c["rows"] if r["source"] and r["kind"] != "gate"]
    return [(first, n) for first, n, _ in _alike(rows, "source")]


def _alike(rows: list[Mapping[str, Any]], member: str) -> list[tuple[str, int, list[Mapping[str, Any]]]]:
    """[(text, how many differ from it in numbers only, all rows of this kind)]."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(re.sub(r"[-\d.]+(e[-+]?\d+)?( to [-\d.]+(e[-+]?\d+)?)?", "#", row[member]), []).append(row)
    return [(like[0][member], len({r[member] for r in like}), like) for like in found.values()]
