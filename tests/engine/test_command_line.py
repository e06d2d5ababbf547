"""The command line as a user types it: what it prints, what it refuses, its exit code; and a machine without the frameworks."""

import re
import shlex
from importlib import metadata
from pathlib import Path

import pytest
from lectureclaims.claims.engine import lecture
from lectureclaims.claims.record import file, replay
from lectureclaims.claims.record.types import LibraryFacts, Sweep
from lectureclaims.reference import libraries
from lectureclaims.reports import formats
from lectureclaims.reports.front.cli import main
from lying import FRAMEWORKS, LECTURE, library, run_command, without_frameworks

FORMATS = Path(formats.__file__).parent.glob("*.py")
QUICK = ("conv_layer.equivariance", "--backend", "numpy", "--dtype", "float32")
PART = ("convolution.libraries_correlate", "--backend", "numpy", "--dtype", "float32")
REPORTS = re.findall(r'^FILE = "(.+)"$', "\n".join(p.read_text(encoding="utf-8") for p in FORMATS), re.MULTILINE)


def cli(*arguments, **where):
    return run_command("lecture-claims", *arguments, **where)


def verified(*arguments, **where):
    """The evidence that ``verify --json`` prints, and the exit code."""
    done = cli("verify", *arguments, "--json", **where)
    assert done.stderr == ""
    return file.loads(done.stdout), done.returncode


# --- what it shows -----------------------------------------------------------------------------------------------------


def test_list_shows_every_claim_tested_or_not():
    done = cli("list")
    assert done.returncode == 0 and done.stderr == ""
    assert re.search(r"^convolution\.flip +tested ", done.stdout, re.MULTILINE)
    assert re.search(r"^(\d+) of \1 claims have an experiment\.$", done.stdout, re.MULTILINE)
    assert re.search(
        r"^\d+ sentences: \d+ tested by claims, \d+ definitions, \d+ not testable\.$", done.stdout, re.MULTILINE
    )
    lies = cli("list", lecture=True).stdout
    assert re.search(r"^silence\.unwritten +no experiment yet ", lies, re.MULTILINE)


def test_list_refuses_what_no_claim_is_called():
    done = cli("list", "conv.*")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_the_version_is_that_of_the_distribution():
    assert cli("--version").stdout == f"lecture-claims {metadata.version('lecture-claims')}\n"


def test_show_without_evidence_says_how_to_get_it(tmp_path):
    done = cli("show", "convolution.flip", cwd=tmp_path)
    assert done.returncode == 0
    assert "The lecture says: “" in done.stdout and "Statement: Convolution with W" in done.stdout
    assert "run `lecture-claims verify convolution.flip --out reports/latest`" in " ".join(done.stdout.split())


def test_show_lists_cases_wrongs_and_limits_as_verify_takes_them(tmp_path):
    made, said = lecture.read().claims[QUICK[0]], cli("show", QUICK[0], cwd=tmp_path).stdout
    for heading, names in (("Cases", made.cases), ("Wrongs", [w.name for w in made.wrongs])):
        listed = said.partition(f"{heading}:\n")[2]
        assert listed.startswith("".join(f"  {name}\n" for name in dict.fromkeys(names)))
    assert [re.search(rf"^  {re.escape(x.name)}: ", said, re.MULTILINE) is None for x in made.limits] == [False] * len(
        made.limits
    )


def test_show_of_a_claim_without_an_experiment_says_so():
    done = cli("show", "silence.unwritten", lecture=True)
    assert done.returncode == 0 and "No experiment yet." in done.stdout


@pytest.mark.parametrize("options, state", [((), "installed"), (("--deep",), "works")])
def test_doctor_says_what_is_installed_and_asked_deeper_whether_it_works(options, state, tmp_path, monkeypatch):
    monkeypatch.setenv("LECTURE_CLAIMS_STORE", str(tmp_path / "store"))
    done = cli("doctor", *options)
    assert done.returncode == 0
    for name in libraries.every():
        known = rf"{state} +\d+\.\d" if libraries.installed(name) else "absent"
        assert re.search(rf"^{name} +{known}", done.stdout, re.MULTILINE), done.stdout
    assert "cores" in done.stdout and "features: " in done.stdout
    assert f"store: {tmp_path / 'store'}\n" in done.stdout


