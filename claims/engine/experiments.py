"""Experiments under way: their calls go to the worker together, and each is resumed with the outcomes that it asked for.

All experiments of a claim advance as one batch and equal calls are made once, so that a wrong costs only the calls in which
it differs from the honest experiment.
"""

from __future__ import annotations

import difflib
import math
import traceback
from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ...reference.operators import catalogue
from ..language.case import Case
from ..language.claim import Kept, Wrong
from ..language.comparison import Comparison
from ..language.outcome import Call, NotAValue, Outcome
from ..record.types import Fact, Stopped, Sweep
from ..workers import limits
from ..workers.library import line
from .ran import DefectRun, Variant

REMEMBERED = 20_000
"""Outcomes, beyond which all are forgotten, and equal calls made again: a sweep of a million geometries has as many."""


class Caller(Protocol):
    """What makes calls: a library's own process, or this one."""

    def run(self, calls: Sequence[Call]) -> list[Outcome]: ...


@dataclass
class Experiment:
    """One experiment under way: a variant of the claim, in one case and dtype.

    kept: where figures, timings and what is stated go, by their kind; known: the names of all operations, empty where any may be asked for;
    seconds: how long its own code may take from one answer to the next calls.
    """

    variant: Variant
    case: Case
    generator: Generator[Any, Any, None]
    wrong: Wrong | None
    kept: Mapping[type, dict[str, Any]]
    pending: list[Call] | None = None
    single: bool = False
    debug: bool = False
    known: Collection[str] = ()
    seconds: float = math.inf
    hung: bool = False

    @property
    def enough(self) -> bool:
        """Whether what was compared so far says it all; of an honest experiment everything is wanted."""
        return False

    def advance(self, answer: Any) -> None:
        """Resume with the outcomes asked for; run on to the next calls or to the end."""
        self.pending = None
        try:
            with limits.within(self.seconds):
                self._advance(answer)
        except StopIteration:
            return
        except NotAValue as stop:
            self._stop(stop.outcome.kind, stop.outcome.error)
        except limits.Late as late:  # it may be that of a busy machine, so that it is no answer to keep
            self.hung = True
            self.give_up(f"{line(late)} ({_place(late)})")
        except BaseException as error:  # also one that would end this process, and with it the cells of other claims
            if self.debug:
                raise
            why = f"{type(error).__name__}: {line(error)} ({_place(error)})"
            self._stop("error", why, "".join(traceback.format_exception(error)))

    def give_up(self, why: str) -> None:
        self.pending = None
        self._stop("broken", why)

    def _advance(self, answer: Any) -> None:
        step = self._resumed(answer)
        while not isinstance(step, Call | list):
            self._keep(step)
            if self.enough:
                self.generator.close()
                return
            step = self.generator.send(None)
        self.single = isinstance(step, Call)
        self.pending = [self._sendable(self._mutated(call)) for call in ([step] if isinstance(step, Call) else step)]

    def misnames(self, answer: Outcome) -> bool:
        """Whether what was asked for is an operation of no library at all: a mistake of the claim, not a gap of this library."""
        call = answer.call
        if answer.kind != "unsupported" or call is None or call.mutant is not None or not self.known:
            return False
        return isinstance(call.operation, str) and call.operation not in self.known

    def _resumed(self, answer: Any) -> Any:
        """The next step; a misnamed operation is an error at the step that asked for it."""
        for outcome in answer if isinstance(answer, list) else [answer]:
            if outcome is not None and self.misnames(outcome):
                name = outcome.call.name
                same = [one.name for one in catalogue.OPERATIONS.values() if name in one.aliases]
                near = same or difflib.get_close_matches(name, self.known, n=1)
                way_out = f"did you mean {near[0]!r}?" if near else "give the file that has it, with --backend"
                return self.generator.throw(
                    ValueError(f"operation={name!r}: no library has an operation of this name; {way_out}")
                )
        return self.generator.send(answer)

    def _keep(self, step: Any) -> None:
        if isinstance(step, Kept):
            if self.wrong is None and type(step) in self.kept:
                self.kept[type(step)][step.name] = step.data
        elif isinstance(step, Comparison):
            self.variant.comparisons.append(self._recorded(step))
        else:
            expected = "it yields calls, comparisons, figures, timings and what is stated"
            raise TypeError(f"an experiment yielded {step!r}; {expected}")

    def _stop(self, outcome: Any, why: str, trace: str = "") -> None:
        row = Stopped(
            label="the experiment stopped",
            case=self.case.name,
            agrees=False,
            made=False,
            outcome=outcome,
            elements=0,
            note=why,
            traceback=trace,
        )
        self.variant.comparisons.append(Comparison(row))

    def _mutated(self, call: Call) -> Call:
        if not isinstance(call, Call):
            raise TypeError(f"an experiment yielded a list with {call!r}; lists hold calls")
        mutant = self.wrong.operations.get(call.name) if self.wrong else None
        return call.mutated_by(mutant) if mutant else call

    def _sendable(self, call: Call) -> Call:
        """A call that can cross to a library's process; another one is an error at the step that asked for it."""
        try:
            _ = call.digest
        except Exception as error:
            way_out = "give arrays and plain values, and functions from the top of a module"
            unsendable = TypeError(f"{call.name}: cannot be sent to a library: {line(error)}; {way_out}")
            self.generator.throw(unsendable)
            raise unsendable from None  # where the experiment went on
        return call

    def _recorded(self, step: Comparison) -> Comparison:
        """With its case, and the recorded defect that covers it or is spared by it."""
        row, found = step.row, step.but(case=self.case.name)
        if row.must_fail:
            return found
        if step.departs and not row.defect:
            return found.but(defect=self.case.defect_of(step.call))
        if step.holds and not isinstance(row, Fact | Sweep):
            return found.but(spared=self.case.defect_of(step.call))
        return found


