"""The sums on letters, the closed forms of the integrals, and the bounds that their derivatives give."""

import itertools
import math
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import sympy
from lectureclaims.claims.lecture.convolution import integral
from lectureclaims.reference import bounds
from lectureclaims.reference.oracle import symbolic

X, W = symbolic.letters("abcd", "efgh", "ijkl"), symbolic.letters("wx", "yz")
FULL = list(itertools.product(range(-1, 6), range(-1, 6)))


# --- letters -----------------------------------------------------------------------------------------------------------


def test_the_lecture_s_first_windows():
    assert symbolic.text(symbolic.convolution2d(X, W, 1, 1)) == "az + by + ex + fw"
    assert symbolic.text(symbolic.cross_correlation2d(X, W, 0, 0)) == "aw + bx + ey + fz"
    assert symbolic.text(symbolic.convolution2d(X, W, 0, 0)) == "aw"
    assert symbolic.text(symbolic.convolution2d(X, W, -1, 0)) == "0"


@pytest.mark.parametrize("i, j", FULL)
def test_convolution_is_a_product_of_polynomials_in_two_variables(i, j):
    s, t = sympy.symbols("s t")
    first, second = (sum(a * s**m * t**n for m, row in enumerate(A) for n, a in enumerate(row)) for A in (X, W))
    product = sympy.Poly(sympy.expand(first * second), s, t)
    coefficient = product.coeff_monomial(s**i * t**j) if min(i, j) >= 0 else 0
    assert symbolic.text(symbolic.convolution2d(X, W, i, j)) == symbolic.text(coefficient)


@pytest.mark.parametrize("i, j", FULL)
def test_cross_correlation_is_convolution_with_the_kernel_turned(i, j):
    turned = [row[::-1] for row in W[::-1]]
    assert symbolic.convolution2d(X, turned, i + 1, j + 1) == symbolic.cross_correlation2d(X, W, i, j)


def test_convolution_commutes_in_letters():
    assert all(symbolic.convolution2d(X, W, i, j) == symbolic.convolution2d(W, X, i, j) for i, j in FULL)


def test_texts_are_equal_where_polynomials_are_and_nowhere_else():
    a, b, w = sympy.symbols("a b w")
    assert symbolic.text(a * (b + w)) == symbolic.text(w * a + b * a) == "ab + aw"
    assert symbolic.text(-2 * a * w + a / 2 - w**2 + 3) == "−2aw + 1/2a − w^2 + 3"
    different = [a * w, 2 * a * w, -a * w, a * w / 2, a * w**2, a**2 * w, a, w, a + w, a - w, 1, 0, 2, a * w + 1]
    assert len({symbolic.text(p) for p in different}) == len(different)


def test_coefficients_make_up_the_sum_and_one_that_is_off_does_not():
    exact = [
        1.0 if (letter, tap) in symbolic.factors(symbolic.convolution2d(X, W, 1, 1)) else 0.0
        for letter in "abcdefghijkl"
        for tap in "wxyz"
    ]
    written = symbolic.text(symbolic.products("abcdefghijkl", "wxyz", tuple(exact)))
    assert written == "az + by + ex + fw"
    for place in range(48):
        for other in (np.nextafter(exact[place], 2), exact[place] + 1, math.nan, math.inf, -math.inf):
            wrong = [*exact[:place], float(other), *exact[place + 1 :]]
            assert symbolic.text(symbolic.products("abcdefghijkl", "wxyz", tuple(wrong))) != written


def test_numbers_in_place_of_letters_are_computed_in_whole_numbers():
    value = symbolic.with_numbers([symbolic.cross_correlation2d(X, W, 0, 0), 0], "abcdefghijklwxyz")
    large = [10**20 + n for n in range(16)]
    a, b, e, f, w, x, y, z = (large["abcdefghijklwxyz".index(letter)] for letter in "abefwxyz")
    assert value(*large) == [a * w + b * x + e * y + f * z, 0]


