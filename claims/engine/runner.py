"""Runs claims on libraries: collects the calls of all experiments, has the workers make them, compares in the parent.

One thread of the parent for each library at work (at most ``jobs``), one spawned process behind it. All experiments of a
claim advance together: their calls go to the worker as one batch, equal calls are made once, and the experiments are
resumed with the outcomes. The parent computes the oracle; a library's process never sees what is expected of it.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from threadpoolctl import threadpool_limits

from ...reference import libraries
from ...reference.operators import catalogue
from ..language.case import Case
from ..language.claim import Claim, Figure, Limit, Stated, Timing, Wrong
from ..language.comparison import same_bits
from ..language.defects import Defect
from ..language.outcome import Call
from ..record.types import Detection
from ..record.verdicts import Facts, caught
from . import probing
from .experiments import Experiment, advance_all
from .lecture import Lecture
from .ran import CellRun, DefectRun, Progress, Run, Selection, Variant
from .snippet import names_in
from .workers import InProcess, Worker


def run(
    lecture: Lecture,
    selection: Selection,
    *,
    jobs: int,
    timeout: float,
    cpu_features: Iterable[str] = (),
    progress: Progress | None = None,
    in_process: bool = False,
) -> Run:
    """Run the selected claims on the selected libraries. A broken library is a row; nothing it does ends the run.

    ``in_process``: the libraries run in this process, and a mistake in a claim is raised, for a debugger.
    """
    result = Run(selection, operations=_operations(selection.backends))
    stop, workers = threading.Event(), list[Worker | InProcess]()
    features, progress = frozenset(cpu_features), progress or Progress()
    if {*selection.claims} == {*lecture.claims} and not selection.partial and not in_process:
        result.probed = probing.all_mistakes(lecture)

    def one(backend: str) -> None:
        worker = (InProcess if in_process else Worker)(backend, timeout=timeout, lecture_folder=lecture.folder)
        workers.append(worker)
        try:
            OneLibrary(lecture, result, backend, worker, features, progress, stop).run()
        finally:
            worker.close()

    with threadpool_limits(1), ThreadPoolExecutor(1 if in_process else max(1, jobs)) as threads:
        chosen = [b for b in sorted(selection.backends, key=_slowest_first) if _takes_part(lecture, result, b)]
        futures = [threads.submit(one, b) for b in chosen]
        try:
            for future in futures:
                future.result()
        except KeyboardInterrupt:  # what is computed already is kept
            result.interrupted = True
            stop.set()
            for worker in workers:
                worker.give_up()
    order = {c: i for i, c in enumerate(selection.claims)}
    rank = {b: i for i, b in enumerate(selection.backends)}
    result.cells.sort(key=lambda c: (order[c.claim], rank[c.backend], c.dtype or ""))
    result.defects.sort(key=lambda d: d.defect.id)
    return result


def _slowest_first(backend: str) -> tuple[float, str]:
    """The frameworks, which take longest to import and to run, before NumPy and SciPy, so that they work side by side."""
    return -libraries.declared(backend).seconds, backend


def _takes_part(lecture: Lecture, result: Run, backend: str) -> bool:
    """Whether a library has anything to run; one that is not installed gets cells that say so."""
    claims = _claims(lecture, result.selection, backend)
    if claims and not libraries.installed(backend):
        why = f"{backend} is not installed"
        result.environments[backend] = {"absent": why}
        cells = [CellRun(c.id, backend, d, absent=why) for c in claims for d in _dtypes(c, result.selection)]
        result.cells += cells
        return False
    return bool(claims)


def _operations(backends: Iterable[str]) -> frozenset[str]:
    """Every name that an operation may have: of the catalogue, of a library, of a user's own file."""
    return _of_libraries().union(*(names_in(libraries.source_file(b)) for b in backends if b.endswith(".py")))


@functools.cache
def _of_libraries() -> frozenset[str]:
    files = [file for name in libraries.every() for file in libraries.source_file(name).parent.glob("*.py")]
    return frozenset(catalogue.OPERATIONS).union(*map(names_in, files))


