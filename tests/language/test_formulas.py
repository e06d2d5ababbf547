"""Claims that are a formula, in two lines: right ones hold in every library, and every wrong one is refuted."""

import mpmath as mp
import pytest
from lectureclaims.claims.language import Case, formulas
from lectureclaims.claims.workers import library
from lectureclaims.reference import libraries


def departures(claim, backend, dtype, **says):
    """How many comparisons a claim made on a library, and those that depart, with what a wrong says in the place of the formula."""
    lib, (name, declared) = libraries.load(backend), *claim.cases.items()
    case = Case(claim.id, name, declared.settings, dtype=dtype, backend=backend, seed=0)
    steps, found, answer = declared.experiment(case, **says), [], None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration:
            return len(found), [one for one in found if one.departs]
        calls = step if isinstance(step, list) else [step]
        if not hasattr(calls[0], "arguments"):
            found.append(step)
            answer = None
            continue
        outcomes = [library.made(lib, call, backend).of(call) for call in calls]
        answer = outcomes if isinstance(step, list) else outcomes[0]


FUNCTIONS = {
    "logistic": lambda z: 1 / (1 + mp.exp(-z)),
    "tanh": lambda z: (mp.exp(z) - mp.exp(-z)) / (mp.exp(z) + mp.exp(-z)),
    "relu": lambda z: max(z, 0),
    "silu": lambda z: z / (1 + mp.exp(-z)),
    "softsign": lambda z: z / (1 + abs(z)),
    "absolute_value": lambda z: abs(z),
    "hard_swish": lambda z: z * max(0, min(6, z + 3)) / 6,
    "selu": lambda z: (
        mp.mpf("1.0507009873554804934193349852946")
        * (z if z > 0 else mp.mpf("1.6732632423543772848170429916717") * mp.expm1(z))
    ),
}
SIZES = {
    "max_pooling2d": lambda H, k, s, d, p: (H + 2 * p - d * (k - 1) - 1) // s + 1,
    "average_pooling1d": lambda H, k, s: (H - k) // s + 1,
    "max_pooling3d": lambda H, k: H - k + 1,
    "cross_correlation2d": lambda H, k, s, p: (H + 2 * p - k) // s + 1,
    "convolution1d": lambda H, k: H - k + 1,
    "cross_correlation3d": lambda H, s: -(-H // s),
    "transposed_convolution2d": lambda H, k, s, d, p: (H - 1) * s - 2 * p + d * (k - 1) + 1,
}
KINDS = {formulas.function: FUNCTIONS, formulas.size: SIZES}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind, name", [(kind, name) for kind, table in KINDS.items() for name in table])
def test_a_right_formula_holds_and_its_wrongs_do_not(kind, name, dtype):
    claim = kind("a.b", "It is so.", name, KINDS[kind][name])
    for backend in ("numpy", "torch"):
        made, departed = departures(claim, backend, dtype)
        assert made >= 1 and departed == []
    assert len(claim.wrongs) == 2
    for wrong in claim.wrongs:
        assert departures(claim, "numpy", dtype, **wrong.says)[1], wrong.name
    assert claim.file == __file__


@pytest.mark.parametrize(
    "kind, name, formula",
    [
        (formulas.function, "logistic", lambda z: 1 / (1 + mp.exp(z))),
        (formulas.function, "silu", lambda z: z / (1 + mp.exp(mp.mpf("-1.702") * z))),
        (formulas.function, "softsign", lambda z: z / mp.sqrt(1 + z * z)),
        (formulas.function, "tanh", lambda z: z - z**3 / 3),
        (formulas.size, "max_pooling2d", lambda H, k, s: -(-(H - k) // s) + 1),
        (formulas.size, "cross_correlation2d", lambda H, k: H - k),
        (formulas.size, "cross_correlation2d", lambda H, k, p: H + p - k + 1),
        (formulas.size, "transposed_convolution2d", lambda H, k, s: H * s),
    ],
)
def test_a_wrong_formula_is_refuted(kind, name, formula):
    assert departures(kind("a.b", "It is so.", name, formula), "numpy", "float32")[1]


def test_a_wrong_of_the_authors_own_is_tried_too():
    claim = formulas.size("a.b", "It is so.", "max_pooling2d", lambda H, k: H - k + 1, wrongs={"kept": lambda H, k: H})
    assert [wrong.name for wrong in claim.wrongs] == ["one more", "one less", "kept"]
    claim = formulas.function(
        "a.b",
        "It is so.",
        "silu",
        lambda z: z / (1 + mp.exp(-z)),
        between=(-3, 3),
        wrongs={"ReLU": lambda z: max(z, 0)},
    )
    assert departures(claim, "numpy", "float32", **claim.wrongs[-1].says)[1]


@pytest.mark.parametrize(
    "kind, name, formula, says",
    [
        (formulas.function, "sofplus", abs, "operation='sofplus': expected one of one array x"),
        (formulas.function, "prelu", abs, "operation='prelu': expected one of one array x"),
        (formulas.function, "tanh_gradient", abs, "operation='tanh_gradient': expected one of one array x"),
        (formulas.size, "relu", lambda H: H, "operation='relu': expected a convolution or a pooling"),
        (formulas.size, "cross_correlation2d_gradient", lambda H: H, "expected a convolution or a pooling"),
        (formulas.size, "max_pooling2d", lambda H, K: H - K, "formula: 'K' is none of H, k, s, d, p"),
    ],
)
def test_what_is_no_such_formula_is_refused(kind, name, formula, says):
    with pytest.raises(ValueError) as refusal:
        kind("a.b", "It is so.", name, formula)
    assert says in str(refusal.value)
