"""The evidence as flat tables, through pandas: CSV and Parquet for whoever wants to reckon with it.

``rows``    a row for each comparison inside a claim's scope
``cells``   for each claim × library × dtype
``wrongs``  for each wrong variant of a cell
``limits``  for each limit of a cell, with the smallest counterexample that a search found and the nearest point that holds
``gates``   for each gate of a statistical claim, on the first seeds and on the fresh ones, with the effect's interval

The columns and their types are the same for every record. They can be missing (nullable dtypes); infinity and NaN are
numbers, and NaN is not missing. ``got``, ``wanted`` and ``where`` are any JSON value, as JSON text. A text stands as it is:
who opens a CSV of a stranger's in a spreadsheet should import its columns as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...claims.engine.verification import BadRequest
from ..pictures import figures
from ..wording import view

if TYPE_CHECKING:
    import pandas

FORMATS = ("csv", "parquet")
TEXT, FLAG, COUNT, NUMBER = "string", "boolean", "Int64", "Float64"
CELL = {"claim": TEXT, "sentence": TEXT, "library": TEXT, "version": TEXT, "dtype": TEXT}
COLUMNS = {
    "rows": CELL
    | {
        "case": TEXT,
        "label": TEXT,
        "kind": TEXT,
        "source": TEXT,
        "outcome": TEXT,
        "agrees": FLAG,
        "standing": TEXT,
        "ratio": NUMBER,
        "allowed": NUMBER,
        "ulp": NUMBER,
        "elements": COUNT,
        "differing": COUNT,
        "geometries": COUNT,
        "where": TEXT,
        "got": TEXT,
        "wanted": TEXT,
        "derivation": TEXT,
        "note": TEXT,
        "finding": TEXT,
        "defect": TEXT,
        "replay": TEXT,
    },
    "cells": CELL
    | {
        "verdict": TEXT,
        "reason": TEXT,
        "claim_verdict": TEXT,
        "declared": TEXT,
        "qualified": FLAG,
        "comparisons": COUNT,
        "elements": COUNT,
        "worst_ratio": NUMBER,
        "margin": NUMBER,
        "wrongs": COUNT,
        "wrongs_caught": COUNT,
        "limits": COUNT,
        "limits_shown": COUNT,
        "not_tested": TEXT,
        "defects": TEXT,
        "seconds": NUMBER,
    },
    "wrongs": CELL
    | {
        "wrong": TEXT,
        "caught": FLAG,
        "by": COUNT,
        "of": COUNT,
        "ratio": NUMBER,
        "differing": COUNT,
        "elements": COUNT,
        "finding": TEXT,
        "replay": TEXT,
    },
    "limits": CELL
    | {
        "limit": TEXT,
        "says": TEXT,
        "shown": FLAG,
        "comparisons": COUNT,
        "must_fail": COUNT,
        "smallest": TEXT,
        "finding": TEXT,
        "neighbour": TEXT,
        "replay": TEXT,
    },
    "gates": CELL
    | {
        "case": TEXT,
        "gate": TEXT,
        "seeds": TEXT,
        "role": TEXT,
        "speaks": TEXT,
        "effect": TEXT,
        "scale": TEXT,
        "estimate": NUMBER,
        "low": NUMBER,
        "high": NUMBER,
        "wanted_low": NUMBER,
        "wanted_high": NUMBER,
        "met": FLAG,
        "got": TEXT,
        "wanted": TEXT,
        "note": TEXT,
    },
}
"""The columns of each table, with their pandas dtypes."""
TABLES = tuple(COLUMNS)
SEEDS = re.compile(r"(?P<gate>.*), (?P<seeds>first|fresh) seeds", re.DOTALL)
INTERVAL = re.compile(r"(?P<estimate>\S+) \[(?P<low>[^],]+), (?P<high>[^],]+)\]")
Record = dict[str, Any]
Cell = Mapping[str, Any]


def write(evidence: Mapping[str, Any], format: str, table: str, file: Path) -> None:
    """Write one table to a file. Raises BadRequest, in one line, where pandas or pyarrow is not installed."""
    made = frame(evidence, table)
    if format == "csv":
        made.to_csv(file, index=False, lineterminator="\n")
    else:
        made.to_parquet(file, index=False, engine="pyarrow")


def csv(evidence: Mapping[str, Any], table: str) -> str:
    """One table as CSV text."""
    return frame(evidence, table).to_csv(index=False, lineterminator="\n")


def frame(evidence: Mapping[str, Any], table: str) -> pandas.DataFrame:
    """One table as a data frame, its columns in their order and of their types, also where it has no rows."""
    pandas = _pandas()
    records = list(MAKERS[table](evidence))
    columns = {name: _column([r.get(name) for r in records], dtype) for name, dtype in COLUMNS[table].items()}
    return pandas.DataFrame(columns)


def _pandas() -> Any:
    """Pandas, imported only when a table is asked for."""
    try:
        import pandas
        import pyarrow as _  # noqa: F401  # pandas' own text columns and Parquet rest on it
    except ImportError as error:
        raise BadRequest(
            f"tables: pandas and pyarrow are needed ({error}); pip install 'lecture-claims[tables]'"
        ) from None
    return pandas


def _column(values: Sequence[Any], dtype: str) -> Any:
    import numpy as np
    import pandas

    if dtype != NUMBER:
        return pandas.array([view.visible(x) if isinstance(x, str) else x for x in values], dtype=dtype)
    missing = np.array([x is None for x in values], dtype=bool)
    numbers = np.array([0.0 if x is None else x for x in values], dtype=float)
    return pandas.arrays.FloatingArray(numbers, missing)  # pandas.array would take a NaN for a missing number


# --- the tables --------------------------------------------------------------------------------------------------------


def _cells(evidence: Mapping[str, Any]) -> Iterator[tuple[Record, Mapping[str, Any], Cell]]:
    """(the columns that all tables share, claim, cell)."""
    for claim in evidence["claims"]:
        for cell in claim["cells"]:
            shared = {"claim": claim["id"], "sentence": claim["sentence"], "library": cell["backend"]}
            shared |= {"version": view.version(evidence, cell["backend"]) or None, "dtype": cell["dtype"]}
            yield shared, claim, cell


def _rows(evidence: Mapping[str, Any]) -> Iterator[Record]:
    same = ("case", "label", "kind", "outcome", "agrees", "elements", "differing", "geometries")
    for shared, _, cell in _cells(evidence):
        for row in cell["rows"]:
            yield (
                shared
                | {name: row[name] for name in same}
                | {
                    "standing": view.standing(row),
                    "finding": row["sentence"],
                    **{name: _number(row[name]) for name in ("ratio", "allowed", "ulp")},
                    **{name: _json(row[name]) for name in ("where", "got", "wanted")},
                    **{name: row.get(name) or None for name in ("source", "derivation", "note", "defect", "replay")},
                }
            )


def _cell_rows(evidence: Mapping[str, Any]) -> Iterator[Record]:
    seconds = evidence["volatile"]["cell_seconds"]
    for shared, claim, cell in _cells(evidence):
        yield shared | {
            "verdict": cell["verdict"],
            "reason": cell["reason"],
            "claim_verdict": claim["verdict"],
            "declared": claim["expected"],
            "qualified": claim["qualified"],
            "comparisons": cell["comparisons"],
            "elements": cell["elements"],
            "worst_ratio": _number(cell["worst_ratio"]),
            "margin": _number(cell["margin"]),
            "wrongs": len(cell["wrongs"]),
            "wrongs_caught": sum(w["caught"] for w in cell["wrongs"]),
            "limits": len(cell["limits"]),
            "limits_shown": sum(x["shown"] for x in cell["limits"]),
            "not_tested": "; ".join(view.in_part(cell)) or None,
            "defects": "; ".join(view.defects_of(cell)) or None,
            "seconds": seconds.get(f"{claim['id']} [{view.cell_name(cell)}]"),
        }


def _wrongs(evidence: Mapping[str, Any]) -> Iterator[Record]:
    for shared, _, cell in _cells(evidence):
        for wrong in cell["wrongs"]:
            same = {name: wrong[name] for name in ("caught", "by", "of", "differing", "elements")}
            yield (
                shared
                | same
                | {
                    "wrong": wrong["name"],
                    "ratio": _number(wrong["ratio"]),
                    "finding": wrong["sentence"],
                    "replay": wrong.get("replay"),
                }
            )


def _limits(evidence: Mapping[str, Any]) -> Iterator[Record]:
    for shared, _, cell in _cells(evidence):
        for limit in cell["limits"]:
            roles = {
                r["found"]["role"]: r for r in reversed(limit["rows"]) if "found" in r
            }  # the first search stands for all
            fails = [r for r in limit["rows"] if r["must_fail"]]
            shows = roles.get("smallest", fails[0] if fails else None)
            yield shared | {
                "limit": limit["name"],
                "says": limit["says"],
                "shown": limit["shown"],
                "comparisons": len(limit["rows"]),
                "must_fail": len(fails),
                "smallest": _symbols(roles.get("smallest")),
                "neighbour": _symbols(roles.get("neighbour")),
                "finding": shows and shows["sentence"],
                "replay": shows and shows.get("replay"),
            }


def _gates(evidence: Mapping[str, Any]) -> Iterator[Record]:
    for shared, claim, cell in _cells(evidence):
        stated, effects = _stated(claim), _effects(claim, view.cell_name(cell))
        for row in (r for r in cell["rows"] if r["kind"] == "gate"):
            parts = SEEDS.fullmatch(row["label"])
            gate, seeds = (parts["gate"], parts["seeds"]) if parts else (row["label"], None)
            measured = effects.get((gate, seeds)) or _read(row["got"])
            yield (
                shared
                | stated.get(gate, {})
                | measured
                | {
                    "case": row["case"],
                    "gate": gate,
                    "seeds": seeds,
                    "met": row["agrees"],
                    "got": _json(row["got"]),
                    "wanted": _json(row["wanted"]),
                    "note": row["note"] or None,
                }
            )


MAKERS: dict[str, Callable[[Mapping[str, Any]], Iterator[Record]]] = {
    "rows": _rows,
    "cells": _cell_rows,
    "wrongs": _wrongs,
    "limits": _limits,
    "gates": _gates,
}


# --- gates and effects -------------------------------------------------------------------------------------------------


def _stated(claim: Mapping[str, Any]) -> dict[str, Record]:
    """What a design states of each gate before its arms run, by the gate's name."""
    found: dict[str, Record] = {}
    for one in (gate for design in claim["designs"].values() for gate in design["gates"] if "name" in gate):
        found[one["name"]] = {name: one.get(name) or None for name in ("role", "speaks", "effect")}
    for row in (row for by_cell in _forests(claim) for data in by_cell.values() for row in data.get("rows", ())):
        try:
            low, high = row["gate"]
            region = {"scale": row["kind"], "wanted_low": _number(low), "wanted_high": _number(high)}
            found[row["name"]] = found.get(row["name"], {}) | region
        except figures.MISFITS:  # data of another shape
            continue
    return found


