"""The lecture's last layer: a sigmoid whose saturation the loss compensates, and where probabilities lose it again."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from .....reference import bounds, oracle
from ....language import Call, Case, Outcome, Wrong, ask, claim, edge, fact, population, rounding, smallest, within
from ....language.statistics import Gate
from ...shared.floats import FARTHEST, Number, in_words, row, word
from ...shared.mistaken import mistaken
from .. import mutants
from ..sigmoids import grid
from . import design, gates


def two_classes(z: np.ndarray) -> np.ndarray:
    """Logits (0, z), whose softmax is (1 − σ(z), σ(z))."""
    return np.stack([np.zeros_like(z), z], axis=1)


def minus_label(z: np.ndarray, y: int) -> np.ndarray:
    """σ(z) − y, of which 1 − σ(z) is written σ(−z)."""
    return -oracle.logistic(-z) if y else oracle.logistic(z)


def label_minus(z: np.ndarray, y: int) -> np.ndarray:
    return -minus_label(z, y)


def with_the_slope(z: np.ndarray, upstream: np.ndarray) -> np.ndarray:
    """upstream · σ′(z): with σ(z) − y upstream the gradient of half the squared error."""
    return oracle.logistic_gradient(z, upstream)


def without_the_slope(z: np.ndarray, upstream: np.ndarray) -> np.ndarray:
    return upstream


def label_minus_times_slope(z: np.ndarray, y: int) -> np.ndarray:
    return oracle.logistic_gradient(z, minus_label(z, y))


FORMULA = "the formula; σ in 95 bits"
INEQUALITY = "the inequality; what exceeds it must be rounding"
FROM_LOGITS = {
    "torch": ("torch.nn.functional.binary_cross_entropy_with_logits", "-torch.nn.functional.logsigmoid(z)"),
    "tensorflow": ("tf.nn.sigmoid_cross_entropy_with_logits", "keras.losses.binary_crossentropy(from_logits=True)"),
}
"""Library → its own losses −log σ(z) that are given z."""
CROSS_ENTROPY = ("cross_entropy_gradient",)


def loss_of(logits: np.ndarray, label: int) -> dict[str, np.ndarray]:
    return {"logits": logits, "labels": np.full(len(logits), label)}


def gradient_bound(z: np.ndarray, y: int) -> bounds.Bound:
    """Of dL/d(0, z): [N, 2]."""
    logits = two_classes(z)
    right = np.stack([-minus_label(z, y), minus_label(z, y)], axis=1)
    return bounds.cross_entropy_gradient(oracle.softmax(logits, axis=1), right, logits, np.ones_like(z), z.dtype)


def difference_bound(z: np.ndarray) -> bounds.Bound:
    """Of σ(z) − 1 formed as it stands, as PyTorch forms it: absolute, for where σ is near 1 no digits are left."""
    exact = oracle.logistic(z)
    one = bounds.exact(z.shape, reason="1 is a number of every format")
    each = bounds.elementwise("logistic", z.dtype, exact)
    return bounds.combination(z.dtype, (1, exact, each), (-1, np.ones_like(exact), one))


FRAMEWORKS = ("torch", "tensorflow")


def arm_for_arm(arm: str, replaced: str) -> Wrong:
    """The mistake of taking one arm's numbers for another's."""

    def arms(measured: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        return population.in_place_of(measured, "decides", arm=arm, replaced=replaced)

    return over_seeds(arms=arms)


def over_seeds(**says: Any) -> Wrong:
    return Wrong(says=says, cases=("over seeds",), backends=FRAMEWORKS, dtypes=("float64",))


last_layer = claim(
    "activations.last_layer",
    """
    The derivative by z of cross-entropy after the logistic is σ(z) − y, and after softmax p − onehot: for a confident
    mistake it does not vanish, but stays above ½ in size however large |z|. That of the squared error after the
    logistic is (σ(z) − y)·σ′(z), which vanishes like e^−|z|. A network that starts out certain of one answer, which
    is wrong of half of the images, learns with the cross-entropy as well as one that starts undecided; with the
    squared error it stays at chance.

    Scope: float32 and float64; the loss is given the logits: from probabilities the gradient is lost in floating
    point, at the z that is shown for each library. Training: is a digit odd, 64-32-1, 200 steps, output bias 15; from
    bias 0 both losses learn

    Finding: out of confident mistakes the cross-entropy leads, by {the cross-entropy gets out of confident mistakes}
    more accuracy than the squared error, which stays at {the squared error stays at chance}

    Notes: Rates ten and a hundred times as large do not help the squared error out of confident mistakes.

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §6.2.2.2, eqs. 6.25 and 6.26, and §6.2.2.3
    """,
    kind="exact + statistical",
    expected="supported",
    premises=("activations.sigmoid",),
)


@last_layer.each(
    {
        "softmax": {},
        "logistic": {},
        "a confident mistake": {},
        "squared error": {},
        "over seeds": {"backends": FRAMEWORKS, "dtypes": ("float64",)},
    },
    wrongs={
        "labels swapped": Wrong(
            operations=mistaken("labels off by one", "cross_entropy_gradient"),
            cases=("softmax", "logistic", "a confident mistake"),
            needs=CROSS_ENTROPY,
        ),
        "the loss of swapped labels": Wrong(
            operations=mistaken("labels off by one", "cross_entropy"), cases=("softmax", "logistic")
        ),
        "softmax twice": Wrong(operations=mistaken("softmax twice", "cross_entropy"), cases=("softmax", "logistic")),
        "squared error": Wrong(
            operations={"cross_entropy_gradient": mutants.squared_error},
            cases=("softmax", "logistic", "a confident mistake"),
            needs=CROSS_ENTROPY,
        ),
        "σ(z) − y times σ′(z)": Wrong(says={"by_z": label_minus_times_slope}, cases=("logistic",), needs=CROSS_ENTROPY),
        "y − σ(z)": Wrong(says={"by_z": label_minus}, cases=("logistic",), needs=CROSS_ENTROPY),
        "the squared error compensates too": Wrong(
            says={"squared": without_the_slope}, cases=("squared error",), needs=("logistic_gradient",)
        ),
        "arms exchanged": over_seeds(compare=population.exchanged),
        "the squared error in place of the cross-entropy": arm_for_arm("squared_error@15", "cross_entropy@15"),
        "the cross-entropy under both names": arm_for_arm("cross_entropy@15", "squared_error@15"),
        "an undecided start in place of the certain one": arm_for_arm("squared_error@0", "squared_error@15"),
    },
)
def last_layer_cases(
    case: Case, *, by_z=minus_label, squared=with_the_slope, compare=population.as_measured, arms=population.as_they_ran
):
    if case.name == "over seeds":
        outcomes, _, _ = yield from population.study(case, design, ("decides",), compare=compare, arms=arms)
        yield from population.trajectories(case, design, "decides", outcomes)
        return
    if case.name == "softmax":
        logits, labels = case.reals("z", (12, 5), scale=8), np.arange(12) % 5
        yield from rounding((yield ask("cross_entropy", logits=logits, labels=labels)), label="−log p[label]")
        g = yield ask("cross_entropy_gradient", logits=logits, labels=labels, upstream=case.reals("upstream", (12,)))
        yield from rounding(g, label="upstream · (p − onehot)")
        return
    z = grid(case.dtype)
    ones = np.ones_like(z)
    if case.name == "logistic":
        logits = two_classes(z)
        for y in (0, 1):
            loss, g = yield [
                ask("cross_entropy", **loss_of(logits, y)),
                ask("cross_entropy_gradient", **loss_of(logits, y), upstream=ones),
            ]
            yield from rounding(loss, label=f"the loss, y = {y}")
            wanted = np.stack([-by_z(z, y), by_z(z, y)], axis=1)
            yield within(g, wanted, gradient_bound(z, y), label=f"σ(z) − y, y = {y}", source=FORMULA)
        for function in FROM_LOGITS.get(case.backend, ()):
            g = yield ask("own_loss_gradient", x=z, function=function)
            yield within(g, by_z(z, 1), difference_bound(z), label=f"{function}: σ(z) − 1", source=FORMULA)
    elif case.name == "a confident mistake":
        z = z[z <= 0]
        g = yield ask("cross_entropy_gradient", **loss_of(two_classes(z), 1), upstream=np.ones_like(z))
        large = np.clip(g.value, [0.5, -1], [1, -0.5])
        yield within(
            g, large, gradient_bound(z, 1), label="between ½ and 1 in size for z ≤ 0, y = 1", source=INEQUALITY
        )
    else:
        upstream = minus_label(z, 1).astype(case.dtype)
        g = yield ask("logistic_gradient", x=z, upstream=upstream)
        bound = bounds.elementwise_gradient("logistic", case.dtype, oracle.logistic(z), upstream)
        yield within(g, squared(z, upstream), bound, label="(σ(z) − 1)·σ′(z)", source="σ and σ′ in 95 bits")
        least = oracle.exp(-np.abs(z))
        small = np.clip(g.value, -least, least)
        yield within(g, small, bound, label="at most e^−|z| in size", source=INEQUALITY)


# --- where the loss loses it -----------------------------------------------------------------------------------------------


@last_layer.limit("the squared error does not compensate")
def _(case: Case):
    """With half the squared error the gradient of a mistake is largest at z = −0.7; already at z = −2 it is smaller
    than at z = 0, where nothing is decided, and from there on it vanishes.
    """

    def build(p: Number) -> Call:
        z = row(p.z, case.dtype)
        return ask("logistic_gradient", x=z, upstream=minus_label(z, 1).astype(case.dtype))

    def literal(g: Outcome, p: Number):
        large = g.then(lambda a: bool((np.abs(a) >= 0.125).all()))
        return fact(large, True, label=f"|dL/dz| at z = {p.z:g} is no smaller than at 0", source="½·¼ = 1/8 at 0")

    def instead(g: Outcome, p: Number):
        z = row(p.z, case.dtype)
        return within(
            g, np.zeros_like(z), bounds.logistic_tail(z), label="|dL/dz| at most e^−|z|", source="σ′ ≤ e^−|z|"
        )

    points = [Number(float(-z)) for z in range(31)]
    yield from smallest(points, build, literal, instead=instead, order="by |z|, whole numbers")


_limit = functools.partial(population.limit, last_layer, design)


_limit(
    "a logistic at the end, with the squared error",
    says="It is not the logistic as such that is harmless as the last layer: with the squared error, which does not compensate, the network that "
    "starts from confident mistakes decides no more than chance.",
    stated=Gate("it is right for more than six in ten", gates.STUCK.name, "above", (0.6,), "“as the last layer OK”"),
)
_limit(
    "no mistakes to begin with",
    says="From an output bias of 0 the squared error learns as well, to within five points: nothing is saturated that the loss would have to "
    "compensate.",
    stated=Gate(
        "the squared error does worse by five points",
        gates.UNDECIDED.name,
        "above",
        (0.05,),
        "“compensated by the loss”",
    ),
)


def state(g: Outcome) -> Outcome:
    """What is left of a confident mistake's gradient, which should be between ½ and 1 in size."""

    def told(a: np.ndarray) -> str:
        size = np.abs(a)
        return "at least ½" if (size >= 0.5).all() else "below ½" if (size > 0).all() else word(a.flat[0] + 0.0)

    return g.then(told)