def test_doctor_tells_a_library_that_is_too_old_and_a_store_that_cannot_be_used(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("LECTURE_CLAIMS_STORE", str(tmp_path / "file" / "store"))
    monkeypatch.setattr("importlib.metadata.version", lambda name: "1.0")
    monkeypatch.setattr("sys.argv", ["lecture-claims", "doctor"])
    with pytest.raises(SystemExit) as end:
        main()
    printed = capsys.readouterr().out
    assert not end.value.code and "give a folder that can be written" in printed
    assert re.search(r"^numpy +too old +1\.0 +>=2\.0", printed, re.MULTILINE)


def test_no_command_shows_the_help():
    done = cli()
    assert done.returncode == 2
    assert all(
        f"\n  {command}" in done.stdout + done.stderr for command in ("list", "verify", "show", "report", "doctor")
    )


# --- one run, everything that it writes --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "new" / "reports"
    return folder, cli("verify", *QUICK, "--out", str(folder))


def test_verify_prints_the_table_and_where_the_report_is(written):
    folder, done = written
    assert done.returncode == 0 and done.stderr == ""
    assert re.search(r"^conv_layer\.equivariance +fails as worded +✓", done.stdout, re.MULTILINE)
    assert f"Report: {folder / 'index.html'}" in done.stdout


def test_verify_writes_the_record_and_the_reports(written):
    folder, _ = written
    assert {"index.html", "report.md"} < {*REPORTS}
    assert sorted(p.name for p in folder.iterdir()) == sorted((*REPORTS, "results.json"))
    assert file.load(folder / "results.json").success


@pytest.mark.parametrize("format, name", [("html", "index.html"), ("markdown", "report.md"), ("junit", "junit.xml")])
def test_a_report_is_made_again_from_the_record_alone(written, tmp_path, format, name):
    folder, _ = written
    wanted = (folder / name).read_text(encoding="utf-8")
    asked = ("report", str(folder / "results.json"), "--format", format)
    asked += ("--page", "index.html") if format == "markdown" else ()
    printed = cli(*asked, cwd=tmp_path)
    assert printed.returncode == 0 and printed.stdout == wanted
    filed = cli(*asked, "--out", str(tmp_path / name))
    assert filed.returncode == 0 and filed.stdout == ""
    assert (tmp_path / name).read_text(encoding="utf-8") == wanted


def test_a_finished_run_is_shown_again_in_the_terminal(written):
    folder, done = written
    again = cli("report", str(folder / "results.json"), "--format", "terminal")
    assert again.returncode == 0 and again.stdout == done.stdout.partition("Report: ")[0]


def test_list_chooses_claims_and_says_their_verdicts(written):
    done = cli("list", "conv_layer.equi*", "activations.relu", "--results", str(written[0] / "results.json"))
    rows = [line.split()[:2] for line in done.stdout.splitlines()[1:] if line[:1] != " "]
    assert done.returncode == 0 and rows == [["conv_layer.equivariance", "fails"], ["activations.relu", "tested"]]


def test_show_reads_the_record(written):
    folder, _ = written
    done = cli("show", QUICK[0], "--results", str(folder / "results.json"))
    assert done.returncode == 0
    assert "Verdict: verified (qualified)" in done.stdout and "Limit, shown: stride 2: " in done.stdout
    assert "\n  ✓ circular, integers\n" in done.stdout.partition("Wrongs:")[0]
    other = cli("show", "convolution.flip", "--results", str(folder / "results.json"))
    assert "has no evidence of it: run `lecture-claims verify convolution.flip" in " ".join(other.stdout.split())


def test_json_is_all_that_is_printed():
    found, code = verified(*QUICK)
    assert code == 0 and found.success
    assert [c.id for c in found.claims] == [QUICK[0]]


def test_globs_choose_claims_in_the_lectures_order():
    found, code = verified("layer.*", "*.survives", "--backend", "numpy", lecture=True)
    assert [c.id for c in found.claims] == ["layer.correlates", "layer.rounds", "mistake.survives"]
    assert code == 1


# --- what it refuses ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments, names, way_out",
    [
        (("verify", "convolution.flop"), "claim='convolution.flop'", "did you mean 'convolution.flip'?"),
        (
            ("verify", "silence.unwritten", "--lecture", str(LECTURE)),
            "claim='silence.unwritten'",
            "it has no experiment yet",
        ),
        (("verify", "conv*", "zzz.*"), "claim='zzz.*'", "there is 'network.distribution'"),
        (("show", "convolution.flop"), "claim='convolution.flop'", "did you mean 'convolution.flip'?"),
        (("show", "convolution.*"), "claim='convolution.*'", "expected one id, not a pattern"),
        (("verify", "--backend", "troch"), "backend='troch'", "did you mean 'torch'?"),
        (
            ("verify", "--backend", "nowhere.py"),
            "backend='nowhere.py'",
            "give the path of a Python file with its operations",
        ),
        (("verify", "--dtype", "float23"), "dtype='float23'", "did you mean 'float32'?"),
        (("verify", PART[0], "--case", "inpulse"), "case='inpulse'", "did you mean 'impulse'?"),
        (("verify", PART[0], "--case", "2-d, dense integers"), "case='2-d, dense integers'", "'impulse'"),
        (
            ("verify", PART[0], "--wrong", "every library flip"),
            "wrong='every library flip'",
            "did you mean 'every library flips'?",
        ),
        (("verify", PART[0], "--limit", "zzz"), "limit='zzz'", "there is 'a kernel that a half turn leaves as it was'"),
        (
            ("verify", "--case", "impulse", "--wrong", "every library flips"),
            "case, wrong and limit",
            "expected one of them",
        ),
        (("verify", "--seed", "-1"), "seed=-1", "0 or more"),
        (("verify", "--seed", "one"), "--seed one", "--help"),
        (("verify", "--jobs", "0"), "jobs=0", "at least 1"),
        (("verify", "--jobs", "-2"), "jobs=-2", "at least 1"),
        (("verify", "--timeout", "0"), "timeout=0", "0.001 to 86400"),
        (("verify", "--timeout", "nan"), "timeout=nan", "0.001 to 86400"),
        (("verify", "--timeout", "inf"), "timeout=inf", "0.001 to 86400"),
        (("verify", "--timeout", "1e400"), "timeout=inf", "0.001 to 86400"),
        (("verify", "--timeout", "1e-9"), "timeout=1e-09", "0.001 to 86400"),
        (("verify", "--memory", "-1"), "memory=-1", "more than 0"),
        (("verify", "--recheck", "120%"), "recheck=1.2", "0 to 1"),
        (("verify", "--recheck", "some"), "recheck='some'", "as 5% or 0.05"),
        (("layers", "docs/layers.toml", "--timeout", "nan"), "timeout=nan", "0.001 to 86400"),
        (("layers", "docs/layers.toml", "--timeout", "-5"), "timeout=-5", "0.001 to 86400"),
        (("layers", "docs/layers.toml", "--timeout", "1e400"), "timeout=inf", "0.001 to 86400"),
        (("store", "burn"), "action='burn'", "'clear'"),
        (("verify", "--nonsense"), "--nonsense", "--help"),
        (("verfy",), "verfy", "--help"),
        (("show",), "ID", "--help"),
        (("verify", "--lecture", "nowhere"), "nowhere'", "a lecture folder holds lecture.md and sentences.toml"),
        (("report", "nowhere.json"), "results='nowhere.json'", "give the results.json that verify wrote"),
        (
            ("show", "convolution.flip", "--results", "foreign.json"),
            "results='foreign.json'",
            "write it again with this version",
        ),
        (("report", "foreign.json"), "results='foreign.json'", "write it again with this version"),
        (("report", "foreign.json", "--format", "pdf"), "format='pdf'", "html, junit, markdown"),
    ],
)
def test_wrong_usage_is_one_line_that_names_what_was_given_and_the_way_out(
    tmp_path, monkeypatch, capsys, arguments, names, way_out
):
    """In this process, for there are many: the entry point as the installed command calls it."""
    (tmp_path / "foreign.json").write_text('{"schema": "somebody/elses"}')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["lecture-claims", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    printed, line = capsys.readouterr()
    assert end.value.code == 2
    assert printed == ""
    assert line.count("\n") == 1 and line.startswith("lecture-claims: ")
    assert names in line and way_out in line


def test_wrong_usage_through_the_command_has_no_traceback():
    done = cli("verify", "convolution.flop")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "lecture-claims: claim='convolution.flop': no such claim; did you mean 'convolution.flip'?\n"


def lecture_with(folder, source):
    """A lecture whose only module holds this text."""
    (folder / "lecture.md").write_text("# A lecture\n\nA layer correlates.\n")
    (folder / "sentences.toml").write_text('[[sentence]]\nid = "layer"\ntext = "A layer correlates."\n')
    (folder / "section.py").write_text(source)
    return ("--lecture", str(folder))


MISTAKEN = [
    ("import re\nthis is no Python\n", "SyntaxError: invalid syntax (section.py:2)"),
    ("import re\n\nimport no_such_package\n", "ModuleNotFoundError: No module named 'no_such_package' (section.py:3)"),
    (
        "from lectureclaims.claims.language import claim\n\nx = claim('a.b', 'So.', expected='true', kind='exact')\n",
        "ValueError: expected='true': not a verdict; choose one of",
    ),
]


@pytest.mark.parametrize("source, says", MISTAKEN, ids=[says[:20] for _, says in MISTAKEN])
@pytest.mark.parametrize("command", [("verify",), ("list",), ("show", "a.b")], ids=lambda words: words[0])
def test_a_lecture_that_cannot_be_imported_is_one_line_with_the_place(
    tmp_path, monkeypatch, capsys, command, source, says
):
    monkeypatch.setattr("sys.argv", ["lecture-claims", *command, *lecture_with(tmp_path, source)])
    with pytest.raises(SystemExit) as end:
        main()
    printed, line = capsys.readouterr()
    assert (end.value.code, printed, line.count("\n")) == (2, "", 1)
    assert says in line and f"(section.py:{source.count(chr(10))})" in line
    assert line.endswith("; verify --in-process shows the traceback\n")


def test_in_this_process_a_lecture_that_cannot_be_imported_shows_its_traceback(tmp_path):
    done = cli("verify", "--in-process", *lecture_with(tmp_path, MISTAKEN[1][0]))
    assert done.returncode != 0 and "import no_such_package" in done.stderr and "Traceback" in done.stderr


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_folder_that_cannot_be_written_is_refused_before_any_work(tmp_path, place):
    (tmp_path / "file").write_text("in the way")
    done = cli("verify", "--out", str(tmp_path / place))  # the whole lecture: it would take minutes
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and f"out={str(tmp_path / place)!r}" in done.stderr
    assert "give a folder that can be written" in done.stderr


def test_two_libraries_of_one_name_are_refused(tmp_path):
    (tmp_path / "numpy.py").write_text("")
    done = cli("verify", *QUICK, "--backend", str(tmp_path / "numpy.py"))
    assert done.returncode == 2 and "backend='numpy': two of this name; rename the file of one" in done.stderr


# --- exactly one thing again -------------------------------------------------------------------------------------------


def only(found):
    ((cell,),) = ([c for c in claim.cells if c.verdict not in ("absent", "unsupported")] for claim in found.claims)
    return cell


def test_one_geometry_of_a_sweep_is_replayed_by_its_address():
    found, code = verified("fault.sweep", "--case", "one/H=3,W=2", "--backend", library("newer"), lecture=True)
    cell = only(found)
    departing = [r for r in cell.rows if not r.agrees]
    assert code == 1 and not cell.wrongs and not cell.limits
    assert [(r.geometries, [d.address for d in r.departures]) for r in departing] == [(1, ["H=3,W=2"])]
    assert cell.verdict == "refuted"


def test_a_neighbouring_geometry_is_right():
    found, code = verified("fault.sweep", "--case", "one/H=2,W=3", "--backend", library("newer"), lecture=True)
    assert code == 0, "a part holds where everything in it does"
    assert [r.geometries for r in only(found).rows if isinstance(r, Sweep)] == [1]
    assert only(found).verdict == "inconclusive", "but a part has no verdict"


def test_the_replay_that_a_departure_prints_runs_it_again():
    done = cli("verify", "fault.sweep", "--backend", library("newer"), lecture=True)
    assert done.returncode == 1
    (line,) = re.findall(r"replay: lecture-claims (.*)", done.stdout)
    assert line.startswith("verify fault.sweep --case one/H=3,W=2 --backend ")
    again = cli(*shlex.split(line))
    assert again.returncode == 1 and "smallest departure H=3,W=2" in again.stdout


def test_a_case_alone_runs_no_wrong_and_no_limit():
    found, code = verified(
        "convolution.libraries_correlate", "--case", "impulse", "--backend", "numpy", "--dtype", "float32"
    )
    cell = only(found)
    assert code == 0 and {r.case for r in cell.rows} == {"impulse"}
    assert not cell.wrongs and not cell.limits


def test_a_wrong_alone_is_all_that_runs():
    found, code = verified(*PART, "--wrong", "every library flips")
    cell = only(found)
    assert code == 0 and not cell.rows and not cell.limits
    assert [(w.name, w.caught) for w in cell.wrongs] == [("every library flips", True)]


def test_a_wrong_that_survives_fails_alone_too():
    found, code = verified("mistake.survives", "--wrong", "no mistake", "--backend", "numpy", lecture=True)
    assert code == 1 and [w.caught for w in only(found).wrongs] == [False]


def test_a_limit_alone_is_all_that_runs():
    found, code = verified(*PART, "--limit", "a kernel that a half turn leaves as it was")
    cell = only(found)
    assert code == 0 and not cell.rows and not cell.wrongs
    assert [(x.shown, len(x.rows)) for x in cell.limits] == [(True, 3)]


@pytest.mark.skipif(not libraries.installed("torch"), reason="torch is not installed")
def test_a_quick_run_is_marked_as_such_and_replayed_as_such():
    """Six seeds instead of ten: what was stated says so, and nobody fails for what six seeds leave open."""
    found, status = verified("network.learned_parameters", "--backend", "torch", "--dtype", "float64", "--quick")
    (claim,) = found.claims
    assert found.selection.quick and claim.designs["learning"].quick
    assert claim.designs["learning"].seeds["learns"] == 6
    assert claim.verdict in ("supported", "inconclusive") and status == 0
    (cell,) = claim.cells
    assert "--quick" in replay.words(found, claim.id, cell, wrong=cell.wrongs[0].name)


def test_an_address_that_no_geometry_has_is_no_success():
    found, code = verified("fault.sweep", "--case", "one/H=9,W=9", "--backend", "numpy", lecture=True)
    assert code == 1 and only(found).reason == "no geometry of this case has the address H=9,W=9"


# --- a machine without the frameworks ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    return without_frameworks(tmp_path_factory.mktemp("bare"))


def test_an_absent_framework_is_absent_in_the_record_and_never_a_pass(bare):
    found, code = verified("tensors.layouts", "convolution.flip", "--dtype", "float32", ahead=bare)
    assert code == 1 and not found.success
    for claim in found.claims:
        verdicts = {c.backend: (c.verdict, c.reason) for c in claim.cells}
        assert [verdicts[name] for name in FRAMEWORKS] == [
            ("absent", f"{name} is not installed") for name in FRAMEWORKS
        ]
        assert verdicts["numpy"][0] == "verified"
        assert not any(c.rows or c.wrongs or c.limits for c in claim.cells if c.backend in FRAMEWORKS)
    layouts, flip = sorted(found.claims, key=lambda c: c.id, reverse=True)
    assert (layouts.id, layouts.verdict) == ("tensors.layouts", "inconclusive"), "it is about them by name"
    assert "the claim is about this library by name" in layouts.reason
    assert (flip.id, flip.verdict) == ("convolution.flip", "verified"), "it is about every library that is there"
    assert {name: found.environment.backends[name] for name in FRAMEWORKS} == {
        name: LibraryFacts(absent=f"{name} is not installed") for name in FRAMEWORKS
    }


def test_an_absent_framework_is_absent_in_every_table(bare, tmp_path):
    done = cli("verify", "tensors.layouts", "--dtype", "float32", "--out", str(tmp_path), ahead=bare)
    assert done.returncode == 1
    assert re.search(
        r"^tensors\.layouts +inconclusive ≠ +✓ +∅ *\n.*; absent: tensorflow and torch$", done.stdout, re.MULTILINE
    )
    markdown = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert markdown.count("absent") >= 2
    assert (tmp_path / "junit.xml").read_text(encoding="utf-8").count("is not installed") >= 2
    assert "is not installed" in (tmp_path / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("options, state", [((), "installed"), (("--deep",), "works")])
def test_doctor_says_how_to_install_what_is_absent(bare, options, state):
    done = cli("doctor", *options, ahead=bare)
    assert done.returncode == 0
    for name in FRAMEWORKS:
        assert re.search(rf"^{name} +absent +pip install 'lecture-claims\[{name}\]'", done.stdout, re.MULTILINE), (
            done.stdout
        )
    assert re.search(rf"^numpy +{state} ", done.stdout, re.MULTILINE)
