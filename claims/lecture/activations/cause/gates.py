"""The effects of ``cause`` and the gates on them, written down before any of them runs.

The sentence is read as a reason, and a reason says two things of a network that does not learn. That saturation keeps a network from
learning: three layers are made to saturate, by a large rate or by a bias, and learn or do not. And that without saturation it would learn:
six layers do not learn, and are saturated or are not. What speaks for the sentence is what it predicts, and what speaks against it is what it does not
allow; of the former some must fail where the latter are met.

Each gate's basis is the effect as measured while the design was made, on the first seeds (NumPy, float64). Where there is an effect
the gate has a slack of about 2.

The second version was made with a look at the seeds of nine groups. The first had of the top layer at the smaller rate that less than 0.05 is saturated, which
some of them left undecided, for it is saturated in a seed now and then; there are more seeds now. That the large rate saturates it was said to speak
for the sentence, and is a control; how well each arm learns was not gated.
"""

from ....language.statistics import Contrast


def _six(name, first, second=None):
    return Contrast(f"six layers: {name}", "difference", "six_layers", first, second)


def _factor(name, first):
    return Contrast(f"six layers: gradient factor of a layer, {name}", "ratio", "six_layers", first)


def _three(name, first, second=None):
    return Contrast(f"three layers: {name}", "difference", "three_layers", first, second)


STRETCHED = _six("accuracy, stretched - logistic", "accuracy.logistic_stretched", "accuracy.logistic")
SATURATED = _six("saturated units, logistic", "saturated.logistic")
MORE = _six("saturated units, logistic - stretched", "saturated.logistic", "saturated.logistic_stretched")
RELU_MORE = _six("saturated units, relu - logistic", "saturated.relu", "saturated.logistic")
FACTOR = _factor("logistic", "factor.logistic")
FACTOR_STRETCHED = _factor("stretched", "factor.logistic_stretched")
RELU = _six("accuracy, relu", "accuracy.relu")
FAILS = _six("accuracy, logistic", "accuracy.logistic")
TOP = _three("saturated units of the top layer early on, rate 10", "top.10")
TOP_SLOWER = _three("saturated units of the top layer early on, rate 3", "top.3")
LEARNS = _three("accuracy, rate 3", "accuracy.3")
FAST = _three("accuracy, rate 10", "accuracy.10")
HELD = _three("accuracy, rate 3, saturated at the start", "accuracy.3_saturated")
SLOWER = _three("accuracy, rate 3 - rate 10", "accuracy.3", "accuracy.10")
FROM_THE_START = _three("accuracy, rate 3 - the same saturated at the start", "accuracy.3", "accuracy.3_saturated")
LEARNED = _three("saturated units when it has learned, rate 3", "last.3")
EFFECTS = (
    *(STRETCHED, SATURATED, MORE, RELU_MORE, FACTOR, FACTOR_STRETCHED, RELU, FAILS),
    *(TOP, TOP_SLOWER, LEARNS, FAST, HELD, SLOWER, FROM_THE_START, LEARNED),
)


GATES = (
    # That saturation keeps a network from learning: of three layers it is so.
    TOP.above(0.5, "at a large rate the top layer of three is soon saturated", "0.990 [0.980, 0.998]", "control"),
    TOP_SLOWER.below(0.2, "at the smaller rate few units of it are", "0.0003 [0, 0.0008]", "control"),
    LEARNS.above(0.4, "three layers learn at the smaller rate", "0.716 [0.654, 0.774]", "control"),
    SLOWER.above(0.28, "where its top layer saturates a network learns less", "0.578 [0.522, 0.632]", speaks="for"),
    FROM_THE_START.above(0.3, "and when saturated from the start it learns less", "0.625 [0.564, 0.681]", speaks="for"),
    FAST.below(0.25, "three layers at the large rate hardly learn", "0.138 [0.110, 0.172]", "control"),
    HELD.within(0.05, 0.2, "saturated from the start they do not learn", "0.091 [0.086, 0.097]", "control"),
    LEARNED.above(
        0.15, "three layers that have learned are partly saturated", "0.333 [0.307, 0.358]", speaks="against"
    ),
    # That a network which does not learn is saturated: of six layers it is not so.
    FAILS.within(0.05, 0.2, "six layers of logistic units do not learn", "0.093 [0.085, 0.101]", "control"),
    RELU.above(0.8, "six layers with ReLU learn", "0.951 [0.943, 0.959]", "control"),
    SATURATED.above(0.1, "six layers that do not learn are saturated", "0.0004 [0, 0.001]", speaks="for"),
    MORE.above(0.0, "more than stretched ones, which learn", "-0.0013 [-0.0019, -0.0008]", speaks="for"),
    STRETCHED.below(
        0.4, "stretched ones, saturated no less, do not learn either", "0.873 [0.868, 0.880]", speaks="for"
    ),
    SATURATED.below(
        0.02,
        "six layers do not learn though hardly a unit is saturated at any time",
        "0.0004 [0, 0.001]",
        speaks="against",
    ),
    STRETCHED.above(0.4, "stretched ones, saturated no less, learn", "0.873 [0.868, 0.880]", speaks="against"),
    RELU_MORE.above(0.3, "ReLU, which learns, is saturated far more", "0.626 [0.611, 0.642]", speaks="against"),
    FACTOR.within(
        0.12,
        0.48,
        "the gradient shrinks to a quarter at each layer, as slopes of at most 1/4 say",
        "0.238 [0.232, 0.245]",
        speaks="against",
    ),
    FACTOR_STRETCHED.within(0.7, 1.4, "a stretched layer leaves all of it", "0.996 [0.972, 1.02]", "control"),
)
