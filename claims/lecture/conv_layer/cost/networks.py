"""Published networks as lists of layers, for ``reference.layers``: what ``conv_layer.parameter_count`` builds. Sizes are the papers' own.

Dropout and response normalisation, which change neither sizes nor numbers of parameters, are left out.
"""

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

Layer = dict[str, Any]
FLATTEN: Layer = {"kind": "flatten"}
RELU: Layer = {"kind": "relu"}


def convolution(cin, cout, k, *, stride=1, padding=0, groups=1, bias=True, **more):
    """A square kernel; ``more``: its name, and ``from``, the name of the layer whose output it takes."""
    layer = {"kind": "convolution", "channels_in": cin, "channels_out": cout, "kernel": (k, k)}
    return layer | {"stride": stride, "padding": padding, "groups": groups, "bias": bias} | more


def fully_connected(features_in, features_out):
    return {"kind": "fully_connected", "features_in": features_in, "features_out": features_out, "bias": True}


def batch_norm(channels):
    return {"kind": "batch_norm", "channels": channels}


def max_pooling(window, stride, padding=0):
    return {"kind": "max_pooling", "window": window, "stride": stride, "padding": padding}


def classifier(*features):
    """Fully connected layers, with a ReLU after each but the last."""
    layers: list[Layer] = [FLATTEN]
    for a, b in itertools.pairwise(features):
        layers += [fully_connected(a, b), RELU]
    return layers[:-1]


def lenet5():
    """LeCun et al. (1998), table I: six maps of C3 see three maps of S2, nine see four, one sees all six.

    A subsampling map has one coefficient and one bias: a 1 × 1 depthwise convolution of what is pooled. The output layer is fixed,
    not learned.
    """
    seen = [[(i + j) % 6 for j in range(3)] for i in range(6)]
    seen += [[(i + j) % 6 for j in range(4)] for i in range(6)]
    seen += [[0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5], [*range(6)]]
    c3: list[Layer] = []
    for i, maps in enumerate(seen):
        c3 += [
            {"kind": "channels", "take": maps, "from": "S2", "name": f"S2 for C3.{i}"},
            convolution(len(maps), 1, 5, name=f"C3.{i}"),
        ]
    return [
        convolution(1, 6, 5, name="C1"),
        {"kind": "tanh"},
        *subsampling(6, "S2"),
        *c3,
        {"kind": "concatenate", "from": [f"C3.{i}" for i in range(16)], "name": "C3"},
        {"kind": "tanh"},
        *subsampling(16, "S4"),
        convolution(16, 120, 5, name="C5"),
        {"kind": "tanh"},
        FLATTEN,
        fully_connected(120, 84) | {"name": "F6"},
        {"kind": "tanh"},
    ]


def subsampling(maps, name):
    return [
        {"kind": "average_pooling", "window": 2},
        convolution(maps, maps, 1, groups=maps),
        {"kind": "tanh", "name": name},
    ]


def lenet5_dense():
    """As it is taught today: C3 sees every map, pooling learns nothing, ten outputs are learned."""
    return [
        convolution(1, 6, 5),
        RELU,
        max_pooling(2, 2),
        convolution(6, 16, 5),
        RELU,
        max_pooling(2, 2),
        *classifier(400, 120, 84, 10),
    ]


def alexnet_grouped():
    """Krizhevsky et al. (2012), figure 2: the second, fourth and fifth layer are split over two GPUs.

    On 227 × 227 pixels, of which 11 × 11 windows with stride 4 give the paper's 55 × 55; of the 224 that it states they do not.
    """
    return [
        convolution(3, 96, 11, stride=4),
        RELU,
        max_pooling(3, 2),
        convolution(96, 256, 5, padding=2, groups=2),
        RELU,
        max_pooling(3, 2),
        convolution(256, 384, 3, padding=1),
        RELU,
        convolution(384, 384, 3, padding=1, groups=2),
        RELU,
        convolution(384, 256, 3, padding=1, groups=2),
        RELU,
        max_pooling(3, 2),
        *classifier(9216, 4096, 4096, 1000),
    ]


def alexnet_torchvision():
    """Krizhevsky (2014), one GPU: the form in torchvision."""
    return [
        convolution(3, 64, 11, stride=4, padding=2),
        RELU,
        max_pooling(3, 2),
        convolution(64, 192, 5, padding=2),
        RELU,
        max_pooling(3, 2),
        convolution(192, 384, 3, padding=1),
        RELU,
        convolution(384, 256, 3, padding=1),
        RELU,
        convolution(256, 256, 3, padding=1),
        RELU,
        max_pooling(3, 2),
        *classifier(9216, 4096, 4096, 1000),
    ]


