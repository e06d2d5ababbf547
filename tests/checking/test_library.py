"""A file of operations in a library's place: looked at before claims run, its mistake named, what it lacks told, each replay once."""

import re

import pytest
from lectureclaims.claims.checking import library
from lectureclaims.claims.record import file
from lectureclaims.reference.validation import BadInput
from lectureclaims.reports import checking
from lectureclaims.reports.wording import failures
from lying import run_command

KNOWN = ("own_convolution",)
TURNED = """
from lectureclaims.reference.libraries.numpy import operations as own

def cross_correlation2d(x, w, b, *, stride, padding, dilation, groups):
    return own.cross_correlation2d(x, w[:, :, ::-1, ::-1], b, stride=stride, padding=padding, dilation=dilation, groups=groups)
"""
RELU = "def relu(x):\n    return x * (x > 0)\n"
BAD = {
    "another language": ("def f(:", "it cannot be run: SyntaxError"),
    "a library that is not there": ("import numpyy", "it cannot be run: ModuleNotFoundError: No module named 'numpyy'"),
    "nothing": ("", "it has no function; `lecture-claims operations` lists the names"),
    "what every library has": ("def configure(): ...", "it has no function"),
    "a name that means nothing": ("def f(x): return x", "it has f, none of them an operation"),
    "a framework's name": (
        "def conv2d(x, w): return x",
        "it has conv2d(), expected an operation by its own name; call ",
    ),
    "parameters left out": (
        "def cross_correlation2d(x, w): return x",
        "cross_correlation2d(x, w): expected cross_correlation2d(x, w, b, *, stride, padding, dilation, groups)",
    ),
    "a parameter by another name": ("def softmax(x, dim): return x", "softmax(x, dim): expected softmax(x, *, axis)"),
}
GOOD = {
    "one function": RELU,
    "any parameters": "def cross_correlation2d(x, w, b, **settings): return x",
    "another library's operations": "from lectureclaims.reference.libraries.numpy.operations import *",
    "what no operator of ours is": "def own_convolution(x, w, function): return x",
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_claims_cannot_run_on_is_refused_in_one_line(tmp_path, name):
    text, says = BAD[name]
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(BadInput) as refused:
        library.look(path, known=KNOWN)
    line = str(refused.value)
    assert line.startswith("backend='mine.py': ") and says in line and "\n" not in line


@pytest.mark.parametrize("name", GOOD)
def test_a_file_with_an_operation_is_enough(tmp_path, name):
    path = tmp_path / "mine.py"
    path.write_text(GOOD[name])
    library.look(path, known=KNOWN)


def test_the_claims_of_a_lecture_of_ones_own_may_ask_for_any_name(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("def softmax(x, temperature): return x")
    library.look(path, known=None)


def said(path):
    return [*checking.of_library(path.name, library.tried(path))]


def test_a_known_mistake_is_named_and_what_is_right_is_not_spoken_of(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(TURNED + RELU)
    (line,) = said(path)
    assert line.startswith("cross_correlation2d of mine.py: ") and "as if the kernel was turned by 180°" in line


def test_verify_refuses_such_a_file_before_anything_starts(tmp_path):
    (tmp_path / "mine.py").write_text("def conv2d(x, w): return x")
    done = run_command("lecture-claims", "verify", "--backend", "mine.py", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


@pytest.fixture(scope="module")
def turned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("turned")
    (folder / "mine.py").write_text(TURNED)
    claims = ("convolution.flip", "convolution.worked_example", "activations.relu")
    return folder, run_command("lecture-claims", "verify", *claims, "--backend=mine.py", "--out=out", cwd=folder)


def test_the_mistake_is_said_at_once_and_at_the_end(turned):
    _, done = turned
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1 and "as if the kernel was turned by 180°" in line and line in done.stdout


def test_each_replay_is_printed_once_and_few_of_them(turned):
    _, done = turned
    replays = re.findall(r"^  replay: (.*)", done.stdout, re.MULTILINE)
    assert 2 <= len(replays) == len({*replays}) <= 2 * failures.MOST_REPLAYS
    assert not any("--dtype" in one for one in replays), "it is wrong in both"


def test_what_the_file_lacks_is_told_with_its_reason(turned):
    _, done = turned
    assert "mine has no operation relu: 1 claim unsupported on it, activations.relu" in done.stdout


def test_the_end_says_what_fails_first(turned):
    folder, done = turned
    *_, first, counts, _ = done.stdout.splitlines()
    assert (
        first.startswith("Fails first: convolution.") and "; then convolution." in first and "inconclusive" not in first
    )
    assert "Begin with: lecture-claims verify convolution." in first and counts.startswith("0 of 3 claims hold")
    evidence = file.load(folder / "out" / "results.json")
    assert [c.verdict for c in failures.failing(evidence)] == ["refuted", "refuted", "inconclusive"]


def test_every_replay_is_one_of_the_records(turned):
    folder, _ = turned
    evidence = file.load(folder / "out" / "results.json")
    for claim in evidence.claims:
        found = [*failures.replays(evidence, claim)]
        assert len(found) == len({*found})
        assert bool(found) == (claim.verdict == "refuted")
        assert all(one.startswith(f"lecture-claims verify {claim.id} --") for one in found)
