"""A made-up run that a test may change, to be compared with another, and its claims and cells by their names."""

from __future__ import annotations

import pytest
import sample_evidence as sample
from lectureclaims.claims.record import file
from lectureclaims.claims.record.types import Cell, Claim, ClaimNamed, Evidence, Sentence
from lectureclaims.reports.front.cli import main
from poison import put


def sampled() -> Evidence:
    """The made-up record with two statistical claims, as from a file: no two cells share a row; what changes stands in lists."""
    made = sample.sample_evidence()
    named = [
        Sentence(id=f"sentence.{name}", text=name, claims=(ClaimNamed(id=f"claim.{name}", written=True),))
        for name in ("disputed", "worded")
    ]
    put(made, claims=(*made.claims, sample.disputed(), sample.worded()))
    put(made.lecture, sentences=(*made.lecture.sentences, *named))
    put(made.selection, claims=tuple(c.id for c in made.claims))
    made = read(made)
    put(made, claims=[*made.claims], defects=[*made.defects])
    for one in made.claims:
        put(one, cells=[*one.cells])
        for each in one.cells:
            put(each, rows=[*each.rows], wrongs=[*each.wrongs], limits=[*each.limits])
    return made


def read(made: Evidence) -> Evidence:
    """As the one reader has it."""
    return file.loads(file.dumps(made))


def cell(evidence: Evidence, of: str, backend: str, dtype: str | None = None) -> Cell:
    return next(c for c in claim(evidence, of).cells if c.backend == backend and c.dtype == dtype)


def claim(evidence: Evidence, name: str) -> Claim:
    return next(c for c in evidence.claims if c.id == name)


def drop(evidence: Evidence, name: str) -> None:
    """Take a claim out of a record."""
    evidence.claims = [c for c in evidence.claims if c.id != name]
    evidence.premises = tuple(p for p in evidence.premises if p.claim != name)


def typed(*arguments: str) -> int:
    """The command in this process: its exit code."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as end:
        patch.setattr("sys.argv", ["lecture-claims", *arguments])
        main()
    return int(end.value.code or 0)
