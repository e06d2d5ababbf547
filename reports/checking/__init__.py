"""What is said of a student's function, in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.text import Text

from ..wording import words

if TYPE_CHECKING:
    from ...claims.checking import Checked, Tried

HINTS = {
    0: "which cases are right",
    1: "and the smallest input that is wrong",
    2: "and the mistake that it looks like",
    3: "and what to change",
}
"""How much is told."""
MOST = 64
"""Elements of an array that is printed."""


def terminal(out: Console, found: Checked, *, hint: int) -> None:
    """A line for each case; then, as far as ``hint`` allows, the first that is wrong."""
    for text, style in _lines(found, hint):
        out.print(Text(words.visible(text), style), soft_wrap=True)


def of_library(file: str, tried: Iterable[Checked]) -> Iterator[str]:
    """What is to be known of a file of operations before claims run on it: which of them is wrong, and the known mistake that it looks like."""
    for found in tried:
        if any(not one.right and one.got is not None for one in found.tried):
            right = f"{sum(one.right for one in found.tried)} of {len(found.tried)} cases are right"
            like = "; ".join(mistake.says for mistake in found.mistakes)
            said = f"it is as if {like}" if like else "no known mistake explains it"
            shown = f"`lecture-claims check {file} --function {found.function}` shows the smallest"
            yield f"{found.function} of {file}: {right}: {said}. {shown}."


def _lines(found: Checked, hint: int) -> Iterator[tuple[str, str]]:
    right = sum(one.right for one in found.tried)
    yield f"{found.function} as {found.operation}, {found.order}: {right} of {len(found.tried)} cases are right", "bold"
    for one in found.tried:
        yield (f"  ✓ {one.says}", "green") if one.right else (f"  ✗ {one.says}: {one.why}", "red")
    if found.lacking:
        yield f"  not tried: {', '.join(found.lacking)}", "dim"
    if (wrong := found.failure) and hint:
        yield from _failure(wrong, found, hint)


def _failure(one: Tried, found: Checked, hint: int) -> Iterator[tuple[str, str]]:
    yield f"The smallest input that is wrong: {one.says}{_settings(one.settings)}", "bold"
    for name, array in one.arrays.items():
        yield f"{name} =", ""
        yield _array(array), ""
    if one.got is not None:
        yield "yours =", ""
        yield _array(one.got), "red"
    if one.wanted is not None:
        yield "expected =", ""
        yield _array(one.wanted), "green"
    if hint < 2:
        return
    for mistake in found.mistakes:
        detail = f" ({mistake.detail})" if mistake.detail else ""
        yield f"It is as if {mistake.says}{detail}{f': {mistake.left}' if mistake.left else ''}.", "yellow"
        if hint > 2:
            yield f"To change: {mistake.remedy}.", "yellow"
    if not found.mistakes and one.got is not None:
        yield "No known mistake explains all that is wrong.", "dim"


def _settings(settings: Mapping[str, object]) -> str:
    return f", {', '.join(f'{name}={value}' for name, value in settings.items())}" if settings else ""


def _array(array: np.ndarray) -> str:
    if array.size > MOST:
        return f"  {list(array.shape)}, from {array.min():g} to {array.max():g}"
    text = np.array2string(array, precision=6, suppress_small=False, floatmode="maxprec", separator=" ")
    return "\n".join(f"  {line}" for line in text.replace(". ", " ").replace(".]", "]").splitlines())
