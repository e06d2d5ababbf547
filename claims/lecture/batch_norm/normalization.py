"""The lecture's section “Why does batch normalization work?”: what batch normalisation does, and what libraries make of it.

y = γ (x − μ)/√(s² + ε) + β      training: μ, s² are the mean and the (biased) variance of a channel over the batch and all positions
                                 inference: they are the values remembered from training
"""

import functools

import numpy as np

from ....reference import bounds, oracle
from ...language import Wrong, ask, claim, rounding, within
from ..shared.wrongs import another, mistaken
from . import mutants
from .moments import exact_mean, exact_variance, mean_zero, moments_of_training, whatever_epsilon
from .own_layers import FORMULA, LAYERS, STATISTICS, as_it_comes, own, with_others

normalizes = claim(
    "batch_norm.normalizes",
    """
    In training each channel comes out as γ(x − μ)/√(s² + ε) + β with the mean μ and the biased variance s² of the
    batch, so with mean β and variance γ² s²/(s² + ε); in inference with the mean and variance remembered, which are
    (1 − m)·old + m·new. The libraries' own layers do the same, each with its own ε, momentum, divisor of the variance
    remembered, mode and axis.

    Scope: at least two values a channel; ε > 0; what the own layers do when nothing is said, as predicted for PyTorch
    and for Keras

    Pictures: normalized

    Sources:
    - Ioffe & Szegedy (2015), arXiv 1502.03167, algorithms 1 and 2
    """,
    kind="rounding",
    expected="verified",
)


def known(mistake, operation):
    return mistaken(mistake, operation, needs=(operation,))


NOT_NORMALIZED = {
    "the remembered statistics in training": another("batch_norm_training", mutants.remembered_statistics),
    "nothing is normalised": another("batch_norm_training", mutants.without_batch_norm),
}


@normalizes.case("training, rows", shape=(6, 3), epsilon=1e-5, wrongs=NOT_NORMALIZED)
@normalizes.case(
    "training",
    shape=(4, 3, 3, 3),
    epsilon=1e-3,
    wrongs={
        "statistics of each row": known("statistics of each row", "batch_norm_training"),
        "statistics of each image": known("statistics of each image", "batch_norm_training"),
        "ε outside the root": another("batch_norm_training", mutants.epsilon_outside_the_root),
        "γ and β exchanged": known("gamma and beta exchanged", "batch_norm_training"),
        "the variance over n − 1": known("unbiased variance", "batch_norm_training"),
        "the mean is 0, whatever β": Wrong(says={"mean": mean_zero}, needs=("batch_norm_training",)),
        "the variance is γ², whatever ε": Wrong(says={"variance": whatever_epsilon}, needs=("batch_norm_training",)),
    }
    | NOT_NORMALIZED,
)
def in_training(case, *, mean=exact_mean, variance=exact_variance):
    x, gamma, beta, _ = channels(case)
    y = yield ask("batch_norm_training", x=x, gamma=gamma, beta=beta, epsilon=case.epsilon)
    yield from rounding(y, label="with the batch's statistics")
    yield from moments_of_training(y, mean, variance)


@normalizes.case(
    "inference",
    shape=(4, 3, 3, 3),
    wrongs={
        "ε outside the root, inference": known("epsilon outside the root", "batch_norm_inference"),
        "γ and β exchanged, inference": known("gamma and beta exchanged", "batch_norm_inference"),
        "the batch's statistics in inference": known("training mode", "batch_norm_inference"),
    },
)
def in_inference(case):
    x, gamma, beta, old = channels(case)
    y = yield ask("batch_norm_inference", x=x, gamma=gamma, beta=beta, mean=old, variance=gamma**2 + 1, epsilon=1e-3)
    yield from rounding(y, label="with the statistics remembered")


@normalizes.each(
    {
        "remembered over n": {"shape": (2, 3, 2, 1), "correction": 0},
        "remembered over n − 1": {"shape": (2, 3, 2, 1), "correction": 1},
    }
)
def is_remembered(case):
    x, gamma, _, old = channels(case)
    y = yield ask("batch_norm_running", x=x, mean=old, variance=gamma**2, momentum=0.125, correction=case.correction)
    yield from rounding(y, label=case.name)


def channels(case):
    """x, γ, β and remembered means; each channel has another mean and another spread: no two can be taken for each other."""
    spread = np.array([0.25, 1.0, 3.0]).reshape(1, 3, *[1] * (len(case.shape) - 2))
    x = (case.reals("x", case.shape) * spread + 2 - spread).astype(case.dtype)
    return x, *(case.reals(name, (3,)) for name in ("gamma", "beta", "old"))


@normalizes.case(
    "own layer",
    backends=LAYERS,
    wrongs={
        f"the other library's {name}": {"layer": functools.partial(with_others, default=default)}
        for name, default in (
            ("ε", "epsilon"),
            ("default momentum", "momentum"),
            ("meaning of momentum", "momentum_is_of"),
            ("divisor of the variance", "correction"),
            ("mode", "mode"),
            ("axis", "axis"),
        )
    },
)
def own_layer(case, *, layer=own):
    """A new layer of the library's own, as it comes, and as it is told."""
    defaults = layer(case.backend)
    x, image = case.reals("rows", (5, 3), offset=1), case.reals("image", (2, 3, 4, 5))
    untold, trained, quarter, imaged = yield [
        ask("own_batch_norm", x=x, mode="as it comes", settings={}),
        ask("own_batch_norm", x=x, mode="training", settings={}),
        ask("own_batch_norm", x=x, mode="training", settings={"momentum": 0.25}),
        ask("own_batch_norm", x=image, mode="training", settings={}),
    ]
    for y, how, mode in ((untold, "as it comes", defaults.mode), (trained, "told to train", "training")):
        wanted, bound = as_it_comes(x, case.dtype, epsilon=defaults.epsilon, mode=mode)
        yield within(y.part(0), wanted, bound, label=f"{how}: {mode} mode, ε = {defaults.epsilon:g}", source=FORMULA)
    for y, momentum in ((trained, defaults.momentum), (quarter, 0.25)):
        yield from remembered(y, x, defaults, momentum)
    wanted, bound = as_it_comes(image, case.dtype, epsilon=defaults.epsilon, axis=defaults.axis)
    back = imaged.part(0).then(lambda y: np.moveaxis(y, defaults.axis, 1))
    yield within(back, wanted, bound, label=f"an image: the channels are on axis {defaults.axis}", source=FORMULA)


def remembered(y, x, defaults, momentum):
    """What a new layer remembers of x, which began with mean 0 and variance 1."""
    zero, one = np.zeros(x.shape[1]), np.ones(x.shape[1])
    settings = {"momentum": defaults.weight_of_new(momentum), "correction": defaults.correction}
    allowed = bounds.batch_norm_running(x, zero, one, x.dtype, **settings)
    for i, wanted in enumerate(oracle.batch_norm_running(x, zero, one, **settings)):
        yield within(
            y.part(1 + i),
            wanted,
            allowed[i],
            source=STATISTICS,
            label=f"{('mean', 'variance')[i]} remembered, momentum {momentum:g} of the {defaults.momentum_is_of} value",
        )
