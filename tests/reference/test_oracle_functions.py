"""The oracle's functions are right to the last bit of float64, against textbook formulas in hundreds of digits.

A value whose exact one lies within 2**-94 of halfway between two numbers could be rounded to the wrong one of them; none of
those here does, nor one in a thousand million.
"""

import decimal
import itertools
import math
from decimal import Decimal

import mpmath
import numpy as np
import pytest
from lectureclaims.reference import oracle
from lectureclaims.reference.exact import normal
from lectureclaims.reference.oracle import functions
from mpmath import libmp

DIGITS = decimal.Context(prec=400, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)


FUNCTIONS = {
    "exp": lambda z: z.exp(),
    "logistic": lambda z: 1 / (1 + (-z).exp()),
    "tanh": lambda z: (z.exp() - (-z).exp()) / (z.exp() + (-z).exp()),
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions_to_the_last_bit(function):
    """Against the textbook formula in 400 digits, where no cancellation matters."""
    rng = np.random.default_rng(4)
    x = np.concatenate(
        [rng.normal(size=40), rng.uniform(-700, 700, 40), rng.normal(size=20) * 1e-5, [0, 1e-300, -1e-8]]
    )
    got = getattr(oracle, function)(x)
    with decimal.localcontext(decimal.Context(prec=400, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)):
        wanted = [
            float(FUNCTIONS[function](decimal.Decimal(z))) if z else FUNCTIONS[function](decimal.Decimal(0))
            for z in x.tolist()
        ]
    np.testing.assert_array_equal(got, np.array(wanted, np.float64))


@pytest.mark.parametrize("function", ["logistic", "tanh"])
def test_derivatives_to_the_last_bit(function):
    x, up = np.array([0.0, 1.0, -3.5, 30.0, -300.0]), np.array([1.0, -2.0, 1e-3, 7.0, 5.0])
    got = getattr(oracle, f"{function}_gradient")(x, up)
    with decimal.localcontext(decimal.Context(prec=400)):
        for z, u, value in zip(x.tolist(), up.tolist(), got, strict=True):
            y = FUNCTIONS[function](decimal.Decimal(z))
            slope = y * (1 - y) if function == "logistic" else 1 - y * y
            assert value == float(decimal.Decimal(u) * slope)


def test_functions_at_the_ends():
    ends = np.array([np.inf, -np.inf, np.nan, 1e300, -1e300])
    np.testing.assert_array_equal(oracle.exp(ends), [np.inf, 0, np.nan, np.inf, 0])
    np.testing.assert_array_equal(oracle.logistic(ends), [1, 0, np.nan, 1, 0])
    np.testing.assert_array_equal(oracle.tanh(ends), [1, -1, np.nan, 1, -1])
    np.testing.assert_array_equal(oracle.relu(ends), [np.inf, 0, np.nan, 1e300, 0])
    np.testing.assert_array_equal(oracle.gelu(ends, approximate="none"), [np.inf, 0, np.nan, 1e300, 0])
    assert oracle.exp(np.array([-745.0]))[0] == math.exp(-745.0) == 2.0**-1074


def textbook_softmax(row):
    grown = [decimal.Decimal(z).exp() for z in row]
    return [one / sum(grown) for one in grown]


def test_softmax_and_its_gradient_to_the_last_bit():
    """Against the formula without the maximum subtracted, in 400 digits, and the Jacobian written out."""
    z = np.array([[0.0, math.log(3.0), -1000.0], [800.0, 800.0, 800.0], [1.5, -2.25, 30.0]])
    up = np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [-3.0, 2.0, 0.5]])
    y, dz = oracle.softmax(z, axis=1), oracle.softmax_gradient(z, up, axis=1)
    with decimal.localcontext(decimal.Context(prec=400)):
        for row, above, got, slope in zip(z.tolist(), up.tolist(), y, dz, strict=True):
            p = textbook_softmax(row)
            assert got.tolist() == [float(one) for one in p]
            jacobian = [[p[j] * ((i == j) - p[i]) for j in range(3)] for i in range(3)]
            wanted = [sum(decimal.Decimal(above[j]) * jacobian[i][j] for j in range(3)) for i in range(3)]
            assert slope.tolist() == [float(one) for one in wanted]
    np.testing.assert_array_equal(oracle.softmax(z.T, axis=0).T, y)


