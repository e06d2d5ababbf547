"""The effects of ``saturation`` and the gates on them, written down before any of them runs.

Each gate's basis is the effect as measured while the design was made, on the first seeds (NumPy, float64). Where there is an effect
the gate has a slack of about 2 (more where the effect is a factor of thousands), or is the bare sign where the sentence claims no
more.
"""

import numpy as np

from ....language.statistics import Contrast, Gate

LOGISTIC = Contrast("deep: accuracy, relu - logistic", "difference", "deep", "accuracy.relu", "accuracy.logistic")
TANH = Contrast("deep: accuracy, tanh - relu", "difference", "deep", "accuracy.tanh", "accuracy.relu")
BATCH_NORM = Contrast(
    "deep: accuracy, with batch norm - without",
    "difference",
    "deep",
    "accuracy.logistic_batch_norm",
    "accuracy.logistic",
)
STRETCHED = Contrast(
    "deep: accuracy, stretched - logistic", "difference", "deep", "accuracy.logistic_stretched", "accuracy.logistic"
)
SHALLOW_LOGISTIC = Contrast(
    "shallow: accuracy, relu - logistic", "difference", "shallow", "accuracy.relu", "accuracy.logistic"
)
SHALLOW_TANH = Contrast("shallow: accuracy, tanh - relu", "difference", "shallow", "accuracy.tanh", "accuracy.relu")
TANH_AT_6 = Contrast(
    "biased: first gradient, tanh at 6 / at 0", "ratio", "biased", "first_gradient.tanh@6", "first_gradient.tanh@0"
)
LOGISTIC_AT_6 = Contrast(
    "biased: first gradient, logistic at 6 / at 0",
    "ratio",
    "biased",
    "first_gradient.logistic@6",
    "first_gradient.logistic@0",
)
RELU_AT_6 = Contrast(
    "biased: first gradient, relu at 6 / at 0", "ratio", "biased", "first_gradient.relu@6", "first_gradient.relu@0"
)
RELU_BELOW = Contrast("biased: first gradient, relu at -6 - nothing", "difference", "biased", "first_gradient.relu@-6")
FACTOR_LOGISTIC = Contrast(
    "at the start: gradient factor of a layer, logistic", "ratio", "at_the_start", "factor.logistic"
)
FACTOR_TANH = Contrast("at the start: gradient factor of a layer, tanh", "ratio", "at_the_start", "factor.tanh")
FACTOR_RELU = Contrast("at the start: gradient factor of a layer, relu", "ratio", "at_the_start", "factor.relu")
SATURATED = Contrast("at the start: saturated units, logistic", "difference", "at_the_start", "saturated.logistic")
EFFECTS = (
    LOGISTIC,
    TANH,
    BATCH_NORM,
    STRETCHED,
    SHALLOW_LOGISTIC,
    SHALLOW_TANH,
    TANH_AT_6,
    LOGISTIC_AT_6,
    RELU_AT_6,
    RELU_BELOW,
    FACTOR_LOGISTIC,
    FACTOR_TANH,
    FACTOR_RELU,
    SATURATED,
)

SMALLEST = float(np.finfo(np.float64).tiny)

GATES = (
    Gate("deep logistic fails", LOGISTIC.name, "above", (0.4,), "0.858 [0.848, 0.868]"),
    Gate("tanh is no worse than relu", TANH.name, "above", (0.0,), "0.019 [0.009, 0.026]", "reversal"),
    Gate("batch norm mends it", BATCH_NORM.name, "above", (0.4,), "0.867 [0.858, 0.875]", "reversal"),
    Gate("a steeper logistic mends it", STRETCHED.name, "above", (0.4,), "0.873 [0.868, 0.880]", "caution"),
    Gate("control, one layer", SHALLOW_LOGISTIC.name, "within", (-0.05, 0.05), "0.007 [0.001, 0.012]", "control"),
    Gate("saturated tanh", TANH_AT_6.name, "below", (1e-7,), "2.8e-10 [1.6e-10, 4.9e-10]"),
    Gate("saturated logistic", LOGISTIC_AT_6.name, "below", (1e-3,), "2.4e-5 [1.9e-5, 3.0e-5]"),
    Gate("control, relu at 6", RELU_AT_6.name, "above", (1.7,), "4.3 [3.8, 4.9]", "control"),
    Gate("relu at -6 has no gradient at all", RELU_BELOW.name, "within", (-SMALLEST, SMALLEST), "exactly 0", "control"),
    Gate("gradient factor, logistic", FACTOR_LOGISTIC.name, "within", (0.12, 0.48), "0.236 [0.232, 0.240]"),
    Gate("gradient factor, tanh", FACTOR_TANH.name, "within", (0.7, 1.4), "1.00 [0.98, 1.02]", "reversal"),
    Gate("gradient factor, relu", FACTOR_RELU.name, "within", (0.7, 1.4), "0.99 [0.96, 1.03]", "control"),
    Gate(
        "no unit of it is saturated at the start",
        SATURATED.name,
        "within",
        (-0.01, 0.01),
        "0.00004 [0, 0.00009]",
        "caution",
    ),
)
