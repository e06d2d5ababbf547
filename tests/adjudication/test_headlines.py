"""The headline: within, unlike rounding, outside, cannot tell; strictest contract first, and what fits a thousand times better is said."""

import ml_dtypes
import numpy as np
import pytest
from lectureclaims.claims import adjudicate
from lectureclaims.reference import libraries
from lectureclaims.reports.wording import adjudication as said

BFLOAT16 = ml_dtypes.bfloat16


def normalised(x, *, epsilon=1e-5, over=0, dtype=np.float32):
    """Batch norm by hand, its variance divided by n − ``over``."""
    axes = (0, *range(2, x.ndim))
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, ddof=over, keepdims=True)
    return ((x - mean) / np.sqrt(variance + dtype(epsilon))).astype(dtype)


def training(x, **outputs):
    channels = x.shape[1]
    inputs = {"x": x, "gamma": np.ones(channels, x.dtype), "beta": np.zeros(channels, x.dtype)}
    return adjudicate("batch_norm_training", inputs=inputs, outputs=outputs, parameters={"epsilon": 1e-5})


def gradients(x, upstream, **outputs):
    inputs = {"x": x, "gamma": np.ones(x.shape[1], x.dtype), "upstream": upstream}
    return adjudicate("batch_norm_gradient", inputs=inputs, outputs=outputs, parameters={"epsilon": 1e-5})


# --- allowed by the worst case, but exactly as if ... (discuss.pytorch.org 177382, nn-transfer#3) ------------------------


@pytest.mark.parametrize("shape", [(32, 3, 10, 10), (4, 3, 28, 28), (4, 3, 64, 64)])
@pytest.mark.parametrize("alone", [True, False])
def test_another_epsilon_or_divisor_is_named_at_any_size(shape, alone):
    x = (2.2 + np.random.default_rng(0).normal(size=shape)).astype(np.float32)
    outputs = {"keras": normalised(x, epsilon=1e-3), "unbiased": normalised(x, over=1)}
    found = training(x, **outputs, **({} if alone else {"right": normalised(x)}))
    assert found.standing("keras") in ("outside", "unlike rounding")
    assert [e.mistake for e in found.explanations["keras"]] == ["other epsilon"]
    if shape != (4, 3, 64, 64) or not alone:  # 3e-5 of it: by itself less than rounding makes in all likelihood
        assert [e.mistake for e in found.explanations["unbiased"]] == ["unbiased variance"]
    assert found.exit_code == 1 and not found.within
    assert alone or found.standing("right") == "within rounding"


def test_the_headline_says_that_the_worst_case_would_allow_it():
    x = np.random.default_rng(0).normal(size=(8, 3, 64, 64)).astype(np.float32)
    found = training(x, keras=normalised(x, epsilon=1e-3), torch=normalised(x))
    assert found.findings[0].within, "in the worst case"
    assert found.verdict("keras") == "allowed by the worst case, but exactly as if another ε was used (epsilon=0.001)"
    assert said.summary(found).startswith(
        "Not rounding. keras is allowed by the worst case, but exactly as if another ε"
    )
    assert said.summary(found).endswith("The rest is within.")


def test_the_gradient_of_batch_norm_too():
    rng = np.random.default_rng(1)
    x, up = (rng.normal(size=(16, 2, 32, 32)).astype(np.float32) for _ in range(2))
    lib, ones = libraries.load("numpy"), np.ones(2, np.float32)
    right, other = (lib.batch_norm_gradient(x, ones, up, epsilon=e)[0] for e in (1e-5, 1e-3))
    found = gradients(x, up, right=right, other=other)
    assert [found.standing(name) == "within rounding" for name in ("right", "other")] == [True, False]
    assert [e.mistake for e in found.explanations["other"]] == ["other epsilon"]


