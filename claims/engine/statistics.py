"""Paired effects with intervals, and gates on them that are stated before anything runs.

The two arms of an experiment share seeds: the same data, weights and batches. So each seed gives one number, the difference of the
arms or the logarithm of their ratio, and the seeds are the sample. An interval therefore speaks about seeds, not about data sets.
"""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np

RESAMPLES = 10_000
LEVEL = 0.95
FEWEST_SEEDS = 6
"""With n seeds of one mind the two-sided sign test gives 2/2^n; five can never reach 0.05, six do."""


@dataclass(frozen=True)
class Effect:
    """A paired effect over seeds. For kind "ratio" every figure is a ratio: 1 is no effect; for "difference" 0 is.

    estimate: geometric mean of the ratios, or mean difference; low, high: its bootstrap interval at 95 %;
    positive: seeds above no effect; sign_p, wilcoxon_p: two-sided, exact where SciPy's are (ties with no effect are left out);
    missing: seeds whose number is not finite. One is enough for the estimate to be NaN: nobody drops out unseen.
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

    @property
    def seeds(self):
        return len(self.values)


@dataclass(frozen=True)
class Gate:
    """What must be true of an effect's whole interval; written down before the run, with the figure it is based on.

    side "above": low > bounds[0]; "below": high < bounds[0]; "within": bounds[0] < low and high < bounds[1], which is how
    "no effect" can be shown rather than merely not refuted.
    """

    name: str
    effect: str
    side: str
    bounds: tuple[float, ...]
    basis: str

    def __post_init__(self):
        if self.side not in ("above", "below", "within"):
            raise ValueError(f"side={self.side!r}: expected 'above', 'below' or 'within'")
        if len(self.bounds) != (2 if self.side == "within" else 1):
            raise ValueError(f"bounds={self.bounds!r}: expected one number, or two in order for side='within'")
        if self.side == "within" and not self.bounds[0] < self.bounds[1]:
            raise ValueError(f"bounds={self.bounds!r}: expected the lower one first")


def paired(name, first, second, *, kind, seed):
    """The effect of `first` over `second`, arrays [S] with one number a seed; kind "ratio" (both > 0) or "difference"."""
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
    return Effect(
        name=name,
        kind=kind,
        values=tuple(float(value) for value in back(values)),
        estimate=float(back(values.mean())) if not missing else float("nan"),
        low=float(back(low)),
        high=float(back(high)),
        sign_p=_sign_p(values),
        wilcoxon_p=_wilcoxon_p(values),
        positive=int((values > 0).sum()),
        missing=missing,
    )


def exchanged(effect, *, seed):
    """The same measurements with the names of the arms exchanged: a gate that this meets as well says nothing."""
    values = np.asarray(effect.values)
    arms = (1 / values, np.ones_like(values)) if effect.kind == "ratio" else (-values, np.zeros_like(values))
    return paired(f"{effect.name}, arms exchanged", *arms, kind=effect.kind, seed=seed)


def bootstrap_interval(values, *, seed):
    """Percentile interval of the mean: the seeds drawn again with replacement, RESAMPLES times (Efron 1979)."""
    values = np.asarray(values, np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    tail = (1 - LEVEL) / 2
    return tuple(np.quantile(values[drawn].mean(1), (tail, 1 - tail)))


def judge(gate, effect):
    """(whether the gate is met, the sentence that says so). Only the interval over all seeds counts, never one seed."""
    if gate.effect != effect.name:
        raise ValueError(f"effect.name={effect.name!r}: gate {gate.name!r} is about {gate.effect!r}")
    found = f"{effect.name} {effect.estimate:.3g} [{effect.low:.3g}, {effect.high:.3g}] over {effect.seeds} seeds"
    wanted = {
        "above": "the interval above {0:g}",
        "below": "the interval below {0:g}",
        "within": "the interval within {0:g} and {1:g}",
    }[gate.side].format(*gate.bounds)
    if effect.missing:
        return False, f"{gate.name}: not met, {effect.missing} of {effect.seeds} seeds gave no finite number"
    if effect.seeds < FEWEST_SEEDS:
        return False, f"{gate.name}: not met, {effect.seeds} seeds are too few (at least {FEWEST_SEEDS}); {found}"
    met = {
        "above": effect.low > gate.bounds[0],
        "below": effect.high < gate.bounds[0],
        "within": gate.bounds[0] < effect.low and effect.high < gate.bounds[-1],
    }[gate.side]
    return met, f"{gate.name}: {'met' if met else 'not met'}, {found}; wanted {wanted}"


def gates_digest(gates):
    """SHA-256 of everything the gates say, in their order: a gate moved after the run is another digest."""
    text = json.dumps([dataclasses.asdict(gate) for gate in gates], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _sign_p(values):
    """Exact two-sided sign test; seeds at exactly no effect say nothing and are left out."""
    from scipy import stats  # half of every command's start-up, were it imported above

    decided = values[np.isfinite(values) & (values != 0)]
    if not len(decided):
        return 1.0
    return float(stats.binomtest(int((decided > 0).sum()), len(decided), 0.5).pvalue)


def _wilcoxon_p(values):
    """Exact; with ties the normal approximation, for SciPy's permutations take a fifth of a second each and say no more."""
    from scipy import stats

    decided = values[np.isfinite(values) & (values != 0)]
    if not len(decided):
        return 1.0
    ties = len(np.unique(np.abs(decided))) < len(decided)
    found: Any = stats.wilcoxon(decided, method="asymptotic" if ties else "exact")
    return float(found.pvalue)
