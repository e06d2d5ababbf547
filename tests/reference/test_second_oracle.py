"""The oracle against one that shares no code with it: FLINT's balls of real numbers (arb) and fractions (fmpq).

A ball holds the exact number for certain, so that "at most half a unit in the last place off" is proved or not, never estimated.
"""

import itertools
import math

import flint
import numpy as np
import pytest
from lectureclaims.reference import oracle

BITS = 500
RNG_SEEDS = (1, 2)


@pytest.fixture(autouse=True)
def precision():
    with flint.ctx.workprec(BITS):
        yield


def exactly(numbers):
    """The same numbers as balls without a radius."""
    return np.array([flint.arb(number) for number in np.ravel(numbers).tolist()], object).reshape(np.shape(numbers))


def rational(numbers):
    found = [flint.fmpq(*number.as_integer_ratio()) for number in np.ravel(numbers).tolist()]
    return np.array(found, object).reshape(np.shape(numbers))


each = np.frompyfunc


def proved(got, wanted, terms=0.0):
    """Whether each number is certainly within half a unit in its last place of the exact one, the oracle's 2**-40 of that, and 2**-90
    of what was subtracted on the way."""
    found = []
    for one, exact, size in np.broadcast(got, wanted, terms):
        half = (
            flint.arb(max(math.ulp(one), 5e-324)) / 2 * (1 + flint.arb(2) ** -40)
            + flint.arb(size) * flint.arb(2) ** -90
        )
        found.append(bool(abs(flint.arb(one) - flint.arb(exact)) <= half))
    return np.array(found)


def agrees(got, wanted, terms=0.0):
    assert got.shape == np.shape(wanted) and proved(got, wanted, terms).all()
    for toward in (-np.inf, np.inf):  # two units off must be noticed, in every single number that is not selected
        wrong = np.nextafter(np.nextafter(got, toward), toward)
        assert not proved(wrong, wanted, terms).any()


def phi(z):
    return (-z / flint.arb(2).sqrt()).erfc() / 2


def density(z):
    return (-z * z / 2).exp() / (2 * flint.arb.pi()).sqrt()


def bent(z):
    return 1 / (1 + (-2 * (2 / flint.arb.pi()).sqrt() * (z + flint.arb("0.044715") * z**3)).exp())


def steep(z):
    """How fast the argument of bent grows."""
    return 2 * (2 / flint.arb.pi()).sqrt() * (1 + flint.arb("0.134145") * z**2)


SCALE, ALPHA = "1.0507009873554804934193349852946", "1.6732632423543772848170429916717"


def scaled(*factors):
    """Their product, in the precision of the moment."""
    return math.prod(map(flint.arb, factors), start=flint.arb(1))


