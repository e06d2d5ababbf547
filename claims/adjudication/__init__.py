"""Rounding or bug? A user's own arrays against the exact result of the operation that they are said to come from.

For each output: *within rounding* (its worst error is at most what the inputs, the format and the number of operations
allow, whatever the order of summation), or *outside*: by what factor, where, and which known mistake would explain it.
``docs/adjudicate.md`` has a session and says what "within" does not prove.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...reference.validation import BadInput
from . import judgment
from .case import Case, call, case
from .finding import Adjudication, Difference, Explanation, Finding
from .given.npz import read


def adjudicate(
    operation: str,
    *,
    inputs: Mapping[str, Any],
    outputs: Mapping[str, Any],
    parameters: Mapping[str, Any] | None = None,
) -> Adjudication:
    """Judge each library's output of ``operation`` on these inputs against the exact result.

    ``operation``: a name of :data:`lectureclaims.reference.catalogue.OPERATIONS` or an alias (``conv2d``, ``linear``,
    ``sigmoid``, …). ``inputs``: arrays by name, with the numbers that the libraries were given. ``outputs``: library →
    array, or → {result: array} where the operation has several results (a plain array is then the first). ``parameters``:
    the operator's parameters, in our words or the frameworks', and four more that may be left out:

    - ``"layout"``: {``"input.x"`` or ``"output.tensorflow"`` or ``"output.tensorflow.dw"``: order of its axes, as ``"NHWC"``};
    - ``"accumulation"``: the format in which sums were made, if it is known;
    - ``"framework"``: ``"torch"``, ``"tensorflow"``, ``"keras"`` or ``"onnx"``, whose defaults and orders of axes are meant where nothing
      is said;
    - ``"dtypes"``: {``"output.torch"``: ``"bfloat16"``} for numbers that were saved in a wider format than they had.

    Raises BadInput, in one line, for what cannot be judged: unknown names, shapes that do not fit, inputs that are not
    finite or that the output's format cannot hold.
    """
    return judge(case(operation, inputs=inputs, outputs=outputs, parameters={} if parameters is None else parameters))


def judge(asked: Case) -> Adjudication:
    """Every finding of a case. BadInput where no contract gives a bound; a fault of ours says with it what was judged."""
    try:
        # Sizes that bounds are made of may overflow: those bounds are infinite.
        with np.errstate(all="ignore"):
            found = judgment.judge(asked)
    except BadInput:
        raise
    except Exception as error:
        error.add_note(str(asked))
        raise
    findings = tuple(dataclasses.replace(f, where=_own_place(asked, f)) for f in found.findings)
    return dataclasses.replace(found, findings=findings, taken=asked.taken)


def _own_place(asked: Case, f: Finding) -> tuple[int, ...]:
    """Of the worst element, in the array as it was given: with its own leading axes."""
    own, place = asked.shaped[f.library, f.result], asked.given[f.library, f.result]
    if own in asked.maps and len(f.where) == 2:  # a pixel, a class
        first, *space = np.unravel_index(f.where[0], (own[0], *own[2:]))
        return (int(first), f.where[1], *map(int, space))
    counted = tuple(asked.outputs[f.library][f.result].shape[place.index(axis)] for axis in range(len(place)))
    return f.where if own == counted else tuple(map(int, np.unravel_index(np.ravel_multi_index(f.where, counted), own)))
