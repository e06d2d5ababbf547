"""Every library within the bound of every operation beyond the lecture, on inputs that are smallest, tied, saturated, constant, huge or subnormal."""

import ml_dtypes
import numpy as np
import pytest
from calls import arguments
from lectureclaims.reference import libraries
from lectureclaims.reference.judging import assessment
from lectureclaims.reference.operators import catalogue

FAMILIES = ("1d", "3d")
BEYOND = ("pooling", "3d", "transposed", "pad")
NAMES = [name for name in catalogue.OPERATIONS if any(part in name for part in BEYOND)]
FORMATS = ("float32", "float64", "bfloat16", "float16")


def filled(name, dtype, kind, rng):
    """The arrays of a call with numbers of one kind."""
    given = arguments(name, np.float64)
    info = ml_dtypes.finfo(dtype)
    largest, smallest = float(info.max), float(info.smallest_normal)
    numbers = {
        "random": lambda shape: rng.normal(size=shape),
        "distinct": lambda shape: rng.permutation(np.prod(shape)).reshape(shape) - 60.0,
        "zeros": np.zeros,
        "ones": np.ones,
        "tied": lambda shape: rng.integers(-1, 2, shape).astype(np.float64),
        "saturated": lambda shape: rng.choice([-60.0, -20.0, 20.0, 60.0], shape),
        "huge": lambda shape: rng.normal(size=shape) * largest**0.25,
        "subnormal": lambda shape: rng.normal(size=shape) * smallest / 4,
    }[kind]
    for array, value in given.items():
        if getattr(value, "dtype", None) == np.float64:
            drawn = numbers(value.shape)
            drawn = np.abs(drawn) if array == "variance" else drawn
            given[array] = np.asarray(drawn, np.float64).astype(dtype)
    return given


def worst(operation, given, results):
    found = dict(zip(operation.results, results if isinstance(results, tuple) else (results,), strict=True))
    _, judged = assessment.kept(operation, given, found)
    return max(float(np.max(judged[name].bound.ratio(y, judged[name].value))) for name, y in found.items())


def kinds(name):
    """At ties it is a choice where the gradient of a maximum goes: TensorFlow gives it whole to each of the largest in three dimensions."""
    untied = "max_pooling" in name and name.endswith("_gradient")
    return ["distinct"] if untied else ["random", "zeros", "ones", "tied", "saturated", "huge", "subnormal"]


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name in NAMES for kind in kinds(name)])
@pytest.mark.parametrize("library", [*libraries.names()])
def test_right_results_are_within(load, library, name, kind):
    operation = catalogue.OPERATIONS[name]
    for dtype in FORMATS:
        given = filled(name, dtype, kind, np.random.default_rng(3))
        try:
            with np.errstate(all="ignore"):
                results = getattr(load(library), name)(**given)
        except libraries.Unsupported:
            continue
        assert worst(operation, given, results) <= 1, dtype
