"""Runs claims on libraries: collects the calls of all experiments, has the workers make them, judges in the parent.

One thread of the parent for each library at work (at most ``jobs``), one spawned process behind it. All experiments of a
claim advance together: their calls go to the worker as one batch, equal calls are made once, and the experiments are
resumed with the outcomes. The parent computes the oracle; a library's process never sees what is expected of it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from threadpoolctl import threadpool_limits

from ...reference import libraries
from ..language.claim import Case, Claim, Experiment, Figure, Limit, Stated, Timing, Wrong
from ..language.comparison import same_bits
from ..language.defects import Defect
from ..language.outcome import Call
from ..record.verdict import CellFacts, Trial, caught
from . import sensitivity
from .lecture import Lecture
from .strands import Blundering, DefectRun, Progress, Strand, drive
from .workers import Worker


@dataclass(frozen=True)
class Selection:
    """What to run. Empty filters mean everything; ``case`` may carry a geometry's address after a slash."""

    claims: tuple[str, ...]
    backends: tuple[str, ...]
    dtypes: tuple[str, ...] = ()
    case: str = ""
    wrong: str = ""
    limit: str = ""
    seed: int = 0
    quick: bool = False

    @property
    def partial(self) -> bool:
        """Whether only a part of each claim runs, so that no full verdict can be given."""
        return bool(self.case or self.wrong or self.limit)

    @property
    def point(self) -> str:
        """The address of the one geometry of a sweep that runs."""
        return self.case.partition("/")[2]


@dataclass
class Cell:
    """What ran in claim × library × dtype."""

    claim: str
    backend: str
    dtype: str | None
    facts: CellFacts
    figures: dict[str, Any] = field(default_factory=dict)
    timings: dict[str, Any] = field(default_factory=dict)
    designs: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    absent: str = ""
    left_out: str = ""
    seed: int = 0
    quick: bool = False


@dataclass
class Run:
    """Everything that a run saw, before it is turned into evidence."""

    selection: Selection
    cells: list[Cell] = field(default_factory=list)
    environments: dict[str, dict[str, Any]] = field(default_factory=dict)
    defects: list[DefectRun] = field(default_factory=list)
    import_seconds: dict[str, float] = field(default_factory=dict)
    sights: dict[str, dict[int, sensitivity.Sight]] = field(default_factory=dict)
    """claim → number of a blunder → whether the claim sees it; of a run of the whole lecture."""
    blunders: list[sensitivity.Blunder] = field(default_factory=list)
    interrupted: bool = False


def run(
    lecture: Lecture,
    selection: Selection,
    *,
    jobs: int,
    timeout: float,
    cpu_features: Iterable[str] = (),
    progress: Progress | None = None,
) -> Run:
    """Run the selected claims on the selected libraries. A broken library is a row; nothing it does ends the run."""
    result, features, progress = Run(selection), set(cpu_features), progress or Progress()
    if {*selection.claims} == {*lecture.claims} and not selection.partial:
        result.blunders = sensitivity.blunders(lecture)
    lock, stop, workers = threading.Lock(), threading.Event(), list[Worker]()

    def one(backend: str) -> None:
        _backend(backend, lecture, result, lock, stop, workers, timeout=timeout, features=features, progress=progress)

    with threadpool_limits(1), ThreadPoolExecutor(max(1, jobs)) as threads:
        futures = [threads.submit(one, b) for b in sorted(selection.backends, key=_slowest_first)]
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


