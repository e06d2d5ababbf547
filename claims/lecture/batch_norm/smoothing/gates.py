"""The effects of ``smoothing`` and the gates on them, written down before any of them runs.

Each gate's basis is the effect as measured while the design was made, on the first seeds (NumPy, float64). Where there is an effect
the gate has a slack of about 2, or is the bare sign where the sentence claims no more.
"""

from ....language.statistics import Contrast
from .landscape import MEASURES


def ratio(experiment, measure, first="without", second="with"):
    arms = (f"{measure}.{arm}" for arm in (first, second))
    return Contrast(f"{experiment}: {measure}, {first} / {second}", "ratio", experiment, *arms)


def _at(rate, name, measure, first, second):
    arms = (f"{measure}.{arm}@{rate}" for arm in (first, second))
    return Contrast(f"learning_rates: {name} at {rate}, {first} - {second}", "difference", "learning_rates", *arms)


_WITHOUT = [
    ratio(experiment, measure)
    for experiment in ("multilayer", "convolutional", "deep_start", "eight_layers_slowly", "four_layers_slowly")
    for measure in MEASURES
]
_CONTROLS = [
    ratio("multilayer", measure, first, second)
    for first, second in (("without", "null"), ("frozen", "with"), ("tripled", "with"))
    for measure in MEASURES
]
FAILING = _at("3", "failing", "failed", "without", "with")
SLOWER = _at("0.03", "last loss", "final", "with", "without")
NO_FASTER = _at("0.1", "last loss", "final", "with", "without")
EDGE = Contrast("multilayer: rate times beta, without", "ratio", "multilayer", "edge.without")
"""Around 2 gradient descent is at the edge of stability (Cohen et al. 2021, arXiv 2103.00065)."""
EFFECTS = (*_WITHOUT, *_CONTROLS, FAILING, SLOWER, NO_FASTER, EDGE)

GATES = (
    ratio("multilayer", "range").above(5.0, "smoother: range", "10.8 [9.1, 12.9]"),
    ratio("multilayer", "change").above(6.0, "smoother: change", "13.3 [11.9, 14.7]"),
    ratio("multilayer", "beta").above(1.6, "smoother: beta", "3.19 [3.04, 3.36]"),
    ratio("multilayer", "nonlinear").above(1.5, "smoother: nonlinear", "3.09 [2.90, 3.31]"),
    ratio("convolutional", "range").above(1.7, "convolutional: range", "5.2 [3.4, 7.4]"),
    ratio("convolutional", "change").above(2.1, "convolutional: change", "5.2 [4.2, 6.5]"),
    ratio("convolutional", "beta").above(1.4, "convolutional: beta", "2.80 [2.3, 3.4]"),
    ratio("convolutional", "nonlinear").above(1.1, "convolutional: nonlinear", "1.73 [1.48, 2.03]"),
    ratio("multilayer", "beta", second="null").within(0.7, 1.4, "null arm: beta", "0.94 [0.90, 0.98]", "control"),
    ratio("multilayer", "nonlinear", second="null").within(
        0.7, 1.5, "null arm: nonlinear", "1.09 [1.05, 1.14]", "control"
    ),
    ratio("multilayer", "beta", "frozen", "with").above(
        1.4, "the statistics must move: beta", "2.24 [2.11, 2.36]", "control"
    ),
    ratio("multilayer", "beta", "tripled", "with").below(0.5, "caution: beta", "0.257 [0.240, 0.276]", "caution"),
    ratio("multilayer", "nonlinear", "tripled", "with").within(0.99, 1.01, "caution: nonlinear", "1.000", "caution"),
    EDGE.within(0.9, 2.8, "edge of stability", "1.68 [1.60, 1.76]", "caution"),
    ratio("deep_start", "range").below(0.3, "reversal, deep start: range", "0.069 [0.051, 0.094]", "reversal"),
    ratio("deep_start", "beta").below(0.5, "reversal, deep start: beta", "0.230 [0.199, 0.264]", "reversal"),
    ratio("deep_start", "nonlinear").below(1.0, "reversal, deep start: nonlinear", "0.50 [0.34, 0.70]", "reversal"),
    ratio("eight_layers_slowly", "beta").below(0.9, "reversal, eight layers: beta", "0.55 [0.47, 0.64]", "reversal"),
    ratio("four_layers_slowly", "beta").within(
        0.6, 1.4, "no smoothing left, four layers: beta", "1.03 [0.90, 1.18]", "reversal"
    ),
    FAILING.above(0.5, "fails at 3 without", "1, in every seed"),
    SLOWER.above(0.0, "slower at 0.03 with", "0.27 [0.18, 0.35]", "reversal"),
    NO_FASTER.above(-0.05, "at 0.1 no faster with", "0.062 [0.035, 0.088]", "reversal"),
)
