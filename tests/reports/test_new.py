"""``lecture-claims new claim``: what it writes verifies at once, in a lecture of one's own and in ours, and what it says can be done."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lectureclaims.claims.engine.verification import BadRequest
from lectureclaims.reports.front import new as templates
from lying import run_command

ROOT = Path(__file__).parents[2]
QUICK = ("--dtype", "float32")


def new(*arguments, **where):
    return run_command("lecture-claims", "new", "claim", *arguments, **where)


@pytest.fixture
def lecture(tmp_path):
    """A lecture with one sentence and no claim yet."""
    (tmp_path / "lecture.md").write_text("# Layers\n\nA layer correlates.\n", encoding="utf-8")
    return tmp_path


def name_it(ledger, id):
    """What the second line says: the id goes under the sentence that makes the claim."""
    text = (
        ledger.read_text(encoding="utf-8")
        if ledger.exists()
        else '[[sentence]]\nid = "layer"\ntext = "A layer correlates."\n'
    )
    first, mark, rest = text.partition("claims = [")
    ledger.write_text(f'{first}{mark}"{id}", {rest}' if mark else f'{text}claims = ["{id}"]\n', encoding="utf-8")


def test_in_a_lecture_of_ones_own(lecture):
    done = new("layer.correlates", "--lecture", str(lecture))
    assert done.returncode == 0, done.stderr
    wrote, named, tried, _ = done.stdout.splitlines()
    assert wrote.endswith("layer/correlates.py") and (lecture / "layer/correlates.py").is_file()
    assert named.endswith('sentences.toml: claims = ["layer.correlates"]')
    name_it(lecture / "sentences.toml", "layer.correlates")
    command, *arguments = shlex.split(tried.removeprefix("Try it: "))
    ran = run_command(command, *arguments, *QUICK)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"^layer\.correlates +verified", ran.stdout, re.MULTILINE)
    assert "1 of 1 wrongs caught, 1 of 1 limits shown" in ran.stdout


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A folder with a copy of the package that looks like a checkout."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "package", folder / "lectureclaims")
    for floor in ("claims", "reference", "reports"):
        ignored = shutil.ignore_patterns("__pycache__", "latest")
        shutil.copytree(ROOT / floor, folder / "lectureclaims" / floor, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", folder / "lectureclaims")
    return folder


@pytest.mark.parametrize(
    "id, options, verdict",
    [
        ("tensors.correlates", (), "verified"),
        ("tensors.spreads", ("--folder",), "supported"),
        pytest.param("sums.new", (), "verified", marks=pytest.mark.rare),
    ],
)
def test_in_ours(package, id, options, verdict):
    home = package / "lectureclaims/claims/lecture"
    done = new(id, *options, ahead=package)
    assert done.returncode == 0, done.stderr
    packages = re.search(r"^Add to packages in .*: (.*)$", done.stdout, re.MULTILINE)
    assert bool(packages) == (bool(options) or id.startswith("sums"))
    assert not packages or id.rpartition(".")[0 if not options else 2] in packages[1]
    name_it(home / "sentences.toml", id)
    ran = run_command("lecture-claims", "verify", id, "--backend", "numpy", *QUICK, ahead=package)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(rf"^{re.escape(id)} +{verdict}", ran.stdout, re.MULTILINE)
    ruff = [sys.executable, "-m", "ruff"] if shutil.which("ruff") is None else [shutil.which("ruff")]
    written = str(home.joinpath(*id.split("."))) if options else str(home.joinpath(*id.split(".")).with_suffix(".py"))
    for check in (("check",), ("format", "--check")):
        styled = subprocess.run([*ruff, *check, written], capture_output=True, text=True, timeout=60, check=False)
        assert styled.returncode == 0, styled.stdout


@pytest.mark.parametrize(
    "id, says",
    [
        ("layer", "id='layer': expected section.name in small letters, digits and _"),
        ("Layer.New", "id='Layer.New': expected section.name in small letters"),
        ("layer.class", "id='layer.class': expected section.name"),
        ("layer/new.claim", "id='layer/new.claim': expected section.name"),
        ("layer.correlates", "id='layer.correlates': there is a claim of this id already; choose another"),
        ("section.taken", "taken.py is there already; choose another name"),
    ],
)
def test_what_cannot_be_made_is_refused_in_one_line(lecture, id, says):
    list(templates.claim("layer.correlates", folder=False, lecture_folder=lecture))
    (lecture / "section").mkdir()
    (lecture / "section/taken.py").touch()
    with pytest.raises(BadRequest) as refusal:
        list(templates.claim(id, folder=False, lecture_folder=lecture))
    assert says in str(refusal.value) and "\n" not in str(refusal.value)
    written = sorted(p.relative_to(lecture).as_posix() for p in lecture.rglob("*.py"))
    assert written == ["layer/correlates.py", "section/taken.py"]


@pytest.mark.parametrize(
    "folder, options, says",
    [("", ("--folder",), "folder: a design is a package"), ("nowhere", (), "lecture.md is missing")],
)
def test_the_command_refuses_with_exit_code_2(lecture, folder, options, says):
    done = new("layer.correlates", *options, "--lecture", str(lecture / folder))
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("lecture-claims: ") and says in done.stderr and done.stderr.count("\n") == 1