def test_a_matrix_in_tf32_over_many_terms_is_named_though_the_worst_case_allows_it():
    rng = np.random.default_rng(2)
    x, w = rng.normal(size=(8, 20_000)).astype(np.float32), rng.normal(size=(4, 20_000)).astype(np.float32)

    def cut(a):
        return (a.view(np.uint32) & np.uint32(0xFFFFE000)).view(np.float32)

    wide = cut(x).astype(np.float64) @ cut(w).astype(np.float64).T
    found = adjudicate("linear", inputs={"x": x, "w": w}, outputs={"gpu": wide.astype(np.float32), "cpu": x @ w.T})
    assert found.findings[0].within, "in the worst case"
    assert found.standing("gpu") == "unlike rounding" and found.standing("cpu") == "within rounding"


def test_what_is_unlike_rounding_needs_no_name():
    x = np.random.default_rng(0).normal(size=(8, 3, 64, 64)).astype(np.float32)
    found = training(x, odd=normalised(x) * np.float32(1 + 4e-3))
    assert found.findings[0].within and found.standing("odd") == "unlike rounding" and found.exit_code == 1
    assert "times as large as rounding errors get in all likelihood, and no known mistake" in found.verdict("odd")


def test_a_library_that_is_worse_than_another_and_makes_no_mistake_is_within():
    x, w = (np.random.default_rng(i).normal(size=(6, 3000)).astype(np.float32) for i in (3, 4))
    slow = np.zeros((6, 6), np.float32)
    for i in range(3000):
        slow += x[:, i : i + 1] * w[:, i]
    best = (x.astype(np.float64) @ w.astype(np.float64).T).astype(np.float32)
    found = adjudicate("linear", inputs={"x": x, "w": w}, outputs={"slow": slow, "best": best})
    assert found.within and found.findings[0].largest > 8 * found.findings[1].largest


@pytest.mark.parametrize("value", [0.1, 1.0])
def test_equal_numbers_err_alike_and_are_no_mistake(value):
    """A sum of a hundred thousand tenths, one after the other: every step errs the same way (none, for ones)."""
    total = np.float32(0)
    for _ in range(100_000):
        total += np.float32(value)
    x = np.full((100_000, 1), value, np.float32)
    found = adjudicate(
        "linear",
        inputs={"x": np.ascontiguousarray(x.T), "w": np.ones((1, 100_000), np.float32)},
        outputs={"mine": np.full((1, 1), total)},
    )
    assert found.within


# --- cannot tell -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("features", [64, 120, 200, 255, 256, 300, 2000])
@pytest.mark.parametrize("wrong", [0, -1])
def test_zeros_and_negated_results_are_never_within_in_bfloat16(features, wrong):
    rng = np.random.default_rng(0)
    x, w = (rng.standard_normal((n, features)).astype(BFLOAT16) for n in (4, 3))
    y = (wrong * (x.astype(np.float64) @ w.astype(np.float64).T)).astype(BFLOAT16)
    found = adjudicate("linear", inputs={"x": x, "w": w}, outputs={"lib": y})
    assert not found.within and found.exit_code in (1, 3)
    assert (found.exit_code == 3) == found.verdict("lib").startswith("cannot tell: ")


def test_a_negative_variance_is_not_within():
    x = np.random.default_rng(0).standard_normal((5, 5, 5)).astype(BFLOAT16)
    inputs = {"x": x, "mean": np.zeros(5, BFLOAT16), "variance": np.ones(5, BFLOAT16)}
    found = adjudicate(
        "batch_norm_running",
        inputs=inputs,
        outputs={"lib": {"variance": np.full(5, -0.5, BFLOAT16)}},
        parameters={"momentum": 1.0, "correction": 1},
    )
    assert not found.within


@pytest.mark.parametrize("features", [40, 400])
def test_narrow_sums_of_which_nobody_spoke_cannot_be_told(features):
    rng = np.random.default_rng(5)
    x, w = (rng.standard_normal((n, features)).astype(BFLOAT16) for n in (4, 3))
    y = (x.astype(np.float64) @ w.astype(np.float64).T).astype(np.float32)
    y = (y + 0.06 * np.abs(y).max()).astype(BFLOAT16)
    found = adjudicate("linear", inputs={"x": x, "w": w}, outputs={"lib": y})
    assert found.standing("lib") == "cannot tell" and found.exit_code == 3 and not found.within
    assert said.summary(found).startswith("Cannot tell. Of lib it cannot be told: ")
    told = {"accumulation": "float32"}
    found = adjudicate("linear", inputs={"x": x, "w": w}, outputs={"lib": y}, parameters=told)
    assert found.standing("lib") == "outside" and found.exit_code == 1