def mistake_at(z: float, function: str):
    return f"{function}: |dL/dz| at z = {z:g}, y = 1", "1 − σ(z) ≥ ½ for z ≤ 0"


def through_probabilities(lib, *, z: np.ndarray) -> np.ndarray:
    """Runs in the worker: dL/dz of −log p[label], p = softmax (0, z), by the chain rule, step by step."""
    logits, labels = two_classes(z), np.ones(len(z), np.int64)
    with np.errstate(invalid="ignore"):
        p = lib.softmax(logits, axis=1)
        slope = lib.cross_entropy_of_probabilities_gradient(p, labels, np.ones_like(z))
        return lib.softmax_gradient(logits, slope, axis=1)[:, 1]


@last_layer.limit("from probabilities, by the chain rule")
def _(case: Case):
    """Given p = softmax (0, z), the loss −log p has the derivative −1/p, which is infinite where p is too small:
    times softmax's derivative, which is 0 there, it is NaN. From z = −88.7 or −709 on the mistake teaches nothing
    (−86.6 and −708.4 in TensorFlow, where small numbers are 0).
    """

    def literal(g: Outcome, z: float):
        label, source = mistake_at(z, "−log softmax")
        return fact(state(g), "at least ½", label=label, source=source)

    def instead(g: Outcome, z: float):
        return fact(state(g), "nan", label=f"dL/dz at z = {z:g}", source="−1/p = −∞, and −∞·0")

    def build(z: float) -> Call:
        return ask(through_probabilities, z=row(z, case.dtype))

    yield from edge(-1, -FARTHEST[str(case.dtype)], case.dtype, build, literal, instead=instead, symbol="z")


