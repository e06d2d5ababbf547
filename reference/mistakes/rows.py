"""Mistakes with layer, group, instance and RMS norm: other axes, another divisor, gamma and beta elsewhere, a sum of the gradient left out.

All four are layer norm of rows with a gamma and a beta for each number, and so are most mistakes with them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from ..operators.norms.rows import summed
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
    """gamma or beta, a number for each of x's."""
    x, part = given["x"], given.get(name)
    if part is None:
        part = np.float64(name == "gamma")
    elif "start" not in given:
        part = part.reshape(-1, *[1] * (x.ndim - 2))
    return np.broadcast_to(np.asarray(part, np.float64), x.shape)


def _over(operation: str, given: Arguments, axes: tuple[int, ...]) -> Reading:
    """As layer norm, or RMS norm, of rows over some axes of x, of which those of group norm are counted with the channels cut in two."""
    whole = _split(given, given["x"])
    kept = tuple(axis for axis in range(whole.ndim) if axis not in axes)
    order, shape = (*kept, *axes), given["x"].shape

    def moved(array: np.ndarray) -> np.ndarray:
        turned = _split(given, array).transpose(order)
        return np.ascontiguousarray(turned.reshape(math.prod(turned.shape[: len(kept)]), -1))

    def back(array: np.ndarray) -> np.ndarray:
        return array.reshape([whole.shape[axis] for axis in order]).transpose(np.argsort(order)).reshape(shape)

    def added(array: np.ndarray) -> np.ndarray:
        """What is one for each of x's, for each of gamma's."""
        if "start" not in given:
            return summed(back(array), (shape[1], *[1] * (len(shape) - 2))).reshape(-1)
        return summed(back(array), shape[given["start"] :] if given.get("gamma") is None else given["gamma"].shape)

    names = [name for name in ("beta", "upstream") if name in given]
    arrays = {"x": given["x"], "gamma": _laid(given, "gamma")}
    arrays |= {name: _laid(given, name) if name == "beta" else given[name] for name in names}
    arguments = {name: moved(array) for name, array in arrays.items()}
    gradient = operation.endswith("_gradient")
    family = "rms_norm" if operation.startswith("rms") else "layer_norm"
    then: dict[str, Move] = {"dx": back, "dgamma": added, "dbeta": added} if gradient else {"y": back}
    return Reading(
        f"{family}{'_gradient' * gradient}", arguments | {"start": 1, "epsilon": given["epsilon"]}, then=then
    )


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


Rows = Callable[[np.ndarray], np.ndarray]


def _longer(reading: Reading, second: Rows, sign: int = -1) -> Reading:
    """Rows with a second half, which has ``sign`` times the upstream gradient; of the results the first half is kept.

    Mirrored at the mean, the statistics stay; h and −h have no mean, but the same mean(h z) as h alone; h and h have the same mean, and
    mean(h z) = 0. Repeated, they stay too, and h and −h have neither. Mirrored at 0, the mean is 0 and the variance mean x².
    """
    x, n = reading.arguments["x"].astype(np.float64), reading.arguments["x"].shape[1]
    other = {"x": second(x), "upstream": sign * np.asarray(reading.arguments.get("upstream", 0.0), np.float64)}
    arrays = {name: array for name, array in reading.arguments.items() if isinstance(array, np.ndarray)}
    longer = {name: np.concatenate([array, other.get(name, array)], axis=1) for name, array in arrays.items()}
    first = {name: _first_half(move, n) for name, move in reading.then.items()}
    return Reading(reading.operation, {**reading.arguments, **longer}, then=first)


def _first_half(move: Move, n: int) -> Move:
    return lambda array: move(array[:, :n])


def _at_mean(x: np.ndarray) -> np.ndarray:
    return 2 * x.mean(axis=1, keepdims=True) - x


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
        reading = reading if second is None else _longer(reading, second)
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
    mean = 0.0 if reading.operation.startswith("rms") else x.mean(axis=1, keepdims=True)
    return np.square(x - mean).mean(axis=1, keepdims=True)


def _unbiased(operation: str, given: Arguments) -> Iterator[Reading]:
    """1/√(n/(n − 1)·v + ε) = √r/√(v + r·ε), r = (n − 1)/n: exactly another gamma, and r·ε."""
    reading = _over(operation, given, _axes(given))
    n = reading.arguments["x"].shape[1]
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
    ways = {"the mean square for the variance": _doubled(np.negative)}
    if not operation.endswith("_gradient"):
        ways["divided by √(variance + ε)"] = _divided(lambda v, e: np.sqrt(v + e), np.negative)
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
        "groups interleaved",
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
        _doubled(_at_mean),
        probed=False,
    ),
    Mistake(
        "variance of a row taken for a constant",
        "the variance was taken for a constant: its sum is missing in the gradient",
        "let the gradient go through the variance, too",
        CENTRED_GRADIENTS,
        _doubled(_at_mean, 1),
        probed=False,
    ),
    Mistake(
        "statistics of a row taken for constants",
        "the statistics were taken for constants: their sums are missing in the gradient",
        "let the gradient go through them",
        GRADIENTS,
        _doubled(np.positive),
        probed=False,
    ),
]
