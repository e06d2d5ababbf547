"""Every operation by its name: gathered from the files of the families beside this one, each of which declares its own as ``OPERATIONS``."""

from __future__ import annotations

import importlib
import pathlib
import pkgutil

from .. import validation
from . import names
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
    """The operation of this name, alias (``conv2d``, ``linear``, ``sigmoid``, …) or framework's name (``nn.MaxPool2d``).

    BadInput otherwise, with what the operation would be that is meant: never with one that is only spelt alike.
    """
    if name in OPERATIONS:
        return OPERATIONS[name]
    own = names.folded(str(name))
    if own in _FOLDED:
        return OPERATIONS[_FOLDED[own]]
    listed = "one of those that `lecture-claims operations` lists"
    if near := names.lacking(str(name)):
        raise validation.BadInput(f"operation={name!r}: expected {listed}; it is none of them: {near}")
    validation.refuse("operation", name, listed, "use its name there")


_FOLDED = {
    **names.NAMES,
    **{
        names.folded(alias): operation.name
        for operation in OPERATIONS.values()
        for alias in (*operation.aliases, operation.name)
    },
}
"""Folded name → operation: what an operation says of itself goes before what others call it."""
