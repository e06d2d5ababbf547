"""What people call things: frameworks' words, defaults and orders of axes, shapes as they are at hand, and names that are none here."""

import inspect

import numpy as np
import pytest
from lectureclaims.claims import adjudicate
from lectureclaims.claims.adjudication import call
from lectureclaims.claims.adjudication.given.words import FRAMEWORKS, WORDS, called
from lectureclaims.reference import libraries
from lectureclaims.reference.operators import catalogue, names
from lectureclaims.reference.validation import BadInput
from lectureclaims.reports.front.cli import main

RNG = np.random.default_rng(16)
NUMPY = libraries.load("numpy")
IMAGE = RNG.integers(-4, 5, (2, 3, 6, 5)).astype(np.float32)
KERNEL = RNG.integers(-4, 5, (4, 3, 3, 2)).astype(np.float32)
CHANNELWISE = {n: RNG.uniform(0.5, 2, 3).astype(np.float32) for n in ("gamma", "beta", "mean", "variance")}
FULLY = {"x": RNG.integers(-4, 5, (6, 24)).astype(np.float32), "w": RNG.integers(-4, 5, (5, 24)).astype(np.float32)}


def pooled(**change):
    settings = {"window": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0)), "count_padding": True} | change
    return NUMPY.average_pooling2d(IMAGE, **settings)


def convolved(x=IMAGE, w=KERNEL, **change):
    settings = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1} | change
    return NUMPY.cross_correlation2d(x, w, None, **settings)


def judged(operation, y, inputs, **parameters):
    return adjudicate(operation, inputs=inputs, outputs={"mine": y}, parameters=parameters)


def test_every_order_of_axes_that_gives_a_shape_is_named():
    x, w = np.ones((1, 2, 5, 7), np.float32), np.ones((3, 2, 3, 3), np.float32)
    with pytest.raises(BadInput, match=r"say its layout \(NHWC or NCWH\), {'layout': {'output.mine': 'NHWC'}}"):
        judged("conv2d", np.ones((1, 3, 5, 3), np.float32), {"x": x, "w": w})
    with pytest.raises(BadInput, match="say its layout, {'layout': {'output.mine': 'NHWC'}}"):
        judged("conv2d", np.ones((1, 3, 5, 4), np.float32), {"x": x, "w": np.ones((4, 2, 3, 3), np.float32)})


# --- words -------------------------------------------------------------------------------------------------------------

