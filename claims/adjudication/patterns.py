"""Where elements are outside, by axis: the first image right and all others wrong, one group of channels, every second column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

NOUNS = {
    "N": "image",
    "C": "channel",
    "H": "row",
    "W": "column",
    "O": "feature",
    "I": "feature",
    "K": "class",
    "D": "plane",
}
"""A letter of an order of axes → what one index of it is called."""
PART = 0.5
"""Of an index that counts as wrong, at least so many elements are outside."""


def pattern(outside: np.ndarray, axes: str, given: Sequence[int]) -> str:
    """A sentence on the axis by which wrong elements are told best from right ones, or "" where they lie anywhere or everywhere.

    An axis tells them where on some indices no element is outside, and on the others at least half of them. ``given``: for each axis of
    ``outside``, its place in the array as it was given.
    """
    if not outside.any() or outside.all():
        return ""
    told = []
    for axis, size in enumerate(outside.shape):
        share = outside.mean(axis=tuple(other for other in range(outside.ndim) if other != axis))
        wrong = share > 0
        if size > 1 and wrong.any() and not wrong.all() and (share[wrong] >= PART).all():
            told.append((-float(share[wrong].min()), axis, wrong, bool((share[wrong] == 1).all())))
    sentences = [
        _sentence(axis, wrong, whole, axes, outside.ndim, given)
        for _, axis, wrong, whole in sorted(told, key=lambda t: t[:2])
    ]
    return "; ".join(sentences[:2])


def _sentence(axis: int, wrong: np.ndarray, whole: bool, axes: str, rank: int, given: Sequence[int]) -> str:
    noun = NOUNS.get(axes[axis], "") if axis < len(axes.rstrip("…")) else ""
    one, many = (noun, f"{noun}s" if noun != "class" else "classes") if noun else (f"index {given[axis]}", "")
    if not noun:
        one, many = f"index of axis {given[axis]}", f"indices of axis {given[axis]}"
    how = "wholly outside" if whole else "outside"
    places, size = np.flatnonzero(wrong), len(wrong)
    right = np.flatnonzero(~wrong)
    if len(places) == 1:
        return f"only {_the(one, places[0], size)} is {how}"
    if len(right) == 1:
        return f"{_the(one, right[0], size)} is within, all other {many} are {how}"
    steps = np.diff(places)
    if (steps == 1).all():
        return f"{many} {places[0]} to {places[-1]} of {size} are {how}, the others within"
    if len(places) > 2 and (steps == steps[0]).all():
        return f"every {_ordinal(int(steps[0]))} of the {many}, from {places[0]} on, is {how}, the others within"
    if len(places) <= 8:
        return f"{many} {', '.join(map(str, places))} of {size} are {how}, the others within"
    return f"{len(places)} of {size} {many} are {how}, the others within"


def _the(one: str, place: int, size: int) -> str:
    name = {0: "the first", size - 1: "the last"}.get(int(place))
    return f"{name} {one}" if name and size > 2 else f"{one} {place}"


def _ordinal(n: int) -> str:
    return {2: "second", 3: "third"}.get(n, f"{n}th")
