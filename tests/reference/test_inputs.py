"""The families of inputs are what they are called, and exact-mode inputs cannot round."""

import ml_dtypes
import numpy as np
import pytest
from lectureclaims.reference import bounds, oracle
from lectureclaims.reference.judging import assessment
from lectureclaims.reference.operators import catalogue
from lectureclaims.reference.samples import data, inputs
from lectureclaims.reference.validation import BadInput

FORMATS = bounds.FORMATS
SHAPES = {"x": (4, 40), "w": (3, 40)}
FULLY = catalogue.find("fully_connected")


def draw(family, dtype, degree=2):
    return inputs.draw(family, SHAPES, np.random.default_rng(0), np.dtype(dtype), degree=degree)


def sums(arrays):
    """(exact sums, sums of absolute values, largest product)."""
    x, w = (a.astype(np.float64) for a in arrays.values())
    return oracle.fully_connected(x, w, None), np.abs(x) @ np.abs(w).T, np.abs(x[:, None] * w[None]).max()


@pytest.mark.parametrize("dtype", FORMATS)
def test_families_are_what_they_are_called(dtype):
    info = ml_dtypes.finfo(dtype)
    y, S, _ = sums(draw("cancelling", dtype))
    assert (np.abs(y) < S / 8).all()
    assert all((a > 0).all() for a in draw("positive", dtype).values())
    x = draw("offset", dtype)["x"].astype(np.float64)
    assert x.mean() > (5 if dtype == "float16" else 50) * x.std()
    x = np.abs(draw("wide", dtype)["x"].astype(np.float64))
    assert x.max() / x[x > 0].min() > 2.0 ** (8 if dtype == "float16" else 30)
    _, S, _ = sums(draw("large", dtype))
    assert float(info.max) / 64 < S.max() < float(info.max) / 2
    assert np.abs(draw("large", dtype, degree=1)["x"].astype(np.float64)).max() > float(info.max) / 4
    tiny = float(info.smallest_normal)
    assert 0 < sums(draw("subnormal", dtype))[2] < 16 * tiny
    x = draw("signed zeros", dtype)["x"]
    assert np.signbit(x[x == 0]).any() and not np.signbit(x[x == 0]).all() and (x != 0).any()


@pytest.mark.parametrize("family", inputs.FAMILIES)
def test_the_same_seed_gives_the_same_read_only_numbers(family):
    first, second = draw(family, "float32"), draw(family, "float32")
    assert all(np.array_equal(first[name], second[name]) and not first[name].flags.writeable for name in first)


def test_names_carry_a_meaning():
    shapes = {"x": (2, 3), "variance": (3,), "p": (5, 4), "labels": (5,)}
    for family in inputs.FAMILIES:
        found = inputs.draw(family, shapes, np.random.default_rng(1), np.dtype("float32"), degree=1)
        assert (found["variance"] >= 0).all()
        assert (found["p"] > 0).all() and (found["p"] <= 1).all()
        assert found["labels"].dtype.kind == "i" and set(found["labels"].tolist()) <= set(range(4))


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("design", inputs.DESIGNS)
def test_exact_inputs_round_nowhere_in_any_order(dtype, design):
    shapes = SHAPES | {"b": (3,)}
    arrays = inputs.exact(design, shapes, np.random.default_rng(2), np.dtype(dtype), terms=40)
    (wanted,) = assessment.exact_values(FULLY, arrays, np.dtype(dtype))
    x, w, b = arrays.values()
    rng = np.random.default_rng(3)
    for _ in range(3):
        total = np.zeros((4, 3), dtype)
        for i in rng.permutation(40):
            total = (total + (x[:, None, i] * w[None, :, i]).astype(dtype)).astype(dtype)
        np.testing.assert_array_equal((total + b).astype(dtype), wanted)
    if design != "one-hot":
        assert (wanted != 0).any()


def test_exact_inputs_that_could_round_are_refused():
    with pytest.raises(BadInput, match="terms=300"):
        inputs.exact("dense", SHAPES, np.random.default_rng(0), np.dtype("bfloat16"), terms=300)
    arrays = {name: np.full(shape, 3.0, "bfloat16") for name, shape in SHAPES.items()}
    with pytest.raises(BadInput, match="S of y=360.*at most 256"):
        assessment.exact_values(FULLY, arrays, np.dtype("bfloat16"))
    with pytest.raises(BadInput, match="S of y"):
        assessment.exact_values(FULLY, draw("normal", "float32"), np.dtype("float32"))


def test_the_digits_are_scikit_learns():
    """Its file is read, for the package's import takes a second in every process; what comes of it is what the package says."""
    from sklearn.datasets import load_digits

    theirs = load_digits()
    images, labels = data._stored()
    assert np.array_equal(images[:, 0], theirs.images) and np.array_equal(labels, theirs.target)
    assert np.array_equal(data.stored_digits(), images)