def test_batch_norm_worked_by_hand():
    x = np.array([[1.0], [3.0]])
    y, mean, variance = oracle.batch_norm_training(x, np.array([6.0]), np.array([1.0]), epsilon=3.0)
    assert mean[0] == 2.0 and variance[0] == 1.0
    np.testing.assert_array_equal(y, [[-2.0], [4.0]])
    m, v = oracle.batch_norm_running(x, np.array([10.0]), np.array([8.0]), momentum=0.25, correction=1)
    assert m[0] == 8.0 and v[0] == 6.5
    m, v = oracle.batch_norm_running(x, np.array([10.0]), np.array([8.0]), momentum=0.25, correction=0)
    assert v[0] == 6.25
    for scale in (1.0, 2.0**1000):  # in double-double, and in fractions
        given = x, np.array([6.0]), np.array([2.0]), np.array([1.0]), np.array([[4.0], [8.0]]) * scale
        dx, dgamma, dbeta = oracle.batch_norm_inference_gradient(*given, epsilon=3.0)
        assert dx.ravel().tolist() == [12.0 * scale, 24.0 * scale]
        assert (dgamma[0], dbeta[0]) == (2.0 * scale, 12.0 * scale)


def test_batch_norm_gradient_is_the_derivative():
    """Central differences of the oracle's own forward pass: 1e-4 wide, so that they err by about 1e-8."""
    rng = np.random.default_rng(5)
    x, g, up = rng.normal(size=(4, 2, 3)), rng.normal(size=2), rng.normal(size=(4, 2, 3))
    dx, dgamma, dbeta = oracle.batch_norm_gradient(x, g, up, epsilon=0.1)
    h, zero = 2.0**-13, np.zeros(2)

    def loss(x, g, b):
        return (oracle.batch_norm_training(x, g, b, epsilon=0.1)[0] * up).sum()

    for index in itertools.islice(np.ndindex(*x.shape), 6):
        step = np.zeros_like(x)
        step[index] = h
        slope = (loss(x + step, g, zero) - loss(x - step, g, zero)) / (2 * h)
        assert abs(slope - dx[index]) < 16 * h * h
    step = np.array([h, 0.0])
    assert abs((loss(x, g + step, zero) - loss(x, g - step, zero)) / (2 * h) - dgamma[0]) < h * h
    assert abs((loss(x, g, step) - loss(x, g, -step)) / (2 * h) - dbeta[0]) < h * h


def hard_numbers(rng):
    """Ordinary ones, tiny ones, and those whose exponentials are subnormal or leave the range."""
    return np.concatenate(
        [rng.normal(size=60), rng.uniform(-760, 760, 60), 2.0 ** rng.uniform(-1000, -5, 40), [-745.13, -708.5]]
    )


def test_functions_to_the_last_bit_among_subnormal_numbers():
    x = np.linspace(-746, -700, 301)
    with decimal.localcontext(DIGITS):
        wanted = [float(Decimal(z).exp()) for z in x.tolist()]
        slopes = [
            float(Decimal(-3) * FUNCTIONS["logistic"](Decimal(z)) * FUNCTIONS["logistic"](-Decimal(z)))
            for z in x.tolist()
        ]
    np.testing.assert_array_equal(oracle.exp(x), wanted)
    np.testing.assert_array_equal(oracle.logistic(x), wanted)
    np.testing.assert_array_equal(oracle.logistic_gradient(x, np.full(x.shape, -3.0)), slopes)


def test_a_huge_upstream_gradient_meets_a_tiny_slope():
    upstream = 1e300
    got = oracle.logistic_gradient(np.array([-800.0]), np.array([upstream]))
    with decimal.localcontext(DIGITS):
        small = Decimal(-800).exp()
        assert got[0] == float(Decimal(upstream) * small / (1 + small) ** 2)