CLIPPED = {
    "torch": ("torch.nn.functional.binary_cross_entropy(torch.sigmoid(z))", "below ½", -28),
    "tensorflow": ("keras.losses.binary_crossentropy(tf.sigmoid(z))", "0", -16),
}
"""Library → its own loss of a probability, what is left of the gradient where it is lost, and from which z on, as a whole number."""
LEFT = {
    "torch.nn.functional.binary_cross_entropy(torch.sigmoid(z))": "below ½",
    "keras.losses.binary_crossentropy(tf.sigmoid(z))": "0",
}
"""Loss → what is left of the gradient at z = −60; of all others everything is."""


@last_layer.limit("a library's own loss of a probability", backends=tuple(CLIPPED))
def _(case: Case):
    """After tf.sigmoid Keras' binary cross-entropy clips p to [10⁻⁷, 1 − 10⁻⁷]: from z = −16.1 on its gradient is
    exactly 0. PyTorch's divides by p(1 − p) or 10⁻¹², whichever is larger: from z = −28.3 on it falls below ½, and on
    like p. Keras finds the logits again where p comes directly from its own sigmoid, or from TensorFlow's inside a
    tf.function.
    """
    function, left, whole = CLIPPED[case.backend]
    reached: list[int] = []

    def build(z: float) -> Call:
        return ask("own_loss_gradient", x=row(z, case.dtype), function=function)

    def literal(g: Outcome, z: float):
        label, source = mistake_at(z, function)
        return fact(state(g), "at least ½", label=label, source=source)

    def instead(g: Outcome, z: float):
        reached.append(int(z))
        return fact(
            state(g), left, label=f"what is left of it at z = {z:g}", source="the library's clipping, as it was seen"
        )

    yield from edge(-1, -FARTHEST[str(case.dtype)], case.dtype, build, literal, instead=instead, symbol="z")
    names = (yield ask("own_losses_of_logits")).value
    left_of = yield [ask("own_loss_gradient", x=row(-60, case.dtype), function=name) for name in names]
    from_where = left_of[0].then(lambda _: reached)
    yield fact(from_where, [whole], label="from which z on, as a whole number", source="log 10⁻⁷; log ½·10⁻¹²")
    for name, g in zip(names, left_of, strict=True):
        wanted = LEFT.get(name, "at least ½")
        yield fact(state(g), wanted, label=f"{name}: |dL/dz| at z = −60", source="seen of the library")


