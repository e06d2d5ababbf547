"""Ctrl-C at any moment, folders that go away, a strange environment: a line or no difference, never a traceback."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
import sample_evidence
from lectureclaims.claims.record import file
from lectureclaims.claims.record.types import Volatile
from lectureclaims.reference.refusal import Refused
from lectureclaims.reports import formats
from lying import library, run_command

CLAIM = "activations.absolute_value"
INTERRUPTED = "lecture-claims: interrupted\n"
BEGUN = "import os; from lectureclaims.reports.front.start import main; os.write(1, b'.'); main()"
"""The command as it is installed; a dot says that Python has begun to run it."""
REMOVING = """
import os, shutil, signal, tempfile
from lectureclaims.reference import libraries

_numpy = libraries.load("numpy")


def __getattr__(name):
    return getattr(_numpy, name)


def cross_correlation2d(x, w, b, **settings):
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    if x.shape[2:] == (3, 2):
        os.kill(os.getpid(), signal.SIGKILL)  # the next worker has no folder either
    return _numpy.cross_correlation2d(x, w, b, **settings)
"""


def lasting(found):
    return file.dumps(msgspec.structs.replace(found, volatile=Volatile(begun="", seconds=0.0)))


# --- Ctrl-C ------------------------------------------------------------------------------------------------------------


@pytest.mark.rare
@pytest.mark.parametrize("moment", [0.01, 0.03, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1.2])
def test_ctrl_c_is_one_line_or_a_record_with_all_its_reports(tmp_path, moment):
    """While Python imports, a lecture is read, processes start, claims run, reports are written."""
    command = ["verify", CLAIM, "--backend=numpy", f"--store={tmp_path / 'store'}", f"--out={tmp_path / 'out'}"]
    process = subprocess.Popen(
        [sys.executable, "-c", BEGUN, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout and os.read(process.stdout.fileno(), 1) == b"."
    time.sleep(moment)
    process.send_signal(signal.SIGINT)
    said, complaint = process.communicate(timeout=60)
    files = [path.name for path in tmp_path.glob("out/*")]
    if process.returncode == 130:
        assert complaint == INTERRUPTED and "Report" not in said
    else:
        assert process.returncode in (0, 1)
        assert complaint == "" and file.load(tmp_path / "out" / "results.json").interrupted == (process.returncode == 1)
    assert len(files) in (0, 7) and not [name for name in files if name.startswith(".")]


@pytest.fixture
def two(tmp_path):
    """A folder with the reports of a record, and another record, with what each has in each file."""
    old, new = sample_evidence.sample_evidence(), sample_evidence.sample_evidence()
    new = msgspec.structs.replace(new, claims=new.claims[:-1])
    for name, made in (("new", new), ("out", old)):
        (tmp_path / name).mkdir()
        formats.write(made, tmp_path / name, file.dumps(made))
    return tmp_path / "out", new, contents(tmp_path / "out"), contents(tmp_path / "new")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("owner, step", [(os, "fsync"), (Path, "unlink"), (Path, "replace")])
def test_an_interruption_while_reports_are_written_waits_for_all_of_them(two, monkeypatch, owner, step, number):
    folder, new, _, wanted = two
    monkeypatch.setattr(owner, step, interrupting(getattr(owner, step), number))
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            formats.write(new, folder, file.dumps(new))
            time.sleep(1)
    finally:
        signal.signal(signal.SIGTERM, before)
        monkeypatch.undo()
    assert contents(folder) == wanted


def interrupting(method, number):
    def instead(*given, **named):
        os.kill(os.getpid(), number)
        return method(*given, **named)

    return instead


@pytest.mark.parametrize("fails", range(8))
def test_a_disk_that_is_full_leaves_the_old_reports_whole(two, monkeypatch, fails):
    folder, new, were, wanted = two
    left = iter(range(8))

    def full(_):
        if next(left) == fails:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    if fails < len(set(wanted) - {n for n in wanted if wanted[n] == were[n]}):
        with pytest.raises(Refused, match="No space left on device; make room"):
            formats.write(new, folder, file.dumps(new))
        assert contents(folder) == were
    else:
        formats.write(new, folder, file.dumps(new))
        assert contents(folder) == wanted


def test_where_a_report_cannot_be_made_the_record_stands_alone(two, monkeypatch):
    folder, new, _, wanted = two

    def broken(*_, **__):
        raise RuntimeError("a report's own mistake")

    monkeypatch.setattr(formats, "render", broken)
    with pytest.raises(RuntimeError):
        formats.write(new, folder, file.dumps(new))
    assert contents(folder) == {"results.json": wanted["results.json"]}


# --- folders and variables ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def undisturbed():
    return file.loads(run_command("lecture-claims", "verify", CLAIM, "--backend=numpy", "--no-store", "--json").stdout)


STRANGE = {
    **{b"ODD": b"\xff\xfe", b"ODD_\xff": b"1", b"OMP_\xff": b"\xff", b"LC_\xfe": b"x"},
    **{b"TMPDIR": b"%s/missing", b"HOME": b"%s/file", b"XDG_CACHE_HOME": b"%s/file/\xff"},
}
"""What is not UTF-8, and folders that are none."""


def test_a_strange_environment_changes_nothing(undisturbed, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.delenv("LECTURE_CLAIMS_STORE")
    for name, value in STRANGE.items():
        monkeypatch.setitem(os.environb, name, value.replace(b"%s", os.fsencode(tmp_path)))
    done = run_command("lecture-claims", "verify", CLAIM, "--backend=numpy", "--json", f"--out={tmp_path / 'out'}")
    assert done.returncode == 0 and "Traceback" not in done.stderr
    assert lasting(file.loads(done.stdout)) == lasting(undisturbed)
    assert len(contents(tmp_path / "out")) == 7


def test_a_temporary_folder_that_a_library_removes_is_missed_by_nobody(tmp_path, monkeypatch):
    (tmp_path / "removing.py").write_text(REMOVING)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    libraries = [f"--backend={tmp_path / 'removing.py'}", f"--backend={library('dies')}"]
    done = run_command(
        "lecture-claims", "verify", "fault.sweep", "layer.correlates", *libraries, "--json", lecture=True
    )
    assert (done.returncode, done.stderr) == (1, "") and not (tmp_path / "temporary").exists()
    for claim in file.loads(done.stdout).claims:
        ours, theirs = ([cell for cell in claim.cells if cell.backend == name] for name in ("removing", "dies"))
        assert [c.verdict for c in ours] == [c.verdict for c in theirs]
        assert [c.reason for c in ours] == [c.reason for c in theirs]


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&- 2>&-"])
def test_closed_streams_harm_nothing(tmp_path, closed):
    out = tmp_path / "out"
    words = (
        f'"{sys.executable}" -m lectureclaims.reports.front.start verify {CLAIM} --backend=numpy --out="{out}" {closed}'
    )
    done = subprocess.run(["sh", "-c", words], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "") and file.load(out / "results.json").success


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a file that is always full")
@pytest.mark.parametrize("command", [["list"], ["verify", CLAIM, "--backend=numpy", "--json"]], ids=["table", "record"])
def test_an_output_that_cannot_be_written_is_one_line(command):
    with open("/dev/full", "w") as full:
        program = [sys.executable, "-m", "lectureclaims.reports.front.start", *command]
        done = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr == "lecture-claims: standard output: No space left on device\n"
