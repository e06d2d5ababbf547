"""Wrongs that several sections have."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ....reference import mistakes
from ...language import Wrong


def another(operation: str, mutant: Callable[..., Any], **more: Any) -> Wrong:
    """Another operation in a library's place, tried where it has the operation; ``more`` of the wrong."""
    more.setdefault("needs", (operation,))
    return Wrong(operations={operation: mutant}, **more)


def mistaken(mistake: str, *operations: str, **more: Any) -> Wrong:
    """A library that makes a known mistake (``reference/mistakes``) with these operations, tried where it has them; ``more`` of the wrong."""
    made = {o: functools.partial(mistakes.commit, mistake=mistake, operation=o) for o in operations}
    more.setdefault("needs", operations)
    return Wrong(operations=made, **more)
