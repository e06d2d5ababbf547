"""Momentum against plain descent, over seeds, in a narrow valley and in one that is nearly round."""

import numpy as np
from lectureclaims.claims.language import claim, population
from lectureclaims.claims.language.statistics import Contrast

SEEDS = {"narrow": 20, "round": 20}
SIZE, RATE, MOMENTUM = 16, 0.5, 0.9
STEPS = {"narrow": 100, "round": 20}
CURVATURES = {"narrow": 0.01, "round": 0.5}
NARROW = Contrast("loss in a narrow valley, with momentum / without", "ratio", "narrow", "loss.momentum", "loss.plain")
ROUND = Contrast("loss in a round valley, with momentum / without", "ratio", "round", "loss.momentum", "loss.plain")
EFFECTS = (NARROW, ROUND)
GATES = (
    NARROW.below(0.01, "momentum is faster", "0.0033 [0.0022, 0.0049] on the first seeds"),
    ROUND.above(
        100,
        "momentum is slower where the valley is round",
        "64,000 [44,000, 94,000] on the first seeds",
        role="reversal",
    ),
)

momentum_is_faster = claim(
    "optimisers.momentum_is_faster",
    """
    In a valley a hundred times as steep one way as another momentum is much farther down after a hundred steps; in one that is nearly round it is behind.

    Scope: quadratic losses of 16 weights, curvatures from 0.01 to 1 or from 0.5 to 1, η = 1/2, μ = 0.9, starts drawn by the seeds

    Finding: with momentum {momentum is faster} of the loss is left

    Sources:
    - Goh (2017), Why momentum really works, Distill
    """,
    kind="statistical",
    expected="supported",
)
population.over_seeds(momentum_is_faster, __name__)


def narrow(lib, *, seeds, dtype):
    return losses(lib, "narrow", seeds, dtype)


def round(lib, *, seeds, dtype):
    return losses(lib, "round", seeds, dtype)


def losses(lib, valley, seeds, dtype):
    """½ Σ h w² after the steps, [S]; the library multiplies by the curvatures h."""
    start = np.stack([np.random.default_rng(seed).standard_normal(SIZE) for seed in seeds]).astype(dtype)
    curvatures = np.diag(np.geomspace(CURVATURES[valley], 1, SIZE)).astype(dtype)
    left = {}
    for arm, share in (("plain", 0.0), ("momentum", MOMENTUM)):
        w, v = start, np.zeros_like(start)
        for _ in range(STEPS[valley]):
            v = share * v + lib.fully_connected(w, curvatures, None)
            w = w - RATE * v
        left[f"loss.{arm}"] = (w * lib.fully_connected(w, curvatures, None)).sum(1, dtype=np.float64) / 2
    return left
