"""Tab completion as a shell asks for it, and the root help."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lectureclaims.claims.engine import lecture
from lectureclaims.reference import libraries
from lectureclaims.reports import completion, formats
from lectureclaims.reports.front.cli import app, main
from lying import LECTURE

IDS = lecture.read().ids
ASKED = {
    "lecture-claims comp": {"compare", "completion"},
    "lecture-claims show convolution.d": {i for i in IDS if i.startswith("convolution.d")},
    "lecture-claims list batch": {i for i in IDS if i.startswith("batch")},
    "lecture-claims verify tensors.layouts tensors.i": {i for i in IDS if i.startswith("tensors.i")},
    f"lecture-claims verify --lecture {LECTURE} layer.c": {"layer.correlates"},
    "lecture-claims verify --lecture nowhere layer.c": set(),
    "lecture-claims verify --backend t": {name for name in libraries.every() if name.startswith("t")},
    "lecture-claims report results.json --format s": {name for name in formats.names() if name.startswith("s")},
    "lecture-claims report results.json --format te": {"terminal"},
    "lecture-claims operations fully": {"fully_connected", "fully_connected_gradient"},
    "lecture-claims adjudicate case.npz --op conv2": {"conv2d", "conv2d_gradient"},
    "lecture-claims adjudicate case.npz --framework to": {"torch"},
    "lecture-claims tolerance hardt": {"hardtanh", "hardtanh_gradient"},
    "lecture-claims check mine.py --as drop": set(),
    "lecture-claims completion z": {"zsh"},
}


def asked(monkeypatch, capsys, **environment):
    for name, value in {completion.ASKED: environment.pop("instruction"), **environment}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["lecture-claims"])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    return capsys.readouterr().out


@pytest.mark.parametrize("line", ASKED)
def test_what_may_come_next_is_offered(line, monkeypatch, capsys):
    words = line.split()
    said = asked(
        monkeypatch, capsys, instruction="complete_bash", COMP_WORDS="\n".join(words), COMP_CWORD=str(len(words) - 1)
    )
    assert {*said.split()} == ASKED[line]


@pytest.mark.parametrize("shell, more", [("zsh", {}), ("fish", {"_TYPER_COMPLETE_FISH_ACTION": "get-args"})])
def test_other_shells_are_answered_in_their_own_words(shell, more, monkeypatch, capsys):
    words = {"_TYPER_COMPLETE_ARGS": "lecture-claims show convolution.fl", **more}
    assert "convolution.flip" in asked(monkeypatch, capsys, instruction=f"complete_{shell}", **words)


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_each_shell_has_a_script(shell, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["lecture-claims", "completion", shell])
    with pytest.raises(SystemExit) as end:
        main()
    text = capsys.readouterr().out
    assert not end.value.code
    assert completion.PROGRAM in text and f"{completion.ASKED}=complete_{shell}" in text


def test_bash_completes_after_reading_its_script():
    program = Path(sys.executable).parent / "lecture-claims"
    bash = shutil.which("bash")
    assert program.is_file() and bash
    script = (
        f'eval "$({program} completion bash)"; COMP_WORDS=(lecture-claims show convolution.fl); COMP_CWORD=2; '
        f"_lecture_claims_completion {program}; echo ${{COMPREPLY[@]}}"
    )
    done = subprocess.run([bash, "-c", script], capture_output=True, text=True, timeout=60, check=True, env=os.environ)
    assert done.stdout == "convolution.flip\n"


def test_another_shell_is_refused_with_those_that_are_known(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["lecture-claims", "completion", "tcsh"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2 and "there is bash, fish, zsh" in capsys.readouterr().err


def test_the_root_help_says_of_each_command_all_that_it_is_for(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.argv", ["lecture-claims", "--help"])
    with pytest.raises(SystemExit):
        main()
    said = capsys.readouterr().out.partition("Commands:")[2]
    assert "..." not in said and max(map(len, said.splitlines())) <= 80
    for command in app.registered_commands:
        assert " ".join(command.callback.__doc__.partition("\n")[0].split()) in " ".join(said.split())


def test_what_is_printed_is_written_nowhere(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["lecture-claims", "report", "x.json", "--format", "terminal", "--out", "x.txt"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2 and "takes no other option" in capsys.readouterr().err
