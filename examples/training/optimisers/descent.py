"""Descent with and without momentum: the rules of the lecture against what PyTorch's SGD does, in fractions of which no number is rounded."""

from fractions import Fraction
from typing import NamedTuple

import numpy as np
from lectureclaims.claims.language import Case, ask, claim, fact, same_bits, smallest


def by_rule_in_numpy(lib, *, w, gradients, rates, momentum=0.0, weight_decay=0.0):
    """The weights after each step, [steps, weights]."""
    v, path = np.zeros_like(w), []
    for g, rate in zip(gradients, rates, strict=True):
        v = momentum * v + g + weight_decay * w
        w = w - rate * v
        path.append(w)
    return np.stack(path)


def sgd_in_torch(lib, *, w, gradients, rates, **settings):
    import torch

    weight = torch.nn.Parameter(torch.tensor(w))
    optimiser, path = torch.optim.SGD([weight], lr=rates[0], **settings), []
    for g, rate in zip(gradients, rates, strict=True):
        optimiser.param_groups[0]["lr"] = rate
        weight.grad = torch.tensor(g)
        optimiser.step()
        path.append(weight.detach().numpy().copy())
    return np.stack(path)


RULES = {"numpy": by_rule_in_numpy, "torch": sgd_in_torch}


def minus(w, step):
    return w - step


def plus(w, step):
    return w + step


def all_before(count, momentum):
    """1 + μ + … : how much of a gradient is in the weights after so many steps, its own among them."""
    return sum(momentum**i for i in range(count))


def the_last_alone(count, momentum):
    return Fraction(1)


def without_the_last(count, momentum):
    return sum(momentum**i for i in range(count - 1))


def exactly(case, w, gradients, rate, share):
    """w − η Σ g share, after each step, in fractions."""
    path, given = [], [[Fraction(float(g)) for g in row] for row in gradients]
    for steps in range(1, len(given) + 1):
        moved = [sum(g * share(steps - t) for t, g in enumerate(column[:steps])) for column in zip(*given, strict=True)]
        path.append([float(Fraction(float(one)) - rate * m) for one, m in zip(w, moved, strict=True)])
    return np.array(path, case.dtype)


def drawn(case, steps):
    return case.integers("w", (5,)), case.integers("g", (steps, 5))


descent = claim(
    "optimisers.descent",
    r"""
    A step of gradient descent takes η times its gradient from each weight, and nothing else.

    Instead: Gradient descent moves each weight against its gradient{, as far as the step is large enough to be seen in its format|a step too small}: $w \leftarrow w - \eta g$.

    Scope: three steps, whole numbers, η = 1/4

    Sources:
    - Goodfellow, Bengio, Courville (2016), Deep Learning, §4.3

    Elsewhere: only NumPy, where the rule is written out, and PyTorch are asked for optimisers
    """,
    kind="exact",
    expected="verified",
)


@descent.case("whole numbers", backends=RULES, wrongs={"uphill": {"moved": plus}})
def whole_steps(case: Case, *, moved=minus):
    w, gradients = drawn(case, 3)
    path = yield ask(RULES[case.backend], w=w, gradients=gradients, rates=(0.25,) * 3)
    wanted = moved(w, np.cumsum(gradients, 0, dtype=np.int64) / 4).astype(case.dtype)
    yield same_bits(path, wanted, label="the weights after each step", source="w − (g₁ + g₂ + …)/4, in whole numbers")


class Rate(NamedTuple):
    """The rate is 2⁻ⁿ."""

    n: int


@descent.limit("a step too small")
def _(case: Case):
    """A weight of 1 stays where it is under a step of less than half the distance to the next number: training stands still, though no gradient is 0."""
    one = np.ones(1, case.dtype)

    def moves(path, rate, does):
        left = path.then(lambda w: bool(w[-1, 0] != 1))
        return fact(left, does, label=f"a weight of 1 moves by 2^−{rate.n}", source="the sentence, as worded")

    yield from smallest(
        [Rate(n) for n in range(1, 65)],
        lambda rate: ask(RULES[case.backend], w=one, gradients=one[None], rates=(2.0**-rate.n,)),
        lambda path, rate: moves(path, rate, True),
        instead=lambda path, rate: moves(path, rate, False),
        order="from large steps to small ones",
    )


momentum = claim(
    "optimisers.momentum",
    """
    With momentum μ a gradient moves the weights by η (1 + μ + μ² + …), a term for each step since: its velocity goes on.

    Scope: four steps, whole numbers, η = 1/4, μ = 1/2; PyTorch's SGD, without dampening

    Sources:
    - Polyak (1964), Some methods of speeding up the convergence of iteration methods
    - Sutskever, Martens, Dahl, Hinton (2013), ICML, §2

    Elsewhere: only NumPy, where the rule is written out, and PyTorch are asked for optimisers
    """,
    kind="exact",
    expected="verified",
    premises=("optimisers.descent",),
)


