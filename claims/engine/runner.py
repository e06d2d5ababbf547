"""A run: plan the cells, take what the store has, compute the rest, put together."""

from __future__ import annotations

import functools
import hashlib
import json
import math
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import msgspec

from ...reference import libraries
from ...reference.refusal import Refused
from ..record import file
from ..record.parts import Answer, CellFound, LibraryFound, Measured, MistakesSeen, Wanted
from ..record.types import Computed, Part
from ..store import alike
from ..store.folder import Store, Unusable
from ..workers import codec
from ..workers.cluster import Cluster
from ..workers.seats import Gone, OnThisMachine, Seats
from . import build, plan, probing, schedule
from . import judge as judging
from .lecture import Lecture, quickly
from .ran import CellRun, Progress, Run, Selection, Unit

TIMES = "times"
"""Key under which the store has the seconds that each unit took."""


@dataclass(frozen=True)
class Options:
    """How to run. fresh: take nothing from the store; recheck: the share of what it has that is computed again and compared; shard: (i, n), only the
    i-th of n parts of what it lacks; scheduler: the address of a Dask cluster whose workers compute, in the place of processes here."""

    jobs: int
    timeout: float
    memory: float | None = None
    store: Store | None = None
    fresh: bool = False
    recheck: float = 0.0
    shard: tuple[int, int] = (1, 1)
    scheduler: str = ""
    in_process: bool = False


def run(lecture: Lecture, selection: Selection, options: Options, *, progress: Progress | None = None) -> Run:
    """Run the selected claims on the selected libraries. A broken library is a row; nothing it does ends the run."""
    return _Runner(lecture, selection, options, progress or Progress()).run()


