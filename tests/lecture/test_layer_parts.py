"""What the claims on convolution layers are made of: sizes, searched pairs, operator mutants, the libraries' own layers."""

import itertools

import numpy as np
import pytest
from lectureclaims.claims.lecture.conv_layer import batches, kernels, shapes, sizes
from lectureclaims.claims.lecture.convolution import output_size as output_sizes
from lectureclaims.claims.lecture.shared import geometry
from lectureclaims.claims.lecture.shared.geometry import Axis, Geometry
from lectureclaims.reference.libraries.numpy import operations as reference
from lectureclaims.reference.operators.convolutions.cross_correlation import output_size

PLAIN = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
PAIRS = {
    "kernel": "H=2, k=1, s=1, d=1, padding 0+0 keeps 2, H=2, k=2, s=1, d=1, padding 0+0 makes 1",
    "stride": "H=2, k=1, s=1, d=1, padding 0+0 keeps 2, H=2, k=1, s=2, d=1, padding 0+0 makes 1",
    "dilation": "H=2, k=2, s=1, d=1, padding 0+1 keeps 2, H=2, k=2, s=1, d=2, padding 0+1 makes 1",
    "padding": "H=1, k=1, s=1, d=1, padding 0+0 keeps 1, H=1, k=1, s=1, d=1, padding 0+1 makes 2",
}
"""Found by hand; a stride over one pixel changes nothing, and is passed by."""


def wholes(*shape):
    return np.random.default_rng(7).integers(-8, 9, shape).astype(np.float32)


def test_the_length_is_the_reference_operators():
    for n, k, s, d, p, q in itertools.product(range(1, 6), (1, 2, 3), (1, 2), (1, 2), (0, 1), (0, 2)):
        if (size := geometry.size(Axis(n, k, s, d, p, q))) > 0:
            assert size == output_size(n, k, stride=s, padding=(p, q), dilation=d)


def test_a_geometry_is_its_two_axes():
    height, width = Axis(7, 3, 2, 1, 1, 2), Axis(6, 2, 1, 2, 0, 3)
    g = Geometry.of(height, width, N=2, Cin=4, Cout=6, groups=2)
    assert g.axes == (height, width)
    assert g.shapes == ((2, 4, 7, 6), (6, 2, 3, 2))
    assert g.settings == {"stride": (2, 1), "padding": ((1, 2), (0, 3)), "dilation": (1, 2), "groups": 2}
    assert Geometry.along("W", width).axes == (Axis(1, 1), width)


def test_the_ranges_of_the_sweep_are_those_that_its_scope_states():
    assert output_sizes.output_size.ranges == {"H": 32, "k": 7, "stride": 4, "dilation": 3, "padding": 3}
    assert all(f"{name} ≤ {most}" in output_sizes.output_size.prose.scope for name, most in output_sizes.RANGES.items())
    for axis, place in (("H", 0), ("W", 1)):
        tried = {g.axes[place] for g in output_sizes.along(axis)}
        assert len(tried) == 32 * 7 * 4 * 3 * 4
        assert max(tried) == (32, 7, 4, 3, 3, 3)


