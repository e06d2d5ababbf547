"""A library that does everything that it must not: each costs its own cell, every other is as in a run without, and no process stays.

``tests/faults`` has the library, the same without faults, and a lecture with a claim for each operation. One run of the command puts all to it.
"""

import ast
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from lectureclaims.claims.record import file
from lying import run_command

FAULTS = Path(__file__).parents[1] / "faults"
DIED, NO_ANSWER, OTHERWISE = "the worker died (exit code {})", "no answer: ", "left its process otherwise: {}"
TIMED_OUT = "timed out: no answer within 2 s, the worker was ended"
HARMLESS, REFUTED = "", "refuted"

COMES_TO = {
    "segmentation_fault": DIED.format(-signal.SIGSEGV),
    "division_trap": DIED.format(-signal.SIGFPE),
    "killed": DIED.format(-signal.SIGKILL),
    "ends_as_by_ctrl_c": DIED.format(-signal.SIGINT),
    "stopped": TIMED_OUT,
    "aborts": DIED.format(-signal.SIGABRT),
    "exits_with_success": DIED.format(0),
    "becomes_another_program": DIED.format(5),
    "becomes_one_that_stays": DIED.format(-signal.SIGKILL),
    "kills_its_group": DIED.format(-signal.SIGTERM),
    "loops": TIMED_OUT,
    "holds_the_lock": TIMED_OUT,
    "hangs_at_exit": "SystemExit: 4",
    "text": REFUTED,
    "nothing": REFUTED,
    "another_shape": REFUTED,
    "another_type": REFUTED,
    "another_byte_order": REFUTED,
    "objects": NO_ANSWER,
    "records": NO_ANSWER,
    "subclass": NO_ANSWER,
    "generator": NO_ANSWER,
    "deep": NO_ANSWER,
    "lone_surrogates": NO_ANSWER,
    "changes_its_input": "changed its argument x",
    "raises_a_base_exception": "BaseException: at the root",
    "raises_keyboard_interrupt": "KeyboardInterrupt: ",
    "raises_stop_iteration": "StopIteration: ",
    "raises_what_cannot_be_told": "Untold: its message cannot be told",
    "raises_lone_surrogates": r"ValueError: \ud800\udfff",
    "raises_a_megabyte": "ValueError: many words",
    "recurses": "RecursionError: maximum recursion depth exceeded",
    "recurses_without_limit": "the worker ",
    "closes_standard_streams": OTHERWISE.format("standard streams"),
    "closes_all": DIED.format(1),
    "writes_a_megabyte": HARMLESS,
    "forks_and_returns": HARMLESS,
    "leaves_a_child_with_the_pipes": DIED.format(3),
    "leaves_a_daemon": HARMLESS,
    "forks_without_end": "processes, more than 32; the worker was ended",
    "takes_memory": "GiB of memory of 0.7; the worker was ended",
    "leaves_a_thread_spinning": HARMLESS,
    "leaves_an_alarm": OTHERWISE.format("a timer"),
    "moves": OTHERWISE.format("current folder"),
    "masks": HARMLESS,
    "clears_the_environment": OTHERWISE.format("environment variables"),
    "ignores_signals": HARMLESS,
    "prints_otherwise": HARMLESS,
    "rounds_upwards": OTHERWISE.format("rounding to nearest"),
    "raises_on_overflow": OTHERWISE.format("how NumPy tells errors"),
    "turns_warnings_into_errors": OTHERWISE.format("warnings as errors"),
    "seeds": HARMLESS,
    "has_no_output": OTHERWISE.format("standard streams"),
    "disables_collection": HARMLESS,
    "clears_the_path": OTHERWISE.format("sys.path"),
    "limits_descriptors": OTHERWISE.format("limits of the process"),
    "limits_seconds": OTHERWISE.format("limits of the process"),
    "patches_sleep": HARMLESS,
    "patches_numpy": OTHERWISE.format("NumPy's functions"),
    "lowers_the_recursion_limit": OTHERWISE.format("recursion limit"),
}
"""Fault → what its call comes to: words of why there is no answer, a wrong answer, or nothing."""
MISTAKES = {
    "BaseException": "x",
    "GeneratorExit": "x",
    "SystemExit": "3",
    "KeyboardInterrupt": "x",
    "ValueError": r"\ud800",
    "Untold": "its message cannot be told",
}
"""What an experiment raises → its message in the record."""
LEDGER = """
[[sentence]]
id = "{section}"
text = "{text}"
claims = [{claims}]
"""

pytestmark = pytest.mark.rare


