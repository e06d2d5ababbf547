"""A file of the user's own operations, in a library's place: looked at before any claim runs on it."""

from __future__ import annotations

import inspect
from collections.abc import Collection
from pathlib import Path

from ...reference.operators import catalogue
from ...reference.operators.operation import Operation
from ...reference.validation import BadInput
from ..language.outcome import Call
from ..workers.worker import Worker
from . import fitting, inside
from .checked import MEMORY, SECONDS, Checked, checked

OF_ANY_LIBRARY = ("configure", "environment")
"""Functions that a library's file may have beside its operations."""


def look(file: Path, *, known: Collection[str] | None) -> None:
    """Whether claims can be run on the file's operations. known: the names of those that no operator of ours has; None: claims may ask for any.

    Raises BadInput where the file cannot be run, has no operation, or one that does not take what claims give it.
    """
    worker = Worker(str(file), timeout=SECONDS, memory=MEMORY)
    try:
        _started(worker)
        if known is None:
            return
        asked = {name: fitting.required(one) for name, one in catalogue.OPERATIONS.items()}
        has, functions = worker.run([Call(inside.offered, {"operations": asked}), Call(inside.functions)])
        own = [name for name, _ in functions.value if name not in OF_ANY_LIBRARY]
        if not has.value and not {*own} & {*known}:
            raise BadInput(f"{_named(file)}: {_none(own)}")
        for name, signature in has.value.items():
            if signature:
                way_out = f"take all of them, by these names; `lecture-claims check {file.name}` tries it as it is"
                raise BadInput(f"{_named(file)}: {signature}: expected {called(catalogue.OPERATIONS[name])}; {way_out}")
    finally:
        worker.close()


def tried(file: Path) -> tuple[Checked, ...]:
    """Each operation that the file itself defines and that can be tried on numbers, the file's functions in their order."""
    worker, found = Worker(str(file), timeout=SECONDS, memory=MEMORY), list[Checked]()
    try:
        _started(worker)
        (own,) = worker.run([Call(inside.functions)])
        for name, _ in own.value:
            if name in catalogue.OPERATIONS:
                try:
                    found.append(checked(worker, fitting.of_library(catalogue.OPERATIONS[name])))
                except BadInput:  # of an operation for which there are no cases
                    continue
    finally:
        worker.close()
    return tuple(found)


def called(operation: Operation) -> str:
    """How claims call an operation: “relu(x)”, “softmax(x, *, axis)”."""
    needed = fitting.required(operation)
    keywords = [n for n, p in inspect.signature(operation.function).parameters.items() if p.kind is p.KEYWORD_ONLY]
    arrays, settings = [n for n in needed if n not in keywords], [n for n in needed if n in keywords]
    return f"{operation.name}({', '.join([*arrays, *(['*'] if settings else []), *settings])})"


def _started(worker: Worker) -> None:
    if error := worker.start().get("error"):
        why = error.removeprefix("the library could not be started: ")
        raise BadInput(f"{_named(Path(worker.backend))}: it cannot be run: {why}; mend that first")


def _none(functions: list[str]) -> str:
    """What to say of a file without an operation: which of its functions is one by another name."""
    for name in functions:
        try:
            meant = fitting.operation_of(name)
        except BadInput:
            continue
        return f"it has {name}(), expected an operation by its own name; call it {called(meant)}"
    has = f"it has {', '.join(functions)}, none of them an operation" if functions else "it has no function"
    return f"{has}; `lecture-claims operations` lists the names, and their parameters"


def _named(file: Path) -> str:
    return f"backend={file.name!r}"