OURS = {
    "PyTorch's pooling": (
        "avg_pool2d",
        lambda: pooled(padding=((1, 1), (1, 1)), count_padding=False),
        {
            "kernel_size": 2,
            "stride": 2,
            "padding": 1,
            "count_include_pad": False,
            "ceil_mode": False,
            "divisor_override": None,
        },
    ),
    "Keras' pooling": (
        "AveragePooling2D",
        lambda: pooled(count_padding=False),
        {"pool_size": 2, "strides": 2, "padding": "valid", "count_padding": False},
    ),
    "TensorFlow's pooling": (
        "tf.nn.avg_pool2d",
        lambda: pooled(padding=((0, 0), (0, 1)), count_padding=False),
        {"ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1], "padding": "SAME", "count_include_pad": 0},
    ),
    "ONNX's pooling": (
        "AveragePool",
        lambda: pooled(padding=((0, 1), (0, 1)), count_padding=True),
        {
            "kernel_shape": [2, 2],
            "strides": [2, 2],
            "pads": [0, 0, 1, 1],
            "auto_pad": "NOTSET",
            "count_include_pad": 1,
            "dilations": [1, 1],
        },
    ),
    "PyTorch's convolution": (
        "nn.Conv2d",
        lambda: convolved(stride=(2, 1), padding=((1, 1), (1, 1))),
        {
            "in_channels": 3,
            "out_channels": 4,
            "kernel_size": (3, 2),
            "stride": (2, 1),
            "padding": 1,
            "padding_mode": "zeros",
            "bias": False,
        },
    ),
    "TensorFlow's convolution": (
        "tf.nn.conv2d",
        lambda: convolved(stride=(2, 2), padding=((0, 1), (0, 1))),
        {"strides": 2, "padding": "EXPLICIT", "explicit_paddings": [[0, 0], [0, 1], [0, 1], [0, 0]], "dilations": 1},
    ),
    "ONNX's convolution": (
        "Conv",
        lambda: convolved(padding=((1, 1), (1, 0))),
        {"auto_pad": "SAME_LOWER", "group": 1, "kernel_shape": [3, 2]},
    ),
    "PyTorch's bilinear": (
        "bilinear",
        lambda: NUMPY.bilinear_resampling2d(IMAGE, size=(9, 7), grid="align_corners"),
        {"size": [9, 7], "mode": "bilinear", "align_corners": True, "antialias": False},
    ),
    "TensorFlow 1's bilinear": (
        "bilinear",
        lambda: NUMPY.bilinear_resampling2d(IMAGE, size=(9, 7), grid="asymmetric"),
        {"new_size": [9, 7], "align_corners": False, "half_pixel_centers": False},
    ),
    "ONNX's nearest": (
        "nearest",
        lambda: NUMPY.nearest_resampling2d(IMAGE, size=(9, 7), grid="asymmetric"),
        {
            "sizes": [2, 3, 9, 7],
            "mode": "nearest",
            "coordinate_transformation_mode": "asymmetric",
            "nearest_mode": "floor",
        },
    ),
    "PyTorch's softmax": ("F.softmax", lambda: NUMPY.softmax(IMAGE, axis=1), {"dim": 1}),
    "PyTorch's slope": (
        "LeakyReLU",
        lambda: NUMPY.leaky_relu(IMAGE, alpha=0.1),
        {"negative_slope": 0.1, "inplace": False},
    ),
    "Keras' GELU": ("gelu", lambda: NUMPY.gelu(IMAGE, approximate="tanh"), {"approximate": True}),
}


@pytest.mark.parametrize("what", OURS)
def test_words_of_a_framework_are_understood_and_told(what):
    operation, y, parameters = OURS[what]
    inputs = {"x": IMAGE, "weight": KERNEL} if "onv" in operation else {"input": IMAGE}
    found = judged(operation, y(), inputs, **parameters)
    assert found.within
    own = catalogue.find(operation).parameters
    for name in parameters:  # what is not said as we say it is told
        assert name in own or name in ("kernel_size", "kernel_shape") or any(t.startswith(name) for t in found.taken)


def test_batch_norm_takes_the_names_of_pytorchs_buffers():
    inputs = dict(
        zip(("input", "weight", "bias", "running_mean", "running_var"), (IMAGE, *CHANNELWISE.values()), strict=True)
    )
    y = NUMPY.batch_norm_inference(IMAGE, *CHANNELWISE.values(), epsilon=1e-3)
    assert judged("batch_norm", y, inputs, eps=1e-3, training=False, track_running_stats=True).within
    with pytest.raises(BadInput, match="training=True.*batch_norm_training.*unsupported here"):
        judged("batch_norm", y, inputs, eps=1e-3, training=True)


@pytest.mark.parametrize("framework, weight", [("torch", 0.25), ("keras", 0.75), ("onnx", 0.75), (None, 0.25)])
def test_whose_momentum_it_is(framework, weight):
    """PyTorch's weighs the new value, that of the others the old one."""
    inputs = {"x": IMAGE, "mean": CHANNELWISE["mean"], "variance": CHANNELWISE["variance"]}
    mean, _ = NUMPY.batch_norm_running(*inputs.values(), momentum=weight, correction=0)
    layout = {"input.x": "NCHW"}
    found = judged(
        "batch_norm_running", {"mean": mean}, inputs, momentum=0.25, unbiased=False, framework=framework, layout=layout
    )
    assert found.within and any("momentum" in line for line in found.taken) == (framework != "torch")


LACKED = {
    "antialias": ("nearest", {"size": 3, "grid": "half_pixel", "antialias": True}),
    "reduction": ("cross_entropy_of_probabilities", {"reduction": "mean"}),
    "label_smoothing": ("cross_entropy_of_probabilities", {"label_smoothing": 0.1}),
    "nearest_mode": ("bilinear", {"size": 3, "grid": "half_pixel", "nearest_mode": "ceil"}),
}


@pytest.mark.parametrize("name", LACKED)
def test_a_setting_that_the_operation_lacks_is_never_left_out(name):
    """Without it another operation would be judged."""
    operation, parameters = LACKED[name]
    assert name not in catalogue.find(operation).parameters, "it has it now: no longer a case of this test"
    probabilities = {"p": np.abs(FULLY["x"]), "labels": np.zeros(6, int)}
    inputs = probabilities if operation == "cross_entropy_of_probabilities" else {"x": IMAGE}
    with pytest.raises(BadInput, match=f"{name}=.*unsupported here") as refusal:
        judged(operation, IMAGE, inputs, **parameters)
    assert "remove" not in str(refusal.value) and "leave it out" not in str(refusal.value)


CONTRADICTIONS = {
    "two strides": ("conv2d", {"stride": 2, "strides": 1}, "strides=1: expected what agrees with stride"),
    "another kernel": ("conv2d", {"kernel_size": 5}, r"kernel_size=5: expected \(3, 2\), the size of w"),
    "whose grid": (
        "bilinear",
        {"size": 3, "align_corners": False},
        "half_pixel in PyTorch and asymmetric in TensorFlow 1",
    ),
    "another resampling": (
        "bilinear",
        {"size": 3, "grid": "half_pixel", "mode": "bicubic"},
        "mode='bicubic'.*another operation",
    ),
    "no framework": (
        "conv2d",
        {"framework": "caffe"},
        "framework='caffe': expected one of torch, tensorflow, keras, onnx",
    ),
    "no format": ("conv2d", {"data_format": "rows"}, "data_format='rows': expected channels_last"),
    "no word": ("conv2d", {"strid": 1}, "parameter='strid': expected one of stride"),
}


@pytest.mark.parametrize("what", CONTRADICTIONS)
def test_what_contradicts_or_may_be_either_is_refused(what):
    operation, parameters, says = CONTRADICTIONS[what]
    inputs = {"x": IMAGE, "w": KERNEL} if operation == "conv2d" else {"x": IMAGE}
    with pytest.raises(BadInput, match=says):
        judged(operation, IMAGE, inputs, **parameters)


SAMPLES = RNG.standard_normal((4, 3, 5)).astype(np.float32)
PARTS = {n: RNG.uniform(0.5, 2, (3, 5)).astype(np.float32) for n in ("weight", "bias")}


@pytest.mark.parametrize(
    "words",
    [
        {"normalized_shape": [3, 5]},
        {"start": 1},
        {"start": [1, 2]},
        {"axis": [-2, -1]},
        {"axis": 1, "framework": "onnx"},
        {"axis": -2, "framework": "onnx", "stash_type": 1},
        {"elementwise_affine": True},  # the axes are those of the weight
    ],
)
def test_the_axes_of_a_layer_norm_in_every_way(words):
    y = NUMPY.layer_norm(SAMPLES, *PARTS.values(), start=1, epsilon=1e-5)
    assert judged("nn.LayerNorm", y, {"input": SAMPLES} | PARTS, **{"eps": 1e-5} | words).within
    last = NUMPY.rms_norm(SAMPLES, PARTS["weight"][0], start=2, epsilon=1e-5)
    for axis in ({"axis": -1}, {"axis": 2, "framework": "keras"}, {"normalized_shape": 5}, {"axis": [2]}):
        assert judged("RMSNorm", last, {"x": SAMPLES, "scale": PARTS["weight"][0]}, epsilon=1e-5, **axis).within


@pytest.mark.parametrize(
    "parameters, says",
    [
        ({"axis": 1}, "axis=1: expected who says so: in ONNX it is the first of the axes, in Keras the only one"),
        ({"axis": 1, "framework": "keras"}, "the last axes of x, each once .it has 3.; move these axes"),
        ({"start": [2, 2]}, "the last axes of x, each once"),
        ({"start": 3}, "start=3: expected the first axis of x that is normalised over, -3 to 2"),
        ({"start": 2, "rms_scaling": True}, "it divides by the deviation and takes no mean off"),
        ({"start": 2}, r"gamma.shape=.3, 2.: expected .5,., that is the axes of x from start on"),
    ],
)
def test_what_may_be_either_or_no_layer_norm_is_refused(parameters, says):
    with pytest.raises(BadInput, match=says):
        inputs = {"x": SAMPLES} | ({n: a[:, :2] for n, a in PARTS.items()} if parameters == {"start": 2} else PARTS)
        judged("layer_norm", SAMPLES, inputs, epsilon=1e-5, **parameters)


def test_groups_by_their_names():
    x = RNG.standard_normal((2, 6, 4)).astype(np.float32)
    y = NUMPY.group_norm(x, None, None, groups=3, epsilon=1e-5)
    assert judged("nn.GroupNorm", y, {"x": x}, num_groups=3, num_channels=6, framework="torch").within
    found = judged("GroupNormalization", y.swapaxes(1, 2), {"x": x.swapaxes(1, 2)}, groups=3, framework="keras")
    assert found.standing("mine") != "within rounding" and found.explanations["mine"][0].detail == "epsilon=1e-05"
    y = NUMPY.instance_norm(x, None, None, epsilon=1e-5)
    assert judged("InstanceNorm1d", y, {"x": x}, eps=1e-5, affine=False, use_input_stats=True).within


# --- defaults and orders of axes ---------------------------------------------------------------------------------------


def test_defaults_are_those_of_the_libraries_themselves(load):
    load("torch")
    load("tensorflow")
    import keras
    import tensorflow as tf
    import torch

    def default(function, name):
        return inspect.signature(function).parameters[name].default

    by = {key: one.defaults for key, one in FRAMEWORKS.items()}
    assert by["torch"]["batch_norm", "epsilon"] == default(torch.nn.BatchNorm2d, "eps")
    assert by["torch"]["batch_norm_running", "momentum"] == default(torch.nn.BatchNorm2d, "momentum")
    assert by["torch"]["average_pooling", "count_padding"] == default(torch.nn.AvgPool2d, "count_include_pad")
    assert by["torch"]["leaky_relu", "alpha"] == default(torch.nn.LeakyReLU, "negative_slope")
    assert by["torch"]["gelu", "approximate"] == default(torch.nn.GELU, "approximate")
    assert by["tensorflow"]["leaky_relu", "alpha"] == default(tf.nn.leaky_relu, "alpha")
    assert by["keras"]["batch_norm", "epsilon"] == default(keras.layers.BatchNormalization, "epsilon")
    assert by["keras"]["batch_norm_running", "momentum"] == 1 - default(keras.layers.BatchNormalization, "momentum")
    for kind, norm in {
        "layer": torch.nn.LayerNorm,
        "group": torch.nn.GroupNorm,
        "instance": torch.nn.InstanceNorm2d,
    }.items():
        assert by["torch"][f"{kind}_norm", "epsilon"] == default(norm, "eps")
    assert by["keras"]["layer_norm", "epsilon"] == default(keras.layers.LayerNormalization, "epsilon")
    assert by["keras"]["rms_norm", "epsilon"] == default(keras.layers.RMSNormalization, "epsilon")
    for name in ("epsilon", "groups"):
        assert by["keras"]["group_norm", name] == default(keras.layers.GroupNormalization, name)
    assert default(torch.nn.RMSNorm, "eps") is None and ("rms_norm", "epsilon") not in by["torch"]
    assert by["keras"]["softmax", "axis"] == default(keras.layers.Softmax, "axis")
    assert default(keras.layers.LeakyReLU, "negative_slope") != default(keras.activations.leaky_relu, "negative_slope")
    assert ("leaky_relu", "alpha") not in by["keras"]


def test_kerass_batch_norm_is_judged_by_its_own_defaults(load):
    load("tensorflow")
    import keras

    layer = keras.layers.BatchNormalization()
    layer.build((None, 6, 5, 3))
    before = {"mean": layer.moving_mean.numpy(), "variance": layer.moving_variance.numpy()}
    x = np.ascontiguousarray(IMAGE.transpose(0, 2, 3, 1))
    y = layer(x, training=True).numpy()
    after = {"mean": layer.moving_mean.numpy(), "variance": layer.moving_variance.numpy()}
    ones = {"gamma": np.ones(3, np.float32), "beta": np.zeros(3, np.float32)}
    found = judged("batch_norm_training", y, {"x": x} | ones, framework="keras")
    assert found.within and "epsilon = 0.001: the default of Keras" in found.taken
    assert "input.x [2, 6, 5, 3]: axes taken as NHWC" in found.taken
    assert judged("batch_norm_running", after, {"x": x} | before, framework="keras").within


def test_a_convolution_in_the_order_of_tensorflow(load):
    x, w = IMAGE.transpose(0, 2, 3, 1), KERNEL.transpose(2, 3, 1, 0)
    y = convolved(padding=((1, 1), (0, 1))).transpose(0, 2, 3, 1)
    found = judged("Conv2D", y, {"x": x, "kernel": w}, padding="same", framework="tensorflow")
    assert found.within and "output.mine [2, 6, 5, 4]: axes taken as NHWC" in found.taken
    assert judged("conv2d", y, {"x": x, "w": KERNEL}, padding="same", data_format="channels_last").within
    # An output that was turned back already is taken as it fits.
    assert judged("conv2d", y.transpose(0, 3, 1, 2), {"x": x, "w": w}, padding="same", framework="keras").within
    # A layout that is said goes before a framework's.
    found = judged("conv2d", y, {"x": IMAGE, "w": w}, padding="same", framework="keras", layout={"input.x": "NCHW"})
    assert found.within


def test_a_pooling_steps_by_its_window_where_the_framework_does():
    y, inputs = pooled(), {"x": IMAGE}
    assert judged("avg_pool2d", y, inputs, kernel_size=2, framework="torch").within
    _, arguments, taken = call("avg_pool2d", inputs=inputs, parameters={"kernel_shape": 2, "framework": "onnx"})
    assert arguments["stride"] == (1, 1) and "stride = 1: the default of ONNX" in taken
    with pytest.raises(BadInput, match="stride among them"):
        judged("avg_pool2d", y, inputs, kernel_size=2)


def test_a_kernel_for_each_channel_in_the_order_of_keras():
    """[h, w, c, m], two results a channel: https://github.com/gmalivenko/onnx2keras/pull/150."""
    kernel = RNG.integers(-3, 4, (3, 3, 3, 2)).astype(np.float32)
    y = convolved(w=np.ascontiguousarray(kernel.transpose(2, 3, 0, 1)).reshape(6, 1, 3, 3), groups=3)
    assert judged("DepthwiseConv2D", y, {"x": IMAGE, "w": kernel}, groups=3, layout={"input.w": "HWCM"}).within
    x, last = IMAGE.transpose(0, 2, 3, 1), y.transpose(0, 2, 3, 1)
    found = judged("DepthwiseConv2D", last, {"x": x, "kernel": kernel}, groups=3, framework="keras")
    assert found.within and any("axes taken as HWCM" in line for line in found.taken)


def test_the_matrix_of_keras():
    y = FULLY["x"] @ FULLY["w"].T
    assert judged("Dense", y, {"x": FULLY["x"], "kernel": FULLY["w"].T}, framework="keras").within


# --- shapes as they are at hand ----------------------------------------------------------------------------------------


def shapes():
    x, w, y = FULLY["x"], FULLY["w"], FULLY["x"] @ FULLY["w"].T
    line = {"logits": FULLY["x"], "labels": np.arange(6) * 4}
    losses = NUMPY.cross_entropy(line["logits"], line["labels"].astype(np.int64))
    maps = {
        "logits": FULLY["x"].reshape(2, 3, 24).transpose(0, 2, 1).reshape(2, 24, 3, 1),
        "labels": line["labels"].reshape(2, 3, 1),
    }
    last = {"logits": FULLY["x"].reshape(2, 3, 24), "labels": line["labels"].reshape(2, 3)}
    return {
        "an image before a dense layer": ("linear", {"x": x.reshape(6, 2, 3, 4), "w": w}, y, {}),
        "leading axes": ("linear", {"x": x.reshape(2, 3, 24), "w": w}, y.reshape(2, 3, 5), {}),
        "one row": ("linear", {"x": x[0], "w": w}, y[0], {}),
        "one image": ("conv2d", {"x": IMAGE[0], "w": KERNEL}, convolved()[0], {}),
        "a picture and a kernel of two axes": (
            "conv2d",
            {"x": IMAGE[0, 0], "w": KERNEL[0, 0]},
            convolved(IMAGE[:1, :1], KERNEL[:1, :1])[0, 0],
            {},
        ),
        "a batch of batches": (
            "max_pool2d",
            {"x": IMAGE[None]},
            NUMPY.max_pooling2d(IMAGE, window=(2, 2), stride=(1, 1), padding=((0, 0), (0, 0)))[None],
            {"window": 2, "stride": 1},
        ),
        "one loss": ("cross_entropy", {"logits": line["logits"][0], "labels": line["labels"][0]}, losses[0], {}),
        "classes of pixels on axis 1": ("cross_entropy", maps, losses.reshape(2, 3, 1), {}),
        "classes of positions on the last axis": ("cross_entropy", last, losses.reshape(2, 3), {}),
    }


SHAPES = shapes()


@pytest.mark.parametrize("what", SHAPES)
def test_a_shape_that_can_mean_one_thing_is_taken(what):
    operation, inputs, y, parameters = SHAPES[what]
    found = judged(operation, y, inputs, **parameters)
    assert found.within and found.taken
    assert len(found.findings[0].where) == np.ndim(y)


def test_the_place_is_told_in_the_array_that_was_given():
    y = (FULLY["x"] @ FULLY["w"].T).reshape(2, 3, 5)
    y[1, 0, 2] += 1
    (finding,) = judged("linear", y, {"x": FULLY["x"].reshape(2, 3, 24), "w": FULLY["w"]}).findings
    assert finding.where == (1, 0, 2)


def test_a_mean_of_losses_is_not_called_a_wrong_shape():
    labels = np.zeros(6, int)
    with pytest.raises(BadInput, match="their mean or sum; that is not judged here; give one for each row"):
        judged("cross_entropy_of_probabilities", np.float32(1), {"p": np.abs(FULLY["x"]), "labels": labels})
    with pytest.raises(BadInput, match="their mean or sum; say which: reduction='mean' or 'sum'"):
        judged("cross_entropy", np.float32(1), {"logits": FULLY["x"], "labels": labels})
    with pytest.raises(BadInput, match="one for each row is reduction='none'"):
        judged("cross_entropy", FULLY["x"][:, 0], {"logits": FULLY["x"], "labels": labels}, framework="torch")


def test_one_slope_for_all_channels_is_taken_but_for_its_gradient():
    slope = np.float32([0.25])
    y = NUMPY.prelu(IMAGE, np.repeat(slope, 3))
    found = judged("PReLU", y, {"x": IMAGE, "weight": slope})
    assert found.within and "input.alpha [1]: the same for all 3 channels" in found.taken
    with pytest.raises(BadInput, match=r"alpha.shape=\(1,\)"):
        judged("prelu_gradient", {"dx": y}, {"x": IMAGE, "alpha": slope, "upstream": y})


def test_pytorchs_two_nearest_resamplings_are_two_grids():
    for mode, grid in (("nearest", "asymmetric"), ("nearest-exact", "half_pixel")):
        y = NUMPY.nearest_resampling2d(IMAGE, size=(4, 7), grid=grid)
        assert judged("nearest", y, {"x": IMAGE}, size=(4, 7), mode=mode, framework="torch").within


def test_a_single_number_has_no_axis_and_none_is_advised():
    with pytest.raises(BadInput, match=r"x\.shape=\(\): expected at least one axis"):
        judged("softmax", np.float32(1), {"x": np.float32(1)}, axis=0)


def test_what_a_refusal_says_is_what_the_operation_has():
    with pytest.raises(BadInput) as refusal:
        judged("max_pool2d", IMAGE[:1], {"x": IMAGE}, window=2, stride=2)
    assert "check window, stride, padding, dilation" in str(refusal.value) and "groups" not in str(refusal.value)


def test_the_terminal_and_the_page_say_what_was_taken(tmp_path, monkeypatch, capsys):
    np.savez(
        tmp_path / "case.npz", **{"input.input": IMAGE, "output.mine": pooled(), "parameters": '{"kernel_size": 2}'}
    )
    page = tmp_path / "page.html"
    given = ["adjudicate", str(tmp_path / "case.npz"), "--op", "AvgPool2d", "--framework", "torch", "--out", str(page)]
    monkeypatch.setattr("sys.argv", ["lecture-claims", *given])
    with pytest.raises(SystemExit) as end:
        main()
    printed = capsys.readouterr().out
    assert end.value.code == 0
    for line in (
        "input.input: taken for x",
        "kernel_size: taken for window",
        "count_padding = True: the default of PyTorch",
    ):
        assert line in printed and line in page.read_text(encoding="utf-8")


# --- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, operation",
    [
        ("torch.nn.functional.max_pool2d", "max_pooling2d"),
        ("MaxPooling2D", "max_pooling2d"),
        ("nn.Linear", "fully_connected"),
        ("keras.layers.Conv2DTranspose", "transposed_convolution2d"),
        ("ConvTranspose", "transposed_convolution2d"),
        ("nn.Conv3d", "cross_correlation3d"),
        ("Gemm", "fully_connected"),
        ("BatchNormalization", "batch_norm_inference"),
        ("CrossEntropyLoss", "cross_entropy"),
        ("LeakyReLU", "leaky_relu"),
        ("keras.layers.LayerNormalization", "layer_norm"),
        ("nn.GroupNorm", "group_norm"),
        ("nn.InstanceNorm3d", "instance_norm"),
        ("RMSNormalization", "rms_norm"),
    ],
)
def test_frameworks_names_are_known(name, operation):
    assert catalogue.find(name).name == operation


