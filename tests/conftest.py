"""What several test files share."""

import os

import pytest
from lectureclaims.reference import libraries


@pytest.fixture(scope="session")
def load():
    """A phrasebook by its name, imported on first use and once a process; skips where its library is absent.

    One test fails there: tests/house/test_frameworks.py.
    """
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(variable, "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    loaded = {}

    def get(name):
        if not libraries.installed(name):
            pytest.skip(f"{name} is not installed")
        if name not in loaded:
            loaded[name] = libraries.load(name)
            loaded[name].configure()
        return loaded[name]

    return get
