"""Under which circumstances two runs were made: the versions and the facts of the machine that are not the same.

A difference is told beside what changed; that it is the cause is for a person to find out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

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


def versions(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Fact]:
    """Versions that are not the same, a package once, though the list of packages and a library itself may both name it."""
    told = set()
    for part, before, after in _tables(old, new):
        for fact in _unlike(part, before, after):
            key = (fact.name.lower(), str(fact.before), str(fact.after))
            if key not in told:
                told.add(key)
                yield fact


def _tables(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    for library in _in_both(old, new):
        yield library, _own(old, library), _own(new, library)
    if old["python"] and new["python"]:
        yield "Python", {"Python": old["python"]}, {"Python": new["python"]}
    if old["packages"] and new["packages"]:
        yield "installed packages", old["packages"], new["packages"]


def machine(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Fact]:
    """Everything else that both environments say and that is not the same."""
    aside = ("python", "packages", "backends")
    yield from _unlike(HERE, *({k: v for k, v in e.items() if k not in aside} for e in (old, new)))
    for library in _in_both(old, new):
        facts = [e["backends"][library] for e in (old, new)]
        if not any("absent" in f for f in facts):
            yield from _unlike(library, *({k: v for k, v in f.items() if k != "versions"} for f in facts))


def _in_both(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """A library that only one record names was not needed in the other, which says nothing about whether it was there."""
    return sorted(old["backends"].keys() & new["backends"])


def _own(environment: Mapping[str, Any], library: str) -> Mapping[str, Any]:
    found = environment["backends"][library].get("versions", {})
    return found if isinstance(found, Mapping) else {}


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
            yield f"{before}{key}", item
