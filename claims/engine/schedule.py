"""Units onto processes: longest first, each process with one library as long as it has work."""

from __future__ import annotations

import math
import pickle
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ...reference import libraries
from ..record import file
from ..record.parts import Answer
from ..workers.process import Ended, Process
from ..workers.worker import PINNED
from . import judge as judging
from .ran import Progress, Selection, Unit

FOREVER = 1e9
"""A judge limits its library's time itself."""
TRIES = 2
"""How often a unit is given to a judge that dies of it."""

Done = Callable[[Unit, Answer | str], None]


class Queue:
    """Units that wait, by library. ``take`` gives the longest of a process's own library, and when that has none left, of the one with most to do."""

    def __init__(self, seconds: Mapping[Unit, float]) -> None:
        self.seconds = seconds
        self._waiting: dict[str, list[Unit]] = defaultdict(list)
        for unit in sorted(seconds, key=lambda u: seconds[u]):
            self._waiting[unit.backend].append(unit)
        self._at_work: dict[int, str] = {}
        self._door = threading.Lock()

    def take(self, process: int) -> Unit | None:
        """The next unit for a process; None when none is left that another library's start would pay for."""
        with self._door:
            own = self._at_work.get(process, "")
            if not self._waiting.get(own):
                own = max(filter(self._pays, self._waiting), key=self._share, default="")
            self._at_work[process] = own
            return self._waiting[own].pop() if own else None

    def _pays(self, backend: str) -> bool:
        """Whether one more process on a library has more to do than to import it; the first always has."""
        if not self._waiting[backend]:
            return False
        alone = backend not in self._at_work.values()
        return alone or self._left(backend) > 2 * libraries.declared(backend).seconds

    def _share(self, backend: str) -> float:
        return self._left(backend) / (1 + [*self._at_work.values()].count(backend))

    def _left(self, backend: str) -> float:
        return sum(self.seconds[u] for u in self._waiting[backend])

    def put_back(self, unit: Unit) -> None:
        with self._door:
            self._waiting[unit.backend].append(unit)


class Crew:
    """So many judges at work on a queue, each driven by a thread of this process. ``done`` is called for each unit as soon as it is computed."""

    def __init__(
        self,
        folder: Path,
        selection: Selection,
        seconds: Mapping[Unit, float],
        *,
        processes: int,
        timeout: float,
        memory: float | None,
        progress: Progress,
        done: Done,
    ) -> None:
        self._wanted = pickle.dumps((sys.path, str(folder), selection, timeout, memory))
        self._queue, self._progress, self._done = Queue(seconds), progress, done
        self._judges: dict[int, Process] = {}
        self._tries = defaultdict[Unit, int](int)
        self._stop, self._errors = threading.Event(), list[BaseException]()
        count = max(1, min(processes, len(seconds)))
        self._threads = [threading.Thread(target=self._drive, args=(i,), daemon=True) for i in range(count)]

    def work(self) -> None:
        """Until every unit is computed. Raises KeyboardInterrupt when interrupted, after every process has ended."""
        try:
            for thread in self._threads:
                thread.start()
            for thread in self._threads:
                while thread.is_alive():
                    thread.join(0.2)
        finally:
            self._stop.set()
            for process in [*self._judges.values()]:
                process.end()
            for thread in filter(
                threading.Thread.is_alive, self._threads
            ):  # an interruption may come before the last is started
                thread.join(5)
        if self._errors:
            raise self._errors[0]

    def _drive(self, number: int) -> None:
        """One judge's thread."""
        try:
            while not self._stop.is_set() and (unit := self._queue.take(number)) is not None:
                self._progress.started(number, unit)
                answer = self._asked(number, unit)
                if self._stop.is_set():
                    return
                if answer is None:
                    self._queue.put_back(unit)
                    continue
                self._done(unit, answer)
                self._progress.finished(number, unit)
        except BaseException as error:
            self._errors.append(error)
            self._stop.set()
        finally:
            self._dismiss(number)

    def _asked(self, number: int, unit: Unit) -> Answer | str | None:
        """A judge's answer; why there is none; None where another judge should be asked."""
        try:
            judge = self._judges.get(number) or self._appoint(number)
            judge.send(pickle.dumps(unit), timeout=FOREVER)
            return file.unpack(judge.receive(timeout=FOREVER), Answer)
        except (Ended, file.BadEvidence, OSError) as error:
            self._dismiss(number)
            self._tries[unit] += 1
            return None if self._tries[unit] < TRIES else f"the process that judged it ended: {error}"

    def _appoint(self, number: int) -> Process:
        judge = Process(judging.__name__, environment=PINNED, memory=math.inf, processes=math.inf)
        self._judges[number] = judge
        if self._stop.is_set():  # whoever ended the judges did not see this one
            raise Ended("the run is over")
        judge.send(self._wanted, timeout=FOREVER)
        return judge

    def _dismiss(self, number: int) -> None:
        if (judge := self._judges.pop(number, None)) is not None:
            judge.close()


def lengths(
    units: Iterable[Unit], recorded: Mapping[str, float], statistical: Callable[[str], bool]
) -> dict[Unit, float]:
    """Seconds of each unit, as recorded by an earlier run, or estimated from its kind."""
    return {unit: recorded.get(unit.name, 8.0 if statistical(unit.claim) else 0.5) for unit in units}
