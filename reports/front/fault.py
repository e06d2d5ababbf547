"""A fault of ours: told in a few lines with what is needed to repeat it, and with an exit code of its own."""

from __future__ import annotations

import platform
import shlex
import sys
import traceback
from importlib import metadata
from pathlib import Path
from typing import NoReturn

CODE = 4
"""Not 1: a script that asks whether outputs are within their bounds must not take our fault for theirs."""


def leave(error: Exception) -> NoReturn:
    """Say what happened and where, ask for a report, and end."""
    root = Path(__file__).parents[2]
    frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    way = [f"{f.relative_to(root) if f.is_relative_to(root) else f.name}:{line}" for f, line in frames]
    say = " ".join(str(error).split())
    from ...reference import libraries

    versions = [
        f"{one.metadata['Name']} {one.version}"
        for name in ("lecture-claims", *(d for library in libraries.LIBRARIES.values() for d in library.distributions))
        for one in metadata.distributions(name=name)
    ]
    print(
        f"lecture-claims: internal error, a fault of ours that says nothing of your input: {type(error).__name__}: {say}",
        "Please report it with the lines below, and with the file if you may share it:",
        f"command: lecture-claims {shlex.join(sys.argv[1:])}",
        *(f"case: {note}" for note in getattr(error, "__notes__", ())),
        f"versions: {', '.join(versions)}, Python {platform.python_version()}, {platform.platform()}",
        f"way: {' → '.join(way)}",
        sep="\n  ",
        file=sys.stderr,
    )
    sys.exit(CODE)