def operations():
    tree = ast.parse((FAULTS / "faulty.py").read_text(encoding="utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name != "relu"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The folder with the libraries and the lecture, whose ledger has every claim."""
    folder = tmp_path_factory.mktemp("place") / "faults"
    shutil.copytree(FAULTS, folder)
    faults = "Each operation leaves the others alone.", [f"fault.{name}" for name in operations()]
    mistakes = "An experiment is mistaken.", [f"mistake.{name}" for name in MISTAKES]
    sound = "Nothing else is touched.", [f"sound.{name}" for name in "abcdef"]
    (folder / "lecture" / "sentences.toml").write_text(
        "".join(
            LEDGER.format(section=section, text=text, claims=", ".join(f'"{c}"' for c in claims))
            for section, (text, claims) in {"fault": faults, "mistake": mistakes, "sound": sound}.items()
        )
    )
    return folder


def words(place, library, *more):
    way = ["--timeout=2", "--memory=0.7", "--no-store", "--json", f"--lecture={place / 'lecture'}"]
    return ["verify", f"--backend={place / library}", "--backend=numpy", *way, *more]


def marked(mark):
    """The processes that have a mark among the variables that they were started with."""
    found = []
    for process in psutil.process_iter():
        try:
            if mark in process.environ():
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.fixture(scope="module")
def disturbed(place):
    """The record of a run on the library with faults, its exit code, and the processes that it left."""
    mark = f"MARK_{secrets.token_hex(8)}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(mark, "1")
        done = run_command("lecture-claims", *words(place, "faulty.py", "--jobs=2"), cwd=place / "lecture")
    return file.loads(done.stdout), done.returncode, done.stderr, marked(mark)


@pytest.fixture(scope="module")
def undisturbed(place):
    done = run_command("lecture-claims", *words(place, "calm/faulty.py"), cwd=place / "lecture")
    return file.loads(done.stdout)


def rows(found, fault):
    (cell,) = (x for c in found.claims if c.id == f"fault.{fault}" for x in c.cells if x.backend == "faulty")
    return cell.rows


def test_every_fault_is_told():
    assert operations() == [*COMES_TO]


@pytest.mark.parametrize("fault", COMES_TO)
def test_a_fault_costs_its_own_call(disturbed, fault):
    before, itself, after = rows(disturbed[0], fault)
    assert before.agrees and after.agrees, "what was asked before and after it"
    words = COMES_TO[fault]
    if words in (HARMLESS, REFUTED):
        assert itself.agrees == (words == HARMLESS) and itself.outcome == "value"
    else:
        assert words in itself.note and itself.outcome in ("broken", "raised")
        assert itself.note == words or not words.startswith("the worker died"), "not what it said in earlier calls"


@pytest.mark.parametrize("name", MISTAKES)
def test_whatever_an_experiment_raises_is_its_own_mistake_with_the_place(disturbed, name):
    (claim,) = (c for c in disturbed[0].claims if c.id == f"mistake.{name}")
    for cell in claim.cells:
        before, stopped = cell.rows
        assert before.agrees and cell.verdict == "error"
        assert stopped.note.startswith(f"{name}: {MISTAKES[name]} (faults.py:")


def test_the_run_ends_as_documented_with_no_word_and_no_process_too_many(disturbed):
    _, code, said, left = disturbed
    assert (code, said, left) == (1, "", [])


def test_every_other_cell_is_as_in_a_run_without_faults(disturbed, undisturbed):
    def others(found):
        return [c for c in found.claims if c.id.startswith("sound.")]

    assert len(others(undisturbed)) == 6 and {c.verdict for c in others(undisturbed)} == {"verified"}
    assert others(disturbed[0]) == others(undisturbed)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_what_a_library_started_ends_with_a_run_that_is_ended(place, number):
    mark = f"MARK_{secrets.token_hex(8)}"
    asked = words(place, "faulty.py", "--jobs=1", "--timeout=40", "fault.leaves_a_daemon", "fault.holds_the_lock")
    process = subprocess.Popen(
        [sys.executable, "-m", "lectureclaims.reports.front.start", *asked],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=place / "lecture",
        env={**os.environ, mark: "1"},
    )
    while len(marked(mark)) < 6 and process.poll() is None:  # the run, judge and worker with a keeper each, the daemon
        time.sleep(0.05)
    assert process.poll() is None
    process.send_signal(number)
    process.wait()
    for _ in range(50):
        if not (left := marked(mark)):
            break
        time.sleep(0.1)
    for process in left:
        process.kill()
    assert left == []
