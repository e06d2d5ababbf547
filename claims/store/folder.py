"""The store's folder: a file for each result, written under another name and renamed, so that none is ever half there.

Two runs may use one folder at once: a result of the same key is the same. What was not used for longest leaves when the folder is full.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from ...reference.refusal import Refused

LIMIT = 2 * 2**30
"""Bytes of all results; about a hundred runs of the lecture."""
CHECKED = 64
"""Hexadecimal digits at the beginning of a file: SHA-256 of the rest."""
STALE = 3600.0
"""Seconds after which a file that was never renamed is left over from a run that was killed."""


class Unusable(Refused):
    """A folder that cannot be a store; the message is one line."""


def default() -> Path:
    """Where results are kept unless told otherwise: LECTURE_CLAIMS_STORE, or the platform's folder for caches."""
    return Path(
        os.environ.get("LECTURE_CLAIMS_STORE")
        or platformdirs.user_cache_path("lecture-claims", appauthor=False) / "store"
    )


def usable() -> Path | None:
    """The default, where it can be written: nobody asked for it, so a run does without it elsewhere."""
    try:
        return Store(default()).folder
    except Unusable:
        return None


@dataclass(frozen=True)
class Entry:
    """A file of the store; used: when it was last read or written, seconds since 1970."""

    key: str
    size: int
    used: float


class Store:
    """Results by their keys. Raises Unusable where the folder cannot be made or written."""

    def __init__(self, folder: Path, *, limit: int = LIMIT) -> None:
        self.folder, self.limit = folder, limit
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / f"{secrets.token_hex(8)}.tmp"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise Unusable(
                f"store={str(folder)!r}: {error.strerror}; give a folder that can be written with --store, or --no-store"
            ) from None

    def get(self, key: str) -> bytes | None:
        """The result of this key; None where there is none, or where its file is damaged."""
        path = self._path(key)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        head, body = data[:CHECKED], data[CHECKED:]
        if head != checksum(body):
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):
            os.utime(path)
        return body

    def put(self, key: str, body: bytes) -> None:
        """Keep a result. Raises Unusable where the disk is full or the folder is gone."""
        path = self._path(key)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as file:
                file.write(checksum(body) + body)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError as error:
            with suppress(OSError):
                draft.unlink()
            raise Unusable(
                f"store={str(self.folder)!r}: {error.strerror}; make room, or give another folder with --store, or --no-store"
            ) from None

    def entries(self) -> Iterator[Entry]:
        for path in self.folder.glob("*/*"):
            if not path.name.endswith(".tmp"):
                with suppress(OSError):
                    facts = path.stat()
                    yield Entry(path.name, facts.st_size, facts.st_mtime)

    def damaged(self) -> list[str]:
        """The keys of files that do not hold what was written; they are removed."""
        return [entry.key for entry in [*self.entries()] if self.get(entry.key) is None]

    def clear(self) -> int:
        """Remove everything; how many results there were."""
        found = [*self.entries()]
        for entry in found:
            self.remove(entry.key)
        self.tidy()
        return len(found)

    def remove(self, key: str) -> None:
        with suppress(OSError):
            self._path(key).unlink()

    def tidy(self) -> None:
        """Remove what was left half written, and what was not used for longest until the rest is within the limit."""
        for path in (*self.folder.glob("*.tmp"), *self.folder.glob("*/*.tmp")):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > STALE:
                    path.unlink()
        kept = 0
        for entry in sorted(self.entries(), key=lambda e: -e.used):
            kept += entry.size
            if kept > self.limit:
                self.remove(entry.key)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / key


def checksum(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()
