"""What is installed here: processor, store, libraries and versions; and, asked to look deeper, whether they work."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from importlib import metadata
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...claims.store import folder, machine
from ...reference import libraries

SIMD = ("avx", "fma", "f16c", "amx", "sse4", "neon", "asimd", "sve")
LOOKS = {"works": "green", "installed": "", "absent": "dim", "too old": "bold red", "broken": "bold red"}


def terminal(out: Console, *, deep: bool) -> None:
    """Without ``deep`` no library is imported."""
    here = machine.describe()
    version = metadata.version("lecture-claims")
    out.print(f"lecture-claims {version}, Python {here['python']} on {here['system']} {here['machine']}")
    out.print(f"{here['cpu']}, {here['cores']} cores")
    simd = [feature for feature in here["cpu_features"] if feature.startswith(SIMD)]
    out.print(f"features: {' '.join(simd) or 'unknown'}", soft_wrap=True)
    out.print(f"store: {_store()}", soft_wrap=True)
    table = Table("library", "state", "version", "facts" if deep else "wanted", box=None, pad_edge=False)
    for name in libraries.every():
        state, *rest = _absent(name) or (_worked(name) if deep else _found(name))
        table.add_row(name, Text(state, LOOKS[state]), *rest)
    out.print(table)
    if not deep:
        out.print(
            "`lecture-claims doctor --deep` starts each library and says whether it works, its build and its threads."
        )


def _store() -> str:
    try:
        return str(folder.Store(folder.default()).folder)
    except folder.Unusable as error:
        return str(error)


def _absent(backend: str) -> tuple[str, str, str] | None:
    return None if libraries.installed(backend) else ("absent", "", f"pip install 'lecture-claims[{backend}]'")


def _found(backend: str) -> tuple[str, str, str]:
    """By what pip wrote down: the version that is there, and the one that is asked for."""
    wanted = {r.name: r.specifier for r in map(Requirement, metadata.requires("lecture-claims") or ())}
    names = libraries.declared(backend).distributions
    version = _version(names)
    specifier = next((wanted[name] for name in names if name in wanted), SpecifierSet())
    old = version and not specifier.contains(version, prereleases=True)
    return "too old" if old else "installed", version, str(specifier)


def _version(names: Iterable[str]) -> str:
    for name in names:
        with suppress(metadata.PackageNotFoundError):
            return metadata.version(name)
    return ""


def _worked(backend: str) -> tuple[str, str, str]:
    from ...claims.workers.worker import Worker

    worker = Worker(backend, timeout=60)
    try:
        facts = worker.start()
    finally:
        worker.close()
    if "error" in facts:
        return "broken", "", facts["error"]
    rest = {k: v for k, v in facts.items() if k not in ("versions", "process")}
    return "works", facts["versions"].get(backend, ""), "; ".join(f"{k}: {_flat(v)}" for k, v in rest.items())


def _flat(value: Any) -> str:
    return " ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
