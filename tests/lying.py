"""Runs the command line on the lies, as a user would: in a process of its own, with real workers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from lectureclaims.claims.record import file
from lectureclaims.claims.record.types import Cell, Evidence, Sweep

LIES = Path(__file__).parent / "lies"
BACKENDS = LIES / "backends"
LECTURE = LIES / "lecture"

MUST_COME_TO = {
    "an honest library is verified": [
        ("layer.correlates", "numpy", "verified", ""),
        ("layer.rounds", "numpy", "verified", ""),
        ("fault.sweep", "numpy", "verified", ""),
    ],
    "a lying library is refuted bit for bit": [
        ("unbroken.no_wrongs", "constant", "refuted", "35 of 36 differ"),
        ("layer.correlates", "double", "refuted", "got dtype float64, wanted dtype float32"),
        ("layer.correlates", "shapeless", "refuted", "got shape (1, 3, 4, 3, 1), wanted shape (1, 3, 4, 3)"),
        ("layer.correlates", "nans", "refuted", "1 of 36 differ; worst at (0, 2, 3, 2): got nan"),
        ("layer.correlates", "one_ulp", "refuted", "1 of 36 differ"),
        ("layer.correlates", "flipping", "refuted", "36 of 36 differ"),
    ],
    "a lying library is refuted within bounds": [
        ("layer.rounds", "constant", "refuted", "36 outside"),
        ("layer.rounds", "double", "refuted", "got dtype float64, wanted dtype float32"),
        ("layer.rounds", "shapeless", "refuted", "got shape (1, 3, 4, 3, 1), wanted shape (1, 3, 4, 3)"),
        ("layer.rounds", "nans", "refuted", "got nan"),
        ("layer.rounds", "flipping", "refuted", "36 outside"),
        ("layer.rounds", "beyond", "refuted", "36 outside"),
    ],
    "one unit in the last place is rounding where rounding is allowed": [("layer.rounds", "one_ulp", "verified", "")],
    "a claim that proves nothing is inconclusive": [
        ("silence.no_comparison", "numpy", "inconclusive", "nothing was compared"),
        ("silence.empty", "numpy", "inconclusive", "nothing was compared"),
        ("silence.no_library", "numpy", "inconclusive", "nothing was compared"),
        ("unbroken.no_wrongs", "numpy", "inconclusive", "no wrong variant was tried"),
        ("mistake.survives", "numpy", "inconclusive", "“no mistake” survived"),
        ("mistake.raises", "numpy", "inconclusive", "“it raises” survived"),
        ("mistake.has_another_shape", "numpy", "inconclusive", "“one row less” survived"),
        ("limit.does_not_show", "numpy", "inconclusive", "“it holds here too” did not show"),
        ("limit.fails_by_nan", "numpy", "inconclusive", "“a NaN exhibits nothing” did not show"),
        ("limit.alone", "numpy", "inconclusive", "“nothing beside it” did not show"),
    ],
    "a mistake in a claim is an error": [
        ("broken.experiment", "numpy", "error", "KeyError: 'a mistake in the claim' (section.py:")
    ],
    "a gate that is not met is not supported": [
        ("gate.not_met", "numpy", "not supported", "got 0.8947 [0.8481, 0.9428], expected interval above 1")
    ],
    "a worker that dies or hangs is an error, and the rest goes on": [
        ("fault.sweep", "dies", "error", "the worker died (exit code -9)"),
        ("fault.sweep", "hangs", "error", "timed out: no answer within 3 s"),
        ("layer.correlates", "dies", "verified", ""),
        ("layer.correlates", "hangs", "verified", ""),
    ],
    "a library that cannot be imported is broken": [
        ("layer.correlates", "fickle", "error", "libfast.so.3: cannot open shared object file")
    ],
    "an unexpected exception is an error and no refutation": [
        ("layer.correlates", "refuses", "error", "RuntimeError: not today"),
        ("fault.sweep", "balking", "error", "ValueError: 3 × 2 images are not supported"),
    ],
    "a library that writes into its inputs is an error": [
        ("layer.correlates", "scribbling", "error", "changed its argument x")
    ],
    "a missing operation is unsupported and no pass": [
        ("layer.correlates", "lacking", "unsupported", "lacking has no operation cross_correlation2d")
    ],
    "a recorded defect is told apart and shown": [
        ("fault.sweep", "faulty", "verified", "departs where recorded (faulty-3x2)"),
        ("fault.hides_no_wrong", "faulty", "inconclusive", "“no mistake” survived"),
    ],
    "a record that covers more than the fault is an error": [
        ("fault.sweep", "sweeping", "error", "is broader than the fault: 9 of 10 calls within it are right")
    ],
    "a defect outside its versions refutes": [("fault.sweep", "newer", "refuted", "smallest departure H=3,W=2")],
    "a recorded defect that no longer shows is an error, for the claims that it touches": [
        ("fault.sweep", "mended", "error", "recorded defect mended-3x2 applies here and did not reproduce"),
        ("layer.correlates", "mended", "verified", ""),
    ],
}
"""What each pair of claim and library must come to, and words of the reason: by what it tells of the engine."""

ALL_BUT_ONE_COMPARED = ("dies", "hangs")
"""Libraries that give no answer for one of nine sizes: the other eight are compared all the same."""


def run_command(
    command: str, *arguments: str, lecture: bool = False, ahead: Path | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """``lecture-claims …`` or ``python …``; what lies in the folder ``ahead`` is imported before anything installed."""
    program = (
        [sys.executable, "-m", "lectureclaims.reports.front.start"] if command == "lecture-claims" else [sys.executable]
    )
    extra = ["--lecture", str(LECTURE)] if lecture else []
    path = os.pathsep.join(filter(None, [str(ahead or ""), os.environ.get("PYTHONPATH", "")]))
    return subprocess.run(
        [*program, *arguments, *extra],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
    )


def library(name: str) -> str:
    """The path of a lying library; an honest one is given by its name."""
    path = BACKENDS / f"{name}.py"
    return str(path) if path.is_file() else name


FRAMEWORKS = ("torch", "tensorflow")


def without_frameworks(folder: Path) -> Path:
    """A folder to put ahead on the path: with it Python finds neither framework, as on a machine that has none."""
    (folder / "sitecustomize.py").write_text(
        "import importlib.util\n"
        "find_spec = importlib.util.find_spec\n"
        f"absent = {(*FRAMEWORKS, 'keras')!r}\n"
        "importlib.util.find_spec = lambda name, *more: None if name.partition('.')[0] in absent else find_spec(name, *more)\n"
    )
    return folder


def verify_the_lies(
    package: Path | None = None, *, claims: Sequence[str] = (), libraries: Sequence[str] = ()
) -> Evidence:
    """The evidence of every claim of the lying lecture (or of ``claims``) on every lying library (or on ``libraries``) and on NumPy.

    ``package`` is a folder with another copy of the package, to be run in its place.
    """
    names = libraries or ["numpy", *sorted(p.stem for p in BACKENDS.glob("*.py") if p.stem != "unimportable")]
    options = [f"--backend={library(name)}" for name in names]
    done = run_command(
        "lecture-claims", "verify", *claims, *options, "--timeout=3", "--json", lecture=True, ahead=package
    )
    assert done.returncode in (0, 1) and done.stdout, done.stderr
    return file.loads(done.stdout)


def found(evidence: Evidence, claim: str, library: str) -> Cell:
    """The cell of a claim on a library."""
    return next(x for c in evidence.claims if c.id == claim for x in c.cells if x.backend == library)


def compared_geometries(evidence: Evidence, library: str) -> int:
    rows = found(evidence, "fault.sweep", library).rows
    return sum(row.geometries or 0 for row in rows if isinstance(row, Sweep) and row.agrees)


def unmet(evidence: Evidence) -> list[str]:
    """Of what the table says of the claims and libraries that ran: what did not come to be."""
    claims = {c.id for c in evidence.claims}
    libraries = evidence.selection.backends
    wrong = []
    for claim, name, verdict, words in (row for rows in MUST_COME_TO.values() for row in rows):
        if claim in claims and name in libraries:
            cell = found(evidence, claim, name)
            if cell.verdict != verdict or words not in cell.reason:
                wrong.append(f"{claim} [{name}] is {cell.verdict}: {cell.reason}; must be {verdict}: {words}")
    for name in ALL_BUT_ONE_COMPARED:
        if "fault.sweep" in claims and name in libraries and compared_geometries(evidence, name) != 8:
            wrong.append(f"fault.sweep [{name}]: eight sizes have an answer, not all were compared")
    return wrong