def _place(error: BaseException) -> str:
    """The last line on the way to an error that is not the clock's."""
    places = [one for one in traceback.extract_tb(error.__traceback__) if one.filename != limits.__file__]
    return f"{Path(places[-1].filename).name}:{places[-1].lineno}"


def advance_all(
    experiments: Sequence[Experiment],
    caller: Caller,
    defects: Sequence[DefectRun],
    *,
    given: Mapping[bytes, Outcome] = {},
) -> None:
    """Advance all experiments together until each has ended; equal calls are made once, and not those whose outcomes are given."""
    known = dict[bytes, Outcome]()
    for experiment in experiments:
        _advance(experiment, None, experiments)
    while active := [e for e in experiments if e.pending is not None]:
        if len(known) > REMEMBERED:
            known.clear()
        known |= given
        calls = {c.digest: c for e in active for c in e.pending or () if c.digest not in known}
        known.update(zip(calls, caller.run([*calls.values()]), strict=True))
        for experiment in active:
            answers = [known[c.digest].of(c) for c in experiment.pending or ()]
            _note(experiment, answers, defects)
            _advance(experiment, answers[0] if experiment.single else answers, experiments)


def _advance(experiment: Experiment, answer: Any, together: Sequence[Experiment]) -> None:
    """Advance one of several; where one of them hung, the others would hang as long."""
    if any(one.hung for one in together):
        experiment.give_up("not run: another experiment of this cell hung")
    else:
        experiment.advance(answer)


def _note(experiment: Experiment, answers: Sequence[Outcome], defects: Sequence[DefectRun]) -> None:
    """Which operations were asked for, which the library lacks, and which calls lie within a recorded defect."""
    variant = experiment.variant
    calls = [a.call for a in answers if a.call is not None]
    variant.asked[experiment.case.name] |= {c.operation for c in calls if isinstance(c.operation, str)}
    lacking = (a for a in answers if a.kind == "unsupported" and not experiment.misnames(a))
    variant.unsupported |= {a.call.name for a in lacking if a.call}
    for defect in defects if experiment.wrong is None else ():
        if touched := sum(defect.defect.touches(call) for call in calls):
            variant.touched[defect.defect.id] += touched
