"""What the losses of classes have in common: how much each class counts in the loss of a row, and how the rows become one number.

    q[n, k] = (1 - s)·[k = label[n]] + s/K                        s: label_smoothing
    c[n, k] = w[k]·q[n, k], or w[label[n]]·q[n, k]                weighting "class" (PyTorch) or "row" (Keras, by sample_weight)
    loss[n] = sum over k of c[n, k]·(-log p[n, k])                0 in the rows whose label is ignore_index

    sum: all losses;   row_mean: their sum / the number of rows that count;   weighted_mean: their sum / the sum of w[label[n]] over these

What PyTorch and ONNX call the mean is ``weighted_mean``, what Keras calls so ``row_mean``. Szegedy, Vanhoucke, Ioffe, Shlens, Wojna, *Rethinking
the Inception architecture for computer vision* (2016), §7, for the smoothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ... import validation
from ..axes import Array, Float, Int
from ..operation import one_of, share, whole_or_none

REDUCTIONS = ("none", "sum", "row_mean", "weighted_mean")


class Shares(NamedTuple):
    """``c``: how much each class counts in a row's loss; ``divisor``: of the sum of the rows, 1 for none."""

    c: Float[Array, "N K"]
    divisor: Any
    reduced: bool

    def losses(self, behind: Float[Array, "N K"]) -> Float[Array, " M"]:
        """-log p of each class -> the losses [N], or the one [1] that they are reduced to."""
        # What does not count may be infinite.
        rows = np.where(self.c != 0, self.c * behind, 0).sum(axis=1, dtype=behind.dtype)
        if not self.reduced:
            return rows
        with np.errstate(invalid="ignore", divide="ignore"):
            return rows.sum(keepdims=True, dtype=rows.dtype) / rows.dtype.type(self.divisor)

    def upstream(self, given: Float[Array, " M"], scores: Float[Array, "N K"]) -> Float[Array, "N 1"]:
        """What comes from above to each row's loss."""
        rows, meaning = ((1,), "one number [1]") if self.reduced else (scores.shape[:1], "one number a row [N]")
        validation.upstream(given, scores, rows, meaning, axes="N", of="the scores")
        with np.errstate(invalid="ignore", divide="ignore"):
            return given[:, None] / given.dtype.type(self.divisor)


def of_labels(
    scores: Float[Array, "N K"],
    labels: Int[Array, " N"],
    weights: Float[Array, " K"] | None,
    *,
    reduction: str,
    ignore_index: int | None,
    label_smoothing: float = 0.0,
    weighting: str = "class",
) -> Shares:
    """Shares of one label a row; BadInput for labels that are no classes, and weights below 0."""
    rows, classes = scores.shape
    validation.choice("reduction", reduction, REDUCTIONS)
    validation.choice("weighting", weighting, ("class", "row"))
    share("label_smoothing", label_smoothing, None, None)
    left_out = whole_or_none("ignore_index", ignore_index, None, None)
    given, counts = labels, np.ones(rows, bool)
    if left_out is not None and isinstance(labels, np.ndarray):
        counts = labels != left_out
        given = np.where(counts, labels, 0)
    validation.labels("labels", given, rows, classes)
    w = _weights(scores, weights)
    at = np.arange(rows), np.where(counts, labels, 0)
    smoothed = scores.dtype.type(label_smoothing / classes)
    c = np.full(scores.shape, smoothed)
    c[at] = scores.dtype.type(1 - label_smoothing) + smoothed
    own = np.where(counts, w[at[1]], 0)
    c = np.where(counts[:, None], c * (w if weighting == "class" else own[:, None]), 0)
    return Shares(c, _divisor(reduction, counts.sum(), own.sum(dtype=own.dtype)), reduction != "none")


def of_targets(
    scores: Float[Array, "N K"],
    targets: Float[Array, "N K"],
    weights: Float[Array, " K"] | None,
    *,
    reduction: str,
    label_smoothing: float,
) -> Shares:
    """Shares of a distribution a row, t for [k = label]: c = w·((1 - s)·t + s/K); the mean is over all rows."""
    validation.array("targets", targets, axes="N K")
    validation.shape("targets", targets, scores.shape, "that of the scores [N, K]")
    validation.same_dtype("the scores", scores, targets=targets)
    validation.non_negative("targets", targets.ravel())
    validation.choice("reduction", reduction, ("none", "sum", "mean"))
    share("label_smoothing", label_smoothing, None, None)
    smooth, dtype = label_smoothing, scores.dtype.type
    q = targets if smooth == 0 else targets * dtype(1 - smooth) + dtype(smooth / scores.shape[1])
    return Shares(q * _weights(scores, weights), _divisor(reduction, len(scores), 1), reduction != "none")


def _weights(scores, weights):
    if weights is None:
        return np.ones(scores.shape[1], scores.dtype)
    validation.array("weights", weights, axes="K")
    validation.shape("weights", weights, scores.shape[1:], "one weight a class [K]")
    validation.same_dtype("the scores", scores, weights=weights)
    return validation.non_negative("weights", weights)


def _divisor(reduction, rows, whole):
    return {"mean": rows, "row_mean": rows, "weighted_mean": whole}.get(reduction, 1)


def rows_apart(arguments: Mapping[str, Any], rank: int) -> list[dict[str, int]]:
    """Rows do not depend on each other, unless their losses become one number."""
    reduced = arguments.get("reduction", "none") != "none"
    return [] if reduced else [dict.fromkeys(("logits", "x", "labels", "targets", "upstream", "y", "dlogits", "dx"), 0)]


# ---------------------------------------------------------------------------------------------------- parsing


def _weighting(name: str, value: Any, arrays: Mapping[str, Any], parsed: Mapping[str, Any]) -> str:
    """'class' (each class by its own weight, PyTorch) or 'row' (all classes by the label's weight, Keras)"""
    if value is None and arrays.get("weights") is not None and parsed["label_smoothing"] > 0:
        expected = "'class' (each class by its own weight, PyTorch) or 'row' (all classes by the label's weight, Keras)"
        validation.refuse(name, value, f"{expected}, as labels are smoothed and weighed", f"give {name}")
    return "class" if value is None else validation.choice(name, value, ("class", "row"))


IGNORED = {"ignore_index": (None, whole_or_none)}
SMOOTHED = {"label_smoothing": (0.0, share)}
REDUCED = {"reduction": ("none", one_of(*REDUCTIONS))}
OF_LABELS = SMOOTHED | {"weighting": (None, _weighting)} | IGNORED | REDUCED
OF_TARGETS = SMOOTHED | {"reduction": ("none", one_of("none", "sum", "mean"))}
