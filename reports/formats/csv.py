"""The evidence as flat tables, through pandas: CSV, and Parquet beside it, for whoever wants to reckon with it.

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
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ...claims.engine.verification import BadRequest
from ...claims.record import replay
from ...claims.record.file import plain
from ...claims.record.sentences import sentence
from ...claims.record.types import Cell, Claim, Evidence, Gate, Row
from ..wording import standing, words

if TYPE_CHECKING:
    import pandas

TEXT, FLAG, COUNT, NUMBER = "string", "boolean", "Int64", "Float64"
CELL = {"claim": TEXT, "sentence": TEXT, "library": TEXT, "version": TEXT, "dtype": TEXT}
COLUMNS = {
    "rows": CELL
    | dict.fromkeys(("case", "label", "kind", "of", "source", "outcome"), TEXT)
    | {"agrees": FLAG, "standing": TEXT, "measured": FLAG}
    | dict.fromkeys(("ratio", "allowed", "ulp"), NUMBER)
    | dict.fromkeys(("elements", "differing", "geometries"), COUNT)
    | dict.fromkeys(("where", "got", "wanted", "derivation", "note", "finding", "defect", "replay"), TEXT),
    "cells": CELL
    | dict.fromkeys(("verdict", "reason", "claim_verdict", "declared"), TEXT)
    | {"qualified": FLAG, "comparisons": COUNT, "elements": COUNT, "worst_ratio": NUMBER, "margin": NUMBER}
    | dict.fromkeys(("wrongs", "wrongs_caught", "limits", "limits_shown"), COUNT)
    | {"not_tested": TEXT, "defects": TEXT, "seconds": NUMBER, "computed_at": TEXT, "computed_on": TEXT},
    "wrongs": CELL
    | {"wrong": TEXT, "caught": FLAG, "by": COUNT, "of": COUNT, "ratio": NUMBER, "differing": COUNT, "elements": COUNT}
    | {"finding": TEXT, "replay": TEXT},
    "limits": CELL
    | {"limit": TEXT, "says": TEXT, "shown": FLAG, "comparisons": COUNT, "must_fail": COUNT}
    | dict.fromkeys(("smallest", "finding", "neighbour", "replay"), TEXT),
    "gates": CELL
    | dict.fromkeys(("case", "gate", "group", "role", "speaks", "effect", "measure", "side"), TEXT)
    | dict.fromkeys(("estimate", "low", "high", "wanted_low", "wanted_high"), NUMBER)
    | dict.fromkeys(("seeds", "positive", "missing"), COUNT)
    | {"sign_p": NUMBER, "wilcoxon_p": NUMBER, "met": FLAG, "undecided": FLAG, "note": TEXT},
}
"""The columns of each table, with their pandas dtypes."""
TABLES = tuple(COLUMNS)
Record = dict[str, Any]


def render(evidence: Evidence, table: str = "rows") -> str:
    """One table as CSV text."""
    return frame(evidence, table).to_csv(index=False, lineterminator="\n")


def frame(evidence: Evidence, table: str) -> pandas.DataFrame:
    """One table as a data frame, its columns in their order and of their types, also where it has no rows.

    Raises BadRequest, in one line, where there is no such table, or where pandas or pyarrow is not installed.
    """
    if table not in TABLES:
        raise BadRequest(f"table={table!r}: no such table; there is {', '.join(TABLES)}")
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
        return pandas.array([words.visible(x) if isinstance(x, str) else x for x in values], dtype=dtype)
    missing = np.array([x is None for x in values], dtype=bool)
    numbers = np.array([0.0 if x is None else x for x in values], dtype=float)
    return pandas.arrays.FloatingArray(numbers, missing)  # pandas.array would take a NaN for a missing number


# --- the tables --------------------------------------------------------------------------------------------------------


def _cells(evidence: Evidence) -> Iterator[tuple[Record, Claim, Cell]]:
    """(the columns that all tables share, claim, cell)."""
    for claim in evidence.claims:
        for cell in claim.cells:
            version = standing.version(evidence, cell.backend) or None
            shared = {"claim": claim.id, "sentence": claim.sentence, "library": cell.backend, "version": version}
            yield shared | {"dtype": cell.dtype}, claim, cell


def _members(of: Any, table: str) -> Record:
    """What has a column's own name: missing where there is none of this name, or an empty text."""
    found = {name: getattr(of, name, None) for name in COLUMNS[table]}
    return {name: x for name, x in found.items() if x not in (None, "")}


