"""A lecture is code: the command says so before it runs one that it has not run before, once."""

import sys

import pytest
from lectureclaims.claims.engine import lecture
from lectureclaims.reference.refusal import Refused
from lectureclaims.reports.front.lectures import folder, known
from lying import LECTURE, run_command


@pytest.fixture(autouse=True)
def memory(tmp_path, monkeypatch):
    """Nothing ran here yet, and nobody said yes in advance."""
    monkeypatch.setenv("LECTURE_CLAIMS_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("LECTURE_CLAIMS_YES", raising=False)
    return tmp_path / "state/lectures.json"


@pytest.fixture
def home(tmp_path):
    (tmp_path / "mine/a").mkdir(parents=True)
    (tmp_path / "mine/a/claim.py").write_text("print('it runs')\n", encoding="utf-8")
    return tmp_path / "mine"


def said(capsys, home, **how):
    known.heed(home, **{"yes": False, **how})
    return capsys.readouterr().err


def test_it_is_said_once_for_each_code(capsys, home, tmp_path):
    first = said(capsys, home)
    assert first.startswith("lecture-claims: a lecture is code, and this one has not run here before: ")
    assert str(home) in first and "1 Python file, SHA-256 " in first and "--yes" in first and first.count("\n") == 1
    assert said(capsys, home) == ""
    (home / "lecture.md").write_text("# Other words\n", encoding="utf-8")
    assert said(capsys, home) == "", "words are no code"
    (home / "a/_hidden.py").write_text("", encoding="utf-8")
    assert "has changed since it ran here" in said(capsys, home)
    assert said(capsys, home) == ""
    (home / "a/_hidden.py").unlink()
    assert said(capsys, home) == "", "what ran before is known again"
    home.rename(tmp_path / "moved")
    assert said(capsys, tmp_path / "moved") == "", "the same code elsewhere"


def test_yes_says_nothing_and_is_remembered(capsys, home):
    assert said(capsys, home, yes=True) == said(capsys, home) == ""


def test_ours_and_a_folder_without_code_are_not_spoken_of(capsys, home, memory):
    assert said(capsys, lecture.OWN) == ""
    (home / "a/claim.py").unlink()
    assert said(capsys, home) == said(capsys, home / "nowhere") == "" and not memory.exists()


def test_what_new_wrote_is_known(capsys, tmp_path):
    list(folder.write(tmp_path / "new", None))
    assert said(capsys, tmp_path / "new") == ""


@pytest.mark.parametrize("answer, runs", [("y", True), ("Yes ", True), ("", False), ("n", False), (None, False)])
def test_at_a_terminal_it_is_asked(capsys, home, monkeypatch, answer, runs):
    def terminal(question):
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr("builtins.input", terminal)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    if runs:
        assert "not run here" in said(capsys, home) and said(capsys, home) == ""
        (home / "a/claim.py").write_text("", encoding="utf-8")
        answer = "n"  # its author's changes are said, not asked
        assert "has changed" in said(capsys, home)
    else:
        with pytest.raises(Refused, match="not run; read its Python files first"):
            known.heed(home, yes=False)
        assert known.remembered() == {}


@pytest.mark.parametrize("broken", ["no json", "[1]", b"\xff"])
def test_a_memory_that_cannot_be_read_is_none(capsys, home, memory, broken):
    memory.parent.mkdir()
    memory.write_bytes(broken if isinstance(broken, bytes) else broken.encode())
    assert "not run here" in said(capsys, home) and said(capsys, home) == ""


def test_where_nothing_can_be_remembered_it_is_said_again(capsys, home, memory):
    memory.parent.touch()
    assert said(capsys, home) == said(capsys, home) != ""


@pytest.mark.parametrize("command", [("list",), ("show", "layer.correlates"), ("new", "claim", "layer.correlates")])
def test_the_commands_say_it_before_the_code_runs(home, command):
    (home / "lecture.md").write_text("# Layers\n\nIt is so.\n", encoding="utf-8")
    (home / "sentences.toml").write_text(
        '[[sentence]]\nid = "a"\ntext = "It is so."\nclaims = ["a.b"]\n', encoding="utf-8"
    )
    (home / "a/claim.py").write_text("import sys\nprint('it runs', file=sys.stderr)\n", encoding="utf-8")
    told = run_command("lecture-claims", *command, "--lecture", str(home)).stderr
    assert 0 < told.index("a lecture is code") < told.index("it runs")
    assert "a lecture is code" not in run_command("lecture-claims", *command, "--lecture", str(home)).stderr


def test_yes_comes_in_any_place_and_from_the_environment(monkeypatch, tmp_path):
    for command in (("--yes", "--lecture", str(LECTURE)), ("--lecture", str(LECTURE), "--yes")):
        assert run_command("lecture-claims", "list", *command).stderr == ""
    monkeypatch.setenv("LECTURE_CLAIMS_YES", "1")
    monkeypatch.setenv("LECTURE_CLAIMS_STATE", str(tmp_path / "other"))
    assert run_command("lecture-claims", "list", "--lecture", str(LECTURE)).stderr == ""
