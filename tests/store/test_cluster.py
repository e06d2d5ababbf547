"""Runs on a Dask cluster: a real scheduler and its workers, processes on this machine. What they compute is what a run here computes, whoever is
lost on the way."""

import importlib.util
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import CancelledError
from contextlib import contextmanager

import psutil
import pytest
from lectureclaims.claims.engine import judge, lecture, verification
from lectureclaims.claims.engine.ran import Progress, Selection
from lectureclaims.claims.store import alike
from lectureclaims.claims.store.folder import Store
from lectureclaims.claims.workers import cluster
from lectureclaims.claims.workers.process import Ended
from lectureclaims.claims.workers.seats import Lost
from lectureclaims.reference.refusal import Refused
from lying import BACKENDS, LECTURE
from runs import CLAIMS, lasting, run

pytestmark = [pytest.mark.slow, pytest.mark.rare]

DASK = [sys.executable, "-m", "dask"]
LIBRARIES = ("numpy", "scipy")


def started(folder, *arguments, **variables):
    """A process of Dask's, with its log in the folder."""
    log = (folder / f"{arguments[0]}.log").open("a")
    with log:
        return subprocess.Popen(
            [*DASK, *arguments, "--no-dashboard"], stdout=log, stderr=log, env={**os.environ, **variables}
        )


def wait(condition, seconds=60):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)
    return found


class Dask:
    """A scheduler and workers of one thread each on the loopback."""

    def __init__(self, folder):
        self.folder, self.workers, self.all = folder, [], []
        self.file = folder / "scheduler.json"
        self.scheduler = self._begun("scheduler", "--host=127.0.0.1", "--port=0", f"--scheduler-file={self.file}")
        self.address = wait(self._told)

    def _begun(self, *arguments, **variables):
        self.all.append(started(self.folder, *arguments, **variables))
        return self.all[-1]

    def _told(self):
        try:
            return json.loads(self.file.read_text())["address"]
        except (OSError, ValueError):
            return ""

    def worker(self, *more, **variables):
        options = ("--nthreads=1", "--no-nanny", "--host=127.0.0.1", *more)
        self.workers.append(self._begun("worker", self.address, *options, **variables))
        return self.workers[-1]

    def judges(self):
        """The processes that Dask's workers started, and what these started."""
        return [p for worker in self.workers for p in descendants(worker.pid)]

    def end(self):
        for process in reversed(self.all):
            process.kill()
            process.wait()


def descendants(pid):
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def gone(processes):
    return wait(lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes), 20)


@contextmanager
def dask(folder, workers=0):
    whole = Dask(folder)
    try:
        for _ in range(workers):
            whole.worker()
        yield whole
    finally:
        left = whole.judges()
        whole.end()
        gone(left)


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """The record of a run on this machine alone."""
    return run(tmp_path_factory.mktemp("here"))[0]


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    with dask(tmp_path_factory.mktemp("dask"), workers=2) as whole:
        yield whole


def command(whole, store, *more):
    words = [f"--backend={name}" for name in LIBRARIES] + [f"--store={store}", f"--scheduler={whole.address}"]
    return [sys.executable, "-m", "lectureclaims.reports.front.start", "verify", *CLAIMS, *words, *more]


def test_a_cluster_finds_what_this_machine_finds(here, two, tmp_path):
    found, seen = run(tmp_path, scheduler=two.address)
    assert lasting(found) == lasting(here)
    assert {*Counter(seen.computed).values()} == {1} and {*seen.computed} == {*found.volatile.computed}
    gone(two.judges())
    again, nothing = run(tmp_path)
    assert lasting(again) == lasting(here) and nothing.computed == [], "its results are those of this machine"


def test_a_lecture_and_a_library_of_ones_own(two, tmp_path):
    chosen = {"claims": ["fault.sweep"], "backends": [str(BACKENDS / "dies.py"), "numpy"], "lecture_folder": LECTURE}
    found, wanted = (
        verification.verify(**chosen, way=verification.Way(store=tmp_path / name, scheduler=address))
        for name, address in (("there", two.address), ("here", ""))
    )
    assert lasting(found) == lasting(wanted)
    assert [cell.verdict for claim in found.claims for cell in claim.cells] == ["error", "verified"]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_lost_workers_cells_run_again_and_count_once(here, tmp_path, how):
    with dask(tmp_path, workers=2) as whole:
        lines, computed, judges = [], [], []

        def finished(process, unit):
            computed.append(unit.name)
            if len(computed) == 1:
                judges.extend(descendants(whole.workers[0].pid))
                whole.workers[0].send_signal(how)

        way = verification.Way(store=tmp_path / "store", scheduler=whole.address)
        progress = Progress(finished=finished, said=lines.append)
        found = verification.verify(CLAIMS, backends=LIBRARIES, progress=progress, way=way)
        assert judges and whole.workers[0].wait(20) is not None
        gone(judges)
        assert lasting(found) == lasting(here) and not found.volatile.broken
        assert {*Counter(computed).values()} == {1} and {*computed} == {*found.volatile.computed}
        assert len(lines) == 1 and "is lost; what it was at is computed elsewhere" in lines[0]


