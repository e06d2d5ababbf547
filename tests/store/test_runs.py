"""Runs with a store: what is there is taken, what is not is computed, and nothing that happens on the way changes the record."""

import itertools
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

import msgspec
import psutil
import pytest
from lectureclaims.claims.engine import build, lecture, plan, verification
from lectureclaims.claims.engine.ran import Progress, Selection
from lectureclaims.claims.record import file
from lectureclaims.claims.record.parts import CellFound
from lectureclaims.claims.store.folder import Store, Unusable
from lectureclaims.reports.front import kept
from lying import BACKENDS, LECTURE, run_command
from runs import CLAIMS, Seen, lasting, run

KILLS = 20


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """(a store, the record, what was computed) of a first run."""
    store = tmp_path_factory.mktemp("store")
    return store, *run(store)


def test_a_second_run_computes_nothing_and_says_the_same(first):
    store, found, seen = first
    assert len(seen.computed) == len(found.volatile.computed) == found.counts.cells
    again, nothing = run(store)
    assert nothing.computed == [] and nothing.stored == [found.counts.cells]
    assert lasting(again) == lasting(found)


def test_a_verdict_is_told_with_the_last_cell_of_its_claim_and_is_that_of_the_record(first, tmp_path):
    store, found, seen = first
    told = sorted((c.id, c.verdict, c.verdict == c.expected) for c in found.claims)
    assert sorted(seen.judged) == told
    assert run(store)[1].judged == [], "nothing was computed"
    again = shutil.copytree(store, tmp_path / "store")
    assert sorted(run(again, recheck=1.0)[1].judged) == told, "once each, though several cells were computed again"


def test_the_record_says_of_each_cell_when_and_where_it_was_computed(first):
    store, found, _ = first
    again, _ = run(store)
    for name, computed in again.volatile.computed.items():
        assert computed.stored and not found.volatile.computed[name].stored
        assert (computed.at, computed.on) == (found.volatile.computed[name].at, found.volatile.computed[name].on)


def test_of_a_limits_rows_two_at_most_have_a_snippet(first):
    _, found, _ = first
    cells = [cell for claim in found.claims for cell in claim.cells]
    rows = [[row for row in limit.rows if getattr(row, "snippet", None)] for cell in cells for limit in cell.limits]
    assert max(map(len, rows)) == build.SNIPPETS


def test_a_part_of_what_is_stored_leaves_the_rest_to_be_computed(first):
    store, found, _ = first
    more, seen = run(store, (*CLAIMS, "activations.relu"), ("numpy",))
    assert {name.split()[0] for name in seen.computed} == {"activations.relu"}
    assert [lasting_claim(c) for c in more.claims if c.id in CLAIMS] == [
        lasting_claim(c, "numpy") for c in found.claims
    ]


def lasting_claim(claim, library="numpy"):
    return [cell for cell in claim.cells if cell.backend == library]


def test_another_number_of_processes_gives_the_same_record(first, tmp_path):
    _, found, _ = first
    assert lasting(run(tmp_path, jobs=1)[0]) == lasting(found)


def test_fresh_computes_everything(first):
    store, found, _ = first
    again, seen = run(store, fresh=True)
    assert len(seen.computed) == found.counts.cells and lasting(again) == lasting(found)


def test_a_store_that_lies_is_found_out(first, tmp_path):
    """One number of one stored cell is changed, with a checksum that fits: only computing it again can tell."""
    store, liar = Store(first[0]), Store(tmp_path)
    book = lecture.read()
    keys = plan.Keys(book, Selection(CLAIMS, ("numpy", "scipy")))
    for entry in [*store.entries()]:
        liar.put(entry.key, store.get(entry.key))
    unit = next(u for u in plan.units(book, Selection(CLAIMS, ("numpy", "scipy"))) if u.claim == "convolution.flip")
    key = next(k for k in (keys.cell(unit), keys.cell(unit, every_operator=True)) if store.get(k))
    part = file.unpack(store.get(key), CellFound)
    part.cell = msgspec.structs.replace(part.cell, elements=part.cell.elements + 1)
    liar.put(key, file.pack(part))
    believed, _ = run(tmp_path)
    assert believed.success and lasting(believed) != lasting(first[1]), "nothing else could tell"
    found, _ = run(tmp_path, recheck=1.0)
    assert found.volatile.contradicted == (unit.name,) and not found.success
    assert lasting(run(tmp_path)[0]) == lasting(first[1]), "the right answer took its place"


def test_an_honest_store_is_not_found_out(first):
    found, seen = run(first[0], recheck=1.0)
    assert found.success and found.volatile.contradicted == () and len(seen.computed) == found.counts.cells


def test_a_crash_is_no_answer_to_be_kept(tmp_path):
    dying = str(BACKENDS / "dies.py")
    for _ in range(2):
        seen = Seen()
        found = verification.verify(
            ["fault.sweep"],
            backends=[dying],
            lecture_folder=LECTURE,
            progress=seen.progress,
            way=verification.Way(store=tmp_path),
        )
        assert len(seen.computed) == len(found.volatile.broken) > 0


