"""The lecture's “The prediction is the category with highest probability”: the argmax of probabilities, and of logits."""

from typing import NamedTuple

import numpy as np

from ....reference import bounds
from ....reference.samples.data import digits
from ...language import Wrong, ask, claim, edge, fact, same_bits, smallest
from ..shared.wrongs import another
from . import mutants
from .layers import CLASSES, held_out


def first_largest(rows):
    """The class of the largest number of each row, found by looking at one after the other; the first of equals."""
    classes = []
    for row in rows.tolist():
        best = 0
        for k, number in enumerate(row):
            best = k if number > row[best] else best
        classes.append(best)
    return np.array(classes, np.int64)


def largest_logit(z, w):
    return first_largest(z)


def smallest_logit(z, w):
    return first_largest(-z)


def over_the_batch(z, w):
    return first_largest(z.T)


def largest_weights(z, w):
    """The class whose weights are largest, whatever the image."""
    assert w is not None
    return np.full(len(z), np.argmax(np.abs(w).sum(1)), np.int64)


def nearest_mean(dtype):
    """Weights and biases of the classifier that finds the class whose mean training image m is nearest: z = m·x − |m|²/2."""
    (images, labels), _ = digits()
    means = np.stack([images[labels == k].reshape(-1, 64).mean(0) for k in range(CLASSES)])
    return means.astype(dtype), (-(means**2).sum(1) / 2).astype(dtype)


def alone(p):
    """The rows [N] whose two largest numbers differ."""
    top = np.sort(p, axis=1)[:, -2:]
    return top[:, 0] != top[:, 1]


prediction = claim(
    "network.prediction",
    """
    The class of the largest logit has the largest probability, and where the two largest probabilities differ it is
    the prediction: the argmax of the probabilities is the argmax of the logits, by each library's own argmax too.

    Instead: The prediction for a given image is the category with the {largest logit|two logits whose softmax ties}:
    that of highest probability, where {only one has it|no single highest probability}.

    Scope: the largest of the logits is unique; images are rows, classes columns; logits close together, ordinary and
    far apart; a nearest-mean classifier on real digits

    Pictures: softmax

    Sources:
    - Goodfellow, Bengio, Courville (2016), §5.1.1 and §6.2.2.3
    """,
    kind="exact",
    expected="verified",
    premises=("network.distribution",),
)


MISTAKEN_ARGMAX = {
    "argmin": Wrong(says={"choose": smallest_logit}),
    "argmax over the batch": Wrong(says={"choose": over_the_batch}),
    "the library's argmax over the batch": another("argmax", mutants.argmax_over_the_batch),
    "the library's argmin": another("argmax", mutants.argmin),
}


@prediction.case("logits", wrongs=MISTAKEN_ARGMAX)
def of_drawn_logits(case, *, choose=largest_logit):
    step = np.finfo(case.dtype).eps
    tables = {
        "close": 1 + step * np.array([case.rng(f"row {i}").permutation(CLASSES) for i in range(CLASSES)]),
        "ordinary": case.reals("ordinary", (CLASSES, CLASSES)),
        "far apart": case.reals("far", (CLASSES, CLASSES), scale=200),
    }
    for name, table in tables.items():
        z = table.astype(case.dtype)
        yield from predicted(name, z, choose(z, None))


@prediction.case(
    "real images",
    wrongs=MISTAKEN_ARGMAX
    | {"the class of the largest weights": Wrong(says={"choose": largest_weights}, needs=("fully_connected",))},
)
def of_real_images(case, *, choose=largest_logit):
    x, _ = held_out(CLASSES, case.dtype)  # as many images as classes: a wrong axis does not show by its length
    w, b = nearest_mean(case.dtype)
    z = yield ask("fully_connected", x=x.reshape(len(x), -1), w=w, b=b)
    yield from predicted("nearest mean", z.value, choose(z.value, w))


def predicted(name, z, wanted):
    p, of_logits = yield [ask("softmax", x=z, axis=1), ask("argmax", x=z, axis=1)]
    yield fact(
        p.then(lambda p: bool((p[np.arange(len(p)), wanted] == p.max(1)).all())),
        True,
        label=f"{name}: the class of the largest logit has the largest probability",
        source="exp grows with z",
    )
    yield same_bits(
        of_logits, wanted, label=f"{name}: the library's argmax of the logits", source="each number looked at in turn"
    )
    rows = alone(p.value)
    if not rows.any():
        return
    yield same_bits(
        p.then(lambda p: first_largest(p[rows])),
        wanted[rows],
        label=f"{name}: argmax of the probabilities, where two differ",
        source="argmax of the logits",
    )
    of_probabilities = yield ask("argmax", x=p.value, axis=1)
    yield same_bits(
        of_probabilities.then(lambda k: k[rows]),
        wanted[rows],
        label=f"{name}: the library's argmax of the probabilities",
        source="argmax of the logits",
    )


def tied(case, K, gap):
    """The softmax of K logits, all 0 but the last."""
    return ask("softmax", x=np.array([[0.0] * (K - 1) + [gap]], case.dtype), axis=1)


def last_predicted(p, K):
    return fact(
        p.then(lambda p: first_largest(p).tolist()),
        [K - 1],
        label=f"of {K} classes the last, whose logit is larger, is predicted",
        source="argmax of the logits (0, …, 0, gap)",
    )


def all_alike(p):
    return fact(
        p.then(lambda p: bool((p == p[0, 0]).all())),
        True,
        label="all probabilities are the same number",
        source="the softmax rounds",
    )


