"""Exact sums: the fast route gives the bits of the literal one, and both those of Fraction, at both ends of float64 too."""

import math
from fractions import Fraction

import numpy as np
import pytest
from lectureclaims.reference import exact, oracle
from lectureclaims.reference.oracle import linear
from lectureclaims.reference.validation import BadInput

KINDS = {
    "whole": lambda rng, shape: rng.integers(-9, 10, shape).astype(np.float64),
    "real": lambda rng, shape: rng.normal(size=shape),
    "float32": lambda rng, shape: rng.normal(size=shape).astype(np.float32).astype(np.float64),
    "cancelling": lambda rng, shape: rng.normal(size=shape) * np.exp(rng.uniform(-40, 40, shape)),
    "near overflow": lambda rng, shape: rng.normal(size=shape) * 2.0**511,
    "subnormal": lambda rng, shape: rng.normal(size=shape) * 2.0**-534,
    "everything": lambda rng, shape: rng.normal(size=shape) * 2.0 ** rng.integers(-1074, 1020, shape),
}
GEOMETRIES = [
    ((1, 1), ((1, 1), (1, 1)), (1, 1), 1),
    ((2, 1), ((0, 2), (1, 0)), (1, 2), 2),
    ((1, 3), ((2, 2), (0, 0)), (2, 1), 1),
    ((9, 1), ((0, 0), (0, 0)), (4, 1), 1),  # no window along one axis
]


def nearest(number: Fraction) -> float:
    try:
        return number.numerator / number.denominator
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def fractions(numbers):
    return np.array([Fraction(number) for number in np.ravel(numbers).tolist()], object).reshape(np.shape(numbers))


def both_routes(monkeypatch, operation, *arrays, **parameters):
    """The result of the fast route, which must be that of the literal one to the last bit."""
    found = []
    for few in (0, 10**9):
        monkeypatch.setattr(linear, "FEW", few)
        result = operation.__wrapped__(*arrays, **parameters)  # not the remembered one
        found.append(result if isinstance(result, tuple) else (result,))
    for fast, literal in zip(*found, strict=True):
        assert fast.shape == literal.shape
        np.testing.assert_array_equal(fast.view(np.int64), literal.view(np.int64))
    return found[0][0]


@pytest.mark.parametrize("kind", KINDS)
def test_both_routes_give_the_same_bits(monkeypatch, kind):
    rng, draw = np.random.default_rng(1), KINDS[kind]
    for stride, padding, dilation, groups in GEOMETRIES:
        geometry = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        x, w, b = draw(rng, (2, 2, 5, 6)), draw(rng, (4, 2 // groups, 2, 3)), draw(rng, 4)
        both_routes(monkeypatch, oracle.convolution2d, x, w, None, **geometry)
        y = both_routes(monkeypatch, oracle.cross_correlation2d, x, w, b, **geometry)
        both_routes(monkeypatch, oracle.cross_correlation2d_gradient, x, w, draw(rng, y.shape), **geometry)
    geometry = {"stride": 2, "padding": (1, 2), "dilation": 2, "groups": 2}
    x, w, b = draw(rng, (2, 4, 9)), draw(rng, (6, 2, 3)), draw(rng, 6)
    y = both_routes(monkeypatch, oracle.convolution1d, x, w, b, **geometry)
    both_routes(monkeypatch, oracle.cross_correlation1d_gradient, x, w, draw(rng, y.shape), **geometry)
    x, w, b = draw(rng, (3, 7)), draw(rng, (5, 7)), draw(rng, 5)
    both_routes(monkeypatch, oracle.fully_connected, x, w, b)
    both_routes(monkeypatch, oracle.fully_connected_gradient, x, w, draw(rng, (3, 5)))


def test_blocks_are_joined_without_a_seam(monkeypatch):
    monkeypatch.setattr(exact.matrices, "BLOCK", 64)
    monkeypatch.setattr(exact.integers, "CHUNK", 5)
    rng, geometry = (
        np.random.default_rng(2),
        {"stride": (1, 2), "padding": ((1, 0), (0, 1)), "dilation": (1, 1), "groups": 1},
    )
    x, w = rng.normal(size=(3, 2, 6, 5)), rng.normal(size=(2, 2, 3, 2))
    y = both_routes(monkeypatch, oracle.cross_correlation2d, x, w, np.ones(2), **geometry)
    both_routes(monkeypatch, oracle.cross_correlation2d_gradient, x, w, rng.normal(size=y.shape), **geometry)


def test_a_layer_of_150_million_products():
    """AlexNet's fourth: in about a second, and some of its outputs worked in Fraction."""
    rng = np.random.default_rng(3)
    x, w = (rng.normal(size=shape).astype(np.float32) for shape in ((1, 384, 13, 13), (256, 384, 3, 3)))
    geometry = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
    y = oracle.cross_correlation2d(x, w, None, **geometry)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))[0]
    for o, p, q in ((0, 0, 0), (255, 12, 12), (100, 6, 7)):
        assert y[0, o, p, q] == nearest((fractions(w[o]) * fractions(padded[:, p : p + 3, q : q + 3])).sum())


