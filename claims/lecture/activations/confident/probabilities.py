"""Limits of the claim about the last layer: a loss that is given probabilities loses what the logits would have told it."""

from typing import NamedTuple

import numpy as np

from .....reference import bounds, oracle
from ....language import ask, edge, fact, smallest, within
from ...shared.floats import FARTHEST, in_words, row, word
from .claim import last_layer, two_classes


def what_is_left(g):
    """What is left of a confident mistake's gradient, which should be between ½ and 1 in size."""

    def size_in_words(a):
        size = np.abs(a)
        return "at least ½" if (size >= 0.5).all() else "below ½" if (size > 0).all() else word(a.flat[0] + 0.0)

    return g.then(size_in_words)


def mistake_at(z, function):
    return f"{function}: |dL/dz| at z = {z:g}, y = 1", "1 − σ(z) ≥ ½ for z ≤ 0"


def through_probabilities(lib, *, z):
    """Runs in the worker: dL/dz of −log p[label], p = softmax (0, z), by the chain rule, step by step."""
    logits, labels = two_classes(z), np.ones(len(z), np.int64)
    with np.errstate(invalid="ignore"):
        p = lib.softmax(logits, axis=1)
        slope = lib.cross_entropy_of_probabilities_gradient(p, labels, np.ones_like(z))
        return lib.softmax_gradient(logits, slope, axis=1)[:, 1]


@last_layer.limit("from probabilities, by the chain rule")
def _(case):
    """Given p = softmax (0, z), the loss −log p has the derivative −1/p, which is infinite where p is too small:
    times softmax's derivative, which is 0 there, it is NaN. From z = −88.7 or −709 on the mistake teaches nothing
    (−86.6 and −708.4 in TensorFlow, where small numbers are 0).
    """

    def literal(g, z):
        label, source = mistake_at(z, "−log softmax")
        return fact(what_is_left(g), "at least ½", label=label, source=source)

    def instead(g, z):
        return fact(what_is_left(g), "nan", label=f"dL/dz at z = {z:g}", source="−1/p = −∞, and −∞·0")

    def build(z):
        return ask(through_probabilities, z=row(z, case.dtype))

    yield from edge(-1, -FARTHEST[str(case.dtype)], case.dtype, build, literal, instead=instead, symbol="z")


CLIPPED = {
    "torch": ("torch.nn.functional.binary_cross_entropy(torch.sigmoid(z))", "below ½", -28),
    "tensorflow": ("keras.losses.binary_crossentropy(tf.sigmoid(z))", "0", -16),
}
"""Library → its own loss of a probability, what is left of the gradient where it is lost, and from which z on, as a whole number."""
LEFT = {function: left for function, left, _ in CLIPPED.values()}
"""Loss → what is left of the gradient at z = −60; of all others everything is."""


@last_layer.limit("a library's own loss of a probability", backends=tuple(CLIPPED))
def _(case):
    """After tf.sigmoid Keras' binary cross-entropy clips p to [10⁻⁷, 1 − 10⁻⁷]: from z = −16.1 on its gradient is
    exactly 0. PyTorch's divides by p(1 − p) or 10⁻¹², whichever is larger: from z = −28.3 on it falls below ½, and on
    like p. Keras finds the logits again where p comes directly from its own sigmoid, or from TensorFlow's inside a
    tf.function.
    """
    function, left, whole = CLIPPED[case.backend]
    reached: list[int] = []

    def build(z):
        return ask("own_loss_gradient", x=row(z, case.dtype), function=function)

    def literal(g, z):
        label, source = mistake_at(z, function)
        return fact(what_is_left(g), "at least ½", label=label, source=source)

    def instead(g, z):
        reached.append(int(z))
        label, source = f"what is left of it at z = {z:g}", "the library's clipping, as it was seen"
        return fact(what_is_left(g), left, label=label, source=source)

    yield from edge(-1, -FARTHEST[str(case.dtype)], case.dtype, build, literal, instead=instead, symbol="z")
    names = (yield ask("own_losses_of_logits")).value
    left_of = yield [ask("own_loss_gradient", x=row(-60, case.dtype), function=name) for name in names]
    from_where = left_of[0].then(lambda _: reached)
    yield fact(from_where, [whole], label="from which z on, as a whole number", source="log 10⁻⁷; log ½·10⁻¹²")
    for name, g in zip(names, left_of, strict=True):
        wanted = LEFT.get(name, "at least ½")
        yield fact(what_is_left(g), wanted, label=f"{name}: |dL/dz| at z = −60", source="seen of the library")


