"""The one door to a run: names in, evidence out. The command line and the pytest plug-in both go through it."""

from __future__ import annotations

import difflib
import fnmatch
import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ...reference import libraries
from ...reference.refusal import Refused
from ..record.types import Evidence
from ..store.folder import Store
from ..workers import limits
from . import build, lecture, ran, runner

DTYPES = ("float16", "bfloat16", "float32", "float64")


class BadRequest(Refused):
    """A request that names something that does not exist; the message is one line with the nearest valid name."""


def cores() -> int:
    """The cores that this process may use, where the system tells; a container often has fewer than its machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Waiting(Exception):
    """This shard is computed, and cells of other shards are not: nothing is judged before all are there."""

    def __init__(self, cells: int) -> None:
        super().__init__(
            f"this shard is computed; {cells} cells of other shards are not in the store, so nothing is judged yet"
        )


@dataclass(frozen=True)
class Way:
    """How a run is made, not what it finds.

    jobs: processes at work at once, by default one a core; timeout: seconds for one call of a library, and
    for an experiment from one answer to its next calls; memory: GiB for a library's process;
    store: the folder where results are kept, None for none; fresh: take nothing from it; recheck: the share of what it has that is computed
    again and compared; shard: "3/8", the third of eight parts of what is to be computed, for machines that share a store;
    scheduler: the address of a Dask cluster whose workers compute, "tcp://host:8786". ``in_process`` runs the libraries in this process, one after another, without a store, and lets a mistake in a claim be
    raised, for a debugger.
    """

    jobs: int | None = None
    timeout: float = limits.TIMEOUT
    memory: float | None = None
    store: Path | None = None
    fresh: bool = False
    recheck: float = 0.0
    shard: str = "1/1"
    scheduler: str = ""
    in_process: bool = False

    def options(self) -> runner.Options:
        """Raises Refused where a number is none that can be meant, and Unusable where the folder is no store."""
        if self.jobs is not None and self.jobs < 1:
            raise BadRequest(
                f"jobs={self.jobs}: expected a number of processes, at least 1; the default is the number of cores"
            )
        if self.memory is not None and not 0 < self.memory < math.inf:
            raise BadRequest(
                f"memory={self.memory:g}: expected GiB, more than 0; the default is a share of the machine's"
            )
        if not 0 <= self.recheck <= 1:
            raise BadRequest(f"recheck={self.recheck:g}: expected a share, 0 to 1; 0.05 is one cell of twenty")
        part, slash, parts = self.shard.partition("/")
        if not (slash and part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
            raise BadRequest(f"shard={self.shard!r}: expected a part and how many there are, as 3/8")
        if int(parts) > 1 and (self.store is None or self.in_process):
            raise BadRequest(f"shard={self.shard!r}: without a store no shard finds the others; leave --no-store out")
        if self.scheduler and (self.jobs is not None or self.in_process):
            other = "in-process" if self.in_process else "jobs"
            raise BadRequest(
                f"scheduler={self.scheduler!r}: the workers of the cluster compute, each with its threads; leave --{other} out"
            )
        return runner.Options(
            jobs=self.jobs or cores(),
            timeout=limits.seconds(self.timeout),
            memory=self.memory * 2**30 if self.memory else None,
            store=None if self.store is None or self.in_process else Store(self.store),
            fresh=self.fresh,
            recheck=self.recheck,
            shard=(int(part), int(parts)),
            scheduler=self.scheduler,
            in_process=self.in_process,
        )


def verify(
    claims: Sequence[str] = (),
    *,
    backends: Sequence[str] = (),
    dtypes: Sequence[str] = (),
    case: str = "",
    wrong: str = "",
    limit: str = "",
    seed: int = 0,
    quick: bool = False,
    lecture_folder: Path | None = None,
    progress: ran.Progress | None = None,
    way: Way = Way(),
) -> Evidence:
    """Put claims to the test and return the evidence, the same that ``lecture-claims verify`` writes to results.json.

    ``claims`` are ids or glob patterns (none: all of the lecture), ``backends`` names of libraries or paths of Python
    files of the same shape, ``dtypes`` of :data:`DTYPES`. ``case``, ``wrong`` and ``limit`` pick one by its name. ``quick`` runs statistics on a
    few seeds only, so that they may be left open.

    Raises BadRequest for a name that does not exist, BadLecture for a lecture folder that cannot be read, and Unusable for a store that cannot be
    written, Waiting after a shard that is not the last.
    """
    book = lecture.read(lecture_folder, debug=way.in_process)
    selection = select(
        book, claims, backends=backends, dtypes=dtypes, case=case, wrong=wrong, limit=limit, seed=seed, quick=quick
    )
    begun, clock, options = datetime.now(UTC), time.monotonic(), way.options()
    found = runner.run(book, selection, options, progress=progress)
    if found.waiting and not found.interrupted:
        raise Waiting(found.waiting)
    return build.build(book, found, begun=begun.isoformat(timespec="seconds"), seconds=time.monotonic() - clock)


def planned(
    claims: Sequence[str] = (), *, lecture_folder: Path | None = None, way: Way = Way(), **chosen: Any
) -> runner.Plan:
    """What a run would compute, and how long it would take."""
    book = lecture.read(lecture_folder)
    selection = select(book, claims, **chosen)
    return runner.planned(book, selection, way.options())


def select(
    book: lecture.Lecture,
    claims: Sequence[str] = (),
    *,
    backends: Sequence[str] = (),
    dtypes: Sequence[str] = (),
    case: str = "",
    wrong: str = "",
    limit: str = "",
    seed: int = 0,
    quick: bool = False,
) -> ran.Selection:
    """The selection that these names mean; raises BadRequest where one does not exist."""
    chosen = _claims(book, claims)
    if len([x for x in (case, wrong, limit) if x]) > 1:
        raise BadRequest("case, wrong and limit: expected one of them; run again for each")
    if seed < 0:
        raise BadRequest(f"seed={seed}: expected a whole number, 0 or more")
    for dtype in dtypes:
        _known("dtype", dtype, DTYPES)
    if dtypes:
        able = tuple(c for c in chosen if any(d is None or d in dtypes for d in book.claims[c].dtypes))
        if not able:
            has = sorted({str(d) for c in chosen for d in book.claims[c].dtypes})
            raise BadRequest(
                f"dtype={dtypes[0]!r}: no such dtype in {', '.join(chosen[:3])}; there is {', '.join(has)}"
            )
        chosen = able
    case, point = _address(case, [name for c in chosen for name in book.claims[c].cases])
    for kind, name, has in (
        ("case", case, lambda c: list(c.cases)),
        ("wrong", wrong, lambda c: [w.name for w in c.wrongs]),
        ("limit", limit, lambda c: [x.name for x in c.limits]),
    ):
        if name:
            chosen = tuple(c for c in chosen if name in has(book.claims[c])) or _known(
                kind, name, [n for c in chosen for n in has(book.claims[c])]
            )
    names = named(backends)
    return ran.Selection(chosen, names, tuple(dtypes), case, point, wrong, limit, seed, quick)


def named(backends: Sequence[str]) -> tuple[str, ...]:
    """The libraries of these names and files, all where none is named. Raises BadRequest where one does not exist."""
    for backend in backends:
        if backend.endswith(".py"):
            if not Path(backend).is_file():
                raise BadRequest(
                    f"backend={backend!r}: no such file; give the path of a Python file with its operations, or a name: "
                    f"{', '.join(libraries.every())}"
                )
        else:
            _known("backend", backend, libraries.every())
    names = (
        tuple(dict.fromkeys(str(Path(b).resolve()) if b.endswith(".py") else b for b in backends)) or libraries.every()
    )
    labels = [libraries.label(b) for b in names]
    if twice := next((name for name in labels if labels.count(name) > 1), None):
        raise BadRequest(f"backend={twice!r}: two of this name; rename the file of one")
    return names


def _address(case: str, names: Sequence[str]) -> tuple[str, str]:
    """A case's name, and after a slash the address of one of its geometries; a name may have slashes of its own."""
    begun = [name for name in names if f"{case}/".startswith(f"{name}/")]
    name = max(begun, key=len, default=case.partition("/")[0])
    return name, case[len(name) + 1 :]


def _claims(book: lecture.Lecture, patterns: Sequence[str]) -> tuple[str, ...]:
    if not patterns:
        return tuple(book.claims)
    chosen: set[str] = set()
    for pattern in patterns:
        found = fnmatch.filter(book.claims, pattern)
        if not found:
            if pattern in book.ids:
                raise BadRequest(
                    f"claim={pattern!r}: the lecture's ledger has it, but it has no experiment yet; see `lecture-claims list`"
                )
            _known("claim", pattern, list(book.claims))
        chosen.update(found)
    return tuple(c for c in book.claims if c in chosen)


def _known(kind: str, name: str, valid: Sequence[str]) -> tuple[str, ...]:
    if name not in valid:
        near = difflib.get_close_matches(name, valid, n=1, cutoff=0.3)
        way = (
            f"did you mean {near[0]!r}?" if near else f"there is {', '.join(repr(v) for v in valid[:8]) or 'none here'}"
        )
        raise BadRequest(f"{kind}={name!r}: no such {kind}; {way}")
    return tuple(valid)
