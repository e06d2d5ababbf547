"""What is installed here: libraries and versions, processor, threads."""

from __future__ import annotations

from importlib import metadata
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...claims.store import machine
from ...claims.workers.worker import Worker
from ...reference import libraries

SIMD = ("avx", "fma", "f16c", "amx", "sse4", "neon", "asimd", "sve")


def terminal(out: Console) -> None:
    here = machine.describe()
    version = metadata.version("lecture-claims")
    out.print(f"lecture-claims {version}, Python {here['python']} on {here['system']} {here['machine']}")
    out.print(f"{here['cpu']}, {here['cores']} cores")
    simd = [feature for feature in here["cpu_features"] if feature.startswith(SIMD)]
    out.print(f"features: {' '.join(simd) or 'unknown'}", soft_wrap=True)
    table = Table("library", "state", "version", "facts", box=None, pad_edge=False)
    for name in libraries.every():
        table.add_row(name, *_row(name))
    out.print(table)


def _row(backend: str) -> tuple[Text, str, str]:
    if not libraries.installed(backend):
        return Text("absent", "dim"), "", f"pip install 'lecture-claims[{backend}]'"
    worker = Worker(backend, timeout=60)
    try:
        facts = worker.start()
    finally:
        worker.close()
    if "error" in facts:
        return Text("broken", "bold red"), "", facts["error"]
    rest = {k: v for k, v in facts.items() if k not in ("versions", "process")}
    return (
        Text("works", "green"),
        facts["versions"].get(backend, ""),
        "; ".join(f"{k}: {_flat(v)}" for k, v in rest.items()),
    )


def _flat(value: Any) -> str:
    return " ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
