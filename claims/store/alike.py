"""Whether two machines are alike: whatever a result's key says of sources, versions and machine, by name."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from pathlib import Path

from ...reference.libraries import label
from . import machine, sources

WIDEST = 100
"""Letters of a value that are shown."""


def kind(backends: Iterable[str], folder: Path) -> dict[str, str]:
    """Of this machine: what a run of these libraries on this folder's lecture has in its keys, each in a few words."""
    facts, shown = machine.facts(), {}
    for backend in backends:
        for name, told in machine.packages(backend).items():
            version, _, digest = told.partition(" ")
            shown[name] = f"{version} {digest[:8]}".strip()
        shown[f"library {label(backend)}"] = _digest(sources.of_library(backend))
    processor = machine.processor()
    return {
        "lecture-claims": sources.shared()[:8],
        "operators": _digest(sources.every(sources.OPERATORS)),
        "lecture": _digest(sources.every(folder)) if folder.is_dir() else "",
        "python": f"{facts['python']} {facts['implementation']}",
        "system": str(facts["system"]),
        "libc": " ".join(platform.libc_ver()),
        "processor": str(processor.get("brand_raw")),
        **shown,
        **machine.variables(),
        **{f"processor feature {flag}": "yes" for flag in processor.get("flags", ())},
    }


def differences(here: Mapping[str, str], there: Mapping[str, str]) -> list[str]:
    """“numpy: 2.4.6 1a2b3c4d → 2.3.0 5e6f7a8b”, for each name under which two machines differ."""
    names = [name for name in {**here, **there} if here.get(name) != there.get(name)]
    return [f"{name}: {_shown(here.get(name))} → {_shown(there.get(name))}" for name in names]


def _shown(value: str | None) -> str:
    return f"{value[:WIDEST]}…" if value and len(value) > WIDEST else value or "–"


def _digest(files: Iterable[Path]) -> str:
    """Empty where one is not there."""
    try:
        return sources.digest(files)[:8]
    except OSError:
        return ""
