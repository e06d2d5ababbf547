"""Activation functions and their slopes over z."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from ....reference.operators.activations.logistic import logistic, logistic_gradient
from ....reference.operators.activations.tanh import tanh, tanh_gradient
from ....reference.operators.rectifiers.absolute_value import absolute_value, absolute_value_gradient
from ....reference.operators.rectifiers.leaky_relu import leaky_relu, leaky_relu_gradient
from ....reference.operators.rectifiers.relu import relu, relu_gradient
from ..figures import Picture
from .drawing import COLOURS, RULE, line, svg, text

Function = Callable[[np.ndarray], np.ndarray]
MOST = 4  # of |z|
LEFT, UNIT, TOP, BOTTOM = 30, 40, 14, 166
BESIDE = LEFT + 2 * MOST * UNIT + 14


def _curve(f: Function, colour: str, low: float, high: float, *, dashed: bool = False) -> Iterator[str]:
    """f over z, as far as it lies between low and high; in two pieces where it jumps at 0."""
    right = np.concatenate(
        [[np.nextafter(0, 1)], np.linspace(0, MOST, 33)[1:]]
    )  # at 0 itself a slope is what one takes it for
    pieces = [_points(f, z, low, high) for z in (-right[::-1], right)]
    if pieces[0][-1] == pieces[1][0]:
        pieces = [pieces[0] + pieces[1]]
    return (line(points, stroke=colour, dashed=dashed) for points in pieces)


def _points(f: Function, z: np.ndarray, low: float, high: float) -> list[tuple[float, float]]:
    inside = [(at, y) for at, y in zip(z, f(z), strict=True) if low <= y <= high]
    return [(round(LEFT + UNIT * (at + MOST), 3), round(_place(y, low, high), 3)) for at, y in inside]


def _place(y: float, low: float, high: float) -> float:
    return BOTTOM - (y - low) / (high - low) * (BOTTOM - TOP)


def _over_z(
    name: str, caption: str, curves: Sequence[tuple[str, Function, Function | None]], low: float, high: float
) -> Picture:
    """The functions as whole lines, their slopes dashed, over z; ``low`` and ``high``: of what is drawn."""
    zero = LEFT + MOST * UNIT
    parts = [
        line([(LEFT, _place(0, low, high)), (LEFT + 2 * MOST * UNIT, _place(0, low, high))], stroke=RULE, width=1),
        line([(zero, TOP), (zero, BOTTOM)], stroke=RULE, width=1),
        *(
            text(LEFT + UNIT * (z + MOST), BOTTOM + 16, str(z).replace("-", "−"), size=10)
            for z in range(-MOST, MOST + 1, 2)
        ),
        *(
            text(LEFT - 6, _place(y, low, high) + 4, str(y).replace("-", "−"), anchor="end", size=10)
            for y in range(int(low), int(high) + 1)
        ),
    ]
    for i, (label, f, slope) in enumerate(curves):
        colour = COLOURS[i % len(COLOURS)]
        parts += _curve(f, colour, low, high)
        parts.append(text(BESIDE, TOP + 14 + 34 * i, label, anchor="start", fill=colour))
        if slope:
            parts += _curve(slope, colour, low, high, dashed=True)
            parts.append(text(BESIDE, TOP + 28 + 34 * i, "its slope, dashed", anchor="start", size=10, fill=colour))
    alt = f"{', '.join(label for label, *_ in curves)} over z from −{MOST} to {MOST}."
    return Picture(name, caption, alt, svg(530, 190, alt, parts))


def _slope(gradient: Callable[..., Any], **settings: float) -> Function:
    return lambda z: gradient(z, np.ones_like(z), **settings)


def _leaky(alpha: float) -> tuple[str, Function, Function]:
    f = partial(leaky_relu, alpha=alpha)
    return f"slope {alpha:g} below 0".replace("-", "−"), f, _slope(leaky_relu_gradient, alpha=alpha)


def _relu() -> Picture:
    curves = [("max(0, z)", relu, _slope(relu_gradient))]
    return _over_z("relu", "ReLU and its slope, which is 0 below 0 and 1 above; at 0 there is none.", curves, -1, 4)


def _leaky_relu() -> Picture:
    curves = [_leaky(0.1), _leaky(0.01)]
    return _over_z("leaky relu", "Leaky ReLU: a small slope is left below 0.", curves, -1, 4)


def _learned_slope() -> Picture:
    curves = [(name, f, None) for name, f, _ in map(_leaky, (0.25, 0.0, 1.0, -1.0))]
    caption = "One number to learn, the slope below 0: at 0 it is ReLU, at 1 the identity, at −1 the absolute value."
    return _over_z("learned slope", caption, curves, -2, 4)


def _absolute_value() -> Picture:
    curves = [("|z|", absolute_value, _slope(absolute_value_gradient))]
    return _over_z("absolute value", "The absolute value and its slope, −1 below 0 and 1 above.", curves, -1, 4)


def _sigmoids() -> Picture:
    curves = [("logistic", logistic, _slope(logistic_gradient)), ("tanh", tanh, _slope(tanh_gradient))]
    return _over_z(
        "sigmoids",
        "The logistic function lies between 0 and 1, with a slope of at most 1/4; tanh between −1 and 1, with one of at most 1.",
        curves,
        -1,
        1,
    )


DRAWINGS = {
    "relu": _relu,
    "leaky relu": _leaky_relu,
    "learned slope": _learned_slope,
    "absolute value": _absolute_value,
    "sigmoids": _sigmoids,
}
