"""Under which circumstances two runs were made: the versions and the facts of the machine that are not the same.

A difference is told beside what changed; that it is the cause is for a person to find out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...claims.record.types import Environment

HERE = "this machine"
OF_THE_MACHINE = ("implementation", "system", "machine", "cpu", "cores", "cpu_features")


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
    tables = [(x, old.backends[x].versions, new.backends[x].versions) for x in _in_both(old, new)]
    tables.append(("Python", {"Python": old.python}, {"Python": new.python}))
    tables.append(("installed packages", old.packages, new.packages))
    told = set()
    for table in tables:
        for fact in _unlike(*table):
            key = (fact.name.lower(), str(fact.before), str(fact.after))
            if key not in told:
                told.add(key)
                yield fact


def machine(old: Environment, new: Environment) -> Iterator[Fact]:
    """Everything else that both environments say and that is not the same."""
    yield from _unlike(HERE, *({name: getattr(e, name) for name in OF_THE_MACHINE} for e in (old, new)))
    for library in _in_both(old, new):
        before, after = old.backends[library], new.backends[library]
        if not (before.absent or after.absent):
            errors = ({"error": x.error} if x.error else {} for x in (before, after))
            yield from _unlike(library, *(e | x.facts for e, x in zip(errors, (before, after), strict=True)))


def _in_both(old: Environment, new: Environment) -> list[str]:
    """A library that only one record names was not needed in the other, which says nothing about whether it was there."""
    return sorted(old.backends.keys() & new.backends)


def _unlike(part: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Fact]:
    before, after = dict(_flat(old)), dict(_flat(new))
    for name in [*before, *(n for n in after if n not in before)]:
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        if isinstance(was, list) and isinstance(now, list):  # a processor's features: only what the other lacks
            was, now = [x for x in was if x not in now], [x for x in now if x not in was]
        yield Fact(part, name, was, now)


def _flat(facts: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, item in facts.items():
        if isinstance(item, Mapping):
            yield from _flat(item, f"{before}{key}: ")
        else:
            yield f"{before}{key}", list(item) if isinstance(item, tuple) else item
