"""results.json.gz: written in the place of results.json, and read by whatever takes that."""

import gzip

import pytest
import sample_evidence as sample
from lectureclaims.claims.record import file
from lectureclaims.reports import formats
from lectureclaims.reports.front.cli import main
from lying import run_command

COMMANDS = (
    ("report", "{}", "--format", "terminal"),
    ("report", "{}", "--format", "sarif"),
    ("notes", "--results", "{}"),
    ("list", "convolution.*", "--results", "{}"),
    ("show", "convolution.flip", "--results", "{}"),
    ("compare", "{}", "{}"),
)


@pytest.fixture
def both(tmp_path):
    """The same record in two folders, once as it is and once compressed."""
    evidence = sample.sample_evidence()
    for name, packed in (("plain", False), ("packed", True)):
        (tmp_path / name).mkdir()
        formats.write(evidence, tmp_path / name, file.dumps(evidence), packed=packed)
    return tmp_path


def test_it_stands_in_the_place_of_the_other_and_holds_the_same(both):
    plain, packed = both / "plain/results.json", both / "packed/results.json.gz"
    assert gzip.decompress(packed.read_bytes()) == plain.read_bytes()
    assert packed.stat().st_size < plain.stat().st_size / 3
    assert [p.name for p in (both / "packed").glob("results.json*")] == ["results.json.gz"]
    evidence = sample.sample_evidence()
    formats.write(evidence, both / "packed", file.dumps(evidence))
    assert [p.name for p in (both / "packed").glob("results.json*")] == ["results.json"], "one of them, not two"


def test_the_same_record_is_the_same_file(both):
    data = (both / "plain/results.json").read_bytes()
    assert file.compressed(data) == (both / "packed/results.json.gz").read_bytes() == file.compressed(data)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:1]))
@pytest.mark.parametrize("name", ["results.json.gz", "results.json"], ids=["named", "found beside"])
def test_every_command_reads_it(both, command, name, monkeypatch, capsys):
    said = []
    for path in (both / "plain/results.json", both / "packed" / name):
        monkeypatch.setattr("sys.argv", ["lecture-claims", *(word.format(path) for word in command)])
        with pytest.raises(SystemExit) as end:
            main()
        printed = capsys.readouterr().out.replace(str(path), "FILE").replace(str(path.parent), "FOLDER")
        said.append((end.value.code, printed))
    assert said[0] == said[1] and not said[0][0] and said[0][1]


def test_a_history_has_them(both, tmp_path, monkeypatch, capsys):
    record = str(both / "plain/results.json")
    monkeypatch.setattr("sys.argv", ["lecture-claims", "report", record, "--history", str(both / "packed")])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code and "</html>" in capsys.readouterr().out


@pytest.mark.parametrize("damage", [lambda data: data[:-20], lambda data: data[:40] + b"x" * 40, lambda data: data[:2]])
def test_a_damaged_one_is_refused_in_one_line(both, damage):
    path = both / "packed/results.json.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(
        file.BadEvidence, match=r"^results='.*': not gzip: .*; give the results.json that verify wrote$"
    ):
        file.load(path)


def test_one_that_holds_more_than_any_record_is_not_unpacked(both, monkeypatch):
    monkeypatch.setattr(file, "LARGEST", 1000)
    with pytest.raises(file.BadEvidence, match="more than 1,000 bytes"):
        file.load(both / "packed/results.json.gz")


def test_verify_writes_it_also_where_nothing_changed(tmp_path, monkeypatch):
    monkeypatch.setenv("LECTURE_CLAIMS_STORE", str(tmp_path / "store"))
    asked = (
        "verify",
        "activations.absolute_value",
        "--backend",
        "numpy",
        "--dtype",
        "float32",
        "--out",
        str(tmp_path / "out"),
    )
    for options, name in (((), "results.json"), (("--gzip",), "results.json.gz")):
        done = run_command("lecture-claims", *asked, *options)
        assert done.returncode == 0 and [p.name for p in (tmp_path / "out").glob("results.json*")] == [name]
    assert "Nothing changed since" in done.stdout