class _Runner:
    def __init__(self, lecture: Lecture, selection: Selection, options: Options, progress: Progress) -> None:
        self.lecture = quickly(lecture, selection.backends, selection.dtypes) if selection.quick else lecture
        self.selection, self.options, self.progress = selection, options, progress
        self.store, self.keys = options.store, plan.Keys(self.lecture, selection)
        self.cells = dict[Unit, CellFound]()
        self.libraries = dict[str, LibraryFound]()
        self.seen = dict[str, dict[str, str]]()
        self.contradicted = list[str]()
        self.waiting = 0
        self.probed: Sequence[probing.Mistake] = ()
        self.times = self._recorded()
        self.long = schedule.Waiting()
        self.more: Callable[[dict[Unit, float]], None] = lambda seconds: None
        self._door = threading.Lock()

    def run(self) -> Run:
        units = plan.units(self.lecture, self.selection)
        interrupted = False
        try:
            with _terminable():
                self.progress.phase("Claims")
                self._cells([unit for unit in units if self._takes_part(unit)], units)
                self.waiting = len(units) - len(self.cells)
                detections = self._mistakes()
        except KeyboardInterrupt:  # what is computed already is kept
            interrupted, detections = True, {}
        except Gone as gone:
            self._note_times()
            where = "in the store; run again to go on" if self.store is not None else "lost without a store"
            raise Refused(f"{gone}; {len(self.cells)} of {len(units)} cells are computed and {where}") from None
        finally:
            if "seats" in vars(self):
                self.seats.close()
        self._note_times()
        found = [self.cells[unit] for unit in units if unit in self.cells]
        known = {b: self.libraries[b] for b in self.selection.backends if b in self.libraries}
        return Run(self.selection, self.probed, found, known, detections, self.contradicted, interrupted, self.waiting)

    def _takes_part(self, unit: Unit) -> bool:
        """Whether the library is installed; a cell of one that is not says so."""
        if libraries.installed(unit.backend):
            return True
        why = f"{unit.backend} is not installed"
        ran = CellRun(unit.claim, unit.backend, unit.dtype, absent=why)
        self.cells[unit] = build.cell(self.lecture, self.selection, ran, computed=Computed(at="", on=""))
        self.libraries[unit.backend] = build.library(unit.backend, {"absent": why}, (), 0.0)
        return False

    # --- cells ---------------------------------------------------------------------------------------------------------

    def _cells(self, units: Sequence[Unit], every: Sequence[Unit]) -> None:
        stored = self._stored(units)
        chance = random.SystemRandom()
        again = {unit for unit in stored if self._ours(unit) and chance.random() < self.options.recheck}
        self.cells |= stored
        missing = [unit for unit in units if unit in again or (unit not in stored and self._ours(unit))]
        left = Counter(unit.claim for unit in missing)

        def done(unit: Unit, answer: Answer | str) -> None:
            if isinstance(answer, Answer):
                self._library(unit, answer)
                if answer.waits and self.long.rounds(unit) < schedule.ROUNDS:
                    return self._wait(unit, answer.waits)
                if answer.waits:
                    answer = f"it asks for long calls again and again: {answer.waits[0].name}"
            if unit.call:
                return self._measured(unit, answer)
            part = self._lost(unit, answer) if isinstance(answer, str) else answer.cell
            assert part is not None
            with self._door:
                self.times[unit.name] = part.seconds
                part.seconds += self.long.seconds(unit)
                self.cells[unit] = part
                left[unit.claim] -= 1
                last = not left[unit.claim]
            if unit in again and not part.broken and not _same(part, stored[unit]):
                self.contradicted.append(unit.name)
            self._keep(unit, part)
            if last:
                self._judged([other for other in every if other.claim == unit.claim])

        self._compute(missing, done, stored=len(units) - len(missing))

    def _judged(self, units: Sequence[Unit]) -> None:
        """Tell the verdict of a claim with its last cell."""
        with self._door:
            found = [self.cells[unit] for unit in units if unit in self.cells]
        if len(found) == len(units) and not self.selection.partial:
            claim = build.claim(self.lecture, Run(self.selection, cells=found), units[0].claim)
            self.progress.judged(claim, build.as_declared(claim, quick=self.selection.quick))

    def _wait(self, cell: Unit, wanted: Sequence[Wanted]) -> None:
        """Have a cell's long calls made, each once. Where the store is checked, none is taken from it: cells share them."""
        calls = {
            w.digest: replace(cell, backend=w.backend, measures=w.name, call=w.call, files=w.files, given={})
            for w in wanted
        }
        with self._door:
            new = self.long.wait(cell, calls)
        todo, anew = list[Unit](), self.options.fresh or self.options.recheck
        for call in new:
            known = None if anew else self._from(self.keys.measured(call), Measured)
            if known is None:
                todo.append(call)
            else:
                self._told(call, known)
        self.progress.added({cell: self.times.get(cell.name, 1.0)})
        self.more(self.lengths(todo))
        self._go_on()

    def _measured(self, call: Unit, answer: Answer | str) -> None:
        """Hand on what a long call gave. What may go otherwise the next time is not kept."""
        measured = schedule.lost(answer) if isinstance(answer, str) else answer.measured
        assert measured is not None
        with self._door:
            self.times[call.name] = measured.seconds
        if not measured.broken:
            self._put(self.keys.measured(call), measured)
        self._told(call, measured)
        self._go_on()

    def _told(self, call: Unit, measured: Measured) -> None:
        with self._door:
            self.long.told(call, measured)

    def _go_on(self) -> None:
        """Have the cells computed that wait for nothing more."""
        with self._door:
            ready = self.long.ready()
        self.more({cell: self.times.get(cell.name, 1.0) for cell in ready})

    def _ours(self, unit: Unit) -> bool:
        """Whether a cell is of this run's shard: by its name, so that every machine parts them alike."""
        part, parts = self.options.shard
        return int(hashlib.sha256(unit.name.encode()).hexdigest(), 16) % parts == part - 1

    def _stored(self, units: Sequence[Unit]) -> dict[Unit, CellFound]:
        """What the store has of these cells, of libraries whose facts it has too."""
        found = dict[Unit, CellFound]()
        if self.store is None or self.options.fresh:
            return found
        for backend in dict.fromkeys(unit.backend for unit in units):
            if (known := self._from(self.keys.library(backend), LibraryFound)) is not None:
                self.libraries[backend] = known
        for unit in units:
            if unit.backend in self.libraries:
                part = self._from(self.keys.cell(unit), CellFound)
                part = part or self._from(self.keys.cell(unit, every_operator=True), CellFound)
                if part is not None:
                    part.computed = msgspec.structs.replace(part.computed, stored=True)
                    found[unit] = part
        return found

    def _keep(self, unit: Unit, part: CellFound) -> None:
        """Under the operations that the claim names, where it asked for no other. What may go otherwise the next time is not kept."""
        if self.store is not None and not part.broken:
            asked = {name for names in part.asked.values() for name in names}
            every = not plan.covers(self.lecture.claims[unit.claim], self.lecture.folder, asked)
            self._put(self.keys.cell(unit, every_operator=every), part)

    def _library(self, unit: Unit, answer: Answer) -> None:
        if answer.library is not None:
            with self._door:
                self.libraries[unit.backend] = answer.library
            if self.store is not None and not answer.library.facts.error:
                self._put(self.keys.library(unit.backend), answer.library)

    def _lost(self, unit: Unit, why: str) -> CellFound:
        """The cell of a unit whose judge died of it, more than once."""
        ran = CellRun(unit.claim, unit.backend, unit.dtype)
        ran.honest.comparisons.append(build.lost(why))
        self.libraries.setdefault(unit.backend, build.library(unit.backend, {"error": why}, (), 0.0))
        return build.cell(self.lecture, self.selection, ran, computed=Computed(at="", on=""))

    # --- mistakes ------------------------------------------------------------------------------------------------------

    def _mistakes(self) -> dict[str, dict[int, Any]]:
        """claim → number of a mistake → what the claim makes of it, in a run of the whole lecture."""
        whole = {*self.selection.claims} == {*self.lecture.claims} and not self.selection.partial
        if not whole or self.options.in_process or self.waiting or self.selection.quick:
            return {}
        self.progress.phase("Known mistakes")
        probed = self.probed = probing.all_mistakes(self.lecture)
        keys = [self.keys.mistake(mistake) for mistake in probed]
        installed = [b for b in self.selection.backends if libraries.installed(b)]
        prober = probing.assigned(self.lecture, self.selection.claims, [libraries.label(b) for b in installed])
        named = {libraries.label(b): b for b in installed}
        found, todo = dict[str, dict[int, Any]](), list[Unit]()
        for claim, library in prober.items():
            cells = {u: part for u, part in self.cells.items() if (u.claim, u.backend) == (claim, named[library])}
            if not cells:
                continue
            # In the widest format: its bounds are the narrowest, so that it sees most.
            unit, part = max(cells.items(), key=lambda item: (bool(item[1].asked), item[0].dtype or ""))
            asked = {name for names in part.asked.values() for name in names}
            able = [i for i, mistake in enumerate(probed) if mistake.operations.keys() & asked]
            known = self._from(self.keys.seen(unit), MistakesSeen) if self.store and not self.options.fresh else None
            seen = known.detections if known else {}
            found[claim] = {i: seen[keys[i]] for i in able if keys[i] in seen}
            missing = tuple(i for i in able if keys[i] not in seen)
            if missing and not (part.refuted or part.broken):  # refuted as it is, it would seem to see every one
                todo.append(replace(unit, mistakes=missing, asked=tuple(part.asked.items())))

        def done(unit: Unit, answer: Answer | str) -> None:
            if isinstance(answer, str) or answer.seen is None:
                found[unit.claim] |= dict.fromkeys(unit.mistakes, "stopped")
                return
            with self._door:
                self.times[unit.name] = answer.seen.seconds
                found[unit.claim] |= {int(i): detection for i, detection in answer.seen.detections.items()}
            if self.store is not None and not answer.seen.broken:
                seen = {keys[i]: detection for i, detection in found[unit.claim].items()}
                self._put(self.keys.seen(unit), MistakesSeen(detections=seen))

        self._compute(todo, done, stored=0)
        return {claim: dict(sorted(detections.items())) for claim, detections in found.items()}

    # --- both ----------------------------------------------------------------------------------------------------------

    def _compute(self, units: Sequence[Unit], done: schedule.Done, *, stored: int) -> None:
        seconds = self.lengths(units)
        self.progress.planned(seconds, stored)
        options = self.options
        if options.in_process:
            judge = judging.Judge(self.lecture, self.selection, timeout=options.timeout, memory=None, in_process=True)
            with closing(judge):
                for unit in units:
                    self.progress.started(0, unit)
                    done(unit, judge.compute(unit))
                    self.progress.finished(0, unit)
        elif units:
            crew = schedule.Crew(self.seats, seconds, progress=self.progress, done=done)
            self.more = crew.add
            crew.work()

    @functools.cached_property
    def seats(self) -> Seats:
        """Where the judges sit. Raises Refused for a cluster that cannot be reached, or is another kind of machine."""
        options, elsewhere = self.options, bool(self.options.scheduler)
        begin = judging.begin(
            self.lecture, self.selection, timeout=options.timeout, memory=options.memory, elsewhere=elsewhere
        )
        if not elsewhere:
            return OnThisMachine(judging.__name__, begin, number=options.jobs)
        here = alike.kind(self.selection.backends, self.lecture.folder)
        return Cluster(
            options.scheduler,
            judging.__name__,
            begin,
            hello=judging.HELLO,
            unlike=lambda there: alike.differences(here, codec.decode(there)),
            said=self.progress.said,
        )

    def lengths(self, units: Sequence[Unit]) -> dict[Unit, float]:
        """Seconds that each unit took in an earlier run, or may take."""

        def long(name: str) -> bool:
            claim = self.lecture.claims[name]
            return bool(claim.ranges) or "statistical" in claim.kind

        return schedule.lengths(units, self.times, long)

    def _from(self, key: str, kind: type[Any]) -> Any:
        """What the store has under a key; what it cannot be read as is as good as nothing."""
        data = self.store.get(key) if self.store is not None else None
        try:
            return file.unpack(data, kind) if data is not None else None
        except file.BadEvidence:
            return None

    def _put(self, key: str, part: Part) -> None:
        """Keep a part. Where that fails the run goes on without a store, and says so once."""
        try:
            if self.store is not None:
                self.store.put(key, file.pack(part))
        except Unusable as error:
            self.store = None
            self.progress.said(f"{error}; nothing more is kept")

    def _recorded(self) -> dict[str, float]:
        data = self.store.get(TIMES) if self.store is not None else None
        try:
            told = json.loads(data or b"{}")
            return {str(name): float(x) for name, x in told.items() if math.isfinite(x)}
        except (ValueError, AttributeError, TypeError):
            return {}

    def _note_times(self) -> None:
        if self.store is not None:
            with suppress(Unusable):
                self.store.put(TIMES, json.dumps(self.times).encode())
            self.store.tidy()


