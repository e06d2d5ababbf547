"""What several test files share."""

import functools
import os
import re

import pytest
from lectureclaims.reference import libraries

RUNS = re.compile(r"\b(run_command|verify_the_lies|subprocess|Worker|playwright|verification\.verify|LECTURE_CLAIMS = )\b")
"""What stands in a file whose tests run a command, a worker or a browser."""


@functools.cache
def _runs(path):
    return bool(RUNS.search(path.read_text(encoding="utf-8")))


def pytest_collection_modifyitems(items):
    """Mark as slow what runs a library, a command or a browser; files that compute for long say so themselves."""
    for item in items:
        if "load" in getattr(item, "fixturenames", ()) or _runs(item.path):
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