LARGEST_LOSS = {"torch": "100"}
"""Library → its own loss of a probability of 0; infinity where none is named."""
SMALLEST_PROBABILITY = {"tensorflow": 1e-7}
"""Library → what its own loss takes a smaller probability for."""


@last_layer.limit("the loss of a probability")
def _(case: Case):
    """−log p, which should grow with |z|, is infinite where p is 0 in the format: from z = −104 or −745 on (NumPy,
    SciPy). PyTorch's own loss is never above 100, Keras' never above −log 10⁻⁷ = 16.1: a worse mistake costs no more.
    """
    function = (yield ask("own_losses")).value[-1]

    def probability(z: float) -> np.ndarray:
        return oracle.logistic(row(z, case.dtype)).astype(case.dtype)

    def build(z: float) -> Call:
        return ask("own_loss", p=probability(z), function=function)

    def right(y: Outcome, p: np.ndarray, label: str):
        wanted = oracle.cross_entropy_of_probabilities(p[:, None], np.zeros(len(p), np.int64))
        return within(
            y, wanted, bounds.cross_entropy_of_probabilities(wanted, case.dtype), label=label, source="log in 95 bits"
        )

    def literal(y: Outcome, z: float):
        p, label = probability(z), f"{function} is −log p at p = σ({z:g})"
        if p[0]:
            return right(y, p, label)
        most = -np.log(np.finfo(case.dtype).smallest_subnormal)
        grows = y.then(lambda a: bool(np.isfinite(a).all() and (a > most).all()))
        return fact(
            grows, True, label=f"{function} at p = 0 is a number, larger than at any other p", source="−log σ(z) grows"
        )

    def instead(y: Outcome, z: float):
        if clip := SMALLEST_PROBABILITY.get(case.backend):
            return right(y, row(clip, case.dtype), f"−log {clip:g}")
        return fact(
            in_words(y), LARGEST_LOSS.get(case.backend, "inf"), label=f"{function} at p = σ({z:g})", source="seen"
        )

    yield from edge(-1, -FARTHEST[str(case.dtype)], case.dtype, build, literal, instead=instead, symbol="z")


