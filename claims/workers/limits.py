"""What a run may be told about time."""

from __future__ import annotations

import itertools
import math
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ...reference.refusal import Refused

TIMEOUT = 300.0
"""Seconds for one call of a library, unless told otherwise."""
SHORTEST, LONGEST = 0.001, 86_400.0
"""Of what may be told."""


def seconds(timeout: float) -> float:
    """The time limit, where it is one. Raises Refused otherwise, for NaN too."""
    if not SHORTEST <= timeout <= LONGEST:
        raise Refused(f"timeout={timeout:g}: expected seconds, {SHORTEST:g} to {LONGEST:g}; the default is {TIMEOUT:g}")
    return timeout


class Late(TimeoutError):
    """The clock's, so that a TimeoutError of somebody else is not taken for it."""


AGAIN, OFTEN = 1.0, 5
"""Seconds after which code that swallowed the error gets it once more, and how often before its process is ended."""


@contextmanager
def within(limit: float) -> Iterator[None]:
    """Raise Late in what runs here and has not ended by then. Without a limit where that is infinite, and in other threads than the first."""
    if math.isinf(limit) or threading.current_thread() is not threading.main_thread():
        yield
        return

    told = itertools.count()

    def late(number: int, frame: FrameType | None) -> None:
        if next(told) == OFTEN:
            os.kill(os.getpid(), signal.SIGKILL)
        raise Late(f"no step within {limit:g} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, limit, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
