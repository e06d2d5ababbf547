"""Experiments under way: their calls go to the worker together, and each is resumed with the outcomes that it asked for.

All experiments of a claim advance as one batch and equal calls are made once, so that a wrong costs only the calls in which
it differs from the honest experiment.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..language.claim import Case, Figure, Stated, Timing, Wrong
from ..language.comparison import Comparison
from ..language.defects import Defect
from ..language.outcome import Call, NotAValue, Outcome
from ..record.verdict import Trial, caught
from . import sensitivity
from .workers import Worker


@dataclass
class DefectRun:
    """Whether a record applied to this environment, and whether it reproduced (both halves: it departs, its neighbour does not)."""

    defect: Defect
    applies: bool
    departs: bool = False
    neighbour_holds: bool = False

    @property
    def reproduced(self) -> bool:
        return self.departs and self.neighbour_holds


@dataclass
class Progress:
    """What a progress bar shows: called from the run's threads."""

    started: Callable[[str, str], None] = lambda backend, claim: None
    advanced: Callable[[str, int, int], None] = lambda backend, begun, total: None
    finished: Callable[[str, str], None] = lambda backend, claim: None


@dataclass
class Strand:
    """One experiment under way: a variant of the claim, in one case and dtype."""

    trial: Trial
    case: Case
    generator: Generator[Any, Any, None]
    wrong: Wrong | None
    kept: Mapping[type, dict[str, Any]]
    """Where figures, timings and what is stated go, by their kind."""
    pending: list[Call] | None = None
    single: bool = False

    @property
    def enough(self) -> bool:
        """Whether what was compared so far says it all; of an honest experiment everything is wanted."""
        return False

    def advance(self, answer: Any) -> None:
        """Resume with the outcomes asked for; run on to the next calls or to the end."""
        self.pending = None
        try:
            step = self.generator.send(answer)
            while True:
                if isinstance(step, Call):
                    self.pending, self.single = [self._mutated(step)], True
                    return
                if isinstance(step, list):
                    self.pending, self.single = [self._mutated(c) for c in step], False
                    return
                if isinstance(step, Figure | Stated | Timing):
                    if self.wrong is None and type(step) in self.kept:
                        self.kept[type(step)][step.name] = step.data
                else:
                    self.trial.comparisons.append((self.case.name, self._recorded(step)))
                    if self.enough:
                        self.generator.close()
                        return
                step = self.generator.send(None)
        except StopIteration:
            return
        except NotAValue as stop:
            self.trial.stopped.append((self.case.name, stop.outcome))
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            why = f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
            self.trial.failed.append((self.case.name, why))

    def _mutated(self, call: Call) -> Call:
        if not isinstance(call, Call):
            raise TypeError(f"an experiment yielded a list with {call!r}; lists hold calls")
        mutant = self.wrong.operations.get(call.name) if self.wrong else None
        return call.mutated_by(mutant) if mutant else call

    def _recorded(self, step: Any) -> Comparison:
        if not isinstance(step, Comparison):
            raise TypeError(
                f"an experiment yielded {step!r}; it yields calls, comparisons, figures, timings and what is stated"
            )
        if step.made and not step.agrees and not step.defect and not step.must_fail:
            return replace(step, defect=self.case.defect_of(step.call))
        if step.made and step.agrees and step.kind != "fact" and not step.geometries and not step.must_fail:
            return replace(step, spared=self.case.defect_of(step.call))
        return step


@dataclass
class Blundering(Strand):
    """The honest experiment in a world in which the library makes one mistake wherever it can."""

    blunder: sensitivity.Blunder | None = None
    made: int = 0

    @property
    def enough(self) -> bool:
        """One comparison that refutes the library is enough."""
        _, last = self.trial.comparisons[-1]
        return last.made and not last.agrees and not last.defect

    @property
    def sight(self) -> sensitivity.Sight:
        """A library that makes the blunder would be refuted: by a value, or by a shape, which is enough to see it."""
        if caught(self.trial, about_shapes=True):
            return "seen"
        if self.trial.stopped or self.trial.failed or any(not c.made for _, c in self.trial.comparisons):
            return "stopped"
        return "blind" if self.made else "cannot be made"

    def _mutated(self, call: Call) -> Call:
        mutant, room = self.blunder.mutant(call) if self.blunder else (None, False)
        self.made += room
        return call.mutated_by(mutant) if mutant else call


def drive(
    strands: list[Strand], worker: Worker, backend: str, defects: Sequence[DefectRun], progress: Progress
) -> None:
    """Advance all strands together until each has ended; equal calls are made once."""
    known: dict[bytes, Outcome] = {}
    for strand in strands:
        strand.advance(None)
    while active := [s for s in strands if s.pending is not None]:
        calls = {c.digest: c for s in active for c in s.pending or () if c.digest not in known}
        known.update(zip(calls, _watched(worker, list(calls.values()), backend, progress), strict=True))
        if worker.interrupted:
            return
        for strand in active:
            answers = [known[c.digest].of(c) for c in strand.pending or ()]
            strand.trial.asked[strand.case.name] |= {
                c.operation for c in strand.pending or () if isinstance(c.operation, str)
            }
            for defect in defects if strand.wrong is None else ():
                if touched := sum(defect.defect.touches(a.call) for a in answers):
                    strand.trial.touched[defect.defect.id] += touched
            strand.trial.unsupported |= {a.call.name for a in answers if a.kind == "unsupported" and a.call}
            strand.advance(answers[0] if strand.single else answers)


def _watched(worker: Worker, calls: list[Call], backend: str, progress: Progress) -> list[Outcome]:
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.2):
            progress.advanced(backend, worker.begun, len(calls))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        return worker.run(calls)
    finally:
        done.set()
        watcher.join()