def test_gelu_to_the_last_bit():
    x = np.concatenate(
        [
            hard_numbers(np.random.default_rng(6)) / 20,
            -(2.0 ** np.linspace(-300, 3, 40)),
            [8.0, 8.1, 8.2, 9.0, -38.4, -38.6],
        ]
    )
    exact, tanh = oracle.gelu(x, approximate="none"), oracle.gelu(x, approximate="tanh")
    with mpmath.workdps(100):
        for z, one, other in zip(map(mpmath.mpf, x.tolist()), exact.tolist(), tanh.tolist(), strict=True):
            a = mpmath.sqrt(2 / mpmath.pi) * (z + mpmath.mpf(44715) / 10**6 * z**3)
            for got, right in ((one, z / 2 * mpmath.erfc(-z / mpmath.sqrt(2))), (other, z / (1 + mpmath.exp(-2 * a)))):
                numerator, denominator = libmp.to_rational(right._mpf_)
                assert got == numerator / denominator, z


LOGITS = np.array(
    [
        [0.0, 1.0, -2.5, 0.5],
        [3.0, 3.0, 3.0, 3.0],
        [50.0, 0.0, -700.0, 1.0],  # a small loss at the first label
        [0.0, -720.0, -730.0, -740.0],  # a loss that is a subnormal number
        [0.0, -400.0, -1e5, -1e5],
        [1e308, -1e308, 0.0, 1e308],  # differences beyond the largest number
        [1.0, 1.0 + 2.0**-52, 0.0, 1.0 - 2.0**-53],
    ]
)


@pytest.mark.parametrize("label", range(4))
def test_cross_entropy_and_its_gradient_to_the_last_bit(label):
    labels, upstream = np.full(len(LOGITS), label), np.linspace(-2, 3, len(LOGITS))
    got, slopes = oracle.cross_entropy(LOGITS, labels), oracle.cross_entropy_gradient(LOGITS, labels, upstream)
    with decimal.localcontext(decimal.Context(prec=800, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)):
        for row, loss, slope, u in zip(LOGITS.tolist(), got.tolist(), slopes.tolist(), upstream.tolist(), strict=True):
            z = [Decimal(number) - Decimal(max(row)) for number in row]
            grown = [one.exp() if one > -(10**6) else Decimal(0) for one in z]
            exact = sum(grown).ln() - z[label]
            assert loss == float(exact)
            onehot = [Decimal(k == label) for k in range(4)]
            assert slope == [
                float(Decimal(u) * (one / sum(grown) - own)) for one, own in zip(grown, onehot, strict=True)
            ]


def shares(labels, weights, *, label_smoothing, weighting, ignore_index, reduction):
    """(c, divisor) in decimals, from the definition."""
    smooth, w, c, own = Decimal(label_smoothing), [Decimal(one) for one in weights.tolist()], [], []
    for label in labels.tolist():
        q = [(1 - smooth) * (k == label) + smooth / len(w) for k in range(len(w))]
        counts = label != ignore_index
        c.append([counts * part * (w[k] if weighting == "class" else w[label]) for k, part in enumerate(q)])
        own += [w[label]] * counts
    return c, {"sum": Decimal(1), "row_mean": Decimal(len(own)), "weighted_mean": sum(own)}.get(reduction)


@pytest.mark.parametrize("reduction", ["none", "sum", "row_mean", "weighted_mean"])
@pytest.mark.parametrize("label_smoothing, weighting", [(0.0, "class"), (0.1, "class"), (0.1, "row")])
def test_weighed_cross_entropy_and_its_gradient(label_smoothing, weighting, reduction):
    labels, weights = np.array([0, 1, 3, 0, 2, 1, 3])[: len(LOGITS)], np.array([0.3, 1e-200, 7.0, 2.5])
    LARGE = LOGITS[:-2]  # of the others a loss beyond the largest number counts
    z, labels = np.concatenate([LARGE, LOGITS[-1:]]), np.append(labels[: len(LARGE)], 3)
    made = {"label_smoothing": label_smoothing, "weighting": weighting, "ignore_index": 2, "reduction": reduction}
    upstream = np.linspace(-2, 3, len(z) if reduction == "none" else 1)
    got = oracle.cross_entropy(z, labels, weights, **made)
    slopes = oracle.cross_entropy_gradient(z, labels, upstream, weights, **made)
    with decimal.localcontext(decimal.Context(prec=800, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)):
        c, divisor = shares(labels, weights, **made)
        rows, wanted, size = [], [], []
        for n, row in enumerate(z.tolist()):
            grown = [(Decimal(one) - Decimal(max(row))).exp() for one in row]
            p = [one / sum(grown) for one in grown]
            rows.append(sum(share * -one.ln() for share, one in zip(c[n], p, strict=True)))
            g = Decimal(float(upstream[n] if reduction == "none" else upstream[0])) / (divisor or 1)
            wanted.append([float(g * (sum(c[n]) * one - share)) for share, one in zip(c[n], p, strict=True)])
            size.append([float(abs(g) * (sum(c[n]) * one + share)) for share, one in zip(c[n], p, strict=True)])
        losses = rows if divisor is None else [sum(rows) / divisor]
    np.testing.assert_array_equal(got, [float(loss) for loss in losses])
    # Once rounded, and what is kept of differences.
    assert (np.abs(slopes - wanted) <= np.spacing(np.abs(wanted)) / 2 + 2.0**-90 * np.array(size)).all()


