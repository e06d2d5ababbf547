"""Mistakes with losses that are weighed and reduced: weights, rows left out, smoothing, divisors, the logarithm's base and sign."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..mistake import Arguments, Mistake, Reading, Readings, replaced


def both(*names: str) -> tuple[str, ...]:
    return tuple(each for name in names for each in (name, f"{name}_gradient"))


OF_LABELS = ("cross_entropy", "nll_loss")
SMOOTHED = ("cross_entropy", "soft_cross_entropy")
BINARY = ("binary_cross_entropy", "binary_cross_entropy_with_logits")
WEIGHED = (*OF_LABELS, "soft_cross_entropy", *BINARY)


def _unweighed(operation: str, given: Arguments) -> Iterator[Reading]:
    if given.get("weights") is not None:
        divisor = {"reduction": "row_mean"} if given.get("reduction") == "weighted_mean" else {}
        yield Reading(operation, given | {"weights": None} | divisor)


def _divided_by(meant: str, done: str) -> Readings:
    def read(operation: str, given: Arguments) -> Iterator[Reading]:
        if given["reduction"] == meant and given.get("weights") is not None:
            yield Reading(operation, given | {"reduction": done})

    return read


def _reduced(operation: str, given: Arguments) -> Iterator[Reading]:
    meant, mean = given.get("reduction", "none"), "row_mean" if "labels" in given else "mean"
    others = {"sum": (mean,), mean: ("sum",), "weighted_mean": ("sum",)}
    for done in others.get(meant, ()):
        yield Reading(operation, given | {"reduction": done}, f"reduction={done!r}")


def _counted(operation: str, given: Arguments) -> Iterator[Reading]:
    """The sum of the rows that count, divided by the number of all, or by the weights of all."""
    left_out = given["labels"] == given.get("ignore_index")
    if given.get("reduction", "none") not in ("row_mean", "weighted_mean") or not left_out.any() or left_out.all():
        return
    own = np.ones(len(left_out))
    if given.get("weights") is not None and given["reduction"] == "weighted_mean":
        if not _classes(given, given["ignore_index"]):
            return
        own = given["weights"].astype(np.float64)[given["labels"]]
    share = own[~left_out].sum() / own.sum()
    yield scaled(operation, given, share)


def _kept(operation: str, given: Arguments) -> Iterator[Reading]:
    if given.get("ignore_index") is not None and _classes(given, given["ignore_index"]):
        yield Reading(operation, given | {"ignore_index": None})


def _classes(given: Arguments, label: int) -> bool:
    return 0 <= label < next(iter(given.values())).shape[1]


def scaled(operation: str, given: Arguments, by: float, detail: str = "") -> Reading:
    """All results multiplied: of a gradient by what comes from above."""
    if "upstream" in given:
        return Reading(operation, given | {"upstream": given["upstream"].astype(np.float64) * by}, detail)
    return Reading(operation, given, detail, {"y": lambda y: y * by})


def _other_base(operation: str, given: Arguments) -> Iterator[Reading]:
    for base in (2, 10):
        yield scaled(operation, given, 1 / np.log(base), f"base {base}")


def _negated(operation: str, given: Arguments) -> Iterator[Reading]:
    yield scaled(operation, given, -1.0)


def _smoothing(change: Readings) -> Readings:
    def read(operation: str, given: Arguments) -> Iterator[Reading]:
        if given.get("label_smoothing"):
            yield from change(operation, given)

    return read


def _over_the_others(operation: str, given: Arguments) -> Iterator[Reading]:
    """s/(K - 1) to each class but the label's, which keeps 1 - s: as s·K/(K - 1) shared by all."""
    classes = next(iter(given.values())).shape[1]
    if classes > 1 and (smooth := given["label_smoothing"] * classes / (classes - 1)) <= 1:
        yield Reading(operation, given | {"label_smoothing": smooth})


def _weighed_otherwise(operation: str, given: Arguments) -> Iterator[Reading]:
    if given.get("weights") is not None:
        other = "row" if given["weighting"] == "class" else "class"
        yield Reading(operation, given | {"weighting": other}, f"weighting={other!r}")


def _but_x(given: Arguments) -> Arguments:
    return {name: value for name, value in given.items() if name != "x"}


