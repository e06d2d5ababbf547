"""The benchmark of honest results: its table says what departed, and never that nothing did where nothing was tried."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from lectureclaims.reference import libraries
from lectureclaims.reference.libraries import Unsupported


@pytest.fixture
def tiers(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2])
    from benchmarks import tiers

    monkeypatch.setattr(tiers, "FORMATS", ("float32",))
    return tiers


def calls(dtype, rng):
    for _ in range(3):
        yield "softmax", {"x": rng.standard_normal((2, 5)).astype(dtype)}, {"axis": 1}


def lacking(*_, **__):
    raise Unsupported("it has none")


def off(x, axis):
    y = libraries.load("numpy").softmax(x, axis=axis)
    y[0, 0] *= np.float32(1.01)
    return y


@pytest.mark.parametrize(
    "softmax, says, counts",
    [
        (libraries.load("numpy").softmax, "No departure.", ["3", "0", "0", "0"]),
        (off, "**Departures: 3 × softmax of lib in float32 (outside).**", ["3", "3", "0", "0"]),
        (lacking, "**Nothing was tried.**", ["0", "0", "0", "0"]),
    ],
    ids=["honest", "off", "lacking"],
)
def test_the_table_says_what_departed(tiers, softmax, says, counts):
    (table,) = tiers.run({"lib": SimpleNamespace(softmax=softmax)}, drawn_from=calls)
    assert says in table.says and table.rows[-1][2:6] == counts
    assert ("No departure" in table.says) == (says == "No departure.")


def test_a_library_that_lacks_the_operation_is_not_counted(tiers):
    (table,) = tiers.run({"lib": SimpleNamespace()}, drawn_from=calls)
    assert "Nothing was tried" in table.says and len(table.rows) == 1
