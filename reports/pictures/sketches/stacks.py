"""Images of several channels, and batches of them, as stacks of planes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..figures import Picture
from .drawing import COLOURS, INK, MUTED, box, svg, text

STEP = 9  # from one plane of a stack to the next


def _stack(x: float, y: float, side: float, colours: Sequence[str]) -> Iterator[str]:
    """Planes behind one another, the first in front."""
    for i, colour in reversed(list(enumerate(colours))):
        yield box(x + STEP * i, y - STEP * i, side, fill="var(--paper)", stroke=colour)


def _channels() -> Picture:
    """Two kernels of three planes make two channels of three."""
    planes, kernels = 3, 2
    parts = [*_stack(10, 70, 60, [INK] * planes), text(60, 150, f"image, {planes} channels")]
    for n in range(kernels):
        colour, y = COLOURS[n], 40 + 58 * n
        parts += _stack(190, y, 24, [colour] * planes)
        parts.append(text(275, y + 16, f"kernel {n + 1}: {planes} planes", fill=colour, anchor="start"))
    parts += [*_stack(430, 70, 50, COLOURS[:kernels]), text(465, 150, f"output, {kernels} channels")]
    parts += [text(140, 80, "∗", size=18, fill=MUTED), text(400, 80, "=", size=18, fill=MUTED)]
    caption = "A kernel has a plane for each channel of its input; what the planes make is summed into one channel. There are as many channels as kernels."
    alt = f"An image of {planes} channels, {kernels} kernels of {planes} planes each, and an output of {kernels} channels, one for each kernel."
    return Picture("channels", caption, alt, svg(530, 160, alt, parts))


def _minibatch() -> Picture:
    """Images side by side become one tensor of four axes."""
    images = 4
    parts = [text(10, 16, f"a minibatch of N = {images} images, each [C, H, W] with C = 3", anchor="start")]
    for n in range(images):
        parts += _stack(12 + 105 * n, 52, 48, COLOURS[:3])
        parts.append(text(36 + 105 * n, 116, f"n = {n}"))
    parts.append(text(480, 80, "[N, C, H, W]"))
    caption = "Images of one size are stacked along a first axis of their own."
    alt = f"{images} images of three channels each, numbered along the first axis."
    return Picture("minibatch", caption, alt, svg(530, 126, alt, parts))


DRAWINGS = {"channels": _channels, "minibatch": _minibatch}
