"""What runs in a library's process: imports the library, makes calls, answers in data."""

from __future__ import annotations

import json
import os
import pickle
import resource
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ...reference import libraries
from ..language.outcome import Call, Outcome
from ..record.file import plain
from . import codec, modules
from .process import opened

PINNED = {**libraries.ENVIRONMENT, "PYTHONHASHSEED": "0"}
"""One thread, so that a run repeats bit for bit and workers do not fight over cores. These variables must be in the environment before NumPy or a
framework is first imported, so they are given to the process when it starts."""


UNWATCHED = 0.005
"""Seconds of calls between two looks at what they share: looking takes as long as some ten small calls."""
UNSEEN = "?"
"""Sent with an answer after which nobody looked."""


def main() -> None:
    """Answer requests until the parent goes: first what to import, then calls."""
    channel = opened()
    path, own, backend = pickle.loads(channel.receive())
    sys.path[:] = path
    library, facts = started(backend, own)
    channel.send(codec.encode(facts))
    before = shared()
    while True:
        calls, looked = pickle.loads(channel.receive()), time.monotonic()
        for left, packed in zip(reversed(range(len(calls))), calls, strict=True):
            channel.forget_chatter()
            answer, state = _answered(library, packed, backend), UNSEEN
            if not left or time.monotonic() - looked > UNWATCHED:
                after, looked = shared(), time.monotonic()
                state = ", ".join(name for name in before if before[name] != after[name])
            channel.send(codec.encode((state, answer)))


def imported(backend: str) -> ModuleType:
    """The library, with its settings made."""
    library = libraries.load(backend)
    library.configure()
    return library


def started(backend: str, own: Sequence[tuple[str, str]]) -> tuple[ModuleType | None, dict[str, Any]]:
    """The library and what it says of itself; ``{"error": …}`` where it cannot be imported."""
    try:
        for name, file in own:
            modules.load(name, Path(file))
        library = imported(backend)
        facts = {**library.environment(), "process": {name: os.environ.get(name) for name in PINNED}}
        return library, json.loads(json.dumps(plain(facts)))
    except BaseException as error:
        return None, {"error": f"{type(error).__name__}: {line(error)}"}


def shared() -> dict[str, object]:
    """What the calls of a process share, so that none may leave it otherwise: a later one, of another claim, would answer otherwise."""
    return {name: _told(fact) for name, fact in SHARED.items()}


def _told(fact: Callable[[], object]) -> object:
    try:
        return fact()
    except Exception as error:
        return type(error)


def _rounds_to_nearest() -> bool:
    eps = sys.float_info.epsilon
    return 1 + eps / 2 == 1 and 1 + 3 * eps / 4 > 1 and -1 - eps / 2 == -1


VARIABLES = [*os.environ]  # frameworks add some of their own
FUNCTIONS = [name for name, value in vars(np).items() if callable(value)]
LIMITS = [value for name, value in vars(resource).items() if name.startswith("RLIMIT_")]
SHARED: dict[str, Callable[[], object]] = {
    "subnormal numbers": lambda: sys.float_info.min / 2 > 0,
    "rounding to nearest": _rounds_to_nearest,
    "how NumPy tells errors": np.geterr,
    "NumPy's functions": lambda: [*map(id, map(vars(np).get, FUNCTIONS))],
    "warnings as errors": lambda: [what for what in warnings.filters if what[0] == "error"],
    "recursion limit": sys.getrecursionlimit,
    "sys.path": lambda: [*sys.path],
    "environment variables": lambda: [*map(os.environ.get, VARIABLES)],
    "current folder": os.getcwd,
    "standard streams": lambda: [sys.stdout is None, sys.stderr is None, *(os.fstat(n).st_ino for n in range(3))],
    "limits of the process": lambda: [resource.getrlimit(which) for which in LIMITS],
    "a timer": lambda: signal.getitimer(signal.ITIMER_REAL)[0] > 0,
}


def _answered(library: ModuleType | None, packed: bytes, backend: str) -> bytes:
    """The answer in bytes; where it cannot be sent, that is the answer."""
    try:
        outcome = made(library, Call.unpacked(packed), backend)
        return codec.encode((outcome.kind, outcome.content, outcome.error))
    except BaseException as error:
        return codec.encode(("broken", None, f"no answer: {line(error)}"))


def made(library: ModuleType | None, call: Call, backend: str, *, debug: bool = False) -> Outcome:
    """The outcome of a call. A call that changes its arguments is at fault: later calls share them.

    debug: print the traceback of what a library of the user's own raises.
    """
    inputs = {name: a for name, a in call.arguments.items() if isinstance(a, np.ndarray)}
    for array in inputs.values():
        array.flags.writeable = False
    before = {name: a.tobytes() for name, a in inputs.items()}
    outcome = _made(library, call, backend, debug=debug)
    changed = [name for name, a in inputs.items() if a.tobytes() != before[name]]
    return Outcome("raised", error=f"changed its argument {changed[0]}") if changed else outcome


def _made(library: ModuleType | None, call: Call, backend: str, *, debug: bool) -> Outcome:
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
        return Outcome("unsupported", error=line(reason))
    except BaseException as error:  # whatever a library raises is an observation, even that it wants to leave
        if debug and isinstance(error, KeyboardInterrupt):
            raise  # it is the user's: this is the user's process
        if debug and backend.endswith(".py"):
            traceback.print_exception(error)
        return Outcome("raised", error=f"{type(error).__name__}: {line(error)}")
    return Outcome("value", value)


def line(error: BaseException) -> str:
    """An error's message in one line that UTF-8 can hold."""
    try:
        return " ".join(str(error).split())[:300].encode(errors="backslashreplace").decode()
    except BaseException:
        return "its message cannot be told"


if __name__ == "__main__":
    main()
