"""The lecture's section “Why does batch normalization work?”: what batch normalisation does, and what libraries make of it.

y = γ (x − μ)/√(s² + ε) + β      training: μ, s² are the mean and the (biased) variance of a channel over the batch and all positions
                                 inference: they are the values remembered from training
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

import numpy as np

from ....reference import bounds, mistakes, oracle
from ....reference.judging import assessment
from ....reference.operators import catalogue
from ...language import Case, Outcome, Wrong, ask, claim, rounding, within
from . import mutants

FORMULA = "y = γ(x − μ)/√(s² + ε) + β, in double-double, rounded once"
STATISTICS = "(1 − m)·old + m·new, in double-double, rounded once"


@dataclass(frozen=True)
class Habits:
    """What a library's own layer does when it is left to itself."""

    epsilon: float
    momentum: float
    momentum_is_of: Literal["new", "old"]
    """Whether “momentum” is the weight of the batch's statistics or of those remembered."""
    correction: Literal[0, 1]
    """The variance that is remembered is over n − correction."""
    mode: Literal["training", "inference"]
    """As it comes, without being told."""
    axis: int
    """The axis of the channels."""

    def weight_of_new(self, momentum: float) -> float:
        return momentum if self.momentum_is_of == "new" else 1 - momentum


OWN = {
    "torch": Habits(epsilon=1e-5, momentum=0.1, momentum_is_of="new", correction=1, mode="training", axis=1),
    "tensorflow": Habits(epsilon=1e-3, momentum=0.99, momentum_is_of="old", correction=0, mode="inference", axis=-1),
}
LAYERS = tuple(OWN)
OTHER = {"torch": "tensorflow", "tensorflow": "torch"}


def own(backend: str) -> Habits:
    return OWN[backend]


def with_others(backend: str, *, habit: str) -> Habits:
    """The library's habits with one of them as the other library has it."""
    return replace(OWN[backend], **{habit: getattr(OWN[OTHER[backend]], habit)})


def exact_mean(gamma: np.ndarray, beta: np.ndarray, variance: np.ndarray, epsilon: float) -> np.ndarray:
    return beta


def exact_variance(gamma: np.ndarray, beta: np.ndarray, variance: np.ndarray, epsilon: float) -> np.ndarray:
    """γ² s²/(s² + ε)."""
    return gamma**2 * variance / (variance + epsilon)


def whatever_epsilon(gamma: np.ndarray, beta: np.ndarray, variance: np.ndarray, epsilon: float) -> np.ndarray:
    return gamma**2


def mean_zero(gamma: np.ndarray, beta: np.ndarray, variance: np.ndarray, epsilon: float) -> np.ndarray:
    return np.zeros_like(beta)


def channel_moment(y: np.ndarray, *, order: int) -> np.ndarray:
    """Mean (order 1), biased variance (2) or third central moment (3) of each channel, in fractions, rounded once."""
    found = []
    for row in np.moveaxis(y, 1, 0).reshape(y.shape[1], -1).tolist():
        numbers = [Fraction(number) for number in row]
        mean = sum(numbers) / len(numbers)
        found.append(float(mean if order == 1 else sum((z - mean) ** order for z in numbers) / len(numbers)))
    return np.array(found, y.dtype)


def mistaken(mistake: str, operation: str, *cases: str) -> Wrong:
    return Wrong(
        operations={operation: functools.partial(mistakes.commit, mistake=mistake, operation=operation)},
        cases=cases,
        needs=(operation,),
    )


normalizes = claim(
    "batch_norm.normalizes",
    """
    In training each channel comes out as γ(x − μ)/√(s² + ε) + β with the mean μ and the biased variance s² of the
    batch, so with mean β and variance γ² s²/(s² + ε); in inference with the mean and variance remembered, which are
    (1 − m)·old + m·new. The libraries' own layers do the same, each with its own ε, momentum, divisor of the variance
    remembered, mode and axis.

    Scope: at least two values a channel; ε > 0; what the own layers do when nothing is said, as predicted for PyTorch
    and for Keras

    Sources:
    - Ioffe & Szegedy (2015), arXiv 1502.03167, algorithms 1 and 2
    """,
    kind="rounding",
    expected="verified",
)


