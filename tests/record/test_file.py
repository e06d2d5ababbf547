"""The record's file: its schema, what is written and read again, and what of a damaged one is refused in one line.

A record is damaged member by member. Each damaged file either is refused (one line, exit code 2), or it is a record: then every report
can be made of it.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import sample_evidence as sample
from lectureclaims.claims.record import file
from lectureclaims.claims.record.types import SCHEMA, Departure, Evidence, Fact, Found, Gate, Premises, Sweep, Within
from lectureclaims.reports import formats
from lectureclaims.reports.diff import comparing, history
from lectureclaims.reports.diff.changes import Record
from lectureclaims.reports.formats import csv
from lectureclaims.reports.front.cli import main
from poison import HOSTILE, KINDS, poisoned, put

PUBLISHED = json.loads(Path(file.__file__).with_name("schema.json").read_text(encoding="utf-8"))
CHECK = jsonschema.Draft202012Validator(PUBLISHED)
Json = dict[str, Any]


@functools.cache
def small() -> Json:
    """The JSON of a small record that has each member of each type, but for figures only two."""
    found = (
        sample.departing(must_fail=True, found=Found(role="smallest", symbols={"H": 1}, how="by H")),
        sample.row(found=Found(role="neighbour", symbols={"H": 2})),
    )
    rows = (
        sample.row(),
        sample.bound(measured=True),
        sample.departing(defect="torch-tanh"),
        sample.stopped(traceback="Traceback"),
        Fact(label="a fact", case="2-d", got="x", wanted="x", spared="torch-tanh"),
        Sweep(
            label="sizes",
            case="2-d",
            of="within",
            geometries=3,
            agrees=False,
            ratio=math.inf,
            departures=(Departure(address="H=1", says="no"),),
            allowed=1.0,
            derivation="by count",
            measured=True,
        ),
        sample.gate("deep", "first"),
        sample.gate("deep", "fresh", met=False, missing=1, undecided=True, speaks="for", note="few"),
    )
    torch = sample.cell(
        "torch",
        "float32",
        rows=rows,
        wrongs=(sample.wrong(), sample.wrong("another", is_caught=False)),
        limits=(sample.limit(rows=found),),
        in_part=("the gradient",),
        calls_within_defects={"torch-tanh": 7},
    )
    claim = sample.claim(
        "claim.linear",
        (torch, sample.cell("scipy", None, "absent")),
        fails_as_worded=("a symmetric kernel",),
        waits_for_statistics=True,
        ranges={"H": 3},
        designs={"depth": sample.design(("deep", "effect", "for"))},
        figures={name: sample.figures()[name] for name in ("flip", "forest:smoothing", "saturation_depth")},
        finding="{deep} of it",
    )
    evidence = sample.sample_evidence()
    put(evidence, claims=(claim,), counts=sample.counts((claim,)))
    evidence.premises = (Premises(claim=claim.id, uses=("convolution.flip",), sand=(claim.id,)),)
    where = f"{claim.id} [{torch.name}]"
    clocks = {where: {"the clock": {"rows": [{"image": "4 × 4", "seconds": 0.25}]}}}
    put(evidence.volatile, cell_seconds={where: 1.5}, not_repeated={where: ("another value",)}, timings=clocks)
    return json.loads(file.dumps(evidence))


def read(made: Any) -> Evidence:
    return file.loads(made if isinstance(made, bytes) else json.dumps(made))


# --- the schema --------------------------------------------------------------------------------------------------------


def test_the_published_schema_is_that_of_the_types() -> None:
    again = "python -m lectureclaims.claims.record.file > claims/record/schema.json"
    assert json.loads(json.dumps(file.schema())) == PUBLISHED, f"write it again: {again}"
    jsonschema.Draft202012Validator.check_schema(PUBLISHED)


def test_what_is_written_obeys_the_schema() -> None:
    for evidence in (sample.sample_evidence(), read(small())):
        evidence.claims += (sample.disputed(), sample.worded())
        CHECK.validate(json.loads(file.dumps(evidence)))


@pytest.mark.parametrize(
    "change",
    [
        lambda e: e.update(schema="lecture-claims/results/1"),
        lambda e: e.update(more=1),
        lambda e: e.pop("claims"),
        lambda e: e["claims"][0].update(verdict="passed"),
        lambda e: e["claims"][0]["cells"][0]["rows"][0].update(kind="rumour"),
        lambda e: e["claims"][0]["cells"][0]["rows"][0].update(label="not a number"),
        lambda e: e["claims"][0]["cells"][0].update(worst_ratio="large"),
    ],
)
def test_the_schema_and_the_reader_refuse_the_same(change: Callable[[Json], Any]) -> None:
    made = copy.deepcopy(small())
    change(made)
    assert not CHECK.is_valid(made)
    with pytest.raises(file.BadEvidence):
        read(made)


# --- written and read again --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("poison", HOSTILE, ids=KINDS)
def test_a_record_comes_back_as_it_was_written(poison: str) -> None:
    evidence = poisoned(read(small()), poison)
    evidence.premises = ()
    text = file.dumps(evidence)
    back = file.loads(text)
    assert file.dumps(back) == text
    if "\ud800" not in poison:  # which UTF-8 has not: it is written by its code
        assert back.claims == evidence.claims


def test_infinities_and_nan_are_words_in_the_file_and_numbers_elsewhere() -> None:
    evidence = read(small())
    for number, word in ((math.inf, "inf"), (-math.inf, "-inf"), (math.nan, "nan")):
        evidence.claims[0].cells[0].margin = number
        evidence.claims[0].figures["flip"]["torch float32"]["values"] = {"a": number}
        text = file.dumps(evidence)
        assert f'"margin":"{word}"' in text
        margin = file.loads(text).claims[0].cells[0].margin
        assert isinstance(margin, float) and (margin == number or (math.isnan(margin) and math.isnan(number)))


def test_a_text_is_written_once_and_what_has_its_default_not_at_all() -> None:
    evidence = read(small())
    evidence.claims[0].cells[0].rows += tuple(sample.row(source="a source that many share") for _ in range(50))
    text = file.dumps(evidence)
    assert text.count("a source that many share") == 1
    assert '"must_fail":false' not in text and '"note":""' not in text


def test_whole_numbers_that_do_not_fit_are_written_as_text() -> None:
    assert file.plain({"n": 10**17, "many": [10**30, True]}) == {"n": 10**17, "many": [str(10**30), True]}


# --- damage ------------------------------------------------------------------------------------------------------------

Path_ = tuple[str | int, ...]


def members(x: Any, at: Path_ = ()) -> Iterator[Path_]:
    """The way to each member; of a list that to its first item only, of the rows and of what is of several kinds to all."""
    yield at
    for key, item in x.items() if isinstance(x, dict) else enumerate(x) if isinstance(x, list) else ():
        if key in (0, "0") or isinstance(key, str) or at[-1:] == ("rows",):
            yield from members(item, (*at, key))


@contextlib.contextmanager
def damaged(at: Path_, value: Any) -> Iterator[bytes]:
    """The record's JSON with a member of another value; ``...``: without it."""
    *way, last = ("all", *at)
    inner: Any = functools.reduce(lambda x, key: x[key], way, HOLDER)
    before = inner[last]
    inner[last] = value
    if value is ...:
        del inner[last]
    yield msgspec.json.encode(HOLDER["all"])
    inner[last] = before


