"""How decoders hand an image over, each in its own way, and what it takes to compare them."""

from typing import NamedTuple

import numpy as np


class Convention(NamedTuple):
    """How a decoder hands an image over: whether it keeps the axis of one channel, its order of colours, what it makes of gray
    with alpha, and the size that it gives to a PNG's 255."""

    keeps_gray_axis: bool = True
    blue_first: bool = False
    gray_with_alpha: int = 2
    white: int = 255


CONVENTIONS = {
    "matplotlib": Convention(keeps_gray_axis=False, gray_with_alpha=4, white=1),
    "opencv": Convention(keeps_gray_axis=False, blue_first=True, gray_with_alpha=4),
    "pillow": Convention(keeps_gray_axis=False),
    "tensorflow": Convention(),
}


def convention_of(backend):
    return CONVENTIONS.get(backend, Convention())


def colours(image, convention):
    """R, G, B, or B, G, R; whatever comes after them stays where it is."""
    return image[..., [2, 1, 0, *range(3, image.shape[2])]] if convention.blue_first and image.shape[2] > 2 else image


def scaled(image, white):
    """Integers 0 … 255 as they are, or each divided by 255, rounded once to float32."""
    return image.astype(np.float32) / np.float32(255) if white == 1 else image


def three_axes(y):
    """The axis of the one channel put back where a decoder drops it."""
    return y[..., None] if y.ndim == 2 else y
