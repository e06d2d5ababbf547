"""Losses as frameworks have them: weights, rows left out, smoothing, reductions, classes of pixels; each setting is the mistake of the other."""

import inspect

import numpy as np
import pytest
from lectureclaims.claims import adjudicate
from lectureclaims.reference import libraries
from lectureclaims.reference.validation import BadInput

NUMPY = libraries.load("numpy")
RNG = np.random.default_rng(3)
LOGITS = (2 * RNG.standard_normal((6, 4))).astype(np.float32)
LABELS = np.array([3, 0, 1, 1, 2, 3])
WEIGHTS = np.array([0.5, 2.0, 1.25, 3.0], np.float32)
PLAIN = {"logits": LOGITS, "labels": LABELS}
WEIGHED = {"input": LOGITS, "target": LABELS, "weight": WEIGHTS}


def judged(operation, y, inputs, **parameters):
    return adjudicate(operation, inputs=inputs, outputs={"mine": y}, parameters=parameters)


def mistaken(found):
    return {each.mistake for each in found.explanations["mine"]}


def log_softmax(z=LOGITS):
    z = z.astype(np.float64)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


ROWS = -log_softmax()[np.arange(6), LABELS]
OWN = WEIGHTS.astype(np.float64)[LABELS]
SHARED = 0.9 * np.eye(4)[LABELS] + 0.1 / 4
KEPT = LABELS != 1
LOSSES = {
    "PyTorch's mean of weighed losses": (
        (ROWS * OWN).sum() / OWN.sum(),
        WEIGHED,
        {"reduction": "mean", "framework": "torch"},
        {"keras": "mean over the weights"},
    ),
    "Keras' mean of weighed losses": (
        (ROWS * OWN).mean(),
        PLAIN | {"class_weight": WEIGHTS},
        {"reduction": "sum_over_batch_size", "framework": "keras"},
        {"torch": "mean over the rows"},
    ),
    "a sum": (ROWS.sum(), PLAIN, {"reduction": "sum"}, {}),
    "by default a mean": (ROWS.mean(), PLAIN, {"framework": "torch"}, {}),
    "rows left out": (ROWS[KEPT].mean(), PLAIN, {"ignore_index": 1, "framework": "torch"}, {}),
    "rows left out, one by one": (np.where(KEPT, ROWS, 0), PLAIN, {"ignore_class": 1, "framework": "keras"}, {}),
    "smoothed, weighed by class": (
        (SHARED * -log_softmax() * WEIGHTS).sum(axis=1).sum() / OWN.sum(),
        WEIGHED,
        {"label_smoothing": 0.1, "framework": "torch"},
        {},
    ),
    "smoothed, weighed by row": (
        (SHARED * -log_softmax()).sum(axis=1) * OWN,
        PLAIN | {"weights": WEIGHTS},
        {"label_smoothing": 0.1, "framework": "keras"},
        {},
    ),
}
"""What is asked → the loss by its formula, inputs, parameters, and under which framework it is explained by which mistake."""


@pytest.mark.parametrize("what", LOSSES)
def test_a_loss_is_what_its_framework_means_by_the_words(what):
    y, inputs, parameters, others = LOSSES[what]
    y = np.float32(y)
    assert judged("CrossEntropyLoss", y, inputs, **parameters).within
    assert not judged("CrossEntropyLoss", y * np.float32(1.0001), inputs, **parameters).within
    for framework, mistake in others.items():
        other = parameters | {"framework": framework, "reduction": "mean"}
        assert mistaken(judged("CrossEntropyLoss", y, inputs, **other)) == {mistake}


