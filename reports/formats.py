"""The report formats: evidence in, text out. A format is one module with ``render(evidence) -> str``."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..claims.engine import evidence as record

FORMATS = {"html": "index.html", "markdown": "report.md", "junit": "junit.xml"}


def render(evidence: Mapping[str, Any], format: str) -> str:
    """The report as text; matplotlib and Jinja are imported only by the formats that use them."""
    return importlib.import_module(f"{__package__}.{format}").render(evidence)


def write(evidence: Mapping[str, Any], folder: Path) -> None:
    """Write results.json first, so that what was computed is kept whatever a report does, then every format."""
    (folder / "results.json").write_text(record.dumps(evidence), encoding="utf-8")
    for format, name in FORMATS.items():
        (folder / name).write_text(render(evidence, format), encoding="utf-8")
