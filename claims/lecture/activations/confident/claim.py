"""The lecture's last layer: a sigmoid whose saturation the loss compensates."""

import numpy as np

from .....reference import bounds, oracle
from .....reference.libraries import FRAMEWORKS
from ....language import Wrong, ask, claim, fact, population, rounding, smallest, within
from ...shared.floats import Number, grid, row
from ...shared.wrongs import another, arm_for_arm, mistaken
from .. import mutants
from . import design, gates


def two_classes(z):
    """Logits (0, z), whose softmax is (1 − σ(z), σ(z))."""
    return np.stack([np.zeros_like(z), z], axis=1)


def minus_label(z, y):
    """σ(z) − y, of which 1 − σ(z) is written σ(−z)."""
    return -oracle.logistic(-z) if y else oracle.logistic(z)


def label_minus(z, y):
    return -minus_label(z, y)


def with_the_slope(z, upstream):
    """upstream · σ′(z): with σ(z) − y upstream the gradient of half the squared error."""
    return oracle.logistic_gradient(z, upstream)


def without_the_slope(z, upstream):
    return upstream


def label_minus_times_slope(z, y):
    return oracle.logistic_gradient(z, minus_label(z, y))


FORMULA = "the formula; σ in 95 bits"
INEQUALITY = "the inequality; what exceeds it must be rounding"
FROM_LOGITS = {
    "torch": ("torch.nn.functional.binary_cross_entropy_with_logits", "-torch.nn.functional.logsigmoid(z)"),
    "tensorflow": ("tf.nn.sigmoid_cross_entropy_with_logits", "keras.losses.binary_crossentropy(from_logits=True)"),
}
"""Library → its own losses −log σ(z) that are given z."""
CROSS_ENTROPY = ("cross_entropy_gradient",)


def loss_of(logits, label):
    return {"logits": logits, "labels": np.full(len(logits), label)}


def gradient_bound(z, y):
    """Of dL/d(0, z): [N, 2]."""
    logits = two_classes(z)
    right = np.stack([-minus_label(z, y), minus_label(z, y)], axis=1)
    return bounds.cross_entropy_gradient(oracle.softmax(logits, axis=1), right, logits, np.ones_like(z), z.dtype)


def difference_bound(z):
    """Of σ(z) − 1 formed as it stands, as PyTorch forms it: absolute, for where σ is near 1 no digits are left."""
    exact = oracle.logistic(z)
    one = bounds.exact(z.shape, reason="1 is a number of every format")
    each = bounds.elementwise("logistic", z.dtype, exact)
    return bounds.combination(z.dtype, (1, exact, each), (-1, np.ones_like(exact), one))