MISTAKES = {
    "weights left out": (ROWS.mean(), WEIGHED, {"reduction": "mean", "framework": "torch"}),
    "rows left out counted": (ROWS[KEPT].sum() / 6, PLAIN, {"reduction": "mean", "ignore_index": 1}),
    "no row left out": (ROWS.mean(), PLAIN, {"reduction": "mean", "ignore_index": 1}),
    "other reduction": (ROWS.mean(), PLAIN, {"reduction": "sum"}),
    "labels not smoothed": (ROWS, PLAIN, {"label_smoothing": 0.1}),
    "smoothed over the others": (
        ((0.9 * np.eye(4)[LABELS] + 0.1 / 3 * (1 - np.eye(4)[LABELS])) * -log_softmax()).sum(axis=1),
        PLAIN,
        {"label_smoothing": 0.1},
    ),
    "smoothing for what is left": (
        ((0.1 * np.eye(4)[LABELS] + 0.9 / 4) * -log_softmax()).sum(axis=1),
        PLAIN,
        {"label_smoothing": 0.1},
    ),
    "weighed otherwise": (
        (SHARED * -log_softmax()).sum(axis=1) * OWN,
        WEIGHED,
        {"label_smoothing": 0.1, "reduction": "none", "framework": "torch"},
    ),
    "other base": (ROWS / np.log(2), PLAIN, {}),
    "sign of the loss": (-ROWS, PLAIN, {}),
    "softmax twice": (-log_softmax(np.exp(log_softmax()))[np.arange(6), LABELS].mean(), PLAIN, {"reduction": "mean"}),
    "labels off by one": (-log_softmax()[np.arange(6), (LABELS + 1) % 4].sum(), PLAIN, {"reduction": "sum"}),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistaken_loss_is_outside_and_explained(mistake):
    y, inputs, parameters = MISTAKES[mistake]
    found = judged("cross_entropy", np.float32(y), inputs, **parameters)
    assert found.standing("mine") == "outside" and mistaken(found) == {mistake}


def test_whose_mean_of_weighed_losses_must_be_said():
    with pytest.raises(BadInput, match="reduction='mean': expected who says so.*'weighted_mean'"):
        judged("cross_entropy", np.float32(1), WEIGHED, reduction="mean")
    with pytest.raises(BadInput, match="weighting=None: expected 'class'"):
        judged("cross_entropy", np.float32(1), WEIGHED, reduction="sum", label_smoothing=0.1)
    with pytest.raises(BadInput, match="input.weights"):
        judged("cross_entropy", np.float32(1), PLAIN, weight=[1, 2, 3, 4])


@pytest.mark.parametrize(
    "inputs, parameters, says",
    [
        (WEIGHED | {"weight": -WEIGHTS}, {}, r"weights\[0\].*>= 0"),
        (WEIGHED | {"weight": WEIGHTS[:3]}, {}, r"weights.shape=\(3,\)"),
        (PLAIN, {"label_smoothing": 1.5}, "label_smoothing=1.5: expected a number from 0 to 1"),
        (PLAIN, {"ignore_index": 0.5}, "ignore_index=0.5: expected a whole number"),
        (PLAIN, {"reduction": "median"}, "reduction='median': expected 'none' or 'sum'"),
        (PLAIN | {"labels": LABELS - 4}, {"ignore_index": -2}, r"labels\[0\]=-1: expected a class from 0 to 3"),
        (PLAIN | {"labels": np.full(6, -100)}, {"reduction": "mean", "ignore_index": -100}, "exact result is finite"),
    ],
)
def test_what_no_loss_can_be_made_of_is_refused_in_a_line(inputs, parameters, says):
    with pytest.raises(BadInput, match=says):
        judged(
            "cross_entropy",
            np.zeros(6, np.float32)[: None if "reduction" not in parameters else 1],
            inputs,
            **parameters,
        )


def test_the_classes_of_pixels_and_their_gradient(load):
    """[N, K, H, W] with [N, H, W]; the place of a departure is told in the array that was given."""
    z, labels = RNG.standard_normal((2, 4, 3, 5)).astype(np.float32), RNG.integers(0, 4, (2, 3, 5))
    rows, flat = np.moveaxis(z, 1, -1).reshape(-1, 4), labels.reshape(-1)
    made = {"reduction": "row_mean", "ignore_index": 2}
    inputs = {"logits": z, "labels": labels}
    assert judged("cross_entropy", NUMPY.cross_entropy(rows, flat, **made)[0], inputs, **made).within
    g = NUMPY.cross_entropy_gradient(rows, flat, np.ones(1, np.float32), **made)
    g = np.ascontiguousarray(np.moveaxis(g.reshape(2, 3, 5, 4), -1, 1))
    given = inputs | {"upstream": np.float32(1)}
    assert judged("cross_entropy_gradient", g, given, **made).within
    g[1, 3, 2, 4] += 1
    (finding,) = judged("cross_entropy_gradient", g, given, **made).findings
    assert finding.where == (1, 3, 2, 4) and finding.outside == 1


TARGETS = np.exp(RNG.standard_normal((6, 4))).astype(np.float32)
TARGETS /= TARGETS.sum(axis=1, keepdims=True)
SOFT = (TARGETS * -log_softmax()).sum(axis=1)


def test_targets_that_are_a_distribution_a_row():
    """By whatever name of the cross-entropy, and for the classes of pixels."""
    inputs = {"input": LOGITS, "target": TARGETS}
    for name in (
        "CrossEntropyLoss",
        "soft_cross_entropy",
        "CategoricalCrossentropy",
        "softmax_cross_entropy_with_logits",
    ):
        found = judged(name, np.float32(SOFT), inputs, reduction="none")
        assert found.within and found.operation == "soft_cross_entropy"
    weighed = (TARGETS * -log_softmax() * WEIGHTS).sum(axis=1).mean()
    found = judged("cross_entropy", np.float32(weighed), inputs | {"weight": WEIGHTS}, framework="torch")
    assert found.within, "PyTorch divides by the number of rows here"
    mistaken_one = judged("cross_entropy", np.float32(SOFT.sum()), inputs, framework="torch")
    assert mistaken(mistaken_one) == {"other reduction"}
    maps = [np.ascontiguousarray(np.moveaxis(a.reshape(2, 3, 4), -1, 1)) for a in (LOGITS, TARGETS)]
    found = judged("cross_entropy", np.float32(SOFT.reshape(2, 3)), dict(zip(("logits", "labels"), maps, strict=True)))
    assert found.within and "input.targets [2, 4, 3]: classes on axis 1, a row a pixel" in found.taken
    last = {"logits": LOGITS.reshape(2, 3, 4), "targets": TARGETS.reshape(2, 3, 4)}
    assert judged("cross_entropy", np.float32(SOFT.reshape(2, 3)), last, framework="keras").within


def test_targets_below_zero_are_refused():
    with pytest.raises(BadInput, match=r"targets\[0\].*>= 0"):
        judged("cross_entropy", np.float32(SOFT), {"logits": LOGITS, "targets": -TARGETS})


def test_minus_the_logarithm_that_is_given():
    inputs = {"input": np.float32(log_softmax()), "target": LABELS, "weight": WEIGHTS}
    found = judged("NLLLoss", np.float32((ROWS * OWN).sum() / OWN.sum()), inputs, framework="torch")
    assert found.within and found.operation == "nll_loss"
    for wrong, mistake in (
        ((ROWS * OWN).mean(), "mean over the rows"),
        (-(ROWS * OWN).sum() / OWN.sum(), "sign of the loss"),
        (ROWS.mean(), "weights left out"),
        (-(np.exp(-ROWS) * OWN).sum() / OWN.sum(), "probabilities for logarithms"),
    ):
        assert mistaken(judged("nll_loss", np.float32(wrong), inputs, framework="torch")) == {mistake}
    x = {"x": LOGITS, "labels": LABELS}
    assert mistaken(judged("nll_loss", np.float32(ROWS), x)) == {"logits for logarithms"}


YES = np.array([[1, 0, 0.25, 1], [0, 1, 1, 0], [0.5, 1, 0, 0]])
SCORES = (3 * RNG.standard_normal((3, 4))).astype(np.float32)
SIGMA = 1 / (1 + np.exp(-SCORES.astype(np.float64)))
BINARY = -(YES * np.log(SIGMA) + (1 - YES) * np.log1p(-SIGMA))
POSITIVE = -(WEIGHTS * YES * np.log(SIGMA) + (1 - YES) * np.log1p(-SIGMA))


def test_binary_losses_from_logits():
    inputs = {"input": SCORES, "target": np.float32(YES), "pos_weight": WEIGHTS}
    for name, y, given in (
        ("BCEWithLogitsLoss", POSITIVE.mean(), inputs),
        ("sigmoid_cross_entropy_with_logits", BINARY.mean(), {"logits": SCORES, "labels": np.float32(YES)}),
    ):
        found = judged(name, np.float32(y), given, framework="torch")
        assert found.within and found.operation == "binary_cross_entropy_with_logits"
    for wrong, mistake in (
        (BINARY.mean(), "positives not weighed"),
        ((BINARY * WEIGHTS).mean(), "all weighed as positives"),
        (POSITIVE.sum(), "other reduction"),
        (POSITIVE.sum() / 3, "mean over the first axis"),
        (-POSITIVE.mean(), "sign of the loss"),
        (POSITIVE.mean() / np.log(2), "other base"),
        (-(WEIGHTS * YES * np.log(SIGMA)).mean(), "no left out"),
    ):
        assert mistaken(judged("bce_with_logits", np.float32(wrong), inputs, framework="torch")) == {mistake}
    up = inputs | {"upstream": np.ones((3, 4), np.float32)}
    slope = (WEIGHTS * YES + 1 - YES) * SIGMA - WEIGHTS * YES
    assert judged("bce_with_logits_gradient", np.float32(slope), up, reduction="none").within
    found = judged("bce_with_logits_gradient", np.float32(SIGMA - YES), up, reduction="none")
    assert mistaken(found) == {"positives not weighed"}


def test_tensorflows_derivative_at_a_logit_of_0(load):
    """log(1 + exp(-|z|)) has none there by itself; of sigmoid_cross_entropy_with_logits it is right."""
    lib, ones = load("tensorflow"), np.ones(3, np.float32)
    z, t = np.float32([0, 1, -2]), np.float32([1, 0, 1])
    inputs = {"logits": z, "targets": t, "upstream": ones}
    found = {}
    for q in (2 * ones, None):
        given = inputs | {"pos_weight": q}
        y = lib.binary_cross_entropy_with_logits_gradient(*inputs.values(), pos_weight=q)
        found[q is None] = judged("bce_with_logits_gradient", y, given)
    assert found[True].within and mistaken(found[False]) == {"derivative at a logit of 0"}


def test_binary_losses_from_probabilities_and_where_they_are_held():
    """PyTorch holds logarithms, Keras probabilities: each the mistake of the other."""
    p, t = np.float32([0, 1e-30, 0.25, 1]), np.float32([1, 1, 0, 1])
    inputs = {"input": p, "target": t}
    floored = np.float32([100, -np.log(1e-30), -np.log(0.75), 0])
    held = np.clip(p, np.float32(1e-7), np.float32(1) - np.float32(1e-7)).astype(np.float64)
    held = np.float32(-(t * np.log(held) + (1 - t) * np.log1p(-held)))
    torchs, keras = {"framework": "torch", "reduction": "none"}, {"framework": "keras", "reduction": "none"}
    assert judged("BCELoss", floored, inputs, **torchs).within
    assert judged("BinaryCrossentropy", held, inputs, **keras).within
    assert mistaken(judged("bce", held, inputs, **torchs)) == {"probabilities held"}
    assert mistaken(judged("bce", floored, inputs, **keras)) == {"logarithms held"}
    with pytest.raises(BadInput, match="exact result is finite"):
        judged("bce", floored, inputs)
    slope = np.float32([-1e12, -1e12, 4 / 3, 0])
    given = inputs | {"upstream": np.ones(4, np.float32)}
    assert judged("bce_gradient", slope, given, **torchs).within
    assert mistaken(judged("bce_gradient", np.float32([0, 0, 4 / 3, 0]), given, **torchs)) == {"probabilities held"}


@pytest.mark.parametrize(
    "inputs, says",
    [
        ({"p": SCORES, "targets": np.float32(YES)}, "p.*expected"),
        ({"p": np.float32(SIGMA), "targets": 2 * np.float32(YES)}, "targets=2.0: expected numbers from 0 to 1"),
        ({"p": np.float32(SIGMA), "targets": np.float32(YES), "weights": WEIGHTS[:3]}, r"weights.shape=\(3,\)"),
    ],
)
def test_what_no_binary_loss_can_be_made_of_is_refused(inputs, says):
    with pytest.raises(BadInput, match=says):
        judged("bce", np.float32(BINARY), inputs)


def test_the_defaults_are_those_of_pytorch(load):
    load("torch")
    import torch

    for name, ours in (("reduction", "mean"), ("ignore_index", -100), ("label_smoothing", 0.0)):
        assert inspect.signature(torch.nn.functional.cross_entropy).parameters[name].default == ours
