"""The effects of ``cause`` and the gates on them, written down before any of them runs.

What speaks for the sentence is what it predicts, and what speaks against it is what it does not allow; some of the former must fail
where the latter are met. Each gate's basis is the effect as measured while the design was made, on the first seeds (NumPy, float64).
Where there is an effect the gate has a slack of about 2.
"""

from ...engine.statistics import Contrast, Gate


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
SLOWER = _three("accuracy, rate 3 - rate 10", "accuracy.3", "accuracy.10")
FROM_THE_START = _three("accuracy, rate 3 - the same saturated at the start", "accuracy.3", "accuracy.3_saturated")
LEARNED = _three("saturated units when it has learned, rate 3", "last.3")
EFFECTS = (
    *(STRETCHED, SATURATED, MORE, RELU_MORE, FACTOR, FACTOR_STRETCHED, RELU, FAILS),
    *(TOP, TOP_SLOWER, SLOWER, FROM_THE_START, LEARNED),
)

GATES = (
    Gate(
        "a network that saturates as much fails as much",
        STRETCHED.name,
        "below",
        (0.4,),
        "0.873 [0.868, 0.880]",
        speaks="for",
    ),
    Gate("the network that fails is saturated", SATURATED.name, "above", (0.1,), "0.0004 [0, 0.0010]", speaks="for"),
    Gate("more than the one that learns", MORE.name, "above", (0.0,), "-0.0013 [-0.0019, -0.0008]", speaks="for"),
    Gate(
        "at a large rate the top layer of three is soon saturated",
        TOP.name,
        "above",
        (0.5,),
        "0.991 [0.978, 1]",
        speaks="for",
    ),
    Gate("and the network then learns less", SLOWER.name, "above", (0.28,), "0.581 [0.482, 0.668]", speaks="for"),
    Gate(
        "nor does it learn when saturated from the start",
        FROM_THE_START.name,
        "above",
        (0.3,),
        "0.614 [0.512, 0.700]",
        speaks="for",
    ),
    Gate(
        "a network that saturates as much learns",
        STRETCHED.name,
        "above",
        (0.4,),
        "0.873 [0.868, 0.880]",
        speaks="against",
    ),
    Gate(
        "hardly a unit of it is saturated at any time",
        SATURATED.name,
        "below",
        (0.02,),
        "0.0004 [0, 0.0010]",
        speaks="against",
    ),
    Gate(
        "ReLU, which learns, is saturated far more",
        RELU_MORE.name,
        "above",
        (0.25,),
        "0.626 [0.611, 0.642]",
        speaks="against",
    ),
    Gate(
        "its gradient shrinks to a quarter at each layer, as slopes of at most 1/4 say",
        FACTOR.name,
        "within",
        (0.12, 0.48),
        "0.238 [0.232, 0.245]",
        speaks="against",
    ),
    Gate(
        "three layers that have learned are partly saturated",
        LEARNED.name,
        "above",
        (0.18,),
        "0.359 [0.325, 0.391]",
        speaks="against",
    ),
    Gate(
        "control, a stretched layer leaves all of it",
        FACTOR_STRETCHED.name,
        "within",
        (0.7, 1.4),
        "1.00 [0.97, 1.02]",
        "control",
    ),
    Gate("control, ReLU learns", RELU.name, "above", (0.88,), "0.951 [0.943, 0.959]", "control"),
    Gate("control, the logistic does not", FAILS.name, "within", (0.05, 0.2), "0.093 [0.085, 0.101]", "control"),
    Gate(
        "control, at the smaller rate the top layer is not",
        TOP_SLOWER.name,
        "below",
        (0.05,),
        "0.0005 [0, 0.0016]",
        "control",
    ),
)
