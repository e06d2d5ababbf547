"""The pytest plug-in, in a project of somebody else's: an empty folder, and pytest in a process of its own."""

import os
import re

import pytest
from lying import FRAMEWORKS, LECTURE, library, run_command, without_frameworks

pytest_plugins = ["pytester"]

ONE = "libraries_correlate and numpy"


@pytest.fixture(autouse=True)
def no_bytecode(monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")


def run(pytester, *arguments):
    return pytester.runpytest_subprocess(
        "-p", "no:cacheprovider", "-p", "no:jaxtyping", "--strict-markers", "-W", "error", "-rA", *arguments
    )


def lying_project(pytester, *libraries):
    """A project whose pytest.ini names another lecture and other libraries: the lies."""
    names = "\n    ".join(map(library, libraries))
    pytester.makeini(f"[pytest]\nlecture_claims_folder = {LECTURE}\nlecture_claims_backends =\n    {names}\n")


def outcomes(result):
    return {key: count for key, count in result.parseoutcomes().items() if key != "warnings"}


# --- what it costs who does not ask for it -----------------------------------------------------------------------------


def test_without_the_option_nothing_is_collected_and_nothing_imported(pytester):
    pytester.makepyfile(
        "def test_lean():\n    import sys\n    assert not {'numpy', 'scipy', 'torch', 'tensorflow'} & set(sys.modules)\n"
    )
    result = run(pytester)
    assert outcomes(result) == {"passed": 1}
    assert "[numpy]" not in result.stdout.str()


def test_a_users_own_test_claims_file_is_left_alone(pytester):
    pytester.makepyfile(test_claims="def test_of_the_user():\n    pass\n")
    result = run(pytester)
    result.stdout.fnmatch_lines(["PASSED test_claims.py::test_of_the_user"])


# --- the claims as items -----------------------------------------------------------------------------------------------


def test_every_claim_on_every_library_is_an_item_with_a_readable_id(pytester):
    result = run(pytester, "--lecture-claims", "--collect-only", "-q")
    ids = [line.rpartition("::")[2] for line in result.stdout.lines if "[" in line]
    assert {f"convolution.flip[{name}]" for name in ("numpy", "scipy", *FRAMEWORKS)} <= set(ids)
    assert all(re.fullmatch(r"\w+\.\w+\[\w+\]", name) for name in ids) and len(ids) == len(set(ids))


def test_the_option_verifies_in_an_empty_folder(pytester):
    result = run(pytester, "--lecture-claims", "-k", ONE)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["PASSED *convolution.libraries_correlate[[]numpy[]]"])
    assert outcomes(result).keys() == {"passed", "deselected"} and outcomes(result)["passed"] == 1


def test_the_claims_stand_beside_the_users_own_tests(pytester):
    pytester.makepyfile("def test_own_numpy_and_libraries_correlate():\n    pass\n")
    result = run(pytester, "--lecture-claims", "-k", ONE)
    assert outcomes(result)["passed"] == 2


def test_a_file_with_the_line_is_the_claims(pytester):
    pytester.makepyfile(test_claims="LECTURE_CLAIMS = True\n")
    result = run(pytester, "-k", ONE)
    result.stdout.fnmatch_lines(["PASSED test_claims.py::convolution.libraries_correlate[[]numpy[]]"])
    assert (
        run(pytester, "--lecture-claims", "--collect-only", "-q").stdout.str().count("convolution.flip[numpy]") == 1
    ), "once, not twice"


