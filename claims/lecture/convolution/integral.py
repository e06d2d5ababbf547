"""“S(t) = ∫ X(a) W(t − a) da, the inner product of X with a shifted and flipped W”: what the sums of the libraries tend to.

X and W are sampled at the middles of steps of length h. A library's discrete convolution of the samples, times the step,
    S_h(t) = h · Σ_m X((m + ½)h) · W((i − m + ½)h),    t = (i + 1)h,
is the midpoint rule for the integral, for (m + ½)h and t − (m + ½)h are both middles of steps.
"""

import math
from typing import NamedTuple

import numpy as np

from ....reference import bounds, oracle
from ...language import Figure, Wrong, ask, claim, same_bits, smallest, within
from ..shared.wrongs import mistaken
from .own_functions import predicted
from .sums import by_fft

CLOSED = "the integral in closed form"
LEADING = "the first term of the rule's error, from the integrand's derivatives"
END = 2.0
"""Decays and boxes are looked at up to this t."""
REACH = 10.0
"""Gaussians are sampled from −10 to 10."""


# --- X, W and their integrals ------------------------------------------------------------------------------------------


class Decays(NamedTuple):
    """X(a) = e^(−αa) on [0, width], W(a) = e^(−βa) on [0, ∞); α = 0 is a box of that width."""

    alpha: float
    beta: float
    width: float

    def x(self, a):
        return np.where(a < self.width, oracle.exp(-self.alpha * a), 0)

    def w(self, a):
        return oracle.exp(-self.beta * a)

    def integral(self, t):
        """∫₀ᵇ e^(−αa − β(t − a)) da = (e^(−αb − β(t − b)) − e^(−βt))/(β − α), b = min(t, width)."""
        b = np.minimum(t, self.width)
        return (oracle.exp(-self.alpha * b - self.beta * (t - b)) - oracle.exp(-self.beta * t)) / (
            self.beta - self.alpha
        )


def box(a):
    """1 on [0, 1]."""
    return np.where(a < 1, 1.0, 0.0)


def triangle(t):
    """box ∗ box: up to 1 at t = 1, and down again."""
    return np.maximum(0, np.minimum(t, 2 - t))


CENTRE = 0.25
"""Of the second Gaussian: off the origin, so that W flipped is another function."""


def gaussian(a, centre):
    return oracle.exp(-((a - centre) ** 2) / 2)


def gaussian_integral(t):
    """e^(−a²/2) ∗ e^(−(a − c)²/2) = √π·e^(−(t − c)²/4)."""
    return math.sqrt(math.pi) * oracle.exp(-((t - CENTRE) ** 2) / 4)


# --- the sampled sum, by the library -----------------------------------------------------------------------------------


def middles(start, step, count, place):
    """(m + ½)h from ``start``; ``place`` says where in its step a sample is taken, ½ in the middle."""
    return start + (np.arange(count) + place) * step


def convolved(x, w, dtype, *, after=0):
    """Σ_m X(m) W(i − m) for i = 0, 1, …, as many as X has samples, and ``after`` more: zeros on the left let the kernel in."""
    settings = {"stride": 1, "padding": (w.size - 1, after), "dilation": 1, "groups": 1}
    return ask("convolution1d", x=x.astype(dtype)[None, None], w=w.astype(dtype)[None, None], b=None, **settings)


def sampled(f, step, dtype, *, place=0.5):
    """The discrete convolution of the samples up to t = END."""
    a = middles(0, step, round(END / step), place)
    return convolved(f.x(a), f.w(a), dtype)


def times_the_step(y, step):
    return y * step


def step_forgotten(y, step):
    return y


def order(coarse, fine, exact, *, finer):
    """The measured order log |E(h)/E(h/f)| / log f, E(h) = S − S_h, at the times of the coarser steps."""
    errors = [np.abs(exact - y.astype(np.float64)) for y in (coarse, fine[..., finer - 1 :: finer])]
    with np.errstate(divide="ignore", invalid="ignore"):
        return (np.log(errors[0] / errors[1]) / math.log(finer)).astype(coarse.dtype)


