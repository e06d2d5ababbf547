"""A whole run that was made before, with nothing changed since: its record and its reports as they are, before any claim or library is imported."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ...claims.store import machine
from ...claims.store.folder import Store
from ...reference import libraries

PACKAGE = Path(__file__).parents[2]
FLOORS = ("claims", "reference", "reports")
MADE_WITH = ("jinja2", "markdown-it-py", "rich")
"""What the reports are made with, beside what libraries are."""


class Kept(msgspec.Struct):
    """What a run left: its exit code, its record, and the files of its reports by their names, none if none were asked for."""

    code: int
    record: bytes
    reports: dict[str, bytes]


def key(request: Mapping[str, Any], lecture_folder: Path | None) -> str:
    """Of everything that can change a run or its reports: every source, whatever it is for, and all that the store knows of the machine."""
    # A room is a package: other folders of a floor are none of the sources, and a run may have written its reports there.
    rooms = [file.parent for floor in FLOORS for file in sorted((PACKAGE / floor).glob("*/__init__.py"))]
    files = [file for floor in FLOORS for file in sorted((PACKAGE / floor).glob("*.py"))]
    folders = [_contents(folder) for folder in [*rooms, *([lecture_folder] if lecture_folder else [])]]
    parts = {
        "request": {**request, "lecture": str(lecture_folder.resolve()) if lecture_folder else ""},
        "sources": [folders, [_digest(file) for file in files]],
        "packages": [machine.packages(backend) for backend in libraries.every()],
        "made with": {name: machine.distribution(name) for name in (*MADE_WITH, "lecture-claims")},
        "machine": machine.facts(),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def find(store: Store, key: str) -> Kept | None:
    data = store.get(key)
    try:
        return msgspec.msgpack.decode(data, type=Kept) if data is not None else None
    except msgspec.DecodeError:
        return None


def keep(store: Store, key: str, kept: Kept) -> None:
    store.put(key, msgspec.msgpack.encode(kept))


def _contents(folder: Path) -> dict[str, str]:
    """{file: SHA-256} of a folder's files, without what Python makes of them."""
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and "__pycache__" not in p.parts]
    return {str(path.relative_to(folder)): _digest(path) for path in files}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
