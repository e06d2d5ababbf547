"""Adam's first step, in numbers of which nothing is rounded: β₁ = 1/2 and β₂ = 3/4, whole gradients, η = 1/4."""

from typing import NamedTuple

import numpy as np
from lectureclaims.claims.language import Case, ask, claim, fact, same_bits, smallest

RATE, BETAS = 0.25, (0.5, 0.75)
UNSEEN = 2.0**-60
"""An ε that is lost beside a gradient of 1 in either format."""


def adam_in_numpy(lib, *, w, gradient, epsilon, decay=0.0):
    """Algorithm 1 of Kingma & Ba, one step; decay: as AdamW's. The weights and both averages."""
    m, v = (1 - BETAS[0]) * gradient, (1 - BETAS[1]) * gradient * gradient
    first, second = m / (1 - BETAS[0]), v / (1 - BETAS[1])
    with np.errstate(invalid="ignore"):
        return w * (1 - RATE * decay) - RATE * first / (np.sqrt(second) + w.dtype.type(epsilon)), m, v


def adam_in_torch(lib, *, w, gradient, epsilon, decay=None):
    import torch

    weight = torch.nn.Parameter(torch.tensor(w))
    weight.grad = torch.tensor(gradient)
    kind, settings = (torch.optim.Adam, {}) if decay is None else (torch.optim.AdamW, {"weight_decay": decay})
    optimiser = kind([weight], lr=RATE, betas=BETAS, eps=epsilon, **settings)
    optimiser.step()
    state = optimiser.state[weight]
    return weight.detach().numpy(), state["exp_avg"].numpy(), state["exp_avg_sq"].numpy()


RULES = {"numpy": adam_in_numpy, "torch": adam_in_torch}


def drawn(case):
    """Weights, and gradients of which none is 0."""
    gradient = case.integers("g", (6,), 1, 8) * np.where(case.rng("sign").random(6) < 0.5, -1, 1).astype(case.dtype)
    return case.integers("w", (6,)), gradient


def sign(g):
    return np.sign(g)


def itself(g):
    return g


def uncorrected(g):
    """(1 − β₁)/√(1 − β₂) is 1 for these: told by other betas; here the correction of m alone."""
    return np.sign(g) * 2


first_step = claim(
    "optimisers.first_step",
    r"""
    Adam's first step is η in each weight, against the sign of its gradient, whatever the gradient's size.

    Instead: So Adam's first step is $\eta$ in each weight{ whose gradient is not 0|no gradient}, however large the gradient is.

    Scope: one step, ε = 0, gradients from 1 to 8 in size, β₁ = 1/2, β₂ = 3/4, η = 1/4

    Sources:
    - Kingma & Ba (2015), Adam, §2.1

    Elsewhere: only NumPy, where the rule is written out, and PyTorch are asked for optimisers
    """,
    kind="exact",
    expected="verified",
    premises=("optimisers.averages",),
)


@first_step.case(
    "whole gradients", backends=RULES, wrongs={"a step of η g": {"of": itself}, "v uncorrected": {"of": uncorrected}}
)
def steps(case: Case, *, of=sign):
    w, gradient = drawn(case)
    made = yield ask(RULES[case.backend], w=w, gradient=gradient, epsilon=0.0)
    wanted = (w - of(gradient) / 4).astype(case.dtype)
    yield same_bits(made.part(0), wanted, label="the weights", source="w − η sign(g), in whole numbers")


class Gradient(NamedTuple):
    g: int


@first_step.limit("no gradient")
def _(case: Case):
    """A weight whose gradient is 0 stays as it is, kept by ε from 0/0."""

    def build(point):
        g = np.array([point.g], case.dtype)
        return ask(RULES[case.backend], w=np.zeros(1, case.dtype), gradient=g, epsilon=UNSEEN)

    def moved(y, size):
        return fact(y.part(0).then(lambda w: float(abs(w[0]))), size, label="the first step", source="η = 1/4")

    yield from smallest(
        [Gradient(g) for g in range(4)],
        build,
        lambda y, point: moved(y, RATE),
        instead=lambda y, point: moved(y, 0.0),
        order="by the gradient",
    )


averages = claim(
    "optimisers.averages",
    """
    After one step Adam's averages are (1 − β₁) g and (1 − β₂) g², which is what the correction divides out again.

    Scope: one step, gradients from 1 to 8 in size, β₁ = 1/2, β₂ = 3/4

    Sources:
    - Kingma & Ba (2015), Adam, §3

    Elsewhere: only NumPy, where the rule is written out, and PyTorch are asked for optimisers
    """,
    kind="exact",
    expected="verified",
)


