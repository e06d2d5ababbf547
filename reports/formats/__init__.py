"""The report formats. A format is one file in this folder; it is found by its name, and nothing else names it.

The file has ``render(evidence) -> str``, or ``bytes`` of one that is binary. Further parameters of it are options of
``lecture-claims report`` where they have these names: ``history``, ``page``, ``table``. ``verify`` writes the format too if the file
says under which name: ``FILE = "report.md"``. What a format needs it imports when it is asked for.
"""

from __future__ import annotations

import errno
import importlib
import inspect
import os
import pkgutil
import signal
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ...reference.refusal import Refused

if TYPE_CHECKING:
    from ...claims.record.types import Evidence


RECORD = "results.json"
RECORDS = (RECORD, f"{RECORD}.gz")
"""Names of the record's file, of which a folder has one."""


def names() -> tuple[str, ...]:
    """The formats that there are."""
    return tuple(module.name for module in pkgutil.iter_modules(__path__))


def options(format: str) -> frozenset[str]:
    """What a format can be told beside the evidence."""
    _, *found = inspect.signature(_module(format).render).parameters
    return frozenset(found)


def render(evidence: Evidence, format: str, **told: Any) -> str | bytes:
    """The report."""
    return _module(format).render(evidence, **told)


def recorded(record: bytes, *, packed: bool) -> dict[str, bytes]:
    """{name: content} of the record's file."""
    from ...claims.record import file

    return {f"{RECORD}.gz": file.compressed(record)} if packed else {RECORD: record}


def write(evidence: Evidence, folder: Path, record: str, *, packed: bool = False) -> dict[str, bytes]:
    """Write the record, compressed if asked for, and every format that has a file: {name: content} of these. They replace those of another record together.

    Where one cannot be made, the record stands alone: what was computed is kept whatever a report does. Raises Refused where the folder does not hold
    what was written.
    """
    files = {name: found for name in names() if (found := getattr(_module(name), "FILE", ""))}
    made = dict[str, bytes]()
    try:
        for name, found in files.items():
            beside = {"page": files["html"]} if "page" in options(name) else {}  # they lie side by side
            report = render(evidence, name, **beside)
            made[found] = report.encode() if isinstance(report, str) else report
    except BaseException:
        made.clear()
        raise
    finally:
        place({**recorded(record.encode(), packed=packed), **made}, folder, instead_of={*files.values(), *RECORDS})
    return made


def place(files: Mapping[str, bytes], folder: Path, *, instead_of: Collection[str] = ()) -> None:
    """Write files into a folder, all or none, in place of those of other names too. Raises Refused where the folder does not hold what was written.

    Ctrl-C and SIGTERM wait for it. A kill, which nothing can hold back, may leave some of the files out, but never new beside old.
    """
    new = {folder / name: data for name, data in files.items() if not _holds(folder / name, data)}
    drafts = {path: path.with_name(f".{path.name}.new") for path in new}
    with _held():
        try:
            for path, draft in drafts.items():
                with draft.open("wb") as file:
                    file.write(new[path])
                    file.flush()
                    os.fsync(file.fileno())
                if not _holds(draft, new[path]):
                    raise OSError(errno.EIO, "it does not hold what was written")
            for path in {*[*new][1:]} | {folder / name for name in {*instead_of} - {*files}}:
                path.unlink(missing_ok=True)
            for path, draft in drafts.items():
                draft.replace(path)
        except OSError as error:
            for draft in drafts.values():
                with suppress(OSError):
                    draft.unlink()
            raise Refused(
                f"out={str(folder)!r}: {error.strerror}; make room or give another folder, what was computed is in the store"
            ) from None


def put(report: str | bytes, path: Path) -> None:
    """Write a report to a file, whole or not at all. Raises Refused where that fails."""
    path = path.resolve()
    place({path.name: report if isinstance(report, bytes) else report.encode()}, path.parent)


def writable(folder: Path) -> None:
    """Make the folder, and refuse one that cannot be written, before any work."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".lecture-claims"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Refused(f"out={str(folder)!r}: {error.strerror}; give a folder that can be written") from None


def writable_file(file: Path) -> None:
    """The same for a file, and refuse what is no plain one."""
    writable(file.parent)
    if file.exists() and not file.is_file():
        raise Refused(f"out={str(file)!r}: {'a folder' if file.is_dir() else 'no plain file'}; give the name of a file")


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


@contextmanager
def _held() -> Iterator[None]:
    """Ctrl-C and SIGTERM wait for its end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came, numbers = list[int](), (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda which, _: came.append(which)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def _module(format: str) -> ModuleType:
    return importlib.import_module(f".{format}", __package__)
