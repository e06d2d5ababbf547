"""Cross-entropy and the squared error: their gradients, what is divided by the size of the batch, and what cannot overflow."""

import functools
from typing import NamedTuple

import numpy as np
from lectureclaims.claims.language import Case, Wrong, ask, claim, edge, fact, rounding, same_bits, smallest, within
from lectureclaims.reference import mistakes
from lectureclaims.reference.judging import assessment
from lectureclaims.reference.operators import catalogue


def mistaken(operation, mistake):
    """A library that makes a known mistake in the operation."""
    return Wrong(operations={operation: functools.partial(mistakes.commit, mistake=mistake, operation=operation)})


gradient = claim(
    "losses.gradient",
    r"""
    The gradient of the cross-entropy of a softmax by the scores is p − y, row by row: the probabilities, less 1 at the label.

    Instead: The gradient of the cross-entropy of a softmax by its scores is $p - y${, of the sum over the batch; of the mean it is $(p - y)/N$|the mean over the batch}.

    Scope: equal scores of 2, 4 and 8 classes, whose probabilities are known; normal scores of 5 classes; within the bound of the rounding

    Sources:
    - Bishop (2006), Pattern recognition and machine learning, equation 4.109
    """,
    kind="rounding",
    expected="verified",
)


def less_the_label(p, y):
    return p - y


def label_less(p, y):
    return y - p


def probabilities(p, y):
    return p


@gradient.each(
    {f"{k} equal scores": {"classes": k} for k in (2, 4, 8)},
    wrongs={"y − p": {"slope": label_less}, "p": {"slope": probabilities}},
)
def equal_scores(case: Case, *, slope=less_the_label):
    rows = case.classes
    scores, ones = np.full((rows, rows), 3, case.dtype), np.ones(rows, case.dtype)
    got = yield ask("cross_entropy_gradient", logits=scores, labels=np.arange(rows), upstream=ones)
    wanted = slope(np.full((rows, rows), 1 / rows), np.eye(rows))
    yield within(got, wanted, rounding_of(got), label="p − y", source="p = 1/K")


def rounding_of(got):
    """The bound of what the call's operation may round, under the strictest contract of arithmetic."""
    operation, arguments = catalogue.OPERATIONS[got.call.operation], dict(got.call.arguments)
    dtype = arguments["logits"].dtype
    (judged,) = assessment.judge(operation, arguments, dtype, assessment.contracts(operation, dtype)[0])
    return judged.bound


@gradient.case(
    "normal scores",
    wrongs={name: mistaken("cross_entropy_gradient", name) for name in ("softmax twice", "mean over the batch")},
)
def normal_scores(case: Case):
    scores, labels = case.reals("scores", (6, 5)), np.array([0, 1, 2, 3, 4, 0])
    got = yield ask("cross_entropy_gradient", logits=scores, labels=labels, upstream=np.full(6, 2, case.dtype))
    yield from rounding(got, label="2 (p − y)")


def gradient_of_mean(lib, *, scores, labels):
    import torch

    z = torch.tensor(scores, requires_grad=True)
    torch.nn.functional.cross_entropy(z, torch.tensor(labels)).backward()
    return z.grad.numpy()


class Rows(NamedTuple):
    N: int


@gradient.limit("the mean over the batch", as_worded=True, backends=("torch",))
def _(case: Case):
    """PyTorch's cross_entropy is the mean over the batch unless told otherwise, and so is its gradient: (p − y)/N. The rate that was right for N = 1 is too small
    for a larger batch, or the sum's too large.
    """

    def build(rows):
        return ask(gradient_of_mean, scores=np.zeros((rows.N, 2), case.dtype), labels=np.zeros(rows.N, np.int64))

    def judged(y, divided):
        wanted = np.tile([-0.5, 0.5], (len(y.content), 1)) / divided
        return same_bits(y, wanted.astype(case.dtype), label="the gradient", source="p − y, p = 1/2, divided or not")

    yield from smallest(
        [Rows(n) for n in (1, 2, 4)],
        build,
        lambda y, rows: judged(y, 1),
        instead=lambda y, rows: judged(y, rows.N),
        order="by the size of the batch",
    )


