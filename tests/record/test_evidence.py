"""The record of a run: the same for the same seed, plain JSON, and with snippets that show what they say."""

import json
import re

import lectureclaims.claims
import numpy as np
import pytest
from lectureclaims.claims.engine import verification
from lectureclaims.claims.engine.snippet import snippet
from lectureclaims.claims.language import ask
from lectureclaims.claims.record import file
from lectureclaims.claims.record.types import Volatile, Within
from lectureclaims.reference import libraries, oracle
from lying import LECTURE, run_command
from msgspec.structs import replace

SMALL = ("convolution.flip", "conv_layer.equivariance")
LIBRARIES = ("numpy", "scipy")


def record(found):
    """The evidence as it is written, without what may differ from run to run."""
    return file.dumps(replace(found, volatile=Volatile(begun="", seconds=0.0)))


@pytest.fixture(scope="module")
def small():
    return verification.verify(SMALL, backends=LIBRARIES)


# --- the same seed, the same evidence ----------------------------------------------------------------------------------


def test_the_command_line_writes_byte_for_byte_what_python_returns(small):
    """Two processes, two runs, one with the libraries one after the other."""
    options = [f"--backend={name}" for name in LIBRARIES]
    done = run_command("lecture-claims", "verify", *SMALL, *options, "--jobs=1", "--json")
    assert done.returncode == 0, done.stderr
    assert record(file.loads(done.stdout)) == record(small)
    assert small.success


def test_another_seed_changes_the_inputs_and_no_verdict(small):
    moved = lectureclaims.claims.verify(SMALL, backends=LIBRARIES, seed=1)
    assert record(moved) != record(small)
    assert [c.verdict for c in moved.claims] == [c.verdict for c in small.claims]
    flips = [next(c for c in found.claims if c.id == "convolution.flip") for found in (small, moved)]
    ratios = [[r.ratio for cell in claim.cells for r in cell.rows if isinstance(r, Within)] for claim in flips]
    assert len(ratios[0]) == len(ratios[1]) and ratios[0] != ratios[1], "errors of rounding are those of other numbers"


def test_what_may_differ_stands_in_one_place(small):
    assert small.volatile.begun and small.volatile.seconds > 0
    assert set(small.volatile.import_seconds) == set(LIBRARIES)
    assert set(small.volatile.cell_seconds) == {f"{c.id} [{x.name}]" for c in small.claims for x in c.cells}
    assert not re.search(r"\d{4}-\d\d-\d\dT\d\d:", record(small)), "a date"
    assert not re.search(r"0x[0-9a-f]{6,}", record(small)), "an address in memory"


# --- plain data --------------------------------------------------------------------------------------------------------


def test_json_has_neither_nan_nor_infinity(small):
    def refuse(name):
        raise AssertionError(name)

    told = json.loads(file.dumps(small), parse_constant=refuse)
    assert "inf" in {c["margin"] for claim in told["claims"] for c in claim["cells"]} | {
        w["worst"]["ratio"] for claim in told["claims"] for c in claim["cells"] for w in c["wrongs"]
    }, "infinities are written as words"
    odd = replace(small, claims=(replace(small.claims[0], margin=float("nan")), *small.claims[1:]))
    (read, *_) = file.loads(file.dumps(odd)).claims
    assert json.loads(file.dumps(odd))["claims"][0]["margin"] == "nan" and read.margin != read.margin


def test_what_no_run_can_say_is_written_as_words():
    found = verification.verify(
        ["layer.correlates"], backends=[str(LECTURE.parent / "backends/nans.py")], lecture_folder=LECTURE
    )
    row = found.claims[0].cells[0].rows[0]
    assert (row.got, row.ratio) == ("nan", float("inf"))
    told = json.loads(file.dumps(found))["claims"][0]["cells"][0]["rows"][0]
    assert (told["got"], told["ratio"]) == ("nan", "inf")
    assert "NaN" not in file.dumps(found)


def test_counts_add_up(small):
    cells = [c for claim in small.claims for c in claim.cells]
    counts = small.counts
    assert counts.cells == len(cells) == len(SMALL) * len(LIBRARIES) * 2
    assert counts.comparisons == sum(c.comparisons for c in cells) > 100
    assert counts.elements == sum(r.elements for c in cells for r in c.rows) > 1000
    assert counts.wrongs == counts.wrongs_caught == sum(len(c.wrongs) for c in cells) > 0
    assert counts.limits == counts.limits_shown == sum(len(c.limits) for c in cells) > 0
    assert sum(counts.claims.values()) == len(SMALL)