@momentum.case(
    "whole numbers",
    backends=RULES,
    wrongs={"plain descent": {"share": the_last_alone}, "the newest gradient late": {"share": without_the_last}},
)
def velocities(case: Case, *, share=all_before):
    w, gradients = drawn(case, 4)
    path = yield ask(RULES[case.backend], w=w, gradients=gradients, rates=(0.25,) * 4, momentum=0.5)
    half = Fraction(1, 2)
    wanted = exactly(case, w, gradients, Fraction(1, 4), lambda count: share(count, half))
    yield same_bits(path, wanted, label="the weights after each step", source="the sum of the series, in fractions")


class Change(NamedTuple):
    """In the second step the rate is 2⁻ⁿ of the first's."""

    n: int


def rate_within(velocity, g):
    """The textbook's step and velocity: μ = 1/2, η = 1/4."""
    velocity = velocity / 2 - g / 4
    return velocity, velocity


def nesterov(velocity, g):
    velocity = velocity / 2 - g / 4
    return velocity / 2 - g / 4, velocity


textbook = claim(
    "optimisers.textbook_momentum",
    r"""
    The rate may stand in the velocity, v ← μ v − η g and w ← w + v, or before it, as in PyTorch: the weights are the same at every step.

    Instead: {As long as the learning rate stays the same|a rate that changes} it may as well stand in the velocity: $v \leftarrow \mu v - \eta g$ and $w \leftarrow w + v$ is the same.

    Scope: four steps, whole numbers, η = 1/4, μ = 1/2, one rate for all steps

    Sources:
    - Sutskever, Martens, Dahl, Hinton (2013), ICML, equations 1 and 2
    - PyTorch's documentation of SGD, the note on momentum

    Elsewhere: only NumPy, where the rule is written out, and PyTorch are asked for optimisers
    """,
    kind="exact",
    expected="verified",
    premises=("optimisers.momentum",),
)


@textbook.case("one rate", backends=RULES, wrongs={"Nesterov's momentum": {"rule": nesterov}})
def one_rate(case: Case, *, rule=rate_within):
    w, gradients = drawn(case, 4)
    before = yield ask(RULES[case.backend], w=w, gradients=gradients, rates=(0.25,) * 4, momentum=0.5)
    now, velocities, wanted = [Fraction(int(one)) for one in w], [Fraction(0)] * len(w), []
    for row in gradients:
        steps = [rule(v, Fraction(int(g))) for v, g in zip(velocities, row, strict=True)]
        now, velocities = [one + step for one, (step, _) in zip(now, steps, strict=True)], [v for _, v in steps]
        wanted.append([float(one) for one in now])
    source = "v ← μ v − η g, w ← w + v, in fractions"
    yield same_bits(before, np.array(wanted, case.dtype), label="the rate before the velocity", source=source)


@textbook.limit("a rate that changes", as_worded=True)
def _(case: Case):
    """Where the rate falls, PyTorch's velocity is scaled down with it and the textbook's goes on as it was: after a step of 1 and one at half the rate
    without a gradient, the weights have moved by another 1/4 or by 1/2.
    """
    w, gradients = np.zeros(1, case.dtype), np.array([[-1], [0]], case.dtype)

    def second(path, change, step):
        moved = path.then(lambda w: float(w[1, 0] - w[0, 0]))
        return fact(moved, step, label="the second step", source="v ← μ v, and the rate in it or before it")

    yield from smallest(
        [Change(n) for n in range(4)],
        lambda change: ask(RULES[case.backend], w=w, gradients=gradients, rates=(1.0, 2.0**-change.n), momentum=0.5),
        lambda path, change: second(path, change, 0.5),
        instead=lambda path, change: second(path, change, 0.5 * 2.0**-change.n),
        order="by how far the rate falls",
    )


dampening = claim(
    "optimisers.dampening",
    r"""
    With dampening τ PyTorch's velocity is v ← μ v + (1 − τ) g from the second step on.

    Instead: With dampening $\tau$ each gradient {but the first|the first step} enters the velocity as $(1 - \tau) g$.

    Scope: PyTorch's SGD; four steps, whole numbers, η = 1/4, μ = 1/2, τ = 3/4

    Sources:
    - PyTorch's documentation of SGD, the algorithm: at the first step the velocity is the gradient

    Elsewhere: dampening is a setting of PyTorch's
    """,
    kind="exact + convention",
    expected="verified",
    about=("torch",),
)


def first_whole(t, share):
    return share if t else Fraction(1)


def all_dampened(t, share):
    return share


def none_dampened(t, share):
    return Fraction(1)


