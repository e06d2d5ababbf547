"""Known mistakes as wrongs of a claim."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ....reference import mistakes


def mistaken(mistake: str, *operations: str) -> dict[str, Callable[..., Any]]:
    """Operations with a known mistake, {operation: mutant}: what ``Wrong(operations=…)`` takes."""
    return {name: functools.partial(mistakes.commit, mistake=mistake, operation=name) for name in operations}