def test_a_worker_that_comes_later_takes_part(here, tmp_path):
    with dask(tmp_path, workers=1) as whole:
        seats = set()

        def begun(process, unit):
            seats.add(process)
            if len(whole.workers) == 1:
                whole.worker()

        progress, way = Progress(started=begun), verification.Way(scheduler=whole.address)
        found = verification.verify(CLAIMS, backends=LIBRARIES, progress=progress, way=way)
        assert lasting(found) == lasting(here) and seats == {0, 1}


def test_a_lost_scheduler_leaves_a_store_to_go_on_from(here, tmp_path):
    store = tmp_path / "store"
    with dask(tmp_path, workers=1) as whole:
        process = subprocess.Popen(command(whole, store), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait(lambda: store.is_dir() and any(entry.size > 5000 for entry in Store(store).entries()))
        whole.scheduler.kill()
        said, complaint = process.communicate(timeout=60)
    assert process.returncode == 2 and said == ""
    assert complaint.count("\n") == 1, complaint
    assert f"scheduler='{whole.address}': it is gone; " in complaint
    cells = int(complaint.partition("gone; ")[2].split()[0])
    assert f"{cells} of {here.counts.cells} cells are computed and in the store; run again to go on" in complaint
    found, seen = run(store)
    assert lasting(found) == lasting(here) and 0 < cells <= here.counts.cells - len(seen.computed)


def test_an_interruption_ends_what_runs_on_the_workers(here, two, tmp_path):
    process = subprocess.Popen(command(two, tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait(lambda: any(Store(tmp_path).entries()) and two.judges())
    judges = two.judges()
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=60)
    assert "Traceback" not in complaint and process.returncode in (1, 130)
    gone(judges)
    assert lasting(run(tmp_path)[0]) == lasting(here)


def test_without_workers_it_says_so_after_a_while(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "GRACE", 2.0)
    with (
        dask(tmp_path) as whole,
        pytest.raises(Refused, match="no worker for 2 s; 0 of 12 cells are computed and lost"),
    ):
        run(None, scheduler=whole.address)


def fake_numpy(folder):
    """Another version of NumPy's distribution, ahead on the path."""
    info = folder / "numpy-9.9.9.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 9.9.9\n")
    return str(folder)


def test_machines_that_differ_are_refused_with_the_list(two, tmp_path):
    ahead = fake_numpy(tmp_path / "ahead")
    with dask(tmp_path) as whole:
        whole.worker()
        whole.worker(PYTHONPATH=ahead, TF_ENABLE_ONEDNN_OPTS="0", OMP_NUM_THREADS="7", MALLOC_TRIM_THRESHOLD_="65536")
        wait(lambda: (tmp_path / "worker.log").read_text().count("Registered to") == 2)
        done = subprocess.run(command(whole, tmp_path / "store"), capture_output=True, text=True, timeout=60)
        gone(whole.judges())
    assert done.returncode == 2 and done.stdout == "", done.stderr
    first, *listed = done.stderr.splitlines()
    assert f"scheduler='{whole.address}'" in first and "make it alike (here → there)" in first
    assert sorted(line.split(" → ")[0].split(":")[0].strip() for line in listed) == [
        "PYTHONPATH",
        "TF_ENABLE_ONEDNN_OPTS",
        "numpy",
    ]
    assert any("→ 9.9.9" in line for line in listed) and all("(tcp://127.0.0.1:" in line for line in listed)
    assert [*Store(tmp_path / "store").entries()] == []


def test_a_lecture_that_is_another_there_is_told(two, monkeypatch):
    there = alike.kind
    monkeypatch.setattr(alike, "kind", lambda backends, folder: {**there(backends, folder), "lecture": "otherwise"})
    with pytest.raises(Refused, match="make it alike") as refused:
        run(None, scheduler=two.address)
    (line,) = refused.value.__notes__
    assert line.startswith("lecture: otherwise → ") and line.count("tcp://") == 2


def test_what_a_machine_is_by_name(tmp_path):
    book = lecture.read()
    here = alike.kind(("numpy", "torch"), book.folder)
    assert alike.differences(here, here) == []
    assert {"python", "processor", "operators", "library torch", "numpy"} <= {*here}
    assert alike.differences(here, {**here, "numpy": "1.0"}) == [f"numpy: {here['numpy']} → 1.0"]
    assert alike.differences({"TF_X": "1"}, {"JAX_Y": "2"}) == ["TF_X: 1 → –", "JAX_Y: – → 2"]
    missing = alike.kind((str(tmp_path / "mine.py"),), tmp_path / "nothing")
    assert missing["library mine"] == missing["lecture"] == ""


def test_every_machine_has_a_path_and_a_lecture_of_its_own():
    book, chosen = lecture.read(), Selection(CLAIMS, LIBRARIES)
    path, folder, *_ = pickle.loads(judge.begin(book, chosen, timeout=1.0, memory=None, elsewhere=True))
    assert path is None and folder is None
    path, folder, *_ = pickle.loads(judge.begin(book, chosen, timeout=1.0, memory=None))
    assert path == sys.path and folder == book.folder
    own = lecture.read(LECTURE)
    assert pickle.loads(judge.begin(own, chosen, timeout=1.0, memory=None, elsewhere=True))[1] == own.folder


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "tls://127.0.0.1:9"])
def test_a_scheduler_that_is_not_there(address, monkeypatch):
    monkeypatch.setattr(cluster, "REACH", 1.0)
    with pytest.raises(Refused, match=f"scheduler='{address}': it cannot be reached .*start one with `dask scheduler`"):
        run(None, scheduler=address)


