"""What an implementation is taken to do: in which format it computes, and what becomes of its intermediate results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ml_dtypes  # noqa: F401 - NumPy knows the name bfloat16 once it is imported
import numpy as np

from ..operators.catalogue import Operation

NARROW = ("float16", "bfloat16")
"""Formats that hardware and libraries store numbers in, and mostly do not compute in."""

BINARY = tuple(f"binary_cross_entropy{of}{slope}" for of in ("", "_with_logits") for slope in ("", "_gradient"))
SUMMING = (
    *BINARY,
    "sums",
    "resampled",
    "softmax",
    "softmax_gradient",
    "cross_entropy",
    "cross_entropy_gradient",
    "log_softmax",
    "log_softmax_gradient",
    "nll_loss",
    "nll_loss_gradient",
    "norm",
    "norm_gradient",
    "mean_square",
)
"""The rules of operations that sum, whose bounds grow with the number of terms; in a window there are few."""
STEPPING = (
    *BINARY,
    "softmax",
    "cross_entropy",
    "cross_entropy_gradient",
    "log_softmax",
    "nll_loss",
    "nll_loss_gradient",
    "resampled",
)
"""The rules of operations whose steps may be rounded to a narrow format one by one, beside those that say so themselves (``in_steps``); lenient."""

LENIENT = {
    "nearest": {"coordinates": True},
    "sigmoid": {"difference": True},
    "falling": {"difference": True},
    "softsign_gradient": {"difference": True},
    "falling_gradient": {"difference": True},
    "norm": {"steps": True},
    "resampled": {"tabled": True},
    "mean_square": {"steps": True},
    **{rule: {"difference": True} for rule in BINARY[2:]},
}
"""Rule → what some libraries do that is rounding, and no reason to call a result wrong."""

VARIANCES = {
    "two passes": "in two passes (the mean first)",
    "updated": "in one pass, mean and squares updated number by number (Welford)",
    "one pass": "in one pass (mean of squares − square of mean)",
}


@dataclass(frozen=True)
class Contract:
    """``arithmetic``: the format in which it is computed; each result is then rounded to the format it is stored in.

    ``flushes``: subnormal numbers count as zero. ``variance``: how one is formed, of :data:`VARIANCES`.
    ``apart``: what one step hands to the next is rounded to the format it is stored in: a sum before its bias is added, statistics
    before they normalise, a function's value before its gradient is formed. ``coordinates``: those that a sample is taken at are rounded to
    float32, so that it may be the neighbour's where one lies on a border. ``difference``: a value near 0 is formed as a difference, of 1 or of the terms of the quotient rule, and errs as these do. ``steps``: beside what ``apart`` says, a normalised number is formed step by
    step in the narrow format. ``tabled``: a cubic's weights are read off a table of 1,024 places from one element to the next.
    """

    arithmetic: str
    flushes: bool = False
    variance: str = "two passes"
    apart: bool = False
    coordinates: bool = False
    difference: bool = False
    steps: bool = False
    tabled: bool = False

    def accumulates(self, operation: Operation, dtype: str) -> bool:
        """Whether numbers are summed in the narrow format that they are stored in."""
        return (
            self.arithmetic == dtype
            and dtype in NARROW
            and operation.rule in SUMMING
            and not (operation.rule == "norm" and not operation.forms_variance)
        )

    def sentence(self, dtype: str) -> str:
        text = f"computed in {self.arithmetic}"
        if self.arithmetic != dtype:
            text += f", rounded to {dtype}" + (" after each step" if self.apart else "")
        elif dtype in NARROW:
            text += " itself (narrow accumulation)"
        text += "" if self.variance == "two passes" else f"; variance {VARIANCES[self.variance]}"
        text += f"; normalised in {dtype}" if self.steps else ""
        text += "; coordinates rounded to float32" if self.coordinates else ""
        text += "; weights read off a table of 1,024 places" if self.tabled else ""
        text += "; formed as a difference" if self.difference else ""
        return text + ("; subnormal numbers count as zero" if self.flushes else "")


def contracts(
    operation: Operation, dtype: Any, *, arithmetic: str | None = None, biased: bool = False, lenient: bool = False
) -> list[Contract]:
    """Those that an implementation for this format may keep, strictest first; with ``arithmetic``, those that compute in it.

    ``lenient``: also those of :data:`LENIENT`, which a claim about a library does not grant.
    """
    name = np.dtype(dtype).name
    formats = [arithmetic] if arithmetic else ["float32", name] if name in NARROW else [name]
    variances = tuple(VARIANCES) if operation.forms_variance else ("two passes",)
    options = ({}, LENIENT[operation.rule]) if lenient and _may(operation, formats) else ({},)
    return [
        Contract(format, flushes, variance, apart, **option)
        for format in formats
        for option in options
        for apart in (
            (False, True)
            if (biased or operation.in_steps or (lenient and operation.rule in STEPPING)) and format != name
            else (False,)
        )
        if apart or "steps" not in option
        for variance in variances
        for flushes in (False, True)
    ]


def _may(operation: Operation, formats: list[str]) -> bool:
    """Whether there is something of :data:`LENIENT` for it: tables are TensorFlow's, of plain cubics in float32."""
    return operation.rule in LENIENT and (
        operation.rule != "resampled" or (operation.name.startswith("bicubic") and formats == ["float32"])
    )