def ends(step, late=1):
    """t = (i + 1)h up to END."""
    return (np.arange(round(END / step)) + late) * step


# --- the claim ---------------------------------------------------------------------------------------------------------

STEPS = (1 / 4, 1 / 8, 1 / 16)
PAIRS = {
    "exponential ∗ exponential": Decays(alpha=1, beta=3, width=math.inf),
    "box ∗ exponential": Decays(alpha=0, beta=2, width=1),
}


continuous = claim(
    "convolution.continuous",
    """
    The inner product of samples of X with W shifted to t and flipped, times the step h, is S(t) = ∫ X(a) W(t − a) da
    up to the error of the midpoint rule, and so is, for all t at once, a library's discrete convolution of the
    samples: for two boxes exactly (a triangle); for exponentials with the order 2, measured by halving the step,
    within a bound derived from the integrand's derivatives; for Gaussians of deviation 1 up to 2e^(−π²/h²) of its
    size, the first alias, which falls faster than any power of h.

    Scope: samples at the middles of the steps; X and W smooth but for jumps between two steps; exponentials with α =
    1, β = 3, and a box of width 1 with β = 2, t ≤ 2, h = ¼, ⅛, ¹⁄₁₆; Gaussians of deviation 1, sampled within ±10, h
    = 2, 1, ½; sums added directly, not by FFT

    Notes: The lecture's picture of w, X and X ∗ W is lost; the report draws one.

    Sources:
    - Davis & Rabinowitz (1984), Methods of Numerical Integration, §2.1, §2.9
    - Trefethen & Weideman (2014), SIAM Review 56:385, §5
    """,
    kind="rounding",
    expected="verified",
    premises=("convolution.libraries_correlate", "convolution.discrete_1d"),
)


