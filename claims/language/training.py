"""Gradient descent written once, in NumPy, for any backend that offers ``value_and_gradient``; many seeds side by side.

A network is data and its parameters are a dictionary of arrays [S, ...] with the seeds as leading axis: see
``reference/networks``. Weights and batches are drawn here from each seed alone, so that every arm and every framework starts
from the same numbers and sees the same images in the same order, and a seed's numbers do not depend on its neighbours'.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ...reference.networks.notation import Layer, frozen

Layers = Sequence[Layer]
Parameters = dict[str, NDArray]
Examples = Iterable[tuple[NDArray, NDArray]]

LOSS = "softmax_cross_entropy"
_WEIGHTS, _BATCHES, _LABELS = 1, 2, 3  # what a seed's random numbers are for: one stream each


def initial_parameters(
    network: Layers, shapes: Mapping[str, tuple[int, ...]], *, seeds: Sequence[int], rule: str, dtype: DTypeLike
) -> Parameters:
    """Parameters {name: [S, *shape]} for `shapes` {name of a weight or kernel: [out, in, ...]}.

    He et al. 2015: weights N(0, 2/in); Glorot & Bengio 2010: N(0, 2/(in + out)), both with the kernel's area counted in.
    Biases and shifts 0, scales 1. Layers are drawn in order and only weights draw, so arms that differ in other layers share them.
    """
    if rule not in ("he", "glorot"):
        raise ValueError(f"rule={rule!r}: expected 'he' or 'glorot'")
    streams = [np.random.default_rng([seed, _WEIGHTS]) for seed in seeds]
    parameters, channels = {}, 0
    for layer in network:
        if "weight" in layer:
            weight, bias = layer["weight"], layer["bias"]
            shape = shapes[weight]
            channels = shape[0]
            fan_in, fan_out = np.prod(shape[1:]), channels * np.prod(shape[2:])
            spread = np.sqrt(2 / fan_in if rule == "he" else 2 / (fan_in + fan_out))
            parameters[weight] = np.stack([spread * stream.standard_normal(shape) for stream in streams])
            if bias is not None:
                parameters[bias] = np.zeros((len(seeds), channels))
        elif "scale" in layer:
            parameters[layer["scale"]] = np.ones((len(seeds), channels))
            parameters[layer["shift"]] = np.zeros((len(seeds), channels))
    return {name: array.astype(dtype) for name, array in parameters.items()}


def batch_order(count: int, *, size: int, steps: int, seeds: Sequence[int]) -> NDArray:
    """Indexes [steps, S, size] into `count` examples: each seed walks through shuffles of its own, one after the other."""
    orders = []
    for seed in seeds:
        stream = np.random.default_rng([seed, _BATCHES])
        shuffles = [stream.permutation(count) for _ in range(-(-steps * size // count))]
        orders.append(np.concatenate(shuffles)[: steps * size].reshape(steps, size))
    return np.stack(orders, 1)


def shuffled_labels(labels: NDArray, *, seeds: Sequence[int]) -> NDArray:
    """[S, count]: every seed its own permutation of the labels, so that images no longer say anything about them."""
    return np.stack([np.random.default_rng([seed, _LABELS]).permutation(labels) for seed in seeds])


def batches(images: NDArray, labels: NDArray, order: NDArray) -> Iterator[tuple[NDArray, NDArray]]:
    """The pairs (x [S, N, ...], targets [S, N]) of ``order`` [steps, S, N]; labels [count], or one row for each seed, [S, count]."""
    own = np.arange(order.shape[1])[:, None]
    for chosen in order:
        yield images[chosen], labels[chosen] if labels.ndim == 1 else labels[own, chosen]


def evaluate(
    lib: Any,
    network: Layers,
    parameters: Parameters,
    x: NDArray,
    targets: NDArray,
    *,
    loss: str = LOSS,
    statistics: Mapping[str, Any] | None = None,
    record: Iterable[int] = (),
) -> tuple[NDArray, Parameters, dict[str, Any]]:
    """``lib.value_and_gradient``; cross-entropy after the softmax unless said otherwise."""
    with np.errstate(over="ignore", invalid="ignore"):  # an arm may diverge: that is a measurement
        return lib.value_and_gradient(
            network, parameters, x, targets, loss=loss, statistics=statistics or {}, record=tuple(record)
        )


def descend(parameters: Parameters, gradients: Parameters, rate: float | NDArray) -> Parameters:
    """parameters - rate * gradients; `rate` is a number or one for each seed, [S]."""
    with np.errstate(over="ignore", invalid="ignore"):
        steps = {name: _along(rate, array) * gradients[name] for name, array in parameters.items()}
        return {name: np.subtract(array, steps[name], out=steps[name]) for name, array in parameters.items()}


def learned_alone(step: int) -> Parameters:
    """Nothing is given: every parameter is learned."""
    return {}


def train(
    lib: Any,
    network: Layers,
    parameters: Parameters,
    examples: Examples,
    *,
    rate: float | NDArray,
    loss: str = LOSS,
    given: Callable[[int], Parameters] = learned_alone,
    observe: Callable[..., None] | None = None,
) -> tuple[Parameters, NDArray]:
    """Plain gradient descent over `examples`, pairs (x, targets) as ``batches`` makes them. Returns the last parameters and the losses [steps, S].

    ``given(t)``, {name: [S, ...]}, are parameters that are not learned: what they are at step t. Before step t is taken,
    ``observe(t, parameters, x, targets, loss, gradients, extra)`` may look, with everything as it was computed at that step.
    """
    losses = []
    for step, (x, targets) in enumerate(examples):
        fixed = given(step)
        parameters = parameters | fixed
        value, gradients, extra = evaluate(lib, network, parameters, x, targets, loss=loss)
        if observe is not None:
            observe(step, parameters, x, targets, value, gradients, extra)
        losses.append(value)
        parameters = descend(parameters, gradients, rate) | fixed
    return parameters, np.stack(losses)


def accuracy(
    lib: Any, network: Layers, parameters: Parameters, train_images: NDArray, images: NDArray, labels: NDArray
) -> NDArray:
    """Fraction [S] of `images` classified rightly, by the largest logit, or by the sign of the only one; batch norm uses the statistics of
    all the training images."""
    seeds = len(next(iter(parameters.values())))
    loss = LOSS if parameters[network[-1]["weight"]].shape[1] > 1 else "logistic_cross_entropy"
    statistics = {}
    if frozen(network) != network:
        everything = np.broadcast_to(train_images, (seeds, *train_images.shape))
        nothing = np.zeros(everything.shape[:2], np.int64)
        statistics = evaluate(lib, network, parameters, everything, nothing, loss=loss)[2]["statistics"]
    shown = np.broadcast_to(images, (seeds, *images.shape))
    wanted = np.broadcast_to(labels, (seeds, len(labels)))
    logits = evaluate(lib, frozen(network), parameters, shown, wanted, loss=loss, statistics=statistics)[2]["logits"]
    said = logits.argmax(2) if logits.shape[2] > 1 else logits[..., 0] > 0
    right = (said == wanted) & np.isfinite(logits).all(2)
    return right.mean(1)


def inner(a: Parameters, b: Parameters) -> NDArray:
    """<a, b> [S] over all parameters of two dictionaries."""
    flat = [(a[name].reshape(len(a[name]), -1), b[name].reshape(len(a[name]), -1)) for name in a]
    return np.sum([np.einsum("si,si->s", *pair) for pair in flat], 0)


def norm(a: Parameters) -> NDArray:
    """||a|| [S] over all parameters."""
    return np.sqrt(inner(a, a))


def roundings(network: Layers, parameters: Parameters, batch: int) -> int:
    """How many roundings can meet in one number on its way through one step: the lengths of all sums, forward and back."""
    count = 0
    for layer in network:
        if "weight" in layer:
            shape = parameters[layer["weight"]].shape[1:]
            count += np.prod(shape[1:]) + shape[0] * np.prod(shape[2:]) + batch  # the output, dL/dx, dL/dW
        elif layer["kind"] == "batch_norm":
            count += 4 * batch  # mean and variance, and the two sums of the gradient
        else:
            count += 4
    return int(count)


def reference_losses(
    lib: Any,
    network: Layers,
    parameters: Parameters,
    examples: Examples,
    *,
    rate: float | NDArray,
    loss: str = LOSS,
    given: Callable[[int], Parameters] = learned_alone,
    copies: int = 4,
) -> tuple[NDArray, NDArray]:
    """A trajectory of losses [steps, S] and how far another library's may be from it, [steps, S], step by step.

    Rounding differs between libraries, and training magnifies differences: how much is measured rather than assumed. The same
    run is repeated from weights each moved by a relative n u at random sign, n the roundings of one step (``roundings``) and u the
    unit roundoff: allowed is the largest departure of the `copies` up to that step, plus n u times the loss itself.
    An empirical bound, of the libraries' rounding and nothing else: a batch, a rate or an epsilon of its own is far outside.
    """
    examples = list(examples)
    x = examples[0][0]
    seeds, batch = x.shape[0], x.shape[1] * (x[0, 0, 0].size if x.ndim == 5 else 1)
    size = roundings(network, parameters, batch) * np.finfo(x.dtype).eps / 2
    nudges = np.random.default_rng([seeds, copies])
    start = {}
    for name, array in parameters.items():
        signs = nudges.choice((-1, 1), (copies, *array.shape))
        nudged = (array * (1 + size * signs)).astype(array.dtype).reshape(-1, *array.shape[1:])
        start[name] = np.concatenate((array, nudged))

    def everyone(array: NDArray) -> NDArray:
        return np.concatenate([array] * (copies + 1))

    losses = train(
        lib,
        network,
        start,
        ((everyone(x), everyone(targets)) for x, targets in examples),
        rate=rate,
        loss=loss,
        given=lambda step: {name: everyone(array) for name, array in given(step).items()},
    )[1]
    losses = losses.reshape(len(losses), copies + 1, seeds)
    departure = abs(losses[:, 1:] - losses[:, :1]).max(1)
    return losses[:, 0], np.maximum.accumulate(departure, 0) + size * abs(losses[:, 0])


def _along(rate: float | NDArray, array: NDArray) -> NDArray:
    """The rate, or that of each seed, so that it meets the first axis of an array."""
    return np.reshape(rate, (*np.shape(rate), *[1] * (array.ndim - 1))).astype(array.dtype)