@pytest.mark.parametrize("kind", KINDS)
def test_slices_add_up_and_stay_short(kind):
    numbers = KINDS[kind](np.random.default_rng(4), 50)
    low, high = exact.extent(numbers)
    for bits in (1, 7, 30, 53):
        pieces = list(exact.slices(numbers, low, high, bits))
        assert all((np.abs(s) < 2.0**bits).all() and (s == np.rint(s)).all() for _, s in pieces)
        assert (sum(fractions(s) * Fraction(2) ** e for e, s in pieces) == fractions(numbers)).all()


@pytest.mark.parametrize("low", [-1140, -1074, -1000, -20, 0, 900, 970])
@pytest.mark.parametrize("denominator", [1, 2, 9, 10**9, 3**40])
def test_sums_and_quotients_round_once(low, denominator):
    rng = np.random.default_rng(5)
    big = 2**53 + 1  # halfway between two numbers: a part far below decides
    parts = {
        low: np.array([1, -1, 0, 1, *rng.integers(-(2**62), 2**62, 40)]),
        low + 20: np.array([0, 0, 0, 0, *rng.integers(-(2**53), 2**53, 40)]),
        low + 60: np.array([big, big, big, 0, *rng.integers(-(2**53), 2**53, 40)]),
    }
    wanted = [nearest(sum(int(p[i]) * Fraction(2) ** e for e, p in parts.items()) / denominator) for i in range(44)]
    assert exact.rounded(parts, denominator).tolist() == wanted


def test_totals_and_dots_against_fractions():
    rng = np.random.default_rng(6)
    for draw in KINDS.values():
        a, b = draw(rng, (3, 40)), draw(rng, (3, 40))
        assert exact.totals(a).tolist() == [nearest(row.sum()) for row in fractions(a)]
        assert exact.totals(a, 40).tolist() == [nearest(row.sum() / 40) for row in fractions(a)]
        assert exact.dots(a, b).tolist() == [nearest(row.sum()) for row in fractions(a) * fractions(b)]


def test_infinity_has_no_extent():
    with pytest.raises(BadInput, match="finite"):
        exact.extent(np.array([1.0, np.inf]))


# ------------------------------------------------------------------------------ sums with weights that the operation brings


def average_weights(size, window, stride, padding, count_padding):
    """[output][element] → Fraction, along one axis."""
    (before, after), starts = padding, []
    while len(starts) * stride + window <= before + size + after:
        starts.append(len(starts) * stride - before)
    inside = [[j for j in range(start, start + window) if 0 <= j < size] for start in starts]
    return [{j: Fraction(1, window if count_padding else len(seen)) for j in seen} for seen in inside]


def bilinear_weights(size, out, grid):
    weights = []
    for i in range(out):
        if grid == "half_pixel":
            c = (i + Fraction(1, 2)) * size / out - Fraction(1, 2)
        elif grid == "align_corners":
            c = Fraction(i * (size - 1), out - 1) if out > 1 else Fraction(0)
        else:
            c = Fraction(i * size, out)
        c = min(max(c, Fraction(0)), Fraction(size - 1))
        weights.append({j: 1 - abs(c - j) for j in range(size) if abs(c - j) < 1})
    return weights


def nearest_weights(size, out, grid):
    shift = Fraction(1, 2) if grid == "half_pixel" else Fraction(0)
    return [{math.floor((i + shift) * size / out): Fraction(1)} for i in range(out)]


def area_weights(size, out):
    step = Fraction(size, out)
    overlaps = [
        {j: min((i + 1) * step, Fraction(j + 1)) - max(i * step, Fraction(j)) for j in range(size)} for i in range(out)
    ]
    return [{j: overlap / step for j, overlap in seen.items() if overlap > 0} for seen in overlaps]


def pooling(window, stride, padding, count_padding):
    settings = {"window": window, "stride": stride, "padding": padding, "count_padding": count_padding}
    return (
        "average_pooling2d",
        settings,
        [lambda size, a=a: average_weights(size, window[a], stride[a], padding[a], count_padding) for a in (0, 1)],
    )


def resampling(name, weights, size, *grid):
    settings = {"size": size} | ({"grid": grid[0]} if grid else {})
    return name, settings, [lambda n, out=out: weights(n, out, *grid) for out in size]