def reduced_in_numpy(lib, *, a, b):
    return np.array([np.mean((a - b) ** 2), np.sum((a - b) ** 2)])


def reduced_in_torch(lib, *, a, b):
    import torch

    first, second = torch.tensor(a), torch.tensor(b)
    loss = torch.nn.functional.mse_loss
    return np.array([loss(first, second, reduction=how).numpy() for how in ("mean", "sum")])


REDUCED = {"numpy": reduced_in_numpy, "torch": reduced_in_torch}


def by_the_count(total, count):
    return total / count


mean = claim(
    "losses.mean",
    """
    The mean of a loss over a batch is its sum divided by the number of its rows.

    Instead: The loss of a batch is the mean, the sum divided by the size of the batch{, or by the sum of the classes' weights|weights of classes}.

    Scope: squared differences of whole numbers, batches of 1, 2, 4 and 8

    Sources:
    - PyTorch's documentation of MSELoss and CrossEntropyLoss, "reduction"

    Elsewhere: only NumPy and PyTorch are asked for a reduction of losses
    """,
    kind="exact",
    expected="verified",
)


@mean.case(
    "whole numbers",
    backends=REDUCED,
    wrongs={
        "the sum": {"divided": lambda total, count: total},
        "one row less": {"divided": lambda total, count: total / max(count - 1, 1)},
    },
)
def reduced(case: Case, *, divided=by_the_count):
    for count in (1, 2, 4, 8):
        a, b = case.integers(f"a{count}", (count,)), case.integers(f"b{count}", (count,))
        got = yield ask(REDUCED[case.backend], a=a, b=b)
        total = int(((a.astype(int) - b.astype(int)) ** 2).sum())
        wanted = np.array([divided(total, count), total], case.dtype)
        yield same_bits(got, wanted, label=f"mean and sum of {count}", source="whole numbers")


def weighted(lib, *, weight, dtype):
    """The sum over the mean of a batch of two rows, both of the weighted class."""
    import torch

    scores, labels = torch.zeros((2, 2), dtype=getattr(torch, dtype)), torch.zeros(2, dtype=torch.int64)
    weights = torch.tensor([weight, 1], dtype=scores.dtype)
    loss = torch.nn.functional.cross_entropy
    total, average = (loss(scores, labels, weight=weights, reduction=how) for how in ("sum", "mean"))
    return float(total / average)


class Weight(NamedTuple):
    w: int


@mean.limit("weights of classes", backends=("torch",))
def _(case: Case):
    """With weights of classes PyTorch's mean divides by the sum of the weights of the labels, not by the size of the batch: two rows of weight 2 by 4."""

    def judged(y, count):
        return fact(y, float(count), label="the sum divided by the mean", source="N, or the sum of the weights")

    yield from smallest(
        [Weight(w) for w in (1, 2, 4)],
        lambda point: ask(weighted, weight=float(point.w), dtype=str(case.dtype)),
        lambda y, point: judged(y, 2),
        instead=lambda y, point: judged(y, 2 * point.w),
        order="by the weight",
    )


shifted = claim(
    "losses.shift",
    """
    The cross-entropy is a function of the differences of the scores: with 1000 or −1000 added to all of them it is what it was, to the rounding, and finite.

    Instead: The cross-entropy stays as it is when a number is added to all scores, and cannot overflow{ where the largest is taken away first|exponentials first}.

    Scope: scores that are multiples of 1/16, so that the sum with 1000 is exact

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §4.1
    """,
    kind="rounding",
    expected="verified",
)


@shifted.each(
    {f"{c:+d}": {"added": c} for c in (0, 1000, -1000)},
    wrongs={name: mistaken("cross_entropy", name) for name in ("softmax twice", "labels off by one")},
)
def scores_and_a_number(case: Case):
    scores = (case.integers("scores", (6, 5), -64, 64) / 16 + case.added).astype(case.dtype)
    got = yield ask("cross_entropy", logits=scores, labels=np.array([0, 1, 2, 3, 4, 0]))
    yield from rounding(got, label="the loss")


