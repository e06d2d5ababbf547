"""The report formats: evidence in, text out. A format is one module with ``render(evidence) -> str``."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...claims.record import evidence as record

FORMATS = {
    "html": "index.html",
    "markdown": "report.md",
    "junit": "junit.xml",
    "sarif": "results.sarif",
    "badge": "badge.svg",
    "shields": "badge.json",
}
"""The formats that verify writes, with their files' names."""
ON_REQUEST = ("code_scanning",)
"""Those that only ``report`` makes; tables.py has two more, of another kind."""


def render(evidence: Mapping[str, Any], format: str, **more: Any) -> str:
    """The report as text; matplotlib and Jinja are imported only by the formats that use them. ``more``: history, for the page; page, for Markdown."""
    return importlib.import_module(f"..page.{format}" if format == "html" else f".{format}", __package__).render(
        evidence, **more
    )


def write(evidence: Mapping[str, Any], folder: Path) -> None:
    """Write results.json first, so that what was computed is kept whatever a report does, then every format."""
    (folder / "results.json").write_text(record.dumps(evidence), encoding="utf-8")
    for format, name in FORMATS.items():
        more = {"page": FORMATS["html"]} if format == "markdown" else {}  # they lie side by side
        (folder / name).write_text(render(evidence, format, **more), encoding="utf-8")
