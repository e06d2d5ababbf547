"""Recorded defects: a library's own departures from the exact oracle.

A record is committed by a person and never written by a run. It says when it applies (library versions, processor), which
calls it touches (the trigger), and how to see it (the smallest call, which must depart whenever the record applies, and
its nearest passing neighbour, which must not). A departure that no applicable record covers refutes the claim.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .outcome import Call


@dataclass(frozen=True)
class Defect:
    """A record. ``applies_where`` takes the backend's ``environment()`` and says whether its switches select the faulty path.

    ``trigger`` takes a call and tells whether the fault touches it; ``smallest`` and ``neighbour`` are calls with the
    exact values that they should give; ``repeatable`` is false where the wrong values are not the same twice.
    """

    id: str
    backend: str
    versions: str
    title: str
    explanation: str
    trigger: Callable[[Call], bool]
    smallest: tuple[Call, Any]
    neighbour: tuple[Call, Any]
    neighbour_says: str
    applies_where: Callable[[Mapping[str, Any]], bool] = lambda environment: True
    condition: str = ""
    cpu_features: tuple[str, ...] = ()
    repeatable: bool = True
    reports: tuple[str, ...] = ()

    def applies(self, environment: Mapping[str, Any], cpu_features: set[str]) -> bool:
        from packaging.specifiers import SpecifierSet
        from packaging.version import Version

        version = environment.get("versions", {}).get(self.backend)
        return (
            version is not None
            and SpecifierSet(self.versions, prereleases=True).contains(Version(str(version)))
            and cpu_features.issuperset(self.cpu_features)
            and bool(self.applies_where(environment))
        )

    def touches(self, call: Call | None) -> bool:
        """Whether the fault may show in this call, a mutant's too: what departs there refutes nothing."""
        return call is not None and bool(self.trigger(call))
