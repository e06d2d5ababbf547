"""Pooling along one, two and three axes, with dilation, rounded up, with a divisor: operator, oracle and PyTorch give the same."""

import json

import numpy as np
import pytest
from lectureclaims.claims import adjudicate
from lectureclaims.reference import libraries, oracle
from lectureclaims.reference.operators import catalogue
from lectureclaims.reference.validation import BadInput


def drawn(rng, rank, kind):
    """An image of whole numbers and a geometry: some fit, some do not."""
    window = tuple(int(k) for k in rng.integers(1, 5, rank))
    geometry = {
        "window": window,
        "stride": tuple(int(s) for s in rng.integers(1, 4, rank)),
        "padding": tuple((p, p) for p in (int(rng.integers(0, k // 2 + 1)) for k in window)),
        "ceil_mode": bool(rng.integers(2)),
    }
    if kind == "max":
        geometry["dilation"] = tuple(int(d) for d in rng.integers(1, 3, rank))
    else:
        geometry["count_padding"] = bool(rng.integers(2))
        geometry["divisor"] = 4 if rank > 1 and rng.integers(2) else None
    if rank == 1:
        geometry = {name: value[0] if isinstance(value, tuple) else value for name, value in geometry.items()}
    # Powers of two, so that every mean of a window of one, two or four is exact.
    x = rng.permutation(2 * np.prod(sizes := rng.integers(1, 8, rank))).reshape(1, 2, *sizes) - 30.0
    return x, geometry


@pytest.mark.parametrize("kind", ["max", "average"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_operator_oracle_and_pytorch_agree(load, rank, kind):
    rng, name, agreed = np.random.default_rng(rank), f"{kind}_pooling{rank}d", 0
    for _ in range(120):
        x, geometry = drawn(rng, rank, kind)
        try:
            y = catalogue.OPERATIONS[name].function(x, **geometry)
        except BadInput:
            continue
        upstream = rng.integers(-4, 5, y.shape).astype(np.float64)
        ours, exact = (
            [y, catalogue.OPERATIONS[f"{name}_gradient"].function(x, upstream, **geometry)],
            [getattr(oracle, name)(x, **geometry), getattr(oracle, f"{name}_gradient")(x, upstream, **geometry)],
        )
        torch = load("torch")
        try:
            theirs = [getattr(torch, name)(x, **geometry), getattr(torch, f"{name}_gradient")(x, upstream, **geometry)]
        except (RuntimeError, libraries.Unsupported):  # avg_pool3d refuses windows larger than the image itself
            theirs = exact
        for names, got in (("ours", ours), ("theirs", theirs)):
            found = adjudicate(name, inputs={"x": x}, outputs={names: got[0]}, parameters=dict(geometry))
            assert found.within, (names, geometry)
            gradient = {
                "inputs": {"x": x, "upstream": upstream},
                "outputs": {names: got[1]},
                "parameters": dict(geometry),
            }
            assert adjudicate(f"{name}_gradient", **gradient).within, (names, geometry)
        agreed += 1
    assert agreed > 60


def test_a_window_that_would_begin_in_the_padding_behind_the_data_is_left_out():
    geometry = {"window": (4, 4), "stride": (4, 4), "padding": ((2, 2), (2, 2)), "count_padding": True}
    shape = catalogue.OPERATIONS["average_pooling2d"].function(np.ones((1, 1, 9, 9)), **geometry, ceil_mode=True).shape
    assert shape == (1, 1, 3, 3), "the fourth would begin at 12, and the data end at 10"


def test_what_lies_beyond_the_padding_is_no_padding(load):
    """At the last row and column PyTorch divides by what lies inside the padded image; an engine divided by the whole window."""
    x = np.arange(5, 30, dtype=np.float32).reshape(1, 1, 5, 5)[:, :, :4, :4].copy()
    geometry = {"window": 3, "stride": 2, "padding": 1, "count_padding": True, "ceil_mode": True}
    canonical = {
        "window": (3, 3),
        "stride": (2, 2),
        "padding": ((1, 1), (1, 1)),
        "count_padding": True,
        "ceil_mode": True,
    }
    right = load("torch").average_pooling2d(x, **canonical)
    wide = np.pad(x, ((0, 0), (0, 0), (1, 2), (1, 2)))
    other = np.array([[wide[0, 0, i : i + 3, j : j + 3].sum() / np.float32(9) for j in (0, 2, 4)] for i in (0, 2, 4)])
    outputs = {"torch": right, "engine": other.astype(np.float32)[None, None]}
    found = adjudicate("avg_pool2d", inputs={"x": x}, outputs=outputs, parameters=json.loads(json.dumps(geometry)))
    assert [finding.ratio <= 1 for finding in found.findings] == [True, False]
    assert "divided by the whole window" in [e.mistake for e in found.explanations["engine"]]


def test_one_row_of_one_channel_padded_both_ways():
    x = np.arange(5.0).reshape(1, 1, 1, 5)
    geometry = {"window": (3, 3), "stride": (1, 1), "padding": ((1, 1), (1, 1))}
    np.testing.assert_array_equal(oracle.max_pooling2d(x, **geometry).ravel(), [1, 2, 3, 4, 4])
