"""Runs the command line on the lies, as a user would: in a process of its own, with real workers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LIES = Path(__file__).parent / "lies"
BACKENDS = LIES / "backends"
LECTURE = LIES / "lecture"


def run_command(
    command: str, *arguments: str, lecture: bool = False, ahead: Path | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """``lecture-claims …`` or ``python …``; what lies in the folder ``ahead`` is imported before anything installed."""
    program = [sys.executable, "-m", "lectureclaims.reports.cli"] if command == "lecture-claims" else [sys.executable]
    extra = ["--lecture", str(LECTURE)] if lecture else []
    path = os.pathsep.join(filter(None, [str(ahead or ""), os.environ.get("PYTHONPATH", "")]))
    return subprocess.run(
        [*program, *arguments, *extra], capture_output=True, text=True, timeout=300, check=False, cwd=cwd,
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip


def library(name: str) -> str:
    """The path of a lying library; an honest one is given by its name."""
    path = BACKENDS / f"{name}.py"
    return str(path) if path.is_file() else name


def verify_the_lies(
    package: Path | None = None, *, claims: Sequence[str] = (), libraries: Sequence[str] = ()
) -> dict[str, Any]:
    """The evidence of every claim of the lying lecture (or of ``claims``) on every lying library (or on ``libraries``) and on NumPy.

    ``package`` is a folder with another copy of the package, to be run in its place.
    """
    names = libraries or ["numpy", *sorted(p.stem for p in BACKENDS.glob("*.py"))]
    options = [f"--backend={library(name)}" for name in names]
    done = run_command(
        "lecture-claims", "verify", *claims, *options, "--timeout=3", "--json", lecture=True, ahead=package
    )
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)
