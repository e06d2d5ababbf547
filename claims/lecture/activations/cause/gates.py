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

from ....language.statistics import Contrast, Gate


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


def _for(name, contrast, side, bounds, basis):
    return Gate(name, contrast.name, side, bounds, basis, speaks="for")


def _against(name, contrast, side, bounds, basis):
    return Gate(name, contrast.name, side, bounds, basis, speaks="against")


def _control(name, contrast, side, bounds, basis):
    return Gate(name, contrast.name, side, bounds, basis, "control")


GATES = (
    # That saturation keeps a network from learning: of three layers it is so.
    _control("at a large rate the top layer of three is soon saturated", TOP, "above", (0.5,), "0.990 [0.980, 0.998]"),
    _control("at the smaller rate few units of it are", TOP_SLOWER, "below", (0.2,), "0.0003 [0, 0.0008]"),
    _control("three layers learn at the smaller rate", LEARNS, "above", (0.4,), "0.716 [0.654, 0.774]"),
    _for("where its top layer saturates a network learns less", SLOWER, "above", (0.28,), "0.578 [0.522, 0.632]"),
    _for("and when saturated from the start it learns less", FROM_THE_START, "above", (0.3,), "0.625 [0.564, 0.681]"),
    _control("three layers at the large rate hardly learn", FAST, "below", (0.25,), "0.138 [0.110, 0.172]"),
    _control("saturated from the start they do not learn", HELD, "within", (0.05, 0.2), "0.091 [0.086, 0.097]"),
    _against("three layers that have learned are partly saturated", LEARNED, "above", (0.15,), "0.333 [0.307, 0.358]"),
    # That a network which does not learn is saturated: of six layers it is not so.
    _control("six layers of logistic units do not learn", FAILS, "within", (0.05, 0.2), "0.093 [0.085, 0.101]"),
    _control("six layers with ReLU learn", RELU, "above", (0.8,), "0.951 [0.943, 0.959]"),
    _for("six layers that do not learn are saturated", SATURATED, "above", (0.1,), "0.0004 [0, 0.001]"),
    _for("more than stretched ones, which learn", MORE, "above", (0.0,), "-0.0013 [-0.0019, -0.0008]"),
    _for("stretched ones, saturated no less, do not learn either", STRETCHED, "below", (0.4,), "0.873 [0.868, 0.880]"),
    _against(
        "six layers do not learn though hardly a unit is saturated at any time",
        SATURATED,
        "below",
        (0.02,),
        "0.0004 [0, 0.001]",
    ),
    _against("stretched ones, saturated no less, learn", STRETCHED, "above", (0.4,), "0.873 [0.868, 0.880]"),
    _against("ReLU, which learns, is saturated far more", RELU_MORE, "above", (0.3,), "0.626 [0.611, 0.642]"),
    _against(
        "the gradient shrinks to a quarter at each layer, as slopes of at most 1/4 say",
        FACTOR,
        "within",
        (0.12, 0.48),
        "0.238 [0.232, 0.245]",
    ),
    _control("a stretched layer leaves all of it", FACTOR_STRETCHED, "within", (0.7, 1.4), "0.996 [0.972, 1.02]"),
)
