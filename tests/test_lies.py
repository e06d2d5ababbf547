"""The instruments, tested with lies: libraries that lie and claims that prove nothing, through real workers and the command line.

``lies/backends`` holds the libraries, one lie a file, ``lies/lecture`` the claims. One run of the command line puts every
claim to every library; what each pair must come to is said here.
"""

import pytest
from lying import BACKENDS, run_command, verify_the_lies

LIBRARIES = sorted(p.stem for p in BACKENDS.glob("*.py"))


@pytest.fixture(scope="module")
def lies():
    return verify_the_lies()


def verdict(lies, claim, backend="numpy"):
    cells = next(c["cells"] for c in lies["claims"] if c["id"] == claim)
    cell = next(c for c in cells if c["backend"] == backend)
    return cell["verdict"], cell["reason"]


def test_an_honest_library_is_verified(lies):
    assert verdict(lies, "layer.correlates")[0] == "verified"
    assert verdict(lies, "layer.rounds")[0] == "verified"


@pytest.mark.parametrize(
    "library, says",
    [
        ("constant", "35 of 36 differ"),
        ("double", "got dtype float64, wanted dtype float32"),
        ("shapeless", "got shape (1, 3, 4, 3, 1), wanted shape (1, 3, 4, 3)"),
        ("nans", "1 of 36 differ; worst at (0, 2, 3, 2): got nan"),
        ("one_ulp", "1 of 36 differ"),
        ("flipping", "36 of 36 differ"),
    ],
)
def test_a_lying_library_is_refuted_bit_for_bit(lies, library, says):
    found, reason = verdict(lies, "unbroken.no_wrongs" if library == "constant" else "layer.correlates", library)
    assert found == "refuted"
    assert says in reason


@pytest.mark.parametrize("library", ["constant", "double", "shapeless", "nans", "flipping", "beyond"])
def test_a_lying_library_is_refuted_within_bounds(lies, library):
    assert verdict(lies, "layer.rounds", library)[0] == "refuted"


def test_one_ulp_is_rounding_where_rounding_is_allowed(lies):
    assert verdict(lies, "layer.rounds", "one_ulp")[0] == "verified"


@pytest.mark.parametrize(
    "claim, says",
    [
        ("silence.no_comparison", "nothing was compared"),
        ("silence.empty", "nothing was compared"),
        ("unbroken.no_wrongs", "no wrong variant was tried"),
        ("mistake.survives", "“no mistake” survived"),
        ("mistake.raises", "“it raises” survived"),
        ("mistake.has_another_shape", "“one row less” survived"),
        ("limit.does_not_show", "“it holds here too” did not show"),
    ],
)
def test_a_claim_that_proves_nothing_is_inconclusive(lies, claim, says):
    found, reason = verdict(lies, claim)
    assert found == "inconclusive"
    assert says in reason


def test_a_mistake_in_a_claim_is_an_error(lies):
    found, reason = verdict(lies, "broken.experiment")
    assert found == "error"
    assert "KeyError: 'a mistake in the claim' (section.py:" in reason


def test_a_gate_that_is_not_met_is_not_supported(lies):
    assert verdict(lies, "gate.not_met")[0] == "not supported"


@pytest.mark.parametrize(
    "library, says", [("dies", "the worker died (exit code -9)"), ("hangs", "timed out: no answer within")]
)
def test_a_worker_that_dies_or_hangs_is_a_row_and_the_rest_goes_on(lies, library, says):
    found, reason = verdict(lies, "fault.sweep", library)
    assert found == "error"
    assert says in reason
    rows = next(c for c in next(x for x in lies["claims"] if x["id"] == "fault.sweep")["cells"] if c["backend"] == library)["rows"]
    assert any(r["geometries"] == 8 and r["agrees"] for r in rows), "the other eight sizes were compared"
    assert verdict(lies, "layer.correlates", library)[0] == "verified"


def test_a_library_that_cannot_be_imported_is_broken(lies):
    found, reason = verdict(lies, "layer.correlates", "unimportable")
    assert found == "error"
    assert "libfast.so.3: cannot open shared object file" in reason


def test_an_unexpected_exception_is_an_error_not_a_refutation(lies):
    found, reason = verdict(lies, "layer.correlates", "refuses")
    assert found == "error"
    assert "RuntimeError: not today" in reason


def test_a_missing_operation_is_unsupported_not_a_pass(lies):
    assert verdict(lies, "layer.correlates", "lacking") == ("unsupported", "lacking has no operation cross_correlation2d")


def test_a_recorded_defect_is_told_apart_and_shown(lies):
    assert verdict(lies, "fault.sweep", "faulty")[0] == "verified"
    assert "departs where recorded (faulty-3x2)" in verdict(lies, "fault.sweep", "faulty")[1]
    record = next(d for d in lies["defects"] if d["id"] == "faulty-3x2")
    assert record["applies"] and record["reproduced"]


def test_a_defect_outside_its_versions_refutes(lies):
    found, reason = verdict(lies, "fault.sweep", "newer")
    assert found == "refuted"
    assert "smallest departure H=3,W=2" in reason


def test_a_recorded_defect_that_no_longer_shows_is_an_error(lies):
    assert verdict(lies, "fault.sweep", "mended") == (
        "error",
        "recorded defect mended-3x2 applies here and did not reproduce",
    )
    assert verdict(lies, "layer.correlates", "mended")[0] == "verified", "claims that it does not touch go on"


def test_a_departure_comes_with_its_replay_and_a_snippet_that_shows_it(lies, tmp_path):
    cell = next(c for c in next(x for x in lies["claims"] if x["id"] == "fault.sweep")["cells"] if c["backend"] == "newer")
    row = next(r for r in cell["rows"] if not r["agrees"])
    assert row["replay"].startswith("lecture-claims verify fault.sweep --case one/H=3,W=2 --backend ")
    script = tmp_path / "snippet.py"
    script.write_text(row["snippet"])
    assert "equal  False" in run_command("python", str(script)).stdout


@pytest.mark.parametrize(
    "arguments, status",
    [
        (["layer.*", "--backend", "numpy"], 0),
        (["layer.correlates", "--backend", str(BACKENDS / "one_ulp.py")], 1),
        (["unbroken.no_wrongs", "--backend", "numpy"], 1),
        (["fault.sweep", "--backend", str(BACKENDS / "faulty.py")], 0),
        (["fault.sweep", "--backend", str(BACKENDS / "mended.py")], 1),
        (["layer.correlates", "--backend", str(BACKENDS / "mended.py")], 1),
        (["layer.correlates", "--backend", str(BACKENDS / "lacking.py")], 1),
    ],
)
def test_the_exit_code_says_it(arguments, status):
    assert run_command("lecture-claims", "verify", *arguments, lecture=True).returncode == status