def test_every_value_of_every_setting_is_among_the_geometries_tried():
    tried = shapes.every_setting()
    assert {g.N for g in tried} == {g.groups for g in tried} == {1, 2, 3}
    assert {(g.sy, g.sx) for g in tried} == {(1, 1), (2, 1), (1, 3)}
    assert {(g.dy, g.dx) for g in tried} == {(1, 1), (1, 2), (2, 1)}
    assert {(g.top, g.bottom, g.left, g.right) for g in tried} == {(0, 0, 0, 0), (0, 1, 2, 0)}
    assert any(g.Cout // g.groups != g.Cin // g.groups for g in tried)


@pytest.mark.parametrize("reason", PAIRS)
def test_the_smallest_pair_that_differs_by_one_reason(reason):
    assert sizes.first_pair(reason, geometry.size) == PAIRS[reason]


def test_no_pair_where_the_reason_changes_nothing():
    assert sizes.first_pair("stride", geometry.stride_ignored) == "none"


def test_settings_that_keep_every_size_are_those_of_the_rule():
    kept = sizes.always_kept(sizes.axes(), geometry.size)
    assert (1, 1, 1, 0, 0) in kept
    assert (2, 1, 1, 0, 1) in kept
    assert (3, 1, 2, 2, 2) in kept
    assert all(s == 1 and p + q == d * (k - 1) for k, s, d, p, q in kept)


@pytest.mark.parametrize(
    "mutant",
    [
        kernels.kernels_shared,
        kernels.planes_shared,
        kernels.kernels_reversed,
        batches.batch_statistics_inside,
        batches.one_scale_for_the_batch,
        batches.images_reversed,
    ],
)
def test_a_mutant_gives_other_values_of_the_right_shape(mutant):
    x, w = wholes(2, 3, 4, 4), wholes(5, 3, 2, 2)
    right, wrong = reference.cross_correlation2d(x, w, None, **PLAIN), mutant(reference, x, w, None, **PLAIN)
    assert (wrong.shape, wrong.dtype) == (right.shape, right.dtype)
    assert not np.array_equal(wrong, right)


def test_one_scale_for_the_batch_couples_images_that_it_leaves_apart_alone():
    x, w = wholes(2, 1, 3, 3), np.ones((1, 1, 1, 1), np.float32)
    x[1] *= 100
    alone = batches.one_scale_for_the_batch(reference, x[:1], w, None, **PLAIN)
    beside = batches.one_scale_for_the_batch(reference, x, w, None, **PLAIN)
    assert np.abs(alone - x[:1]).max() < 1 < np.abs(beside[:1] - x[:1]).max()


def test_the_batches_searched_are_two_images_or_more_convolutions_first():
    kinds = [p.layer for p in batches.batches()]
    assert kinds == sorted(kinds)
    assert set(kinds) == {"convolution", "fully connected"}
    assert min(p.N for p in batches.batches()) == 2


@pytest.mark.parametrize("told", [{}, {"stride": (2, 1)}, {"padding": (1, 2)}, {"dilation": (1, 2)}, {"groups": 2}])
@pytest.mark.parametrize("name", ["torch", "tensorflow"])
def test_a_frameworks_own_layer_is_the_reference(load, name, told):
    told = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1} | told
    x, w = wholes(2, 4, 5, 6), wholes(6, 4 // told["groups"], 3, 2)
    (py, px) = told["padding"]
    wanted = reference.cross_correlation2d(x, w, None, **told | {"padding": ((py, py), (px, px))})
    if name == "torch":
        found = load(name).own_conv_layer(x, w, **told)
        assert np.array_equal(found["kernel"], w)
        assert np.array_equal(found["y"], wanted)
    else:
        kernel = np.ascontiguousarray(w.transpose(2, 3, 1, 0))
        found = load(name).own_conv_layer(np.ascontiguousarray(x.transpose(0, 2, 3, 1)), kernel, **told)
        assert np.array_equal(found["kernel"], kernel)
        assert np.array_equal(found["y"].transpose(0, 3, 1, 2), wanted)


@pytest.mark.parametrize(("name", "shape"), [("torch", (6, 1, 2, 3)), ("tensorflow", (2, 3, 3, 2))])
def test_a_frameworks_own_depthwise_layer_goes_channel_by_channel(load, name, shape):
    x, w = wholes(1, 3, 4, 5), wholes(3, 2, 2, 3)
    found = load(name).own_depthwise_layer(x if name == "torch" else np.moveaxis(x, 1, -1).copy(), w)
    y = found["y"] if name == "torch" else np.moveaxis(found["y"], -1, 1)
    assert found["kernel"].shape == shape
    assert np.array_equal(y, reference.cross_correlation2d(x, w.reshape(6, 1, 2, 3), None, **PLAIN | {"groups": 3}))


def test_a_published_network_is_counted_without_drawing_its_weights(load):
    library = load("tensorflow")
    assert library.own_network_parameters("VGG16") == {"learned": 138_357_544, "not_learned": 0}
    import keras

    layer = keras.layers.Dense(2)  # what comes after is drawn as ever
    assert layer(np.ones((1, 3), np.float32)).shape == (1, 2)
    assert np.abs(layer.get_weights()[0]).max() > 0
