"""Resampling by every grid, rounding, scale, kernel and border: numbers worked out by hand, and the operators against the oracle."""

import itertools

import numpy as np
import pytest
from lectureclaims.claims import adjudicate
from lectureclaims.reference import oracle
from lectureclaims.reference.judging import assessment
from lectureclaims.reference.mistakes.resampling import on_other_grids
from lectureclaims.reference.operators import catalogue
from lectureclaims.reference.operators.resampling.resampling import GRIDS
from lectureclaims.reference.validation import BadInput

LINE = np.array([[[10.0, 20.0, 30.0, 40.0]]])


def resampled(name, **settings):
    return catalogue.OPERATIONS[name].function(LINE, **settings)[0, 0].tolist()


@pytest.mark.parametrize(
    "grid, wanted",
    [
        ("half_pixel", [15, 35]),  # at 1/2 and 5/2
        ("align_corners", [10, 40]),
        ("asymmetric", [10, 30]),
        ("tf_half_pixel_for_nn", [20, 40]),  # at 1 and 3
    ],
)
def test_where_the_grids_lie(grid, wanted):
    assert resampled("linear_resampling1d", size=2, grid=grid) == wanted


def test_a_single_output_and_uneven_margins():
    assert resampled("linear_resampling1d", size=1, grid="half_pixel") == [25]
    assert resampled("linear_resampling1d", size=1, grid="pytorch_half_pixel") == [10]
    # 4·0.625 = 2.5 are cut to 2: half a pixel of the result is missing at the end, or a quarter at both.
    scaled = {"size": 2, "scale": 0.625}
    assert resampled("linear_resampling1d", grid="half_pixel", **scaled) == [13, 29]
    assert resampled("linear_resampling1d", grid="half_pixel_symmetric", **scaled) == [17, 33]
    assert resampled("linear_resampling1d", grid="half_pixel", recomputed=True, **scaled) == [15, 35]


@pytest.mark.parametrize(
    "rounding, wanted",
    [
        (None, [20, 40]),
        ("floor", [10, 30]),
        ("ceil", [20, 40]),
        ("round_prefer_floor", [10, 30]),
        ("round_prefer_ceil", [20, 40]),
    ],
)
def test_halves_are_rounded_as_asked(rounding, wanted):
    assert resampled("nearest_resampling1d", size=2, grid="half_pixel", rounding=rounding) == wanted


def test_smoothing_and_borders():
    """From 4 to 2 the hat is twice as wide: weights 1, 3, 3, 1 at distances 3/4 and 1/4, of which a border cuts one off."""
    smooth = {"size": 2, "grid": "half_pixel", "antialias": True}
    assert resampled("linear_resampling1d", **smooth) == [(3 * 10 + 3 * 20 + 30) / 7, (20 + 3 * 30 + 3 * 40) / 7]
    assert resampled("linear_resampling1d", **smooth, exclude_outside=False) == [16.25, 33.75]


def test_the_two_cubics():
    """Half way between two pixels Keys' weights are a/8, 1/2 - a/8: -1/16 and 9/16 for a = -1/2."""
    x, settings = np.zeros((1, 1, 8, 1)), {"size": (4, 1), "grid": "half_pixel"}
    x[0, 0, 3] = 1
    for a, far in ((-0.5, -1 / 16), (-0.75, -3 / 32)):
        y = oracle.bicubic_resampling2d(x, coefficient=a, **settings)[0, 0, :, 0]
        assert y.tolist() == [0, 0.5 - far, far, 0]


SETTINGS = {
    "nearest": [{"rounding": r} for r in (None, "floor", "ceil", "round_prefer_floor", "round_prefer_ceil")],
    "linear": [{"antialias": a, "exclude_outside": e} for a in (False, True) for e in (None, False, True)],
    "bicubic": [
        {"antialias": a, "exclude_outside": e, "coefficient": c}
        for a in (False, True)
        for e in (None, False, True)
        for c in (-0.5, -0.75)
    ],
}
KINDS = [(kind, settings) for kind, several in SETTINGS.items() for settings in several]


@pytest.mark.parametrize("kind, settings", KINDS)
def test_operators_and_oracle_agree_on_every_grid(kind, settings):
    rng = np.random.default_rng(16)
    names = [n for n in catalogue.OPERATIONS if kind in n and "resampling" in n and not n.endswith("gradient")]
    for name, grid, (up, scale) in itertools.product(names, GRIDS, ((False, None), (True, None), (False, 0.7))):
        rank = int(name[-2])
        x = rng.normal(size=(1, 2, 5, 6, 4)[: 2 + rank])
        size = tuple(2 * n + 1 if up else int(n * 0.7) for n in x.shape[2:])
        scales = (scale,) * rank if scale else None
        given = (
            {"size": size, "grid": grid, "scale": scales}
            if rank > 1
            else {"size": size[0], "grid": grid, "scale": scale}
        )
        y = catalogue.OPERATIONS[name].function(x, **given, **settings)
        g = rng.normal(size=y.shape)
        dx = catalogue.OPERATIONS[f"{name}_gradient"].function(x, g, **given, **settings)
        assert within(name, {"x": x} | given | settings, y)
        assert within(f"{name}_gradient", {"x": x, "upstream": g} | given | settings, dx)


