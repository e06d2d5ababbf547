"""Mistakes with layer, group, instance and RMS norm: other axes, another divisor, gamma and beta elsewhere, a sum of the gradient left out.

All four are layer norm of x with its axes in another order, gamma and beta of one place where they are the same, and so are most mistakes
with them. No result is added up afterwards: a sum of bounds would be no bound of a sum in a narrow format.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from .mistake import Arguments, Mistake, Move, Reading, Readings, in_float32, replaced, setting
from .norms import EPSILONS

CENTRED = ("layer_norm", "group_norm", "instance_norm")
FORWARD = (*CENTRED, "rms_norm")
CENTRED_GRADIENTS = tuple(f"{name}_gradient" for name in CENTRED)
GRADIENTS = tuple(f"{name}_gradient" for name in FORWARD)


def _axes(given: Arguments) -> tuple[int, ...]:
    """Those of x over which it is normalised; of group norm the channels are cut in two, groups and what lies in them."""
    x = given["x"]
    if "start" in given:
        return tuple(range(given["start"], x.ndim))
    return tuple(range(2, x.ndim + ("groups" in given)))


def _split(given: Arguments, array: np.ndarray) -> np.ndarray:
    """x with the channels of group norm as two axes [G, C/G]."""
    if "groups" not in given:
        return array
    n, c, *space = array.shape
    return array.reshape(n, given["groups"], c // given["groups"], *space)


def _laid(given: Arguments, name: str) -> np.ndarray:
    """gamma or beta with as many axes as x, of which those along which it is the same have one place."""
    x, part = given["x"], given.get(name)
    if part is None:
        part = np.full(x.shape[given["start"] :] if "start" in given else x.shape[1:2], float(name == "gamma"))
    shape = part.shape if "start" in given else (-1, *[1] * (x.ndim - 2))
    return part.astype(np.float64).reshape(*[1] * (x.ndim - len(shape)), *shape)


def _over(operation: str, given: Arguments, axes: tuple[int, ...]) -> Reading:
    """As layer norm, or RMS norm, over some axes of x, of which those of group norm are counted with the channels cut in two."""
    rank = _split(given, given["x"]).ndim
    order = (*(axis for axis in range(rank) if axis not in axes), *axes)

    def moved(array: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(_split(given, array).transpose(order))

    def back(shape: tuple[int, ...]) -> Move:
        return lambda array: array.transpose(np.argsort(order)).reshape(shape)

    arrays = {"x": given["x"], "gamma": _laid(given, "gamma")}
    arrays |= {"beta": _laid(given, "beta")} if "beta" in given else {}
    arrays |= {"upstream": given["upstream"]} if "upstream" in given else {}
    arguments = {name: moved(array) for name, array in arrays.items()}
    x, of = given["x"].shape, given["x"].shape[given["start"] :] if "start" in given else given["x"].shape[1:2]
    own = of if given.get("gamma") is None else given["gamma"].shape
    gradient, family = operation.endswith("_gradient"), "rms_norm" if operation.startswith("rms") else "layer_norm"
    then = {"dx": back(x), "dgamma": back(own), "dbeta": back(own)} if gradient else {"y": back(x)}
    settings = {"start": rank - len(axes), "epsilon": given["epsilon"]}
    return Reading(f"{family}{'_gradient' * gradient}", arguments | settings, then=then)


def _other_axes(operation: str, given: Arguments) -> Iterator[Reading]:
    """More or fewer of the last axes, the last or the first alone, all but one; of an image with groups its channels whole, too."""
    whole, own = _split(given, given["x"]), set(_axes(given))
    every = tuple(range(whole.ndim))
    space = every[1 + len(_channels(given)) :]
    tried = [*(every[first:] for first in every[1:]), (0,), (0, *every[2:]), every[:-1]]
    if "start" not in given:
        tried = [every[1:], space, _channels(given), (0, *space), (_channels(given)[-1], *space)]
    for axes in dict.fromkeys(tried):
        if {*axes} != own and math.prod(whole.shape[axis] for axis in axes) > 1:
            reading = _over(operation, given, axes)
            yield Reading(reading.operation, reading.arguments, _words(given, axes), reading.then)


def _channels(given: Arguments) -> tuple[int, ...]:
    return (1, 2) if "groups" in given else (1,)


def _words(given: Arguments, axes: tuple[int, ...]) -> str:
    """What the axes are called, of an image [N, C, …]; their numbers otherwise."""
    if "start" in given:
        return f"axes {', '.join(map(str, axes))}"
    channels = _channels(given)
    space = tuple(range(len(channels) + 1, given["x"].ndim + ("groups" in given)))
    named = {
        (0, *space): "each channel over the batch (batch norm)",
        space: "each channel of each image (instance norm)",
        (*channels, *space): "each image (layer norm)",
        channels: "the channels at each place",
    }
    return named.get(axes, f"axes {', '.join(map(str, axes))}" + " with the channels as [G, C/G]" * ("groups" in given))


Rows = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(x, the mean of each row) → numbers of the same shape."""


