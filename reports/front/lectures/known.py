"""A lecture is code: the command says so before it runs one that it has not run before.

What ran is remembered in the platform's folder for state, or in LECTURE_CLAIMS_STATE: {SHA-256 of a lecture's Python files: its folder}.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import platformdirs

from ....reference.refusal import Refused

OWN = Path(__file__).parents[3] / "claims" / "lecture"


def heed(folder: Path, *, yes: bool) -> None:
    """Say that a lecture is code where its code has not run here before; at a terminal ask, where nothing of its folder has.

    yes: neither say nor ask. Raises Refused where the answer is no.
    """
    home = folder.resolve()
    files, digest = code(home)
    before = remembered()
    if home == OWN.resolve() or not files or digest in before:
        return
    if not yes:
        new = str(home) not in before.values()
        what = "has not run here before" if new else "has changed since it ran here"
        count = f"{files} Python file{'s' if files > 1 else ''}"
        line = f"lecture-claims: a lecture is code, and this one {what}: {home}, {count}, SHA-256 {digest[:12]}…; --yes runs it unasked"
        print(line, file=sys.stderr)
        if new and sys.stdin.isatty() and sys.stderr.isatty():
            _ask(input, home)
    remember(home)


def _ask(answer: Callable[[str], str], home: Path) -> None:
    try:
        said = answer("Run it? [y/N] ")
    except EOFError:
        said = ""
    if said.strip().lower() not in ("y", "yes"):
        raise Refused(f"lecture={str(home)!r}: not run; read its Python files first, then answer y or give --yes")


def remember(folder: Path) -> None:
    """What a lecture's code is now counts as having run; where nothing can be written it is said again next time."""
    home = folder.resolve()
    known = {**remembered(), code(home)[1]: str(home)}
    place = _place()
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_name(f".{place.name}.{os.getpid()}")
        draft.write_text(json.dumps(known, indent=0), encoding="utf-8")
        draft.replace(place)


def remembered() -> dict[str, str]:
    """{digest: folder}; empty where the file is missing or cannot be read."""
    try:
        found = json.loads(_place().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _place() -> Path:
    named = os.environ.get("LECTURE_CLAIMS_STATE")
    return Path(named or platformdirs.user_state_path("lecture-claims", appauthor=False)) / "lectures.json"


def code(home: Path) -> tuple[int, str]:
    """How many Python files a folder has, and the SHA-256 of their names and contents."""
    files = sorted(path for path in home.rglob("*.py") if "__pycache__" not in path.parts)
    told = hashlib.sha256()
    for path in files:
        told.update(f"{path.relative_to(home).as_posix()}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return len(files), told.hexdigest()
