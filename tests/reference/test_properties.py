"""Properties that hold for whatever Hypothesis draws: operators and oracle, layouts and inverses, and what the doors refuse.

The examples are the same in every run.
"""

import hypothesis
import numpy as np
import pytest
from calls import arguments
from hypothesis import strategies as st
from lectureclaims.reference import oracle, validation
from lectureclaims.reference.judging import assessment
from lectureclaims.reference.operators import catalogue

OPERATORS = {name: operation.function for name, operation in catalogue.OPERATIONS.items()}
few = hypothesis.settings(max_examples=20)


def numbers(draw, *shape, whole=False):
    """Whole numbers, or numbers of many magnitudes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    if whole:
        return rng.integers(-9, 10, shape).astype(np.float64)
    return rng.standard_normal(shape) * 2.0 ** rng.integers(-draw(st.integers(0, 20)) - 1, 20, shape)


sizes = st.integers(1, 4)


@st.composite
def correlations(draw, whole=False):
    """Arrays and parameters of a cross-correlation of any geometry that has an output."""
    groups, n, share, maps = draw(st.tuples(st.integers(1, 2), st.integers(1, 2), st.integers(1, 2), st.integers(1, 2)))
    kernel, stride, dilation = (draw(st.tuples(st.integers(1, 3), st.integers(1, 3))) for _ in range(3))
    padding = draw(st.tuples(*[st.tuples(st.integers(0, 2), st.integers(0, 2))] * 2))
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    image = [max(1, r - sum(p)) + draw(st.integers(0, 3)) for r, p in zip(reach, padding, strict=True)]
    x = numbers(draw, n, groups * share, *image, whole=whole)
    w = numbers(draw, groups * maps, share, *kernel, whole=whole)
    return (
        x,
        w,
        numbers(draw, len(w), whole=whole),
        {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups},
    )


@st.composite
def calls(draw):
    """An operation, its arrays by name, its parameters."""
    name = draw(
        st.sampled_from(
            [
                "cross_correlation2d",
                "convolution2d",
                "fully_connected",
                "softmax",
                "batch_norm_training",
                "logistic",
                "tanh",
                "prelu",
            ]
        )
    )
    if name.endswith("2d"):
        x, w, b, parameters = draw(correlations())
        return name, {"x": x, "w": w, "b": b}, parameters
    n, c, k = draw(st.tuples(st.integers(2, 5), sizes, sizes))
    match name:
        case "fully_connected":
            return name, {"x": numbers(draw, n, c), "w": numbers(draw, k, c), "b": numbers(draw, k)}, {}
        case "softmax":
            return name, {"x": numbers(draw, n, c) / 2**12}, {"axis": draw(st.integers(0, 1))}
        case "batch_norm_training":
            return (
                name,
                {"x": numbers(draw, n, c, k), "gamma": numbers(draw, c), "beta": numbers(draw, c)},
                {"epsilon": 1e-3},
            )
        case "prelu":
            return name, {"x": numbers(draw, n, c, k), "alpha": numbers(draw, c)}, {}
    return name, {"x": numbers(draw, n, c) / 2**10}, {}


@few
@hypothesis.given(calls(), st.sampled_from([np.float32, np.float64]))
def test_an_operator_keeps_the_bound_of_its_oracle(call, dtype):
    name, arrays, parameters = call
    operation, given = catalogue.OPERATIONS[name], {n: a.astype(dtype) for n, a in arrays.items()} | parameters
    results = OPERATORS[name](**given)
    results = dict(zip(operation.results, results if isinstance(results, tuple) else (results,), strict=True))
    _, judged = assessment.kept(operation, given, results)
    for result, y in results.items():
        ratio = judged[result].bound.ratio(y, judged[result].value)
        assert ratio.max() <= 1
        # And a result that is off by what nobody could call rounding is outside.
        off = y + y.dtype.type(2.0**-8) * np.abs(y).max() + 1
        assert judged[result].bound.ratio(off, judged[result].value).max() > 1


@few
@hypothesis.given(correlations(whole=True))
def test_a_convolution_of_the_turned_kernel_is_a_cross_correlation(drawn):
    x, w, b, parameters = drawn
    turned = np.ascontiguousarray(w[:, :, ::-1, ::-1])
    y = OPERATORS["cross_correlation2d"](x, w, b, **parameters)
    np.testing.assert_array_equal(OPERATORS["convolution2d"](x, turned, b, **parameters), y, strict=True)
    np.testing.assert_array_equal(oracle.convolution2d(x, turned, b, **parameters), y, strict=True)


@few
@hypothesis.given(correlations(whole=True), st.data())
def test_the_gradient_is_the_adjoint(drawn, data):
    """⟨f(x), u⟩ = ⟨x, f′(u)⟩ for what is linear, to the last bit in whole numbers."""
    x, w, _, parameters = drawn
    y = OPERATORS["cross_correlation2d"](x, w, None, **parameters)
    upstream = numbers(data.draw, *y.shape, whole=True)
    dx, dw, db = OPERATORS["cross_correlation2d_gradient"](x, w, upstream, **parameters)
    assert (y * upstream).sum() == (x * dx).sum() == (w * dw).sum()
    np.testing.assert_array_equal(db, upstream.sum(axis=(0, 2, 3)))


@few
@hypothesis.given(correlations(whole=True), st.data())
def test_the_order_of_images_and_of_channels_is_the_callers(drawn, data):
    """Images, and with them their results, may be in any order; so may output channels within a group, and rows for columns."""
    x, w, b, parameters = drawn
    y = OPERATORS["cross_correlation2d"](x, w, b, **parameters)
    images = data.draw(st.permutations(range(len(x))))
    np.testing.assert_array_equal(OPERATORS["cross_correlation2d"](x[images], w, b, **parameters), y[images])
    share = len(w) // parameters["groups"]
    order = [g * share + o for g in range(parameters["groups"]) for o in data.draw(st.permutations(range(share)))]
    np.testing.assert_array_equal(OPERATORS["cross_correlation2d"](x, w[order], b[order], **parameters), y[:, order])
    turned = {name: value if name == "groups" else value[::-1] for name, value in parameters.items()}
    swapped = OPERATORS["cross_correlation2d"](x.swapaxes(2, 3), w.swapaxes(2, 3), b, **turned)
    np.testing.assert_array_equal(swapped, y.swapaxes(2, 3))


@few
@hypothesis.given(st.tuples(sizes, sizes, sizes, sizes), st.tuples(*[st.sampled_from([1, 2, 4])] * 2), st.data())
def test_what_was_enlarged_comes_back(shape, times, data):
    """By powers of two, so that means of equal whole numbers do not round."""
    x = numbers(data.draw, *shape, whole=True)
    size = tuple(n * t for n, t in zip(shape[2:], times, strict=True))
    large = OPERATORS["nearest_resampling2d"](x, size=size, grid="half_pixel")
    whole = {"window": times, "stride": times, "padding": ((0, 0), (0, 0))}
    for small in (
        OPERATORS["nearest_resampling2d"](large, size=shape[2:], grid="half_pixel"),
        OPERATORS["area_resampling2d"](large, size=shape[2:]),
        OPERATORS["max_pooling2d"](large, **whole),
        OPERATORS["average_pooling2d"](large, **whole, count_padding=True),
    ):
        np.testing.assert_array_equal(small, x, strict=True)
    np.testing.assert_array_equal(OPERATORS["area_resampling2d"](x, size=size), large, strict=True)


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(),
    st.text(max_size=3),
    st.lists(st.integers(-1, 3), max_size=3),
    st.builds(
        np.zeros,
        st.lists(st.integers(0, 3), max_size=5).map(tuple),
        st.sampled_from([np.float32, np.float64, np.int64, bool]),
    ),
    st.tuples(st.tuples(st.integers(-1, 2), st.integers(-1, 2)), st.tuples(st.integers(-1, 2), st.integers(-1, 2))),
)


@pytest.mark.parametrize("name", OPERATORS)
@few
@hypothesis.given(data=st.data())
def test_a_door_refuses_in_one_way(name, data):
    """Whatever stands in the place of an argument: a result, or one line that says what was expected."""
    given = arguments(name, np.float64)
    given[data.draw(st.sampled_from(sorted(given)))] = data.draw(JUNK)
    try:
        OPERATORS[name](**given)
    except validation.BadInput as refusal:
        assert "expected" in str(refusal) and "\n" not in str(refusal)
