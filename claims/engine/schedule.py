"""Units onto processes: longest first, each process with one library as long as it has work."""

from __future__ import annotations

import heapq
import pickle
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ...reference import libraries
from ..record import file
from ..record.parts import Answer, Measured
from ..workers import codec
from ..workers.process import Ended
from ..workers.seats import Lost, Seat, Seats
from .ran import Progress, Unit

TRIES = 2
"""How often a unit is given to a judge that dies of it."""

ROUNDS = 20
"""How often a cell may wait for long calls: one that asks for others each time never ends."""

Done = Callable[[Unit, Answer | str], None]


class Queue:
    """Units that wait, by library. ``take`` gives the longest of a process's own library, and when that has none left, of the one with most to do."""

    def __init__(self, seconds: Mapping[Unit, float]) -> None:
        self.seconds = dict[Unit, float]()
        self._waiting: dict[str, list[Unit]] = defaultdict(list)
        self._at_work: dict[int, str] = {}
        self._last: dict[int, Unit] = {}
        self._busy = set[int]()
        self._closed = False
        self._changed = threading.Condition()
        self.add(seconds)

    def add(self, seconds: Mapping[Unit, float]) -> None:
        with self._changed:
            self.seconds |= seconds
            for unit in seconds:
                self._waiting[unit.backend].append(unit)
            for backend in {unit.backend for unit in seconds}:
                self._waiting[backend].sort(key=lambda u: self.seconds[u])
            self._changed.notify_all()

    def take(self, process: int) -> Unit | None:
        """The next unit for a process, which has computed its last one; it waits while others are at work, for their units may bring new ones.

        None when none is left that another library's start would pay for.
        """
        with self._changed:
            self._busy.discard(process)
            self._changed.notify_all()
            while not (own := self._chosen(process)) and self._busy:
                self._changed.wait()
            if self._closed or not own:
                self._at_work.pop(process, None)
                return None
            self._at_work[process] = own
            self._busy.add(process)
            waiting, mine = self._waiting[own], _experiment(self._last.get(process))
            others = {_experiment(self._last[p]) for p in self._busy - {process}}

            def known(unit: Unit) -> int:
                """TensorFlow traces a network once a process: a process goes on with what it trained last, and leaves to others what they train."""
                experiment = _experiment(unit)
                return 0 if experiment is None else (experiment == mine) - (experiment in others)

            unit = self._last[process] = max(reversed(waiting), key=known)
            waiting.remove(unit)
            return unit

    def leave(self, process: int, unit: Unit) -> None:
        """The process is lost: others compute what it was at."""
        with self._changed:
            self._busy.discard(process)
            self._at_work.pop(process, None)
            if not self._closed:
                self.add({unit: self.seconds[unit]})

    @property
    def waiting(self) -> bool:
        """Whether a unit waits for a process."""
        with self._changed:
            return any(self._waiting.values())

    def close(self) -> None:
        """Give no more."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._busy.clear()
            self._changed.notify_all()

    def _chosen(self, process: int) -> str:
        own = self._at_work.get(process, "")
        return own if self._waiting.get(own) else max(filter(self._pays, self._waiting), key=self._share, default="")

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


def _experiment(unit: Unit | None) -> tuple[str, str] | None:
    """What a long call trains."""
    if unit is None or not unit.call:
        return None
    return unit.claim, unit.measures.partition(",")[0].removesuffix(" with a wrong")


class Waiting:
    """Cells that wait for their long calls, and what these gave. A call that several cells wait for is made once."""

    def __init__(self) -> None:
        self._cells = dict[Unit, dict[bytes, Unit]]()
        self._asked, self._told = set[Unit](), dict[Unit, Measured]()
        self._calls = defaultdict[Unit, set[Unit]](set)
        self._rounds = Counter[Unit]()

    def wait(self, cell: Unit, calls: Mapping[bytes, Unit]) -> list[Unit]:
        """Those of its calls that are to be made: the others are made, or on their way."""
        self._rounds[cell] += 1
        self._cells[cell] = {**calls}
        self._calls[cell] |= {*calls.values()}
        new = [call for call in calls.values() if call not in self._asked]
        self._asked |= {*new}
        return new

    def rounds(self, cell: Unit) -> int:
        return self._rounds[cell]

    def told(self, call: Unit, measured: Measured) -> None:
        self._told[call] = measured

    def seconds(self, cell: Unit) -> float:
        """Of the long calls that a cell waited for, those of its own library alone: a reference serves many."""
        return sum(self._told[call].seconds for call in self._calls[cell] if call.backend == cell.backend)

    def ready(self) -> list[Unit]:
        """The cells that wait for nothing more, with what their calls gave; each is given once."""
        found = [cell for cell, calls in self._cells.items() if self._told.keys() >= {*calls.values()}]
        return [
            replace(
                cell, given={**cell.given, **{d: self._told[call].outcome for d, call in self._cells.pop(cell).items()}}
            )
            for cell in found
        ]


class Crew:
    """Judges at work on a queue, each driven by a thread of this process, as many as there are seats. ``done`` is called for each unit as soon as it is computed."""

    def __init__(self, seats: Seats, seconds: Mapping[Unit, float], *, progress: Progress, done: Done) -> None:
        self._seats, self._queue, self._progress, self._done = seats, Queue(seconds), progress, done
        self._tries = defaultdict[Unit, int](int)
        self._stop, self._errors = threading.Event(), list[BaseException]()
        self._threads = list[threading.Thread]()

    def add(self, seconds: Mapping[Unit, float]) -> None:
        """More units, from ``done``."""
        self._queue.add(seconds)
        self._progress.added(dict(seconds))

    def work(self) -> None:
        """Until every unit is computed. Raises KeyboardInterrupt when interrupted, and Gone with the last seat, after every judge has ended."""
        try:
            while not self._stop.is_set():
                for seat in self._seats.new():
                    self._occupy(seat)
                at_work = [thread for thread in self._threads if thread.is_alive()]
                if not at_work and not self._queue.waiting:
                    break
                self._stop.wait(0.2) if not at_work else at_work[0].join(0.2)
        finally:
            self._stop.set()
            self._queue.close()
            self._seats.dismiss()
            # An interruption may come before a thread is started, and a judge start after the others were ended.
            for thread in filter(threading.Thread.is_alive, self._threads):
                thread.join(5)
            self._seats.dismiss()
        if self._errors:
            raise self._errors[0]

    def _occupy(self, seat: Seat) -> None:
        thread = threading.Thread(target=self._drive, args=(len(self._threads), seat), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _drive(self, number: int, seat: Seat) -> None:
        """One judge's thread."""
        try:
            while not self._stop.is_set() and (unit := self._queue.take(number)) is not None:
                self._progress.started(number, unit)
                try:
                    answer = self._asked(seat, unit)
                except Lost:
                    return self._queue.leave(number, unit)
                if self._stop.is_set():
                    return
                if answer is None:
                    self._queue.add({unit: self._queue.seconds[unit]})
                    continue
                self._done(unit, answer)
                if isinstance(answer, str) or not answer.waits:
                    self._progress.finished(number, unit)
        except BaseException as error:
            self._errors.append(error)
            self._stop.set()
            self._queue.close()

    def _asked(self, seat: Seat, unit: Unit) -> Answer | str | None:
        """A judge's answer; why there is none; None where another judge should be asked. Raises Lost with the seat."""
        try:
            return file.unpack(seat.ask(pickle.dumps(unit)), Answer)
        except (Ended, file.BadEvidence) as error:
            seat.dismiss()
            self._tries[unit] += 1
            return None if self._tries[unit] < TRIES else f"the process that judged it ended: {error}"


