"""Paired effects with intervals, and gates on them that are stated before anything runs.

The two arms of an experiment share seeds: the same data, weights and batches. So each seed gives one number, the difference of the
arms or the logarithm of their ratio, and the seeds are the sample. An interval therefore speaks about seeds, not about data sets.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

RESAMPLES = 10_000
LEVEL = 0.95
FEWEST_SEEDS = 6
"""With n seeds of one mind the two-sided sign test gives 2/2^n; five can never reach 0.05, six do."""
Speaks = Literal["", "for", "against"]


@dataclass(frozen=True)
class Effect:
    """A paired effect over seeds. For kind "ratio" every figure is a ratio: 1 is no effect; for "difference" 0 is.

    estimate: geometric mean of the ratios, or mean difference; low, high: its bootstrap interval at 95 %;
    positive: seeds above no effect; sign_p, wilcoxon_p: two-sided, exact where SciPy's are (ties with no effect are left out);
    missing: seeds whose number is not finite. One is enough for the estimate to be NaN: nobody drops out unseen;
    arms: 2, or 1 where an arm is held against a constant.
    """

    name: str
    kind: str
    values: tuple[float, ...]
    estimate: float
    low: float
    high: float
    sign_p: float
    wilcoxon_p: float
    positive: int
    missing: int
    arms: int = 2

    @property
    def seeds(self) -> int:
        return len(self.values)

    @property
    def identical(self) -> bool:
        """Whether two arms gave the very same number in most seeds: then nothing says that they are two."""
        same = sum(value == (1.0 if self.kind == "ratio" else 0.0) for value in self.values)
        return self.arms == 2 and 2 * same > self.seeds


@dataclass(frozen=True)
class Gate:
    """What must be true of an effect's whole interval; written down before the run, with the figure it is based on.

    side "above": low > bounds[0]; "below": high < bounds[0]; "within": bounds[0] < low and high < bounds[1], which is how
    "no effect" can be shown rather than merely not refuted.
    role: what it is beside the sentence; speaks: "for" or "against", where a sentence has gates for both sides and the verdict
    depends on which of them are met.
    """

    name: str
    effect: str
    side: Literal["above", "below", "within"]
    bounds: tuple[float, ...]
    basis: str = ""
    role: str = "effect"
    speaks: Speaks = ""

    def __post_init__(self) -> None:
        if self.role not in ("effect", "control", "reversal", "caution"):
            raise ValueError(f"role={self.role!r}: expected 'effect', 'control', 'reversal' or 'caution'")
        if self.speaks not in ("", "for", "against"):
            raise ValueError(f"speaks={self.speaks!r}: expected 'for', 'against' or ''")
        if self.side not in ("above", "below", "within"):
            raise ValueError(f"side={self.side!r}: expected 'above', 'below' or 'within'")
        if len(self.bounds) != (2 if self.side == "within" else 1):
            raise ValueError(f"bounds={self.bounds!r}: expected one number, or two in order for side='within'")
        if self.side == "within" and not self.bounds[0] < self.bounds[1]:
            raise ValueError(f"bounds={self.bounds!r}: expected the lower one first")


@dataclass(frozen=True)
class Contrast:
    """An effect to be computed: `first` over `second`, names of what an experiment measured; second None: over a constant, 1 or 0."""

    name: str
    kind: str
    experiment: str
    first: str
    second: str | None = None

    def above(self, bound: float, name: str, basis: str = "", role: str = "effect", *, speaks: Speaks = "") -> Gate:
        """The gate on this effect whose name says that the whole interval is above the bound."""
        return Gate(name, self.name, "above", (bound,), basis, role, speaks)

    def below(self, bound: float, name: str, basis: str = "", role: str = "effect", *, speaks: Speaks = "") -> Gate:
        return Gate(name, self.name, "below", (bound,), basis, role, speaks)

    def within(
        self, low: float, high: float, name: str, basis: str = "", role: str = "effect", *, speaks: Speaks = ""
    ) -> Gate:
        return Gate(name, self.name, "within", (low, high), basis, role, speaks)


class Judged(NamedTuple):
    """met: the whole interval is where the gate wants it; undecided: not met, but a part of the interval is there, or there is no interval."""

    met: bool
    undecided: bool
    sentence: str


def paired(name: str, first: ArrayLike, second: ArrayLike | None, *, kind: str, seed: int) -> Effect:
    """The effect of `first` over `second`, arrays [S] with one number a seed; kind "ratio" (both > 0) or "difference".

    `second` None stands for the constant that is no effect, 1 or 0.
    """
    arms = 1 if second is None else 2
    if second is None:
        second = np.full(np.shape(first), 1.0 if kind == "ratio" else 0.0)
    first, second = (np.asarray(arm, np.float64) for arm in (first, second))
    if kind not in ("ratio", "difference"):
        raise ValueError(f"kind={kind!r}: expected 'ratio' or 'difference'")
    if first.shape != second.shape or first.ndim != 1 or first.size == 0:
        raise ValueError(f"shapes {first.shape} and {second.shape}: expected the same [S], one number for each seed")
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.log(first) - np.log(second) if kind == "ratio" else first - second
    back = np.exp if kind == "ratio" else np.asarray
    missing = int((~np.isfinite(values)).sum())
    low, high = bootstrap_interval(values, seed=seed) if not missing else (np.nan, np.nan)
    sign_p, wilcoxon_p = _p_values(values)
    return Effect(
        name=name,
        kind=kind,
        values=tuple(float(value) for value in back(values)),
        estimate=float(back(values.mean())) if not missing else float("nan"),
        low=float(back(low)),
        high=float(back(high)),
        sign_p=sign_p,
        wilcoxon_p=wilcoxon_p,
        positive=int((values > 0).sum()),
        missing=missing,
        arms=arms,
    )


def exchanged(effect: Effect, *, seed: int) -> Effect:
    """The same measurements with the names of the arms exchanged: a gate that this meets as well says nothing."""
    values = np.asarray(effect.values)
    arms = (1 / values, np.ones_like(values)) if effect.kind == "ratio" else (-values, np.zeros_like(values))
    return paired(f"{effect.name}, arms exchanged", *arms, kind=effect.kind, seed=seed)


def bootstrap_interval(values: ArrayLike, *, seed: int) -> tuple[float, float]:
    """Percentile interval of the mean: the seeds drawn again with replacement, RESAMPLES times (Efron 1979)."""
    values = np.asarray(values, np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    tail = (1 - LEVEL) / 2
    return tuple(np.quantile(values[drawn].mean(1), (tail, 1 - tail)))


def judge(gate: Gate, effect: Effect) -> Judged:
    """Whether the gate is met, and the sentence that says so. Only the interval over all seeds counts, never one seed."""
    if gate.effect != effect.name:
        raise ValueError(f"effect.name={effect.name!r}: gate {gate.name!r} is about {gate.effect!r}")
    observed = f"{effect.name} {effect.estimate:.3g} [{effect.low:.3g}, {effect.high:.3g}] over {effect.seeds} seeds"
    low, high = region(gate)
    if effect.missing:
        sentence = f"{effect.missing} of {effect.seeds} seeds gave no finite number"
    elif effect.seeds < FEWEST_SEEDS:
        sentence = f"{effect.seeds} seeds are too few (at least {FEWEST_SEEDS}); {observed}"
    elif effect.identical:
        sentence = f"both arms gave the very same numbers in most of {effect.seeds} seeds: is it one arm twice?"
    else:
        wanted = {
            "above": "the interval above {0:.12g}",
            "below": "the interval below {0:.12g}",
            "within": "the interval within {0:.12g} and {1:.12g}",
        }[gate.side].format(*gate.bounds)
        met = low < effect.low and effect.high < high
        undecided = not met and low < effect.high and effect.low < high
        word = "met" if met else "not decided" if undecided else "not met"
        return Judged(met, undecided, f"{gate.name}: {word}, {observed}; wanted {wanted}")
    return Judged(False, True, f"{gate.name}: not met, {sentence}")


def region(gate: Gate) -> tuple[float, float]:
    """(low, high): where the gate wants the whole interval, infinite where it is open."""
    return {
        "above": (gate.bounds[0], np.inf),
        "below": (-np.inf, gate.bounds[0]),
        "within": (gate.bounds[0], gate.bounds[-1]),
    }[gate.side]


def gates_digest(gates: Iterable[Gate], effects: Iterable[Contrast] = (), settings: Mapping[str, Any] = {}) -> str:
    """SHA-256 of everything that is stated before a run: gates and what their effects are computed from, in their order, and
    `settings`, {name: plain value}.

    A gate moved after the run is another digest.
    """
    stated = [[dataclasses.asdict(one) for one in part] for part in (gates, effects)]
    text = json.dumps([*stated, dict(settings)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _p_values(values: NDArray) -> tuple[float, float]:
    """Of the sign test and of Wilcoxon's, two-sided and exact; seeds at exactly no effect say nothing and are left out.

    Wilcoxon's with ties by the normal approximation: SciPy's permutations take a fifth of a second each and say no more.
    """
    from scipy import stats  # half of every command's start-up, were it imported above

    decided = values[np.isfinite(values) & (values != 0)]
    if not len(decided):
        return 1.0, 1.0
    sign = stats.binomtest(int((decided > 0).sum()), len(decided), 0.5)
    ties = len(np.unique(np.abs(decided))) < len(decided)
    wilcoxon: Any = stats.wilcoxon(decided, method="asymptotic" if ties else "exact")
    return float(sign.pvalue), float(wilcoxon.pvalue)
