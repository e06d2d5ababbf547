"""Every command and every snippet of the documents is run, or, where it takes long, held against what there is.

``make …``: the target exists. ``lecture-claims …``: the command takes these arguments; a verification's selection exists; the others run, on a
small recorded run. ``pytest …``, ``pip …``: their options, files and extras exist. Python: the snippets of a document run as one program.
"""

import ast
import contextlib
import doctest
import importlib
import io
import json
import re
import shlex
import shutil
import sys
import tomllib
from unittest import mock

import documents
import numpy as np
import pytest
from documents import DOCUMENTS, ROOT, blocks, everywhere
from lectureclaims.claims.engine import lecture, verification
from lectureclaims.reference.operators.convolutions import cross_correlation
from lectureclaims.reports.front import cli
from lying import run_command
from typer.main import get_command

COMMANDS = everywhere(documents.commands)
INLINE = everywhere(documents.inline_commands)
NOT_RUN = ("verify", "doctor", "new", "check", "watch")
"""Start libraries or write into the repository; tests/engine, tests/checking, tests/reports/test_new.py and test_watch.py run them."""
NOT_OURS = ("source", "cp", "sphinx-build", "export", "apt-get", "pre-commit", "dask")
SNIPPETS_NOT_RUN = {
    "docs/findings.md": "each shows a defect of one version of a library; some would end the process",
    "docs/snippets.md": "each stands alone; tests/lecture/test_snippets.py runs them",
}


class Wrong(AssertionError):
    """A document says what is not so."""


# --- commands ----------------------------------------------------------------------------------------------------------


def targets():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)), set(re.findall(r"\$\(([A-Z]+)\)", makefile))


def check_make(arguments):
    known, variables = targets()
    for word in arguments:
        name, is_variable, _ = word.partition("=")
        if name not in (variables if is_variable else known):
            raise Wrong(f"make {word}: no such target or variable")


def parsed(arguments):
    """The command's name and its parameters, read as the command line reads them. Raises Wrong for what it does not take."""
    group, name, rest = get_command(cli.app), "", list(arguments)
    while hasattr(group, "commands"):
        name, *rest = getattr(group, "meant", list)(rest) or [""]
        if name == "--help":
            return name, {}
        if name not in group.commands:
            raise Wrong(f"lecture-claims {name}: no such command")
        group = group.commands[name]
    if "--help" in rest:
        return "--help", {}
    try:
        return name, group.make_context(name, rest).params
    except Exception as error:  # Typer's own, of several kinds
        raise Wrong(f"lecture-claims {' '.join(arguments)}: {getattr(error, 'message', error)}") from None


def check_ours(arguments, home):
    name, given = parsed(arguments)
    if name == "verify":
        if given["lecture_folder"] is None:
            with contextlib.chdir(home):
                verification.select(
                    lecture.read(None),
                    given["claims"] or (),
                    backends=given["backend"] or (),
                    dtypes=given["dtype"] or (),
                    **{key: given[key] for key in ("case", "wrong", "limit", "seed")},
                )
    elif name != "--help" and arguments[0] not in NOT_RUN:
        code, said = ran(arguments, home)
        if code not in (0, 1) and "--input" not in arguments:  # docs/layers.md shows what is refused
            raise Wrong(f"lecture-claims {' '.join(arguments)}: {said}")


def ran(arguments, home):
    """The exit code of one of our commands, run here, in that folder, and what it printed."""
    said = io.StringIO()
    with (
        contextlib.chdir(home),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
        mock.patch.object(sys, "argv", ["lecture-claims", *arguments]),
        pytest.raises(SystemExit) as ended,
    ):
        cli.main()
    return ended.value.code or 0, said.getvalue()


def check_pip(arguments):
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for word in arguments:
        asked = re.fullmatch(r"\.\[(.*)\]", word)
        if unknown := {*(asked[1].split(",") if asked else ())} - {*extras}:
            raise Wrong(f"pip {word}: no extra {unknown}")
        if word.endswith(".txt") and not (ROOT / word).is_file():
            raise Wrong(f"pip {word}: no such file")


