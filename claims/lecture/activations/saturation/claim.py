"""The lecture's section “Activation functions”: where sigmoids saturate, and what that does to hidden layers."""

import numpy as np

from .....reference import bounds, oracle
from .....reference.libraries import FRAMEWORKS
from ....language import Figure, Wrong, ask, claim, edge, fact, population, same_bits, smallest, within
from ...shared.floats import DIGITS, FARTHEST, ROW, Number, row
from ..kinks import relu6_slope, relu_slope
from . import design, gates
from .cutoffs import cutoffs, reached, slope


def fine_grid(dtype):
    """From −farthest to farthest, closer together near 0, and the two zeros."""
    z = np.concatenate([np.linspace(0, 20, 401), np.geomspace(20, FARTHEST[str(dtype)], 200)])
    return np.concatenate([-z[::-1], z]).astype(dtype)


def cap(function, z):
    """logistic: σ′ ≤ ¼ and ≤ e^−|z|; tanh: ≤ 1 and ≤ 4 e^−2|z|."""
    if function == "logistic":
        return np.minimum(0.25, oracle.exp(-np.abs(z)))
    return np.minimum(1.0, 4 * oracle.exp(-2 * np.abs(z)))


def steep_line(function, z):
    """The slope at 0 up to where the line meets the limits, 0 beyond: what a hard sigmoid has."""
    steep, reach = (0.25, 2.0) if function == "logistic" else (1.0, 1.0)
    return np.where(np.abs(z) < reach, steep, 0.0)


def twice_as_steep(function, z):
    """The mistake of taking the logistic that belongs to tanh: tanh z = 2σ(2z) − 1."""
    return oracle.logistic(2 * z) if function == "logistic" else oracle.tanh(z)


def control_arm(measured):
    """The mistake of looking at the control only: ReLU's own numbers in the logistic's place."""
    for experiment in measured:
        measured = population.in_place_of(measured, experiment, arm="relu", replaced="logistic")
    return measured


def exactly(function, z):
    return getattr(oracle, function)(z)


def half_the_cap(function, z):
    return cap(function, z) / 2


WITH_GRADIENTS = ("logistic_gradient", "relu_gradient")


