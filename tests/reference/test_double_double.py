"""Double-double arithmetic errs by no more than it says, against Fraction and 90 decimal digits."""

import decimal
from fractions import Fraction

import numpy as np
import pytest
from lectureclaims.reference.exact import double_double as dd

RNG = np.random.default_rng(1)
MANY = 400


def pairs(sizes):
    """Numbers of two parts, the lower one anything up to half an ulp of the other."""
    hi = RNG.choice([-1, 1], MANY) * sizes
    return dd.two_sum(hi, hi * 2.0**-53 * RNG.uniform(-1, 1, MANY))


def sum_of(x, make=Fraction):
    return [make(hi) + make(lo) for hi, lo in zip(x[0].tolist(), x[1].tolist(), strict=True)]


WIDE = 2.0 ** RNG.uniform(-200, 200, MANY)
NEARLY = pairs(np.ones(MANY))
"""±1 and a little: sums of two of these cancel."""


@pytest.mark.parametrize("x, y", [(pairs(WIDE), pairs(WIDE[::-1])), (NEARLY, pairs(np.ones(MANY))), (NEARLY, NEARLY)])
def test_arithmetic_keeps_2_to_minus_100(x, y):
    a, b = sum_of(x), sum_of(y)
    for operation, right in {
        dd.add: Fraction.__add__,
        dd.subtract: Fraction.__sub__,
        dd.multiply: Fraction.__mul__,
        dd.divide: Fraction.__truediv__,
    }.items():
        for got, p, q in zip(sum_of(operation(x, y)), a, b, strict=True):
            assert abs(got - right(p, q)) * 2**100 <= abs(right(p, q))


def test_roots_keep_2_to_minus_100():
    x = dd.two_sum(WIDE, WIDE * 2.0**-53 * RNG.uniform(-1, 1, MANY))
    for got, exact in zip(sum_of(dd.root(x)), sum_of(x), strict=True):
        # |r - √x| <= 2**-100·√x, as |r² - x| <= 2**-99·x to first order.
        assert abs(got * got - exact) * 2**99 <= exact
    assert dd.root(dd.number([0.0]))[0][0] == 0


def test_products_and_sums_are_error_free():
    a, b = RNG.normal(size=MANY) * np.exp(RNG.uniform(-40, 40, MANY)), RNG.normal(size=MANY)
    for operation, right in {dd.two_sum: Fraction.__add__, dd.two_product: Fraction.__mul__}.items():
        x = operation(a, b)
        assert x[1].any()
        assert sum_of(x) == [right(Fraction(p), Fraction(q)) for p, q in zip(a.tolist(), b.tolist(), strict=True)]


def decimal_log1p(t):
    return (1 + t).ln()


FUNCTIONS = {
    "exp": (
        lambda x: dd.scaled(*dd.exp_parts(x)),
        lambda x: x.exp(),
        [
            pairs(RNG.uniform(0, 300, MANY)),
            pairs(2.0 ** RNG.uniform(-100, 8, MANY)),
            dd.number(np.log(2) * (np.arange(MANY) - MANY // 2 + 0.5)),  # the ends of the reduced range
        ],
    ),
    "expm1": (
        dd.expm1,
        lambda x: x.exp() - 1,
        [
            pairs(RNG.uniform(0, 300, MANY)),
            pairs(2.0 ** RNG.uniform(-100, 2, MANY)),
            pairs(np.log(2) / 2 * (1 + RNG.normal(size=MANY) * 2.0**-40)),  # where the two forms meet
        ],
    ),
    "log1p": (
        dd.log1p,
        decimal_log1p,
        [
            pairs(RNG.uniform(0, 0.99, MANY)),
            pairs(2.0 ** RNG.uniform(-100, -1, MANY)),
            pairs(2.0**-6 * (1 + RNG.normal(size=MANY) * 2.0**-40)),
            dd.number(2.0 ** RNG.uniform(-1, 300, MANY)),
        ],
    ),
    "log": (
        dd.log,
        lambda x: x.ln(),
        [
            dd.number(WIDE),
            dd.number(1 + RNG.normal(size=MANY) * 2.0 ** RNG.uniform(-52, -3, MANY)),
            dd.number(np.sqrt(0.5) * 2.0 ** np.arange(-10, 10)),
            dd.number([5e-324, 1.7e308, 1 - 2.0**-53]),
        ],
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_keep_2_to_minus_94(name):
    function, right, inputs = FUNCTIONS[name]
    # 1 + x loses the 30 digits that numbers near 2**-100 lie below it.
    with decimal.localcontext(decimal.Context(prec=120)):
        for x in inputs:
            for got, exact in zip(sum_of(function(x), decimal.Decimal), sum_of(x, decimal.Decimal), strict=True):
                assert abs(got - right(exact)) * 2**94 <= abs(right(exact))


def test_sums_in_pairs_keep_their_size():
    x = RNG.normal(size=(5, 37)) * np.exp(RNG.uniform(-20, 20, (5, 37)))
    for row, got in zip(x.tolist(), sum_of(dd.total(dd.number(x))), strict=True):
        assert abs(got - sum(map(Fraction, row))) * 2**100 <= sum(abs(Fraction(number)) for number in row)


def test_values_round_once_among_subnormal_numbers_too():
    power = RNG.integers(-1110, -1010, MANY)
    hi = np.concatenate([RNG.normal(size=MANY // 2), RNG.integers(1, 2**6, MANY // 2) + 0.5])
    power[MANY // 2 :] = -1074  # halfway between two numbers: the lower part decides
    lo = hi * 2.0**-60 * RNG.choice([-1, 0, 1], MANY)
    wanted = []
    for h, l, p in zip(hi.tolist(), lo.tolist(), power.tolist(), strict=True):
        exact = (Fraction(h) + Fraction(l)) * Fraction(2) ** p
        wanted.append(exact.numerator / exact.denominator)
    assert dd.value((hi, lo), power).tolist() == wanted
    assert dd.value(dd.number([1.0, -1.0, 1.0]), np.array([5000, 1024, -5000])).tolist() == [np.inf, -np.inf, 0]


def test_blocks_are_joined_without_a_seam(monkeypatch):
    monkeypatch.setattr(dd, "BLOCK", 7)
    x = np.arange(40.0).reshape(8, 5)
    np.testing.assert_array_equal(dd.by_elements(lambda a, b: a + b, x, x), 2 * x)
    doubled, totals = dd.by_rows(lambda a: (2 * a, a.sum(axis=1)), x)
    np.testing.assert_array_equal(doubled, 2 * x)
    np.testing.assert_array_equal(totals, x.sum(axis=1))
