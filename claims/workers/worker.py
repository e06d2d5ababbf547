"""The parent's handle on one library's process.

What is added to the process is *which call* was at fault: answers come one by one, so a crash or a hang costs exactly the call that was not
answered, and a fresh process goes on with the rest.
"""

from __future__ import annotations

import itertools
import math
import os
import pickle
import sys
import time
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any, get_args

import psutil

from ..language.outcome import Call, Kind, Outcome
from . import codec, library
from .library import PINNED
from .process import Ended, Process

START_LIMIT = 180.0
"""Seconds for the import of a library."""
SHARE = 0.8
"""Of the machine's memory that one worker may use, unless told otherwise: enough for any library, and the machine stands."""
LOSSES = 5
"""How many crashes or hangs one experiment may cost before the rest of it is given up."""
KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}

Modules = Sequence[tuple[str, str]]
"""(name, file) of the modules of a user's own lecture: functions are sent by name, so their modules must exist in the process too."""


class Worker:
    """``run`` sends calls, in order, and returns an outcome for each. timeout: seconds for one call; memory: bytes, by default a share of the machine's."""

    def __init__(self, backend: str, *, timeout: float, modules: Modules = (), memory: float | None = None) -> None:
        self.backend, self.timeout, self.modules = backend, timeout, modules
        self.memory = memory or SHARE * psutil.virtual_memory().total
        self.import_seconds, self.debug = 0.0, False
        self._process: Process | None = None
        self._dead = ""

    def start(self) -> dict[str, Any]:
        """Import the library in its process; its environment, or ``{"error": …}`` where it is broken."""
        begin = time.monotonic()
        try:
            self._process = Process(library.__name__, environment=PINNED, memory=self.memory)
            wanted = (sys.path, tuple(self.modules), self.backend)
            self._process.send(pickle.dumps(wanted), timeout=START_LIMIT)
            facts = codec.decode(self._process.receive(timeout=START_LIMIT))
        except (Ended, ValueError, OSError) as error:
            facts = {"error": str(error)}
        self.import_seconds = time.monotonic() - begin
        if "error" in facts:
            self._end()
            self._dead = f"the library could not be started: {facts['error']}"
            return {"error": self._dead}
        return facts

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        packed = [_packed(call) for call in calls]
        outcomes = {i: data for i, data in enumerate(packed) if isinstance(data, Outcome)}
        alone, losses = set[int](), 0
        while todo := [i for i in range(len(calls)) if i not in outcomes]:
            if self._dead or losses == LOSSES:
                why = self._dead or f"not run: {losses} calls of this experiment crashed or hung already"
                outcomes |= dict.fromkeys(todo, Outcome("broken", error=why))
            elif self._process is None:  # importing the library once more must not use up the calls' time
                self.start()
            else:
                together = todo[:1] if todo[0] in alone else [*itertools.takewhile(lambda i: i not in alone, todo)]
                losses += self._made(together, [packed[i] for i in together], outcomes, alone)
        return [outcomes[i] for i in range(len(calls))]

    def _made(
        self, numbers: Sequence[int], packed: Sequence[Any], outcomes: dict[int, Outcome], alone: set[int]
    ) -> bool:
        """Have calls made; whether the process was lost.

        Answers after which nobody looked at the process wait until somebody did: where it was left otherwise meanwhile, or lost, their calls are
        made again, each alone, so that it is known which one did it.
        """
        waiting = dict[int, Outcome]()
        try:
            for number, (outcome, state) in zip(numbers, self._answers(packed), strict=False):
                waiting[number] = outcome
                if state == library.UNSEEN:
                    continue
                if state and len(waiting) == 1:
                    waiting[number] = Outcome("broken", error=f"left its process otherwise: {state}")
                if not state or len(waiting) == 1:
                    outcomes |= waiting
                    waiting.clear()
                if state:
                    self._end()
                    return False
        except Ended as end:
            lost = next(i for i in numbers if i not in outcomes and i not in waiting)
            outcomes[lost] = Outcome("broken", error=self._dead or str(end))
            self._end()
            return True
        finally:
            alone.update(waiting)
        return False

    def _answers(self, packed: Sequence[bytes]) -> Iterator[tuple[Outcome, str]]:
        """The outcomes of calls as they come, each with what its process was found to be left otherwise in. Raises Ended with the process."""
        assert self._process is not None
        self._process.send(pickle.dumps(packed), timeout=self.timeout)
        for left in reversed(range(len(packed))):
            yield _unpacked(self._process.receive(timeout=self.timeout, others=left > 0))

    def close(self) -> None:
        self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None


def _packed(call: Call) -> bytes | Outcome:
    """Packed one by one: what cannot be sent costs its own call, no other."""
    try:
        return call.packed
    except Exception as error:
        return Outcome("broken", error=f"the call cannot be sent: {library.line(error)}")


def _unpacked(data: bytes) -> tuple[Outcome, str]:
    """An answer, and in what the process is not as it was before. Raises Ended where it is none."""
    try:
        state, answer = codec.decode(data)
        kind, content, error = codec.decode(answer)
        return Outcome(KINDS[kind], content, str(error)), str(state)
    except (ValueError, TypeError, KeyError) as error:
        raise Ended(f"no answer: {library.line(error)}") from None


class InProcess:
    """A library in this very process, for a debugger: no time limit, no protection from a crash."""

    def __init__(self, backend: str, *, timeout: float = 0, modules: Modules = (), memory: float | None = None) -> None:
        self.backend, self.debug, self.timeout = backend, True, math.inf
        self._library: ModuleType | None = None
        self._before: dict[str, str | None] = {}
        self.import_seconds = 0.0

    def start(self) -> dict[str, Any]:
        """Import the library; raises what the import raises."""
        begin = time.monotonic()
        self._before = {name: os.environ.get(name) for name in PINNED}
        os.environ.update(PINNED)
        self._library = library.imported(self.backend)
        self.import_seconds = time.monotonic() - begin
        return self._library.environment()

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        assert self._library is not None, "start() comes first"
        return [library.made(self._library, call, self.backend, debug=True) for call in calls]

    def close(self) -> None:
        """Give the environment back."""
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