LARGEST_LOSS = {"torch": "100"}
"""Library → its own loss of a probability of 0; infinity where none is named."""
SMALLEST_PROBABILITY = {"tensorflow": 1e-7}
"""Library → what its own loss takes a smaller probability for."""


@last_layer.limit("the loss of a probability")
def _(case):
    """−log p, which should grow with |z|, is infinite where p is 0 in the format: from z = −104 or −745 on (NumPy,
    SciPy). PyTorch's own loss is never above 100, Keras' never above −log 10⁻⁷ = 16.1: a worse mistake costs no more.
    """
    function = (yield ask("own_losses")).value[-1]

    def probability(z):
        return oracle.logistic(row(z, case.dtype)).astype(case.dtype)

    def build(z):
        return ask("own_loss", p=probability(z), function=function)

    def right(y, p, label):
        wanted = oracle.cross_entropy_of_probabilities(p[:, None], np.zeros(len(p), np.int64))
        bound = bounds.cross_entropy_of_probabilities(wanted, case.dtype)
        return within(y, wanted, bound, label=label, source="log in 95 bits")

    def literal(y, z):
        p, label = probability(z), f"{function} is −log p at p = σ({z:g})"
        if p[0]:
            return right(y, p, label)
        most = -np.log(np.finfo(case.dtype).smallest_subnormal)
        grows = y.then(lambda a: bool(np.isfinite(a).all() and (a > most).all()))
        label = f"{function} at p = 0 is a number, larger than at any other p"
        return fact(grows, True, label=label, source="−log σ(z) grows")

    def instead(y, z):
        if clip := SMALLEST_PROBABILITY.get(case.backend):
            return right(y, row(clip, case.dtype), f"−log {clip:g}")
        largest = LARGEST_LOSS.get(case.backend, "inf")
        return fact(in_words(y), largest, label=f"{function} at p = σ({z:g})", source="seen")

    yield from edge(-1, -FARTHEST[str(case.dtype)], case.dtype, build, literal, instead=instead, symbol="z")


class Given(NamedTuple):
    """Two classes, of which the right one has the probability p, given to a loss as probabilities or as logits."""

    given: str
    p: float


EXPECTS = {"torch": "logits", "tensorflow": "probabilities"}
"""Library → what its own cross-entropy takes its rows for if it is not told."""


@last_layer.limit("what a loss takes its input for", backends=tuple(EXPECTS))
def _(case):
    """Told nothing, PyTorch's cross-entropy takes what it is given for logits, Keras' for probabilities, which it
    divides by their sum and clips: given the other, both return a number, and a wrong one. At p = ½ nobody notices.
    """
    label = np.ones(1, np.int64)

    def rows(p):
        logits = np.array([[1, 1 + np.log(p.p / (1 - p.p))]], case.dtype)
        return logits if p.given == "logits" else np.array([[1 - p.p, p.p]], case.dtype)

    def build(p):
        return ask("own_loss_by_default", x=rows(p), labels=label)

    def taken_for(what, y, x, text):
        if what == "logits":
            exact = oracle.cross_entropy(x, label)
            bound = bounds.cross_entropy(exact, x, label, case.dtype)
        else:
            exact = oracle.cross_entropy_of_probabilities(x, label)
            bound = bounds.cross_entropy_of_probabilities(exact, case.dtype)
        return within(y, exact, bound, label=text, source="log in 95 bits")

    def literal(y, p):
        return taken_for(p.given, y, rows(p), f"given p = {p.p:g} as {p.given}, the loss is −log p")

    def instead(y, p):
        if EXPECTS[case.backend] == "logits":
            return taken_for("logits", y, rows(p), "what it is given, taken for logits")
        # Of the logits 1 and −0.1 the second, divided by their sum, is below 0.
        least = np.array([[1, 1e-7]], case.dtype)
        return taken_for("probabilities", y, least, "what it is given, divided by the sum and clipped to 10⁻⁷")

    points = [Given(given, p) for p in (0.5, 0.25, 0.75) for given in ("logits", "probabilities")]
    yield from smallest(points, build, literal, instead=instead, order="p = ½ first, then ¼ and ¾")
