"""What the how-to pages show is so: the workflow for GitHub Actions runs, an issue's example is what `adjudicate` says, a library of one's own
comes to its verdicts."""

import contextlib
import io
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from documents import ROOT, blocks
from lying import LECTURE, library, run_command

WORKFLOW = yaml.safe_load((ROOT / "docs/ci/lecture-claims.yml").read_text(encoding="utf-8"))
JOB = WORKFLOW["jobs"]["verify"]


def page(name):
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


# --- in CI -------------------------------------------------------------------------------------------------------------


def test_the_workflow_has_the_form_that_github_reads():
    assert set(WORKFLOW) == {"name", True, "permissions", "jobs"}  # YAML 1.1 takes the key `on` for a truth value
    assert set(WORKFLOW[True]) == {"push", "pull_request", "workflow_dispatch", "schedule"}
    assert all(("run" in step) != ("uses" in step) for step in JOB["steps"])
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", step["uses"]) for step in JOB["steps"] if "uses" in step)
    assert {step["if"] for step in JOB["steps"] if "if" in step} == {"${{ !cancelled() }}"}
    (cache,) = (step["with"] for step in JOB["steps"] if step.get("uses", "").startswith("actions/cache@"))
    assert cache["path"].split() == ["store", "last"] and cache["key"].startswith(cache["restore-keys"])
    assert JOB["env"]["LECTURE_CLAIMS_STORE"].endswith("/store")


def test_what_the_workflow_installs_exists():
    (install,) = (step["run"] for step in JOB["steps"] if step.get("name") == "Install")
    asked = re.fullmatch(r"python -m pip install -c constraints\.txt '\.\[([\w,]+)\]'", install)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert asked and {*asked[1].split(",")} <= {*extras}


def job(folder, selection, event="push"):
    """The job's own steps in order, as GitHub runs them: after a failure only those that ask for it. The names of those that failed, and the summary."""
    summary, failed = folder / "summary.md", []
    summary.write_text("", encoding="utf-8")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    settings = {
        "SELECTION": selection,
        "LECTURE_CLAIMS_STORE": str(folder / "store"),
        "GITHUB_STEP_SUMMARY": str(summary),
    }
    for step in (step for step in JOB["steps"] if "run" in step and step["name"] != "Install"):
        if not failed or "if" in step:
            shell = ["bash", "-eo", "pipefail", "-c", step["run"]]
            environment = {**os.environ, "PATH": path, "GITHUB_EVENT_NAME": event, **settings}
            done = subprocess.run(shell, cwd=folder, env=environment, capture_output=True, timeout=300, check=False)
            failed += [step["name"]] if done.returncode else []
    return failed, summary.read_text(encoding="utf-8")


@pytest.mark.rare
def test_the_workflow_compares_with_the_last_run_and_fails_where_something_got_worse(tmp_path):
    mine = tmp_path / "mine.py"
    selection = f"layer.correlates --lecture {LECTURE} --backend mine.py"
    mine.write_text("from lectureclaims.reference.libraries.numpy.operations import *\n", encoding="utf-8")
    failed, summary = job(tmp_path, selection)
    assert failed == [] and "layer.correlates" in summary and (tmp_path / "last/results.json").is_file()
    failed, summary = job(tmp_path, selection)
    assert failed == [] and "Nothing got worse" in summary
    kept = (tmp_path / "last/results.json").read_bytes()
    mine.write_text(Path(library("flipping")).read_text(encoding="utf-8"), encoding="utf-8")
    failed, summary = job(tmp_path, selection)
    assert failed == ["Verify", "Compare with the last run"] and "refuted" in summary
    assert (tmp_path / "last/results.json").read_bytes() == kept
    assert job(tmp_path, selection, event="workflow_dispatch")[0] == ["Verify"]


# --- a framework's bug -------------------------------------------------------------------------------------------------


def test_the_issues_example_is_what_adjudicate_says(tmp_path, load):
    load("torch")
    make, show = blocks(page("issue.md"), "python")
    (session,) = blocks(page("issue.md"), "console")
    command, _, said = session.partition("\n")
    done = run_command("python", "-c", make, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = run_command("lecture-claims", *command.removeprefix("$ lecture-claims ").split(), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, said), done.stderr
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(show, {})
    assert printed.getvalue().splitlines() == re.findall(r"print\(.*\)  # (.*)", show)


# --- a library of one's own --------------------------------------------------------------------------------------------


@pytest.mark.rare
@pytest.mark.parametrize(
    ("method", "claims", "code"),
    [
        ('method="direct"', ("convolution.flip", "conv_layer.same_treatment"), 0),
        ('method="auto"', ("conv_layer.feature_detectors",), 1),
    ],
    ids=["direct", "by a Fourier transform"],
)
def test_the_pages_library_comes_to_the_verdicts_that_it_says(tmp_path, method, claims, code):
    (source,) = blocks(page("library.md"), "python")
    (tmp_path / "mine.py").write_text(source.replace('method="direct"', method), encoding="utf-8")
    done = run_command("lecture-claims", "verify", *claims, "--backend=mine.py", "--dtype=float32", cwd=tmp_path)
    assert done.returncode == code, done.stdout + done.stderr
    assert ("is refuted, expected supported" in done.stdout) is bool(code)
