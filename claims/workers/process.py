"""A Python process of our own: in a session of its own, spoken to in messages, watched, and ended with all that it started."""

from __future__ import annotations

import ctypes
import math
import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import BinaryIO, NoReturn

import psutil

MOST_PROCESSES = 32
"""Of one worker: a library that forks for each call is ended before the machine stands still."""
LONGEST = 2**34
"""Bytes of a message; what says that it is longer is no message."""
TOGETHER = 0.001
"""Seconds in which messages gather."""
TICK = 0.5
"""Seconds between two looks at a process that is at work."""
PATIENCE = 2.0
"""Seconds in which a process that closed its streams must have ended."""
_HEAD = b"lc"
DEATH_SIGNAL, CHILD_SUBREAPER = 1, 36
"""Linux: a signal when the parent ends; orphans among the descendants become children."""


class Ended(Exception):
    """The process ended, or was ended; the message is one line that says why."""


class Process:
    """The parent's handle. ``module`` is run with ``-m``; it opens its side with :func:`opened`, and has a keeper from there on.

    environment: variables beside the parent's own; memory: bytes that it and its children may use together; processes: how many it may start.
    """

    def __init__(
        self, module: str, *, environment: Mapping[str, str], memory: float, processes: float = MOST_PROCESSES
    ) -> None:
        self.memory, self.processes = memory, processes
        self._log = _temporary()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log or subprocess.DEVNULL,
            env={**os.environ, **environment},
            start_new_session=True,  # Ctrl-C is the parent's to handle, and what a library starts can be ended with it
        )
        assert self._process.stdin and self._process.stdout
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._to, False)
        os.set_blocking(self._from, False)
        self._read = bytearray()
        self._looked = time.monotonic()

    def send(self, message: bytes, *, timeout: float) -> None:
        """Raises Ended where the process does not take it."""
        deadline, rest = time.monotonic() + timeout, memoryview(_HEAD + len(message).to_bytes(8, "big") + message)
        while rest:
            self._wait([], [self._to], deadline, timeout)
            try:
                rest = rest[os.write(self._to, rest) :]
            except BlockingIOError:
                continue
            except OSError:
                raise Ended(self._death()) from None

    def receive(self, *, timeout: float, others: bool = False) -> bytes:
        """The next message; others: further ones follow, and are read together, for each waking costs as much as a small call.

        Raises Ended where none comes in time, and where the process dies or breaks a limit.
        """
        deadline = time.monotonic() + timeout
        while (message := self._whole()) is None:
            if others and not self._read:
                time.sleep(TOGETHER)
            self._wait([self._from], [], deadline, timeout)
            with suppress(BlockingIOError):
                data = os.read(self._from, 1 << 20)
                if not data:
                    raise Ended(self._death())
                self._read += data
        return message

    def _whole(self) -> bytes | None:
        """The first message of what was read, if all of it has come."""
        if len(self._read) < 10:
            return None
        size = int.from_bytes(self._read[2:10], "big")
        if self._read[:2] != _HEAD or size > LONGEST:
            self.end()
            raise Ended("no answer: something else was written where answers are; the worker was ended")
        if len(self._read) < 10 + size:
            return None
        message = bytes(self._read[10 : 10 + size])
        del self._read[: 10 + size]
        return message

    def _wait(self, read: list[int], write: list[int], deadline: float, timeout: float) -> None:
        """Until something can be read or written. Raises Ended at the deadline, and where a limit is broken."""
        while not any(select.select(read, write, [], TICK)):
            if time.monotonic() > deadline:
                self.end()
                raise Ended(f"timed out: no answer within {timeout:g} s, the worker was ended")
            self._look()
        if time.monotonic() - self._looked > TICK:
            self._look()

    def _look(self) -> None:
        """Raise Ended where the process is gone, also where a child of it holds the pipe, or uses more than it may."""
        self._looked = time.monotonic()
        if math.isinf(self.memory) and math.isinf(self.processes) and self._process.poll() is None:
            return
        if self._process.poll() is not None and not select.select([self._from], [], [], 0)[0]:
            raise Ended(self._death())
        members, used = self._members(), 0
        for member in members:
            with suppress(psutil.Error):
                used += member.memory_info().rss
        if len(members) - 1 > self.processes:
            self.end()
            raise Ended(f"started {len(members) - 1} processes, more than {self.processes}; the worker was ended")
        if used > self.memory:
            self.end()
            raise Ended(f"used {used / 2**30:.1f} GiB of memory of {self.memory / 2**30:.1f}; the worker was ended")

    def _members(self) -> list[psutil.Process]:
        """The process and all that it started, without its keeper: descendants, and those of its session that lost their parent."""
        found = dict[int, psutil.Process]()
        for process in psutil.process_iter():
            with suppress(OSError, psutil.Error):
                if os.getsid(process.pid) == self._process.pid:
                    found[process.pid] = process
        with suppress(psutil.Error):
            found |= {child.pid: child for child in psutil.Process(self._process.pid).children(recursive=True)}
        found.pop(self._process.pid, None)
        return list(found.values())

    def _death(self) -> str:
        with suppress(subprocess.TimeoutExpired):  # the keeper is about to tell the exit code
            self._process.wait(PATIENCE)
        self.end()
        tail = " ".join(self._tail().split())[-200:]
        return f"the worker died (exit code {self._process.returncode})" + (f": {tail}" if tail else "")

    def _tail(self) -> str:
        if self._log is None:
            return ""
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, self._log.tell() - 2000))
        return self._log.read().decode(errors="replace")

    def end(self) -> None:
        """End the process and all that it started; then its keeper ends, which they are the children of."""
        for member in self._members():
            with suppress(psutil.Error):
                member.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(PATIENCE)
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        self.end()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