def test_a_store_that_fails_on_the_way_costs_nothing_but_the_store(first, tmp_path, monkeypatch):
    lines = []

    def full(self, key, body):
        raise Unusable("store: No space left on device")

    monkeypatch.setattr(Store, "put", full)
    way = verification.Way(store=tmp_path)
    found = verification.verify(CLAIMS, backends=("numpy", "scipy"), progress=Progress(said=lines.append), way=way)
    assert lasting(found) == lasting(first[1])
    assert lines == ["store: No space left on device; nothing more is kept"]


def test_shards_share_the_work_and_the_last_judges(first, tmp_path):
    computed = []
    for part in ("1/3", "2/3"):
        seen = Seen()
        with pytest.raises(verification.Waiting, match="nothing is judged yet"):
            way = verification.Way(store=tmp_path, shard=part)
            verification.verify(CLAIMS, backends=("numpy", "scipy"), progress=seen.progress, way=way)
        computed += seen.computed
    found, seen = run(tmp_path, shard="3/3")
    assert lasting(found) == lasting(first[1])
    assert sorted(computed + seen.computed) == sorted(found.volatile.computed), "each cell once"


def test_a_shard_that_checks_again_leaves_the_cells_of_others_as_they_are(first):
    found, seen = run(first[0], shard="1/3", recheck=1.0)
    assert 0 < len(seen.computed) < found.counts.cells
    assert lasting(found) == lasting(first[1])


@pytest.mark.parametrize("shard", ["0/3", "4/3", "1", "a/b", "-1/2", "1/0"])
def test_a_shard_that_is_none_is_refused(tmp_path, shard):
    with pytest.raises(verification.BadRequest, match="expected a part and how many there are, as 3/8"):
        run(tmp_path, shard=shard)


def test_a_shard_needs_a_store():
    with pytest.raises(verification.BadRequest, match="without a store no shard finds the others"):
        run(None, shard="1/2")


def command(store):
    libraries = [f"--backend={name}" for name in ("numpy", "scipy")]
    return ["verify", *CLAIMS, *libraries, f"--store={store}", "--json"]


def gone(process):
    """Whether a process and all that it started have ended, within a moment."""
    for _ in range(50):
        if not any(p.pid in process for p in psutil.process_iter()):
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("how", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.rare)])
def test_what_was_computed_before_an_interruption_is_kept(first, tmp_path, how):
    program = [sys.executable, "-m", "lectureclaims.reports.front.start", *command(tmp_path)]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not [*Store(tmp_path).entries()] and process.poll() is None:
        time.sleep(0.05)
    family = {process.pid, *(p.pid for p in psutil.Process(process.pid).children(recursive=True))}
    process.send_signal(how)
    said, complaint = process.communicate(timeout=60)
    assert "Traceback" not in complaint and gone(family)
    if process.returncode == 1:
        assert file.loads(said).interrupted
    assert lasting(run(tmp_path)[0]) == lasting(first[1])


@pytest.mark.parametrize("started", [0, 1])
def test_an_interruption_while_the_threads_start_is_one_too(tmp_path, monkeypatch, started):
    start, count = threading.Thread.start, itertools.count()

    def interrupted(thread):
        if next(count) == started:
            raise KeyboardInterrupt
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    assert run(tmp_path, jobs=2)[0].interrupted


@pytest.mark.rare
def test_killed_at_any_moment_it_goes_on_and_says_the_same(first, tmp_path):
    """Kills at random moments, all into one store, until a run comes to its end; no process stays and no file is half there."""
    program = [sys.executable, "-m", "lectureclaims.reports.front.start", *command(tmp_path)]
    chance, killed = random.Random(0), 0
    for pause in sorted(chance.uniform(0.1, 4) for _ in range(KILLS)):  # the first long one may be a whole run
        process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(pause)
        family = {process.pid, *(p.pid for p in psutil.Process(process.pid).children(recursive=True))}
        killed += process.poll() is None
        process.kill()
        process.wait()
        assert gone(family)
        assert Store(tmp_path).damaged() == []
    assert killed
    assert lasting(run(tmp_path)[0]) == lasting(first[1])


def test_the_command_says_that_nothing_changed(first, tmp_path):
    (tmp_path / "out").mkdir()
    arguments = ["lecture-claims", "verify", CLAIMS[0], "--backend=numpy", f"--store={tmp_path / 'store'}"]
    arguments += [f"--out={tmp_path / 'out'}"]
    once, again = run_command(*arguments), run_command(*arguments)
    assert once.returncode == again.returncode == 0
    assert "Nothing changed since" in again.stdout and "Nothing changed" not in once.stdout
    assert again.stdout.splitlines()[:-1] == once.stdout.splitlines()
    reports = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    for path in (tmp_path / "out").iterdir():
        path.unlink()
    run_command(*arguments)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == reports, "from the store alone"


def test_reports_written_beside_the_rooms_are_no_sources(tmp_path, monkeypatch):
    room, beside = tmp_path / "reports/room", tmp_path / "reports/latest"
    for folder in (room, beside):
        folder.mkdir(parents=True)
    (room / "__init__.py").touch()
    monkeypatch.setattr(kept, "PACKAGE", tmp_path)
    before = kept.key({}, None)
    (beside / "results.json").write_text("a run")
    assert kept.key({}, None) == before
    (room / "page.html").write_text("another template")
    assert kept.key({}, None) != before
