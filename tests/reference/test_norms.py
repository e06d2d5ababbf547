"""Layer, group, instance and RMS norm: worked by hand, in many digits, as each other, and their gradients as derivatives."""

import decimal
from decimal import Decimal

import numpy as np
import pytest
from lectureclaims.reference import bounds, oracle
from lectureclaims.reference.operators.norms import group_norm, instance_norm, layer_norm, rms_norm
from lectureclaims.reference.oracle.norms import in_fractions, rows
from lectureclaims.reference.validation import BadInput
from test_operators import assert_is_the_derivative

DIGITS = decimal.Context(prec=60, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)
RNG = np.random.default_rng(16)
X = RNG.normal(size=(3, 4, 5))
LAST = RNG.normal(size=(2, 5))
BOTH = RNG.normal(size=(2, 4, 5))
CHANNELS = RNG.normal(size=(2, 4))
CALLS = {
    "layer_norm": (LAST, {"start": 2}),
    "layer_norm of two axes": (BOTH, {"start": 1}),
    "layer_norm with one gamma a channel": (CHANNELS[..., None], {"start": 1}),
    "rms_norm": (LAST[:1], {"start": 2}),
    "rms_norm of two axes": (BOTH[:1], {"start": 1}),
    "group_norm": (CHANNELS, {"groups": 2}),
    "instance_norm": (CHANNELS, {}),
}
OPERATORS = {
    name: function
    for module in (layer_norm, rms_norm, group_norm, instance_norm)
    for name, function in vars(module).items()
}


def cut(name, settings):
    """How many rows are normalised, and the shape to which gamma is laid along x."""
    if "start" in settings:
        return int(np.prod(X.shape[: settings["start"]])), None
    return len(X) * settings.get("groups", X.shape[1]), (4, 1)


def textbook(name, parts, settings, epsilon, upstream):
    """(y, dx, dgamma, dbeta) in 60 digits, element by element."""
    many, shape = cut(name, settings)
    gamma, beta = (*(part if shape is None else part.reshape(shape) for part in parts), np.zeros(1))[:2]

    def numbers(a):
        return [[Decimal(z) for z in row] for row in np.broadcast_to(a, X.shape).reshape(many, -1).tolist()]

    y, dx, products = [], [], []
    with decimal.localcontext(DIGITS):
        for x, g, b, up in zip(*map(numbers, (X, gamma, beta, upstream)), strict=True):
            n, mean = len(x), Decimal(0) if name.startswith("rms") else sum(x) / len(x)
            root = (sum((z - mean) ** 2 for z in x) / n + Decimal(epsilon)).sqrt()
            z, h = [(one - mean) / root for one in x], [a * c for a, c in zip(g, up, strict=True)]
            along = sum(a * c for a, c in zip(h, z, strict=True)) / n
            whole = Decimal(0) if name.startswith("rms") else sum(h) / n
            y += [a * c + d for a, c, d in zip(g, z, b, strict=True)]
            dx += [(a - whole - c * along) / root for a, c in zip(h, z, strict=True)]
            products += [a * c for a, c in zip(up, z, strict=True)]
        table = np.array(products, object).reshape(X.shape)
        lead = X.ndim - gamma.ndim
        axes = tuple(a for a in range(X.ndim) if a < lead or gamma.shape[a - lead] == 1)
        dgamma = np.vectorize(float)(table.sum(axis=axes)).reshape(parts[0].shape)
    dbeta = upstream.sum(axis=axes).reshape(parts[0].shape)
    return np.array([*map(float, y)]).reshape(X.shape), np.array([*map(float, dx)]).reshape(X.shape), dgamma, dbeta


@pytest.mark.parametrize("where", ["double-double", "fractions"])
@pytest.mark.parametrize("case", CALLS)
def test_to_the_last_bit(case, where, monkeypatch):
    name, (parts, settings) = case.split()[0], CALLS[case]
    upstream = RNG.integers(-8, 9, X.shape) / 8
    y, dx, dgamma, dbeta = textbook(name, parts, settings, 0.01, upstream)
    oracle.remembered.forget()
    if where == "fractions":
        monkeypatch.setattr(rows, "has_room", lambda numbers: False)
    got = getattr(oracle, name)(X, *parts, **settings, epsilon=0.01)
    np.testing.assert_array_equal(got, y, strict=True)
    found = getattr(oracle, f"{name}_gradient")(X, parts[0], upstream, **settings, epsilon=0.01)
    for part, wanted in zip(found, (dx, dgamma, dbeta), strict=False):
        np.testing.assert_array_equal(part, wanted, strict=True)
    oracle.remembered.forget()


def test_worked_by_hand():
    x = np.array([[1.0, 3.0]])
    gamma, beta = np.array([4.0, 2.0]), np.array([1.0, 0.0])
    for module in (OPERATORS, vars(oracle)):
        y = module["layer_norm"](x, gamma, beta, start=1, epsilon=3.0)
        np.testing.assert_array_equal(y, [[-1, 1]])
        y = module["rms_norm"](np.array([[6.0, 2.0]]), np.array([8.0, 16.0]), start=1, epsilon=44.0)
        np.testing.assert_array_equal(y, [[6, 4]])
        # z = ∓1/2, h = (4, 0): mean h = 2, mean(h z) = -1.
        dx, dgamma, dbeta = module["layer_norm_gradient"](x, gamma, np.array([[1.0, 0.0]]), start=1, epsilon=3.0)
        np.testing.assert_array_equal(dx, [[0.75, -0.75]])
        np.testing.assert_array_equal((dgamma, dbeta), [[-0.5, 0], [1, 0]])
        image = np.array([[[1.0, 3.0], [5.0, 7.0]]])
        y = module["group_norm"](image, None, None, groups=1, epsilon=11.0)  # mean 4, variance 5
        np.testing.assert_array_equal(y, [[[-0.75, -0.25], [0.25, 0.75]]])
        y = module["instance_norm"](image, gamma, beta, epsilon=3.0)
        np.testing.assert_array_equal(y, [[[-1, 3], [-1, 1]]])