@averages.case(
    "whole gradients",
    backends=RULES,
    wrongs={"β for 1 − β": {"shares": (0.5, 0.75)}, "not too small": {"shares": (1.0, 1.0)}},
)
def too_small(case: Case, *, shares=(0.5, 0.25)):
    w, gradient = drawn(case)
    made = yield ask(RULES[case.backend], w=w, gradient=gradient, epsilon=0.0)
    for place, (name, power) in enumerate((("m", 1), ("v", 2))):
        wanted = (shares[place] * gradient**power).astype(case.dtype)
        yield same_bits(made.part(1 + place), wanted, label=name, source=f"(1 − β) g^{power}, in whole numbers")


uncorrected_step = claim(
    "optimisers.correction",
    r"""
    Without the correction the first step would be η (1 − β₁)/√(1 − β₂): with the usual 0.9 and 0.999 more than three times as large, not smaller.

    Instead: Without the correction it would be $(1 - \beta_1)/\sqrt{1 - \beta_2}$ times that{: larger, with the usual 0.9 and 0.999|smaller, as the averages are}.

    Scope: the averages after one step, of gradients from 1 to 8 in size; η, β₁ = 1/2, β₂ = 3/4

    Sources:
    - Kingma & Ba (2015), Adam, §3

    Elsewhere: only NumPy, where the rule is written out, and PyTorch are asked for optimisers
    """,
    kind="exact",
    expected="verified",
    premises=("optimisers.averages",),
)


@uncorrected_step.case(
    "whole gradients", backends=RULES, wrongs={"(1 − β₁)/(1 − β₂)": {"times": 2.0}, "1 − β₁": {"times": 0.5}}
)
def step_without(case: Case, *, times=1.0):
    w, gradient = drawn(case)
    made = yield ask(RULES[case.backend], w=w, gradient=gradient, epsilon=0.0)
    step = made.then(lambda parts: parts[1] / np.sqrt(parts[2]))
    yield same_bits(step, (times * np.sign(gradient)).astype(case.dtype), label="m/√v", source="(1 − β₁)/√(1 − β₂) = 1")


class Betas(NamedTuple):
    """β₁ = 1 − 1/k, β₂ = 1 − 1/k²ⁿ."""

    k: int
    n: int


def averages_in_numpy(lib, *, g, beta1, beta2):
    return (1 - beta1) * g / np.sqrt((1 - beta2) * g * g)


def averages_in_torch(lib, *, g, beta1, beta2):
    import torch

    weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.tensor(g).dtype))
    weight.grad = torch.tensor(g)
    optimiser = torch.optim.Adam([weight], betas=(beta1, beta2))
    optimiser.step()
    state = optimiser.state[weight]
    return (state["exp_avg"] / state["exp_avg_sq"].sqrt()).numpy()


@uncorrected_step.limit("smaller, as the averages are")
def _(case: Case):
    """Both averages are too small, but their quotient need not be: it is larger than 1 as soon as √(1 − β₂) is less than 1 − β₁."""
    asked = {"numpy": averages_in_numpy, "torch": averages_in_torch}[case.backend]
    g = np.ones(1, case.dtype)

    def small(y, betas, is_so):
        return fact(
            y.then(lambda step: bool(step[0] <= 1)),
            is_so,
            label="the step is not larger than η",
            source="m and v too small",
        )

    yield from smallest(
        [Betas(2, n) for n in range(1, 4)],
        lambda b: ask(asked, g=g, beta1=1 - 1 / b.k, beta2=1 - 1 / b.k ** (2 * b.n)),
        lambda y, b: small(y, b, True),
        instead=lambda y, b: small(y, b, False),
        order="by n",
    )


decoupled = claim(
    "optimisers.decoupled",
    """
    AdamW's first step is w ← (1 − η λ) w − η sign(g): the decay is proportional to the weight, and not divided by anything.

    Scope: one step, ε = 0, λ = 1/2, η = 1/4, gradients from 1 to 8 in size

    Sources:
    - Loshchilov & Hutter (2019), Decoupled weight decay regularization, algorithm 2

    Elsewhere: only NumPy, where the rule is written out, and PyTorch are asked for optimisers
    """,
    kind="exact",
    expected="verified",
    premises=("optimisers.first_step",),
)


@decoupled.case("whole gradients", backends=RULES, wrongs={"λ without η": {"left": 0.5}, "no decay": {"left": 1.0}})
def decays(case: Case, *, left=0.875):
    w, gradient = drawn(case)
    made = yield ask(RULES[case.backend], w=w, gradient=gradient, epsilon=0.0, decay=0.5)
    wanted = (left * w - np.sign(gradient) / 4).astype(case.dtype)
    yield same_bits(made.part(0), wanted, label="the weights", source="(1 − η λ) w − η sign(g), in eighths")
