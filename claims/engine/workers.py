"""One spawned process for each library, with pinned threads, silenced chatter and a time limit for each experiment.

The pool is Pebble's: it kills a worker that overruns and replaces one that dies. What is added here is *which call* was
at fault: the worker counts the calls it has begun in shared memory, so a crash or a hang costs exactly that call, and
the rest of the batch is run again by a fresh worker.
"""

from __future__ import annotations

import functools
import hashlib
import multiprocessing
import os
import pickle
import signal
import tempfile
import threading
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future, TimeoutError
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from pebble import ProcessExpired, ProcessPool

from ...reference import libraries
from ..language.outcome import Call, Outcome
from . import lecture

# Fewer threads than these variables' defaults, so that a run repeats bit for bit and two workers do not fight over two
# cores. They must be in the environment before NumPy or a framework is first imported, which is in the spawned worker.
PINNED = {**libraries.ENVIRONMENT, "PYTHONHASHSEED": "0"}
START_LIMIT = 180.0
INTERRUPTED = "interrupted"
LOSSES = 5
"""How many crashes or hangs one experiment may cost before the rest of it is given up."""


_pins, _before, _pin_lock = 0, dict[str, str | None](), threading.Lock()


def _pin() -> None:
    """Set the variables for the workers to come; the caller's own environment is given back when the last is closed."""
    global _pins
    with _pin_lock:
        if not _pins:
            _before.update({name: os.environ.get(name) for name in PINNED})
        _pins += 1
        os.environ.update(PINNED)


def _unpin() -> None:
    global _pins
    with _pin_lock:
        _pins -= 1
        for name, value in _before.items() if not _pins else ():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class Worker:
    """The parent's handle on one library's process: ``run`` sends calls, in order, and returns an outcome for each."""

    def __init__(self, backend: str, *, timeout: float, lecture_folder: Path | None = None) -> None:
        self.backend, self.timeout, self.import_seconds = backend, timeout, 0.0
        self.debug = False
        self._log = tempfile.NamedTemporaryFile(prefix="lecture-claims-", suffix=".log")  # noqa: SIM115, closed in close()
        context = multiprocessing.get_context("spawn")  # fork after use hangs torch and TensorFlow
        self._begun = context.Value("q", 0)
        _pin()
        self._pool = ProcessPool(
            max_workers=1,
            context=context,
            initializer=_initialise,
            initargs=(backend, str(lecture_folder or ""), self._log.name, self._begun),
        )
        self._up, self._dead = False, ""
        self._asked: Future[Any] | None = None

    def start(self) -> dict[str, Any]:
        """Import the library in its process; its environment, or ``{"error": …}`` where it is broken."""
        begin = time.monotonic()
        answer = self._schedule(_describe, [], START_LIMIT)
        self.import_seconds = time.monotonic() - begin
        facts = answer if isinstance(answer, str) else _unpacked(answer[0])
        if not isinstance(facts, dict):
            self._dead = f"the library could not be started: {facts.error if isinstance(facts, Outcome) else facts}"
            return {"error": self._dead}
        self._up = True
        return facts

    @property
    def begun(self) -> int:
        """How many calls of the present batch the worker has begun: for a progress bar."""
        return int(self._begun.value)

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        todo = list(range(len(calls)))
        losses = 0
        while todo:
            if self._dead or losses == LOSSES:
                why = self._dead or f"not run: {losses} calls of this experiment crashed or hung already"
                outcomes.update({i: Outcome("broken", error=why) for i in todo})
                break
            if not self._up:  # importing the library once more must not use up the calls' time
                self.start()
                continue
            self._begun.value = 0
            answer = self._schedule(_execute, [[calls[i] for i in todo]], self.timeout)
            if not isinstance(answer, str):
                outcomes.update(zip(todo, map(_unpacked, answer), strict=True))
                break
            culprit = todo[max(0, self.begun - 1)]
            outcomes[culprit] = Outcome("broken", error=answer)
            todo.remove(culprit)
            losses += 1
            self._up = False
        return [outcomes[i] for i in range(len(calls))]

    def _schedule(self, function: Any, arguments: list[Any], timeout: float) -> list[bytes] | str:
        """The task's packed results, or one line saying why there are none."""
        try:
            self._asked = self._pool.schedule(function, args=arguments, timeout=timeout)
            return self._asked.result()
        except TimeoutError:
            return f"timed out: no answer within {timeout:g} s, the worker was ended"
        except ProcessExpired as death:
            tail = " ".join(self._tail().split())[-200:]
            return f"the worker died (exit code {death.exitcode})" + (f": {tail}" if tail else "")
        except CancelledError:
            return self._dead or "the worker was stopped"
        except Exception as error:  # calls that cannot be sent
            return f"no answer: {type(error).__name__}: {_line(error)}"

    def _tail(self) -> str:
        with suppress(OSError):
            return Path(self._log.name).read_text(errors="replace")[-2000:]
        return ""

    def give_up(self) -> None:
        """End the process now, from another thread: what it was asked comes back as broken."""
        self._dead = INTERRUPTED
        if self._asked is not None:
            self._asked.cancel()

    @property
    def interrupted(self) -> bool:
        return self._dead == INTERRUPTED

    def close(self) -> None:
        self._pool.stop()
        self._pool.join()
        self._log.close()
        _unpin()


