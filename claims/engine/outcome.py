"""What is asked of a library, and the five things that can come back.

Both are plain data: they cross from the parent to a worker and back.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

_repeats = itertools.count(1)

Kind = Literal["value", "raised", "absent", "unsupported", "broken"]


class NotAValue(Exception):
    """An experiment needed a value and the library gave something else; ends the case, is never a refutation."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.error)
        self.outcome = outcome


@dataclass(frozen=True)
class Call:
    """One request: the operation's name in the phrasebooks (or a function ``f(lib, **arguments)``), and its arguments.

    ``mutant`` is a function of the same kind that a wrong puts in the operation's place.
    """

    operation: str | Callable[..., Any]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    mutant: Callable[..., Any] | None = None
    repeat: int = 0

    @property
    def name(self) -> str:
        return self.operation if isinstance(self.operation, str) else self.operation.__name__

    def mutated_by(self, mutant: Callable[..., Any]) -> Call:
        return replace(self, mutant=mutant)

    def again(self) -> Call:
        """The same call, to be really made once more."""
        return replace(self, repeat=next(_repeats))

    @cached_property
    def digest(self) -> bytes:
        """Equal for calls that would do the same work, so that it is done once."""
        h = hashlib.blake2b(digest_size=16)
        _feed(h, (_qualified(self.operation), _qualified(self.mutant), dict(self.arguments), self.repeat))
        return h.digest()


def ask(operation: str | Callable[..., Any], **arguments: Any) -> Call:
    return Call(operation, arguments)


@dataclass(frozen=True)
class Outcome:
    """value | raised | absent (not installed) | unsupported (no such operation) | broken (crashed, hung, failed to import)."""

    kind: Kind
    content: Any = None
    error: str = ""
    call: Call | None = None

    @property
    def value(self) -> Any:
        """The value; raises :class:`NotAValue` for the other four kinds."""
        if self.kind != "value":
            raise NotAValue(self)
        return self.content

    def __bool__(self) -> bool:
        raise TypeError("an outcome is not true or false: look at its kind, or compare its value")

    def part(self, index: int | str) -> Outcome:
        """The outcome for one member of a tuple or dictionary that the operation returned."""
        return replace(self, content=self.content[index]) if self.kind == "value" else self

    def then(self, f: Callable[[Any], Any]) -> Outcome:
        """The same outcome with ``f`` applied to its value: the parent's own arithmetic on what a library returned."""
        return replace(self, content=f(self.content)) if self.kind == "value" else self


def _qualified(f: Any) -> str:
    return f if isinstance(f, str) or f is None else f"{f.__module__}:{f.__qualname__}"


def _feed(h: Any, x: Any) -> None:
    if isinstance(x, np.ndarray):
        h.update(f"<{x.dtype.str}{x.shape}>".encode())
        h.update(np.ascontiguousarray(x).tobytes())
    elif isinstance(x, Mapping):
        h.update(b"{")
        for key in sorted(x):
            _feed(h, key)
            _feed(h, x[key])
        h.update(b"}")
    elif isinstance(x, list | tuple):
        h.update(b"(")
        for item in x:
            _feed(h, item)
        h.update(b")")
    else:
        h.update(repr(x).encode() + b";")