def test_sympy_is_not_imported_before_a_letter_is_made():
    program = (
        "import sys\nfrom lectureclaims.reference.oracle import symbolic\nassert 'sympy' not in sys.modules\n"
        "symbolic.letters('a')\nassert 'sympy' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


# --- closed forms and derivatives --------------------------------------------------------------------------------------

a, h = sympy.symbols("a h", positive=True)


def rational(number):
    return sympy.Rational(Fraction(number))


@pytest.mark.parametrize("f", [*integral.PAIRS.values(), integral.Jump(3, 1).decays()])
@pytest.mark.parametrize("t", [0.25, 1.0, 1.5, 2.0])
def test_the_closed_form_is_the_integral(f, t):
    b = rational(min(t, f.width))
    g = sympy.exp(-rational(f.alpha) * a - rational(f.beta) * (rational(t) - a))
    exact = float(sympy.integrate(g, (a, 0, b)).evalf(30))
    assert (
        bounds.midpoint_sum([t], "float64", step=2.0**-30, **f._asdict()).ratio(f.integral(np.array([t])), [exact]) <= 1
    )


def test_the_gaussians_closed_form_is_the_integral():
    s = sympy.symbols("s", real=True)
    c, t = rational(integral.CENTRE), sympy.Rational(3, 4)
    g = sympy.exp(-(s**2) / 2 - (t - s - c) ** 2 / 2)
    exact = float(sympy.integrate(g, (s, -sympy.oo, sympy.oo)).evalf(30))
    bound = bounds.gaussian_sum([0.75], "float64", step=0.1, centre=integral.CENTRE, reach=20.0, aliases=0)
    assert bound.ratio(integral.gaussian_integral(np.array([0.75])), [exact]) <= 1


def exact_decays(f, t, step):
    """(S, the midpoint sum), both in 40 digits."""
    b, h = rational(min(t, f.width)), rational(step)
    g = lambda s: sympy.exp(-rational(f.alpha) * s - rational(f.beta) * (rational(t) - s))  # noqa: E731
    whole = (g(b) - g(0)) / (rational(f.beta) - rational(f.alpha))
    count = round(min(t, f.width) / step)
    return whole.evalf(40), (h * sum(g((m + sympy.Rational(1, 2)) * h) for m in range(count))).evalf(40)


@pytest.mark.parametrize("f", integral.PAIRS.values(), ids=integral.PAIRS)
@pytest.mark.parametrize("step", [0.5, 0.25, 0.125])
@pytest.mark.parametrize("t", [0.5, 1.0, 2.0])
def test_the_rule_errs_within_its_bound_and_not_much_less(f, step, t):
    """The exact sums: neither is the bound too small, nor is it ten times too large."""
    exact, summed = exact_decays(f, t, step)
    bound = bounds.midpoint_sum([t], "float64", step=step, **f._asdict())
    ratio = float(abs(exact - summed)) / float(bound.allowed[0])
    assert ratio <= 1
    assert 10 * ratio > 1


@pytest.mark.parametrize("f", integral.PAIRS.values(), ids=integral.PAIRS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("finer", [2, 4])
def test_the_exact_order_lies_within_its_bound_and_3_does_not(f, dtype, finer):
    for t in (0.5, 1.0, 2.0):
        errors = [abs(s - m) for s, m in (exact_decays(f, t, step) for step in (0.25, 0.25 / finer))]
        measured = float(sympy.log(errors[0] / errors[1]) / sympy.log(finer))
        bound = bounds.midpoint_order([t], dtype, step=0.25, finer=finer, **f._asdict())
        assert bound.ratio([measured], [2.0]) <= 1
        assert bound.ratio([3.0], [2.0]) > 1


@pytest.mark.parametrize("q, p", [(3, 1), (3, 2), (5, 2), (7, 6)])
def test_the_order_at_a_jump_lies_within_its_bound(q, p):
    f = integral.Jump(q, p).decays()
    steps = (0.25, 0.0625)
    errors = [abs(s - m) for s, m in (exact_decays(f, 1.0, step) for step in steps)]
    missing = [abs(p / q - h * round(p / q / h)) for h in steps]
    bound = bounds.jump_order([1.0], "float64", step=0.25, finer=4, **f._asdict())
    measured, wanted = float(sympy.log(errors[0] / errors[1]) / sympy.log(4)), math.log(missing[0] / missing[1], 4)
    assert bound.ratio([measured], [wanted]) <= 1
    assert bound.ratio([2.0], [wanted]) > 1


@pytest.mark.parametrize("step", [2.0, 1.0])
def test_the_first_alias_is_what_is_missing(step):
    count = round(2 * integral.REACH / step)
    places = [sympy.Rational(Fraction(-integral.REACH + (m + 0.5) * step)) for m in range(count)]
    p, c = count - 1, rational(integral.CENTRE)
    t = rational(-2 * integral.REACH + (p + 1) * step)
    summed = sum(sympy.exp(-(s**2) / 2 - (t - s - c) ** 2 / 2) for s in places) * rational(step)
    got, t = float(summed.evalf(40)), np.array([float(t)])
    exact, sign = integral.gaussian_integral(t), -1 if p % 2 else 1
    first = 1 + 2 * bounds.gaussian_alias(step) * sign * math.cos(math.pi * integral.CENTRE / step)
    seen = {"step": step, "centre": integral.CENTRE, "reach": integral.REACH}
    whole, rest = (bounds.gaussian_sum(t, "float64", aliases=n, **seen) for n in (0, 1))
    assert whole.ratio([got], exact) <= 1
    assert rest.ratio([got], exact * first) <= 1
    assert rest.ratio([got], exact) > 1


def test_equal_rates_and_an_error_as_large_as_the_leading_term_are_not_judged():
    with pytest.raises(Exception, match="beta=1"):
        bounds.midpoint_sum([1.0], "float64", step=0.25, alpha=1, beta=1, width=math.inf)
    flat = bounds.midpoint_order([1.0], "float32", step=2.0**-12, finer=2, alpha=0, beta=1e-3, width=math.inf)
    assert np.isinf(flat.allowed).all()
