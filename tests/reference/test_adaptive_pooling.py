"""Adaptive pooling where the sizes do not divide, by hand; global pooling; and the conversion that gives all windows one size."""

import numpy as np
import pytest
from lectureclaims.claims import adjudicate
from lectureclaims.reference import oracle
from lectureclaims.reference.operators import catalogue

LINE = np.array([[[1.0, 5.0, 2.0, 4.0, 9.0]]])
WINDOWS = [(0, 2), (1, 4), (3, 5)]
"""floor(5p/3) to ceil(5(p + 1)/3)."""


@pytest.mark.parametrize("source", ["operator", "oracle"])
def test_windows_share_elements_and_differ_in_size(source):
    def run(name, *arrays):
        function = getattr(oracle, name) if source == "oracle" else catalogue.OPERATIONS[name].function
        return function(*arrays, size=3)[0, 0].tolist()

    assert run("adaptive_average_pooling1d", LINE) == [3, 11 / 3, 6.5]
    assert run("adaptive_max_pooling1d", LINE) == [5, 5, 9]
    up = np.array([[[4.0, 3.0, 8.0]]])
    assert run("adaptive_average_pooling1d_gradient", LINE, up) == [2, 3, 1, 5, 4]
    assert run("adaptive_max_pooling1d_gradient", LINE, up) == [0, 7, 0, 0, 8]
    ties = np.ones_like(LINE)
    assert run("adaptive_max_pooling1d_gradient", ties, up) == [4, 3, 0, 8, 0]  # the first of equals


def test_of_one_window_it_is_global():
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 7)).astype(np.float32)
    y = x.mean(axis=(2, 3), keepdims=True)
    assert adjudicate("adaptive_avg_pool2d", inputs={"x": x}, outputs={"mine": y}, parameters={"output_size": 1}).within


def test_windows_of_one_size_are_named():
    x = np.random.default_rng(0).normal(size=(2, 3, 7)).astype(np.float32)
    settings = {"window": 3, "stride": 2, "padding": (0, 0), "count_padding": True}
    y = catalogue.OPERATIONS["average_pooling1d"].function(x, **settings)
    found = adjudicate("AdaptiveAvgPool1d", inputs={"x": x}, outputs={"mine": y}, parameters={"output_size": 3})
    assert found.within  # here both are the same
    x = np.random.default_rng(0).normal(size=(2, 3, 11)).astype(np.float32)
    y = catalogue.OPERATIONS["average_pooling1d"].function(x, **settings | {"window": 5})
    found = adjudicate("AdaptiveAvgPool1d", inputs={"x": x}, outputs={"mine": y}, parameters={"output_size": 4})
    assert [e.mistake for e in found.explanations["mine"]] == ["adaptive windows of one size"]