def _rows(evidence: Evidence) -> Iterator[Record]:
    for shared, claim, cell in _cells(evidence):
        for row in cell.rows:
            again = row.made and not row.agrees
            yield shared | {
                **_members(row, "rows"),
                **{name: _json(getattr(row, name)) for name in ("where", "got", "wanted")},
                "ratio": row.ratio if row.made else None,
                "standing": standing.standing(row),
                "finding": sentence(row),
                "replay": replay.command(evidence, claim.id, cell, case=replay.address(row)) if again else None,
            }


def _cell_rows(evidence: Evidence) -> Iterator[Record]:
    seconds, computed = evidence.volatile.cell_seconds, evidence.volatile.computed
    for shared, claim, cell in _cells(evidence):
        yield shared | {
            **_members(cell, "cells"),
            "claim_verdict": claim.verdict,
            "declared": claim.expected,
            "qualified": claim.qualified,
            "wrongs": len(cell.wrongs),
            "wrongs_caught": sum(w.caught for w in cell.wrongs),
            "limits": len(cell.limits),
            "limits_shown": sum(x.shown for x in cell.limits),
            "not_tested": "; ".join(standing.in_part(cell)) or None,
            "defects": "; ".join(standing.defects_of(cell)) or None,
            "seconds": seconds.get(name := f"{claim.id} [{cell.name}]"),
            "computed_at": computed[name].at if name in computed else None,
            "computed_on": computed[name].on if name in computed else None,
        }


def _wrongs(evidence: Evidence) -> Iterator[Record]:
    for shared, claim, cell in _cells(evidence):
        for wrong in cell.wrongs:
            yield shared | {
                **_members(wrong.worst, "wrongs"),
                **_members(wrong, "wrongs"),
                "wrong": wrong.name,
                "finding": sentence(wrong.worst) if wrong.worst else wrong.excuse,
                "replay": replay.command(evidence, claim.id, cell, wrong=wrong.name),
            }


def _limits(evidence: Evidence) -> Iterator[Record]:
    for shared, claim, cell in _cells(evidence):
        says = {x.name: x.says for x in claim.limits}
        for limit in cell.limits:
            roles = {r.found.role: r for r in reversed(limit.rows) if r.found}  # the first search stands for all
            fails = [r for r in limit.rows if r.must_fail]
            shows = roles.get("smallest", fails[0] if fails else None)
            yield shared | {
                "limit": limit.name,
                "says": says[limit.name],
                "shown": limit.shown,
                "comparisons": len(limit.rows),
                "must_fail": len(fails),
                "smallest": _symbols(roles.get("smallest")),
                "neighbour": _symbols(roles.get("neighbour")),
                "finding": sentence(shows) if shows else None,
                "replay": replay.command(evidence, claim.id, cell, limit=limit.name) if shows else None,
            }


def _gates(evidence: Evidence) -> Iterator[Record]:
    for shared, claim, cell in _cells(evidence):
        roles = {gate.name: gate.role for design in claim.designs.values() for gate in design.gates}
        for row in cell.rows:
            if isinstance(row, Gate):
                yield shared | {
                    **_members(row, "gates"),
                    "role": roles.get(row.gate),
                    "wanted_low": row.bounds[0] if row.side != "below" else None,
                    "wanted_high": row.bounds[-1] if row.side != "above" else None,
                    "met": row.agrees,
                }


MAKERS: dict[str, Callable[[Evidence], Iterator[Record]]] = {
    "rows": _rows,
    "cells": _cell_rows,
    "wrongs": _wrongs,
    "limits": _limits,
    "gates": _gates,
}


def _json(x: Any) -> str | None:
    return None if x is None else json.dumps(plain(x), ensure_ascii=False)


def _symbols(row: Row | None) -> str | None:
    return words.symbols(row.found.symbols) if row and row.found else None
