"""From one worker of a Dask cluster to two, and from a hundred cases to a million. ``python -m benchmarks.cluster`` writes the end of
docs/scaling.md: minutes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from .table import Table

TARGET = Path(__file__).parents[1] / "docs" / "scaling.md"
CLAIMS, LIBRARIES = ("convolution.*", "tensors.*", "activations.*"), ("numpy", "torch")
MOST, ROUNDS = 2, 3
EVERY = 0.2
"""Seconds between two looks at what the processes have used."""


def run() -> list[Table]:
    best = {}
    for workers in (*range(1, MOST + 1),) * ROUNDS:
        one = measured(workers)
        best[workers] = min(best.get(workers, one), one)
    alone, rows = best[1][0], []
    for workers, (took, user, cells, load) in best.items():
        rows.append([f"{workers}", f"{cells}", f"{took:.0f} s", f"{alone / took:.2f}", f"{user:.0f} s"])
        rows[-1] += [f"{user / took:.2f}", f"{load:.1f}"]
    heads = ("workers", "cells", "elapsed", "times as fast", "user time", "cores at work", "load before")
    says = (
        f"`{' '.join(CLAIMS)}` on {' and '.join(LIBRARIES)}, `--quick --fresh`, workers of one thread each, on one machine of "
        f"{os.cpu_count()} cores, the quickest of {ROUNDS}. User time is that of the workers with all that they start; the load is what "
        "others had the machine do."
    )
    return [Table("One worker and two", heads, rows, says)]


def measured(workers):
    """(seconds elapsed, seconds of user time, cells, load before) of a run on so many workers."""
    from lectureclaims.claims.engine import verification

    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder, started(Path(folder), workers) as (address, processes):
        begin = time.monotonic()
        with used(processes) as seconds:
            way = verification.Way(scheduler=address)
            found = verification.verify(CLAIMS, backends=LIBRARIES, quick=True, way=way)
        return time.monotonic() - begin, sum(seconds.values()), found.counts.cells, load


@contextmanager
def started(folder, workers):
    """(address, processes) of a scheduler and of so many workers."""
    file, dask = folder / "scheduler.json", [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduler = [*dask, "scheduler", "--host=127.0.0.1", "--port=0", "--no-dashboard", f"--scheduler-file={file}"]
    processes = [subprocess.Popen(scheduler, **quiet)]
    try:
        while not file.is_file():
            time.sleep(EVERY)
        address = json.loads(file.read_text())["address"]
        worker = [*dask, "worker", address, "--host=127.0.0.1", "--nthreads=1", "--no-nanny", "--no-dashboard"]
        processes += [subprocess.Popen(worker, **quiet) for _ in range(workers)]
        time.sleep(5)  # they register
        yield address, processes[1:]
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


@contextmanager
def used(processes):
    """{process: seconds of user time} of processes and all that they start, as long as this lasts."""
    seconds, over = {}, threading.Event()
    before = {process.pid: psutil.Process(process.pid).cpu_times().user for process in processes}

    def look():
        while not over.wait(EVERY):
            for process in processes:
                with suppress(psutil.Error):
                    whole = psutil.Process(process.pid)
                    for one in (whole, *whole.children(recursive=True)):
                        with suppress(psutil.Error):
                            seconds[one.pid] = one.cpu_times().user - before.get(one.pid, 0)

    watch = threading.Thread(target=look, daemon=True)
    watch.start()
    try:
        yield seconds
    finally:
        over.set()
        watch.join()


def main() -> None:
    from . import speed

    head, begin, _ = TARGET.read_text(encoding="utf-8").partition("\n## Measured\n")
    tables = [table.markdown().replace("## ", "### ", 1) for table in (*run(), *speed.growth())]
    said = "Written by `python -m benchmarks.cluster`; do not edit."
    TARGET.write_text("\n".join((f"{head}{begin}", f"{said}\n", *tables)), encoding="utf-8")


if __name__ == "__main__":  # what runs on the workers imports no benchmark
    main()
