"""What a network can learn from where it begins: equal units, zeros, and the range of Glorot's weights."""

import math
from typing import NamedTuple

import numpy as np
from lectureclaims.claims.language import Case, ask, claim, fact, same_bits, smallest
from lectureclaims.reference.networks.notation import fully_connected, make_layer

NETWORK = (fully_connected("w0", "b0"), make_layer("relu"), fully_connected("w1", "b1"))
TRAINING = ("numpy", "torch", "tensorflow")


def gradients(lib, *, w0, w1, x, targets):
    """{name: gradient} of a network of one hidden layer, of one seed."""
    biases = {name: np.zeros((1, w.shape[1]), w.dtype) for name, w in (("b0", w0), ("b1", w1))}
    parameters = {"w0": w0, "w1": w1, **biases}
    told = {"loss": "softmax_cross_entropy", "statistics": {}, "record": ()}
    return lib.value_and_gradient(NETWORK, parameters, x, targets, **told)[1]


def request(case, w0, w1):
    """Three inputs of two numbers, two classes."""
    x = np.array([[[1, 2], [3, 1], [2, 2]]], case.dtype)
    return ask(gradients, w0=w0.astype(case.dtype), w1=w1.astype(case.dtype), x=x, targets=np.array([[0, 1, 0]]))


def alike(rows):
    return len({row.tobytes() for row in rows}) == 1


symmetry = claim(
    "initialisation.symmetry",
    """
    Hidden units with equal weights, in and out, get the very same gradient, so that no step of descent tells them apart.

    Instead: Units that begin with equal weights{, in and out,|different weights out} stay equal.

    Scope: two hidden units, two classes, three inputs, cross-entropy

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §8.4

    Elsewhere: a library that trains no network
    """,
    kind="exact",
    expected="verified",
)

OUT = np.array([[[1.0, 1.0], [0.5, 0.5]]])
"""Weights out of two equal units, [seed, class, unit]."""
IN = np.array([[[1.0, 2.0], [1.0, 2.0]]])


@symmetry.case("two units", backends=TRAINING, wrongs={"units drawn apart": {"weights": IN * [[1], [2]]}})
def units(case: Case, *, weights=IN):
    got = yield request(case, weights, OUT)
    told = got.then(lambda g: alike(g["w0"][0]) and alike(g["w1"][0].T.copy()) and bool(np.any(g["w0"])))
    yield fact(
        told, True, label="equal gradients, not all 0", source="the units are exchanged and the network is the same"
    )


class Apart(NamedTuple):
    """How far the weights out differ, in quarters."""

    quarters: int


@symmetry.limit("different weights out")
def _(case: Case):
    """Units of equal weights in and different ones out are told apart at the first step: half of the symmetry is not enough."""

    def build(apart):
        return request(case, IN, OUT + np.array([[[0, apart.quarters / 4], [0, 0]]]))

    def equal(y, is_so):
        return fact(
            y.then(lambda g: alike(g["w0"][0])),
            is_so,
            label="equal gradients of the weights in",
            source="equal weights in",
        )

    yield from smallest(
        [Apart(n) for n in range(3)],
        build,
        lambda y, apart: equal(y, True),
        instead=lambda y, apart: equal(y, False),
        order="by the difference",
    )


zero = claim(
    "initialisation.zero",
    """
    With all weights zero all their gradients are zero, to the last bit: descent never moves them.

    Instead: A network whose weights are all zero learns nothing{ but the frequencies of the classes, by its last bias|the last bias}.

    Scope: one hidden layer of ReLU, biases zero, cross-entropy of two classes

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §8.4

    Elsewhere: a library that trains no network
    """,
    kind="exact",
    expected="verified",
)


@zero.case(
    "all weights", backends=TRAINING, wrongs={"small weights": {"size": 0.5}, "some slope is left": {"left": 1.0}}
)
def zeros(case: Case, *, size=0.0, left=0.0):
    got = yield request(case, size * IN, size * OUT)
    for name, shape in (("w0", IN.shape), ("w1", OUT.shape)):
        yield same_bits(got.part(name), np.full(shape, left, case.dtype), label=name, source="a product with 0")


class Layer(NamedTuple):
    """The first layer whose parameters are looked at: of four, weights and biases, from the input on."""

    place: int


@zero.limit("the last bias", as_worded=True)
def _(case: Case):
    """The bias of the last layer has a gradient, p − y: the network learns how frequent each class is, and nothing of the input."""
    names = ("w0", "b0", "w1", "b1")

    def still(y, layer, is_so):
        moved = y.part(names[layer.place]).then(lambda g: not np.any(g))
        return fact(moved, is_so, label=f"the gradient of {names[layer.place]} is 0", source="the sentence, as worded")

    yield from smallest(
        [Layer(i) for i in range(4)],
        lambda layer: request(case, 0 * IN, 0 * OUT),
        lambda y, layer: still(y, layer, True),
        instead=lambda y, layer: still(y, layer, False),
        order="from the input on",
    )


def glorot_in_torch(lib, *, shape, dtype, seed):
    import torch

    generator = torch.Generator().manual_seed(seed)
    weight = torch.empty(shape, dtype=getattr(torch, dtype))
    return torch.nn.init.xavier_uniform_(weight, generator=generator).numpy()


def glorot_in_numpy(lib, *, shape, dtype, seed):
    end = math.sqrt(6 / sum(shape))
    return np.random.default_rng(seed).uniform(-end, end, shape).astype(dtype)


GLOROT = {"numpy": glorot_in_numpy, "torch": glorot_in_torch}


def both(shape):
    return math.sqrt(6 / (shape[0] + shape[1]))


def inputs_alone(shape):
    return math.sqrt(6 / shape[1])


def mean_of_both(shape):
    return math.sqrt(3 / (shape[0] + shape[1]))


glorot = claim(
    "initialisation.glorot",
    """
    Glorot's uniform weights end at √(6/(n_in + n_out)), which gives them the variance 2/(n_in + n_out): none of 16 384 weights is beyond, and the largest is within
    a hundredth of it.

    Scope: 64 × 256 weights, uniform; PyTorch's xavier_uniform_, and NumPy's generator with these ends

    Sources:
    - Glorot & Bengio (2010), AISTATS, equation 16

    Elsewhere: only NumPy and PyTorch are asked for random weights
    """,
    kind="exact",
    expected="verified",
)


@glorot.case(
    "64 × 256",
    backends=GLOROT,
    wrongs={"inputs alone": {"end": inputs_alone}, "half the variance": {"end": mean_of_both}},
)
def ends(case: Case, *, end=both):
    shape = (64, 256)
    got = yield ask(GLOROT[case.backend], shape=shape, dtype=str(case.dtype), seed=case.seed)
    within = got.then(lambda w: 0.99 * end(shape) < float(abs(w).max()) <= end(shape) * (1 + 2**-20))
    yield fact(
        within,
        True,
        label="the largest weight",
        source="√(6/(n_in + n_out)); of 16 384 none is in the last hundredth once in 10⁷¹",
    )
