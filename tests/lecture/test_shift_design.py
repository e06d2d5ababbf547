"""Internal covariate shift: what is measured, what is exactly nothing, and the lies that the gates must notice."""

import dataclasses

import numpy as np
import pytest
from lectureclaims.claims.language import population, statistics
from lectureclaims.claims.lecture.batch_norm.shift import claim as covariate_shift
from lectureclaims.claims.lecture.batch_norm.shift import design as shift_design
from lectureclaims.claims.lecture.batch_norm.shift import gates as shift_gates
from lectureclaims.claims.lecture.shared.gradients import slightly_off
from lectureclaims.reference.libraries.numpy import training as reference
from two_sides import arms_of

SEEDS = (0, 1, 2)
AS_FOUND = {
    "mean.without": 0.2,
    "mean.with": 0.0018,
    "mean.null": 0.21,
    "inside_mean.with": 0.0063,
    "deviation.without": 0.034,
    "deviation.with": 0.0018,
    "deviation.null": 0.042,
    "inside_deviation.with": 0.0064,
    "joint.without": 0.05,
    "joint.with": 0.0134,
    "joint.null": 0.06,
    "whole_mean.without": 1.25,
    "whole_mean.with": 0.05,
    "whole_mean.null": 1.3,
    "whole_deviation.without": 0.9,
    "whole_deviation.with": 0.06,
    "whole_deviation.null": 1.0,
    "whole_joint.without": 0.29,
    "whole_joint.with": 0.226,
    "whole_joint.null": 0.29,
    "first.frozen": 2.3,
    "last.frozen": 1.15,
    "first.frozen_with": 2.35,
    "last.frozen_with": 1.16,
}
"""measure.arm -> about what was found on the first seeds."""


def made_up():
    """As it was found, and a little different from seed to seed."""
    noise = np.random.default_rng(0).uniform(0.97, 1.03, (len(AS_FOUND), statistics.FEWEST_SEEDS))
    return {"trained": {name: centre * row for (name, centre), row in zip(AS_FOUND.items(), noise, strict=True)}}


def unmet(measured, compare=population.as_measured):
    """The names of the gates that these measurements do not meet."""
    effects = population._effects(shift_gates, measured, seed=0)
    named = {name: dataclasses.replace(compare(effect), name=name) for name, effect in effects.items()}
    return {gate.name for gate in shift_gates.GATES if not statistics.judge(gate, named[gate.effect]).met}


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(shift_design, "STEPS", 4)
    monkeypatch.setattr(shift_design, "LOOKED_AT", (1, 3))


def test_every_measure_has_a_number_for_each_seed(short):
    measured = shift_design.trained(reference, seeds=SEEDS, dtype="float64")
    for name, array in measured.items():
        leading = {"loss": (4,), "first": (), "last": ()}.get(name.rpartition(".")[0], (shift_design.DEPTH,))
        assert array.shape == (*leading, len(SEEDS)), name
        assert np.isfinite(array).all(), name
    for contrast in shift_gates.EFFECTS:
        assert {contrast.first, contrast.second or contrast.first} <= set(measured)


@pytest.mark.parametrize("library", ("numpy", "torch"))
@pytest.mark.parametrize("arm", ("frozen", "frozen_with"))
def test_below_frozen_layers_nothing_shifts_at_all_and_above_them_everything_does(load, short, library, arm):
    measured = shift_design.trained(load(library), seeds=SEEDS, dtype="float64")
    changes = covariate_shift.shifts(measured, arm)
    assert all(
        (change[: shift_design.FROZEN] == 0).all() and (change[shift_design.FROZEN :] > 0).all() for change in changes
    )
    learning = covariate_shift.shifts(measured, covariate_shift.LEARNING[0])
    assert all((change > 0).all() for change in learning)
    assert (measured[f"loss.{arm}"] != measured[f"loss.{'with' if arm == 'frozen_with' else 'without'}"])[1:].all()


def of(z):
    """(m, d, R) of z [N, C], as ``shift.moments`` has it: one place, one seed."""
    m, d = z.mean(0), z.std(0)
    n = (z - m) / d
    return m[None, None], d[None, None], (n.T @ n / len(z))[None, None]