@pytest.mark.parametrize("address", ["host", "host:8786", "tcp://host"])
def test_an_address_that_is_none(address):
    with pytest.raises(Refused, match="expected an address as tcp://host:8786"):
        run(None, scheduler=address)


@pytest.mark.parametrize("way", [{"jobs": 2}, {"in_process": True}])
def test_what_a_cluster_has_nothing_to_do_with(way):
    with pytest.raises(Refused, match="the workers of the cluster compute, each with its threads; leave --"):
        run(None, scheduler="tcp://127.0.0.1:9", **way)


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(Refused, match="distributed is not installed; pip install 'lecture-claims\\[distributed\\]'"):
        run(None, scheduler="tcp://127.0.0.1:9")


def test_the_package_is_installed_here():
    """The tests above would be worth nothing without it."""
    assert importlib.util.find_spec("distributed")


class Counted:
    """In the place of a judge on a worker."""

    def __init__(self, module, begin):
        self.ended = False

    def ask(self, message):
        return message

    def dismiss(self):
        self.ended = True


def test_a_judge_that_nobody_asks_any_more_ends(monkeypatch):
    monkeypatch.setattr(cluster, "Here", Counted)
    monkeypatch.setattr(cluster, "IDLE", 0.3)
    for _ in range(3):
        assert cluster.answered("lost 0.", "module", b"", b"x") == b"x"
        judged = cluster._seats["lost 0."]
        time.sleep(0.1)
        assert not judged.ended
    wait(lambda: judged.ended, 10)
    assert "lost 0." not in cluster._seats and "lost 0." not in cluster._idle
    for name in ("run 1.", "run 10.", "other 1."):
        cluster.answered(name, "module", b"", b"x")
    cluster.dismissed("run 1.")
    assert {*cluster._seats} == {"run 10.", "other 1."}
    cluster.dismissed("run")
    cluster.dismissed("other")
    assert not cluster._seats and not cluster._idle


class Answering:
    """In the place of a cluster, with a worker that answers so."""

    def __init__(self, told, *, connected=True, threads=("there",)):
        self.told, self.connected, self.threads, self.lost = told, connected, threads, []
        self.left = self.lost.append

    def submit(self, address, number, message):
        return self

    def result(self, timeout):
        if isinstance(self.told, BaseException):
            raise self.told
        return self.told


@pytest.mark.parametrize(
    ("answering", "raised"),
    [
        (Answering(Ended("it crashed")), Ended),
        (Answering(MemoryError("too large")), Ended),
        (Answering(CancelledError("the connection was lost")), Lost),
        (Answering(OSError("reset"), connected=False), Lost),
        (Answering(OSError("reset"), threads=()), Lost),
        (Answering(b"", threads=()), Lost),
    ],
)
def test_a_judges_own_death_is_told_from_the_loss_of_its_worker(answering, raised):
    """The first is counted against what was asked, the second is not."""
    with pytest.raises(raised):
        cluster.OnWorker(answering, "there", 0).ask(b"x")
    assert answering.lost == ["there"] * (raised is Lost)


def test_a_judge_answers_as_on_this_machine():
    assert cluster.OnWorker(Answering(b"yes"), "there", 0).ask(b"x") == b"yes"
