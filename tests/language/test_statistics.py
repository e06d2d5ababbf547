"""Paired effects and gates: what they report, and that they notice the lies they could be told."""

import dataclasses
import importlib
import tomllib
from pathlib import Path

import numpy as np
import pytest
from lectureclaims.claims import lecture
from lectureclaims.claims.language.claim import Case
from lectureclaims.claims.language.population import stated_before
from lectureclaims.claims.language.statistics import Gate, bootstrap_interval, exchanged, gates_digest, judge, paired
from scipy import stats

SEEDS = 20
A_CASE = Case("a.claim", "over seeds", {}, dtype="float64", backend="numpy", seed=0)


HISTORIES = sorted(Path(lecture.__path__[0]).glob("*/*/versions.toml"))


def versions():
    """(section, design) → its digests."""
    return {(p.parents[1].name, name): each for p in HISTORIES for name, each in tomllib.loads(p.read_text()).items()}


def arms(factor, *, spread=0.2, seeds=SEEDS):
    """Two arms [S] whose ratio scatters around `factor`; seeds share their noise, as paired arms do."""
    random = np.random.default_rng(7)
    base = np.exp(random.normal(size=seeds))
    return base * factor * np.exp(spread * random.normal(size=seeds)), base


def close(got, wanted):
    """Equal but for a logarithm, a mean and an exponential: a dozen roundings."""
    return bool((np.abs(np.subtract(got, wanted)) <= 12 * np.spacing(np.abs(wanted))).all())


def above(threshold, effect="effect"):
    return Gate("gate", effect, "above", (threshold,), "made up")


def test_a_ratio_is_the_geometric_mean_of_the_pairs():
    first, second = np.array([2.0, 8.0]), np.array([1.0, 1.0])
    effect = paired("effect", first, second, kind="ratio", seed=0)
    assert close(effect.values, (2.0, 8.0)) and close(effect.estimate, 4.0)
    assert close(effect.low, 2.0) and close(effect.high, 8.0)
    assert (effect.positive, effect.seeds, effect.missing) == (2, 2, 0)


def test_pairing_takes_out_what_the_arms_share():
    """Between the seeds the arms vary by a factor of ten; the ratio hardly varies at all."""
    first, second = arms(1.3, spread=0.01)
    effect = paired("effect", first, second, kind="ratio", seed=0)
    unpaired = paired("effect", first, second[::-1], kind="ratio", seed=0)
    assert effect.low > 1.25 and effect.high < 1.35
    assert unpaired.low < 1 < unpaired.high


def test_the_sign_test_is_exact():
    first, second = arms(5.0)
    effect = paired("effect", first, second, kind="ratio", seed=0)
    assert effect.positive == SEEDS
    assert effect.sign_p == 2 / 2**SEEDS
    assert effect.wilcoxon_p == stats.wilcoxon(np.log(first / second)).pvalue


def test_the_interval_agrees_with_scipys():
    """Both draw 10,000 times; an end of the interval then scatters by about 2 % of its width, so 8 % is four of those."""
    values = np.log(arms(3.0)[0] / arms(3.0)[1])
    ours = bootstrap_interval(values, seed=1)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=10_000, method="percentile", random_state=2)
    width = ours[1] - ours[0]
    for mine, other in zip(ours, theirs.confidence_interval, strict=True):
        assert abs(mine - other) < 0.08 * width


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    """Of 400 samples of 20 about 95 % should cover; the percentile interval is known to be short (93 %); 88 % is 4 sigma less."""
    random = np.random.default_rng(3)
    inside = [low < 0 < high for low, high in (bootstrap_interval(random.normal(size=20), seed=4) for _ in range(400))]
    assert 0.88 < np.mean(inside) < 0.99


def test_the_same_seed_gives_the_same_numbers():
    first, second = arms(2.0)
    once, again = (paired("effect", first, second, kind="ratio", seed=5) for _ in range(2))
    other = paired("effect", first, second, kind="ratio", seed=6)
    assert once == again
    assert once.values == other.values and once.low != other.low


def test_an_arm_that_is_its_own_control_shows_nothing():
    arm = arms(3.0)[0]
    for kind in ("ratio", "difference"):
        effect = paired("effect", arm, arm, kind=kind, seed=0)
        nothing = 1.0 if kind == "ratio" else 0.0
        assert (effect.estimate, effect.low, effect.high) == (nothing,) * 3
        assert effect.positive == 0 and effect.sign_p == effect.wilcoxon_p == 1.0
        assert not judge(above(nothing), effect)[0]


def test_no_gate_is_met_by_one_arm_twice_not_even_one_that_wants_no_effect():
    for kind, bounds in (("ratio", (0.7, 1.4)), ("difference", (-0.1, 0.1))):
        same = paired("effect", np.ones(SEEDS), np.ones(SEEDS), kind=kind, seed=0)
        constant = paired("effect", np.full(SEEDS, float(kind == "ratio")), None, kind=kind, seed=0)
        gate = Gate("gate", "effect", "within", bounds, "made up")
        assert judge(gate, same)[:2] == (False, True) and "one arm twice" in judge(gate, same).sentence
        assert judge(gate, constant).met, "what is exactly so can be held against a constant"


def test_exchanged_arms_fail_the_gate():
    first, second = arms(3.0)
    effect = paired("effect", first, second, kind="ratio", seed=0)
    turned = exchanged(effect, seed=0)
    assert judge(above(1.5), effect)[0]
    assert close(turned.estimate, 1 / effect.estimate) and turned.positive == 0
    assert not judge(above(1.5, effect=turned.name), turned)[0]