SQUARE = np.array([[1.0, 1], [1, -1]])
SIGNS = np.kron(np.kron(SQUARE, SQUARE), SQUARE)[:, 1:5]
"""Eight examples of four units, each of mean 0 and deviation 1, and no two of them correlated: nothing rounds."""


def changed(after):
    return {name: measure.item() for name, measure in shift_design.change(of(SIGNS), of(after)).items()}


def test_the_measures_are_of_what_they_say():
    assert changed(SIGNS) == {"mean": 0, "deviation": 0, "joint": 0}
    assert changed(SIGNS + np.array([1, 0, 0, 0])) == {"mean": 0.5, "deviation": 0, "joint": 0}  # |d| = 2
    assert changed(SIGNS * 2) == {"mean": 0, "deviation": 1, "joint": 0}
    together = SIGNS.copy()
    together[:, 1] = together[:, 0]  # two of the twelve ordered pairs
    assert changed(together) == {"mean": 0, "deviation": 0, "joint": np.sqrt(2 / 12)}


def test_the_measures_do_not_depend_on_how_large_activations_are():
    z, after = np.random.default_rng(1).normal(size=(2, 500, 4))
    assert shift_design.change(of(8 * z), of(8 * after)) == shift_design.change(of(z), of(after))


def test_the_moments_are_those_of_what_enters_the_nonlinearity():
    network, start, _, _ = shift_design._setting("batch_norm", seeds=SEEDS, dtype="float64")
    m, d, R = shift_design.moments(reference, network, shift_design.inputs_of(network, "relu"), start)
    m_inside, d_inside, R_inside = shift_design.moments(
        reference, network, shift_design.inputs_of(network, "batch_norm"), start
    )
    small = np.finfo(np.float32).eps
    assert abs(m).max() < small < abs(m_inside).min()  # a new batch norm: shift 0 and scale 1
    assert abs(d - 1).max() < abs(d_inside - 1).max() / 100  # but for its epsilon
    assert abs(R - R_inside).max() < small  # it leaves the correlations alone
    assert abs(np.diagonal(R, axis1=2, axis2=3) - 1).max() < small


def test_a_step_of_rate_0_shifts_nothing(short, monkeypatch):
    monkeypatch.setattr(shift_design, "RATE", 0.0)
    measured = shift_design.trained(reference, seeds=SEEDS, dtype="float64")
    assert all((change == 0).all() for arm in shift_design.ARMS for change in covariate_shift.shifts(measured, arm))


def test_what_was_found_meets_every_gate():
    assert not unmet(made_up())


def test_exchanged_arms_and_the_null_arm_in_batch_norms_place_are_noticed():
    assert {"batch norm lowers it: mean", "batch norm lowers it: deviation"} <= unmet(made_up(), population.exchanged)
    told = unmet(arms_of(covariate_shift.covariate_shift)["the null arm in place of batch norm"](made_up()))
    assert {"batch norm lowers it: mean", "batch norm lowers it: deviation"} <= told
    assert "in one step the correlations move less too" in told


def test_one_arm_twice_is_noticed():
    told = unmet(population.in_place_of(made_up(), "trained", arm="without", replaced="null"))
    assert {"null arm: mean", "null arm: deviation"} <= told


def test_gradients_a_hundred_millionth_too_long_leave_the_reference(short):
    wanted = shift_design.reference(reference, seeds=SEEDS, dtype="float64")
    off = slightly_off(reference, experiment=shift_design.trained, seeds=SEEDS, dtype="float64")
    same = shift_design.trained(reference, seeds=SEEDS, dtype="float64")
    for arm in ("with", "without"):
        allowed = wanted[f"allowed.{arm}"] * population.COPIES
        assert (abs(same[f"loss.{arm}"] - wanted[f"loss.{arm}"]) <= allowed).all()
        assert (abs(off[f"loss.{arm}"] - wanted[f"loss.{arm}"]) > allowed)[-1].all()


def test_seeds_do_not_depend_on_their_neighbours(short):
    alone = shift_design.trained(reference, seeds=SEEDS[1:2], dtype="float64")
    among = shift_design.trained(reference, seeds=SEEDS, dtype="float64")
    for name in ("mean.without", "joint.with", "loss.null"):
        assert np.array_equal(among[name][..., 1:2], alone[name])