def support_cut(lib, x, w, b, **settings):
    """The second half of W's samples taken as 0: what is left out when a function that goes on is cut too early."""
    w = w.copy()
    w[..., w.shape[-1] // 2 :] = 0
    return lib.convolution1d(x, w, b, **settings)


ANYWHERE = {
    "step forgotten": {"scaled": step_forgotten},
    "support cut": Wrong(operations={"convolution1d": support_cut}),
    "t = ih for (i + 1)h": {"late": 0},
}
ASYMMETRIC = {
    "W not flipped": mistaken("kernel turned in 1-d", "convolution1d"),
    **ANYWHERE,
    "samples at the left ends of the steps": {"place": 0.0},
}
SMOOTH = ASYMMETRIC | {"an order of 1": {"power": 1}, "an order of 4": {"power": 4}}


@continuous.case("box ∗ box", wrongs=ANYWHERE)
def boxes(case, *, scaled=times_the_step, late=1):
    """The integrand is constant between its jumps, which lie between steps: the rule makes no error, and no sum rounds."""
    for step in STEPS:
        a = middles(0, step, round(END / step), 0.5)
        y = yield convolved(box(a), box(a), case.dtype)
        got = y.then(lambda y, step=step: scaled(y[0, 0], step))
        wanted = triangle(ends(step, late)).astype(case.dtype)
        yield same_bits(got, wanted, label=f"a triangle, h = {step:g}", source=CLOSED)


@continuous.case("exponential ∗ exponential", f=PAIRS["exponential ∗ exponential"], wrongs=SMOOTH)
def decays(case, *, scaled=times_the_step, place=0.5, late=1, power=2):
    """Returns the sums times their steps."""
    f = case.f
    convolutions = yield [sampled(f, step, case.dtype, place=place) for step in STEPS]
    sums = [y.then(lambda y, step=step: scaled(y[0, 0], step)) for y, step in zip(convolutions, STEPS, strict=True)]
    for got, step in zip(sums, STEPS, strict=True):
        bound = bounds.midpoint_sum(ends(step), case.dtype, step=step, **f._asdict())
        label = f"the sum times the step, h = {step:g}"
        yield within(got, f.integral(ends(step, late)), bound, label=label, source=CLOSED)
    for coarse, fine, step in zip(sums, sums[1:], STEPS, strict=False):
        measured = fine.then(lambda y, c=coarse, step=step: order(c.value, y, f.integral(ends(step, late)), finer=2))
        bound = bounds.midpoint_order(ends(step), case.dtype, step=step, finer=2, **f._asdict())
        label = f"the order, measured from h = {step:g} and {step / 2:g}"
        yield within(measured, np.full(ends(step).shape, float(power)), bound, label=label, source=LEADING)
    yield from inner_products(case, f, scaled, place, late)
    yield from own_functions(case, f, scaled, place, late)
    return sums


@continuous.case("box ∗ exponential", f=PAIRS["box ∗ exponential"], wrongs=SMOOTH)
def box_and_exponential(case, *, scaled=times_the_step, place=0.5, late=1, power=2):
    sums = yield from decays(case, scaled=scaled, place=place, late=late, power=power)
    yield Figure("integral", drawn(case.f, [y.value for y in sums]))


def inner_products(case, f, scaled, place, late):
    """As the lecture words it: X against a kernel as long as X itself, which is W shifted to t and flipped, for each t."""
    step = STEPS[0]
    a = middles(0, step, round(END / step), place)
    flipped = np.array([f.w(np.maximum(t - a, 0)) * (a < t) for t in ends(step)])
    x, w = f.x(a).astype(case.dtype)[None, None], flipped.astype(case.dtype)[:, None]
    y = yield ask("cross_correlation1d", x=x, w=w, b=None, stride=1, padding=(0, 0), dilation=1, groups=1)
    bound = bounds.midpoint_sum(ends(step), case.dtype, step=step, **f._asdict())
    label = "the inner product of X with W shifted and flipped, times the step"
    yield within(
        y.then(lambda y: scaled(y[0, :, 0], step)), f.integral(ends(step, late)), bound, label=label, source=CLOSED
    )


def own_functions(case, f, scaled, place, late):
    """The library's own 1-d functions, by name; one that correlates is given W flipped."""
    step = STEPS[0]
    a = middles(0, step, round(END / step), place)
    x = np.concatenate([np.zeros(a.size - 1), f.x(a)]).astype(case.dtype)
    bound = bounds.midpoint_sum(ends(step), case.dtype, step=step, **f._asdict())
    listed = (yield ask("own_convolutions")).value
    for function in (name for name, rank in listed if rank == 1 and not by_fft(name)):
        w = f.w(a) if predicted(function) == "convolution" else f.w(a)[::-1]
        y = yield ask("own_convolution", x=x, w=np.ascontiguousarray(w, case.dtype), function=function)
        got = y.then(lambda y: scaled(y, step))
        yield within(got, f.integral(ends(step, late)), bound, label=f"{function} times the step", source=CLOSED)


@continuous.case("Gaussian ∗ Gaussian", wrongs=ASYMMETRIC)
def gaussians(case, *, scaled=times_the_step, place=0.5, late=1):
    """The error is that of the first alias: of relative size 2e^(−π²/h²), too much and too little by turns."""
    for step in (2.0, 1.0, 0.5):
        count = round(2 * REACH / step)
        a = middles(-REACH, step, count, place)
        y = yield convolved(gaussian(a, 0), gaussian(a, CENTRE), case.dtype, after=count - 1)
        got = y.then(lambda y, step=step: scaled(y[0, 0], step))
        p = np.arange(2 * count - 1)
        t, seen = -2 * REACH + (p + late) * step, {"step": step, "centre": CENTRE, "reach": REACH}
        exact = gaussian_integral(t)
        whole = bounds.gaussian_sum(-2 * REACH + (p + 1) * step, case.dtype, aliases=0, **seen)
        yield within(got, exact, whole, label=f"the sum times the step, h = {step:g}", source=CLOSED)
        first = 2 * bounds.gaussian_alias(step) * np.where(p % 2, -1, 1) * math.cos(math.pi * CENTRE / step)
        rest = bounds.gaussian_sum(-2 * REACH + (p + 1) * step, case.dtype, aliases=1, **seen)
        label = f"the sum times the step with its first alias, h = {step:g}"
        yield within(got, exact * (1 + first), rest, label=label, source="Poisson's summation formula")


def drawn(f, sums):
    """The lecture's lost picture: w, X and X ∗ W, and for one t the product whose area S(t) is."""
    a = np.sort([*np.linspace(0, END, 65), np.nextafter(f.width, 0)])  # the last place before the jump, too
    at = 0.75
    back = np.linspace(0, at, 25)
    return {
        "a": a,
        "X": f.x(a),
        "W": f.w(a),
        "S": f.integral(a),
        "steps": list(STEPS),
        "sampled": [{"t": ends(step), "S": y} for step, y in zip(STEPS, sums, strict=True)],
        "at": at,
        "shifted": {"a": back, "W": f.w(at - back), "product": f.x(back) * f.w(at - back)},
        "area": float(f.integral(np.array([at]))[0]),
        "errors": [
            float(np.max(np.abs(f.integral(ends(step)) - y.astype(np.float64))))
            for step, y in zip(STEPS, sums, strict=True)
        ],
    }


# --- where the order is lower ------------------------------------------------------------------------------------------


class Jump(NamedTuple):
    """X = 1 up to p/q and 0 beyond; W = e^(−a). With the step h = ¼ the jump lies between two steps where q divides 4p."""

    q: int
    p: int

    def decays(self):
        return Decays(alpha=0, beta=1, width=self.p / self.q)


@continuous.limit("a jump inside a step")
def _(case):
    """Where X jumps inside a step, the order is lower: the sum covers whole steps only, and is off by the part d(h)
    of the step that is missing or too much. From h = ¼ and ¹⁄₁₆ one measures log₄(d(h)/d(h/4)): 1 for the simplest
    such place, ⅓, in place of 2.
    """
    step, finer = STEPS[0], 4
    places = [Jump(q, p) for q in (1, 2, 3, 4, 5, 6, 7) for p in range(1, q + 1) if math.gcd(p, q) == 1]
    later = ends(step) >= 1  # where the jump lies before t

    def build(j):
        return [sampled(j.decays(), h, case.dtype) for h in (step, step / finer)]

    def measured(sums, j):
        exact = j.decays().integral(ends(step))
        coarse = sums[0].value[0, 0] * step
        return sums[1].then(lambda y: order(coarse, y[0, 0] * (step / finer), exact, finer=finer)[later])

    def literal(sums, j):
        bound = bounds.midpoint_order(ends(step)[later], case.dtype, step=step, finer=finer, **j.decays()._asdict())
        wanted = np.full(np.count_nonzero(later), 2.0)
        return within(measured(sums, j), wanted, bound, label="the order is 2", source="the claim, for any X")

    def instead(sums, j):
        missing = [abs(j.p / j.q - h * round(j.p / j.q / h)) for h in (step, step / finer)]
        lower = math.log(missing[0] / missing[1]) / math.log(finer)
        bound = bounds.jump_order(ends(step)[later], case.dtype, step=step, finer=finer, **j.decays()._asdict())
        wanted = np.full(np.count_nonzero(later), lower)
        return within(
            measured(sums, j),
            wanted,
            bound,
            label=f"the order is {lower:.3g}",
            source="the part of a step that is missing",
        )

    yield from smallest(places, build, literal, instead=instead, order="by q, then by p")
