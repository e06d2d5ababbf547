"""The instruments, tested with lies: libraries that lie and claims that prove nothing, through real workers and the command line.

``lies/backends`` holds the libraries, one lie a file, ``lies/lecture`` the claims. One run of the command line puts every
claim to every library; what each pair must come to is said in ``lying.py``, where ``test_checks_matter.py`` reads it too.
"""

import pytest
from lectureclaims.claims.record import file, replay
from lying import (
    ALL_BUT_ONE_COMPARED,
    BACKENDS,
    MUST_COME_TO,
    compared_geometries,
    found,
    library,
    run_command,
    unmet,
    verify_the_lies,
)
from msgspec.structs import replace

SAID = [(why, *row) for why, rows in MUST_COME_TO.items() for row in rows]


@pytest.fixture(scope="module")
def lies():
    return verify_the_lies()


@pytest.mark.parametrize(
    "why, claim, name, verdict, words", SAID, ids=[f"{claim}[{name}]: {why}" for why, claim, name, *_ in SAID]
)
def test_what_each_claim_comes_to_on_each_library(lies, why, claim, name, verdict, words):
    cell = found(lies, claim, name)
    assert cell.verdict == verdict, why
    assert words in cell.reason, why


def test_every_lying_library_is_told():
    """But the one that no run begins with: it is refused before."""
    assert {p.stem for p in BACKENDS.glob("*.py")} - {"unimportable"} == {name for _, _, name, *_ in SAID} - {"numpy"}


def test_every_lying_claim_is_told(lies):
    assert {c.id for c in lies.claims} == {claim for _, claim, *_ in SAID}


@pytest.mark.parametrize("name", ALL_BUT_ONE_COMPARED)
def test_where_one_size_has_no_answer_the_others_are_compared(lies, name):
    assert compared_geometries(lies, name) == 8


def test_what_is_not_as_it_must_be_would_be_told(lies):
    """``test_checks_matter.py`` relies on this list."""
    assert unmet(lies) == []
    cell = found(lies, "layer.correlates", "one_ulp")
    (claim,) = (c for c in lies.claims if c.id == "layer.correlates")
    cells = tuple(replace(x, verdict="verified") if x is cell else x for x in claim.cells)
    claims = tuple(replace(c, cells=cells) if c is claim else c for c in lies.claims)
    (told,) = unmet(replace(lies, claims=claims))
    assert told.startswith("layer.correlates [one_ulp] is verified: ")


def test_a_recorded_defect_that_shows_is_in_the_record(lies):
    record = next(d for d in lies.defects if d.id == "faulty-3x2")
    assert record.applies and record.reproduced


def test_a_departure_comes_with_its_replay_and_a_snippet_that_shows_it(lies, tmp_path):
    cell = found(lies, "fault.sweep", "newer")
    row = next(r for r in cell.rows if not r.agrees)
    words = replay.words(lies, "fault.sweep", cell, case=replay.address(row))
    assert words[:6] == ["lecture-claims", "verify", "fault.sweep", "--case", "one/H=3,W=2", "--backend"]
    again = run_command(*words, "--json")
    assert again.returncode == 1
    (same,) = (r for r in found(file.loads(again.stdout), "fault.sweep", "newer").rows if not r.agrees)
    assert replay.address(same) == "one/H=3,W=2"
    script = tmp_path / "snippet.py"
    script.write_text(row.snippet)
    assert "equal  False" in run_command("python", str(script)).stdout


@pytest.mark.parametrize(
    "arguments, status",
    [
        (["layer.*", "--backend", "numpy"], 0),
        (["layer.correlates", "--backend", library("one_ulp")], 1),
        (["unbroken.no_wrongs", "--backend", "numpy"], 1),
        (["fault.sweep", "--backend", library("faulty")], 0),
        (["fault.sweep", "--backend", library("mended")], 1),
        (["layer.correlates", "--backend", library("mended")], 1),
        (["layer.correlates", "--backend", library("lacking")], 1),
    ],
)
def test_the_exit_code_says_it(arguments, status):
    assert run_command("lecture-claims", "verify", *arguments, lecture=True).returncode == status


def test_a_recorded_defect_whose_call_raises_now_has_not_reproduced():
    evidence = verify_the_lies(claims=["layer.correlates"], libraries=["balking"])
    record = next(d for d in evidence.defects if d.id == "balking-3x2")
    assert record.applies and record.neighbour_holds and not record.reproduced
    assert not evidence.success
