"""A library's results under the strictest contract that they keep: what is compared, what is not, and what is said of it."""

import numpy as np
import pytest
from lectureclaims.claims.language import Outcome, ask, rounding
from lectureclaims.reference import libraries

LIBRARY = libraries.load("numpy")
RNG = np.random.default_rng(0)


def answered(operation, make=lambda y: y, dtype="float32", **arguments):
    """The outcome of a call whose result was made into something else."""
    call = ask(operation, **{n: a.astype(dtype) if isinstance(a, np.ndarray) else a for n, a in arguments.items()})
    result = getattr(LIBRARY, operation)(**call.arguments)
    return Outcome("value", make(result), call=call)


LAYER = {"x": RNG.normal(size=(3, 40)), "w": RNG.normal(size=(4, 40)), "b": RNG.normal(size=4)}
OFFSET = {"x": 100 + RNG.normal(size=(8, 2, 3)), "gamma": np.ones(2), "beta": np.zeros(2), "epsilon": 1e-5}


def test_an_honest_result_says_what_was_kept_and_what_was_to_be_expected():
    (one,) = rounding(answered("fully_connected", **LAYER), label="layer")
    assert one.holds and one.row.kind == "within" and not one.row.measured and 0 < one.row.ratio <= 1
    assert one.row.note.startswith("computed in float32; random rounding would come to some ")
    (one,) = rounding(answered("fully_connected", dtype="bfloat16", **LAYER), label="layer")
    assert one.holds and "computed in float32, rounded to bfloat16" in one.row.note


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize(
    "lie",
    [lambda y: y + np.abs(y).max(), lambda y: np.where(np.arange(4) == 2, np.nan, y).astype(y.dtype), lambda y: y * 0],
)
def test_a_wrong_result_departs(dtype, lie):
    (one,) = rounding(answered("fully_connected", lambda y: lie(y).astype(y.dtype), dtype, **LAYER), label="layer")
    assert one.departs and one.row.ratio > 1


def test_another_shape_or_dtype_is_told():
    for lie in (lambda y: y[:, :2], lambda y: y.astype(np.float64), lambda y: list(y)):
        (one,) = rounding(answered("fully_connected", lie, **LAYER), label="layer")
        assert one.departs and one.row.shape


def test_no_value_is_no_comparison():
    call = answered("fully_connected", **LAYER).call
    (one,) = rounding(Outcome("unsupported", error="it has none", call=call), label="layer")
    assert not one.row.made and one.row.note == "it has none"
    with pytest.raises(TypeError, match="by its name"):
        list(rounding(Outcome("value", np.ones(2)), label="layer"))


def test_every_result_is_compared():
    found = list(rounding(answered("batch_norm_training", **OFFSET), label="norm"))
    assert [one.row.label for one in found] == ["norm: y", "norm: mean", "norm: variance"]
    assert all(one.holds for one in found)


def test_a_narrow_result_is_not_compared_where_narrow_arithmetic_bounds_nothing_and_a_wide_one_always_is():
    def lie(result):
        return (result[0] + 1, *result[1:])

    y, *_ = rounding(answered("batch_norm_training", lie, "bfloat16", **OFFSET), label="norm")
    assert not y.row.made and "leave no bound" in y.row.note
    for dtype in ("float32", "float64"):
        far = OFFSET | {"x": OFFSET["x"] + 1e5}  # so far off that one pass over the data bounds nothing in float32
        y, *_ = rounding(answered("batch_norm_training", lie, dtype, **far), label="norm")
        assert y.departs
