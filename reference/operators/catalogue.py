"""Every operation by its name: gathered from the files of the families beside this one, each of which declares its own as ``OPERATIONS``."""

from __future__ import annotations

import difflib
import importlib
import pathlib
import pkgutil

from .. import validation
from .operation import REQUIRED, Operation, same_padding

__all__ = ["OPERATIONS", "REQUIRED", "Operation", "find", "same_padding"]

HERE = pathlib.Path(__file__).parent


def _declared() -> list[Operation]:
    families = [folder.name for folder in pkgutil.iter_modules([str(HERE)]) if folder.ispkg]
    files = [(file.name, family) for family in families for file in pkgutil.iter_modules([str(HERE / family)])]
    modules = [importlib.import_module(f".{family}.{name}", __package__) for name, family in sorted(files)]
    return [operation for module in modules for operation in getattr(module, "OPERATIONS", ())]


OPERATIONS: dict[str, Operation] = {operation.name: operation for operation in _declared()}


def find(name: str) -> Operation:
    """The operation of this name or alias (``conv2d``, ``linear``, ``sigmoid``, …). BadInput with the nearest one otherwise."""
    if name in OPERATIONS:
        return OPERATIONS[name]
    for operation in OPERATIONS.values():
        if name in operation.aliases:
            return operation
    known = [n for operation in OPERATIONS.values() for n in (operation.name, *operation.aliases)]
    near = difflib.get_close_matches(str(name), known, 1)
    validation.refuse(
        "operation",
        name,
        "the name of an operation",
        f"use {near[0]}" if near else f"use one of {', '.join(OPERATIONS)}",
    )
