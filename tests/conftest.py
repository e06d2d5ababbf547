"""What several test files share."""

import functools
import os
import pathlib
import re
import signal
import tempfile

import hypothesis
import pytest
from lectureclaims.reference import libraries

RUNS = re.compile(
    r"\b(run_command|verify_the_lies|subprocess|Worker|playwright|verification\.verify|LECTURE_CLAIMS = )\b"
)
"""What stands in a file whose tests run a command, a worker or a browser."""

hypothesis.settings.register_profile("same", derandomize=True, deadline=None, database=None)
hypothesis.settings.register_profile("anew", derandomize=False, deadline=None, database=None)
hypothesis.settings.load_profile("same")

LONG = {
    "adjudication",
    "lecture",
    "bounds",
    "composition",
    "history",
    "layers",
    "mistakes",
    "networks",
    "population",
    "properties",
}
LONG |= {"statistics_report", "training"}
"""Folders and files that compute for more than a few seconds."""


@functools.cache
def _slow(path):
    return bool(RUNS.search(path.read_text(encoding="utf-8"))) or not LONG.isdisjoint(
        {path.stem.removeprefix("test_"), path.parent.name}
    )


def pytest_configure(config):
    """The commands that tests run share a store and a memory of this session's own, never the user's, and heed Ctrl-C also where the session runs in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput") and "LECTURE_CLAIMS_STORE" not in os.environ:
        kept = tempfile.TemporaryDirectory(prefix="lecture-claims-store-")
        config.add_cleanup(kept.cleanup)
        os.environ["LECTURE_CLAIMS_STORE"] = f"{kept.name}/store"
        os.environ["LECTURE_CLAIMS_STATE"] = f"{kept.name}/state"
        os.environ.setdefault("LECTURE_CLAIMS_YES", "1")


def pytest_collection_modifyitems(items):
    """Mark as slow what runs a library, a command or a browser, or computes for long: ``make quick`` leaves it out."""
    for item in items:
        if "load" in getattr(item, "fixturenames", ()) or _slow(item.path):
            item.add_marker("slow")


@pytest.fixture(scope="session")
def load():
    """A library by its name, imported on first use and once a process; skips where it is absent.

    One test fails there: tests/house/test_frameworks.py.
    """
    for variable, value in libraries.ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    loaded = {}

    def get(name):
        if not libraries.installed(name):
            pytest.skip(f"{name} is not installed")
        if name not in loaded:
            loaded[name] = libraries.load(name)
            loaded[name].configure()
        return loaded[name]

    return get


@pytest.fixture(scope="module")
def chromium():
    import browser  # not before a test asks for it

    yield from browser.opened()


@pytest.fixture(scope="session")
def recorded(request):
    """The record of a whole run."""
    given = request.config.getoption("--lecture-claims-results")
    if not given:
        pytest.skip("needs the reports of a whole run: pytest --lecture-claims-results=reports/latest/results.json")
    return pathlib.Path(given)
