"""What is not the same in the environments of two runs: versions, and facts of the machine.

A difference is told beside what changed; that it is the cause is for a person to find out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from ...claims.record.types import Environment

HERE = "this machine"


@dataclass(frozen=True)
class Fact:
    """A version, or another fact, that is not the same; part: the library, or what else it is of; None: not there."""

    part: str
    name: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.name} {self.before or 'none'} → {self.after or 'none'}"


def versions(old: Environment, new: Environment) -> Iterator[Fact]:
    """Versions that are not the same, a package once, though the list of packages and a library itself may both name it."""
    told = set()
    for part, before, after in _tables(old, new):
        for fact in _unlike(part, before, after):
            key = (fact.name.lower(), str(fact.before), str(fact.after))
            if key not in told:
                told.add(key)
                yield fact


def _tables(old: Environment, new: Environment) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    for library in _in_both(old, new):
        yield library, old.backends[library].versions, new.backends[library].versions
    yield "Python", {"Python": old.python}, {"Python": new.python}
    yield "installed packages", old.packages, new.packages


def machine(old: Environment, new: Environment) -> Iterator[Fact]:
    """Everything else that is not the same."""
    aside = ("python", "packages", "backends")
    here = ({k: v for k, v in msgspec.structs.asdict(e).items() if k not in aside} for e in (old, new))
    yield from _unlike(HERE, *here)
    for library in _in_both(old, new):
        before, after = (e.backends[library] for e in (old, new))
        if not (before.absent or after.absent):
            errors = ({"error": f.error} if f.error else {} for f in (before, after))
            yield from _unlike(library, *({**e, **f.facts} for e, f in zip(errors, (before, after), strict=True)))


def _in_both(old: Environment, new: Environment) -> list[str]:
    """A library that only one record names was not needed in the other, which says nothing about whether it was there."""
    return sorted(old.backends.keys() & new.backends)


def _unlike(part: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Fact]:
    before, after = dict(flat(old)), dict(flat(new))
    for name in before | after:
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        # Of two lists, such as a processor's features, only what the other lacks.
        if isinstance(was, list | tuple) and isinstance(now, list | tuple):
            was, now = [x for x in was if x not in now], [x for x in now if x not in was]
        yield Fact(part, name, was, now)


def flat(facts: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """(name, value) of each fact, of one that lies deeper with the names on the way to it."""
    for key, item in facts.items():
        if isinstance(item, Mapping):
            yield from flat(item, f"{before}{key}: ")
        else:
            yield f"{before}{key}", item
