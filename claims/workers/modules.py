"""Modules that a process needs beside the packages: those of a user's own lecture, under a name of their own."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType


def named(folder: Path, path: Path) -> str:
    """The name under which a module of a user's own lecture is imported: functions are sent to a process by it."""
    return "_".join(("lectureclaims_lecture", *path.relative_to(folder).with_suffix("").parts))


def load(name: str, path: Path) -> ModuleType:
    """Import a file under a name. Raises what the import raises."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{str(path)!r} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    with _staying():
        spec.loader.exec_module(module)
    return module


@contextmanager
def _staying() -> Iterator[None]:
    """What is imported cannot end this process as if all were done: os._exit raises SystemExit here."""
    leave = os._exit
    os._exit = sys.exit
    try:
        yield
    finally:
        os._exit = leave
