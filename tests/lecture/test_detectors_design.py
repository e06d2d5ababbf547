"""A pattern planted in noise: the images, the measures by kernels that are known, and the lies that the gates must notice."""

import numpy as np
import pytest
from lectureclaims.claims.language import population, statistics
from lectureclaims.claims.lecture.conv_layer.detectors import design as detectors_design
from lectureclaims.claims.lecture.conv_layer.detectors import gates as detectors_gates
from lectureclaims.claims.lecture.conv_layer.detectors.claim import feature_detectors
from lectureclaims.reference.libraries.numpy import training as reference

SEEDS = (0, 1, 2)
MEASURES = ("cosine", "near", "share", "located", "accuracy")


def streams(use):
    return [np.random.default_rng([seed, use]) for seed in SEEDS]


def made_up(**centres):
    """What `planted` might give: for each arm every measure around its centre, a little different from seed to seed."""
    noise = np.random.default_rng(0).uniform(-0.01, 0.01, (10, len(MEASURES), statistics.FEWEST_SEEDS))
    return {
        "planted": {
            f"{measure}.{arm}": centres[arm][measure] + noise[i, j]
            for i, arm in enumerate(centres)
            for j, measure in enumerate(MEASURES)
        }
    }


AS_FOUND = {
    "true": {"cosine": 0.93, "near": 0.98, "share": 0.35, "located": 0.93, "accuracy": 0.98},
    "shuffled": {"cosine": 0.35, "near": 0.64, "share": 0.0, "located": 0.35, "accuracy": 0.53},
    "start": {"cosine": 0.54, "near": 0.7, "share": 0.0, "located": 0.6, "accuracy": 0.5},
    "own": {"cosine": 0.85, "near": 0.97, "share": 0.3, "located": 0.85, "accuracy": 0.98},
    "own_start": {"cosine": 0.5, "near": 0.69, "share": 0.0, "located": 0.5, "accuracy": 0.5},
}


def unmet(measured, compare=population.as_measured):
    """The gates that are not met."""
    effects = population._effects(detectors_gates, measured, seed=0)
    return {
        g.name for g in detectors_gates.GATES if not statistics.judge(g, compare_as(compare, effects[g.effect])).met
    }


def compare_as(compare, effect):
    return statistics.Effect(**{**vars(compare(effect)), "name": effect.name})


def test_the_pattern_is_where_it_is_said_to_be_and_nowhere_else():
    patterns = detectors_design.patterns_of(SEEDS, own=True)
    x, there, places = detectors_design.images(streams(1), patterns, 16, "float64")
    noise = np.stack(
        [stream.standard_normal((16, 1, detectors_design.IMAGE, detectors_design.IMAGE)) for stream in streams(1)]
    )
    assert 0 < there.mean() < 1
    for seed, image in np.ndindex(there.shape):
        wanted = noise[seed, image, 0].copy()
        i, j = places[seed, image]
        wanted[i : i + 3, j : j + 3] += detectors_design.STRENGTH * there[seed, image] * patterns[seed]
        assert (x[seed, image, 0] == wanted).all()


def test_patterns_have_no_mean_and_are_one_for_all_or_each_seeds_own():
    shared, own = detectors_design.patterns_of(SEEDS), detectors_design.patterns_of(SEEDS, own=True)
    assert (shared == shared[0]).all() and len({p.tobytes() for p in own}) == len(SEEDS)
    for patterns in (shared, own):
        assert np.abs(patterns.mean((1, 2))).max() < np.finfo(np.float64).eps
        assert np.abs((patterns**2).sum((1, 2)) - 1).max() < 4 * np.finfo(np.float64).eps


def test_shuffled_labels_are_the_same_labels_in_another_order_and_the_images_are_the_same(monkeypatch):
    monkeypatch.setattr(detectors_design, "STEPS", 3)
    patterns = detectors_design.patterns_of(SEEDS)
    true, shuffled = (
        list(detectors_design.examples(patterns, seeds=SEEDS, dtype="float64", shuffled=s)) for s in (False, True)
    )
    for (x, labels), (same, other) in zip(true, shuffled, strict=True):
        assert (x == same).all() and (labels.sum(1) == other.sum(1)).all() and (labels != other).any()


def test_a_seeds_images_do_not_depend_on_its_neighbours(monkeypatch):
    monkeypatch.setattr(detectors_design, "STEPS", 1)
    ((together, _),) = detectors_design.examples(detectors_design.patterns_of(SEEDS), seeds=SEEDS, dtype="float64")
    ((alone, _),) = detectors_design.examples(detectors_design.patterns_of((2,)), seeds=(2,), dtype="float64")
    assert (together[2] == alone[0]).all()


