"""A process that computes units, one after another: it compares, and a library's process of its own makes the calls."""

from __future__ import annotations

import gc
import pickle
import sys

from threadpoolctl import threadpool_limits

from ..record import file
from ..record.parts import Answer
from ..store import alike
from ..workers import codec
from ..workers.process import opened
from . import lecture
from .cells import Library
from .ran import Selection, Unit


class Judge:
    """Computes units in this process. Of a library's worker there is one at a time, for it may need much memory.

    apart: the long calls of a cell are units of their own, which others may compute.
    """

    def __init__(
        self,
        book: lecture.Lecture,
        selection: Selection,
        *,
        timeout: float,
        memory: float | None,
        in_process: bool = False,
        apart: bool = False,
    ) -> None:
        self.book = lecture.quickly(book, selection.backends, selection.dtypes) if selection.quick else book
        self.selection, self.in_process = selection, in_process
        self.timeout, self.memory, self.apart = timeout, memory, apart
        self._library: Library | None = None

    def compute(self, unit: Unit) -> Answer:
        """The unit's part of the record, with the library's facts where it was started for it."""
        started = self._library is None or self._library.backend != unit.backend
        if started:
            self.close()
            self._library = Library(
                self.book,
                self.selection,
                unit.backend,
                timeout=self.timeout,
                memory=self.memory,
                in_process=self.in_process,
            )
        assert self._library is not None
        answer = self._library.compute(unit, apart=self.apart)
        answer.library = self._library.found if started else None
        return answer

    def close(self) -> None:
        if self._library is not None:
            self._library.close()
        self._library = None


HELLO = b""
"""What a judge is asked before it reads the lecture, which its machine may not have."""


def begin(
    book: lecture.Lecture, selection: Selection, *, timeout: float, memory: float | None, elsewhere: bool = False
) -> bytes:
    """What a judge is sent first; elsewhere: on another machine, which has a path and a lecture of its own."""
    folder = None if elsewhere and book.folder == lecture.OWN.resolve() else book.folder
    return pickle.dumps((None if elsewhere else sys.path, folder, selection, timeout, memory))


def main() -> None:
    """Answer requests until the parent goes: first what is run, then units, each with its part of the record, and HELLO with what this machine is."""
    channel = opened()
    # A sweep keeps thousands of outcomes: looking through them again and again took a quarter of its time.
    gc.set_threshold(100_000, 50, 50)
    path, folder, selection, timeout, memory = pickle.loads(channel.receive())
    sys.path[:] = path or sys.path
    judge: Judge | None = None
    with threadpool_limits(1):
        while True:
            message = channel.receive()
            if message == HELLO:
                channel.send(codec.encode(alike.kind(selection.backends, folder or lecture.OWN)))
                continue
            judge = judge or Judge(lecture.read(folder), selection, timeout=timeout, memory=memory, apart=True)
            channel.send(file.pack(judge.compute(pickle.loads(message))))


if __name__ == "__main__":
    main()