def test_an_absent_framework_is_a_skip_with_its_reason(pytester, monkeypatch):
    folder = without_frameworks(pytester.mkdir("bare"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH", "")])))
    result = run(pytester, "--lecture-claims", "-k", "libraries_correlate")
    assert outcomes(result) | {"deselected": 0} == {"passed": 2, "skipped": 2, "deselected": 0}
    for name in FRAMEWORKS:
        assert f"{name} is not installed" in result.stdout.str()


# --- by a recorded run -------------------------------------------------------------------------------------------------


def recorded(pytester, *claims, libraries=("numpy",)):
    """A results.json of the lies."""
    named = [option for library_ in libraries for option in ("--backend", library(library_))]
    folder = pytester.path / "reports"
    run_command("lecture-claims", "verify", *claims, *named, "--out", str(folder), lecture=True)
    return folder / "results.json"


def test_the_items_can_be_judged_by_a_recorded_run(pytester):
    results = recorded(pytester, "layer.correlates", libraries=("numpy", "one_ulp"))
    lying_project(pytester, "numpy", "one_ulp")
    result = run(pytester, "--lecture-claims", "-k", "layer.correlates", f"--lecture-claims-results={results}")
    assert outcomes(result) | {"deselected": 0} == {"passed": 1, "failed": 1, "deselected": 0}
    assert "layer.correlates [one_ulp float32] is refuted" in result.stdout.str()


def test_a_recorded_run_that_lacks_something_is_no_pass(pytester):
    results = recorded(pytester, "layer.rounds", libraries=("numpy",))
    lying_project(pytester, "numpy")
    result = run(pytester, "--lecture-claims", "-k", "layer.correlates", f"--lecture-claims-results={results}")
    assert outcomes(result) | {"deselected": 0} == {"failed": 1, "deselected": 0}
    assert "it has nothing of layer.correlates; run `lecture-claims verify --out DIR`" in result.stdout.str()


# --- what a failure says -----------------------------------------------------------------------------------------------


@pytest.fixture
def lies(pytester):
    lying_project(pytester, "numpy", "one_ulp", "faulty", "lacking", "unimportable")
    claims = "layer or sweep or survives or does_not_show"
    return run(pytester, "--lecture-claims", "-k", claims)


def test_lies_come_out_as_what_they_are(lies):
    lines = [
        line.partition(" - ")[0]
        for line in lies.stdout.lines
        if re.match(r"(PASSED|FAILED|SKIPPED|XFAIL|XPASS|ERROR) ", line)
    ]
    came = {line.rpartition("::")[2]: line.split()[0] for line in lines if "::" in line}
    assert lies.ret == 1
    assert {name: came[name] for name in sorted(came) if name.startswith(("layer.correlates", "fault.sweep"))} == {
        "fault.sweep[faulty]": "XFAIL",
        "fault.sweep[numpy]": "PASSED",
        "fault.sweep[one_ulp]": "FAILED",
        "fault.sweep[unimportable]": "FAILED",
        "layer.correlates[faulty]": "PASSED",
        "layer.correlates[numpy]": "PASSED",
        "layer.correlates[one_ulp]": "FAILED",
        "layer.correlates[unimportable]": "FAILED",
    }
    assert came["mistake.survives[numpy]"] == came["limit.does_not_show[numpy]"] == "FAILED", "inconclusive is no pass"
    text = lies.stdout.str()
    # a refuted claim: the comparison, how to run it again, a snippet to paste
    assert (
        "layer.correlates [one_ulp float32] is refuted, expected verified: the layer: 1 of 36 differ; worst at (0, 0, 0, 0): got "
        in text
    )
    assert re.search(r"replay: lecture-claims verify layer\.correlates --case one --backend \S*one_ulp", text)
    assert 'print("equal ", np.shape(got) == wanted.shape and np.array_equal(got, wanted))' in text
    assert "Traceback" not in text and "replay: \n" not in text
    # what else can be wrong
    assert "survived: no mistake: every comparison still agreed" in text
    assert "not shown: it holds here too" in text
    assert "libfast.so.3: cannot open shared object file" in text
    # a recorded defect, with its snippet; a missing operation, with its reason
    assert "recorded defect faulty-3x2: 3 × 2 images come out wrong" in text
    assert "lacking has no operation cross_correlation2d" in text


@pytest.mark.parametrize(
    "line, says",
    [
        (
            "lecture_claims_folder = nowhere",
            "lecture.md is missing; a lecture folder holds lecture.md and sentences.toml",
        ),
        ("lecture_claims_backends = troch", "backend='troch': no such backend; did you mean 'torch'?"),
        ("lecture_claims_backends = nowhere.py", "no such file; give the path of a Python file with its operations"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(pytester, line, says):
    pytester.makeini(f"[pytest]\n{line}\n")
    result = run(pytester, "--lecture-claims")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert says in result.stderr.str()
    assert "Traceback" not in result.stdout.str() + result.stderr.str()
