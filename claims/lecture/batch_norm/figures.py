"""Figures over seeds: what is drawn of an arm, layer by layer."""

import numpy as np

from .perturbation import design

RELATIVE = (
    f"Relative change ‖h′ − h‖/‖h‖ of each layer's output; layer {design.DEPTH + 1} are the logits. "
    "Median and 2.5 % to 97.5 % of the seeds."
)


def by_layer(name, measure, *, control=False):
    """An arm of a figure from its measure [layers, S]: medians, and where all but a twentieth of the seeds lie."""
    low, middle, high = np.quantile(measure, (0.025, 0.5, 0.975), axis=1)
    return {"name": name, "control": control, "size": middle, "low": low, "high": high}