LIMIT = 1e-12
"""The least divisor of PyTorch's derivative."""


@pytest.mark.parametrize("floor, clip", [(None, None), (-100.0, None), (None, (0.01, 0.99))])
@pytest.mark.parametrize("reduction", ["none", "mean"])
def test_binary_cross_entropies(reduction, floor, clip):
    p, t = np.array([0.5, 1e-3, 0.999, 1e-60, 1 - 2.0**-53, 0.25]), np.array([1, 0.25, 1, 1, 0.5, 0])
    z, w = np.array([0.0, -3.5, 700, -700, 40, 1e-3]), np.array([1, 2.5, 0.1, 3, 1, 1e-9])
    q, g = np.array([2.0, 0.3, 1, 1, 7, 5]), np.array([1, -2, 0.5, 3, 1, 1]) if reduction == "none" else np.array([1.5])
    made = {"reduction": reduction}
    held = made | {"floor": floor, "clip": clip}
    got = [
        oracle.binary_cross_entropy(p, t, w, **held),
        oracle.binary_cross_entropy_gradient(p, t, g, w, **held),
        oracle.binary_cross_entropy_with_logits(z, t, w, q, **made),
        oracle.binary_cross_entropy_with_logits_gradient(z, t, g, w, q, **made),
    ]
    many, rows = len(p) if reduction == "mean" else 1, []
    with decimal.localcontext(decimal.Context(prec=800, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)):
        for n in range(len(p)):
            P, T, Z, W, Q, G = (Decimal(float(np.broadcast_to(a, len(p))[n])) for a in (p, t, z, w, q, g))
            C = P if clip is None else min(max(P, Decimal(clip[0])), Decimal(clip[1]))
            logs = [one.ln() if floor is None else max(one.ln(), Decimal(floor)) for one in (C, 1 - C)]
            divisor = C * (1 - C) if floor is None else max(C * (1 - C), Decimal(LIMIT))
            sigma = 1 / (1 + (-Z).exp())
            rows.append(
                (
                    -W * (T * logs[0] + (1 - T) * logs[1]),
                    G * W / many * (C - T) / divisor if C == P else Decimal(0),
                    -W * (Q * T * sigma.ln() + (1 - T) * (1 - sigma).ln()),
                    G * W / many * ((Q * T + 1 - T) * sigma - Q * T),
                )
            )
        wanted = [*zip(*rows, strict=True)]
        for number in (0, 2):
            wanted[number] = wanted[number] if reduction == "none" else [sum(wanted[number]) / many]
        wanted = [[float(one) for one in column] for column in wanted]
    for mine, column in zip(got, wanted, strict=True):
        np.testing.assert_array_equal(mine, column)


