"""Changes of early layers: what is exact is exact, what a change is called it is, and the lies that the gates must notice."""

import numpy as np
import pytest
from lectureclaims.claims.language import population, statistics
from lectureclaims.claims.lecture.batch_norm.coupling import claim as decoupling
from lectureclaims.claims.lecture.batch_norm.perturbation import claim as downstream
from lectureclaims.claims.lecture.batch_norm.perturbation import design as perturbation_design
from lectureclaims.claims.lecture.batch_norm.perturbation import gates as perturbation_gates
from lectureclaims.claims.lecture.shared.gradients import slightly_off
from lectureclaims.reference.libraries.numpy import training as reference
from two_sides import arms_of

SEEDS = (0, 1, 2)
SIX = tuple(range(statistics.FEWEST_SEEDS))
LAYERS = perturbation_design.DEPTH + 1


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(perturbation_design, "COUNT", 32)
    monkeypatch.setattr(perturbation_design, "STEPS", 3)


def judged(measured):
    """{gate: met} of the gates whose experiment was measured."""
    effects = {
        c.name: statistics.paired(
            c.name,
            measured[c.experiment][c.first],
            measured[c.experiment][c.second] if c.second else None,
            kind=c.kind,
            seed=0,
        )
        for c in perturbation_gates.EFFECTS
        if c.experiment in measured
    }
    return {g.name: statistics.judge(g, effects[g.effect]).met for g in perturbation_gates.GATES if g.effect in effects}


@pytest.mark.parametrize("name", ["numpy", "torch", "tensorflow"])
def test_without_biases_doubled_weights_multiply_every_logit_by_2_to_the_depth_exactly(load, name):
    lib = reference if name == "numpy" else load(name)
    measured = perturbation_design.every_layer(lib, seeds=SEEDS, dtype="float64")
    assert measured["doubled.without"].shape == (2, len(SEEDS))
    assert (measured["doubled.without"] == 2.0**perturbation_design.DEPTH).all()


def test_every_measure_has_a_number_for_each_seed():
    for name in ("first_layer", "every_layer", "downstream", "trained"):
        measured = getattr(perturbation_design, name)(reference, seeds=SEEDS, dtype="float64")
        for key, array in measured.items():
            own = {"layers": (LAYERS,), "doubled": (2,), "loss": (3,)}.get(key.partition("_")[0].partition(".")[0], ())
            own = (2 * perturbation_design.DEPTH + 1,) if key == "layers_relative.deep" else own
            assert array.shape == (*own, len(SEEDS)) and np.isfinite(array).all(), key
        asked = [c for c in perturbation_gates.EFFECTS if c.experiment == name]
        assert asked and all({c.first, c.second} - {None} <= set(measured) for c in asked)
    assert (
        perturbation_design.downstream(reference, seeds=SEEDS, dtype="float64")["layers_relative.late"][: LAYERS - 2]
        == 0
    ).all()


def test_a_seed_means_the_same_numbers_in_any_company():
    alone = perturbation_design.first_layer(reference, seeds=(5,), dtype="float64")
    together = perturbation_design.first_layer(reference, seeds=(3, 5), dtype="float64")
    assert all(alone[name][..., 0].tobytes() == together[name][..., 1].tobytes() for name in alone)


def test_a_scale_and_a_shift_are_those_of_the_first_layers_units():
    """a > 0 for all weights of a unit and for its bias, and c beside it: a z + c, whatever the image."""
    _, start, _, _ = perturbation_design._setting("without", seeds=SEEDS, dtype="float64")
    ones, nothing = np.ones_like(start["w0"]), np.zeros_like(start["b0"])
    changed = perturbation_design.scaled_and_shifted(start | {"w0": ones, "b0": nothing}, SEEDS)
    a, c = changed["w0"][:, :, 0], changed["b0"]
    assert (changed["w0"] == a[..., None]).all() and (a > 0).all()
    assert len(np.unique(a)) == a.size and len(np.unique(c)) == c.size
    assert (perturbation_design.scaled_and_shifted(start | {"w0": ones, "b0": nothing + 1}, SEEDS)["b0"] == a + c).all()
    assert {name for name in start if changed[name] is not start[name]} == {"w0", "b0"}


def test_a_turned_layer_moves_by_the_size_that_is_said():
    """Along itself by a quarter of itself: 1.25 times what it was, and no other layer."""
    _, start, _, _ = perturbation_design._setting("without", seeds=SEEDS, dtype="float64")
    moved = perturbation_design.turned(start, 3, 0.25, start["w3"])
    assert [name for name in start if moved[name] is not start[name]] == ["w3"]
    assert (moved["w3"] == 1.25 * start["w3"]).all()


def test_the_relative_change_by_hand():
    before, after = [np.array([[[3.0, 4.0]]])], [np.array([[[3.0, 9.0]]])]
    assert perturbation_design.relative(before, after).tolist() == [[1.0]]


def test_what_the_decoupling_gates_must_notice():
    measured = {"first_layer": perturbation_design.first_layer(reference, seeds=SIX, dtype="float64")}
    told = judged(measured)
    assert told["decoupled: scale and shift"] and told["reversal, random direction"] and told["reversal, inference"]
    lies = arms_of(decoupling.decouples)
    for lie in ("inference mode in place of training mode", "any change in place of scale and shift"):
        assert not judged(lies[lie](measured))["decoupled: scale and shift"], lie
    one_arm = population.in_place_of(measured, "first_layer", arm="without", replaced="with")
    assert not any(judged(one_arm)[name] for name in ("decoupled: scale and shift", "reversal, random direction"))


def test_what_the_downstream_gates_must_notice():
    measured = {
        name: getattr(perturbation_design, name)(reference, seeds=SIX, dtype="float64")
        for name in ("downstream", "every_layer")
    }
    told = judged(measured)
    lies = arms_of(downstream.downstream_change)
    for lie, gate in (
        ("a random direction in place of the gradient", "amplified: against the gradient"),
        ("small weights in place of large ones", "amplified: tanh with large weights"),
        ("batch norm left in", "passed on: 1.1⁶ − 1"),
    ):
        assert told[gate] and not judged(lies[lie](measured))[gate], gate


def test_gradients_off_by_a_hundred_millionth_leave_the_trajectory(load):
    torch, how = load("torch"), {"seeds": SEEDS, "dtype": "float64"}
    wanted = perturbation_design.reference(reference, **how)
    right = perturbation_design.trained(torch, **how)
    wrong = slightly_off(torch, experiment=perturbation_design.trained, **how)
    for arm in perturbation_design.ARMS:
        loss, allowed = wanted[f"loss.{arm}"], wanted[f"allowed.{arm}"]
        assert (abs(right[f"loss.{arm}"] - loss) <= allowed).all()
        assert (abs(wrong[f"loss.{arm}"] - loss) > allowed).any()
