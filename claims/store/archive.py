"""A store as one file, for another machine of the same kind: a zip archive of its files, and a note of what kind that is."""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ...reference.refusal import Refused
from . import alike
from .folder import CHECKED, Store, checksum

KIND = "lecture-claims-store"
"""The archive's first member: what kind of machine wrote it."""
NAME = re.compile("[0-9a-f]{64}|times")


class NoArchive(Refused):
    """A file that is no exported store, or a damaged one; the message is one line."""


def write(store: Store, path: Path, kind: Mapping[str, str]) -> int:
    """Write all that a store has into a file, whole or not at all; how many results. Raises NoArchive where it cannot be written."""
    draft, count = path.with_name(f".{path.name}.new"), 0
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo(KIND), json.dumps(kind))
            for key in sorted(entry.key for entry in store.entries()):
                if (body := store.get(key)) is not None:
                    archive.writestr(zipfile.ZipInfo(key), checksum(body) + body, zipfile.ZIP_DEFLATED)
                    count += 1
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise NoArchive(f"file={str(path)!r}: {error.strerror}; give a file that can be written") from None
    return count


def read(store: Store, path: Path, kind: Mapping[str, str]) -> tuple[int, list[str]]:
    """Put what an archive has and the store lacks into the store: how many results that is, and what of the kind of machine is otherwise there.

    Raises NoArchive, and puts nothing, unless all of the file is as it was written.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            first, *keys = archive.namelist() or [""]
            if first != KIND or not all(map(NAME.fullmatch, keys)):
                raise zipfile.BadZipFile("it holds something else")
            if sum(one.file_size for one in archive.infolist()) > store.limit:
                raise zipfile.BadZipFile(f"it has more than {store.limit / 2**30:g} GiB")
            for key in keys:
                data = archive.read(key)
                if data[:CHECKED] != checksum(data[CHECKED:]):
                    raise zipfile.BadZipFile(f"{key[:12]} is damaged")
            theirs = json.loads(archive.read(KIND))
            otherwise = alike.differences(kind, theirs)
            new = [key for key in keys if store.get(key) is None]
            for key in new:
                store.put(key, archive.read(key)[CHECKED:])
            return len(new), otherwise
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        RuntimeError,
        TypeError,
        AttributeError,
        ValueError,
        OSError,
    ) as error:
        why = " ".join((getattr(error, "strerror", None) or str(error)).split())
        raise NoArchive(
            f"file={str(path)!r}: no exported store ({why}); give a file that `lecture-claims store export FILE` wrote"
        ) from None
