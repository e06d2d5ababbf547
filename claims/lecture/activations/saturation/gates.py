"""The effects of ``saturation`` and the gates on them, written down before any of them runs.

Each gate's basis is the effect as measured while the design was made, on the first seeds (NumPy, float64). Where there is an effect
the gate has a slack of about 2 (more where the effect is a factor of thousands), or is the bare sign where the sentence claims no
more.
"""

import numpy as np

from ....language.statistics import Contrast


def _accuracy(experiment, name, first, second):
    arms = (f"accuracy.{arm}" for arm in (first, second))
    return Contrast(f"{experiment}: accuracy, {name}", "difference", experiment, *arms)


def _biased(name, first, second):
    arms = (f"first_gradient.{arm}" for arm in (first, second))
    return Contrast(f"biased: first gradient, {name}", "ratio", "biased", *arms)


def _factor(arm):
    return Contrast(f"at the start: gradient factor of a layer, {arm}", "ratio", "at_the_start", f"factor.{arm}")


LOGISTIC = _accuracy("deep", "relu - logistic", "relu", "logistic")
TANH = _accuracy("deep", "tanh - relu", "tanh", "relu")
BATCH_NORM = _accuracy("deep", "with batch norm - without", "logistic_batch_norm", "logistic")
STRETCHED = _accuracy("deep", "stretched - logistic", "logistic_stretched", "logistic")
SHALLOW_LOGISTIC = _accuracy("shallow", "relu - logistic", "relu", "logistic")
SHALLOW_TANH = _accuracy("shallow", "tanh - relu", "tanh", "relu")
TANH_AT_6 = _biased("tanh at 6 / at 0", "tanh@6", "tanh@0")
LOGISTIC_AT_6 = _biased("logistic at 6 / at 0", "logistic@6", "logistic@0")
RELU_AT_6 = _biased("relu at 6 / at 0", "relu@6", "relu@0")
RELU_BELOW = Contrast("biased: first gradient, relu at -6 - nothing", "difference", "biased", "first_gradient.relu@-6")
FACTOR_LOGISTIC, FACTOR_TANH, FACTOR_RELU = _factor("logistic"), _factor("tanh"), _factor("relu")
SATURATED = Contrast("at the start: saturated units, logistic", "difference", "at_the_start", "saturated.logistic")
EFFECTS = (
    *(LOGISTIC, TANH, BATCH_NORM, STRETCHED, SHALLOW_LOGISTIC, SHALLOW_TANH),
    *(TANH_AT_6, LOGISTIC_AT_6, RELU_AT_6, RELU_BELOW),
    *(FACTOR_LOGISTIC, FACTOR_TANH, FACTOR_RELU, SATURATED),
)

SMALLEST = float(np.finfo(np.float64).tiny)

GATES = (
    LOGISTIC.above(0.4, "deep logistic fails", "0.858 [0.848, 0.868]"),
    TANH.above(0.0, "tanh is no worse than relu", "0.019 [0.009, 0.026]", "reversal"),
    BATCH_NORM.above(0.4, "batch norm mends it", "0.867 [0.858, 0.875]", "reversal"),
    STRETCHED.above(0.4, "a steeper logistic mends it", "0.873 [0.868, 0.880]", "caution"),
    SHALLOW_LOGISTIC.within(-0.05, 0.05, "control, one layer", "0.007 [0.001, 0.012]", "control"),
    TANH_AT_6.below(1e-7, "saturated tanh", "2.8e-10 [1.6e-10, 4.9e-10]"),
    LOGISTIC_AT_6.below(1e-3, "saturated logistic", "2.4e-5 [1.9e-5, 3.0e-5]"),
    RELU_AT_6.above(1.7, "control, relu at 6", "4.3 [3.8, 4.9]", "control"),
    RELU_BELOW.within(-SMALLEST, SMALLEST, "relu at -6 has no gradient at all", "exactly 0", "control"),
    FACTOR_LOGISTIC.within(0.12, 0.48, "gradient factor, logistic", "0.236 [0.232, 0.240]"),
    FACTOR_TANH.within(0.7, 1.4, "gradient factor, tanh", "1.00 [0.98, 1.02]", "reversal"),
    FACTOR_RELU.within(0.7, 1.4, "gradient factor, relu", "0.99 [0.96, 1.03]", "control"),
    SATURATED.within(-0.01, 0.01, "no unit of it is saturated at the start", "0.00004 [0, 0.00009]", "caution"),
)
