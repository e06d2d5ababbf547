"""Comparisons: what a library gave beside what it should have given, and how far apart they may be.

A comparison is bitwise, or within a derived :class:`~lectureclaims.reference.bounds.Bound`, or about a plain fact (a
shape, a count, an error raised), or a gate that was stated before a statistical experiment ran. Nothing else is accepted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import numpy as np

from ...reference.bounds import FORMATS, Bound, ulp_distance
from ..record.file import plain
from ..record.types import AnyRow, Bits, Fact, Gate, Within
from .outcome import Call, Outcome
from .statistics import Effect, Judged
from .statistics import Gate as Stated

DEPARTS = math.inf
"""The ratio of a comparison that allows no error, where there is one."""


@dataclass(frozen=True)
class Comparison:
    """A row of the record, and what a script that makes the call again needs: the call, and the array that was wanted."""

    row: AnyRow
    call: Call | None = field(default=None, repr=False)
    wanted: Any = field(default=None, repr=False)

    def __bool__(self) -> bool:
        raise TypeError("a comparison is evidence, not a truth value: yield it to the engine")

    @property
    def departs(self) -> bool:
        """Whether there was something to compare, and it is not as it should be."""
        return self.row.made and not self.row.agrees

    @property
    def holds(self) -> bool:
        return self.row.made and self.row.agrees

    def but(self, **members: Any) -> Comparison:
        """The same comparison with other members of its row."""
        return replace(self, row=msgspec.structs.replace(self.row, **members))


def same_bits(got: Outcome, wanted: Any, *, label: str, source: str, signed_zero: bool = False) -> Comparison:
    """Every element equal (−0 counts as +0 unless ``signed_zero``), in the same shape and dtype; for exact-mode inputs."""
    row, want = Bits(label=label, source=source), np.asarray(wanted)
    if (refused := _refused(got, want, want.dtype, row)) is not None:
        return refused
    have = np.asarray(got.content)
    with np.errstate(invalid="ignore"):
        differ = ~(have == want)
    if signed_zero and have.dtype.name in FORMATS:
        differ |= np.signbit(have) != np.signbit(want)
    return _judged(row, got, want, differ, np.where(differ, DEPARTS, 0.0))


def within(got: Outcome, wanted: Any, bound: Bound, *, label: str, source: str) -> Comparison:
    """|got − wanted| ≤ bound, element by element; a NaN or an infinity where none is wanted is outside."""
    if type(bound) is not Bound:
        raise TypeError(f"bound={bound!r}: a comparison accepts only a Bound, which reference/bounds derives")
    want = np.asarray(wanted)
    row = Within(label=label, source=source, measured=bound.kind != "derived")
    if (refused := _refused(got, want, _asked_dtype(got), row)) is not None:
        return refused
    have = np.asarray(got.content)
    allowed = np.broadcast_to(np.asarray(bound.allowed, np.float64), want.shape)
    if not np.all(np.isfinite(allowed)):
        return _unmade(got, row).but(note="the bound is infinite: these inputs cannot be judged")
    ratio = bound.ratio(have, want)
    judged = _judged(row, got, want, ~(ratio <= 1), ratio)
    at = np.unravel_index(int(np.argmax(ratio)), ratio.shape) if ratio.size else None
    return judged.but(derivation=bound.derivation, allowed=None if at is None else float(f"{allowed[at]:.6g}"))


def same_shape(got: Outcome, wanted: Sequence[int], *, label: str, source: str) -> Comparison:
    """The shape alone; the values may be anything."""
    shape = got.then(lambda y: tuple(int(n) for n in np.shape(y)))
    return fact(shape, tuple(wanted), label=label, source=source, shape=True)


def fact(
    got: Outcome | Any, wanted: Any, *, label: str, source: str, note: str = "", shape: bool = False
) -> Comparison:
    """Equality of plain data (a count, a name, a shape)."""
    row = Fact(label=label, source=source, note=note, shape=shape)
    if isinstance(got, Outcome) and got.kind != "value":
        return _unmade(got, row)
    value, call = (got.content, got.call) if isinstance(got, Outcome) else (got, None)
    agrees = type(value) is type(wanted) and bool(value == wanted)
    return Comparison(_decided(row, agrees, got=plain(value), wanted=plain(wanted)), call)


def happens(got: Outcome, wanted: str, *, label: str, source: str, error: str = "") -> Comparison:
    """That the outcome is of a kind (``"raised"``, ``"unsupported"``, …), for claims about what a library refuses."""
    agrees = got.kind == wanted and error in got.error
    row = _decided(Fact(label=label, source=source, note=got.error, outcome=got.kind), agrees)
    made = agrees or got.kind in ("value", "raised")
    words = f", with the words {error!r}" if error and got.kind == wanted and not agrees else ""
    return Comparison(row, got.call).but(got=got.kind, wanted=wanted + words, made=made)


def gate(
    stated: Stated, effect: Effect, judged: Judged, group: str, *, source: str, call: Call | None = None
) -> Comparison:
    """A gate on an effect, stated before the arms ran; failing it makes a claim *not supported*, not *refuted*."""
    paired = effect.arms == 2
    row = Gate(
        label=f"{stated.name}, {group} seeds",
        source=source,
        note=judged.sentence,
        gate=stated.name,
        effect=stated.effect,
        group="fresh" if group == "fresh" else "first",
        measure="ratio" if effect.kind == "ratio" else "difference",
        side=stated.side,
        bounds=stated.bounds,
        estimate=effect.estimate,
        low=effect.low,
        high=effect.high,
        seeds=effect.seeds,
        positive=effect.positive,
        missing=effect.missing,
        sign_p=effect.sign_p if paired else None,
        wilcoxon_p=effect.wilcoxon_p if paired else None,
        undecided=judged.undecided,
        speaks=stated.speaks,
    )
    return Comparison(_decided(row, judged.met), call)


def fails(comparison: Comparison) -> Comparison:
    """In a limit: this is the literal sentence, just outside its scope, and it must *not* hold."""
    return comparison.but(must_fail=True)


def _decided(row: AnyRow, agrees: bool, **members: Any) -> AnyRow:
    """A comparison of one thing, which is so or not."""
    found = {"agrees": agrees, "ratio": 0.0 if agrees else DEPARTS, "differing": int(not agrees)}
    return msgspec.structs.replace(row, **found, **members)


def _refused(got: Outcome, want: np.ndarray, dtype: np.dtype | None, row: AnyRow) -> Comparison | None:
    """Strict before close: a value, of the wanted shape, of the wanted dtype; else the comparison that says so."""
    if got.kind != "value":
        return _unmade(got, row)
    have = got.content
    if not isinstance(have, np.ndarray | np.generic):
        return _mismatch(got, row, type(have).__name__, "array")
    if have.shape != want.shape:
        return _mismatch(got, row, f"shape {have.shape}", f"shape {want.shape}")
    if dtype is None:
        dtype = have.dtype if have.dtype.name in FORMATS else np.dtype(np.float64)
    if have.dtype != dtype:
        return _mismatch(got, row, f"dtype {have.dtype}", f"dtype {dtype}")
    return None


def _asked_dtype(got: Outcome) -> np.dtype | None:
    """The dtype that the call asked in, by its argument ``dtype`` or by its arrays: a library answers in the same."""
    arguments = got.call.arguments if got.call else {}
    arrays = (a.dtype for a in arguments.values() if isinstance(a, np.ndarray) and a.dtype.name in FORMATS)
    asked = arguments.get("dtype") or next(arrays, None)
    return None if asked is None else np.dtype(asked)


def _unmade(got: Outcome, row: AnyRow) -> Comparison:
    why = {"made": False, "agrees": False, "elements": 0, "note": got.error or got.kind, "outcome": got.kind}
    return Comparison(msgspec.structs.replace(row, **why), got.call)


def _mismatch(got: Outcome, row: AnyRow, have: str, want: str) -> Comparison:
    size = int(np.size(got.content))
    told = {"agrees": False, "ratio": DEPARTS, "elements": size, "differing": size, "shape": True}
    return Comparison(msgspec.structs.replace(row, **told, got=have, wanted=want), got.call)


def _judged(row: AnyRow, got: Outcome, want: np.ndarray, differ: np.ndarray, ratio: np.ndarray) -> Comparison:
    have = np.asarray(got.content)
    compared = Comparison(row, got.call, want).but(elements=int(have.size))
    if have.size == 0:
        return compared.but(note="both empty")
    at = tuple(int(i) for i in np.unravel_index(int(np.argmax(ratio)), ratio.shape))
    if not ratio[at] > 0 and not differ.any():
        return compared
    count = int(np.count_nonzero(differ))
    return compared.but(
        agrees=count == 0,
        ratio=float(ratio[at]),
        differing=count,
        where=at,
        got=plain(have[at]),
        wanted=plain(want[at]),
        ulp=_ulp(have, want, at),
    )


def _ulp(have: np.ndarray, want: np.ndarray, at: tuple[int, ...]) -> float | None:
    if have.dtype.name not in FORMATS or not (np.isfinite(have[at]) and np.isfinite(want[at])):
        return None
    return float(ulp_distance(have[at], want[at].astype(have.dtype)))
