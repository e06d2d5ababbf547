"""Pictures that a script draws from the values of their controls (templates/responding.js): which there are, and what can be moved in each.

A claim names those that stand beside it (``claim(…, pictures=("window",))``); ``depth`` stands where the record has gradients by depth.
Without scripts they are not shown: what a claim found stands in its still pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...claims.record.types import Claim


@dataclass(frozen=True)
class Slider:
    """A number from ``low`` to ``high``; power: the number is 10 to it."""

    name: str
    label: str
    low: float
    high: float
    value: float
    step: float = 1
    power: bool = False


@dataclass(frozen=True)
class Choice:
    """One of ``options``, {value: what it is called}; the first at the beginning."""

    name: str
    label: str
    options: dict[str, str]


@dataclass(frozen=True)
class Responding:
    title: str
    controls: tuple[Slider | Choice, ...]
    caption: str
    plays: bool = False


STRIDE = Slider("stride", "stride", 1, 3, 1)
RESPONDING = {
    "window": Responding(
        "a window over numbers",
        (
            Choice("sum", "sum", {"cross-correlation": "cross-correlation", "convolution": "convolution"}),
            Choice("border", "border", {"valid": "valid", "same": "same: zeros around it"}),
            Choice("kernel", "kernel", {"edge": "an edge", "corner": "a corner", "sum": "all ones"}),
            STRIDE,
            Slider("at", "output", 1, 36, 1),
        ),
        "Point at an output, or move along the outputs, to see its window and its products. Convolution lays the kernel turned by 180°.",
        plays=True,
    ),
    "transposed": Responding(
        "a transposed convolution",
        (Slider("k", "kernel", 1, 5, 3), Slider("stride", "stride", 1, 4, 2), Slider("cut", "padding", 0, 3, 0)),
        "Each number of the input (1, 2, 3, 4) lays the whole kernel, times itself, one stride further; a column's sum is an output. "
        "Padding is what is cut off at both ends (faint).",
    ),
    "normalized": Responding(
        "scale, ε, training and inference",
        (
            Choice("mode", "mode", {"training": "training", "inference": "inference"}),
            Slider("scale", "scale of x", -4, 4, 0, 0.25, power=True),
            Slider("shift", "shift of x", -3, 3, 0, 0.25),
            Slider("epsilon", "ε", -12, 0, -5, 1, power=True),
            Slider("gamma", "γ", 0, 2, 1, 0.25),
            Slider("beta", "β", -2, 2, 0, 0.25),
        ),
        "One feature of a batch of eight. In training the batch's own mean and variance are taken, in inference those remembered from "
        "training (here: of the batch at scale 1, shift 0). A scale of x whose variance is not far above ε is not normalized away.",
    ),
    "depth": Responding(
        "slopes, and their product over depth",
        (Slider("z", "z", -8, 8, 2, 0.1), Slider("layers", "layers", 1, 30, 10)),
        "Left: the slope of each function; right: the factor that a gradient keeps after so many layers whose units all stand at this z, the "
        "weights apart. The logistic function's slope is 0.25 at most.",
    ),
    "shifted": Responding(
        "shift, then the layer; the layer, then the shift",
        (
            Choice("border", "border", {"zeros": "zeros", "circular": "circular", "valid": "valid: no border"}),
            STRIDE,
            Slider("down", "down", -4, 4, 1),
            Slider("right", "right", -4, 4, 2),
        ),
        "A layer of one kernel of size 3. Drag the picture, or move the sliders. What comes in from outside the shifted output has no counterpart.",
    ),
}


def of(claim: Claim) -> dict[str, Responding]:
    """{name: picture} of a claim, those that it names first."""
    named = [*claim.pictures, *["depth"] * ("saturation_depth" in claim.figures)]
    return {name: RESPONDING[name] for name in named if name in RESPONDING}
