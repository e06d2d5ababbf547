"""A claim that is a size formula: how large an output is, for every geometry up to stated sizes.

formulas.size("pooling.size", "Pooling without padding leaves ⌊(H − k)/s⌋ + 1.", "max_pooling2d", lambda H, k, s: (H - k) // s + 1)
"""

from __future__ import annotations

import inspect
import itertools
import sys
from collections import namedtuple
from collections.abc import Callable, Generator, Mapping
from typing import Any

import numpy as np

from ....reference.operators import catalogue
from ..claim import Case, Claim, claim
from ..comparison import Comparison, same_shape
from ..outcome import Call, Outcome, ask
from ..sweep import sweep

Formula = Callable[..., int]
SYMBOLS = {"H": range(1, 13), "k": range(1, 6), "s": range(1, 4), "d": range(1, 3), "p": range(3)}
"""Size, kernel or window, stride, dilation, zeros on either side: how far each runs. What a formula does not name is 1, of p 0."""
SOURCE = "the formula, as stated"


def size(id: str, text: str, operation: str, formula: Formula, *, wrongs: Mapping[str, Formula] | None = None) -> Claim:
    """The claim that an operation leaves ``formula(H, k, s, d, p)`` of H rows, or a formula with some of these names.

    Every geometry up to the sizes in SYMBOLS is tried under which a window fits. ``wrongs`` are other formulas that must be refuted,
    beside one more and one less.

    Raises ValueError for an operation that has no windows, and for a name that is not one of the five.
    """
    known = catalogue.OPERATIONS.get(operation)
    windows = (
        known is not None and ("w" in known.arrays or "window" in known.parameters) and "stride" in known.parameters
    )
    if known is None or not windows or "upstream" in known.arrays:
        raise ValueError(f"operation={operation!r}: expected a convolution or a pooling, such as cross_correlation2d")
    names = [*inspect.signature(formula).parameters]
    if strange := set(names) - SYMBOLS.keys():
        raise ValueError(
            f"formula: {min(strange)!r} is none of {', '.join(SYMBOLS)}: size, kernel, stride, dilation, padding"
        )
    made = claim(
        id, text, kind="exact", expected="verified", about_shapes=True, ranges={n: SYMBOLS[n][-1] for n in names}
    )
    made.file = sys._getframe(1).f_code.co_filename
    others = {
        "one more": lambda *geometry: formula(*geometry) + 1,
        "one less": lambda *geometry: formula(*geometry) - 1,
        **(wrongs or {}),
    }

    @made.case("every geometry", probed=False, wrongs={name: {"formula": other} for name, other in others.items()})
    def _(case: Case, *, formula: Formula = formula) -> Generator[Any, Any, None]:
        def judge(y: Outcome, point: Any, design: str) -> Comparison:
            shape = (1, 1, formula(*point), *[1] * (_rank(known) - 1))
            return same_shape(y, shape, label="size", source=SOURCE)

        def build(point: Any, design: str) -> Call:
            return _call(known, np.dtype(case.dtype), **point._asdict())

        yield from sweep(
            case, _points(known, names), build, judge, label="output size", source=SOURCE, designs=("ones",)
        )

    return made


def _points(operation: catalogue.Operation, names: list[str]) -> list[Any]:
    """The geometries under which a window fits, small first; zeros beside a window of a pooling are at most half of it."""
    geometry = namedtuple("Geometry", names)
    points = [geometry(*values) for values in itertools.product(*(SYMBOLS[name] for name in names))]
    return sorted((p for p in points if _fits(operation, **p._asdict())), key=lambda p: (sum(p), p))


def _fits(operation: catalogue.Operation, *, H: int = 1, k: int = 1, s: int = 1, d: int = 1, p: int = 0) -> bool:
    window = d * (k - 1) + 1
    if "output_padding" in operation.parameters:  # of the transposed: what is cut off must be there
        return (H - 1) * s + window > 2 * p
    return H + 2 * p >= window and ("window" not in operation.parameters or 2 * p <= k)


def _call(
    operation: catalogue.Operation, dtype: np.dtype, *, H: int = 1, k: int = 1, s: int = 1, d: int = 1, p: int = 0
) -> Call:
    rank = _rank(operation)

    def along(value: Any, other: Any) -> Any:
        """The value along the first axis, the other along the rest."""
        return (value, *[other] * (rank - 1)) if rank > 1 else value

    def ones(n: int) -> np.ndarray:
        array = np.ones((1, 1, n, *[1] * (rank - 1)), dtype)
        array.flags.writeable = False
        return array

    given = {"stride": along(s, 1), "padding": along((p, p), (0, 0)), "dilation": along(d, 1), "window": along(k, 1)}
    given |= {"groups": 1, "ceil_mode": False, "count_padding": True, "output_padding": along(0, 0)}
    arrays = {"x": ones(H), "w": ones(k), "b": None}
    return ask(
        operation.name,
        **{name: arrays[name] for name in operation.arrays},
        **{name: given[name] for name in operation.parameters if name in given},
    )


def _rank(operation: catalogue.Operation) -> int:
    return len(operation.axes("x")) - 2