def vgg16():
    """Simonyan & Zisserman (2015), configuration D."""
    layers, cin = [], 3
    for cout, depth in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(depth):
            layers += [convolution(cin, cout, 3, padding=1), RELU]
            cin = cout
        layers.append(max_pooling(2, 2))
    return [*layers, *classifier(25088, 4096, 4096, 1000)]


def resnet50(*, bias=False, stride_in=1):
    """He et al. (2016), table 1, bottleneck blocks.

    ``bias``: whether the convolutions have one (in Keras they do). ``stride_in``: which of a block's three convolutions has the
    stride of its stage: 0 as published and in Keras, 1 in torchvision (“V1.5”).
    """
    layers = [
        convolution(3, 64, 7, stride=2, padding=3, bias=bias),
        batch_norm(64),
        RELU,
        max_pooling(3, 2, 1) | {"name": "pool"},
    ]
    cin, before = 64, "pool"
    for stage, (width, blocks) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3)), 2):
        for block in range(blocks):
            strides = [1, 1, 1]
            strides[stride_in] = 2 if block == 0 and stage > 2 else 1
            at = f"conv{stage}_{block + 1}"
            layers += bottleneck(at, before, cin, width, strides, bias=bias, projected=block == 0)
            cin, before = 4 * width, at
    return [*layers, {"kind": "global_average_pooling"}, FLATTEN, fully_connected(2048, 1000)]


def bottleneck(at, before, cin, width, strides, *, bias, projected):
    """1 × 1, 3 × 3, 1 × 1, each with a batch norm; beside them the input, or at the head of a stage its projection; their sum."""
    layers, source, wide = [], before, 4 * width
    for i, (a, b, k) in enumerate(((cin, width, 1), (width, width, 3), (width, wide, 1)), 1):
        more: dict[str, Any] = {"name": f"{at}.{i}", "from": source}
        layers += [convolution(a, b, k, stride=strides[i - 1], padding=k // 2, bias=bias, **more), batch_norm(b)]
        source = f"{at}.{i} relu"
        layers += [{"kind": "relu", "name": source}] if i < 3 else []
    layers[-1]["name"], beside = f"{at} norm", before
    if projected:
        beside, more = f"{at} shortcut", {"name": f"{at} projection", "from": before}
        layers += [
            convolution(cin, wide, 1, stride=max(strides), bias=bias, **more),
            batch_norm(wide) | {"name": beside},
        ]
    return [*layers, {"kind": "add", "from": [f"{at} norm", beside], "name": f"{at} sum"}, {"kind": "relu", "name": at}]


def resnet50_with_bias():
    """As in Keras: every convolution has a bias, and the stride is in a block's first convolution."""
    return resnet50(bias=True, stride_in=0)


class Published(NamedTuple):
    """A network, its input (C, H, W), and its learned parameters as published, and where.

    ``multiply_adds``: as they are printed, in units of 10^``power``, and by whom; empty where nobody printed them.
    """

    build: Callable[[], list[Layer]]
    size: tuple[int, int, int]
    learned: int
    source: str
    multiply_adds: str = ""
    power: int = 9
    counted_by: str = ""


OPERATIONS = "torchvision's weights, the entry “_ops”"
SURVEY = "Sze, Chen, Yang, Emer (2017), Efficient Processing of Deep Neural Networks, table II"
GREY, COLOUR = (1, 32, 32), (3, 224, 224)
PUBLISHED = {
    "LeNet-5, as published": Published(lenet5, GREY, 60_000, "LeCun, Bottou, Bengio, Haffner (1998), §II.B"),
    "LeNet-5, dense C3": Published(lenet5_dense, GREY, 61_706, "the form taught today"),
    "AlexNet, two groups": Published(
        alexnet_grouped,
        (3, 227, 227),
        60_965_224,
        "Krizhevsky, Sutskever, Hinton (2012); bvlc_alexnet",
        "724",
        6,
        SURVEY,
    ),
    "AlexNet, one group": Published(
        alexnet_torchvision, COLOUR, 61_100_840, "torchvision's documentation of alexnet", "0.714", 9, OPERATIONS
    ),
    "VGG-16": Published(
        vgg16, COLOUR, 138_357_544, "torchvision's and Keras' documentation of VGG16", "15.47", 9, OPERATIONS
    ),
    "ResNet-50": Published(
        resnet50, COLOUR, 25_557_032, "torchvision's documentation of resnet50", "4.089", 9, OPERATIONS
    ),
    "ResNet-50, convolutions with bias": Published(
        resnet50_with_bias, COLOUR, 25_583_592, "Keras' ResNet50, learned weights", "3.9", 9, SURVEY
    ),
}
