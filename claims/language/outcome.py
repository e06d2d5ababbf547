"""What is asked of a library, and the five things that can come back.

Both are plain data: they cross from the parent to a worker and back.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

_repeats = itertools.count(1)

Kind = Literal["value", "raised", "absent", "unsupported", "broken"]


class NotAValue(Exception):
    """An experiment needed a value and the library gave something else; ends the case, is never a refutation."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.error)
        self.outcome = outcome


@dataclass(frozen=True)
class Call:
    """One request: the operation's name in the libraries (or a function ``f(lib, **arguments)``), and its arguments.

    ``mutant`` is a function of the same kind that a wrong puts in the operation's place. apart: it takes seconds, so that it is
    computed by itself, where there is a free process, and stored; on: a library that is asked in the place of the claim's own.
    """

    operation: str | Callable[..., Any]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    mutant: Callable[..., Any] | None = None
    repeat: int = 0
    apart: bool = False
    on: str = ""

    @property
    def name(self) -> str:
        return self.operation if isinstance(self.operation, str) else self.operation.__name__

    @property
    def files(self) -> tuple[str, ...]:
        """The files that its functions are in."""
        return tuple(sorted({*_files(self.operation), *_files(self.mutant)}))

    def mutated_by(self, mutant: Callable[..., Any]) -> Call:
        return replace(self, mutant=mutant)

    def again(self) -> Call:
        """The same call, to be really made once more."""
        return replace(self, repeat=next(_repeats))

    @functools.cached_property
    def packed(self) -> bytes:
        """What a library's process is sent. Raises what pickling raises."""
        return pickle.dumps((self.operation, dict(self.arguments), self.mutant, self.repeat), protocol=5)

    @classmethod
    def unpacked(cls, packed: bytes) -> Call:
        return cls(*pickle.loads(packed))

    @functools.cached_property
    def digest(self) -> bytes:
        """Equal for calls that would do the same work, so that it is done once."""
        return hashlib.blake2b(self.packed + self.on.encode(), digest_size=16).digest()


def _files(function: Any) -> Iterator[str]:
    if isinstance(function, functools.partial):
        for part in (function.func, *function.args, *function.keywords.values()):
            yield from _files(part)
    elif callable(function):
        yield str(sys.modules[function.__module__].__file__)


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

    def of(self, call: Call) -> Outcome:
        """The same outcome, with the call that it answers."""
        return Outcome(self.kind, self.content, self.error, call)

    def part(self, index: int | str) -> Outcome:
        """The outcome for one member of a tuple or dictionary that the operation returned."""
        return Outcome(self.kind, self.content[index], self.error, self.call) if self.kind == "value" else self

    def then(self, f: Callable[[Any], Any]) -> Outcome:
        """The same outcome with ``f`` applied to its value: the parent's own arithmetic on what a library returned."""
        return Outcome(self.kind, f(self.content), self.error, self.call) if self.kind == "value" else self
