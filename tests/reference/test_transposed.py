"""Convolutions of signals, images and volumes, transposed ones, and images continued beyond their borders: three ways to the same whole numbers."""

import numpy as np
import pytest
from lectureclaims.claims import adjudicate
from lectureclaims.reference import libraries, oracle
from lectureclaims.reference.operators import catalogue
from lectureclaims.reference.validation import BadInput


def plain(rank, **by_axis):
    """Along one axis numbers, along more of them tuples."""
    return {name: value if rank > 1 else value[0] for name, value in by_axis.items()}


def numbers(rng, low, high, rank):
    return tuple(int(n) for n in rng.integers(low, high, rank))


def transposed(rng, rank):
    groups, stride, dilation = int(rng.integers(1, 3)), numbers(rng, 1, 4, rank), numbers(rng, 1, 3, rank)
    geometry = {
        "stride": stride,
        "padding": tuple(zip(numbers(rng, 0, 3, rank), numbers(rng, 0, 3, rank), strict=True)),
        "output_padding": tuple(int(rng.integers(0, max(pair))) for pair in zip(stride, dilation, strict=True)),
        "dilation": dilation,
    }
    shapes = (2, 4, *numbers(rng, 1, 6, rank)), (4, 3, *numbers(rng, 1, 4, rank)), (3 * groups,)
    return f"transposed_convolution{rank}d", shapes, plain(rank, **geometry) | {"groups": groups}


def continued(rng, rank):
    groups, mode = int(rng.integers(1, 3)), str(rng.choice(["zeros", "reflect", "replicate", "circular", "symmetric"]))
    geometry = {
        "stride": numbers(rng, 1, 4, rank),
        "padding": tuple(zip(numbers(rng, 0, 3, rank), numbers(rng, 0, 3, rank), strict=True)),
        "dilation": numbers(rng, 1, 3, rank),
    }
    shapes = (2, 4, *numbers(rng, 3, 6, rank)), (6, 4 // groups, *numbers(rng, 1, 4, rank)), (6,)
    return f"cross_correlation{rank}d", shapes, plain(rank, **geometry) | {"groups": groups, "padding_mode": mode}


@pytest.mark.parametrize("draw", [transposed, continued])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_operator_oracle_and_pytorch_give_the_same_bits(load, rank, draw):
    rng, agreed = np.random.default_rng(rank), 0
    for _ in range(60):
        name, shapes, geometry = draw(rng, rank)
        x, w, b = (rng.integers(-6, 7, shape).astype(np.float64) for shape in shapes)
        try:
            y = catalogue.OPERATIONS[name].function(x, w, b, **geometry)
        except BadInput:
            continue
        upstream = rng.integers(-6, 7, y.shape).astype(np.float64)
        for operation, arrays in ((name, (x, w, b)), (f"{name}_gradient", (x, w, upstream))):
            exact = getattr(oracle, operation)(*arrays, **geometry)
            ways = [catalogue.OPERATIONS[operation].function]
            if geometry.get("padding_mode") != "symmetric":
                ways.append(getattr(load("torch"), operation))
            for way in ways:
                for got, wanted in zip(parts(way(*arrays, **geometry)), parts(exact), strict=True):
                    np.testing.assert_array_equal(got, wanted)
        agreed += 1
    assert agreed > 30


def parts(results):
    return results if isinstance(results, tuple) else (results,)


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular", "symmetric"])
@pytest.mark.parametrize("library", libraries.names())
def test_an_image_is_continued_alike_everywhere(load, library, mode):
    x = np.random.default_rng(0).permutation(2 * 3 * 4 * 5).reshape(2, 3, 4, 5).astype(np.float64)
    padding = ((2, 1), (0, 3))
    upstream = np.random.default_rng(1).integers(-5, 6, (2, 3, 7, 8)).astype(np.float64)
    for name, arrays in (("pad", (x,)), ("pad_gradient", (x, upstream))):
        try:
            got = getattr(load(library), name)(*arrays, padding=padding, padding_mode=mode)
        except libraries.Unsupported:
            continue
        np.testing.assert_array_equal(got, getattr(oracle, name)(*arrays, padding=padding, padding_mode=mode))


def test_same_of_a_transposed_convolution_is_kerass(load):
    """'same' with stride 2 cuts nothing off at the top for three taps: PyTorch's padding 1 with output_padding 1 begins one later."""
    tf = pytest.importorskip("tensorflow")
    rng = np.random.default_rng(4)
    x, w = (rng.standard_normal(shape).astype(np.float32) for shape in ((1, 3, 5, 6), (3, 4, 3, 3)))
    layer = tf.keras.layers.Conv2DTranspose(4, 3, strides=2, padding="same", use_bias=False)
    layer.build((None, 5, 6, 3))
    layer.set_weights([w.transpose(2, 3, 1, 0)])
    keras = layer(x.transpose(0, 2, 3, 1)).numpy()
    canonical = {
        "stride": (2, 2),
        "dilation": (1, 1),
        "groups": 1,
        "padding": ((1, 1), (1, 1)),
        "output_padding": (1, 1),
    }
    torch = load("torch").transposed_convolution2d(x, w, None, **canonical)
    found = adjudicate(
        "conv_transpose2d",
        inputs={"x": x, "w": w},
        outputs={"keras": keras, "torch": torch},
        parameters={"stride": 2, "padding": "same", "layout": {"output.keras": "NHWC"}},
    )
    assert [finding.ratio <= 1 for finding in found.findings] == [True, False]
    assert found.explanations["torch"][0].mistake == "cut off on other sides"
    assert "(1, 0), (1, 0)" in found.explanations["torch"][0].detail


@pytest.mark.parametrize("rule", ["same", "valid"])
@pytest.mark.parametrize("kernel, stride", [(1, 1), (2, 1), (3, 2), (2, 3), (5, 2), (1, 4)])
def test_the_rules_of_keras_for_the_size(rule, kernel, stride):
    tf = pytest.importorskip("tensorflow")
    x, w = np.arange(10.0).reshape(1, 2, 5, 1)[:, :, :, 0], np.arange(1.0, 1 + 2 * 3 * kernel).reshape(2, 3, kernel)
    layer = tf.keras.layers.Conv1DTranspose(3, kernel, strides=stride, padding=rule, use_bias=False, dtype="float64")
    layer.build((None, 5, 2))
    layer.set_weights([w.transpose(2, 1, 0)])
    y = layer(x.transpose(0, 2, 1)).numpy().transpose(0, 2, 1)
    parameters = {"stride": stride, "padding": rule}
    assert adjudicate("conv_transpose1d", inputs={"x": x, "w": w}, outputs={"keras": y}, parameters=parameters).within