def naive_in_numpy(lib, *, z):
    with np.errstate(over="ignore"):
        return np.log(np.exp(z).sum(dtype=z.dtype, keepdims=True))


def naive_in_torch(lib, *, z):
    import torch

    return torch.log(torch.exp(torch.tensor(z)).sum(0, keepdim=True)).numpy()


NAIVE = {"numpy": naive_in_numpy, "torch": naive_in_torch}


@shifted.limit("exponentials first", backends=NAIVE)
def _(case: Case):
    """Where exponentials are taken first, as the formula is written, a score of 89 is too much in float32 and one of 710 in float64: the loss is infinite."""

    def build(z):
        return ask(NAIVE[case.backend], z=np.array([z], case.dtype))

    def finite(y, is_so):
        return fact(
            y.then(lambda a: bool(np.isfinite(a[0]))),
            is_so,
            label="log Σ exp z is finite",
            source="the formula, as it is written",
        )

    yield from edge(
        1, 1000, case.dtype, build, lambda y, z: finite(y, True), instead=lambda y, z: finite(y, False), symbol="z"
    )


def squares_in_numpy(lib, *, a, b):
    """Central differences of the loss, exact for squares of whole numbers."""
    found = []
    for step in np.eye(a.size, dtype=a.dtype):
        up, down = (np.mean((a + s * step.reshape(a.shape) - b) ** 2) for s in (1, -1))
        found.append((up - down) / 2)
    return np.array(found, a.dtype).reshape(a.shape)


def squares_in_torch(lib, *, a, b):
    import torch

    said = torch.tensor(a, requires_grad=True)
    torch.nn.functional.mse_loss(said, torch.tensor(b)).backward()
    return said.grad.numpy()


SQUARES = {"numpy": squares_in_numpy, "torch": squares_in_torch}

squared_error = claim(
    "losses.squared_error",
    r"""
    The gradient of the mean squared error by the predictions is 2 (ŷ − y)/N.

    Instead: The gradient of the mean squared error is $2 (\hat y - y)/N${, $N$ counting all numbers|several numbers a row}.

    Scope: one number a row, whole numbers, batches of 4 and 8

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, equation 5.4

    Elsewhere: only NumPy, by differences, and PyTorch are asked for this gradient
    """,
    kind="exact",
    expected="verified",
)


@squared_error.each(
    {f"{n} rows": {"rows": n} for n in (4, 8)},
    backends=SQUARES,
    wrongs={"the 2 forgotten": {"factor": 1}, "the sign turned": {"factor": -2}},
)
def slopes(case: Case, *, factor=2):
    a, b = case.integers("a", (case.rows,)), case.integers("b", (case.rows,))
    got = yield ask(SQUARES[case.backend], a=a, b=b)
    yield same_bits(
        got,
        (factor * (a - b) / case.rows).astype(case.dtype),
        label="the gradient",
        source="2 (ŷ − y)/N, in whole numbers",
    )


class Columns(NamedTuple):
    D: int


@squared_error.limit("several numbers a row")
def _(case: Case):
    """The mean is over all numbers: of N rows of D numbers the gradient is 2 (ŷ − y)/(N D), and falls with the width of the output."""

    def build(columns):
        a = np.ones((4, columns.D), case.dtype)
        return ask(SQUARES[case.backend], a=a, b=np.zeros_like(a))

    def judged(y, wanted):
        return fact(
            y.then(lambda g: float(g[0, 0])),
            wanted,
            label="the gradient where ŷ − y = 1",
            source="2/N or 2/(N D), N = 4",
        )

    yield from smallest(
        [Columns(d) for d in (1, 2, 4)],
        build,
        lambda y, columns: judged(y, 0.5),
        instead=lambda y, columns: judged(y, 0.5 / columns.D),
        order="by the width",
    )
