"""Published networks as lists of layers: what ``conv_layer.parameter_count`` counts. Sizes are the papers' own.

A layer is what a backend's ``layer_parameters`` takes. Layers without parameters (ReLU, pooling, softmax) are left out.
"""

from __future__ import annotations

import itertools
from typing import Any

Layer = dict[str, Any]


def convolution(cin: int, cout: int, k: int, *, groups: int = 1, bias: bool = True) -> Layer:
    return {
        "kind": "convolution",
        "channels_in": cin,
        "channels_out": cout,
        "kernel": (k, k),
        "groups": groups,
        "bias": bias,
    }


def fully_connected(features_in: int, features_out: int) -> Layer:
    return {"kind": "fully_connected", "features_in": features_in, "features_out": features_out, "bias": True}


def batch_norm(channels: int) -> Layer:
    return {"kind": "batch_norm", "channels": channels}


def lenet5() -> list[Layer]:
    """LeCun et al. (1998), table I: six maps of C3 see three maps of S2, nine see four, one sees all six.

    A subsampling map has one coefficient and one bias: a 1 × 1 depthwise convolution. The output layer is fixed, not learned.
    """
    c3 = [convolution(n, 1, 5) for n in [3] * 6 + [4] * 9 + [6]]
    pool = [convolution(6, 6, 1, groups=6), convolution(16, 16, 1, groups=16)]
    return [convolution(1, 6, 5), pool[0], *c3, pool[1], convolution(16, 120, 5), fully_connected(120, 84)]


def lenet5_dense() -> list[Layer]:
    """As it is taught today: C3 sees every map, pooling learns nothing, ten outputs are learned."""
    return [convolution(1, 6, 5), convolution(6, 16, 5), fully_connected(400, 120), fully_connected(120, 84),
            fully_connected(84, 10)]  # fmt: skip


def alexnet_grouped() -> list[Layer]:
    """Krizhevsky et al. (2012), figure 2: the second, fourth and fifth layer are split over two GPUs."""
    return [convolution(3, 96, 11), convolution(96, 256, 5, groups=2), convolution(256, 384, 3),
            convolution(384, 384, 3, groups=2), convolution(384, 256, 3, groups=2), fully_connected(9216, 4096),
            fully_connected(4096, 4096), fully_connected(4096, 1000)]  # fmt: skip


def alexnet_torchvision() -> list[Layer]:
    """Krizhevsky (2014), one GPU: the form in torchvision."""
    return [convolution(3, 64, 11), convolution(64, 192, 5), convolution(192, 384, 3), convolution(384, 256, 3),
            convolution(256, 256, 3), fully_connected(9216, 4096), fully_connected(4096, 4096),
            fully_connected(4096, 1000)]  # fmt: skip


def vgg16() -> list[Layer]:
    """Simonyan & Zisserman (2015), configuration D."""
    channels = [3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]
    return [convolution(a, b, 3) for a, b in itertools.pairwise(channels)] + [
        fully_connected(25088, 4096), fully_connected(4096, 4096), fully_connected(4096, 1000)]  # fmt: skip


def resnet50(*, bias: bool = False) -> list[Layer]:
    """He et al. (2016), table 1, bottleneck blocks; ``bias``: whether the convolutions have one (in Keras they do)."""
    layers = [convolution(3, 64, 7, bias=bias), batch_norm(64)]
    cin = 64
    for width, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for block in range(blocks):
            shapes = [(cin, width, 1), (width, width, 3), (width, 4 * width, 1)]
            shapes += [(cin, 4 * width, 1)] if block == 0 else []  # the projection of the first shortcut of a stage
            for a, b, k in shapes:
                layers += [convolution(a, b, k, bias=bias), batch_norm(b)]
            cin = 4 * width
    return [*layers, fully_connected(2048, 1000)]


PUBLISHED = {
    "LeNet-5, as published": (lenet5, 60_000, "LeCun, Bottou, Bengio, Haffner (1998), §II.B"),
    "LeNet-5, dense C3": (lenet5_dense, 61_706, "the form taught today"),
    "AlexNet, two groups": (alexnet_grouped, 60_965_224, "Krizhevsky, Sutskever, Hinton (2012); bvlc_alexnet"),
    "AlexNet, one group": (alexnet_torchvision, 61_100_840, "torchvision's documentation of alexnet"),
    "VGG-16": (vgg16, 138_357_544, "torchvision's and Keras' documentation of VGG16"),
    "ResNet-50": (resnet50, 25_557_032, "torchvision's documentation of resnet50"),
    "ResNet-50, convolutions with bias": (lambda: resnet50(bias=True), 25_583_592, "Keras' ResNet50, learned weights"),
}
"""Name -> (layers, learned parameters as published, where)."""
