"""The effects of ``easier`` and the gates on them, written down before any of them runs.

Each gate's basis is the effect as measured while the design was made, on the first seeds (PyTorch, float64). Where the sentence claims an
effect the gate has a slack of 2 or more; a reversal and a control have the bare sign, or that the advantage is gone.
The dense network has its best of three rates and the convolutional network one, where convolution is said to do better; in the
reversals the convolutional network has its best of two rates and the other one.
"""

from ...engine.statistics import Contrast, Gate


def _contrast(name, first, second):
    return Contrast(name, "difference", "placed", first, second)


LOSS = _contrast("loss, dense - convolution", "final.dense", "final.convolution@0.1")
ACCURACY = _contrast("accuracy, convolution - dense", "accuracy.convolution@0.1", "accuracy.dense")
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
    LOSS, ACCURACY, LARGE_LOSS, LARGE_ACCURACY, PERMUTED_LOSS, PERMUTED_ACCURACY, UNSHARED_LOSS, UNSHARED_ACCURACY,
)  # fmt: skip

GATES = (
    Gate("easier at equal parameters: loss", LOSS.name, "above", (0.1,), "0.37 [0.23, 0.48]"),
    Gate("easier at equal parameters: accuracy", ACCURACY.name, "above", (0.08,), "0.23 [0.16, 0.30]"),
    Gate(
        "not easier than 14 times the parameters: loss",
        LARGE_LOSS.name,
        "below",
        (-0.1,),
        "-0.67 [-0.91, -0.42]",
        "reversal",
    ),
    Gate(
        "not easier than 14 times the parameters: accuracy",
        LARGE_ACCURACY.name,
        "below",
        (0.1,),
        "-0.14 [-0.23, -0.05]",
        "reversal",
    ),
    Gate("pixels permuted, not easier: loss", PERMUTED_LOSS.name, "below", (0.0,), "-0.26 [-0.35, -0.16]", "control"),
    Gate(
        "pixels permuted, not easier: accuracy",
        PERMUTED_ACCURACY.name,
        "below",
        (0.03,),
        "-0.086 [-0.133, -0.044]",
        "control",
    ),
    Gate(
        "not easier at the same function: loss", UNSHARED_LOSS.name, "below", (0.0,), "-0.40 [-0.58, -0.22]", "reversal"
    ),
    Gate(
        "not easier at the same function: accuracy",
        UNSHARED_ACCURACY.name,
        "below",
        (0.1,),
        "-0.053 [-0.124, 0.005]",
        "reversal",
    ),
)
