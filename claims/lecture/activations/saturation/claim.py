"""The lecture's section “Activation functions”: where sigmoids saturate, and what that does to hidden layers."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .....reference import bounds, oracle
from .....reference.libraries import Unsupported
from ....language import (
    Call,
    Case,
    Figure,
    Outcome,
    Wrong,
    ask,
    claim,
    edge,
    fact,
    population,
    same_bits,
    smallest,
    within,
)
from ....language.statistics import Gate
from ...shared.floats import FARTHEST, ROW, Number, row
from ..sigmoids import DIGITS
from . import design

SIGMOIDS = ("logistic", "tanh")
LIMITS = {("logistic", ">"): 1.0, ("logistic", "<"): 0.0, ("tanh", ">"): 1.0, ("tanh", "<"): -1.0}
"""What a sigmoid's value becomes for large |z|, by the side."""


def grid(dtype: np.dtype) -> np.ndarray:
    """From −farthest to farthest, closer together near 0, and the two zeros."""
    z = np.concatenate([np.linspace(0, 20, 401), np.geomspace(20, FARTHEST[str(dtype)], 200)])
    return np.concatenate([-z[::-1], z]).astype(dtype)


def cap(function: str, z: np.ndarray) -> np.ndarray:
    """logistic: σ′ ≤ ¼ and ≤ e^−|z|; tanh: ≤ 1 and ≤ 4 e^−2|z|."""
    if function == "logistic":
        return np.minimum(0.25, oracle.exp(-np.abs(z)))
    return np.minimum(1.0, 4 * oracle.exp(-2 * np.abs(z)))


def slope(function: str, z: np.ndarray) -> np.ndarray:
    ones = np.ones_like(z)
    return oracle.logistic_gradient(z, ones) if function == "logistic" else oracle.tanh_gradient(z, ones)


def steep_line(function: str, z: np.ndarray) -> np.ndarray:
    """The slope at 0 up to where the line meets the limits, 0 beyond: what a hard sigmoid has."""
    steep, reach = (0.25, 2.0) if function == "logistic" else (1.0, 1.0)
    return np.where(np.abs(z) < reach, steep, 0.0)


def twice_as_steep(function: str, z: np.ndarray) -> np.ndarray:
    """The mistake of taking the logistic that belongs to tanh: tanh z = 2σ(2z) − 1."""
    return oracle.logistic(2 * z) if function == "logistic" else oracle.tanh(z)