def _softmax(z: np.ndarray) -> np.ndarray:
    grown = np.exp(z - z.max(axis=1, keepdims=True))
    return grown / grown.sum(axis=1, keepdims=True)


def mistake(name: str, says: str, remedy: str, operations: tuple[str, ...], read: Readings, seen: str = "") -> Mistake:
    return Mistake(name, says, remedy, operations, read, seen, probed=False)


MISTAKES = [
    mistake(
        "mean over the rows",
        "the sum of the weighed losses was divided by the number of rows, as Keras does",
        "divide by the sum of the labels' weights, or do so on both sides",
        both(*OF_LABELS),
        _divided_by("weighted_mean", "row_mean"),
        "https://github.com/pytorch/pytorch/issues/40560",
    ),
    mistake(
        "mean over the weights",
        "the sum of the weighed losses was divided by the sum of the labels' weights, as PyTorch and ONNX do",
        "take the sum on both sides, and divide it by the number of rows",
        both(*OF_LABELS),
        _divided_by("row_mean", "weighted_mean"),
        "https://github.com/pytorch/pytorch/issues/25571",
    ),
    mistake(
        "weights left out", "the weights were left out", "give the weights on both sides", both(*WEIGHED), _unweighed
    ),
    mistake(
        "other reduction",
        "the losses were reduced otherwise",
        "give the reduction on both sides",
        both(*WEIGHED),
        _reduced,
    ),
    mistake(
        "rows left out counted",
        "the mean was divided by the number of all rows, those that are left out among them",
        "divide by the number of rows that count",
        both(*OF_LABELS),
        _counted,
    ),
    mistake(
        "no row left out",
        "the rows of the label that is left out count",
        "give ignore_index on both sides",
        both(*OF_LABELS),
        _kept,
    ),
    mistake(
        "labels not smoothed",
        "the labels were not smoothed",
        "give label_smoothing on both sides",
        both(*SMOOTHED),
        _smoothing(replaced(lambda given: {"label_smoothing": 0.0})),
    ),
    mistake(
        "smoothed over the others",
        "the smoothing was shared by the other K − 1 classes, and not by all K",
        "label·(1 − s) + s/K",
        both(*SMOOTHED),
        _smoothing(_over_the_others),
    ),
    mistake(
        "smoothing for what is left",
        "1 − s was used for s",
        "label_smoothing is the share that the label loses",
        both(*SMOOTHED),
        _smoothing(replaced(lambda given: {"label_smoothing": 1 - given["label_smoothing"]})),
    ),
    mistake(
        "weighed otherwise",
        "smoothed labels were weighed otherwise: each class by its own weight (PyTorch), or the row by its label's (Keras)",
        "give weighting on both sides",
        both("cross_entropy"),
        _smoothing(_weighed_otherwise),
    ),
    mistake(
        "other base", "another logarithm was taken", "take the natural logarithm", both(*SMOOTHED, *BINARY), _other_base
    ),
    mistake(
        "sign of the loss",
        "the sign was another",
        "the loss is minus the logarithm of a probability",
        both(*WEIGHED),
        _negated,
    ),
    mistake(
        "logits for logarithms",
        "the numbers were taken for logits, and their softmax formed once more",
        "give logits to the cross-entropy, logarithms of probabilities to the negative log-likelihood",
        ("nll_loss",),
        lambda operation, given: iter([Reading("cross_entropy", {"logits": given["x"]} | _but_x(given))]),
    ),
    mistake(
        "label for a distribution",
        "the likeliest class of each row was taken for its label",
        "give the distribution itself",
        both("soft_cross_entropy"),
        replaced(lambda given: {"targets": np.eye(given["targets"].shape[1])[given["targets"].argmax(axis=1)]}),
    ),
    mistake(
        "distribution of logits",
        "softmax was taken of the targets, too",
        "give the targets as they are",
        both("soft_cross_entropy"),
        replaced(lambda given: {"targets": _softmax(given["targets"].astype(np.float64))}),
    ),
    mistake(
        "probabilities for logarithms",
        "probabilities were taken where their logarithms are meant, or the logarithm taken twice",
        "give log_softmax, not softmax",
        both("nll_loss")[:1],
        replaced(lambda given: {"x": np.exp(given["x"].astype(np.float64)).astype(given["x"].dtype)}),
    ),
]
