"""Judges on a Dask cluster: each thread of each of its workers is a seat. What a judge is asked and answers are bytes, as on this machine."""

from __future__ import annotations

import logging
import re
import secrets
import threading
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any

from ...reference.refusal import Refused
from .library import line
from .process import Ended
from .seats import Gone, Here, Lost, Seat

REACH = 10.0
"""Seconds in which a scheduler must answer."""
ADDRESS = re.compile(r"[a-z]+://.+:[0-9]+")
TICK = 1.0
"""Seconds between two looks at who is there."""
GRACE = 30.0
"""Seconds in which workers may come where there are none, and in which those that are there first must say what they are."""
MOST = 10
"""Differences that are listed."""
IDLE = 300.0
"""Seconds after which a judge ends that nobody asks any more: its client was lost."""


# --- on a worker of the cluster ----------------------------------------------------------------------------------------

_seats = dict[str, Here]()
_idle = dict[str, threading.Timer]()
_door = threading.Lock()


def answered(name: str, module: str, begin: bytes, message: bytes) -> bytes:
    """What the judge of this name answers; it is started where there is none."""
    with _door:
        seat = _seats.setdefault(name, Here(module, begin))
        if (timer := _idle.pop(name, None)) is not None:
            timer.cancel()
    try:
        return seat.ask(message)
    finally:
        timer = threading.Timer(IDLE, dismissed, [name])
        timer.daemon = True
        with _door:
            _idle[name] = timer
        timer.start()


def dismissed(names: str) -> None:
    """End the judges whose names begin so."""
    with _door:
        seats = [_seats.pop(name) for name in [*_seats] if name.startswith(names)]
        timers = [_idle.pop(name) for name in [*_idle] if name.startswith(names)]
    for timer in timers:
        timer.cancel()
    for seat in seats:
        seat.dismiss()


# --- in the process that runs the claims -------------------------------------------------------------------------------


class Cluster:
    """The seats of a cluster, as its workers come and go.

    hello: what a judge is asked first, on each worker; unlike: how a machine that answers so differs from this one; said: told of workers that are
    lost, and of late ones that differ. Raises Refused where the scheduler cannot be reached, and where a machine differs that is there first.
    """

    def __init__(
        self,
        address: str,
        module: str,
        begin: bytes,
        *,
        hello: bytes,
        unlike: Callable[[bytes], Sequence[str]],
        said: Callable[[str], None],
    ) -> None:
        self.address, self._judge = address, (module, begin)
        self._hello, self._unlike, self._said = hello, unlike, said
        self._client = _connected(address)
        self._run = secrets.token_hex(8)
        self.threads = dict[str, int]()
        """{address of a worker that is there: how many threads it has}."""
        self._greeted = dict[str, Any]()
        self._seated, self._refused = set[str](), set[str]()
        self._begun = self._manned = time.monotonic()
        self._looked, self._open = 0.0, False

    def new(self) -> list[Seat]:
        now = time.monotonic()
        if now - self._looked < TICK:
            return []
        self._looked = now
        self._look()
        for address in self.threads.keys() - self._greeted.keys() - self._seated - self._refused:
            self._greeted[address] = self.submit(address, 0, self._hello)
        if self._greeted or self._seated:
            self._manned = now
        elif now - self._manned > GRACE:
            raise Gone(f"scheduler={self.address!r}: it has had no worker for {GRACE:g} s")
        told = [address for address, future in self._greeted.items() if future.done()]
        if not told or (not self._open and len(told) < len(self._greeted) and now - self._begun < GRACE):
            return []
        differ = {address: self._differs(self._greeted.pop(address)) for address in told}
        came = [address for address in told if not differ[address]]
        if differing := {address: lines for address, lines in differ.items() if lines}:
            self._refuse(differing)
        self._seated |= {*came}
        self._open = True
        return [OnWorker(self, address, number) for address in came for number in range(self.threads[address])]

    def _look(self) -> None:
        """Who is there now. Raises Gone where the scheduler is not."""
        workers = self._client.scheduler_info(n_workers=-1)["workers"] if self.connected else {}
        self.threads = {address: told["nthreads"] for address, told in workers.items()}
        if not self.connected:
            raise Gone(f"scheduler={self.address!r}: it is gone")
        for address in self._seated - self.threads.keys():
            self._said(f"the worker {address} is lost; what it was at is computed elsewhere")
        self._seated.intersection_update(self.threads)
        self._refused.intersection_update(self.threads)
        self._greeted = {address: future for address, future in self._greeted.items() if address in self.threads}

    def _differs(self, future: Any) -> Sequence[str]:
        """How a worker's machine differs from this one."""
        try:
            return self._unlike(future.result())
        except Exception as error:
            return [f"no judge can be started: {type(error).__name__}: {line(error)}"]

    def _refuse(self, differing: dict[str, Sequence[str]]) -> None:
        """Raises Refused with the list, where none is at work yet; else those that came late are not used."""
        self._refused |= differing.keys()
        where = defaultdict[str, list[str]](list)
        for address, lines in differing.items():
            for one in lines:
                where[one].append(address)
        listed = [f"{one} ({', '.join(addresses)})" for one, addresses in where.items()]
        listed = [*listed[:MOST], f"and {len(listed) - MOST} more"] if len(listed) > MOST else listed
        whole = f"scheduler={self.address!r}: what differs between here and there would change results; make it alike (here → there)"
        if self._open:
            for one in (f"workers that came are not used: {whole}", *listed):
                self._said(one)
            return
        refused = Refused(whole)
        for one in listed:
            refused.add_note(one)
        raise refused

    @property
    def connected(self) -> bool:
        return self._client.status == "running"

    def left(self, address: str) -> None:
        """A seat of a worker was lost: should the worker be there still, it is asked anew what it is."""
        self._seated.discard(address)

    def submit(self, address: str, number: int, message: bytes) -> Any:
        """The future of what the judge of a worker's seat answers."""
        return self._client.submit(answered, self.name(number), *self._judge, message, workers=[address], pure=False)

    def name(self, number: int) -> str:
        """Of the judge of such a seat, on its worker."""
        return f"{self._run} {number}."

    def dismiss(self) -> None:
        self._seated.clear()
        self._greeted.clear()
        self.end(self._run)

    def end(self, names: str, *addresses: str) -> None:
        """End the judges whose names begin so."""
        with suppress(Exception):  # who cannot be told has gone, or ends them after a while
            if self.connected:
                self._client.run(dismissed, names, workers=[*addresses] or None, on_error="ignore")

    def close(self) -> None:
        with suppress(Exception):
            self._client.close(timeout=TICK)