def test_seeds_without_a_number_are_counted_and_never_dropped():
    first, second = arms(3.0)
    first[4] = np.nan
    effect = paired("effect", first, second, kind="ratio", seed=0)
    met, _, sentence = judge(above(1.5), effect)
    assert effect.missing == 1 and np.isnan(effect.estimate)
    assert not met and "1 of 20 seeds" in sentence


def test_one_loud_seed_does_not_carry_the_gate():
    """The mean is large because of one seed; the interval knows."""
    difference = np.zeros(SEEDS)
    difference[0] = 100.0
    effect = paired("effect", difference, np.zeros(SEEDS), kind="difference", seed=0)
    assert effect.estimate == 5.0 and not judge(above(0.0), effect)[0]


def test_five_seeds_are_too_few_however_clear():
    for seeds, met in ((5, False), (6, True)):
        first, second = arms(50.0, seeds=seeds)
        assert judge(above(1.5), paired("effect", first, second, kind="ratio", seed=0))[0] is met


def test_no_effect_has_to_be_shown_by_a_narrow_interval():
    within = Gate("gate", "effect", "within", (0.7, 1.4), "made up")
    quiet = paired("effect", *arms(1.0, spread=0.1), kind="ratio", seed=0)
    noisy = paired("effect", *arms(1.0, spread=2.0), kind="ratio", seed=0)
    assert judge(within, quiet)[0] and not judge(within, noisy)[0]


def test_an_arm_that_is_its_control_but_for_one_seed_is_still_one_arm():
    arm = arms(3.0)[0]
    touched = arm.copy()
    touched[3] = np.nextafter(touched[3], 9)
    effect = paired("effect", touched, arm, kind="ratio", seed=0)
    gate = Gate("gate", "effect", "within", (0.7, 1.4), "made up")
    assert effect.identical and not judge(gate, effect).met


def test_an_interval_that_reaches_into_the_gate_decides_nothing():
    for threshold, outcome in ((1.0, (True, False)), (2.9, (False, True)), (9.0, (False, False))):
        effect = paired("effect", *arms(3.0), kind="ratio", seed=0)
        assert judge(above(threshold), effect)[:2] == outcome
    assert judge(above(1.0), paired("effect", *arms(3.0, seeds=5), kind="ratio", seed=0)).undecided


def test_a_gate_is_strict_at_its_bound():
    effect = paired("effect", np.full(SEEDS, 2.0), np.zeros(SEEDS), kind="difference", seed=0)
    assert not judge(above(2.0), effect)[0]
    assert not judge(Gate("gate", "effect", "below", (2.0,), ""), effect)[0]
    assert not judge(Gate("gate", "effect", "within", (2.0, 3.0), ""), effect)[0]


def test_the_sentence_says_what_was_found_and_what_was_wanted():
    met, _, sentence = judge(above(1.5), paired("effect", *arms(3.0), kind="ratio", seed=0))
    assert met and "gate: met" in sentence and "20 seeds" in sentence and "above 1.5" in sentence


def test_any_change_of_a_gate_changes_the_digest():
    gate = above(1.5)
    changes = [
        {"name": "other"},
        {"effect": "other"},
        {"side": "below"},
        {"bounds": (1.4999,)},
        {"basis": "other"},
        {"role": "control"},
        {"speaks": "for"},
    ]
    digests = {gates_digest([gate]), gates_digest([]), gates_digest([gate, gate])}
    digests |= {gates_digest([dataclasses.replace(gate, **change)]) for change in changes}
    assert len(digests) == 3 + len(changes)
    assert gates_digest([gate]) == gates_digest([above(1.5)])


@pytest.mark.parametrize("section, name", sorted(versions()))
def test_every_design_is_its_last_version(section, name):
    """Whoever moves a gate, an effect or a number of seeds adds a version, in sight of whoever reviews."""
    design, gates = (
        importlib.import_module(f"{lecture.__name__}.{section}.{name}.{part}") for part in ("design", "gates")
    )
    assert stated_before(A_CASE, design).data["version"] == len(versions()[section, name])
    assert len(set(versions()[section, name])) == len(versions()[section, name])
    effects = {effect.name: effect for effect in gates.EFFECTS}
    assert len(effects) == len(gates.EFFECTS) and len({gate.name for gate in gates.GATES}) == len(gates.GATES)
    assert {gate.effect for gate in gates.GATES} <= set(effects)
    assert {effect.experiment for effect in gates.EFFECTS} <= set(design.SEEDS)


def test_every_design_with_gates_has_versions():
    stated = Path(lecture.__path__[0]).glob("*/*/gates.py")
    assert {(p.parents[1].name, p.parent.name) for p in stated} == set(versions())


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: paired("effect", np.ones(3), np.ones(4), kind="ratio", seed=0),
        lambda: paired("effect", np.ones((3, 2)), np.ones((3, 2)), kind="ratio", seed=0),
        lambda: paired("effect", np.ones(3), np.ones(3), kind="quotient", seed=0),
        lambda: Gate("gate", "effect", "over", (1.0,), ""),
        lambda: Gate("gate", "effect", "above", (1.0,), "", "aside"),
        lambda: Gate("gate", "effect", "above", (1.0,), "", "effect", "neither"),
        lambda: Gate("gate", "effect", "within", (1.0,), ""),
        lambda: Gate("gate", "effect", "within", (2.0, 1.0), ""),
        lambda: judge(above(1.5, effect="another"), paired("effect", *arms(3.0), kind="ratio", seed=0)),
    ],
)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="expected|is about"):
        wrong()