def _longer(reading: Reading, second: Rows, sign: int = -1) -> Reading:
    """Rows with a second half, along an axis of their own, which has ``sign`` times the upstream gradient; of the results the first half is kept.

    Mirrored at the mean, the statistics stay; h and −h have no mean, but the same mean(h z) as h alone; h and h have the same mean, and
    mean(h z) = 0. Repeated, they stay too, and h and −h have neither. Mirrored at 0, the mean is 0 and the variance mean x².
    """
    x = reading.arguments["x"].astype(np.float64)
    upstream = sign * np.asarray(reading.arguments.get("upstream", 0.0), np.float64)
    other = {"x": second(x, _mean(reading, x)), "upstream": upstream}
    arrays = {name: array for name, array in reading.arguments.items() if isinstance(array, np.ndarray)}
    longer = {name: np.stack([array, other.get(name, array)], axis=-1) for name, array in arrays.items()}
    first = {name: _first_half(move) for name, move in reading.then.items()}
    return Reading(reading.operation, {**reading.arguments, **longer}, then=first)


def _first_half(move: Move) -> Move:
    return lambda array: move(array[..., 0])


def _mean(reading: Reading, array: np.ndarray) -> np.ndarray:
    """Over each row."""
    return array.mean(axis=tuple(range(reading.arguments["start"], array.ndim)), keepdims=True)


def _mirrored(x: np.ndarray, mean: np.ndarray) -> np.ndarray:
    return 2 * mean - x


def _negative(x: np.ndarray, mean: np.ndarray) -> np.ndarray:
    return -x


def _again(x: np.ndarray, mean: np.ndarray) -> np.ndarray:
    return x


def _doubled(second: Rows, sign: int = -1) -> Readings:
    def read(operation: str, given: Arguments) -> Iterator[Reading]:
        yield _longer(_over(operation, given, _axes(given)), second, sign)

    return read


def _divided(denominator: Callable[[np.ndarray, float], np.ndarray], second: Rows | None = None) -> Readings:
    """Each row divided by d(mean square, ε) in place of √(mean square + ε), where all d are above 0.

    Rows times s, gamma times K and an ε of 1 give K·s/√(s²v + 1) = 1/d for s² = 1/(K²d² − v): exactly the same numbers, with
    K²d² = 2v at least, so that nothing cancels.
    """

    def read(operation: str, given: Arguments) -> Iterator[Reading]:
        reading = _over(operation, given, _axes(given))
        d = denominator(_mean_square(reading), float(given["epsilon"]))
        if second is not None:
            reading, d = _longer(reading, second), d[..., None]
        v = _mean_square(reading)
        if (d > 0).all():
            K = np.sqrt(2 * (v / d**2).max()) or 1.0
            x, gamma = reading.arguments["x"], reading.arguments["gamma"]
            changed = {"x": x / np.sqrt(K**2 * d**2 - v), "gamma": gamma * K, "epsilon": 1.0}
            yield Reading(reading.operation, reading.arguments | changed, then=reading.then)

    return read


def _mean_square(reading: Reading) -> np.ndarray:
    """That of each row, from the mean where it is taken off."""
    x = reading.arguments["x"].astype(np.float64)
    away = x if reading.operation.startswith("rms") else x - _mean(reading, x)
    return _mean(reading, np.square(away))


def _unbiased(operation: str, given: Arguments) -> Iterator[Reading]:
    """1/√(n/(n − 1)·v + ε) = √r/√(v + r·ε), r = (n − 1)/n: exactly another gamma, and r·ε."""
    reading = _over(operation, given, _axes(given))
    n = math.prod(reading.arguments["x"].shape[reading.arguments["start"] :])
    if n > 1:
        r = (n - 1) / n
        changed = {"gamma": reading.arguments["gamma"] * r**0.5, "epsilon": given["epsilon"] * r}
        then = dict(reading.then)
        if "dgamma" in then:
            added = then["dgamma"]
            then["dgamma"] = lambda d: added(d) * r**0.5
        yield Reading(reading.operation, reading.arguments | changed, then=then)


def _without_mean(operation: str, given: Arguments) -> Iterator[Reading]:
    """x/√(mean x² + ε); and with the variance below, as Keras' rms_scaling has it."""
    ways = {"the mean square for the variance": _doubled(_negative)}
    if not operation.endswith("_gradient"):
        ways["divided by √(variance + ε)"] = _divided(lambda v, e: np.sqrt(v + e), _negative)
    for detail, way in ways.items():
        for reading in way(operation, given):
            yield Reading(reading.operation, reading.arguments, detail, reading.then)


def _with_mean(operation: str, given: Arguments) -> Iterator[Reading]:
    yield Reading(operation.replace("rms", "layer"), given)