WEIGHTED = [
    *(pooling((3, 2), (2, 1), ((1, 1), (0, 1)), each) for each in (True, False)),
    pooling((5, 7), (1, 1), ((4, 4), (6, 6)), False),  # one divisor for windows of 1 to 5 rows
    *(
        resampling("nearest_resampling2d", nearest_weights, size, grid)
        for size in ((3, 14), (10, 2))
        for grid in ("half_pixel", "asymmetric")
    ),
    *(
        resampling("bilinear_resampling2d", bilinear_weights, size, grid)
        for size in ((3, 14), (1, 7))
        for grid in ("half_pixel", "align_corners", "asymmetric")
    ),
    *(resampling("area_resampling2d", area_weights, size) for size in ((3, 4), (7, 2), (5, 7))),
]


def weighted_terms(rows, columns):
    """{(p, q): {(y, x): weight}}"""
    return {
        (p, q): {(y, x): a * b for y, a in row.items() for x, b in column.items()}
        for p, row in enumerate(rows)
        for q, column in enumerate(columns)
    }


@pytest.mark.parametrize("kind", ["whole", "real", "cancelling", "everything"])
@pytest.mark.parametrize("name, settings, axes", WEIGHTED, ids=lambda each: each if isinstance(each, str) else "")
def test_weighted_sums_against_fractions(kind, name, settings, axes):
    rng, shape = np.random.default_rng(7), (1, 2, 5, 7)
    x = KINDS[kind](rng, shape)
    terms = weighted_terms(*(axis(size) for axis, size in zip(axes, shape[2:], strict=True)))
    operation, gradient = getattr(oracle, name), getattr(oracle, f"{name}_gradient")
    y, (S, n), lost = (
        operation(x, **settings),
        oracle.sizes(operation, x, **settings),
        oracle.flush_sizes(operation, x, **settings),
    )
    upstream = KINDS[kind](rng, y.shape)
    back = {at: {to: weights[at] for to, weights in terms.items() if at in weights} for at in np.ndindex(*shape[2:])}
    dx, (dS, dn) = gradient(x, upstream, **settings), oracle.sizes(gradient, x, upstream, **settings)
    dlost = oracle.flush_sizes(gradient, x, upstream, **settings)
    assert y.shape[2:] == tuple(max(place[axis] for place in terms) + 1 for axis in (0, 1))
    for found, sizes, counts, losses, data, sums in ((y, S, n, lost, x, terms), (dx, dS, dn, dlost, upstream, back)):
        numbers = fractions(data)
        for c, (at, weights) in ((c, each) for c in (0, 1) for each in sums.items()):
            place = (0, c, *at)
            products = [weight * numbers[0, c, y, x] for (y, x), weight in weights.items()]
            assert found[place] == nearest(sum(products, Fraction(0)))
            assert sizes[place] == nearest(sum(map(abs, products), Fraction(0)))
            assert counts[place] == len(products)
            summed = nearest(sum((abs(numbers[0, c, y, x]) for y, x in weights), Fraction(0)))
            assert losses[place] == summed + nearest(sum(weights.values(), Fraction(0)))


def test_averages_of_windows_with_no_common_divisor_of_53_bits():
    """Windows of 30 to 59 rows, counted inside: the least common multiple of their sizes is beyond float64."""
    x, settings = np.random.default_rng(8).normal(size=(1, 1, 60, 1)), {"window": (59, 1), "stride": (1, 1)}
    y = oracle.average_pooling2d(x, **settings, padding=((29, 29), (0, 0)), count_padding=False)
    assert y[0, 0, 0, 0] == nearest(fractions(x[0, 0, :30, 0]).sum() / 30)
    assert y[0, 0, 29, 0] == nearest(fractions(x[0, 0, :59, 0]).sum() / 59)


def test_a_window_in_the_padding_alone_has_no_average():
    settings = {"window": (2, 2), "stride": (1, 1), "padding": ((2, 0), (0, 0))}
    with pytest.raises(BadInput, match="padding"):
        oracle.average_pooling2d(np.ones((1, 1, 3, 3)), **settings, count_padding=True)
    with pytest.raises(BadInput, match="padding"):
        oracle.max_pooling2d(np.ones((1, 1, 3, 3)), **settings)


def test_the_slopes_gradient_by_alpha_is_an_exact_sum():
    rng = np.random.default_rng(9)
    x, upstream = (KINDS["cancelling"](rng, (3, 2, 4)) for _ in range(2))
    alpha = np.array([0.25, -3.0])
    dx, dalpha = oracle.prelu_gradient(x, alpha, upstream)
    for c in (0, 1):
        products = fractions(upstream[:, c]) * fractions(np.minimum(x[:, c], 0))
        assert dalpha[c] == nearest(products.sum())
        np.testing.assert_array_equal(dx[:, c], np.where(x[:, c] > 0, upstream[:, c], alpha[c] * upstream[:, c]))
