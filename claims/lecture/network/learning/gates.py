"""The effects of ``learning`` and the gates on them, written down before any of them runs.

Each gate's basis is the effect as measured while the design was made, on the first seeds (NumPy, float64). Where there is an effect
the gate has a slack of about 2, in the error rate and in the loss; chance is 1/10, give or take half of it.
"""

from ....language.statistics import Contrast

HELD_OUT = Contrast("learns: accuracy, true labels", "difference", "learns", "accuracy.true")
SHUFFLED = Contrast("learns: accuracy, shuffled labels", "difference", "learns", "accuracy.shuffled")
LABELS = Contrast(
    "learns: accuracy, true - shuffled labels", "difference", "learns", "accuracy.true", "accuracy.shuffled"
)
FALL = Contrast("learns: loss, last / first, true labels", "ratio", "learns", "last.true", "first.true")
NO_FALL = Contrast("learns: loss, last / first, shuffled labels", "ratio", "learns", "last.shuffled", "first.shuffled")
EFFECTS = (HELD_OUT, SHUFFLED, LABELS, FALL, NO_FALL)

GATES = (
    HELD_OUT.above(0.92, "held-out images are recognised", "0.967 [0.961, 0.972]"),
    SHUFFLED.within(0.05, 0.15, "shuffled labels leave it at chance", "0.099 [0.084, 0.115]", "control"),
    LABELS.above(0.77, "it is the labels that are learned", "0.868 [0.848, 0.887]"),
    FALL.below(0.1, "the loss falls", "0.048 [0.046, 0.051]"),
    NO_FALL.above(0.7, "of shuffled labels it falls hardly", "0.86 [0.85, 0.87]", "control"),
)