def _interleaved(operation: str, given: Arguments) -> Iterator[Reading]:
    """Channel c in group c mod G."""
    c, groups = given["x"].shape[1], given["groups"]
    if 1 < groups < c:
        order = np.arange(c).reshape(c // groups, groups).T.ravel()
        back = np.argsort(order)
        arrays = {name: given[name][:, order] for name in ("x", "upstream") if name in given}
        arrays |= {name: given[name][order] for name in ("gamma", "beta") if given.get(name) is not None}
        then = {name: lambda a: a[:, back] for name in ("y", "dx")} | {
            name: lambda a: a[back] for name in ("dgamma", "dbeta")
        }
        yield Reading(operation, given | {n: np.ascontiguousarray(a) for n, a in arrays.items()}, then=then)


def _channels_for_groups(operation: str, given: Arguments) -> Iterator[Reading]:
    yield from setting("groups", given["x"].shape[1] // given["groups"])(operation, given)


def _exchanged(operation: str, given: Arguments) -> Iterator[Reading]:
    if given.get("gamma") is not None and given.get("beta") is not None:
        yield Reading(operation, given | {"gamma": given["beta"], "beta": given["gamma"]})


def _left_out(name: str) -> Readings:
    def read(operation: str, given: Arguments) -> Iterator[Reading]:
        if given.get(name) is not None:
            fill = np.ones_like if name == "gamma" else np.zeros_like
            yield Reading(operation, given | {name: fill(given[name])})

    return read


def _one_more(operation: str, given: Arguments) -> Iterator[Reading]:
    if given.get("gamma") is not None:
        yield from replaced(lambda given: {"gamma": 1 + given["gamma"].astype(np.float64)})(operation, given)


MISTAKES = [
    Mistake(
        "another epsilon of a row",
        "another ε was used",
        "set ε on both sides: PyTorch's layer norm has 1e-5, Keras' 1e-3; of RMS norms each has its own",
        (*FORWARD, *GRADIENTS),
        setting("epsilon", *EPSILONS, 2.0**-23),
    ),
    in_float32("epsilon", *FORWARD, *GRADIENTS, of=" of a row"),
    Mistake(
        "epsilon of a row outside the root",
        "ε was added to the standard deviation, not to the variance",
        "√(variance + ε)",
        FORWARD,
        _divided(lambda v, e: np.sqrt(v) + e),
        probed=False,
    ),
    Mistake(
        "root of a row left out",
        "divided by the variance itself, without a root",
        "√(variance + ε)",
        FORWARD,
        _divided(lambda v, e: v + e),
        probed=False,
    ),
    Mistake(
        "unbiased variance of a row",
        "the variance was divided by n − 1, not n",
        "use correction=0, unbiased=False",
        (*CENTRED, *CENTRED_GRADIENTS),
        _unbiased,
    ),
    Mistake(
        "normalised over other axes",
        "the statistics were those of other axes",
        "name the axes on both sides: PyTorch's normalized_shape are the last ones, Keras' axis=-1 is the last alone, ONNX' axis the first of them",
        (*FORWARD, *GRADIENTS),
        _other_axes,
    ),
    Mistake(
        "mean not taken off",
        "no mean was taken off, as in RMS norm",
        "take the mean off before dividing",
        (*CENTRED, *CENTRED_GRADIENTS),
        _without_mean,
    ),
    Mistake(
        "mean taken off",
        "the mean was taken off, as in layer norm",
        "divide x itself by the root of its mean square",
        ("rms_norm", "rms_norm_gradient"),
        _with_mean,
    ),
    Mistake(
        "groups of a norm interleaved",
        "every G-th channel was put into one group, not neighbours",
        "reshape to [N, G, C/G, …], groups first",
        ("group_norm", "group_norm_gradient"),
        _interleaved,
    ),
    Mistake(
        "channels of a group taken for groups",
        "the number of channels in a group was taken for the number of groups",
        "groups = C ÷ channels in a group",
        ("group_norm", "group_norm_gradient"),
        _channels_for_groups,
    ),
    Mistake("gamma and beta of rows exchanged", "γ and β were exchanged", "exchange them", CENTRED, _exchanged),
    Mistake("gamma of rows left out", "γ was left out", "multiply by γ", (*FORWARD, *GRADIENTS), _left_out("gamma")),
    Mistake("beta of rows left out", "β was left out", "add β", CENTRED, _left_out("beta")),
    Mistake(
        "one added to gamma",
        "1 + γ was taken for γ",
        "add 1 to γ where it is stored as its distance from 1 (Gemma), and nowhere else",
        (*FORWARD, *GRADIENTS),
        _one_more,
        probed=False,
    ),
    Mistake(
        "mean of a row taken for a constant",
        "the mean was taken for a constant: its sum is missing in the gradient",
        "let the gradient go through the mean, too",
        CENTRED_GRADIENTS,
        _doubled(_mirrored),
        probed=False,
    ),
    Mistake(
        "variance of a row taken for a constant",
        "the variance was taken for a constant: its sum is missing in the gradient",
        "let the gradient go through the variance, too",
        CENTRED_GRADIENTS,
        _doubled(_mirrored, 1),
        probed=False,
    ),
    Mistake(
        "statistics of a row taken for constants",
        "the statistics were taken for constants: their sums are missing in the gradient",
        "let the gradient go through them",
        GRADIENTS,
        _doubled(_again),
        probed=False,
    ),
]