def lost(why: str) -> Measured:
    """In the place of what a long call would have given: why nothing came of it."""
    return Measured(outcome=codec.encode(("broken", None, why)), broken=True)


def lengths(units: Iterable[Unit], recorded: Mapping[str, float], long: Callable[[str], bool]) -> dict[Unit, float]:
    """Seconds of each unit with its long calls, as recorded by an earlier run, or estimated from its kind."""

    def length(unit: Unit) -> float:
        if unit.name in recorded:
            return sum(parts(unit, recorded).values())
        if unit.call:
            return 2.0
        return 8.0 if long(unit.claim) else 0.5

    return {unit: length(unit) for unit in units}


def parts(unit: Unit, recorded: Mapping[str, float]) -> dict[str, float]:
    """A unit and its long calls, as far as they are recorded."""
    return {
        name: seconds for name, seconds in recorded.items() if name == unit.name or name.startswith(f"{unit.name} ")
    }


class Task(NamedTuple):
    """A unit as it is planned: its name, its library, its seconds, and the names of those that it waits for."""

    name: str
    backend: str
    seconds: float
    after: frozenset[str] = frozenset()

    @property
    def is_cell(self) -> bool:
        return self.name.endswith("]") and not self.name.startswith("mistakes in ")


def foreseen(tasks: Sequence[Task], processes: int) -> float:
    """Seconds until so many processes have computed the tasks: each takes the longest that is ready, of its library if there is one, which it would
    else import first."""
    left, done, now = sorted(tasks, key=lambda task: -task.seconds), set[str](), 0.0
    at_work, busy = dict[int, str](), list[tuple[float, int, Task]]()
    while left or busy:
        idle = {*range(processes)} - {number for _, number, _ in busy}
        while idle and (ready := [task for task in left if task.after <= done]):
            own = [(task, n) for task in ready for n in idle if at_work.get(n) == task.backend]
            task, process = own[0] if own else (ready[0], min(idle))
            starts = 0.0 if own else libraries.declared(task.backend).seconds
            at_work[process] = task.backend
            idle.remove(process)
            left.remove(task)
            heapq.heappush(busy, (now + starts + task.seconds, process, task))
        now, _, task = heapq.heappop(busy)
        done.add(task.name)
    return now