def _effects(claim: Mapping[str, Any], cell: str) -> dict[tuple[str, str | None], Record]:
    """{(gate, "first" or "fresh"): the interval of its effect in this cell}, from the figure of a design."""
    found: dict[tuple[str, str | None], Record] = {}
    for row in (row for by_cell in _forests(claim) for row in by_cell.get(cell, {}).get("rows", ())):
        try:
            for seeds, interval in (("first", row), ("fresh", row["fresh"])):
                found[row["name"], seeds] = {name: _number(interval[name]) for name in ("estimate", "low", "high")}
        except figures.MISFITS:
            continue
    return found


def _forests(claim: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The figures of intervals (see intervals.py): {cell: data} of each."""
    return [by_cell for name, by_cell in claim["figures"].items() if name.startswith("forest:")]


def _read(got: Any) -> Record:
    """The interval from the comparison's words, to four digits: only one dtype of a design is drawn."""
    parts = INTERVAL.fullmatch(str(got))
    return {name: _number(x) for name, x in parts.groupdict().items()} if parts else {}


# --- values ------------------------------------------------------------------------------------------------------------


def _number(x: Any) -> float | None:
    """JSON's missing numbers are words in the record: "inf", "-inf", "nan"."""
    try:
        return None if x is None else float(x)
    except (TypeError, ValueError):
        return None


def _json(x: Any) -> str | None:
    return None if x is None else json.dumps(x, ensure_ascii=False)


def _symbols(row: Mapping[str, Any] | None) -> str | None:
    return None if row is None else view.symbols(row["found"]["symbols"])
