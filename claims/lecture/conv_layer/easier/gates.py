"""The effects of ``easier`` and the gates on them, written down before any of them runs.

Each gate's basis is the effect as measured while the design was made, on the first seeds (PyTorch, float64). The gates have the bare sign, or
a bound far from the basis: seeds differ much here, and nine groups of ten met them all. Where convolution is said to do better the
dense network has the better of two rates, seed by seed; everything else has one rate, the best of three on average.

The second version. The first had eight seeds and bounds nearer to the basis, and other groups of seeds left some undecided; and in
the reversals the convolutional network had the better of two rates, seed by seed, which one group of seeds left undecided.
"""

from ....language.statistics import Contrast


def _contrast(name, first, second):
    return Contrast(name, "difference", "placed", first, second)


LOSS = _contrast("loss, dense - convolution", "final.dense", "final.convolution")
ACCURACY = _contrast("accuracy, convolution - dense", "accuracy.convolution", "accuracy.dense")
LARGE_LOSS = _contrast("loss, large dense - convolution", "final.dense_large", "final.convolution")
LARGE_ACCURACY = _contrast("accuracy, convolution - large dense", "accuracy.convolution", "accuracy.dense_large")
PERMUTED_LOSS = _contrast(
    "pixels permuted: loss, dense - convolution", "final.dense_permuted", "final.convolution_permuted"
)
PERMUTED_ACCURACY = _contrast(
    "pixels permuted: accuracy, convolution - dense", "accuracy.convolution_permuted", "accuracy.dense_permuted"
)
UNSHARED_LOSS = _contrast("loss, unshared - convolution", "final.unshared", "final.convolution")
UNSHARED_ACCURACY = _contrast("accuracy, convolution - unshared", "accuracy.convolution", "accuracy.unshared")
EFFECTS = (
    *(LOSS, ACCURACY, LARGE_LOSS, LARGE_ACCURACY),
    *(PERMUTED_LOSS, PERMUTED_ACCURACY, UNSHARED_LOSS, UNSHARED_ACCURACY),
)

GATES = (
    LOSS.above(0.0, "easier at equal parameters: loss", "0.40 [0.29, 0.51]"),
    ACCURACY.above(0.0, "easier at equal parameters: accuracy", "0.25 [0.19, 0.31]"),
    LARGE_LOSS.below(-0.2, "not easier than 14 times the parameters: loss", "-0.85 [-0.99, -0.72]", "reversal"),
    LARGE_ACCURACY.below(0.0, "not easier than 14 times the parameters: accuracy", "-0.19 [-0.26, -0.13]", "reversal"),
    PERMUTED_LOSS.below(0.0, "pixels permuted, not easier: loss", "-0.26 [-0.33, -0.18]", "control"),
    PERMUTED_ACCURACY.below(0.0, "pixels permuted, not easier: accuracy", "-0.09 [-0.12, -0.05]", "control"),
    UNSHARED_LOSS.below(-0.1, "not easier than the same function unshared: loss", "-0.61 [-0.75, -0.48]", "reversal"),
    UNSHARED_ACCURACY.below(
        0.05, "not easier than the same function unshared: accuracy", "-0.12 [-0.19, -0.05]", "reversal"
    ),
)
