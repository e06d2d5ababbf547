"""Runs one claim on one library in one dtype: makes the calls of all its experiments there, and compares here.

All experiments of a cell advance together: their calls go to the worker as one batch, equal calls are made once, and the experiments are resumed
with the outcomes. A library's process never sees what is expected of it.
"""

from __future__ import annotations

import functools
import platform
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ...reference import libraries
from ...reference.operators import catalogue
from ..language.case import Case
from ..language.claim import Claim, Figure, Limit, Stated, Timing, Wrong
from ..language.comparison import same_bits
from ..language.defects import Defect
from ..language.outcome import Call, Outcome
from ..record.parts import Answer, Measured, MistakesSeen, Wanted
from ..record.types import Computed, Detection
from ..store import machine, sources
from ..workers import codec, library
from ..workers.worker import InProcess, Worker
from . import build, probing
from .experiments import Experiment, advance_all
from .lecture import Lecture, own_modules
from .ran import CellRun, DefectRun, Selection, Unit, Variant
from .snippet import names_in

STATISTICS_ALONE = "statistical"
"""The kind of a claim of which else nothing would be compared in a quick run but gates."""


class Library:
    """One library in its worker, and what of the lecture is computed on it."""

    def __init__(
        self,
        lecture: Lecture,
        selection: Selection,
        backend: str,
        *,
        timeout: float,
        memory: float | None = None,
        in_process: bool = False,
    ) -> None:
        self.lecture, self.selection, self.backend = lecture, selection, backend
        self.label, self.operations = libraries.label(backend), _operations(selection.backends)
        own = own_modules(lecture.folder)
        self.worker = (InProcess if in_process else Worker)(backend, timeout=timeout, modules=own, memory=memory)
        try:
            facts = self.worker.start()
        except BaseException:  # of a library in this process
            self.worker.close()
            raise
        features = {*machine.cpu_features()}
        records = [d for d in lecture.defects if d.backend == self.label]
        self.defects = [self._reproduced(d) for d in records if d.applies(facts, features)]
        applied = {d.defect.id for d in self.defects}
        idle = [DefectRun(d, False) for d in records if d.id not in applied]
        self.found = build.library(backend, facts, [*self.defects, *idle], self.worker.import_seconds)

    @functools.cached_property
    def probed(self) -> list[probing.Mistake]:
        """The mistakes by their numbers; most judges are never asked about any."""
        return probing.all_mistakes(self.lecture)

    def compute(self, unit: Unit, *, apart: bool = False) -> Answer:
        """The unit's part of the record; apart: the long calls that it waits for, where they are not given."""
        begin, claim = time.monotonic(), self.lecture.claims[unit.claim]
        if unit.call:
            outcome = self.worker.run([Call.unpacked(unit.call)])[0]
            told = codec.encode((outcome.kind, outcome.content, outcome.error))
            broken = outcome.kind == "broken"
            return Answer(measured=Measured(outcome=told, broken=broken, seconds=time.monotonic() - begin))
        if unit.mistakes:
            detections, broken = self._detections(claim, unit)
            said: dict[str, Detection] = {str(i): detection for i, detection in detections.items()}
            return Answer(seen=MistakesSeen(detections=said, broken=broken, seconds=time.monotonic() - begin))
        try:
            cell = self.ran(unit, apart=apart)
        except Waits as waits:
            return Answer(waits=tuple(_wanted(call, self.backend) for call in waits.calls))
        cell.seconds = time.monotonic() - begin
        now = Computed(at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", on=platform.node())
        return Answer(cell=build.cell(self.lecture, self.selection, cell, computed=now))

    def close(self) -> None:
        self.worker.close()

    def _reproduced(self, defect: Defect) -> DefectRun:
        """A record that applies must show, every time: strict, so that a fixed library is noticed, one that raises now too."""
        (call, wanted), (near, near_wanted) = defect.smallest, defect.neighbour
        got, beside = self.worker.run([call, near])
        smallest, neighbour = (same_bits(y, w, label="", source="") for y, w in ((got, wanted), (beside, near_wanted)))
        return DefectRun(defect, True, smallest.departs, neighbour.row.agrees)

    def _defect_of(self, call: Call | None) -> str:
        """Which of the recorded defects a call lies within; empty if none."""
        return next((d.defect.id for d in self.defects if d.defect.touches(call)), "")

    def _case(self, claim: Claim, name: str, settings: Mapping[str, Any], dtype: str | None, point: str | None) -> Case:
        return Case(
            claim.id,
            name,
            settings,
            dtype=dtype,
            backend=self.label,
            seed=self.selection.seed,
            quick=self.selection.quick,
            follow=not self.selection.quick or claim.kind == STATISTICS_ALONE,
            point=point,
            defect_of=self._defect_of,
        )

    def ran(self, unit: Unit, *, apart: bool = False) -> CellRun:
        """What ran in a cell, all of whose experiments advance together. Raises Waits for long calls that are to be made apart."""
        claim, cell = self.lecture.claims[unit.claim], CellRun(unit.claim, self.backend, unit.dtype)
        given = {digest: Outcome(*codec.decode(told)) for digest, told in unit.given.items()}
        advance_all([*self._experiments(claim, cell)], Calling(self.worker, apart=apart), self.defects, given=given)
        order = {name: i for i, name in enumerate(claim.cases)}
        for variant in (cell.honest, *cell.wrongs.values()):  # some cases take more rounds of calls than others
            variant.comparisons.sort(key=lambda comparison: order[comparison.row.case])
        _leave_out_what_cannot_be_told(claim, cell)
        cell.unrepeatable = frozenset(d.defect.id for d in self.defects if not d.defect.repeatable)
        cell.unreproduced = [d.defect.id for d in self.defects if cell.honest.touched[d.defect.id] and not d.reproduced]
        return cell

    def _experiments(self, claim: Claim, cell: CellRun) -> Iterable[Experiment]:
        """The honest experiments of a cell, its wrongs and its limits, as far as they are selected."""
        if not any(claim.runs(name, self.label, cell.dtype) for name in claim.cases):
            cell.left_out = claim.prose.elsewhere or f"no case of this claim is for {self.label}"
            return
        selected = self.selection
        names = [n for n in claim.cases if claim.runs(n, self.label, cell.dtype) and selected.case in ("", n)]
        kept = {Figure: cell.figures, Timing: cell.timings, Stated: cell.designs}

        def begun(
            variant: Variant, name: str, experiment: Callable[..., Any], settings: Any, wrong: Wrong | None = None
        ) -> Experiment:
            case = self._case(claim, name, settings, cell.dtype, selected.point or None)
            steps = experiment(case, **(wrong.says if wrong else {}))
            debug, seconds = self.worker.debug, self.worker.timeout
            return Experiment(variant, case, steps, wrong, kept, debug=debug, known=self.operations, seconds=seconds)

        if not (selected.wrong or selected.limit):
            for n in names:
                yield begun(cell.honest, n, claim.cases[n].experiment, claim.cases[n].settings)
        for wrong in self._wrongs(claim, cell.dtype):
            variant = cell.wrongs.setdefault(wrong.name, Variant())
            for n in names:
                if wrong.cases is None or n in wrong.cases:
                    yield begun(variant, n, claim.cases[n].experiment, claim.cases[n].settings, wrong)
        for limit in self._limits(claim, cell.dtype):
            variant = cell.limits[limit.name] = Variant()
            yield begun(variant, f"limit: {limit.name}", limit.experiment, {})

    def _wrongs(self, claim: Claim, dtype: str | None) -> list[Wrong]:
        selected = self.selection
        if selected.limit or (selected.case and not selected.wrong):
            return []
        meant = (w for w in claim.wrongs if self._meant(w, selected.wrong, dtype))
        return [w for w in meant if any(claim.runs(case, self.label, dtype) for case in w.cases or ())]

    def _limits(self, claim: Claim, dtype: str | None) -> list[Limit]:
        selected = self.selection
        if selected.wrong or (selected.case and not selected.limit):
            return []
        return [x for x in claim.limits if self._meant(x, selected.limit, dtype)]

    def _meant(self, one: Wrong | Limit, name: str, dtype: str | None) -> bool:
        """Whether a wrong or a limit is the selected one, if any is, and for this library and dtype."""
        here = (one.dtypes is None or dtype in one.dtypes) and (one.backends is None or self.label in one.backends)
        return here and name in ("", one.name)

    def _detections(self, claim: Claim, unit: Unit) -> tuple[dict[int, Detection], bool]:
        """What the claim makes of each mistake on this library: one case after another, each with the mistakes not yet seen."""
        detections, broken = dict[int, Detection](), False
        for name, operations in unit.asked:
            declared = claim.cases[name]
            if not declared.probed:
                continue
            probes = dict[int, probing.Probe]()
            for i in unit.mistakes:
                mistake = self.probed[i]
                if detections.get(i) != "seen" and mistake.operations.keys() & {*operations}:
                    case = self._case(claim, name, declared.settings, unit.dtype, None)
                    probes[i] = probing.Probe(Variant(), case, declared.experiment(case), None, {}, mistake=mistake)
            advance_all([*probes.values()], Calling(self.worker), ())
            for i, probe in probes.items():
                detections[i] = probing.better(detections.get(i), probe.detection)
                broken |= any(row.outcome == "broken" for row in probe.variant.rows)
        return detections, broken


class Waits(Exception):
    """A cell waits for these calls."""

    def __init__(self, calls: Sequence[Call]) -> None:
        super().__init__(f"{len(calls)} long calls")
        self.calls = calls


@dataclass(frozen=True)
class Calling:
    """Makes calls on a library's worker, and here those on the reference. apart: raise Waits for the long ones."""

    worker: Worker | InProcess
    apart: bool = False

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        if self.apart and (long := [call for call in calls if call.apart]):
            raise Waits(long)
        own = iter(self.worker.run([call for call in calls if not call.on]))
        return [library.made(library.imported(call.on), call, call.on) if call.on else next(own) for call in calls]


def _wanted(call: Call, backend: str) -> Wanted:
    seeds, mutant = call.arguments["seeds"], " with a wrong" if call.mutant else ""
    name = f"{call.name}{mutant}, seeds {seeds[0]} to {seeds[-1]}"
    files = tuple(map(sources.place, call.files))
    return Wanted(name=name, backend=call.on or backend, digest=call.digest, call=call.packed, files=files)


def _leave_out_what_cannot_be_told(claim: Claim, cell: CellRun) -> None:
    """Without an operation some wrongs are invisible and some limits cannot be shown: they do not belong to this library."""
    for name, variant in list(cell.wrongs.items()):
        lacks = cell.honest.unsupported | variant.unsupported
        if all(lacks.intersection(wrong.needs) for wrong in claim.wrongs if wrong.name == name):
            del cell.wrongs[name]
            cell.dropped.add(("wrong", name))
    for limit in claim.limits:
        variant = cell.limits.get(limit.name)
        if variant is not None and limit.backends is None and variant.unsupported:
            del cell.limits[limit.name]
            cell.dropped.add(("limit", limit.name))


def _operations(backends: Iterable[str]) -> frozenset[str]:
    """Every name that an operation may have: of the catalogue, of a library, of a user's own file."""
    return operations_of_libraries().union(*(names_in(libraries.source_file(b)) for b in backends if b.endswith(".py")))


@functools.cache
def operations_of_libraries() -> frozenset[str]:
    """Every name that an operation of the catalogue or of a library here has."""
    files = [file for name in libraries.every() for file in libraries.source_file(name).parent.glob("*.py")]
    return frozenset(catalogue.OPERATIONS).union(*map(names_in, files))