HOLDER: Json = {"all": copy.deepcopy(small())}
OPEN = {"figures", "facts", "symbols", "timings", "got", "wanted"}
"""Members that may hold any JSON."""
CLOSED = [at for at in members(small()) if not OPEN & {*at} or at[-1] in OPEN - {"got", "wanted"}]
WRONG = [[[]], {"a": 1}, "x", -1.5, True, 5, None]


def deep(n: int) -> Any:
    return functools.reduce(lambda x, _: [x], range(n), 1)


def whole(change: Callable[[Json], Any]) -> bytes:
    made = copy.deepcopy(small())
    change(made)
    return json.dumps(made).encode()


def twice(made: Json, *way: str | int) -> None:
    """An item of a list once more."""
    found: Any = functools.reduce(lambda x, key: x[key], way, made)
    found.append(found[0])


TEXT = json.dumps(small()).encode()
CELL = ("claims", 0, "cells", 0)
REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "not JSON"),
    "a blank": (b" ", "not JSON"),
    "cut in the middle": (TEXT[: len(TEXT) // 2], "not JSON"),
    "cut at the end": (TEXT[:-1], "not JSON"),
    "two records": (TEXT + TEXT, "not JSON"),
    "not UTF-8": (TEXT.replace(b"A lecture", b"A \xff\xfe", 1), "not JSON"),
    "UTF-16": (TEXT.decode().encode("utf-16"), "not JSON"),
    "half a pair of surrogates": (TEXT.replace(b"A lecture", b"\\ud800", 1), "not JSON"),
    "NaN": (TEXT.replace(b'"seed": 0', b'"seed": NaN', 1), "not JSON"),
    "Infinity": (TEXT.replace(b'"seconds": 12.5', b'"seconds": Infinity', 1), "not JSON"),
    "a number beyond a float": (TEXT.replace(b'"seconds": 12.5', b'"seconds": 1e999', 1), "out of range"),
    "a whole number of 400 digits": (TEXT.replace(b'"cores": 2', b'"cores": ' + b"9" * 400, 1), "too large a whole"),
    "a whole number of 5000 digits": (TEXT.replace(b'"cores": 2', b'"cores": ' + b"9" * 5000, 1), "too large a whole"),
    "a whole number of 65 bits": (
        TEXT.replace(b'"cores": 2', b'"cores": 18446744073709551616', 1),
        "too large a whole",
    ),
    "a list": (b"[1]", "Expected `object`, got `array`"),
    "a text": (b'"x"', "Expected `object`, got `str`"),
    "nothing": (b"null", "Expected `object`, got `null`"),
    "no schema": (b"{}", "schema ''"),
    "an old schema": (b'{"schema": "lecture-claims/results/1"}', "write it again with this version"),
    "a schema to come": (b'{"schema": "lecture-claims/results/9"}', "write it again with this version"),
    "a schema that is a number": (b'{"schema": 2}', "Expected `str`, got `int`"),
    "the schema alone": (json.dumps({"schema": SCHEMA}).encode(), "missing required field"),
    "brackets": (b"[" * 100_000, "nested more than"),
    "objects in objects": (b'{"a":' * 5000 + b"1" + b"}" * 5000, "nested more than"),
    "a member too deep": (whole(lambda e: e["environment"]["backends"]["torch"]["facts"].update(x=deep(60))), "nested"),
    "a value too deep": (whole(lambda e: e["claims"][0]["figures"].update(x={"torch": deep(60)})), "nested"),
    "a verdict of no list": (whole(lambda e: e["claims"][0].update(verdict="passed")), "Invalid enum value 'passed'"),
    "a verdict of a cell": (whole(lambda e: e["claims"][0].update(verdict="absent")), "Invalid enum value 'absent'"),
    "a row of no kind": (whole(lambda e: e["claims"][0]["cells"][0]["rows"][0].update(kind="x")), "Invalid value 'x'"),
    "a member of no name": (whole(lambda e: e["claims"][0].update(of_tomorrow=1)), "unknown field `of_tomorrow`"),
    "a text beyond the texts": (whole(lambda e: e.update(texts=[])), "of one of 0 texts"),
    "a text before the texts": (whole(lambda e: e["claims"][0]["cells"][0]["rows"][0].update(label=-1)), "got -1"),
    "a text by half": (whole(lambda e: e["claims"][0]["cells"][0]["rows"][0].update(label=0.5)), "got 0.5"),
    "a number as text": (whole(lambda e: e["claims"][0]["cells"][0].update(margin="0.5")), "got '0.5'"),
    "a number as another text": (whole(lambda e: e["claims"][0]["cells"][0].update(margin="NaN")), "got 'NaN'"),
    "yes for a number": (whole(lambda e: e["claims"][0]["cells"][0].update(margin=True)), "got True"),
    "a claim twice": (whole(lambda e: twice(e, "claims")), "claim 'claim.linear' stands in it twice"),
    "a sentence twice": (whole(lambda e: twice(e, "lecture", "sentences")), "sentence 'sentence.correlate' stands"),
    "a defect twice": (whole(lambda e: twice(e, "defects")), "defect 'torch-tanh' stands in it twice"),
    "a cell twice": (whole(lambda e: twice(e, "claims", 0, "cells")), "'torch float32' stands in it twice"),
    "a wrong twice": (whole(lambda e: twice(e, *CELL, "wrongs")), "'one axis flipped' stands in it twice"),
    "a limit twice": (whole(lambda e: twice(e, *CELL, "limits")), "'a symmetric kernel' stands in it twice"),
    "a cell of no library": (whole(lambda e: e["claims"][0]["cells"][0].update(backend="x")), "it has no library 'x'"),
    "a limit that nobody stated": (whole(lambda e: e["claims"][0].update(limits=[])), "no limit 'a symmetric kernel'"),
    "a reading that nobody stated": (whole(lambda e: e["claims"][0].update(fails_as_worded=["x"])), "no limit 'x'"),
    "premises of no claim": (whole(lambda e: e["premises"][0].update(claim="x")), "premises: it has no claim 'x'"),
    "sand of no claim": (whole(lambda e: e["premises"][0].update(sand=["x"])), "premises: it has no claim 'x'"),
    "a verdict without its count": (whole(lambda e: e["counts"]["claims"].pop("error")), "it has no verdict 'error'"),
    "a clock that is none": (whole(lambda e: e["volatile"]["timings"].update(x={"y": 5})), "'y' has no list of rows"),
    "a clock without rows": (
        whole(lambda e: e["volatile"]["timings"].update(x={"y": {"rows": [5]}})),
        "'y' has no list of rows",
    ),
    "a gate without its border": (whole(lambda e: e["claims"][0]["cells"][0]["rows"][6].update(bounds=[])), "bounds"),
    "a gate of three borders": (
        whole(lambda e: e["claims"][0]["designs"]["depth"]["gates"][0].update(bounds=[1, 2, 3])),
        "bounds",
    ),
}


def refused(made: bytes, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What ``lecture-claims report`` says of a file that is no record: one line, and exit code 2."""
    path = folder / "damaged.json"
    path.write_bytes(made)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as end:
        patch.setattr("sys.argv", ["lecture-claims", "report", str(path), "--format", "badge"])
        main()
    printed, line = capsys.readouterr()
    assert end.value.code == 2 and printed == "" and line.count("\n") == 1
    assert line.startswith("lecture-claims: results=") and len(line) < 1000
    return line


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_record_is_refused_in_one_line(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, says = REFUSED[name]
    line = refused(made, tmp_path, capsys)
    assert says in line
    assert line.rstrip().endswith((file.WAY_OUT, "write it again with this version", file.OTHER_BUILD))


@pytest.mark.parametrize("name", ["a member of no name", "the schema alone"])
def test_a_record_of_another_build_says_the_way_out(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = refused(REFUSED[name][0], tmp_path, capsys)
    assert "another build wrote it, use that one, or run verify again with this version" in line


@pytest.mark.rare
def test_a_member_of_another_type_is_refused_wherever_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of each member every kind of wrong value; each is refused, or it is a value of the member's type."""
    count = 0
    for at in CLOSED:
        found = [value for value in WRONG if _refused(at, value)]
        assert len(found) >= 3, at
        count += len(found)
        with damaged(at, found[0]) as made:
            refused(made, tmp_path, capsys)
    assert len(CLOSED) > 250 and count > 1000


def test_a_member_that_is_needed_and_missing_is_refused() -> None:
    """Without one of the others the record is read, and reports can be made of what is left."""
    needed = [at for at in CLOSED if at and isinstance(at[-1], str) and _refused(at, ...)]
    assert len(needed) > 100


def _refused(at: Path_, value: Any) -> bool:
    with damaged(at, value) as made:
        try:
            read(made)
        except file.BadEvidence as error:
            assert "\n" not in str(error) and len(str(error)) < 1000 and error.why in str(error)
            return True
        return False


# --- what reads makes every report --------------------------------------------------------------------------------------


def everything(evidence: Evidence) -> None:
    """Every report, and a comparison with the record as it was."""
    for name in formats.names():
        for table in csv.TABLES if "table" in formats.options(name) else ("",):
            formats.render(evidence, name, **({"table": table} if table else {}))
    try:
        comparing.compare(Record("old", evidence), Record("new", read(small())))
    except file.BadEvidence as error:
        assert "no claim is in both" in str(error)


ANYTHING = [None, -1, "x", math.inf, [], {}, [[1], {"a": None}], {"rows": 5}, {"rows": [5, None]}, 10**17]


@pytest.mark.parametrize("value", ANYTHING, ids=str)
def test_an_open_member_may_hold_anything(value: Any) -> None:
    made = copy.deepcopy(small())
    (claim,) = made["claims"]
    claim["figures"] = {name: {"torch float32": file.plain(value)} for name in sample.figures()}
    for cell in claim["cells"]:
        for row in (*cell.get("rows", ()), *(r for x in cell.get("limits", ()) for r in x["rows"])):
            put(row, got=file.plain(value), wanted=file.plain(value))
            if "found" in row:
                row["found"]["symbols"] = {"H": file.plain(value)}
    made["environment"]["backends"]["torch"]["facts"] = {"a fact": file.plain(value)}
    clock = {"rows": [{"image": "4 × 4", "seconds": file.plain(value)}, {}]}
    made["volatile"]["timings"] = {"claim.linear [torch float32]": {"the clock": clock}}
    everything(read(made))


@pytest.mark.parametrize("value", [None, [[1]]], ids=str)
def test_a_figure_of_another_shape_is_no_harm(value: Any) -> None:
    """Of each figure one member at a time; each figure of a record lacks another one."""
    figures = small()["claims"][0]["figures"]
    for i in range(max(len(data) for cells in figures.values() for data in cells.values())):
        wrong = {
            name: {cell: {k: value if j == i % len(data) else x for j, (k, x) in enumerate(data.items())}}
            for name, cells in figures.items()
            for cell, data in cells.items()
        }
        with damaged(("claims", 0, "figures"), wrong) as made:
            formats.render(read(made), "html")


def test_a_record_of_what_is_needed_alone_makes_every_report() -> None:
    made = copy.deepcopy(small())
    for at in sorted((at for at in CLOSED if at and isinstance(at[-1], str)), key=len, reverse=True):
        if not _refused(at, ...):
            *way, last = at
            inner: Any = functools.reduce(lambda x, key: x[key], way, made)
            inner.pop(last, None)
    everything(read(made))


@pytest.mark.parametrize(
    "change",
    [
        lambda e: e.update(claims=[], premises=[]),
        lambda e: e["lecture"].update(sentences=[], markdown="", scan=""),
        lambda e: e["environment"].update(backends={"torch": {}, "scipy": {}}),
        lambda e: e["sensitivity"][0].update(claims={"a claim of another day": "seen"}, operations=[]),
        lambda e: e["claims"][0].update(cells=[], sentence="of another day", figures={}),
        lambda e: e["claims"][0]["cells"][0].update(rows=[], wrongs=[], limits=[]),
        lambda e: e["claims"][0]["cells"][0]["wrongs"][0].pop("worst"),
        lambda e: e["claims"][0].update(designs={}, ranges={}),
        lambda e: e["claims"][0]["designs"]["depth"].update(gates=[], seeds={}, start={}),
        lambda e: e["volatile"].update(begun="yesterday", seconds=-1e300),
        lambda e: e["selection"].update(backends=["no such library"], partial=True, quick=True),
        lambda e: e["claims"][0].update(verdict="disputed", expected="disputed"),
        lambda e: e["claims"][0].update(verdict="verified", cells=[]),
        lambda e: e["claims"][0].update(verdict="supported", expected="supported", finding="{a gate of another day}"),
        lambda e: e.update(interrupted=True, seed=10**17),
    ],
)
def test_what_a_record_may_lack_no_report_needs(change: Callable[[Json], Any]) -> None:
    made = copy.deepcopy(small())
    change(made)
    everything(read(made))


def test_a_history_names_what_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_bytes(TEXT)
    for name, (made, _) in REFUSED.items():
        (tmp_path / f"{name}.json").write_bytes(made)
    found = history.read(tmp_path)
    assert [run.file for run in found.runs] == ["good.json"] and len(found.skipped) == len(REFUSED)
    assert all(why and "\n" not in why and str(tmp_path) not in why for _, why in found.skipped)


def test_hostile_names_are_one_name_each() -> None:
    """A limit, a gate, a case, a wrong and a label with what a sentence would part: no report takes one for two."""
    hostile = "odd kernels; stride 2, fresh seeds: [0, 1], first seeds \"quoted\" '--limit x' (32 H) ≤ 7"
    evidence = read(small())
    (claim,) = evidence.claims
    cell = claim.cells[0]
    put(claim.limits[0], name=hostile)
    put(claim, fails_as_worded=(hostile,), finding="")
    put(claim.designs["depth"].gates[0], name=hostile)
    put(cell.limits[0], name=hostile)
    put(cell.wrongs[1], name=hostile)
    for row in cell.rows:
        put(row, label=hostile, case=hostile)
        if isinstance(row, Gate):
            put(row, gate=hostile)
    evidence = file.loads(file.dumps(evidence))
    everything(evidence)
    gates = csv.frame(evidence, "gates")
    assert gates["gate"].tolist() == [hostile] * 2 and gates["group"].tolist() == ["first", "fresh"]
    assert gates["role"].tolist() == ["effect"] * 2
    assert csv.frame(evidence, "limits")["limit"].tolist() == [hostile]
    log = json.loads(str(formats.render(evidence, "sarif")))["runs"][0]
    message = log["results"][0]["message"]["text"]
    assert f"As worded, the sentence fails for: {hostile}." in message and "1 way just outside" in message
    found = comparing.compare(Record("old", evidence), Record("new", evidence))
    assert not found.changes and found.both["limits"] == 1
    changed = file.loads(file.dumps(evidence))
    for row in changed.claims[0].cells[0].rows:
        if isinstance(row, Gate):
            put(row, estimate=row.estimate + 5, low=row.low + 5, high=row.high + 5)
        if isinstance(row, Within):
            put(row, ratio=0.9)
    changed.claims[0].cells[0].limits[0].shown = False
    found = comparing.compare(Record("old", evidence), Record("new", changed))
    assert {(c.kind, c.name) for c in found.changes} >= {("limit", hostile), ("effect", f"{hostile}: {hostile}")}


# --- a part of it ------------------------------------------------------------------------------------------------------


def test_of_one_claim_all_that_the_record_has_is_read_and_nothing_of_others():
    whole = sample.sample_evidence()
    text = file.dumps(whole)
    for claim in whole.claims:
        part = file.loads(text, only=claim.id)
        assert part.claims == (claim,)
        assert (part.environment, part.selection, part.premises) == (whole.environment, whole.selection, whole.premises)
    assert file.loads(text, only="no.such").claims == ()


def test_at_a_glance_the_verdicts_are_those_of_the_record(tmp_path):
    whole, path = sample.sample_evidence(), tmp_path / "results.json"
    path.write_text(file.dumps(whole), encoding="utf-8")
    said = file.glance(path)
    assert [(c.id, c.verdict, c.qualified, c.limits, c.fails_as_worded) for c in said.claims] == [
        (c.id, c.verdict, c.qualified, c.limits, c.fails_as_worded) for c in whole.claims
    ]
    assert said.volatile.cell_seconds == whole.volatile.cell_seconds


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"schema": "somebody/elses"}', '{"schema": "lecture-claims/results/2"}']
)
@pytest.mark.parametrize("read", [file.glance, lambda path: file.load(path, only="a.b")])
def test_a_part_of_what_is_no_record_is_refused_in_one_line(tmp_path, text, read):
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(file.BadEvidence) as refused:
        read(path)
    assert "\n" not in str(refused.value) and "results=" in str(refused.value)