def test_what_is_no_number_is_outside_and_not_untold():
    x, w = (np.ones((n, 400), BFLOAT16) for n in (4, 3))
    found = adjudicate("linear", inputs={"x": x, "w": w}, outputs={"lib": np.full((4, 3), np.nan, BFLOAT16)})
    assert found.standing("lib") == "outside"


def test_a_result_without_a_right_digit_is_told():
    """GELU's bound is one of |x|: of −1.4e-6 nothing need be left."""
    x = np.array([-5.0, 1.0, 2.0], np.float32)
    y = np.array([0, 0.84134475, 1.9544997], np.float32)
    found = adjudicate("gelu", inputs={"x": x}, outputs={"lib": y}, parameters={"approximate": "none"})
    assert found.within and (found.findings[0].digitless, found.findings[0].digitless_at) == (1, (0,))
    assert "1 element of 3 has not a single right digit, the first at [0]" in said.sentence(found.findings[0])


# --- sentences ---------------------------------------------------------------------------------------------------------


def test_errors_are_compared_under_one_contract_alone():
    """mlx#1443, pytorch#147860: sums kept in the narrow format err more, and were called better for their wider bound."""
    rng = np.random.default_rng(6)
    x, w = (rng.standard_normal((n, 60)).astype(np.float16) for n in (4, 6))
    wide = (x.astype(np.float32) @ w.T.astype(np.float32)).astype(np.float16)
    own = np.zeros((4, 6), np.float16)
    for i in range(60):
        own = own + x[:, i : i + 1] * w[:, i]
    found = adjudicate("linear", inputs={"x": x, "w": w}, outputs={"wide": wide, "own": own})
    assert found.findings[0].contract != found.findings[1].contract
    (between,) = (said.between(found, d) for d in found.differences)
    assert "times smaller" not in between
    x, w = x.astype(np.float32), w.astype(np.float32)
    right, worse = x.astype(np.float64) @ w.T.astype(np.float64), x @ w.T * np.float32(1 + 2**-21)
    found = adjudicate("linear", inputs={"x": x, "w": w}, outputs={"a": worse, "b": right.astype(np.float32)})
    (between,) = (said.between(found, d) for d in found.differences)
    assert "the largest error of b is" in between and "times smaller" in between


# --- where -------------------------------------------------------------------------------------------------------------

PATTERNS = [
    ((slice(1, None),), "the first image is within, all other images are wholly outside"),
    ((slice(None), slice(2, 4)), "channels 2 to 3 of 6 are wholly outside, the others within"),
    ((slice(None), slice(None), -1), "only the last row is wholly outside"),
    ((..., slice(None, None, 2)), "every second of the columns, from 0 on, is wholly outside, the others within"),
    ((1, 2, 3, 4), ""),
]


@pytest.mark.parametrize("place, says", PATTERNS)
def test_a_pattern_by_axis_is_told(place, says):
    rng = np.random.default_rng(7)
    x, w = rng.normal(size=(3, 2, 7, 8)).astype(np.float32), rng.normal(size=(6, 2, 3, 3)).astype(np.float32)
    y = libraries.load("numpy").cross_correlation2d(
        x, w, None, stride=(1, 1), padding=((1, 1), (1, 1)), dilation=(1, 1), groups=1
    )
    y[place] += 1
    f = adjudicate("conv2d", inputs={"x": x, "w": w}, outputs={"lib": y}, parameters={"padding": 1}).findings[0]
    assert says in f.pattern if says else "only" in f.pattern or not f.pattern
    assert f.pattern in said.sentence(f)
