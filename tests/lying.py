"""Runs the command line on the lies, as a user would: in a process of its own, with real workers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

LIES = Path(__file__).parent / "lies"
BACKENDS = LIES / "backends"
LECTURE = LIES / "lecture"


def run_command(
    command: str, *arguments: str, lecture: bool = False, package: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """``lecture-claims …`` or ``python …``; ``package`` is a folder with another copy of the package, to be run instead."""
    program = [sys.executable, "-m", "lectureclaims.reports.cli"] if command == "lecture-claims" else [sys.executable]
    extra = ["--lecture", str(LECTURE)] if lecture else []
    path = os.pathsep.join(filter(None, [str(package or ""), os.environ.get("PYTHONPATH", "")]))
    return subprocess.run(
        [*program, *arguments, *extra], capture_output=True, text=True, timeout=300, check=False, env={**os.environ, "PYTHONPATH": path}
    )  # fmt: skip


def verify_the_lies(package: Path | None = None) -> dict[str, Any]:
    """The evidence of every claim of the lying lecture on every lying library, and on NumPy."""
    libraries = [f"--backend={path}" for path in sorted(BACKENDS.glob("*.py"))]
    done = run_command(
        "lecture-claims", "verify", *libraries, "--backend=numpy", "--timeout=3", "--json", lecture=True, package=package
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    return json.loads(done.stdout)