last_layer = claim(
    "activations.last_layer",
    """
    The derivative by z of cross-entropy after the logistic is σ(z) − y, and after softmax p − onehot: for a confident
    mistake it does not vanish, but stays above ½ in size however large |z|. That of the squared error after the
    logistic is (σ(z) − y)·σ′(z), which vanishes like e^−|z|. A network that starts out certain of one answer, which
    is wrong of half of the images, learns with the cross-entropy as well as one that starts undecided; with the
    squared error it stays at chance.

    Instead: As the last layer OK, as it can be compensated by {the cross-entropy|the squared error does not
    compensate} {of the logits|from probabilities, by the chain rule}.

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


LOSS_OF_SWAPPED_LABELS = mistaken("labels off by one", "cross_entropy")
SOFTMAX_TWICE = mistaken("softmax twice", "cross_entropy")
LABELS_SWAPPED = mistaken("labels off by one", "cross_entropy_gradient", needs=CROSS_ENTROPY)
SQUARED_ERROR = another("cross_entropy_gradient", mutants.squared_error)


@last_layer.case(
    "softmax",
    wrongs={
        "labels swapped": LABELS_SWAPPED,
        "the loss of swapped labels": LOSS_OF_SWAPPED_LABELS,
        "softmax twice": SOFTMAX_TWICE,
        "squared error": SQUARED_ERROR,
    },
)
def after_softmax(case):
    logits, labels = case.reals("z", (12, 5), scale=8), np.arange(12) % 5
    yield from rounding((yield ask("cross_entropy", logits=logits, labels=labels)), label="−log p[label]")
    g = yield ask("cross_entropy_gradient", logits=logits, labels=labels, upstream=case.reals("upstream", (12,)))
    yield from rounding(g, label="upstream · (p − onehot)")


@last_layer.case(
    "logistic",
    wrongs={
        "labels swapped": LABELS_SWAPPED,
        "the loss of swapped labels": LOSS_OF_SWAPPED_LABELS,
        "softmax twice": SOFTMAX_TWICE,
        "squared error": SQUARED_ERROR,
        "σ(z) − y times σ′(z)": Wrong(says={"by_z": label_minus_times_slope}, needs=CROSS_ENTROPY),
        "y − σ(z)": Wrong(says={"by_z": label_minus}, needs=CROSS_ENTROPY),
    },
)
def after_logistic(case, *, by_z=minus_label):
    z = grid(case.dtype)
    for y in (0, 1):
        given = loss_of(two_classes(z), y)
        loss, g = yield [
            ask("cross_entropy", **given),
            ask("cross_entropy_gradient", **given, upstream=np.ones_like(z)),
        ]
        yield from rounding(loss, label=f"the loss, y = {y}")
        wanted = np.stack([-by_z(z, y), by_z(z, y)], axis=1)
        yield within(g, wanted, gradient_bound(z, y), label=f"σ(z) − y, y = {y}", source=FORMULA)
    for function in FROM_LOGITS.get(case.backend, ()):
        g = yield ask("own_loss_gradient", x=z, function=function)
        yield within(g, by_z(z, 1), difference_bound(z), label=f"{function}: σ(z) − 1", source=FORMULA)


@last_layer.case("a confident mistake", wrongs={"labels swapped": LABELS_SWAPPED, "squared error": SQUARED_ERROR})
def confident_mistake(case):
    z = grid(case.dtype)
    z = z[z <= 0]
    g = yield ask("cross_entropy_gradient", **loss_of(two_classes(z), 1), upstream=np.ones_like(z))
    large = np.clip(g.value, [0.5, -1], [1, -0.5])
    label = "between ½ and 1 in size for z ≤ 0, y = 1"
    yield within(g, large, gradient_bound(z, 1), label=label, source=INEQUALITY)


@last_layer.case(
    "squared error",
    wrongs={
        "the squared error compensates too": Wrong(says={"squared": without_the_slope}, needs=("logistic_gradient",))
    },
)
def squared_error(case, *, squared=with_the_slope):
    z = grid(case.dtype)
    upstream = minus_label(z, 1).astype(case.dtype)
    g = yield ask("logistic_gradient", x=z, upstream=upstream)
    bound = bounds.elementwise_gradient("logistic", case.dtype, oracle.logistic(z), upstream)
    yield within(g, squared(z, upstream), bound, label="(σ(z) − 1)·σ′(z)", source="σ and σ′ in 95 bits")
    least = oracle.exp(-np.abs(z))
    small = np.clip(g.value, -least, least)
    yield within(g, small, bound, label="at most e^−|z| in size", source=INEQUALITY)


@last_layer.case(
    "over seeds",
    backends=FRAMEWORKS,
    dtypes=("float64",),
    wrongs={
        "arms exchanged": {"compare": population.exchanged},
        "the squared error in place of the cross-entropy": arm_for_arm(
            "decides", "squared_error@15", replaced="cross_entropy@15"
        ),
        "the cross-entropy under both names": arm_for_arm("decides", "cross_entropy@15", replaced="squared_error@15"),
        "an undecided start in place of the certain one": arm_for_arm(
            "decides", "squared_error@0", replaced="squared_error@15"
        ),
    },
)
def over_seeds(case, *, compare=population.as_measured, arms=population.as_they_ran):
    yield from population.study(case, design, ("decides",), compare=compare, arms=arms, followed="decides")


@last_layer.limit("the squared error does not compensate")
def _(case):
    """With half the squared error the gradient of a mistake is largest at z = −0.7; already at z = −2 it is smaller
    than at z = 0, where nothing is decided, and from there on it vanishes.
    """

    def build(p):
        z = row(p.z, case.dtype)
        return ask("logistic_gradient", x=z, upstream=minus_label(z, 1).astype(case.dtype))

    def literal(g, p):
        large = g.then(lambda a: bool((np.abs(a) >= 0.125).all()))
        return fact(large, True, label=f"|dL/dz| at z = {p.z:g} is no smaller than at 0", source="½·¼ = 1/8 at 0")

    def instead(g, p):
        z = row(p.z, case.dtype)
        label, source = "|dL/dz| at most e^−|z|", "σ′ ≤ e^−|z|"
        return within(g, np.zeros_like(z), bounds.logistic_tail(z), label=label, source=source)

    points = [Number(float(-z)) for z in range(31)]
    yield from smallest(points, build, literal, instead=instead, order="by |z|, whole numbers")


population.limit(
    last_layer,
    design,
    "a logistic at the end, with the squared error",
    """
    It is not the logistic as such that is harmless as the last layer: with the squared error, which does not
    compensate, the network that starts from confident mistakes decides no more than chance.
    """,
    gates.STUCK.above(0.6, "it is right for more than six in ten", "“as the last layer OK”"),
)
population.limit(
    last_layer,
    design,
    "no mistakes to begin with",
    """
    From an output bias of 0 the squared error learns as well, to within five points: nothing is saturated that the
    loss would have to compensate.
    """,
    gates.UNDECIDED.above(0.05, "the squared error does worse by five points", "“compensated by the loss”"),
)