def check_pytest(arguments, home):
    """Collecting nothing, pytest still refuses an option that it does not know."""
    (home / "test_nothing.py").write_text("", encoding="utf-8")
    options = [word for word in arguments if not word.startswith("tests/")]
    quiet = ("--collect-only", "-q", "-p", "no:cacheprovider", "test_nothing.py")
    collected = run_command("python", "-m", "pytest", *options, *quiet, cwd=home)
    if collected.returncode == 4:  # wrong usage
        raise Wrong(f"pytest {' '.join(arguments)}: {collected.stderr}")
    if missing := [word for word in arguments if word.endswith(".py") and not (ROOT / word).is_file()]:
        raise Wrong(f"pytest {missing[0]}: no such file")


def check(words, home):
    program, *arguments = words
    if program == "make":
        check_make(arguments)
    elif program == "lecture-claims":
        check_ours(arguments, home)
    elif program == "pip" or (program == "python" and arguments[:2] == ["-m", "pip"]):
        check_pip(arguments)
    elif program.rpartition("/")[2] == "pytest":
        check_pytest(arguments, home)
    elif program not in NOT_OURS:
        raise Wrong(f"{program}: the documents' test does not know this program")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder in which the commands of the documents find what they name: recorded runs, arrays, networks."""
    folder = tmp_path_factory.mktemp("home")
    latest = folder / "reports/latest"
    claims = ("convolution.libraries_correlate", "activations.absolute_value")
    made = run_command("lecture-claims", "verify", *claims, "--backend=numpy", "--out", str(latest))
    assert (latest / "results.json").is_file(), made.stderr
    for copy in (
        "old.json",
        "new.json",
        "reports/first/results.json",
        "old/results.json",
        "new/results.json",
        "runs/old/results.json",
        "runs/new/results.json",
    ):
        (folder / copy).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(latest / "results.json", folder / copy)
    (folder / "docs").mkdir()
    shutil.copy(ROOT / "docs/layers.toml", folder / "docs")
    shutil.copy(ROOT / "claims/lecture/lecture.md", folder)
    x, w = np.ones((1, 2, 4, 4), np.float32), np.ones((3, 2, 3, 3), np.float32)
    plain = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    y = cross_correlation.cross_correlation2d(x, w, None, **plain)
    ones = np.ones(3)
    np.savez(folder / "gradient.npz", **{"input.x": ones, "input.upstream": ones, "output.mine": ones / 6})
    (folder / "mine.py").write_text("LACKS = {}\n", encoding="utf-8")
    np.savez(
        folder / "case.npz",
        **{"input.x": x, "input.w": w, "output.mine": y},
        parameters=json.dumps({"stride": 1, "padding": 0}),
    )
    return folder


@pytest.mark.parametrize("words", sorted({command.words for command in COMMANDS}), ids=shlex.join)
def test_a_command_of_the_documents_can_be_given(words, home):
    check(words, home)


@pytest.mark.parametrize(
    "words",
    [
        "make everything",
        "make claim NAME=convolution.flip",
        "lecture-claims prove convolution.flip",
        "lecture-claims new theorem a.b",
        "lecture-claims list --all",
        "lecture-claims verify --fast",
        "lecture-claims report reports/latest/results.json --format docx",
        "lecture-claims compare old.json gone.json",
        "pip install -c constraints.txt .[jax]",
        "pip install -c pinned.txt .",
        "pytest --lecture-claims-record x.json",
        "pytest tests/language/test_gone.py",
        "curl -O x",
    ],
)
def test_such_a_command_would_be_found(words, home):
    with pytest.raises(Wrong):
        check(words.split(), home)


@pytest.mark.parametrize(
    "words", ["verify convolution.flap", "verify convolution.flip --case gone", "verify --backend tosch"]
)
def test_such_a_selection_would_be_found(words, home):
    with pytest.raises(verification.BadRequest):
        check(["lecture-claims", *words.split()], home)


def check_inline(words):
    """A command within a sentence may have words in the place of arguments; its name and its options are real."""
    group, rest = get_command(cli.app), list(words[1:])
    while rest:
        word, *rest = getattr(group, "meant", list)(rest)
        if hasattr(group, "commands") and not word.startswith("-"):
            if word not in group.commands:
                raise Wrong(f"{' '.join(words)}: no such command")
            group = group.commands[word]
        elif word.startswith("--"):
            known = {option for parameter in group.params for option in parameter.opts} | {"--help"}
            if word not in known:
                raise Wrong(f"{' '.join(words)}: no option {word}")


def test_commands_within_sentences_have_real_names_and_options():
    assert len(INLINE) > 10
    for command in INLINE:
        check_inline(command.words)
    for lie in ("lecture-claims prove ID", "lecture-claims verify --fast", "lecture-claims new theorem ID"):
        with pytest.raises(Wrong):
            check_inline(lie.split())


def test_there_are_commands_of_each_kind():
    """The tests above read them: none would pass them all."""
    assert len(COMMANDS) > 40
    assert {"make", "lecture-claims", "pip", "pytest", "python"} <= {
        command.words[0].rpartition("/")[2] for command in COMMANDS
    }


# --- snippets ----------------------------------------------------------------------------------------------------------


def program(path):
    """The Python blocks of a document, one after another."""
    return "\n".join(blocks(path.read_text(encoding="utf-8"), "python"))


WITH_SNIPPETS = [path for path in DOCUMENTS if program(path)]


@pytest.mark.parametrize("path", WITH_SNIPPETS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_snippets_of_a_document_run(path, tmp_path):
    source = program(path)
    ast.parse(source)
    if path.relative_to(ROOT).as_posix() in SNIPPETS_NOT_RUN:
        return
    (tmp_path / "snippets.py").write_text(source, encoding="utf-8")
    done = run_command("python", "snippets.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_there_are_snippets():
    assert len(WITH_SNIPPETS) > 3
    assert set(SNIPPETS_NOT_RUN) <= {path.relative_to(ROOT).as_posix() for path in WITH_SNIPPETS}


def with_doctests():
    for path in sorted(p for floor in ("reference", "claims", "reports") for p in (ROOT / floor).rglob("*.py")):
        if ">>> " in path.read_text(encoding="utf-8"):
            yield ".".join(("lectureclaims", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")


def test_the_examples_of_docstrings_run():
    for module in with_doctests():
        found = doctest.testmod(importlib.import_module(module))
        assert found.attempted and not found.failed, module


# --- links, and the index ----------------------------------------------------------------------------------------------


def dead_links(path, text):
    for link in documents.LINK.findall(documents.BLOCK.sub("", text)):
        target, _, anchor = link.partition("#")
        there = (path.parent / target) if target else path
        if "://" in link:
            continue
        if not there.exists() or (anchor and there.suffix == ".md" and anchor not in anchors(there)):
            yield link


def anchors(path):
    headings = re.findall(r"^#+ (.*)$", documents.BLOCK.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path):
    assert list(dead_links(path, path.read_text(encoding="utf-8"))) == []


def test_a_dead_link_would_be_found():
    assert list(dead_links(ROOT / "README.md", "[a](docs/gone.md) [b](README.md#gone) [c](LICENSE)")) == [
        "docs/gone.md",
        "README.md#gone",
    ]


def test_every_document_stands_in_the_index():
    for folder in (ROOT / "docs", ROOT / "docs/decisions"):
        index = (folder / "README.md").read_text(encoding="utf-8")
        assert [
            p.name for p in sorted(folder.glob("*.md")) if p.name != "README.md" and f"]({p.name})" not in index
        ] == []


def test_the_readme_fits_one_page_and_a_half():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 80
    assert (ROOT / "docs/page.png").stat().st_size <= 150_000


def test_the_glossary_has_at_most_thirty_words():
    _, _, rest = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("\n## Words\n")
    words = re.findall(r"^\| (\w+) \|", rest.partition("\n## ")[0], re.MULTILINE)[1:]
    assert 20 <= len(words) <= 30 and len(set(words)) == len(words)