saturation = claim(
    "activations.saturation",
    """
    The logistic's slope is at most ¼ and at most e^−|z|, tanh's at most 1 and at most 4e^−2|z|, so both vanish as |z|
    grows; in floating point value and gradient reach their limits exactly, at the z that is shown for each library. A
    network with six hidden logistic layers then learns far worse than one with ReLU, and with one hidden layer at
    most five points worse.

    Instead: {The logistic|tanh as a hidden activation} is not recommended for {many|one hidden layer} internal/hidden
    layers {without batch norm|batch norm rescues the logistic}: {its slope is at most ¼|six layers fail without
    saturation, by the slope at 0}, and it saturates.

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


@saturation.case(
    "slopes",
    wrongs={
        "a steep line": Wrong(says={"derivative": steep_line}, needs=WITH_GRADIENTS),
        "ReLU saturating on both sides": Wrong(says={"relu": relu6_slope}, needs=WITH_GRADIENTS),
        "the slope bounded by ⅛": Wrong(says={"most": half_the_cap}, needs=WITH_GRADIENTS),
        "σ(2z) for σ(z)": {"value": twice_as_steep},
    },
)
def slopes(case, *, value=exactly, derivative=slope, most=cap, relu=relu_slope):
    z = fine_grid(case.dtype)
    ones = np.ones_like(z)
    for function, cap_in_words in (("logistic", "¼ and e^−|z|"), ("tanh", "1 and 4e^−2|z|")):
        y, g = yield [ask(function, x=z), ask(f"{function}_gradient", x=z, upstream=ones)]
        exact = exactly(function, z)
        bound = bounds.elementwise(function, case.dtype, exact)
        yield within(y, value(function, z), bound, label=f"{function}(z)", source=DIGITS)
        bound = bounds.elementwise_gradient(function, case.dtype, exact, ones)
        yield within(g, derivative(function, z), bound, label=f"{function}′(z)", source=DIGITS)
        wanted = np.minimum(g.value, most(function, z)) if g.kind == "value" else z
        label, source = f"{function}′ at most {cap_in_words}", "the inequality; what exceeds it must be rounding"
        yield within(g, wanted, bound, label=label, source=source)
    g = yield ask("relu_gradient", x=z[z != 0], upstream=ones[z != 0])
    label = "ReLU′ is 1 for z > 0, however large, and 0 for z < 0"
    yield same_bits(g, relu(z[z != 0]), label=label, source="the definition")
    yield from reached(case, z)


WITHOUT_TRAINING = ("at_the_start", "biased")
EXPERIMENTS = {"float32": WITHOUT_TRAINING, "float64": ("deep", "shallow", *WITHOUT_TRAINING)}
"""In float32 none with training: the frameworks' trajectories part within a hundred steps."""


@saturation.case(
    "depth",
    backends=FRAMEWORKS,
    wrongs={
        "arms exchanged": {"compare": population.exchanged},
        "the control in place of the logistic": {"arms": control_arm},
    },
)
def depth(case, *, compare=population.as_measured, arms=population.as_they_ran):
    """Gradient descent in the library itself, from the same weights and batches as everywhere; gates on the population."""
    experiments = EXPERIMENTS[str(case.dtype)]
    followed = "deep" if "deep" in experiments else ""
    _, measured, _ = yield from population.study(
        case, design, experiments, compare=compare, arms=arms, followed=followed
    )
    if followed:
        yield layer_by_layer(measured["first"]["at_the_start"])


def layer_by_layer(sizes):
    """The gradient's size in each layer before the first step: the median over seeds, and where 95 % of them lie."""
    drawn = []
    for name in ("relu", "tanh", "logistic"):
        low, size, high = np.quantile(sizes[f"gradients.{name}"], (0.025, 0.5, 0.975), axis=1)
        drawn.append({"name": name, "control": name == "relu", "size": size, "low": low, "high": high})
    return Figure("saturation_depth", {"layers": list(range(1, 1 + len(drawn[0]["size"]))), "arms": drawn})


@saturation.limit("the logistic is not symmetric in floating point", backends=FRAMEWORKS)
def _(case):
    """On the positive side the logistic becomes exactly 1, and its gradient exactly 0, near z = 17 in float32 and 37
    in float64; on the negative side the gradient lives on to about −88 or −104 and −708 or −745, where numbers
    underflow. tanh is symmetric. (NumPy has no gradient of its own to show this with: the reference's keeps its
    digits on both sides.)
    """

    def build(z):
        x = np.concatenate([row(z, case.dtype), row(-z, case.dtype)])
        return ask("logistic_gradient", x=x, upstream=np.ones_like(x))

    def alive(a):
        return tuple(bool(np.any(half != 0)) for half in np.split(a, 2))  # pyright: ignore[reportReturnType]

    def literal(g, z):
        label = f"σ′ is more than 0 at {z:g} and at {-z:g} alike"
        return fact(g.then(alive), (True, True), label=label, source="σ′(−z) = σ′(z) > 0")

    def instead(g, z):
        left, ones = row(-z, case.dtype), np.ones(ROW, case.dtype)
        bound = bounds.elementwise_gradient("logistic", case.dtype, oracle.logistic(left), ones)
        label = f"0 at {z:g}; at {-z:g} right to rounding, and more than 0"
        left_slope = g.then(lambda a: np.where(a[:ROW] == 0, a[ROW:], np.nan))
        return within(left_slope, slope("logistic", left), bound, label=label, source=DIGITS)

    yield from edge(1, 60, case.dtype, build, literal, instead=instead, symbol="z")
    ends = yield ask(cutoffs, dtype=str(case.dtype))
    up, down = (ends.value[f"logistic {side} gradient"] for side in "><")
    yield fact(
        ends.then(lambda _: bool(down > 4 * up)),
        True,
        label="the negative side keeps it more than four times as far",
        source="the cut-offs found",
        note=f"gradient 0 from {up:.6g} and from −{down:.6g}",
    )
    label = "tanh's gradient ends at the same |z| on both sides"
    left = ends.value["tanh < gradient"]
    yield fact(ends.part("tanh > gradient"), left, label=label, source="tanh(−z) = −tanh(z)")


@saturation.limit("ReLU saturates too, for z < 0")
def _(case):
    """ReLU's gradient is exactly 0 for every z < 0, from the first negative normal number on: “saturation” does not
    tell it from a sigmoid there; that it never saturates for z > 0 does.
    """

    def build(p):
        return ask("relu_gradient", x=row(p.z, case.dtype), upstream=row(1, case.dtype))

    def literal(g, p):
        return same_bits(g, row(1, case.dtype), label=f"ReLU′ is 1 at z = {p.z:g}", source="“ReLU does not saturate”")

    def instead(g, p):
        return same_bits(g, row(0, case.dtype), label=f"ReLU′ is 0 at z = {p.z:g}", source="the definition")

    least = float(np.finfo(case.dtype).tiny)
    points = [Number(sign * size) for size in (least, 1.0, 100.0) for sign in (1, -1)]
    yield from smallest(points, build, literal, instead=instead, order="by |z|, z a normal number")


population.limit(
    saturation,
    design,
    "tanh as a hidden activation",
    """
    The sentence is not supported for tanh: with Glorot's weights six hidden tanh layers learn at least as well as six
    with ReLU.
    """,
    gates.TANH.below(0.0, "tanh does worse than ReLU"),
    as_worded=True,
)
population.limit(
    saturation,
    design,
    "one hidden layer",
    "With one hidden layer the logistic does as well as ReLU, to within five points of accuracy.",
    gates.SHALLOW_LOGISTIC.above(0.05, "the logistic does worse by five points"),
)
population.limit(
    saturation,
    design,
    "batch norm rescues the logistic",
    "With batch norm before it the logistic learns in six hidden layers too.",
    gates.BATCH_NORM.below(0.4, "batch norm does not help it"),
)
population.limit(
    saturation,
    design,
    "six layers fail without saturation, by the slope at 0",
    """
    4σ(z) − 2, which saturates exactly where σ does but has slope 1 at 0, learns in six layers. So it is not by
    saturation that six layers of logistic units fail: at the start no unit is saturated, and what shrinks the
    gradient is σ′ ≤ ¼ at every layer. That saturation too, where there is some, keeps a network from learning is
    another claim: there “due to saturation” is tested as a reason, for and against.
    """,
    gates.STRETCHED.below(0.4, "what saturates like the logistic does as badly"),
)
