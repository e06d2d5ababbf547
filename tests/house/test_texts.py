"""What no text of the repository may hold: a path of one machine; a verdict known to what computes it."""

import re
import shutil
import subprocess

import pytest
from sources import ROOT, where


def test_no_verdict_is_read_by_what_computes_it():
    """The expected verdict is the author's; the computed one must not know it."""
    source = (ROOT / "claims/record/verdicts.py").read_text(encoding="utf-8")
    assert "expected" not in source


def tracked():
    """The text files of the repository, with those that are new and not ignored."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [ROOT / name for name in names if (ROOT / name).is_file() and not name.endswith(".png")]


PATH_OUTSIDE = re.compile(r"(?:^|[\s'\"`(=:])((?!/proc/|/dev/)/[a-zA-Z]\w*/[\w.]+|\.\./\w+(?:\.md)?|~/\w+|[A-Z]:\\\w)")
"""An absolute path, a home folder, a folder above the repository; /proc and /dev are every Linux machine's."""


def inside(path):
    return path.resolve().is_relative_to(ROOT)


def test_no_path_of_one_machine_is_written_down():
    files, found = tracked(), []
    assert len(files) > 80
    for path in files:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = PATH_OUTSIDE.search(line)
            if match and not (
                match[1].startswith("..") and (path.parent / match[1]).exists() and inside(path.parent / match[1])
            ):
                found.append(f"{where(path, number)}: {match[1]}")
    assert found == []


@pytest.mark.parametrize("path", ["|home|me|x", "..|shared|notes.md", "~|work", "C:\\Users"])
@pytest.mark.parametrize("line", ["cd {}", "'{}'", "`{}`", "PATH={}", "{}", "see ({})"])
def test_such_a_path_would_be_found(line, path):
    assert PATH_OUTSIDE.search(line.format(path.replace("|", "/")))  # written so that this line is not one itself
