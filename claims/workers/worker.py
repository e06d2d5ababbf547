"""The parent's handle on one library's process.

What is added to the process is *which call* was at fault: answers come one by one, so a crash or a hang costs exactly the call that was not
answered, and a fresh process goes on with the rest.
"""

from __future__ import annotations

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
        outcomes: list[Outcome] = []
        losses = 0
        while len(outcomes) < len(calls):
            if self._dead or losses == LOSSES:
                why = self._dead or f"not run: {losses} calls of this experiment crashed or hung already"
                return outcomes + [Outcome("broken", error=why)] * (len(calls) - len(outcomes))
            if self._process is None:  # importing the library once more must not use up the calls' time
                self.start()
                continue
            try:
                for outcome in self._answers(calls[len(outcomes) :]):
                    outcomes.append(outcome)  # one by one: an answer that is here survives the process
            except Ended as end:
                outcomes.append(Outcome("broken", error=self._dead or str(end)))
                losses += 1
                self._end()
        return outcomes

    def _answers(self, calls: Sequence[Call]) -> Iterator[Outcome]:
        """The outcomes of calls as they come, up to one after which the process must be another. Raises Ended with the process."""
        assert self._process is not None
        packed = [_packed(call) for call in calls]
        self._process.send(pickle.dumps([data for data in packed if isinstance(data, bytes)]), timeout=self.timeout)
        last = len(packed) - 1
        for number, data in enumerate(packed):
            if isinstance(data, Outcome):
                yield data
                continue
            outcome, steady = _unpacked(self._process.receive(timeout=self.timeout, others=number < last))
            yield outcome
            if not steady:
                return self._end()

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


def _unpacked(data: bytes) -> tuple[Outcome, bool]:
    """An answer, and whether the process is as it was before it. Raises Ended where it is none."""
    try:
        kind, error, content, steady = codec.decode(data)
        return Outcome(KINDS[kind], content, str(error)), bool(steady)
    except (ValueError, TypeError, KeyError) as error:
        raise Ended(f"no answer: {library.line(error)}") from None


class InProcess:
    """A library in this very process, for a debugger: no time limit, no protection from a crash."""

    def __init__(self, backend: str, *, timeout: float = 0, modules: Modules = (), memory: float | None = None) -> None:
        self.backend, self.debug = backend, True
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