def _backend(
    backend: str,
    lecture: Lecture,
    result: Run,
    lock: threading.Lock,
    stop: threading.Event,
    workers: list[Worker],
    *,
    timeout: float,
    features: set[str],
    progress: Progress,
) -> None:
    selection = result.selection
    claims = [lecture.claims[c] for c in selection.claims]
    if backend in libraries.DECODERS:
        claims = [c for c in claims if c.cases_for(backend)]
        if not claims:
            return
    if not libraries.installed(backend):
        cells = [_absent(c, backend, d, f"{backend} is not installed") for c in claims for d in _dtypes(c, selection)]
        with lock:
            result.cells += cells
            result.environments[backend] = {"absent": f"{backend} is not installed"}
        return
    worker = Worker(backend, timeout=timeout, lecture_folder=lecture.folder)
    workers.append(worker)
    try:
        environment = worker.start()
        label = libraries.label(backend)
        applicable = [d for d in lecture.defects if d.backend == label and d.applies(environment, features)]
        checked = [_reproduce(worker, d) for d in applicable]
        skipped = [DefectRun(d, False) for d in lecture.defects if d.backend == label and d not in applicable]
        with lock:
            result.environments[backend] = environment
            result.import_seconds[backend] = worker.import_seconds
            result.defects += [*checked, *skipped]
        running = [libraries.label(b) for b in selection.backends if libraries.installed(b)]
        probed = sensitivity.assigned(lecture, selection.claims, running)
        for claim in claims:
            if stop.is_set():
                break
            progress.started(backend, claim.id)
            cells = _claim(claim, backend, worker, selection, checked, progress)
            if stop.is_set():  # half a claim is not evidence
                break
            with lock:
                result.cells += cells
            progress.finished(backend, claim.id)
            if result.blunders and probed.get(claim.id) == label and not stop.is_set():
                sights = _sights(claim, label, worker, selection, cells, result.blunders, checked, progress)
                with lock:
                    result.sights[claim.id] = sights
    finally:
        worker.close()


def _absent(claim: Claim, backend: str, dtype: str | None, why: str) -> Cell:
    return Cell(claim.id, backend, dtype, CellFacts(Trial(), {}, {}), absent=why)


def _reproduce(worker: Worker, defect: Defect) -> DefectRun:
    """A record that applies must show, every time: strict, so that a fixed library is noticed, one that raises now too."""
    (call, wanted), (near, near_wanted) = defect.smallest, defect.neighbour
    got, beside = worker.run([call, near])
    smallest, neighbour = (same_bits(y, w, label="", source="") for y, w in ((got, wanted), (beside, near_wanted)))
    return DefectRun(defect, True, smallest.made and not smallest.agrees, neighbour.agrees)


def _dtypes(claim: Claim, selection: Selection) -> list[str | None]:
    return [d for d in claim.dtypes if not selection.dtypes or d is None or d in selection.dtypes]


# --- one claim on one library ------------------------------------------------------------------------------------------


def _claim(
    claim: Claim, backend: str, worker: Worker, selection: Selection, defects: Sequence[DefectRun], progress: Progress
) -> list[Cell]:
    begin = time.monotonic()
    label = libraries.label(backend)
    defect_of = _recorded_in(defects)
    cells, strands = [], []
    for dtype in _dtypes(claim, selection):
        facts = CellFacts(Trial(), {}, {}, claim.about_shapes)
        cell = Cell(claim.id, backend, dtype, facts, seed=selection.seed, quick=selection.quick)
        cells.append(cell)
        if not any(claim.runs(name, label, dtype) for name in claim.cases):
            cell.left_out = claim.elsewhere or f"no case of this claim is for {label}"
            continue
        names, point = _cases(claim, label, dtype, selection)

        def strand(
            trial: Trial,
            name: str,
            experiment: Experiment,
            settings: Mapping[str, Any],
            wrong: Wrong | None = None,
            *,
            dtype: str | None = dtype,
            point: str | None = point,
            cell: Cell = cell,
        ) -> Strand:
            case = Case(
                claim.id,
                name,
                settings,
                dtype=dtype,
                backend=label,
                seed=selection.seed,
                quick=selection.quick,
                point=point,
                defect_of=defect_of,
            )
            kept = {Figure: cell.figures, Timing: cell.timings, Stated: cell.designs}
            return Strand(trial, case, experiment(case, **(wrong.says if wrong else {})), wrong, kept)

        if not (selection.wrong or selection.limit):
            strands += [strand(facts.honest, n, claim.experiment, claim.cases[n]) for n in names]
        for wrong in _wrongs(claim, label, dtype, selection):
            trial = facts.wrongs[wrong.name] = Trial()
            tried = [n for n in names if wrong.cases is None or n in wrong.cases]
            strands += [strand(trial, n, claim.experiment, claim.cases[n], wrong) for n in tried]
        for limit in _limits(claim, label, dtype, selection):
            trial = facts.limits[limit.name] = Trial()
            strands.append(strand(trial, f"limit: {limit.name}", limit.experiment, {}))
    drive(strands, worker, backend, defects, progress)
    for cell in cells:
        _leave_out_what_cannot_be_told(claim, cell.facts)
        touched = cell.facts.honest.touched
        cell.facts.unrepeatable = {d.defect.id for d in defects if not d.defect.repeatable}
        cell.facts.unreproduced = [d.defect.id for d in defects if touched[d.defect.id] and not d.reproduced]
        cell.seconds = (time.monotonic() - begin) / len(cells)
    return cells


