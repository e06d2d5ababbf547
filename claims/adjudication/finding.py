"""The answer: what was found of each output, and what would explain it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from ...reference.judging.statistics import Statistic

Standing = Literal["within rounding", "unlike rounding", "outside", "cannot tell"]
"""*Within*: no element errs by more than rounding may, and none by more than it does in all likelihood. *Unlike rounding*: no more than it may in
the worst case, but by far more than is likely, or than another output errs, and exactly as a known mistake would. *Outside*: by more than it
may. *Cannot tell*: the bound allows what is plainly wrong, or none is known."""


@dataclass(frozen=True)
class Explanation:
    """Known mistakes within whose own bound all results of a library lie, one or two of them.

    ``ratio``: the worst error ÷ bound against them. ``nearer``: how many times smaller the errors are than against what was meant,
    in the root mean square. ``left``: what remains after them, or "" where they explain everything.
    """

    mistake: str
    says: str
    remedy: str
    detail: str
    ratio: float
    nearer: float
    left: str = ""


@dataclass(frozen=True)
class Finding:
    """One result of one library, at its worst element. ``where`` counts in the order of axes that the array was given in.

    ``ratio``: error ÷ bound. ``undecided``: of how many elements no finite bound is known. ``likely``: the largest error ÷ what is likely at most
    (the second tier, element by element). ``statistics``: the second tier over many elements, where there is one. ``ulp``: how many numbers of the dtype lie between the
    two. ``unequal``: of how many elements the bits are not those of every direct sum, where no sum of these inputs can round (exact
    mode), and None elsewhere. ``blunt``: the mean of the errors that the second tier allows ÷ the largest exact number. ``digitless``: how many elements are within
    and have no right digit; the first is at ``digitless_at``. ``smallest``: the smallest mistake that could have been seen, in words. ``pattern``: on which indices of which axis
    elements are outside, where that is a pattern. ``map``: the largest ratios over all but the last two axes.
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
    largest: float
    likely: float
    statistics: tuple[Statistic, ...]
    ulp: float | None
    unequal: int | None
    blunt: float
    digitless: int
    digitless_at: tuple[int, ...]
    smallest: str
    pattern: str
    map: tuple[tuple[float, ...], ...] = field(repr=False)

    @property
    def within(self) -> bool:
        """Within the worst case; whether that tells anything, :meth:`Adjudication.standing` says."""
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
    standings: Mapping[str, Standing]
    """By library."""
    reasons: Mapping[str, str]
    """Why a library's standing is what it is, where that needs a word."""
    explanations: Mapping[str, tuple[Explanation, ...]]
    differences: tuple[Difference, ...]
    taken: tuple[str, ...] = ()
    """What words, values and axes were taken for, where they were not said in ours."""

    @property
    def within(self) -> bool:
        """Every output is within rounding, and the bounds could have told otherwise."""
        return set(self.standings.values()) <= {"within rounding"}

    @property
    def exit_code(self) -> int:
        """0: within; 1: some output is outside or unlike rounding; 3: of some it cannot be told."""
        found = set(self.standings.values())
        return 1 if found & {"outside", "unlike rounding"} else 3 if "cannot tell" in found else 0

    def __bool__(self) -> bool:
        raise TypeError("an adjudication is evidence: read its .within, or its findings")

    @property
    def libraries(self) -> tuple[str, ...]:
        return tuple(self.standings)

    def standing(self, library: str) -> Standing:
        return self.standings[library]

    def verdict(self, library: str) -> str:
        """In one sentence: the standing, and why; with the mistakes that would explain it."""
        standing, found = self.standings[library], self.explanations[library]
        if standing == "within rounding":
            return standing
        if standing == "cannot tell":
            how = "to the last bit" if found and math.isinf(found[0].nearer) else "its errors are"
            cause = f"; but {how} as if {found[0].says}{_detail(found[0])}" if found else ""
            return f"cannot tell: {self.reasons[library]}{cause}"
        what = self.reasons.get(library, standing)
        if not found:
            return what if what.startswith("outside:") else f"{what}, and no known mistake explains it"
        if found[0].left:
            return f"{what}, in part as if {found[0].says}{_detail(found[0])}: {found[0].left}"
        says = "; or as if ".join(e.says + _detail(e) for e in found)
        return f"{what}, as if {says}" if standing == "outside" else f"{what}, but exactly as if {says}"

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON: infinite and missing numbers become null."""
        findings = [asdict(f) | {"within": f.within} for f in self.findings]
        verdicts = {library: self.verdict(library) for library in self.libraries}
        return _plain(asdict(self) | {"within": self.within, "verdicts": verdicts, "findings": findings})


def _detail(e: Explanation) -> str:
    return f" ({e.detail})" if e.detail else ""


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
