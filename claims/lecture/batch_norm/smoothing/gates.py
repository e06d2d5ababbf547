"""The effects of ``smoothing`` and the gates on them, written down before any of them runs.

Each gate's basis is the effect as measured while the design was made, on the first seeds (NumPy, float64). Where there is an effect
the gate has a slack of about 2, or is the bare sign where the sentence claims no more.
"""

from ....language.statistics import Contrast, Gate
from .landscape import MEASURES

_WITHOUT = [
    Contrast(f"{experiment}: {measure}, without / with", "ratio", experiment, f"{measure}.without", f"{measure}.with")
    for experiment in ("multilayer", "convolutional", "deep_start", "eight_layers_slowly", "four_layers_slowly")
    for measure in MEASURES
]
_CONTROLS = [
    Contrast(
        f"multilayer: {measure}, {first} / {second}", "ratio", "multilayer", f"{measure}.{first}", f"{measure}.{second}"
    )
    for first, second in (("without", "null"), ("frozen", "with"), ("tripled", "with"))
    for measure in MEASURES
]
_RATES = [
    Contrast(f"learning_rates: {measure} at {rate}, {name}", "difference", "learning_rates", *arms)
    for measure, rate, name, arms in (
        ("failing", "3", "without - with", ("failed.without@3", "failed.with@3")),
        ("last loss", "0.03", "with - without", ("final.with@0.03", "final.without@0.03")),
        ("last loss", "0.1", "with - without", ("final.with@0.1", "final.without@0.1")),
    )
]
EDGE = Contrast("multilayer: rate times beta, without", "ratio", "multilayer", "edge.without")
"""Around 2 gradient descent is at the edge of stability (Cohen et al. 2021, arXiv 2103.00065)."""
EFFECTS = (*_WITHOUT, *_CONTROLS, *_RATES, EDGE)

_W = "without / with"
GATES = (
    Gate("smoother: range", f"multilayer: range, {_W}", "above", (5.0,), "10.8 [9.1, 12.9]"),
    Gate("smoother: change", f"multilayer: change, {_W}", "above", (6.0,), "13.3 [11.9, 14.7]"),
    Gate("smoother: beta", f"multilayer: beta, {_W}", "above", (1.6,), "3.19 [3.04, 3.36]"),
    Gate("smoother: nonlinear", f"multilayer: nonlinear, {_W}", "above", (1.5,), "3.09 [2.90, 3.31]"),
    Gate("convolutional: range", f"convolutional: range, {_W}", "above", (1.7,), "5.2 [3.4, 7.4]"),
    Gate("convolutional: change", f"convolutional: change, {_W}", "above", (2.1,), "5.2 [4.2, 6.5]"),
    Gate("convolutional: beta", f"convolutional: beta, {_W}", "above", (1.4,), "2.80 [2.3, 3.4]"),
    Gate("convolutional: nonlinear", f"convolutional: nonlinear, {_W}", "above", (1.1,), "1.73 [1.48, 2.03]"),
    Gate("null arm: beta", "multilayer: beta, without / null", "within", (0.7, 1.4), "0.94 [0.90, 0.98]", "control"),
    Gate(
        "null arm: nonlinear",
        "multilayer: nonlinear, without / null",
        "within",
        (0.7, 1.5),
        "1.09 [1.05, 1.14]",
        "control",
    ),
    Gate(
        "the statistics must move: beta",
        "multilayer: beta, frozen / with",
        "above",
        (1.4,),
        "2.24 [2.11, 2.36]",
        "control",
    ),
    Gate("caution: beta", "multilayer: beta, tripled / with", "below", (0.5,), "0.257 [0.240, 0.276]", "caution"),
    Gate("caution: nonlinear", "multilayer: nonlinear, tripled / with", "within", (0.99, 1.01), "1.000", "caution"),
    Gate("edge of stability", EDGE.name, "within", (0.9, 2.8), "1.68 [1.60, 1.76]", "caution"),
    Gate(
        "reversal, deep start: range", f"deep_start: range, {_W}", "below", (0.3,), "0.069 [0.051, 0.094]", "reversal"
    ),
    Gate("reversal, deep start: beta", f"deep_start: beta, {_W}", "below", (0.5,), "0.230 [0.199, 0.264]", "reversal"),
    Gate(
        "reversal, deep start: nonlinear",
        f"deep_start: nonlinear, {_W}",
        "below",
        (1.0,),
        "0.50 [0.34, 0.70]",
        "reversal",
    ),
    Gate(
        "reversal, eight layers: beta",
        f"eight_layers_slowly: beta, {_W}",
        "below",
        (0.9,),
        "0.55 [0.47, 0.64]",
        "reversal",
    ),
    Gate(
        "no smoothing left, four layers: beta",
        f"four_layers_slowly: beta, {_W}",
        "within",
        (0.6, 1.4),
        "1.03 [0.90, 1.18]",
        "reversal",
    ),
    Gate("fails at 3 without", _RATES[0].name, "above", (0.5,), "1, in every seed"),
    Gate("slower at 0.03 with", _RATES[1].name, "above", (0.0,), "0.27 [0.18, 0.35]", "reversal"),
    Gate("at 0.1 no faster with", _RATES[2].name, "above", (-0.05,), "0.062 [0.035, 0.088]", "reversal"),
)
