"""The wheel: what a user installs holds the one package, with the lecture, the templates and the licences, and works by itself."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("package", "claims", "reference", "reports")
TRAVELS = (
    "claims/lecture/lecture.md",
    "claims/lecture/scan.txt",
    "claims/lecture/sentences.toml",
    "claims/lecture/LICENSE",
    "claims/record/schema.json",
    "reports/diff/comparison.schema.json",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, so that nothing is left behind in the repository."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for room in ROOMS:
        shutil.copytree(ROOT / room, source / room, ignore=shutil.ignore_patterns("__pycache__", "latest"))
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--quiet",
        "-w",
        str(built),
        ".",
    ]
    done = subprocess.run(build, cwd=source, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = built.iterdir()
    return path


@pytest.fixture(scope="module")
def inside(wheel):
    with zipfile.ZipFile(wheel) as file:
        return sorted(file.namelist())


def test_the_wheel_is_for_every_platform(wheel):
    assert wheel.name.startswith("lecture_claims-") and wheel.name.endswith("-py3-none-any.whl")


def test_only_the_one_package_is_inside(inside):
    tops = {name.partition("/")[0] for name in inside}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"lectureclaims"}


def test_every_module_is_inside(inside):
    """A folder that pyproject.toml forgets would be missed only by those who install."""
    modules = {p.relative_to(ROOT).as_posix() for room in ROOMS[1:] for p in (ROOT / room).rglob("*.py")}
    modules |= {p.name for p in (ROOT / "package").glob("*.py")}
    assert {f"lectureclaims/{name}" for name in modules} == {n for n in inside if n.endswith(".py")}


def test_what_is_no_python_travels_too(inside):
    templates = [p.relative_to(ROOT).as_posix() for p in (ROOT / "reports").glob("*/templates/*")]
    assert {name.split("/")[1] for name in templates} == {"front", "page"}
    assert [name for name in (*TRAVELS, *templates) if f"lectureclaims/{name}" not in inside] == []


def test_the_licences_of_code_and_text_travel(wheel, inside):
    licences = [name for name in inside if ".dist-info/licenses/" in name]
    assert [name.partition("/licenses/")[2] for name in licences] == ["LICENSE", "claims/lecture/LICENSE"]
    with zipfile.ZipFile(wheel) as file:
        assert file.read(licences[0]) == (ROOT / "LICENSE").read_bytes()
        assert file.read(licences[1]) == (ROOT / "claims/lecture/LICENSE").read_bytes()


def test_it_declares_the_command_and_the_pytest_plug_in(wheel, inside):
    (name,) = (n for n in inside if n.endswith("entry_points.txt"))
    with zipfile.ZipFile(wheel) as file:
        declared = file.read(name).decode()
    assert "lecture-claims = lectureclaims.reports.front.start:main" in declared
    assert "lecture-claims = lectureclaims.reports.front.pytest_plugin" in declared


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder)
    return folder


def ran(installed, *arguments):
    program = [sys.executable, "-m", "lectureclaims.reports.front.start", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        program, cwd=installed.parent, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.rare
def test_the_wheel_alone_lists_the_claims(installed):
    done = ran(installed, "list")
    assert done.returncode == 0, done.stderr
    assert "convolution.flip" in done.stdout and "claims have an experiment" in done.stdout


@pytest.mark.rare
def test_the_wheel_alone_verifies_and_reports(installed, tmp_path):
    done = ran(installed, "verify", "conv_layer.equivariance", "--backend", "numpy", "--out", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "don't flip the kernel" in (tmp_path / "index.html").read_text(encoding="utf-8").replace(
        "&#39;", "'"
    ).replace("’", "'")


@pytest.mark.rare
def test_it_is_really_the_wheel_that_ran(installed):
    program = "import lectureclaims, lectureclaims.reports.front.cli as c; print(lectureclaims.__file__, c.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=installed.parent,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert all(path.startswith(str(installed)) for path in done.stdout.split())
