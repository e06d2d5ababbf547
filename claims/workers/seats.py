"""Where judges sit: each seat has one, which is started when it is first asked, and again after it ended."""

from __future__ import annotations

import math
import threading
from typing import Protocol

from .library import PINNED
from .process import Ended, Process

FOREVER = 1e9
"""A judge limits its library's time itself."""


LEAVE = 5.0
"""Seconds in which a thread leaves whose judge was ended."""


class Lost(Exception):
    """The seat is gone, through no fault of what was asked there."""


class Seat(Protocol):
    def ask(self, message: bytes) -> bytes:
        """The judge's answer. Raises Ended where the judge died of it, and Lost where the seat is gone with it."""
        ...

    def dismiss(self) -> None:
        """End the judge, also while it is asked."""


class Seats(Protocol):
    def new(self) -> list[Seat]:
        """Those that came since the last call. Raises Gone where there will be none."""
        ...

    def dismiss(self) -> None:
        """End every judge. All seats count as new then."""

    def close(self) -> None:
        """Nothing more will be asked."""


class Gone(Exception):
    """No seat is left, nor will one come; the message says whose."""


class Here:
    """A seat on this machine. module, begin: what its judge runs, and the first message that it is sent."""

    def __init__(self, module: str, begin: bytes) -> None:
        self.module, self.begin = module, begin
        self._judge: Process | None = None
        self._asked, self._ending = threading.RLock(), threading.Lock()

    def ask(self, message: bytes) -> bytes:
        with self._asked:
            try:
                judge = self._started()
                judge.send(message, timeout=FOREVER)
                return judge.receive(timeout=FOREVER)
            except (Ended, OSError) as error:
                self.dismiss()
                raise Ended(str(error)) from None

    def _started(self) -> Process:
        with self._ending:
            if self._judge is not None:
                return self._judge
            self._judge = Process(self.module, environment=PINNED, memory=math.inf, processes=math.inf)
        self._judge.send(self.begin, timeout=FOREVER)
        return self._judge

    def dismiss(self) -> None:
        with self._ending:
            if self._judge is not None:
                self._judge.end()
        if self._asked.acquire(timeout=LEAVE):  # whoever waited for its answer is told, and leaves
            with self._ending:
                if self._judge is not None:
                    self._judge.close()
                    self._judge = None
            self._asked.release()


class OnThisMachine:
    """So many seats here."""

    def __init__(self, module: str, begin: bytes, *, number: int) -> None:
        self._seats = [Here(module, begin) for _ in range(number)]
        self._new: list[Seat] = [*self._seats]

    def new(self) -> list[Seat]:
        came, self._new = self._new, []
        return came

    def dismiss(self) -> None:
        for seat in self._seats:
            seat.dismiss()
        self._new = [*self._seats]

    def close(self) -> None:
        self.dismiss()