@pytest.mark.parametrize("turned", (1, -1))
def test_a_kernel_that_is_the_pattern_is_found_and_locates_it(turned):
    patterns = detectors_design.patterns_of(SEEDS, own=True)
    parameters = detectors_design.start_of(seeds=SEEDS, dtype="float64")
    parameters["kernels"][:, 1, 0] = turned * 5 * patterns
    found = detectors_design._looked_at(reference, "x", parameters, patterns, seeds=SEEDS, dtype="float64")
    assert (found["cosine.x"] > 1 - 1e-12).all() and (found["located.x"] > 0.9).all()
    assert (found["kernel.x"] * patterns.transpose(1, 2, 0)).sum((0, 1)).min() > 1 - 1e-12
    assert (found["share.x"] == 1 / detectors_design.KERNELS).all()


def test_a_kernel_one_pixel_off_is_near_the_pattern_and_not_it():
    patterns = detectors_design.patterns_of(SEEDS, own=True)
    beside = detectors_design.one_pixel_off(patterns)[1]
    assert (beside[:, 0] == 0).all()  # the window lies one row higher: its first row sees nothing of the pattern
    parameters = detectors_design.start_of(seeds=SEEDS, dtype="float64")
    parameters["kernels"] = np.repeat(beside[:, None, None], detectors_design.KERNELS, 1)
    found = detectors_design._looked_at(reference, "x", parameters, patterns, seeds=SEEDS, dtype="float64")
    assert (found["near.x"] > 1 - 1e-12).all() and (found["cosine.x"] < 0.9).all()


def test_every_measure_has_a_number_for_each_seed(monkeypatch):
    monkeypatch.setattr(detectors_design, "STEPS", 2)
    monkeypatch.setattr(detectors_design, "HELD_OUT", 8)
    measured = detectors_design.planted(reference, seeds=SEEDS, dtype="float64")
    shapes = {"kernel": (3, 3, 3), "loss": (2, 3)}
    for name, array in measured.items():
        assert array.shape == shapes.get(name.partition(".")[0], (3,)), name
    for contrast in detectors_gates.EFFECTS:
        assert {contrast.first, contrast.second or contrast.first} <= set(measured)
    assert (measured["loss.true"][0] != measured["loss.shuffled"][0]).any()


def test_the_trajectories_of_torch_stay_within_the_reference(load, monkeypatch):
    monkeypatch.setattr(detectors_design, "STEPS", 8)
    wanted = detectors_design.reference(reference, seeds=SEEDS, dtype="float64")
    got = detectors_design.planted(load("torch"), seeds=SEEDS, dtype="float64")
    for arm in ("true", "shuffled"):
        assert (abs(got[f"loss.{arm}"] - wanted[f"loss.{arm}"]) <= wanted[f"allowed.{arm}"]).all()


def test_it_learns_the_pattern_from_labels_and_not_from_shuffled_ones(load, monkeypatch):
    """Shorter than the design, and looser: most of the way to the pattern."""
    monkeypatch.setattr(detectors_design, "STEPS", 150)
    measured = detectors_design.planted(load("torch"), seeds=range(statistics.FEWEST_SEEDS), dtype="float64")
    assert measured["near.true"].mean() > 0.9 > 0.8 > measured["near.shuffled"].mean()


def test_what_was_found_meets_the_gates_and_every_lie_leaves_one_unmet():
    measured = made_up(**AS_FOUND)
    assert unmet(measured) == set()
    assert unmet(measured, population.exchanged)
    lies = [wrong.says["arms"] for wrong in feature_detectors.wrongs if "arms" in wrong.says]
    assert len(lies) == 3
    for lie in lies:
        assert unmet(lie(measured))


@pytest.mark.parametrize(
    ("arm", "measure", "gate"),
    [
        ("true", "cosine", "a kernel becomes the pattern"),
        ("true", "located", "it answers most at the pattern's place"),
        ("true", "accuracy", "whether the pattern is there is decided"),
        ("true", "near", "or the pattern one pixel off"),
        ("own", "near", "whatever the pattern is"),
    ],
)
def test_each_measure_has_a_gate_that_notices_when_it_is_that_of_the_untrained_layer(arm, measure, gate):
    before = {"true": "start", "own": "own_start"}[arm]
    measured = made_up(**AS_FOUND)
    measured["planted"][f"{measure}.{arm}"] = measured["planted"][f"{measure}.{before}"]
    assert gate in unmet(measured)


def test_a_layer_whose_every_kernel_is_the_pattern_would_be_told():
    measured = made_up(**AS_FOUND | {"true": AS_FOUND["true"] | {"share": 0.95}})
    assert unmet(measured) == {"not every kernel is the pattern"}