@dampening.case(
    "four steps",
    backends=("torch",),
    wrongs={"the first step dampened": {"enters": all_dampened}, "no step dampened": {"enters": none_dampened}},
)
def dampened(case: Case, *, enters=first_whole):
    w, gradients = drawn(case, 4)
    settings = {"momentum": 0.5, "dampening": 0.75}
    path = yield ask(sgd_in_torch, w=w, gradients=gradients, rates=(0.25,) * 4, **settings)
    entering = [[float(g) * float(enters(t, Fraction(1, 4))) for g in row] for t, row in enumerate(gradients)]
    wanted = exactly(case, w, entering, Fraction(1, 4), lambda count: all_before(count, Fraction(1, 2)))
    yield same_bits(path, wanted, label="the weights after each step", source="the algorithm of the documentation")


class Dampening(NamedTuple):
    """τ in quarters."""

    quarters: int


@dampening.limit("the first step", as_worded=True, backends=("torch",))
def _(case: Case):
    """In PyTorch the first gradient is not dampened: with τ = 1/4 the first step is the gradient's own, not three quarters of it."""
    w, gradients = np.zeros(1, case.dtype), np.array([[-4]], case.dtype)

    def first(path, moved):
        return fact(
            path.then(lambda w: float(w[0, 0])), moved, label="the first step", source="η (1 − τ) g, η = 1, g = −4"
        )

    yield from smallest(
        [Dampening(n) for n in range(4)],
        lambda τ: ask(sgd_in_torch, w=w, gradients=gradients, rates=(1.0,), momentum=0.5, dampening=τ.quarters / 4),
        lambda path, τ: first(path, 4.0 - τ.quarters),
        instead=lambda path, τ: first(path, 4.0),
        order="by τ",
    )


decay = claim(
    "optimisers.weight_decay",
    r"""
    In plain descent weight decay is the step of the loss with λ/2 ‖w‖² added: w ← (1 − η λ) w − η g.

    Instead: {In plain descent|Adam} weight decay, $w \leftarrow w - \eta (g + \lambda w)$, is the same as the penalty $\frac{\lambda}{2} \lVert w \rVert^2$ in the loss.

    Scope: three steps, whole numbers, η = 1/2, λ = 1/4

    Sources:
    - Loshchilov & Hutter (2019), Decoupled weight decay regularization, proposition 1

    Elsewhere: only NumPy, where the rule is written out, and PyTorch are asked for optimisers
    """,
    kind="exact",
    expected="verified",
    premises=("optimisers.descent",),
)


@decay.case(
    "three steps", backends=RULES, wrongs={"λ ‖w‖², without the half": {"penalty": 0.5}, "no decay": {"penalty": 0.0}}
)
def shrunk(case: Case, *, penalty=0.25):
    w, gradients = drawn(case, 3)
    path = yield ask(RULES[case.backend], w=w, gradients=gradients, rates=(0.5,) * 3, weight_decay=0.25)
    now, wanted = [Fraction(int(one)) for one in w], []
    for row in gradients:
        slope = [Fraction(int(g)) + Fraction(penalty) * one for g, one in zip(row, now, strict=True)]
        now = [one - s / 2 for one, s in zip(now, slope, strict=True)]
        wanted.append([float(one) for one in now])
    yield same_bits(
        path,
        np.array(wanted, case.dtype),
        label="the weights after each step",
        source="the penalised loss, in fractions",
    )


def decayed_in_numpy(lib, *, w, gradient, decay):
    """One step of Adam with ε = 0 and the penalty's slope in the gradient: η (g + λ w)/|g + λ w|."""
    slope = gradient + decay * w
    m, v = 0.5 * slope, 0.25 * slope * slope
    return w - 0.25 * (m / 0.5) / np.sqrt(v / 0.25)


def decayed_in_torch(lib, *, w, gradient, decay):
    import torch

    weight = torch.nn.Parameter(torch.tensor(w))
    weight.grad = torch.tensor(gradient)
    torch.optim.Adam([weight], lr=0.25, betas=(0.5, 0.75), eps=0.0, weight_decay=decay).step()
    return weight.detach().numpy()


class Decay(NamedTuple):
    """λ in quarters."""

    quarters: int


@decay.limit("Adam")
def _(case: Case):
    """Adam divides the penalty's slope by its own size like every gradient: its first step is η sign(g + λ w), whatever λ is, and does not shrink a large weight
    more than a small one.
    """
    penalised = {"numpy": decayed_in_numpy, "torch": decayed_in_torch}[case.backend]
    w, gradient = np.array([8], case.dtype), np.array([2], case.dtype)

    def judged(y, left):
        return fact(
            y.then(lambda w: float(w[0])), left, label="a weight of 8 after a step", source="(1 − η λ) w − η sign(g)"
        )

    yield from smallest(
        [Decay(n) for n in range(4)],
        lambda λ: ask(penalised, w=w, gradient=gradient, decay=λ.quarters / 4),
        lambda y, λ: judged(y, 8 * (1 - λ.quarters / 16) - 0.25),
        instead=lambda y, λ: judged(y, 8 - 0.25),
        order="by λ; η = 1/4",
    )