@normalizes.each(
    {
        "training": {"shape": (4, 3, 3, 3), "epsilon": 1e-3},
        "training, rows": {"shape": (6, 3), "epsilon": 1e-5},
        "inference": {"shape": (4, 3, 3, 3), "epsilon": 1e-3},
        "remembered over n": {"shape": (2, 3, 2, 1), "correction": 0},
        "remembered over n − 1": {"shape": (2, 3, 2, 1), "correction": 1},
        "own layer": {"backends": LAYERS},
    },
    wrongs={
        "statistics of each row": mistaken("statistics of each row", "batch_norm_training", "training"),
        "statistics of each image": mistaken("statistics of each image", "batch_norm_training", "training"),
        "ε outside the root": Wrong(
            operations={"batch_norm_training": mutants.epsilon_outside_the_root},
            cases=("training",),
            needs=("batch_norm_training",),
        ),
        "ε outside the root, inference": mistaken("epsilon outside the root", "batch_norm_inference", "inference"),
        "γ and β exchanged": mistaken("gamma and beta exchanged", "batch_norm_training", "training"),
        "γ and β exchanged, inference": mistaken("gamma and beta exchanged", "batch_norm_inference", "inference"),
        "the variance over n − 1": mistaken("unbiased variance", "batch_norm_training", "training"),
        "the batch's statistics in inference": mistaken("training mode", "batch_norm_inference", "inference"),
        "the remembered statistics in training": Wrong(
            operations={"batch_norm_training": mutants.remembered_statistics},
            cases=("training", "training, rows"),
            needs=("batch_norm_training",),
        ),
        "nothing is normalised": Wrong(
            operations={"batch_norm_training": mutants.without_batch_norm},
            cases=("training", "training, rows"),
            needs=("batch_norm_training",),
        ),
        "the mean is 0, whatever β": Wrong(
            says={"mean": mean_zero}, cases=("training",), needs=("batch_norm_training",)
        ),
        "the variance is γ², whatever ε": Wrong(
            says={"variance": whatever_epsilon}, cases=("training",), needs=("batch_norm_training",)
        ),
    }
    | {
        f"the other library's {name}": Wrong(
            says={"layer": functools.partial(with_others, habit=habit)}, cases=("own layer",), backends=LAYERS
        )
        for name, habit in (
            ("ε", "epsilon"),
            ("default momentum", "momentum"),
            ("meaning of momentum", "momentum_is_of"),
            ("divisor of the variance", "correction"),
            ("mode", "mode"),
            ("axis", "axis"),
        )
    },
)
def normalizes_cases(case: Case, *, mean=exact_mean, variance=exact_variance, layer=own):
    if case.name == "own layer":
        yield from own_layer(case, layer(case.backend))
        return
    # Each channel with another mean and another spread, so that no two can be taken for each other.
    spread = np.array([0.25, 1.0, 3.0]).reshape(1, 3, *[1] * (len(case.shape) - 2))
    x = (case.reals("x", case.shape) * spread + 2 - spread).astype(case.dtype)
    gamma, beta, old = (case.reals(name, (3,)) for name in ("gamma", "beta", "old"))
    if "remembered" in case.name:
        y = yield ask(
            "batch_norm_running", x=x, mean=old, variance=gamma**2, momentum=0.125, correction=case.correction
        )
        yield from rounding(y, label=case.name)
    elif case.name == "inference":
        y = yield ask(
            "batch_norm_inference", x=x, gamma=gamma, beta=beta, mean=old, variance=gamma**2 + 1, epsilon=case.epsilon
        )
        yield from rounding(y, label="with the statistics remembered")
    else:
        y = yield ask("batch_norm_training", x=x, gamma=gamma, beta=beta, epsilon=case.epsilon)
        yield from rounding(y, label="with the batch's statistics")
        yield from moments(y, mean, variance)


