"""The lecture's section “Why does batch normalization work?”: the other explanation, smoothing the objective."""

from __future__ import annotations

import numpy as np

from ...reference import bounds
from ..engine import Case, Figure, Wrong, claim, population, within
from ..engine.statistics import Gate
from .designs import smoothing, smoothing_gates

FRAMEWORKS = ("torch", "tensorflow")
MEASURED = (
    "Over steps of ½ to 4 times the learning rate along the gradient: “range” is that of the loss; “change” the largest change of the "
    "gradient; “beta” that change per distance, the effective smoothness; “nonlinear” what the linear prediction of the loss misses at "
    "a fixed step relative to the weights, which no scaling of the weights alters."
)
NARROW = ("multilayer",)
"""In float32 the main arms alone: one framework's trajectories there leave the other's within a hundred steps, the effect stays."""
WIDE = (*NARROW, "convolutional", "deep_start", "eight_layers_slowly", "four_layers_slowly", "learning_rates")
GROUPS = {"smoother": "effect", "convolutional": "effect", "null arm": "control", "the statistics must move": "control"}


def theorem(sides: dict[str, np.ndarray]) -> np.ndarray:
    return sides["right"]


def last_term_forgotten(sides: dict[str, np.ndarray]) -> np.ndarray:
    return sides["right.no_last_term"]


def epsilon_forgotten(sides: dict[str, np.ndarray]) -> np.ndarray:
    return sides["right.no_epsilon"]


@claim(
    "batch_norm.smooths",
    statement="On the way of gradient descent, the loss along the gradient varies less, and the gradient changes less, with batch norm "
    "than without: range of the loss, change of the gradient, effective β and a scale-free measure, in a network of fully "
    "connected layers and in a convolutional one; scale and shift alone do not do it; the statistics must be recomputed. "
    "The identity behind it (Santurkar et al., theorem 4.1) holds to rounding.",
    scope="8 × 8 digits, 4 × 32 ReLU at rate 0.1 and three convolutions at rate 0.05, at which training without batch norm is at the edge "
    "of stability; not at a tenth of the rate (no effect), not before the first step of a deep network (the reverse), and the "
    "effective β depends on the scale of the weights, which batch norm makes arbitrary",
    kind="statistical + rounding",
    expected="supported",
    cases={
        "identity": {"backends": FRAMEWORKS},
        "training": {"backends": FRAMEWORKS},
    },
    wrongs={
        "the last term of the identity forgotten": Wrong(says={"right": last_term_forgotten}, cases=("identity",)),
        "ε forgotten in σ²": Wrong(says={"right": epsilon_forgotten}, cases=("identity",)),
        "arms exchanged": Wrong(says={"compare": population.exchanged}, cases=("training",)),
        "the null arm in place of both": Wrong(says={"compare": population.no_effect}, cases=("training",)),
    },
    sources=("Santurkar, Tsipras, Ilyas, Madry (2018), arXiv 1805.11604", "Cohen et al. (2021), arXiv 2103.00065",
             "Yao et al. (2020), arXiv 1912.07145", "Yang et al. (2019), arXiv 1902.08129"),
    elsewhere="gradient descent is run in PyTorch and TensorFlow; the NumPy reference is what their trajectories are held against",
)  # fmt: skip
def smooths(case: Case, *, right=theorem, compare=population.as_measured):
    if case.name == "identity":
        outcomes, _ = yield from population.measure(case, smoothing, ("identity",))
        found = outcomes["identity"]
        exact = {k: np.asarray(v, np.float64) for k, v in found.value.items()}
        bound = bounds.norm_identity(exact["absolute"], exact["condition"], int(exact["m"]), case.dtype)
        yield within(found.part("left"), right(exact), bound, label="‖∂L/∂y‖² = γ²/σ²(‖G‖² − ⟨1, G⟩²/m − (2 − ‖ŷ‖²/m)⟨G, ŷ⟩²/m)",
                     source="Santurkar et al. (2018), theorem 4.1")  # fmt: skip
        return
    experiments = NARROW if case.dtype == np.float32 else WIDE
    outcomes, measured = yield from population.measure(case, smoothing, experiments)
    found = yield from population.judge(case, smoothing_gates, measured, compare=compare)
    if compare is population.as_measured and case.dtype == np.float64:
        yield from population.trajectories(case, smoothing, "multilayer", outcomes)
        rows = [_row(g, found[g.effect]) for g in smoothing_gates.GATES if found[g.effect].kind == "ratio"]
        yield Figure("smoothing_effects", {"effects": rows, "note": MEASURED})
        yield Figure("smoothing_bands", {"steps": list(smoothing.BAND_STEPS), "arms": [_band(measured["first"]["multilayer"], arm)
                                                                                     for arm in ("with", "without")]})  # fmt: skip


def _limit(name: str, *, says: str, effect: str, literal: str, least: float = 1.0) -> None:
    """A limit: the ratio is not above 1 here, as the sentence has it."""
    stated = Gate(literal, effect, "above", (least,), "the sentence as worded")

    @smooths.limit(name, says=says, backends=FRAMEWORKS, dtypes=("float64",))
    def _(case: Case):
        yield from population.literally(case, smoothing, smoothing_gates, stated)


_limit(
    "before the first step of a deep network",
    says="In a network of twelve layers with Glorot's weights, before the first step, the effective β is larger with batch norm "
    "than without.",
    effect="deep_start: beta, without / with",
    literal="smoother with batch norm, twelve layers at the start",
)
_limit(
    "a small learning rate, eight layers",
    says="With eight layers and a learning rate of 0.01 the effective β is larger with batch norm than without.",
    effect="eight_layers_slowly: beta, without / with",
    literal="smoother with batch norm, eight layers at rate 0.01",
)
_limit(
    "a small learning rate, four layers",
    says="With four layers and a tenth of the learning rate no smoothing is left in the effective β: the effect belongs to the edge of "
    "stability, where training without batch norm bounces.",
    effect="four_layers_slowly: beta, without / with",
    literal="smoother with batch norm, four layers at rate 0.01",
)
_limit(
    "the scale of the weights is arbitrary",
    says="Tripling the hidden weights of the batch-normalised network leaves its function alone and cuts its effective β, "
    "by more than batch norm does: β measures the scale of the weights too. (The scale-free measure stays as it is.)",
    effect="multilayer: beta, tripled / with",
    literal="β is a property of the function, so tripling the weights does not lower it",
    least=0.99,
)


def _row(gate, effect) -> dict:
    low, high = {
        "above": (gate.bounds[0], None),
        "below": (None, gate.bounds[0]),
        "within": (gate.bounds[0], gate.bounds[-1]),
    }[gate.side]
    return {"name": gate.name, "group": GROUPS.get(gate.name.split(":")[0], "reversal"), "setting": effect.name.replace("_", " "), "ratio": effect.estimate,
            "low": effect.low, "high": effect.high, "gate": [low, high], "seeds": effect.seeds, "favours": effect.positive}  # fmt: skip


def _band(measured: dict[str, np.ndarray], arm: str) -> dict:
    """The loss at the parameters and its range over the multiples of a step, each a median over seeds."""
    band = measured[f"band_loss.{arm}"]  # [steps, multiples, seeds]
    loss = measured[f"loss.{arm}"][list(smoothing.BAND_STEPS)][:, : band.shape[2]]
    return {"name": {"with": "with batch norm", "without": "without"}[arm], "control": arm == "without",
            "loss": np.median(loss, axis=1), "low": np.median(band.min(axis=1), axis=1),
            "high": np.median(band.max(axis=1), axis=1)}  # fmt: skip
