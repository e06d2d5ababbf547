"""The effects of ``confident`` and the gates on them, written down before any of them runs.

Each gate's basis is the effect as measured while the design was made, on the first seeds (NumPy, float64). Where there is an effect
the gate has a slack of about 2, in the difference or in the logarithm of the ratio.
"""

from ....language.statistics import Contrast


def _accuracy(name, first, second=None):
    over = second and f"accuracy.{second}"
    return Contrast(f"decides: accuracy, {name}", "difference", "decides", f"accuracy.{first}", over)


def _first_gradient(name, first, second):
    arms = (f"first_gradient.{arm}" for arm in (first, second))
    return Contrast(f"decides: first gradient, {name}", "ratio", "decides", *arms)


MISTAKEN = _accuracy("cross-entropy - squared error, bias 15", "cross_entropy@15", "squared_error@15")
COMPENSATED = _accuracy("cross-entropy, bias 15 - bias 0", "cross_entropy@15", "cross_entropy@0")
STUCK = _accuracy("squared error, bias 15", "squared_error@15")
FASTER = _accuracy(
    "cross-entropy - squared error at the best rate, bias 15", "cross_entropy@15", "squared_error_faster@15"
)
UNDECIDED = _accuracy("cross-entropy - squared error, bias 0", "cross_entropy@0", "squared_error@0")
GRADIENT = _first_gradient("cross-entropy / squared error, bias 15", "cross_entropy@15", "squared_error@15")
GRADIENT_UNDECIDED = _first_gradient("cross-entropy / squared error, bias 0", "cross_entropy@0", "squared_error@0")
EFFECTS = (MISTAKEN, COMPENSATED, STUCK, FASTER, UNDECIDED, GRADIENT, GRADIENT_UNDECIDED)

GATES = (
    MISTAKEN.above(0.25, "the cross-entropy gets out of confident mistakes", "0.498 [0.493, 0.502]"),
    COMPENSATED.within(-0.05, 0.05, "as if they had not been", "-0.006 [-0.010, -0.003]"),
    GRADIENT.above(600.0, "its gradient is there from the first step", "4.2e5 [2.1e5, 9.2e5]"),
    STUCK.within(0.4, 0.6, "the squared error stays at chance", "0.474, in every seed"),
    FASTER.above(0.25, "a larger rate does not mend it", "0.487 [0.475, 0.498]", "caution"),
    UNDECIDED.within(-0.05, 0.05, "control, no mistakes to begin with", "0.014 [0.009, 0.018]", "control"),
    GRADIENT_UNDECIDED.within(1.0, 20.0, "control, its first gradient", "4.1 [3.3, 5.3]", "control"),
)
