"""The effects of ``perturbation`` and the gates on them, written down before any of them runs.

Each gate's basis is the effect as measured while the design was made, on the first seeds (NumPy, float64). Where there is an effect
the gate has a slack of about 2 in the logarithm, or is the bare sign where the sentence claims no more.
"""

from ....language.statistics import Contrast
from . import design

THROUGH = design.TENTH**design.DEPTH - 1
"""1.1^6 - 1: what all hidden weights times 1.1 do to the logits of a network without biases."""


def _ratio(experiment, change, first, second):
    """Of the logits' change in one arm to that in another."""
    name = f"{experiment}: {change.replace('_', ' ')}, {first} / {second}"
    return Contrast(name, "ratio", experiment, f"{change}.{first}", f"{change}.{second}")


def _size(experiment, name, measure):
    """Of a relative change, or of its growth from layer to layer, on its own."""
    return Contrast(f"{experiment}: {name}", "ratio", experiment, measure)


SCALED = _ratio("first_layer", "scale_and_shift", "without", "with")
SCALED_FROZEN = _ratio("first_layer", "scale_and_shift", "frozen", "without")
FROZEN = _ratio("first_layer", "scale_and_shift", "frozen", "with")
TURNED = _ratio("first_layer", "direction", "without", "with")
AGAINST = _ratio("first_layer", "gradient", "without", "with")
SCALED_WITH = _size("first_layer", "logits' change by scale and shift, with", "scale_and_shift.with")
GROWTH_WITH = _size("first_layer", "growth of a random change, with", "growth_direction.with")
TENTH = Contrast("every_layer: logits' change by all weights × 1.1, without", "ratio", "every_layer", "tenth.without")
TENTH_WITH = _size("every_layer", "logits' change by all weights × 1.1, with", "tenth.with")
TRAINED_SCALED = _ratio("trained", "scale_and_shift", "without", "with")
TRAINED_TURNED = _ratio("trained", "direction", "without", "with")
TRAINED_AGAINST = _ratio("trained", "gradient", "without", "with")
GRADIENT = _size("downstream", "logits' change by 1 % against the gradient", "relative.gradient")
GROWTH_GRADIENT = _size("downstream", "growth, against the gradient", "growth_relative.gradient")
GROWTH_LEARNED_GRADIENT = _size(
    "downstream", "growth, against the gradient, trained", "growth_relative.learned_gradient"
)
GROWTH_STEEP = _size("downstream", "growth, tanh with large weights", "growth_relative.steep_tanh")
GROWTH_RANDOM = _size("downstream", "growth, random direction", "growth_relative.random")
GROWTH_LEARNED_RANDOM = _size("downstream", "growth, random direction, trained", "growth_relative.learned_random")
GROWTH_DEEP = _size("downstream", "growth, random direction, twelve layers", "growth_relative.deep")
GROWTH_GENTLE = _size("downstream", "growth, tanh with small weights", "growth_relative.gentle_tanh")
EARLY = _ratio("downstream", "relative", "random", "late")
EFFECTS = (
    *(SCALED, SCALED_FROZEN, FROZEN, TURNED, AGAINST, SCALED_WITH, GROWTH_WITH),
    *(TENTH, TENTH_WITH),
    *(TRAINED_SCALED, TRAINED_TURNED, TRAINED_AGAINST),
    *(GRADIENT, GROWTH_GRADIENT, GROWTH_LEARNED_GRADIENT, GROWTH_STEEP),
    *(GROWTH_RANDOM, GROWTH_LEARNED_RANDOM, GROWTH_DEEP, GROWTH_GENTLE, EARLY),
)

GATES = (
    SCALED.above(150.0, "decoupled: scale and shift", "2.3e4 [1.8e4, 3.1e4]"),
    SCALED_WITH.below(1e-3, "decoupled: hardly anything gets through", "2.6e-5 [2.3e-5, 3.0e-5]"),
    FROZEN.above(150.0, "the statistics must be the batch's", "7.5e4 [6.0e4, 9.5e4]", "control"),
    SCALED_FROZEN.above(1.8, "reversal, inference", "3.22 [2.81, 3.70]", "reversal"),
    TURNED.below(0.61, "reversal, random direction", "0.371 [0.326, 0.418]", "reversal"),
    GROWTH_WITH.above(1.6, "reversal, it grows with batch norm", "2.64 [2.56, 2.72]", "reversal"),
    AGAINST.within(0.7, 1.4, "no effect, against the gradient", "1.02 [0.96, 1.10]", "reversal"),
    TENTH.within(THROUGH - 1e-9, THROUGH + 1e-9, "passed on: 1.1⁶ − 1", "1.1⁶ − 1 to 1e-15"),
    TENTH_WITH.below(1e-4, "with batch norm nothing of it is left", "2.2e-6 [2.1e-6, 2.3e-6]", "control"),
    TRAINED_SCALED.above(200.0, "decoupled after training too", "5.1e4 [4.0e4, 6.6e4]"),
    TRAINED_TURNED.below(1.0, "reversal, random direction, trained", "0.72 [0.66, 0.79]", "reversal"),
    TRAINED_AGAINST.above(1.3, "less against the gradient, trained", "1.79 [1.62, 1.99]"),
    GRADIENT.above(0.037, "large: logits against the gradient", "0.136 [0.127, 0.145]"),
    GROWTH_GRADIENT.above(1.5, "amplified: against the gradient", "2.26 [2.12, 2.41]"),
    GROWTH_LEARNED_GRADIENT.above(1.24, "amplified: the same, trained", "1.55 [1.48, 1.63]"),
    GROWTH_STEEP.above(2.2, "amplified: tanh with large weights", "4.80 [4.60, 5.00]"),
    GROWTH_RANDOM.within(0.7, 1.45, "only passed on: random direction", "1.08 [0.95, 1.21]", "reversal"),
    GROWTH_LEARNED_RANDOM.below(0.88, "it fades: the same, trained", "0.771 [0.746, 0.799]", "reversal"),
    GROWTH_DEEP.within(0.6, 1.6, "only passed on: twelve layers", "1.09 [0.92, 1.28]", "reversal"),
    GROWTH_GENTLE.below(0.34, "it fades: tanh with small weights", "0.113 [0.102, 0.124]", "reversal"),
    EARLY.within(0.65, 1.5, "early layers are nothing special", "1.01 [0.86, 1.16]", "caution"),
)
