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
from typing import TYPE_CHECKING, Any

from ...reference.refusal import Refused

if TYPE_CHECKING:
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
    """Write the record first, so that what was computed is kept whatever a report does, then every format that has a file: {name: content}.

    Reports of another record are removed before, so that none stands beside this one, whatever ends the writing. Raises Refused where the folder
    does not hold what was written.
    """
    put(record, folder / "results.json")
    made = dict[str, bytes]()
    files = {name: found for name in names() if (found := getattr(_module(name), "FILE", ""))}
    for found in files.values():
        (folder / found).unlink(missing_ok=True)
    for name, found in files.items():
        beside = {"page": files["html"]} if "page" in options(name) else {}  # they lie side by side
        report = render(evidence, name, **beside)
        made[found] = report.encode() if isinstance(report, str) else report
        put(made[found], folder / found)
    return made


def put(report: str | bytes, path: Path) -> None:
    """Write a report to a file, and read it back. Raises Refused where that fails."""
    data = report if isinstance(report, bytes) else report.encode()
    try:
        path.write_bytes(data)
        why = "" if path.read_bytes() == data else "it does not hold what was written"
    except OSError as error:
        why = error.strerror or str(error)
    if why:
        raise Refused(f"out={str(path)!r}: {why}; make room or give another folder, what was computed is in the store")


def _module(format: str) -> ModuleType:
    return importlib.import_module(f".{format}", __package__)
