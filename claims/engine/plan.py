"""What a run has to compute: the cells of its claims, and under which keys the store has them already."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...reference import libraries
from ...reference.operators import catalogue
from ..language.claim import Claim
from ..record.types import SCHEMA
from ..store import machine, sources
from .lecture import WIDEST, Lecture
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
    dtypes = selection.dtypes or ((WIDEST,) if selection.quick and WIDEST in claim.dtypes else ())
    chosen = [d for d in claim.dtypes if not dtypes or d is None or d in dtypes]
    return sorted(chosen, key=lambda d: d or "")


class Keys:
    """The keys under which a run's results are stored: digests of everything that can change them."""

    def __init__(self, lecture: Lecture, selection: Selection) -> None:
        self.lecture = lecture
        part = {k: v for k, v in asdict(selection).items() if k in ("case", "point", "wrong", "limit", "seed", "quick")}
        # In a quick run the libraries chosen say on which of them statistics run.
        part |= {"chosen": [selection.backends, selection.dtypes]} if selection.quick else {}
        self._common = _digest({"schema": SCHEMA, "sources": sources.shared(), "defects": self._defects()})
        self._selected = _digest(part)
        self._libraries, self._claims = dict[str, str](), dict[str, str]()
        self._operators = dict[tuple[str, str], str]()

    def library(self, backend: str) -> str:
        """Of what a library says of itself, and of everything in it that can change what it computes."""
        if backend not in self._libraries:
            files, packages = sources.digest(sources.of_library(backend)), machine.packages(backend)
            self._libraries[backend] = _digest([self._common, backend, files, packages, machine.facts()])
        return self._libraries[backend]

    def cell(self, unit: Unit, *, every_operator: bool = False) -> str:
        """Of a cell whose claim names the operations that it asks for; every_operator: of one that asks for others too."""
        claim = "" if every_operator else unit.claim
        if (claim, unit.backend) not in self._operators:
            names = named(self.lecture.claims[claim], self.lecture.folder) if claim else catalogue.OPERATIONS
            files = sources.of_operations(names, unit.backend)
            self._operators[claim, unit.backend] = sources.digest(files)
        of_operators = self._operators[claim, unit.backend]
        library, claim = self.library(unit.backend), self._claim(unit.claim)
        return _digest([library, self._selected, unit.claim, unit.dtype, claim, of_operators])

    def seen(self, unit: Unit) -> str:
        """Of what the cell's claim makes of mistakes."""
        return _digest(["mistakes", self.cell(unit, every_operator=True)])

    def measured(self, call: Unit) -> str:
        """Of what a long call gives: not of the claim that makes something of it."""
        files = {path for file in call.files for path in sources.of_claim(sources.ROOT / file, self.lecture.folder)}
        operators = sources.digest(sources.of_operations(catalogue.OPERATIONS, call.backend))
        told = hashlib.sha256(call.call).hexdigest()
        return _digest(["measured", self.library(call.backend), sources.digest(files), operators, told])

    def _claim(self, name: str) -> str:
        if name not in self._claims:
            files = sources.of_claim(Path(self.lecture.claims[name].file), self.lecture.folder)
            self._claims[name] = sources.digest(files)
        return self._claims[name]

    def _defects(self) -> str:
        file = self.lecture.folder / "defects.py"
        return sources.digest(sources.of_claim(file, self.lecture.folder)) if file.is_file() else ""

    def mistake(self, mistake: Mistake) -> str:
        """A mistake's name with the digest of its sources."""
        files = self._claim(mistake.origin) if mistake.origin in self.lecture.claims else ""
        names = f"{mistake.origin}/{mistake.name}/{' '.join(sorted(mistake.operations))}"
        functions = sorted(map(_identity, mistake.operations.values())) if mistake.origin != KNOWN else []
        return f"{names}/{_digest([files, functions])[:16]}"


def named(claim: Claim, folder: Path) -> set[str]:
    """The operations that a claim's sources mention; all, where they go through the catalogue."""
    words = sources.mentioned(sources.of_claim(Path(claim.file), folder))
    return set(catalogue.OPERATIONS) | words if "catalogue" in words else words


def covers(claim: Claim, folder: Path, asked: Iterable[str]) -> bool:
    """Whether the operations that a run of the claim asked for are among those that its sources mention."""
    return {*asked} <= named(claim, folder)


def _identity(function: Any) -> str:
    """Which function it is; a partial one with its arguments."""
    if isinstance(function, functools.partial):
        return f"{_identity(function.func)}{function.args}{sorted(function.keywords.items())}"
    return f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', function)}"


def _digest(parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
