"""What a run has to compute: the cells of its claims, and under which keys the store has them already."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...reference import libraries
from ...reference.operators import catalogue
from ..language.claim import Claim
from ..record.types import SCHEMA
from ..store import machine, sources
from .lecture import Lecture
from .probing import KNOWN, Mistake
from .ran import Selection, Unit


def units(lecture: Lecture, selection: Selection) -> list[Unit]:
    """The cells of the selected claims, in the order of the record."""
    found = []
    for name in selection.claims:
        claim = lecture.claims[name]
        for backend in selection.backends:
            if backend not in libraries.DECODERS or claim.cases_for(backend):
                found += [Unit(name, backend, dtype) for dtype in _dtypes(claim, selection)]
    return found


def _dtypes(claim: Claim, selection: Selection) -> list[str | None]:
    chosen = [d for d in claim.dtypes if not selection.dtypes or d is None or d in selection.dtypes]
    return sorted(chosen, key=lambda d: d or "")


class Keys:
    """The keys under which a run's results are stored: digests of everything that can change them."""

    def __init__(self, lecture: Lecture, selection: Selection) -> None:
        self.lecture = lecture
        part = {k: v for k, v in asdict(selection).items() if k in ("case", "point", "wrong", "limit", "seed", "quick")}
        self._common = {"schema": SCHEMA, "sources": sources.shared(), "defects": _defects(lecture.folder), **part}

    def library(self, backend: str) -> str:
        return _digest({**self._of_library(backend), "what": "library"})

    def cell(self, unit: Unit, *, every_operator: bool = False) -> str:
        """Of a cell whose claim names the operations that it asks for; every_operator: of one that asks for others too."""
        claim = self.lecture.claims[unit.claim]
        names = set(catalogue.OPERATIONS) if every_operator else named(claim, self.lecture.folder)
        return _digest(
            {
                **self._of_library(unit.backend),
                "what": "cell",
                "claim": unit.claim,
                "dtype": unit.dtype,
                "of claim": sources.digest(sources.of_claim(Path(claim.file), self.lecture.folder)),
                "of operations": sources.digest(sources.of_operations(names, unit.backend)),
            }
        )

    def seen(self, unit: Unit) -> str:
        """Of what the cell's claim makes of mistakes."""
        return _digest({"what": "mistakes", "cell": self.cell(unit, every_operator=True)})

    def mistake(self, mistake: Mistake) -> str:
        """A mistake's name with the digest of its sources."""
        origin = self.lecture.claims.get(mistake.origin)
        files = sources.of_claim(Path(origin.file), self.lecture.folder) if origin else []
        names = f"{mistake.origin}/{mistake.name}/{' '.join(sorted(mistake.operations))}"
        functions = sorted(map(_identity, mistake.operations.values())) if mistake.origin != KNOWN else []
        return f"{names}/{_digest([sources.digest(files), functions])[:16]}"

    @functools.lru_cache(maxsize=64)  # noqa: B019, lives as long as a run
    def _of_library(self, backend: str) -> Mapping[str, Any]:
        return {
            **self._common,
            "library": backend,
            "files": sources.digest(sources.of_library(backend)),
            "packages": machine.packages(backend),
            "machine": machine.facts(),
        }


def named(claim: Claim, folder: Path) -> set[str]:
    """The operations that a claim's sources mention; all, where they go through the catalogue."""
    words = sources.mentioned(sources.of_claim(Path(claim.file), folder))
    return set(catalogue.OPERATIONS) | words if "catalogue" in words else words


def covers(claim: Claim, folder: Path, asked: Iterable[str]) -> bool:
    """Whether the operations that a run of the claim asked for are among those that its sources mention."""
    return {*asked} <= named(claim, folder)


@functools.cache
def _defects(folder: Path) -> str:
    file = folder / "defects.py"
    return sources.digest(sources.of_claim(file, folder)) if file.is_file() else ""


def _identity(function: Any) -> str:
    """Which function it is; a partial one with its arguments."""
    if isinstance(function, functools.partial):
        return f"{_identity(function.func)}{function.args}{sorted(function.keywords.items())}"
    return f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', function)}"


def _digest(parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
