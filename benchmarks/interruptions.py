"""``python -m benchmarks.interruptions``: end 200 runs at random moments, see what is left, and write docs/interruptions.md."""

from __future__ import annotations

import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import msgspec
import psutil
from lectureclaims.claims.record import file
from lectureclaims.claims.record.types import Volatile
from lectureclaims.claims.store import machine
from lectureclaims.claims.store.folder import Store

from .table import Table

TARGET = Path(__file__).parents[1] / "docs" / "interruptions.md"
HEAD = """# Interruptions

Written by `python -m benchmarks.interruptions`; do not edit. Runs that were ended at random moments, and what they left. [The store](store.md) says
why the next run goes on.

"""
CLAIMS, LIBRARIES, DTYPE = ("activations.absolute_value", "convolution.flip"), ("numpy", "torch"), "float32"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
ROUNDS, ENDED, PARTS = 10, 20, 5
"""Stores, runs that are ended in each before one goes to its end, and parts of a run by which they are counted."""
LEFT = ("processes", "half files", "damaged results", "mixed reports", "tracebacks")


def command(home: Path, *more: str) -> list[str]:
    libraries = [f"--backend={name}" for name in LIBRARIES]
    where = [f"--store={home / 'store'}", f"--out={home / 'out'}", "--json"]
    return [
        sys.executable,
        "-m",
        "lectureclaims.reports.front.start",
        "verify",
        *CLAIMS,
        f"--dtype={DTYPE}",
        *libraries,
        *where,
        *more,
    ]


def marked(mark: str) -> list[psutil.Process]:
    """The processes that have a mark among the variables that they were started with."""
    found = []
    for process in psutil.process_iter():
        try:
            if mark in process.environ():
                found.append(process)
        except psutil.Error:
            continue
    return found


def stayed(mark: str) -> list[psutil.Process]:
    """Those that are still there after a moment."""
    until = time.monotonic() + 5
    while (found := marked(mark)) and time.monotonic() < until:
        time.sleep(0.05)
    return found


def interrupted(home: Path, number: signal.Signals, moment: float) -> tuple[int | None, Counter[str]]:
    """End a run after some seconds, in the middle of computing everything anew: its exit code, None where it was over; and what it left."""
    mark = f"MARK_{secrets.token_hex(8)}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command(home, "--fresh"), env={**os.environ, mark: "1"}, text=True, **quiet)
    time.sleep(moment)
    running = process.poll() is None
    process.send_signal(number)
    _, said = process.communicate()
    left = Counter(dict.fromkeys(LEFT, 0))
    for orphan in stayed(mark):
        left["processes"] += 1
        orphan.kill()
    half = [*home.glob("store/**/*.tmp"), *home.glob("out/.*")]
    left["half files"] = len(half)
    for path in half:
        path.unlink()
    left["damaged results"] = len(Store(home / "store").damaged())
    left["mixed reports"] = not whole(home / "out")
    left["tracebacks"] = "Traceback" in said
    return process.returncode if running else None, left


def whole(folder: Path) -> bool:
    """Whether a folder has reports of one record, all of them, or none."""
    if not (folder / "results.json").exists():
        return not [*folder.glob("[!.]*")]
    begun = file.load(folder / "results.json").volatile.begun
    return len([*folder.iterdir()]) == 7 and begun in (folder / "index.html").read_text(encoding="utf-8")


def to_its_end(home: Path, *more: str) -> str:
    """The record of a run, without what is not the same twice."""
    done = subprocess.run(command(home, *more), stdout=subprocess.PIPE, text=True, check=True)
    return file.dumps(msgspec.structs.replace(file.loads(done.stdout), volatile=Volatile(begun="", seconds=0.0)))


def run(rounds: int = ROUNDS, ended: int = ENDED) -> list[Table]:
    """Counts by signal and by moment."""
    chance, differ = random.Random(0), 0
    counts, codes = defaultdict[str, Counter[str]](Counter), defaultdict[str, Counter[str]](Counter)
    with tempfile.TemporaryDirectory() as place:
        wanted = to_its_end(Path(place, "undisturbed"))
        begin = time.monotonic()
        to_its_end(Path(place, "undisturbed"), "--fresh")
        length = time.monotonic() - begin
        moments = [f"{k * length / PARTS:.1f} – {(k + 1) * length / PARTS:.1f} s" for k in range(PARTS)]
        for i in range(rounds):
            home = Path(place, str(i))
            for _ in range(ended):
                number, part = chance.choice(SIGNALS), chance.uniform(0, 1)
                code, left = interrupted(home, number, part * length)
                for group in (number.name, moments[int(part * PARTS)]):
                    counts[group] += Counter(runs=1) + left
                    codes[group]["over already" if code is None else str(code)] += 1
            differ += to_its_end(home) != wanted
    says = (
        f"{rounds * ended} runs of {' and '.join(CLAIMS)} on {' and '.join(LIBRARIES)} in {DTYPE}, each to compute everything anew, were ended at random "
        f"moments of the {length:.1f} s that a whole run took, {ended} one after another in each of {rounds} stores. Then a run went on to its end in "
        f"each: {rounds - differ} of {rounds} records are those of a run that nobody disturbed, byte for byte apart from what is volatile. "
        f"{machine.processor().get('brand_raw') or 'A processor'}, {os.cpu_count()} cores."
    )

    def table(title: str, head: str, groups: Sequence[str], says: str) -> Table:
        rows = [[g, str(counts[g]["runs"]), told(codes[g]), *(str(counts[g][what]) for what in LEFT)] for g in groups]
        return Table(title, [head, "runs", "exit codes", *LEFT], rows, says)

    codes_say = "Exit code 1: the run told what it had found; 130: one line; below 0: the signal itself ended it."
    return [
        table("What ended runs left", "signal", [n.name for n in SIGNALS], says),
        table("The same by the moment", "ended after", moments, codes_say),
    ]


def told(codes: Counter[str]) -> str:
    return ", ".join(f"{count} × {code}" for code, count in sorted(codes.items()))


def main() -> None:
    text = "\n".join(table.markdown() for table in run(*map(int, sys.argv[1:])))
    print(text)
    if len(sys.argv) == 1:
        TARGET.write_text(HEAD + text, encoding="utf-8")


if __name__ == "__main__":
    main()