def test_they_are_each_other_where_they_must_be():
    x, up = X.astype(np.float64), RNG.normal(size=X.shape)
    gamma, beta = CHANNELS
    columns = {"start": 1, "epsilon": 1e-3}
    one = oracle.group_norm(x, gamma, beta, groups=1, epsilon=1e-3)
    np.testing.assert_array_equal(one, oracle.layer_norm(x, gamma[:, None], beta[:, None], **columns))
    np.testing.assert_array_equal(
        oracle.group_norm(x, gamma, beta, groups=4, epsilon=1e-3), oracle.instance_norm(x, gamma, beta, epsilon=1e-3)
    )
    y, *_ = oracle.batch_norm_training(x[:1], gamma, beta, epsilon=1e-3)
    np.testing.assert_array_equal(y, oracle.instance_norm(x[:1], gamma, beta, epsilon=1e-3))
    for ours, batch in zip(
        oracle.instance_norm_gradient(x[:1], gamma, up[:1], epsilon=1e-3),
        oracle.batch_norm_gradient(x[:1], gamma, up[:1], epsilon=1e-3),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, batch)
    mirrored = np.concatenate([x, -x], axis=2)
    again = oracle.layer_norm(mirrored, None, None, start=2, epsilon=1e-3)[..., :5]
    np.testing.assert_array_equal(oracle.rms_norm(x, None, start=2, epsilon=1e-3), again)


def test_a_row_without_room_is_exact():
    tiny = np.float64(5e-324)
    x = np.array([[1e300, 1e300, 1e300], [tiny, 0, -tiny]])
    y = oracle.layer_norm(x, None, None, start=1, epsilon=1e-5)
    np.testing.assert_array_equal(y[0], [0, 0, 0])
    assert y[1, 0] == float(5e-324 / np.sqrt(1e-5)) and in_fractions.MANY.prec == 50
    _, dgamma, dbeta = oracle.layer_norm_gradient(x, None, np.ones_like(x), start=1, epsilon=1e-5)
    np.testing.assert_array_equal(dgamma, y[1])
    np.testing.assert_array_equal(dbeta, [2, 2, 2])


@pytest.mark.parametrize("case", CALLS)
def test_gradients_are_derivatives(case):
    name, (parts, settings) = case.split()[0], CALLS[case]
    arrays, upstream = (X, *parts), RNG.normal(size=X.shape)

    def function(*arrays):
        return OPERATORS[name](*arrays, **settings, epsilon=0.1)

    gradients = OPERATORS[f"{name}_gradient"](X, parts[0], upstream, **settings, epsilon=0.1)
    assert len(gradients) == len(arrays)
    for which, gradient in enumerate(gradients):
        assert_is_the_derivative(gradient, function, arrays, which, upstream)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CALLS)
def test_honest_results_are_within_and_another_epsilon_is_not(case, dtype):
    name, (parts, settings) = case.split()[0], CALLS[case]
    x, parts, upstream = X.astype(dtype) + 2, parts.astype(dtype), RNG.normal(size=X.shape).astype(dtype)

    def ratios(epsilon):
        for operation, arrays in ((name, (x, *parts)), (f"{name}_gradient", (x, parts[0], upstream))):
            got, wanted, limit = (
                made if isinstance(made, tuple) else (made,)
                for made in (
                    OPERATORS[operation](*arrays, **settings, epsilon=epsilon),
                    getattr(oracle, operation)(*arrays, **settings, epsilon=1e-3),
                    getattr(bounds, operation)(*arrays, dtype, **settings, epsilon=1e-3),
                )
            )
            yield [float(b.ratio(y, exact).max()) for y, exact, b in zip(got, wanted, limit, strict=True)]

    assert all(max(found) <= 1 for found in ratios(1e-3))
    assert all(found[0] > 1 and (len(found) < 2 or found[1] > 1) for found in ratios(2e-3))


@pytest.mark.parametrize(
    "call, says",
    [
        (
            lambda: layer_norm.layer_norm(X, LAST[0][:2], None, start=2, epsilon=0.1),
            r"gamma.shape=\(2,\): expected \(5,\)",
        ),
        (lambda: layer_norm.layer_norm(X, None, None, start=3, epsilon=0.1), "start=3: expected an axis of x, 0 to 2"),
        (lambda: rms_norm.rms_norm(X, LAST[0].astype(np.float32), start=2, epsilon=0.1), "gamma.dtype=float32"),
        (lambda: rms_norm.rms_norm(X, None, start=2, epsilon=-1), "epsilon=-1.0: expected a finite number >= 0"),
        (lambda: group_norm.group_norm(X, None, None, groups=3, epsilon=0.1), "groups=3: expected a divisor of the 4"),
        (lambda: group_norm.group_norm(X, LAST[0], None, groups=2, epsilon=0.1), "one number a channel"),
        (lambda: instance_norm.instance_norm(X[0], None, None, epsilon=0.1), "expected at least 3 axes"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(call, says):
    with pytest.raises(BadInput, match=says):
        call()