def test_cross_entropy_of_probabilities_to_the_last_bit():
    p = np.array([1.0, 1 - 2.0**-53, 1 + 2.0**-52, 0.5, 0.9, 1 / 3, 2.0**-1074, 1e-300, 1.7e308, 0.7071067811865476])
    table = np.stack([np.full_like(p, 0.25), p], axis=1)
    labels, upstream = np.ones(len(p), np.int64), np.linspace(1, 2, len(p))
    with decimal.localcontext(DIGITS):
        np.testing.assert_array_equal(
            oracle.cross_entropy_of_probabilities(table, labels), [float(-Decimal(one).ln()) for one in p.tolist()]
        )
        slope = oracle.cross_entropy_of_probabilities_gradient(table[:6], labels[:6], upstream[:6])
        wanted = [float(-Decimal(u) / Decimal(one)) for u, one in zip(upstream.tolist(), p.tolist(), strict=True)]
    np.testing.assert_array_equal(slope, np.stack([np.zeros(6), wanted[:6]], axis=1))
    ends = oracle.cross_entropy_of_probabilities(np.array([[0.0], [-1.0]]), np.zeros(2, np.int64))
    np.testing.assert_array_equal(ends, [np.inf, np.nan])


def textbook_batch_norm(row, gamma, beta, epsilon, upstream):
    """(y, mean, variance, dx, dgamma, dbeta, size of dx's terms) of one channel, in decimals."""
    row, up, n = [Decimal(z) for z in row], [Decimal(u) for u in upstream], len(row)
    gamma, beta, mean = Decimal(gamma), Decimal(beta), sum(row) / n
    variance = sum((z - mean) ** 2 for z in row) / n
    scale = (variance + Decimal(epsilon)).sqrt()
    z = [(one - mean) / scale for one in row]
    along, total = sum(a * b for a, b in zip(up, z, strict=True)), sum(up)
    dx = [gamma / scale * (u - total / n - one * along / n) for u, one in zip(up, z, strict=True)]
    sizes = sum(map(abs, up)) / n, sum(abs(a * b) for a, b in zip(up, z, strict=True)) / n
    terms = [abs(gamma) / scale * (abs(u) + sizes[0] + abs(one) * sizes[1]) for u, one in zip(up, z, strict=True)]
    return [gamma * one + beta for one in z], mean, variance, dx, along, total, terms


SPREADS = {
    "ordinary": (0.0, 1.0),
    "a spread of a few ulps": (2.0**40, 2.0**-11),
    "no room for double-double": (0.0, 2.0**-530),
}


@pytest.mark.parametrize("spread", SPREADS)
def test_batch_norm_to_the_last_bit(spread):
    rng, (offset, width) = np.random.default_rng(7), SPREADS[spread]
    epsilon, momentum = width**2 / 1024, 0.1
    x = offset + width * rng.normal(size=(4, 2, 40))
    gamma, beta, up = rng.normal(size=2), rng.normal(size=2), rng.normal(size=x.shape)
    y, mean, variance = oracle.batch_norm_training(x, gamma, beta, epsilon=epsilon)
    dx, dgamma, dbeta = oracle.batch_norm_gradient(x, gamma, up, epsilon=epsilon)
    given = oracle.batch_norm_inference(x, gamma, beta, mean, variance, epsilon=epsilon)
    fixed = oracle.batch_norm_inference_gradient(x, gamma, mean, variance, up, epsilon=epsilon)
    old = rng.normal(size=2), rng.uniform(1, 2, 2)
    running = oracle.batch_norm_running(x, *old, momentum=momentum, correction=1)
    with decimal.localcontext(DIGITS):
        for c in (0, 1):
            channel = x[:, c].ravel().tolist()
            wanted = textbook_batch_norm(channel, gamma[c], beta[c], epsilon, up[:, c].ravel().tolist())
            assert y[:, c].ravel().tolist() == list(map(float, wanted[0]))
            assert (mean[c], variance[c]) == (float(wanted[1]), float(wanted[2]))
            assert dx[:, c].ravel().tolist() == list(map(float, wanted[3]))
            assert (dgamma[c], dbeta[c]) == (float(wanted[4]), float(wanted[5]))
            g, b, m, v = (Decimal(float(numbers[c])) for numbers in (gamma, beta, mean, variance))
            steep = g / (v + Decimal(epsilon)).sqrt()
            assert given[:, c].ravel().tolist() == [float(steep * (Decimal(z) - m) + b) for z in channel]
            above = [Decimal(one) for one in up[:, c].ravel().tolist()]
            assert fixed[0][:, c].ravel().tolist() == [float(steep * one) for one in above]
            along = sum(one * (Decimal(z) - m) for one, z in zip(above, channel, strict=True))
            assert (fixed[1][c], fixed[2][c]) == (float(along * steep / g), float(sum(above)))
            new, kept = Decimal(momentum), 1 - Decimal(momentum)
            assert running[0][c] == float(kept * Decimal(old[0][c]) + new * wanted[1])
            assert running[1][c] == float(kept * Decimal(old[1][c]) + new * wanted[2] * 160 / 159)


