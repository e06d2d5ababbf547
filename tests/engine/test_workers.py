"""The workers, for real: one spawned process for each library, that may die, hang, chatter and answer nonsense."""

import os
import platform
import time

import numpy as np
import psutil
import pytest
from lectureclaims.claims.language import ask
from lectureclaims.claims.workers.worker import LOSSES, PINNED, InProcess, Worker
from lying import BACKENDS

PLAIN = {"b": None, "stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
ODD = """
import os, sys, time

print("chatter on import")
os.write(2, b"noise from native code\\n")
time.sleep({slow})


def configure():
    os.write(1, b"noise on configuring\\n")


def environment():
    from threadpoolctl import threadpool_info
    return {{"versions": {{"odd": "1.0"}}, "pools": [pool["num_threads"] for pool in threadpool_info()]}}


def double(x):
    print("doubling", x, flush=True)
    return 2 * x


def process():
    return os.getpid()


def dies():
    os.kill(os.getpid(), 9)


def complains_and_dies():
    os.write(2, b"terminate called: free(): invalid pointer\\n")
    os._exit(7)


def leaves():
    sys.exit(3)


def hangs():
    time.sleep(3600)


def refuses(x):
    raise ValueError("x=%s:\\n   not today" % x)


def cannot_be_sent():
    return lambda: 1


def forks():
    return os.fork() and 1


def leaves_a_child():
    if not os.fork():
        time.sleep(3600)
        os._exit(0)
    os._exit(3)


def forks_without_end():
    for _ in range(200):
        if not os.fork():
            time.sleep(3600)
    time.sleep(3600)


def takes_memory():
    taken = bytearray(3 * 2**30)
    taken[::4096] = b"x" * len(taken[::4096])
    time.sleep(3600)


def generator_exit():
    raise GeneratorExit("leaving")


def runs_code_where_it_is_read():
    class Bomb:
        def __reduce__(self):
            return os._exit, (0,)

    return Bomb()


def writes_where_answers_are():
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b"x" * 100)
        except OSError:
            pass


def closes_everything():
    os.closerange(0, 256)


def flushes_subnormals():
    import ctypes, mmap

    code = bytes.fromhex("0fae5c24fc814c24fc408000000fae5424fcc3")  # stmxcsr, or FTZ | DAZ, ldmxcsr, ret
    page = mmap.mmap(-1, 4096, prot=7)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    ctypes.CFUNCTYPE(None)(address)()
    return 1


def changes_the_environment():
    os.environ["PATH"] = ""
    return 1


class Own:
    pass


def of_its_own():
    return Own()
"""


@pytest.fixture
def odd(tmp_path):
    """Workers on a library with odd ways: ``odd(timeout=…)``; closed at the end."""
    opened = []

    def open_(timeout=60.0, slow=0, memory=None):
        path = tmp_path / "odd.py"
        path.write_text(ODD.format(slow=slow))
        opened.append(Worker(str(path), timeout=timeout, memory=memory))
        return opened[-1]

    yield open_
    for worker in opened:
        worker.close()


def kinds(outcomes):
    return [o.kind for o in outcomes]


def test_calls_are_answered_in_their_order(odd):
    outcomes = odd().run([ask("double", x=i) for i in range(50)])
    assert [o.value for o in outcomes] == [2 * i for i in range(50)]


def test_a_worker_is_another_process_that_stays(odd):
    worker = odd()
    first, again = worker.run([ask("process"), ask("process")])
    assert first.value == again.value != os.getpid()
    assert worker.run([ask("process")])[0].value == first.value, "libraries are imported once"


def test_what_a_library_raises_is_an_observation_on_one_line(odd):
    refusal, leaving, missing, after = odd().run([ask("refuses", x=1), ask("leaves"), ask("sum"), ask("double", x=2)])
    assert (refusal.kind, refusal.error) == ("raised", "ValueError: x=1: not today")
    assert (leaving.kind, leaving.error) == ("raised", "SystemExit: 3"), (
        "it would have ended the whole run, with its code"
    )
    assert (missing.kind, missing.error) == ("unsupported", "odd has no operation sum")
    assert after.value == 4


@pytest.mark.parametrize("end, says", [("dies", "exit code -9"), ("complains_and_dies", "free(): invalid pointer")])
def test_a_death_costs_the_call_that_caused_it_and_no_other(odd, end, says):
    outcomes = odd().run([ask("double", x=1), ask("double", x=2), ask(end), ask("double", x=3), ask("double", x=4)])
    assert kinds(outcomes) == ["value", "value", "broken", "value", "value"]
    assert [o.value for o in outcomes if o.kind == "value"] == [2, 4, 6, 8]
    assert says in outcomes[2].error


def test_a_library_that_kills_its_process_on_one_size_answers_for_the_others():
    worker = Worker(str(BACKENDS / "dies.py"), timeout=60)
    try:
        sizes = [(2, 3), (3, 2), (3, 3)]
        x = [np.ones((1, 1, *size), np.float32) for size in sizes]
        outcomes = worker.run(
            [ask("cross_correlation2d", x=a, w=np.full((1, 1, 1, 1), 2, np.float32), **PLAIN) for a in x]
        )
    finally:
        worker.close()
    assert kinds(outcomes) == ["value", "broken", "value"]
    assert outcomes[1].error == "the worker died (exit code -9)"
    assert all(np.array_equal(o.value, 2 * a) for o, a in zip(outcomes, x, strict=True) if o.kind == "value")


def test_a_hang_is_ended_after_the_time_limit_and_the_rest_goes_on(odd):
    begin = time.monotonic()
    outcomes = odd(timeout=1).run([ask("double", x=1), ask("hangs"), ask("double", x=2)])
    assert kinds(outcomes) == ["value", "broken", "value"]
    assert outcomes[1].error == "timed out: no answer within 1 s, the worker was ended"
    assert time.monotonic() - begin < 30


def test_importing_a_slow_library_again_does_not_use_up_the_time_of_the_calls(odd):
    worker = odd(timeout=0.5, slow=1)
    assert kinds(worker.run([ask("double", x=1), ask("dies"), ask("double", x=2)])) == ["value", "broken", "value"]
    assert kinds(worker.run([ask("dies")])) == ["broken"]
    assert kinds(worker.run([ask("double", x=1)])) == ["value"], "nor that of the next experiment's"


def test_a_library_that_keeps_dying_is_given_up_for_this_experiment_only(odd):
    worker = odd()
    outcomes = worker.run([ask("dies") for _ in range(LOSSES + 2)])
    assert kinds(outcomes) == ["broken"] * (LOSSES + 2)
    assert outcomes[-1].error == f"not run: {LOSSES} calls of this experiment crashed or hung already"
    assert worker.run([ask("double", x=1)])[0].value == 2


@pytest.mark.parametrize("nonsense", ["cannot_be_sent", "of_its_own"])
def test_an_answer_that_cannot_be_sent_back_costs_that_call_alone(odd, nonsense):
    worker = odd()
    outcomes = worker.run([ask("double", x=1), ask(nonsense), ask("double", x=2)])
    assert kinds(outcomes) == ["value", "broken", "value"]
    assert outcomes[1].error.startswith("no answer: ")
    assert worker.run([ask("double", x=1)])[0].value == 2


@pytest.mark.parametrize("line", ["import sys; sys.exit(0)", "class Odd(Exception): pass\nraise Odd('no luck')", "x ="])
def test_a_library_that_fails_in_its_own_way_on_import_is_broken(tmp_path, line):
    path = tmp_path / "failing.py"
    path.write_text(line)
    worker = Worker(str(path), timeout=60)
    try:
        assert worker.start()["error"].startswith("the library could not be started: ")
        assert kinds(worker.run([ask("relu", x=1)])) == ["broken"]
    finally:
        worker.close()


def test_a_library_that_cannot_be_imported_is_broken_for_good():
    worker = Worker(str(BACKENDS / "unimportable.py"), timeout=60)
    try:
        assert worker.start() == {
            "error": "the library could not be started: ImportError: libfast.so.3: cannot open shared object file"
        }
        assert kinds(worker.run([ask("relu", x=1)] * 2)) == ["broken", "broken"]
    finally:
        worker.close()


@pytest.mark.parametrize(
    "fault, kind, says",
    [
        ("forks", "value", ""),
        ("leaves_a_child", "broken", "the worker died (exit code 3)"),
        ("forks_without_end", "broken", "processes, more than 32; the worker was ended"),
        ("takes_memory", "broken", "of memory of 2.0; the worker was ended"),
        ("generator_exit", "raised", "GeneratorExit: leaving"),
        ("runs_code_where_it_is_read", "broken", "Bomb is neither an array of NumPy's nor a plain value"),
        ("writes_where_answers_are", "broken", "no answer: something else was written where answers are"),
        ("closes_everything", "broken", "the worker died"),
        pytest.param(
            "flushes_subnormals",
            "broken",
            "left its process otherwise: subnormal numbers",
            marks=pytest.mark.skipif(platform.machine() != "x86_64", reason="machine code of x86-64"),
        ),
    ],
)
def test_a_fault_costs_its_own_call_and_leaves_no_process(odd, fault, kind, says):
    worker = odd(memory=2 * 2**30)
    before, outcome, after = worker.run([ask("double", x=1), ask(fault), ask("double", x=2)])
    assert (before.value, outcome.kind, after.value) == (2, kind, 4)
    assert says in outcome.error
    worker.close()
    assert psutil.Process().children(recursive=True) == []


def test_what_leaves_its_process_otherwise_is_found_among_quick_calls_by_making_each_once_more(odd, monkeypatch):
    """All of them end before anybody looks at the process again."""
    worker, starts = odd(), []
    monkeypatch.setattr(worker, "start", lambda: starts.append(1) or Worker.start(worker))
    outcomes = worker.run([ask("double", x=1), ask("changes_the_environment"), *(ask("double", x=n) for n in range(5))])
    assert kinds(outcomes) == ["value", "broken", *["value"] * 5]
    assert len(starts) == 3, "at first, after the batch, and after the call that did it"


def test_the_librarys_chatter_does_not_reach_us(odd, capfd):
    odd().run([ask("double", x=21), ask("complains_and_dies"), ask("double", x=22)])
    assert capfd.readouterr() == ("", "")


def test_threads_are_pinned_and_the_environment_says_so(odd):
    facts = odd().start()
    assert facts["process"] == PINNED
    assert {facts["process"][name] for name in PINNED if name.endswith("_THREADS")} == {"1"}
    assert set(facts["pools"]) == {1}, "what the linear algebra underneath really uses"


def test_the_time_of_the_import_is_known(odd):
    worker = odd(slow=1)
    worker.start()
    assert worker.import_seconds > 1


def test_in_this_process_the_same_calls_have_the_same_outcomes(odd):
    calls = [ask("double", x=2), ask("refuses", x=1), ask("leaves"), ask("sum")]
    worker = odd()
    there, here = worker.run(calls), InProcess(worker.backend)
    try:
        assert here.start()["versions"] == {"odd": "1.0"}
        assert [(o.kind, o.content, o.error) for o in here.run(calls)] == [(o.kind, o.content, o.error) for o in there]
        assert here.run([ask("process")])[0].value == os.getpid()
    finally:
        here.close()


def test_in_this_process_ctrl_c_is_the_users_and_no_answer_of_the_librarys(tmp_path):
    (tmp_path / "stopped.py").write_text("def stops():\n    raise KeyboardInterrupt\n")
    here, there = InProcess(str(tmp_path / "stopped.py")), Worker(str(tmp_path / "stopped.py"), timeout=60)
    try:
        here.start()
        with pytest.raises(KeyboardInterrupt):
            here.run([ask("stops")])
        assert kinds(there.run([ask("stops")])) == ["raised"]
    finally:
        here.close()
        there.close()
