"""The command that runs a part of a record again: the same part, library, dtype, seed and lecture."""

from __future__ import annotations

import shlex

from .types import Cell, Evidence, LibraryFacts, Row, Sweep


def words(evidence: Evidence, claim: str, cell: Cell, *, case: str = "", wrong: str = "", limit: str = "") -> list[str]:
    """The command, word by word: of one case, one wrong or one limit in a cell, or of the whole cell."""
    found = ["lecture-claims", "verify", claim]
    for option, value in (("--case", case), ("--wrong", wrong), ("--limit", limit)):
        found += [option, value] if value else []
    found += ["--backend", evidence.environment.backends.get(cell.backend, LibraryFacts()).file or cell.backend]
    found += ["--dtype", cell.dtype] if cell.dtype else []
    found += ["--seed", str(evidence.seed)] if evidence.seed else []
    found += ["--quick"] if evidence.selection.quick else []
    found += ["--lecture", evidence.lecture.folder] if evidence.lecture.folder else []
    return found


def command(evidence: Evidence, claim: str, cell: Cell, *, case: str = "", wrong: str = "", limit: str = "") -> str:
    """The command on one line, for a shell."""
    return shlex.join(words(evidence, claim, cell, case=case, wrong=wrong, limit=limit))


def address(row: Row) -> str:
    """The case of a comparison as ``--case`` takes it; of a sweep that departs, with the smallest departing geometry."""
    departures = row.departures if isinstance(row, Sweep) else ()
    return f"{row.case}/{departures[0].address}" if departures else row.case