def test_gradients_that_cancel_keep_the_size_of_their_terms():
    """A constant upstream gradient has no effect through batch norm or softmax: what is left is 2**-94 of the terms."""
    x = np.random.default_rng(8).normal(size=(6, 2))
    dx, _, _ = oracle.batch_norm_gradient(x, np.ones(2), np.full(x.shape, 0.1), epsilon=0.0)
    dz = oracle.softmax_gradient(x, np.full(x.shape, 0.1), axis=1)
    with decimal.localcontext(DIGITS):
        for c in (0, 1):
            terms = textbook_batch_norm(x[:, c].tolist(), 1.0, 0.0, 0.0, [0.1] * 6)[-1]
            assert all(abs(Decimal(got)) * 2**94 <= size for got, size in zip(dx[:, c].tolist(), terms, strict=True))
    assert (np.abs(dz) <= oracle.softmax(x, axis=1) * 0.2 * 2.0**-94).all()


def test_softmax_far_apart_to_the_last_bit():
    upstream = np.random.default_rng(9).normal(size=LOGITS.shape)
    y = oracle.softmax(LOGITS, axis=1)
    oracle.softmax_gradient(LOGITS, upstream, axis=1)
    with decimal.localcontext(DIGITS):
        for row, got in zip(LOGITS.tolist(), y.tolist(), strict=True):
            grown = [(d.exp() if d > -(10**6) else Decimal(0)) for d in (Decimal(z) - Decimal(max(row)) for z in row)]
            assert got == [float(one / sum(grown)) for one in grown]


@pytest.mark.parametrize("value, epsilon", [(0.1, 1e-5), (0.1, 1e-100), (1e100, 1e-5), (3e-200, 1e-5), (1e300, 1e-300)])
def test_equal_numbers_have_no_variance_whatever_their_size(value, epsilon):
    x = np.full((3, 1, 7), value)
    y, mean, variance = oracle.batch_norm_training(x, np.array([2.0]), np.array([0.5]), epsilon=epsilon)
    assert (y == 0.5).all() and mean.tolist() == [value] and variance.tolist() == [0.0]
    dx, dgamma, _ = oracle.batch_norm_gradient(x, np.ones(1), np.arange(21.0).reshape(x.shape), epsilon=1e-5)
    assert dgamma.tolist() == [0.0] and np.isfinite(dx).all()


def test_the_normal_distribution_keeps_what_is_said_of_it():
    """At the points of expansion, half way between them, where an expansion is worst, and next to 0."""
    rng = np.random.default_rng(12)
    x = np.concatenate(
        [
            np.arange(0, 39, 1 / 16),
            np.arange(1 / 32, 39, 1 / 16),
            10.0 ** rng.uniform(-300, 0, 40),
            rng.uniform(0, 39, 200),
        ]
    )
    (high, low), power = normal.below(x)
    with mpmath.workdps(60):
        for z, m, rest, k in zip(x.tolist(), high.tolist(), low.tolist(), power.tolist(), strict=True):
            got = (mpmath.mpf(m) + mpmath.mpf(rest)) * mpmath.mpf(2) ** int(k)
            assert abs(got / mpmath.ncdf(-mpmath.mpf(z)) - 1) <= normal.ERROR, z


def test_what_double_double_cannot_decide_is_decided_in_digits(monkeypatch):
    x = np.random.default_rng(13).uniform(-39, 9, 200)
    right, asked = oracle.gelu(x, approximate="none"), []
    digits = functions._gelu_in_digits
    monkeypatch.setattr(functions, "_gelu_in_digits", lambda z: asked.append(z) or digits(z))
    monkeypatch.setattr(normal, "ERROR", 2.0**-55)
    np.testing.assert_array_equal(functions._finite(functions._gelu, x), right)
    assert len(asked) > 20
