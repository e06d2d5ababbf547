"""The report formats. A format is one file in this folder; it is found by its name, and nothing else names it.

The file has ``render(evidence) -> str``, or ``bytes`` of one that is binary. Further parameters of it are options of
``lecture-claims report`` where they have these names: ``history``, ``page``, ``table``. ``verify`` writes the format too if the file
says under which name: ``FILE = "report.md"``. What a format needs it imports when it is asked for.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path
from types import ModuleType
from typing import Any

from ...claims.record.types import Evidence


def names() -> tuple[str, ...]:
    """The formats that there are."""
    return tuple(module.name for module in pkgutil.iter_modules(__path__))


def options(format: str) -> frozenset[str]:
    """What a format can be told beside the evidence."""
    _, *found = inspect.signature(_module(format).render).parameters
    return frozenset(found)


def render(evidence: Evidence, format: str, **told: Any) -> str | bytes:
    """The report."""
    return _module(format).render(evidence, **told)


def write(evidence: Evidence, folder: Path, record: str) -> dict[str, bytes]:
    """Write the record first, so that what was computed is kept whatever a report does, then every format that has a file: {name: content}."""
    (folder / "results.json").write_text(record, encoding="utf-8")
    made = dict[str, bytes]()
    files = {name: found for name in names() if (found := getattr(_module(name), "FILE", ""))}
    for name, found in files.items():
        beside = {"page": files["html"]} if "page" in options(name) else {}  # they lie side by side
        report = render(evidence, name, **beside)
        made[found] = report.encode() if isinstance(report, str) else report
        (folder / found).write_bytes(made[found])
    return made


def put(report: str | bytes, path: Path) -> None:
    """Write a report to a file."""
    if isinstance(report, bytes):
        path.write_bytes(report)
    else:
        path.write_text(report, encoding="utf-8")


def _module(format: str) -> ModuleType:
    return importlib.import_module(f".{format}", __package__)