@prediction.limit("two logits whose softmax ties")
def _(case):
    """The largest gap between two logits that the softmax loses, the larger logit placed second: about half a unit
    roundoff u. A prediction from the probabilities then takes the first class, one from the logits the second.
    """
    yield from edge(
        1.0,
        float(np.finfo(case.dtype).tiny),
        case.dtype,
        lambda gap: tied(case, 2, gap),
        lambda p, gap: last_predicted(p, 2),
        instead=lambda p, gap: all_alike(p),
        symbol="gap",
    )


class Gap(NamedTuple):
    """By how many u, the unit roundoff, one logit of K exceeds the others, which are equal."""

    u: float
    K: int


@prediction.limit("more classes lose larger gaps")
def _(case):
    """With more classes the quotients may round a larger gap away, where they are quotients: in NumPy and SciPy with
    seven classes (float32) or three (float64). In PyTorch and TensorFlow the number of classes made no difference.
    """
    gaps = sorted((Gap(n / 4, K) for n in range(1, 13) for K in range(2, 11)), key=lambda g: (-g.u, g.K))
    unit = bounds.unit_roundoff(case.dtype)
    yield from smallest(
        gaps,
        lambda g: tied(case, g.K, g.u * unit),
        lambda p, g: last_predicted(p, g.K),
        instead=lambda p, g: all_alike(p),
        order="the largest gap first, then by K",
    )


class Classes(NamedTuple):
    """K classes, of which m share the highest probability (or are NaN); they come last."""

    K: int
    m: int


CLASSES_AND_TOPS = sorted((Classes(K, m) for K in range(1, 5) for m in range(K + 1)), key=lambda c: (c.K, c.m))


@prediction.limit("no single highest probability")
def _(case):
    """Where several classes share the highest probability “the category with highest probability” is not one
    category. NumPy, PyTorch and TensorFlow all return the first of them (PyTorch before 1.7 the last).
    """
    points = [c for c in CLASSES_AND_TOPS if c.m]

    def build(c):
        z = np.array([[0.0] * (c.K - c.m) + [1.0] * c.m], case.dtype)
        return [ask("softmax", x=z, axis=1), ask("argmax", x=z, axis=1)]

    def literal(answer, c):
        return fact(
            answer[0].then(lambda p: int((p == p.max()).sum())),
            1,
            label="how many classes have the highest probability",
            source="“the” category",
        )

    def instead(answer, c):
        return fact(
            answer[1].then(lambda k: k.tolist()),
            [c.K - c.m],
            label="the first of them is returned",
            source="the rule of each library's argmax",
        )

    yield from smallest(points, build, literal, instead=instead, order="by K, then by m")


NAN_COUNTS = {"tensorflow": False}
"""Whether argmax takes a NaN for the largest (the others do, as NumPy's documentation says) or passes over it."""


@prediction.limit("a probability that is NaN")
def _(case):
    """Where a probability is NaN there is no highest. NumPy and PyTorch return the class of the first NaN, TensorFlow
    that of the highest number beside it, and the first class where there is none.
    """
    counts = NAN_COUNTS.get(case.backend, True)

    def build(c):
        return ask("argmax", x=np.array([[0.0] * (c.K - c.m) + [np.nan] * c.m], case.dtype), axis=1)

    def literal(k, c):
        return fact(
            k.then(lambda k: bool(k[0] < c.K - c.m)),
            True,
            label="the class returned has a probability",
            source="the category with highest probability",
        )

    def instead(k, c):
        return fact(
            k.then(lambda k: k.tolist()),
            [c.K - c.m],
            label="the class of the first NaN",
            source="the rule of each library's argmax",
        )

    yield from smallest(
        CLASSES_AND_TOPS[1:], build, literal, instead=instead, order="by K, then by the number m of NaNs"
    )
    p = np.array([[0.5, np.nan, 0.1], [np.nan, 0.1, 0.5]], case.dtype)
    yield fact(
        (yield ask("argmax", x=p, axis=1)).then(lambda k: k.tolist()),
        [1, 0] if counts else [0, 2],
        label="argmax of (½, NaN, 0.1) and of (NaN, 0.1, ½)",
        source="NaN counts as the largest" if counts else "NaN is passed over",
    )


class Table(NamedTuple):
    """Probabilities of N images and K classes."""

    N: int
    K: int


OVER_IMAGES = {"tensorflow": True}
"""Whether argmax without an axis goes along the first (TensorFlow), or over all numbers as one row (NumPy, PyTorch)."""


@prediction.limit("argmax without an axis")
def _(case):
    """Left to its default, no library's argmax predicts a class for each image of a minibatch: TensorFlow's goes over
    the images, NumPy's and PyTorch's over all numbers at once. With one class and one image the default happens to be
    right.
    """
    tables = sorted((Table(N, K) for N in range(1, 4) for K in range(1, 4)), key=lambda t: (t.N * t.K, t.N))

    def probabilities(t):
        """Each image's last class is its most probable, and the later images are surer of it."""
        return np.arange(1, t.N * t.K + 1).reshape(t.N, t.K).astype(case.dtype)

    def build(t):
        return ask("argmax_by_default", x=probabilities(t))

    def literal(k, t):
        return fact(
            k.then(lambda k: np.ravel(k).tolist()),
            [t.K - 1] * t.N,
            label="a class for each image",
            source="argmax over the classes",
        )

    def instead(k, t):
        over_images = OVER_IMAGES.get(case.backend, False)
        wanted = [t.N - 1] * t.K if over_images else [t.N * t.K - 1]
        return fact(
            k.then(lambda k: np.ravel(k).tolist()),
            wanted,
            label="argmax over the images" if over_images else "argmax over all numbers",
            source="the library's documentation",
        )

    yield from smallest(tables, build, literal, instead=instead, order="by N·K, then by N")
