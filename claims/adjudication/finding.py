"""The answer: what was found of each output, and what would explain it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Explanation:
    """A known mistake within whose own bound all results of a library lie. ``ratio``: the worst error ÷ bound against it."""

    mistake: str
    says: str
    remedy: str
    detail: str
    ratio: float


@dataclass(frozen=True)
class Finding:
    """One result of one library, at its worst element. ``where`` counts in the order of axes that the array was given in.

    ``ratio``: error ÷ bound. ``undecided``: of how many elements no finite bound is known. ``expected``: a statistical
    estimate of an honest error at that place, which decides nothing. ``ulp``: how many numbers of the dtype lie between the
    two. ``unequal``: of how many elements the bits are not those of every direct sum, where no sum of these inputs can round (exact
    mode), and None elsewhere. ``blunt``: the largest error that is allowed ÷ the largest exact number. ``map``: the largest ratios over all but the last two axes.
    """

    library: str
    result: str
    ratio: float
    dtype: str
    contract: str
    kind: str
    derivation: str
    elements: int
    outside: int
    undecided: int
    where: tuple[int, ...]
    got: float
    wanted: float
    error: float
    allowed: float
    expected: float | None
    ulp: float | None
    unequal: int | None
    blunt: float
    map: tuple[tuple[float, ...], ...] = field(repr=False)

    @property
    def within(self) -> bool:
        return not self.outside and not self.undecided


@dataclass(frozen=True)
class Difference:
    """Two libraries against each other: the largest difference, and the largest that rounding in both allows there."""

    first: str
    second: str
    result: str
    largest: float
    allowed: float


@dataclass(frozen=True)
class Adjudication:
    operation: str
    parameters: Mapping[str, Any]
    shapes: Mapping[str, tuple[int, ...]]
    findings: tuple[Finding, ...]
    explanations: Mapping[str, tuple[Explanation, ...]]
    differences: tuple[Difference, ...]
    taken: tuple[str, ...] = ()
    """What words, values and axes were taken for, where they were not said in ours."""

    @property
    def within(self) -> bool:
        """Every output is within rounding."""
        return all(finding.within for finding in self.findings)

    def __bool__(self) -> bool:
        raise TypeError("an adjudication is evidence: read its .within, or its findings")

    @property
    def libraries(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(finding.library for finding in self.findings))

    def standing(self, library: str) -> Literal["within rounding", "outside", "undecided"]:
        own = [finding for finding in self.findings if finding.library == library]
        if all(finding.within for finding in own):
            return "within rounding"
        return "outside" if any(finding.outside for finding in own) else "undecided"

    def verdict(self, library: str) -> str:
        """In one sentence: within rounding, or outside with the mistakes that would explain it."""
        match self.standing(library), self.explanations[library]:
            case "within rounding", _:
                return "within rounding"
            case "undecided", _:
                return "undecided: for some elements no finite bound is known"
            case _, ():
                return "outside, and no known mistake explains it"
            case _, found:
                says = (e.says + (f" ({e.detail})" if e.detail else "") for e in found)
                return "outside, as if " + "; or as if ".join(says)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON: infinite and missing numbers become null."""
        findings = [asdict(f) | {"within": f.within} for f in self.findings]
        verdicts = {library: self.verdict(library) for library in self.libraries}
        return _plain(asdict(self) | {"within": self.within, "verdicts": verdicts, "findings": findings})


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