SLOPES = {
    "softsign": (oracle.softsign_gradient, lambda z: 1 / (1 + abs(z)) ** 2),
    "silu": (oracle.silu_gradient, lambda z: (1 + z / (1 + z.exp())) / (1 + (-z).exp())),
    "gelu": (lambda z, g: oracle.gelu_gradient(z, g, approximate="none"), lambda z: phi(z) + z * density(z)),
    "gelu by tanh": (
        lambda z, g: oracle.gelu_gradient(z, g, approximate="tanh"),
        lambda z: bent(z) * (1 + z * bent(-z) * steep(z)),
    ),
    "softplus": (
        lambda z, g: oracle.softplus_gradient(z, g, beta=1.5, threshold=math.inf),
        lambda z: 1 / (1 + (-1.5 * z).exp()),
    ),
    "elu": (
        lambda z, g: oracle.elu_gradient(z, g, alpha=0.7),
        lambda z: flint.arb(1) if z > 0 else flint.arb(0.7) * z.exp(),
    ),
    "celu": (
        lambda z, g: oracle.celu_gradient(z, g, alpha=0.7),
        lambda z: flint.arb(1) if z > 0 else (z / flint.arb(0.7)).exp(),
    ),
    "selu": (oracle.selu_gradient, lambda z: scaled(SCALE) if z > 0 else scaled(SCALE, ALPHA) * z.exp()),
    "hard swish": (
        oracle.hard_swish_gradient,
        lambda z: flint.arb(0 if z < -3 else 1) if abs(z) > 3 else (2 * z + 3) / 6,
    ),
    "hard sigmoid": (
        lambda z, g: oracle.hard_sigmoid_gradient(z, g, slope=0.2, offset=0.5),
        lambda z: flint.arb(0.2 if abs(z) < 2.5 else 0),
    ),
}
"""Function → (the oracle's gradient, its derivative)."""
FUNCTIONS = {
    "exp": (oracle.exp, lambda z: z.exp()),
    "logistic": (oracle.logistic, lambda z: 1 / (1 + (-z).exp())),
    "tanh": (oracle.tanh, lambda z: z.tanh()),
    "gelu": (lambda z: oracle.gelu(z, approximate="none"), lambda z: z * phi(z)),
    "softsign": (oracle.softsign, lambda z: z / (1 + abs(z))),
    "silu": (oracle.silu, lambda z: z / (1 + (-z).exp())),
    "softplus": (
        lambda z: oracle.softplus(z, beta=1.5, threshold=math.inf),
        lambda z: (1 + (1.5 * z).exp()).log() / 1.5,
    ),
    "elu": (lambda z: oracle.elu(z, alpha=0.7), lambda z: z if z > 0 else flint.arb(0.7) * z.expm1()),
    "celu": (
        lambda z: oracle.celu(z, alpha=0.7),
        lambda z: z if z > 0 else flint.arb(0.7) * (z / flint.arb(0.7)).expm1(),
    ),
    "selu": (oracle.selu, lambda z: scaled(SCALE) * z if z > 0 else scaled(SCALE, ALPHA) * z.expm1()),
    "hard swish": (oracle.hard_swish, lambda z: z * (0 if z < -3 else z if z > 3 else (z + 3) / 6) if z < 3 else z),
    "gelu by tanh": (lambda z: oracle.gelu(z, approximate="tanh"), lambda z: z * bent(z)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name):
    ours, theirs = FUNCTIONS[name]
    rng = np.random.default_rng(3)
    z = np.concatenate([rng.normal(size=60), rng.uniform(-30, 30, 60), rng.normal(size=20) * 1e-5])
    agrees(ours(z), each(theirs, 1, 1)(exactly(z)))


@pytest.mark.parametrize("name", SLOPES)
def test_derivatives(name):
    ours, theirs = SLOPES[name]
    rng = np.random.default_rng(3)
    z, g = np.concatenate([rng.normal(size=60), rng.uniform(-30, 30, 60)]), rng.normal(size=120)
    agrees(
        ours(z, g),
        each(theirs, 1, 1)(exactly(z)) * exactly(g),
        np.abs(g) * (name.startswith(("silu", "gelu")) & (np.abs(z) < 3)),
    )


def test_a_logarithm():
    p = np.random.default_rng(4).uniform(1e-3, 0.999, (40, 3))
    labels = np.arange(40) % 3
    wanted = np.array([-flint.arb(p[i, label]).log() for i, label in enumerate(labels)])
    agrees(oracle.cross_entropy_of_probabilities(p, labels), wanted)


def softmax(rows):
    grown = each(lambda z: z.exp(), 1, 1)(exactly(rows))
    return grown, grown.sum(axis=1)


@pytest.mark.parametrize("scale", [1, 30])
def test_softmax_and_cross_entropy(scale):
    z = scale * np.random.default_rng(5).normal(size=(12, 7))
    labels = np.arange(12) % 7
    grown, total = softmax(z)
    agrees(oracle.softmax(z, axis=1), grown / total[:, None])
    agrees(oracle.log_softmax(z, axis=1), exactly(z) - each(lambda s: s.log(), 1, 1)(total)[:, None])
    losses = [total[i].log() - flint.arb(z[i, label]) for i, label in enumerate(labels)]
    agrees(oracle.cross_entropy(z, labels), np.array(losses), np.abs(z).max(axis=1))


def test_a_gradient_of_softmax():
    rng = np.random.default_rng(6)
    z, upstream = rng.normal(size=(2, 6, 5))
    grown, total = softmax(z)
    y, g = grown / total[:, None], exactly(upstream)
    wanted = y * (g - (g * y).sum(axis=1)[:, None])
    agrees(oracle.softmax_gradient(z, upstream, axis=1), wanted, np.abs(upstream).max())


@pytest.mark.parametrize("shift", [0, 1000])
def test_batch_norm(shift):
    rng = np.random.default_rng(7)
    x, gamma, beta, epsilon = rng.normal(size=(9, 4)) + shift, rng.normal(size=4), rng.normal(size=4), 1e-3
    exact, n = exactly(x), 9
    mean = exact.sum(axis=0) / n
    variance = ((exact - mean) ** 2).sum(axis=0) / n
    root = each(lambda v: (v + flint.arb(epsilon)).sqrt(), 1, 1)(variance)
    wanted = (exact - mean) / root * exactly(gamma) + exactly(beta)
    y, m, v = oracle.batch_norm_training(x, gamma, beta, epsilon=epsilon)
    size = (np.abs(x) + np.abs(x).max()) * np.abs(gamma) + np.abs(beta)
    agrees(y, wanted, size / np.sqrt(x.var(axis=0)))
    agrees(m, mean, np.abs(x).max())
    agrees(v, variance, np.abs(x).max() ** 2)
    given = rng.normal(size=4), rng.uniform(0.5, 2, 4)
    root = each(lambda v: (v + flint.arb(epsilon)).sqrt(), 1, 1)(exactly(given[1]))
    wanted = (exact - exactly(given[0])) / root * exactly(gamma) + exactly(beta)
    agrees(oracle.batch_norm_inference(x, gamma, beta, *given, epsilon=epsilon), wanted, size)


@pytest.mark.parametrize("seed", RNG_SEEDS)
def test_sums_of_products(seed):
    """By fractions, term by term from the definition."""
    rng = np.random.default_rng(seed)
    x, w, b = rng.normal(size=(2, 3, 5, 4)), rng.normal(size=(2, 3, 3, 2)), rng.normal(size=2)
    x, w = x * 2.0 ** rng.integers(-30, 30, x.shape), w * 2.0 ** rng.integers(-30, 30, w.shape)
    got = oracle.cross_correlation2d(x, w, b, stride=(2, 1), padding=((1, 1), (0, 1)), dilation=(1, 2), groups=1)
    zeros = np.pad(x, ((0, 0), (0, 0), (1, 1), (0, 1)))
    X, W, B = rational(zeros), rational(w), rational(b)
    wanted = np.empty(got.shape, object)
    for n, o, p, q in np.ndindex(*got.shape):
        taps = itertools.product(range(3), range(3), range(2))
        wanted[n, o, p, q] = sum((X[n, c, 2 * p + i, q + 2 * j] * W[o, c, i, j] for c, i, j in taps), B[o])
    agrees(got, wanted)
    x, w = rng.normal(size=(4, 6)), rng.normal(size=(3, 6))
    wanted = (rational(x)[:, None] * rational(w)).sum(axis=2)
    agrees(oracle.fully_connected(x, w, None), wanted)