class Given(NamedTuple):
    """Two classes, of which the right one has the probability p, given to a loss as probabilities or as logits."""

    given: str
    p: float


EXPECTS = {"torch": "logits", "tensorflow": "probabilities"}
"""Library → what its own cross-entropy takes its rows for if it is not told."""


@last_layer.limit("what a loss takes its input for", backends=tuple(EXPECTS))
def _(case: Case):
    """Told nothing, PyTorch's cross-entropy takes what it is given for logits, Keras' for probabilities, which it
    divides by their sum and clips: given the other, both return a number, and a wrong one. At p = ½ nobody notices.
    """
    label = np.ones(1, np.int64)

    def rows(p: Given) -> np.ndarray:
        logits = np.array([[1, 1 + np.log(p.p / (1 - p.p))]], case.dtype)
        return logits if p.given == "logits" else np.array([[1 - p.p, p.p]], case.dtype)

    def build(p: Given) -> Call:
        return ask("own_loss_by_default", x=rows(p), labels=label)

    def taken_for(what: str, y: Outcome, x: np.ndarray, text: str):
        if what == "logits":
            exact = oracle.cross_entropy(x, label)
            return within(
                y, exact, bounds.cross_entropy(exact, x, label, case.dtype), label=text, source="log in 95 bits"
            )
        exact = oracle.cross_entropy_of_probabilities(x, label)
        return within(
            y, exact, bounds.cross_entropy_of_probabilities(exact, case.dtype), label=text, source="log in 95 bits"
        )

    def literal(y: Outcome, p: Given):
        return taken_for(p.given, y, rows(p), f"given p = {p.p:g} as {p.given}, the loss is −log p")

    def instead(y: Outcome, p: Given):
        if EXPECTS[case.backend] == "logits":
            return taken_for("logits", y, rows(p), "what it is given, taken for logits")
        least = np.array(
            [[1, 1e-7]], case.dtype
        )  # of the logits 1 and −0.1 the second, divided by their sum, is below 0
        return taken_for("probabilities", y, least, "what it is given, divided by the sum and clipped to 10⁻⁷")

    points = [Given(given, p) for p in (0.5, 0.25, 0.75) for given in ("logits", "probabilities")]
    yield from smallest(points, build, literal, instead=instead, order="p = ½ first, then ¼ and ¾")