class OnWorker:
    """A seat on a worker of a cluster."""

    def __init__(self, cluster: Cluster, address: str, number: int) -> None:
        self._cluster, self.address, self.number = cluster, address, number

    def ask(self, message: bytes) -> bytes:
        try:
            future = self._cluster.submit(self.address, self.number, message)
            while self._there():
                with suppress(TimeoutError):
                    return future.result(timeout=TICK)
        except Ended:
            raise
        except Exception as error:  # Dask's own, of many kinds
            if self._there() and not isinstance(error, CancelledError):
                raise Ended(f"{type(error).__name__}: {line(error)}") from None
        self._cluster.left(self.address)
        raise Lost(f"the worker {self.address} is lost")

    def dismiss(self) -> None:
        self._cluster.end(self._cluster.name(self.number), self.address)

    def _there(self) -> bool:
        return self._cluster.connected and self.address in self._cluster.threads


def _connected(address: str) -> Any:
    """A client. Raises Refused where there is none."""
    if not ADDRESS.fullmatch(address):
        raise Refused(f"scheduler={address!r}: expected an address as tcp://host:8786, or tls://host:8786")
    try:
        import distributed
    except ModuleNotFoundError:
        way = "pip install 'lecture-claims[distributed]'"
        raise Refused(f"scheduler={address!r}: distributed is not installed; {way}") from None
    for logger in ("distributed", "distributed.client"):
        logging.getLogger(logger).setLevel(logging.CRITICAL + 1)  # what goes wrong is said in a line of ours
    warnings.filterwarnings("ignore", module="distributed")  # so are versions that differ
    try:
        return distributed.Client(address, timeout=REACH, set_as_default=False)
    except Exception as error:  # what answers may be anything
        why = f"{type(error).__name__}: {line(error)}"
        way = "start one with `dask scheduler` and give its address, as tcp://host:8786"
        raise Refused(f"scheduler={address!r}: it cannot be reached ({why}); {way}") from None