def _claims(lecture: Lecture, selection: Selection, backend: str) -> list[Claim]:
    claims = [lecture.claims[c] for c in selection.claims]
    return [c for c in claims if c.cases_for(backend)] if backend in libraries.DECODERS else claims


def _dtypes(claim: Claim, selection: Selection) -> list[str | None]:
    return [d for d in claim.dtypes if not selection.dtypes or d is None or d in selection.dtypes]


@dataclass
class OneLibrary:
    """All selected claims on one library, in its worker."""

    lecture: Lecture
    result: Run
    backend: str
    worker: Worker | InProcess
    features: frozenset[str]
    progress: Progress
    stop: threading.Event
    defects: list[DefectRun] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.label, self.selection = libraries.label(self.backend), self.result.selection

    def run(self) -> None:
        """Every claim, and where it is this library's turn the mistakes that the claim can see."""
        environment = self.worker.start()
        records = [d for d in self.lecture.defects if d.backend == self.label]
        self.defects = [self._reproduced(d) for d in records if d.applies(environment, {*self.features})]
        applied = {d.defect.id for d in self.defects}
        with self.result.lock:
            self.result.environments[self.backend] = environment
            self.result.import_seconds[self.backend] = self.worker.import_seconds
            self.result.defects += [*self.defects, *(DefectRun(d, False) for d in records if d.id not in applied)]
        running = [libraries.label(b) for b in self.selection.backends if libraries.installed(b)]
        prober = probing.assigned(self.lecture, self.selection.claims, running)
        for claim in _claims(self.lecture, self.selection, self.backend):
            if self.stop.is_set():
                return
            self.progress.started(self.backend, claim.id)
            cells = self._cells(claim)
            if self.stop.is_set():  # half a claim is not evidence
                return
            with self.result.lock:
                self.result.cells += cells
            self.progress.finished(self.backend, claim.id)
            if self.result.probed and prober.get(claim.id) == self.label:
                detections = self._detections(claim, cells)
                with self.result.lock:
                    self.result.detections[claim.id] = detections

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
            point=point,
            defect_of=self._defect_of,
        )

    def _cells(self, claim: Claim) -> list[CellRun]:
        """The cells of one claim, all of whose experiments advance together."""
        begin = time.monotonic()
        cells = [CellRun(claim.id, self.backend, dtype) for dtype in _dtypes(claim, self.selection)]
        experiments = [e for cell in cells for e in self._experiments(claim, cell)]
        advance_all(experiments, self.worker, self.backend, self.defects, self.progress)
        for cell in cells:
            _leave_out_what_cannot_be_told(claim, cell)
            cell.unrepeatable = frozenset(d.defect.id for d in self.defects if not d.defect.repeatable)
            cell.unreproduced = [
                d.defect.id for d in self.defects if cell.honest.touched[d.defect.id] and not d.reproduced
            ]
            cell.seconds = (time.monotonic() - begin) / len(cells)
        return cells

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
            return Experiment(variant, case, steps, wrong, kept, debug=self.worker.debug, known=self.result.operations)

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

    def _detections(self, claim: Claim, cells: Sequence[CellRun]) -> dict[int, Detection]:
        """What the claim makes of each mistake on this library: one case after another, each with the mistakes not yet seen."""
        detections: dict[int, Detection] = {}
        # In the widest format: its bounds are the narrowest, so that it sees most.
        cell = max(cells, key=lambda c: (bool(c.honest.asked), c.dtype or ""))
        if caught(cell.honest.rows, Facts(about_shapes=True)):  # refuted as it is, it would seem to see every one
            return detections
        for name, operations in cell.honest.asked.items():
            declared = claim.cases[name]
            if not declared.probed:
                continue
            probes = dict[int, probing.Probe]()
            for i, mistake in enumerate(self.result.probed):
                if detections.get(i) != "seen" and operations.intersection(mistake.operations):
                    case = self._case(claim, name, declared.settings, cell.dtype, None)
                    probes[i] = probing.Probe(Variant(), case, declared.experiment(case), None, {}, mistake=mistake)
            advance_all([*probes.values()], self.worker, self.label, (), self.progress)
            for i, probe in probes.items():
                detections[i] = probing.better(detections.get(i), probe.detection)
        return detections


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
