"""The effects of ``learning`` and the gates on them, written down before any of them runs.

Each gate's basis is the effect as measured while the design was made, on the first seeds (NumPy, float64). Where there is an effect
the gate has a slack of about 2, in the error rate and in the loss; chance is 1/10, give or take half of it.
"""

import numpy as np

from ...engine.statistics import Gate, paired

EFFECTS = (
    ("learns: accuracy, true labels", "difference", "accuracy.true", None),
    ("learns: accuracy, shuffled labels", "difference", "accuracy.shuffled", None),
    ("learns: accuracy, true - shuffled labels", "difference", "accuracy.true", "accuracy.shuffled"),
    ("learns: loss, last / first, true labels", "ratio", "last.true", "first.true"),
    ("learns: loss, last / first, shuffled labels", "ratio", "last.shuffled", "first.shuffled"),
)
"""(name, kind, first arm's key, second arm's key or None: 0)."""

_NAMES = [name for name, *_ in EFFECTS]

GATES = (
    Gate("held-out images are recognised", _NAMES[0], "above", (0.92,), "0.967 [0.961, 0.972]"),
    Gate("control: shuffled labels leave it at chance", _NAMES[1], "within", (0.05, 0.15), "0.099 [0.084, 0.115]"),
    Gate("it is the labels that are learned", _NAMES[2], "above", (0.77,), "0.868 [0.848, 0.887]"),
    Gate("the loss falls", _NAMES[3], "below", (0.1,), "0.048 [0.046, 0.051]"),
    Gate("of shuffled labels it falls hardly", _NAMES[4], "above", (0.7,), "0.86 [0.85, 0.87]"),
)


def effects(measured, chosen=slice(None), *, seed):
    """{name: Effect} over the `chosen` seeds of what ran: `measured`, {experiment: what it returned}; `seed` is the bootstrap's."""
    if "learns" not in measured:
        return {}
    arrays = measured["learns"]
    found = {}
    for name, kind, first, second in EFFECTS:
        one = arrays[first][chosen]
        other = np.zeros_like(one) if second is None else arrays[second][chosen]
        found[name] = paired(name, one, other, kind=kind, seed=seed)
    return found
