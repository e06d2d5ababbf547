"""Which contract a result keeps is found, not asked; each contract tells its neighbours from itself."""

import numpy as np
import pytest
from lectureclaims.reference.judging import assessment
from lectureclaims.reference.judging.assessment import Contract
from lectureclaims.reference.operators import catalogue

FULLY = catalogue.find("linear")
TRAINING = catalogue.find("batch_norm_training")


def layer(dtype, terms=60, bias=True):
    rng = np.random.default_rng(0)
    x, w = (rng.normal(size=s).astype(dtype) for s in ((4, terms), (5, terms)))
    # Against the first row's sums, so that a sum that is rounded before the bias is added shows it.
    b = -(x.astype(np.float64) @ w.astype(np.float64).T)[0].astype(dtype)
    return {"x": x, "w": w, "b": b if bias else None}


def wide(arguments, dtype=np.float32):
    return {name: None if a is None else a.astype(dtype) for name, a in arguments.items()}


def one_by_one(x, w, dtype):
    total = np.zeros((len(x), len(w)), dtype)
    for i in range(x.shape[1]):
        total = (total + (x[:, None, i] * w[None, :, i]).astype(dtype)).astype(dtype)
    return total


def test_every_operation_has_a_rule_and_no_rule_is_idle():
    assert set(assessment.RULES) == set(catalogue.OPERATIONS)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_wide_and_narrow_accumulation_are_told_apart(dtype):
    arguments, dtype = layer(dtype), np.dtype(dtype)
    x, w, b = wide(arguments).values()
    results = {
        Contract("float32"): (x @ w.T + b).astype(dtype),
        Contract("float32", apart=True): ((x @ w.T).astype(dtype) + arguments["b"]).astype(dtype),
        Contract(dtype.name): (one_by_one(arguments["x"], arguments["w"], dtype) + arguments["b"]).astype(dtype),
    }
    for contract, y in results.items():
        kept, found = assessment.kept(FULLY, arguments, {"y": y})
        assert kept == contract and found["y"].bound.ratio(y, found["y"].value).max() <= 1
    assert "narrow accumulation" in Contract(dtype.name).sentence(dtype.name)
    # What was stated cannot be talked out of: in float32 the narrow sums are outside.
    y = results[Contract(dtype.name)]
    kept, found = assessment.kept(FULLY, arguments, {"y": y}, arithmetic="float32")
    assert kept.arithmetic == "float32" and found["y"].bound.ratio(y, found["y"].value).max() > 1


def test_flushed_numbers_are_a_contract_of_their_own():
    tiny = np.finfo(np.float32).smallest_normal
    arguments = {"x": np.full((1, 3), tiny / 2, np.float32), "w": np.ones((1, 3), np.float32), "b": None}
    assert assessment.kept(FULLY, arguments, {"y": np.full((1, 1), 1.5 * tiny, np.float32)})[0] == Contract("float32")
    assert assessment.kept(FULLY, arguments, {"y": np.zeros((1, 1), np.float32)})[0] == Contract(
        "float32", flushes=True
    )


def test_one_pass_variances_are_a_contract_of_their_own():
    x = (3000 + np.random.default_rng(1).normal(size=(16, 3, 4))).astype(np.float32)
    arguments = {"x": x, "gamma": np.ones(3, np.float32), "beta": np.zeros(3, np.float32), "epsilon": 1e-5}
    mean = x.mean(axis=(0, 2))
    two, one = ((x - mean[:, None]) ** 2).mean(axis=(0, 2)), (x * x).mean(axis=(0, 2)) - mean * mean
    assert assessment.kept(TRAINING, arguments, {"variance": two})[0] == Contract("float32")
    assert assessment.kept(TRAINING, arguments, {"variance": one})[0] == Contract("float32", variance="one pass")


def test_what_keeps_no_contract_is_judged_by_the_one_it_exceeds_least():
    arguments = layer(np.float32)
    y = assessment.judge(FULLY, arguments, np.float32, Contract("float32"))[0].value.astype(np.float32)
    _, found = assessment.kept(FULLY, arguments, {"y": y + np.float32(1e-3)})
    assert found["y"].bound.ratio(y + np.float32(1e-3), found["y"].value).max() > 1


def test_the_estimate_is_below_the_bound_and_above_the_error_of_random_data():
    arguments = layer(np.float32, terms=400)
    (one,) = assessment.judge(FULLY, arguments, np.float32, Contract("float32"))
    y = one_by_one(arguments["x"], arguments["w"], np.float32) + arguments["b"]
    assert (one.expected < one.bound.allowed).all()
    assert np.abs(y - one.value).max() < one.expected.max()
