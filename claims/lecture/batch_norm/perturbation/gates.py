"""The effects of ``perturbation`` and the gates on them, written down before any of them runs.

Each gate's basis is the effect as measured while the design was made, on the first seeds (NumPy, float64). Where there is an effect
the gate has a slack of about 2 in the logarithm, or is the bare sign where the sentence claims no more.
"""

from ....language.statistics import Contrast, Gate
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
    SCALED,
    SCALED_FROZEN,
    FROZEN,
    TURNED,
    AGAINST,
    SCALED_WITH,
    GROWTH_WITH,
    TENTH,
    TENTH_WITH,
    TRAINED_SCALED,
    TRAINED_TURNED,
    TRAINED_AGAINST,
    GRADIENT,
    GROWTH_GRADIENT,
    GROWTH_LEARNED_GRADIENT,
    GROWTH_STEEP,
    GROWTH_RANDOM,
    GROWTH_LEARNED_RANDOM,
    GROWTH_DEEP,
    GROWTH_GENTLE,
    EARLY,
)

GATES = (
    Gate("decoupled: scale and shift", SCALED.name, "above", (150.0,), "2.3e4 [1.8e4, 3.1e4]"),
    Gate("decoupled: hardly anything gets through", SCALED_WITH.name, "below", (1e-3,), "2.6e-5 [2.3e-5, 3.0e-5]"),
    Gate("the statistics must be the batch's", FROZEN.name, "above", (150.0,), "7.5e4 [6.0e4, 9.5e4]", "control"),
    Gate("reversal, inference", SCALED_FROZEN.name, "above", (1.8,), "3.22 [2.81, 3.70]", "reversal"),
    Gate("reversal, random direction", TURNED.name, "below", (0.61,), "0.371 [0.326, 0.418]", "reversal"),
    Gate("reversal, it grows with batch norm", GROWTH_WITH.name, "above", (1.6,), "2.64 [2.56, 2.72]", "reversal"),
    Gate("no effect, against the gradient", AGAINST.name, "within", (0.7, 1.4), "1.02 [0.96, 1.10]", "reversal"),
    Gate("passed on: 1.1⁶ − 1", TENTH.name, "within", (THROUGH - 1e-9, THROUGH + 1e-9), "1.1⁶ − 1 to 1e-15"),
    Gate(
        "with batch norm nothing of it is left", TENTH_WITH.name, "below", (1e-4,), "2.2e-6 [2.1e-6, 2.3e-6]", "control"
    ),
    Gate("decoupled after training too", TRAINED_SCALED.name, "above", (200.0,), "5.1e4 [4.0e4, 6.6e4]"),
    Gate("reversal, random direction, trained", TRAINED_TURNED.name, "below", (1.0,), "0.72 [0.66, 0.79]", "reversal"),
    Gate("less against the gradient, trained", TRAINED_AGAINST.name, "above", (1.3,), "1.79 [1.62, 1.99]"),
    Gate("large: logits against the gradient", GRADIENT.name, "above", (0.037,), "0.136 [0.127, 0.145]"),
    Gate("amplified: against the gradient", GROWTH_GRADIENT.name, "above", (1.5,), "2.26 [2.12, 2.41]"),
    Gate("amplified: the same, trained", GROWTH_LEARNED_GRADIENT.name, "above", (1.24,), "1.55 [1.48, 1.63]"),
    Gate("amplified: tanh with large weights", GROWTH_STEEP.name, "above", (2.2,), "4.80 [4.60, 5.00]"),
    Gate(
        "only passed on: random direction", GROWTH_RANDOM.name, "within", (0.7, 1.45), "1.08 [0.95, 1.21]", "reversal"
    ),
    Gate(
        "it fades: the same, trained", GROWTH_LEARNED_RANDOM.name, "below", (0.88,), "0.771 [0.746, 0.799]", "reversal"
    ),
    Gate("only passed on: twelve layers", GROWTH_DEEP.name, "within", (0.6, 1.6), "1.09 [0.92, 1.28]", "reversal"),
    Gate("it fades: tanh with small weights", GROWTH_GENTLE.name, "below", (0.34,), "0.113 [0.102, 0.124]", "reversal"),
    Gate("early layers are nothing special", EARLY.name, "within", (0.65, 1.5), "1.01 [0.86, 1.16]", "caution"),
)
