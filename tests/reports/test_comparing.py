"""What changed between two records: each kind of change, what is worse and what is not, other terms, hostile text."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import sample_evidence as sample
from lectureclaims.claims.record import file
from lectureclaims.claims.record.types import Evidence, LibraryFacts, Volatile
from lectureclaims.reports.diff import comparing, comparing_text
from lectureclaims.reports.diff.changes import Record
from lectureclaims.reports.wording.words import HIDDEN
from lying import run_command
from msgspec.structs import asdict, replace
from poison import HOSTILE, KINDS, poisoned, put
from rich.console import Console
from two_runs import cell, claim, drop, read, sampled, typed

SCHEMA = json.loads(Path(comparing.__file__).with_name("comparison.schema.json").read_text(encoding="utf-8"))
PUBLISHED = jsonschema.Draft202012Validator(SCHEMA)
Change = Callable[[Any], Any]


@pytest.fixture
def old() -> Evidence:
    return sampled()


@pytest.fixture
def new() -> Evidence:
    return sampled()


def compared(old: Evidence, new: Evidence) -> comparing.Compared:
    return comparing.compare(Record("old.json", read(old)), Record("new.json", read(new)))


def told(found: comparing.Compared) -> set[tuple[str, str, str, Any, Any]]:
    return {(c.kind, c.judged, f"{c.claim} [{c.cell}]", c.before, c.after) for c in found.changes}


def printed(found: comparing.Compared) -> str:
    out = Console(file=io.StringIO(), width=140, markup=False)
    comparing_text.terminal(out, found)
    return str(out.file.getvalue())  # type: ignore[attr-defined]


WHERE = ("claim.correlate", "torch", "float32")
PLACE = "claim.correlate [torch float32]"
WHOLE = "claim.correlate []"
ROW, BOUND = "2-d: the layer is the sum", "reals: within the bound"


def test_the_sample_is_like_itself(old: Evidence, new: Evidence) -> None:
    found = compared(old, new)
    assert not found.changes and not found.versions and not found.machine and not found.worse
    assert found.both["claims"] == len(old.claims) and found.both["cells"] == sum(len(c.cells) for c in old.claims)
    assert found.both["comparisons"] > 20 and found.both["wrongs"] and found.both["limits"]
    assert "Nothing got worse. Nothing that was compared has changed." in printed(found)
    assert f"{found.both['comparisons']} named comparisons (of a sweep all geometries are one)" in printed(found)
    new.volatile = Volatile(begun="2026-02-01T00:00:00+00:00", seconds=99.5)
    later = compared(old, new)
    assert not later.changes, "what is volatile is not compared"
    assert re.search(r"seconds +12\.5 +99\.5", printed(later))


CHANGES: dict[str, tuple[Change, set[tuple[str, str, str, Any, Any]]]] = {
    "verdict that fell": (
        lambda e: (
            put(claim(e, "claim.correlate"), verdict="refuted", qualified=False),
            put(cell(e, *WHERE), verdict="refuted"),
        ),
        {
            ("verdict", "worse", WHOLE, "verified, qualified", "refuted"),
            ("cell verdict", "worse", PLACE, "verified", "refuted"),
        },
    ),
    "verified by gates": (
        lambda e: (
            put(claim(e, "claim.correlate"), verdict="supported", expected="supported"),
            put(cell(e, *WHERE), verdict="supported"),
        ),
        {
            ("verdict", "neither", WHOLE, "verified, qualified", "supported, qualified"),
            ("cell verdict", "neither", PLACE, "verified", "supported"),
            ("text", "neither", WHOLE, "verified", "supported"),
        },
    ),
    "no longer expected, though it rose": (
        lambda e: put(claim(e, "claim.disputed"), verdict="supported", qualified=False),
        {("verdict", "worse", "claim.disputed []", "disputed", "supported")},
    ),
    "rose and is still unexpected": (
        lambda e: put(claim(e, "claim.equivariance"), verdict="disputed"),
        {("verdict", "better", "claim.equivariance []", "error", "disputed")},
    ),
    "the expectation was lowered with it": (
        lambda e: put(claim(e, "claim.correlate"), verdict="refuted", expected="refuted", qualified=False),
        {
            ("verdict", "worse", WHOLE, "verified, qualified", "refuted"),
            ("text", "neither", WHOLE, "verified", "refuted"),
        },
    ),
    "takes no part any more": (
        lambda e: put(cell(e, *WHERE), **asdict(sample.cell("torch", "float32", "unsupported"))),
        {("cell verdict", "worse", PLACE, "verified", "unsupported")},
    ),
    "absent, then unsupported": (
        lambda e: put(cell(e, "claim.linear", "scipy"), verdict="unsupported"),
        {("cell verdict", "neither", "claim.linear [scipy]", "absent", "unsupported")},
    ),
    "begins to take part": (
        lambda e: put(cell(e, "claim.linear", "scipy"), **asdict(sample.cell("scipy", None))),
        {("cell verdict", "better", "claim.linear [scipy]", "absent", "verified")},
    ),
    "begins to take part and departs": (
        lambda e: put(cell(e, "claim.linear", "scipy"), **asdict(sample.cell("scipy", None, "refuted"))),
        {("cell verdict", "worse", "claim.linear [scipy]", "absent", "refuted")},
    ),
    "a cell went": (
        lambda e: claim(e, "claim.correlate").cells.remove(cell(e, *WHERE)),
        {("cell", "worse", PLACE, "verified", "no cell")},
    ),
    "a cell came": (
        lambda e: claim(e, "claim.linear").cells.append(sample.cell("torch", "float64")),
        {("cell", "better", "claim.linear [torch float64]", "no cell", "verified")},
    ),
    "a wrong survives": (
        lambda e: put(cell(e, *WHERE), wrongs=[sample.wrong(is_caught=False)]),
        {("wrong", "worse", PLACE, "caught", "survives")},
    ),
    "a wrong is caught at last": (
        lambda e: put(cell(e, "claim.equivariance", "tensorflow", "float32"), wrongs=[sample.wrong()]),
        {("wrong", "better", "claim.equivariance [tensorflow float32]", "survives", "caught")},
    ),
    "a wrong is tried no more": (lambda e: put(cell(e, *WHERE), wrongs=[]), {("wrong", "worse", PLACE, 1, 0)}),
    "a wrong has another name": (
        lambda e: put(cell(e, *WHERE), wrongs=[sample.wrong("both axes flipped")]),
        {("wrong", "neither", PLACE, 1, 1)},
    ),
    "a limit does not show": (
        lambda e: put(cell(e, *WHERE).limits[0], shown=False),
        {("limit", "worse", PLACE, "shown", "not shown")},
    ),
    "a limit is tried no more": (lambda e: put(cell(e, *WHERE), limits=[]), {("limit", "worse", PLACE, 1, 0)}),
    "a comparison departs": (
        lambda e: cell(e, *WHERE).rows.__setitem__(0, sample.departing()),
        {("comparison", "worse", PLACE, "agrees", "departs")},
    ),
    "a comparison departs as recorded": (
        lambda e: cell(e, *WHERE).rows.__setitem__(0, sample.departing(defect="torch-tanh")),
        {("comparison", "neither", PLACE, "agrees", "departs as recorded")},
    ),
    "a comparison agrees at last": (
        lambda e: cell(e, "claim.equivariance", "torch", "float64").rows.__setitem__(0, sample.row()),
        {("comparison", "better", "claim.equivariance [torch float64]", "departs as recorded", "agrees")},
    ),
    "a comparison cannot be made": (
        lambda e: cell(e, *WHERE).rows.__setitem__(0, sample.row(agrees=False, made=False, outcome="unsupported")),
        {("comparison", "worse", PLACE, "agrees", "not made")},
    ),
    "an experiment stops": (
        lambda e: cell(e, *WHERE).rows.append(sample.stopped()),
        {("comparison", "worse", PLACE, "none", "stopped"), ("comparison", "neither", PLACE, 2, 2)},
    ),
    "fewer comparisons": (lambda e: put(cell(e, *WHERE), comparisons=1), {("comparison", "worse", PLACE, 2, 1)}),
    "more comparisons": (lambda e: put(cell(e, *WHERE), comparisons=9), {("comparison", "neither", PLACE, 2, 9)}),
    "a comparison has another name": (
        lambda e: put(cell(e, *WHERE).rows[0], label="the sum is the layer"),
        {("comparison", "neither", PLACE, 2, 2)},
    ),
    "an error grew in its bound": (
        lambda e: (put(cell(e, *WHERE), worst_ratio=0.9), put(cell(e, *WHERE).rows[1], ratio=0.9)),
        {("error", "neither", PLACE, 0.31, 0.9), ("row", "neither", PLACE, 0.31, 0.9)},
    ),
    "an error grew by a factor of less than two": (
        lambda e: (put(cell(e, *WHERE), worst_ratio=0.61), put(cell(e, *WHERE).rows[1], ratio=0.61)),
        set(),
    ),
    "an error shrank": (
        lambda e: (put(cell(e, *WHERE), worst_ratio=0.1), put(cell(e, *WHERE).rows[1], ratio=0.1)),
        {("error", "neither", PLACE, 0.31, 0.1)},
    ),
    "an error where there was none": (
        lambda e: put(cell(e, "claim.linear", "numpy"), worst_ratio=math.inf),
        {("error", "neither", "claim.linear [numpy]", 0.31, math.inf)},
    ),
    "a gate is not met": (
        lambda e: cell(e, "claim.worded", "torch", "float64").rows.__setitem__(
            1, sample.gate("deep", "first", met=False)
        ),
        {
            ("gate", "worse", "claim.worded [torch float64]", "met", "not met"),
            ("effect", "neither", "claim.worded [torch float64]", "3.1 [2.9, 3.3]", "1.1 [0.9, 1.3]"),
        },
    ),
    "a gate for one of two sides is not met": (
        lambda e: cell(e, "claim.disputed", "torch", "float64").rows.__setitem__(
            1, sample.gate("trains better", "first", met=False, speaks="for")
        ),
        {
            ("gate", "neither", "claim.disputed [torch float64]", "met", "not met"),
            ("effect", "neither", "claim.disputed [torch float64]", "3.1 [2.9, 3.3]", "1.1 [0.9, 1.3]"),
        },
    ),
    "an interval moved but not apart": (
        lambda e: put(cell(e, "claim.worded", "torch", "float64").rows[1], estimate=3.4, low=3.2, high=3.6),
        set(),
    ),
    "an interval moved apart": (
        lambda e: put(cell(e, "claim.worded", "torch", "float64").rows[1], estimate=3.6, low=3.4, high=3.8),
        {("effect", "neither", "claim.worded [torch float64]", "3.1 [2.9, 3.3]", "3.6 [3.4, 3.8]")},
    ),
    "tested in part": (
        lambda e: put(cell(e, *WHERE), in_part=["no gradient"]),
        {("in part", "worse", PLACE, "in full", "in part")},
    ),
    "tested in full at last": (
        lambda e: put(cell(e, "claim.linear", "torch"), in_part=[]),
        {("in part", "better", "claim.linear [torch]", "in part", "in full")},
    ),
    "a refuted cell does not say what it lacks": (
        lambda e: put(cell(e, "claim.linear", "torch"), verdict="refuted", in_part=[]),
        {("cell verdict", "worse", "claim.linear [torch]", "verified", "refuted")},
    ),
    "a defect does not reproduce": (
        lambda e: put(e.defects[0], reproduced=False),
        {("defect", "worse", " []", "reproduced", "did not reproduce")},
    ),
    "a defect applies no more": (
        lambda e: put(e.defects[0], applies=False, reproduced=False),
        {("defect", "neither", " []", "reproduced", "does not apply")},
    ),
    "a mistake that no claim sees any more": (
        lambda e: put(e.sensitivity[0], seen=False),
        {("mistake", "worse", " []", "seen", "seen by no claim")},
    ),
    "a mistake that a claim sees at last": (
        lambda e: put(e.sensitivity[1], seen=True),
        {("mistake", "better", " []", "seen by no claim", "seen")},
    ),
    "another statement": (
        lambda e: put(claim(e, "claim.correlate"), statement="g(shift x) = shift g(x)."),
        {("text", "neither", WHOLE, "f(shift x) = shift f(x).", "g(shift x) = shift g(x).")},
    ),
    "a claim that was not asked for": (
        lambda e: drop(e, "claim.correlate"),
        {("claim", "neither", WHOLE, "verified", "no claim")},
    ),
    "a claim that has no experiment any more": (
        lambda e: (drop(e, "claim.correlate"), put(e.lecture.sentences[0], claims=[])),
        {("claim", "worse", WHOLE, "verified", "no claim")},
    ),
    "interrupted": (lambda e: put(e, interrupted=True), {("run", "worse", " []", "ran to its end", "interrupted")}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_is_told_once_and_judged(old: Evidence, new: Evidence, name: str) -> None:
    change, expected = CHANGES[name]
    change(new)
    found = compared(old, new)
    assert told(found) == expected
    assert found.worse == any(judged == "worse" for _, judged, *_ in expected)
    text = printed(found)
    assert ("Got worse" in text) == found.worse and ("Nothing got worse" in text) != found.worse


def test_errors_that_grew_in_their_bounds_are_counted_beside_nothing_got_worse(old: Evidence, new: Evidence) -> None:
    for name in ("an error grew in its bound", "an error where there was none", "an error shrank"):
        change, _ = CHANGES[name]
        change(new)
        grown = {
            "an error grew in its bound": "the error of 1 comparison and the largest error of 1 cell",
            "an error where there was none": "the error of 1 comparison and the largest error of 2 cells",
            "an error shrank": "the largest error of 1 cell",
        }[name]
        found = compared(old, new)
        says = f"Within the bounds {grown} grew by more than a factor of 2."
        assert not found.worse
        for text in (printed(found), comparing_text.markdown(found)):
            assert "Nothing got worse. " in text and says in text
    assert "Within the bounds" not in printed(compared(old, old))


def test_a_design_that_was_stated_again_is_named_with_its_digest(old: Evidence, new: Evidence) -> None:
    put(claim(new, "claim.worded").designs["depth"], version=3, digest="f" * 64)
    (change,) = compared(old, new).changes
    assert (change.kind, change.judged, change.name) == ("design", "neither", "depth")
    assert change.before.startswith(f"version 2, SHA-256 {sample.DIGEST[:16]}…") and change.after.startswith(
        "version 3, SHA-256 ffff"
    )
    assert "gates, effects or numbers of seeds are others" in change.remark


def test_comparisons_of_one_name_are_compared_together_in_any_order(old: Evidence, new: Evidence) -> None:
    bound = cell(old, *WHERE).rows[1]
    for evidence, ratios in ((old, (0.1, 0.3)), (new, (0.3, 0.1))):
        cell(evidence, *WHERE).rows[1:] = [replace(bound, ratio=r) for r in ratios]
    assert not compared(old, new).changes
    cell(new, *WHERE).rows[1].ratio = 0.7
    assert {(c.kind, c.name, c.before, c.after) for c in compared(old, new).changes} == {("row", BOUND, 0.3, 0.7)}


def test_versions_and_the_machine_are_told_and_named_beside_what_changed(old: Evidence, new: Evidence) -> None:
    environment = new.environment
    environment.packages.update(torch="2.14.0", scipy="1.17.1")
    torch = environment.backends["torch"]
    put(torch, versions={"torch": "2.14.0+cpu"}, facts={**torch.facts, "build": {"oneDNN": False}})
    environment.backends["scipy"] = LibraryFacts(versions={"scipy": "1.17.1"}, facts={"threads": {"openblas": 1}})
    put(environment, cpu="Another processor", cpu_features=["avx2", "avx512f"])
    cell(new, *WHERE).wrongs = [sample.wrong(is_caught=False)]
    found = compared(old, new)
    assert [(f.part, f.name, f.before, f.after) for f in found.versions] == [
        ("scipy", "scipy", None, "1.17.1"),
        ("torch", "torch", "2.13.0+cpu", "2.14.0+cpu"),
        ("installed packages", "torch", "2.13.0", "2.14.0"),
    ]
    machine = {(f.part, f.name): (f.before, f.after) for f in found.machine}
    assert machine["this machine", "cpu"] == ("A processor", "Another processor")
    assert machine["this machine", "cpu_features"] == (["fma"], ["avx512f"])
    assert machine["torch", "build: oneDNN"] == (True, False)
    assert not any(part == "scipy" for part, _ in machine), "a library that came has its version and no list of facts"
    (survivor,) = found.judged("worse")
    assert survivor.versions == "torch 2.13.0+cpu → 2.14.0+cpu"
    text = printed(found)
    assert "between the runs: torch 2.13.0+cpu → 2.14.0+cpu" in text
    assert "cpu: A processor → Another processor" in text and "scipy: none → 1.17.1" in text


# --- on other terms ----------------------------------------------------------------------------------------------------


def test_other_seeds_are_said_and_their_number_of_comparisons_is_no_loss(old: Evidence, new: Evidence) -> None:
    new.seed = 7
    cell(new, *WHERE).comparisons = 1
    found = compared(old, new)
    assert not found.worse
    assert any("Other seeds (0 and 7)" in note and "inputs alone" in note for note in found.notes)


def test_fewer_libraries_are_said_and_take_no_verdict_away(old: Evidence, new: Evidence) -> None:
    new.selection.backends = ["numpy", "torch"]
    for one in new.claims:
        one.cells = [c for c in one.cells if c.backend in ("numpy", "torch")]
    put(claim(new, "claim.correlate"), verdict="inconclusive")
    found = compared(old, new)
    assert not found.changes
    assert any("numpy and torch" in note for note in found.notes) and any("are not compared" in n for n in found.notes)
    again = compared(new, old)  # the other way round more was asked for: the verdict counts
    assert ("verdict", "better", WHOLE, "inconclusive, qualified", "verified, qualified") in told(again)
    assert not [c for c in again.changes if c.kind == "cell"]


def test_one_dtype_alone_says_nothing_of_the_other(old: Evidence, new: Evidence) -> None:
    new.selection.dtypes = ["float64"]
    for one in new.claims:
        one.cells = [c for c in one.cells if c.dtype != "float32"]
    found = compared(old, new)
    assert not found.changes and any("float64" in note for note in found.notes)


def test_a_part_of_a_claim_has_no_verdict_and_loses_nothing(old: Evidence, new: Evidence) -> None:
    put(new.selection, partial=True, case="2-d")
    one = cell(new, *WHERE)
    put(one, verdict="inconclusive", rows=[sample.departing()], wrongs=[], limits=[], comparisons=1, in_part=["half"])
    put(claim(new, "claim.correlate"), verdict="inconclusive")
    found = compared(old, new)
    assert told(found) == {("comparison", "worse", PLACE, "agrees", "departs")}
    assert any("part of each claim" in note for note in found.notes)
    assert any("--case: all, then 2-d" in note for note in found.notes)


def test_a_quick_run_may_leave_statistics_open(old: Evidence, new: Evidence) -> None:
    new.selection.quick = True
    open_one = claim(new, "claim.worded")
    put(
        open_one,
        verdict="inconclusive",
        qualified=False,
        designs={"depth": sample.design(("deep", "effect", ""), quick=True)},
    )
    for one in open_one.cells:
        put(one, verdict="inconclusive")
        one.rows[1] = sample.gate("deep", "first", met=False)
    found = compared(old, new)
    assert {c.kind for c in found.changes} == {"verdict", "cell verdict", "gate", "effect", "design"}
    assert not found.worse and any("new run was quick" in note for note in found.notes)
    new.selection.quick = False
    assert compared(old, new).worse


def test_exchanged_runs_are_noticed(old: Evidence, new: Evidence) -> None:
    old.volatile.begun = "2026-06-01T12:00:00"
    assert any("exchanged" in note for note in compared(old, new).notes)
    old.volatile.begun = "yesterday"
    assert not compared(old, new).notes


def test_infinities_and_nan_are_numbers(old: Evidence, new: Evidence) -> None:
    cell(new, *WHERE).worst_ratio = math.inf
    cell(old, "claim.linear", "numpy").worst_ratio = math.nan
    found = compared(old, new)
    assert [(c.kind, c.remark) for c in found.changes] == [("error", "grew")]
    assert "∞" in printed(found) and json.loads(comparing_text.as_json(found))["changes"][0]["after"] == "inf"


# --- the formats -------------------------------------------------------------------------------------------------------


def changed(old: Evidence, new: Evidence) -> comparing.Compared:
    """A comparison with a change of nearly every kind."""
    for where in ("numpy", "torch", "tensorflow"):
        for dtype in ("float32", "float64"):
            cell(new, "claim.correlate", where, dtype).wrongs = [sample.wrong(is_caught=False)]
    for name in ("a verdict survives", *CHANGES):
        if name in (
            "verdict that fell",
            "a limit does not show",
            "a gate is not met",
            "an error grew in its bound",
            "another statement",
            "begins to take part",
            "a defect does not reproduce",
            "a mistake that no claim sees any more",
            "tested in part",
        ):
            CHANGES[name][0](new)
    new.environment.backends["torch"].versions["torch"] = "2.14.0"
    new.environment.cpu = "Another processor"
    return compared(old, new)


def test_the_same_change_of_many_cells_is_said_once(old: Evidence, new: Evidence) -> None:
    text = printed(changed(old, new))
    (line,) = [x for x in text.splitlines() if "survives" in x and "numpy" in x]
    assert (
        "claim.correlate [numpy, tensorflow (float32, float64)], wrong variant “one axis flipped”: caught → survives"
        in line
    )
    assert "claim.correlate [torch (float32, float64)], wrong variant “one axis flipped”: caught → survives" in text


def test_what_happened_alike_to_many_comparisons_is_said_once(old: Evidence, new: Evidence) -> None:
    for evidence, made in ((old, sample.row), (new, sample.departing)):
        cell(evidence, *WHERE).rows = [made(label=f"number {i}") for i in range(5)]
    text = printed(compared(old, new))
    assert text.count("agrees → departs") == 1 and "5 changes for the worse" in text
    assert "5 comparisons: 2-d: number 0; 2-d: number 1;" in text


def test_every_change_is_in_every_format(old: Evidence, new: Evidence) -> None:
    found = changed(old, new)
    data = json.loads(comparing_text.as_json(found))
    assert data["schema"] == comparing.SCHEMA and len(data["changes"]) == len(found.changes) > 12
    assert data["counts"]["worse"] == len(found.judged("worse"))
    assert {c["kind"] for c in data["changes"]} <= set(comparing.KINDS)
    markdown = comparing_text.markdown(found)
    for text in (printed(found), re.sub(r"<!-- -->|\\|</?code>", "", markdown).replace("&#95;", "_")):
        for words in (
            "Got worse",
            "Got better",
            "survives",
            "not shown",
            "did not reproduce",
            "seen by no claim",
            "g(shift x) = shift g(x).",
            "Another processor",
            "2.14.0",
            "factor of 2",
        ):
            assert words in text, words
    assert markdown.count("<details>") == markdown.count("</details>") > 0
    for line in markdown.splitlines():
        if line.startswith("|"):
            assert line.endswith("|") and len(re.findall(r"(?<!\\)\|", line)) in (4, 6)
    assert printed(found) == printed(found) and markdown == comparing_text.markdown(found)


# --- the schema of the JSON --------------------------------------------------------------------------------------------


def printed_json(found: comparing.Compared) -> dict[str, Any]:
    return json.loads(comparing_text.as_json(found))


def test_the_published_schema_is_one_closed_and_described() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["schema"]["const"] == comparing.SCHEMA
    assert SCHEMA["$defs"]["change"]["properties"]["kind"]["enum"] == [*comparing.KINDS]
    objects = [SCHEMA, *(SCHEMA["properties"][name] for name in ("both", "counts")), *SCHEMA["$defs"].values()]
    for one in objects:
        assert one["description"]
        if one.get("type") == "object":
            assert one["required"] == [*one["properties"]] and one["additionalProperties"] is False
            assert all(member["description"] for member in one["properties"].values())


def test_every_kind_of_comparison_obeys_the_published_schema(old: Evidence, new: Evidence) -> None:
    kinds = set()
    for change, _ in CHANGES.values():
        other = sampled()
        change(other)
        for pair in ((old, other), (other, old)):
            data = printed_json(compared(*pair))
            PUBLISHED.validate(data)
            kinds |= {c["kind"] for c in data["changes"]}
    claim(new, "claim.correlate").premises = ("convolution.flip", "another.claim")
    put(claim(new, "claim.worded").designs["depth"], version=3, digest="f" * 64)
    cell(new, "claim.linear", "numpy").worst_ratio = math.inf
    new.environment.backends["scipy"] = LibraryFacts(versions={"scipy": "1.17.1"})
    new.environment.backends["torch"].facts["of tomorrow"] = {"a": [1, True, 0.5, math.inf]}
    put(new.environment, cores=64, cpu_features=("avx2",))
    data = printed_json(compared(old, new))
    PUBLISHED.validate(data)
    assert {type(c["after"]) for c in data["changes"]} >= {str, list} and data["versions"] and data["machine"]
    assert kinds | {c["kind"] for c in data["changes"]} == {*comparing.KINDS}


@pytest.mark.parametrize(
    "change",
    [
        lambda e: put(e, seed=7),
        lambda e: put(e.selection, partial=True, case="2-d"),
        lambda e: put(e.selection, quick=True, backends=("numpy",), dtypes=("float32",)),
        lambda e: put(e, interrupted=True),
    ],
)
def test_a_comparison_on_other_terms_obeys_the_published_schema(old: Evidence, new: Evidence, change: Change) -> None:
    change(new)
    data = printed_json(compared(old, new))
    PUBLISHED.validate(data)
    assert data["notes"]


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(extra=1),
        lambda d: d.pop("schema"),
        lambda d: d.update(schema="lecture-claims/comparison/1"),
        lambda d: d["old"].update(host="x"),
        lambda d: d["new"].pop("tool"),
        lambda d: d["both"].update(claims=0),
        lambda d: d["counts"].update(worse=-1),
        lambda d: d["changes"][0].update(kind="rumour"),
        lambda d: d["changes"][0].update(judged="bad"),
        lambda d: d["changes"][0].update(before=None),
        lambda d: d["changes"][0].update(cause="torch"),
        lambda d: d["changes"][0].pop("versions"),
        lambda d: d["versions"][0].update(library="torch"),
        lambda d: d["machine"][0].pop("after"),
    ],
)
def test_the_published_schema_refuses_what_is_not_of_it(old: Evidence, new: Evidence, change: Change) -> None:
    data = printed_json(changed(old, new))
    PUBLISHED.validate(data)
    change(data)
    with pytest.raises(jsonschema.ValidationError):
        PUBLISHED.validate(data)


# --- texts that are long or hostile ------------------------------------------------------------------------------------


def test_two_long_texts_are_shown_where_they_differ(old: Evidence, new: Evidence) -> None:
    for evidence, end in ((old, "is even"), (new, "is odd")):
        claim(evidence, "claim.correlate").statement = "all " * 500 + end
    text = printed(compared(old, new))
    assert re.search(r"…[al ]+is even → …[al ]+is odd", text)


def test_a_comparison_of_very_much_stays_short(old: Evidence, new: Evidence) -> None:
    rows = [sample.bound(label=f"number {i} " + "<|@#`$" * 50, ratio=0.001) for i in range(3000)]
    cell(old, *WHERE).rows = rows
    cell(new, *WHERE).rows = [replace(row, ratio=0.5) for row in rows]
    found = compared(old, new)
    assert len(found.changes) == 3000
    assert f"and {3000 - comparing_text.MOST:,} more: --format json" in printed(found)
    assert len(comparing_text.markdown(found).encode()) < 500_000
    assert len(json.loads(comparing_text.as_json(found))["changes"]) == 3000


@pytest.mark.parametrize("poison", HOSTILE, ids=KINDS)
def test_hostile_text_comes_out_as_text(old: Evidence, new: Evidence, poison: str) -> None:
    changed(old, new)
    before, after = poisoned(old, poison), poisoned(new, poison)
    for evidence in (before, after):
        evidence.claims[0].id += poison
        evidence.claims[0].cells[0].backend += poison
    after.volatile.begun = poison
    found = comparing.compare(Record("old" + poison, before), Record("new" + poison, after))
    assert found.worse
    text, markdown, data = printed(found), comparing_text.markdown(found), comparing_text.as_json(found)
    for made in (text, markdown, data):
        made.encode()
        assert not HIDDEN.search(made.replace("\n", ""))
    assert len(text) < 60_000 and len(markdown.encode()) < 500_000
    assert "<script" not in markdown and "<img" not in markdown and not re.search(r"(?<!\\)\]\(javascript", markdown)
    assert not re.search(r"(?<!\\)\$|@someone|[^&\\]#1 ", markdown)
    for line in markdown.splitlines():
        assert not line.startswith("|") or line.endswith("|")
    PUBLISHED.validate(json.loads(data))


# --- the command -------------------------------------------------------------------------------------------------------


def written(folder: Path, name: str, evidence: Evidence) -> str:
    (folder / name).write_text(file.dumps(evidence), encoding="utf-8")
    return str(folder / name)


def test_the_command_says_by_its_exit_code_whether_something_got_worse(
    old: Evidence, new: Evidence, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cell(new, *WHERE).wrongs = [sample.wrong(is_caught=False)]
    files = written(tmp_path, "old.json", old), written(tmp_path, "new.json", new)
    worse = run_command("lecture-claims", "compare", *files)
    assert (worse.returncode, worse.stderr) == (1, "") and "caught → survives" in worse.stdout
    assert typed("compare", *files[::-1], "--format", "json") == 0
    data = json.loads(capsys.readouterr().out)
    PUBLISHED.validate(data)
    assert data["counts"] == {"worse": 0, "better": 1, "neither": 0}
    assert typed("compare", *files, "--format", "markdown") == 1
    assert capsys.readouterr().out.startswith("# Two runs compared")


def test_the_command_refuses_in_one_line(old: Evidence, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = written(tmp_path, "old.json", old)
    other = read(old)
    for one in other.claims:
        one.id = "another." + one.id
    other.premises = ()
    foreign = tmp_path / "foreign.json"
    foreign.write_text('{"schema": "lecture-claims/results/1", "claims": []}', encoding="utf-8")
    cases = {
        (first, str(tmp_path / "none.json")): "No such file",
        (first, str(tmp_path)): "directory",
        (first, str(foreign)): "schema 'lecture-claims/results/1', expected 'lecture-claims/results/2'; write it again",
        (first, first, "--format", "xml"): "format='xml': no such format; there is terminal, markdown, json",
        (first, written(tmp_path, "other.json", other)): "no claim is in both",
        (first,): "NEW.json",
    }
    for arguments, says in cases.items():
        assert typed("compare", *arguments) == 2
        said = capsys.readouterr()
        assert (
            says in said.err and said.err.count("\n") == 1 and said.err.startswith("lecture-claims: ") and not said.out
        )