@pytest.mark.parametrize("name", names.LACKING)
def test_what_is_said_to_be_lacking_is_lacking(name):
    with pytest.raises(BadInput, match="it is none of them"):
        catalogue.find(name)


MISTAKABLE = {
    "log_softmax": "softmax",
    "relu6": "relu",
    "elu": "relu",
    "hardtanh": "tanh",
    "layer_norm": "batch_norm",
    "conv3d": "conv2d",
    "adaptive_avg_pool2d": "avg_pool2d",
    "ConvTranspose2d": "convolution",
    "BinaryCrossentropy": "cross_entropy",
    "nll_loss": "cross_entropy",
    "bce_with_logits": "cross_entropy",
    "GroupNormalization": "batch_norm",
    "silu": "gelu",
}


@pytest.mark.parametrize("name", MISTAKABLE)
def test_what_is_only_spelt_alike_is_not_suggested(name):
    """What is near is named with how it differs; a name that has become an operation is taken."""
    try:
        assert catalogue.find(name).name not in (MISTAKABLE[name], f"{MISTAKABLE[name]}_inference")
    except BadInput as refusal:
        assert f"use {MISTAKABLE[name]}" not in str(refusal)
        assert f"it is none of them: {names.lacking(name)}" in str(refusal)


def test_nothing_is_suggested_by_its_letters():
    with pytest.raises(BadInput, match="`lecture-claims operations` lists; use its name there"):
        catalogue.find("conv2")


def test_every_parameter_is_explained_with_its_values(monkeypatch, capsys):
    for operation in catalogue.OPERATIONS.values():
        for name, (_, parse) in operation.parameters.items():
            assert names.MEANINGS.get(name), (
                f"{name} of {operation.name}: say in reference/operators/names.py what it means"
            )
            assert parse.__doc__, (
                f"{name} of {operation.name}: say in the docstring of its parse which values are legal"
            )
    monkeypatch.setattr("sys.argv", ["lecture-claims", "operations", "AvgPool2d"])
    with pytest.raises(SystemExit):
        main()
    printed = capsys.readouterr().out
    assert "count_include_pad (PyTorch, ONNX)" in printed and "True or False; must be given" in printed
    assert "by default that of the window (PyTorch), that of the window (Keras), 1 (ONNX)" in printed


def test_every_word_means_a_parameter_or_says_what_it_changes():
    known = {name for operation in catalogue.OPERATIONS.values() for name in operation.parameters}
    for word in WORDS:
        assert word.means in known or word.idle or word.changes, word.name
    assert called(catalogue.find("leaky_relu"), "alpha")
