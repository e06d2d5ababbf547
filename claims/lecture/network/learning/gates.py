"""The effects of ``learning`` and the gates on them, written down before any of them runs.

Each gate's basis is the effect as measured while the design was made, on the first seeds (NumPy, float64). Where there is an effect
the gate has a slack of about 2, in the error rate and in the loss; chance is 1/10, give or take half of it.
"""

from ....language.statistics import Contrast, Gate

HELD_OUT = Contrast("learns: accuracy, true labels", "difference", "learns", "accuracy.true")
SHUFFLED = Contrast("learns: accuracy, shuffled labels", "difference", "learns", "accuracy.shuffled")
LABELS = Contrast(
    "learns: accuracy, true - shuffled labels", "difference", "learns", "accuracy.true", "accuracy.shuffled"
)
FALL = Contrast("learns: loss, last / first, true labels", "ratio", "learns", "last.true", "first.true")
NO_FALL = Contrast("learns: loss, last / first, shuffled labels", "ratio", "learns", "last.shuffled", "first.shuffled")
EFFECTS = (HELD_OUT, SHUFFLED, LABELS, FALL, NO_FALL)

GATES = (
    Gate("held-out images are recognised", HELD_OUT.name, "above", (0.92,), "0.967 [0.961, 0.972]"),
    Gate(
        "shuffled labels leave it at chance", SHUFFLED.name, "within", (0.05, 0.15), "0.099 [0.084, 0.115]", "control"
    ),
    Gate("it is the labels that are learned", LABELS.name, "above", (0.77,), "0.868 [0.848, 0.887]"),
    Gate("the loss falls", FALL.name, "below", (0.1,), "0.048 [0.046, 0.051]"),
    Gate("of shuffled labels it falls hardly", NO_FALL.name, "above", (0.7,), "0.86 [0.85, 0.87]", "control"),
)
