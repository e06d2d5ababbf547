"""The effects of ``shift`` and the gates on them, written down before any of them runs.

Each gate's basis is the effect as measured while the design was made, on the first seeds (NumPy, float64). Where there is an effect
the gate has a slack of about 2, in a ratio's logarithm or in the difference.
"""

from ....language.statistics import Contrast, Gate


def _of(name, first, second=None, kind="ratio"):
    return Contrast(f"trained: {name}", kind, "trained", first, second)


MEAN = _of("mean, one step, without", "mean.without", kind="difference")
DEVIATION = _of("deviation, one step, without", "deviation.without", kind="difference")
MEAN_IN_ALL = _of("mean, all steps, without", "whole_mean.without", kind="difference")
DEVIATION_IN_ALL = _of("deviation, all steps, without", "whole_deviation.without", kind="difference")
MEAN_LOWER = _of("mean, without / with", "mean.without", "mean.with")
DEVIATION_LOWER = _of("deviation, without / with", "deviation.without", "deviation.with")
MEAN_INSIDE = _of("mean, without / with, before it is normalised", "mean.without", "inside_mean.with")
DEVIATION_INSIDE = _of(
    "deviation, without / with, before it is normalised", "deviation.without", "inside_deviation.with"
)
MEAN_NULL = _of("mean, without / null", "mean.without", "mean.null")
DEVIATION_NULL = _of("deviation, without / null", "deviation.without", "deviation.null")
JOINT = _of("joint, one step, without / with", "joint.without", "joint.with")
JOINT_IN_ALL = _of("joint, all steps, without / with", "whole_joint.without", "whole_joint.with")
FROZEN = _of("loss, last / first, frozen", "last.frozen", "first.frozen")
FROZEN_WITH = _of("loss, last / first, frozen with batch norm", "last.frozen_with", "first.frozen_with")
EFFECTS = (
    MEAN,
    DEVIATION,
    MEAN_IN_ALL,
    DEVIATION_IN_ALL,
    MEAN_LOWER,
    DEVIATION_LOWER,
    MEAN_INSIDE,
    DEVIATION_INSIDE,
    MEAN_NULL,
    DEVIATION_NULL,
    JOINT,
    JOINT_IN_ALL,
    FROZEN,
    FROZEN_WITH,
)

GATES = (
    Gate("one step moves the means", MEAN.name, "above", (0.1,), "0.202 [0.178, 0.228]"),
    Gate("one step moves the deviations", DEVIATION.name, "above", (0.017,), "0.034 [0.030, 0.040]"),
    Gate("all steps move the means", MEAN_IN_ALL.name, "above", (0.6,), "1.25 [1.12, 1.38]"),
    Gate("all steps move the deviations", DEVIATION_IN_ALL.name, "above", (0.45,), "0.91 [0.83, 0.98]"),
    Gate("batch norm lowers it: mean", MEAN_LOWER.name, "above", (10.0,), "115 [102, 131]"),
    Gate("batch norm lowers it: deviation", DEVIATION_LOWER.name, "above", (4.3,), "18.7 [16.5, 21.5]"),
    Gate("not by construction alone: mean", MEAN_INSIDE.name, "above", (5.6,), "32 [29, 37]"),
    Gate("not by construction alone: deviation", DEVIATION_INSIDE.name, "above", (2.3,), "5.3 [4.6, 6.2]"),
    Gate("null arm: mean", MEAN_NULL.name, "within", (0.6, 1.6), "0.97 [0.85, 1.14]", "control"),
    Gate("null arm: deviation", DEVIATION_NULL.name, "within", (0.6, 1.6), "0.81 [0.74, 0.92]", "control"),
    Gate("in one step the correlations move less too", JOINT.name, "above", (1.9,), "3.7 [3.3, 4.3]"),
    Gate(
        "in all steps the correlations move nearly as much",
        JOINT_IN_ALL.name,
        "within",
        (0.8, 1.6),
        "1.27 [1.20, 1.35]",
        "caution",
    ),
    Gate("with frozen layers it learns", FROZEN.name, "below", (0.7,), "0.49 [0.46, 0.53]", "control"),
    Gate(
        "with frozen layers and batch norm it learns", FROZEN_WITH.name, "below", (0.7,), "0.50 [0.48, 0.51]", "control"
    ),
)