def control_arm(measured: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The mistake of looking at the control only: ReLU's own numbers in the logistic's place."""
    for experiment in measured:
        measured = population.in_place_of(measured, experiment, arm="relu", replaced="logistic")
    return measured


def one_sided(z: np.ndarray) -> np.ndarray:
    return (z > 0).astype(z.dtype)


def two_sided(z: np.ndarray) -> np.ndarray:
    """The mistake: as if ReLU were clipped, like ReLU6."""
    return ((z > 0) & (z < 6)).astype(z.dtype)


def cutoffs(lib, *, dtype: str) -> dict[str, float]:
    """Runs in the worker: the |z| from which on a value is its limit and a gradient is 0, by bisection on whole vectors.

    Keys "logistic > value", "tanh < gradient", …; NaN where there is none up to the farthest z, no
    key where the library has no such operation. One number is asked as a
    vector of sixteen, for libraries compute the ends of a vector by other code than its middle.
    """
    found = {}
    for function in SIGMOIDS:
        for sign, side in ((1.0, ">"), (-1.0, "<")):
            target = LIMITS[function, side]
            forward, backward = getattr(lib, function), getattr(lib, f"{function}_gradient")

            def value_is_limit(z: float, f=forward, sign=sign, target=target) -> bool:
                return bool(np.all(f(np.full(16, sign * z, dtype)) == target))

            def gradient_is_zero(z: float, f=backward, sign=sign) -> bool:
                return bool(np.all(f(np.full(16, sign * z, dtype), np.ones(16, dtype)) == 0))

            for what, holds in (("value", value_is_limit), ("gradient", gradient_is_zero)):
                with contextlib.suppress(Unsupported):
                    found[f"{function} {side} {what}"] = _first(holds, dtype)
    return found


def _first(holds: Callable[[float], bool], dtype: str) -> float:
    """The smallest number of the dtype at which it holds, if it holds from there on."""
    low, high = 0.0, FARTHEST[dtype]
    if not holds(high):
        return float("nan")
    kind = np.dtype(dtype).type
    while kind(high) != np.nextafter(kind(low), kind(high)):
        middle = float(kind((low + high) / 2))
        if middle in (low, high):
            break
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


FRAMEWORKS = ("torch", "tensorflow")
WITH_GRADIENTS = ("logistic_gradient", "relu_gradient")


saturation_ = claim(
    "activations.saturation",
    """
    The logistic's slope is at most ¼ and at most e^−|z|, tanh's at most 1 and at most 4e^−2|z|, so both vanish as |z|
    grows; in floating point value and gradient reach their limits exactly, at the z that is shown for each library. A
    network with six hidden logistic layers then learns far worse than one with ReLU, and with one hidden layer at
    most five points worse.

    Scope: the depth experiment: 8 × 8 digits, 6 × 32 hidden units, 150 steps, logistic against ReLU; not tanh, which
    does as well as ReLU there; not with batch norm, which rescues the logistic; the first cause is the slope of at
    most ¼ at each layer, for at the start no unit is saturated

    Finding: six layers of logistic units lose {deep logistic fails} of accuracy against ReLU; each leaves {gradient
    factor, logistic} of the gradient

    Notes: The sentence is not supported for tanh here: with Glorot's weights it reaches at least ReLU's accuracy.

    Sources:
    - Glorot & Bengio (2010), PMLR 9:249
    - Goodfellow, Bengio, Courville (2016), §6.3.2
    - Pennington, Schoenholz, Ganguli (2017), arXiv 1711.04735 (a limit: orthogonal weights)
    """,
    kind="rounding + statistical",
    expected="supported",
    premises=("activations.sigmoid", "activations.relu"),
)


@saturation_.each(
    {"slopes": {}, "depth": {"backends": FRAMEWORKS}},
    wrongs={
        "a steep line": Wrong(says={"derivative": steep_line}, needs=WITH_GRADIENTS),
        "ReLU saturating on both sides": Wrong(says={"relu": two_sided}, needs=WITH_GRADIENTS),
        "the slope bounded by ⅛": Wrong(says={"most": lambda function, z: cap(function, z) / 2}, needs=WITH_GRADIENTS),
        "arms exchanged": Wrong(says={"compare": population.exchanged}, cases=("depth",), backends=FRAMEWORKS),
        "the control in place of the logistic": Wrong(
            says={"arms": control_arm}, cases=("depth",), backends=FRAMEWORKS
        ),
        "σ(2z) for σ(z)": Wrong(says={"value": twice_as_steep}, cases=("slopes",)),
    },
)
def saturation__cases(
    case: Case,
    *,
    derivative=slope,
    relu=one_sided,
    most=cap,
    compare=population.as_measured,
    arms=population.as_they_ran,
    value=lambda function, z: getattr(oracle, function)(z),
):
    if case.name == "depth":
        yield from depth(case, compare, arms)
        return
    z = grid(case.dtype)
    ones = np.ones_like(z)
    for function in SIGMOIDS:
        y, g = yield [ask(function, x=z), ask(f"{function}_gradient", x=z, upstream=ones)]
        exact = getattr(oracle, function)(z)
        yield within(
            y,
            value(function, z),
            bounds.elementwise(function, case.dtype, exact),
            label=f"{function}(z)",
            source=DIGITS,
        )
        allowed = bounds.elementwise_gradient(function, case.dtype, exact, ones)
        yield within(g, derivative(function, z), allowed, label=f"{function}′(z)", source=DIGITS)
        above = g.then(lambda a, function=function: np.minimum(a, most(function, z)))
        wanted = above.value if above.kind == "value" else z
        yield within(
            g,
            wanted,
            allowed,
            label=f"{function}′ at most " + ("¼ and e^−|z|" if function == "logistic" else "1 and 4e^−2|z|"),
            source="the inequality; what exceeds it must be rounding",
        )
    g = yield ask("relu_gradient", x=z[z != 0], upstream=ones[z != 0])
    yield same_bits(
        g, relu(z[z != 0]), label="ReLU′ is 1 for z > 0, however large, and 0 for z < 0", source="the definition"
    )

    yield from reached(case, z)


def reached(case: Case, z: np.ndarray):
    """Where value and gradient reach their limits: right to rounding there, at the limit beyond it on the whole grid, not before."""
    found = yield ask(cutoffs, dtype=str(case.dtype))
    for name, at in found.value.items() if found.kind == "value" else ():
        function, side, what = name.split()
        sign = 1 if side == ">" else -1
        operation = function if what == "value" else f"{function}_gradient"
        limit = 0.0 if what == "gradient" else LIMITS[function, side]
        same = z[(z * sign >= 0)]
        there, half = np.full(16, sign * at, case.dtype), same[np.argsort(np.abs(same))]
        more = {} if what == "value" else {"upstream": np.ones(16, case.dtype)}
        at_it = yield ask(operation, x=there, **more)
        along = yield ask(operation, x=half, **({} if what == "value" else {"upstream": np.ones_like(half)}))
        exact = getattr(oracle, function)(there)
        if what == "value":
            wanted, bound = exact, bounds.elementwise(function, case.dtype, exact)
        else:
            ones = np.ones(16, case.dtype)
            wanted, bound = slope(function, there), bounds.elementwise_gradient(function, case.dtype, exact, ones)
        label = f"{function}’s {what} is exactly {limit:g} from z = {sign * at:.6g} on"
        yield within(at_it, wanted, bound, label=f"{label}: right to rounding", source=DIGITS)
        beyond = np.abs(half) >= at
        yield fact(
            along.then(lambda y, limit=limit, beyond=beyond: int(np.count_nonzero((y == limit) != beyond))),
            0,
            label=f"{label}, and not before: exceptions on {half.size} points",
            source="the cut-off found by bisection",
        )
    if found.kind == "value" and len(found.value) == 2 * len(LIMITS):  # the picture is of values and gradients alike
        yield Figure("saturation", picture(found.value))


NARROW = ("at_the_start", "biased")
"""In float32, what needs no training; with training the frameworks' trajectories part within a hundred steps."""
WIDE = ("deep", "shallow", *NARROW)


def depth(case: Case, compare: population.Compare, arms: population.Arms):
    """Gradient descent in the library itself, from the same weights and batches as everywhere; gates on the population."""
    experiments = NARROW if case.dtype == np.float32 else WIDE
    outcomes, measured, _ = yield from population.study(case, design, experiments, compare=compare, arms=arms)
    if case.dtype == np.float64:
        yield from population.trajectories(case, design, "deep", outcomes)
        sizes = measured["first"]["at_the_start"]
        drawn = [
            {
                "name": name,
                "control": name == "relu",
                "size": np.median(sizes[f"gradients.{name}"], axis=1),
                "low": np.quantile(sizes[f"gradients.{name}"], 0.025, axis=1),
                "high": np.quantile(sizes[f"gradients.{name}"], 0.975, axis=1),
            }
            for name in ("relu", "tanh", "logistic")
        ]
        yield Figure("saturation_depth", {"layers": list(range(1, 1 + len(drawn[0]["size"]))), "arms": drawn})


def picture(found: dict[str, float]) -> dict:
    """Curves from the exact functions, cut-offs as found in the library."""
    z = np.concatenate([np.linspace(0, 20, 81), np.geomspace(20.5, 800, 60)])
    curves = [
        {"function": f, "side": side, "z": z, "gradient": slope(f, z if side == "z > 0" else -z)}
        for f, side in (("logistic", "z > 0"), ("tanh", "z > 0"))
    ]
    rows = []
    for function in SIGMOIDS:
        for side in (">", "<"):
            value, gradient = (found[f"{function} {side} {what}"] for what in ("value", "gradient"))
            rows.append(
                {
                    "function": function,
                    "side": f"z {side} 0",
                    "value": LIMITS[function, side],
                    "value_from": None if np.isnan(value) else value,
                    "gradient_from": None if np.isnan(gradient) else gradient,
                }
            )
    return {"curves": curves, "cutoffs": rows}


@saturation_.limit("the logistic is not symmetric in floating point", backends=FRAMEWORKS)
def _(case: Case):
    """On the positive side the logistic becomes exactly 1, and its gradient exactly 0, near z = 17 in float32 and 37
    in float64; on the negative side the gradient lives on to about −88 or −104 and −708 or −745, where numbers
    underflow. tanh is symmetric. (NumPy has no gradient of its own to show this with: the reference's keeps its
    digits on both sides.)
    """

    def build(z: float) -> Call:
        x = np.concatenate([row(z, case.dtype), row(-z, case.dtype)])
        return ask("logistic_gradient", x=x, upstream=np.ones_like(x))

    def alive(a: np.ndarray) -> tuple[bool, bool]:
        return tuple(bool(np.any(half != 0)) for half in np.split(a, 2))  # pyright: ignore[reportReturnType]

    def literal(g: Outcome, z: float):
        label = f"σ′ is more than 0 at {z:g} and at {-z:g} alike"
        return fact(g.then(alive), (True, True), label=label, source="σ′(−z) = σ′(z) > 0")

    def instead(g: Outcome, z: float):
        left, ones = row(-z, case.dtype), np.ones(ROW, case.dtype)
        bound = bounds.elementwise_gradient("logistic", case.dtype, oracle.logistic(left), ones)
        label = f"0 at {z:g}; at {-z:g} right to rounding, and more than 0"
        kept = g.then(lambda a: np.where(a[:ROW] == 0, a[ROW:], np.nan))
        return within(kept, slope("logistic", left), bound, label=label, source=DIGITS)

    yield from edge(1, 60, case.dtype, build, literal, instead=instead, symbol="z")
    found = yield ask(cutoffs, dtype=str(case.dtype))

    def pair(function: str) -> tuple[float, float]:
        return tuple(found.value[f"{function} {side} gradient"] for side in "><")

    up, down = pair("logistic")
    yield fact(
        found.then(lambda _: bool(down > 4 * up)),
        True,
        label="the negative side keeps it more than four times as far",
        source="the cut-offs found",
        note=f"gradient 0 from {up:.6g} and from −{down:.6g}",
    )
    up, down = pair("tanh")
    yield fact(
        found.then(lambda _: up),
        down,
        label="tanh's gradient ends at the same |z| on both sides",
        source="tanh(−z) = −tanh(z)",
    )


@saturation_.limit("ReLU saturates too, for z < 0")
def _(case: Case):
    """ReLU's gradient is exactly 0 for every z < 0, from the first negative normal number on: “saturation” does not
    tell it from a sigmoid there; that it never saturates for z > 0 does.
    """

    def build(p: Number) -> Call:
        return ask("relu_gradient", x=row(p.z, case.dtype), upstream=row(1, case.dtype))

    def literal(g: Outcome, p: Number):
        return same_bits(g, row(1, case.dtype), label=f"ReLU′ is 1 at z = {p.z:g}", source="“ReLU does not saturate”")

    def instead(g: Outcome, p: Number):
        return same_bits(g, row(0, case.dtype), label=f"ReLU′ is 0 at z = {p.z:g}", source="the definition")

    least = float(np.finfo(case.dtype).tiny)
    points = [Number(sign * size) for size in (least, 1.0, 100.0) for sign in (1, -1)]
    yield from smallest(points, build, literal, instead=instead, order="by |z|, z a normal number")


_limit = functools.partial(population.limit, saturation_, design)


_limit(
    "tanh as a hidden activation",
    says="The sentence is not supported for tanh: with Glorot's weights six hidden tanh layers learn at least as well as six with ReLU.",
    stated=Gate("tanh does worse than ReLU", "deep: accuracy, tanh - relu", "below", (0.0,)),
    as_worded=True,
)
_limit(
    "one hidden layer",
    says="With one hidden layer the logistic does as well as ReLU, to within five points of accuracy.",
    stated=Gate("the logistic does worse by five points", "shallow: accuracy, relu - logistic", "above", (0.05,)),
)
_limit(
    "batch norm rescues the logistic",
    says="With batch norm before it the logistic learns in six hidden layers too.",
    stated=Gate("batch norm does not help it", "deep: accuracy, with batch norm - without", "below", (0.4,)),
)
_limit(
    "six layers fail without saturation, by the slope at 0",
    says="4σ(z) − 2, which saturates exactly where σ does but has slope 1 at 0, learns in six layers. So it is not by saturation that six layers of "
    "logistic units fail: at the start no unit is saturated, and what shrinks the gradient is σ′ ≤ ¼ at every layer. That saturation too, where "
    "there is some, keeps a network from learning is another claim: there “due to saturation” is tested as a reason, for and against.",
    stated=Gate(
        "what saturates like the logistic does as badly", "deep: accuracy, stretched - logistic", "below", (0.4,)
    ),
)
