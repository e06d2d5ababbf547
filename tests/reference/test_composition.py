"""The error that a small network may make, operation after operation."""

import numpy as np
import pytest
from lectureclaims.reference import bounds, libraries
from lectureclaims.reference.judging import composition
from lectureclaims.reference.networks.notation import make_layer
from lectureclaims.reference.validation import BadInput

PLAIN = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
LIBRARY = libraries.load("numpy")


def network(dtype, seed=0):
    rng = np.random.default_rng(seed)

    def normal(*shape):
        return rng.normal(size=shape).astype(dtype)

    x = normal(2, 3, 6, 6)
    steps = [
        make_layer("cross_correlation2d", w=normal(4, 3, 3, 3), b=normal(4), **PLAIN),
        make_layer(
            "batch_norm_inference",
            gamma=normal(4),
            beta=normal(4),
            mean=normal(4),
            variance=normal(4) ** 2,
            epsilon=1e-3,
        ),
        make_layer("relu"),
        make_layer("max_pooling2d", window=(2, 2), stride=(2, 2), padding=((0, 0), (0, 0))),
        make_layer("flatten"),
        make_layer("fully_connected", w=normal(5, 36), b=normal(5)),
        make_layer("tanh"),
        make_layer("softmax", axis=1),
    ]
    return x, steps


def run(x, steps, library=LIBRARY):
    for step in steps:
        name, arguments = step["kind"], {key: value for key, value in step.items() if key != "kind"}
        x = x.reshape(len(x), -1) if name == "flatten" else getattr(library, name)(x, **arguments)
    return x


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("depth", range(1, 9))
def test_an_honest_network_is_inside_at_every_depth(dtype, depth):
    x, steps = network(dtype)
    value, bound = composition.compose(steps[:depth], x, dtype)
    ratio = bound.ratio(run(x, steps[:depth]), value).max()
    assert ratio <= 1
    assert bound.kind == ("empirical" if depth > 6 else "derived")
    # Not so wide that nothing could be outside.
    assert bound.allowed.max() < 2.0**18 * bounds.unit_roundoff(dtype) * np.abs(value).max()


@pytest.mark.parametrize("place", [0, 1, 5])
def test_a_weight_that_is_off_shows_at_the_end(place):
    x, steps = network(np.float64)
    value, bound = composition.compose(steps, x, np.float64)
    weight = "gamma" if "gamma" in steps[place] else "w"
    wrong = [*steps[:place], {**steps[place], weight: steps[place][weight] * (1 + 1e-9)}, *steps[place + 1 :]]
    assert bound.ratio(run(x, wrong), value).max() > 1


def test_error_is_carried_and_not_forgotten():
    """An input that is off by all that the first step allows moves the end by no more than what was carried."""
    x, steps = network(np.float32)
    value, bound = composition.compose(steps, x, np.float32)
    first, allowed = composition.compose(steps[:1], x, np.float32)
    for sign in (-1, 1):
        moved = run((first + sign * 0.99 * allowed.allowed).astype(np.float64), [_wide(step) for step in steps[1:]])
        assert bound.ratio(moved, value).max() <= 1


def _wide(step):
    return {name: a.astype(np.float64) if isinstance(a, np.ndarray) else a for name, a in step.items()}


def test_what_cannot_be_composed_is_refused():
    x, steps = network(np.float32)
    with pytest.raises(BadInput, match="step='gelu'"):
        composition.compose([make_layer("gelu")], x, np.float32)
    with pytest.raises(BadInput, match="dtype=bfloat16|dtype='bfloat16'"):
        composition.compose(steps, x, np.dtype("bfloat16"))