class InProcess:
    """A library in this very process, for a debugger: no time limit, no protection from a crash."""

    def __init__(self, backend: str, *, timeout: float = 0, lecture_folder: Path | None = None) -> None:
        self.backend, self.debug, self.interrupted, self.begun = backend, True, False, 0
        self._library: ModuleType | None = None
        self.import_seconds = 0.0
        _pin()

    def start(self) -> dict[str, Any]:
        """Import the library; raises what the import raises."""
        begin = time.monotonic()
        self._library = libraries.load(self.backend)
        self._library.configure()
        self.import_seconds = time.monotonic() - begin
        return self._library.environment()

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        assert self._library is not None, "start() comes first"
        outcomes = []
        for self.begun, call in enumerate(calls, 1):
            outcomes.append(_one(self._library, call, self.backend, debug=True))
        return outcomes

    def give_up(self) -> None:
        self.interrupted = True

    def close(self) -> None:
        _unpin()


def _unpacked(answer: bytes) -> Any:
    """Unpacked one by one: an object of a class that only the library's process knows costs its own call, no other."""
    try:
        return pickle.loads(answer)
    except Exception as error:
        return Outcome("broken", error=f"no answer: {type(error).__name__}: {_line(error)}")


# --- what runs in the worker -------------------------------------------------------------------------------------------

_name = ""
_counter: Any = None


def _initialise(backend: str, lecture_folder: str, log: str, begun: Any) -> None:
    global _name, _counter
    _name, _counter = backend, begun
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides what to keep
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND)
    for stream in (1, 2):  # the frameworks' C++ writes to the descriptors, past sys.stderr
        os.dup2(descriptor, stream)
    # Functions of a user's own lecture are sent by name: their modules must exist here too.
    if lecture_folder and Path(lecture_folder) != lecture.OWN:
        lecture.sections(Path(lecture_folder))


@functools.cache
def _library() -> ModuleType:
    library = libraries.load(_name)
    library.configure()
    return library


def _describe() -> list[bytes]:
    try:
        facts = {**_library().environment(), "process": {k: os.environ.get(k) for k in PINNED}}
    except (Exception, SystemExit) as error:
        facts = Outcome("broken", error=f"{type(error).__name__}: {_line(error)}")
    return [_packed(facts)]


def _execute(calls: list[Call]) -> list[bytes]:
    library = _library()
    outcomes = []
    for i, call in enumerate(calls):
        _counter.value = i + 1
        outcomes.append(_packed(_one(library, call, _name)))
    return outcomes


def _packed(answer: Any) -> bytes:
    """Packed here, where it is known whose answer cannot be sent."""
    try:
        return pickle.dumps(answer, protocol=5)
    except Exception as error:
        return pickle.dumps(Outcome("broken", error=f"no answer: {type(error).__name__}: {_line(error)}"))


def _one(library: ModuleType, call: Call, backend: str, *, debug: bool = False) -> Outcome:
    before = _inputs(call)  # unpickled arrays can be written to, and later calls share them
    outcome = _made(library, call, backend, debug=debug)
    changed = [name for name, digest in _inputs(call).items() if digest != before[name]]
    return Outcome("raised", error=f"changed its argument {changed[0]}") if changed else outcome


def _inputs(call: Call) -> dict[str, bytes]:
    arrays = {name: a for name, a in call.arguments.items() if isinstance(a, np.ndarray)}
    for array in arrays.values():
        array.flags.writeable = False
    return {name: hashlib.blake2b(a.tobytes(), digest_size=8).digest() for name, a in arrays.items()}


def _made(library: ModuleType, call: Call, backend: str, *, debug: bool) -> Outcome:
    try:
        if call.mutant is not None:
            value = call.mutant(library, **call.arguments)
        elif callable(call.operation):
            value = call.operation(library, **call.arguments)
        else:
            operation = getattr(library, call.operation, None)
            if operation is None:
                return Outcome("unsupported", error=f"{libraries.label(backend)} has no operation {call.operation}")
            value = operation(**call.arguments)
    except libraries.Unsupported as reason:
        return Outcome("unsupported", error=_line(reason))
    except (Exception, SystemExit) as error:  # whatever a library raises is an observation, even that it wants to leave
        if debug and backend.endswith(".py"):
            traceback.print_exception(error)
        return Outcome("raised", error=f"{type(error).__name__}: {_line(error)}")
    return Outcome("value", value)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]