def _recorded_in(defects: Sequence[DefectRun]) -> Callable[[Call | None], str]:
    """Which of the recorded defects a call lies within; empty if none."""
    return lambda call: next((d.defect.id for d in defects if d.defect.touches(call)), "")


def _sights(
    claim: Claim,
    label: str,
    worker: Worker,
    selection: Selection,
    cells: Sequence[Cell],
    blunders: Sequence[sensitivity.Blunder],
    defects: Sequence[DefectRun],
    progress: Progress,
) -> dict[int, sensitivity.Sight]:
    """Which blunders the claim sees on this library: one case after another, each with the blunders not yet seen."""
    sights: dict[int, sensitivity.Sight] = {}
    defect_of = _recorded_in(defects)
    # A case's setting ``blunders``, where it is false, keeps a long one out.
    # In the widest format: its bounds are the narrowest, so that it sees most.
    cell = max(cells, key=lambda c: (bool(c.facts.honest.asked), c.dtype or ""))
    if caught(cell.facts.honest, about_shapes=True):  # refuted without any blunder, it would seem to see every one
        return sights
    for name, operations in cell.facts.honest.asked.items():
        if not claim.cases[name].get("blunders", True):
            continue
        strands = dict[int, Blundering]()
        for i, blunder in enumerate(blunders):
            if sights.get(i) != "seen" and operations.intersection(blunder.operations):
                case = Case(
                    claim.id,
                    name,
                    claim.cases[name],
                    dtype=cell.dtype,
                    backend=label,
                    seed=selection.seed,
                    defect_of=defect_of,
                )
                strands[i] = Blundering(Trial(), case, claim.experiment(case), None, {}, blunder=blunder)
        drive([*strands.values()], worker, label, (), progress)
        for i, strand in strands.items():
            sights[i] = sensitivity.better(sights.get(i), strand.sight)
    return sights


def _leave_out_what_cannot_be_told(claim: Claim, facts: CellFacts) -> None:
    """Without an operation some wrongs are invisible and some limits cannot be shown: they do not belong to this library."""
    for wrong in claim.wrongs:
        trial = facts.wrongs.get(wrong.name)
        if trial is not None and (facts.honest.unsupported | trial.unsupported).intersection(wrong.needs):
            del facts.wrongs[wrong.name]
            facts.dropped.add(wrong.name)
    for limit in claim.limits:
        trial = facts.limits.get(limit.name)
        if trial is not None and limit.backends is None and trial.unsupported:
            del facts.limits[limit.name]
            facts.dropped.add(limit.name)


def _cases(claim: Claim, backend: str, dtype: str | None, selection: Selection) -> tuple[list[str], str | None]:
    wanted = selection.case.partition("/")[0]
    names = [n for n in claim.cases if claim.runs(n, backend, dtype) and (not wanted or n == wanted)]
    return names, selection.point or None


def _wrongs(claim: Claim, backend: str, dtype: str | None, selection: Selection) -> list[Wrong]:
    if selection.limit or (selection.case and not selection.wrong):
        return []
    return [
        w
        for w in claim.wrongs
        if (not selection.wrong or w.name == selection.wrong)
        and (w.dtypes is None or dtype in w.dtypes)
        and (w.backends is None or backend in w.backends)
    ]


def _limits(claim: Claim, backend: str, dtype: str | None, selection: Selection) -> list[Limit]:
    if selection.wrong or (selection.case and not selection.limit):
        return []
    return [
        x
        for x in claim.limits
        if (not selection.limit or x.name == selection.limit)
        and (x.dtypes is None or dtype in x.dtypes)
        and (x.backends is None or backend in x.backends)
    ]
