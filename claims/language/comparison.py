"""Comparisons: what a library gave beside what it should have given, and how far apart they may be.

A comparison is bitwise, or within a derived :class:`~lectureclaims.reference.bounds.Bound`, or about a plain fact (a
shape, a count, an error raised), or a gate that was stated before a statistical experiment ran. Nothing else is accepted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from ...reference.bounds import FORMATS, Bound, ulp_distance
from .outcome import Call, Outcome

Kind = Literal["bits", "bound", "empirical bound", "fact", "gate"]

MANY_BITS = float("inf")


@dataclass(frozen=True)
class Departure:
    """One geometry of a sweep that departs: its address, and what was seen there."""

    address: str
    says: str


@dataclass(frozen=True)
class Found:
    """What a search found: its role (``smallest`` counterexample, what is so ``instead``, ``neighbour`` that holds), where, and how."""

    role: Literal["smallest", "instead", "neighbour"]
    symbols: Mapping[str, Any]
    how: str


@dataclass(frozen=True)
class Comparison:
    """One finding. ``ratio`` is the worst error ÷ bound: at most 1 where it agrees; bitwise it is 0 or infinite.

    ``made`` is false where the library gave no value to compare: such a comparison is neither for nor against.
    ``about_shape`` marks a disagreement of shape or dtype only: it refutes a wrong only in claims about shapes.
    """

    label: str
    kind: Kind
    source: str
    agrees: bool
    made: bool = True
    ratio: float = 0.0
    elements: int = 1
    differing: int = 0
    about_shape: bool = False
    where: tuple[int, ...] | None = None
    got: Any = None
    wanted: Any = None
    allowed: float | None = None
    ulp: float | None = None
    derivation: str = ""
    note: str = ""
    outcome_kind: str = "value"
    call: Call | None = field(default=None, repr=False)
    wanted_array: Any = field(default=None, repr=False)
    must_fail: bool = False
    geometries: int = 0
    departures: tuple[Departure, ...] = ()
    defect: str = ""
    spared: str = ""
    """The recorded defect within whose trigger this agreed all the same."""
    found: Found | None = None
    undecided: bool = False
    """Of a gate that is not met: the interval is too wide to say that it fails."""
    speaks: Literal["", "for", "against"] = ""
    """Of a gate: the side that it speaks for, where a sentence has two."""

    def __bool__(self) -> bool:
        raise TypeError("a comparison is evidence, not a truth value: yield it to the engine")

    def sentence(self) -> str:
        """One line: how many, how large, where, how much was allowed."""
        if not self.made:
            return f"{self.label}: not compared: {self.note}"
        if self.geometries and self.agrees:
            return f"{self.label}: {self.geometries} geometries, {self.elements} elements, all agree"
        if self.kind in ("fact", "gate"):
            relation = "as expected" if self.agrees else "expected " + _short(self.wanted)
            return f"{self.label}: got {_short(self.got)}, {relation}" + (f" ({self.note})" if self.note else "")
        if self.about_shape and not self.agrees:
            return f"{self.label}: got {_short(self.got)}, wanted {_short(self.wanted)}"
        if self.kind == "bits":
            if self.agrees:
                return f"{self.label}: {self.elements} elements, every bit equal"
            at = (
                f" at {self.where}: got {_short(self.got)}, wanted {_short(self.wanted)}"
                if self.where is not None
                else ""
            )
            return f"{self.label}: {self.differing} of {self.elements} differ; worst{at}"
        text = f"{self.label}: {self.elements} elements, worst error ÷ {self.kind} {self.ratio:.3g}"
        if not self.agrees:
            text += (
                f" at {self.where}: got {_short(self.got)}, wanted {_short(self.wanted)}, "
                f"allowed {_short(self.allowed)} ({self.differing} outside)"
            )
        return text


def same_bits(got: Outcome, wanted: Any, *, label: str, source: str, signed_zero: bool = False) -> Comparison:
    """Every element equal (−0 counts as +0 unless ``signed_zero``), in the same shape and dtype; for exact-mode inputs."""
    door = _door(got, wanted, label, "bits", source)
    if isinstance(door, Comparison):
        return door
    have, want = door
    with np.errstate(invalid="ignore"):
        differ = ~(have == want)
    if signed_zero and have.dtype.name in FORMATS:
        differ |= np.signbit(have) != np.signbit(want)
    return _judged(got, have, want, differ, np.where(differ, MANY_BITS, 0.0), label, "bits", source)


def within(got: Outcome, wanted: Any, bound: Bound, *, label: str, source: str) -> Comparison:
    """|got − wanted| ≤ bound, element by element; a NaN or an infinity where none is wanted is outside."""
    if type(bound) is not Bound:
        raise TypeError(f"bound={bound!r}: a comparison accepts only a Bound, which reference/bounds derives")
    kind: Kind = "bound" if bound.kind == "derived" else "empirical bound"
    door = _door(got, np.asarray(wanted), label, kind, source, dtype=False)
    if isinstance(door, Comparison):
        return door
    have, want = door
    allowed = np.broadcast_to(np.asarray(bound.allowed, np.float64), want.shape)
    if not np.all(np.isfinite(allowed)):
        return replace(_unmade(got, label, kind, source), note="the bound is infinite: these inputs cannot be judged")
    ratio = bound.ratio(have, want)
    judged = _judged(got, have, want, ~(ratio <= 1), ratio, label, kind, source, allowed)
    return replace(judged, derivation=bound.derivation)


def same_shape(got: Outcome, wanted: Sequence[int], *, label: str, source: str) -> Comparison:
    """The shape alone; the values may be anything."""
    return fact(
        got.then(lambda y: tuple(int(n) for n in np.shape(y))), tuple(wanted), label=label, source=source, shape=True
    )


def fact(
    got: Outcome | Any, wanted: Any, *, label: str, source: str, note: str = "", shape: bool = False
) -> Comparison:
    """Equality of plain data (a count, a name, a shape)."""
    call = got.call if isinstance(got, Outcome) else None
    if isinstance(got, Outcome):
        if got.kind != "value":
            return _unmade(got, label, "fact", source)
        got = got.content
    agrees = type(got) is type(wanted) and bool(got == wanted)
    return Comparison(
        label,
        "fact",
        source,
        agrees,
        ratio=0.0 if agrees else MANY_BITS,
        differing=int(not agrees),
        about_shape=shape,
        got=got,
        wanted=wanted,
        note=note,
        call=call,
    )


def happens(got: Outcome, wanted: str, *, label: str, source: str, error: str = "") -> Comparison:
    """That the outcome is of a kind (``"raised"``, ``"unsupported"``, …), for claims about what a library refuses."""
    agrees = got.kind == wanted and error in got.error
    made = agrees or got.kind in ("value", "raised")
    return Comparison(
        label,
        "fact",
        source,
        agrees,
        made=made,
        ratio=0.0 if agrees else MANY_BITS,
        differing=int(not agrees),
        got=got.kind,
        wanted=wanted,
        note=got.error,
        outcome_kind=got.kind,
        call=got.call,
    )


def gate(
    met: bool, *, label: str, source: str, got: Any, wanted: str, note: str = "", call: Call | None = None
) -> Comparison:
    """A gate on a population, stated before the arms ran; failing it makes a claim *not supported*, not *refuted*."""
    return Comparison(
        label,
        "gate",
        source,
        bool(met),
        ratio=0.0 if met else MANY_BITS,
        differing=int(not met),
        got=got,
        wanted=wanted,
        note=note,
        call=call,
    )


def fails(comparison: Comparison) -> Comparison:
    """In a limit: this is the literal sentence, just outside its scope, and it must *not* hold."""
    return replace(comparison, must_fail=True)


def _door(
    got: Outcome, wanted: Any, label: str, kind: Kind, source: str, *, dtype: bool = True
) -> Comparison | tuple[np.ndarray, np.ndarray]:
    """Strict before close: a value, of the wanted shape, of the wanted dtype (of the dtype asked for, within a bound)."""
    if got.kind != "value":
        return _unmade(got, label, kind, source)
    want = np.asarray(wanted)
    have = got.content
    if not isinstance(have, np.ndarray | np.generic):
        return _mismatch(got, label, kind, source, type(have).__name__, "array")
    have = np.asarray(have)
    if have.shape != want.shape:
        return _mismatch(got, label, kind, source, f"shape {have.shape}", f"shape {want.shape}")
    asked = want.dtype if dtype else _asked_dtype(got.call, have.dtype)
    if have.dtype != asked:
        return _mismatch(got, label, kind, source, f"dtype {have.dtype}", f"dtype {asked}")
    return have, want


def _asked_dtype(call: Call | None, have: np.dtype) -> np.dtype:
    """The dtype that the call asked in, by its argument ``dtype`` or by its arrays: a library answers in the same."""
    arguments = call.arguments if call else {}
    arrays = (a.dtype for a in arguments.values() if isinstance(a, np.ndarray) and a.dtype.name in FORMATS)
    asked = arguments.get("dtype") or next(arrays, None)
    return np.dtype(asked) if asked is not None else (have if have.name in FORMATS else np.dtype(np.float64))


def _unmade(got: Outcome, label: str, kind: Kind, source: str) -> Comparison:
    return Comparison(
        label,
        kind,
        source,
        False,
        made=False,
        elements=0,
        note=got.error or got.kind,
        outcome_kind=got.kind,
        call=got.call,
    )


def _mismatch(got: Outcome, label: str, kind: Kind, source: str, have: str, want: str) -> Comparison:
    return Comparison(
        label,
        kind,
        source,
        False,
        ratio=MANY_BITS,
        elements=int(np.size(got.content)),
        differing=int(np.size(got.content)),
        about_shape=True,
        got=have,
        wanted=want,
        call=got.call,
    )


def _judged(
    got: Outcome,
    have: np.ndarray,
    want: np.ndarray,
    differ: np.ndarray,
    ratio: np.ndarray,
    label: str,
    kind: Kind,
    source: str,
    allowed: np.ndarray | None = None,
) -> Comparison:
    if have.size == 0:
        return Comparison(label, kind, source, True, elements=0, note="both empty", call=got.call, wanted_array=want)
    at = tuple(int(i) for i in np.unravel_index(int(np.argmax(ratio)), ratio.shape))
    count = int(np.count_nonzero(differ))
    return Comparison(
        label,
        kind,
        source,
        count == 0,
        ratio=float(ratio[at]),
        elements=int(have.size),
        differing=count,
        where=at,
        got=have[at].item(),
        wanted=want[at].item(),
        allowed=None if allowed is None else float(allowed[at]),
        ulp=_ulp(have, want, at) if ratio[at] > 0 else 0.0,
        call=got.call,
        wanted_array=want,
    )


def _ulp(have: np.ndarray, want: np.ndarray, at: tuple[int, ...]) -> float | None:
    if have.dtype.name not in FORMATS or not (np.isfinite(have[at]) and np.isfinite(want[at])):
        return None
    return float(ulp_distance(have[at], want[at].astype(have.dtype)))


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.9g}"
    text = str(value)
    return text if len(text) <= 120 else text[:117] + "…"