def test_every_row_names_its_source_and_every_bound_its_derivation(small):
    rows = [r for claim in small.claims for c in claim.cells for r in c.rows]
    assert all(r.source for r in rows)
    bounded = [r for r in rows if isinstance(r, Within) and r.outcome == "value"]
    assert bounded and all(r.derivation for r in bounded)


def test_only_a_claim_that_holds_and_has_limits_is_qualified(small):
    found = {c.id: c.qualified for c in small.claims}
    assert found == {c.id: any(cell.limits for cell in c.cells) for c in small.claims}
    wrong = small.claims[1].cells[0].wrongs[0].name
    part = verification.verify(["conv_layer.equivariance"], backends=["numpy"], wrong=wrong)
    assert part.selection.partial and not part.claims[0].qualified


# --- reading it back ---------------------------------------------------------------------------------------------------


def test_what_was_written_is_read_back(small, tmp_path):
    path = tmp_path / "results.json"
    path.write_text(file.dumps(small), encoding="utf-8")
    read = file.load(path)
    assert replace(read, texts=()) == small
    assert file.dumps(read) == file.dumps(small)


@pytest.mark.parametrize(
    "content, says",
    [
        (None, "No such file or directory; give the results.json that verify wrote"),
        (b"not json", "not JSON"),
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[]", "no record: Expected `object`, got `array`"),
        (b"{}", "schema '', expected 'lecture-claims/results/2'"),
        (b'{"schema": "lecture-claims/results/1"}', "schema 'lecture-claims/results/1', expected"),
    ],
)
def test_a_file_that_is_no_evidence_is_refused_in_one_line(tmp_path, content, says):
    path = tmp_path / "results.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(file.BadEvidence) as refusal:
        file.load(path)
    assert str(refusal.value).startswith(f"results={str(path)!r}: ")
    assert says in str(refusal.value) and "\n" not in str(refusal.value)


# --- snippets ----------------------------------------------------------------------------------------------------------

PLAIN = {"stride": (2, 1), "padding": ((0, 1), (1, 1)), "dilation": (1, 2), "groups": 2}


def layer(size):
    rng = np.random.default_rng(0)
    x = rng.integers(-8, 9, (2, 4, size, size)).astype(np.float32)
    w = rng.integers(-8, 9, (2, 2, 3, 2)).astype(np.float32)
    return ask("cross_correlation2d", x=x, w=w, b=None, **PLAIN), oracle.cross_correlation2d(
        x, w, None, **PLAIN
    ).astype(np.float32)


def ran(tmp_path, text):
    script = tmp_path / "snippet.py"
    script.write_text(text)
    done = run_command("python", "-I", str(script))
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("size", [4, 12], ids=["written out", "packed"])
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_a_snippet_runs_by_itself_and_shows_what_it_says(tmp_path, backend, size):
    if not libraries.installed(backend):
        pytest.skip(f"{backend} is not installed")
    call, wanted = layer(size)
    text = snippet(call, wanted, backend)
    assert text and ("lectureclaims" in text) == (backend == "numpy"), "NumPy's is this package's own reference"
    assert "equal  True" in ran(tmp_path, text)
    other = wanted.copy()
    other.flat[-1] += 1
    assert "equal  False" in ran(tmp_path, snippet(call, other, backend) or "")


def test_there_is_no_snippet_of_what_only_the_engine_can_run():
    call, wanted = layer(4)
    assert snippet(call.mutated_by(layer), wanted, "numpy") is None
    assert snippet(ask(layer, size=4), wanted, "numpy") is None
    assert snippet(ask("no_such_operation"), wanted, "numpy") is None


def test_a_snippet_with_special_values_is_python(tmp_path):
    x = np.array([np.nan, np.inf, -np.inf, -0.0, 1e-45, 3.4e38], np.float32)
    text = snippet(ask("relu", x=x), np.zeros((0, 2), np.float32), "numpy")
    assert "equal  False" in ran(tmp_path, text or "")


def test_a_library_is_cut_out_of_its_file_with_what_it_needs_and_nothing_else(tmp_path):
    call = ask("own_convolution", x=np.arange(4.0), w=np.arange(2.0), function="np.correlate")
    text = snippet(call, np.array([1.0, 2.0, 3.0]), "numpy")
    assert text and "lectureclaims" not in text and "def environment" not in text
    assert "equal  True" in ran(tmp_path, text)
