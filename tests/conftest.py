"""What several test files share."""

import os

import pytest
from lectureclaims.reference import libraries


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