def within(name, arguments, y):
    operation = catalogue.OPERATIONS[name]
    (result,) = operation.results
    _, judged = assessment.kept(operation, arguments, {result: y})
    return (judged[result].bound.ratio(y, judged[result].value) <= 1).all()


# --- in frameworks' words --------------------------------------------------------------------------------------------------


def judged(operation, y, **parameters):
    return adjudicate(operation, inputs={"x": X}, outputs={"mine": y}, parameters=parameters)


X = np.random.default_rng(3).normal(size=(1, 2, 9, 7)).astype(np.float32)


def test_pytorchs_words(load):
    load("torch")
    import torch
    import torch.nn.functional as F

    x = torch.from_numpy(X)
    for settings in (
        {"size": (4, 11), "mode": "bicubic", "align_corners": False},
        {"size": (4, 3), "mode": "bicubic", "align_corners": False, "antialias": True},
        {"scale_factor": 1.7, "mode": "bilinear", "align_corners": False, "recompute_scale_factor": False},
        {"scale_factor": 1.7, "mode": "bilinear", "align_corners": False, "recompute_scale_factor": True},
        {"scale_factor": (1.7, 0.4), "mode": "nearest"},
        {"scale_factor": (1.7, 0.4), "mode": "nearest-exact"},
    ):
        y = F.interpolate(x, **settings).numpy()
        operation = settings["mode"].removesuffix("-exact")
        assert judged(operation, y, framework="torch", **settings).within, settings
    wrong = F.interpolate(x, scale_factor=1.7, mode="bilinear", recompute_scale_factor=True).numpy()
    found = judged("bilinear", wrong, framework="torch", scale_factor=1.7, mode="bilinear")
    assert [e.mistake for e in found.explanations["mine"]] == ["scale recomputed otherwise"]


def test_tensorflows_words(load):
    load("tensorflow")
    import tensorflow as tf

    x = np.ascontiguousarray(X.transpose(0, 2, 3, 1))
    for method, antialias in itertools.product(("bilinear", "bicubic"), (False, True)):
        y = tf.image.resize(x, (4, 3), method=method, antialias=antialias).numpy()
        given = {"inputs": {"x": x}, "outputs": {"mine": y}}
        parameters = {"size": (4, 3), "method": method, "antialias": antialias, "framework": "tensorflow"}
        found = adjudicate(method, **given, parameters=parameters)
        tabled = not antialias and method == "bicubic"
        assert found.within and ("off a table" in found.findings[0].contract) == tabled


def test_a_size_that_no_scale_gives_is_refused():
    with pytest.raises(BadInput, match=r"size=\(4, 11\): expected in·scale, 15.3 of 9, rounded"):
        judged("bilinear", X, size=(4, 11), scale=1.7, grid="half_pixel")
    with pytest.raises(BadInput, match="size=None: expected the size of the result, or a scale"):
        judged("bilinear", X, grid="half_pixel")


def test_halves_rounded_the_other_way_are_told_where_coordinates_are_exact():
    """At half the size every coordinate is a half, which float32 holds: ONNX's round_prefer_floor takes the other pixel, and that is no rounding."""
    x = np.arange(32, dtype=np.float32).reshape(1, 1, 4, 8)
    given = {"inputs": {"x": x}, "parameters": {"size": (2, 4), "grid": "half_pixel"}}
    right, other = x[:, :, 1::2, 1::2], x[:, :, ::2, ::2]
    assert adjudicate("nearest", **given, outputs={"lib": right}).within
    found = adjudicate("nearest", **given, outputs={"lib": other})
    assert "other rounding of coordinates" in [e.mistake for e in found.explanations["lib"]]


@pytest.mark.parametrize("grid, other", [("half_pixel", "asymmetric"), ("asymmetric", "half_pixel")])
def test_nearest_is_read_first_on_a_grid_that_every_framework_has(grid, other):
    """A wrong that a library has no operation for is not tried there: with align_corners first none was tried on PyTorch."""
    readings = on_other_grids("nearest_resampling2d", {"grid": grid})
    assert next(one.arguments["grid"] for one in readings if one.arguments["grid"] != grid) == other