class Plan(NamedTuple):
    """How many cells the store has, what is to be computed, and in how many seconds it will be."""

    stored: int
    tasks: Sequence[schedule.Task]
    seconds: float


def _same(a: CellFound, b: CellFound) -> bool:
    """Whether two computations of a cell say the same, but for what is not the same twice."""

    def lasting(part: CellFound) -> bytes:
        computed = Computed(at="", on="")
        return file.pack(msgspec.structs.replace(part, seconds=0.0, computed=computed, not_repeated=(), timings={}))

    return lasting(a) == lasting(b)


@contextmanager
def _terminable() -> Iterator[None]:
    """Ctrl-C and SIGTERM raise KeyboardInterrupt, so that what is computed is kept and reported. The first does; another one ends at once, as elsewhere."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    if threading.current_thread() is not threading.main_thread() or {None, signal.SIG_IGN} & {*before.values()}:
        yield
        return

    def as_before() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def stop(*_: object) -> None:
        as_before()
        raise KeyboardInterrupt

    try:
        for number in before:
            signal.signal(number, stop)
        yield
    finally:
        as_before()


def planned(lecture: Lecture, selection: Selection, options: Options) -> Plan:
    """What the store lacks, with the seconds that it took before or may take."""
    runner = _Runner(lecture, selection, options, Progress())
    units = [unit for unit in plan.units(lecture, selection) if libraries.installed(unit.backend)]
    stored = runner._stored(units)
    tasks = list[schedule.Task]()
    missing = runner.lengths([unit for unit in units if unit not in stored])
    cells = frozenset(unit.name for unit in missing)
    for unit, seconds in missing.items():
        parts = schedule.parts(unit, runner.times) or {unit.name: seconds}
        arms = frozenset(name for name in parts if name != unit.name)
        tasks += [
            schedule.Task(name, unit.backend, s, arms if name == unit.name else frozenset())
            for name, s in parts.items()
        ]
        mistakes = replace(unit, mistakes=(0,)).name
        if mistakes in runner.times:
            tasks.append(schedule.Task(mistakes, unit.backend, runner.times[mistakes], cells))
    return Plan(len(stored), tasks, schedule.foreseen(tasks, options.jobs))