def moments(y: Outcome, mean, variance):
    """What comes out of training has, channel by channel, the mean and variance predicted, up to what y itself may err by."""
    if y.kind != "value" or y.call is None:
        return
    given = y.call.arguments
    operation = catalogue.OPERATIONS["batch_norm_training"]
    exact = oracle.batch_norm_training(given["x"], given["gamma"], given["beta"], epsilon=given["epsilon"])
    _, judged = assessment.kept(operation, given, dict(zip(operation.results, y.value, strict=True)))
    allowed = bounds.channel_moments(judged["y"].bound, exact[0], given["x"].dtype)
    channels = (*(given[name].astype(np.float64) for name in ("gamma", "beta")), exact[2], given["epsilon"])
    for order, (name, wanted) in enumerate((("mean β", mean), ("variance γ² s²/(s² + ε)", variance)), 1):
        yield within(
            y.part(0).then(functools.partial(channel_moment, order=order)),
            wanted(*channels),
            allowed[order - 1],
            label=f"{name} of each channel",
            source="algorithm 1 of Ioffe & Szegedy (2015)",
        )


def normalized(x: np.ndarray, dtype: np.dtype, *, epsilon: float, mode: str = "training", axis: int = 1):
    """(y, bound) of a new layer, γ = 1, β = 0, whose channels lie on an axis; in inference it remembers mean 0, variance 1."""
    x = np.moveaxis(x, axis, 1)
    one, zero = np.ones(x.shape[1]), np.zeros(x.shape[1])
    if mode == "training":
        y = oracle.batch_norm_training(x, one, zero, epsilon=epsilon)[0]
        bound = bounds.batch_norm_training(x, one, zero, dtype, epsilon=epsilon)[0]
    else:
        y = oracle.batch_norm_inference(x, one, zero, zero, one, epsilon=epsilon)
        bound = bounds.batch_norm_inference(x, one, zero, zero, one, dtype, epsilon=epsilon)
    return y, bound


def own_layer(case: Case, habits: Habits):
    """A new layer of the library's own, as it comes."""
    x, image = case.reals("rows", (5, 3), offset=1), case.reals("image", (2, 3, 4, 5))
    as_it_comes, trained, told, imaged = yield [
        ask("own_batch_norm", x=x, mode="as it comes", settings={}),
        ask("own_batch_norm", x=x, mode="training", settings={}),
        ask("own_batch_norm", x=x, mode="training", settings={"momentum": 0.25}),
        ask("own_batch_norm", x=image, mode="training", settings={}),
    ]
    for y, how, mode in ((as_it_comes, "as it comes", habits.mode), (trained, "told to train", "training")):
        wanted, bound = normalized(x, case.dtype, epsilon=habits.epsilon, mode=mode)
        yield within(y.part(0), wanted, bound, label=f"{how}: {mode} mode, ε = {habits.epsilon:g}", source=FORMULA)
    for y, momentum in ((trained, habits.momentum), (told, 0.25)):
        yield from remembered(y, x, habits, momentum)
    wanted, bound = normalized(image, case.dtype, epsilon=habits.epsilon, axis=habits.axis)
    back = imaged.part(0).then(lambda y: np.moveaxis(y, habits.axis, 1))
    yield within(back, wanted, bound, label=f"an image: the channels are on axis {habits.axis}", source=FORMULA)


def remembered(y: Outcome, x: np.ndarray, habits: Habits, momentum: float):
    """What a new layer remembers of x, which began with mean 0 and variance 1."""
    zero, one = np.zeros(x.shape[1]), np.ones(x.shape[1])
    settings = {"momentum": habits.weight_of_new(momentum), "correction": habits.correction}
    allowed = bounds.batch_norm_running(x, zero, one, x.dtype, **settings)
    for i, wanted in enumerate(oracle.batch_norm_running(x, zero, one, **settings)):
        yield within(
            y.part(1 + i),
            wanted,
            allowed[i],
            source=STATISTICS,
            label=f"{('mean', 'variance')[i]} remembered, momentum {momentum:g} of the {habits.momentum_is_of} value",
        )
