"""The effects of ``saturation`` and the gates on them, written down before any of them runs.

Each gate's basis is the effect as measured while the design was made, on the first seeds (NumPy, float64). Where there is an effect
the gate has a slack of about 2 (more where the effect is a factor of thousands), or is the bare sign where the sentence claims no
more.
"""

import numpy as np

from ...engine.statistics import Gate, paired

EFFECTS = (
    ("deep: accuracy, relu - logistic", "difference", "deep", "accuracy.relu", "accuracy.logistic"),
    ("deep: accuracy, tanh - relu", "difference", "deep", "accuracy.tanh", "accuracy.relu"),
    ("deep: accuracy, with batch norm - without", "difference", "deep", "accuracy.logistic_batch_norm", "accuracy.logistic"),
    ("deep: accuracy, stretched - logistic", "difference", "deep", "accuracy.logistic_stretched", "accuracy.logistic"),
    ("shallow: accuracy, relu - logistic", "difference", "shallow", "accuracy.relu", "accuracy.logistic"),
    ("shallow: accuracy, tanh - relu", "difference", "shallow", "accuracy.tanh", "accuracy.relu"),
    ("biased: first gradient, tanh at 6 / at 0", "ratio", "biased", "first_gradient.tanh@6", "first_gradient.tanh@0"),
    ("biased: first gradient, logistic at 6 / at 0", "ratio", "biased", "first_gradient.logistic@6", "first_gradient.logistic@0"),
    ("biased: first gradient, relu at 6 / at 0", "ratio", "biased", "first_gradient.relu@6", "first_gradient.relu@0"),
    ("biased: first gradient, relu at -6 - nothing", "difference", "biased", "first_gradient.relu@-6", None),
    ("at the start: gradient factor of a layer, logistic", "ratio", "at_the_start", "factor.logistic", None),
    ("at the start: gradient factor of a layer, tanh", "ratio", "at_the_start", "factor.tanh", None),
    ("at the start: gradient factor of a layer, relu", "ratio", "at_the_start", "factor.relu", None),
    ("at the start: saturated units, logistic", "difference", "at_the_start", "saturated.logistic", None),
)  # fmt: skip
"""(name, kind, experiment, first arm's key, second arm's key or None: 1 for a ratio, 0 for a difference)."""

_NAMES = [name for name, *_ in EFFECTS]
SMALLEST = float(np.finfo(np.float64).tiny)

GATES = (
    Gate("deep logistic fails", _NAMES[0], "above", (0.4,), "0.858 [0.848, 0.868]"),
    Gate("tanh is no worse than relu", _NAMES[1], "above", (0.0,), "0.019 [0.009, 0.026]"),
    Gate("batch norm mends it", _NAMES[2], "above", (0.4,), "0.867 [0.858, 0.875]"),
    Gate("a steeper logistic mends it", _NAMES[3], "above", (0.4,), "0.873 [0.868, 0.880]"),
    Gate("control, one layer", _NAMES[4], "within", (-0.05, 0.05), "0.007 [0.001, 0.012]"),
    Gate("saturated tanh", _NAMES[6], "below", (1e-7,), "2.8e-10 [1.6e-10, 4.9e-10]"),
    Gate("saturated logistic", _NAMES[7], "below", (1e-3,), "2.4e-5 [1.9e-5, 3.0e-5]"),
    Gate("control, relu at 6", _NAMES[8], "above", (1.7,), "4.3 [3.8, 4.9]"),
    Gate("relu at -6 has no gradient at all", _NAMES[9], "within", (-SMALLEST, SMALLEST), "exactly 0"),
    Gate("gradient factor, logistic", _NAMES[10], "within", (0.12, 0.48), "0.236 [0.232, 0.240]"),
    Gate("gradient factor, tanh", _NAMES[11], "within", (0.7, 1.4), "1.00 [0.98, 1.02]"),
    Gate("gradient factor, relu", _NAMES[12], "within", (0.7, 1.4), "0.99 [0.96, 1.03]"),
    Gate("no unit of it is saturated at the start", _NAMES[13], "within", (-0.01, 0.01), "0.00004 [0, 0.00009]"),
)


def effects(measured, chosen=slice(None), *, seed):
    """{name: Effect} over the `chosen` seeds of what ran: `measured`, {experiment: what it returned}; `seed` is the bootstrap's."""
    found = {}
    for name, kind, part, first, second in EFFECTS:
        if part not in measured:
            continue
        one = _per_seed(measured[part][first])[chosen]
        nothing = np.ones_like(one) if kind == "ratio" else np.zeros_like(one)
        other = nothing if second is None else _per_seed(measured[part][second])[chosen]
        found[name] = paired(name, one, other, kind=kind, seed=seed)
    return found


def _per_seed(array):
    """[S], the mean over layers where there are any."""
    return array if array.ndim == 1 else array.mean(0)
