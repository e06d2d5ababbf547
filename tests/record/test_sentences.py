"""What is made of the record's members: a row's sentence, and the command that runs a part of the record again."""

import shlex
from pathlib import Path

import pytest
from lectureclaims.claims.engine import lecture, verification
from lectureclaims.claims.record import file, replay
from lectureclaims.claims.record.sentences import sentence, short
from lectureclaims.claims.record.types import Bits, Departure, Fact, Sweep, Within
from msgspec.structs import replace
from rows import BAD, GOOD, gate, stopped, unmade

HOSTILE = (
    "odd kernels; stride 2",
    'it\'s “so”, "so"',
    "larger, fresh seeds",
    "[0, 1]",
    "$(true) `true` | cat",
    "a",
    "a/b",
    "a/b=c, d",
    "-x",
)

SECTION = f"""
import numpy as np
from lectureclaims.claims.language import Wrong, ask, claim, fails, same_bits

NAMES = {HOSTILE!r}
X = np.array([-1, 2], np.float32)
hostile = claim("names.hostile", "What is so.", kind="exact", expected="verified", dtypes=("float32",))


def rectified(case, *, factor=1):
    y = yield ask("relu", x=X)
    yield same_bits(y, factor * np.maximum(X, 0), label=case.name, source="the definition")


def limited(case):
    y = yield ask("relu", x=X)
    yield fails(same_bits(y, X, label=case.name, source="the sentence"))
    yield same_bits(y, np.maximum(X, 0), label="instead", source="the definition")


hostile.each({{name: {{}} for name in NAMES}}, wrongs={{name: {{"factor": 2}} for name in NAMES}})(rectified)
for name in NAMES:
    hostile.limit(name, says=name, as_worded=True)(limited)
"""
TEXT = "# A lecture of names\n\nNames are names.\n"
LEDGER = '[[sentence]]\nid = "names"\ntext = "Names are names."\nclaims = ["names.hostile"]\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("a lecture; of 'names'")
    for name, text in (("lecture.md", TEXT), ("sentences.toml", LEDGER), ("names.py", SECTION)):
        (made / name).write_text(text, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def run(folder):
    return verification.verify(backends=["numpy"], lecture_folder=folder, way=verification.Way(in_process=True))


# --- sentences ---------------------------------------------------------------------------------------------------------

WITHIN = Within(label="L", ratio=0.25, elements=6, allowed=0.5)
OUTSIDE = Within(
    label="L", agrees=False, ratio=8.0, elements=6, differing=2, where=(1, 2), got=1.5, wanted=1.0, allowed=0.0625
)
SWEPT = Sweep(label="L", of="within", geometries=9, elements=90)
SENTENCES = [
    (GOOD, "the sum: 1 elements, every bit equal"),
    (
        Bits(label="L", agrees=False, elements=6, differing=1, where=(0, 2), got=2.0, wanted=1.0),
        "L: 1 of 6 differ; worst at (0, 2): got 2, wanted 1",
    ),
    (
        Bits(label="L", agrees=False, shape=True, got="shape (3,)", wanted="shape (2,)"),
        "L: got shape (3,), wanted shape (2,)",
    ),
    (Bits(label="L", agrees=False, differing=None), "L: departs, and not the same way twice"),
    (WITHIN, "L: 6 elements, worst error ÷ bound 0.25"),
    (Within(label="L", ratio=0.25, elements=6, measured=True), "L: 6 elements, worst error ÷ empirical bound 0.25"),
    (OUTSIDE, "L: 6 elements, worst error ÷ bound 8 at (1, 2): got 1.5, wanted 1, allowed 0.0625 (2 outside)"),
    (
        Within(label="L", elements=6, must_fail=True, note="none of 9"),
        "L: 6 elements, worst error ÷ bound 0 (none of 9)",
    ),
    (Bits(label="L", must_fail=True, note="none of 9"), "L: 1 elements, every bit equal (none of 9)"),
    (Fact(label="L", got=3, wanted=3, note="why"), "L: got 3, as expected (why)"),
    (Fact(label="L", agrees=False, got=[3, 2], wanted=[2, 3], shape=True), "L: got (3, 2), expected (2, 3)"),
    (gate("g"), "g, first seeds: got 1.2 [1.1, 1.3], as expected"),
    (
        gate("g", met=False, group="fresh", note="why"),
        "g, fresh seeds: got 0.9 [0.8, 0.95], expected interval above 1 (why)",
    ),
    (SWEPT, "L: 9 geometries, 90 elements, all agree"),
    (
        Sweep(label="L", of="bits", agrees=False, geometries=2, elements=6, differing=1, where=(0,), got=0, wanted=2),
        "L: 1 of 6 differ; worst at (0,): got 0, wanted 2",
    ),
    (
        Sweep(label="L", of="within", agrees=False, geometries=2, ratio=8.0, elements=6, differing=2, allowed=1.0),
        "L: 6 elements, worst error ÷ bound 8, allowed 1 (2 outside)",
    ),
    (Sweep(label="L", of="fact", agrees=False, geometries=2, got=1, wanted=2), "L: got 1, expected 2"),
    (unmade("raised", "ValueError: no"), "the sum: not compared: ValueError: no"),
    (stopped("broken", "the worker died"), "one: broken: the worker died"),
]


@pytest.mark.parametrize("row, says", SENTENCES, ids=[says for _, says in SENTENCES])
def test_a_row_says_in_one_line_what_it_found(row, says):
    assert sentence(row) == says


@pytest.mark.parametrize("row", [row for row, _ in SENTENCES], ids=[says for _, says in SENTENCES])
def test_a_sentence_says_the_same_after_the_record_was_written_and_read(row, run):
    (claim,) = run.claims
    (cell, *_) = claim.cells
    changed = replace(run, claims=(replace(claim, cells=(replace(cell, rows=(row,)),)),))
    (read,) = file.loads(file.dumps(changed)).claims[0].cells[0].rows
    assert read == row and sentence(read) == sentence(row)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_stands_in_a_sentence_as_it_is(name):
    assert (
        sentence(replace(BAD, label=name, where=(0,), got=name, wanted="b"))
        == f"{name}: 2 of 2 differ; worst at (0,): got {name}, wanted b"
    )
    assert sentence(gate(name)).startswith(f"{name}, first seeds: got 1.2 [1.1, 1.3], as expected")


def test_a_long_value_is_cut():
    assert short("x" * 121) == "x" * 117 + "…" and short("x" * 120) == "x" * 120
    assert short([1, 2]) == "(1, 2)" and short(float("-inf")) == "-inf" and short(0.1) == "0.1"


# --- names in the record -----------------------------------------------------------------------------------------------


def test_every_name_comes_back_whole(run):
    """A limit named “odd kernels; stride 2” is one limit, also where it fails as worded."""
    (claim,) = file.loads(file.dumps(run)).claims
    (cell,) = claim.cells
    assert (claim.verdict, cell.verdict) == ("verified", "verified") and claim.qualified
    assert tuple(x.name for x in claim.limits) == claim.fails_as_worded == HOSTILE
    assert tuple(x.name for x in cell.limits) == tuple(x.name for x in cell.wrongs) == HOSTILE
    assert tuple(row.case for row in cell.rows) == HOSTILE


# --- the command that runs a part again --------------------------------------------------------------------------------


def again(words):
    """What the command runs."""
    options = dict(zip(words[3::2], words[4::2], strict=True))
    folder = options.pop("--lecture")
    several = {"backends": [options.pop("--backend")], "dtypes": [options.pop("--dtype")]}
    chosen = {option.removeprefix("--"): value for option, value in options.items()}
    return verification.verify(
        [words[2]], **several, **chosen, lecture_folder=Path(folder), way=verification.Way(in_process=True)
    )


@pytest.mark.parametrize("part", ["case", "wrong", "limit"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_command_runs_the_part_of_this_name_and_no_other(run, part, name):
    (cell,) = run.claims[0].cells
    chosen = {part: name}
    words = replay.words(run, "names.hostile", cell, **chosen)
    assert words[:5] == ["lecture-claims", "verify", "names.hostile", f"--{part}", name]
    assert shlex.split(replay.command(run, "names.hostile", cell, **chosen)) == words
    found = again(words)
    (part_of,) = found.claims[0].cells
    assert found.success and found.selection.partial
    ran = {"case": part_of.rows, "wrong": part_of.wrongs, "limit": part_of.limits}
    assert [len(ran[p]) for p in ran] == [p == part for p in ran]
    assert name == (ran[part][0].case if part == "case" else ran[part][0].name)


def test_a_command_names_the_seed_the_quick_run_and_the_file_of_a_library_where_they_matter(run):
    (cell,) = run.claims[0].cells
    facts = replace(run.environment.backends["numpy"], file="/a folder/numpy.py")
    environment = replace(run.environment, backends={"numpy": facts})
    lecture = replace(run.lecture, folder="")
    other = replace(run, seed=7, selection=replace(run.selection, quick=True), environment=environment, lecture=lecture)
    words = replay.words(other, "names.hostile", replace(cell, dtype=None))
    assert words[3:] == ["--backend", "/a folder/numpy.py", "--seed", "7", "--quick"]


def test_the_smallest_departure_of_a_sweep_has_its_address():
    departures = (Departure(address="H=1,W=2", says=""), Departure(address="H=3,W=2", says=""))
    assert replay.address(replace(SWEPT, case="one; two", departures=departures)) == "one; two/H=1,W=2"
    assert replay.address(replace(SWEPT, case="one; two")) == "one; two"
    assert replay.address(BAD) == "one"


@pytest.mark.parametrize(
    "asked, case, point",
    [
        ("a", "a", ""),
        ("a/b", "a/b", ""),
        ("a/H=1", "a", "H=1"),
        ("a/b/H=1,W=2", "a/b", "H=1,W=2"),
        ("a/b=c, d", "a/b=c, d", ""),
    ],
)
def test_a_case_may_have_a_slash_in_its_name(folder, asked, case, point):
    book = lecture.read(folder)
    found = verification.select(book, [], backends=["numpy"], dtypes=[], case=asked, wrong="", limit="", seed=0)
    assert (found.case, found.point) == (case, point)