def _temporary() -> BinaryIO | None:
    """Where the process's chatter goes; without a folder for it, nowhere."""
    try:
        return tempfile.TemporaryFile()
    except OSError:
        return None


# --- the process's own side --------------------------------------------------------------------------------------------


class Channel:
    """What the process reads and writes messages on; its standard streams are free for a library's chatter."""

    def __init__(self) -> None:
        self._from, self._to = os.dup(0), os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(2, 1)
        os.close(nothing)
        self._log, self._which = os.dup(2), os.fstat(2)
        self._owner = os.getpid()

    def receive(self) -> bytes:
        """The next message; the process ends where there will be none."""
        head = self._exactly(10)
        return self._exactly(int.from_bytes(head[2:], "big"))

    def send(self, message: bytes) -> None:
        """A child that a library forked, and that comes here, ends."""
        if os.getpid() != self._owner:
            os._exit(0)
        rest = memoryview(_HEAD + len(message).to_bytes(8, "big") + message)
        while rest:
            rest = rest[os.write(self._to, rest) :]

    def forget_chatter(self) -> None:
        """What a library wrote before is not what it dies of."""
        with suppress(OSError, ValueError, AttributeError):
            sys.stdout.flush()
            if os.path.samestat(
                os.fstat(self._log), self._which
            ):  # and no file of the library's, opened after it closed this one
                os.ftruncate(self._log, 0)
                os.lseek(self._log, 0, os.SEEK_SET)

    def _exactly(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            part = os.read(self._from, size - len(data))
            if not part:
                os._exit(0)
            data += part
        return bytes(data)

    def keep(self, child: int) -> NoReturn:
        """Wait for the child or the parent to end, then end all that the child started, and then as the child did."""
        os.close(self._to)  # whoever reads there waits for the child, not for this process
        threading.Thread(target=self._watch, daemon=True).start()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        _end_descendants()
        with suppress(ChildProcessError):
            while os.wait():
                pass
        if code < 0:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            with suppress(OSError):  # SIGKILL has nothing else
                signal.signal(-code, signal.SIG_DFL)
            os.kill(os.getpid(), -code)
        os._exit(code)

    def _watch(self) -> None:
        poll = select.poll()
        poll.register(self._from, 0)  # tells of nothing but that the other end is closed
        while not any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll()):
            time.sleep(TICK)
        _end_descendants()
        time.sleep(PATIENCE)
        os.killpg(0, signal.SIGKILL)


def opened() -> Channel:
    """The channel of the process that :class:`Process` started: called once, before anything writes.

    The process parts in two here. The one that was started is the keeper from now on, which no library can hang: what it started ends with it, and it
    with the parent, however that ends. The other, its child, returns.
    """
    _control(CHILD_SUBREAPER, 1)  # what its descendants leave behind is the keeper's
    if child := os.fork():
        Channel().keep(child)
    _control(DEATH_SIGNAL, signal.SIGKILL)
    return Channel()


def _control(option: int, value: int) -> None:
    """What Linux does beside POSIX about a process's end."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value)


def _end_descendants() -> None:
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            process.kill()
