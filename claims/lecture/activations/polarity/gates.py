"""The effects of ``polarity`` and the gates on them, written down before any of them runs.

Each gate's basis is the effect as measured while the design was made, on the first seeds (PyTorch, float64). The bounds are at twice the
distance or more from it, or at the bare sign: wide enough for the spread between nine groups of ten seeds. Chance is 1/10.

The third version. The second had bounds for the first seeds' luck, and other groups of seeds left some of them undecided: that the two
are alike upright to within ten points, 0.1 for what a bias spoils. And it had a gate on 2 - 8 filters' gain, above -0.1, which could
hardly fail; for the bare sign ten seeds are too few, 0.092 [-0.006, 0.174], so it is gone: what eight filters gain has its own gate.
"""

from ....language.statistics import Contrast


def _accuracy(name, experiment, first, second=None):
    return Contrast(name, "difference", experiment, first, second)


INVERTED = _accuracy("inverted: accuracy, absolute - relu", "upright", "inverted.absolute", "inverted.relu")
KEPT = _accuracy("inverted: accuracy, absolute", "upright", "inverted.absolute")
RELU = _accuracy("inverted: accuracy, relu", "upright", "inverted.relu")
UPRIGHT = _accuracy("upright: accuracy, absolute - relu", "upright", "upright.absolute", "upright.relu")
BIAS = _accuracy(
    "with a bias: accuracy, upright - inverted", "upright", "upright.absolute_biased", "inverted.absolute_biased"
)
UNCENTRED = _accuracy(
    "not centred: accuracy, x - (1 - x)", "upright", "upright.absolute_uncentred", "inverted.absolute_uncentred"
)
LEARNED = _accuracy("not centred: accuracy, x", "upright", "upright.absolute_uncentred")
FEW = _accuracy("mixed: accuracy, absolute - relu, 2 filters", "mixed", "accuracy.absolute_2", "accuracy.relu_2")
MANY = _accuracy("mixed: accuracy, absolute - relu, 8 filters", "mixed", "accuracy.absolute_8", "accuracy.relu_8")
RANDOM = _accuracy("random filters: accuracy, absolute - relu", "random_filters", "upright.absolute", "upright.relu")
RANDOM_INVERTED = _accuracy(
    "random filters, inverted: accuracy, absolute - relu", "random_filters", "inverted.absolute", "inverted.relu"
)
TOLD = _accuracy(
    "polarity as label: accuracy, relu - absolute", "polarity_as_label", "accuracy.relu", "accuracy.absolute"
)
EFFECTS = (INVERTED, KEPT, RELU, UPRIGHT, BIAS, UNCENTRED, LEARNED, FEW, MANY, RANDOM, RANDOM_INVERTED, TOLD)

GATES = (
    INVERTED.above(0.4, "inverted images are recognised with |z| alone", "0.839 [0.792, 0.878]"),
    KEPT.above(0.6, "|z| recognises inverted images", "0.880 [0.848, 0.904]"),
    RELU.below(0.15, "ReLU does not recognise them", "0.040 [0.016, 0.066]"),
    UPRIGHT.within(-0.2, 0.2, "upright the two differ by less than 0.2", "-0.013 [-0.039, 0.011]", "control"),
    BIAS.above(0.0, "control: a bias spoils it", "0.240 [0.162, 0.331]", "control"),
    UNCENTRED.above(0.3, "control: not centred, it is lost", "0.687 [0.66, 0.71]", "control"),
    LEARNED.above(0.5, "not centred, images are recognised", "0.736 [0.707, 0.768]", "control"),
    FEW.above(0.04, "both polarities to learn, 2 filters: better", "0.169 [0.141, 0.196]"),
    MANY.within(
        -0.05, 0.25, "both polarities to learn, 8 filters: by less than 0.25", "0.080 [0.043, 0.114]", "caution"
    ),
    RANDOM.below(0.1, "random filters: no gain of 0.1 upright", "-0.039 [-0.055, -0.024]", "caution"),
    RANDOM_INVERTED.above(0.4, "random filters: |z| recognises inverted images better", "0.750 [0.713, 0.786]"),
    TOLD.above(0.25, "|z| cannot tell the polarity", "0.4997 [0.499, 0.5]", "reversal"),
)
