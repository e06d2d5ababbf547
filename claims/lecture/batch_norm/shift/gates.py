"""The effects of ``shift`` and the gates on them, written down before any of them runs.

Each gate's basis is the effect as measured while the design was made, on the first seeds (NumPy, float64). Where there is an effect
the gate has a slack of about 2, in a ratio's logarithm or in the difference.
"""

from ....language.statistics import Contrast


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
    *(MEAN, DEVIATION, MEAN_IN_ALL, DEVIATION_IN_ALL),
    *(MEAN_LOWER, DEVIATION_LOWER, MEAN_INSIDE, DEVIATION_INSIDE),
    *(MEAN_NULL, DEVIATION_NULL, JOINT, JOINT_IN_ALL, FROZEN, FROZEN_WITH),
)

GATES = (
    MEAN.above(0.1, "one step moves the means", "0.202 [0.178, 0.228]"),
    DEVIATION.above(0.017, "one step moves the deviations", "0.034 [0.030, 0.040]"),
    MEAN_IN_ALL.above(0.6, "all steps move the means", "1.25 [1.12, 1.38]"),
    DEVIATION_IN_ALL.above(0.45, "all steps move the deviations", "0.91 [0.83, 0.98]"),
    MEAN_LOWER.above(10.0, "batch norm lowers it: mean", "115 [102, 131]"),
    DEVIATION_LOWER.above(4.3, "batch norm lowers it: deviation", "18.7 [16.5, 21.5]"),
    MEAN_INSIDE.above(5.6, "not by construction alone: mean", "32 [29, 37]"),
    DEVIATION_INSIDE.above(2.3, "not by construction alone: deviation", "5.3 [4.6, 6.2]"),
    MEAN_NULL.within(0.6, 1.6, "null arm: mean", "0.97 [0.85, 1.14]", "control"),
    DEVIATION_NULL.within(0.6, 1.6, "null arm: deviation", "0.81 [0.74, 0.92]", "control"),
    JOINT.above(1.9, "in one step the correlations move less too", "3.7 [3.3, 4.3]"),
    JOINT_IN_ALL.within(0.8, 1.6, "in all steps the correlations move nearly as much", "1.27 [1.20, 1.35]", "caution"),
    FROZEN.below(0.7, "with frozen layers it learns", "0.49 [0.46, 0.53]", "control"),
    FROZEN_WITH.below(0.7, "with frozen layers and batch norm it learns", "0.50 [0.48, 0.51]", "control"),
)
